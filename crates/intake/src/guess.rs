//! Guessing a mapping from headers, titles, names and contents, with the reason and the confidence of every decision.

mod around;
mod evidence;
mod example;
mod file;
mod headers;
mod items;
mod observations;
mod sample;
mod shaped;
mod survey;
mod words;

use catalog::Gazetteer;

use crate::Error;
use crate::mapping::Mapping;
use crate::observe::Elsewhere;

pub(crate) use evidence::before_the_merger;
pub use survey::Survey;

/// From this confidence on a decision is taken without asking.
pub const SURE_ENOUGH: f64 = 0.6;

/// A guessed mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Guessed {
    /// The mapping, with what is uncertain in it as the best guess.
    pub mapping: Mapping,
    /// Each decision.
    pub decisions: Vec<Decision>,
}

/// One decision of a guess.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What was decided, as a path into the mapping: `time.columns`.
    pub path: String,
    /// How sure it is, from 0 to 1.
    pub confidence: f64,
    /// Why.
    pub reason: String,
}

impl Guessed {
    fn new(mut mapping: Mapping, decisions: Vec<Decision>) -> Guessed {
        mapping.reasons = decisions
            .iter()
            .map(|decision| {
                let Decision { path, confidence, reason } = decision;
                let ask = if *confidence < SURE_ENOUGH { "CONFIRM, " } else { "" };
                (path.clone(), format!("{confidence:.2}: {ask}{reason}"))
            })
            .collect();
        Guessed { mapping, decisions }
    }

    /// What a person has to confirm.
    pub fn questions(&self) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(|decision| decision.confidence < SURE_ENOUGH)
    }

    /// The mapping, when nothing in it has to be confirmed first.
    pub fn certain(self) -> Result<Mapping, Error> {
        let questions: Vec<String> = self
            .questions()
            .map(|decision| {
                format!("{} ({:.0} % sure: {})", decision.path, decision.confidence * 100.0, decision.reason)
            })
            .collect();
        if questions.is_empty() {
            return Ok(self.mapping);
        }
        Err(Error::Unmapped {
            missing: format!("to be confirmed: {}", questions.join("; ")),
            example: self.mapping.to_toml(),
        })
    }
}

/// Guesses the mapping of a table of observations from the first rows of its sheets, or says what is
/// missing and shows a mapping to start from.
pub fn guess(survey: &Survey, gazetteer: &Gazetteer) -> Result<Guessed, Error> {
    let mut not_guessed: Option<Error> = None;
    let elsewhere = Elsewhere::builtin()?;
    for sheet in &survey.sheets {
        if let Some(shaped) = shaped::Shaped::of(survey, sheet, gazetteer) {
            return shaped.guessed(&elsewhere);
        }
        let guess = observations::Guess::of(survey, sheet, gazetteer, &elsewhere);
        match guess.and_then(observations::Guess::mapping) {
            Ok(guessed) => return Ok(guessed),
            // A cover sheet: perhaps the next one holds the table.
            Err(error) => {
                not_guessed.get_or_insert(error);
            }
        }
    }
    Err(not_guessed.unwrap_or_else(|| {
        Error::invalid("the file has no rows", "hand in a file that has a header and rows")
    }))
}

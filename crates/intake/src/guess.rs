//! Guessing a mapping from headers, titles, names and contents, with the reason and the confidence of every decision.

mod abbreviated;
mod around;
mod at_hours;
mod beside;
mod blocks;
mod by_rows;
mod by_sheet;
mod classes;
mod codes;
mod composite;
mod crossed;
mod districts;
mod evidence;
mod example;
mod file;
mod fill;
mod firsts;
mod flags;
mod groups;
mod headers;
mod in_digits;
mod issued;
mod items;
mod meant;
mod measured;
mod merged;
mod merger;
mod named;
mod nutrients;
mod observations;
mod of_one_value;
mod of_year;
mod order_of_dates;
mod places;
mod plausible;
mod rest_of_time;
mod rows;
mod sample;
mod shaped;
mod stacked;
mod statistics;
mod steps;
mod survey;
mod temperature;
mod thousands;
mod time;
mod titled;
mod unique;
mod units;
mod unread;
mod usual;
mod within;
mod words;
mod zoned;

use catalog::Gazetteer;
use wording::{Told, told};

use crate::Error;
use crate::mapping::{Mapping, MappingText};
use crate::observe::Elsewhere;

pub(crate) use evidence::before_the_merger;
pub(crate) use headers::numeric_columns;
pub(crate) use named::{left_open, named_around, property_of_name};
pub use survey::Survey;
pub(crate) use usual::names_no_row_value;
pub(crate) use zoned::{offset_in, zone_of_header};

/// Whether a text looks like the name of a column: of a place, a time, a property.
pub(crate) fn heads_a_column(text: &str) -> bool {
    let base = text.split(['(', '[']).next().unwrap_or(text);
    !words::roles(&model::fold(base)).is_empty() || base.len() < text.len()
}

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
    pub reason: Told,
}

impl Decision {
    /// What is asked of a person.
    fn question(&self) -> Told {
        told!(
            "guess-question",
            "{path} ({sure} % sure: {reason})",
            path = self.path,
            sure = format!("{:.0}", self.confidence * 100.0),
            reason => &self.reason
        )
    }
}

impl Guessed {
    fn new(mut mapping: Mapping, mut decisions: Vec<Decision>) -> Guessed {
        // What two of them ask in the same words is asked once.
        let mut asked: Vec<Told> = Vec::new();
        decisions.retain(|decision| {
            let is_known = decision.confidence < SURE_ENOUGH && asked.contains(&decision.reason);
            asked.push(decision.reason.clone());
            !is_known
        });
        mapping.reasons = decisions
            .iter()
            .map(|decision| {
                let Decision { path, confidence, reason } = decision;
                let sure = format!("{confidence:.2}");
                let said = if *confidence < SURE_ENOUGH {
                    told!("guess-to-confirm", "{sure}: CONFIRM, {reason}", sure = sure, reason => reason)
                } else {
                    told!("guess-decided", "{sure}: {reason}", sure = sure, reason => reason)
                };
                (path.clone(), said)
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
        let questions: Vec<Told> = self.questions().map(Decision::question).collect();
        if questions.is_empty() {
            return Ok(self.mapping);
        }
        Err(Error::Unmapped {
            missing: told!("guess-to-be-confirmed", "to be confirmed: {questions}", questions => questions),
            example: self.mapping.to_text(),
        })
    }
}

/// Guesses the mapping of a table of observations from the first rows of its sheets, or says what is
/// missing and shows a mapping to start from.
pub fn guess(survey: &Survey, gazetteer: &Gazetteer) -> Result<Guessed, Error> {
    let mut not_guessed: Vec<(&str, Error)> = Vec::new();
    let elsewhere = Elsewhere::builtin()?;
    for sheet in &survey.sheets {
        let guessed = blocks::guess(survey, sheet, gazetteer, &elsewhere)
            .or_else(|| stacked::guess(survey, sheet, gazetteer, &elsewhere))
            .unwrap_or_else(|| one_table(survey, sheet, gazetteer, &elsewhere));
        match guessed {
            Ok(guessed) => return Ok(guessed),
            // A cover sheet: perhaps the next one holds the table.
            Err(error) => not_guessed.push((&sheet.name, error)),
        }
    }
    Err(of_all(not_guessed).unwrap_or_else(|| {
        Error::invalid(
            told!("guess-no-rows", "the file has no rows"),
            told!("guess-hand-in-rows", "hand in a file that has a header and rows"),
        )
    }))
}

/// Guesses the mapping of the one table of a sheet.
fn one_table(
    survey: &Survey,
    sheet: &survey::SheetSample,
    gazetteer: &Gazetteer,
    elsewhere: &Elsewhere,
) -> Result<Guessed, Error> {
    match shaped::Shaped::of(survey, sheet, gazetteer) {
        Some(shaped) => shaped.guessed(elsewhere),
        None => observations::Guess::of(survey, sheet, gazetteer, elsewhere)
            .and_then(observations::Guess::mapping),
    }
}

/// What is missing on each sheet, with the mapping to start from of the first that has a table.
fn of_all(errors: Vec<(&str, Error)>) -> Option<Error> {
    let count = errors.len();
    let mut said: Vec<Told> = Vec::new();
    let mut examples: Vec<MappingText> = Vec::new();
    let mut other = None;
    for (sheet, error) in errors {
        match error {
            Error::Unmapped { missing, example } if count > 1 => {
                said.push(
                    told!("guess-on-sheet", "sheet `{sheet}`: {missing}", sheet = sheet, missing => missing),
                );
                examples.push(example);
            }
            error => drop(other.get_or_insert(error)),
        }
    }
    match examples.into_iter().next() {
        Some(example) => Some(Error::Unmapped { missing: Told::list(said), example }),
        None => other,
    }
}

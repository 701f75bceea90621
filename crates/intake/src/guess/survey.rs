//! The beginnings of a file's sheets, from which a mapping is guessed.

use std::path::Path;

use catalog::Gazetteer;
use formats::{Chunk, Format, Limits, open_table};
use wording::{Told, told};

use super::evidence::property_in;
use super::headers::is_number;
use super::sample::Sample;
use crate::Error;
use crate::personal::Watch;

/// The most sheets that are looked at.
const MAX_SHEETS: usize = 60;
/// The most chunks that are read to see them.
const MAX_CHUNKS: usize = 400;

/// Numbers of a sheet that make it more than a cover.
const MANY_NUMBERS: usize = 6;

/// What is seen of a file before it is mapped.
pub struct Survey {
    /// The file's name.
    pub(crate) file: String,
    /// The first rows of each sheet that has some.
    pub(crate) sheets: Vec<SheetSample>,
    /// How many sheets there are.
    pub(crate) count: usize,
}

/// The first rows of a sheet.
pub(crate) struct SheetSample {
    pub(crate) name: String,
    pub(crate) chunk: Chunk,
}

impl Survey {
    /// Looks at a table file: all sheets of a workbook, the first rows of a text.
    pub fn of(path: &Path, file: &str, format: &Format, limits: &Limits) -> Result<Survey, Error> {
        let mut table = open_table(path, format, limits)?;
        let names = table.sheets().to_vec();
        let mut survey = Survey { file: file.to_owned(), sheets: Vec::new(), count: names.len() };
        // What is personal is not looked at either.
        let mut watch = Watch::new();
        let mut last = None;
        for _ in 0..MAX_CHUNKS {
            let Some(chunk) = table.next_chunk()? else { break };
            if last == Some(chunk.sheet) || chunk.is_empty() {
                continue;
            }
            last = Some(chunk.sheet);
            let name = names.get(usize::from(chunk.sheet)).map_or("", |name| name.trim()).to_owned();
            let is_last = usize::from(chunk.sheet) + 1 >= names.len();
            let (chunk, _) = watch.take(chunk);
            survey.sheets.push(SheetSample { name, chunk });
            if is_last || survey.sheets.len() == MAX_SHEETS {
                break;
            }
        }
        Ok(survey)
    }

    /// The same of one sheet.
    pub fn only(mut self, sheet: &str) -> Result<Survey, Error> {
        let names: Vec<String> = self.sheets.iter().map(|other| format!("`{}`", other.name)).collect();
        self.sheets.retain(|other| other.name == sheet.trim());
        if self.sheets.is_empty() {
            return Err(Error::invalid(
                told!("guess-no-rows-in-sheet", "the file has no rows in a sheet `{sheet}`", sheet = sheet),
                told!("guess-sheets-with-rows", "its sheets with rows are {names}", names = names.join(", ")),
            ));
        }
        Ok(self)
    }

    /// The sheets that have the same header in the same row; none where there is one sheet.
    pub(super) fn alike(
        &self,
        sample: &Sample,
        missing: &[String],
        gazetteer: &Gazetteer,
    ) -> Vec<&SheetSample> {
        let is_alike = |other: &&SheetSample| {
            Sample::of(&other.chunk, missing, gazetteer).is_some_and(|theirs| {
                theirs.header.names == sample.header.names
                    && (theirs.header.row, theirs.height) == (sample.header.row, sample.height)
            })
        };
        if self.sheets.len() < 2 {
            return Vec::new();
        }
        self.sheets.iter().filter(is_alike).collect()
    }

    /// Sheets beside those that are read which hold numbers too, as a question.
    pub(crate) fn unread(&self, read: &[&str], gazetteer: &Gazetteer) -> Option<Told> {
        let others = self.sheets.iter().filter(|sheet| !read.contains(&sheet.name.as_str()));
        let holds_values = |sheet: &&SheetSample| sheet.holds_numbers() || sheet.names_values(gazetteer);
        let names: Vec<String> =
            others.filter(holds_values).map(|sheet| format!("`{}`", sheet.name)).collect();
        if names.is_empty() {
            return None;
        }
        let shown = names.iter().take(12).cloned().collect::<Vec<_>>().join(", ");
        Some(told!(
            "guess-unread-sheets",
            "the sheets {shown} hold numbers too, and are laid out otherwise: are they left out, or handed in under a mapping of their own?",
            shown = shown
        ))
    }
}

impl SheetSample {
    /// Whether one of its first texts names what may be measured, over few numbers.
    fn names_values(&self, gazetteer: &Gazetteer) -> bool {
        let chunk = &self.chunk;
        let cells = |rows: usize| {
            let columns = 0..chunk.columns.len().min(60);
            let rows = 0..chunk.len().min(rows);
            rows.flat_map(move |row| columns.clone().filter_map(move |column| chunk.cell(row, column)))
        };
        let is_name = |text: &str| text.len() <= 100 && property_in(gazetteer, text).is_some();
        // One row is a table too, where the header says what its number is.
        let is_number_at =
            |row: usize, column: usize| chunk.cell(row, column).is_some_and(|text| is_number(text.trim()));
        let heads_a_number = || {
            (0..chunk.len().min(10)).any(|row| {
                (0..chunk.columns.len().min(60)).any(|column| {
                    is_number_at(row + 1, column) && chunk.cell(row, column).is_some_and(is_name)
                })
            })
        };
        heads_a_number()
            || cells(40).filter(|text| is_number(text.trim())).nth(1).is_some() && cells(10).any(is_name)
    }

    /// Whether there are more numbers than a cover has.
    fn holds_numbers(&self) -> bool {
        let chunk = &self.chunk;
        let cells = (0..chunk.len().min(200))
            .flat_map(|row| (0..chunk.columns.len()).filter_map(move |column| chunk.cell(row, column)));
        cells.filter(|text| is_number(text.trim())).take(MANY_NUMBERS).count() == MANY_NUMBERS
    }
}

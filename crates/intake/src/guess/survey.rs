//! The beginnings of a file's sheets, from which a mapping is guessed.

use std::path::Path;

use formats::{Chunk, Format, Limits, open_table};

use crate::Error;
use crate::personal::Watch;

/// The most sheets that are looked at.
const MAX_SHEETS: usize = 60;
/// The most chunks that are read to see them.
const MAX_CHUNKS: usize = 400;

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
        let mut watch = Watch::new(Vec::new());
        let mut last = None;
        for _ in 0..MAX_CHUNKS {
            let Some(chunk) = table.next_chunk()? else { break };
            if last == Some(chunk.sheet) || chunk.is_empty() {
                continue;
            }
            last = Some(chunk.sheet);
            let name = names.get(usize::from(chunk.sheet)).map_or("", |name| name.trim()).to_owned();
            let is_last = usize::from(chunk.sheet) + 1 >= names.len();
            let (chunk, _) = watch.take(chunk)?;
            survey.sheets.push(SheetSample { name, chunk });
            if is_last || survey.sheets.len() == MAX_SHEETS {
                break;
            }
        }
        Ok(survey)
    }
}

//! Guessing a mapping from headers and contents, with the reason of every decision.

mod observations;
mod sample;
mod words;

use catalog::Gazetteer;
use formats::Chunk;

use crate::Error;
use crate::mapping::Mapping;

/// Guesses the mapping of a table of observations from its first rows, or says what is missing and
/// shows a mapping to start from.
pub fn guess(chunk: &Chunk, sheet: Option<&str>, gazetteer: &Gazetteer) -> Result<Mapping, Error> {
    observations::Guess::of(chunk, sheet, gazetteer)?.mapping()
}

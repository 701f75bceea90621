//! A first look at the features of a file: what it says of its coordinates, and some of them.

use std::path::Path;

use serde_json::Value;

use super::{Coordinates, Declared, FeatureOptions, Item, geometry, read_features};
use crate::{Error, Format, Limits};

/// Features that are looked at.
const MAX_FEATURES: u64 = 2000;

/// What a first look shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// The layers or sheets of the file.
    pub layers: Vec<String>,
    /// The number of the one that is read, from 0.
    pub layer: u16,
    /// What the file says of its coordinates.
    pub declared: Option<Declared>,
    /// Where the positions stand, in a table.
    pub coordinates: Option<Coordinates>,
    /// The column that a position stands in, from 1; 1 where it stands in none.
    pub position_column: u16,
    /// Positions of the first features, with their properties.
    pub features: Vec<Surveyed>,
    /// How many features were looked at, those among them that are none.
    pub seen: u64,
}

/// One feature of a survey.
#[derive(Debug, Clone, PartialEq)]
pub struct Surveyed {
    /// Its row or number in the file, from 1.
    pub row: u32,
    /// The first number of its first position, as written.
    pub x: f64,
    /// The second number.
    pub y: f64,
    /// Its properties.
    pub properties: Vec<(String, Value)>,
}

/// Looks at the first features of a file.
pub fn survey_features(
    path: &Path,
    format: &Format,
    options: &FeatureOptions,
    limits: &Limits,
) -> Result<Survey, Error> {
    let options = FeatureOptions { as_written: true, fit: None, ..options.clone() };
    let mut reader = read_features(path, format, &options, limits)?;
    let mut features = Vec::new();
    let mut seen = 0;
    while seen < MAX_FEATURES {
        let Some(item) = reader.next_read()? else { break };
        seen += 1;
        let Item::Read(mut read) = item else { continue };
        let mut first = None;
        let _ = geometry::each(&mut read.geometry, &mut |position| {
            first = first.or(Some(*position));
            Ok(())
        });
        if let Some(first) = first {
            features.push(Surveyed { row: read.row, x: first.x, y: first.y, properties: read.properties });
        }
    }
    let about = reader.source.about();
    Ok(Survey {
        layers: about.layers.clone(),
        layer: about.layer,
        declared: about.declared.clone(),
        coordinates: about.coordinates.clone(),
        position_column: reader.position_column(),
        features,
        seen,
    })
}

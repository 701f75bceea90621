//! A later file of features that does not look like the first: properties that are new and not read, or read and gone.

use formats::Format;
use model::{CellRef, Severity};

use super::Positions;
use crate::findings::{Findings, Words};
use crate::mapping::{Mapping, Shape};

/// The most differences of one kind that are told.
const MOST: usize = 20;

/// Notes what differs from what the mapping was made for.
pub(crate) fn note(
    known: &Shape,
    positions: &Positions,
    format: &Format,
    mapping: &Mapping,
    findings: &mut Findings,
) {
    let now = &positions.shape.header;
    if known.header.is_empty() || now.is_empty() {
        return;
    }
    let mut tell = |code: &'static str, column: usize, value: &str| {
        let column = u16::try_from(column + 1).unwrap_or(u16::MAX);
        let cell = CellRef { sheet: positions.options.layer_number.unwrap_or(0), row: 1, column };
        findings.add(Severity::Warning, code, cell, || Words {
            column_name: String::new(),
            value: value.to_owned(),
            expected: String::new(),
        });
    };
    let read = read(mapping);
    let is_new = |name: &&String| !known.header.contains(name) && !read.contains(&name.as_str());
    let new = now.iter().enumerate().filter(|(_, name)| is_new(name));
    for (at, name) in new.take(MOST) {
        tell("drift_column_added", at, name);
    }
    // Of these a feature leaves out what it has no value for.
    if matches!(format, Format::GeoJson | Format::Kml | Format::Records | Format::FeatureZip) {
        return;
    }
    let is_gone = |name: &&String| !now.contains(name) && read.contains(&name.as_str());
    for name in known.header.iter().filter(is_gone).take(MOST) {
        tell("attribute_gone", 0, name);
    }
}

/// The properties that a mapping reads.
fn read(mapping: &Mapping) -> Vec<&str> {
    let mut read: Vec<&str> = mapping.attributes.iter().map(|attribute| attribute.from()).collect();
    if let Some(feature) = &mapping.feature {
        let named = [&feature.id, &feature.name, &feature.x, &feature.y, &feature.geometry];
        read.extend(named.into_iter().flatten().map(String::as_str));
    }
    read
}

//! Features that lie where those of their file do not, beyond the first ones that were looked at.

use std::collections::HashMap;

use catalog::Gazetteer;
use formats::FeatureRow;
use formats::crs::{Crs, Fit, Sample, far_from_place, region};
use model::{Bbox, CellRef, Severity};
use serde_json::Value;

use super::position::provinces;
use crate::findings::{Findings, Words};

/// Features of one kind that are told of.
const MOST: usize = 100;

/// Where the features of a file should lie.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expected {
    /// Features that were looked at before.
    pub(super) seen: u64,
    /// Whether most of those lie in the region whose outlines are known.
    pub(super) in_region: bool,
    /// The province that all should lie in.
    pub(super) area: Option<String>,
    /// The property that names the province of each.
    pub(super) column: Option<String>,
}

/// Tells of features that lie elsewhere, one after the other.
pub(crate) struct Strays<'a> {
    expected: &'a Expected,
    gazetteer: &'a Gazetteer,
    region: Bbox,
    known: HashMap<String, Vec<String>>,
    told: [usize; 2],
}

impl<'a> Strays<'a> {
    pub(crate) fn of(expected: &'a Expected, gazetteer: &'a Gazetteer) -> Strays<'a> {
        Strays { expected, gazetteer, region: region(), known: HashMap::new(), told: [0, 0] }
    }

    /// Looks at a feature, the n-th of its file from 1.
    pub(super) fn look_at(
        &mut self,
        row: &FeatureRow,
        sheet: u16,
        column: u16,
        number: u64,
        findings: &mut Findings,
    ) {
        if number <= self.expected.seen {
            return;
        }
        let bbox = &row.bbox;
        let (lon, lat) = (f64::midpoint(bbox.west, bbox.east), f64::midpoint(bbox.south, bbox.north));
        let mut tell = |kind: usize, code: &'static str, expected: String| {
            self.told[kind] += 1;
            if self.told[kind] <= MOST {
                let cell = CellRef { sheet, row: row.row, column };
                findings.add(Severity::Warning, code, cell, || Words {
                    column_name: String::new(),
                    value: format!("{lon:.5}; {lat:.5}"),
                    expected,
                });
            }
        };
        let region = self.region;
        let is_apart = bbox.east < region.west
            || bbox.west > region.east
            || bbox.north < region.south
            || bbox.south > region.north;
        if self.expected.in_region && is_apart {
            tell(0, "outside_region", String::new());
        }
        let places = match (&self.expected.area, &self.expected.column) {
            (Some(area), _) => vec![area.clone()],
            (None, Some(column)) => {
                let Some(text) = row.property(column).and_then(Value::as_str).map(str::trim) else { return };
                let gazetteer = self.gazetteer;
                self.known.entry(text.to_owned()).or_insert_with(|| provinces(text, gazetteer)).clone()
            }
            (None, None) => return,
        };
        let sample = Sample { x: lon, y: lat, places };
        let samples = std::slice::from_ref(&sample);
        if !far_from_place(&Fit::plain(Crs::wgs84()), samples).is_empty() {
            tell(1, "outside_place", sample.places.join(", "));
        }
    }
}

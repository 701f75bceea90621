//! Coordinates that rows say beside the station that they name, compared with where it is known to be: a name may be
//! another station's.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use formats::{Chunk, columns_of_degrees};
use model::{PlaceKind, Position, Severity};

use super::number::NumberStyle;
use super::plan::Plan;
use super::shared::{Cells, NONE, Shared, cell_at};
use crate::findings::{Findings, Words};

/// How far, in metres, the positions that sources give for one station lie apart at most: they round to a tenth of
/// a degree, or mean the town.
const APART: f64 = 20_000.0;
/// Contradictions that one file tells of, at most.
const MOST: usize = 100;

/// Where the stations of a file lie.
#[derive(Default)]
pub(super) struct Positions {
    known: HashMap<u32, Option<Position>>,
    told: HashSet<(u32, i64, i64)>,
}

impl Positions {
    /// Compares the rows of a chunk.
    pub(super) fn compare(
        &mut self,
        plan: &Plan,
        chunk: &Chunk,
        rows: Range<usize>,
        place: impl Fn(usize) -> u32,
        shared: &Shared,
        findings: &mut Findings,
    ) {
        let names = plan.header.names.iter().take(plan.rows.width).map(|name| name.trim().to_owned());
        let Some((east, north)) = columns_of_degrees(&names.collect::<Vec<_>>()) else { return };
        let (lons, lats) = (Cells::of(chunk, Some(east)), Cells::of(chunk, Some(north)));
        let mut last = None;
        for row in rows {
            let (at, Some(lon), Some(lat)) = (place(row), lons.get(row), lats.get(row)) else { continue };
            if at == NONE || last == Some((at, lon, lat)) || self.told.len() == MOST {
                continue;
            }
            last = Some((at, lon, lat));
            let Some(written) = position(lon, lat) else { continue };
            let Some(id) = shared.places.items.get(at as usize) else { continue };
            let Some(of) = shared.gazetteer.place(id).filter(|place| place.kind == PlaceKind::Station) else {
                continue;
            };
            // Of a station without a position, the first one that the file gives it.
            let known = self.known.entry(at).or_insert(of.position);
            let known = *known.get_or_insert(written);
            let distance = known.distance(written);
            if distance <= APART
                || !self.told.insert((at, thousandths(written.lon), thousandths(written.lat)))
            {
                continue;
            }
            let cell = cell_at(chunk.sheet, chunk.row_number(row), east);
            findings.add(Severity::Warning, "place_elsewhere", cell, || Words {
                column_name: plan.header.name(east).to_owned(),
                value: format!("{lon}, {lat}"),
                expected: format!(
                    "{} ({}, {}; {:.0} km)",
                    of.name.vi,
                    known.lon,
                    known.lat,
                    distance / 1000.0
                ),
            });
        }
    }
}

/// A position in degrees; where only the other order is one, it is meant.
fn position(lon: &str, lat: &str) -> Option<Position> {
    let number = |text: &str| {
        let text = text.trim();
        NumberStyle::Dot.read(text).or_else(|_| NumberStyle::Comma.read(text)).ok()
    };
    let (lon, lat) = (number(lon)?, number(lat)?);
    let is_one = |lon: f64, lat: f64| lon.abs() <= 180.0 && lat.abs() <= 90.0 && (lon, lat) != (0.0, 0.0);
    if is_one(lon, lat) {
        return Some(Position { lon, lat });
    }
    is_one(lat, lon).then_some(Position { lon: lat, lat: lon })
}

#[expect(clippy::cast_possible_truncation, reason = "degrees are small")]
fn thousandths(degrees: f64) -> i64 {
    (degrees * 1000.0).round() as i64
}

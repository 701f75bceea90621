//! Names of places that are told apart by what stands beside them: a commune beside its district and its province.

use std::collections::HashSet;
use std::ops::Range;

use catalog::PlaceMatch;
use formats::Chunk;
use model::PlaceKind;
use wording::told;

use super::evidence::before_the_merger;
use super::places::kind_of_header;
use super::shaped::{ROWS, Shaped};
use crate::mapping::PlaceSource;
use crate::observe::{BESIDE, find_beside, is_total};

/// Names with what stands beside them that are looked at.
const MAX_PAIRS: usize = 300;

/// The different names of a column with what stands beside them, each with its first row.
pub(super) fn pairs(
    chunk: &Chunk,
    rows: Range<usize>,
    column: usize,
    beside: &[usize],
) -> Vec<(String, usize)> {
    let mut above: Vec<&str> = vec![""; beside.len()];
    let mut seen = HashSet::new();
    let mut pairs = Vec::new();
    let cell = |row: usize, column: usize| chunk.cell(row, column).map(str::trim).filter(|t| !t.is_empty());
    for row in rows {
        for (held, column) in above.iter_mut().zip(beside) {
            if let Some(text) = cell(row, *column) {
                *held = text;
            }
        }
        let Some(name) = cell(row, column) else { continue };
        let mut text = name.to_owned();
        for held in &above {
            text.push(BESIDE);
            text.push_str(held);
        }
        if pairs.len() < MAX_PAIRS && !is_total(name) && seen.insert(text.clone()) {
            pairs.push((text, row));
        }
    }
    pairs
}

impl Shaped<'_> {
    /// Takes the communes of a column that stand beside their districts and provinces, or the districts that stand
    /// beside their provinces; `false` where there are none.
    pub(super) fn place_within(&mut self, used: &[usize]) -> bool {
        let others: Vec<(usize, String)> =
            self.others().into_iter().filter(|(column, _)| !used.contains(column)).collect();
        let of_kind = |kind: PlaceKind| {
            others.iter().find(|(_, name)| kind_of_header(&model::fold(name)) == Some(kind))
        };
        let (kind, (column, name), larger) = match of_kind(PlaceKind::Commune) {
            Some(communes) => (PlaceKind::Commune, communes, vec![PlaceKind::District, PlaceKind::Province]),
            None => match of_kind(PlaceKind::District) {
                Some(districts) if of_kind(PlaceKind::Station).is_none() => {
                    (PlaceKind::District, districts, vec![PlaceKind::Province])
                }
                _ => return false,
            },
        };
        let beside: Vec<&(usize, String)> = larger.into_iter().filter_map(of_kind).collect();
        if beside.is_empty() {
            return false;
        }
        let columns: Vec<usize> = beside.iter().map(|(column, _)| *column).collect();
        let chunk = &self.sheet.chunk;
        let rows = self.found.start..chunk.len().min(self.found.start + ROWS);
        let pairs = pairs(chunk, rows, *column, &columns);
        let days = [self.day(), before_the_merger()];
        let is_one = |text: &str| {
            days.iter().any(|on| {
                let found = find_beside(self.gazetteer, text, Some(kind), None, *on);
                matches!(found, PlaceMatch::One(_))
            })
        };
        let named = pairs.iter().filter(|(text, _)| is_one(text)).count();
        if named == 0 || named * 10 < pairs.len() * 6 {
            return false;
        }
        let within: Vec<String> = beside.iter().map(|(column, name)| self.reference(*column, name)).collect();
        let reason = told!(
            "guess-names-within",
            "{named} of {count} names are places of the kind `{kind}`, and `{within}` beside them says where they lie",
            named = named,
            count = pairs.len(),
            kind = kind.code(),
            within = within.join("`, `")
        );
        self.mapping.place = Some(PlaceSource {
            column: Some(self.reference(*column, name)),
            kind: Some(kind.code().into()),
            within,
            ..PlaceSource::default()
        });
        self.decide("place.column", 0.9, reason);
        true
    }
}

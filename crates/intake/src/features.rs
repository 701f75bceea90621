//! Features: guess their id and attributes over a whole file, then take them row by row.

mod drift;
mod guess;
mod numbers;
mod position;
mod replaced;
mod rows;
mod strays;
mod value;

pub(crate) use drift::note as note_drift;
pub(crate) use guess::{codes, guess};
pub(crate) use numbers::styles;
pub(crate) use position::{Kept, Positions, positions};
pub(crate) use replaced::{ids, look as look_at_replaced, there};
pub(crate) use rows::{FeatureFile, MappedFeatures, ReadAs, map, take_rows};
pub(crate) use strays::Strays;

/// Columns that every table of features has.
const RESERVED: [&str; 11] = [
    "feature",
    "geometry",
    "xmin",
    "ymin",
    "xmax",
    "ymax",
    "run",
    "origin_sheet",
    "origin_row",
    "origin_column",
    "recorded_at",
];

/// Whether a text can name an attribute: a column of an SQL table that is not taken.
pub(crate) fn is_attribute_name(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !RESERVED.contains(&name)
}

/// The name of the attribute made from a property: `fullName` is `full_name`, `Diện tích` is `dien_tich`.
fn attribute_name(property: &str) -> String {
    let mut spaced = String::with_capacity(property.len() + 4);
    let mut before = ' ';
    for c in property.chars() {
        if c.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit()) {
            spaced.push(' ');
        }
        spaced.push(c);
        before = c;
    }
    let folded: String = model::fold(&spaced)
        .chars()
        .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '_' })
        .take(60)
        .collect();
    let name = folded.trim_matches('_').to_owned();
    match () {
        () if name.is_empty() => "attribute".into(),
        () if !name.starts_with(|c: char| c.is_ascii_lowercase()) => {
            format!("a_{name}").chars().take(60).collect()
        }
        () if RESERVED.contains(&name.as_str()) => format!("{name}_of_source"),
        () => name,
    }
}

//! Labels beside what they name, above a table: `Trạm: | Cần Thơ`, `unit | m`.

use formats::Chunk;

use super::columns::tidy;

/// Labels of the name of a station, folded.
pub(crate) const OF_STATIONS: &[&str] = &[
    "diem do",
    "diem quan trac",
    "location",
    "location name",
    "monitoring station",
    "site",
    "site name",
    "station",
    "station name",
    "ten tram",
    "tram",
    "tram do",
];
/// Labels of a unit, folded.
pub(crate) const OF_UNITS: &[&str] = &[
    "don vi",
    "don vi do",
    "don vi tinh",
    "dvt",
    "unit",
    "unit of measure",
    "units",
    "uom",
    "value unit",
    "value units",
];
/// Labels of a zone of times, folded.
pub(crate) const OF_ZONES: &[&str] = &[
    "gmt offset",
    "mui gio",
    "time zone",
    "time zone name",
    "timezone",
    "timezone abbreviation",
    "tz",
    "utc offset",
];
/// Words of labels of a property, folded.
pub(crate) const OF_PROPERTIES: &[&str] =
    &["parameter", "variable", "property", "thong so", "yeu to", "chi tieu"];

/// Whether a text is a label: by its colon, or as one of those that are known.
fn is_label(text: &str, is_beside_one: bool) -> bool {
    let is_known = || {
        let folded = model::fold(text);
        [OF_STATIONS, OF_UNITS, OF_PROPERTIES, OF_ZONES]
            .iter()
            .any(|labels| labels.contains(&folded.as_str()))
    };
    text.ends_with(':') || (is_beside_one && is_known())
}

/// A cell and its label left of it as one text: `Trạm: Cần Thơ`. A label without a colon is one in a row of two texts.
pub(crate) fn labelled(chunk: &Chunk, row: usize, column: usize) -> Option<String> {
    let text_at = |column: usize| chunk.cell(row, column).map(tidy).filter(|text| !text.is_empty());
    let text = text_at(column)?;
    let label = (0..column).rev().find_map(text_at)?;
    let is_beside_one = (0..chunk.columns.len()).filter_map(text_at).take(3).count() == 2;
    is_label(&label, is_beside_one).then(|| format!("{}: {text}", label.trim_end_matches(':').trim_end()))
}

//! The systems, operations, zones and outlines of `reference/`, as data with their sources.

use std::sync::LazyLock;

use model::Bbox;

use super::datum::SevenParameters;
use super::tm::TransverseMercator;
use super::{Crs, Datum, Operation, Projection};

/// The systems that are known by an EPSG code.
pub(super) fn systems() -> &'static [Crs] {
    static SYSTEMS: LazyLock<Vec<Crs>> = LazyLock::new(|| {
        rows(include_str!("../../../../reference/crs.csv")).map(|row| system(&row)).collect()
    });
    &SYSTEMS
}

/// The operations between datums.
pub(super) fn operations() -> &'static [(Datum, Operation)] {
    static OPERATIONS: LazyLock<Vec<(Datum, Operation)>> = LazyLock::new(|| {
        rows(include_str!("../../../../reference/crs_operations.csv"))
            .map(|row| (datum(row.text("from_datum")), operation(&row)))
            .collect()
    });
    &OPERATIONS
}

/// A zone of VN-2000 that a province uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Zone {
    pub(super) place: String,
    pub(super) epsg: u32,
    /// ISO dates, days included; empty where open.
    pub(super) from: String,
    pub(super) to: String,
}

/// Which zone which province uses, and when.
pub(super) fn zones() -> &'static [Zone] {
    static ZONES: LazyLock<Vec<Zone>> = LazyLock::new(|| {
        rows(include_str!("../../../../reference/crs_zones.csv"))
            .map(|row| Zone {
                place: row.text("place").to_owned(),
                epsg: row.number("epsg") as u32,
                from: row.text("valid_from").to_owned(),
                to: row.text("valid_to").to_owned(),
            })
            .collect()
    });
    &ZONES
}

/// Where a province lies: a little wider than it is, and simplified.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// The province, e.g. `gso2004:94`.
    pub place: String,
    /// The box around it.
    pub bbox: Bbox,
    /// Rings in degrees east and north.
    pub(super) rings: Vec<Vec<(f64, f64)>>,
}

/// The outlines of the provinces, former and present.
pub fn outlines() -> &'static [Outline] {
    static OUTLINES: LazyLock<Vec<Outline>> = LazyLock::new(|| {
        rows(include_str!("../../../../reference/province_outlines.csv")).map(|row| outline(&row)).collect()
    });
    &OUTLINES
}

/// One row of a reference file. That these files are well formed is a matter of the build: a test
/// reads each of them.
struct Row {
    names: Vec<String>,
    cells: Vec<String>,
}

fn rows(text: &'static str) -> impl Iterator<Item = Row> {
    let mut records =
        csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes()).into_records();
    let texts = |record: csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
    let names = records.next().and_then(Result::ok).map(texts).unwrap_or_default();
    records.filter_map(Result::ok).map(move |record| Row { names: names.clone(), cells: texts(record) })
}

impl Row {
    fn text(&self, name: &str) -> &str {
        let at = self.names.iter().position(|other| other == name);
        at.and_then(|at| self.cells.get(at)).map_or("", String::as_str)
    }

    fn number(&self, name: &str) -> f64 {
        self.text(name).parse().unwrap_or(0.0)
    }
}

fn datum(code: &str) -> Datum {
    match code {
        "wgs84" => Datum::Wgs84,
        "vn2000" => Datum::Vn2000,
        "indian1960" => Datum::Indian1960,
        _ => Datum::Hanoi1972,
    }
}

fn system(row: &Row) -> Crs {
    let projection = match row.text("projection") {
        "transverse_mercator" => Projection::TransverseMercator(TransverseMercator {
            central_meridian: row.number("central_meridian"),
            scale: row.number("scale"),
            false_easting: row.number("false_easting"),
            false_northing: row.number("false_northing"),
        }),
        "web_mercator" => Projection::WebMercator,
        _ => Projection::None,
    };
    Crs::new(
        Some(row.number("epsg") as u32),
        row.text("name").to_owned(),
        datum(row.text("datum")),
        projection,
        Bbox::new(row.number("west"), row.number("south"), row.number("east"), row.number("north")),
    )
}

fn operation(row: &Row) -> Operation {
    let parameters = (row.text("method") == "coordinate_frame").then(|| SevenParameters {
        translation: [row.number("tx"), row.number("ty"), row.number("tz")],
        rotation: [row.number("rx"), row.number("ry"), row.number("rz")],
        scale_ppm: row.number("ds_ppm"),
    });
    Operation {
        epsg: row.text("epsg").parse().ok(),
        name: row.text("name").to_owned(),
        accuracy_m: row.number("accuracy_m"),
        source: row.text("source").to_owned(),
        parameters,
    }
}

fn outline(row: &Row) -> Outline {
    let rings = row
        .text("outline")
        .split("((")
        .skip(1)
        .map(|ring| {
            // Of `MULTIPOLYGON(((` a bracket is left: a ring without its first position would be open, and
            // an open ring has no inside.
            let ring = ring.trim_start_matches('(').split("))").next().unwrap_or("");
            ring.split(',')
                .filter_map(|pair| {
                    let (x, y) = pair.trim().split_once(' ')?;
                    Some((x.parse().ok()?, y.parse().ok()?))
                })
                .collect()
        })
        .collect();
    let [west, south, east, north] = ["west", "south", "east", "north"].map(|edge| row.number(edge));
    Outline { place: row.text("place").to_owned(), bbox: Bbox { west, south, east, north }, rings }
}

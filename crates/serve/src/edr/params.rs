//! Parameters of EDR queries, read into what cannot be wrong.

use chrono::{DateTime, Utc};
use model::TimeRange;
use serde::Deserialize;
use standards::ogc::{Coords, Shape, Vertex, parse_coords, parse_length, parse_list};
use wording::told;

use super::space::Space;
use crate::http::crs::System;
use crate::http::{Answer, Problem, ProblemKind, params};

/// The farthest that a place may be from a position or a line that has no width of its own, metres.
pub(super) const NEAR: f64 = 10_000.0;
/// Cells across or down that may be asked for.
const MOST_CELLS: usize = 2_000;

/// What an answer is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    CoverageJson,
    GeoJson,
    Csv,
    NetCdf,
}

/// All parameters; which of them a query takes, its reader says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct DataParams {
    coords: Option<String>,
    bbox: Option<String>,
    within: Option<String>,
    within_units: Option<String>,
    corridor_width: Option<String>,
    width_units: Option<String>,
    corridor_height: Option<String>,
    height_units: Option<String>,
    resolution_x: Option<usize>,
    resolution_y: Option<usize>,
    z: Option<String>,
    datetime: Option<String>,
    parameter_name: Option<String>,
    crs: Option<String>,
    f: Option<String>,
}

/// What is wanted, wherever it is.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) time: TimeRange,
    /// The parameters; none means all.
    pub(super) parameters: Vec<String>,
    pub(super) system: System,
    pub(super) format: Format,
    /// Columns and rows of a grid, where the asker says how many.
    pub(super) resolution: [Option<usize>; 2],
}

impl DataParams {
    pub(super) fn position(&self) -> Answer<(Space, Wanted)> {
        self.only("position", &["coords"])?;
        let wanted = self.wanted()?;
        let Coords::Points(points) = self.coords(Shape::Points)? else { return Err(impossible()) };
        let points = points.iter().map(|vertex| position(&wanted.system, vertex)).collect::<Answer<_>>()?;
        Ok((Space::Points(points), wanted))
    }

    pub(super) fn radius(&self) -> Answer<(Space, Wanted)> {
        self.only("radius", &["coords", "within", "within-units"])?;
        let wanted = self.wanted()?;
        let Coords::Points(points) = self.coords(Shape::Point)? else { return Err(impossible()) };
        let metres = length("within", &self.within, "within-units", &self.within_units)?;
        let center = points.first().ok_or_else(impossible)?;
        Ok((Space::Near { center: position(&wanted.system, center)?, metres }, wanted))
    }

    pub(super) fn area(&self) -> Answer<(Space, Wanted)> {
        self.only("area", &["coords", "resolution"])?;
        let wanted = self.wanted()?;
        let Coords::Areas(areas) = self.coords(Shape::Areas)? else { return Err(impossible()) };
        let ring = |ring: &Vec<Vertex>| -> Answer<Vec<[f64; 2]>> {
            ring.iter().map(|vertex| position(&wanted.system, vertex)).collect()
        };
        let areas = areas
            .iter()
            .map(|area| area.iter().map(ring).collect::<Answer<Vec<_>>>())
            .collect::<Answer<Vec<_>>>()?;
        Ok((Space::area(areas), wanted))
    }

    pub(super) fn cube(&self) -> Answer<(Space, Wanted)> {
        self.only("cube", &["bbox", "resolution"])?;
        let wanted = self.wanted()?;
        let text = self.bbox.as_deref().ok_or_else(|| {
            Problem::parameter(
                "bbox",
                told!(
                    "serve-missing-write-bbox-west-south-east-north",
                    "it is missing: write `bbox=west,south,east,north`"
                ),
            )
        })?;
        let bbox = wanted.system.bbox(wanted.system.edges(text)?)?;
        Ok((Space::Box(bbox), wanted))
    }

    pub(super) fn trajectory(&self) -> Answer<(Space, Wanted)> {
        self.only("trajectory", &["coords"])?;
        let (lines, wanted) = self.lines()?;
        Ok((Space::Along { lines, metres: NEAR, is_line: true }, wanted))
    }

    pub(super) fn corridor(&self) -> Answer<(Space, Wanted)> {
        let own =
            ["coords", "corridor-width", "width-units", "corridor-height", "height-units", "resolution"];
        self.only("corridor", &own)?;
        let (lines, wanted) = self.lines()?;
        let width = length("corridor-width", &self.corridor_width, "width-units", &self.width_units)?;
        // Asked for by the standard (19-086r6 §8.2.7); nothing here has heights that it could choose.
        length("corridor-height", &self.corridor_height, "height-units", &self.height_units)?;
        Ok((Space::Along { lines, metres: width / 2.0, is_line: false }, wanted))
    }

    pub(super) fn location(&self) -> Answer<Wanted> {
        self.only("locations", &[])?;
        self.wanted()
    }

    fn lines(&self) -> Answer<(Vec<Vec<[f64; 2]>>, Wanted)> {
        let mut wanted = self.wanted()?;
        let Coords::Lines(lines) = self.coords(Shape::Lines)? else { return Err(impossible()) };
        let mut measures = lines.iter().flatten().filter_map(|vertex| vertex.m).peekable();
        if measures.peek().is_some() {
            if self.datetime.is_some() {
                let why = told!(
                    "serve-line-times-own-give-either-them-datetime",
                    "the line has times of its own: give either them or `datetime`"
                );
                return Err(Problem::parameter("datetime", why));
            }
            let (first, last) = measures.fold((f64::MAX, f64::MIN), |(a, b), m| (a.min(m), b.max(m)));
            let instant = |seconds: f64| -> Answer<DateTime<Utc>> {
                #[expect(clippy::cast_possible_truncation, reason = "a float converts without wrapping")]
                DateTime::from_timestamp(seconds.floor() as i64, 0).ok_or_else(|| {
                    Problem::parameter(
                        "coords",
                        told!(
                            "serve-no-time-seconds",
                            "`{seconds}` is no time in seconds",
                            seconds = seconds
                        ),
                    )
                })
            };
            wanted.time = TimeRange {
                from: Some(instant(first)?),
                to: Some(instant(last)? + chrono::TimeDelta::seconds(1)),
            };
        }
        let lines = lines
            .iter()
            .map(|line| {
                line.iter().map(|vertex| position(&wanted.system, vertex)).collect::<Answer<Vec<_>>>()
            })
            .collect::<Answer<Vec<_>>>()?;
        Ok((lines, wanted))
    }

    fn coords(&self, shape: Shape) -> Answer<Coords> {
        let text = self.coords.as_deref().ok_or_else(|| {
            let example = match shape {
                Shape::Point | Shape::Points => "POINT(105.78 10.03)",
                Shape::Lines => "LINESTRING(105.1 10.5, 105.8 10.0)",
                Shape::Areas => "POLYGON((105 10, 106 10, 106 11, 105 10))",
            };
            Problem::parameter(
                "coords",
                told!(
                    "serve-missing-write-well-known-text-e-g",
                    "it is missing: write well-known text, e.g. `coords={example}`",
                    example = example
                ),
            )
        })?;
        Ok(parse_coords(text, shape)?)
    }

    /// Refuses parameters of other queries.
    fn only(&self, query: &str, own: &[&str]) -> Answer<()> {
        let given = [
            ("coords", self.coords.is_some()),
            ("bbox", self.bbox.is_some()),
            ("within", self.within.is_some()),
            ("within-units", self.within_units.is_some()),
            ("corridor-width", self.corridor_width.is_some()),
            ("width-units", self.width_units.is_some()),
            ("corridor-height", self.corridor_height.is_some()),
            ("height-units", self.height_units.is_some()),
            ("resolution", self.resolution_x.is_some() || self.resolution_y.is_some()),
        ];
        match given.iter().find(|(name, is_given)| *is_given && !own.contains(name)) {
            None => Ok(()),
            Some((name, _)) => {
                let why = told!(
                    "serve-no-parameter-query",
                    "`{name}` is no parameter of a query by {query}",
                    name = name,
                    query = query
                );
                Err(Problem::text(ProblemKind::UnknownParameter, why).at(name))
            }
        }
    }

    fn wanted(&self) -> Answer<Wanted> {
        if self.z.is_some() {
            return Err(Problem::parameter(
                "z",
                told!(
                    "serve-nothing-collection-heights-leave-z-out",
                    "nothing in this collection has heights: leave `z` out"
                ),
            ));
        }
        let format = match self.f.as_deref() {
            None | Some("CoverageJSON" | "covjson" | "json") => Format::CoverageJson,
            Some("GeoJSON" | "geojson") => Format::GeoJson,
            Some("CSV" | "csv") => Format::Csv,
            Some("NetCDF" | "netcdf" | "nc") => Format::NetCdf,
            Some(name) => {
                let why = told!(
                    "serve-not-format-here-write-coveragejson-geojson-csv",
                    "`{name}` is not a format here: write `CoverageJSON`, `GeoJSON`, `CSV` or `NetCDF`",
                    name = name
                );
                return Err(Problem::text(ProblemKind::NotAcceptable, why).at("f"));
            }
        };
        let cells = |name: &str, asked: Option<usize>| match asked {
            Some(number) if number == 0 || number > MOST_CELLS => Err(Problem::parameter(
                name,
                told!(
                    "serve-no-number-cells-write-1",
                    "`{number}` is no number of cells: write 1 to {most_cells}",
                    number = number,
                    most_cells = MOST_CELLS
                ),
            )),
            asked => Ok(asked),
        };
        Ok(Wanted {
            time: params::datetime(self.datetime.as_deref())?,
            parameters: match self.parameter_name.as_deref() {
                None => Vec::new(),
                Some(text) => parse_list("parameter-name", text)?,
            },
            system: System::of_query(self.crs.as_deref())?,
            format,
            resolution: [
                cells("resolution-x", self.resolution_x)?,
                cells("resolution-y", self.resolution_y)?,
            ],
        })
    }
}

/// Longitude and latitude of a vertex.
fn position(system: &System, vertex: &Vertex) -> Answer<[f64; 2]> {
    system.position("coords", [vertex.x, vertex.y])
}

fn length(name: &str, number: &Option<String>, units: &str, unit: &Option<String>) -> Answer<f64> {
    let missing = |what: &str, example: &str| {
        Problem::parameter(
            what,
            told!(
                "serve-missing-write-e-g",
                "it is missing: write e.g. `{what}={example}`",
                what = what,
                example = example
            ),
        )
    };
    let number = number.as_deref().ok_or_else(|| missing(name, "10"))?;
    let unit = unit.as_deref().ok_or_else(|| missing(units, "km"))?;
    let metres = parse_length(name, number, unit);
    metres
        .map_err(|error| if error.parameter == name { error.into() } else { Problem::from(error).at(units) })
}

/// A reader of coordinates answers with the shape that it was asked for.
fn impossible() -> Problem {
    Problem::new(ProblemKind::Internal)
}

/// Parameters of the list of places.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListParams {
    pub(super) bbox: Option<String>,
    pub(super) datetime: Option<String>,
    pub(super) limit: Option<i64>,
    pub(super) offset: Option<usize>,
    f: Option<String>,
}

impl ListParams {
    /// Refuses a format that lists do not have.
    pub(super) fn check(&self, offered: &[&str]) -> Answer<()> {
        match self.f.as_deref() {
            Some(name) if !offered.contains(&name) => {
                let why = told!(
                    "serve-not-format-here-write",
                    "`{name}` is not a format here: write {offered}",
                    name = name,
                    offered = offered.join(" or ")
                );
                Err(Problem::text(ProblemKind::NotAcceptable, why).at("f"))
            }
            _ => Ok(()),
        }
    }

    /// The parameters of another page of the same.
    pub(super) fn page(&self, offset: usize) -> Vec<(&'static str, String)> {
        let mut pairs: Vec<(&'static str, String)> = Vec::new();
        pairs.extend(self.bbox.clone().map(|text| ("bbox", text)));
        pairs.extend(self.datetime.clone().map(|text| ("datetime", text)));
        pairs.extend(self.limit.map(|number| ("limit", number.to_string())));
        pairs.extend((offset > 0).then(|| ("offset", offset.to_string())));
        pairs
    }
}

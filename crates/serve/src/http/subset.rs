//! `subset=Lat(9:10),Lon(105:106),time("2020-02-01":"2020-02-29")`, as coverages and maps take it (19-087
//! §7.4, 20-058 §9): axes by name, with a range or one value each.

use model::{Bbox, TimeRange};
use wording::{Told, told};

use super::{Answer, Problem, params};

/// What a request cuts out.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Subset {
    /// West and east, in degrees or in the units of the system that was read in.
    pub lon: Option<(f64, f64)>,
    /// South and north, likewise.
    pub lat: Option<(f64, f64)>,
    /// When.
    pub time: Option<TimeRange>,
}

/// Which numbers an axis of places takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// Degrees of longitude and latitude; `*` is the end of the world.
    Degrees,
    /// Any: both ends are to be given.
    Any,
}

impl Subset {
    /// Reads the parameter, whose places are in longitude and latitude.
    pub fn read(text: &str) -> Answer<Subset> {
        Subset::read_in(text, Range::Degrees)
    }

    /// Reads the parameter, whose places are in some system.
    pub fn read_in(text: &str, range: Range) -> Answer<Subset> {
        let mut subset = Subset::default();
        for (axis, inside) in axes(text, "subset")? {
            let is_time = ["time", "datetime"].iter().any(|name| axis.eq_ignore_ascii_case(name));
            let (low, high) = match inside.split_once(if is_time { "\":\"" } else { ":" }) {
                Some((low, high)) => (low, high),
                None => (inside, inside),
            };
            let degrees = |name: &str, most: f64| -> Answer<(f64, f64)> {
                let number = |text: &str, open: f64| match text.trim() {
                    "*" => (range == Range::Degrees).then_some(open),
                    text => text
                        .parse::<f64>()
                        .ok()
                        .filter(|number| number.abs() <= most || (range == Range::Any && number.is_finite())),
                };
                let range = number(low, -most).zip(number(high, most)).filter(|(low, high)| low <= high);
                range.ok_or_else(|| {
                    wrong(told!(
                        "serve-no-range-axis",
                        "`{name}({inside})` is no range of the axis",
                        name = name,
                        inside = inside
                    ))
                })
            };
            match axis.to_ascii_lowercase().as_str() {
                "lon" | "long" | "longitude" | "x" | "e" => subset.lon = Some(degrees("Lon", 180.0)?),
                "lat" | "latitude" | "y" | "n" => subset.lat = Some(degrees("Lat", 90.0)?),
                "time" | "datetime" => {
                    let bare = |text: &str| text.trim().trim_matches('"').replace('*', "..");
                    let text = if low == high { bare(low) } else { format!("{}/{}", bare(low), bare(high)) };
                    let time = params::datetime(Some(&text)).map_err(|problem| problem.at("subset"))?;
                    subset.time = Some(time);
                }
                _ => {
                    return Err(wrong(told!(
                        "serve-no-axis-there-lon-lat-time",
                        "`{axis}` is no axis: there are `Lon`, `Lat` and `time`",
                        axis = axis
                    )));
                }
            }
        }
        Ok(subset)
    }

    /// West, south, east and north in the system that was read in; none where it names no place.
    pub fn edges(&self) -> Answer<Option<[f64; 4]>> {
        match (self.lon, self.lat) {
            (None, None) => Ok(None),
            (Some((west, east)), Some((south, north))) => Ok(Some([west, south, east, north])),
            _ => {
                Err(wrong(told!("serve-system-both-axes-given", "in this system both axes are to be given")))
            }
        }
    }

    /// The box of its degrees; none where it names none.
    pub fn bbox(&self) -> Option<Bbox> {
        if self.lon.is_none() && self.lat.is_none() {
            return None;
        }
        let ((west, east), (south, north)) =
            (self.lon.unwrap_or((-180.0, 180.0)), self.lat.unwrap_or((-90.0, 90.0)));
        Bbox::new(west, south, east, north)
    }
}

fn wrong(why: Told) -> Problem {
    Problem::parameter(
        "subset",
        told!("serve-write-e-g-lat-9-5-10", "{why}: write e.g. `Lat(9.5:10),Lon(105:106)`", why => why),
    )
}

/// `Axis(inside),Axis(inside)`.
pub fn axes<'t>(text: &'t str, parameter: &str) -> Answer<Vec<(&'t str, &'t str)>> {
    let wrong = || {
        let short: String = text.chars().take(80).collect();
        Problem::parameter(
            parameter,
            told!(
                "serve-not-list-axes-write-lon-lat",
                "`{short}` is not a list of axes: write `Lon(…),Lat(…)`",
                short = short
            ),
        )
    };
    let mut found = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (axis, behind) = rest.split_once('(').ok_or_else(wrong)?;
        let (inside, behind) = behind.split_once(')').ok_or_else(wrong)?;
        found.push((axis.trim(), inside));
        rest = behind.trim();
        if !rest.is_empty() {
            rest = rest.strip_prefix(',').ok_or_else(wrong)?.trim();
        }
        if found.len() > 8 {
            return Err(wrong());
        }
    }
    if found.is_empty() { Err(wrong()) } else { Ok(found) }
}

//! Parameters of a coverage, read into what cannot be wrong.

use model::{Bbox, TimeRange};
use query::At;
use serde::Deserialize;
use standards::ogc::parse_list;
use wording::{Told, told};

use crate::http::crs::System;
use crate::http::subset::{Subset, axes};
use crate::http::{Answer, Problem, ProblemKind, params};

/// Pixels across or down that may be asked for.
const MOST_SIDE: usize = 8_192;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CoverageParams {
    bbox: Option<String>,
    bbox_crs: Option<String>,
    subset: Option<String>,
    datetime: Option<String>,
    scale_size: Option<String>,
    scale_factor: Option<f64>,
    properties: Option<String>,
    version: Option<u64>,
    #[serde(rename = "as_known_at")]
    as_known_at: Option<String>,
    f: Option<String>,
}

/// What an answer is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    GeoTiff,
    CoverageJson,
    Png,
    NetCdf,
}

/// How many pixels an answer has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Size {
    /// As many as the raster has.
    Own,
    /// So many times fewer along each axis.
    Factor(f64),
    /// So many across and down, where given.
    Given([Option<usize>; 2]),
}

/// What is wanted.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// The box in longitude and latitude.
    pub(super) bbox: Option<Bbox>,
    pub(super) time: TimeRange,
    pub(super) size: Size,
    /// The parameters; none means all.
    pub(super) properties: Vec<String>,
    /// Which version is read.
    pub(super) at: At,
    pub(super) format: Format,
}

impl CoverageParams {
    pub(super) fn read(&self) -> Answer<Wanted> {
        let format = match self.f.as_deref() {
            None | Some("geotiff" | "GeoTIFF" | "tiff" | "image/tiff") => Format::GeoTiff,
            Some("covjson" | "CoverageJSON" | "json") => Format::CoverageJson,
            Some("png" | "PNG" | "image/png") => Format::Png,
            Some("netcdf" | "NetCDF" | "application/netcdf") => Format::NetCdf,
            Some(name) => {
                let why = told!(
                    "serve-not-format-here-write-geotiff-netcdf-covjson",
                    "`{name}` is not a format here: write `geotiff`, `netcdf`, `covjson` or `png`",
                    name = name
                );
                return Err(Problem::text(ProblemKind::NotAcceptable, why).at("f"));
            }
        };
        let mut wanted = Wanted {
            bbox: None,
            time: params::datetime(self.datetime.as_deref())?,
            size: self.size()?,
            properties: match self.properties.as_deref() {
                None => Vec::new(),
                Some(text) => parse_list("properties", text)?,
            },
            at: params::at(self.version, self.as_known_at.as_deref())?,
            format,
        };
        if let Some(text) = self.bbox.as_deref() {
            let system = System::known("bbox-crs", self.bbox_crs.as_deref())?;
            wanted.bbox = Some(system.bbox(system.edges(text)?)?);
        }
        if let Some(text) = self.subset.as_deref() {
            self.subset(text, &mut wanted)?;
        }
        Ok(wanted)
    }

    fn subset(&self, text: &str, wanted: &mut Wanted) -> Answer<()> {
        let subset = Subset::read(text)?;
        let twice = |what: Told| Problem::parameter("subset", what);
        if let Some(time) = subset.time {
            if self.datetime.is_some() {
                return Err(twice(told!("serve-time-given-twice", "the time is given twice")));
            }
            wanted.time = time;
        }
        if let Some(bbox) = subset.bbox() {
            if wanted.bbox.is_some() {
                return Err(twice(told!("serve-place-given-twice", "the place is given twice")));
            }
            wanted.bbox = Some(bbox);
        }
        Ok(())
    }

    fn size(&self) -> Answer<Size> {
        match (self.scale_factor, self.scale_size.as_deref()) {
            (Some(_), Some(_)) => Err(Problem::parameter(
                "scale-size",
                told!(
                    "serve-give-either-scale-size-scale-factor",
                    "give either `scale-size` or `scale-factor`"
                ),
            )),
            (Some(factor), None) if (1.0..=100_000.0).contains(&factor) => Ok(Size::Factor(factor)),
            (Some(factor), None) => Err(Problem::parameter(
                "scale-factor",
                told!(
                    "serve-no-factor-write-1-more",
                    "`{factor}` is no factor: write 1 or more",
                    factor = factor
                ),
            )),
            (None, None) => Ok(Size::Own),
            (None, Some(text)) => {
                let mut sides = [None, None];
                for (axis, inside) in axes(text, "scale-size")? {
                    let at = match axis.to_ascii_lowercase().as_str() {
                        "lon" | "long" | "longitude" | "x" => 0,
                        "lat" | "latitude" | "y" => 1,
                        _ => {
                            let why = told!(
                                "serve-no-axis-pixels-there-lon-lat",
                                "`{axis}` is no axis of pixels: there are `Lon` and `Lat`",
                                axis = axis
                            );
                            return Err(Problem::parameter("scale-size", why));
                        }
                    };
                    let side =
                        inside.trim().parse::<usize>().ok().filter(|side| (1..=MOST_SIDE).contains(side));
                    sides[at] = Some(side.ok_or_else(|| {
                        let why = told!(
                            "serve-no-number-pixels-write-1",
                            "`{inside}` is no number of pixels: write 1 to {most_side}",
                            inside = inside,
                            most_side = MOST_SIDE
                        );
                        Problem::parameter("scale-size", why)
                    })?);
                }
                Ok(Size::Given(sides))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CoverageParams, Size};

    #[test]
    fn axes_are_read_and_what_is_none_is_refused() {
        let asked = |subset: &str, scale: &str| CoverageParams {
            subset: (!subset.is_empty()).then(|| subset.to_owned()),
            scale_size: (!scale.is_empty()).then(|| scale.to_owned()),
            ..CoverageParams::default()
        };
        let wanted =
            asked("Lat(9:10),Lon(105:*),time(\"2020-02-01\":\"2020-02-03\")", "Lon(20)").read().unwrap();
        let bbox = wanted.bbox.unwrap();
        assert_eq!((bbox.south, bbox.north, bbox.west, bbox.east), (9.0, 10.0, 105.0, 180.0));
        assert_eq!(wanted.size, Size::Given([Some(20), None]));
        assert!(wanted.time.from.is_some() && wanted.time.to.is_some());
        for (subset, scale) in [
            ("Lat", ""),
            ("Lat(", ""),
            ("Lat(10:9)", ""),
            ("Lat(a:b)", ""),
            ("h(1:2)", ""),
            (" ", ""),
            ("", "Lon(0)"),
            ("", "Lon(99999999)"),
            ("", "t(3)"),
        ] {
            assert!(asked(subset, scale).read().is_err(), "{subset} {scale}");
        }
    }
}

//! Parameters of a coverage, read into what cannot be wrong.

use model::{Bbox, TimeRange};
use query::At;
use serde::Deserialize;
use standards::ogc::parse_list;
use wording::{Told, told};

use crate::http::crs::System;
use crate::http::subset::{Range, Subset, axes};
use crate::http::{Answer, Problem, ProblemKind, params};

/// Pixels across or down that may be asked for.
const MOST_SIDE: usize = 8_192;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CoverageParams {
    bbox: Option<String>,
    bbox_crs: Option<String>,
    subset: Option<String>,
    subset_crs: Option<String>,
    datetime: Option<String>,
    // The draft's name before 2021, which GDAL writes.
    #[serde(alias = "scaleSize")]
    scale_size: Option<String>,
    scale_factor: Option<f64>,
    scale_axes: Option<String>,
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
    /// So many times fewer than the raster has, across and down.
    Factors([f64; 2]),
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
        let system = System::known("subset-crs", self.subset_crs.as_deref())?;
        let subset = match system.is_wgs84() {
            true => Subset::read(text)?,
            false => Subset::read_in(text, Range::Any)?,
        };
        let twice = |what: Told| Problem::parameter("subset", what);
        if let Some(time) = subset.time {
            if self.datetime.is_some() {
                return Err(twice(told!("serve-time-given-twice", "the time is given twice")));
            }
            wanted.time = time;
        }
        let bbox = match system.is_wgs84() {
            true => subset.bbox(),
            false => subset
                .edges()?
                .map(|edges| system.bbox(edges))
                .transpose()
                .map_err(|problem| problem.at("subset"))?,
        };
        if let Some(bbox) = bbox {
            if wanted.bbox.is_some() {
                return Err(twice(told!("serve-place-given-twice", "the place is given twice")));
            }
            wanted.bbox = Some(bbox);
        }
        Ok(())
    }

    fn size(&self) -> Answer<Size> {
        let given = [
            ("scale-factor", self.scale_factor.is_some()),
            ("scale-axes", self.scale_axes.is_some()),
            ("scale-size", self.scale_size.is_some()),
        ];
        let mut given = given.iter().filter(|(_, is_given)| *is_given);
        if let (Some(_), Some((second, _))) = (given.next(), given.next()) {
            return Err(Problem::parameter(
                second,
                told!(
                    "serve-give-one-scale-size-axes-factor",
                    "give one of `scale-size`, `scale-axes` and `scale-factor`"
                ),
            ));
        }
        if let Some(factor) = self.scale_factor {
            return Ok(Size::Factors([self::factor("scale-factor", factor)?; 2]));
        }
        if let Some(text) = self.scale_axes.as_deref() {
            let mut factors = [1.0; 2];
            for (axis, inside) in axes(text, "scale-axes")? {
                let number = inside.trim().parse().unwrap_or(f64::NAN);
                factors[side_of("scale-axes", axis)?] = factor("scale-axes", number)?;
            }
            return Ok(Size::Factors(factors));
        }
        let Some(text) = self.scale_size.as_deref() else { return Ok(Size::Factors([1.0; 2])) };
        let mut sides = [None, None];
        for (axis, inside) in axes(text, "scale-size")? {
            let at = side_of("scale-size", axis)?;
            let side = inside.trim().parse::<usize>().ok().filter(|side| (1..=MOST_SIDE).contains(side));
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

/// How many times fewer pixels are wanted.
fn factor(parameter: &str, factor: f64) -> Answer<f64> {
    if (1.0..=100_000.0).contains(&factor) {
        return Ok(factor);
    }
    let why =
        told!("serve-no-factor-write-1-more", "`{factor}` is no factor: write 1 or more", factor = factor);
    Err(Problem::parameter(parameter, why))
}

/// The number of an axis of pixels: 0 across, 1 down. In the rasters' own system, Lon is what runs east.
fn side_of(parameter: &str, axis: &str) -> Answer<usize> {
    match axis.to_ascii_lowercase().as_str() {
        "lon" | "long" | "longitude" | "x" | "e" => Ok(0),
        "lat" | "latitude" | "y" | "n" => Ok(1),
        _ => {
            let why = told!(
                "serve-no-axis-pixels-there-lon-lat",
                "`{axis}` is no axis of pixels: there are `Lon` and `Lat`",
                axis = axis
            );
            Err(Problem::parameter(parameter, why))
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
        let scaled = |axes: &str, factor| {
            let asked = CoverageParams {
                scale_axes: (!axes.is_empty()).then(|| axes.to_owned()),
                scale_factor: factor,
                ..CoverageParams::default()
            };
            asked.read().map(|wanted| wanted.size)
        };
        assert_eq!(scaled("Lon(2),Lat(4.5)", None).unwrap(), Size::Factors([2.0, 4.5]));
        assert_eq!(scaled("E(3)", None).unwrap(), Size::Factors([3.0, 1.0]));
        assert_eq!(scaled("", Some(3.0)).unwrap(), Size::Factors([3.0, 3.0]));
        for (axes, factor) in [("Lon(0.5)", None), ("t(2)", None), ("Lon(x)", None), ("Lon(2)", Some(2.0))] {
            assert!(scaled(axes, factor).is_err(), "{axes} {factor:?}");
        }
        let in_metres = |subset: &str| {
            let asked = CoverageParams {
                subset: Some(subset.to_owned()),
                subset_crs: Some("EPSG:32648".to_owned()),
                ..CoverageParams::default()
            };
            asked.read().map(|wanted| wanted.bbox.unwrap())
        };
        let bbox = in_metres("E(500000:600000),N(1000000:1100000)").unwrap();
        assert!((bbox.west - 105.0).abs() < 0.01 && (bbox.south - 9.04).abs() < 0.02, "{bbox:?}");
        for subset in ["E(500000:600000)", "E(*:600000),N(1:2)", "E(1e30:2e30),N(1:2)"] {
            assert!(in_metres(subset).is_err(), "{subset}");
        }
    }
}

//! Parameters of the OGC API, read into what cannot be wrong.

use model::{Bbox, TimeRange};
use serde::Deserialize;
use standards::ogc::CRS84;

use crate::http::{Answer, Problem, ProblemKind, params};

/// The format, where it is the only parameter.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FormatParams {
    f: Option<String>,
}

impl FormatParams {
    /// Refuses a format that the resource does not have.
    pub(super) fn check(&self) -> Answer<()> {
        format(self.f.as_deref(), &["json"])
    }
}

/// Parameters of `items` and of the list of locations.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ItemsParams {
    bbox: Option<String>,
    datetime: Option<String>,
    limit: Option<i64>,
    offset: Option<usize>,
    f: Option<String>,
}

/// Which items are wanted.
#[derive(Debug, Clone)]
pub(super) struct Items {
    /// Those that meet this box.
    pub(super) bbox: Option<Bbox>,
    /// At most so many.
    pub(super) limit: usize,
    /// Not the first so many.
    pub(super) offset: usize,
}

/// The largest page.
pub(super) const MOST_ITEMS: usize = 1_000;

impl ItemsParams {
    /// Reads the parameters.
    pub(super) fn read(&self) -> Answer<Items> {
        format(self.f.as_deref(), &["json", "geojson"])?;
        params::datetime(self.datetime.as_deref())?;
        Ok(Items {
            bbox: self.bbox.as_deref().map(params::bbox).transpose()?,
            limit: params::limit(self.limit, 100, MOST_ITEMS)?,
            offset: self.offset.unwrap_or(0),
        })
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

/// Parameters of an EDR query for one place.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeriesParams {
    coords: Option<String>,
    datetime: Option<String>,
    #[serde(rename = "parameter-name")]
    parameter_name: Option<String>,
    crs: Option<String>,
    f: Option<String>,
}

/// Which series are wanted.
#[derive(Debug, Clone)]
pub(super) struct Series {
    /// The time.
    pub(super) time: TimeRange,
    /// The parameters; none means all.
    pub(super) parameters: Vec<String>,
}

impl SeriesParams {
    /// Reads the parameters of a query by the place's id.
    pub(super) fn by_id(&self) -> Answer<Series> {
        if self.coords.is_some() {
            return Err(
                Problem::text(ProblemKind::UnknownParameter, "a place is named by its id here").at("coords")
            );
        }
        self.series()
    }

    /// Reads the parameters of a query by position.
    pub(super) fn by_position(&self) -> Answer<([f64; 2], Series)> {
        let coords = self.coords.as_deref().ok_or_else(|| {
            Problem::parameter(
                "coords",
                "it is missing: write longitude and latitude, e.g. `coords=POINT(105.78 10.03)`",
            )
        })?;
        Ok((standards::ogc::parse_point(coords)?, self.series()?))
    }

    fn series(&self) -> Answer<Series> {
        format(self.f.as_deref(), &["covjson", "json", "CoverageJSON"])?;
        if let Some(crs) = self.crs.as_deref().filter(|crs| !["CRS84", "OGC:CRS84", CRS84].contains(crs)) {
            return Err(Problem::parameter(
                "crs",
                format!("`{crs}` is not offered: leave it out, or write `CRS84`"),
            ));
        }
        let names = self.parameter_name.as_deref();
        Ok(Series {
            time: params::datetime(self.datetime.as_deref())?,
            parameters: names
                .map_or(Ok(Vec::new()), |text| standards::ogc::parse_list("parameter-name", text))?,
        })
    }
}

fn format(asked: Option<&str>, offered: &[&str]) -> Answer<()> {
    match asked {
        Some(name) if !offered.contains(&name) => Err(Problem::text(
            ProblemKind::NotAcceptable,
            format!("`{name}` is not a format here: write {}", offered.join(" or ")),
        )
        .at("f")),
        _ => Ok(()),
    }
}

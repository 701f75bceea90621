//! What the description of a collection says of a dataset: for `/ogc/collections`, and for the
//! versions of a dataset, which are the instances of EDR.

use std::collections::BTreeMap;

use catalog::HeldForecast;
use chrono::{DateTime, Utc};
use lake::AsOf;
use model::{Bbox, Dataset, Forecast, Lang, Text, TimeRange, Version};
use policy::Permit;
use query::{At, FeatureRequest};
use standards::covjson::Parameter;
use standards::ogc::{
    CRS84, Collection, DataQueries, DataQuery, EDR_SYSTEMS, Extent, GEOJSON, Link, QueryLink, QueryVariables,
    SpatialExtent, TemporalExtent, describe_all, time_text,
};

use crate::App;
use crate::http::crs::OFFERED;
use crate::http::language::{filled, message};
use crate::http::{Answer, Links};
use crate::outlet::{Content, Outlet};
use crate::rasters::{self, Raster};
use crate::shelf::{self, Shelf};

const JSON: &str = "application/json";
const QUERYABLES: &str = "http://www.opengis.net/def/rel/ogc/1.0/queryables";
const SCHEMA: &str = "http://www.opengis.net/def/rel/ogc/1.0/schema";

/// The formats of EDR answers.
pub(crate) const EDR_FORMATS: [&str; 4] = ["CoverageJSON", "GeoJSON", "CSV", "NetCDF"];

/// Where the data lie when nobody knows more: EDR wants a box of every collection (19-086r6 §6.1.3).
const WORLD: Option<Bbox> = Some(Bbox { west: -180.0, south: -90.0, east: 180.0, north: 90.0 });

/// Rasters that are looked at to say what a dataset of them holds.
const MOST_RASTERS: usize = 1_000;

/// A version of a dataset as an instance of EDR: by its number, or as what a forecast said.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) version: Version,
    /// The forecast, of whose values in the version alone it consists.
    pub(crate) forecast: Option<HeldForecast>,
}

impl From<HeldForecast> for Instance {
    fn from(held: HeldForecast) -> Instance {
        Instance { version: held.version, forecast: Some(held) }
    }
}

impl Instance {
    /// A version by its number.
    pub(crate) fn of(version: Version) -> Instance {
        Instance { version, forecast: None }
    }

    /// The version's number, or the instant that the forecast was made for.
    pub(crate) fn id(&self) -> String {
        let forecast = self.forecast.as_ref();
        forecast.map_or_else(|| self.version.to_string(), |held| time_text(held.forecast.made_for))
    }

    /// Of a range of time, what the forecast speaks of: a version holds the hours of earlier ones, too.
    pub(crate) fn within(&self, asked: TimeRange) -> TimeRange {
        let Some(held) = &self.forecast else { return asked };
        let own = held.forecast.times();
        TimeRange { from: asked.from.max(own.from), to: asked.to.or(own.to).min(own.to) }
    }

    fn title(&self, of: &str, lang: Lang) -> String {
        match &self.forecast {
            None => format!("{of} · {}", self.version),
            Some(_) => format!("{of} · {}", filled(lang, "ogc-forecast-title", &[("time", &self.id())])),
        }
    }
}

/// What every collection of a dataset says.
pub(crate) fn described(dataset: &Dataset, content: Content, links: &Links, lang: Lang) -> Collection {
    let text = |text: &Text| text.get(lang).0.to_owned();
    let mut description = text(&dataset.description);
    let mut keywords = vec![dataset.theme.code().to_owned()];
    if dataset.synthetic {
        description = format!("{} {description}", message(lang, "ogc-synthetic"));
        keywords.push("synthetic".to_owned());
    }
    let mut ways = collection_links(content, dataset.id.as_str(), links, lang);
    ways.push(Link::new("describedby", links.path(&format!("/v1/datasets/{}", dataset.id)), JSON));
    Collection {
        id: dataset.id.to_string(),
        title: text(&dataset.title),
        description: description.trim_end().to_owned(),
        attribution: [dataset.source.as_str(), &dataset.licence].join(" · "),
        keywords,
        item_type: Some("feature"),
        crs: OFFERED.to_vec(),
        storage_crs: Some(CRS84),
        links: ways,
        ..Collection::default()
    }
}

/// The ways on from a collection.
pub(crate) fn collection_links(content: Content, id: &str, links: &Links, lang: Lang) -> Vec<Link> {
    let path = format!("/ogc/collections/{id}");
    let mut ways = vec![
        Link::new("self", links.path(&path), JSON),
        Link::new("alternate", links.to(&path, &[("f", "html")]), "text/html"),
        Link::new(QUERYABLES, links.path(&format!("{path}/queryables")), "application/schema+json"),
        Link::new(SCHEMA, links.path(&format!("{path}/schema")), "application/schema+json"),
        Link::new("items", links.to(&format!("{path}/items"), &[("f", "html")]), "text/html"),
        Link::new("items", links.path(&format!("{path}/items")), GEOJSON)
            .titled(&message(lang, "ogc-items-title")),
    ];
    ways.extend(Outlet::ways(content, id, links, lang));
    ways
}

pub(crate) fn extent(bbox: Option<Bbox>, times: Option<TemporalExtent>) -> Option<Extent> {
    let spatial = bbox.map(|bbox| SpatialExtent::new([bbox.west, bbox.south, bbox.east, bbox.north]));
    (spatial.is_some() || times.is_some()).then_some(Extent { spatial, temporal: times })
}

/// A dataset of observations, or one version of it.
pub(crate) async fn observed(
    app: &App,
    dataset: &Dataset,
    permit: &Permit,
    instance: Option<&Instance>,
    links: &Links,
    lang: Lang,
) -> Answer<Collection> {
    let shelf = shelf_of(app, permit, instance).await?;
    let parameters = shelf.parameters(shelf.streams.iter(), links);
    let queries = [
        Query::Position,
        Query::Radius,
        Query::Area,
        Query::Cube,
        Query::Trajectory,
        Query::Corridor,
        Query::Locations,
        Query::Items,
        Query::Instances,
    ];
    let collection = Collection {
        extent: extent(shelf.bbox().or(WORLD), times(app, permit, instance).await?),
        ..described(dataset, Content::Observations, links, lang)
    };
    Ok(with_queries(collection, &queries, &parameters, instance, links, lang))
}

/// The series of a dataset, or of one instance of it.
pub(crate) async fn shelf_of(app: &App, permit: &Permit, instance: Option<&Instance>) -> Answer<Shelf> {
    match instance {
        None => Shelf::open(app, permit, At::Latest).await,
        Some(Instance { forecast: Some(held), .. }) => Shelf::of_forecast(app, permit, held).await,
        Some(instance) => Shelf::open(app, permit, At::Version(instance.version)).await,
    }
}

/// A dataset of rasters, or one version of it.
pub(crate) async fn coverage(
    app: &App,
    dataset: &Dataset,
    permit: &Permit,
    instance: Option<&Instance>,
    links: &Links,
    lang: Lang,
) -> Answer<Collection> {
    let at = instance.map_or(At::Latest, |instance| At::Version(instance.version));
    let found = match permit.rows().is_open() {
        true => {
            rasters::read(app, permit, FeatureRequest { limit: MOST_RASTERS, at, ..Default::default() })
                .await?
                .items
        }
        false => Vec::new(),
    };
    let parameters = raster_parameters(app, &found, links).await?;
    let boxes = found.iter().filter_map(|raster| {
        let [west, south, east, north] = raster.bbox;
        Bbox::new(west, south, east, north)
    });
    let times = || found.iter().filter_map(|raster| raster.time);
    let span = times().min().zip(times().max());
    let span = span.map(|(first, last)| TemporalExtent::new(Some(time_text(first)), Some(time_text(last))));
    let queries = [
        Query::Position,
        Query::Radius,
        Query::Area,
        Query::Cube,
        Query::Trajectory,
        Query::Corridor,
        Query::Items,
        Query::Instances,
    ];
    let collection = Collection {
        extent: extent(boxes.reduce(|all, one| all.union(&one)).or(WORLD), span),
        ..described(dataset, Content::Coverage, links, lang)
    };
    Ok(with_queries(collection, &queries, &parameters, instance, links, lang))
}

/// The bands of rasters as parameters, by name.
pub(crate) async fn raster_parameters(
    app: &App,
    found: &[Raster],
    links: &Links,
) -> Answer<BTreeMap<String, Parameter>> {
    let gazetteer = app.catalog.gazetteer().await?;
    let mut parameters = BTreeMap::new();
    for raster in found {
        for band in 0..raster.bands.clamp(0, 64) {
            parameters.entry(raster.parameter(usize::try_from(band).unwrap_or(0))).or_insert_with(|| {
                let property = raster.property.as_deref().unwrap_or("value");
                shelf::parameter(&gazetteer, property, raster.unit.as_deref().unwrap_or("1"), None, links)
            });
        }
    }
    Ok(parameters)
}

fn with_queries(
    collection: Collection,
    queries: &[Query],
    parameters: &BTreeMap<String, Parameter>,
    instance: Option<&Instance>,
    links: &Links,
    lang: Lang,
) -> Collection {
    let base = match instance {
        None => format!("/ogc/collections/{}", collection.id),
        Some(instance) => format!("/ogc/collections/{}/instances/{}", collection.id, instance.id()),
    };
    let own = |query: &&Query| instance.is_none() || !matches!(query, Query::Items | Query::Instances);
    let queries: DataQueries =
        queries.iter().filter(own).map(|query| (query.name(), query.document(&base, links, lang))).collect();
    let mut collection = Collection {
        data_queries: Some(queries),
        output_formats: EDR_FORMATS.to_vec(),
        parameter_names: describe_all(parameters, lang.tag()),
        ..collection
    };
    if let Some(instance) = instance {
        collection.id = instance.id();
        collection.title = instance.title(&collection.title, lang);
        collection.links = vec![
            Link::new("self", links.path(&base), JSON),
            Link::new("collection", links.path(base.split("/instances/").next().unwrap_or(&base)), JSON),
        ];
    }
    collection
}

/// First and last phenomenon time, from the files' statistics. Whoever sees a part of the rows only
/// is not told what the whole spans.
async fn times(app: &App, permit: &Permit, instance: Option<&Instance>) -> Answer<Option<TemporalExtent>> {
    if !permit.rows().is_open() {
        return Ok(None);
    }
    let as_of = instance.map_or(AsOf::Latest, |instance| AsOf::Version(instance.version));
    let snapshot = match app.lake.snapshot(permit, as_of).await {
        Ok(snapshot) => snapshot,
        Err(lake::Error::NotFound { .. }) if instance.is_none() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if let Some(held) = instance.and_then(|instance| instance.forecast.as_ref()) {
        let Forecast { first, last, .. } = held.forecast;
        return Ok(Some(TemporalExtent::new(Some(time_text(first)), Some(time_text(last)))));
    }
    let text = |micros: Option<i64>| micros.and_then(DateTime::<Utc>::from_timestamp_micros).map(time_text);
    let first = text(snapshot.files().iter().filter_map(|file| file.min_time).min());
    let last = text(snapshot.files().iter().filter_map(|file| file.max_time).max());
    Ok(first.is_some().then(|| TemporalExtent::new(first, last)))
}

/// A query of EDR (19-086r6 §8.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Query {
    Position,
    Radius,
    Area,
    Cube,
    Trajectory,
    Corridor,
    Locations,
    Items,
    Instances,
}

impl Query {
    fn name(self) -> &'static str {
        match self {
            Query::Position => "position",
            Query::Radius => "radius",
            Query::Area => "area",
            Query::Cube => "cube",
            Query::Trajectory => "trajectory",
            Query::Corridor => "corridor",
            Query::Locations => "locations",
            Query::Items => "items",
            Query::Instances => "instances",
        }
    }

    fn document(self, base: &str, links: &Links, lang: Lang) -> DataQuery {
        const LENGTHS: [&str; 5] = ["km", "m", "mi", "nmi", "ft"];
        let name = self.name();
        let lengths = |wanted: bool| if wanted { LENGTHS.to_vec() } else { Vec::new() };
        let is_data = !matches!(self, Query::Items | Query::Instances);
        DataQuery {
            link: QueryLink {
                href: links.path(&format!("{base}/{name}")),
                rel: if self == Query::Instances { "collection" } else { "data" },
                variables: QueryVariables {
                    title: message(lang, &format!("ogc-{name}-title")),
                    description: message(lang, &format!("ogc-{name}-description")),
                    query_type: name,
                    coords: match self {
                        Query::Position | Query::Radius => Some("POINT(105.78 10.03)"),
                        Query::Area => Some("POLYGON((105 10, 106 10, 106 11, 105 10))"),
                        Query::Trajectory | Query::Corridor => Some("LINESTRING(105.1 10.5, 105.8 10.0)"),
                        _ => None,
                    },
                    within_units: lengths(self == Query::Radius),
                    width_units: lengths(self == Query::Corridor),
                    height_units: lengths(self == Query::Corridor),
                    output_formats: if is_data { EDR_FORMATS.to_vec() } else { vec!["GeoJSON"] },
                    default_output_format: if is_data { "CoverageJSON" } else { "GeoJSON" },
                    crs_details: EDR_SYSTEMS.to_vec(),
                },
            },
        }
    }
}

//! The model as OGC documents.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use model::{Bbox, Dataset, Datastream, Lang, Place, PlaceId, Text};
use policy::Permit;
use query::ObservedValue;
use serde_json::{Map, Value, json};
use standards::covjson::{
    self, Coverage, Domain, I18n, MeasurementType, NdArray, ObservedProperty, Parameter, ParameterType, Unit,
};
use standards::geometry::Geometry;
use standards::ogc::{
    CRS84, Collection, Conformance, CrsDetails, DataQueries, DataQuery, Extent, Feature, FeatureCollection,
    GEOJSON, LandingPage, Link, QueryLink, QueryVariables, SpatialExtent, TemporalExtent, describe_all,
    time_text,
};

use super::CONFORMANCE;
use super::params::{Items, ItemsParams};
use super::read::{self, Shelf, Source};
use crate::App;
use crate::http::crs::OFFERED;
use crate::http::language::message;
use crate::http::{Answer, Links, Problem, ProblemKind};

pub(super) use rows::rows;

const JSON: &str = "application/json";
const QUERYABLES: &str = "http://www.opengis.net/def/rel/ogc/1.0/queryables";
const SCHEMA: &str = "http://www.opengis.net/def/rel/ogc/1.0/schema";

pub(super) fn self_link(links: &Links, path: &str) -> Vec<Link> {
    let page = Link::new("alternate", links.to(path, &[("f", "html")]), "text/html");
    vec![Link::new("self", links.path(path), JSON), page]
}

pub(super) fn landing(links: &Links, lang: Lang) -> LandingPage {
    let mut ways = self_link(links, "/ogc");
    ways.push(
        Link::new("service-doc", links.to("/ogc/api", &[("f", "html")]), "text/html")
            .titled(&message(lang, "ogc-api")),
    );
    ways.push(
        Link::new("service-desc", links.path("/ogc/api"), "application/vnd.oai.openapi+json;version=3.0")
            .titled(&message(lang, "ogc-api")),
    );
    for (rel, path, title) in [
        ("conformance", "/ogc/conformance", "ogc-conformance"),
        ("http://www.opengis.net/def/rel/ogc/1.0/conformance", "/ogc/conformance", "ogc-conformance"),
        ("data", "/ogc/collections", "ogc-collections"),
        ("http://www.opengis.net/def/rel/ogc/1.0/data", "/ogc/collections", "ogc-collections"),
        ("http://www.opengis.net/def/rel/ogc/1.0/functions", "/ogc/functions", "ogc-functions"),
    ] {
        ways.push(Link::new(rel, links.path(path), JSON).titled(&message(lang, title)));
    }
    LandingPage {
        title: message(lang, "ogc-title"),
        description: message(lang, "ogc-description"),
        links: ways,
    }
}

pub(super) fn conformance(links: &Links) -> Conformance {
    Conformance {
        conforms_to: CONFORMANCE.iter().map(ToString::to_string).collect(),
        links: self_link(links, "/ogc/conformance"),
    }
}

/// A collection's description.
pub(super) async fn collection(app: &App, source: &Source, links: &Links, lang: Lang) -> Answer<Collection> {
    match source {
        Source::Stations | Source::Places => {
            let gazetteer = app.catalog.gazetteer().await?;
            let positions =
                gazetteer.places.iter().filter(|place| read::is_of(source, place)).filter_map(|p| p.position);
            let bbox = positions
                .map(|p| Bbox { west: p.lon, south: p.lat, east: p.lon, north: p.lat })
                .reduce(|all, one| all.union(&one));
            let id = if matches!(source, Source::Stations) { "stations" } else { "places" };
            Ok(Collection {
                id: id.to_owned(),
                title: message(lang, &format!("ogc-{id}-title")),
                description: message(lang, &format!("ogc-{id}-description")),
                extent: extent(bbox, None),
                item_type: Some("feature"),
                crs: OFFERED.to_vec(),
                storage_crs: Some(CRS84),
                links: collection_links(links, id, lang),
                ..Collection::default()
            })
        }
        Source::Features(dataset, permit) => {
            let snapshot = read::snapshot(app, permit).await?.filter(|_| permit.rows().is_open());
            let boxes = snapshot.iter().flat_map(|snapshot| snapshot.files()).filter_map(|file| file.bbox);
            Ok(Collection {
                extent: extent(boxes.reduce(|all, one| all.union(&one)), None),
                ..described(dataset, links, lang)
            })
        }
        Source::Observations(dataset, permit) => {
            let shelf = Shelf::open(app, permit).await?;
            let parameters = parameters(&shelf, shelf.streams.iter(), links);
            Ok(Collection {
                extent: extent(shelf.bbox(), times(app, permit).await?),
                data_queries: Some(queries(dataset, links, lang)),
                output_formats: vec!["CoverageJSON"],
                parameter_names: describe_all(&parameters, lang.tag()),
                ..described(dataset, links, lang)
            })
        }
    }
}

fn described(dataset: &Dataset, links: &Links, lang: Lang) -> Collection {
    let text = |text: &Text| text.get(lang).0.to_owned();
    let mut description = text(&dataset.description);
    let mut keywords = vec![dataset.theme.code().to_owned()];
    if dataset.synthetic {
        description = format!("{} {description}", message(lang, "ogc-synthetic"));
        keywords.push("synthetic".to_owned());
    }
    let mut ways = collection_links(links, dataset.id.as_str(), lang);
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

fn collection_links(links: &Links, id: &str, lang: Lang) -> Vec<Link> {
    let path = format!("/ogc/collections/{id}");
    vec![
        Link::new("self", links.path(&path), JSON),
        Link::new("alternate", links.to(&path, &[("f", "html")]), "text/html"),
        Link::new(QUERYABLES, links.path(&format!("{path}/queryables")), "application/schema+json"),
        Link::new(SCHEMA, links.path(&format!("{path}/schema")), "application/schema+json"),
        Link::new("items", links.to(&format!("{path}/items"), &[("f", "html")]), "text/html"),
        Link::new("items", links.path(&format!("{path}/items")), GEOJSON)
            .titled(&message(lang, "ogc-items-title")),
    ]
}

fn extent(bbox: Option<Bbox>, times: Option<TemporalExtent>) -> Option<Extent> {
    let spatial = bbox.map(|bbox| SpatialExtent::new([bbox.west, bbox.south, bbox.east, bbox.north]));
    (spatial.is_some() || times.is_some()).then_some(Extent { spatial, temporal: times })
}

/// First and last phenomenon time, from the files' statistics. Whoever sees a part of the rows only
/// is not told what the whole spans.
async fn times(app: &App, permit: &Permit) -> Answer<Option<TemporalExtent>> {
    if !permit.rows().is_open() {
        return Ok(None);
    }
    let Some(snapshot) = read::snapshot(app, permit).await? else { return Ok(None) };
    let text = |micros: Option<i64>| micros.and_then(DateTime::from_timestamp_micros).map(time_text);
    let first = text(snapshot.files().iter().filter_map(|file| file.min_time).min());
    let last = text(snapshot.files().iter().filter_map(|file| file.max_time).max());
    Ok(first.is_some().then(|| TemporalExtent::new(first, last)))
}

fn queries(dataset: &Dataset, links: &Links, lang: Lang) -> DataQueries {
    let query = |name: &'static str| DataQuery {
        link: QueryLink {
            href: links.path(&format!("/ogc/collections/{}/{name}", dataset.id)),
            rel: "data",
            variables: QueryVariables {
                title: message(lang, &format!("ogc-{name}-title")),
                description: message(lang, &format!("ogc-{name}-description")),
                query_type: name,
                output_formats: vec!["CoverageJSON"],
                default_output_format: "CoverageJSON",
                crs_details: vec![CrsDetails::crs84()],
            },
        },
    };
    DataQueries { position: Some(query("position")), locations: Some(query("locations")) }
}

/// The parameters of some series, by name.
fn parameters<'d>(
    shelf: &Shelf,
    streams: impl Iterator<Item = &'d Datastream>,
    links: &Links,
) -> BTreeMap<String, Parameter> {
    let mut parameters = BTreeMap::new();
    for stream in streams {
        let name = shelf.names[&stream.id].clone();
        parameters.entry(name).or_insert_with(|| parameter(shelf, stream, links));
    }
    parameters
}

fn parameter(shelf: &Shelf, stream: &Datastream, links: &Links) -> Parameter {
    let key = &stream.key;
    let label = match shelf.gazetteer.property(&key.property) {
        Some(property) => i18n(&property.name),
        None => I18n::from([("vi", key.property.to_string())]),
    };
    Parameter {
        r#type: ParameterType::Parameter,
        description: I18n::new(),
        unit: Unit { ucum: key.unit.clone() },
        observed_property: ObservedProperty {
            id: links.path(&format!("/sta/v1.1/ObservedProperties('{}')", key.property)),
            label,
        },
        measurement: Some(MeasurementType {
            method: key.statistic.code().to_owned(),
            duration: key.period.clone(),
        }),
    }
}

fn i18n(text: &Text) -> I18n {
    let languages = [("vi", Some(&text.vi)), ("en", text.en.as_ref()), ("km", text.km.as_ref())];
    languages
        .into_iter()
        .filter_map(|(tag, text)| Some((tag, text?.clone())))
        .filter(|(_, t)| !t.is_empty())
        .collect()
}

/// Series with their values as CoverageJSON.
pub(super) fn coverages(
    shelf: &Shelf,
    series: Vec<(&Datastream, Vec<ObservedValue>)>,
    links: &Links,
) -> covjson::Document {
    let parameters = parameters(shelf, series.iter().map(|(stream, _)| *stream), links);
    let coverages =
        series.into_iter().map(|(stream, values)| coverage(shelf, stream, values, links)).collect();
    covjson::document(parameters, coverages)
}

fn coverage(shelf: &Shelf, stream: &Datastream, values: Vec<ObservedValue>, links: &Links) -> Coverage {
    let times: Vec<DateTime<Utc>> = values.iter().map(|value| value.time).collect();
    // Bounds belong to all times or to none.
    let ends: Option<Vec<DateTime<Utc>>> = values.iter().map(|value| value.end).collect();
    let is_text =
        values.iter().all(|value| value.result.is_none()) && values.iter().any(|value| value.text.is_some());
    let range = if is_text {
        NdArray::Text(values.into_iter().map(|value| value.text).collect())
    } else {
        NdArray::Float(values.into_iter().map(|value| value.result).collect())
    };
    Coverage {
        id: links.path(&format!("/sta/v1.1/Datastreams({})", stream.id)),
        domain: Domain {
            position: shelf.position(&stream.key.place).map(|position| [position.lon, position.lat]),
            times,
            period_ends: ends.unwrap_or_default(),
            with_referencing: true,
        },
        parameters: BTreeMap::new(),
        ranges: BTreeMap::from([(shelf.names[&stream.id].clone(), range)]),
        place: stream.key.place.to_string(),
        datastream: stream.id.0,
    }
}

/// A page of the places of a dataset's series, and how many there are on all pages.
pub(super) fn locations(
    shelf: &Shelf,
    dataset: &Dataset,
    links: &Links,
    lang: Lang,
    wanted: &Items,
) -> (Vec<Feature>, u64) {
    let inside = |place: &PlaceId| {
        wanted.bbox.is_none_or(|bbox| shelf.position(place).is_some_and(|position| bbox.contains(position)))
    };
    let matching: Vec<&PlaceId> = shelf.places().into_iter().filter(|place| inside(place)).collect();
    let total = matching.len() as u64;
    let page = matching.into_iter().skip(wanted.offset).take(wanted.limit);
    (page.map(|place| location(shelf, dataset, place, links, lang)).collect(), total)
}

/// A place of a dataset's series, with the way to them.
pub(super) fn location(
    shelf: &Shelf,
    dataset: &Dataset,
    place: &PlaceId,
    links: &Links,
    lang: Lang,
) -> Feature {
    let known = shelf.gazetteer.place(place);
    let label = known.map_or(place.as_str(), |place| place.name.get(lang).0);
    let parameters: BTreeSet<&str> = shelf.parameters_at(place);
    let properties = json!({
        "label": label,
        "kind": known.map(|place| place.kind.code()),
        "parameter-name": parameters,
        "edrqueryendpoint": links.path(&format!("/ogc/collections/{}/locations/{place}", dataset.id)),
    });
    Feature {
        id: place.to_string(),
        geometry: shelf.position(place).map(|position| Geometry::Point([position.lon, position.lat])),
        properties: object(properties),
        links: Vec::new(),
    }
}

/// A place of the reference data.
pub(super) fn place(place: &Place, lang: Lang) -> Feature {
    let properties = json!({
        "name": place.name.get(lang).0,
        "name_vi": place.name.vi,
        "name_en": place.name.en,
        "name_km": place.name.km,
        "alt_names": place.alt_names,
        "kind": place.kind.code(),
        "type": place.type_name,
        "scheme": place.id.scheme(),
        "code": place.id.code(),
        "river": place.river,
        "area_km2": place.area_km2,
        "valid_from": place.valid_from.map(|day| day.to_string()),
        "valid_to": place.valid_to.map(|day| day.to_string()),
        "source": place.source,
        "confidence": place.confidence,
    });
    Feature {
        id: place.id.to_string(),
        geometry: place.position.map(|position| Geometry::Point([position.lon, position.lat])),
        properties: object(properties),
        links: Vec::new(),
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// A page of features with its numbers and the way to the next.
pub(super) fn page(
    links: &Links,
    path: &str,
    asked: &ItemsParams,
    wanted: &Items,
    features: Vec<Feature>,
    matched: u64,
) -> FeatureCollection {
    let link = |rel: &str, offset: usize| {
        let pairs = asked.page(offset);
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Link::new(rel, links.to(path, &pairs), GEOJSON)
    };
    let mut ways = vec![link("self", wanted.offset)];
    let reached = wanted.offset.saturating_add(features.len());
    if !features.is_empty() && (reached as u64) < matched {
        ways.push(link("next", reached));
    }
    FeatureCollection {
        number_matched: Some(matched),
        number_returned: features.len() as u64,
        time_stamp: time_text(Utc::now()),
        features,
        links: ways,
    }
}

/// A feature as a document of its own.
pub(super) fn alone(links: &Links, collection: &str, mut feature: Feature) -> Feature {
    let path = format!("/ogc/collections/{collection}");
    feature.links.insert(0, Link::new("self", links.path(&format!("{path}/items/{}", feature.id)), GEOJSON));
    let page = links.to(&format!("{path}/items/{}", feature.id), &[("f", "html")]);
    feature.links.push(Link::new("alternate", page, "text/html"));
    feature.links.push(Link::new("collection", links.path(&path), JSON));
    feature
}

/// The answer to a position that is far from every place.
pub(super) fn nothing_near(nearest: Option<(&PlaceId, f64)>, limit: f64) -> Problem {
    match nearest {
        None => Problem::message(ProblemKind::NotFound, "ogc-no-place", vec![]),
        Some((place, distance)) => Problem::message(
            ProblemKind::NotFound,
            "ogc-no-place-near",
            vec![
                ("limit", format!("{limit}")),
                ("place", place.to_string()),
                ("distance", format!("{distance:.1}")),
            ],
        ),
    }
    .at("coords")
}

//! What of a dataset's data is told to whoever may read them: where, when, what, and how to take it.

use std::collections::{BTreeMap, BTreeSet};

use catalog::Gazetteer;
use chrono::{DateTime, NaiveDate, Utc};
use lake::{AsOf, Snapshot};
use model::{Bbox, Dataset, DatasetKind, Datastream, Place, PlaceId, PlaceKind, PropertyCode, VIETNAM};
use policy::Permit;
use query::{At, FeatureRequest};
use standards::record::{Distribution, Record, Service, Term, Words};

use super::{Records, said, words};
use crate::http::{Answer, Links};
use crate::rasters;
use crate::shelf::Shelf;

/// The most places and properties that are named.
const MOST_NAMES: usize = 60;
/// The most files of rasters that are named one by one.
const MOST_FILES: usize = 20;
/// So many features are one page of OGC API Features: a dataset that has no more is one file there.
const ONE_PAGE: u64 = 1_000;

/// Tells in a record what the permit reaches.
pub(super) async fn fill(
    records: &Records<'_>,
    record: &mut Record,
    dataset: &Dataset,
    permit: &Permit,
    at: At,
) -> Answer<()> {
    let as_of = match at {
        At::Version(version) => AsOf::Version(version),
        _ => AsOf::Latest,
    };
    let snapshot = match records.app.lake.snapshot(permit, as_of).await {
        Ok(snapshot) => snapshot,
        // Before its first data.
        Err(lake::Error::NotFound { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let links = records.links;
    match dataset.kind {
        DatasetKind::Observations => {
            observed(records, record, permit, at).await?;
            if permit.rows().is_open() {
                record.time = times(&snapshot);
            }
            let words = ["place", "property", "procedure", "statistic", "period", "unit", "datum"];
            record.columns = words.iter().map(|name| ((*name).to_owned(), "text".to_owned())).collect();
            record.columns.extend(columns(&snapshot));
            let is_one_answer = snapshot.rows() <= records.app.engine.most_rows() as u64;
            record.distributions = series_files(links, record, is_one_answer);
            let collection = links.path(&format!("/ogc/collections/{}", record.id));
            record.services = vec![
                service(links, "/ogc", "record-service-edr", collection, EDR),
                service(links, "/sta/v1.1", "record-service-sta", links.path("/sta/v1.1/Datastreams"), STA),
            ];
        }
        // A filtered permit does not reach things that have neither place nor property.
        _ if !permit.rows().is_open() => {}
        DatasetKind::Features => {
            record.bbox = boxes(&snapshot);
            record.columns = columns(&snapshot).collect();
            record.distributions = vec![feature_pages(links, record, snapshot.rows())];
            let collection = links.path(&format!("/ogc/collections/{}", record.id));
            record.services = vec![service(links, "/ogc", "record-service-features", collection, FEATURES)];
        }
        DatasetKind::Coverage => {
            record.bbox = boxes(&snapshot);
            record.columns = columns(&snapshot).collect();
            rasters(records, record, permit, at).await?;
            let collection = links.path(&format!("/stac/collections/{}", record.id));
            record.services = vec![service(links, "/stac", "record-service-stac", collection, STAC)];
        }
        DatasetKind::Table | DatasetKind::Document => {}
    }
    Ok(())
}

const EDR: &str = "http://www.opengis.net/doc/IS/ogcapi-edr-1/1.1";
const FEATURES: &str = "http://www.opengis.net/doc/IS/ogcapi-features-1/1.0";
const STA: &str = "http://www.opengis.net/doc/is/sensorthings/1.1";
const STAC: &str = "https://api.stacspec.org/v1.0.0/core";
const COG: &str = "http://www.opengis.net/doc/is/COG/1.0";
const GEOJSON: &str = "https://www.rfc-editor.org/info/rfc7946";

fn service(links: &Links, path: &str, title: &str, description: String, standard: &'static str) -> Service {
    Service { url: links.path(path), title: said(title), description, conforms_to: standard }
}

/// Places, properties and the box of the series that the permit reaches.
async fn observed(records: &Records<'_>, record: &mut Record, permit: &Permit, at: At) -> Answer<()> {
    let Shelf { streams, .. } = Shelf::open(records.app, permit, at).await?;
    let mut places: BTreeSet<&PlaceId> = BTreeSet::new();
    let mut properties: BTreeMap<&PropertyCode, &Datastream> = BTreeMap::new();
    for stream in &streams {
        places.insert(&stream.key.place);
        properties.entry(&stream.key.property).or_insert(stream);
    }
    let gazetteer = &records.gazetteer;
    let positions = places.iter().filter_map(|id| gazetteer.place(id)?.position);
    let around = positions
        .map(|p| Bbox { west: p.lon, south: p.lat, east: p.lon, north: p.lat })
        .reduce(|all, one| all.union(&one));
    record.bbox = around.map(corners);
    let today = records.time().with_timezone(&VIETNAM).date_naive();
    let mut provinces: BTreeMap<&PlaceId, &Place> = BTreeMap::new();
    for place in places.iter().filter_map(|id| gazetteer.place(id)) {
        let province = province(gazetteer, place, today).unwrap_or(place);
        provinces.insert(&province.id, province);
    }
    record.places =
        provinces.values().take(MOST_NAMES).map(|place| place_term(records.links, place)).collect();
    record.properties = properties
        .into_iter()
        .take(MOST_NAMES)
        .map(|(code, stream)| {
            let label = match gazetteer.property(code) {
                Some(property) => words(&property.name),
                None => Words::new([("vi", Some(code.to_string()))]),
            };
            let uri = records.links.path(&format!("/dcat/properties/{code}"));
            (Term { code: code.to_string(), uri, label }, stream.key.unit.clone())
        })
        .collect();
    Ok(())
}

/// The province or country that a place is in: today, or on its last day.
pub(crate) fn province<'p>(
    gazetteer: &'p Gazetteer,
    place: &'p Place,
    today: NaiveDate,
) -> Option<&'p Place> {
    let on = place.valid_to.unwrap_or(today);
    let mut here = place;
    // Few levels lead from a station to its province.
    for _ in 0..6 {
        if matches!(here.kind, PlaceKind::Province | PlaceKind::Country) {
            return Some(here);
        }
        here = gazetteer.parent_on(&here.id, on)?;
    }
    None
}

fn place_term(links: &Links, place: &Place) -> Term {
    Term {
        code: place.id.to_string(),
        uri: links.path(&format!("/place/{}", place.id)),
        label: words(&place.name),
    }
}

fn corners(bbox: Bbox) -> [f64; 4] {
    [bbox.west, bbox.south, bbox.east, bbox.north]
}

fn boxes(snapshot: &Snapshot) -> Option<[f64; 4]> {
    let boxes = snapshot.files().iter().filter_map(|file| file.bbox);
    boxes.reduce(|all, one| all.union(&one)).map(corners)
}

fn times(snapshot: &Snapshot) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let first = snapshot.files().iter().filter_map(|file| file.min_time).min()?;
    let last = snapshot.files().iter().filter_map(|file| file.max_time).max()?;
    DateTime::from_timestamp_micros(first).zip(DateTime::from_timestamp_micros(last))
}

fn columns(snapshot: &Snapshot) -> impl Iterator<Item = (String, String)> {
    let schema = snapshot.schema();
    let columns: Vec<(String, String)> = schema
        .fields()
        .iter()
        .map(|field| (field.name().clone(), kind(field.data_type()).to_owned()))
        .collect();
    columns.into_iter()
}

/// The type of a column in words that are not a library's.
fn kind(kind: &arrow::datatypes::DataType) -> &'static str {
    use arrow::datatypes::DataType;
    match kind {
        DataType::Boolean => "boolean",
        kind if kind.is_integer() => "integer",
        kind if kind.is_floating() => "number",
        DataType::Timestamp(..) | DataType::Date32 => "datetime",
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "binary",
        _ => "text",
    }
}

/// Files of any size, which are kept for a while and tell their length; what one answer may hold as a stream;
/// and pages.
fn series_files(links: &Links, record: &Record, is_one_answer: bool) -> Vec<Distribution> {
    let way = |part: &str, key: &str, format: &'static str, media_type: &str, is_file: bool| Distribution {
        key: key.to_owned(),
        title: said(&format!("record-file-{key}")),
        media_type: media_type.to_owned(),
        format,
        url: links.to(&format!("/v1/datasets/{}/{part}", record.id), &[("format", key)]),
        is_file,
        bytes: None,
        sha256: None,
        conforms_to: None,
    };
    let mut ways = vec![
        way("data", "csv", "CSV", "text/csv", true),
        way("data", "parquet", "Parquet", "application/vnd.apache.parquet", true),
        way("observations", "arrow", "Arrow", "application/vnd.apache.arrow.stream", true),
        way("observations", "json", "JSON", "application/json", false),
    ];
    ways.retain(|way| is_one_answer || way.key != "arrow");
    ways
}

/// Pins what is told of a version to it: addresses name it, whatever the newest one is.
pub(super) fn pin(record: &mut Record, number: u64) {
    for way in &mut record.distributions {
        let pinned = url::Url::parse(&way.url).map(|mut address| {
            if !address.query_pairs().any(|(name, _)| name == "version") {
                address.query_pairs_mut().append_pair("version", &number.to_string());
            }
            address.into()
        });
        way.url = pinned.unwrap_or_else(|_| way.url.clone());
    }
}

fn feature_pages(links: &Links, record: &Record, rows: u64) -> Distribution {
    let path = format!("/ogc/collections/{}/items", record.id);
    let is_file = rows <= ONE_PAGE;
    Distribution {
        key: "geojson".to_owned(),
        title: said("record-file-geojson"),
        media_type: "application/geo+json".to_owned(),
        format: "GeoJSON",
        url: if is_file { links.to(&path, &[("limit", "1000")]) } else { links.path(&path) },
        is_file,
        bytes: None,
        sha256: None,
        conforms_to: Some(GEOJSON),
    }
}

async fn rasters(records: &Records<'_>, record: &mut Record, permit: &Permit, at: At) -> Answer<()> {
    let links = records.links;
    let request = FeatureRequest { limit: MOST_FILES, at, ..FeatureRequest::default() };
    let found = rasters::read(records.app, permit, request).await?;
    record.distributions = vec![Distribution {
        key: "coverages".to_owned(),
        title: said("record-file-coverages"),
        media_type: "application/json".to_owned(),
        format: "JSON",
        url: links.path(&format!("/v1/datasets/{}/coverages", record.id)),
        is_file: false,
        bytes: None,
        sha256: None,
        conforms_to: None,
    }];
    let pin = if let At::Version(version) = at { Some(version) } else { None };
    let times: Vec<DateTime<Utc>> = found.items.iter().filter_map(|raster| raster.time).collect();
    if found.matched as usize == found.items.len() {
        record.time = times.iter().min().copied().zip(times.iter().max().copied());
    }
    for raster in found.items {
        record.distributions.push(Distribution {
            key: format!("cog-{}", raster.id),
            title: Words::new([("vi", Some(raster.title.clone()))]),
            media_type: "image/tiff; application=geotiff; profile=cloud-optimized".to_owned(),
            format: "GeoTIFF",
            url: raster.link(permit, links, pin),
            is_file: true,
            bytes: u64::try_from(raster.bytes).ok(),
            sha256: Some(raster.sha256),
            conforms_to: Some(COG),
        });
    }
    Ok(())
}

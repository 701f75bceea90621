//! The model as STAC documents.

use std::collections::HashMap;

use model::{Lang, Version};
use serde_json::{Value, json};
use standards::ogc::{GEOJSON, Link};
use standards::record::Record;
use standards::stac::{self, Asset, Band, Collection, Grid, Item};

use super::read::Found;
use crate::http::Links;
use crate::http::language::message;
use crate::rasters::Raster;

pub(super) const JSON: &str = "application/json";
pub(super) const SCHEMA: &str = "application/schema+json";
const QUERYABLES: &str = "http://www.opengis.net/def/rel/ogc/1.0/queryables";

/// The landing page, with the first collections as children.
pub(super) fn landing(links: &Links, lang: Lang, children: &[(String, String)]) -> Value {
    let mut ways: Vec<Value> = [
        Link::new("self", links.path("/stac"), JSON),
        Link::new("root", links.path("/stac"), JSON),
        Link::new("service-desc", links.path("/stac/api"), "application/vnd.oai.openapi+json;version=3.0"),
        Link::new("service-doc", links.path("/developers"), "text/html"),
        Link::new("conformance", links.path("/stac/conformance"), JSON),
        Link::new("data", links.path("/stac/collections"), JSON),
        Link::new(QUERYABLES, links.path("/stac/queryables"), SCHEMA),
    ]
    .into_iter()
    .map(|link| json!(link))
    .collect();
    for method in ["GET", "POST"] {
        let mut way = json!(Link::new("search", links.path("/stac/search"), GEOJSON));
        way["method"] = method.into();
        ways.push(way);
    }
    ways.extend(children.iter().map(|(id, title)| {
        json!(Link::new("child", links.path(&format!("/stac/collections/{id}")), JSON).titled(title))
    }));
    let (title, words) = (message(lang, "catalogue-title"), message(lang, "catalogue-description"));
    stac::catalog(&title, &words, &super::CONFORMANCE, ways)
}

/// A collection.
pub(super) fn collection(links: &Links, lang: Lang, record: &Record, pin: Option<Version>) -> Value {
    let path = format!("/stac/collections/{}", record.id);
    let ways = vec![
        Link::new("self", pinned(links, &path, pin), JSON),
        Link::new("root", links.path("/stac"), JSON),
        Link::new("parent", links.path("/stac"), JSON),
        Link::new("items", pinned(links, &format!("{path}/items"), pin), GEOJSON),
        Link::new(QUERYABLES, links.path(&format!("{path}/queryables")), SCHEMA),
        Link::new("via", links.path(&format!("/v1/datasets/{}", record.id)), JSON),
        Link::new("describedby", record.page.clone(), "text/html"),
        Link::new("version-history", links.path(&format!("/v1/datasets/{}/versions", record.id)), JSON),
    ];
    stac::collection(&Collection { record, lang: lang.tag(), links: ways })
}

/// The address of what is told of a version that is named, or of the newest.
fn pinned(links: &Links, path: &str, pin: Option<Version>) -> String {
    match pin {
        None => links.path(path),
        Some(version) => links.to(path, &[("version", &version.to_string())]),
    }
}

/// An item. `records` tells of the datasets whose item is the dataset itself.
pub(super) fn item(links: &Links, lang: Lang, found: &Found<'_>, records: &HashMap<String, Record>) -> Value {
    let dataset = &found.shown.dataset;
    let (version, pin) = (&found.shown.version, found.shown.pin());
    let collection = format!("/stac/collections/{}", dataset.id);
    let ways = vec![
        Link::new("self", pinned(links, &format!("{collection}/items/{}", found.id()), pin), GEOJSON),
        Link::new("root", links.path("/stac"), JSON),
        Link::new("parent", pinned(links, &collection, pin), JSON),
        Link::new("collection", pinned(links, &collection, pin), JSON),
    ];
    let mut item = Item {
        id: found.id().to_owned(),
        collection: dataset.id.to_string(),
        title: dataset.title.get(lang).0.to_owned(),
        description: None,
        bbox: found.entry.bbox,
        when: found.entry.when,
        created: None,
        updated: Some(version.committed_at),
        version: Some(version.version.0),
        licence: dataset.licence.clone(),
        grid: None,
        table: None,
        more: vec![
            ("cuulong:kind", dataset.kind.code().into()),
            ("cuulong:theme", dataset.theme.code().into()),
            ("cuulong:agency", dataset.agency.as_str().into()),
            ("cuulong:synthetic", dataset.synthetic.into()),
        ],
        assets: Vec::new(),
        links: ways,
    };
    match found.entry.raster.as_deref() {
        Some(raster) => of_raster(links, found, raster, &mut item),
        None => {
            item.created = Some(dataset.created_at);
            item.links.push(Link::new(
                "version-history",
                links.path(&format!("/v1/datasets/{}/versions", dataset.id)),
                JSON,
            ));
            if let Some(record) = records.get(dataset.id.as_str()) {
                of_dataset(lang, record, found.entry.rows, &mut item);
            }
        }
    }
    stac::item(&item)
}

fn of_raster(links: &Links, found: &Found<'_>, raster: &Raster, item: &mut Item) {
    item.title.clone_from(&raster.title);
    let is_code = raster.crs.split_once(':').is_some_and(|(authority, code)| {
        !authority.is_empty() && authority.bytes().all(|b| b.is_ascii_uppercase()) && !code.is_empty()
    });
    let [width, height] = raster.pixel;
    item.grid = Some(Grid {
        crs: is_code.then(|| raster.crs.clone()),
        shape: [raster.height, raster.width],
        transform: raster.corner.map(|[west, north]| [width, 0.0, west, 0.0, -height.abs(), north]),
    });
    let more = [
        ("cuulong:property", raster.property.clone().map(Value::from)),
        ("cuulong:unit", raster.unit.clone().map(Value::from)),
        ("cuulong:width", Some(raster.width.into())),
        ("cuulong:height", Some(raster.height.into())),
        ("cuulong:bytes", Some(raster.bytes.into())),
        ("cuulong:run", Some(raster.run.clone().into())),
        // The time of the item is when it came in, where no other is known.
        ("cuulong:time_known", Some(raster.time.is_some().into())),
    ];
    item.more.extend(more.into_iter().filter_map(|(name, value)| Some((name, value?))));
    let statistics = raster.statistics.as_array();
    let bands = (0..raster.bands).map(|at| Band {
        name: format!("b{}", at + 1),
        data_type: raster.sample.clone(),
        nodata: raster.nodata,
        unit: raster.unit.clone().filter(|_| at == 0),
        statistics: usize::try_from(at).ok().and_then(|at| statistics?.get(at)).map(known_statistics),
    });
    item.assets.push(Asset {
        key: "data".to_owned(),
        href: raster.link(&found.shown.permit, links, found.shown.pin()),
        title: raster.title.clone(),
        media_type: "image/tiff; application=geotiff; profile=cloud-optimized".to_owned(),
        roles: vec!["data"],
        bytes: u64::try_from(raster.bytes).ok(),
        sha256: Some(raster.sha256.clone()),
        bands: bands.collect(),
    });
}

/// The statistics that are known; what has none has no member.
fn known_statistics(band: &Value) -> Value {
    let names = ["minimum", "maximum", "mean"];
    let known = names.iter().filter_map(|name| Some(((*name).to_owned(), band.get(*name)?.clone())));
    let mut said: serde_json::Map<String, Value> = known.filter(|(_, value)| !value.is_null()).collect();
    if let Some(count) = band.get("with_value") {
        said.insert("count".to_owned(), count.clone());
    }
    Value::Object(said)
}

fn of_dataset(lang: Lang, record: &Record, rows: u64, item: &mut Item) {
    item.description = Some(record.description.get(lang.tag()).to_owned());
    item.table = Some((record.columns.clone(), rows)).filter(|(columns, _)| !columns.is_empty());
    item.assets = record
        .distributions
        .iter()
        .map(|way| Asset {
            key: way.key.clone(),
            href: way.url.clone(),
            title: way.title.get(lang.tag()).to_owned(),
            media_type: way.media_type.clone(),
            roles: vec!["data"],
            bytes: way.bytes,
            sha256: way.sha256.clone(),
            bands: Vec::new(),
        })
        .collect();
}

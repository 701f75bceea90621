//! The model as OGC documents.

mod rows;

use model::{Bbox, Lang, Place};
use serde_json::{Map, Value, json};
use standards::geometry::Geometry;
use standards::ogc::{CRS84, Collection, Conformance, Feature, GEOJSON, LandingPage, Link};

use super::CONFORMANCE;
use super::read::{self, Source};
use crate::App;
use crate::collections::{self, collection_links, described, extent};
use crate::http::crs::OFFERED;
use crate::http::language::message;
use crate::http::{Answer, Links};
use crate::outlet::Content;

pub(super) use rows::rows;

const JSON: &str = "application/json";

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
    ways.extend(crate::OGC.iter().flat_map(|outlet| (outlet.landing)(links, lang)));
    LandingPage {
        title: message(lang, "ogc-title"),
        description: message(lang, "ogc-description"),
        links: ways,
    }
}

pub(super) fn conformance(links: &Links) -> Conformance {
    Conformance {
        conforms_to: CONFORMANCE
            .iter()
            .chain(crate::OGC.iter().flat_map(|outlet| outlet.conformance))
            .map(ToString::to_string)
            .collect(),
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
                links: collection_links(Content::Places, id, links, lang),
                ..Collection::default()
            })
        }
        Source::Features(dataset, permit) => {
            let snapshot = read::snapshot(app, permit).await?.filter(|_| permit.rows().is_open());
            let boxes = snapshot.iter().flat_map(|snapshot| snapshot.files()).filter_map(|file| file.bbox);
            Ok(Collection {
                extent: extent(boxes.reduce(|all, one| all.union(&one)), None),
                ..described(dataset, Content::Features, links, lang)
            })
        }
        Source::Observations(dataset, permit) => {
            collections::observed(app, dataset, permit, None, links, lang).await
        }
        Source::Coverage(dataset, permit) => {
            collections::coverage(app, dataset, permit, None, links, lang).await
        }
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

/// A feature as a document of its own.
pub(super) fn alone(links: &Links, collection: &str, mut feature: Feature) -> Feature {
    let path = format!("/ogc/collections/{collection}");
    feature.links.insert(0, Link::new("self", links.path(&format!("{path}/items/{}", feature.id)), GEOJSON));
    let page = links.to(&format!("{path}/items/{}", feature.id), &[("f", "html")]);
    feature.links.push(Link::new("alternate", page, "text/html"));
    feature.links.push(Link::new("collection", links.path(&path), JSON));
    feature
}

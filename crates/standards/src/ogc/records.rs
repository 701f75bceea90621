//! Catalogue records as GeoJSON (OGC API – Records Part 1, 20-004r1 §7).

use serde_json::{Map, Value, json};

use super::Link;
use crate::record::{Distribution, Record, instant, point_of};

/// The class of what a record says of itself.
const CORE: &str = "http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-core";

/// A record in a language, with the ways on from it.
pub fn record(record: &Record, lang: &str, ways: Vec<Link>) -> Value {
    let keywords: Vec<&str> = keywords(record, lang);
    let mut properties = json!({
        "type": "dataset",
        "title": record.title.get(lang),
        "description": record.description.get(lang),
        "created": instant(record.issued),
        "updated": instant(record.modified),
        "language": { "code": lang },
        "resourceLanguages": record.title.iter().map(|(tag, _)| json!({ "code": tag })).collect::<Vec<_>>(),
        "keywords": keywords,
        "externalIds": [{ "value": record.urn }],
        "themes": [{
            "scheme": record.theme.uri.rsplit_once('/').map_or("", |(scheme, _)| scheme),
            "concepts": [{
                "id": record.theme.code, "title": record.theme.label.get(lang), "url": record.theme.uri,
            }],
        }],
        "contacts": [{
            "identifier": record.publisher.uri,
            "organization": record.publisher.name.get(lang),
            "roles": ["publisher"],
            "links": record.publisher.page.iter()
                .map(|page| json!({ "rel": "about", "type": "text/html", "href": page }))
                .collect::<Vec<_>>(),
        }],
        "formats": record.distributions.iter()
            .map(|way| json!({ "name": way.format, "mediaType": way.media_type }))
            .collect::<Vec<_>>(),
        "license": record.licence,
        "cuulong:kind": record.kind,
        "cuulong:access": record.access,
        "cuulong:agency": record.publisher.id,
        "cuulong:theme": record.theme.code,
        "cuulong:synthetic": record.synthetic,
    });
    if !record.source.is_empty() {
        properties["rights"] = record.source.as_str().into();
    }
    if let Some(version) = record.newest() {
        properties["cuulong:version"] = version.number.into();
    }
    let mut links: Vec<Value> = ways.into_iter().map(|way| json!(way)).collect();
    links.extend(record.distributions.iter().map(|way| distribution(way, lang)));
    links.extend(record.services.iter().map(|service| {
        json!({
            "rel": "service", "href": service.url, "title": service.title.get(lang), "type": "application/json",
        })
    }));
    json!({
        "id": record.id,
        "type": "Feature",
        "conformsTo": [CORE],
        "geometry": record.bbox.map(geometry),
        "time": record.time.map(|(from, to)| json!({ "interval": [instant(from), instant(to)] })),
        "properties": properties,
        "links": links,
    })
}

/// The words that a record is found by besides its title and its description.
pub fn keywords<'r>(record: &'r Record, lang: &str) -> Vec<&'r str> {
    let mut keywords = vec![record.theme.label.get(lang)];
    keywords.extend(record.properties.iter().map(|(property, _)| property.label.get(lang)));
    keywords.extend(record.places.iter().map(|place| place.label.get(lang)));
    if record.synthetic {
        keywords.push("synthetic");
    }
    keywords.retain(|keyword| !keyword.is_empty());
    keywords
}

fn distribution(way: &Distribution, lang: &str) -> Value {
    let mut link = Map::new();
    link.insert("rel".into(), if way.is_file { "enclosure" } else { "item" }.into());
    link.insert("href".into(), way.url.as_str().into());
    link.insert("type".into(), way.media_type.as_str().into());
    link.insert("title".into(), way.title.get(lang).into());
    if let Some(bytes) = way.bytes {
        link.insert("length".into(), bytes.into());
    }
    Value::Object(link)
}

fn geometry(bbox: [f64; 4]) -> Value {
    if let Some(point) = point_of(bbox) {
        return json!({ "type": "Point", "coordinates": point });
    }
    let [west, south, east, north] = bbox;
    json!({ "type": "Polygon", "coordinates": [[
        [west, south], [east, south], [east, north], [west, north], [west, south],
    ]] })
}

//! schema.org `Dataset` as JSON-LD, for the pages that search engines read.

use serde_json::{Map, Value, json};

use crate::codes;
use crate::record::{Record, instant, point_of};

/// The description of a dataset in a language, for a page in that language.
pub fn dataset(record: &Record, tag: &str) -> Value {
    let mut said = Map::new();
    let mut say = |name: &str, value: Value| drop(said.insert(name.to_owned(), value));
    say("@context", "https://schema.org/".into());
    say("@type", "Dataset".into());
    say("@id", record.uri.as_str().into());
    say("url", record.page.as_str().into());
    say("identifier", record.urn.as_str().into());
    say("name", record.title.get(tag).into());
    let description = if record.description.is_empty() { &record.title } else { &record.description };
    say("description", description.get(tag).into());
    let languages: Vec<&str> = record.title.iter().map(|(tag, _)| tag).collect();
    say("inLanguage", languages.into());
    let licence = codes::licence(&record.licence).unwrap_or_else(|| record.licence.clone());
    say("license", licence.into());
    say("isAccessibleForFree", (record.access == "open").into());
    let publisher = json!({
        "@type": "Organization", "@id": record.publisher.uri, "name": record.publisher.name.get(tag),
        "url": record.publisher.page.as_ref().unwrap_or(&record.publisher.uri),
    });
    say("creator", publisher.clone());
    say("publisher", publisher);
    say("datePublished", instant(record.issued).into());
    say("dateModified", instant(record.modified).into());
    if let Some(newest) = record.newest() {
        say("version", newest.number.to_string().into());
        let from: Vec<&str> = newest.made_from.iter().map(|pinned| pinned.uri.as_str()).collect();
        if !from.is_empty() {
            say("isBasedOn", from.into());
        }
    }
    let mut keywords = vec![record.theme.label.get(tag).to_owned()];
    keywords.extend(record.properties.iter().map(|(property, _)| property.label.get(tag).to_owned()));
    if record.synthetic {
        keywords.push("synthetic".to_owned());
    }
    say("keywords", keywords.into());
    let measured: Vec<Value> = record.properties.iter().map(|(property, unit)| {
        json!({ "@type": "PropertyValue", "propertyID": property.uri, "name": property.label.get(tag), "unitText": unit })
    }).collect();
    if !measured.is_empty() {
        say("variableMeasured", measured.into());
    }
    let mut places: Vec<Value> = record
        .places
        .iter()
        .map(|place| json!({ "@type": "Place", "@id": place.uri, "name": place.label.get(tag) }))
        .collect();
    if let Some(bbox) = record.bbox {
        let geometry = match point_of(bbox) {
            Some([lon, lat]) => json!({ "@type": "GeoCoordinates", "latitude": lat, "longitude": lon }),
            None => {
                let [west, south, east, north] = bbox;
                json!({ "@type": "GeoShape", "box": format!("{south} {west} {north} {east}") })
            }
        };
        places.push(json!({ "@type": "Place", "geo": geometry }));
    }
    if !places.is_empty() {
        say("spatialCoverage", places.into());
    }
    if let Some((first, last)) = record.time {
        say("temporalCoverage", format!("{}/{}", instant(first), instant(last)).into());
    }
    let files: Vec<Value> = record.distributions.iter().map(|way| {
        let mut file = json!({
            "@type": "DataDownload", "name": way.title.get(tag), "encodingFormat": way.media_type, "contentUrl": way.url,
        });
        if let Some(bytes) = way.bytes {
            file["contentSize"] = bytes.to_string().into();
        }
        if let Some(sha256) = &way.sha256 {
            file["sha256"] = sha256.as_str().into();
        }
        file
    }).collect();
    if !files.is_empty() {
        say("distribution", files.into());
    }
    if !record.source.is_empty() {
        say("citation", record.source.as_str().into());
    }
    Value::Object(said)
}

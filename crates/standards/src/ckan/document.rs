//! CKAN's dictionaries: packages, resources, organizations, groups and tags.

use serde_json::{Map, Value, json};

use crate::codes;
use crate::record::{Agent, Distribution, Record, Term};

/// A package.
pub fn package(record: &Record, base: &str) -> Value {
    let title = record.title.get("vi");
    let mut extras = vec![
        ("access", record.access.to_owned()),
        ("kind", record.kind.to_owned()),
        ("urn", record.urn.clone()),
        ("uri", record.uri.clone()),
        ("source", record.source.clone()),
        ("synthetic", record.synthetic.to_string()),
    ];
    for (tag, text) in record.title.iter().skip(1) {
        extras.push(if tag == "km" { ("title_km", text.to_owned()) } else { ("title_en", text.to_owned()) });
    }
    for (tag, text) in record.description.iter().filter(|(tag, _)| *tag != "vi") {
        extras.push(if tag == "km" { ("notes_km", text.to_owned()) } else { ("notes_en", text.to_owned()) });
    }
    if let Some([west, south, east, north]) = record.bbox {
        // ckanext-spatial reads its box here.
        let ring = json!([[west, south], [east, south], [east, north], [west, north], [west, south]]);
        extras.push(("spatial", json!({ "type": "Polygon", "coordinates": [ring] }).to_string()));
    }
    if let Some((first, last)) = record.time {
        extras.push(("temporal_start", time(first)));
        extras.push(("temporal_end", time(last)));
    }
    let extras: Vec<Value> =
        extras.into_iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    let resources: Vec<Value> =
        record.distributions.iter().enumerate().map(|(at, way)| resource(record, way, at)).collect();
    let tags: Vec<Value> =
        record.properties.iter().map(|(property, _)| tag(&property.code, property.label.get("vi"))).collect();
    let mut package = json!({
        "id": record.id,
        "name": record.id,
        "title": title,
        "notes": record.description.get("vi"),
        "type": "dataset",
        "state": "active",
        "private": false,
        "url": record.page,
        "version": record.newest().map(|version| version.number.to_string()),
        "author": record.publisher.name.get("vi"),
        "author_email": null,
        "maintainer": record.publisher.name.get("vi"),
        "maintainer_email": null,
        "license_id": record.licence,
        "license_title": record.licence,
        "license_url": codes::licence(&record.licence),
        "isopen": record.access == "open" && is_open(&record.licence),
        "metadata_created": time(record.issued),
        "metadata_modified": time(record.modified),
        "creator_user_id": null,
        "owner_org": record.publisher.id,
        "organization": organization(&record.publisher, None),
        "groups": [group(&record.theme, None)],
        "tags": tags,
        "num_tags": tags.len(),
        "resources": resources,
        "num_resources": resources.len(),
        "extras": extras,
        "relationships_as_subject": [],
        "relationships_as_object": [],
    });
    package["iso19139_url"] = format!("{base}/iso/{}.xml", record.id).into();
    package["dcat_url"] = record.uri.as_str().into();
    package
}

fn resource(record: &Record, way: &Distribution, at: usize) -> Value {
    json!({
        "id": resource_id(&record.id, &way.key),
        "package_id": record.id,
        "name": way.title.get("vi"),
        "description": way.title.get("en"),
        "url": way.url,
        "url_type": if way.is_file { "datastore" } else { "link" },
        "resource_type": if way.is_file { "file" } else { "api" },
        "format": way.format,
        "mimetype": way.media_type,
        "size": way.bytes,
        "hash": way.sha256.clone().unwrap_or_default(),
        "state": "active",
        "position": at,
        "created": time(record.issued),
        "last_modified": time(record.modified),
        "metadata_modified": time(record.modified),
        "datastore_active": is_table(record, way),
        "cache_url": null,
        "cache_last_updated": null,
        "mimetype_inner": null,
    })
}

/// Whether the resource is the one that the DataStore holds.
fn is_table(record: &Record, way: &Distribution) -> bool {
    way.key == TABLE || (way.key == "geojson" && record.kind == "features")
}

/// The distribution that is the table itself.
const TABLE: &str = "csv";

/// The resource that is the dataset's table has the dataset's id, so that SQL can name it.
fn resource_id(dataset: &str, key: &str) -> String {
    if key == TABLE || key == "geojson" { dataset.to_owned() } else { format!("{dataset}.{key}") }
}

/// The dataset of a resource's id.
pub fn resource_dataset(id: &str) -> &str {
    id.split_once('.').map_or(id, |(dataset, _)| dataset)
}

/// A resource of a package.
pub fn resource_of(record: &Record, id: &str) -> Option<Value> {
    let mut all = record.distributions.iter().enumerate();
    all.find(|(_, way)| resource_id(&record.id, &way.key) == id).map(|(at, way)| resource(record, way, at))
}

/// An organization, with the number of its packages where it is known.
pub fn organization(agent: &Agent, packages: Option<u64>) -> Value {
    let mut said = json!({
        "id": agent.id,
        "name": agent.id,
        "title": agent.name.get("vi"),
        "display_name": agent.name.get("vi"),
        "description": agent.name.get("en"),
        "type": "organization",
        "is_organization": true,
        "state": "active",
        "approval_status": "approved",
        "image_url": "",
        "url": agent.page,
    });
    counted(&mut said, packages);
    said
}

/// A group, with the number of its packages where it is known.
pub fn group(theme: &Term, packages: Option<u64>) -> Value {
    let mut said = json!({
        "id": theme.code,
        "name": theme.code,
        "title": theme.label.get("vi"),
        "display_name": theme.label.get("vi"),
        "description": theme.label.get("en"),
        "type": "group",
        "is_organization": false,
        "state": "active",
        "approval_status": "approved",
        "image_url": "",
        "image_display_url": "",
    });
    counted(&mut said, packages);
    said
}

fn counted(said: &mut Value, packages: Option<u64>) {
    if let (Value::Object(said), Some(packages)) = (said, packages) {
        said.insert("package_count".to_owned(), packages.into());
    }
}

/// A tag.
pub fn tag(name: &str, display: &str) -> Value {
    let mut said = Map::new();
    for (key, value) in [("id", name), ("name", name), ("display_name", display), ("state", "active")] {
        said.insert(key.to_owned(), value.into());
    }
    said.insert("vocabulary_id".to_owned(), Value::Null);
    Value::Object(said)
}

/// Whether the licence is open (opendefinition.org): not those that forbid commercial use.
fn is_open(licence: &str) -> bool {
    codes::code("licence", licence).is_some() && !licence.contains("-NC")
}

/// CKAN's times have neither zone nor `Z`: they are UTC.
fn time(time: chrono::DateTime<chrono::Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}

//! WMO Information System 2.0: notification messages (WNM 1.0, WMO-No. 1061 Vol. II, App. E) and the
//! topics that they are published under (WTH 1.0).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::record::instant;

/// What every message conforms to (WNM 1.0, requirement class Core).
pub const CORE: &str = "http://wis.wmo.int/spec/wnm/1/conf/core";

/// That data are there, changed or gone.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// The name of the message, a UUID.
    pub id: String,
    /// What names the data: the centre, then what the centre calls them.
    pub data_id: String,
    /// The name of the record that describes the data.
    pub metadata_id: String,
    /// When the message was made.
    pub published: DateTime<Utc>,
    /// The times of the data; absent when they are not known.
    pub times: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// The SHA-256 of what the first link leads to.
    pub sha256: Option<[u8; 32]>,
    /// The topic that it is published under.
    pub topic: String,
    /// Where the data are.
    pub links: Vec<Link>,
}

/// A link of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// `canonical`, `update` or `deletion` for the data, and others.
    pub rel: &'static str,
    /// Where.
    pub href: String,
    /// The media type.
    pub media_type: String,
    /// Bytes, when they are known.
    pub length: Option<u64>,
}

/// The message as GeoJSON.
pub fn message(notification: &Notification) -> Value {
    let mut properties = json!({
        "data_id": notification.data_id,
        "metadata_id": notification.metadata_id,
        "pubtime": instant(notification.published),
        "topic": notification.topic,
    });
    match notification.times {
        Some((first, last)) if first == last => properties["datetime"] = instant(first).into(),
        Some((first, last)) => {
            properties["start_datetime"] = instant(first).into();
            properties["end_datetime"] = instant(last).into();
        }
        None => properties["datetime"] = Value::Null,
    }
    if let Some(hash) = &notification.sha256 {
        properties["integrity"] = json!({ "method": "sha256", "value": STANDARD.encode(hash) });
    }
    let links: Vec<Value> = notification
        .links
        .iter()
        .map(|link| {
            let mut written = json!({ "rel": link.rel, "href": link.href, "type": link.media_type });
            if let Some(length) = link.length {
                written["length"] = length.into();
            }
            written
        })
        .collect();
    json!({
        "id": notification.id,
        "type": "Feature",
        "conformsTo": [CORE],
        "geometry": null,
        "properties": properties,
        "links": links,
    })
}

/// Messages together, with the link to what follows them.
pub fn collection(messages: Vec<Value>, next: &str) -> Value {
    json!({
        "type": "FeatureCollection",
        "numberReturned": messages.len(),
        "features": messages,
        "links": [{ "rel": "next", "href": next, "type": "application/geo+json" }],
    })
}

/// The topic of data of a centre. What a sector is called among the disciplines of the earth system
/// is said by WTH 1.0; what is none of them is experimental under hydrology, since all data here are
/// of a delta.
pub fn topic(centre: &str, sector: &str) -> String {
    let discipline = match sector {
        "water" => "hydrology",
        _ => "hydrology/experimental",
    };
    format!("origin/a/wis2/{centre}/data/recommended/{discipline}")
}

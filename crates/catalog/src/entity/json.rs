//! Values that a column holds as JSON: texts by language, lists, row filters, pinned versions.

use chrono::{DateTime, Utc};
use model::{DatasetId, PlaceId, PropertyCode, Text, Version};
use policy::RowFilter;
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::row::stored;

/// A human text by language; a language that is missing has no key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub(crate) struct TextJson {
    vi: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    en: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    km: Option<String>,
}

impl From<&Text> for TextJson {
    fn from(text: &Text) -> Self {
        TextJson { vi: text.vi.clone(), en: text.en.clone(), km: text.km.clone() }
    }
}

impl From<TextJson> for Text {
    fn from(json: TextJson) -> Self {
        Text { vi: json.vi, en: json.en, km: json.km }
    }
}

/// A list of texts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, FromJsonQueryResult)]
pub(crate) struct ListJson(pub Vec<String>);

/// A row filter; a condition that is missing has no key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub(crate) struct RowsJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    places: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    properties: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    // A condition that this version does not know must not be dropped: it would widen the grant.
    #[serde(flatten)]
    unknown: serde_json::Map<String, serde_json::Value>,
}

impl From<&RowFilter> for RowsJson {
    fn from(rows: &RowFilter) -> Self {
        RowsJson {
            places: rows.places.as_ref().map(|list| list.iter().map(ToString::to_string).collect()),
            properties: rows.properties.as_ref().map(|list| list.iter().map(ToString::to_string).collect()),
            before: rows.before.map(|time| time.to_rfc3339()),
            unknown: serde_json::Map::new(),
        }
    }
}

impl TryFrom<RowsJson> for RowFilter {
    type Error = Error;

    fn try_from(json: RowsJson) -> Result<Self, Error> {
        if let Some(name) = json.unknown.keys().next() {
            return Err(Error::stored("row filter", name));
        }
        let places =
            json.places.map(|list| list.iter().map(|id| stored("place id", id, PlaceId::new(id))).collect());
        let properties = json.properties.map(|list| {
            list.iter().map(|code| stored("property code", code, PropertyCode::new(code))).collect()
        });
        let before = json.before.map(|text| {
            stored("instant", &text, DateTime::parse_from_rfc3339(&text)).map(|t| t.with_timezone(&Utc))
        });
        Ok(RowFilter {
            places: places.transpose()?,
            properties: properties.transpose()?,
            before: before.transpose()?,
        })
    }
}

/// The versions that a product read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub(crate) struct PinnedJson(Vec<(String, u64)>);

impl From<&Vec<(DatasetId, Version)>> for PinnedJson {
    fn from(pinned: &Vec<(DatasetId, Version)>) -> Self {
        PinnedJson(pinned.iter().map(|(dataset, version)| (dataset.to_string(), version.0)).collect())
    }
}

impl TryFrom<PinnedJson> for Vec<(DatasetId, Version)> {
    type Error = Error;

    fn try_from(json: PinnedJson) -> Result<Self, Error> {
        json.0
            .into_iter()
            .map(|(id, version)| Ok((stored("dataset id", &id, DatasetId::new(&id))?, Version(version))))
            .collect()
    }
}

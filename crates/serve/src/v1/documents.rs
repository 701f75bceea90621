//! The documents of the native API, written by hand and converted from the model.

use chrono::{DateTime, Utc};
use model::{Dataset, Forecast, Lang, Place, Property, Run, RunTotals, Text, VersionInfo, kept_instant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wording::Told;

/// A human text by language.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TextDocument {
    /// Vietnamese.
    pub vi: String,
    /// English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
    /// Khmer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub km: Option<String>,
}

impl From<&Text> for TextDocument {
    fn from(text: &Text) -> Self {
        TextDocument { vi: text.vi.clone(), en: text.en.clone(), km: text.km.clone() }
    }
}

impl From<TextDocument> for Text {
    fn from(document: TextDocument) -> Self {
        let nfc = |text: String| Some(model::nfc(text.trim())).filter(|text| !text.is_empty());
        Text {
            vi: nfc(document.vi).unwrap_or_default(),
            en: document.en.and_then(nfc),
            km: document.km.and_then(nfc),
        }
    }
}

/// A dataset.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetDocument {
    /// Its id, also its table name in SQL.
    pub id: String,
    /// The same as a global name.
    pub urn: String,
    /// observations, features, coverage, table or document.
    pub kind: &'static str,
    /// The agency that publishes it.
    pub agency: String,
    /// Its title.
    pub title: TextDocument,
    /// What it holds, how it was made, what to beware of.
    pub description: TextDocument,
    /// water, agriculture, aquaculture, environment, infrastructure or society.
    pub theme: &'static str,
    /// An SPDX licence id, or a phrase.
    pub licence: String,
    /// open, shared or restricted.
    pub access: &'static str,
    /// Where the data come from.
    pub source: String,
    /// Whether the values were made up for demonstration.
    pub synthetic: bool,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// Its latest version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionDocument>,
}

impl DatasetDocument {
    /// The document of a dataset and of its latest version.
    pub fn new(dataset: &Dataset, version: Option<&VersionInfo>) -> Self {
        DatasetDocument {
            id: dataset.id.to_string(),
            urn: format!("urn:cuulong:dataset:{}", dataset.id),
            kind: dataset.kind.code(),
            agency: dataset.agency.to_string(),
            title: (&dataset.title).into(),
            description: (&dataset.description).into(),
            theme: dataset.theme.code(),
            licence: dataset.licence.clone(),
            access: dataset.access.code(),
            source: dataset.source.clone(),
            synthetic: dataset.synthetic,
            created_at: kept_instant(dataset.created_at),
            version: version.map(VersionDocument::from),
        }
    }
}

/// A version of a dataset.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionDocument {
    /// Its number.
    pub version: u64,
    /// The run that made it.
    pub run: String,
    /// When it was committed.
    pub committed_at: DateTime<Utc>,
    /// Who committed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub committed_by: Option<String>,
    /// Values that were new.
    pub added: u64,
    /// Values that replaced another.
    pub corrected: u64,
    /// Values of the version before that are gone. In the list of versions alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<u64>,
    /// Values in the dataset after the commit.
    pub total: u64,
    /// For a product, the versions that it read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pinned: Vec<PinDocument>,
}

/// A version of another dataset that a product read.
#[derive(Debug, Serialize, ToSchema)]
pub struct PinDocument {
    /// The dataset.
    pub dataset: String,
    /// The version.
    pub version: u64,
}

impl From<&VersionInfo> for VersionDocument {
    fn from(version: &VersionInfo) -> Self {
        VersionDocument {
            version: version.version.0,
            run: version.run.to_string(),
            committed_at: kept_instant(version.committed_at),
            committed_by: version.committed_by.as_ref().map(ToString::to_string),
            added: version.added,
            corrected: version.corrected,
            removed: None,
            total: version.total,
            pinned: version
                .pinned
                .iter()
                .map(|(dataset, version)| PinDocument { dataset: dataset.to_string(), version: version.0 })
                .collect(),
        }
    }
}

/// A run: one taking-in of one file, or one execution of a recipe.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunDocument {
    /// Its id.
    pub id: String,
    /// The dataset it writes.
    pub dataset: String,
    /// upload or recipe.
    pub kind: &'static str,
    /// running, done, dry_run or failed.
    pub state: &'static str,
    /// The SHA-256 of the bytes that it read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    /// The file's name, or the recipe's.
    pub file_name: String,
    /// The names of the file's sheets.
    pub sheets: Vec<String>,
    /// The encodings in which its texts beyond ASCII were read: `utf-8`, `tcvn3`, … One file may mix them.
    pub encodings: Vec<String>,
    /// The forecast that it brought; absent where values were observed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast: Option<ForecastDocument>,
    /// The version of the mapping that it used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping: Option<u32>,
    /// Who handed the file in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
    /// The version it made; absent when it changed nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// What it did.
    pub totals: TotalsDocument,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A run of a forecast model, as a file brought it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ForecastDocument {
    /// The instant that the model started from; also the id of the forecast among the instances of OGC API – EDR.
    pub made_for: DateTime<Utc>,
    /// The first time that it says something about.
    pub first: DateTime<Utc>,
    /// The last one.
    pub last: DateTime<Utc>,
}

impl From<Forecast> for ForecastDocument {
    fn from(forecast: Forecast) -> Self {
        let Forecast { made_for, first, last } = forecast;
        ForecastDocument { made_for, first, last }
    }
}

/// What a run did, counted.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TotalsDocument {
    /// Rows of data in the file.
    pub rows: u64,
    /// Rows of which at least one value was refused.
    pub refused_rows: u64,
    /// Values refused.
    pub refused: u64,
    /// Values that are new.
    pub added: u64,
    /// Values that replaced another.
    pub corrected: u64,
    /// Values that were there already.
    pub unchanged: u64,
    /// Cells that hold no value.
    pub missing: u64,
    /// Findings that refused nothing.
    pub warnings: u64,
}

impl From<RunTotals> for TotalsDocument {
    fn from(totals: RunTotals) -> Self {
        let RunTotals { rows, refused_rows, refused, added, corrected, unchanged, missing, warnings } =
            totals;
        TotalsDocument { rows, refused_rows, refused, added, corrected, unchanged, missing, warnings }
    }
}

/// A run that committed, which has no failure to tell of.
impl From<&Run> for RunDocument {
    fn from(run: &Run) -> Self {
        RunDocument::new(run, Lang::default())
    }
}

impl RunDocument {
    /// The document of a run; of one that failed, the reason is told in the language.
    pub fn new(run: &Run, lang: Lang) -> Self {
        RunDocument {
            id: run.id.to_string(),
            dataset: run.dataset.to_string(),
            kind: run.kind.code(),
            state: run.state.code(),
            original: run.original.as_ref().map(ToString::to_string),
            file_name: run.file_name.clone(),
            sheets: run.sheets.clone(),
            encodings: run.encodings.clone(),
            forecast: run.forecast.map(ForecastDocument::from),
            mapping: run.mapping,
            user: run.user.as_ref().map(ToString::to_string),
            started_at: kept_instant(run.started_at),
            finished_at: run.finished_at.map(kept_instant),
            version: run.version.map(|version| version.0),
            totals: run.totals.into(),
            error: run.error.as_deref().map(|error| Told::read(error).sentence(lang)),
        }
    }
}

/// Something about a row or cell that a person should know.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingDocument {
    /// warning or refused.
    pub severity: &'static str,
    /// What was found, as a stable code.
    pub code: String,
    /// The sheet's name; empty for a file without sheets.
    pub sheet: String,
    /// The row, from 1.
    pub row: u32,
    /// The column, from 1.
    pub column: u16,
    /// The cell as a spreadsheet writes it.
    pub cell: String,
    /// The header of the column.
    pub column_name: String,
    /// The cell's text as it was written.
    pub value: String,
    /// What is wrong and what to do, in the reader's language.
    pub message: String,
}

impl FindingDocument {
    /// The document of a finding in a run with these sheets.
    pub fn new(finding: &model::Finding, sheets: &[String], lang: Lang) -> Self {
        FindingDocument {
            severity: finding.severity.code(),
            code: finding.code.clone(),
            sheet: sheets.get(usize::from(finding.cell.sheet)).cloned().unwrap_or_default(),
            row: finding.cell.row,
            column: finding.cell.column,
            cell: finding.cell.a1(),
            column_name: finding.column_name.clone(),
            value: finding.value.clone(),
            message: intake::finding_message(finding, lang),
        }
    }
}

/// A place.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaceDocument {
    /// Its id: scheme and code.
    pub id: String,
    /// province, commune, station …
    pub kind: &'static str,
    /// Its name.
    pub name: TextDocument,
    /// Its administrative type or station kind, as its source writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    /// Longitude and latitude, WGS 84.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<[f64; 2]>,
    /// Its area, km².
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area_km2: Option<f64>,
    /// First day on which it exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Last day on which it exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<String>,
    /// Where the facts come from.
    pub source: String,
    /// high, medium or low.
    pub confidence: String,
}

impl From<&Place> for PlaceDocument {
    fn from(place: &Place) -> Self {
        PlaceDocument {
            id: place.id.to_string(),
            kind: place.kind.code(),
            name: (&place.name).into(),
            type_name: place.type_name.clone(),
            position: place.position.map(|p| [p.lon, p.lat]),
            area_km2: place.area_km2,
            valid_from: place.valid_from.map(|day| day.to_string()),
            valid_to: place.valid_to.map(|day| day.to_string()),
            source: place.source.clone(),
            confidence: place.confidence.clone(),
        }
    }
}

/// An observed property or indicator.
#[derive(Debug, Serialize, ToSchema)]
pub struct PropertyDocument {
    /// Its code.
    pub code: String,
    /// Its sector.
    pub sector: String,
    /// Its name.
    pub name: TextDocument,
    /// Its unit in UCUM.
    pub unit: String,
    /// extensive (adds up over space) or intensive (is weighted).
    pub kind: &'static str,
    /// The smallest plausible value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plausible_min: Option<f64>,
    /// The largest plausible value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plausible_max: Option<f64>,
    /// Its CF standard name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cf_standard_name: Option<String>,
    /// What a reader should know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl From<&Property> for PropertyDocument {
    fn from(property: &Property) -> Self {
        PropertyDocument {
            code: property.code.to_string(),
            sector: property.sector.clone(),
            name: (&property.name).into(),
            unit: property.unit.clone(),
            kind: property.kind.code(),
            plausible_min: property.plausible_min,
            plausible_max: property.plausible_max,
            cf_standard_name: property.cf_standard_name.clone(),
            note: property.note.clone(),
        }
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// How many there are in all.
    pub total: u64,
    /// The next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

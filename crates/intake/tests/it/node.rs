//! A node without its edges: a catalogue with the facts of the delta, a lake, and datasets to load into.

use std::sync::Arc;
use std::sync::Mutex;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use bytes::Bytes;
use catalog::{Catalog, Reference};
use chrono::{DateTime, Utc};
use futures::StreamExt;
use intake::{Error, Intake, IntakeLimits, Load, Progress, Report};
use lake::{AsOf, Lake, LakeConfig, SeriesRead};
use model::{
    Access, Agency, AgencyId, Dataset, DatasetId, DatasetKind, DatastreamKey, Finding, PlaceKind, Text,
    Theme, TimeRange,
};
use policy::{Permit, Principal, Purpose};

pub struct Node {
    pub catalog: Catalog,
    pub lake: Lake,
    pub intake: Intake,
    pub folder: tempfile::TempDir,
}

/// A value as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub key: DatastreamKey,
    pub time: DateTime<Utc>,
    pub end: Option<DateTime<Utc>>,
    pub result: f64,
    pub row: i32,
    pub column: i16,
    pub quality: i8,
}

pub fn now() -> DateTime<Utc> {
    at("2026-03-01T00:00:00Z")
}

pub fn at(text: &str) -> DateTime<Utc> {
    model::parse_instant(text).unwrap()
}

/// The facts without the communes, of which there are too many for a test that needs none.
fn facts() -> &'static Reference {
    static FACTS: std::sync::OnceLock<Reference> = std::sync::OnceLock::new();
    FACTS.get_or_init(|| {
        let mut facts = Reference::builtin().unwrap();
        facts.places.retain(|place| place.kind != PlaceKind::Commune);
        let there: std::collections::HashSet<_> = facts.places.iter().map(|place| place.id.clone()).collect();
        facts.parents.retain(|parent| there.contains(&parent.place) && there.contains(&parent.parent));
        facts.crosswalk.retain(|walk| there.contains(&walk.from) && there.contains(&walk.to));
        facts.fragments.clear();
        facts
    })
}

impl Node {
    pub async fn new() -> Node {
        Node::with(IntakeLimits::default()).await
    }

    /// A node that knows the communes too.
    pub async fn with_communes() -> Node {
        Node::knowing(IntakeLimits::default(), &Reference::builtin().unwrap()).await
    }

    pub async fn with(limits: IntakeLimits) -> Node {
        Node::knowing(limits, facts()).await
    }

    async fn knowing(limits: IntakeLimits, facts: &Reference) -> Node {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(&format!("sqlite://{}/catalog.sqlite?mode=rwc", folder.path().display()))
            .await
            .unwrap();
        catalog.apply_reference(facts).await.unwrap();
        let url = folder.path().join("data").display().to_string();
        let lake =
            Lake::open(&LakeConfig { url, options: std::collections::BTreeMap::default() }).await.unwrap();
        let intake = Intake::new(catalog.clone(), lake.clone(), limits);
        let agency = Agency {
            id: AgencyId::new("tester").unwrap(),
            name: Text::vi_en("Cơ quan thử", "Tester"),
            url: None,
        };
        catalog.put_agency(&agency).await.unwrap();
        let node = Node { catalog, lake, intake, folder };
        node.dataset("series", DatasetKind::Observations).await;
        node.dataset("things", DatasetKind::Features).await;
        node
    }

    pub async fn dataset(&self, id: &str, kind: DatasetKind) {
        let dataset = Dataset {
            id: DatasetId::new(id).unwrap(),
            kind,
            agency: AgencyId::new("tester").unwrap(),
            title: Text::vi_en("Bộ dữ liệu", "Dataset"),
            description: Text::default(),
            theme: Theme::Water,
            licence: "CC-BY-4.0".into(),
            access: Access::Open,
            source: "a test".into(),
            synthetic: true,
            created_at: now(),
        };
        self.catalog.create_dataset(&dataset).await.unwrap();
    }

    pub async fn permit(&self, dataset: &str, purpose: Purpose) -> Permit {
        self.catalog
            .authorize(&Principal::System, &DatasetId::new(dataset).unwrap(), purpose, now())
            .await
            .unwrap()
    }

    pub async fn load(
        &self,
        dataset: &str,
        name: &str,
        bytes: impl Into<Vec<u8>>,
        mapping: Option<&str>,
    ) -> Result<Report, Error> {
        self.load_as(dataset, name, bytes.into(), mapping, false).await
    }

    pub async fn load_as(
        &self,
        dataset: &str,
        name: &str,
        bytes: Vec<u8>,
        mapping: Option<&str>,
        dry_run: bool,
    ) -> Result<Report, Error> {
        let permit = self.permit(dataset, Purpose::Write).await;
        let chunks: Vec<_> = bytes.chunks(100_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        let request = Load {
            file_name: name.into(),
            body: futures::stream::iter(chunks).boxed(),
            mapping: mapping.map(str::to_owned),
            dry_run,
            now: now(),
        };
        let told: Arc<Mutex<Vec<Progress>>> = Arc::default();
        let report = self.intake.load(&permit, request, &|step| told.lock().unwrap().push(step)).await;
        assert!(
            told.lock().unwrap().iter().any(|step| step.bytes > 0) || bytes.is_empty() || report.is_err()
        );
        report
    }

    /// All values of a dataset, by datastream and time.
    pub async fn values(&self, dataset: &str) -> Vec<Stored> {
        let permit = self.permit(dataset, Purpose::Read).await;
        let streams = self.catalog.datastreams(permit.dataset()).await.unwrap();
        let mut ids: Vec<i64> = streams.iter().map(|stream| stream.id.0).collect();
        ids.sort_unstable();
        if ids.is_empty() {
            return Vec::new();
        }
        let snapshot = self.lake.snapshot(&permit, AsOf::Latest).await.unwrap();
        let read = SeriesRead {
            datastreams: ids,
            time: TimeRange::ALL,
            columns: None,
            limit: None,
            results: lake::ResultRange::ALL,
        };
        let batches = self.lake.read_series(&permit, &snapshot, read).await.unwrap();
        let mut values = Vec::new();
        for batch in batches {
            let column = |name: &str| batch.column_by_name(name).unwrap();
            let time = |name: &str, row: usize| {
                let times = column(name).as_primitive::<TimestampMicrosecondType>();
                times.is_valid(row).then(|| DateTime::from_timestamp_micros(times.value(row)).unwrap())
            };
            for row in 0..batch.num_rows() {
                let id = column("datastream").as_primitive::<Int64Type>().value(row);
                values.push(Stored {
                    key: streams.iter().find(|stream| stream.id.0 == id).unwrap().key.clone(),
                    time: time("phenomenon_time", row).unwrap(),
                    end: time("phenomenon_end", row),
                    result: column("result").as_primitive::<Float64Type>().value(row),
                    row: column("origin_row").as_primitive::<Int32Type>().value(row),
                    column: column("origin_column").as_primitive::<arrow::datatypes::Int16Type>().value(row),
                    quality: column("quality").as_primitive::<arrow::datatypes::Int8Type>().value(row),
                });
            }
        }
        values
    }
}

/// What a finding says, in short: code, cell and the cell's text.
pub fn told(findings: &[Finding]) -> Vec<(&str, String, &str)> {
    findings
        .iter()
        .map(|finding| (finding.code.as_str(), finding.cell.a1(), finding.value.as_str()))
        .collect()
}

//! A small delta: a catalogue in memory, a lake in a folder, and data committed directly.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arrow::array::{
    ArrayRef, BinaryArray, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use catalog::reference::Reference;
use catalog::{Catalog, NewUser};
use chrono::{DateTime, TimeDelta, Utc};
use futures::TryStreamExt;
use lake::{Attribute, AttributeKind, Lake, LakeConfig, NewRows, TableSchema};
use model::{
    Access, Agency, AgencyId, Dataset, DatasetId, DatasetKind, Datastream, DatastreamKey, PlaceId,
    PropertyCode, Run, RunId, RunKind, RunState, RunTotals, Statistic, Text, Theme, UserId, Version,
    VersionInfo, parse_instant,
};
use policy::{Grant, GrantLevel, Permit, Principal, Purpose, Role, RowFilter, Scope};
use query::{Engine, Error, QueryLimits, Sql};

pub struct World {
    pub catalog: Catalog,
    pub lake: Lake,
    pub engine: Engine,
    runs: AtomicU64,
    pub folder: tempfile::TempDir,
}

/// One value to commit.
pub struct Value {
    pub key: DatastreamKey,
    pub time: DateTime<Utc>,
    pub end: Option<DateTime<Utc>>,
    pub result: Option<f64>,
    pub text: Option<&'static str>,
    pub quality: i8,
    pub row: i32,
}

pub fn dataset(id: &str) -> DatasetId {
    DatasetId::new(id).unwrap()
}

pub fn at(text: &str) -> DateTime<Utc> {
    parse_instant(text).unwrap()
}

pub fn key(id: &str, place: &str, property: &str) -> DatastreamKey {
    DatastreamKey {
        dataset: dataset(id),
        place: PlaceId::new(place).unwrap(),
        property: PropertyCode::new(property).unwrap(),
        procedure: String::new(),
        statistic: Statistic::Instant,
        period: String::new(),
        unit: "g/L".into(),
        datum: String::new(),
    }
}

pub fn value(key: &DatastreamKey, time: &str, result: f64) -> Value {
    let (time, key) = (at(time), key.clone());
    Value { key, time, end: None, result: Some(result), text: None, quality: 1, row: 2 }
}

/// Hourly values from an instant.
pub fn hourly(key: &DatastreamKey, from: &str, count: usize, result: impl Fn(usize) -> f64) -> Vec<Value> {
    let from = at(from);
    (0..count)
        .map(|hour| Value {
            key: key.clone(),
            time: from + TimeDelta::hours(hour as i64),
            end: None,
            result: Some(result(hour)),
            text: None,
            quality: 1,
            row: hour as i32 + 2,
        })
        .collect()
}

pub fn limits() -> QueryLimits {
    let (memory_bytes, timeout) = (256 << 20, Duration::from_secs(30));
    QueryLimits { memory_bytes, timeout, max_rows: 100_000, threads: 2, ..QueryLimits::default() }
}

pub fn user(id: &str, agency: Option<&str>, role: Role) -> Principal {
    Principal::User {
        id: UserId::new(id).unwrap(),
        agency: agency.map(|agency| AgencyId::new(agency).unwrap()),
        role,
        scope: Scope::Admin,
    }
}

impl World {
    pub async fn new() -> World {
        World::with(limits()).await
    }

    pub async fn with(limits: QueryLimits) -> World {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Catalog::open("sqlite::memory:").await.unwrap();
        catalog.apply_reference(&Reference::builtin().unwrap()).await.unwrap();
        for agency in ["gauges", "statistics"] {
            let name = Text { vi: agency.into(), en: None, km: None };
            let id = AgencyId::new(agency).unwrap();
            catalog.put_agency(&Agency { id, name, url: None }).await.unwrap();
        }
        let config = LakeConfig { url: folder.path().to_str().unwrap().to_owned(), options: BTreeMap::new() };
        let lake = Lake::open(&config).await.unwrap();
        let engine = crate::engine::start(&catalog, &lake, folder.path(), limits).await;
        World { catalog, lake, engine, runs: AtomicU64::new(1), folder }
    }

    pub async fn register(&self, id: &str, kind: DatasetKind, access: Access) {
        let text = Text { vi: id.into(), en: Some(id.into()), km: None };
        let dataset = Dataset {
            id: dataset(id),
            kind,
            agency: AgencyId::new("gauges").unwrap(),
            title: text.clone(),
            description: text,
            theme: Theme::Water,
            licence: "CC-BY-4.0".into(),
            access,
            source: "made up for a test".into(),
            synthetic: true,
            created_at: at("2020-01-01"),
        };
        self.catalog.create_dataset(&dataset).await.unwrap();
        if kind == DatasetKind::Observations {
            self.lake.create_table(&self.write(id).await, TableSchema::Observations).await.unwrap();
        }
    }

    pub async fn write(&self, id: &str) -> Permit {
        self.permit(&Principal::System, id, Purpose::Write).await.unwrap()
    }

    pub async fn read(&self, principal: &Principal, id: &str) -> Permit {
        self.permit(principal, id, Purpose::Read).await.unwrap()
    }

    pub async fn permit(
        &self,
        principal: &Principal,
        id: &str,
        purpose: Purpose,
    ) -> Result<Permit, catalog::Error> {
        self.catalog.authorize(principal, &dataset(id), purpose, Utc::now()).await
    }

    pub fn next_run(&self) -> RunId {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        RunId::new(&format!("01900000-0000-7000-8000-{number:012x}")).unwrap()
    }

    /// Commits values as one version, at an instant.
    pub async fn commit(&self, id: &str, values: Vec<Value>, committed_at: &str) -> Version {
        let mut keys: Vec<DatastreamKey> = Vec::new();
        for value in &values {
            if !keys.contains(&value.key) {
                keys.push(value.key.clone());
            }
        }
        self.catalog.register_datastreams(&keys).await.unwrap();
        let run = self.next_run();
        let rows = vec![observation_batch(&values, &run, at(committed_at))];
        self.commit_rows(id, run, rows, committed_at).await
    }

    async fn commit_rows(&self, id: &str, run: RunId, rows: Vec<RecordBatch>, committed_at: &str) -> Version {
        let permit = self.write(id).await;
        let opened = Run {
            id: run.clone(),
            dataset: dataset(id),
            kind: RunKind::Upload,
            state: RunState::Running,
            original: None,
            file_name: "made up.csv".into(),
            sheets: vec![String::new()],
            encodings: Vec::new(),
            forecast: None,
            pinned: Vec::new(),
            mapping: None,
            user: None,
            started_at: at(committed_at),
            finished_at: None,
            version: None,
            totals: RunTotals::default(),
            error: None,
        };
        self.catalog.open_run(&opened).await.unwrap();
        let new = NewRows { run: run.clone(), rows, committed_at: at(committed_at) };
        let committed = self.lake.commit(&permit, new).await.unwrap();
        let version = committed.version.expect("the rows are new");
        let info = VersionInfo {
            dataset: dataset(id),
            version,
            run,
            committed_at: at(committed_at),
            committed_by: None,
            added: committed.counts.added,
            corrected: committed.counts.corrected,
            total: committed.total,
            pinned: Vec::new(),
        };
        self.catalog.record_version(&info).await.unwrap();
        version
    }

    /// A dataset of square features with a name, one degree apart.
    pub async fn features(&self, id: &str, access: Access, names: &[&str]) {
        let of = |(at, name): (usize, &&str)| {
            let west = 104.0 + at as f64;
            ((*name).to_owned(), square(west, 9.0), [west, 9.0, west + 0.5, 9.5])
        };
        self.shapes(id, access, names.iter().enumerate().map(of).collect()).await;
    }

    /// A dataset of features: name, WKB, and west, south, east, north.
    pub async fn shapes(&self, id: &str, access: Access, shapes: Vec<(String, Vec<u8>, [f64; 4])>) {
        self.register(id, DatasetKind::Features, access).await;
        let schema =
            TableSchema::Features(vec![Attribute { name: "name".into(), kind: AttributeKind::Text }]);
        self.lake.create_table(&self.write(id).await, schema).await.unwrap();
        let rows = shapes.len();
        let run = self.next_run();
        let edge = |at: usize| -> ArrayRef {
            Arc::new(shapes.iter().map(|(_, _, bounds)| Some(bounds[at])).collect::<Float64Array>())
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values((0..rows).map(|at| format!("f{at}")))),
            Arc::new(BinaryArray::from_iter_values(shapes.iter().map(|(_, wkb, _)| wkb))),
            edge(0),
            edge(1),
            edge(2),
            edge(3),
            Arc::new(StringArray::from_iter_values(shapes.iter().map(|(name, _, _)| name))),
            Arc::new(StringArray::from(vec![run.as_str(); rows])),
            Arc::new(Int16Array::from(vec![0; rows])),
            Arc::new(Int32Array::from(vec![1; rows])),
            Arc::new(Int16Array::from(vec![1; rows])),
            times(&vec![Some(at("2020-01-02")); rows]),
        ];
        let attributes = [Attribute { name: "name".into(), kind: AttributeKind::Text }];
        let schema = lake::features::schema(&attributes).unwrap();
        let batch = RecordBatch::try_new(schema, columns).unwrap();
        self.commit_rows(id, run, vec![batch], "2020-01-02").await;
    }

    pub async fn grant(&self, id: &str, to: &str, rows: RowFilter) {
        let user = UserId::new(to).unwrap();
        if self.catalog.user(&user).await.unwrap().is_none() {
            let new =
                NewUser { id: user.clone(), name: to.into(), agency: None, role: Role::User, password: None };
            self.catalog.create_user(new).await.unwrap();
        }
        let grant = Grant {
            dataset: dataset(id),
            user: Some(user),
            agency: None,
            level: GrantLevel::Read,
            rows,
            expires_at: None,
        };
        self.catalog.add_grant(&grant).await.unwrap();
    }

    /// The rows of an answer, each with its values separated by `|`.
    pub async fn rows(&self, principal: &Principal, text: &str) -> Vec<String> {
        self.try_rows(principal, Sql::new(text)).await.unwrap_or_else(|error| panic!("{text}: {error:?}"))
    }

    pub async fn try_rows(&self, principal: &Principal, sql: Sql) -> Result<Vec<String>, Error> {
        let answer = self.engine.sql(principal, sql).await?;
        let batches: Vec<RecordBatch> = answer.batches.try_collect().await?;
        Ok(lines(&batches))
    }

    pub async fn error(&self, principal: &Principal, text: &str) -> Error {
        match self.try_rows(principal, Sql::new(text)).await {
            Err(error) => error,
            Ok(rows) => panic!("{text} answered {rows:?}"),
        }
    }

    pub async fn datastream(&self, key: &DatastreamKey) -> Datastream {
        self.catalog.datastream(key.id()).await.unwrap().unwrap()
    }
}

pub fn lines(batches: &[RecordBatch]) -> Vec<String> {
    let options = FormatOptions::default().with_null("null");
    let mut lines = Vec::new();
    for batch in batches {
        let columns: Vec<ArrayFormatter> =
            batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
        for row in 0..batch.num_rows() {
            let cells: Vec<String> = columns.iter().map(|column| column.value(row).to_string()).collect();
            lines.push(cells.join("|"));
        }
    }
    lines
}

fn times(times: &[Option<DateTime<Utc>>]) -> ArrayRef {
    let micros = times.iter().map(|time| time.map(|time| time.timestamp_micros()));
    Arc::new(micros.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

fn observation_batch(values: &[Value], run: &RunId, recorded_at: DateTime<Utc>) -> RecordBatch {
    let rows = values.len();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(values.iter().map(|value| Some(value.key.id().0)).collect::<Int64Array>()),
        times(&values.iter().map(|value| Some(value.time)).collect::<Vec<_>>()),
        times(&values.iter().map(|value| value.end).collect::<Vec<_>>()),
        Arc::new(values.iter().map(|value| value.result).collect::<Float64Array>()),
        Arc::new(values.iter().map(|value| value.text).collect::<StringArray>()),
        Arc::new(values.iter().map(|value| Some(value.quality)).collect::<Int8Array>()),
        Arc::new(StringArray::from(vec![None::<&str>; rows])),
        Arc::new(StringArray::from(vec![run.as_str(); rows])),
        Arc::new(Int16Array::from(vec![0; rows])),
        Arc::new(values.iter().map(|value| Some(value.row)).collect::<Int32Array>()),
        Arc::new(Int16Array::from(vec![4; rows])),
        times(&vec![Some(recorded_at); rows]),
    ];
    RecordBatch::try_new(lake::observations::schema(), columns).unwrap()
}

/// A square of half a degree as WKB.
fn square(west: f64, south: f64) -> Vec<u8> {
    let corners = [(0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5), (0.0, 0.0)];
    polygon(&[corners.map(|(x, y)| (west + x, south + y)).to_vec()])
}

/// A polygon of rings as WKB.
pub fn polygon(rings: &[Vec<(f64, f64)>]) -> Vec<u8> {
    let count = |many: usize| u32::try_from(many).unwrap().to_le_bytes();
    let mut bytes = vec![1, 3, 0, 0, 0];
    bytes.extend_from_slice(&count(rings.len()));
    for ring in rings {
        bytes.extend_from_slice(&count(ring.len()));
        for (x, y) in ring {
            bytes.extend_from_slice(&x.to_le_bytes());
            bytes.extend_from_slice(&y.to_le_bytes());
        }
    }
    bytes
}

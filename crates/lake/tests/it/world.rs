//! What the tests share: places for a lake, permits, and rows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Float64Type, Int64Type, Schema, TimestampMicrosecondType};
use chrono::{DateTime, Utc};
use lake::{AsOf, Attribute, AttributeKind, Lake, LakeConfig, NewRows, SeriesRead, TableSchema};
use model::{Access, AgencyId, DatasetId, RunId, TimeRange, Version};
use policy::{Permit, Policy, Principal, Purpose};
use tempfile::TempDir;

use crate::s3::S3Server;

/// A place for a lake, empty at first and gone at the end.
pub struct World {
    pub config: LakeConfig,
    folder: Option<TempDir>,
    server: Option<S3Server>,
}

impl World {
    pub fn on_disk() -> World {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("data").to_str().unwrap().to_owned();
        World { config: LakeConfig { url, ..LakeConfig::default() }, folder: Some(folder), server: None }
    }

    pub async fn on_s3() -> World {
        let server = S3Server::start().await;
        let config = LakeConfig { url: server.url("some/node"), options: server.options() };
        World { config, folder: None, server: Some(server) }
    }

    pub async fn lake(&self) -> Lake {
        Lake::open(&self.config).await.unwrap()
    }

    /// The lake's objects, as files by path.
    pub fn objects(&self) -> Vec<String> {
        files_in(&self.root())
    }

    /// The folder of the lake's objects, the server's when the world is on S3.
    pub fn root(&self) -> PathBuf {
        match (&self.folder, &self.server) {
            (Some(folder), _) => folder.path().join("data"),
            (_, Some(server)) => server.bucket_folder().join("some/node"),
            _ => unreachable!("a world is on disk or on S3"),
        }
    }

    /// The folder, when the world is on disk.
    pub fn folder(&self) -> PathBuf {
        self.folder.as_ref().unwrap().path().join("data")
    }
}

/// The files below a folder, by path from it.
pub fn files_in(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    walk(root, &mut files);
    let name = |file: &PathBuf| file.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<String> = files.iter().map(name).collect();
    names.sort();
    names
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, files) } else { files.push(path) }
    }
}

/// Runs a test on a local folder and on S3.
macro_rules! on_both {
    ($(async fn $name:ident($world:ident: World) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, reason = "each test takes what it needs of its module")]
            use super::*;

            async fn check($world: $crate::world::World) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn on_disk() {
                check($crate::world::World::on_disk()).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn on_s3() {
                check($crate::world::World::on_s3().await).await;
            }
        }
    )*};
}
pub(crate) use on_both;

pub fn dataset() -> DatasetId {
    DatasetId::new("salinity_hourly").unwrap()
}

pub fn permit_for(dataset: &str, purpose: Purpose) -> Permit {
    let policy = Policy {
        dataset: DatasetId::new(dataset).unwrap(),
        access: Access::Open,
        agency: AgencyId::new("srhmc").unwrap(),
    };
    policy::decide(&Principal::System, &policy, &[], purpose, Utc::now()).outcome.unwrap()
}

pub fn writing() -> Permit {
    permit_for("salinity_hourly", Purpose::Write)
}

pub fn reading() -> Permit {
    permit_for("salinity_hourly", Purpose::Read)
}

pub fn run(number: u32) -> RunId {
    RunId::new(&format!("019a0000-0000-7000-8000-{number:012x}")).unwrap()
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Microseconds of the n-th hour of 2020.
pub fn hour(n: i64) -> i64 {
    at("2020-01-01T00:00:00Z").timestamp_micros() + n * 3_600_000_000
}

/// One result: datastream, hour of 2020, value.
pub type Value = (i64, i64, Option<f64>);

/// Observations without `run` and `recorded_at`, which the commit fills.
pub fn observations(values: &[Value]) -> RecordBatch {
    let n = values.len();
    let times = |at: Vec<i64>| TimestampMicrosecondArray::from(at).with_timezone("UTC");
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(values.iter().map(|value| value.0))),
        Arc::new(times(values.iter().map(|value| hour(value.1)).collect())),
        Arc::new(times(values.iter().map(|value| hour(value.1 + 1)).collect())),
        Arc::new(Float64Array::from_iter(values.iter().map(|value| value.2))),
        Arc::new(StringArray::from_iter(values.iter().map(|v| v.2.is_none().then_some("khô")))),
        Arc::new(Int8Array::from_value(1, n)),
        Arc::new(StringArray::from_iter_values(std::iter::repeat_n("gross_range:1", n))),
        Arc::new(Int16Array::from_value(0, n)),
        Arc::new(Int32Array::from_iter_values(0..i32::try_from(n).unwrap())),
        Arc::new(Int16Array::from_value(4, n)),
    ];
    let full = lake::observations::schema();
    let given = full.fields().iter().filter(|f| !matches!(f.name().as_str(), "run" | "recorded_at"));
    RecordBatch::try_new(Arc::new(Schema::new(given.cloned().collect::<Vec<_>>())), columns).unwrap()
}

pub fn new_rows(number: u32, rows: Vec<RecordBatch>) -> NewRows {
    NewRows { run: run(number), rows, committed_at: at("2026-07-01T00:00:00Z") }
}

/// A lake with an empty table of observations.
pub async fn with_table(lake: &Lake) {
    lake.create_table(&writing(), TableSchema::Observations).await.unwrap();
}

pub async fn commit(lake: &Lake, number: u32, values: &[Value]) -> lake::Committed {
    lake.commit(&writing(), new_rows(number, vec![observations(values)])).await.unwrap()
}

/// All results of a version for datastreams 0 to 9999, in order.
pub async fn values(lake: &Lake, at: AsOf) -> Vec<Value> {
    let snapshot = lake.snapshot(&reading(), at).await.unwrap();
    let read = SeriesRead {
        datastreams: (0..10_000).collect(),
        time: TimeRange::ALL,
        columns: None,
        limit: None,
        results: lake::ResultRange::ALL,
    };
    let batches = lake.read_series(&reading(), &snapshot, read).await.unwrap();
    let values: Vec<Value> = batches.iter().flat_map(batch_values).collect();
    assert_eq!(values.len() as u64, snapshot.rows(), "a version has as many rows as it says");
    values
}

pub fn batch_values(batch: &RecordBatch) -> Vec<Value> {
    let datastreams = batch.column_by_name("datastream").unwrap().as_primitive::<Int64Type>();
    let times = batch.column_by_name("phenomenon_time").unwrap().as_primitive::<TimestampMicrosecondType>();
    let results = batch.column_by_name("result").unwrap().as_primitive::<Float64Type>();
    (0..batch.num_rows())
        .map(|row| {
            let result = results.is_valid(row).then(|| results.value(row));
            (datastreams.value(row), (times.value(row) - hour(0)) / 3_600_000_000, result)
        })
        .collect()
}

pub fn version(number: u64) -> AsOf {
    AsOf::Version(Version(number))
}

/// A parcel: id, lower left corner, crop.
pub type Parcel = (String, f64, f64, Option<&'static str>);

pub fn parcels_schema() -> TableSchema {
    TableSchema::Features(vec![
        Attribute { name: "crop".into(), kind: AttributeKind::Text },
        Attribute { name: "area".into(), kind: AttributeKind::Number },
    ])
}

/// Squares of a hundredth of a degree, as WKB polygons.
pub fn parcels(parcels: &[Parcel]) -> RecordBatch {
    let n = parcels.len();
    let float = |edge: fn(&Parcel) -> f64| {
        Arc::new(Float64Array::from_iter_values(parcels.iter().map(edge))) as ArrayRef
    };
    let wkb: Vec<Vec<u8>> = parcels.iter().map(|p| square(p.1, p.2)).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(parcels.iter().map(|p| &p.0))),
        Arc::new(BinaryArray::from_iter_values(wkb)),
        float(|p| p.1),
        float(|p| p.2),
        float(|p| p.1 + 0.01),
        float(|p| p.2 + 0.01),
        Arc::new(StringArray::from_iter(parcels.iter().map(|p| p.3))),
        Arc::new(Float64Array::from_value(1.23, n)),
        Arc::new(Int16Array::from_value(0, n)),
        Arc::new(Int32Array::from_iter_values(1..=i32::try_from(n).unwrap())),
        Arc::new(Int16Array::from_value(1, n)),
    ];
    let full = parcels_schema().arrow().unwrap();
    let given = full.fields().iter().filter(|f| !matches!(f.name().as_str(), "run" | "recorded_at"));
    RecordBatch::try_new(Arc::new(Schema::new(given.cloned().collect::<Vec<_>>())), columns).unwrap()
}

fn square(x: f64, y: f64) -> Vec<u8> {
    let mut wkb = vec![1];
    for number in [3_u32, 1, 5] {
        wkb.extend(number.to_le_bytes());
    }
    for (dx, dy) in [(0.0, 0.0), (0.01, 0.0), (0.01, 0.01), (0.0, 0.01), (0.0, 0.0)] {
        wkb.extend((x + dx).to_le_bytes());
        wkb.extend((y + dy).to_le_bytes());
    }
    wkb
}

//! A dataset of features as one GeoParquet 1.1 file.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, RecordBatch, StructArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Fields, Float64Type, Schema};
use futures::TryStreamExt;
use model::DatasetId;
use policy::Principal;
use query::{Engine, Sql};
use serde_json::{Map, Value, json};

use super::rows::ParquetFile;
use super::{Done, Written};
use crate::commands::sentence;

/// The edges of a feature's box, which become one column (GeoParquet 1.1, "bbox covering").
const EDGES: [&str; 4] = ["xmin", "ymin", "xmax", "ymax"];

/// Writes the latest version of the dataset.
pub(super) async fn write(engine: &Engine, dataset: &DatasetId, path: &Path) -> Done<Written> {
    let statement = Sql::new(format!("SELECT * FROM \"{dataset}\""));
    let mut answer = engine.sql(&Principal::System, statement).await.map_err(|error| sentence(&error))?;
    let version = answer.datasets.iter().find(|(id, _)| id == dataset).map(|(_, version)| version.0);
    let mut file: Option<ParquetFile> = None;
    let mut about = About::default();
    let mut next = Some(RecordBatch::new_empty(answer.schema.clone()));
    while let Some(batch) = next {
        let batch = boxed(&batch)?;
        let file = match &mut file {
            Some(file) => file,
            None => file.insert(ParquetFile::create(path, batch.schema())?),
        };
        about.add(&batch)?;
        file.append(&batch)?;
        next = answer.batches.try_next().await.map_err(|error| sentence(&error))?;
    }
    let said = vec![
        ("geo", about.geo().to_string()),
        ("cuulong:dataset", dataset.to_string()),
        ("cuulong:version", version.map(|version| version.to_string()).unwrap_or_default()),
    ];
    let checks = about.checks();
    let rows = match file {
        Some(file) => file.finish(said)?,
        None => 0,
    };
    Ok(Written { version, rows, checks })
}

/// The four edges as one column `bbox` after the geometry.
fn boxed(batch: &RecordBatch) -> Done<RecordBatch> {
    let failed = |error: arrow::error::ArrowError| error.to_string();
    let (mut fields, mut columns): (Vec<Arc<Field>>, Vec<ArrayRef>) = (Vec::new(), Vec::new());
    let edge_fields: Fields =
        EDGES.iter().map(|name| Field::new(*name, DataType::Float64, true)).collect::<Vec<_>>().into();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        match field.name().as_str() {
            "geometry" => {
                let wkb = cast(column, &DataType::Binary).map_err(failed)?;
                fields.push(Arc::new(Field::new("geometry", DataType::Binary, true)));
                columns.push(wkb);
                let mut edges = Vec::new();
                for name in EDGES {
                    let edge = batch.column_by_name(name).ok_or_else(|| format!("there is no `{name}`"))?;
                    edges.push(edge.clone());
                }
                let nulls = edges[0].nulls().cloned();
                let boxes = StructArray::try_new(edge_fields.clone(), edges, nulls).map_err(failed)?;
                fields.push(Arc::new(Field::new("bbox", boxes.data_type().clone(), true)));
                columns.push(Arc::new(boxes));
            }
            name if EDGES.contains(&name) => {}
            name => {
                fields.push(Arc::new(Field::new(name, column.data_type().clone(), true)));
                columns.push(column.clone());
            }
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(failed)
}

/// What the file's metadata say of its geometry, and what whoever reads it back compares.
#[derive(Default)]
struct About {
    types: BTreeSet<&'static str>,
    bbox: Option<[f64; 4]>,
    geometries: u64,
    bytes: u64,
    /// A geometry of a kind that GeoParquet has no name for; then the file names none.
    unknown: bool,
}

impl About {
    fn add(&mut self, batch: &RecordBatch) -> Done {
        let wkb = batch.column_by_name("geometry").and_then(|column| column.as_binary_opt::<i32>());
        for wkb in wkb.ok_or("there is no geometry")?.iter().flatten() {
            self.geometries += 1;
            self.bytes += wkb.len() as u64;
            match geometry_type(wkb) {
                Some(name) => drop(self.types.insert(name)),
                None => self.unknown = true,
            }
        }
        let boxes = batch.column_by_name("bbox").and_then(|column| column.as_struct_opt());
        let boxes = boxes.ok_or("there is no box")?;
        let edge = |at: usize| -> &Float64Array { boxes.column(at).as_primitive::<Float64Type>() };
        for row in (0..boxes.len()).filter(|row| boxes.is_valid(*row)) {
            let [west, south, east, north] = [0, 1, 2, 3].map(|at| edge(at).value(row));
            let [w, s, e, n] = self.bbox.unwrap_or([west, south, east, north]);
            self.bbox = Some([w.min(west), s.min(south), e.max(east), n.max(north)]);
        }
        Ok(())
    }

    /// The file's metadata (GeoParquet 1.1.0, "File metadata"). Longitude and latitude on WGS 84 are
    /// what a column without a CRS has.
    fn geo(&self) -> Value {
        let covering: Map<String, Value> =
            EDGES.iter().map(|edge| ((*edge).to_owned(), json!(["bbox", edge]))).collect();
        let types: Vec<_> = if self.unknown { Vec::new() } else { self.types.iter().collect() };
        let mut column = json!({
            "encoding": "WKB",
            "geometry_types": types,
            "covering": { "bbox": covering },
        });
        if let Some(bbox) = self.bbox {
            column["bbox"] = json!(bbox);
        }
        json!({ "version": "1.1.0", "primary_column": "geometry", "columns": { "geometry": column } })
    }

    fn checks(&self) -> Map<String, Value> {
        let checks = [
            ("geometries", json!(self.geometries)),
            ("geometry_bytes", json!(self.bytes)),
            ("bbox", json!(self.bbox)),
        ];
        checks.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// The kind of a WKB geometry as GeoParquet names it; nothing for one that it does not name.
fn geometry_type(wkb: &[u8]) -> Option<&'static str> {
    let (order, rest) = wkb.split_first()?;
    let code: [u8; 4] = rest.get(..4)?.try_into().ok()?;
    let code = if *order == 0 { u32::from_be_bytes(code) } else { u32::from_le_bytes(code) };
    Some(match code {
        1 => "Point",
        2 => "LineString",
        3 => "Polygon",
        4 => "MultiPoint",
        5 => "MultiLineString",
        6 => "MultiPolygon",
        7 => "GeometryCollection",
        1001 => "Point Z",
        1002 => "LineString Z",
        1003 => "Polygon Z",
        1004 => "MultiPoint Z",
        1005 => "MultiLineString Z",
        1006 => "MultiPolygon Z",
        1007 => "GeometryCollection Z",
        _ => return None,
    })
}

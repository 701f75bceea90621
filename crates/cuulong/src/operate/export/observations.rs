//! A dataset of observations as one Parquet file, with names beside the codes.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use catalog::Gazetteer;
use futures::TryStreamExt;
use model::{DatasetId, Lang, Text};
use policy::Principal;
use portal::Words;
use query::{Engine, Sql};

use super::rows::{ParquetFile, Sums};
use super::{Done, Written};
use crate::commands::sentence;

/// The columns that come first, in this order; the others follow as they are stored.
const FIRST: [&str; 8] =
    ["datastream", "place", "property", "unit", "phenomenon_time", "phenomenon_end", "result", "result_text"];

/// Names by code, in Vietnamese and in English.
pub(super) struct Names {
    places: HashMap<String, Text>,
    properties: HashMap<String, Text>,
    vi: Words,
    en: Words,
}

impl Names {
    pub(super) fn of(gazetteer: &Gazetteer) -> Names {
        let places = gazetteer.places.iter().map(|place| (place.id.to_string(), place.name.clone()));
        let properties =
            gazetteer.properties.iter().map(|property| (property.code.to_string(), property.name.clone()));
        Names {
            places: places.collect(),
            properties: properties.collect(),
            vi: Words::of(Lang::Vi),
            en: Words::of(Lang::En),
        }
    }
}

/// Writes the latest version of the dataset.
pub(super) async fn write(engine: &Engine, names: &Names, dataset: &DatasetId, path: &Path) -> Done<Written> {
    let statement = Sql::new(format!("SELECT * FROM \"{dataset}\""));
    let mut answer = engine.sql(&Principal::System, statement).await.map_err(|error| sentence(&error))?;
    let version = answer.datasets.iter().find(|(id, _)| id == dataset).map(|(_, version)| version.0);
    let mut file: Option<ParquetFile> = None;
    let mut sums = Sums::default();
    let empty = RecordBatch::new_empty(answer.schema.clone());
    let mut next = Some(empty);
    while let Some(batch) = next {
        let batch = arranged(&batch, names)?;
        let file = match &mut file {
            Some(file) => file,
            None => file.insert(ParquetFile::create(path, batch.schema())?),
        };
        sums.add(&batch)?;
        file.append(&batch)?;
        next = answer.batches.try_next().await.map_err(|error| sentence(&error))?;
    }
    let said = vec![
        ("cuulong:dataset", dataset.to_string()),
        ("cuulong:version", version.map(|version| version.to_string()).unwrap_or_default()),
    ];
    let rows = match file {
        Some(file) => file.finish(said)?,
        None => 0,
    };
    Ok(Written { version, rows, checks: sums.checks() })
}

/// The columns in the order of an export, with names after the codes of place, property and unit.
fn arranged(batch: &RecordBatch, names: &Names) -> Done<RecordBatch> {
    let schema = batch.schema();
    let mut order: Vec<&str> = FIRST.to_vec();
    order.extend(
        schema.fields().iter().map(|field| field.name().as_str()).filter(|name| !FIRST.contains(name)),
    );
    let (mut fields, mut columns): (Vec<Arc<Field>>, Vec<ArrayRef>) = (Vec::new(), Vec::new());
    for name in order {
        let at = schema.index_of(name).map_err(|error| error.to_string())?;
        let (field, column) = (&schema.fields()[at], batch.column(at));
        // Codes repeat: the file keeps each once, but readers get plain text.
        let column = match field.data_type() {
            DataType::Dictionary(_, _) => {
                arrow::compute::cast(column, &DataType::Utf8).map_err(|error| error.to_string())?
            }
            _ => column.clone(),
        };
        fields.push(Arc::new(Field::new(name, column.data_type().clone(), true)));
        columns.push(column.clone());
        let codes = column.as_string_opt::<i32>();
        let mut beside = |name: &str, of: &dyn Fn(&str) -> Option<String>| {
            let codes = codes.ok_or_else(|| format!("the column `{name}` has no text"))?;
            let texts: StringArray = codes.iter().map(|code| of(code?)).collect();
            fields.push(Arc::new(Field::new(name, DataType::Utf8, true)));
            columns.push(Arc::new(texts));
            Done::Ok(())
        };
        let (vi, en) = (|text: &Text| Some(text.vi.clone()), |text: &Text| text.en.clone());
        match name {
            "place" => {
                beside("place_name", &|code| names.places.get(code).and_then(vi))?;
                beside("place_name_en", &|code| names.places.get(code).and_then(en))?;
            }
            "property" => {
                beside("property_name", &|code| names.properties.get(code).and_then(vi))?;
                beside("property_name_en", &|code| names.properties.get(code).and_then(en))?;
            }
            "unit" => {
                beside("unit_name", &|code| Some(names.vi.unit(code)))?;
                beside("unit_name_en", &|code| Some(names.en.unit(code)))?;
            }
            _ => {}
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|error| error.to_string())
}

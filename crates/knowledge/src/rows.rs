//! The answer of a recipe's query as rows of an observation table.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, TimeUnit, TimestampMicrosecondType};
use catalog::Gazetteer;
use chrono::{DateTime, Utc};
use model::{DatasetId, DatastreamId, DatastreamKey, PlaceId, PropertyCode, Quality, RunId, Statistic};
use wording::{Told, told};

use crate::Error;

/// The values of one batch, column by column, and the datastream of each row as a place in `keys`.
pub(crate) struct Products {
    pub(crate) keys: Vec<DatastreamKey>,
    rows: Vec<Row>,
}

struct Row {
    key: usize,
    time: i64,
    end: Option<i64>,
    result: Option<f64>,
    text: Option<String>,
}

/// Reads the query's answer. A row without a place, a property or a time is an error of the recipe.
pub(crate) fn read(
    batches: &[RecordBatch],
    dataset: &DatasetId,
    recipe: &str,
    gazetteer: &Gazetteer,
) -> Result<Products, Error> {
    let mut products = Products { keys: Vec::new(), rows: Vec::new() };
    let mut known: HashMap<DatastreamKey, usize> = HashMap::new();
    for batch in batches {
        let columns = Columns::of(batch, recipe)?;
        for row in 0..batch.num_rows() {
            let key = columns.key(row, dataset, recipe, gazetteer)?;
            let at = *known.entry(key).or_insert_with_key(|key| {
                products.keys.push(key.clone());
                products.keys.len() - 1
            });
            products.rows.push(columns.row(row, at, recipe)?);
        }
    }
    Ok(products)
}

struct Columns {
    place: StringArray,
    property: StringArray,
    statistic: Option<StringArray>,
    period: Option<StringArray>,
    unit: Option<StringArray>,
    text: Option<StringArray>,
    time: TimestampMicrosecondArray,
    end: Option<TimestampMicrosecondArray>,
    result: Float64Array,
}

impl Columns {
    fn of(batch: &RecordBatch, recipe: &str) -> Result<Columns, Error> {
        let column = |name: &str, kind: &DataType| -> Result<Option<ArrayRef>, Error> {
            let Some(column) = batch.column_by_name(name) else { return Ok(None) };
            cast(column, kind).map(Some).map_err(|error| {
                Error::invalid(
                    told!(
                        "knowledge-recipe-column",
                        "recipe `{recipe}`: column `{name}`: {error}",
                        recipe = recipe,
                        name = name,
                        error = error
                    ),
                    told!(
                        "knowledge-give-type-observation-column",
                        "give it the type of an observation's column"
                    ),
                )
            })
        };
        let needed = |name: &str, kind: &DataType| {
            column(name, kind)?.ok_or_else(|| {
                Error::invalid(
                    told!(
                        "knowledge-recipe-query-no-column",
                        "recipe `{recipe}`: the query has no column `{name}`",
                        recipe = recipe,
                        name = name
                    ),
                    told!(
                        "knowledge-select-place-property-phenomenon-time-result",
                        "select place, property, phenomenon_time and result"
                    ),
                )
            })
        };
        let text =
            |name| Ok::<_, Error>(column(name, &DataType::Utf8)?.map(|c| c.as_string::<i32>().clone()));
        let instant = DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC")));
        Ok(Columns {
            place: needed("place", &DataType::Utf8)?.as_string::<i32>().clone(),
            property: needed("property", &DataType::Utf8)?.as_string::<i32>().clone(),
            statistic: text("statistic")?,
            period: text("period")?,
            unit: text("unit")?,
            text: text("result_text")?,
            time: needed("phenomenon_time", &instant)?.as_primitive::<TimestampMicrosecondType>().clone(),
            end: column("phenomenon_end", &instant)?
                .map(|c| c.as_primitive::<TimestampMicrosecondType>().clone()),
            result: needed("result", &DataType::Float64)?.as_primitive::<Float64Type>().clone(),
        })
    }

    fn key(
        &self,
        row: usize,
        dataset: &DatasetId,
        recipe: &str,
        gazetteer: &Gazetteer,
    ) -> Result<DatastreamKey, Error> {
        let word = |array: &Option<StringArray>| {
            array.as_ref().filter(|a| a.is_valid(row)).map(|a| a.value(row).to_owned()).unwrap_or_default()
        };
        let wrong = |what: Told| {
            Error::invalid(
                told!("knowledge-recipe-row", "recipe `{recipe}`, row {row}: {what}", recipe = recipe, row = row + 1, what => what),
                told!("knowledge-correct-query-sql", "correct query.sql"),
            )
        };
        let place = PlaceId::new(self.place.value(row)).map_err(|error| wrong(error.into()))?;
        let code = PropertyCode::new(self.property.value(row)).map_err(|error| wrong(error.into()))?;
        let property = gazetteer.property(&code).ok_or_else(|| {
            wrong(told!("knowledge-not-known-property", "`{code}` is not a known property", code = code))
        })?;
        let unit = word(&self.unit);
        if !unit.is_empty() && unit != property.unit {
            return Err(wrong(told!(
                "knowledge-kept-not",
                "`{code}` is kept in `{unit}`, not in `{unit2}`",
                code = code,
                unit = property.unit,
                unit2 = unit
            )));
        }
        let statistic = word(&self.statistic);
        let statistic = match statistic.as_str() {
            "" => Statistic::Instant,
            text => Statistic::from_code(text).ok_or_else(|| {
                wrong(told!("knowledge-not-statistic", "`{text}` is not a statistic", text = text))
            })?,
        };
        Ok(DatastreamKey {
            dataset: dataset.clone(),
            place,
            property: code,
            procedure: format!("recipe:{recipe}"),
            statistic,
            period: word(&self.period),
            unit: property.unit.clone(),
            datum: String::new(),
        })
    }

    fn row(&self, row: usize, key: usize, recipe: &str) -> Result<Row, Error> {
        if self.time.is_null(row) {
            return Err(Error::invalid(
                told!(
                    "knowledge-recipe-row-time-missing",
                    "recipe `{recipe}`, row {row}: the time is missing",
                    recipe = recipe,
                    row = row + 1
                ),
                told!("knowledge-correct-query-sql", "correct query.sql"),
            ));
        }
        Ok(Row {
            key,
            time: self.time.value(row),
            end: self.end.as_ref().filter(|end| end.is_valid(row)).map(|end| end.value(row)),
            result: self.result.is_valid(row).then(|| self.result.value(row)),
            text: self.text.as_ref().filter(|text| text.is_valid(row)).map(|text| text.value(row).to_owned()),
        })
    }
}

impl Products {
    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The values as a batch of the table; `streams` stand in the order of `keys`.
    pub(crate) fn batch(
        &self,
        streams: &[DatastreamId],
        run: &RunId,
        now: DateTime<Utc>,
    ) -> Result<RecordBatch, arrow::error::ArrowError> {
        let rows = &self.rows;
        let utc = |array: TimestampMicrosecondArray| Arc::new(array.with_timezone("UTC")) as ArrayRef;
        let quality = |row: &Row| match row.result.is_some() || row.text.is_some() {
            true => Quality::NotEvaluated.code(),
            false => Quality::Missing.code(),
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(rows.iter().map(|row| streams[row.key].0).collect::<Int64Array>()),
            utc(rows.iter().map(|row| Some(row.time)).collect()),
            utc(rows.iter().map(|row| row.end).collect()),
            Arc::new(rows.iter().map(|row| row.result).collect::<Float64Array>()),
            Arc::new(rows.iter().map(|row| row.text.as_deref()).collect::<StringArray>()),
            Arc::new(rows.iter().map(quality).collect::<Int8Array>()),
            Arc::new(StringArray::new_null(rows.len())),
            Arc::new(StringArray::from_iter_values(std::iter::repeat_n(run.as_str(), rows.len()))),
            Arc::new(Int16Array::from(vec![0; rows.len()])),
            Arc::new(Int32Array::from(vec![0; rows.len()])),
            Arc::new(Int16Array::from(vec![0; rows.len()])),
            utc(std::iter::repeat_n(Some(now.timestamp_micros()), rows.len()).collect()),
        ];
        RecordBatch::try_new(lake::observations::schema(), columns)
    }
}

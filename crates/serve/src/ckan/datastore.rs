//! The DataStore: rows of a dataset's table, through the engine.

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use model::DatasetId;
use query::{At, Sql};
use serde_json::{Value, json};
use standards::ckan::{self, DataStoreQuery, Field, Refusal};

use super::actions::{Call, Outcome, dataset_id, internal};
use super::handlers::Failure;
use crate::http::{encode, params};

/// Rows of a statement that CKAN's own default limit would give.
const MOST_ROWS: usize = 32_000;

/// The rows of a statement, and its columns.
struct Rows {
    fields: Vec<Field>,
    batches: Vec<RecordBatch>,
    truncated: bool,
}

/// When the rows were known: what CKAN has no word for, and everything else here has.
type Known = Option<DateTime<Utc>>;

async fn ask(call: &Call<'_>, text: String, max_rows: usize, known: Known) -> Result<Rows, Failure> {
    let request = Sql { max_rows: Some(max_rows), as_known_at: known, ..Sql::new(text) };
    let answer = call.app.engine.sql(call.principal, request).await?;
    let fields = fields(&answer.schema);
    let batches: Vec<RecordBatch> = answer.batches.try_collect().await?;
    Ok(Rows { fields, batches, truncated: answer.truncated.get() })
}

fn fields(schema: &Schema) -> Vec<Field> {
    let kind = |kind: &DataType| match kind {
        DataType::Boolean => "bool",
        kind if kind.is_integer() => "int",
        kind if kind.is_numeric() => "numeric",
        DataType::Timestamp(..) => "timestamp",
        DataType::Date32 | DataType::Date64 => "date",
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "bytea",
        _ => "text",
    };
    let fields = schema.fields().iter();
    fields.map(|field| Field { id: field.name().clone(), kind: kind(field.data_type()) }).collect()
}

fn described(fields: &[Field]) -> Vec<Value> {
    fields.iter().map(|field| json!({ "id": field.id, "type": field.kind })).collect()
}

/// `version` or `as_known_at` of a call; a version is of a dataset.
async fn known(call: &Call<'_>, dataset: Option<&DatasetId>) -> Result<Known, Failure> {
    match (call.at()?, dataset) {
        (At::Latest, _) => Ok(None),
        (At::KnownAt(time), _) => Ok(Some(time)),
        (at @ At::Version(_), Some(dataset)) => {
            Ok(params::version(call.app, dataset, at).await?.map(|info| info.committed_at))
        }
        (At::Version(_), None) => {
            Err(Refusal::parameter("version", "a version is of one resource: give as_known_at").into())
        }
    }
}

/// The table that a resource stands for. Its permission is settled by the engine, as for every
/// statement; a dataset that may be known and not read is refused by name here.
async fn table(call: &Call<'_>, resource: &str) -> Result<DatasetId, Failure> {
    let id = dataset_id(resource)?;
    call.app.catalog.authorize(call.principal, &id, policy::Purpose::Read, chrono::Utc::now()).await?;
    Ok(id)
}

async fn columns(call: &Call<'_>, table: &str, known: Known) -> Result<Vec<Field>, Failure> {
    Ok(ask(call, ckan::columns_statement(table), 1, known).await?.fields)
}

/// Rows by filters.
pub(super) async fn search(call: &Call<'_>) -> Outcome {
    let asked = DataStoreQuery::read(&call.parameters)?;
    let table = table(call, &asked.resource).await?;
    let known = known(call, Some(&table)).await?;
    let table = table.to_string();
    let columns = columns(call, &table, known).await?;
    let wanted = asked.wanted(&columns)?;
    let rows = ask(call, asked.rows(&table, &columns)?, MOST_ROWS, known).await?;
    let mut result = json!({
        "resource_id": asked.resource,
        "include_total": asked.with_total,
        "limit": asked.limit,
        "offset": asked.offset,
        "records_format": asked.format,
    });
    let mut told = vec![json!({ "id": "_id", "type": "int" })];
    told.extend(described(&wanted));
    result["fields"] = told.into();
    result["records"] = records(&rows.batches, &asked, &wanted)?;
    if asked.with_total {
        let counted = ask(call, asked.total(&table, &columns)?, 1, known).await?;
        let first = encode::objects(&counted.batches).map_err(|error| internal(&error))?;
        result["total"] =
            first.into_iter().next().and_then(|mut row| row.remove("total")).unwrap_or_default();
        result["total_was_estimated"] = false.into();
    }
    let next = (asked.offset + asked.limit).to_string();
    let limit = asked.limit.to_string();
    let way = |offset: &str| {
        let mut pairs =
            vec![("resource_id", asked.resource.as_str()), ("limit", limit.as_str()), ("offset", offset)];
        let told = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let pins = ["version", "as_known_at"];
        let pins = pins.map(|name| (name, call.parameters.get(name).map(told).unwrap_or_default()));
        pairs.extend(
            pins.iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (*name, text.as_str())),
        );
        call.links.to("/ckan/api/3/action/datastore_search", &pairs)
    };
    result["_links"] = json!({ "start": way("0"), "next": way(&next) });
    Ok(result)
}

/// The rows in the shape that is wanted; `_id` is the place of the row in the answer's order.
fn records(batches: &[RecordBatch], asked: &DataStoreQuery, wanted: &[Field]) -> Outcome {
    let objects = encode::objects(batches).map_err(|error| internal(&error))?;
    let numbered = objects.into_iter().zip(asked.offset + 1..);
    let separator = match asked.format.as_str() {
        "csv" => ',',
        "tsv" => '\t',
        format => {
            let rows = numbered.map(|(mut row, number)| {
                if format == "lists" {
                    let cells = wanted.iter().map(|field| row.remove(&field.id).unwrap_or_default());
                    return std::iter::once(Value::from(number)).chain(cells).collect();
                }
                row.insert("_id".to_owned(), number.into());
                Value::Object(row)
            });
            return Ok(rows.collect());
        }
    };
    let mut text = String::new();
    for (mut row, number) in numbered {
        text.push_str(&number.to_string());
        for field in wanted {
            text.push(separator);
            match row.remove(&field.id).unwrap_or_default() {
                Value::Null => {}
                Value::String(cell) => text.push_str(&quoted(&cell, separator)),
                value => text.push_str(&value.to_string()),
            }
        }
        text.push('\n');
    }
    Ok(Value::from(text))
}

fn quoted(cell: &str, separator: char) -> String {
    let cell = formats::harmless(cell);
    if cell.contains([separator, '"', '\n', '\r']) {
        return format!("\"{}\"", cell.replace('"', "\"\""));
    }
    cell.into_owned()
}

/// Rows by a statement.
pub(super) async fn sql(call: &Call<'_>) -> Outcome {
    let text = call.parameters.needed("sql")?;
    let rows = ask(call, text.clone(), MOST_ROWS, known(call, None).await?).await?;
    let records = encode::objects(&rows.batches).map_err(|error| internal(&error))?;
    let mut result = json!({
        "sql": text,
        "fields": described(&rows.fields),
        "records": records,
    });
    if rows.truncated {
        result["records_truncated"] = true.into();
    }
    Ok(result)
}

/// The columns of a table and how many rows it has.
pub(super) async fn info(call: &Call<'_>) -> Outcome {
    let id = match call.parameters.text("id")? {
        Some(id) => id,
        None => {
            call.parameters.text("resource_id")?.ok_or_else(|| Refusal::parameter("id", "Missing value"))?
        }
    };
    let table = table(call, &id).await?;
    let known = known(call, Some(&table)).await?;
    let table = table.to_string();
    let columns = columns(call, &table, known).await?;
    let counted = ask(call, ckan::count_statement(&table), 1, known).await?;
    let counted = encode::objects(&counted.batches).map_err(|error| internal(&error))?;
    let count = counted.into_iter().next().and_then(|mut row| row.remove("total")).unwrap_or_default();
    let schema: serde_json::Map<String, Value> =
        columns.iter().map(|field| (field.id.clone(), field.kind.into())).collect();
    Ok(json!({
        "meta": { "id": id, "count": count, "table_type": "BASE TABLE", "aliases": [] },
        "fields": described(&columns),
        "schema": schema,
    }))
}

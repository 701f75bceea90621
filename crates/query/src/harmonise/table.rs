//! `harmonise('dataset', 'date')` as a table of SQL.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use datafusion::catalog::{MemTable, Session, TableProvider};
use datafusion::error::Result;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::scalar::ScalarValue;
use model::{DatasetId, TimeRange};
use serde_json::json;
use url::form_urlencoded::Serializer;

use super::{HarmoniseRequest, Harmonised, HarmonisedAnswer, Method, Part};
use crate::error::pass;
use crate::functions::trace_path;
use crate::sql::{Scope, only_uses, rows_that_pass};
use crate::streams::DATASTREAM;
use crate::{At, Error};

/// The columns that are the same for a value and for what it is made of.
const SHARED: [&str; 5] = ["dataset", "property", "procedure", "statistic", "period"];

/// Harmonised values as a table. They are computed when it is read.
#[derive(Debug)]
pub(crate) struct HarmoniseTable {
    scope: Arc<Scope>,
    dataset: DatasetId,
    geography: NaiveDate,
    schema: SchemaRef,
}

fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC")))
}

impl HarmoniseTable {
    pub(crate) fn new(scope: Arc<Scope>, dataset: DatasetId, geography: NaiveDate) -> HarmoniseTable {
        let text = |name| Field::new(name, DataType::Utf8View, true);
        let schema = Schema::new(vec![
            text("dataset"),
            text("place"),
            text("property"),
            text("procedure"),
            text("statistic"),
            text("period"),
            text("unit"),
            Field::new("phenomenon_time", time_type(), true),
            Field::new("phenomenon_end", time_type(), true),
            Field::new("result", DataType::Float64, true),
            text("method"),
            text("parts"),
            Field::new("version", DataType::Int64, true),
            text("trace"),
        ]);
        HarmoniseTable { scope, dataset, geography, schema: Arc::new(schema) }
    }

    /// The values, of the datastreams and times that the filters leave.
    async fn values(&self, state: &dyn Session, filters: &[Expr]) -> Result<HarmonisedAnswer> {
        let member = self.scope.member(&self.dataset, self.scope.at()).await.map_err(pass)?;
        let Some(snapshot) = &member.snapshot else {
            return Ok(HarmonisedAnswer { version: None, values: Vec::new() });
        };
        self.scope.note_read(snapshot);
        let on_streams: Vec<&Expr> =
            filters.iter().filter(|filter| only_uses(filter, |name| SHARED.contains(&name))).collect();
        let batch = member.streams.batch(member.version())?;
        let batch =
            arrow::compute::filter_record_batch(&batch, &member.streams.allowed(member.permit.rows()))?;
        let all = arrow::array::BooleanArray::from(vec![true; batch.num_rows()]);
        let mask = rows_that_pass(state, &on_streams, &batch, all)?;
        let passed = arrow::compute::filter_record_batch(&batch, &mask)?;
        let numbers = passed.column_by_name(DATASTREAM).map(|column| column.as_primitive::<Int64Type>());
        let mut numbers: Vec<i64> = numbers.into_iter().flat_map(|column| column.values().to_vec()).collect();
        numbers.sort_unstable();
        let request = HarmoniseRequest {
            property: None,
            geography: self.geography,
            time: time_range(filters),
            at: At::Version(snapshot.version()),
        };
        let engine = &self.scope.engine;
        let wanted = |datastream: &model::Datastream| numbers.binary_search(&datastream.id.0).is_ok();
        engine.harmonise(&member.permit, &request, wanted).await.map_err(pass)
    }

    fn batch(&self, answer: &HarmonisedAnswer) -> Result<RecordBatch> {
        let values = &answer.values;
        let version = answer.version.and_then(|version| i64::try_from(version.0).ok());
        let text = |of: &dyn Fn(&Harmonised) -> String| -> ArrayRef {
            Arc::new(StringViewArray::from_iter_values(values.iter().map(of)))
        };
        let time = |of: &dyn Fn(&Harmonised) -> Option<DateTime<Utc>>| -> ArrayRef {
            let times = values.iter().map(|value| of(value).map(|time| time.timestamp_micros()));
            Arc::new(times.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
        };
        let columns: Vec<ArrayRef> = vec![
            text(&|_| self.dataset.to_string()),
            text(&|value| value.place.to_string()),
            text(&|value| value.property.to_string()),
            text(&|value| value.procedure.clone()),
            text(&|value| value.statistic.code().to_owned()),
            text(&|value| value.period.clone()),
            text(&|value| value.unit.clone()),
            time(&|value| Some(value.time)),
            time(&|value| value.end),
            Arc::new(values.iter().map(|value| value.result).collect::<Float64Array>()),
            text(&|value| value.method.code().to_owned()),
            text(&|value| self.parts(value, version)),
            Arc::new(std::iter::repeat_n(version, values.len()).collect::<Int64Array>()),
            text(&|value| self.trace(value, version)),
        ];
        Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
    }

    /// The parts as JSON, each with the path of its own trace.
    fn parts(&self, value: &Harmonised, version: Option<i64>) -> String {
        let there = value.parts.iter().map(|part| {
            json!({
                "place": part.place.as_str(),
                "result": part.result,
                "weight": part.weight,
                "basis": part.basis.code(),
                "trace": self.trace_of(part, version),
            })
        });
        let missing = value.missing.iter().map(|place| json!({ "place": place.as_str(), "missing": true }));
        serde_json::Value::Array(there.chain(missing).collect()).to_string()
    }

    fn trace_of(&self, part: &Part, version: Option<i64>) -> Option<String> {
        let time = part.time.timestamp_micros();
        trace_path(self.dataset.as_str(), part.datastream.0, time, version)
    }

    /// The path of the trace: of the value itself, or of the harmonised value with its parts.
    fn trace(&self, value: &Harmonised, version: Option<i64>) -> String {
        if let (Method::AsObserved, [part]) = (value.method, value.parts.as_slice()) {
            return self.trace_of(part, version).unwrap_or_default();
        }
        let mut query = Serializer::new(String::new());
        query
            .append_pair("dataset", self.dataset.as_str())
            .append_pair("place", value.place.as_str())
            .append_pair("property", value.property.as_str())
            .append_pair("statistic", value.statistic.code())
            .append_pair("period", &value.period)
            .append_pair("time", &value.time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
            .append_pair("geography", &self.geography.to_string());
        if let Some(version) = version {
            query.append_pair("version", &version.to_string());
        }
        format!("/v1/trace?{}", query.finish())
    }
}

#[async_trait]
impl TableProvider for HarmoniseTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // They say what has to be read; the result is filtered again.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let answer = self.values(state, filters).await?;
        if answer.values.len() > self.scope.engine.limits.max_rows {
            let limit = format!("{} rows", self.scope.engine.limits.max_rows);
            return Err(pass(Error::Limit { what: "rows", limit }));
        }
        let batch = self.batch(&answer)?;
        MemTable::try_new(self.schema.clone(), vec![vec![batch]])?.scan(state, projection, &[], None).await
    }
}

/// The times that comparisons of `phenomenon_time` with constants leave.
fn time_range(filters: &[Expr]) -> TimeRange {
    let mut range = TimeRange::ALL;
    for filter in filters {
        let Expr::BinaryExpr(BinaryExpr { left, op, right }) = filter else { continue };
        let (column, op, value) = match (left.as_ref(), right.as_ref()) {
            (Expr::Column(column), Expr::Literal(value, _)) => (column, *op, value),
            (Expr::Literal(value, _), Expr::Column(column)) => match op.swap() {
                Some(op) => (column, op, value),
                None => continue,
            },
            _ => continue,
        };
        let ScalarValue::TimestampMicrosecond(Some(micros), _) = value else { continue };
        let (Some(time), "phenomenon_time") =
            (DateTime::from_timestamp_micros(*micros), column.name.as_str())
        else {
            continue;
        };
        let after = time + chrono::Duration::microseconds(1);
        if matches!(op, Operator::Gt | Operator::GtEq | Operator::Eq) {
            range.from = Some(range.from.map_or(time, |from| from.max(time)));
        }
        if matches!(op, Operator::Lt | Operator::LtEq | Operator::Eq) {
            range.to = Some(range.to.map_or(after, |to| to.min(after)));
        }
    }
    range
}

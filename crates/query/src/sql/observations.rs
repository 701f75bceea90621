//! Observations as SQL tables: one dataset, or all that the principal may read.
//!
//! Filters on place, property and the like are decided over the datastreams, before any file is
//! opened; what is left is a scan of the files that hold the datastreams that passed. The permit's
//! row filter is decided in the same place, so that no form of a statement gets around it.

use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Field, Int64Type, Schema, SchemaRef};
use async_trait::async_trait;
use catalog::Observed;
use chrono::{DateTime, Utc};
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::Result;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{
    BinaryExpr, Expr, Operator, ScalarUDF, TableProviderFilterPushDown, TableType, col, lit,
};
use datafusion::physical_expr::ScalarFunctionExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};
use datafusion::scalar::ScalarValue;
use lake::{DataFile, Snapshot};
use model::DatasetId;

use super::filters::{cannot_fail, only_uses, physical, rows_that_pass};
use super::scan::{self, Scan, sql_schema};
use super::scope::{Member, Scope};
use super::seal::SealExec;
use crate::At;
use crate::error::pass;
use crate::functions::StreamColumn;
use crate::streams::{self, DATASTREAM, StreamIndex, TEXT_COLUMNS, VERSION};

/// The columns that files of observations are sorted by.
const SORTED_BY: [&str; 2] = [DATASTREAM, "phenomenon_time"];

/// Which observations a table holds.
#[derive(Debug, Clone)]
pub(crate) enum Which {
    /// Those of one dataset at a version.
    One(DatasetId, At),
    /// Those of every dataset that the principal may read.
    All,
}

/// Observations as a table.
#[derive(Debug)]
pub(crate) struct ObservationTable {
    scope: Arc<Scope>,
    which: Which,
    stored: SchemaRef,
    schema: SchemaRef,
}

/// The columns of observations in SQL: what the datastream says, then what is stored, then the
/// version that is read.
pub(crate) fn observation_schema(stored: &Schema) -> SchemaRef {
    let described = streams::schema();
    let stored = stored.fields().iter().cloned();
    let first = described.fields().iter().take(TEXT_COLUMNS.len()).cloned();
    let version = described.fields().last().cloned();
    Arc::new(Schema::new(first.chain(stored).chain(version).collect::<Vec<_>>()))
}

impl ObservationTable {
    pub(crate) fn new(scope: Arc<Scope>, which: Which) -> ObservationTable {
        let stored = sql_schema(&lake::observations::schema());
        let schema = observation_schema(&stored);
        ObservationTable { scope, which, stored, schema }
    }

    /// The datasets that may hold rows which pass these filters.
    async fn members(&self, on_streams: &[&Expr]) -> Result<Vec<Arc<Member>>> {
        match &self.which {
            Which::One(dataset, at) => Ok(vec![self.scope.member(dataset, *at).await.map_err(pass)?]),
            Which::All => {
                let mut members = Vec::new();
                let datasets = match looked_for(on_streams) {
                    Some(wanted) => self.scope.observing(&wanted).await.map_err(pass)?,
                    None => self.scope.observation_datasets(),
                };
                for dataset in datasets {
                    members.push(self.scope.member(&dataset, self.scope.at()).await.map_err(pass)?);
                }
                Ok(members)
            }
        }
    }

    /// Whether any row that this table could read is hidden from this principal.
    fn hides_rows(&self) -> bool {
        match &self.which {
            Which::One(dataset, _) => self.scope.has_row_filter(dataset),
            Which::All => self.scope.may_hide_rows(),
        }
    }

    fn decides(&self, filter: &Expr) -> bool {
        let described = streams::schema();
        if only_uses(filter, |name| described.index_of(name).is_ok()) {
            return true;
        }
        let stored = only_uses(filter, |name| self.stored.index_of(name).is_ok());
        stored && (cannot_fail(filter) || !self.hides_rows())
    }
}

/// A member whose datastreams have been chosen.
struct Part<'a> {
    member: &'a Member,
    snapshot: &'a Snapshot,
    /// The datastreams to read, in order; `None` for every row of the dataset.
    numbers: Option<Vec<i64>>,
}

impl<'a> Part<'a> {
    /// Decides the filters on datastreams. `None` when nothing of the member is asked for.
    fn choose(state: &dyn Session, member: &'a Member, filters: &[&Expr]) -> Result<Option<Part<'a>>> {
        let Some(snapshot) = member.snapshot.as_deref() else { return Ok(None) };
        let rows = member.permit.rows();
        let hides_streams = rows.places.is_some() || rows.properties.is_some();
        if !hides_streams && filters.is_empty() {
            return Ok(Some(Part { member, snapshot, numbers: None }));
        }
        // What a statement computes from a datastream must not see those that are hidden.
        let batch = member.streams.batch(member.version())?;
        let batch = arrow::compute::filter_record_batch(&batch, &member.streams.allowed(rows))?;
        let all = arrow::array::BooleanArray::from(vec![true; batch.num_rows()]);
        let mask = rows_that_pass(state, filters, &batch, all)?;
        let datastreams = batch.column_by_name(DATASTREAM).map(|column| column.as_primitive::<Int64Type>());
        let mut numbers: Vec<i64> = datastreams
            .into_iter()
            .flat_map(|column| column.values().iter().enumerate())
            .filter(|(row, _)| mask.is_valid(*row) && mask.value(*row))
            .map(|(_, number)| *number)
            .collect();
        numbers.sort_unstable();
        if numbers.is_empty() {
            return Ok(None);
        }
        // A dataset that is asked for whole is read without a filter, unless rows of it are hidden.
        let whole = !hides_streams && numbers.len() == member.streams.datastreams().len();
        let numbers = (!whole).then_some(numbers);
        Ok(Some(Part { member, snapshot, numbers }))
    }

    fn before(&self) -> Option<DateTime<Utc>> {
        self.member.permit.rows().before
    }

    fn is_sealed(&self) -> bool {
        !self.member.permit.rows().is_open()
    }

    fn files(&self) -> impl Iterator<Item = &'a DataFile> {
        let before = self.before().map(|time| time.timestamp_micros());
        self.snapshot.files().iter().filter(move |file| {
            let embargoed = matches!((before, file.min_time), (Some(end), Some(first)) if end <= first);
            !embargoed && may_hold(file, self.numbers.as_deref())
        })
    }
}

/// Whether a file may hold results of one of the datastreams.
fn may_hold(file: &DataFile, numbers: Option<&[i64]>) -> bool {
    match (numbers, file.min_datastream, file.max_datastream) {
        (Some(numbers), Some(min), Some(max)) => {
            numbers.get(numbers.partition_point(|number| *number < min)).is_some_and(|next| *next <= max)
        }
        _ => true,
    }
}

#[async_trait]
impl TableProvider for ObservationTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let answer = |filter: &&Expr| match self.decides(filter) {
            true => TableProviderFilterPushDown::Exact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(answer).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let described = streams::schema();
        let (on_streams, on_rows): (Vec<&Expr>, Vec<&Expr>) =
            filters.iter().partition(|filter| only_uses(filter, |name| described.index_of(name).is_ok()));
        let output: Vec<&Field> = match projection {
            Some(columns) => columns.iter().map(|at| self.schema.field(*at)).collect(),
            None => self.schema.fields().iter().map(AsRef::as_ref).collect(),
        };
        let members = self.members(&on_streams).await?;
        let mut parts = Vec::new();
        for member in &members {
            if let Some(part) = Part::choose(state, member, &on_streams)? {
                self.scope.note_read(part.snapshot);
                parts.push(part);
            }
        }
        let read = |parts: &[Part<'_>]| self.read(state, parts, &on_rows, &output, limit);
        // Members under a row filter are read apart, each under its own seal; of the others, those
        // that are read whole need no filter on datastreams.
        let (sealed, open): (Vec<Part<'_>>, Vec<Part<'_>>) = parts.into_iter().partition(Part::is_sealed);
        let (some, whole): (Vec<Part<'_>>, Vec<Part<'_>>) =
            open.into_iter().partition(|part| part.numbers.is_some());
        let mut plans = Vec::new();
        for group in [whole.as_slice(), some.as_slice()].into_iter().chain(sealed.chunks(1)) {
            plans.extend(read(group)?);
        }
        match plans.len() {
            0 => {
                let fields: Vec<Field> = output.into_iter().cloned().collect();
                Ok(Arc::new(EmptyExec::new(Arc::new(Schema::new(fields)))))
            }
            1 => Ok(plans.remove(0)),
            _ => UnionExec::try_new(plans),
        }
    }
}

impl ObservationTable {
    /// The plan that reads some members at once; `None` when no file holds anything of them.
    fn read(
        &self,
        state: &dyn Session,
        parts: &[Part<'_>],
        on_rows: &[&Expr],
        output: &[&Field],
        limit: Option<usize>,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let mut files: Vec<&DataFile> = parts.iter().flat_map(Part::files).collect();
        if files.is_empty() {
            return Ok(None);
        }
        files.sort_by_key(|file| (file.min_datastream, file.min_time));
        let mut conditions: Vec<Expr> = on_rows.iter().map(|filter| (*filter).clone()).collect();
        if parts.iter().any(|part| part.numbers.is_some()) {
            let numbers: Vec<Expr> =
                parts.iter().filter_map(|p| p.numbers.as_ref()).flatten().map(|n| lit(*n)).collect();
            conditions.insert(0, col(DATASTREAM).in_list(numbers, false));
        }
        if let Some(end) = parts.iter().find_map(Part::before) {
            let end = ScalarValue::TimestampMicrosecond(Some(end.timestamp_micros()), Some(Arc::from("UTC")));
            conditions.insert(0, col("phenomenon_time").lt(lit(end)));
        }
        let condition = conjunction(conditions);
        let columns = self.columns_to_read(output, condition.as_ref());
        let limit = if condition.is_none() { limit } else { None };
        let scan = Scan { schema: self.stored.clone(), columns, files, sorted_by: &SORTED_BY, limit };
        let mut plan = scan::plan(state, &scan)?;
        if let Some(condition) = condition {
            let predicate = physical(state, &condition, &plan.schema())?;
            plan = Arc::new(FilterExec::try_new(predicate, plan)?);
        }
        if parts.iter().any(Part::is_sealed) {
            plan = Arc::new(SealExec::new(plan));
        }
        let index = StreamIndex::new(
            parts.iter().map(|p| (p.member.streams.clone(), p.member.version(), p.numbers.as_deref())),
        );
        Ok(Some(self.describe(state, plan, Arc::new(index), parts, output)?))
    }

    fn columns_to_read(&self, output: &[&Field], condition: Option<&Expr>) -> Vec<usize> {
        let mut columns: Vec<usize> = output
            .iter()
            .filter_map(|field| {
                let name = if is_described(field.name()) { DATASTREAM } else { field.name() };
                self.stored.index_of(name).ok()
            })
            .chain(
                condition
                    .into_iter()
                    .flat_map(Expr::column_refs)
                    .filter_map(|column| self.stored.index_of(&column.name).ok()),
            )
            .collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// Adds what the datastreams say to the stored columns, in the order asked for.
    fn describe(
        &self,
        state: &dyn Session,
        plan: Arc<dyn ExecutionPlan>,
        index: Arc<StreamIndex>,
        parts: &[Part<'_>],
        output: &[&Field],
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = plan.schema();
        let options = Arc::new(state.config_options().clone());
        let mut expressions: Vec<(Arc<dyn PhysicalExpr>, String)> = Vec::new();
        for field in output {
            let name = field.name().clone();
            let expression: Arc<dyn PhysicalExpr> = match parts {
                [part] if name == VERSION => constant(ScalarValue::Int64(part.member.version())),
                [part] if name == "dataset" => {
                    constant(ScalarValue::Utf8View(Some(part.member.permit.dataset().to_string())))
                }
                _ if is_described(&name) => {
                    let function = ScalarUDF::from(StreamColumn::new(&name, index.clone())?);
                    let datastream: Arc<dyn PhysicalExpr> =
                        Arc::new(Column::new_with_schema(DATASTREAM, &schema)?);
                    let arguments = vec![datastream];
                    Arc::new(ScalarFunctionExpr::new(
                        function.name(),
                        Arc::new(function.clone()),
                        arguments,
                        Arc::new(Field::new(&name, field.data_type().clone(), true)),
                        options.clone(),
                    ))
                }
                _ => Arc::new(Column::new_with_schema(&name, &schema)?),
            };
            expressions.push((expression, name));
        }
        Ok(Arc::new(ProjectionExec::try_new(expressions, plan)?))
    }
}

/// What filters say of dataset, place and property in so many words: `place = 'x'` or
/// `place IN ('x', 'y')`. `None` when they say nothing of the kind.
fn looked_for(filters: &[&Expr]) -> Option<Observed> {
    let mut wanted = Observed::default();
    let mut any = false;
    for filter in filters {
        let Some((column, values)) = named_values(filter) else { continue };
        let place = match column {
            "dataset" => &mut wanted.datasets,
            "place" => &mut wanted.places,
            "property" => &mut wanted.properties,
            _ => continue,
        };
        any = true;
        match place {
            // Both lists hold.
            Some(known) => known.retain(|value| values.contains(value)),
            none => *none = Some(values),
        }
    }
    any.then_some(wanted)
}

fn named_values(filter: &Expr) -> Option<(&str, Vec<String>)> {
    let text = |value: &Expr| match value {
        Expr::Literal(value, _) => value.try_as_str().flatten().map(str::to_owned),
        _ => None,
    };
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => match (&**left, &**right) {
            (Expr::Column(column), value) | (value, Expr::Column(column)) => {
                Some((column.name(), vec![text(value)?]))
            }
            _ => None,
        },
        Expr::InList(InList { expr, list, negated: false }) => {
            let Expr::Column(column) = &**expr else { return None };
            Some((column.name(), list.iter().map(text).collect::<Option<_>>()?))
        }
        _ => None,
    }
}

fn constant(value: ScalarValue) -> Arc<dyn PhysicalExpr> {
    datafusion::physical_expr::expressions::lit(value)
}

/// Whether the column comes from the datastream rather than from the file.
fn is_described(name: &str) -> bool {
    name == VERSION || TEXT_COLUMNS.contains(&name)
}

//! SQL for a principal: one statement that reads, planned and run within limits.

mod answer;
mod cost;
mod features;
mod filters;
mod functions;
mod held;
mod interrupt;
mod lists;
mod membership;
mod observations;
mod parameters;
mod pass;
mod postgres;
mod scan;
mod scope;
mod seal;
mod session;
mod spatial;
mod text;

use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use datafusion::common::TableReference;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::{SessionState, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::sql::parser::Statement;
use futures::stream::BoxStream;
use model::{DatasetId, Version};
use policy::Principal;
use tokio::time::timeout_at;
use tracing::Instrument;

pub use answer::Truncated;
pub(crate) use features::with_geometry;
pub(crate) use filters::{only_uses, rows_that_pass};
pub(crate) use held::HeldExec;
pub use lists::written as list_items;
pub use parameters::Parameter;
pub(crate) use pass::{Pass, PassExec};
pub use postgres::{Origin, PgType, Postgres};
pub(crate) use scope::Scope;
pub(crate) use seal::SealExec;
pub(crate) use session::cluster_context;
pub(crate) use spatial::SpatialJoinExec;
use wording::told;

use crate::cluster::{self, Cluster, Parcel};
use crate::engine::record::{Kind, Record};
use crate::engine::stop::Stop;
use crate::engine::{Asker, Inner, On, Request, Slot, out_of_time};
use crate::{Engine, Error};

/// A statement.
#[derive(Debug, Clone)]
pub struct Sql {
    /// The statement: one `SELECT` (or `WITH`, `VALUES`, `EXPLAIN` for an administrator).
    pub text: String,
    /// Read every dataset as it was known at this instant.
    pub as_known_at: Option<DateTime<Utc>>,
    /// The most rows that the asker wants; the answer ends there and says so.
    pub max_rows: Option<usize>,
    /// The values of `$1`, `$2`, ….
    pub parameters: Vec<Parameter>,
    /// For clients of PostgreSQL: what such a server says of itself and of its tables is there too.
    pub postgres: Option<Postgres>,
    /// For a file: as many rows as there are, and more time for them.
    pub is_whole: bool,
}

impl Sql {
    /// A statement over what is known now.
    pub fn new(text: impl Into<String>) -> Sql {
        Sql {
            text: text.into(),
            as_known_at: None,
            max_rows: None,
            parameters: Vec::new(),
            postgres: None,
            is_whole: false,
        }
    }
}

/// The answer to a statement, as it is computed.
pub struct SqlAnswer {
    /// Its columns.
    pub schema: SchemaRef,
    /// Its rows. After an error nothing follows.
    pub batches: BoxStream<'static, Result<RecordBatch, Error>>,
    /// For clients of PostgreSQL: the columns of tables that its columns are.
    pub origins: Vec<Option<Origin>>,
    /// The versions that the statement reads, by dataset.
    pub datasets: Vec<(DatasetId, Version)>,
    /// Once the rows have been read: whether there were more than the asker wanted.
    pub truncated: Truncated,
}

impl std::fmt::Debug for SqlAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlAnswer")
            .field("schema", &self.schema)
            .field("datasets", &self.datasets)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Answers a statement with what the principal may read. Tables of others are unknown to it.
    ///
    /// It is planned among short statements; when the plan shows a scan, it waits for its turn
    /// among the scans.
    pub async fn sql(&self, principal: &Principal, sql: Sql) -> Result<SqlAnswer, Error> {
        text::check(&sql.text)?;
        let engine = self.inner.clone();
        let asker = Asker::current().unwrap_or_else(|| Asker::new(principal, None));
        let account = engine.accounts.of(&asker);
        account.admit()?;
        let stop = Stop::after(engine.limits.timeout * if sql.is_whole { WHOLE_TIMES } else { 1 });
        let gone = stop.when_dropped();
        let mut record = Record::new(Kind::Sql, sql.text.clone(), account.clone(), engine.slow.clone());
        let slot = timeout_at(stop.deadline, engine.short.enter(&asker, PLANNING_SECONDS)).await;
        let slot = match slot.unwrap_or_else(|_| Err(stop.error())) {
            Ok(slot) => slot,
            Err(error) => return Err(record.failed(error)),
        };
        record.begins();
        let request = Request { account, stop: stop.clone(), is_whole: sql.is_whole };
        let principal = principal.clone();
        let deadline = stop.deadline;
        let work = async move {
            let planned = timeout_at(deadline, planned(&engine, &principal, &sql)).await;
            let planned = match planned.unwrap_or_else(|_| Err(stop.error())) {
                Ok(planned) => planned,
                Err(error) => return Err(record.failed(error)),
            };
            let cost = cost::of(&planned.plan);
            record.planned(planned.plan.clone(), cost.files, planned.all_files);
            let started = async {
                let parcel = planned.parcel(&engine, &cost, &stop).await?;
                let slot = turn(&engine, &asker, slot, &cost, &stop, &mut record).await?;
                Ok::<_, Error>((parcel, slot))
            };
            let (parcel, slot) = match started.await {
                Ok(started) => started,
                Err(error) => return Err(record.failed(error)),
            };
            let origins = planned.origins;
            let rows = match parcel {
                Some((cluster, parcel)) => {
                    record.sent_elsewhere(cost.bytes);
                    timeout_at(deadline, cluster.run(parcel)).await.unwrap_or_else(|_| Err(stop.error()))
                }
                None => execute_stream(planned.plan, planned.context).map_err(Error::from),
            };
            match rows {
                Ok(rows) => {
                    let most = if sql.is_whole { usize::MAX } else { engine.limits.max_rows };
                    let running =
                        answer::Running { rows, slot, stop, gone, record, wanted: sql.max_rows, most };
                    Ok(SqlAnswer { origins, ..answer::deliver(&engine, running, planned.reads) })
                }
                Err(error) => Err(record.failed(error)),
            }
        };
        let mut task = self.inner.threads.spawn(On::Scans, request.scope(work).in_current_span());
        // Planning that does not come to its end in time goes on alone until it sees the sign.
        timeout_at(deadline, task.join())
            .await
            .unwrap_or_else(|_| Err(out_of_time(self.inner.limits.timeout)))?
    }
}

/// What a statement takes and gives, before it has values.
#[derive(Debug, Clone)]
pub struct SqlShape {
    /// The types of `$1`, `$2`, …, where the statement tells them.
    pub parameters: Vec<Option<DataType>>,
    /// Its columns.
    pub schema: SchemaRef,
    /// For clients of PostgreSQL: the columns of tables that its columns are.
    pub origins: Vec<Option<Origin>>,
}

impl Engine {
    /// What a statement takes and gives. Types that the asker knows are given; the others are found.
    pub async fn describe(
        &self,
        principal: &Principal,
        sql: Sql,
        known: Vec<Option<DataType>>,
    ) -> Result<SqlShape, Error> {
        text::check(&sql.text)?;
        let engine = self.inner.clone();
        let asker = Asker::current().unwrap_or_else(|| Asker::new(principal, None));
        let account = engine.accounts.of(&asker);
        account.admit()?;
        let stop = Stop::after(engine.limits.timeout);
        let slot = timeout_at(stop.deadline, engine.short.enter(&asker, PLANNING_SECONDS)).await;
        let slot = slot.unwrap_or_else(|_| Err(stop.error()))?;
        let request = Request { account, stop: stop.clone(), is_whole: sql.is_whole };
        let principal = principal.clone();
        let deadline = stop.deadline;
        let work = async move {
            let _slot = slot;
            let scope = Scope::open(&engine, &principal, sql.as_known_at).await?;
            let mut state = session::context(&scope, sql.postgres.as_ref()).state();
            let is_admin = principal.is_admin();
            let mut types = known;
            let asked = parameters::asked(&state, &sql)?;
            types.resize(types.len().max(asked.types.len()), None);
            for (of, said) in types.iter_mut().zip(asked.types) {
                *of = of.take().or(said);
            }
            if types.iter().any(Option::is_none) {
                // A statement whose types cannot be told is planned with texts below.
                if let Ok(open) = plan(&mut state, &scope, &sql, Values::Open, is_admin).await {
                    parameters::fill(&mut types, &open);
                }
            }
            for place in asked.lists {
                if let Some(of @ Some(_)) = types.get_mut(place - 1) {
                    *of = of.take().map(|of| match of {
                        list @ DataType::List(_) => list,
                        item => DataType::new_list(item, true),
                    });
                }
            }
            let plan = plan(&mut state, &scope, &sql, Values::Empty(&types), is_admin).await?;
            let schema = answer::plain_schema(plan.schema().as_arrow());
            Ok(SqlShape { parameters: types, schema, origins: origins_of(&sql, &plan) })
        };
        let mut task = self.inner.threads.spawn(On::Scans, request.scope(work).in_current_span());
        timeout_at(deadline, task.join())
            .await
            .unwrap_or_else(|_| Err(out_of_time(self.inner.limits.timeout)))?
    }
}

/// What stands in the places of a statement's parameters.
enum Values<'a> {
    /// What the asker gave.
    Given,
    /// Nothing: the planner says what belongs there.
    Open,
    /// Nothing yet, of these types.
    Empty(&'a [Option<DataType>]),
}

/// How many times the time of other statements a whole dataset may take.
const WHOLE_TIMES: u32 = 20;

/// The rows that are on their way at a time for a file: with the shapes of features they are large.
const WHOLE_BATCH_ROWS: usize = 2048;

/// What planning takes, for its turn.
const PLANNING_SECONDS: f64 = 0.005;

/// A statement that can run.
struct Planned {
    scope: Arc<Scope>,
    logical: LogicalPlan,
    origins: Vec<Option<Origin>>,
    batch_rows: usize,
    plan: Arc<dyn ExecutionPlan>,
    context: Arc<TaskContext>,
    /// The versions that it reads, and how many files these have.
    reads: Vec<(DatasetId, Version)>,
    all_files: u64,
}

async fn planned(engine: &Arc<Inner>, principal: &Principal, sql: &Sql) -> Result<Planned, Error> {
    let work = async {
        let scope = Scope::open(engine, principal, sql.as_known_at).await?;
        let mut state = session::context(&scope, sql.postgres.as_ref()).state();
        // Files are read side by side in their own order where that saves sorting what is large.
        state.config_mut().options_mut().execution.split_file_groups_by_statistics = sql.is_whole;
        let logical = plan(&mut state, &scope, sql, Values::Given, principal.is_admin()).await?;
        let physical = state.create_physical_plan(&logical).await?;
        let most = if sql.is_whole { WHOLE_BATCH_ROWS } else { usize::MAX };
        let batch_rows = cost::batch_rows(&logical)?.min(most);
        let config = state.config().clone().with_batch_size(batch_rows);
        let context = Arc::new(TaskContext::from(&state).with_session_config(config));
        let (reads, all_files) = (scope.reads(), scope.files());
        let origins = origins_of(sql, &logical);
        Ok(Planned { scope, logical, origins, batch_rows, plan: physical, context, reads, all_files })
    };
    work.instrument(tracing::info_span!(target: "cuulong::work", "plan")).await
}

impl Planned {
    /// The statement for the cluster, when there is one and this machine is too small for it.
    async fn parcel(
        &self,
        engine: &Inner,
        cost: &cost::PlanCost,
        stop: &Stop,
    ) -> Result<Option<(Arc<dyn Cluster>, Parcel)>, Error> {
        let Some(elsewhere) = &engine.elsewhere else { return Ok(None) };
        // What explains a plan explains the one of this machine.
        let explains = matches!(self.logical, LogicalPlan::Explain(_) | LogicalPlan::Analyze(_));
        if explains || cost.files == 0 || cost.bytes < elsewhere.from_bytes as f64 {
            return Ok(None);
        }
        let parcel = cluster::parcel(elsewhere, &self.scope, &self.logical, self.batch_rows, stop).await?;
        Ok(parcel.map(|parcel| (elsewhere.cluster.clone(), parcel)))
    }
}

/// The place in which a planned statement runs: the one that it has when it is short, else one
/// among the scans, which it waits for.
async fn turn(
    engine: &Arc<Inner>,
    asker: &Asker,
    slot: Slot,
    cost: &cost::PlanCost,
    stop: &Stop,
    record: &mut Record,
) -> Result<Slot, Error> {
    if cost.is_short() {
        return Ok(slot);
    }
    drop(slot);
    let began = std::time::Instant::now();
    let slot = timeout_at(stop.deadline, engine.scan.enter(asker, cost.seconds())).await;
    record.waited(began.elapsed());
    slot.unwrap_or_else(|_| Err(stop.error()))
}

/// Where the columns come from, for who asks as of PostgreSQL.
fn origins_of(sql: &Sql, plan: &LogicalPlan) -> Vec<Option<Origin>> {
    match &sql.postgres {
        Some(_) => postgres::origins(plan),
        None => Vec::new(),
    }
}

/// Parses and plans one statement that reads.
async fn plan(
    state: &mut SessionState,
    scope: &Arc<Scope>,
    sql: &Sql,
    values: Values<'_>,
    may_explain: bool,
) -> Result<LogicalPlan, Error> {
    let mut statement = state
        .sql_to_statement(&sql.text, &session::dialect(sql.postgres.is_some()))
        .map_err(text::parse_error)?;
    text::check_statement(&statement)?;
    match values {
        Values::Given => parameters::put(&mut statement, &sql.parameters)?,
        Values::Open => drop(lists::take_parameters_apart(&mut statement)),
        Values::Empty(types) => {
            let apart = lists::take_parameters_apart(&mut statement);
            parameters::put_nulls(&mut statement, types, &apart)?;
        }
    }
    lists::take_apart(&mut statement);
    membership::mind_nulls(&mut statement, session::dialect(sql.postgres.is_some()), sql.text.len())?;
    if let Some(postgres) = &sql.postgres {
        postgres::prepare(state, &mut statement, postgres, scope).await?;
    }
    known_tables(state, scope, &statement, sql.postgres.is_some()).await?;
    let mut plan = state.statement_to_plan(statement).await?;
    plan = postgres::with_times(plan, sql.postgres.as_ref())?;
    if sql.postgres.is_some() {
        plan = postgres::with_plain_shapes(state, plan)?;
    }
    let options = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    options.verify_plan(&plan).map_err(|_| only_reads())?;
    let explains = matches!(plan, LogicalPlan::Explain(_) | LogicalPlan::Analyze(_));
    if explains && !may_explain {
        // A plan names files and tells what their statistics know, beyond any row filter.
        return Err(Error::invalid(
            told!("query-explain-administrators", "`EXPLAIN` is for administrators"),
            told!("query-ask-rows-instead", "ask for the rows instead"),
        ));
    }
    Ok(plan)
}

fn only_reads() -> Error {
    Error::invalid(
        told!("query-only-statements-read-taken", "only statements that read are taken"),
        told!("query-write-one-select", "write one `SELECT`"),
    )
}

/// Refuses names that are no table for this principal, and says what is there.
async fn known_tables(
    state: &SessionState,
    scope: &Arc<Scope>,
    statement: &Statement,
    is_postgres: bool,
) -> Result<(), Error> {
    for reference in state.resolve_table_references(statement)? {
        let schema = reference.schema().unwrap_or(session::SCHEMA);
        let catalog = reference.catalog().unwrap_or(session::CATALOG);
        let name = reference.table();
        let is_described = match is_postgres {
            true => postgres::has_table(schema, name),
            false => schema == "information_schema",
        };
        if is_described && catalog == session::CATALOG {
            continue;
        }
        let is_table = catalog == session::CATALOG && schema == session::SCHEMA && scope.has_table(name);
        // A function in `FROM` is listed among the tables.
        let is_function = reference.schema().is_none() && state.table_functions().contains_key(name);
        if is_table || is_function {
            continue;
        }
        scope.note_attempt(name).await;
        return Err(unknown_table(&reference, scope));
    }
    Ok(())
}

fn unknown_table(reference: &TableReference, scope: &Scope) -> Error {
    let mut names = scope.table_names();
    names.sort_unstable();
    let more = names.len().saturating_sub(60);
    names.truncate(60);
    let names = names.join(", ");
    let hint = match more {
        0 => told!("query-there-is", "there is {names}", names = names),
        _ => told!(
            "query-there-is-and-more",
            "there is {names} and {more} more: see `SELECT table_name FROM information_schema.tables`",
            names = names,
            more = more
        ),
    };
    Error::invalid(
        told!("query-there-no-table", "there is no table `{reference}`", reference = reference),
        hint,
    )
}

//! SQL for a principal: one statement that reads, planned and run within limits.

mod answer;
mod features;
mod filters;
mod functions;
mod held;
mod observations;
mod scan;
mod scope;
mod seal;
mod session;
mod text;

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use datafusion::common::TableReference;
use datafusion::execution::SessionState;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::execute_stream;
use datafusion::sql::parser::Statement;
use futures::stream::BoxStream;
use model::{DatasetId, Version};
use policy::Principal;

pub use answer::Truncated;
pub(crate) use filters::{only_uses, rows_that_pass};
pub(crate) use scope::Scope;

use crate::engine::out_of_time;
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
}

impl Sql {
    /// A statement over what is known now.
    pub fn new(text: impl Into<String>) -> Sql {
        Sql { text: text.into(), as_known_at: None, max_rows: None }
    }
}

/// The answer to a statement, as it is computed.
pub struct SqlAnswer {
    /// Its columns.
    pub schema: SchemaRef,
    /// Its rows. After an error nothing follows.
    pub batches: BoxStream<'static, Result<RecordBatch, Error>>,
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
    pub async fn sql(&self, principal: &Principal, sql: Sql) -> Result<SqlAnswer, Error> {
        text::check(&sql.text)?;
        let timeout = self.inner.limits.timeout;
        let deadline = tokio::time::Instant::now() + timeout;
        let engine = self.inner.clone();
        let principal = principal.clone();
        let mut task = self.inner.spawn(async move {
            let work = async {
                let slot = engine.slots.clone().acquire_owned().await.map_err(Error::internal)?;
                let scope = Scope::open(&engine, &principal, sql.as_known_at).await?;
                let context = session::context(&scope);
                let plan = plan(&context.state(), &scope, &sql.text, principal.is_admin()).await?;
                let physical = context.state().create_physical_plan(&plan).await?;
                let stream = execute_stream(physical, context.task_ctx())?;
                Ok::<_, Error>((slot, scope.reads(), stream))
            };
            match tokio::time::timeout_at(deadline, work).await {
                Ok(Ok((slot, reads, stream))) => Ok(answer::deliver(
                    &engine,
                    stream,
                    reads,
                    slot,
                    answer::Ends { deadline, timeout, wanted: sql.max_rows },
                )),
                Ok(Err(error)) => Err(error),
                Err(_) => Err(out_of_time(timeout)),
            }
        });
        task.join().await?
    }
}

/// Parses and plans one statement that reads.
async fn plan(
    state: &SessionState,
    scope: &Arc<Scope>,
    sql: &str,
    may_explain: bool,
) -> Result<LogicalPlan, Error> {
    let statement = state.sql_to_statement(sql, &session::dialect()).map_err(text::parse_error)?;
    text::check_statement(&statement)?;
    known_tables(state, scope, &statement).await?;
    let plan = state.statement_to_plan(statement).await?;
    let options = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    options.verify_plan(&plan).map_err(|_| only_reads())?;
    let explains = matches!(plan, LogicalPlan::Explain(_) | LogicalPlan::Analyze(_));
    if explains && !may_explain {
        // A plan names files and tells what their statistics know, beyond any row filter.
        return Err(Error::invalid("`EXPLAIN` is for administrators", "ask for the rows instead"));
    }
    Ok(plan)
}

fn only_reads() -> Error {
    Error::invalid("only statements that read are taken", "write one `SELECT`")
}

/// Refuses names that are no table for this principal, and says what is there.
async fn known_tables(state: &SessionState, scope: &Arc<Scope>, statement: &Statement) -> Result<(), Error> {
    for reference in state.resolve_table_references(statement)? {
        let schema = reference.schema().unwrap_or(session::SCHEMA);
        let catalog = reference.catalog().unwrap_or(session::CATALOG);
        if schema == "information_schema" && catalog == session::CATALOG {
            continue;
        }
        let name = reference.table();
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
    let mut hint = format!("there is {}", names.join(", "));
    if more > 0 {
        hint.push_str(&format!(" and {more} more: see `SELECT table_name FROM information_schema.tables`"));
    }
    Error::invalid(format!("there is no table `{reference}`"), hint)
}

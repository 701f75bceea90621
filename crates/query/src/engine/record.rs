//! What one query did, told when it is over: to the numbers, to its asker's budget, and to the log
//! when it was slow.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use parking_lot::Mutex;

use super::budget::Account;
use super::shape::Shape;
use crate::Error;

/// How many slow queries are kept in memory.
const KEPT: usize = 100;
/// The most letters of a statement, and of a plan, that are kept.
const MOST_TEXT: usize = 2_000;
const MOST_PLAN: usize = 16_000;

/// A query that took longer than the operator finds right.
#[derive(Debug, Clone)]
pub struct SlowQuery {
    /// When it ended.
    pub at: DateTime<Utc>,
    /// `sql` or `direct`.
    pub kind: &'static str,
    /// For whom: `user …`, `public`, `node`.
    pub asker: String,
    /// The same statement has the same number, whole and on every node.
    pub hash: String,
    /// The statement, cut at 2,000 letters; of a direct read, what it read.
    pub text: String,
    /// `answered`, `refused`, `limited`, `failed`, `cancelled`.
    pub outcome: &'static str,
    /// How long it waited for its turn.
    pub waited: Duration,
    /// How long it ran.
    pub ran: Duration,
    /// The rows that it answered.
    pub rows: u64,
    /// The bytes of files that it read.
    pub bytes: u64,
    /// The bytes that it put aside on disk.
    pub spilled: u64,
    /// The files that it read, of all that its datasets have.
    pub files: Option<(u64, u64)>,
    /// The plan with what each operator did; of a direct read, which has none, its shape: versions,
    /// datastreams, predicate, and what the files' statistics say that it took.
    pub plan: Option<String>,
}

/// The slow queries of late.
#[derive(Debug)]
pub(crate) struct SlowQueries {
    /// From how long on a query is slow; none is when absent.
    over: Option<Duration>,
    held: Mutex<VecDeque<SlowQuery>>,
}

impl SlowQueries {
    pub(crate) fn new(over: Option<Duration>) -> SlowQueries {
        SlowQueries { over, held: Mutex::default() }
    }

    /// The last ones, the newest first.
    pub(crate) fn list(&self) -> Vec<SlowQuery> {
        self.held.lock().iter().rev().cloned().collect()
    }

    fn add(&self, query: SlowQuery) {
        tracing::warn!(
            query.kind = query.kind,
            query.asker = query.asker,
            query.hash = query.hash,
            query.text = query.text,
            query.outcome = query.outcome,
            query.waited_ms = query.waited.as_secs_f64() * 1000.0,
            query.ran_ms = query.ran.as_secs_f64() * 1000.0,
            query.rows = query.rows,
            query.bytes = query.bytes,
            query.spilled_bytes = query.spilled,
            query.files_read = query.files.map(|(read, _)| read),
            query.files_pruned = query.files.map(|(read, all)| all.saturating_sub(read)),
            query.plan = query.plan,
            "slow query"
        );
        metrics::counter!("cuulong_slow_queries_total", "kind" => query.kind).increment(1);
        let mut held = self.held.lock();
        if held.len() >= KEPT {
            held.pop_front();
        }
        held.push_back(query);
    }
}

/// Which way a query came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Direct,
    Sql,
}

impl Kind {
    fn code(self) -> &'static str {
        match self {
            Kind::Direct => "direct",
            Kind::Sql => "sql",
        }
    }
}

/// One query, told when it is dropped.
#[derive(Debug)]
pub(crate) struct Record {
    kind: Kind,
    text: String,
    account: Arc<Account>,
    slow: Arc<SlowQueries>,
    came: Instant,
    begun: Option<Instant>,
    waited: Duration,
    outcome: &'static str,
    rows: u64,
    bytes: u64,
    files: u64,
    all_files: Option<u64>,
    seconds: f64,
    plan: Option<Arc<dyn ExecutionPlan>>,
    /// What a direct read did.
    shape: Option<Arc<Mutex<Shape>>>,
    /// The bytes of files that other machines read for it.
    elsewhere: Option<u64>,
}

impl Record {
    pub(crate) fn new(kind: Kind, text: String, account: Arc<Account>, slow: Arc<SlowQueries>) -> Record {
        Record {
            kind,
            text,
            account,
            slow,
            came: Instant::now(),
            begun: None,
            waited: Duration::ZERO,
            outcome: "cancelled",
            rows: 0,
            bytes: 0,
            files: 0,
            all_files: None,
            seconds: 0.0,
            plan: None,
            shape: None,
            elsewhere: None,
        }
    }

    /// Its turn has come.
    pub(crate) fn begins(&mut self) {
        self.waited = self.came.elapsed();
        self.begun.get_or_insert_with(Instant::now);
    }

    /// It waits again, since it is larger than it looked; what it waits is not what it ran.
    pub(crate) fn waited(&mut self, more: Duration) {
        self.waited += more;
        self.begun = self.begun.map(|begun| begun + more);
    }

    pub(crate) fn used(&mut self, seconds: f64, bytes: u64, files: u64) {
        self.seconds += seconds;
        self.bytes = bytes;
        self.files = files;
    }

    pub(crate) fn planned(&mut self, plan: Arc<dyn ExecutionPlan>, files: u64, all_files: u64) {
        self.plan = Some(plan);
        self.files = files;
        self.all_files = Some(all_files);
    }

    /// A direct read notes there what it does.
    pub(crate) fn shaped(&mut self, shape: Arc<Mutex<Shape>>) {
        self.shape = Some(shape);
    }

    /// Other machines run it, and read so many bytes.
    pub(crate) fn sent_elsewhere(&mut self, bytes: f64) {
        metrics::counter!("cuulong_cluster_queries_total").increment(1);
        self.elsewhere = Some(bytes as u64);
    }

    /// So many rows were handed over.
    pub(crate) fn gave(&mut self, rows: usize) {
        self.rows += rows as u64;
    }

    pub(crate) fn answered(&mut self, rows: u64) {
        self.rows += rows;
        self.outcome = "answered";
    }

    /// It ended with an error, which is handed on.
    pub(crate) fn failed(&mut self, error: Error) -> Error {
        self.outcome = match &error {
            Error::NotFound { .. }
            | Error::Gone { .. }
            | Error::Denied(_)
            | Error::Invalid { .. }
            | Error::Busy { .. } => "refused",
            Error::Limit { .. } => "limited",
            Error::Later | Error::Away(_) | Error::Internal(_) | Error::Damaged { .. } => "failed",
        };
        error
    }

    /// What the operators of the plan counted under a name.
    fn counted(&self, name: &str) -> u64 {
        self.plan.as_ref().map_or(0, |plan| sum(plan, name))
    }
}

fn sum(plan: &Arc<dyn ExecutionPlan>, name: &str) -> u64 {
    let own = plan.metrics().and_then(|metrics| metrics.sum_by_name(name)).map_or(0, |sum| sum.as_usize());
    plan.children().into_iter().fold(own as u64, |total, child| total + sum(child, name))
}

impl Drop for Record {
    fn drop(&mut self) {
        let ran = self.begun.map_or(Duration::ZERO, |begun| begun.elapsed());
        let mut spilled = 0;
        if self.kind == Kind::Sql {
            self.bytes = self.elsewhere.unwrap_or_else(|| self.counted("bytes_scanned"));
            spilled = self.counted("spilled_bytes");
            self.seconds = ran.as_secs_f64();
        }
        self.account.charge(self.seconds, self.bytes);
        let kind = self.kind.code();
        metrics::counter!("cuulong_queries_total", "kind" => kind, "outcome" => self.outcome).increment(1);
        metrics::histogram!("cuulong_query_wait_seconds", "kind" => kind).record(self.waited.as_secs_f64());
        metrics::histogram!("cuulong_query_run_seconds", "kind" => kind).record(ran.as_secs_f64());
        metrics::counter!("cuulong_query_rows_total", "kind" => kind).increment(self.rows);
        metrics::counter!("cuulong_query_scanned_bytes_total", "kind" => kind).increment(self.bytes);
        metrics::counter!("cuulong_query_spilled_bytes_total", "kind" => kind).increment(spilled);
        if self.slow.over.is_none_or(|over| ran + self.waited < over) {
            return;
        }
        let plan = self.plan.as_ref().map(|plan| {
            let shown = DisplayableExecutionPlan::with_metrics(plan.as_ref()).indent(false).to_string();
            shorten(&shown, MOST_PLAN)
        });
        let shape = self.shape.as_ref().map(|shape| shape.lock());
        let plan = plan.or_else(|| Some(shorten(&shape.as_ref()?.told(&self.text), MOST_PLAN)));
        let all_files = self.all_files.or_else(|| shape.as_ref()?.all_files());
        self.slow.add(SlowQuery {
            at: Utc::now(),
            kind,
            asker: self.account.asker().to_string(),
            hash: hash(&self.text),
            text: shorten(&self.text, MOST_TEXT),
            outcome: self.outcome,
            waited: self.waited,
            ran,
            rows: self.rows,
            bytes: self.bytes,
            spilled,
            files: all_files.map(|all| (self.files, all.max(self.files))),
            plan,
        });
    }
}

fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// FNV-1a: short, and the same on every node and in every release.
fn hash(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

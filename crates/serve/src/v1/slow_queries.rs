//! The queries of late that took long, with their plans: for administrators.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use query::SlowQuery;
use serde::Serialize;
use utoipa::ToSchema;

use super::admin::admin_only;
use super::documents::Page;
use crate::App;
use crate::http::{Answer, Caller};

/// A query that took longer than `slow_query_ms`.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlowQueryDocument {
    /// When it ended.
    pub at: DateTime<Utc>,
    /// sql or direct.
    pub kind: &'static str,
    /// For whom it ran: `user …`, `public` or `node`.
    pub asker: String,
    /// The same statement has the same number.
    pub hash: String,
    /// The statement, cut at 2,000 letters; of a direct read, what it read.
    pub text: String,
    /// answered, refused, limited, failed or cancelled.
    pub outcome: &'static str,
    /// How long it waited for its turn, milliseconds.
    pub waited_ms: f64,
    /// How long it ran, milliseconds.
    pub ran_ms: f64,
    /// The rows that it answered.
    pub rows: u64,
    /// The bytes of files that it read.
    pub bytes: u64,
    /// The bytes that it put aside on disk.
    pub spilled_bytes: u64,
    /// The files that it opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files_read: Option<u64>,
    /// The files of the versions it read that it did not have to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files_pruned: Option<u64>,
    /// The plan, with what each operator did; of a direct read its shape: versions, datastreams, predicate,
    /// and what the statistics of files say that it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
}

impl From<SlowQuery> for SlowQueryDocument {
    fn from(query: SlowQuery) -> Self {
        let milliseconds = |time: std::time::Duration| (time.as_secs_f64() * 1e6).round() / 1e3;
        SlowQueryDocument {
            at: query.at,
            kind: query.kind,
            asker: query.asker,
            hash: query.hash,
            text: query.text,
            outcome: query.outcome,
            waited_ms: milliseconds(query.waited),
            ran_ms: milliseconds(query.ran),
            rows: query.rows,
            bytes: query.bytes,
            spilled_bytes: query.spilled,
            files_read: query.files.map(|(read, _)| read),
            files_pruned: query.files.map(|(read, all)| all.saturating_sub(read)),
            plan: query.plan,
        }
    }
}

/// The last hundred slow queries of this node since its start, the newest first. For administrators.
#[utoipa::path(get, path = "/v1/admin/slow-queries", tag = "admin", security(("key" = [])),
    responses((status = 200, body = Page<SlowQueryDocument>)))]
pub async fn list(
    State(app): State<App>,
    Caller(principal): Caller,
) -> Answer<Json<Page<SlowQueryDocument>>> {
    admin_only(&principal)?;
    let items: Vec<SlowQueryDocument> = app.engine.slow_queries().into_iter().map(Into::into).collect();
    Ok(Json(Page { total: items.len() as u64, items, next: None }))
}

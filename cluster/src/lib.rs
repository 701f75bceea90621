//! A Ballista cluster for queries that are too large for one machine: its scheduler, its executors,
//! and a node's way to them.
//!
//! Every connection is TLS between two who know the cluster's secret; nothing listens, and nobody
//! connects, without it. Executors read the lake's files and nothing else, against the checksums of
//! the tables' logs. This crate plans no statement and decides nothing about who may read: a plan
//! comes from a node's `query`, with the permits' filters inside.

mod codec;
mod connect;
mod executor;
mod gone;
mod part;
mod scheduler;
mod settings;
mod stage;
mod tls;
mod typed;

pub use connect::Scheduler;
pub use executor::{Executor, ExecutorSettings};
pub use part::part;
pub use scheduler::serve_scheduler;
pub use tls::Tls;

/// Why a part of the cluster does not run; the sentence says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting is missing or wrong.
    #[error("{0}")]
    Settings(String),
    /// A socket, a folder, a connection.
    #[error("{what}: {why}")]
    Environment {
        /// What was to be done.
        what: String,
        /// Why it could not.
        why: String,
    },
    /// Ballista itself.
    #[error("the cluster's own machinery failed: {0}")]
    Ballista(#[from] ballista_core::error::BallistaError),
}

impl Error {
    fn environment(what: impl Into<String>, why: impl std::fmt::Display) -> Error {
        Error::Environment { what: what.into(), why: why.to_string() }
    }
}

//! A real node in-process, clients by role, and the servers that the tests need.
//!
//! Nothing here stands in for our own code: the node is wired by the binary's own crate, on a
//! temporary folder (or on PostgreSQL and an S3-compatible server), and is asked over its router
//! or over loopback.

pub mod fuzz;
mod node;
mod proxy;
mod real_data;
mod s3;
mod tools;

pub use cuulong::{Client, Reply};
pub use node::{Backend, Served, TestNode, upload_path};
pub use proxy::{Proxy, Way};
pub use real_data::real_data;
pub use s3::S3Server;
pub use tools::{chromium, jdbc, mosquitto, odbc, postgres_database, psql, python, qgis, rscript};

pub use serve::App;

/// Loads the demonstration's sample into a node.
pub async fn load_sample(app: &App) {
    cuulong::sample::load(app, &|_| {}).await.expect("the sample loads");
}

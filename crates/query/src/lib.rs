//! SQL and direct reads for a `Permit`: plans and decoding on their own threads, within limits.
//!
//! Two ways in over the same snapshots: short reads that plan nothing ([`Engine::series`],
//! [`Engine::buckets`], [`Engine::latest`], …) and SQL ([`Engine::sql`]). This crate never writes,
//! and never opens a dataset without a permit made by `policy`. What it offers carries our types
//! and Arrow batches, never the engine's types or errors; but for [`cluster`], through which plans
//! leave to other machines.

mod added;
mod brought;
mod buckets;
mod changed;
pub mod cluster;
mod differences;
mod engine;
mod engine_words;
mod error;
mod features;
mod functions;
mod harmonise;
mod latest;
mod observation;
mod select;
mod series;
mod sql;
mod streams;
mod tables;
mod tile;
mod whole;

pub use added::{Added, AddedRequest};
pub use buckets::{Bucket, BucketRequest, Buckets, Every};
pub use changed::Changed;
pub use differences::{Difference, Differences};
pub use engine::{Asker, Background, Budget, Engine, Level, QueryLimits, SlowQuery, Standing};
pub use error::{Error, Source, Whose};
pub use features::{FeatureRequest, FeatureSearch, FeatureTest, FeaturesAnswer};
pub use functions::{push_double, push_ewkb, push_ewkb_hex, push_instant, push_real, push_span};
pub use harmonise::{Basis, HarmoniseRequest, Harmonised, HarmonisedAnswer, Method, Part};
pub use latest::{Latest, LatestAnswer, LatestRequest, Present};
pub use observation::{ObservationAnswer, ObservedValue};
pub use select::{At, Streams};
pub use series::{Extent, SeriesAnswer, SeriesRequest};
pub use sql::{Origin, Parameter, PgType, Postgres, Sql, SqlAnswer, SqlShape, Truncated, list_items};
pub use tile::{TileAnswer, TileRequest};
pub use whole::{WholeRequest, WholeRows, WholeSeries, WholeSize};

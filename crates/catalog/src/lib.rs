//! What exists and who may: agencies, datasets and their versions, places and properties,
//! datastreams, runs, people, grants and the audit chain.
//!
//! This is the only crate that names SeaORM; nothing of it is seen from outside. SQLite and
//! PostgreSQL are one code path. It decides nothing about permission: [`Catalog::authorize`] loads
//! what [`policy::decide`] has to know and writes down what it said. It holds no values and no bytes
//! of files: those are in `lake`.

mod access;
mod aliases;
mod audit;
pub mod backup;
mod cache;
mod catalog;
mod changes;
mod database;
mod datasets;
mod datastreams;
mod directory;
mod drafts;
mod entity;
mod error;
mod facts;
mod feed;
mod forecasts;
mod gazetteer;
mod grants;
mod history;
mod jobs;
mod keys;
mod leases;
mod mappings;
mod migration;
mod nodes;
mod numbered;
mod observed;
mod originals;
mod people;
mod probe;
mod quality_settings;
mod records;
pub mod reference;
mod row;
mod run_notes;
mod runs;
mod schema;
mod scram;
mod sources;
mod store;
mod told;
mod versions;
mod vocabulary;
mod webhooks;

pub use aliases::PlaceAlias;
pub use audit::{AuditEntry, AuditRecord};
pub use catalog::{Catalog, CatalogOptions};
pub use database::create_database;
pub use datasets::{DatasetPage, DatasetSearch};
pub use directory::{DatasetCounts, Readable, Reading, SaidOf};
pub use drafts::Draft;
pub use error::Error;
pub use facts::{Descriptions, ReferenceChanges, Together, is_official};
pub use feed::{Audience, Change, ChangeKind, FeedState};
pub use forecasts::HeldForecast;
pub use gazetteer::{Gazetteer, PlaceMatch};
pub use jobs::{Job, JobState, JobsOf};
pub use keys::KeyInfo;
pub use leases::Lease;
pub use nodes::RunElsewhere;
pub use observed::Observed;
pub use originals::OriginalInfo;
pub use people::{NewUser, User};
pub use records::{ChangesWanted, RecordChange};
pub use reference::Reference;
pub use run_notes::RunNote;
pub use schema::{SchemaState, copy_sqlite, sqlite_file};
pub use scram::{ScramOffer, SqlLogin};
pub use sources::{Source, SourceKind};
pub use told::Told;
pub use vocabulary::{Season, ValueWord, Vocabulary, vocabulary};
pub use webhooks::{DeadLetter, Webhook};

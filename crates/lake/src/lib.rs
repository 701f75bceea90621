//! Originals and tables on object storage: commit, correct, as known at, direct read.
//!
//! Originals are kept under their SHA-256; every dataset is one Delta table of sorted Parquet
//! files. Whoever opens either shows a [`policy::Permit`]. This crate plans no SQL, knows no
//! catalogue and reads no file format but its own.

mod checksum;
mod commit;
mod config;
mod coverages;
mod durable;
mod error;
mod expire;
mod inventory;
mod journal;
mod lake;
mod log;
mod originals;
mod packed;
mod probe;
mod read;
mod rows;
mod schema;
mod snapshot;
mod spill;
mod tables;
mod verified;
mod write;

pub mod features;
pub mod observations;

pub use checksum::Checksums;
pub use commit::compact::Compacted;
pub use config::LakeConfig;
pub use coverages::CoverageBytes;
pub use error::{Damage, Error, Source};
pub use expire::{Expired, Keep};
pub use inventory::{ObjectKind, StoredObject};
pub use journal::{Segment, SegmentName, Settle};
pub use lake::Lake;
pub use log::pack::{PackRule, check_log_pack, packs_of};
pub use log::{check_log_entry, folder as folder_of};
/// A part of an object: from one byte to another, from one on, or the last ones.
pub use object_store::GetRange;
pub use originals::{LocalFile, Original};
pub use read::{
    CountRead, FeatureBatches, FeatureRead, FeatureTest, Needs, ResultRange, SeriesRead, TileBatches,
    TileRead, Within,
};
pub use rows::{
    CommitCounts, Committed, Corrections, Expected, NewFlags, NewRows, NewSpilled, OldRows, Own, Undo, Undone,
};
pub use schema::{Attribute, AttributeKind, TableSchema};
pub use snapshot::{AsOf, DataFile, Snapshot};
pub use spill::{Spill, SpilledPart, SpilledSeries, free_space};

//! The Mekong delta in types: ids, places, time, units and quality.
//!
//! Every other crate speaks these words. This crate never reads a file, never opens a
//! connection, never derives a wire format and never waits: protocol documents convert to and
//! from these types at the edge, in `standards` and `serve`.

mod dataset;
mod datastream;
mod geometry;
mod ids;
mod lunar;
mod place;
mod property;
mod quality;
mod run;
mod seawater;
mod text;
mod time;
mod unit;
mod unit_words;

pub use dataset::{Access, Agency, Dataset, DatasetKind, Theme, VersionInfo};
pub use datastream::{AsIs, Datastream, DatastreamKey, DatastreamMap, Statistic};
pub use geometry::{Bbox, EARTH_RADIUS, Position};
pub use ids::{
    AgencyId, DatasetId, DatastreamId, InvalidId, OriginalHash, PlaceId, PropertyCode, RunId,
    TABLES_FOR_EVERYONE, UserId, Version,
};
pub use lunar::{LunarDay, cyclic_year};
pub use place::{Crosswalk, Place, PlaceKind, PlaceParent};
pub use property::{Property, PropertyKind};
pub use quality::Quality;
pub use run::{CellRef, Finding, Forecast, Run, RunKind, RunState, RunTotals, Severity};
pub use seawater::{PSS78_RANGE, salinity_pss78};
pub use text::{Lang, Text, collation_key, fold, name_key, nfc, nfkc, without_marks};
pub use time::{
    InvalidTime, TimeRange, VIETNAM, instant_text, kept_instant, local_midnight, parse_instant, push_instant,
};
pub use unit::{Unit, UnitError};

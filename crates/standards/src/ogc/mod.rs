//! OGC API documents: Common (19-072), Features Part 1 (17-069r4), EDR 1.1 (19-086r6) and Records (20-004r1).

mod common;
mod coords;
mod edr;
mod features;
mod params;
mod processes;
mod records;

use chrono::{DateTime, SecondsFormat, Utc};

pub use common::{
    CRS84, Collection, Collections, Conformance, Extent, LandingPage, Link, SpatialExtent, TemporalExtent,
};
pub use coords::{Coords, MOST_VERTICES, Shape, Vertex, parse_coords, parse_length};
pub use edr::{
    CrsDetails, DataQueries, DataQuery, EDR_SYSTEMS, EdrObservedProperty, EdrParameter, Instances, QueryLink,
    QueryVariables, describe_all,
};
pub use features::{Feature, FeatureCollection, GEOJSON};
pub use params::parse_list;
pub use processes::{JobList, Process, ProcessList, ProcessSummary, StatusInfo};
pub use records::{keywords, record};

/// An instant as RFC 3339 in UTC, with as many digits of a second as it has.
pub fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

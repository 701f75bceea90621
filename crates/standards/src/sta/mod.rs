//! SensorThings API 1.1 (OGC 18-088): which entities there are and how they hang together, resource
//! paths, query options, filters with their evaluation and push-down, documents.

mod call;
mod cursor;
mod document;
mod entity;
mod eval;
mod expr;
mod filter;
mod function;
mod options;
mod path;
mod print;
mod pushdown;
mod space;
mod span;
mod written;

pub use document::{
    CONFORMANCE, Datastream, FeatureOfInterest, Frame, HistoricalLocation, Interval, Location,
    MQTT_CONFORMANCE, MultiDatastream, Observation, ObservedProperty, Point, Quality, ResultQuality, Sensor,
    Thing, UnitOfMeasurement, path_of, service_root, to_map,
};
pub use entity::{Entity, Id, Kind, Relation, observation_id, parse_observation_id};
pub use eval::{Lookup, Value, matches, value_of};
pub use expr::{Arithmetic, Comparison, Expr, Literal};
pub use filter::parse_filter;
pub use function::Function;
pub use options::{Expand, Options, Order};
pub use path::{ResourcePath, Step, Tail, parse_path};
pub use pushdown::{Bound, Conjuncts, conjuncts};
pub use space::Shape;
pub use written::Document;

/// The longest text of a path or of one query option, bytes.
pub const MAX_TEXT: usize = 8 * 1024;

/// How deep brackets, negations and calls of a filter may be nested.
pub const MAX_FILTER_DEPTH: usize = 32;

/// How deep `$expand` may be nested.
pub const MAX_EXPAND_DEPTH: usize = 4;

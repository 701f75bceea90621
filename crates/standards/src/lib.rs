//! Protocol documents and query languages, both directions.
//!
//! [`ogc`] is OGC API – Common, Features and EDR; [`covjson`] is CoverageJSON; [`geometry`] is
//! GeoJSON geometry from WKB; [`sta`] is SensorThings: resource paths, query options, filters and
//! entity documents. This crate is pure: bytes and values in, documents and syntax trees out. It
//! never reads a file, a clock or a network, and it knows no other crate of this workspace, so
//! that the edit–test loop of a protocol is short and no protocol leaks into the model.

pub mod covjson;
mod error;
pub mod geometry;
pub mod ogc;
pub mod sta;

pub use error::Error;

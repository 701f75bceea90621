//! Protocol documents and query languages, both directions.
//!
//! [`ogc`] is OGC API – Common, Features and EDR; [`covjson`] is CoverageJSON; [`geometry`] is
//! GeoJSON geometry from WKB; [`flatgeobuf`] is features one after the other in binary; [`sta`] is SensorThings: resource paths, query options, filters and
//! entity documents. What is told of a dataset is a [`record`], which [`dcat`], [`iso19139`], [`iso19115`],
//! [`oai`], [`schema_org`], [`ckan`], [`stac`] and [`feed`] word each in their way, over [`rdf`] and
//! [`xml`]. [`tiles`] are grids and vector tiles. [`cql2`] is the language of filters; [`wis2`] is the
//! WMO's notification messages.
//! This crate is pure: bytes and values in, documents and syntax trees out. It
//! never reads a file, a clock or a network, and it knows no other crate of this workspace, so
//! that the edit–test loop of a protocol is short and no protocol leaks into the model.

pub mod ckan;
pub mod codes;
pub mod covjson;
pub mod cql2;
pub mod dcat;
mod error;
pub mod feed;
pub mod flatgeobuf;
pub mod geometry;
pub mod iso19115;
pub mod iso19139;
pub mod oai;
pub mod ogc;
pub mod rdf;
pub mod record;
pub mod schema_org;
pub mod sta;
pub mod stac;
pub mod tiles;
pub mod wis2;
pub mod xml;

pub use error::Error;

//! STAC 1.1 documents and the requests of STAC API 1.0.

mod document;
mod fields;
mod search;

pub use document::{Asset, Band, Collection, Grid, Item, When, catalog, collection, epsg, item, queryables};
pub use fields::Fields;
pub use search::{Cursor, Key, Search, Span, continued};

/// The version of the items and collections.
pub const VERSION: &str = "1.1.0";

//! Server-rendered pages in Vietnamese and English; charts and maps as SVG.
//!
//! The server draws first: every page, chart and map is complete HTML and SVG before any script,
//! and scripts only magnify. Pages read through the same functions and permits as the services.
//! This crate never builds what a browser runs: it embeds what `web/` built, and stands without it.

mod assets;
mod class;
mod map;
mod page;
mod pages;
mod visit;
mod words;

pub use chart::{Bar, BarChart, LineChart, Method, Point, Series, SeriesStory, Size, Threshold, spark};
pub use class::{AlarmLevel, SalinityBand, SalinityClass};
pub use map::{DeltaMap, Mark, MarkKind};
pub use pages::router;
pub use words::{LunarDay, Words, places_for};

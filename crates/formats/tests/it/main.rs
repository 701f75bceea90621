//! The readers on whole files: what they hand out, what they refuse, and real files.

mod files;
mod geojson;
mod hostile;
mod real;
mod tables;
mod traces;

//! The readers on whole files: what they hand out, what they refuse, and real files.

mod coordinates;
mod files;
mod fuzz;
mod geojson;
mod hostile;
mod hostile_xml;
mod layers;
mod letters;
mod marked;
mod rasters;
mod real;
mod tables;
mod traces;

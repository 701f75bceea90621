//! The readers on whole files: what they hand out, what they refuse, and real files.

mod archives;
mod columnar;
mod coordinates;
mod files;
mod fixed;
mod fuzz;
mod geojson;
mod hostile;
mod hostile_xml;
mod layers;
mod layouts;
mod letters;
mod marked;
mod netcdf;
mod old;
mod open_document;
mod rasters;
mod real;
mod real_letters;
mod real_tables;
mod records;
mod series;
mod tables;
mod traces;
mod xml_sheet;

//! Files into a real catalogue and a real lake.

mod features;
mod guess;
mod long;
mod node;
mod real;
mod recover;
mod wide;
mod workbook;

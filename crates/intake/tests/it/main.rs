//! Files into a real catalogue and a real lake.

mod draft;
mod features;
mod formats;
mod fuzz;
mod guess;
mod letters;
mod long;
mod node;
mod personal;
mod positions;
mod real;
mod recover;
mod wide;
mod workbook;

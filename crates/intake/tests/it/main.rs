//! Files into a real catalogue and a real lake.

mod agencies;
mod amend;
mod book;
mod bulletins;
mod draft;
mod features;
mod formats;
mod fuzz;
mod guess;
mod judge;
mod large;
mod letters;
mod long;
mod node;
mod numbers;
mod personal;
mod pitfalls;
mod positions;
mod real;
mod recover;
mod schema;
mod shapes;
mod wide;
mod workbook;
mod zones;

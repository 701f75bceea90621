//! Quality tests of series, after IOOS QARTOD: which limits hold for a datastream, what the tests say of
//! its values, when values come in and when they are tested again.
//!
//! A test sets flags and never a value. Each test's flag is kept beside the aggregate in
//! `quality_tests`; what is not named there could not be tested. The source's own flag stays apart.

mod around;
mod arrive;
mod limits;
mod neighbours;
mod recheck;
mod series;
mod settings;

pub(crate) use arrive::{Doubt, test_arrivals};
pub(crate) use limits::LimitBook;
pub(crate) use settings::Settings as QualitySettings;

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

use arrow::record_batch::RecordBatch;
use catalog::Catalog;
use lake::Lake;
use model::{DatastreamKey, Quality, Severity};
use policy::Permit;

use crate::Error;
use crate::findings::Words;
use crate::work::Done;
use arrive::{Doubt, test_arrivals};
use limits::LimitBook;
pub(crate) use settings::Settings as QualitySettings;

/// Tests values that come in by the limits that hold for them, and writes their flags into their
/// batches. Returns those that are doubted.
pub(crate) async fn test_values(
    catalog: &Catalog,
    lake: &Lake,
    permit: &Permit,
    datastreams: &[DatastreamKey],
    rows: &mut Vec<RecordBatch>,
) -> Result<Vec<Doubt>, Error> {
    let gazetteer = catalog.gazetteer().await?;
    let settings = match catalog.quality_settings(permit.dataset(), None).await? {
        Some((_, text)) => Some(QualitySettings::parse(&text, &gazetteer)?),
        None => None,
    };
    let book = LimitBook::new(&gazetteer, settings.as_ref());
    test_arrivals(lake, permit, &gazetteer, book, datastreams, rows).await
}

/// Tests the values of a file; what is doubted is a warning with its cell.
pub(crate) async fn test_load(
    catalog: &Catalog,
    lake: &Lake,
    permit: &Permit,
    done: &mut Done,
) -> Result<(), Error> {
    let doubts = test_values(catalog, lake, permit, &done.datastreams, &mut done.rows).await?;
    for Doubt { cell, value, quality, tests } in doubts {
        let code = if quality == Quality::Fail { "quality_fail" } else { "quality_suspect" };
        done.findings.add(Severity::Warning, code, cell, || Words {
            column_name: String::new(),
            value: value.to_string(),
            expected: tests,
        });
    }
    Ok(())
}

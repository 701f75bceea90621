//! Quality tests of series, after IOOS QARTOD: which limits hold for a datastream, what the tests say of
//! its values, when values come in and when they are tested again.
//!
//! A test sets flags and never a value. Each test's flag is kept beside the aggregate in
//! `quality_tests`; what is not named there could not be tested. The source's own flag stays apart.

mod around;
mod arrive;
mod gather;
mod limits;
mod neighbours;
mod recheck;
mod series;
mod settings;
mod spilled;

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use catalog::{Catalog, Gazetteer};
use lake::Lake;
use model::{DatastreamKey, Quality, Severity};
use policy::Permit;

use crate::Error;
use crate::findings::Words;
use crate::observe::Values;
use crate::work::Done;
use arrive::{Doubt, test_arrivals, tested};
use limits::LimitBook;
pub(crate) use series::Test;
pub(crate) use settings::Settings as QualitySettings;
use spilled::test_spilled;

/// Tests values that come in by the limits that hold for them, and writes their flags into their
/// batches. Returns those that are doubted.
pub(crate) async fn test_values(
    catalog: &Catalog,
    lake: &Lake,
    permit: &Permit,
    datastreams: &[DatastreamKey],
    rows: &mut Vec<RecordBatch>,
) -> Result<Vec<Doubt>, Error> {
    let (gazetteer, settings) = known(catalog, permit).await?;
    let book = LimitBook::new(&gazetteer, settings.as_ref());
    test_arrivals(lake, permit, &gazetteer, book, datastreams, rows).await
}

/// Facts and the dataset's own settings.
async fn known(
    catalog: &Catalog,
    permit: &Permit,
) -> Result<(Arc<Gazetteer>, Option<QualitySettings>), Error> {
    let gazetteer = catalog.gazetteer().await?;
    let settings = match catalog.quality_settings(permit.dataset(), None).await? {
        Some((_, text)) => Some(QualitySettings::parse(&text, &gazetteer)?),
        None => None,
    };
    Ok((gazetteer, settings))
}

/// Tests the values of a file; what is doubted is a warning with its cell.
pub(crate) async fn test_load(
    catalog: &Catalog,
    lake: &Lake,
    permit: &Permit,
    done: &mut Done,
) -> Result<(), Error> {
    let (doubts, more) = match &mut done.rows {
        Values::Here(rows) => (test_values(catalog, lake, permit, &done.datastreams, rows).await?, 0),
        Values::Spilled(rows) => {
            let (gazetteer, settings) = known(catalog, permit).await?;
            let book = LimitBook::new(&gazetteer, settings.as_ref());
            let tested = tested(&gazetteer, &book, &done.datastreams);
            let most = done.findings.room();
            let (flagged, doubts, more) = test_spilled(lake, permit, tested, rows.clone(), most).await?;
            *rows = flagged;
            (doubts, more)
        }
    };
    for Doubt { cell, value, quality, tests, .. } in doubts {
        let code = if quality == Quality::Fail { "quality_fail" } else { "quality_suspect" };
        done.findings.add(Severity::Warning, code, cell, || Words {
            column_name: String::new(),
            value: value.to_string(),
            expected: tests,
        });
    }
    done.findings.count(Severity::Warning, more);
    Ok(())
}

//! NetCDF files (classic and NetCDF-4) under the CF conventions: time series as a long table, grids
//! layer by layer; and both written.
//!
//! Metadata is held whole; of the values, one variable of a series, or one layer of a grid.

mod beyond;
mod file;
mod grids;
mod instants;
mod over_time;
mod plane;
mod series;
mod since;
mod streamed;
mod when;
mod written;

use std::path::Path;

pub use grids::GridReader;
pub use streamed::{SeriesStream, StreamedHead, StreamedRow, StreamedSeries, StreamedVariable};
use wording::{Told, told};
pub use written::{
    NetCdfField, NetCdfGrid, NetCdfSeries, NetCdfVariable, write_field, write_grid, write_series,
};

use crate::neighbourhood::Selection;
use crate::push::PushedTable;
use crate::{Error, Limits};

/// Opens the time series of a file as a table: a row for each value.
pub(crate) fn open(path: &Path, limits: &Limits, selection: Selection) -> Result<PushedTable, Error> {
    let size = std::fs::metadata(path)?.len();
    let path = path.to_owned();
    PushedTable::begin(&limits.streamed(size), selection, damaged, move |pusher| {
        series::read(&path, size, pusher)
    })
}

/// The error for a file that cannot be read.
fn damaged(how: impl Into<Told>) -> Error {
    Error::invalid(
        "damaged_netcdf",
        told!("formats-netcdf-file-cannot-read", "the NetCDF file cannot be read: {how}", how => how.into()),
        told!(
            "formats-check-sent-whole-write-again-netcdf-4",
            "check that it was sent whole; write it again as NetCDF-4 or classic NetCDF under the CF conventions"
        ),
    )
}

//! Observations as NetCDF: a variable for each property and unit, a flag for each value.

use std::collections::HashMap;
use std::io::{BufWriter, Write};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int8Type, Int64Type, TimestampMicrosecondType};
use formats::{SeriesStream, StreamedHead, StreamedRow, StreamedSeries, StreamedVariable};
use wording::told;

use super::out::Out;
use super::write::{self, failed};
use crate::http::{Answer, Problem, ProblemKind};

/// The most properties of a file: every observation takes eight bytes for each.
const MOST_VARIABLES: usize = 40;

/// A file that is being written.
pub(super) struct NetCdf {
    stream: SeriesStream<BufWriter<Out>>,
    /// The number of the series and of its variable, by datastream.
    places: HashMap<i64, (i32, usize)>,
}

impl NetCdf {
    pub(super) fn begin(out: Out, of: &write::Head<'_>) -> Answer<NetCdf> {
        let series = &of.before.series;
        let mut variables: Vec<StreamedVariable> = Vec::new();
        let mut places = HashMap::with_capacity(series.len());
        for (series, number) in series.iter().zip(0_i32..) {
            let known =
                variables.iter().position(|known| known.name == series.property && known.unit == series.unit);
            let variable = known.unwrap_or(variables.len());
            if known.is_none() {
                variables.push(StreamedVariable {
                    name: series.property.clone(),
                    title: series.title.clone(),
                    standard_name: series.standard_name.clone(),
                    unit: series.unit.clone(),
                });
            }
            places.insert(series.datastream, (number, variable));
        }
        if variables.len() > MOST_VARIABLES {
            let what = told!(
                "serve-netcdf-file-takes-properties-there-choose-one",
                "a NetCDF file takes {most_variables} properties, and there are {variables}: choose one with `property`",
                most_variables = MOST_VARIABLES,
                variables = variables.len()
            );
            return Err(Problem::text(ProblemKind::NotAcceptable, what));
        }
        let streamed = series.iter().map(|series| StreamedSeries {
            id: series.datastream.to_string(),
            position: series.position,
            said: vec![
                series.place.clone(),
                series.name.clone(),
                series.property.clone(),
                series.unit.clone(),
                series.statistic.clone(),
                series.period.clone(),
            ],
        });
        let head = StreamedHead {
            title: of.about.title.clone(),
            said: of
                .about
                .words()
                .into_iter()
                .map(|(name, text)| (format!("cuulong_{name}"), text))
                .collect(),
            series: streamed.collect(),
            said_of_series: ["place", "place_name", "property", "unit", "statistic", "period"]
                .map(str::to_owned)
                .to_vec(),
            variables,
            rows: of.before.size.rows,
        };
        let mut stream =
            SeriesStream::begin(BufWriter::with_capacity(256 << 10, out), &head).map_err(failed)?;
        stream.out().flush().map_err(failed)?;
        Ok(NetCdf { stream, places })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Answer<()> {
        let column = |name: &str| {
            let column = batch.column_by_name(name);
            column.ok_or_else(|| failed(std::io::Error::other(format!("observations have no {name}"))))
        };
        let datastreams = column("datastream")?.as_primitive::<Int64Type>();
        let times = column("phenomenon_time")?.as_primitive::<TimestampMicrosecondType>();
        let results = column("result")?.as_primitive::<Float64Type>();
        let flags = column("quality")?.as_primitive::<Int8Type>();
        for row in 0..batch.num_rows() {
            let (series, variable) = *self
                .places
                .get(&datastreams.value(row))
                .ok_or_else(|| failed(std::io::Error::other("a row of a series that was not told")))?;
            let value = if results.is_valid(row) { results.value(row) } else { f64::NAN };
            let time = times.value(row) as f64 / 1e6;
            let row = StreamedRow { series, time, quality: flags.value(row), variable, value };
            self.stream.row(&row).map_err(failed)?;
        }
        self.stream.out().flush().map_err(failed)
    }

    pub(super) fn close(self) -> Answer<Out> {
        let out = self.stream.finish().map_err(failed)?;
        out.into_inner().map_err(|error| failed(error.into_error()))
    }
}

//! Figures of yearly values: bars of one unit, lines of several.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use model::{Dataset, Datastream, TimeRange, Version};
use policy::Permit;
use query::{At, ObservedValue, SeriesRequest, Streams};
use serve::App;
use serve::http::Problem;

use crate::pages::figure::{BarsView, PeriodValue, bars, trace_link, year};
use crate::visit::Visit;
use chart::Method;

/// More years than any series has; a wrong date must not make a million bars.
const MOST_YEARS: i32 = 300;

/// The portal's word for how a harmonised value came about; a partial one has no value to draw.
pub fn portal_method(method: query::Method) -> Method {
    match method {
        query::Method::AsObserved => Method::AsObserved,
        query::Method::Exact => Method::Exact,
        query::Method::Estimated | query::Method::Partial => Method::Estimated,
    }
}

/// Bars of one series with a value a year.
#[expect(clippy::too_many_arguments, reason = "what a figure says of its series")]
pub async fn yearly_figure(
    app: &App,
    visit: &Visit,
    permit: &Permit,
    dataset: &Dataset,
    stream: &Datastream,
    id: &str,
    place: &str,
    measure: &str,
    version: Option<Version>,
) -> Result<String, Problem> {
    let values = values(app, permit, stream, version).await?;
    let periods = values
        .iter()
        .filter_map(|value| {
            let number = value.result?;
            let href = trace_link(visit, dataset, stream, value.time, version);
            Some((year(value.time), Some(number), Method::AsObserved, href, 1))
        })
        .collect();
    let view = BarsView {
        id,
        place,
        measure,
        unit: &stream.key.unit,
        values: by_year(periods),
        rule: None,
        note: String::new(),
    };
    bars(visit, &view)
}

/// All values of one series.
pub async fn values(
    app: &App,
    permit: &Permit,
    stream: &Datastream,
    version: Option<Version>,
) -> Result<Vec<ObservedValue>, Problem> {
    let request = SeriesRequest {
        streams: Streams::one(stream.id),
        time: TimeRange::ALL,
        at: version.map_or(At::Latest, At::Version),
        limit: Some(1000),
        ..SeriesRequest::default()
    };
    let answer = app.engine.series(permit, request).await?;
    let mut values = Vec::with_capacity(answer.rows());
    for batch in &answer.batches {
        values.extend(ObservedValue::read(batch)?);
    }
    Ok(values)
}

/// Values by year, with an empty place for every year between them that has none.
pub fn by_year(values: Vec<(i32, Option<f64>, Method, String, usize)>) -> Vec<PeriodValue> {
    let known: BTreeMap<i32, _> = values
        .into_iter()
        .map(|(year, value, method, href, parts)| (year, (value, method, href, parts)))
        .collect();
    let (Some(first), Some(last)) = (known.keys().next().copied(), known.keys().next_back().copied()) else {
        return Vec::new();
    };
    (first.max(last - MOST_YEARS)..=last)
        .map(|year| {
            let (value, method, href, parts) =
                known.get(&year).cloned().unwrap_or((None, Method::AsObserved, String::new(), 0));
            PeriodValue { label: year.to_string(), value, method, href, parts }
        })
        .collect()
}

/// The step between yearly values, leap years included.
pub const YEAR: TimeDelta = TimeDelta::days(366);

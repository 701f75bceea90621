//! The series of a dataset that a query means, with their values.

use std::collections::BTreeSet;

use model::{Datastream, PlaceId};
use policy::Permit;
use query::{At, ObservedValue, SeriesRequest, Streams};

use super::params::{NEAR, Wanted};
use super::space::{Space, distance};
use crate::App;
use crate::collections::Instance;
use crate::http::{Answer, Problem, ProblemKind};
use crate::shelf::Shelf;

/// Values of one answer.
const MOST_VALUES: usize = 200_000;

/// Series with their values, in the order of their numbers.
pub(super) type Found<'s> = Vec<(&'s Datastream, Vec<ObservedValue>)>;

/// The places that a query means.
pub(super) fn places<'s>(shelf: &'s Shelf, space: &Space) -> Answer<BTreeSet<&'s PlaceId>> {
    let located: Vec<(&PlaceId, [f64; 2])> = shelf
        .places()
        .into_iter()
        .filter_map(|place| shelf.position(place).map(|position| (place, [position.lon, position.lat])))
        .collect();
    let Space::Points(points) = space else {
        return Ok(located.into_iter().filter(|(_, at)| space.holds(*at)).map(|(place, _)| place).collect());
    };
    let mut found = BTreeSet::new();
    let mut nearest: Option<(&PlaceId, f64)> = None;
    for point in points {
        let distances = located.iter().map(|(place, at)| (*place, distance(*point, *at)));
        let Some((place, metres)) = distances.min_by(|left, right| left.1.total_cmp(&right.1)) else { break };
        if metres <= NEAR {
            found.insert(place);
        } else if nearest.is_none_or(|(_, known)| metres < known) {
            nearest = Some((place, metres));
        }
    }
    if found.is_empty() { Err(nothing_near(nearest)) } else { Ok(found) }
}

fn nothing_near(nearest: Option<(&PlaceId, f64)>) -> Problem {
    match nearest {
        None => Problem::message(ProblemKind::NotFound, "ogc-no-place", vec![]),
        Some((place, metres)) => Problem::message(
            ProblemKind::NotFound,
            "ogc-no-place-near",
            vec![
                ("limit", format!("{}", NEAR / 1_000.0)),
                ("place", place.to_string()),
                ("distance", format!("{:.1}", metres / 1_000.0)),
            ],
        ),
    }
    .at("coords")
}

/// The wanted series of places with their values.
pub(super) async fn series<'s>(
    app: &App,
    permit: &Permit,
    shelf: &'s Shelf,
    places: &BTreeSet<&PlaceId>,
    wanted: &Wanted,
    instance: Option<&Instance>,
) -> Answer<Found<'s>> {
    let is_wanted = |stream: &&Datastream| {
        places.contains(&stream.key.place)
            && (wanted.parameters.is_empty() || wanted.parameters.contains(&shelf.names[&stream.id]))
    };
    let mut found: Found<'s> =
        shelf.streams.iter().filter(is_wanted).map(|stream| (stream, Vec::new())).collect();
    found.sort_unstable_by_key(|(stream, _)| stream.id);
    if found.is_empty() {
        return Ok(found);
    }
    let request = SeriesRequest {
        streams: Streams::among(found.iter().map(|(stream, _)| stream.id)),
        time: wanted.time,
        limit: Some(MOST_VALUES + 1),
        at: instance.map_or(At::Latest, |instance| At::Version(instance.version)),
        ..SeriesRequest::default()
    };
    let answer = match instance.and_then(|instance| instance.forecast.as_ref()) {
        Some(held) => app.engine.series_of_runs(permit, request, held.runs.clone()).await?,
        None => app.engine.series(permit, request).await?,
    };
    if answer.rows() > MOST_VALUES {
        return Err(too_much());
    }
    for batch in &answer.batches {
        for value in ObservedValue::read(batch)? {
            if let Ok(place) = found.binary_search_by_key(&value.datastream, |(stream, _)| stream.id) {
                found[place].1.push(value);
            }
        }
    }
    Ok(found)
}

/// The answer to a query that means too much.
pub(super) fn too_much() -> Problem {
    Problem::message(ProblemKind::QueryLimit, "ogc-too-much", vec![("limit", MOST_VALUES.to_string())])
}

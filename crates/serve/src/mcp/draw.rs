//! A series drawn, as pages draw it, as an image that stands alone.

use chart::{LineChart, MOST_STRETCHES, SeriesOf, Size, Stretch, Words, local_day};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use model::{DatasetId, PlaceId, PropertyCode, local_midnight};
use serde_json::{Map, Value, json};
use wording::told;

use super::call::{dataset, pin, source, text};
use super::inside::Inside;
use crate::App;
use crate::http::{Answer, Problem, ProblemKind};
use crate::limits::limits;

/// How much is shown when nobody says from when.
const SPAN: TimeDelta = TimeDelta::days(120);

/// A drawing, and what is told of it.
pub(super) struct Drawn {
    pub(super) svg: String,
    pub(super) told: Value,
}

/// Draws what the arguments name.
pub(super) async fn draw(app: &App, inside: &Inside, given: &Map<String, Value>) -> Answer<Drawn> {
    let id = dataset(given)?;
    let (document, cite) = source(inside, &id, given).await?;
    let asked = |name: &str| text(given, name).unwrap_or_default();
    let nothing = || Problem::message(ProblemKind::NotFound, "problem-mcp-nothing-drawn", vec![]);
    if document["kind"] != "observations" {
        return Err(nothing());
    }
    let place = PlaceId::new(asked("place")).map_err(|error| Problem::parameter("place", error))?;
    let property =
        PropertyCode::new(asked("property")).map_err(|error| Problem::parameter("property", error))?;
    let streams = inside.get(&format!("/v1/datasets/{id}/datastreams"), &[]).await?;
    let streams = streams["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let stream = streams
        .iter()
        .find(|stream| stream["place"] == place.as_str() && stream["property"] == property.as_str())
        .ok_or_else(nothing)?;
    let series = Series { inside, id: &id, datastream: &stream["id"], cite: &cite };
    let whole = series.stretches("../..", 1).await?;
    let whole = whole.first().ok_or_else(nothing)?;
    let to = match day("to", asked("to"))? {
        Some(to) => to + TimeDelta::days(1),
        None => whole.last_time + TimeDelta::seconds(1),
    };
    let from = day("from", asked("from"))?.unwrap_or_else(|| whole.first_time.max(to - SPAN));
    if from >= to {
        return Err(Problem::parameter("from", told!("serve-not-before", "it is not before `to`")));
    }
    let stretches = series.stretches(&range(from, to), MOST_STRETCHES).await?;
    if stretches.is_empty() {
        return Err(nothing());
    }

    let words = Words::of(inside.lang);
    let gazetteer = app.catalog.gazetteer().await?;
    let name = gazetteer.place(&place).map_or(place.as_str(), |place| words.of_text(&place.name));
    let measure = gazetteer.property(&property).map_or(property.as_str(), |known| words.of_text(&known.name));
    let of = SeriesOf {
        id: "series",
        measure,
        place: name,
        unit: stream["unit"].as_str().unwrap_or_default(),
        period: stream["period"].as_str().unwrap_or_default(),
        limits: limits(&words, &gazetteer, &property, &place, local_day(Utc::now())),
        from,
        to,
    };
    let chart: LineChart = of.chart(&words, &stretches).chart;
    let told = json!({
        "source": cite,
        "finding": chart.alt,
        "datastream": stream["id"],
        "page": inside.link(&page(inside, &id, &place, &property, from, to)),
    });
    Ok(Drawn { svg: chart.alone(&words, Size::Wide), told })
}

/// A series of a dataset, as of the version that is cited.
struct Series<'a> {
    inside: &'a Inside,
    id: &'a DatasetId,
    datastream: &'a Value,
    cite: &'a Value,
}

impl Series<'_> {
    async fn stretches(&self, time: &str, most: usize) -> Answer<Vec<Stretch>> {
        let asked = vec![
            ("datastream".to_owned(), self.datastream.to_string()),
            ("datetime".to_owned(), time.to_owned()),
            ("buckets".to_owned(), most.to_string()),
        ];
        let path = format!("/v1/datasets/{}/observations/buckets", self.id);
        let found = self.inside.get(&path, &pin(asked, self.cite)).await?;
        Ok(found["items"].as_array().into_iter().flatten().filter_map(stretch).collect())
    }
}

fn stretch(bucket: &Value) -> Option<Stretch> {
    let time = |name: &str| bucket[name].as_str()?.parse::<DateTime<Utc>>().ok();
    Some(Stretch {
        start: time("start")?,
        end: time("end")?,
        first_time: time("first_time")?,
        last_time: time("last_time")?,
        count: bucket["count"].as_u64()?,
        mean: bucket["mean"].as_f64()?,
        min: bucket["min"].as_f64()?,
        max: bucket["max"].as_f64()?,
    })
}

/// The midnight in Vietnam with which a day begins; none without a day.
fn day(name: &str, text: &str) -> Answer<Option<DateTime<Utc>>> {
    if text.is_empty() {
        return Ok(None);
    }
    let shown: String = text.chars().take(40).collect();
    let day: NaiveDate = text.parse().map_err(|_| {
        Problem::parameter(
            name,
            told!("serve-no-day-write-yyyy-mm-dd", "`{shown}` is no day: write YYYY-MM-DD", shown = shown),
        )
    })?;
    Ok(Some(local_midnight(day)))
}

fn range(from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    let text = |time: DateTime<Utc>| time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
    format!("{}/{}", text(from), text(to))
}

/// The page that shows the same.
fn page(
    inside: &Inside,
    id: &DatasetId,
    place: &PlaceId,
    property: &PropertyCode,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> String {
    let path = match inside.lang {
        model::Lang::En => format!("/en/data/{id}"),
        model::Lang::Vi | model::Lang::Km => format!("/data/{id}"),
    };
    let days = [from, to - TimeDelta::seconds(1)].map(|time| local_day(time).to_string());
    let asked = [
        ("place", place.as_str()),
        ("property", property.as_str()),
        ("from", days[0].as_str()),
        ("to", days[1].as_str()),
    ];
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(asked).finish();
    format!("{path}?{query}")
}

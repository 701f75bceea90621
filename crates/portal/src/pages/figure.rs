//! Figures: a chart with its finding, its table with every value linked to its origin, and the
//! island that magnifies it.

use askama::Template;
use chart::{
    Bar, BarChart, LineChart, MOST_STRETCHES, Method, Point, Series, SeriesChart, SeriesOf, Size, Stretch,
    Threshold, sentence,
};
use chrono::{DateTime, TimeDelta, Utc};
use model::{Dataset, Datastream, TimeRange, Version};
use policy::Permit;
use query::{At, Bucket, BucketRequest, Every, Streams};
use serve::App;
use serve::http::Problem;

use crate::visit::{Visit, address};
use crate::words::{Words, local_day, places_for};

/// A shorter series shows every value already.
const WORTH_MAGNIFYING: u64 = 60;
/// Rows of a table beyond which only its ends are shown.
const MOST_ROWS: usize = 120;

#[derive(Template)]
#[template(path = "figure.html")]
struct FigureTemplate {
    w: Words,
    title: String,
    subtitle: String,
    island: Option<Island>,
    wide: String,
    narrow: String,
    note: String,
    table_title: String,
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// What the island needs to fetch and draw.
struct Island {
    dataset: String,
    datastream: String,
    version: Option<String>,
    first: i64,
    last: i64,
    from: i64,
    to: i64,
    step: i64,
    unit: String,
    places: usize,
    limits: String,
}

#[derive(Default)]
struct Cell {
    text: String,
    href: String,
    estimated: bool,
}

/// A series to draw.
#[derive(Debug, Clone)]
pub struct SeriesView<'a> {
    /// A name that is unique on the page.
    pub id: &'a str,
    /// The dataset.
    pub dataset: &'a Dataset,
    /// The series.
    pub datastream: &'a Datastream,
    /// Its place's name.
    pub place: &'a str,
    /// What it measures.
    pub measure: &'a str,
    /// The limits that people use.
    pub limits: Vec<Threshold>,
    /// The window; open ends are the series' own.
    pub window: TimeRange,
    /// The version that the page is pinned to.
    pub version: Option<Version>,
    /// How much is shown when the window does not say from when.
    pub default_span: TimeDelta,
}

/// The drawn series, or nothing when it has no values at all.
pub struct SeriesFigure {
    /// The markup; empty when the window holds no value.
    pub html: String,
    /// The first instant of the whole series.
    pub first: DateTime<Utc>,
    /// The last.
    pub last: DateTime<Utc>,
    /// The window that was drawn.
    pub from: DateTime<Utc>,
    /// Its end.
    pub to: DateTime<Utc>,
}

/// Draws a series.
pub async fn series(
    app: &App,
    visit: &Visit,
    permit: &Permit,
    view: &SeriesView<'_>,
) -> Result<Option<SeriesFigure>, Problem> {
    let at = view.version.map_or(At::Latest, At::Version);
    let streams = Streams::one(view.datastream.id);
    let request = |time, every| BucketRequest { streams: streams.clone(), time, at, every };
    let whole = app.engine.buckets(permit, request(TimeRange::ALL, Every::Count(1))).await?;
    let Some(whole) = whole.buckets.first() else { return Ok(None) };
    let (first, last, count) = (whole.first_time, whole.last_time, whole.count);
    let to = view.window.to.unwrap_or(last + TimeDelta::seconds(1));
    let from = view.window.from.unwrap_or_else(|| first.max(to - view.default_span));
    let mut figure = SeriesFigure { html: String::new(), first, last, from, to };
    if from >= to {
        return Ok(Some(figure));
    }
    let window = TimeRange { from: Some(from), to: Some(to) };
    let read = app.engine.buckets(permit, request(window, Every::Count(MOST_STRETCHES))).await?;
    if !read.buckets.is_empty() {
        figure.html =
            draw(visit, view, &figure, &read.buckets, count).map_err(|error| Problem::internal(&error))?;
    }
    Ok(Some(figure))
}

fn draw(
    visit: &Visit,
    view: &SeriesView<'_>,
    figure: &SeriesFigure,
    buckets: &[Bucket],
    count: u64,
) -> askama::Result<String> {
    let w = visit.words;
    let key = &view.datastream.key;
    let stretches: Vec<Stretch> = buckets.iter().map(stretch).collect();
    let drawn = SeriesOf {
        id: view.id,
        measure: view.measure,
        place: view.place,
        unit: &key.unit,
        period: &key.period,
        limits: view.limits.clone(),
        from: figure.from,
        to: figure.to,
    }
    .chart(&w, &stretches);
    let has_gaps = drawn.has_gaps();
    let SeriesChart { chart, native, width, is_single: single, .. } = drawn;
    let (unit, places) = (chart.unit.clone(), chart.places);
    let mut note = if single {
        w.t("chart-step-values")
    } else {
        let hours = width.num_hours().max(1);
        let step = if hours >= 48 {
            w.count("chart-step-days", hours / 24)
        } else {
            w.count("chart-step-hours", hours)
        };
        w.fill("chart-step-buckets", [("step", &step)])
    };
    if has_gaps {
        note = format!("{note} {}", w.t("chart-gaps"));
    }
    let (rows, table_title) = table(visit, view, buckets, single, places);
    let columns = if single {
        vec![w.t("col-time"), format!("{} ({unit})", w.t("col-value"))]
    } else {
        vec![w.t("col-time"), w.t("col-mean"), w.t("col-lowest"), w.t("col-highest")]
    };
    let limits: Vec<String> =
        view.limits.iter().map(|limit| format!("{}|{}", limit.value, limit.label)).collect();
    FigureTemplate {
        w,
        title: chart.title.clone(),
        subtitle: w.fill(
            "chart-subtitle",
            [
                ("measure", &view.measure),
                ("unit", &unit),
                ("from", &w.day(figure.from)),
                ("to", &w.day(figure.to - TimeDelta::seconds(1))),
            ],
        ),
        island: (!visit.lite && count >= WORTH_MAGNIFYING).then(|| Island {
            dataset: view.dataset.id.to_string(),
            datastream: view.datastream.id.to_string(),
            version: view.version.map(|version| version.to_string()),
            first: figure.first.timestamp(),
            last: figure.last.timestamp() + 1,
            from: figure.from.timestamp(),
            to: figure.to.timestamp(),
            step: native.num_seconds(),
            unit: unit.clone(),
            places,
            limits: limits.join(";"),
        }),
        wide: chart.svg(&w, Size::Wide),
        narrow: chart.svg(&w, Size::Narrow),
        note,
        table_title,
        columns,
        rows,
    }
    .render()
}

fn stretch(bucket: &Bucket) -> Stretch {
    Stretch {
        start: bucket.start,
        end: bucket.end,
        first_time: bucket.first_time,
        last_time: bucket.last_time,
        count: bucket.count,
        mean: bucket.mean,
        min: bucket.min,
        max: bucket.max,
    }
}

/// A bucket as a point.
pub fn point(bucket: &Bucket) -> Point {
    stretch(bucket).point()
}

fn table(
    visit: &Visit,
    view: &SeriesView<'_>,
    buckets: &[Bucket],
    single: bool,
    places: usize,
) -> (Vec<Vec<Cell>>, String) {
    let w = visit.words;
    let row = |bucket: &Bucket| {
        let value = |value: f64, time: Option<DateTime<Utc>>| Cell {
            text: w.number(value, places),
            href: time
                .map(|time| trace_link(visit, view.dataset, view.datastream, time, view.version))
                .unwrap_or_default(),
            estimated: false,
        };
        let time = |time| Cell { text: w.observed(time, None), ..Cell::default() };
        if single {
            vec![time(bucket.first_time), value(bucket.first, Some(bucket.first_time))]
        } else {
            vec![
                time(bucket.start),
                value(bucket.mean, None),
                value(bucket.min, Some(bucket.min_time)),
                value(bucket.max, Some(bucket.max_time)),
            ]
        }
    };
    let total = buckets.len();
    if total <= MOST_ROWS {
        return (buckets.iter().map(row).collect(), w.count("chart-table", total as u64));
    }
    let ends = MOST_ROWS / 2;
    let rows = buckets[..ends].iter().chain(&buckets[total - ends..]).map(row).collect();
    let title = w.fill("chart-table-cut", [("n", &w.whole(ends as u64)), ("total", &w.whole(total as u64))]);
    (rows, title)
}

/// The page that says where a value comes from.
pub fn trace_link(
    visit: &Visit,
    dataset: &Dataset,
    datastream: &Datastream,
    time: DateTime<Utc>,
    version: Option<Version>,
) -> String {
    let (id, time) = (datastream.id.to_string(), time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true));
    let version = version.map(|version| version.to_string());
    let mut parameters =
        vec![("dataset", dataset.id.as_str()), ("datastream", id.as_str()), ("time", time.as_str())];
    parameters.extend(version.as_deref().map(|version| ("v", version)));
    address(&visit.link("/trace"), &parameters)
}

/// One value of a period, for bars.
#[derive(Debug, Clone)]
pub struct PeriodValue {
    /// The period as written: "2019".
    pub label: String,
    /// The value; absent where the period has none.
    pub value: Option<f64>,
    /// How it came about.
    pub method: Method,
    /// Where it comes from.
    pub href: String,
    /// From how many parts it was put together.
    pub parts: usize,
}

/// What bars show.
#[derive(Debug, Clone)]
pub struct BarsView<'a> {
    /// A name that is unique on the page.
    pub id: &'a str,
    /// The place's name.
    pub place: &'a str,
    /// What is measured.
    pub measure: &'a str,
    /// The unit, UCUM.
    pub unit: &'a str,
    /// The values by period.
    pub values: Vec<PeriodValue>,
    /// A rule before the bar of this index, with its label.
    pub rule: Option<(usize, String)>,
    /// A sentence under the chart.
    pub note: String,
}

/// Draws bars per period; nothing without a value.
pub fn bars(visit: &Visit, view: &BarsView<'_>) -> Result<String, Problem> {
    let w = visit.words;
    let present: Vec<(&PeriodValue, f64)> =
        view.values.iter().filter_map(|v| v.value.map(|value| (v, value))).collect();
    let (Some(first), Some(last)) = (present.first(), present.last()) else { return Ok(String::new()) };
    let highest = present.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(last);
    let lowest = present.iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(last);
    let unit = w.unit(view.unit);
    let places = places_for(view.unit, highest.1);
    let number = |value: f64| w.number(value, places);
    let finding = w.fill(
        "chart-bars-finding",
        [
            ("high", &number(highest.1)),
            ("high-at", &highest.0.label),
            ("low", &number(lowest.1)),
            ("low-at", &lowest.0.label),
            ("last", &number(last.1)),
            ("last-at", &last.0.label),
            ("unit", &unit),
        ],
    );
    let alt = w.fill(
        "chart-bars-alt",
        [
            ("measure", &view.measure),
            ("place", &view.place),
            ("from", &first.0.label),
            ("to", &last.0.label),
            ("finding", &finding),
        ],
    );
    let chart = BarChart {
        id: view.id.to_owned(),
        title: w.fill(
            "chart-bars-title",
            [("place", &view.place), ("last", &number(last.1)), ("unit", &unit), ("last-at", &last.0.label)],
        ),
        alt: sentence(&alt),
        unit: unit.clone(),
        places,
        bars: view
            .values
            .iter()
            .map(|v| Bar { label: v.label.clone(), value: v.value, method: v.method })
            .collect(),
        rule: view.rule.clone(),
    };
    let rows: Vec<Vec<Cell>> = present
        .iter()
        .rev()
        .map(|(period, value)| {
            let estimated = period.method == Method::Estimated;
            let method = method_words(&w, period.method, period.parts);
            vec![
                Cell { text: period.label.clone(), ..Cell::default() },
                Cell { text: number(*value), href: period.href.clone(), estimated },
                Cell { text: method, ..Cell::default() },
            ]
        })
        .collect();
    let mut note = view.note.clone();
    if present.iter().any(|(period, _)| period.method == Method::Estimated) {
        note = format!("{note} {}", w.t("chart-estimated"));
    }
    FigureTemplate {
        w,
        title: chart.title.clone(),
        subtitle: w.fill(
            "chart-subtitle",
            [("measure", &view.measure), ("unit", &unit), ("from", &first.0.label), ("to", &last.0.label)],
        ),
        island: None,
        wide: chart.svg(&w, Size::Wide),
        narrow: chart.svg(&w, Size::Narrow),
        note,
        table_title: w.count("chart-table", rows.len() as u64),
        columns: vec![w.t("col-period"), unit, w.t("col-method")],
        rows,
    }
    .render()
    .map_err(|error| Problem::internal(&error))
}

/// How a value came about, in words.
pub fn method_words(w: &Words, method: Method, parts: usize) -> String {
    let name = w.t(match method {
        Method::AsObserved => "method-as-observed",
        Method::Exact => "method-exact",
        Method::Estimated => "method-estimated",
    });
    if parts > 1 { w.fill("method-parts", [("method", &name), ("n", &w.whole(parts as u64))]) } else { name }
}

/// The year of a period's beginning in Vietnam.
pub fn year(time: DateTime<Utc>) -> i32 {
    use chrono::Datelike;
    local_day(time).year()
}

/// A time, the value at it, and where the value comes from.
pub type Dated = (DateTime<Utc>, f64, String);

/// What lines of several units show.
#[derive(Debug, Clone)]
pub struct LinesView<'a> {
    /// A name that is unique on the page.
    pub id: &'a str,
    /// The place that the units are of.
    pub place: &'a str,
    /// What is measured.
    pub measure: &'a str,
    /// The unit, UCUM.
    pub unit: &'a str,
    /// The lines: a unit's name, and its values with where each comes from.
    pub lines: Vec<(String, Vec<Dated>)>,
    /// The expected time between values.
    pub step: TimeDelta,
}

/// Draws one line a unit, with a table of a column a unit.
pub fn lines(visit: &Visit, view: &LinesView<'_>) -> Result<String, Problem> {
    let w = visit.words;
    let unit = w.unit(view.unit);
    let all = || view.lines.iter().flat_map(|(_, values)| values);
    let (Some(from), Some(to)) = (all().map(|v| v.0).min(), all().map(|v| v.0).max()) else {
        return Ok(String::new());
    };
    let largest = all().map(|v| v.1.abs()).fold(0.0, f64::max);
    let places = places_for(view.unit, largest);
    let series: Vec<Series> = view
        .lines
        .iter()
        .map(|(label, values)| Series {
            label: label.clone(),
            points: values.iter().map(|(time, value, _)| Point::value(*time, *value)).collect(),
        })
        .collect();
    let finding: Vec<String> = view
        .lines
        .iter()
        .filter_map(|(label, values)| {
            let (time, value, _) = values.last()?;
            Some(format!("{label} {} {unit} ({})", w.number(*value, places), year(*time)))
        })
        .collect();
    let finding = finding.join("; ");
    let alt = w.fill(
        "chart-lines-alt",
        [
            ("measure", &view.measure),
            ("place", &view.place),
            ("from", &year(from)),
            ("to", &year(to)),
            ("finding", &finding),
        ],
    );
    let chart = LineChart {
        id: view.id.to_owned(),
        title: w
            .fill("chart-lines-title", [("place", &view.place), ("n", &w.whole(view.lines.len() as u64))]),
        alt: sentence(&alt),
        unit: unit.clone(),
        places,
        series,
        thresholds: Vec::new(),
        from,
        to: to + TimeDelta::days(1),
        step: Some(view.step),
    };
    let mut times: Vec<DateTime<Utc>> = all().map(|v| v.0).collect();
    times.sort_unstable();
    times.dedup();
    let rows: Vec<Vec<Cell>> = times
        .iter()
        .rev()
        .map(|time| {
            let mut row = vec![Cell { text: year(*time).to_string(), ..Cell::default() }];
            row.extend(view.lines.iter().map(|(_, values)| {
                values.iter().find(|v| v.0 == *time).map_or_else(Cell::default, |(_, value, href)| Cell {
                    text: w.number(*value, places),
                    href: href.clone(),
                    estimated: false,
                })
            }));
            row
        })
        .collect();
    FigureTemplate {
        w,
        title: chart.title.clone(),
        subtitle: w.fill(
            "chart-subtitle",
            [("measure", &view.measure), ("unit", &unit), ("from", &year(from)), ("to", &year(to))],
        ),
        island: None,
        wide: chart.svg(&w, Size::Wide),
        narrow: chart.svg(&w, Size::Narrow),
        note: w.t("chart-step-values"),
        table_title: w.count("chart-table", rows.len() as u64),
        columns: std::iter::once(w.t("col-period"))
            .chain(view.lines.iter().map(|(label, _)| label.clone()))
            .collect(),
        rows,
    }
    .render()
    .map_err(|error| Problem::internal(&error))
}

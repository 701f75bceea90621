//! Charts and maps as drawings: what they say, what they never do.

use chrono::{DateTime, TimeDelta, Utc};
use model::{Lang, Position};
use portal::{
    AlarmLevel, Bar, BarChart, DeltaMap, LineChart, Mark, MarkKind, Method, Point, SalinityBand,
    SalinityClass, Series, SeriesStory, Size, Threshold, Words, spark,
};

fn at(day: i64, value: f64) -> Point {
    Point::value(start() + TimeDelta::days(day), value)
}

fn start() -> DateTime<Utc> {
    model::parse_instant("2026-01-01").unwrap()
}

fn limits() -> Vec<Threshold> {
    vec![Threshold { value: 1.0, label: "1 g/l".into() }, Threshold { value: 4.0, label: "4 g/l".into() }]
}

/// Daily values with a silence from day 12 to day 17.
fn points() -> Vec<Point> {
    (0..36).filter(|day| !(12..17).contains(day)).map(|day| at(day, 0.8 + 0.1 * day as f64)).collect()
}

fn chart() -> LineChart {
    LineChart {
        id: "c".into(),
        title: "Cầu Nổi <mặn>".into(),
        alt: "Biểu đồ".into(),
        unit: "g/l".into(),
        places: 1,
        series: vec![Series { label: "Cầu Nổi".into(), points: points() }],
        thresholds: limits(),
        from: start(),
        to: start() + TimeDelta::days(36),
        step: Some(TimeDelta::days(1)),
    }
}

/// Whether every element that is opened is closed.
fn well_formed(svg: &str) -> bool {
    let mut open: Vec<&str> = Vec::new();
    for tag in svg.split('<').skip(1) {
        let inside = &tag[..tag.find('>').unwrap()];
        if let Some(name) = inside.strip_prefix('/') {
            if open.pop() != Some(name) {
                return false;
            }
        } else if !inside.ends_with('/') {
            open.push(inside.split(' ').next().unwrap());
        }
    }
    open.is_empty()
}

#[test]
fn a_line_chart_is_drawn_the_same_every_time() {
    let words = Words::of(Lang::Vi);
    insta::assert_snapshot!("line_wide", chart().svg(&words, Size::Wide).replace("><", ">\n<"));
    insta::assert_snapshot!(
        "line_narrow_en",
        chart().svg(&Words::of(Lang::En), Size::Narrow).replace("><", ">\n<")
    );
}

#[test]
fn a_silence_breaks_the_line_and_is_hatched() {
    let svg = chart().svg(&Words::of(Lang::Vi), Size::Wide);
    let line = svg.split("class=\"ln k1\" d=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(line.matches('M').count(), 2, "one stroke before the silence and one after: {line}");
    assert_eq!(svg.matches("class=\"gap\"").count(), 1);
    assert!(svg.contains("không có số liệu: 00:00 12/01/2026 – 00:00 18/01/2026"), "{svg}");
}

#[test]
fn drawings_escape_names_and_carry_neither_style_nor_script() {
    let mut hostile = chart();
    hostile.series[0].label = "\"><script>alert(1)</script>".into();
    hostile.thresholds[0].label = "<b>\u{0}".into();
    let words = Words::of(Lang::Vi);
    for svg in [hostile.svg(&words, Size::Wide), hostile.svg(&words, Size::Narrow)] {
        assert!(well_formed(&svg), "{svg}");
        assert!(svg.contains("Cầu Nổi &lt;mặn&gt;"));
        assert!(!svg.contains("<script") && !svg.contains("style=") && !svg.contains('\u{0}'));
        assert!(
            svg.contains("role=\"img\"")
                && svg.contains("aria-labelledby")
                && svg.contains("aria-describedby")
        );
    }
}

#[test]
fn a_chart_stands_whatever_its_values() {
    let words = Words::of(Lang::En);
    for values in [
        vec![],
        vec![at(0, 0.0)],
        vec![at(0, 5.0), at(1, 5.0)],
        vec![at(0, -300.0), at(1, 400.0)],
        vec![at(0, 1e-9), at(1, 2e-9)],
        vec![at(0, 1e12), at(400, 2e12)],
        vec![at(0, f64::NAN), at(1, 1.0)],
    ] {
        let mut drawn = chart();
        drawn.series[0].points = values;
        let svg = drawn.svg(&words, Size::Narrow);
        assert!(well_formed(&svg) && !svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}

#[test]
fn a_bucket_keeps_its_extremes_in_an_envelope() {
    let mut drawn = chart();
    for point in &mut drawn.series[0].points {
        (point.low, point.high) = (point.value - 0.5, point.value + 0.5);
    }
    drawn.series[0].points[3].high = 9.9;
    let svg = drawn.svg(&Words::of(Lang::Vi), Size::Wide);
    assert!(svg.contains("class=\"en f1\""));
    assert!(svg.contains(">9,9</text>"), "the peak is labelled: {svg}");
}

#[test]
fn several_lines_differ_by_dash_and_their_labels_do_not_touch() {
    let mut drawn = LineChart { step: None, ..chart() };
    drawn.series = (0..3)
        .map(|i| Series {
            label: format!("Tỉnh {i}"),
            points: vec![at(0, 1.0), at(30, 2.0 + f64::from(i) * 0.01)],
        })
        .collect();
    let svg = drawn.svg(&Words::of(Lang::Vi), Size::Wide);
    let heights: Vec<f64> = svg
        .match_indices("class=\"el t")
        .map(|(at, _)| {
            let before = &svg[..at];
            let y = before.rsplit("y=\"").next().unwrap();
            y.split('"').next().unwrap().parse().unwrap()
        })
        .collect();
    assert_eq!(heights.len(), 3);
    assert!(heights.windows(2).all(|pair| (pair[1] - pair[0]).abs() >= 13.9), "{heights:?}");
    assert!(svg.contains("ln k2") && svg.contains("ln k3"));
}

#[test]
fn the_sentence_names_measure_place_period_course_extremes_and_limit() {
    let points = points();
    let limits = limits();
    let story = SeriesStory {
        measure: "độ mặn lớn nhất ngày",
        place: "Cầu Nổi",
        unit: "g/l",
        places: 1,
        points: &points,
        thresholds: &limits,
    };
    let vi = Words::of(Lang::Vi);
    assert_eq!(
        story.sentence(&vi),
        "Biểu đồ đường, độ mặn lớn nhất ngày tại Cầu Nổi, 01/01/2026 – 05/02/2026: tăng từ 0,8 lên 4,3 g/l, lần đầu \
         đạt 4 g/l ngày 02/02/2026; cao nhất 4,3 g/l ngày 05/02/2026, thấp nhất 0,8 g/l ngày 01/01/2026."
    );
    assert_eq!(story.finding(&vi), "Cầu Nổi: 4 ngày đạt từ 4 g/l");
    let en = Words::of(Lang::En);
    assert_eq!(story.finding(&en), "Cầu Nổi: 4 g/l reached on 4 days");
    assert!(story.sentence(&en).chars().count() <= 300);
    let long = "x".repeat(400);
    let story = SeriesStory { measure: &long, ..story };
    assert_eq!(story.sentence(&vi).chars().count(), 300);
}

#[test]
fn estimated_bars_are_hatched_and_missing_years_are_not_zero() {
    let bar = |label: &str, value, method| Bar { label: label.into(), value, method };
    let chart = BarChart {
        id: "b".into(),
        title: "Lúa".into(),
        alt: "Biểu đồ cột".into(),
        unit: "nghìn ha".into(),
        places: 1,
        bars: vec![
            bar("2019", Some(358.2), Method::Exact),
            bar("2020", None, Method::AsObserved),
            bar("2021", Some(330.0), Method::Estimated),
            bar("2026", Some(321.4), Method::AsObserved),
        ],
        rule: Some((3, "01/07/2025".into())),
    };
    let svg = chart.svg(&Words::of(Lang::Vi), Size::Wide);
    insta::assert_snapshot!("bars", svg.replace("><", ">\n<"));
    assert!(well_formed(&svg));
    assert_eq!(svg.matches("class=\"ba\"").count(), 2);
    assert_eq!(svg.matches("class=\"be\"").count(), 1);
    assert_eq!(svg.matches("class=\"gap\"").count(), 1);
    assert!(svg.contains(">0</text>"), "columns begin at zero");
}

#[test]
fn a_spark_needs_two_points() {
    assert_eq!(spark(&[at(0, 1.0)]), "");
    let drawn = spark(&[at(0, 1.0), at(1, 3.0), at(2, 2.0)]);
    assert!(well_formed(&drawn) && drawn.contains("aria-hidden"));
}

#[test]
fn salinity_has_seven_classes_in_three_bands() {
    for (value, class, band) in [
        (0.0, 1, SalinityBand::Fresh),
        (0.5, 2, SalinityBand::Fresh),
        (1.0, 3, SalinityBand::Brackish),
        (3.99, 4, SalinityBand::Brackish),
        (4.0, 5, SalinityBand::Salt),
        (10.0, 6, SalinityBand::Salt),
        (33.0, 7, SalinityBand::Salt),
    ] {
        let found = SalinityClass::of(value);
        assert_eq!((found.number(), found.band()), (class, band), "{value}");
    }
}

#[test]
fn an_alarm_level_is_reached_at_its_limit() {
    let limits = [Some(350.0), Some(400.0), Some(450.0)];
    for (value, level) in [
        (349.9, AlarmLevel::Below),
        (350.0, AlarmLevel::First),
        (400.0, AlarmLevel::Second),
        (460.0, AlarmLevel::Third),
    ] {
        assert_eq!(AlarmLevel::of(value, limits), level);
    }
    assert_eq!(AlarmLevel::of(999.0, [None; 3]), AlarmLevel::Below);
}

fn map(marks: Vec<Mark>) -> String {
    DeltaMap { id: "m".into(), title: "Độ mặn".into(), alt: "Bản đồ".into(), marks }.svg(&Words::of(Lang::Vi))
}

fn mark(name: &str, lon: f64, lat: f64, value: f64) -> Mark {
    Mark {
        position: Position { lon, lat },
        kind: MarkKind::Salinity(SalinityClass::of(value)),
        name: name.into(),
        value: format!("{value} g/l"),
        href: format!("/place/station:{value}"),
        is_subject: false,
    }
}

#[test]
fn the_map_fits_its_budget_and_shows_each_band_by_shape() {
    let empty = map(vec![]);
    assert!(well_formed(&empty));
    assert!(empty.len() <= 9 * 1024, "the sketch of the land is {} bytes", empty.len());
    let svg = map(vec![
        mark("Ngọt", 105.4, 10.4, 0.2),
        mark("Lợ", 106.0, 10.0, 2.0),
        mark("Mặn", 106.6, 9.9, 12.0),
    ]);
    assert!(well_formed(&svg));
    assert!(
        svg.contains("class=\"mk s1\"")
            && svg.contains("class=\"mi\"")
            && svg.contains("<path class=\"mk s6\"")
    );
    assert!(svg.contains("href=\"/place/station:12\"") && svg.contains("Mặn 12"));
}

#[test]
fn a_mark_outside_the_map_is_left_out_and_crowded_labels_give_way() {
    let svg = map(vec![mark("Hà Nội", 105.8, 21.0, 1.5)]);
    assert!(!svg.contains("Hà Nội"));
    let crowd: Vec<Mark> =
        (0..40).map(|i| mark(&format!("Trạm số {i}"), 106.0 + f64::from(i) * 0.001, 9.9, 2.0)).collect();
    let svg = map(crowd);
    assert_eq!(svg.matches("<a href").count(), 40, "every station has its mark");
    assert!(svg.matches("ml\">").count() < 12, "labels do not lie upon one another");
}

/// The colours of drawings that stand alone are those of a light page.
#[test]
fn a_drawing_that_stands_alone_has_the_colours_of_a_page() {
    let css = include_str!("../../assets/portal.css");
    let light = css.split_once("@media (prefers-color-scheme:dark)").unwrap().0;
    for (name, value) in chart::LIGHT {
        assert!(light.contains(&format!("{name}:{value}")), "the stylesheet has no `{name}:{value}`");
    }
    let svg = chart().alone(&Words::of(Lang::Vi), Size::Wide);
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"ch wide\""), "{svg}");
    assert!(!svg.contains("var(--"), "a colour has no value: {svg}");
    assert!(svg.contains(".k1{stroke:#0B4A63}"), "{svg}");
}

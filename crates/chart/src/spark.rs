//! Sparks: the course of a series at the size of a word.

use crate::line::Point;
use crate::svg::{Drawing, N, Path};

const WIDTH: f64 = 96.0;
const HEIGHT: f64 = 24.0;

/// A spark of the points, evenly spaced, with its last value as a dot. The number beside it speaks;
/// the drawing is decoration for a screen reader.
pub fn spark(points: &[Point]) -> String {
    if points.len() < 2 {
        return String::new();
    }
    let low = points.iter().map(|point| point.low).fold(f64::INFINITY, f64::min);
    let high = points.iter().map(|point| point.high).fold(f64::NEG_INFINITY, f64::max);
    let span = if high - low < 1e-9 { 1.0 } else { high - low };
    let from = points[0].time;
    let length = (points[points.len() - 1].time - from).num_seconds().max(1);
    #[expect(clippy::cast_precision_loss, reason = "a spark is precise to a pixel")]
    let x = |point: &Point| 2.0 + (point.time - from).num_seconds() as f64 / length as f64 * (WIDTH - 6.0);
    let y = |value: f64| HEIGHT - 3.0 - (value - low) / span * (HEIGHT - 6.0);
    let mut path = Path::default();
    for (index, point) in points.iter().enumerate() {
        if index == 0 { path.move_to(x(point), y(point.high)) } else { path.line_to(x(point), y(point.high)) }
    }
    let last = &points[points.len() - 1];
    let mut drawing = Drawing::default();
    drawing.push(format_args!(r#"<svg class="sp" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">"#));
    drawing.path("ln k1", &path);
    drawing.push(format_args!(
        r#"<circle class="ed k1" cx="{}" cy="{}" r="2.2"/></svg>"#,
        N(x(last)),
        N(y(last.high))
    ));
    drawing.finish()
}

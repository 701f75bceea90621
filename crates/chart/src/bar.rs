//! Bars per period, from zero: exact sums plain, estimates hatched.

use crate::Size;
use crate::scale::LinearScale;
use crate::svg::{Drawing, Esc, N};
use crate::words::Words;

/// How a value came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// As it was observed.
    AsObserved,
    /// Put together from parts that passed whole.
    Exact,
    /// Weighted by area or people.
    Estimated,
}

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What stands under it.
    pub label: String,
    /// Its height; absent, the period has no value and the place stays hatched at the axis.
    pub value: Option<f64>,
    /// How the value came about.
    pub method: Method,
}

/// A chart of one quantity per period.
#[derive(Debug, Clone)]
pub struct BarChart {
    /// A name that is unique on the page.
    pub id: String,
    /// What it says.
    pub title: String,
    /// What it shows, in one sentence.
    pub alt: String,
    /// The unit, as people write it.
    pub unit: String,
    /// Decimal places of labelled values.
    pub places: usize,
    /// The bars in order.
    pub bars: Vec<Bar>,
    /// A rule before the bar of this index, with its label (the merger of 1 July 2025).
    pub rule: Option<(usize, String)>,
}

impl BarChart {
    /// The drawing.
    pub fn svg(&self, words: &Words, size: Size) -> String {
        let (width, height) = (size.width(), size.height() - 60.0);
        let (left, right, top, bottom) = (44.0, width - 6.0, 26.0, height - 24.0);
        let present = || self.bars.iter().filter_map(|bar| bar.value);
        let high = present().fold(0.0, f64::max);
        let low = present().fold(0.0, f64::min);
        let values = LinearScale::over(low, high, true, self.places == 0, bottom, top);
        let id = format!("{}-{}", self.id, size.suffix());
        let mut drawing = Drawing::default();
        drawing.push(format_args!(
            r#"<svg class="{}" viewBox="0 0 {} {}" role="img" aria-labelledby="{id}-t" aria-describedby="{id}-d"><title id="{id}-t">{}</title><desc id="{id}-d">{}</desc><defs><pattern id="{id}-h" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hb" d="M0 0v5"/></pattern></defs>"#,
            size.class(), N(width), N(height), Esc(&self.title), Esc(&self.alt)
        ));
        for tick in values.ticks() {
            let y = values.at(tick);
            drawing.line("gr", (left, y), (right, y));
            drawing.text(left - 6.0, y + 4.0, "e", &words.number(tick, values.places()));
        }
        drawing.text(0.0, 12.0, "u", &self.unit);
        let slot = (right - left) / count(self.bars.len().max(1));
        let thick = (slot * 0.72).min(46.0);
        let every =
            labels_every(slot, self.bars.iter().map(|bar| bar.label.chars().count()).max().unwrap_or(4));
        for (index, bar) in self.bars.iter().enumerate() {
            let middle = left + slot * (count(index) + 0.5);
            if index % every == 0 {
                drawing.text(middle, bottom + 17.0, "m", &bar.label);
            }
            let Some(value) = bar.value else {
                drawing.push(format_args!(
                    r#"<rect class="gap" x="{}" y="{}" width="{}" height="5" fill="url(#{id}-h)"><title>{}: {}</title></rect>"#,
                    N(middle - thick / 2.0), N(bottom - 5.0), N(thick), Esc(&bar.label), Esc(&words.t("chart-no-data"))
                ));
                continue;
            };
            let (y, base) = (values.at(value), values.base());
            let (class, fill) = match bar.method {
                Method::Estimated => ("be", format!(r#" fill="url(#{id}-h)""#)),
                Method::AsObserved | Method::Exact => ("ba", String::new()),
            };
            drawing.push(format_args!(
                r#"<rect class="{class}" x="{}" y="{}" width="{}" height="{}"{fill}><title>{}: {} {}</title></rect>"#,
                N(middle - thick / 2.0), N(y.min(base)), N(thick), N((base - y).abs().max(0.5)),
                Esc(&bar.label), words.number(value, self.places), Esc(&self.unit)
            ));
            let last = index + 1 == self.bars.len();
            let is_highest = (value - high).abs() < f64::EPSILON;
            if slot >= 40.0 || last || is_highest {
                drawing.text(
                    middle.min(right - 12.0),
                    y.min(base) - 5.0,
                    "m xv",
                    &words.number(value, self.places),
                );
            }
        }
        if let Some((before, label)) = &self.rule {
            let x = left + slot * count(*before);
            drawing.line("mr", (x, top - 8.0), (x, bottom));
            drawing.text(x - 4.0, top - 2.0, "e tl", label);
        }
        drawing.line("ax", (left, values.base()), (right, values.base()));
        drawing.push(format_args!("</svg>"));
        drawing.finish()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a chart has few bars")]
fn count(number: usize) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
fn labels_every(slot: f64, letters: usize) -> usize {
    ((count(letters) * 7.0 + 6.0) / slot).ceil().max(1.0) as usize
}

//! The chart grammar: lines, bars and sparks as SVG, and the sentence that says what they show.
//!
//! One drawing serves page, print and embed. Gaps are hatched, never bridged; thresholds are
//! labelled on the line; lines are told apart by dash and end label as well as by colour.

mod alt;
mod bar;
mod line;
mod scale;
mod spark;

pub use alt::{SeriesStory, sentence};
pub use bar::{Bar, BarChart, Method};
pub use line::{LineChart, Point, Series, Threshold};
pub use spark::spark;

/// How much room a drawing has. Both are put on the page and the stylesheet shows the one that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// A phone: 360 units wide.
    Narrow,
    /// Anything wider: 760 units.
    Wide,
}

impl Size {
    fn width(self) -> f64 {
        match self {
            Size::Narrow => 360.0,
            Size::Wide => 760.0,
        }
    }

    fn height(self) -> f64 {
        match self {
            Size::Narrow => 230.0,
            Size::Wide => 290.0,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Size::Narrow => "ch narrow",
            Size::Wide => "ch wide",
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Size::Narrow => "n",
            Size::Wide => "w",
        }
    }
}

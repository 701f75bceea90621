//! The chart grammar: lines, bars and sparks as SVG, and the sentence that says what they show, in a
//! reader's words, numbers and dates.
//!
//! One drawing serves page, print, embed and assistants. Gaps are hatched, never bridged; thresholds
//! are labelled on the line; lines are told apart by dash and end label as well as by colour. This
//! crate draws what it is given: it never reads, asks or serves anything.

mod alone;
mod alt;
mod bar;
mod line;
mod scale;
mod series;
mod spark;
pub mod svg;
mod words;

pub use alone::{LIGHT, STYLE};
pub use alt::{SeriesStory, sentence};
pub use bar::{Bar, BarChart, Method};
pub use line::{LineChart, Point, Series, Threshold};
pub use series::{MOST_STRETCHES, SeriesChart, SeriesOf, Stretch};
pub use spark::spark;
pub use words::{Words, filled, local_day, places_for};

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

//! Map and check: chunks of cells to rows of observations, and a finding for each that is refused.

mod another;
mod batch;
mod beside;
mod bilingual;
mod columns;
mod comments;
mod decimals;
mod drift;
mod duplicates;
mod forecast;
mod found;
#[cfg(test)]
mod fuzz;
mod labels;
mod leave_out;
mod listed;
mod named;
mod number;
mod numbering;
mod nutrients;
mod parts;
mod period;
mod plan;
mod positions;
mod prepare;
mod remarks;
mod repeats;
mod resolve;
mod row_facts;
mod rules;
mod said;
mod shared;
mod statistic;
mod table;
mod time;
mod time_words;
mod unread;
mod values;
mod wind;
mod zones;

pub(crate) use batch::{POSITION, Room, Tests, Values};
pub(crate) use columns::{Extent, Header, tidy};
pub(crate) use comments::{are_comments, comment};
pub(crate) use labels::{OF_PROPERTIES, OF_STATIONS, OF_UNITS, OF_ZONES, labelled};
pub(crate) use leave_out::{Elsewhere, is_note, is_total};
pub(crate) use listed::unlisted;
pub(crate) use number::{NotANumber, NumberStyle, may_be_thousands, with_unit};
pub(crate) use numbering::numbers_columns;
pub(crate) use nutrients::nutrient;
pub(crate) use parts::{month, quarter, week_number};
pub use period::is_period;
pub(crate) use period::{Period, duration_us};
pub(crate) use plan::header_of;
pub(crate) use prepare::taken;
pub(crate) use remarks::{Remark, Taken, is_bad_state, is_remark};
pub(crate) use repeats::{Repeats, repeats};
pub(crate) use resolve::{
    Aliases, BESIDE, UnitProblem, conversion, find_beside, find_place, find_property, find_unit, unit_of,
};
pub use rules::usual_statistic;
pub(crate) use rules::{Taking, Wanted, converted, quality_of};
pub(crate) use statistic::find_statistic;
pub(crate) use table::{MAX_AHEAD, Mapped, Observer, Settings};
pub(crate) use time::{
    DateOrder, Moment, Precision, TimeFormat, TimeReader, column_order, parse_zone, slashed_order,
};
pub(crate) use time_words::{assumption, season_named, time_of_day};

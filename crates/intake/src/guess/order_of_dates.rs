//! Whether the dates of a column that show on their own which of day and month comes first speak for the others too:
//! `8/13/2020` may be of another hand than `05/08/2020`.

use chrono::NaiveDate;
use wording::{Told, told};

use crate::observe::{DateOrder, slashed_order};

/// So many times longer the dates have to be spread out in the order that some show, to be asked about.
const SPREAD: i64 = 4;

/// A date with its year last, and how it is written.
#[derive(Debug, Clone, Copy)]
struct Written<'a> {
    text: &'a str,
    numbers: (u32, u32, i32),
    separator: char,
    /// Whether numbers below ten have a zero before them; unknown where none is.
    is_padded: Option<bool>,
    order: Option<DateOrder>,
}

impl<'a> Written<'a> {
    fn read(text: &'a str) -> Option<Written<'a>> {
        text.split_whitespace().find_map(|word| {
            let separator = word.chars().find(|c| !c.is_ascii_digit())?;
            let parts: Vec<&str> = word.split(separator).collect();
            let [first, second, year] = parts.as_slice() else { return None };
            if separator == ':' || first.len() > 2 || second.len() > 2 || !matches!(year.len(), 2 | 4) {
                return None;
            }
            let (day, month): (u32, u32) = (first.parse().ok()?, second.parse().ok()?);
            let order = match (day, month) {
                (13.., _) => Some(DateOrder::DayFirst),
                (_, 13..) => Some(DateOrder::MonthFirst),
                _ => None,
            };
            let century = if year.len() == 2 { 2000 } else { 0 };
            let numbers = (day, month, century + year.parse::<i32>().ok()?);
            let starts_with_zero = first.starts_with('0') || second.starts_with('0');
            let is_short = first.len() == 1 || second.len() == 1;
            let is_padded = (starts_with_zero || is_short).then_some(starts_with_zero);
            Some(Written { text, numbers, separator, is_padded, order })
        })
    }

    fn day(&self, order: DateOrder) -> Option<NaiveDate> {
        let (first, second, year) = self.numbers;
        let (day, month) = match order {
            DateOrder::DayFirst => (first, second),
            DateOrder::MonthFirst => (second, first),
        };
        NaiveDate::from_ymd_opt(year, month, day)
    }

    fn is_of_another_hand(&self, other: &Written<'_>) -> bool {
        let padding = self.is_padded.zip(other.is_padded);
        self.separator != other.separator || padding.is_some_and(|(one, other)| one != other)
    }
}

/// Asks about dates that do not show their order, where those that do are written in another way, or would spread all
/// of them out over far more days. The day comes first in this country: of that order both have to be so.
pub(super) fn in_doubt<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Told> {
    let dates: Vec<Written<'_>> = texts.filter_map(Written::read).collect();
    let open = |date: &&Written<'_>| date.order.is_none() && date.numbers.0 != date.numbers.1;
    let shows = dates.iter().find(|date| date.order.is_some())?;
    let shown = shows.order?;
    let other = match shown {
        DateOrder::DayFirst => DateOrder::MonthFirst,
        DateOrder::MonthFirst => DateOrder::DayFirst,
    };
    let first = dates.iter().find(open)?;
    let deciding = || dates.iter().filter(|date| date.order.is_some());
    let of_another_hand =
        dates.iter().filter(open).find(|date| deciding().all(|shows| date.is_of_another_hand(shows)));
    let spread = |of_open: DateOrder| -> Option<i64> {
        let days = dates.iter().map(|date| date.day(if open(&date) { of_open } else { shown }));
        let days: Vec<NaiveDate> = days.collect::<Option<_>>()?;
        Some(days.iter().max()?.signed_duration_since(*days.iter().min()?).num_days())
    };
    let spreads = spread(shown).zip(spread(other));
    let far = spreads.filter(|(own, turned)| *own >= SPREAD * (*turned).max(1));
    match (of_another_hand, far) {
        (Some(_), None) | (None, Some(_)) if shown == DateOrder::DayFirst => None,
        (_, Some((far, near))) => Some(told!(
            "guess-order-far-apart",
            "`{shown}` shows whether the day or the month comes first, and `{other}` does not: in one order the dates lie within {far} days, and within {near} if `{other}` has the other one. Write all dates in one order, e.g. as 2024-03-15, or the order of all as `format`",
            shown = shows.text,
            other = first.text,
            far = far,
            near = near
        )),
        (Some(date), None) => Some(told!(
            "guess-order-of-another-hand",
            "`{shown}` shows that the month comes first, and `{other}` is written in another way: has it the same order? Write all dates in one order, e.g. as 2024-03-15, or the order of all as `format`",
            shown = shows.text,
            other = date.text
        )),
        (None, None) => None,
    }
}

/// Asks about dates, each with whether it is a date to the spreadsheet, of which it seems to have read some with day
/// and month the wrong way round and left the others as texts: all of the first kind have a day up to 12, and all texts
/// a number above it, where the other order has its month.
pub(super) fn turned_around<'a>(dates: impl Iterator<Item = (bool, &'a str)>) -> Option<Told> {
    let (typed, texts): (Vec<_>, Vec<_>) = dates.partition(|(is_typed, _)| *is_typed);
    let day = |text: &str| text.get(8..10).and_then(|day| day.parse::<u32>().ok());
    let are_small = typed.iter().all(|(_, text)| day(text).is_some_and(|day| day <= 12));
    let are_all = |order| texts.iter().all(|(_, text)| slashed_order(text) == Some(Some(order)));
    let are_large = are_all(DateOrder::DayFirst) || are_all(DateOrder::MonthFirst);
    let ((_, date), (_, text)) = (typed.first()?, texts.first()?);
    (are_small && are_large).then(|| {
        told!(
            "guess-turned-around",
            "`{date}` is a date and `{text}` is not: has the spreadsheet turned day and month of the dates around? Then write all of them as texts, or correct them",
            date = date,
            text = text
        )
    })
}

#[cfg(test)]
mod tests {
    use super::in_doubt;

    #[test]
    fn dates_of_one_hand_that_lie_close_together_are_in_no_doubt() {
        for (texts, is_in_doubt) in [
            (&["05/08/2020", "06/08/2020", "8/13/2020"][..], true),
            (&["5/8/2020", "6/8/2020", "8/13/2020"], true),
            (&["05/08/2020", "09/10/2020", "8/13/2020"], true),
            (&["05-08-2020", "09-10-2020", "08/13/2020"], true),
            (&["8/5/2020", "8/6/2020", "8/13/2020"], false),
            (&["08/05/2020 7:00", "08/06/2020 7:00", "08/13/2020 7:00"], false),
            (&["8/5/2020", "8/6/2020", "13/08/2020"], true),
            (&["05/08/2020", "06/08/2020", "13/8/2020"], false),
            (&["05/03/2020", "05/06/2020", "15/09/2020"], false),
            (&["05/08/2020", "06/08/2020"], false),
            (&["8/8/2020", "08/13/2020", "8/14/2020"], false),
            (&["05/08/20", "06/08/20", "8/13/20"], true),
            (&["07:00 05/08/2020", "07:00 06/08/2020", "13:00 8/13/2020"], true),
            (&["2020-05-08", "2020-08-13"], false),
        ] {
            assert_eq!(in_doubt(texts.iter().copied()).is_some(), is_in_doubt, "{texts:?}");
        }
    }
}

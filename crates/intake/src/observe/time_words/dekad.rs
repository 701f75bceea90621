//! The thirds of a month: `Thượng tuần tháng 7/2024`, `Kỳ 2 tháng 7`, `10 ngày cuối tháng 7`, `11-20/7/2024`.

use super::super::time::{DAY, days, year_month};
use super::{Said, month_or_day, number, year};

/// `thuong tuan thang 7 2024`, `ky 2 thang 7 2024`, `10 ngay cuoi thang 7 2024`, `11 20 7 2024`.
pub(super) fn said(words: &[&str]) -> Option<Said> {
    let (first, rest) = match words {
        ["thuong", "tuan", rest @ ..] | ["10", "dau", rest @ ..] | ["ky", "1" | "i", rest @ ..] => (1, rest),
        ["trung", "tuan", rest @ ..] | ["10", "giua", rest @ ..] | ["ky", "2" | "ii", rest @ ..] => {
            (11, rest)
        }
        ["ha", "tuan", rest @ ..] | ["10", "cuoi", rest @ ..] | ["ky", "3" | "iii", rest @ ..] => (21, rest),
        [from, to, month, of] => {
            let (from, to) = (number(from, 2)?, number(to, 2)?);
            let (year, month) = (year(of)?, number(month, 2)?);
            let is_last = days(year, month, to).is_some() && days(year, month, to + 1).is_none();
            let is_one = matches!((from, to), (1, 10) | (11, 20)) || from == 21 && is_last;
            return is_one.then_some(Said::Dekad { year, month, first: from });
        }
        _ => return None,
    };
    let (year, month) = match rest {
        [month, of] if number(month, 2).is_some() => (year(of)?, number(month, 2)?),
        _ => match month_or_day(rest, None)? {
            Said::Months { year, first, count: 1 } => (year, first),
            _ => return None,
        },
    };
    (1..=12).contains(&month).then_some(Said::Dekad { year, month, first })
}

/// The instant behind ten days, or behind the rest of their month.
pub(in crate::observe) fn dekad_end(start: i64, zone: i64) -> Option<i64> {
    let day = (start + zone).div_euclid(DAY);
    let (year, month) = year_month(day);
    let first = days(year, month, 1)?;
    let next = if month == 12 { days(year + 1, 1, 1) } else { days(year, month + 1, 1) };
    let end = if day - first < 20 { day + 10 } else { next? };
    Some(end * DAY - zone)
}

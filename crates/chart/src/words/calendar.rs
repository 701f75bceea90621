//! Dates and times as the languages write them, always on Vietnam's clock.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Timelike, Utc};
use model::VIETNAM;

use super::Words;
use super::table::format;

impl Words {
    /// A date: `05/02/2026`, `5 Feb 2026`, `5 កុម្ភៈ 2026`.
    pub fn date(&self, day: NaiveDate) -> String {
        self.pattern(&format(self.lang()).date, day)
    }

    /// The day of an instant in Vietnam.
    pub fn day(&self, time: DateTime<Utc>) -> String {
        self.date(local_day(time))
    }

    /// A day and month for axes and lists of one year: `05/02`, `5 Feb`.
    pub fn day_month(&self, day: NaiveDate) -> String {
        self.pattern(&format(self.lang()).day_month, day)
    }

    /// A month for axes: `thg 2`, `Feb`.
    pub fn month(&self, day: NaiveDate) -> String {
        self.pattern(&format(self.lang()).month, day)
    }

    fn pattern(&self, pattern: &str, day: NaiveDate) -> String {
        pattern
            .replace("{dd}", &format!("{:02}", day.day()))
            .replace("{d}", &day.day().to_string())
            .replace("{mm}", &format!("{:02}", day.month()))
            .replace("{mon}", &format(self.lang()).months[day.month0() as usize])
            .replace("{m}", &day.month().to_string())
            .replace("{yyyy}", &day.year().to_string())
    }

    /// An instant: `07:00 05/02/2026`, `07:00 5 Feb 2026`.
    pub fn instant(&self, time: DateTime<Utc>) -> String {
        format!("{} {}", clock(time), self.day(time))
    }

    /// An instant with its weekday: `07:00 thứ Năm 05/02/2026`, `07:00 Thursday 5 Feb 2026`.
    pub fn instant_long(&self, time: DateTime<Utc>) -> String {
        let day = local_day(time);
        format!(
            "{} {} {}",
            clock(time),
            format(self.lang()).weekdays[day.weekday().num_days_from_monday() as usize],
            self.date(day)
        )
    }

    /// The time of an observation: the year for a year, the date for a day (or for midnight when the
    /// length is not known), date and time otherwise.
    pub fn observed(&self, time: DateTime<Utc>, end: Option<DateTime<Utc>>) -> String {
        let local = time.with_timezone(&VIETNAM);
        let midnight = local.num_seconds_from_midnight() == 0;
        let length = end.map(|end| end - time);
        if midnight && local.ordinal() == 1 && length.is_some_and(|length| length >= TimeDelta::days(360)) {
            return local.year().to_string();
        }
        if midnight && local.day() == 1 && length.is_some_and(|length| length >= TimeDelta::days(28)) {
            return format!("{} {}", self.month(local.date_naive()), local.year());
        }
        if midnight && length.is_none_or(|length| length >= TimeDelta::days(1)) {
            return self.day(time);
        }
        self.instant(time)
    }
}

/// The day of an instant in Vietnam.
pub fn local_day(time: DateTime<Utc>) -> NaiveDate {
    time.with_timezone(&VIETNAM).date_naive()
}

/// Hours and minutes on Vietnam's clock.
fn clock(time: DateTime<Utc>) -> String {
    time.with_timezone(&VIETNAM).format("%H:%M").to_string()
}

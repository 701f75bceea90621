//! Spans of time as PostgreSQL reads them out of texts (PostgreSQL 15, §8.5.4): `1 year 2 months 3 days 04:05:06`,
//! `P1DT2H`, `1-2`, `-1 day +02:00`, `90 min ago`.

/// A span in the parts that PostgreSQL keeps apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Span {
    months: i64,
    days: i64,
    micros: i64,
}

const DAY: f64 = 86_400e6;

/// Units with the months, the days and the microseconds that one has, by what their names begin with.
const UNITS: [(&[&str], f64, f64, f64); 12] = [
    (&["microsecond", "microseconds", "us", "usec", "usecs"], 0.0, 0.0, 1.0),
    (&["millisecond", "milliseconds", "ms", "msec", "msecs"], 0.0, 0.0, 1e3),
    (&["second", "seconds", "s", "sec", "secs"], 0.0, 0.0, 1e6),
    (&["minute", "minutes", "m", "min", "mins"], 0.0, 0.0, 60e6),
    (&["hour", "hours", "h", "hr", "hrs"], 0.0, 0.0, 3600e6),
    (&["day", "days", "d"], 0.0, 1.0, 0.0),
    (&["week", "weeks", "w"], 0.0, 7.0, 0.0),
    (&["month", "months", "mon", "mons"], 1.0, 0.0, 0.0),
    (&["year", "years", "y", "yr", "yrs"], 12.0, 0.0, 0.0),
    (&["decade", "decades", "dec", "decs"], 120.0, 0.0, 0.0),
    (&["century", "centuries", "c", "cent"], 1200.0, 0.0, 0.0),
    (&["millennium", "millennia", "mil", "mils"], 12_000.0, 0.0, 0.0),
];

impl Span {
    /// What the text says; none where it is written in another way.
    pub(super) fn read(text: &str) -> Option<Span> {
        let text = text.trim().to_lowercase();
        if let Some(iso) = text.strip_prefix('p') {
            return iso_8601(iso);
        }
        let (text, is_ago) = match text.strip_suffix("ago") {
            Some(rest) => (rest.trim_end().to_owned(), true),
            None => (text.trim_start_matches('@').trim_start().to_owned(), false),
        };
        let mut span = Span::default();
        let mut words = words(&text)?.into_iter().peekable();
        words.peek()?;
        while let Some(word) = words.next() {
            if let Some(micros) = clock(&word) {
                span.micros = span.micros.checked_add(micros)?;
                continue;
            }
            if let Some(months) = years_and_months(&word) {
                span.months = span.months.checked_add(months)?;
                continue;
            }
            let number: f64 = word.parse().ok()?;
            match words.next_if(|next| next.starts_with(|c: char| c.is_ascii_alphabetic())) {
                Some(unit) => span.add(number, &unit)?,
                // `3 04:05` are days and a time; a number alone counts seconds.
                None if words.peek().is_some_and(|next| next.contains(':')) => span.add(number, "day")?,
                None if words.peek().is_none() => span.add(number, "second")?,
                None => return None,
            }
        }
        let sign = if is_ago { -1 } else { 1 };
        Some(Span { months: span.months * sign, days: span.days * sign, micros: span.micros * sign })
    }

    /// So many of a unit; what is left of a month counts as days, thirty to a month, and what is left of a day as time.
    /// What is longer than a month is months, to the nearest.
    #[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates")]
    fn add(&mut self, number: f64, unit: &str) -> Option<()> {
        let (_, months, days, micros) = UNITS.iter().find(|(names, ..)| names.contains(&unit))?;
        let months = if *months > 1.0 { (months * number).round_ties_even() } else { months * number };
        let days = days * number + (months.fract() * 30.0 * 1e6).round() / 1e6;
        let micros = micros * number + days.fract() * DAY;
        self.months = self.months.checked_add(months.trunc() as i64)?;
        self.days = self.days.checked_add(days.trunc() as i64)?;
        self.micros = self.micros.checked_add(micros.round() as i64)?;
        Some(())
    }

    /// Without what is smaller than the unit.
    pub(super) fn cut(self, unit: &str) -> Span {
        let times = |micros: i64| Span { micros: self.micros / micros * micros, ..self };
        match unit {
            "year" => Span { months: self.months / 12 * 12, days: 0, micros: 0 },
            "month" => Span { days: 0, micros: 0, ..self },
            "day" => Span { micros: 0, ..self },
            "hour" => times(3_600_000_000),
            "minute" => times(60_000_000),
            _ => self,
        }
    }

    /// With so many digits behind the seconds, the nearest.
    pub(super) fn with_digits(self, digits: u64) -> Span {
        let unit = 10_i64.pow(6 - u32::try_from(digits.min(6)).unwrap_or(6));
        let half = unit / 2 * self.micros.signum();
        Span { micros: self.micros.saturating_add(half) / unit * unit, ..self }
    }

    /// The span in words that the planner takes.
    pub(super) fn written(self) -> String {
        format!("{} months {} days {} microseconds", self.months, self.days, self.micros)
    }
}

/// Words and numbers, apart where a blank stands between them or a letter follows a digit.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in text.chars() {
        let begins = before.is_whitespace() || (c.is_ascii_alphabetic() && !before.is_ascii_alphabetic());
        match (c.is_whitespace(), begins) {
            (true, _) => {}
            // A sign may stand alone before its number.
            (false, true) if words.last().is_none_or(|word| word != "-" && word != "+") => {
                words.push(c.into())
            }
            (false, _) => words.last_mut()?.push(c),
        }
        before = c;
    }
    Some(words)
}

/// `04:05`, `-04:05:06.7`.
#[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates")]
fn clock(word: &str) -> Option<i64> {
    let (sign, word) = signed(word);
    let mut parts = word.split(':');
    let (hours, minutes) = (parts.next()?, parts.next()?);
    let seconds: f64 = parts.next().unwrap_or("0").parse().ok()?;
    let whole = hours.parse::<i64>().ok()?.checked_mul(60)?.checked_add(minutes.parse().ok()?)?;
    let micros = whole.checked_mul(60_000_000)?.checked_add((seconds * 1e6).round() as i64)?;
    parts.next().is_none().then_some(sign * micros)
}

/// `1-2`: a year and two months.
fn years_and_months(word: &str) -> Option<i64> {
    let (sign, word) = signed(word);
    let (years, months) = word.split_once('-')?;
    let months = years.parse::<i64>().ok()?.checked_mul(12)?.checked_add(months.parse().ok()?)?;
    Some(sign * months)
}

fn signed(word: &str) -> (i64, &str) {
    match word.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, word.strip_prefix('+').unwrap_or(word)),
    }
}

/// `1y2m3dt4h5m6s`, after the letter P.
fn iso_8601(text: &str) -> Option<Span> {
    let mut span = Span::default();
    let (mut is_time, mut number) = (false, String::new());
    for c in text.chars() {
        let unit = match (c, is_time) {
            ('t', false) => {
                is_time = true;
                continue;
            }
            ('y', false) => "year",
            ('m', false) => "month",
            ('w', false) => "week",
            ('d', false) => "day",
            ('h', true) => "hour",
            ('m', true) => "minute",
            ('s', true) => "second",
            _ => {
                number.push(c);
                continue;
            }
        };
        span.add(number.parse().ok()?, unit)?;
        number.clear();
    }
    (number.is_empty() && !text.is_empty()).then_some(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_postgresql_reads_them() {
        let check = |text: &str, months: i64, days: i64, seconds: i64| {
            let expected = Span { months, days, micros: seconds * 1_000_000 };
            assert_eq!(Span::read(text), Some(expected), "{text}");
        };
        check("1 year 2 months 3 days 04:05:06", 14, 3, 4 * 3600 + 5 * 60 + 6);
        check("P1Y2M3DT4H", 14, 3, 4 * 3600);
        check("PT36H", 0, 0, 36 * 3600);
        check("1-2", 14, 0, 0);
        check("-1 day +2 hours", 0, -1, 7200);
        check("3 04:05", 0, 3, 4 * 3600 + 5 * 60);
        check("90min", 0, 0, 5400);
        check("2 weeks ago", 0, -14, 0);
        check("1.5 months", 1, 15, 0);
        check("1.1 years", 13, 0, 0);
        check("-1.5 years", -18, 0, 0);
        check("1.7 decades", 204, 0, 0);
        check("1.5 days", 0, 1, 43_200);
        check("- 5 minutes", 0, 0, -300);
        check("30", 0, 0, 30);
        check("@ 1 hour", 0, 0, 3600);
        for text in ["", "soon", "1 2 3", "1 parsec", "P", "P1", "P1H"] {
            assert_eq!(Span::read(text), None, "{text}");
        }
    }
}

//! Times that say a zone of their own: taken as they say, and told of where they may mean another.
//!
//! Programs write `Z` behind the clock of the wall, or turn a day into midnight UTC, which is seven in
//! the morning in Vietnam. Nothing is moved on a guess: what a person has to decide is a finding.

use chrono::{DateTime, SecondsFormat};
use model::{CellRef, Severity};

use super::time::{DAY, Moment, Precision, parse_zone};
use crate::findings::{Findings, Words};

/// Vietnam's clock before UTC, microseconds.
const VIETNAM: i64 = DAY / 24 * 7;
/// Midnight in Vietnam on the clock of UTC.
const LOCAL_MIDNIGHT: i64 = DAY - VIETNAM;

/// What the times of a file say of their zone.
#[derive(Debug, Default)]
pub(super) struct Zones {
    /// The first time that says the zone UTC.
    utc: Option<Seen>,
    /// The clock that all of these show; none where they differ.
    clock: Option<i64>,
    differ: bool,
    /// Whether they are of several days.
    days: Option<(i64, bool)>,
    /// The first time that says another zone than the mapping.
    against: Option<(Seen, i64)>,
    /// The first time with a clock that says a zone, and the first that says none.
    says: Option<Seen>,
    says_none: Option<Seen>,
    /// Whether the mapping says that what has no zone is in UTC: somebody has decided.
    is_decided: bool,
}

/// A time, and where it stands.
#[derive(Debug, Clone)]
struct Seen {
    cell: CellRef,
    column: String,
    text: String,
}

impl Zones {
    /// Takes note of a time; `said` is the zone that the mapping names.
    #[inline]
    pub(super) fn see<'n>(
        &mut self,
        text: &str,
        moment: Moment,
        said: Option<i64>,
        whereabouts: impl FnOnce() -> (CellRef, &'n str),
    ) {
        if moment.precision != Precision::Instant {
            return;
        }
        let claim = claim(text);
        let is_new = match claim {
            None => self.says_none.is_none(),
            Some(zone) => {
                self.is_decided |= said == Some(0);
                if zone == 0 {
                    self.count(moment.us);
                }
                let contradicts = said.is_some_and(|said| said != zone);
                self.says.is_none()
                    || (zone == 0 && self.utc.is_none())
                    || (contradicts && self.against.is_none())
            }
        };
        if !is_new {
            return;
        }
        let (cell, column) = whereabouts();
        let seen = Seen { cell, column: column.to_owned(), text: text.to_owned() };
        let Some(zone) = claim else {
            self.says_none = Some(seen);
            return;
        };
        if let Some(said) = said.filter(|said| *said != zone) {
            self.against.get_or_insert((seen.clone(), said));
        }
        if zone == 0 {
            self.utc.get_or_insert(seen.clone());
        }
        self.says.get_or_insert(seen);
    }

    fn count(&mut self, us: i64) {
        if self.differ {
            return;
        }
        let (clock, day) = (us.rem_euclid(DAY), us.div_euclid(DAY));
        self.differ = *self.clock.get_or_insert(clock) != clock;
        let (first, _) = *self.days.get_or_insert((day, false));
        if day != first {
            self.days = Some((first, true));
        }
    }

    /// Says what a person has to decide.
    pub(super) fn tell(self, findings: &mut Findings) {
        if let (Some(with), Some(without)) = (&self.says, &self.says_none) {
            tell(findings, "zones_mixed", without, &with.text);
        }
        if let Some((seen, said)) = &self.against {
            let expected = format!("{} · {}", offset(*said), pattern(&seen.text));
            tell(findings, "zone_contradicts", seen, &expected);
            return;
        }
        let of_days = self.days.is_some_and(|(_, several)| several) && !self.differ && !self.is_decided;
        let (Some(seen), Some(clock)) = (&self.utc, self.clock.filter(|_| of_days)) else { return };
        match clock {
            0 => tell(findings, "utc_midnight", seen, &pattern(&seen.text)),
            LOCAL_MIDNIGHT => {
                let instant = model::parse_instant(&seen.text).ok();
                let day = instant.map(|at| at.with_timezone(&model::VIETNAM).format("%d/%m/%Y").to_string());
                tell(findings, "utc_local_midnight", seen, &day.unwrap_or_default());
            }
            _ => {}
        }
    }
}

fn tell(findings: &mut Findings, code: &str, seen: &Seen, expected: &str) {
    findings.add(Severity::Warning, code, seen.cell, || Words {
        column_name: seen.column.clone(),
        value: seen.text.clone(),
        expected: expected.to_owned(),
    });
}

/// The zone that a time says behind its clock, microseconds east of UTC.
fn claim(text: &str) -> Option<i64> {
    let text = text.trim_end();
    let bytes = text.as_bytes();
    if bytes.len() < 16 {
        return None;
    }
    if matches!(bytes[bytes.len() - 1], b'Z' | b'z') {
        return Some(0);
    }
    let at = bytes.iter().skip(16).position(|byte| matches!(byte, b'+' | b'-'))? + 16;
    parse_zone(text.get(at..)?)
}

/// The pattern that reads a time without its zone: its letters stand in it as they are.
fn pattern(text: &str) -> String {
    let text = text.trim();
    let separator = text.get(10..11).unwrap_or("T");
    let rest = text.get(16..).unwrap_or_default();
    let (seconds, rest) = match rest.strip_prefix(':') {
        Some(rest) => (":%S", rest.get(2..).unwrap_or_default()),
        None => ("", rest),
    };
    let fraction = rest.bytes().take_while(|byte| matches!(byte, b'.' | b'0'..=b'9')).count();
    let zone = rest.get(fraction..).unwrap_or_default();
    let fraction = if fraction > 0 { "%.f" } else { "" };
    format!("%Y-%m-%d{separator}%H:%M{seconds}{fraction}{zone}")
}

fn offset(us: i64) -> String {
    let at = DateTime::from_timestamp_micros(0).unwrap_or_default();
    let zone = chrono::FixedOffset::east_opt(i32::try_from(us / 1_000_000).unwrap_or_default());
    let text = zone.map(|zone| at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false));
    text.and_then(|text| text.get(19..).map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{claim, offset, pattern};
    use crate::observe::TimeFormat;

    #[test]
    fn a_zone_behind_the_clock_is_seen_and_the_pattern_without_it_can_be_used() {
        let hours = |hours: i64| Some(hours * 3_600_000_000);
        for (text, zone, without) in [
            ("2020-02-03T00:00:00Z", hours(0), "%Y-%m-%dT%H:%M:%SZ"),
            ("2020-02-03 00:00Z", hours(0), "%Y-%m-%d %H:%MZ"),
            ("2020-02-03T00:00:00.000Z", hours(0), "%Y-%m-%dT%H:%M:%S%.fZ"),
            ("2020-02-03T00:00:00+00:00", hours(0), "%Y-%m-%dT%H:%M:%S+00:00"),
            ("2020-02-03T00:00:00+07:00", hours(7), "%Y-%m-%dT%H:%M:%S+07:00"),
            ("2020-02-03T00:00:00.5-0330", Some(-12_600_000_000), "%Y-%m-%dT%H:%M:%S%.f-0330"),
        ] {
            assert_eq!(claim(text), zone, "{text}");
            assert_eq!(pattern(text), without);
            assert!(TimeFormat::parse(without).is_some(), "{without}");
        }
        for text in ["2020-02-03", "2020-02-03 07:00", "2020-02-03T07:00:00", "03/02/2020 07:00:00"] {
            assert_eq!(claim(text), None, "{text}");
        }
        assert_eq!((offset(25_200_000_000), offset(0)), ("+07:00".into(), "+00:00".into()));
    }
}

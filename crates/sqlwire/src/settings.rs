//! Settings of a session: what the server tells at the start, and what may be set and shown.

use std::collections::HashMap;

use model::Lang;
use query::Postgres;

use crate::error::Refusal;

/// The setting that pins a session to what was known at an instant.
pub(crate) const AS_KNOWN_AT: &str = "cuulong.as_known_at";

/// What a client is told at the start (§55.2.7).
pub(crate) fn told(user: &str, application: &str, zone: &str) -> Vec<(&'static str, String)> {
    vec![
        ("server_version", Postgres::release().to_owned()),
        ("server_encoding", "UTF8".to_owned()),
        ("client_encoding", "UTF8".to_owned()),
        ("application_name", application.to_owned()),
        ("default_transaction_read_only", "on".to_owned()),
        ("in_hot_standby", "off".to_owned()),
        ("is_superuser", "off".to_owned()),
        ("session_authorization", user.to_owned()),
        ("DateStyle", "ISO, MDY".to_owned()),
        ("IntervalStyle", "postgres".to_owned()),
        ("TimeZone", zone.to_owned()),
        ("integer_datetimes", "on".to_owned()),
        ("standard_conforming_strings", "on".to_owned()),
    ]
}

/// Whether a zone is given back to the server's own.
fn is_default(plain: &str) -> bool {
    matches!(plain, "default" | "local")
}

/// What a client has set.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    values: HashMap<String, String>,
    /// What holds after the transaction in which something was set.
    after: Option<After>,
    savepoints: Vec<Savepoint>,
}

/// What held when a savepoint was made.
#[derive(Debug)]
struct Savepoint {
    name: String,
    values: HashMap<String, String>,
    kept: Option<HashMap<String, String>>,
}

/// What holds after a transaction (PostgreSQL 15, `SET`).
#[derive(Debug)]
struct After {
    /// Where it is taken back: what held before it.
    taken_back: HashMap<String, String>,
    /// Else: without what was set for the transaction only.
    kept: HashMap<String, String>,
}

/// The most savepoints of a transaction.
const MOST_SAVEPOINTS: usize = 50;
/// The most settings, and the longest value, that are remembered for a client.
const MOST: usize = 200;
const LONGEST: usize = 1_000;

impl Settings {
    /// Sets a value, or forgets it. What would change what is answered in a way that is not kept here is
    /// refused rather than passed over.
    pub(crate) fn set(&mut self, name: &str, value: Option<&str>) -> Result<(), Refusal> {
        let Some(value) = value else {
            match name {
                "all" => self.values.clear(),
                name => drop(self.values.remove(name)),
            }
            return Ok(());
        };
        let wrong = |hint: &'static str| {
            Err(Refusal::new("22023", format!("invalid value for \"{name}\": \"{value}\"")).hint(hint))
        };
        let plain = value.trim_matches('\'').to_lowercase().replace(['-', '_'], "");
        match name {
            "client_encoding" if !matches!(plain.as_str(), "utf8" | "unicode") => return wrong("take UTF8"),
            "timezone" => {
                let Some(zone) =
                    Postgres::zone(value).or_else(|| is_default(&plain).then(|| "UTC".to_owned()))
                else {
                    return wrong("write a name of the tables of zones, e.g. 'Asia/Ho_Chi_Minh'");
                };
                self.values.insert(name.to_owned(), zone);
                return Ok(());
            }
            "standard_conforming_strings" if plain != "on" => return wrong("take on"),
            AS_KNOWN_AT if model::parse_instant(value).is_err() => {
                return wrong("write an instant, as 2026-01-31T00:00:00Z");
            }
            _ => {}
        }
        if value.len() > LONGEST || (self.values.len() >= MOST && !self.values.contains_key(name)) {
            return Err(Refusal::new("54000", "too many settings, or too long a value"));
        }
        self.values.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// Sets a value in a transaction, or forgets it: until the end of the transaction only, or beyond it where it is not
    /// taken back.
    pub(crate) fn set_within(
        &mut self,
        name: &str,
        value: Option<&str>,
        is_local: bool,
    ) -> Result<(), Refusal> {
        let before = self.values.clone();
        self.set(name, value)?;
        let after = self.after.get_or_insert_with(|| After { taken_back: before.clone(), kept: before });
        match (is_local, name, self.values.get(name)) {
            (true, ..) => {}
            (false, "all", _) => after.kept.clear(),
            (false, name, Some(value)) => drop(after.kept.insert(name.to_owned(), value.clone())),
            (false, name, None) => drop(after.kept.remove(name)),
        }
        Ok(())
    }

    /// Remembers what holds now.
    pub(crate) fn begin_savepoint(&mut self, name: String) -> Result<(), Refusal> {
        if self.savepoints.len() >= MOST_SAVEPOINTS {
            return Err(Refusal::new("54000", "too many savepoints"));
        }
        let kept = self.after.as_ref().map(|after| after.kept.clone());
        self.savepoints.push(Savepoint { name, values: self.values.clone(), kept });
        Ok(())
    }

    /// Forgets a savepoint and those after it.
    pub(crate) fn release_savepoint(&mut self, name: &str) -> Result<(), Refusal> {
        let place = self.savepoint(name)?;
        self.savepoints.truncate(place);
        Ok(())
    }

    /// Makes the settings what they were when a savepoint was made.
    pub(crate) fn return_to_savepoint(&mut self, name: &str) -> Result<(), Refusal> {
        let place = self.savepoint(name)?;
        self.savepoints.truncate(place + 1);
        let savepoint = &self.savepoints[place];
        self.values = savepoint.values.clone();
        if let Some(after) = &mut self.after {
            after.kept = savepoint.kept.clone().unwrap_or_else(|| after.taken_back.clone());
        }
        Ok(())
    }

    /// Where the last savepoint of a name is.
    fn savepoint(&self, name: &str) -> Result<usize, Refusal> {
        let place = self.savepoints.iter().rposition(|savepoint| savepoint.name == name);
        place.ok_or_else(|| Refusal::new("3B001", format!("savepoint \"{name}\" does not exist")))
    }

    /// Ends a transaction.
    pub(crate) fn end(&mut self, commits: bool) {
        self.savepoints.clear();
        if let Some(after) = self.after.take() {
            self.values = if commits { after.kept } else { after.taken_back };
        }
    }

    /// The value that is set, or that the server has.
    pub(crate) fn shown(&self, name: &str) -> Option<String> {
        match name {
            "transaction isolation level" => Some("read committed".to_owned()),
            "transaction_read_only" => Some("on".to_owned()),
            "time zone" => self.shown("timezone"),
            "statement_timeout" | "lock_timeout" | "idle_in_transaction_session_timeout" => {
                Some(self.values.get(name).cloned().unwrap_or_else(|| "0".to_owned()))
            }
            AS_KNOWN_AT | "application_name" | "extra_float_digits" | "bytea_output" => {
                Some(self.values.get(name).cloned().unwrap_or_default())
            }
            name => self.values.get(name).cloned().or_else(|| Postgres::setting(name).map(str::to_owned)),
        }
    }

    /// The language of messages, by `lc_messages`: English unless Vietnamese is asked for, as clients of
    /// PostgreSQL expect.
    pub(crate) fn lang(&self) -> Lang {
        match self.get("lc_messages") {
            Some(locale) if locale.trim_matches('\'').starts_with("vi") => Lang::Vi,
            _ => Lang::En,
        }
    }

    /// The zone in which instants are shown, where that is not UTC.
    pub(crate) fn zone(&self) -> Option<&str> {
        self.get("timezone").filter(|zone| *zone != "UTC")
    }

    /// The setting as clients are told of it when it changes (§55.2.7), where they are.
    pub(crate) fn reported(&self, name: &str) -> Option<(&'static str, String)> {
        let shown = |known: &str| self.values.get(known).cloned();
        match name {
            "timezone" => Some(("TimeZone", shown("timezone").unwrap_or_else(|| "UTC".to_owned()))),
            "application_name" => Some(("application_name", shown("application_name").unwrap_or_default())),
            _ => None,
        }
    }

    /// A value that has been set.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a setting is after the steps of a transaction that is committed, and after one that is taken back.
    fn after(steps: &[(&str, Option<&str>, bool)]) -> [Option<String>; 2] {
        [true, false].map(|commits| {
            let mut settings = Settings::default();
            settings.set("application_name", Some("before")).unwrap();
            for (name, value, is_local) in steps {
                settings.set_within(name, *value, *is_local).unwrap();
            }
            settings.end(commits);
            settings.get("application_name").map(str::to_owned)
        })
    }

    #[test]
    fn what_is_set_in_a_transaction_holds_as_long_as_it_was_set_for() {
        let name = "application_name";
        let check = |steps: &[(&str, Option<&str>, bool)], committed: Option<&str>| {
            let expected = [committed, Some("before")].map(|value| value.map(str::to_owned));
            assert_eq!(after(steps), expected, "{steps:?}");
        };
        check(&[(name, Some("new"), false)], Some("new"));
        check(&[(name, Some("local"), true)], Some("before"));
        check(&[(name, Some("local"), true), (name, Some("new"), false)], Some("new"));
        check(&[(name, Some("new"), false), (name, Some("local"), true)], Some("new"));
        check(&[(name, None, false)], None);
        check(&[("all", None, false)], None);
        check(&[("all", None, true)], Some("before"));
        check(&[("all", None, false), (name, Some("new"), false)], Some("new"));
    }

    #[test]
    fn a_return_to_a_savepoint_makes_settings_what_they_were_then() {
        let name = "application_name";
        let mut settings = Settings::default();
        settings.begin_savepoint("outer".to_owned()).unwrap();
        settings.set_within(name, Some("one"), false).unwrap();
        settings.begin_savepoint("inner".to_owned()).unwrap();
        settings.set_within(name, Some("two"), false).unwrap();
        settings.return_to_savepoint("inner").unwrap();
        assert_eq!(settings.get(name), Some("one"));
        settings.set_within(name, Some("local"), true).unwrap();
        settings.release_savepoint("inner").unwrap();
        assert!(settings.return_to_savepoint("inner").is_err());
        assert_eq!(settings.get(name), Some("local"));
        settings.end(true);
        assert_eq!(settings.get(name), Some("one"));
        settings.begin_savepoint("outer".to_owned()).unwrap();
        settings.set_within(name, None, false).unwrap();
        settings.return_to_savepoint("outer").unwrap();
        settings.end(true);
        assert_eq!(settings.get(name), Some("one"));
    }
}

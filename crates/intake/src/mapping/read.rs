//! Reading a mapping: TOML to [`Mapping`], with every mistake named by its line.

use std::fmt;

use model::{PlaceId, PlaceKind, Statistic};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use super::locate::{Step, line_at, line_of};
use super::{Mapping, MappingKind, PlaceSource, TimeSource, VERSION};
use crate::Error;
use crate::observe::{Period, parse_zone};

/// A fixed text, or the column that holds it.
#[derive(Debug, Clone, PartialEq)]
pub enum TextOrColumn {
    /// The same for all rows.
    Text(String),
    /// As the column says.
    Column {
        /// The column's header.
        column: String,
        /// Put before the column's text: `season:`.
        prefix: String,
        /// Instead of an empty cell.
        default: Option<String>,
    },
}

impl TextOrColumn {
    /// The column, when it is one.
    pub fn column(&self) -> Option<&str> {
        match self {
            TextOrColumn::Text(_) => None,
            TextOrColumn::Column { column, .. } => Some(column),
        }
    }

    /// The fixed text, when it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            TextOrColumn::Text(text) => Some(text),
            TextOrColumn::Column { .. } => None,
        }
    }
}

// Written by hand: an untagged enum would answer every mistake with "did not match any variant".
impl<'de> Deserialize<'de> for TextOrColumn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl<'de> Visitor<'de> for Reads {
            type Value = TextOrColumn;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or a table such as `{ column = \"…\" }`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<TextOrColumn, E> {
                Ok(TextOrColumn::Text(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TextOrColumn, A::Error> {
                let (mut column, mut prefix, mut default) = (None, String::new(), None);
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "column" => column = Some(map.next_value()?),
                        "prefix" => prefix = map.next_value()?,
                        "default" => default = Some(map.next_value()?),
                        other => {
                            return Err(de::Error::unknown_field(other, &["column", "prefix", "default"]));
                        }
                    }
                }
                let column = column.ok_or_else(|| de::Error::missing_field("column"))?;
                Ok(TextOrColumn::Column { column, prefix, default })
            }
        }
        deserializer.deserialize_any(Reads)
    }
}

/// The longest mapping that is read.
const MAX_BYTES: usize = 1024 * 1024;

/// Reads and checks a mapping.
pub(super) fn parse(text: &str) -> Result<Mapping, Error> {
    if text.len() > MAX_BYTES {
        return Err(Error::Limit { what: "the mapping".into(), limit: format!("{MAX_BYTES} bytes") });
    }
    let mapping: Mapping = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_at(text, span.start));
        let message = error.message().trim().replace('\n', "; ");
        Error::invalid(format!("the mapping, line {line}: {message}"), "correct that line of the mapping")
    })?;
    Check { text }.mapping(&mapping)?;
    Ok(mapping)
}

/// The checks that the types do not make.
struct Check<'a> {
    text: &'a str,
}

impl Check<'_> {
    fn wrong(&self, path: &[Step<'_>], what: impl fmt::Display, hint: impl Into<String>) -> Error {
        Error::invalid(format!("the mapping, line {}: {what}", line_of(self.text, path)), hint)
    }

    fn mapping(&self, mapping: &Mapping) -> Result<(), Error> {
        if mapping.version != VERSION {
            return Err(self.wrong(
                &[Step::Key("version")],
                format!("version `{}` is not known", mapping.version),
                "write `version = 1`",
            ));
        }
        if mapping.source.widths.contains(&0) || mapping.source.widths.len() > 16_384 {
            return Err(self.wrong(
                &[Step::Key("source"), Step::Key("widths")],
                "a column has no width, or there are too many",
                "write the number of letters of each column: `widths = [10, 8, 8]`",
            ));
        }
        self.encodings(mapping)?;
        for (at, personal) in mapping.personal.iter().enumerate() {
            if personal.decided_by.trim().is_empty() {
                return Err(self.wrong(
                    &[Step::Key("personal"), Step::Index(at), Step::Key("decided_by")],
                    format!("nobody has decided about `{}`", personal.column),
                    "write the user name of the one who decided as `decided_by`",
                ));
            }
        }
        self.coordinates(mapping)?;
        match mapping.kind {
            MappingKind::Observations => self.observations(mapping),
            MappingKind::Features => self.features(mapping),
            MappingKind::Coverage => self.coverage(mapping),
        }
    }

    fn encodings(&self, mapping: &Mapping) -> Result<(), Error> {
        let source = &mapping.source;
        let of_file =
            source.encoding.iter().map(|code| (vec![Step::Key("source"), Step::Key("encoding")], code));
        let of_columns = source.encodings.iter().map(|(column, code)| {
            (vec![Step::Key("source"), Step::Key("encodings"), Step::Key(column)], code)
        });
        for (path, code) in of_file.chain(of_columns) {
            if formats::Charset::from_code(code).is_none() {
                let known = formats::Charset::ALL.map(formats::Charset::code);
                return Err(self.wrong(
                    &path,
                    format!("`{code}` is no encoding that is known here"),
                    format!("write one of {}", known.join(", ")),
                ));
            }
        }
        Ok(())
    }

    fn coverage(&self, mapping: &Mapping) -> Result<(), Error> {
        let foreign = [
            ("place", mapping.place.is_some()),
            ("time", mapping.time.is_some()),
            ("value", !mapping.values.is_empty()),
            ("feature", mapping.feature.is_some()),
            ("attribute", !mapping.attributes.is_empty()),
        ];
        if let Some((key, _)) = foreign.iter().find(|(_, there)| *there) {
            return Err(self.wrong(
                &[Step::Key(key)],
                format!("`{key}` does not belong to rasters, and `kind` is `coverage`"),
                "remove it; what a raster is stands under `[coverage]`",
            ));
        }
        let Some(coverage) = &mapping.coverage else { return Ok(()) };
        let path = |key| [Step::Key("coverage"), Step::Key(key)];
        if let Some(time) = &coverage.time
            && model::parse_instant(time).is_err()
        {
            return Err(self.wrong(&path("time"), format!("`{time}` is no time"), "write e.g. `2020-02-15`"));
        }
        if let Some(unit) = &coverage.unit
            && model::Unit::parse(unit).is_err()
        {
            return Err(self.wrong(
                &path("unit"),
                format!("`{unit}` is no unit"),
                "write it in UCUM, e.g. `g/L`",
            ));
        }
        if let Some(item) = &coverage.item
            && (item.is_empty()
                || item.len() > 100
                || item.contains(['/', '?', '#'])
                || item.chars().any(char::is_control))
        {
            return Err(self.wrong(
                &path("item"),
                format!("`{item}` cannot name a raster"),
                "write a short name without `/`, `?` and `#`",
            ));
        }
        Ok(())
    }

    /// What is said of coordinates.
    fn coordinates(&self, mapping: &Mapping) -> Result<(), Error> {
        let path = |key| [Step::Key("source"), Step::Key(key)];
        if let Some(text) = &mapping.source.crs {
            formats::crs::Crs::parse(text).and_then(|crs| crs.transform()).map_err(|error| {
                let hint = error.hint().unwrap_or_default().to_owned();
                self.wrong(&path("crs"), error, hint)
            })?;
        }
        if let Some(area) = &mapping.source.area
            && !formats::crs::outlines().iter().any(|outline| outline.place == *area)
        {
            return Err(self.wrong(
                &path("area"),
                format!("`{area}` is no province whose outline is known"),
                "write the id of a province of the delta, e.g. `gso2004:94`",
            ));
        }
        if let Some(day) = &mapping.source.surveyed
            && day.parse::<chrono::NaiveDate>().is_err()
        {
            return Err(self.wrong(
                &path("surveyed"),
                format!("`{day}` is no day"),
                "write e.g. `2019-05-01`",
            ));
        }
        if let Some(feature) = &mapping.feature
            && (feature.x.is_some() != feature.y.is_some()
                || feature.geometry.is_some() && feature.x.is_some())
        {
            return Err(self.wrong(
                &[Step::Key("feature")],
                "a position is `x` and `y`, or `geometry`",
                "name both columns, or the one that holds the geometry",
            ));
        }
        Ok(())
    }

    fn observations(&self, mapping: &Mapping) -> Result<(), Error> {
        if mapping.feature.is_some() || !mapping.attributes.is_empty() {
            return Err(self.wrong(
                &[Step::Key(if mapping.feature.is_some() { "feature" } else { "attribute" })],
                "`[feature]` and `[[attribute]]` belong to features, and `kind` is `observations`",
                "remove them, or write `kind = \"features\"`",
            ));
        }
        if let Some(place) = &mapping.place {
            self.place(place)?;
        }
        match &mapping.time {
            Some(time) => self.time(time)?,
            None => {
                return Err(self.wrong(&[], "there is no `[time]`", "add `[time]` with `columns = [\"…\"]`"));
            }
        }
        if mapping.values.is_empty() {
            return Err(self.wrong(
                &[],
                "there is no `[[value]]`",
                "add `[[value]]` with `column` and `property`",
            ));
        }
        for (at, value) in mapping.values.iter().enumerate() {
            let path = |key| [Step::Key("value"), Step::Index(at), Step::Key(key)];
            if let Some(place) = &value.place {
                PlaceId::new(place).map_err(|error| {
                    self.wrong(&path("place"), error, "write the id of a place, e.g. `station:tan_chau`")
                })?;
            } else if mapping.place.is_none() {
                return Err(self.wrong(
                    &path("column"),
                    format!("nothing says at which place the values of `{}` are", value.column),
                    "add `[place]` with `column` or `value`, or `place = \"…\"` to the `[[value]]`",
                ));
            }
            if let Some(statistic) = &value.statistic
                && Statistic::from_code(statistic).is_none()
            {
                let known: Vec<&str> = Statistic::ALL.iter().map(|s| s.code()).collect();
                return Err(self.wrong(
                    &path("statistic"),
                    format!("`{statistic}` is no statistic"),
                    format!("write one of {}", known.join(", ")),
                ));
            }
            let periods = match &value.period {
                Some(TextOrColumn::Text(text)) => Some(text),
                Some(TextOrColumn::Column { default, .. }) => default.as_ref(),
                None => None,
            };
            if let Some(text) = periods
                && Period::parse(text).is_none()
            {
                return Err(self.wrong(
                    &path("period"),
                    format!("`{text}` is no period"),
                    "write an ISO 8601 duration such as `P1D`, `P1M`, `PT1H`, or a name such as `season:dong_xuan`",
                ));
            }
            if let Some([least, most]) = value.range
                && (least > most || least.is_nan() || most.is_nan())
            {
                return Err(self.wrong(
                    &path("range"),
                    "the range is empty",
                    "write `range = [least, most]`",
                ));
            }
        }
        if let Some(quality) = &mapping.quality {
            for (code, flag) in &quality.codes {
                if model::Quality::from_code(*flag).is_none() {
                    return Err(self.wrong(
                        &[Step::Key("quality"), Step::Key("codes"), Step::Key(code)],
                        format!("`{flag}` is no QARTOD flag"),
                        "write 1 (pass), 2 (not evaluated), 3 (suspect), 4 (fail) or 9 (missing)",
                    ));
                }
            }
        }
        Ok(())
    }

    fn place(&self, place: &PlaceSource) -> Result<(), Error> {
        let path = |key| [Step::Key("place"), Step::Key(key)];
        match (&place.column, &place.value) {
            (Some(_), None) => {}
            (None, Some(value)) => {
                PlaceId::new(value).map_err(|error| {
                    self.wrong(&path("value"), error, "write the id of a place, e.g. `station:tan_chau`")
                })?;
            }
            _ => {
                return Err(self.wrong(
                    &[Step::Key("place")],
                    "`[place]` needs exactly one of `column` and `value`",
                    "name the column that holds the places, or the one place of all values",
                ));
            }
        }
        if let Some(scheme) = &place.scheme {
            PlaceId::new(&format!("{scheme}:0")).map_err(|_| {
                self.wrong(
                    &path("scheme"),
                    format!("`{scheme}` is no code scheme"),
                    "write e.g. `gso2004` or `vn2025`",
                )
            })?;
        }
        if let Some(kind) = &place.kind
            && PlaceKind::from_code(kind).is_none()
        {
            let known: Vec<&str> = PlaceKind::ALL.iter().map(|k| k.code()).collect();
            return Err(self.wrong(
                &path("kind"),
                format!("`{kind}` is no kind of place"),
                format!("write one of {}", known.join(", ")),
            ));
        }
        Ok(())
    }

    fn time(&self, time: &TimeSource) -> Result<(), Error> {
        let path = |key| [Step::Key("time"), Step::Key(key)];
        if time.columns.is_empty() == time.value.is_none() {
            return Err(self.wrong(
                &[Step::Key("time")],
                "`[time]` needs exactly one of `columns` and `value`",
                "name the column or columns that hold the time, or the one time of all values",
            ));
        }
        if time.columns.len() > 6 {
            return Err(self.wrong(
                &path("columns"),
                "a time has at most six columns",
                "name year, month, day, hour, minute, second",
            ));
        }
        if let Some(zone) = &time.zone
            && parse_zone(zone).is_none()
        {
            return Err(self.wrong(
                &path("zone"),
                format!("`{zone}` is no offset"),
                "write e.g. `+07:00` or `Z`",
            ));
        }
        if let Some(format) = &time.format
            && crate::observe::TimeFormat::parse(format).is_none()
        {
            return Err(self.wrong(
                &path("format"),
                format!("`{format}` is no time format"),
                "write `auto`, `year`, or a pattern such as `%d/%m/%Y %H:%M`",
            ));
        }
        Ok(())
    }

    fn features(&self, mapping: &Mapping) -> Result<(), Error> {
        let foreign = [
            ("place", mapping.place.is_some()),
            ("time", mapping.time.is_some()),
            ("value", !mapping.values.is_empty()),
            ("quality", mapping.quality.is_some()),
        ];
        if let Some((key, _)) = foreign.iter().find(|(_, there)| *there) {
            return Err(self.wrong(
                &[Step::Key(key)],
                format!("`{key}` belongs to observations, and `kind` is `features`"),
                "remove it, or write `kind = \"observations\"`",
            ));
        }
        let mut names = std::collections::HashSet::new();
        for (at, attribute) in mapping.attributes.iter().enumerate() {
            let path = [Step::Key("attribute"), Step::Index(at), Step::Key("name")];
            if !crate::features::is_attribute_name(&attribute.name) {
                return Err(self.wrong(
                    &path,
                    format!("`{}` cannot name an attribute", attribute.name),
                    "write lower-case letters, digits and `_`, beginning with a letter, and no name that every feature has (`feature`, `geometry`, `run`, …)",
                ));
            }
            if !names.insert(attribute.name.as_str()) {
                return Err(self.wrong(
                    &path,
                    format!("`{}` is there twice", attribute.name),
                    "give each attribute its own name",
                ));
            }
        }
        Ok(())
    }
}

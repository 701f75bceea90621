//! Reading a mapping: TOML to [`Mapping`], with every mistake named by its line.

use model::{PlaceId, PlaceKind, Statistic};
use wording::{Told, told};

use super::locate::{Step, line_at, line_of};
use super::{Mapping, MappingKind, PlaceSource, TextOrColumn, TimeSource, VERSION, ValueSource, shapes};
use crate::Error;
use crate::error::bytes;
use crate::observe::{Period, find_statistic, parse_zone};

/// The longest mapping that is read.
const MAX_BYTES: usize = 1024 * 1024;

/// Reads and checks a mapping.
pub(super) fn parse(text: &str) -> Result<Mapping, Error> {
    if text.len() > MAX_BYTES {
        return Err(Error::Limit { what: told!("intake-mapping", "the mapping"), limit: bytes(MAX_BYTES) });
    }
    let mapping: Mapping = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_at(text, span.start));
        let message = error.message().trim().replace('\n', "; ");
        Error::invalid(
            told!("intake-mapping-line", "the mapping, line {line}: {what}", line = line, what = message),
            told!("intake-correct-line-mapping", "correct that line of the mapping"),
        )
    })?;
    Check { text, within: &[] }.mapping(&mapping)?;
    Ok(mapping)
}

/// The checks that the types do not make.
pub(super) struct Check<'a> {
    text: &'a str,
    /// The block that is being checked.
    within: &'a [Step<'a>],
}

impl Check<'_> {
    pub(super) fn wrong(&self, path: &[Step<'_>], what: impl Into<Told>, hint: impl Into<Told>) -> Error {
        let path: Vec<Step<'_>> = self.within.iter().chain(path).copied().collect();
        Error::invalid(
            told!("intake-mapping-line", "the mapping, line {line}: {what}", line = line_of(self.text, &path), what => what.into()),
            hint,
        )
    }

    fn mapping(&self, mapping: &Mapping) -> Result<(), Error> {
        if mapping.version != VERSION {
            return Err(self.wrong(
                &[Step::Key("version")],
                told!(
                    "intake-version-not-known",
                    "version `{version}` is not known",
                    version = mapping.version
                ),
                told!("intake-write-version-1", "write `version = 1`"),
            ));
        }
        if mapping.source.widths.contains(&0) || mapping.source.widths.len() > 16_384 {
            return Err(self.wrong(
                &[Step::Key("source"), Step::Key("widths")],
                told!(
                    "intake-column-no-width-there-too-many",
                    "a column has no width, or there are too many"
                ),
                told!(
                    "intake-write-number-letters-each-column-widths-10",
                    "write the number of letters of each column: `widths = [10, 8, 8]`"
                ),
            ));
        }
        self.encodings(mapping)?;
        for (at, personal) in mapping.personal.iter().enumerate() {
            if personal.decided_by.trim().is_empty() {
                return Err(self.wrong(
                    &[Step::Key("personal"), Step::Index(at), Step::Key("decided_by")],
                    told!(
                        "intake-nobody-decided-about",
                        "nobody has decided about `{column}`",
                        column = personal.column
                    ),
                    told!(
                        "intake-write-user-name-one-who-decided-decided-by",
                        "write the user name of the one who decided as `decided_by`"
                    ),
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
                    told!(
                        "intake-no-encoding-known-here",
                        "`{code}` is no encoding that is known here",
                        code = code
                    ),
                    told!("intake-write-one", "write one of {known}", known = known.join(", ")),
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
                told!(
                    "intake-does-not-belong-rasters-kind-coverage",
                    "`{key}` does not belong to rasters, and `kind` is `coverage`",
                    key = key
                ),
                told!(
                    "intake-remove-what-raster-stands-under-coverage",
                    "remove it; what a raster is stands under `[coverage]`"
                ),
            ));
        }
        let Some(coverage) = &mapping.coverage else { return Ok(()) };
        let path = |key| [Step::Key("coverage"), Step::Key(key)];
        if let Some(time) = &coverage.time
            && model::parse_instant(time).is_err()
        {
            return Err(self.wrong(
                &path("time"),
                told!("intake-no-time", "`{time}` is no time", time = time),
                told!("intake-write-e-g-2020-02-15", "write e.g. `2020-02-15`"),
            ));
        }
        if let Some(unit) = &coverage.unit
            && model::Unit::parse(unit).is_err()
        {
            return Err(self.wrong(
                &path("unit"),
                told!("intake-no-unit", "`{unit}` is no unit", unit = unit),
                told!("intake-write-ucum-e-g-g-l", "write it in UCUM, e.g. `g/L`"),
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
                told!("intake-cannot-name-raster", "`{item}` cannot name a raster", item = item),
                told!("intake-write-short-name-without", "write a short name without `/`, `?` and `#`"),
            ));
        }
        Ok(())
    }

    /// What is said of coordinates.
    fn coordinates(&self, mapping: &Mapping) -> Result<(), Error> {
        let path = |key| [Step::Key("source"), Step::Key(key)];
        if let Some(text) = &mapping.source.crs {
            formats::crs::Crs::parse(text).and_then(|crs| crs.transform()).map_err(|error| {
                let hint = error.hint().cloned().unwrap_or_default();
                self.wrong(&path("crs"), error.told(), hint)
            })?;
        }
        if let Some(area) = &mapping.source.area
            && !is_area(area)
        {
            return Err(self.wrong(
                &path("area"),
                told!("intake-no-province-no-country", "`{area}` is no province and no country", area = area),
                told!(
                    "intake-write-id-province-delta-e-g-gso2004",
                    "write the id of a province of the delta, e.g. `gso2004:94`"
                ),
            ));
        }
        if let Some(day) = &mapping.source.surveyed
            && day.parse::<chrono::NaiveDate>().is_err()
        {
            return Err(self.wrong(
                &path("surveyed"),
                told!("intake-no-day", "`{day}` is no day", day = day),
                told!("intake-write-e-g-2019-05-01", "write e.g. `2019-05-01`"),
            ));
        }
        if let Some(feature) = &mapping.feature
            && (feature.x.is_some() != feature.y.is_some()
                || feature.geometry.is_some() && feature.x.is_some())
        {
            return Err(self.wrong(
                &[Step::Key("feature")],
                told!("intake-position-x-y-geometry", "a position is `x` and `y`, or `geometry`"),
                told!(
                    "intake-name-both-columns-one-holds-geometry",
                    "name both columns, or the one that holds the geometry"
                ),
            ));
        }
        Ok(())
    }

    fn observations(&self, mapping: &Mapping) -> Result<(), Error> {
        if mapping.feature.is_some() || !mapping.attributes.is_empty() {
            return Err(self.wrong(
                &[Step::Key(if mapping.feature.is_some() { "feature" } else { "attribute" })],
                told!(
                    "intake-feature-attribute-belong-features-kind-observations",
                    "`[feature]` and `[[attribute]]` belong to features, and `kind` is `observations`"
                ),
                told!(
                    "intake-remove-them-write-kind-features",
                    "remove them, or write `kind = \"features\"`"
                ),
            ));
        }
        self.patterns("rows.skip", &mapping.rows.skip)?;
        self.patterns("rows.group", &mapping.rows.group)?;
        if mapping.source.header_height.is_some_and(|height| !(1..=20).contains(&height)) {
            return Err(self.wrong(
                &[Step::Key("source"), Step::Key("header_height")],
                told!("intake-header-one-twenty-rows", "a header has one to twenty rows"),
                told!("intake-write-how-many-rows-header", "write how many rows the header has"),
            ));
        }
        for (at, (block, table)) in mapping.tables().iter().enumerate() {
            let start = [Step::Key("block"), Step::Index(at)];
            let within = if mapping.blocks.is_empty() { &[][..] } else { &start[..] };
            let check = Check { text: self.text, within };
            if let Some(columns) = &block.columns
                && shapes::column_range(columns).is_none()
            {
                return Err(check.wrong(
                    &[Step::Key("columns")],
                    told!("intake-no-columns", "`{columns}` are no columns", columns = columns),
                    told!("intake-write-their-letters-e-g-b-f", "write their letters, e.g. `B:F`"),
                ));
            }
            check.table(table)?;
        }
        self.quality(mapping)
    }

    /// One table of observations.
    fn table(&self, mapping: &Mapping) -> Result<(), Error> {
        if let Some(place) = &mapping.place {
            self.place(place)?;
        }
        if let Some(time) = &mapping.time {
            self.time(mapping, time)?;
        }
        if mapping.values.is_empty() {
            return Err(self.wrong(
                &[],
                told!("intake-there-no-value", "there is no `[[value]]`"),
                told!("intake-add-value-column-property", "add `[[value]]` with `column` and `property`"),
            ));
        }
        for (at, value) in mapping.values.iter().enumerate() {
            self.value(at, value, mapping)?;
        }
        Ok(())
    }

    fn value(&self, at: usize, value: &ValueSource, mapping: &Mapping) -> Result<(), Error> {
        let path = |key| [Step::Key("value"), Step::Index(at), Step::Key(key)];
        let pattern = self.headers(at, value)?;
        let header_says = |name: &str| pattern.as_ref().is_some_and(|pattern| pattern.has(name));
        if mapping.time.is_none() && !header_says("time") && !header_says("year") {
            return Err(self.wrong(
                &[],
                told!("intake-there-no-time", "there is no `[time]`"),
                told!(
                    "intake-add-time-columns-columns-values",
                    "add `[time]` with `columns = [\"…\"]`, or `{year}` to the `columns` of the values"
                ),
            ));
        }
        if value.property.is_empty() && !header_says("property") {
            return Err(self.wrong(
                &path("column"),
                told!("intake-nothing-says-property-values", "nothing says which property the values are"),
                told!("intake-add-property-columns", "add `property = \"…\"`, or `{property}` to `columns`"),
            ));
        }
        for (key, fact) in [
            ("property", Some(&value.property)),
            ("unit", value.unit.as_ref()),
            ("period", value.period.as_ref()),
            ("statistic", value.statistic.as_ref()),
        ] {
            self.fact(&path(key), fact)?;
        }
        if let Some(place) = &value.place {
            PlaceId::new(place).map_err(|error| {
                self.wrong(
                    &path("place"),
                    error,
                    told!(
                        "intake-write-id-place-e-g-station-tan-chau",
                        "write the id of a place, e.g. `station:tan_chau`"
                    ),
                )
            })?;
        } else if mapping.place.is_none() && !header_says("place") {
            return Err(self.wrong(
                &path("column"),
                told!(
                    "intake-nothing-says-place-values",
                    "nothing says at which place the values of `{value}` are",
                    value = value.columns.as_ref().unwrap_or(&value.column)
                ),
                told!(
                    "intake-add-place-column-value-place-value",
                    "add `[place]` with `column` or `value`, or `place = \"…\"` to the `[[value]]`"
                ),
            ));
        }
        let unknown = value.statistic.iter().flat_map(statistics).find(|text| find_statistic(text).is_none());
        if let Some(statistic) = unknown {
            let known: Vec<&str> = Statistic::ALL.iter().map(|s| s.code()).collect();
            return Err(self.wrong(
                &path("statistic"),
                told!("intake-no-statistic", "`{statistic}` is no statistic", statistic = statistic),
                told!("intake-write-one", "write one of {known}", known = known.join(", ")),
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
                    told!("intake-no-period", "`{text}` is no period", text = text),
                    told!("intake-write-iso-8601-duration-such-p1d-p1m", "write an ISO 8601 duration such as `P1D`, `P1M`, `PT1H`, `P1D:T19` for the day from 19 h to 19 h, or a name such as `season:dong_xuan`"),
                ));
        }
        if value.derive.is_some() != value.temperature.is_some() {
            return Err(self.wrong(
                    &path(if value.derive.is_some() { "derive" } else { "temperature" }),
                    told!("intake-derive-temperature-belong-together", "`derive` and `temperature` belong together"),
                    told!("intake-write-derive-salinity-pss78-temperature-column-water-temperature", "write `derive = \"salinity_pss78\"` and `temperature = \"…\"`, the column of the water temperature"),
                ));
        }
        if let Some([least, most]) = value.range
            && (least > most || least.is_nan() || most.is_nan())
        {
            return Err(self.wrong(
                &path("range"),
                told!("intake-range-empty", "the range is empty"),
                told!("intake-write-range-least-most", "write `range = [least, most]`"),
            ));
        }
        Ok(())
    }

    fn quality(&self, mapping: &Mapping) -> Result<(), Error> {
        for (at, alias) in mapping.place_aliases.iter().enumerate() {
            let path = |key| [Step::Key("place_alias"), Step::Index(at), Step::Key(key)];
            PlaceId::new(&alias.place).map_err(|error| {
                self.wrong(
                    &path("place"),
                    error,
                    told!(
                        "intake-write-id-place-e-g-gso2004-92",
                        "write the id of a place, e.g. `gso2004:92`"
                    ),
                )
            })?;
            if let Some(kind) = &alias.kind {
                self.kind(kind, &path("kind"))?;
            }
        }
        if let Some(quality) = &mapping.quality {
            for (code, flag) in &quality.codes {
                if model::Quality::from_code(*flag).is_none() {
                    return Err(self.wrong(
                        &[Step::Key("quality"), Step::Key("codes"), Step::Key(code)],
                        told!("intake-no-qartod-flag", "`{flag}` is no QARTOD flag", flag = flag),
                        told!(
                            "intake-write-1-pass-2-not-evaluated-3",
                            "write 1 (pass), 2 (not evaluated), 3 (suspect), 4 (fail) or 9 (missing)"
                        ),
                    ));
                }
            }
        }
        Ok(())
    }

    fn place(&self, place: &PlaceSource) -> Result<(), Error> {
        let path = |key| [Step::Key("place"), Step::Key(key)];
        if place.ways() != 1 {
            return Err(self.wrong(
                &[Step::Key("place")],
                told!("intake-place-needs-exactly-one-column-cell-sheet", "`[place]` needs exactly one of `column`, `cell`, `sheet`, `title`, `file`, `group`, `header` and `value`"),
                told!("intake-name-column-holds-places-one-place-all", "name the column that holds the places, or the one place of all values"),
            ));
        }
        if let Some(value) = &place.value {
            PlaceId::new(value).map_err(|error| {
                self.wrong(
                    &path("value"),
                    error,
                    told!(
                        "intake-write-id-place-e-g-station-tan-chau",
                        "write the id of a place, e.g. `station:tan_chau`"
                    ),
                )
            })?;
        }
        if place.within.len() > 3 || (!place.within.is_empty() && place.value.is_some()) {
            return Err(self.wrong(
                &path("within"),
                "`within` names up to three columns beside the one that holds the places",
                "name the columns of the province and of the district",
            ));
        }
        self.origin(&path("cell"), place.origin().as_deref())?;
        self.pattern(&path("pattern"), place.pattern.as_deref())?;
        if let Some(scheme) = &place.scheme {
            PlaceId::new(&format!("{scheme}:0")).map_err(|_| {
                self.wrong(
                    &path("scheme"),
                    told!("intake-no-code-scheme", "`{scheme}` is no code scheme", scheme = scheme),
                    told!("intake-write-e-g-gso2004-vn2025", "write e.g. `gso2004` or `vn2025`"),
                )
            })?;
        }
        if let Some(kind) = &place.kind {
            self.kind(kind, &path("kind"))?;
        }
        Ok(())
    }

    fn kind(&self, kind: &str, path: &[Step<'_>]) -> Result<(), Error> {
        if PlaceKind::from_code(kind).is_some() {
            return Ok(());
        }
        let known: Vec<&str> = PlaceKind::ALL.iter().map(|k| k.code()).collect();
        let hint = told!("intake-write-one", "write one of {known}", known = known.join(", "));
        Err(self.wrong(
            path,
            told!("intake-no-kind-place", "`{kind}` is no kind of place", kind = kind),
            hint,
        ))
    }

    fn time(&self, mapping: &Mapping, time: &TimeSource) -> Result<(), Error> {
        let path = |key| [Step::Key("time"), Step::Key(key)];
        let parts = time.parts().iter().any(Option::is_some);
        let header = mapping.values.iter().any(|value| value.columns.is_some());
        let ways = usize::from(!time.columns.is_empty()) + usize::from(time.value.is_some());
        if ways > 1 || (ways == 0 && !parts && !header) {
            return Err(self.wrong(
                &[Step::Key("time")],
                told!(
                    "intake-time-needs-exactly-one-columns-value",
                    "`[time]` needs exactly one of `columns` and `value`"
                ),
                told!(
                    "intake-name-column-columns-hold-time-one-time",
                    "name the column or columns that hold the time, or the one time of all values"
                ),
            ));
        }
        for (key, fact) in TimeSource::PARTS.into_iter().zip(time.parts()) {
            self.fact(&path(key), fact)?;
        }
        self.fact(&path("run"), time.run.as_ref())?;
        if time.columns.len() > 6 {
            return Err(self.wrong(
                &path("columns"),
                told!("intake-time-most-six-columns", "a time has at most six columns"),
                told!(
                    "intake-name-year-month-day-hour-minute-second",
                    "name year, month, day, hour, minute, second"
                ),
            ));
        }
        if let Some(zone) = &time.zone
            && parse_zone(zone).is_none()
        {
            return Err(self.wrong(
                &path("zone"),
                told!("intake-no-offset", "`{zone}` is no offset", zone = zone),
                told!("intake-write-e-g-07-00-z", "write e.g. `+07:00` or `Z`"),
            ));
        }
        if let Some(format) = &time.format
            && crate::observe::TimeFormat::parse(format).is_none()
        {
            return Err(self.wrong(
                &path("format"),
                told!("intake-no-time-format", "`{format}` is no time format", format = format),
                told!(
                    "intake-write-auto-year-excel-excel1904-pattern-such",
                    "write `auto`, `year`, `excel`, `excel1904`, `epoch`, `epoch_ms`, or a pattern such as `%d/%m/%Y %H:%M`"
                ),
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
                told!(
                    "intake-belongs-observations-kind-features",
                    "`{key}` belongs to observations, and `kind` is `features`",
                    key = key
                ),
                told!(
                    "intake-remove-write-kind-observations",
                    "remove it, or write `kind = \"observations\"`"
                ),
            ));
        }
        let mut names = std::collections::HashSet::new();
        for (at, attribute) in mapping.attributes.iter().enumerate() {
            let path = [Step::Key("attribute"), Step::Index(at), Step::Key("name")];
            if !crate::features::is_attribute_name(&attribute.name) {
                return Err(self.wrong(
                    &path,
                    told!("intake-cannot-name-attribute", "`{name}` cannot name an attribute", name = attribute.name),
                    told!("intake-write-lower-case-letters-digits-beginning-letter", "write lower-case letters, digits and `_`, beginning with a letter, and no name that every feature has (`feature`, `geometry`, `run`, …)"),
                ));
            }
            if !names.insert(attribute.name.as_str()) {
                return Err(self.wrong(
                    &path,
                    told!("intake-name-there-twice", "`{name}` is there twice", name = attribute.name),
                    told!("intake-give-each-attribute-own-name", "give each attribute its own name"),
                ));
            }
        }
        Ok(())
    }
}

/// The statistics that a mapping itself names: the fixed one, those that words mean, the default.
fn statistics(fact: &TextOrColumn) -> Vec<&str> {
    match fact {
        TextOrColumn::Text(text) => vec![text.as_str()],
        TextOrColumn::Column { words, default, .. } => {
            words.values().chain(default).map(String::as_str).collect()
        }
    }
}

/// Whether a text can be the id of a province or a country, in the delta or beyond it.
fn is_area(text: &str) -> bool {
    match text.split_once(':') {
        Some(("gso2004" | "vn2025", code)) => {
            code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_digit())
        }
        Some(("iso3166", code)) => code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()),
        _ => false,
    }
}

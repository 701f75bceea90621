//! Writing a mapping as TOML, with the reasons of a guessed one as comments.

use std::fmt::Write;

use std::collections::BTreeMap;

use model::Lang;
use wording::{Told, told};

use super::{
    CoverageSource, Decimal, Derive, Mapping, PersonalDecision, PlaceSource, RowRules, SourceLayout,
    TextOrColumn, TimeSource, Unknown, ValueSource, Virtual,
};

/// The mapping as TOML.
pub(super) fn render(mapping: &Mapping) -> String {
    let mut page = Page { mapping, text: String::new() };
    page.top();
    page.source();
    page.rows();
    page.place();
    page.time();
    page.values();
    page.blocks();
    page.quality();
    page.aliases();
    page.features();
    page.personal();
    page.shape();
    page.with_questions()
}

struct Page<'a> {
    mapping: &'a Mapping,
    text: String,
}

impl Page<'_> {
    fn top(&mut self) {
        for (path, reason) in &self.mapping.reasons {
            if path.is_empty() {
                self.comment(reason);
            }
        }
        self.line("version", &self.mapping.version.to_string(), "version");
        self.line("kind", &quote(self.mapping.kind.code()), "kind");
    }

    fn source(&mut self) {
        let source = &self.mapping.source;
        let default = SourceLayout::default();
        if *source == default {
            return;
        }
        self.heading("[source]", "source");
        if let Some(sheet) = &source.sheet {
            self.line("sheet", &quote(sheet), "source.sheet");
        }
        if !source.sheets.is_empty() {
            self.line("sheets", &list(&source.sheets), "source.sheets");
        }
        for (key, number) in [("header_row", source.header_row), ("header_height", source.header_height)] {
            if let Some(number) = number {
                self.line(key, &number.to_string(), &format!("source.{key}"));
            }
        }
        if let Some(fill) = source.header_fill {
            self.line("header_fill", &fill.to_string(), "source.header_fill");
        }
        self.optional("comment", source.comment.as_deref(), "source.comment");
        if let Some(delimiter) = source.delimiter {
            self.line("delimiter", &quote(&delimiter.to_string()), "source.delimiter");
        }
        if !source.widths.is_empty() {
            let widths: Vec<String> = source.widths.iter().map(u16::to_string).collect();
            self.line("widths", &format!("[{}]", widths.join(", ")), "source.widths");
        }
        for (key, text) in [("crs", &source.crs), ("area", &source.area), ("surveyed", &source.surveyed)] {
            self.optional(key, text.as_deref(), &format!("source.{key}"));
        }
        if source.decimal != default.decimal {
            let style = if source.decimal == Decimal::Comma { "comma" } else { "dot" };
            self.line("decimal", &quote(style), "source.decimal");
        }
        if source.missing != default.missing {
            self.line("missing", &list(&source.missing), "source.missing");
        }
        self.optional("encoding", source.encoding.as_deref(), "source.encoding");
        if !source.encodings.is_empty() {
            let pairs: Vec<String> = source
                .encodings
                .iter()
                .map(|(column, code)| format!("{} = {}", quote(column), quote(code)))
                .collect();
            self.line("encodings", &format!("{{ {} }}", pairs.join(", ")), "source.encodings");
        }
    }

    fn rows(&mut self) {
        let rows = &self.mapping.rows;
        if *rows == RowRules::default() {
            return;
        }
        self.heading("[rows]", "rows");
        for (key, number) in [("first", rows.first), ("last", rows.last)] {
            if let Some(number) = number {
                self.line(key, &number.to_string(), &format!("rows.{key}"));
            }
        }
        for (key, texts) in [("skip", &rows.skip), ("fill", &rows.fill), ("group", &rows.group)] {
            if !texts.is_empty() {
                self.line(key, &list(texts), &format!("rows.{key}"));
            }
        }
        if rows.keep_all {
            self.line("keep_all", "true", "rows.keep_all");
        }
    }

    fn place(&mut self) {
        let Some(place) = &self.mapping.place else { return };
        self.place_of(place, "[place]", "place");
    }

    fn place_of(&mut self, place: &PlaceSource, heading: &str, at: &str) {
        self.heading(heading, at);
        for (key, text) in [("column", &place.column), ("cell", &place.cell), ("group", &place.group)] {
            self.optional(key, text.as_deref(), &format!("{at}.{key}"));
        }
        for (key, said) in
            [("sheet", place.sheet), ("title", place.title), ("file", place.file), ("header", place.header)]
        {
            if said {
                self.line(key, "true", &format!("{at}.{key}"));
            }
        }
        for (key, text) in [
            ("pattern", &place.pattern),
            ("scheme", &place.scheme),
            ("kind", &place.kind),
            ("value", &place.value),
        ] {
            self.optional(key, text.as_deref(), &format!("{at}.{key}"));
        }
        if !place.words.is_empty() {
            self.line("words", &table(&place.words), &format!("{at}.words"));
        }
        if !place.within.is_empty() {
            self.line("within", &list(&place.within), &format!("{at}.within"));
        }
        if place.unknown == Unknown::LeaveOut {
            self.line("unknown", &quote("leave_out"), &format!("{at}.unknown"));
        }
    }

    fn time(&mut self) {
        let Some(time) = &self.mapping.time else { return };
        self.time_of(time, "[time]", "time");
    }

    fn time_of(&mut self, time: &TimeSource, heading: &str, at: &str) {
        self.heading(heading, at);
        if !time.columns.is_empty() {
            self.line("columns", &list(&time.columns), &format!("{at}.columns"));
        }
        for (key, fact) in TimeSource::PARTS.into_iter().zip(time.parts()) {
            if let Some(fact) = fact {
                self.line(key, &text_or_column(fact), &format!("{at}.{key}"));
            }
        }
        if let Some(run) = &time.run {
            self.line("run", &text_or_column(run), &format!("{at}.run"));
        }
        for (key, text) in [
            ("value", &time.value),
            ("format", &time.format),
            ("zone", &time.zone),
            ("end_column", &time.end_column),
        ] {
            self.optional(key, text.as_deref(), &format!("{at}.{key}"));
        }
    }

    fn values(&mut self) {
        self.values_of(&self.mapping.values, "[[value]]", "");
    }

    fn blocks(&mut self) {
        for (at, block) in self.mapping.blocks.iter().enumerate() {
            let path = |key: &str| format!("block.{at}.{key}");
            self.heading("[[block]]", &format!("block.{at}"));
            self.optional("columns", block.columns.as_deref(), &path("columns"));
            for (key, number) in [
                ("header_row", block.header_row),
                ("header_height", block.header_height),
                ("first", block.first),
                ("last", block.last),
            ] {
                if let Some(number) = number {
                    self.line(key, &number.to_string(), &path(key));
                }
            }
            if let Some(place) = &block.place {
                self.place_of(place, "[block.place]", &path("place"));
            }
            if let Some(time) = &block.time {
                self.time_of(time, "[block.time]", &path("time"));
            }
            self.values_of(&block.values, "[[block.value]]", &path(""));
        }
    }

    fn values_of(&mut self, values: &[ValueSource], heading: &str, within: &str) {
        for (at, value) in values.iter().enumerate() {
            let path = |key: &str| format!("{within}value.{at}.{key}");
            self.heading(heading, &format!("{within}value.{at}"));
            match &value.columns {
                Some(columns) => self.line("columns", &quote(columns), &path("columns")),
                None => self.line("column", &quote(&value.column), &path("column")),
            }
            if !value.except.is_empty() {
                self.line("except", &list(&value.except), &path("except"));
            }
            if !value.words.is_empty() {
                self.line("words", &table(&value.words), &path("words"));
            }
            if !value.property.is_empty() {
                self.line("property", &text_or_column(&value.property), &path("property"));
            } else {
                self.reasons(&path("property"));
            }
            if let Some(unit) = &value.unit {
                self.line("unit", &text_or_column(unit), &path("unit"));
            }
            if let Some(statistic) = &value.statistic {
                self.line("statistic", &text_or_column(statistic), &path("statistic"));
            }
            if let Some(period) = &value.period {
                self.line("period", &text_or_column(period), &path("period"));
            }
            for (key, text) in [("datum", &value.datum), ("procedure", &value.procedure)] {
                self.optional(key, Some(text.as_str()).filter(|text| !text.is_empty()), &path(key));
            }
            self.optional("place", value.place.as_deref(), &path("place"));
            self.optional("derive", value.derive.map(Derive::code), &path("derive"));
            self.optional("temperature", value.temperature.as_deref(), &path("temperature"));
            if let Some([least, most]) = value.range {
                self.line("range", &format!("[{least:?}, {most:?}]"), &path("range"));
            }
        }
    }

    fn quality(&mut self) {
        let Some(quality) = &self.mapping.quality else { return };
        self.heading("[quality]", "quality");
        self.line("column", &quote(&quality.column), "quality.column");
        if !quality.codes.is_empty() {
            let codes: Vec<String> =
                quality.codes.iter().map(|(code, flag)| format!("{} = {flag}", quote(code))).collect();
            self.line("codes", &format!("{{ {} }}", codes.join(", ")), "quality.codes");
        }
    }

    fn aliases(&mut self) {
        for (at, alias) in self.mapping.place_aliases.iter().enumerate() {
            let path = |key: &str| format!("place_alias.{at}.{key}");
            self.heading("[[place_alias]]", &format!("place_alias.{at}"));
            self.line("text", &quote(&alias.text), &path("text"));
            self.line("place", &quote(&alias.place), &path("place"));
            self.optional("kind", alias.kind.as_deref(), &path("kind"));
        }
    }

    fn features(&mut self) {
        if let Some(feature) = &self.mapping.feature {
            self.heading("[feature]", "feature");
            self.optional("id", feature.id.as_deref(), "feature.id");
            self.optional("name", feature.name.as_deref(), "feature.name");
            for (key, text) in [("x", &feature.x), ("y", &feature.y), ("geometry", &feature.geometry)] {
                self.optional(key, text.as_deref(), &format!("feature.{key}"));
            }
        }
        if let Some(coverage) = self.mapping.coverage.as_ref().filter(|it| **it != CoverageSource::default())
        {
            self.heading("[coverage]", "coverage");
            for (key, text) in [
                ("item", &coverage.item),
                ("title", &coverage.title),
                ("time", &coverage.time),
                ("property", &coverage.property),
                ("unit", &coverage.unit),
            ] {
                self.optional(key, text.as_deref(), &format!("coverage.{key}"));
            }
        }
        for (at, attribute) in self.mapping.attributes.iter().enumerate() {
            self.heading("[[attribute]]", &format!("attribute.{at}"));
            self.line("name", &quote(&attribute.name), &format!("attribute.{at}.name"));
            self.optional("from", attribute.from.as_deref(), &format!("attribute.{at}.from"));
            self.line("type", &quote(attribute.kind.code()), &format!("attribute.{at}.type"));
            if attribute.decimal != Decimal::Auto {
                let style = if attribute.decimal == Decimal::Comma { "comma" } else { "dot" };
                self.line("decimal", &quote(style), &format!("attribute.{at}.decimal"));
            }
        }
    }

    fn personal(&mut self) {
        for (at, personal) in self.mapping.personal.iter().enumerate() {
            let path = format!("personal.{at}");
            self.heading("[[personal]]", &path);
            self.line("column", &quote(&personal.column), &format!("{path}.column"));
            let decision = match personal.decision {
                PersonalDecision::LeaveOut => "leave_out",
                PersonalDecision::Keep => "keep",
            };
            self.line("decision", &quote(decision), &format!("{path}.decision"));
            self.line("decided_by", &quote(&personal.decided_by), &format!("{path}.decided_by"));
        }
    }

    fn shape(&mut self) {
        if let Some(shape) = &self.mapping.shape {
            self.text.push_str(&shape.to_toml());
        }
    }

    fn heading(&mut self, heading: &str, path: &str) {
        self.text.push('\n');
        self.reasons(path);
        self.text.push_str(heading);
        self.text.push('\n');
    }

    fn optional(&mut self, key: &str, text: Option<&str>, path: &str) {
        if let Some(text) = text {
            self.line(key, &quote(text), path);
        }
    }

    fn line(&mut self, key: &str, value: &str, path: &str) {
        self.reasons(path);
        let _ = writeln!(self.text, "{key} = {value}");
    }

    fn reasons(&mut self, path: &str) {
        for (of, reason) in &self.mapping.reasons {
            if of == path {
                self.comment(reason);
            }
        }
    }

    fn comment(&mut self, reason: &Told) {
        let _ = writeln!(self.text, "{}", comment(reason, Lang::En));
    }

    /// The text, with what is asked of parts that it does not have at its beginning.
    fn with_questions(self) -> String {
        let mut first = String::new();
        for (path, reason) in &self.mapping.reasons {
            let own = comment(reason, Lang::En) + "\n";
            if reason.contains("CONFIRM") && !self.text.contains(&own) {
                let _ = writeln!(first, "{}", comment(&at_path(path, reason), Lang::En));
            }
        }
        first + &self.text
    }
}

/// The comments that a mapping may have.
pub(super) fn comments(mapping: &Mapping) -> Vec<Told> {
    let reasons = mapping.reasons.iter();
    reasons.flat_map(|(path, reason)| [reason.clone(), at_path(path, reason)]).collect()
}

/// A reason of a part that the text does not have.
fn at_path(path: &str, reason: &Told) -> Told {
    told!("guess-of", "{what}: {reason}", what = path, reason => reason)
}

/// A reason as a comment; control characters of a file's own texts stay out of the document.
pub(super) fn comment(reason: &Told, lang: Lang) -> String {
    format!("# {}", reason.clone().on_one_line().sentence(lang))
}

/// The text as a TOML basic string.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

pub(super) fn list(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quote(text)).collect();
    format!("[{}]", quoted.join(", "))
}

fn table(words: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> =
        words.iter().map(|(text, meaning)| format!("{} = {}", quote(text), quote(meaning))).collect();
    format!("{{ {} }}", pairs.join(", "))
}

fn text_or_column(value: &TextOrColumn) -> String {
    match value {
        TextOrColumn::Text(text) => quote(text),
        TextOrColumn::Column { column, prefix, default, pattern, words } => {
            let mut parts = vec![origin(column)];
            let mut optional = |key: &str, text: Option<&str>| {
                parts.extend(text.map(|text| format!("{key} = {}", quote(text))));
            };
            optional("pattern", pattern.as_deref());
            optional("prefix", Some(prefix.as_str()).filter(|prefix| !prefix.is_empty()));
            optional("default", default.as_deref());
            if !words.is_empty() {
                parts.push(format!("words = {}", table(words)));
            }
            format!("{{ {} }}", parts.join(", "))
        }
    }
}

/// Where a fact stands: `column = "…"`, `cell = "A2"`, `sheet = true`.
fn origin(column: &str) -> String {
    match Virtual::of(column) {
        None | Some(Virtual::Letters(_)) => format!("column = {}", quote(column)),
        Some(Virtual::Cell { .. }) => format!("cell = {}", quote(&column[1..])),
        Some(Virtual::Group(part)) => format!("group = {}", quote(&part)),
        Some(Virtual::Sheet | Virtual::File | Virtual::Title) => format!("{} = true", &column[1..]),
    }
}

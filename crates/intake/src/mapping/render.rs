//! Writing a mapping as TOML, with the reasons of a guessed one as comments.

use std::fmt::Write;

use super::{CoverageSource, Decimal, Mapping, PersonalDecision, SourceLayout, TextOrColumn};

/// The mapping as TOML.
pub(super) fn render(mapping: &Mapping) -> String {
    let mut page = Page { mapping, text: String::new() };
    page.top();
    page.source();
    page.place();
    page.time();
    page.values();
    page.quality();
    page.features();
    page.personal();
    page.text
}

struct Page<'a> {
    mapping: &'a Mapping,
    text: String,
}

impl Page<'_> {
    fn top(&mut self) {
        for (path, reason) in &self.mapping.reasons {
            if path.is_empty() {
                comment(&mut self.text, reason);
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
        if let Some(row) = source.header_row {
            self.line("header_row", &row.to_string(), "source.header_row");
        }
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

    fn place(&mut self) {
        let Some(place) = &self.mapping.place else { return };
        self.heading("[place]", "place");
        for (key, text) in [
            ("column", &place.column),
            ("scheme", &place.scheme),
            ("kind", &place.kind),
            ("value", &place.value),
        ] {
            self.optional(key, text.as_deref(), &format!("place.{key}"));
        }
    }

    fn time(&mut self) {
        let Some(time) = &self.mapping.time else { return };
        self.heading("[time]", "time");
        if !time.columns.is_empty() {
            self.line("columns", &list(&time.columns), "time.columns");
        }
        for (key, text) in [
            ("value", &time.value),
            ("format", &time.format),
            ("zone", &time.zone),
            ("end_column", &time.end_column),
        ] {
            self.optional(key, text.as_deref(), &format!("time.{key}"));
        }
    }

    fn values(&mut self) {
        for (at, value) in self.mapping.values.iter().enumerate() {
            let path = |key: &str| format!("value.{at}.{key}");
            self.heading("[[value]]", &format!("value.{at}"));
            self.line("column", &quote(&value.column), &path("column"));
            self.line("property", &text_or_column(&value.property), &path("property"));
            if let Some(unit) = &value.unit {
                self.line("unit", &text_or_column(unit), &path("unit"));
            }
            self.optional("statistic", value.statistic.as_deref(), &path("statistic"));
            if let Some(period) = &value.period {
                self.line("period", &text_or_column(period), &path("period"));
            }
            for (key, text) in [("datum", &value.datum), ("procedure", &value.procedure)] {
                self.optional(key, Some(text.as_str()).filter(|text| !text.is_empty()), &path(key));
            }
            self.optional("place", value.place.as_deref(), &path("place"));
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
                comment(&mut self.text, reason);
            }
        }
    }
}

/// A reason as comment lines; control characters of a file's own texts stay out of the document.
fn comment(text: &mut String, reason: &str) {
    for line in reason.lines() {
        let clean: String = line.chars().filter(|c| !c.is_control()).collect();
        let _ = writeln!(text, "# {clean}");
    }
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

fn list(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quote(text)).collect();
    format!("[{}]", quoted.join(", "))
}

fn text_or_column(value: &TextOrColumn) -> String {
    match value {
        TextOrColumn::Text(text) => quote(text),
        TextOrColumn::Column { column, prefix, default } => {
            let mut table = format!("{{ column = {}", quote(column));
            if !prefix.is_empty() {
                let _ = write!(table, ", prefix = {}", quote(prefix));
            }
            if let Some(default) = default {
                let _ = write!(table, ", default = {}", quote(default));
            }
            table.push_str(" }");
            table
        }
    }
}

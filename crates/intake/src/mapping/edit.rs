//! A mapping as the answers to a form: which column is what. Everything that the form does not ask
//! stays in the document as it was.

mod beyond;

use toml::{Table, Value};
use wording::told;

pub use self::beyond::{BlockChoice, PartChoice, PatternChoice};
use self::beyond::{
    blocks_of, parts_of, patterns_of, with_patterns, write_blocks, write_header_place, write_parts,
};
use super::Mapping;
use crate::Error;

/// What a form says about a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choices {
    /// The sheet to read; the first that holds the columns when empty.
    pub sheet: String,
    /// The row of the header, from 1; the first that has all columns when absent.
    pub header_row: Option<u32>,
    /// How many rows the header has; one when absent.
    pub header_height: Option<u32>,
    /// What each column is; a column that is not named here is left out.
    pub columns: Vec<ColumnChoice>,
    /// The one place of all values, where no column names it.
    pub place: String,
    /// What kind of place the names mean.
    pub place_kind: String,
    /// The one time of all values, where no column says it.
    pub time: String,
    /// How the times are written.
    pub time_format: String,
    /// How numbers are written: `auto`, `dot` or `comma`.
    pub decimal: String,
    /// Values in columns whose headers are alike.
    pub patterns: Vec<PatternChoice>,
    /// Where the year, the month, the day and the hour stand that no header and no column of times says.
    pub parts: [PartChoice; 4],
    /// The tables of the sheet, where it has several.
    pub blocks: Vec<BlockChoice>,
}

/// What a column is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnChoice {
    /// Its name in the header.
    pub name: String,
    /// What it is.
    pub role: ColumnRole,
    /// For values: the property's code; the column that names the property when empty.
    pub property: String,
    /// For values: the unit; the column that says the unit, or the property's own, when empty.
    pub unit: String,
    /// For values: what a value says about its period; the property's usual one when empty.
    pub statistic: String,
    /// For values: the period; none, or the column that says it, when empty.
    pub period: String,
}

/// What a column can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColumnRole {
    /// Not read.
    #[default]
    LeftOut,
    /// Names the place.
    Place,
    /// Says the time, or a part of it.
    Time,
    /// Says when the period ends.
    TimeEnd,
    /// Holds values.
    Value,
    /// Names the property of all values.
    Property,
    /// Says the unit of all values.
    Unit,
    /// Says the period of all values.
    Period,
    /// The source's own quality flags.
    Quality,
}

impl ColumnRole {
    /// All roles.
    pub const ALL: [ColumnRole; 9] = [
        ColumnRole::LeftOut,
        ColumnRole::Place,
        ColumnRole::Time,
        ColumnRole::TimeEnd,
        ColumnRole::Value,
        ColumnRole::Property,
        ColumnRole::Unit,
        ColumnRole::Period,
        ColumnRole::Quality,
    ];

    /// The role's code in forms.
    pub fn code(self) -> &'static str {
        match self {
            ColumnRole::LeftOut => "left_out",
            ColumnRole::Place => "place",
            ColumnRole::Time => "time",
            ColumnRole::TimeEnd => "time_end",
            ColumnRole::Value => "value",
            ColumnRole::Property => "property",
            ColumnRole::Unit => "unit",
            ColumnRole::Period => "period",
            ColumnRole::Quality => "quality",
        }
    }

    /// The role of a code.
    pub fn from_code(code: &str) -> Option<ColumnRole> {
        ColumnRole::ALL.into_iter().find(|role| role.code() == code)
    }
}

impl Choices {
    /// What a mapping says, as far as the form can ask it; nothing for a text that is no TOML.
    pub fn of(text: &str) -> Choices {
        let document: Table = text.parse().unwrap_or_default();
        let mut choices = Choices { decimal: "auto".into(), ..Choices::default() };
        if let Some(source) = table(&document, "source") {
            choices.sheet = text_of(source, "sheet");
            choices.header_row =
                source.get("header_row").and_then(Value::as_integer).and_then(|row| u32::try_from(row).ok());
            choices.header_height = source
                .get("header_height")
                .and_then(Value::as_integer)
                .and_then(|rows| u32::try_from(rows).ok());
            choices.decimal =
                Some(text_of(source, "decimal")).filter(|t| !t.is_empty()).unwrap_or("auto".into());
        }
        let mut columns = Columns::default();
        if let Some(place) = table(&document, "place") {
            choices.place = text_of(place, "value");
            choices.place_kind = text_of(place, "kind");
            columns.set(&text_of(place, "column"), ColumnRole::Place);
        }
        if let Some(time) = table(&document, "time") {
            choices.time = text_of(time, "value");
            choices.time_format = text_of(time, "format");
            for name in time.get("columns").and_then(Value::as_array).into_iter().flatten() {
                columns.set(name.as_str().unwrap_or_default(), ColumnRole::Time);
            }
            columns.set(&text_of(time, "end_column"), ColumnRole::TimeEnd);
        }
        if let Some(quality) = table(&document, "quality") {
            columns.set(&text_of(quality, "column"), ColumnRole::Quality);
        }
        choices.patterns = patterns_of(&document);
        choices.parts = parts_of(&document);
        choices.blocks = blocks_of(&document);
        for value in values(&document) {
            for (key, role) in [
                ("property", ColumnRole::Property),
                ("unit", ColumnRole::Unit),
                ("period", ColumnRole::Period),
            ] {
                if let Some(named) = value.get(key).and_then(Value::as_table) {
                    columns.set(&text_of(named, "column"), role);
                }
            }
        }
        for value in values(&document) {
            let name = text_of(value, "column");
            columns.set(&name, ColumnRole::Value);
            if let Some(column) = columns.0.iter_mut().find(|column| column.name == name) {
                column.property = text_of(value, "property");
                column.unit = text_of(value, "unit");
                column.statistic = text_of(value, "statistic");
                column.period = text_of(value, "period");
            }
        }
        choices.columns = columns.0;
        choices
    }

    /// The mapping with these choices in it; what is wrong with them is the error of reading it.
    pub fn write_into(&self, text: &str) -> Result<String, Error> {
        let mut document: Table = text.parse().unwrap_or_default();
        document.entry("version").or_insert(Value::Integer(i64::from(super::VERSION)));
        document.entry("kind").or_insert("observations".into());
        let named = |role: ColumnRole| self.columns.iter().filter(move |column| column.role == role);
        let first =
            |role: ColumnRole| named(role).next().map(|column| column.name.clone()).unwrap_or_default();
        for role in [
            ColumnRole::Place,
            ColumnRole::TimeEnd,
            ColumnRole::Property,
            ColumnRole::Unit,
            ColumnRole::Period,
            ColumnRole::Quality,
        ] {
            if let Some(second) = named(role).nth(1) {
                return Err(Error::invalid(
                    told!(
                        "intake-both",
                        "`{role}` and `{name}` are both `{role2}`",
                        role = first(role),
                        name = second.name,
                        role2 = role.code()
                    ),
                    told!("intake-give-part-one-column", "give this part to one column"),
                ));
            }
        }
        self.write_source(&mut document);
        self.write_place(&mut document, &first(ColumnRole::Place));
        let times: Vec<&str> = named(ColumnRole::Time).map(|column| column.name.as_str()).collect();
        self.write_time(&mut document, &times, &first(ColumnRole::TimeEnd));
        let quality = first(ColumnRole::Quality);
        if quality.is_empty() {
            document.remove("quality");
        } else {
            set(part(&mut document, "quality"), "column", &quality);
        }
        let before: Vec<Table> = values(&document).into_iter().cloned().collect();
        let values: Vec<Value> = named(ColumnRole::Value)
            .map(|column| {
                let known = before.iter().find(|value| text_of(value, "column") == column.name);
                let mut value = known.cloned().unwrap_or_default();
                set(&mut value, "column", &column.name);
                for (key, chosen, role) in [
                    ("property", &column.property, ColumnRole::Property),
                    ("unit", &column.unit, ColumnRole::Unit),
                    ("period", &column.period, ColumnRole::Period),
                ] {
                    named_or_fixed(&mut value, key, chosen, &first(role));
                }
                // Where it stands in a sheet's name or a column, the form does not ask it.
                if !column.statistic.is_empty() || !value.get("statistic").is_some_and(Value::is_table) {
                    set(&mut value, "statistic", &column.statistic);
                }
                Value::Table(value)
            })
            .collect();
        let patterns = with_patterns(&document, &self.patterns);
        let values: Vec<Value> = values.into_iter().chain(patterns).collect();
        write_header_place(&mut document, &self.patterns, &self.place_kind);
        write_parts(&mut document, &self.parts);
        write_blocks(&mut document, &self.blocks);
        // It tells of the file that the mapping was made for, and the mapping is another now.
        document.remove("shape");
        if values.is_empty() {
            document.remove("value");
        } else {
            document.insert("value".into(), Value::Array(values));
        }
        let written =
            toml::to_string(&document).map_err(|error| Error::internal("writing the mapping", error))?;
        Mapping::parse(&written)?;
        Ok(written)
    }

    fn write_source(&self, document: &mut Table) {
        let source = part(document, "source");
        set(source, "sheet", &self.sheet);
        match self.header_row {
            Some(row) => drop(source.insert("header_row".into(), Value::Integer(i64::from(row)))),
            None => drop(source.remove("header_row")),
        }
        match self.header_height.filter(|rows| *rows > 1) {
            Some(rows) => drop(source.insert("header_height".into(), Value::Integer(i64::from(rows)))),
            None => drop(source.remove("header_height")),
        }
        set(source, "decimal", if self.decimal == "auto" { "" } else { &self.decimal });
        if source.is_empty() {
            document.remove("source");
        }
    }

    fn write_place(&self, document: &mut Table, column: &str) {
        let place = part(document, "place");
        let around = ["cell", "sheet", "title", "file", "group", "header"];
        if column.is_empty() && self.place.is_empty() && around.iter().any(|key| place.contains_key(*key)) {
            return;
        }
        around.iter().for_each(|key| drop(place.remove(*key)));
        set(place, "column", column);
        set(place, "value", if column.is_empty() { &self.place } else { "" });
        set(place, "kind", if column.is_empty() { "" } else { &self.place_kind });
        if column.is_empty() {
            place.remove("scheme");
            place.remove("within");
        }
        if place.is_empty() {
            document.remove("place");
        }
    }

    fn write_time(&self, document: &mut Table, columns: &[&str], end: &str) {
        let time = part(document, "time");
        if columns.is_empty() {
            time.remove("columns");
        } else {
            let names = columns.iter().map(|name| Value::from(*name)).collect();
            time.insert("columns".into(), Value::Array(names));
        }
        set(time, "value", if columns.is_empty() { &self.time } else { "" });
        set(time, "format", &self.time_format);
        set(time, "end_column", end);
        if time.is_empty() {
            document.remove("time");
        }
    }
}

#[derive(Default)]
struct Columns(Vec<ColumnChoice>);

impl Columns {
    /// A column is the last that is said of it.
    fn set(&mut self, name: &str, role: ColumnRole) {
        if name.is_empty() {
            return;
        }
        match self.0.iter_mut().find(|column| column.name == name) {
            Some(column) => column.role = role,
            None => self.0.push(ColumnChoice { name: name.to_owned(), role, ..ColumnChoice::default() }),
        }
    }
}

/// A fixed text, or the column that holds it with what else is said of it, or nothing.
fn named_or_fixed(value: &mut Table, key: &str, fixed: &str, column: &str) {
    if !fixed.is_empty() {
        value.insert(key.into(), fixed.into());
    } else if !column.is_empty() {
        let there = value.get(key).and_then(Value::as_table).cloned();
        let mut named = there.unwrap_or_default();
        named.insert("column".into(), column.into());
        value.insert(key.into(), Value::Table(named));
    } else if value.get(key).and_then(Value::as_table).is_none_or(|fact| fact.contains_key("column")) {
        // What stands around the table is no answer of the form, and stays.
        value.remove(key);
    }
}

fn set(table: &mut Table, key: &str, text: &str) {
    if text.is_empty() {
        table.remove(key);
    } else {
        table.insert(key.into(), text.into());
    }
}

fn part<'a>(document: &'a mut Table, key: &str) -> &'a mut Table {
    let part = document.entry(key).or_insert_with(|| Value::Table(Table::new()));
    if !part.is_table() {
        *part = Value::Table(Table::new());
    }
    part.as_table_mut().expect("it was made a table just now")
}

fn table<'a>(document: &'a Table, key: &str) -> Option<&'a Table> {
    document.get(key).and_then(Value::as_table)
}

fn values(document: &Table) -> Vec<&Table> {
    let values = document.get("value").and_then(Value::as_array);
    values.into_iter().flatten().filter_map(Value::as_table).collect()
}

fn text_of(table: &Table, key: &str) -> String {
    table.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Choices, ColumnChoice, ColumnRole};

    const MAPPING: &str = r#"
version = 1
kind = "observations"
[source]
missing = ["x"]
[place]
column = "Trạm"
kind = "station"
[time]
columns = ["Ngày"]
[[value]]
column = "Mặn"
property = "salinity"
unit = "g/L"
range = [0.0, 40.0]
"#;

    #[test]
    fn what_a_form_does_not_ask_stays_in_the_mapping() {
        let choices = Choices::of(MAPPING);
        assert_eq!(choices.columns.len(), 3);
        let written = choices.write_into(MAPPING).unwrap();
        assert!(written.contains("range") && written.contains("missing"), "{written}");
        assert_eq!(Choices::of(&written), choices);
    }

    #[test]
    fn another_column_takes_the_part_of_the_time() {
        let mut choices = Choices::of(MAPPING);
        choices.columns.retain(|column| column.role != ColumnRole::Time);
        for name in ["Năm", "Tháng"] {
            let role = ColumnRole::Time;
            choices.columns.push(ColumnChoice { name: name.into(), role, ..ColumnChoice::default() });
        }
        choices.header_row = Some(3);
        let written = choices.write_into(MAPPING).unwrap();
        let mapping = crate::mapping::Mapping::parse(&written).unwrap();
        assert_eq!(mapping.time.unwrap().columns, ["Năm", "Tháng"]);
        assert_eq!(mapping.source.header_row, Some(3));
    }

    #[test]
    fn what_headers_and_titles_say_stays_as_it_was() {
        let mapping = "version = 1\nkind = \"observations\"\n[place]\ntitle = true\npattern = \"Trạm: {place}\"\n[time]\nyear = { column = \"Năm\" }\n[[value]]\ncolumns = \"{month}\"\nproperty = \"rain_total\"\n[shape]\nheader_row = 2\n";
        let mut choices = Choices::of(mapping);
        choices.decimal = "comma".into();
        let written = crate::mapping::Mapping::parse(&choices.write_into(mapping).unwrap()).unwrap();
        assert_eq!(written.values[0].columns.as_deref(), Some("{month}"));
        assert!(written.place.is_some_and(|place| place.title) && written.shape.is_none());
    }

    #[test]
    fn what_a_sheet_says_of_a_column_stays_as_it_was() {
        let mapping = "version = 1\nkind = \"observations\"\n[place]\nvalue = \"station:tan_chau\"\n[time]\ncolumns = [\"Ngày\"]\n[[value]]\ncolumn = \"Giá trị\"\nproperty = { sheet = true, words = { H = \"water_level\" } }\nstatistic = { sheet = true, words = { H = \"mean\" } }\n";
        let written = Choices::of(mapping).write_into(mapping).unwrap();
        let read = |text: &str| crate::mapping::Mapping::parse(text).unwrap().values;
        assert_eq!(read(&written), read(mapping));
    }

    #[test]
    fn two_places_are_refused_by_name() {
        let mut choices = Choices::of(MAPPING);
        choices.columns.push(ColumnChoice {
            name: "Xã".into(),
            role: ColumnRole::Place,
            ..ColumnChoice::default()
        });
        let error = choices.write_into(MAPPING).unwrap_err().to_string();
        assert!(error.contains("Trạm") && error.contains("Xã"), "{error}");
    }
}

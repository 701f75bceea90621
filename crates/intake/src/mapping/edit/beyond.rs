//! What a form says beyond one role a column: patterns of headers, parts of the time that stand apart, and
//! several tables on a sheet.

use toml::{Table, Value};

use super::{named_or_fixed, part, set, table, text_of, values};

/// Patterns that find a year, a month, a day or an hour in a title or a name, where the form names none.
const USUAL: [&str; 4] = [
    "*{year}*",
    r"/(?i)\bth(?:áng|ang)[\s_]*(?P<month>0?[1-9]|1[0-2])(?:\D|$)/",
    r"/(?i)\bng(?:ày|ay)[\s_]*(?P<day>0?[1-9]|[12]\d|3[01])(?:\D|$)/",
    "*{hour}*",
];
/// The parts of a time that may stand apart.
const PARTS: [&str; 4] = ["year", "month", "day", "hour"];

/// Values whose headers are alike: a column a year, a month, a station.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PatternChoice {
    /// What the headers say: `{year}`, `{place}`, `{year} {property} ({unit})`. Empty: there is no such pattern.
    pub columns: String,
    /// Headers that are left out though they fit.
    pub except: Vec<String>,
    /// The property; the one that stands elsewhere when empty.
    pub property: String,
    /// The unit; the property's own, or the one that stands elsewhere, when empty.
    pub unit: String,
    /// What a value says about its period; the usual one when empty.
    pub statistic: String,
    /// The period; none when empty.
    pub period: String,
}

/// Where a part of the time stands that no header says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartChoice {
    /// Empty for nowhere; `text` where the text itself is the part; `title`, `sheet` or `file`; or
    /// `column:` and the column's name.
    pub from: String,
    /// The text, or the pattern that finds the part in a title or a name.
    pub text: String,
}

/// One of several tables on a sheet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BlockChoice {
    /// Its columns by their letters: `A:C`.
    pub columns: String,
    /// The row of its header, from 1.
    pub header_row: Option<u32>,
    /// Its first row of data.
    pub first: Option<u32>,
    /// Its last row.
    pub last: Option<u32>,
    /// The one place of its values; the mapping's own when empty.
    pub place: String,
}

impl BlockChoice {
    fn is_empty(&self) -> bool {
        *self == BlockChoice::default()
    }
}

fn texts_of(value: &Table, key: &str) -> Vec<String> {
    let texts = value.get(key).and_then(Value::as_array).into_iter().flatten();
    texts.filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

/// The patterns of a mapping.
pub(super) fn patterns_of(document: &Table) -> Vec<PatternChoice> {
    let patterns = values(document).into_iter().filter(|value| value.contains_key("columns"));
    patterns
        .map(|value| PatternChoice {
            columns: text_of(value, "columns"),
            except: texts_of(value, "except"),
            property: text_of(value, "property"),
            unit: text_of(value, "unit"),
            statistic: text_of(value, "statistic"),
            period: text_of(value, "period"),
        })
        .collect()
}

/// The values that these patterns make; of what was there, what the form does not ask stays.
pub(super) fn with_patterns(document: &Table, choices: &[PatternChoice]) -> Vec<Value> {
    let before: Vec<&Table> =
        values(document).into_iter().filter(|value| value.contains_key("columns")).collect();
    let there = choices.iter().enumerate().filter(|(_, choice)| !choice.columns.is_empty());
    there
        .map(|(at, choice)| {
            let mut value = before.get(at).map(|value| (*value).clone()).unwrap_or_default();
            set(&mut value, "columns", &choice.columns);
            if choice.except.is_empty() {
                value.remove("except");
            } else {
                let except = choice.except.iter().map(|text| Value::from(text.as_str())).collect();
                value.insert("except".into(), Value::Array(except));
            }
            for (key, text) in [
                ("property", &choice.property),
                ("unit", &choice.unit),
                ("statistic", &choice.statistic),
                ("period", &choice.period),
            ] {
                if text.is_empty() && value.get(key).is_some_and(Value::is_table) {
                    continue;
                }
                named_or_fixed(&mut value, key, text, "");
            }
            Value::Table(value)
        })
        .collect()
}

/// Where headers name the places, nothing else does.
pub(super) fn write_header_place(document: &mut Table, choices: &[PatternChoice], kind: &str) {
    let says = |text: &str| text.contains("{place}") || text.contains("(?P<place>");
    let is_said = choices.iter().any(|choice| says(&choice.columns));
    if !is_said && !table(document, "place").is_some_and(|place| place.contains_key("header")) {
        return;
    }
    let place = part(document, "place");
    if is_said {
        for key in ["column", "cell", "sheet", "title", "file", "group", "value", "within"] {
            place.remove(key);
        }
        place.insert("header".into(), Value::Boolean(true));
        if !kind.is_empty() {
            set(place, "kind", kind);
        }
    } else {
        place.remove("header");
    }
    if place.is_empty() {
        document.remove("place");
    }
}

/// Where the parts of a mapping's time stand.
pub(super) fn parts_of(document: &Table) -> [PartChoice; 4] {
    let time = table(document, "time");
    PARTS.map(|key| match time.and_then(|time| time.get(key)) {
        Some(Value::String(text)) => PartChoice { from: "text".into(), text: text.clone() },
        Some(Value::Table(fact)) => {
            let text = text_of(fact, "pattern");
            let around = ["title", "sheet", "file"].into_iter().find(|key| fact.contains_key(*key));
            let kept = ["cell", "group"].into_iter().find(|key| fact.contains_key(*key));
            let from = match (around, kept) {
                (Some(around), _) => around.to_owned(),
                (None, Some(key)) => format!("{key}:{}", text_of(fact, key)),
                (None, None) => format!("column:{}", text_of(fact, "column")),
            };
            PartChoice { from, text }
        }
        _ => PartChoice::default(),
    })
}

/// Writes where the parts of the time stand.
pub(super) fn write_parts(document: &mut Table, choices: &[PartChoice; 4]) {
    let before = parts_of(document);
    let time = part(document, "time");
    for (at, (choice, before)) in choices.iter().zip(before).enumerate() {
        if *choice == before {
            continue;
        }
        let key = PARTS[at];
        let mut fact = time.get(key).and_then(Value::as_table).cloned().unwrap_or_default();
        if choice.from != before.from {
            fact = Table::new();
        }
        match (choice.from.as_str(), choice.from.split_once(':')) {
            ("", _) => drop(time.remove(key)),
            ("text", _) => set(time, key, &choice.text),
            (around @ ("title" | "sheet" | "file"), _) => {
                fact.insert(around.into(), Value::Boolean(true));
                set(&mut fact, "pattern", if choice.text.is_empty() { USUAL[at] } else { &choice.text });
                time.insert(key.into(), Value::Table(fact));
            }
            (_, Some((kind @ ("column" | "cell" | "group"), name))) => {
                set(&mut fact, kind, name);
                set(&mut fact, "pattern", &choice.text);
                time.insert(key.into(), Value::Table(fact));
            }
            _ => {}
        }
    }
    if time.is_empty() {
        document.remove("time");
    }
}

/// The tables of a mapping that names several.
pub(super) fn blocks_of(document: &Table) -> Vec<BlockChoice> {
    let blocks = document.get("block").and_then(Value::as_array).into_iter().flatten();
    let number = |block: &Table, key: &str| {
        block.get(key).and_then(Value::as_integer).and_then(|row| u32::try_from(row).ok())
    };
    blocks
        .filter_map(Value::as_table)
        .map(|block| BlockChoice {
            columns: text_of(block, "columns"),
            header_row: number(block, "header_row"),
            first: number(block, "first"),
            last: number(block, "last"),
            place: table(block, "place").map(|place| text_of(place, "value")).unwrap_or_default(),
        })
        .collect()
}

/// Writes the tables of a sheet; one of which nothing is said is none.
pub(super) fn write_blocks(document: &mut Table, choices: &[BlockChoice]) {
    let before: Vec<Table> = document
        .get("block")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|block| block.as_table().cloned())
        .collect();
    let there = choices.iter().enumerate().filter(|(_, choice)| !choice.is_empty());
    let blocks: Vec<Value> = there
        .map(|(at, choice)| {
            let mut block = before.get(at).cloned().unwrap_or_default();
            set(&mut block, "columns", &choice.columns);
            for (key, row) in
                [("header_row", choice.header_row), ("first", choice.first), ("last", choice.last)]
            {
                match row {
                    Some(row) => drop(block.insert(key.into(), Value::Integer(i64::from(row)))),
                    None => drop(block.remove(key)),
                }
            }
            if !choice.place.is_empty() {
                let mut place = Table::new();
                set(&mut place, "value", &choice.place);
                block.insert("place".into(), Value::Table(place));
            } else if table(&block, "place").is_some_and(|place| place.contains_key("value")) {
                block.remove("place");
            }
            Value::Table(block)
        })
        .collect();
    if blocks.is_empty() {
        document.remove("block");
    } else {
        document.insert("block".into(), Value::Array(blocks));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Mapping;
    use super::super::Choices;
    use super::{BlockChoice, PartChoice, PatternChoice};

    #[test]
    fn a_pattern_and_the_rest_of_the_time_are_chosen() {
        let before = "version = 1\nkind = \"observations\"\n";
        let mut choices = Choices::of(before);
        choices.patterns.push(PatternChoice {
            columns: "{month}".into(),
            except: vec!["Cả năm".into()],
            property: "rain_total".into(),
            unit: "mm".into(),
            period: "P1M".into(),
            ..PatternChoice::default()
        });
        choices.place = "station:can_tho".into();
        choices.parts[0] = PartChoice { from: "title".into(), text: String::new() };
        choices.header_height = Some(2);
        let written = choices.write_into(before).unwrap();
        let mapping = Mapping::parse(&written).unwrap();
        assert_eq!(mapping.values[0].columns.as_deref(), Some("{month}"));
        assert_eq!(mapping.values[0].except, ["Cả năm"]);
        assert_eq!(mapping.source.header_height, Some(2));
        assert_eq!(mapping.time.unwrap().year.unwrap().column(), Some("@title"));
        // The same choices again change nothing.
        let again = Choices::of(&written);
        assert_eq!(again.write_into(&written).unwrap(), written);
        // Taken away, the pattern is gone.
        let mut none = again;
        none.patterns[0].columns.clear();
        assert!(none.write_into(&written).is_err(), "a mapping needs values");
    }

    #[test]
    fn headers_that_name_places_take_the_place_of_a_column() {
        let before = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"Trạm\"\nkind = \"station\"\n[time]\ncolumns = [\"Ngày\"]\n[[value]]\ncolumn = \"S\"\nproperty = \"salinity\"\n";
        let mut choices = Choices::of(before);
        choices.columns.retain(|column| column.name == "Ngày");
        choices.patterns.push(PatternChoice {
            columns: "{place}".into(),
            property: "salinity".into(),
            ..PatternChoice::default()
        });
        let mapping = Mapping::parse(&choices.write_into(before).unwrap()).unwrap();
        let place = mapping.place.unwrap();
        assert!(place.header && place.column.is_none(), "{place:?}");
    }

    #[test]
    fn tables_of_a_sheet_are_chosen_and_keep_what_the_form_does_not_ask() {
        let before = "version = 1\nkind = \"observations\"\n[time]\ncolumns = [\"Ngày\"]\n[[block]]\ncolumns = \"A:B\"\nheader_row = 1\nplace = { value = \"station:tan_chau\" }\n[[block.value]]\ncolumn = \"H (cm)\"\nproperty = \"water_level\"\nunit = \"cm\"\n";
        let mut choices = Choices::of(before);
        choices.blocks[0].last = Some(20);
        choices.blocks.push(BlockChoice {
            columns: "D:E".into(),
            header_row: Some(1),
            place: "station:chau_doc".into(),
            ..BlockChoice::default()
        });
        choices.patterns.push(PatternChoice {
            columns: "H*".into(),
            property: "water_level".into(),
            ..PatternChoice::default()
        });
        let mapping = Mapping::parse(&choices.write_into(before).unwrap()).unwrap();
        assert_eq!(mapping.blocks.len(), 2);
        assert_eq!((mapping.blocks[0].last, mapping.blocks[0].values.len()), (Some(20), 1));
        assert_eq!(mapping.blocks[1].place.as_ref().unwrap().value.as_deref(), Some("station:chau_doc"));
    }
}

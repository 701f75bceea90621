//! What the form of step three asks beyond one role a column: headers of several rows, patterns over many
//! columns, the parts of a time that stand apart, several tables on a sheet.

use intake::Drawn;
use intake::mapping::{BlockChoice, Choices, PartChoice, PatternChoice};

use crate::visit::Visit;

/// What headers of many columns say most often: a pattern, and the name of its option.
const PATTERNS: [(&str, &str); 11] = [
    ("{year}", "year"),
    ("{month}", "month"),
    ("{quarter}", "quarter"),
    ("{time}", "time"),
    ("{day}", "day"),
    ("{hour}", "hour"),
    ("{place}", "place"),
    ("{place} {statistic}", "place-statistic"),
    ("{property} ({unit})", "property"),
    ("{property} ({unit}) {year}", "property-year"),
    ("{year} {period}", "year-season"),
];
/// The parts of a time.
const PARTS: [&str; 4] = ["year", "month", "day", "hour"];
/// Empty lines of the form for new patterns and tables, and the most that it has.
const EMPTY: usize = 2;
const MOST: usize = 200;

/// What the form shows.
pub struct Beyond {
    pub header_height: u32,
    pub patterns: Vec<PatternForm>,
    pub says: Vec<(&'static str, String)>,
    pub parts: Vec<PartForm>,
    pub blocks: Vec<BlockForm>,
    /// Whether any of it is said.
    pub is_said: bool,
}

/// A pattern: its choice, or a text of its own.
pub struct PatternForm {
    pub known: String,
    pub own: String,
    pub except: String,
    pub choice: PatternChoice,
}

/// A part of the time: its key, its name, where it may stand, and what was chosen.
pub struct PartForm {
    pub label: String,
    pub from: Vec<(String, String, bool)>,
    pub text: String,
}

/// A table of the sheet, as texts.
pub struct BlockForm {
    pub columns: String,
    pub header_row: String,
    pub first: String,
    pub last: String,
    pub place: String,
}

impl Beyond {
    pub(super) fn of(visit: &Visit, choices: &Choices, drawn: &Drawn) -> Beyond {
        let w = visit.words;
        let pattern = |choice: PatternChoice| {
            let is_known = PATTERNS.iter().any(|(pattern, _)| *pattern == choice.columns);
            let (known, own) = if is_known {
                (choice.columns.clone(), "")
            } else {
                (String::new(), choice.columns.as_str())
            };
            PatternForm {
                known,
                own: own.to_owned(),
                except: choice.except.join("; "),
                choice: choice.clone(),
            }
        };
        let patterns = choices.patterns.iter().cloned();
        let patterns = patterns.chain((0..EMPTY).map(|_| PatternChoice::default())).map(pattern).collect();
        let parts =
            PARTS.iter().zip(&choices.parts).map(|(key, chosen)| {
                let around = ["", "text", "title", "sheet", "file"];
                let mut from: Vec<(String, String)> = around
                    .iter()
                    .map(|from| {
                        (
                            (*from).to_owned(),
                            w.t(&format!("intake-part-{}", if from.is_empty() { "none" } else { from })),
                        )
                    })
                    .collect();
                from.extend(drawn.columns.iter().filter(|(name, _)| !name.is_empty()).map(|(name, _)| {
                    (format!("column:{name}"), w.fill("intake-part-column", [("name", name)]))
                }));
                if !from.iter().any(|(from, _)| *from == chosen.from) {
                    from.push((chosen.from.clone(), chosen.from.clone()));
                }
                let from = from.into_iter().map(|(code, name)| {
                    let is_chosen = code == chosen.from;
                    (code, name, is_chosen)
                });
                PartForm {
                    label: w.t(&format!("intake-part-of-{key}")),
                    from: from.collect(),
                    text: chosen.text.clone(),
                }
            });
        let row = |row: Option<u32>| row.map(|row| row.to_string()).unwrap_or_default();
        let blocks = choices.blocks.iter().cloned().chain((0..EMPTY).map(|_| BlockChoice::default()));
        Beyond {
            header_height: choices.header_height.unwrap_or(1),
            patterns,
            says: PATTERNS.map(|(pattern, name)| (pattern, w.t(&format!("intake-says-{name}")))).to_vec(),
            parts: parts.collect(),
            blocks: blocks
                .map(|block| BlockForm {
                    columns: block.columns,
                    header_row: row(block.header_row),
                    first: row(block.first),
                    last: row(block.last),
                    place: block.place,
                })
                .collect(),
            is_said: choices.header_height.is_some_and(|rows| rows > 1)
                || !choices.patterns.is_empty()
                || !choices.blocks.is_empty()
                || choices.parts.iter().any(|part| *part != PartChoice::default()),
        }
    }
}

/// What the form said; a form without these fields says what the mapping said before.
pub(super) fn chosen(text: &dyn Fn(&str) -> String, before: &Choices) -> Choices {
    if text("beyond").is_empty() {
        return before.clone();
    }
    let pattern = |at: usize| PatternChoice {
        columns: Some(text(&format!("own{at}")))
            .filter(|own| !own.is_empty())
            .unwrap_or_else(|| text(&format!("says{at}"))),
        except: text(&format!("except{at}"))
            .split(';')
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .collect(),
        property: text(&format!("of_property{at}")),
        unit: text(&format!("of_unit{at}")),
        statistic: text(&format!("of_statistic{at}")),
        period: text(&format!("of_period{at}")),
    };
    let number = |name: String| text(&name).parse().ok();
    let block = |at: usize| BlockChoice {
        columns: text(&format!("block_columns{at}")),
        header_row: number(format!("block_header{at}")),
        first: number(format!("block_first{at}")),
        last: number(format!("block_last{at}")),
        place: text(&format!("block_place{at}")),
    };
    let part = |at: usize| PartChoice {
        from: text(&format!("part_from{at}")),
        text: text(&format!("part_text{at}")),
    };
    Choices {
        header_height: number("header_height".into()),
        patterns: (0..(before.patterns.len() + EMPTY).min(MOST)).map(pattern).collect(),
        parts: [part(0), part(1), part(2), part(3)],
        blocks: (0..(before.blocks.len() + EMPTY).min(MOST)).map(block).collect(),
        ..before.clone()
    }
}

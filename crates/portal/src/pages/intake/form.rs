//! Step three: what each column is, chosen from lists or written as TOML.

use std::collections::{BTreeMap, HashMap, HashSet};

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect};
use intake::mapping::{Choices, ColumnChoice, ColumnRole, Mapping};
use intake::{Drawn, Part};
use model::{PlaceKind, Statistic};
use serve::App;
use serve::http::{Problem, ProblemKind};

use super::beyond::{self, Beyond};
use super::{staged, step_link};
use crate::page::PageResult;
use crate::visit::Visit;

/// What the form of a mapping shows.
pub struct MappingForm {
    pub columns: Vec<ColumnForm>,
    pub sheet: u16,
    pub place: String,
    pub place_kind: String,
    pub place_kinds: Vec<(&'static str, String)>,
    pub time: String,
    pub time_format: String,
    pub decimal: String,
    pub roles: Vec<(&'static str, String)>,
    pub statistics: Vec<(&'static str, String)>,
    pub properties: Vec<(String, String)>,
    /// Whether the mapping says what the lists cannot: patterns over columns, several blocks.
    pub beyond_lists: bool,
    pub beyond: Beyond,
}

/// What the form shows of one column.
pub struct ColumnForm {
    pub name: String,
    /// Whether a mapping can name it: it has a name that no column before it has. In tables beside each other
    /// the first stands for all of its name.
    pub named: bool,
    pub role: &'static str,
    pub property: String,
    pub unit: String,
    pub statistic: String,
    pub period: String,
}

impl MappingForm {
    /// The form of a mapping over the columns of a sheet.
    pub async fn new(app: &App, visit: &Visit, mapping: &str, drawn: &Drawn) -> Result<MappingForm, Problem> {
        let w = visit.words;
        let choices = Choices::of(mapping);
        let folded = |name: &str| model::fold(name);
        let chosen: HashMap<String, &ColumnChoice> =
            choices.columns.iter().map(|column| (folded(&column.name), column)).collect();
        let mut seen: HashSet<&str> = HashSet::new();
        let is_first: Vec<bool> = drawn.columns.iter().map(|(name, _)| seen.insert(name)).collect();
        let gazetteer = app.catalog.gazetteer().await?;
        let mut properties: Vec<(String, String)> = gazetteer
            .properties
            .iter()
            .map(|property| {
                let name = w.of_text(&property.name);
                (property.code.to_string(), format!("{name} ({})", w.unit(&property.unit)))
            })
            .collect();
        properties.sort_by_cached_key(|(_, name)| model::collation_key(name));
        let columns = drawn
            .columns
            .iter()
            .zip(is_first)
            .map(|((name, role), is_first)| {
                let choice = chosen.get(&folded(name)).copied().cloned().unwrap_or_default();
                ColumnForm {
                    name: name.clone(),
                    named: !name.is_empty() && is_first,
                    // What the lists name; what is painted besides is said by a pattern or a part of the time.
                    role: match choice.role {
                        ColumnRole::LeftOut if role.code() != ColumnRole::LeftOut.code() => BY_PATTERN,
                        role => role.code(),
                    },
                    property: choice.property,
                    unit: choice.unit,
                    statistic: choice.statistic,
                    period: choice.period,
                }
            })
            .collect();
        let beyond = Beyond::of(visit, &choices, drawn);
        Ok(MappingForm {
            columns,
            sheet: drawn.sheet,
            place: choices.place,
            place_kind: choices.place_kind,
            place_kinds: PlaceKind::ALL.map(|kind| (kind.code(), w.code("place", kind.code()))).to_vec(),
            time: choices.time,
            time_format: choices.time_format,
            decimal: choices.decimal,
            roles: ColumnRole::ALL
                .map(|role| (role.code(), w.code("role", role.code())))
                .into_iter()
                .chain([(BY_PATTERN, w.t("role-by-pattern"))])
                .collect(),
            beyond,
            statistics: Statistic::ALL.map(|s| (s.code(), w.code("statistic", s.code()))).to_vec(),
            properties,
            beyond_lists: Mapping::parse(mapping).is_ok_and(|mapping| is_beyond_lists(&mapping)),
        })
    }
}

fn is_beyond_lists(mapping: &Mapping) -> bool {
    !mapping.blocks.is_empty() || mapping.values.iter().any(|value| value.columns.is_some())
}

/// The role of a column that is read by a pattern, or as a part of the time.
const BY_PATTERN: &str = "by_pattern";

/// Reads the draft again as the form says, and shows the same step.
pub async fn map(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> PageResult {
    let (draft, permit) = staged(&app, &visit, &id).await?;
    let fields: BTreeMap<String, String> = fields.into_iter().collect();
    let text = |name: &str| fields.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let mapping = match text("by").as_str() {
        "guess" => None,
        "toml" => Some(text("mapping").replace("\r\n", "\n")),
        _ => {
            let sheet: u16 = text("sheet").parse().unwrap_or(0);
            let header: Option<u32> = text("header").parse().ok();
            let part = Part { sheet: Some(sheet), from: 1, count: 1, header };
            let drawn = app.drawn(&permit, &draft.run, part).await?;
            let choices = chosen(&text, &drawn, header, draft.review.mapping.as_str());
            match choices.write_into(&draft.review.mapping) {
                Ok(mapping) => Some(mapping),
                Err(error) => return Err(incomplete(error)),
            }
        }
    };
    let reviewed = app.review(permit, draft.run.id, mapping).await?;
    let to = step_link(&visit, &reviewed.run.id, 3);
    Ok(Redirect::to(&format!("{to}#read")).into_response())
}

fn incomplete(error: intake::Error) -> Problem {
    match error {
        intake::Error::Invalid { what, hint } => {
            Problem::text(ProblemKind::InvalidMapping, serve::http::with_hint(what, hint))
        }
        other => other.into(),
    }
}

fn chosen(text: &dyn Fn(&str) -> String, drawn: &Drawn, header: Option<u32>, before: &str) -> Choices {
    let known = Choices::of(before);
    let mut columns = Vec::new();
    for (index, (name, _)) in drawn.columns.iter().enumerate() {
        let role = ColumnRole::from_code(&text(&format!("role{index}"))).unwrap_or_default();
        if role == ColumnRole::LeftOut || name.is_empty() {
            continue;
        }
        let or_all = |own: &str, all: &str| {
            let own = text(&format!("{own}{index}"));
            if own.is_empty() { text(all) } else { own }
        };
        // The mapping's own spelling of the column stays.
        let spelt = known.columns.iter().find(|column| model::fold(&column.name) == model::fold(name));
        columns.push(ColumnChoice {
            name: spelt.map_or_else(|| name.clone(), |column| column.name.clone()),
            role,
            property: or_all("property", "property_all"),
            unit: or_all("unit", "unit_all"),
            statistic: text(&format!("statistic{index}")),
            period: text(&format!("period{index}")),
        });
    }
    // Several sheets: the one that was looked at is the one that is meant.
    let sheet = drawn.sheets.get(usize::from(drawn.sheet)).filter(|_| drawn.sheets.len() > 1);
    let beyond = beyond::chosen(text, &known);
    Choices {
        header_height: beyond.header_height,
        patterns: beyond.patterns,
        parts: beyond.parts,
        blocks: beyond.blocks,
        sheet: sheet.cloned().unwrap_or_default(),
        header_row: header,
        columns,
        place: text("place"),
        place_kind: text("place_kind"),
        time: text("time"),
        time_format: text("time_format"),
        decimal: text("decimal"),
    }
}

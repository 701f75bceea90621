//! A sheet of a run's file as a person sees it, with what each cell is under the run's mapping.

use axum::Json;
use axum::extract::{Path, State};
use intake::{Drawn, MAX_DRAWN_ROWS, Part};
use model::{Run, RunState};
use policy::Permit;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::runs::readable_run;
use crate::App;
use crate::http::{Answer, Caller, Params, Problem, ProblemKind, params};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SheetParams {
    /// The sheet, from 0; absent, the one that the mapping means.
    sheet: Option<u16>,
    /// The first row, from 1 (1).
    from: Option<u32>,
    /// How many rows at most, 1 to 200 (40).
    limit: Option<i64>,
}

/// A part of a sheet.
#[derive(Debug, Serialize, ToSchema)]
pub struct SheetDocument {
    /// The names of the sheets; a file without sheets has one, nameless.
    pub sheets: Vec<String>,
    /// The sheet that is drawn, from 0.
    pub sheet: u16,
    /// The row of the header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u32>,
    /// What each column is, from A on.
    pub columns: Vec<ColumnDocument>,
    /// The rows that have any text.
    pub rows: Vec<RowDocument>,
    /// Columns to the right that are not shown.
    pub more_columns: usize,
    /// The row with which the next part begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}

/// A column.
#[derive(Debug, Serialize, ToSchema)]
pub struct ColumnDocument {
    /// Its name, as a mapping writes it.
    pub name: String,
    /// place, time, time_end, property, unit, period, value, quality or left_out.
    pub role: &'static str,
}

/// A row.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowDocument {
    /// Its number, from 1.
    pub row: u32,
    /// Its cells, from column A on.
    pub cells: Vec<SheetCellDocument>,
}

/// A cell.
#[derive(Debug, Serialize, ToSchema)]
pub struct SheetCellDocument {
    /// Its text as written.
    pub text: String,
    /// What it is: as a column's role, or `header`.
    pub role: &'static str,
    /// Columns that it spans, when it is merged; 0 when it is under another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<u16>,
    /// Rows that it spans, when it is merged; 0 when it is under another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u32>,
}

/// A part of a sheet of a run's file: its cells, and what each is under the run's mapping.
#[utoipa::path(get, path = "/v1/runs/{id}/sheet", tag = "intake", params(("id" = String, Path), SheetParams),
    responses((status = 200, body = SheetDocument), (status = 404)))]
pub async fn sheet(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Params(asked): Params<SheetParams>,
) -> Answer<Json<SheetDocument>> {
    let (run, permit) = readable_run(&app, &principal, &id).await?;
    let count = params::limit(asked.limit, 40, MAX_DRAWN_ROWS as usize)?;
    let count = u32::try_from(count).unwrap_or(MAX_DRAWN_ROWS);
    let part = Part { sheet: asked.sheet, from: asked.from.unwrap_or(1), count, header: None };
    Ok(Json(app.drawn(&permit, &run, part).await?.into()))
}

impl App {
    /// The mapping under which the file of a run, or of a draft, was read last; empty when there is none.
    pub(crate) async fn mapping_of(&self, permit: &Permit, run: &Run) -> Answer<String> {
        if run.state == RunState::Staged {
            return Ok(self.intake.staged(permit, &run.id).await?.review.mapping);
        }
        let saved = match run.mapping {
            Some(number) => self.catalog.mapping(&run.dataset, Some(number)).await?,
            None => None,
        };
        Ok(saved.map(|(_, text)| text).unwrap_or_default())
    }

    /// A part of a sheet of a run's file, under the mapping of the run or of the draft.
    pub async fn drawn(&self, permit: &Permit, run: &Run, part: Part) -> Answer<Drawn> {
        // A cell may lie outside the rows that the permit reaches.
        if !permit.rows().is_open() {
            return Err(Problem::new(ProblemKind::NotAllowed));
        }
        let mapping = self.mapping_of(permit, run).await?;
        Ok(self.intake.drawn(permit, run, &mapping, part).await?)
    }
}

impl From<Drawn> for SheetDocument {
    fn from(drawn: Drawn) -> Self {
        SheetDocument {
            sheets: drawn.sheets,
            sheet: drawn.sheet,
            header_row: drawn.header_row,
            columns: drawn
                .columns
                .into_iter()
                .map(|(name, role)| ColumnDocument { name, role: role.code() })
                .collect(),
            rows: drawn
                .rows
                .into_iter()
                .map(|row| RowDocument {
                    row: row.number,
                    cells: row
                        .cells
                        .into_iter()
                        .map(|cell| {
                            let (columns, rows) = if cell.span == (1, 1) {
                                (None, None)
                            } else {
                                (Some(cell.span.0), Some(cell.span.1))
                            };
                            SheetCellDocument { text: cell.text, role: cell.role.code(), columns, rows }
                        })
                        .collect(),
                })
                .collect(),
            more_columns: drawn.more_columns,
            next: drawn.next,
        }
    }
}

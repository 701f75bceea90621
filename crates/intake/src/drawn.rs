//! A part of a sheet as a person sees it, with what each cell is under a mapping.

use formats::{CellRange, Chunk, Format, Neighbourhood, TableReader, detect_file, open_rows};
use model::Run;
use policy::{Denial, Permit};

use crate::mapping::{Mapping, MappingKind};
use crate::observe::Header;
use crate::personal::Veil;
use crate::roles::{CellRole, Roles};
use crate::{Error, Intake};

/// Rows drawn at a time, at most.
pub const MAX_ROWS: u32 = 200;
/// Columns drawn, at most.
pub const MAX_COLUMNS: usize = 100;
/// Letters of a cell that are shown, at most.
const MAX_LETTERS: usize = 200;
/// Rows in which something like a header is looked for where a mapping names none.
const HEADER_ROWS: usize = 30;
/// Rows at the top of a sheet that are looked at for its header.
const TOP_ROWS: u32 = 60;
/// Sheets among which the one that a mapping means is looked for.
const MAX_SHEETS: u16 = 30;

/// A part of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// The names of the sheets; a file without sheets has one, nameless.
    pub sheets: Vec<String>,
    /// The sheet that is drawn.
    pub sheet: u16,
    /// The row of the header.
    pub header_row: Option<u32>,
    /// The names of the columns as a mapping writes them, and what they are below the header.
    pub columns: Vec<(String, CellRole)>,
    /// The rows, without those that have no text.
    pub rows: Vec<DrawnRow>,
    /// The row with which the next part begins.
    pub next: Option<u32>,
    /// Columns to the right that are not drawn.
    pub more_columns: usize,
    /// Whether the rows are features, and the columns their properties.
    pub is_of_features: bool,
}

/// A row of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawnRow {
    /// Its number, from 1.
    pub number: u32,
    /// Its cells, from column A.
    pub cells: Vec<DrawnCell>,
}

/// A cell of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawnCell {
    /// Its text as written.
    pub text: String,
    /// What it is under the mapping.
    pub role: CellRole,
    /// How many columns and rows it spans; 0 and 0 for one that is under another.
    pub span: (u16, u32),
}

/// Which part of which sheet.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// The sheet, from 0; absent, the one that the mapping means.
    pub sheet: Option<u16>,
    /// The first row, from 1.
    pub from: u32,
    /// How many rows.
    pub count: u32,
    /// The row that names the columns, whatever the mapping says.
    pub header: Option<u32>,
}

impl Intake {
    /// A part of a sheet of the file that a run read, as it is read under this mapping.
    pub async fn drawn(&self, permit: &Permit, run: &Run, mapping: &str, part: Part) -> Result<Drawn, Error> {
        if !permit.may_read() && !permit.may_write() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        let missing = || Error::NotFound { what: format!("the file of run `{}`", run.id) };
        if run.dataset != *permit.dataset() {
            return Err(missing());
        }
        let hash = run.original.as_ref().ok_or_else(missing)?;
        let file = self.inner.lake.original(permit, hash).await?;
        let (name, limits) = (run.file_name.clone(), self.inner.limits.formats.clone());
        // A mapping that cannot be read paints nothing, and the sheet is drawn all the same.
        let mapping = Mapping::parse(mapping).ok();
        let reading = mapping.as_ref().map(|mapping| mapping.source.reading()).unwrap_or_default();
        let drawing = tokio::task::spawn_blocking(move || {
            let mut format = detect_file(&name, file.path())?;
            if let Some(mapping) = &mapping {
                mapping.source.overrule(&mut format)?;
                format = match mapping.kind {
                    MappingKind::Features => format.as_features(file.path()),
                    MappingKind::Observations => format.as_table(),
                    MappingKind::Coverage => format,
                };
            }
            draw(file.path(), &format, mapping.as_ref(), part, &(limits, reading))
        });
        let mut drawn = drawing.await.map_err(|error| Error::internal("drawing the sheet", error))??;
        if let Some(veil) = Veil::of(self, permit, run).await? {
            drawn.cover(&veil);
        }
        Ok(drawn)
    }
}

impl Drawn {
    /// Covers what is shown only to those who decide about it.
    fn cover(&mut self, veil: &Veil) {
        let texts = |row: &DrawnRow| row.cells.iter().map(|cell| cell.text.clone()).collect();
        let names: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        let mut rows = vec![(0, names)];
        rows.extend(self.rows.iter().map(|row| (row.number, texts(row))));
        let header_row = Some(0).filter(|_| self.is_of_features);
        let mut part = Neighbourhood {
            sheet_name: String::new(),
            header_row,
            rows,
            first_column: 1,
            merged: Vec::new(),
        };
        veil.cover(self.sheet, &mut part);
        for (row, (_, texts)) in self.rows.iter_mut().zip(part.rows.into_iter().skip(1)) {
            for (cell, text) in row.cells.iter_mut().zip(texts) {
                cell.text = text;
            }
        }
    }
}

fn draw(
    path: &std::path::Path,
    format: &Format,
    mapping: Option<&Mapping>,
    part: Part,
    (limits, reading): &(formats::Limits, formats::Reading),
) -> Result<Drawn, Error> {
    let (from, count) = (part.from.max(1), part.count.clamp(1, MAX_ROWS));
    let until = from.saturating_add(count);
    if format.is_of_features() {
        return features(path, format, from, count, limits);
    }
    let header = part.header.or(mapping.and_then(|mapping| mapping.source.header_row));
    let open = |sheet: u16| open_rows(path, format, limits, sheet, from..=until, header, reading);
    let mut table = open(part.sheet.unwrap_or(0))?;
    let sheets = table.sheets().to_vec();
    let named = mapping.and_then(|mapping| mapping.source.sheet.as_deref());
    let meant = named.and_then(|name| sheets.iter().position(|sheet| sheet.trim() == name.trim()));
    let mut wanted = part.sheet.unwrap_or_else(|| meant.and_then(|at| u16::try_from(at).ok()).unwrap_or(0));
    if usize::from(wanted) >= sheets.len() {
        return Err(Error::NotFound { what: format!("sheet {wanted} of the file") });
    }
    let mut lines = if wanted == part.sheet.unwrap_or(0) {
        Lines::of(&mut *table, wanted)?
    } else {
        Lines::of(&mut *open(wanted)?, wanted)?
    };
    drop(table);
    // Nobody asked for this sheet: a cover without rows, or without the mapping's columns, is passed over.
    if part.sheet.is_none() && meant.is_none() {
        for sheet in (0..MAX_SHEETS).take_while(|sheet| usize::from(*sheet) < sheets.len()) {
            let there = if sheet == wanted { lines.clone() } else { Lines::of(&mut *open(sheet)?, sheet)? };
            let fits = there
                .chunks
                .first()
                .is_some_and(|top| mapping.is_none_or(|mapping| Roles::under(mapping, top).is_ok()));
            if fits {
                (wanted, lines) = (sheet, there);
                break;
            }
        }
    }
    let top = if from > 1 {
        let mut table = open_rows(path, format, limits, wanted, 1..=TOP_ROWS, header, reading)?;
        Lines::of(&mut *table, wanted)?.chunks.into_iter().next()
    } else {
        lines.chunks.first().cloned()
    };
    let Lines { chunks, merged } = lines;
    let roles = match (&top, mapping) {
        (Some(top), _) if part.header.is_some() => {
            let at = (0..top.len()).find(|at| Some(top.row_number(*at)) == part.header);
            Roles::none(at.map(|at| Header::at(top, at)).map(|header| (header.row, header.names)))
        }
        (Some(top), Some(mapping)) if named.is_none() || meant == Some(usize::from(wanted)) => {
            Roles::under(mapping, top).unwrap_or_else(|_| Roles::none(likely_header(top)))
        }
        (Some(top), _) => Roles::none(likely_header(top)),
        (None, _) => Roles::none(None),
    };
    let width = chunks.iter().map(|chunk| chunk.columns.len()).max().unwrap_or(0);
    let shown = width.min(MAX_COLUMNS);
    let columns =
        (0..shown).map(|at| (roles.names.get(at).cloned().unwrap_or_default(), roles.column(at))).collect();
    let mut rows = Vec::new();
    let mut next = None;
    for chunk in &chunks {
        for index in 0..chunk.len() {
            let number = chunk.row_number(index);
            if number >= until {
                next = Some(until);
            } else if number >= from {
                let cells = (0..shown)
                    .map(|column| DrawnCell {
                        text: shortened(chunk.cell(index, column)),
                        role: roles.of(number, column),
                        span: (1, 1),
                    })
                    .collect();
                rows.push(DrawnRow { number, cells });
            }
        }
    }
    merge(&mut rows, &merged, shown);
    Ok(Drawn {
        sheets,
        sheet: wanted,
        header_row: roles.header_row,
        columns,
        rows,
        next,
        more_columns: width - shown,
        is_of_features: false,
    })
}

/// What was read of a sheet.
#[derive(Clone)]
struct Lines {
    chunks: Vec<Chunk>,
    /// Cells that are drawn as one.
    merged: Vec<CellRange>,
}

impl Lines {
    fn of(table: &mut dyn TableReader, sheet: u16) -> Result<Lines, Error> {
        let mut chunks = Vec::new();
        while let Some(chunk) = table.next_chunk()? {
            chunks.push(chunk);
        }
        Ok(Lines { chunks, merged: table.layout(sheet).merged.clone() })
    }
}

/// Lets the first of merged cells span the others, as far as they are drawn.
fn merge(rows: &mut [DrawnRow], merged: &[CellRange], shown: usize) {
    let (Some(first), Some(last)) = (rows.first().map(|row| row.number), rows.last().map(|row| row.number))
    else {
        return;
    };
    for range in merged.iter().filter(|range| range.first_row <= last && range.last_row >= first) {
        let from = usize::from(range.first_column).saturating_sub(1);
        let to = usize::from(range.last_column).min(shown);
        if from >= to {
            continue;
        }
        let is_in = |row: &&mut DrawnRow| (range.first_row..=range.last_row).contains(&row.number);
        let inside: Vec<&mut DrawnRow> = rows.iter_mut().filter(is_in).collect();
        let span = (u16::try_from(to - from).unwrap_or(1), u32::try_from(inside.len()).unwrap_or(1));
        for (at, row) in inside.into_iter().enumerate() {
            for (column, cell) in row.cells[from..to].iter_mut().enumerate() {
                cell.span = if (at, column) == (0, 0) { span } else { (0, 0) };
            }
        }
    }
}

/// The first row with two texts or more.
fn likely_header(top: &Chunk) -> Option<(u32, Vec<String>)> {
    let texts = |row: usize| (0..top.columns.len()).filter(move |column| top.cell(row, *column).is_some());
    let at = (0..top.len().min(HEADER_ROWS)).find(|row| texts(*row).count() >= 2)?;
    let header = Header::at(top, at);
    Some((header.row, header.names))
}

fn shortened(text: Option<&str>) -> String {
    text.unwrap_or_default().chars().take(MAX_LETTERS).collect()
}

/// The features of a file as rows: what is named and what is left out shows in the mapping only.
fn features(
    path: &std::path::Path,
    format: &Format,
    from: u32,
    count: u32,
    limits: &formats::Limits,
) -> Result<Drawn, Error> {
    let cell = model::CellRef { sheet: 0, row: from, column: 1 };
    let found = formats::neighbourhood(path, format, cell, count.min(100), limits)?;
    let names = found.rows.first().map(|(_, texts)| texts.clone()).unwrap_or_default();
    let rows: Vec<DrawnRow> = found
        .rows
        .into_iter()
        .filter(|(number, _)| *number >= from)
        .map(|(number, texts)| DrawnRow {
            number,
            cells: texts
                .into_iter()
                .map(|text| DrawnCell { text, role: CellRole::LeftOut, span: (1, 1) })
                .collect(),
        })
        .collect();
    Ok(Drawn {
        sheets: vec![String::new()],
        sheet: 0,
        header_row: None,
        columns: names.into_iter().map(|name| (name, CellRole::LeftOut)).collect(),
        next: None,
        more_columns: 0,
        is_of_features: true,
        rows,
    })
}

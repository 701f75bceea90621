//! Tables with coordinates: each row with a position is a feature.
//!
//! Positions stand in two columns, as degrees in any of the ways people write them or as metres, or
//! in one column, as both numbers or as WKT. Which columns those are is found by their headers, or said in the mapping.

use std::path::Path;

use geo_types::{Geometry, Point};
use serde_json::{Number, Value};
use wkt::TryFromWkt;
use wording::told;

use super::columns::{Shape, second, shape, two_positions};
use super::pair::pair;
use super::parted::{Parted, parted};
use super::titled::declared;
use super::{About, Coordinates, FeatureOptions, Features, Item, Read, Refused};
use crate::chunk::{Chunk, TableReader};
use crate::crs::parse_angle;
use crate::{Charset, Error, Format, LeftOut, Limits, Note, open_table_read_as};

/// Rows in which a header is looked for.
const TOP_ROWS: usize = 30;

/// The rows of a table as features.
pub(super) struct TableFeatures {
    table: Box<dyn TableReader + Send>,
    chunk: Option<Chunk>,
    next: usize,
    /// Names of the columns, each once.
    names: Vec<String>,
    shape: Shape,
    /// Where minutes and seconds stand behind the degrees.
    parted: Option<Parted>,
    sheet: u16,
    read: u64,
    about: About,
    left_out: Vec<LeftOut>,
    options: FeatureOptions,
}

impl TableFeatures {
    pub(super) fn open(
        path: &Path,
        format: &Format,
        options: &FeatureOptions,
        limits: &Limits,
    ) -> Result<TableFeatures, Error> {
        let mut table = open_table_read_as(path, format, &options.reading, limits)?;
        let layers = table.sheets().to_vec();
        let wanted = match (&options.layer, options.layer_number) {
            (None, None) => None,
            _ => Some(super::choose_layer(&layers, options)?),
        };
        let mut missing = None;
        while let Some(chunk) = table.next_chunk()? {
            if wanted.is_some_and(|wanted| chunk.sheet != wanted) {
                continue;
            }
            match header(&chunk, options) {
                Ok((at, names, shape)) => {
                    one_position(&chunk, at, &names, &shape, options)?;
                    let coordinates = match shape {
                        Shape::Pair(x, y) => Coordinates::Pair { x: names[x].clone(), y: names[y].clone() },
                        Shape::Text(column) => Coordinates::Geometry(names[column].clone()),
                    };
                    let about = About {
                        layers,
                        layer: chunk.sheet,
                        declared: declared(&chunk, at, &names, &shape),
                        texts: true,
                        coordinates: Some(coordinates),
                    };
                    let (sheet, read) = (chunk.sheet, chunk.bytes_read);
                    let parted = match shape {
                        Shape::Pair(x, y) => parted(&chunk, at, &names, (x, y))?,
                        Shape::Text(_) => None,
                    };
                    let next = at + 1 + usize::from(parted.as_ref().is_some_and(|parted| parted.is_below));
                    let chunk = Some(chunk);
                    return Ok(TableFeatures {
                        table,
                        chunk,
                        next,
                        names,
                        shape,
                        parted,
                        sheet,
                        read,
                        about,
                        left_out: Vec::new(),
                        options: FeatureOptions { header_row: None, coordinates: None, ..options.clone() },
                    });
                }
                // A cover sheet: perhaps the next one holds the table.
                Err(error) => {
                    missing.get_or_insert(error);
                }
            }
        }
        Err(missing.unwrap_or_else(|| {
            Error::invalid(
                "no_rows",
                told!("formats-file-no-rows", "the file has no rows"),
                told!("formats-hand-file-header-rows", "hand in a file that has a header and rows"),
            )
        }))
    }

    /// A sheet behind the one that is read: told of where it holds positions too.
    fn pass_over(&mut self, chunk: &Chunk) {
        self.chunk = None;
        let Some(name) = self.about.layers.get(usize::from(chunk.sheet)) else { return };
        let is_told = self.left_out.iter().any(|left| left.name == *name);
        if is_told {
            return;
        }
        let why = if header(chunk, &self.options).is_ok() {
            told!(
                "formats-another-sheet-of-positions",
                "the sheet holds positions too, and one sheet is read: hand the file in again with its name as `sheet` under `[source]` in the mapping"
            )
        } else if shares_columns(chunk, &self.names) {
            told!(
                "formats-another-sheet-without-positions",
                "the sheet has columns of the sheet that is read, and no coordinates: what it holds was not read. Put its columns beside the coordinates, in one sheet"
            )
        } else {
            return;
        };
        self.left_out.push(LeftOut { name: name.clone(), why });
    }

    /// An error where a row repeats the words of the header in another order: what follows stands under those.
    fn other_header(&self, chunk: &Chunk, at: usize) -> Option<Error> {
        let filled = self.names.iter().enumerate().filter_map(|(column, name)| {
            let text = chunk.cell(at, column).map(str::trim).filter(|text| !text.is_empty())?;
            Some((text, name))
        });
        // Nearly every row ends at its first cell.
        let (mut cells, mut known, mut moved) = (0_usize, 0_usize, None);
        for (text, name) in filled {
            cells += 1;
            let is_own = text == name;
            let is_known = is_own || self.names.iter().any(|other| other == text);
            known += usize::from(is_known);
            if is_known && !is_own {
                moved = moved.or(Some(text));
            }
            if known * 2 < cells {
                return None;
            }
        }
        let moved = moved.filter(|_| cells > 2 && known * 10 >= cells * 8)?;
        Some(Error::invalid(
            "another_header",
            told!(
                "formats-another-header-below",
                "row {row} is a second header with its columns in another order (`{name}`): the rows below it would be read under the wrong names",
                row = chunk.row_number(at),
                name = moved
            ),
            told!(
                "formats-one-order-of-columns",
                "bring all rows into one order of columns, or hand the second part in as a file of its own"
            ),
        ))
    }

    fn item(&self, chunk: &Chunk, at: usize) -> Item {
        let row = chunk.row_number(at);
        let text = |column: usize| chunk.cell(at, column).map(str::trim).unwrap_or_default();
        let geometry = match self.shape {
            Shape::Pair(x, y) => match &self.parted {
                Some(parted) => point(&parted.angle(x, &text), &parted.angle(y, &text)),
                None => point(text(x), text(y)),
            },
            Shape::Text(column) => position(text(column)),
        };
        match geometry {
            Err(refused) => Item::refused(row, refused),
            Ok((geometry, had_heights)) => {
                let properties = self.names.iter().enumerate().map(|(column, name)| {
                    let is_typed = chunk.is_typed(at, column);
                    (name.clone(), chunk.cell(at, column).map_or(Value::Null, |text| value(text, is_typed)))
                });
                let properties = properties.collect();
                Item::Read(Read { row, id: None, geometry, properties, had_heights, notes: Vec::new() })
            }
        }
    }
}

impl Features for TableFeatures {
    fn next(&mut self) -> Result<Option<Item>, Error> {
        loop {
            if let Some(chunk) = &self.chunk
                && self.next < chunk.len()
            {
                if let Some(error) = self.other_header(chunk, self.next) {
                    return Err(error);
                }
                let item = self.item(chunk, self.next);
                self.next += 1;
                return Ok(Some(item));
            }
            let chunk = self.table.next_chunk()?;
            self.chunk = match chunk {
                None => return Ok(None),
                Some(chunk) if chunk.sheet > self.sheet => {
                    self.pass_over(&chunk);
                    continue;
                }
                Some(chunk) => Some(chunk),
            };
            self.next = 0;
            self.read = self.chunk.as_ref().map_or(self.read, |chunk| chunk.bytes_read);
        }
    }

    fn bytes_read(&self) -> u64 {
        self.read
    }

    fn about(&self) -> &About {
        &self.about
    }

    fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    fn notes(&mut self) -> Vec<Note> {
        self.table.notes()
    }

    fn position_column(&self) -> u16 {
        let (Shape::Pair(at, _) | Shape::Text(at)) = self.shape;
        u16::try_from(at + 1).unwrap_or(u16::MAX)
    }

    fn charsets(&self) -> Vec<Charset> {
        self.table.charsets()
    }
}

/// The header: its index in the chunk, the names of its columns, and where the positions stand.
fn header(chunk: &Chunk, options: &FeatureOptions) -> Result<(usize, Vec<String>, Shape), Error> {
    let width = chunk.columns.len();
    let is_header = |at: &usize| match options.header_row {
        Some(wanted) => chunk.row_number(*at) == wanted,
        None => {
            (0..width).filter_map(|column| chunk.cell(*at, column)).filter(|t| !t.trim().is_empty()).count()
                > 1
        }
    };
    let rows = if options.header_row.is_some() { chunk.len() } else { chunk.len().min(TOP_ROWS) };
    let mut first = None;
    for at in (0..rows).filter(is_header) {
        let names = names(chunk, at);
        let holds_positions = |column: usize| {
            let below = (at + 1..chunk.len()).take(TOP_ROWS).filter_map(|row| chunk.cell(row, column));
            below.map(str::trim).filter(|text| !text.is_empty()).any(|text| position(text).is_ok())
        };
        if let Some(shape) = shape(&names, options.coordinates.as_ref(), &holds_positions) {
            return Ok((at, names, shape));
        }
        first = first.or(Some(names));
    }
    let found =
        first.unwrap_or_default().iter().take(20).map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    let what = match &options.coordinates {
        Some(Coordinates::Pair { x, y }) => {
            told!(
                "formats-table-no-columns-header",
                "the table has no columns `{x}` and `{y}`: its header has {found}",
                x = x,
                y = y,
                found = found
            )
        }
        Some(Coordinates::Geometry(name)) => {
            told!(
                "formats-table-no-column-header",
                "the table has no column `{name}`: its header has {found}",
                name = name,
                found = found
            )
        }
        None => told!(
            "formats-no-columns-table-look-like-coordinates-header",
            "no columns of the table look like coordinates: its header has {found}",
            found = found
        ),
    };
    Err(Error::invalid(
        "no_coordinates",
        what,
        told!(
            "formats-name-them-under-feature-mapping-x-easting",
            "name them under `[feature]` in the mapping: `x = \"…\"` (easting or longitude) and `y = \"…\"` (northing or latitude)"
        ),
    ))
}

/// Asks where each row holds two positions, the ends of a line: one of them would be taken for the other.
fn one_position(
    chunk: &Chunk,
    header: usize,
    names: &[String],
    shape: &Shape,
    options: &FeatureOptions,
) -> Result<(), Error> {
    let (Shape::Pair(x, y), None) = (shape, &options.coordinates) else { return Ok(()) };
    let filled =
        |row: usize, column: usize| chunk.cell(row, column).map(str::trim).filter(|text| !text.is_empty());
    let above = |column: usize| {
        let row = header.checked_sub(1).filter(|row| chunk.row_number(*row) + 1 == chunk.row_number(header));
        let text = row.and_then(|row| (0..=column).rev().find_map(|column| filled(row, column)));
        text.unwrap_or_default().to_owned()
    };
    match second(names, (*x, *y), &above) {
        Some(other) => Err(two_positions(names, (*x, *y), other)),
        None => Ok(()),
    }
}

/// Whether one of the first rows of a sheet has several cells, and a name of another sheet's columns among them.
fn shares_columns(chunk: &Chunk, names: &[String]) -> bool {
    (0..chunk.len().min(TOP_ROWS)).any(|row| {
        let cells = (0..chunk.columns.len()).filter_map(|column| chunk.cell(row, column)).map(str::trim);
        let filled: Vec<&str> = cells.filter(|text| !text.is_empty()).collect();
        filled.len() > 1 && filled.iter().any(|text| names.iter().any(|name| name == text))
    })
}

/// The value of a cell: a number where the file says that it is one, else the text as it is written.
fn value(text: &str, is_typed: bool) -> Value {
    let number = || {
        let whole = text.parse::<i64>().ok().filter(|number| number.to_string() == text).map(Number::from);
        whole.or_else(|| Number::from_f64(text.parse().ok()?).filter(|number| number.to_string() == text))
    };
    let number = if is_typed { number() } else { None };
    number.map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

/// The names of all columns: of those without a name, what stands above it in a header of two rows, or
/// their letter; of those with the same, a number.
fn names(chunk: &Chunk, at: usize) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let cell = |row: usize, column: usize| chunk.cell(row, column).map(str::trim).unwrap_or_default();
    let above = at.checked_sub(1).filter(|above| {
        chunk.row_number(*above) + 1 == chunk.row_number(at)
            && (0..chunk.columns.len()).filter(|column| !cell(*above, *column).is_empty()).count() > 1
    });
    for column in 0..chunk.columns.len() {
        let own = cell(at, column);
        let text = if own.is_empty() { above.map_or("", |above| cell(above, column)) } else { own };
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let base = if text.is_empty() {
            let number = u16::try_from(column + 1).unwrap_or(u16::MAX);
            model::CellRef { sheet: 0, row: 1, column: number }.column_letters()
        } else {
            text
        };
        let mut name = base.clone();
        let mut number = 2;
        while names.contains(&name) {
            name = format!("{base} ({number})");
            number += 1;
        }
        names.push(name);
    }
    names
}

/// A position of two texts.
pub(super) fn point(x: &str, y: &str) -> Result<(Geometry<f64>, bool), Refused> {
    if x.is_empty() && y.is_empty() {
        return Err(Refused::new(
            "no_geometry",
            told!("formats-row-no-coordinates", "the row has no coordinates"),
            "",
        ));
    }
    let read = |text: &str| {
        parse_angle(text).map(|angle| angle.value).ok_or_else(|| {
            Refused::new(
                "bad_coordinates",
                told!("formats-no-coordinate", "`{text}` is no coordinate", text = text),
                text,
            )
        })
    };
    let (east, north) = (read(x)?, read(y)?);
    // Where nothing was measured, nought stands for it: a place in the Gulf of Guinea.
    if east == 0.0 && north == 0.0 {
        return Err(Refused::new(
            "no_geometry",
            told!("formats-row-position-nought", "the position of the row is 0; 0, which stands for none"),
            "0; 0",
        ));
    }
    Ok((Geometry::Point(Point::new(east, north)), false))
}

/// A position as both of its numbers, or a geometry as WKT.
fn position(text: &str) -> Result<(Geometry<f64>, bool), Refused> {
    match pair(text) {
        Some((x, y)) => Ok((Geometry::Point(Point::new(x, y)), false)),
        None if text.starts_with(|c: char| c.is_ascii_digit()) => {
            Err(Refused::new("bad_coordinates", format!("`{text}` is no coordinate"), text))
        }
        None => well_known(text),
    }
}

/// A geometry as WKT, perhaps with PostGIS's `SRID=…;` before it.
pub(super) fn well_known(text: &str) -> Result<(Geometry<f64>, bool), Refused> {
    if text.is_empty() {
        return Err(Refused::new(
            "no_geometry",
            told!("formats-row-no-geometry", "the row has no geometry"),
            "",
        ));
    }
    let body = text
        .split_once(';')
        .filter(|(srid, _)| srid.to_ascii_uppercase().starts_with("SRID="))
        .map_or(text, |(_, body)| body);
    let depth = body.bytes().fold((0_u32, 0_u32), |(open, most), byte| match byte {
        b'(' => (open + 1, most.max(open + 1)),
        b')' => (open.saturating_sub(1), most),
        _ => (open, most),
    });
    if depth.1 > 8 {
        return Err(Refused::new(
            "bad_geometry",
            told!("formats-geometry-nested-too-deeply", "the geometry is nested too deeply"),
            text,
        ));
    }
    let geometry = Geometry::<f64>::try_from_wkt_str(body).map_err(|error| {
        Refused::new(
            "bad_geometry",
            told!("formats-text-no-wkt-geometry", "the text is no WKT geometry: {error}", error = error),
            text,
        )
    })?;
    let upper = body.get(..40).unwrap_or(body).to_ascii_uppercase();
    let kind = upper.split('(').next().unwrap_or_default().trim_end();
    Ok((geometry, kind.ends_with('Z') || kind.ends_with('M')))
}

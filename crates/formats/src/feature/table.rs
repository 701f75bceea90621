//! Tables with coordinates: each row with a position is a feature.
//!
//! Positions stand in two columns, as degrees in any of the ways people write them or as metres, or
//! in one column, as both numbers or as WKT. Which columns those are is found by their headers, or said in the mapping.

use std::path::Path;

use geo_types::{Geometry, Point};
use serde_json::Value;
use wkt::TryFromWkt;
use wording::told;

use super::pair::pair;
use super::parted::{Parted, parted};
use super::{About, Coordinates, Declared, FeatureOptions, Features, Item, Read, Refused};
use crate::chunk::{Chunk, TableReader};
use crate::crs::{Crs, parse_angle};
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

/// Where the position of a row stands, by indices of columns.
enum Shape {
    Pair(usize, usize),
    /// Both numbers in one text, or WKT.
    Text(usize),
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
                    let coordinates = match shape {
                        Shape::Pair(x, y) => Coordinates::Pair { x: names[x].clone(), y: names[y].clone() },
                        Shape::Text(column) => Coordinates::Geometry(names[column].clone()),
                    };
                    let about = About {
                        layers,
                        layer: chunk.sheet,
                        declared: declared(&chunk, at),
                        texts: true,
                        coordinates: Some(coordinates),
                    };
                    let (sheet, read) = (chunk.sheet, chunk.bytes_read);
                    let parted = match shape {
                        Shape::Pair(x, y) => parted(&chunk, at, &names, (x, y)),
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
        if !is_told && header(chunk, &self.options).is_ok() {
            let why = told!(
                "formats-another-sheet-of-positions",
                "the sheet holds positions too, and one sheet is read: hand the file in again with its name as `sheet` under `[source]` in the mapping"
            );
            self.left_out.push(LeftOut { name: name.clone(), why });
        }
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
                    let value =
                        chunk.cell(at, column).map_or(Value::Null, |text| Value::String(text.to_owned()));
                    (name.clone(), value)
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

/// The projected system that a title or a header names: `Hệ VN-2000, kinh tuyến trục 105°30', múi chiếu 3°`.
fn declared(chunk: &Chunk, header: usize) -> Option<Declared> {
    let cells = || (0..=header).flat_map(|row| (0..chunk.columns.len()).map(move |column| (row, column)));
    let said = |(row, column): (usize, usize), is_plain: bool| {
        let text = chunk.cell(row, column)?.trim();
        // A bare number is no code of a system here.
        text.chars().any(char::is_alphabetic).then_some(())?;
        let text = if is_plain { text.to_owned() } else { with_its_system(text)? };
        Crs::parse(&text).ok().filter(|crs| !crs.is_geographic())?;
        let number = u16::try_from(column + 1).unwrap_or(u16::MAX);
        let cell = model::CellRef { sheet: chunk.sheet, row: chunk.row_number(row), column: number };
        Some(Declared { by: cell.a1(), text })
    };
    let of_plane = cells().find_map(|at| said(at, true)).or_else(|| cells().find_map(|at| said(at, false)));
    of_plane.or_else(|| {
        cells().find_map(|(row, column)| {
            let text = chunk.cell(row, column)?.trim();
            // Degrees are those of WGS 84 unless a header or a title says another datum of them.
            let folded = format!(" {} ", folded(text));
            let is_of_degrees = DEGREES.iter().any(|word| folded.contains(word));
            let crs = is_of_degrees.then(|| Crs::parse(text).ok()).flatten()?;
            (crs.is_geographic() && !crs.is_stored()).then_some(())?;
            let number = u16::try_from(column + 1).unwrap_or(u16::MAX);
            let cell = model::CellRef { sheet: chunk.sheet, row: chunk.row_number(row), column: number };
            Some(Declared { by: cell.a1(), text: text.to_owned() })
        })
    })
}

/// Words of headers and titles, folded, that speak of degrees.
const DEGREES: [&str; 7] =
    [" vi do ", " kinh do ", " lat ", " lon ", " latitude ", " longitude ", " toa do dia ly "];

/// A title that names a meridian of VN-2000 and not the system: `KTT 105°45', múi chiếu 3°`.
fn with_its_system(text: &str) -> Option<String> {
    let folded = folded(text);
    let names_meridian = ["ktt", "kinh tuyen truc"].iter().any(|words| folded.contains(words));
    names_meridian.then(|| format!("VN-2000 {text}"))
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

/// Headers of eastings or longitudes, and of northings or latitudes: words that stand alone or
/// before a bracket, the surest first.
const PAIRS: [(&[&str], &[&str]); 4] = [
    (&["lon", "long", "longitude", "lng", "kinh do"], &["lat", "latitude", "vi do"]),
    (
        &["easting", "toa do x", "x toa do", "toado x", "x coord", "coord x", "dong"],
        &["northing", "toa do y", "y toa do", "toado y", "y coord", "coord y", "bac"],
    ),
    (&["x"], &["y"]),
    (&["e"], &["n"]),
];
const GEOMETRIES: [&str; 6] = ["wkt", "the geom", "geom", "geometry", "wkt geom", "shape wkt"];
/// What headers of columns begin with that hold both numbers of a position.
const POSITIONS: [&str; 10] = [
    "toa do",
    "coordinate",
    "coordinates",
    "lat lon",
    "lat long",
    "gps",
    "vi do kinh do",
    "kinh do vi do",
    "vi tri",
    "location",
];
/// What stands within such headers: `Vị trí (vĩ độ, kinh độ)`.
const BOTH: [&str; 5] = ["vi do kinh do", "kinh do vi do", "lat lon", "lat long", "x y"];

pub(super) fn shape_of(names: &[String]) -> Option<(usize, usize)> {
    let folded: Vec<String> = names.iter().map(|name| folded(name)).collect();
    let is = |name: &str, word: &str| {
        name == word
            || word.len() > 2
                && (name.starts_with(&format!("{word} ")) || name.ends_with(&format!(" {word}")))
            || word.len() <= 2
                && ["m", "wgs84", "wgs 84", "vn2000", "vn 2000", "do", "deg"]
                    .iter()
                    .any(|unit| name == format!("{word} {unit}"))
    };
    for (easts, norths) in PAIRS {
        let find =
            |words: &[&str]| words.iter().find_map(|word| folded.iter().position(|name| is(name, word)));
        if let (Some(x), Some(y)) = (find(easts), find(norths))
            && x != y
        {
            return Some((x, y));
        }
    }
    None
}

fn folded(name: &str) -> String {
    model::fold(name)
}

fn shape(
    names: &[String],
    wanted: Option<&Coordinates>,
    holds_positions: &dyn Fn(usize) -> bool,
) -> Option<Shape> {
    let named = |wanted: &str| names.iter().position(|name| name == wanted.trim());
    match wanted {
        Some(Coordinates::Pair { x, y }) => Some(Shape::Pair(named(x)?, named(y)?)),
        Some(Coordinates::Geometry(name)) => named(name).map(Shape::Text),
        None => shape_of(names).map(|(x, y)| Shape::Pair(x, y)).or_else(|| {
            let folded: Vec<String> = names.iter().map(|name| folded(name)).collect();
            let at = GEOMETRIES.iter().find_map(|word| folded.iter().position(|name| name == word));
            let is_position = |name: &String| {
                let begins = |word: &str| {
                    name.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
                };
                POSITIONS.iter().any(|word| begins(word))
                    || BOTH.iter().any(|words| format!(" {name} ").contains(&format!(" {words} ")))
            };
            // `Tọa độ` may stand above two columns too.
            let both = || (0..folded.len()).find(|at| is_position(&folded[*at]) && holds_positions(*at));
            at.or_else(both).map(Shape::Text)
        }),
    }
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

//! The system that a title or a header of a table names: `Hệ VN-2000, kinh tuyến trục 105°30', múi chiếu 3°`.

use super::Declared;
use super::columns::{Shape, beside, folded, is_of_degrees};
use crate::Error;
use crate::chunk::Chunk;
use crate::crs::{Crs, Datum};

/// Words of headers and titles, folded, that speak of degrees.
const DEGREES: [&str; 7] =
    [" vi do ", " kinh do ", " lat ", " lon ", " latitude ", " longitude ", " toa do dia ly "];

/// What the cells above the rows say of the coordinates of a table.
pub(super) fn declared(chunk: &Chunk, header: usize, names: &[String], shape: &Shape) -> Option<Declared> {
    let speaking = Speaking::of(chunk, header, names, shape);
    let cells = || {
        let all = (0..=header).flat_map(|row| (0..chunk.columns.len()).map(move |column| (row, column)));
        all.filter(|at| speaking.is_heard(*at))
    };
    let of_plane = (!speaking.of_degrees_alone).then(|| {
        let plain = cells().find_map(|at| of_a_plane(chunk, at, true));
        plain.or_else(|| cells().find_map(|at| of_a_plane(chunk, at, false)))
    });
    let are_degrees = speaking.columns.iter().all(|column| is_of_degrees(names, *column));
    of_plane.flatten().or_else(|| cells().find_map(|at| of_degrees(chunk, at, are_degrees))).or_else(|| {
        if !are_degrees {
            return below(chunk, header).or_else(|| of_a_column(chunk, header, names));
        }
        // Of two pairs the other may be meant.
        if speaking.has_rival { None } else { datum_of_degrees(chunk, header, names, &speaking) }
    })
}

/// VN-2000 as the datum of degrees, wherever it is said: in a title, above the columns of the degrees, in a column of
/// systems or in a note below.
fn datum_of_degrees(
    chunk: &Chunk,
    header: usize,
    names: &[String],
    speaking: &Speaking<'_>,
) -> Option<Declared> {
    let of_cell = |(row, column): (usize, usize)| {
        let text = chunk.cell(row, column)?.trim();
        let folded = folded(text);
        // What is said of heights, and of a way from one to the other, is not said of these.
        let is_of_others = ["wgs", "cao do", "do cao"].iter().any(|word| folded.contains(word));
        let crs = (!is_of_others).then(|| Crs::parse(text).ok()).flatten()?;
        let is_meant = crs.is_geographic() && crs.datum == Datum::Vn2000;
        is_meant.then(|| Declared { by: cell(chunk, row, column), text: text.to_owned() })
    };
    let mut above = (0..header).flat_map(|row| (0..chunk.columns.len()).map(move |column| (row, column)));
    let mut heads = speaking.columns.iter().map(|column| (header, *column));
    let mut notes = lone_cells(chunk, header).take(NOTES);
    let named = || {
        let (at, text) = of_systems(chunk, header, names)?;
        let crs = Crs::parse(&text).ok()?;
        let is_meant = crs.is_geographic() && !crs.is_stored();
        is_meant.then(|| Declared { by: cell(chunk, header, at), text })
    };
    above
        .find_map(of_cell)
        .or_else(|| heads.find_map(of_cell))
        .or_else(named)
        .or_else(|| notes.find_map(of_cell))
}

/// A projected system that a note below the rows names.
fn below(chunk: &Chunk, header: usize) -> Option<Declared> {
    lone_cells(chunk, header)
        .take(NOTES)
        .find_map(|at| of_a_plane(chunk, at, true).or_else(|| of_a_plane(chunk, at, false)))
}

/// The cells below the header that stand alone in their rows, the last first.
fn lone_cells(chunk: &Chunk, header: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
    let lone = |row: usize| {
        let mut filled = (0..chunk.columns.len())
            .filter(|column| chunk.cell(row, *column).is_some_and(|t| !t.trim().is_empty()));
        filled.next().filter(|_| filled.next().is_none())
    };
    (header + 1..chunk.len()).rev().filter_map(move |row| Some((row, lone(row)?)))
}

/// Notes below the rows that are looked at.
const NOTES: usize = 30;
/// Headers, folded, of columns that name the meridian of a zone, the width of one, and a system.
const MERIDIANS: [&str; 3] = ["ktt", "kinh tuyen truc", "central meridian"];
const WIDTHS: [&str; 3] = ["mui", "mui chieu", "zone width"];
const SYSTEMS: [&str; 6] = ["he toa do", "he quy chieu", "crs", "epsg", "srs", "coordinate system"];

/// A projected system that a column names, the same in every row.
fn of_a_column(chunk: &Chunk, header: usize, names: &[String]) -> Option<Declared> {
    let by_meridian = column(names, &MERIDIANS).and_then(|at| {
        let width = column(names, &WIDTHS).and_then(|at| only(chunk, header, at));
        let width = width.map_or("3", |width| width.trim_end_matches('°'));
        Some((at, format!("VN-2000 KTT {} múi {width}", only(chunk, header, at)?)))
    });
    let (at, text) = by_meridian.or_else(|| of_systems(chunk, header, names))?;
    let crs = Crs::parse(&text).ok().filter(|crs| !crs.is_geographic());
    crs.map(|_| Declared { by: cell(chunk, header, at), text })
}

/// What a column of systems holds, the same in every row.
fn of_systems(chunk: &Chunk, header: usize, names: &[String]) -> Option<(usize, String)> {
    column(names, &SYSTEMS).and_then(|at| Some((at, only(chunk, header, at)?.to_owned())))
}

fn column(names: &[String], words: &[&str]) -> Option<usize> {
    names.iter().position(|name| words.contains(&folded(name).as_str()))
}

/// The text of a column that holds one alone.
fn only(chunk: &Chunk, header: usize, column: usize) -> Option<&str> {
    let mut texts = (header + 1..chunk.len())
        .filter_map(|row| chunk.cell(row, column))
        .map(str::trim)
        .filter(|text| !text.is_empty());
    let first = texts.next()?;
    texts.all(|text| text == first).then_some(first)
}

/// Which cells speak of the columns that are read: of two pairs of coordinates, each has headers of its own.
struct Speaking<'a> {
    chunk: &'a Chunk,
    header: usize,
    columns: Vec<usize>,
    has_rival: bool,
    /// Whether the pair that is read is in degrees beside another.
    of_degrees_alone: bool,
}

impl<'a> Speaking<'a> {
    fn of(chunk: &'a Chunk, header: usize, names: &[String], shape: &Shape) -> Speaking<'a> {
        let (columns, rival) = match shape {
            Shape::Pair(x, y) => (vec![*x, *y], beside(names, (*x, *y))),
            Shape::Text(column) => (vec![*column], None),
        };
        let is_degrees = |column: usize| is_of_degrees(names, column);
        let of_degrees_alone =
            rival.is_some_and(|(x, _)| columns.iter().all(|own| is_degrees(*own)) && !is_degrees(x));
        Speaking { chunk, header, columns, has_rival: rival.is_some(), of_degrees_alone }
    }

    fn is_heard(&self, (row, column): (usize, usize)) -> bool {
        if !self.has_rival {
            return true;
        }
        if row == self.header {
            return self.columns.contains(&column);
        }
        // A row of several cells heads the columns below each.
        let is_filled =
            |column: usize| self.chunk.cell(row, column).is_some_and(|text| !text.trim().is_empty());
        let filled = (0..self.chunk.columns.len()).filter(|column| is_filled(*column)).count();
        filled < 2
            || self.columns.iter().any(|own| (0..=*own).rev().find(|at| is_filled(*at)) == Some(column))
    }
}

/// A projected system, said in a cell.
fn of_a_plane(chunk: &Chunk, (row, column): (usize, usize), is_plain: bool) -> Option<Declared> {
    let text = chunk.cell(row, column)?.trim();
    // A bare number is no code of a system here.
    text.chars().any(char::is_alphabetic).then_some(())?;
    let text = if is_plain { text.to_owned() } else { with_its_system(text)? };
    match Crs::parse(&text) {
        Ok(crs) => (!crs.is_geographic()).then_some(())?,
        // A zone that there is none of is told, and not passed over.
        Err(error) => matches!(error, Error::Invalid { code: "no_such_zone", .. }).then_some(())?,
    }
    Some(Declared { by: cell(chunk, row, column), text })
}

/// A datum of degrees, said in a cell: they are those of WGS 84 unless a header or a title says another.
fn of_degrees(chunk: &Chunk, (row, column): (usize, usize), are_degrees: bool) -> Option<Declared> {
    let text = chunk.cell(row, column)?.trim();
    let folded = format!(" {} ", folded(text));
    let is_of_degrees = DEGREES.iter().any(|word| folded.contains(word));
    let says_wgs = are_degrees && folded.contains(" wgs");
    let crs = (is_of_degrees || says_wgs).then(|| Crs::parse(text).ok()).flatten()?;
    (crs.is_geographic() && (says_wgs || !crs.is_stored())).then_some(())?;
    Some(Declared { by: cell(chunk, row, column), text: text.to_owned() })
}

fn cell(chunk: &Chunk, row: usize, column: usize) -> String {
    let number = u16::try_from(column + 1).unwrap_or(u16::MAX);
    model::CellRef { sheet: chunk.sheet, row: chunk.row_number(row), column: number }.a1()
}

/// A title that names a meridian of VN-2000 and not the system: `KTT 105°45', múi chiếu 3°`.
fn with_its_system(text: &str) -> Option<String> {
    let folded = model::fold(text);
    let names_meridian = ["ktt", "kinh tuyen truc"].iter().any(|words| folded.contains(words));
    names_meridian.then(|| format!("VN-2000 {text}"))
}

//! What each cell of a sheet is under a mapping: place, time, property, unit, value, or left out.

use formats::Chunk;

use crate::Error;
use crate::mapping::{Mapping, TextOrColumn};
use crate::observe::Header;

/// What a cell is to a mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CellRole {
    /// A name of columns.
    Header,
    /// Names the place.
    Place,
    /// Says the time, or a part of it.
    Time,
    /// Says when the period ends.
    TimeEnd,
    /// Names the property.
    Property,
    /// Says the unit.
    Unit,
    /// Says the period.
    Period,
    /// A value.
    Value,
    /// The source's own quality flag.
    Quality,
    /// Not read.
    LeftOut,
}

impl CellRole {
    /// The role's code in documents and forms.
    pub fn code(self) -> &'static str {
        match self {
            CellRole::Header => "header",
            CellRole::Place => "place",
            CellRole::Time => "time",
            CellRole::TimeEnd => "time_end",
            CellRole::Property => "property",
            CellRole::Unit => "unit",
            CellRole::Period => "period",
            CellRole::Value => "value",
            CellRole::Quality => "quality",
            CellRole::LeftOut => "left_out",
        }
    }
}

/// The roles of the cells of one sheet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Roles {
    /// The row of the header; none when the mapping does not mean this sheet.
    pub(crate) header_row: Option<u32>,
    /// The names of the columns, as a mapping writes them.
    pub(crate) names: Vec<String>,
    columns: Vec<CellRole>,
}

impl Roles {
    /// The roles under a mapping; `top` holds the first rows of the sheet, its header among them.
    pub(crate) fn under(mapping: &Mapping, top: &Chunk) -> Result<Roles, Error> {
        let header = Header::of_mapping(top, mapping)?;
        let mut columns = vec![CellRole::LeftOut; header.names.len()];
        let mut paint = |name: Option<&str>, role: CellRole| {
            if let Some(Ok(at)) = name.map(|name| header.find(name))
                && let Some(column) = columns.get_mut(at)
            {
                *column = role;
            }
        };
        for value in &mapping.values {
            paint(value.property.column(), CellRole::Property);
            paint(value.unit.as_ref().and_then(TextOrColumn::column), CellRole::Unit);
            paint(value.period.as_ref().and_then(TextOrColumn::column), CellRole::Period);
        }
        paint(mapping.quality.as_ref().map(|quality| quality.column.as_str()), CellRole::Quality);
        if let Some(time) = &mapping.time {
            time.columns.iter().for_each(|name| paint(Some(name), CellRole::Time));
            paint(time.end_column.as_deref(), CellRole::TimeEnd);
        }
        paint(mapping.place.as_ref().and_then(|place| place.column.as_deref()), CellRole::Place);
        for value in &mapping.values {
            paint(Some(&value.column), CellRole::Value);
        }
        Ok(Roles { header_row: Some(header.row), names: header.names, columns })
    }

    /// What a sheet shows of which nothing is read: its columns' names, where a row has some.
    pub(crate) fn none(names: Option<(u32, Vec<String>)>) -> Roles {
        let (header_row, names) = names.unzip();
        Roles { header_row, names: names.unwrap_or_default(), columns: Vec::new() }
    }

    /// What the cell of a row and a column (from 0) is.
    pub(crate) fn of(&self, row: u32, column: usize) -> CellRole {
        match self.header_row {
            Some(header) if row == header => CellRole::Header,
            Some(header) if row < header => CellRole::LeftOut,
            _ => self.column(column),
        }
    }

    /// What the cells of a column (from 0) are, below the header.
    pub(crate) fn column(&self, column: usize) -> CellRole {
        self.columns.get(column).copied().unwrap_or(CellRole::LeftOut)
    }
}

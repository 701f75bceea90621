//! What each cell of a sheet is under a mapping: place, time, property, unit, value, or left out.

use formats::Chunk;

use crate::Error;
use crate::mapping::{Mapping, Pattern, TextOrColumn};
use crate::observe::{Header, header_of};

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
    /// The last row of the header.
    header_last: u32,
    /// The names of the columns, as a mapping writes them.
    pub(crate) names: Vec<String>,
    columns: Vec<CellRole>,
}

impl Roles {
    /// The roles under a mapping; `top` holds the first rows of the sheet, its header among them.
    pub(crate) fn under(mapping: &Mapping, top: &Chunk) -> Result<Roles, Error> {
        let mut roles: Option<Roles> = None;
        for (block, table) in mapping.tables() {
            let header = header_of(&block, &table, top)?;
            let width = header.names.len();
            let roles = roles.get_or_insert_with(|| Roles {
                header_row: Some(header.row),
                header_last: header.last,
                names: header.names.clone(),
                columns: Vec::new(),
            });
            // Tables beside each other: each paints its own columns.
            for (at, name) in header.names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
                if at >= roles.names.len() {
                    roles.names.resize(at + 1, String::new());
                }
                roles.names[at].clone_from(name);
            }
            roles.columns.resize(roles.columns.len().max(width), CellRole::LeftOut);
            roles.paint(&table, &header);
        }
        roles.ok_or_else(|| Error::internal("painting a sheet", "a mapping has no table"))
    }

    fn paint(&mut self, mapping: &Mapping, header: &Header) {
        for value in &mapping.values {
            self.set(header, value.property.column(), CellRole::Property);
            self.set(header, value.unit.as_ref().and_then(TextOrColumn::column), CellRole::Unit);
            self.set(header, value.period.as_ref().and_then(TextOrColumn::column), CellRole::Period);
        }
        let quality = mapping.quality.as_ref().map(|quality| quality.column.as_str());
        self.set(header, quality, CellRole::Quality);
        if let Some(time) = &mapping.time {
            for name in &time.columns {
                self.set(header, Some(name), CellRole::Time);
            }
            for part in time.parts().into_iter().flatten() {
                self.set(header, part.column(), CellRole::Time);
            }
            self.set(header, time.end_column.as_deref(), CellRole::TimeEnd);
        }
        for name in mapping.place.iter().flat_map(|place| place.column.iter().chain(&place.within)) {
            self.set(header, Some(name), CellRole::Place);
        }
        for value in &mapping.values {
            self.set(header, Some(value.column.as_str()).filter(|name| !name.is_empty()), CellRole::Value);
            let compiled = |text: &String| Pattern::new(text).ok();
            let Some(pattern) = value.columns.as_ref().and_then(compiled) else { continue };
            let except: Vec<Pattern> = value.except.iter().filter_map(compiled).collect();
            for (column, name) in self.columns.iter_mut().zip(&header.names) {
                let is_meant = !name.is_empty() && pattern.fits(name) && !except.iter().any(|e| e.fits(name));
                if is_meant && *column == CellRole::LeftOut {
                    *column = CellRole::Value;
                }
            }
        }
    }

    /// Gives the column of this name a role.
    fn set(&mut self, header: &Header, name: Option<&str>, role: CellRole) {
        if let Some(Ok(at)) = name.map(|name| header.find(name))
            && let Some(column) = self.columns.get_mut(at)
        {
            *column = role;
        }
    }

    /// What a sheet shows of which nothing is read: its columns' names, where a row has some.
    pub(crate) fn none(names: Option<(u32, Vec<String>)>) -> Roles {
        let (header_row, names) = names.unzip();
        Roles {
            header_row,
            header_last: header_row.unwrap_or(0),
            names: names.unwrap_or_default(),
            columns: Vec::new(),
        }
    }

    /// What the cell of a row and a column (from 0) is.
    pub(crate) fn of(&self, row: u32, column: usize) -> CellRole {
        match self.header_row {
            Some(header) if (header..=self.header_last).contains(&row) => CellRole::Header,
            Some(header) if row < header => CellRole::LeftOut,
            _ => self.column(column),
        }
    }

    /// What the cells of a column (from 0) are, below the header.
    pub(crate) fn column(&self, column: usize) -> CellRole {
        self.columns.get(column).copied().unwrap_or(CellRole::LeftOut)
    }
}

//! A zip archive of tables: each table is a sheet, named by its path in the archive.
//!
//! The files are unpacked to the disk, within the limits, and read one after the other.

use std::path::Path;

use tempfile::NamedTempFile;
use wording::told;

use crate::archive::Archive;
use crate::layout::PLAIN;
use crate::neighbourhood::Selection;
use crate::{Chunk, Error, Format, LeftOut, Limits, SheetLayout, TableReader, detect_file, open_selected};

/// Tables of one archive, at most.
const MAX_TABLES: usize = 1000;

/// An archive of tables that is being read.
pub(crate) struct ZippedTables {
    tables: Vec<Table>,
    sheets: Vec<String>,
    layouts: Vec<SheetLayout>,
    left_out: Vec<LeftOut>,
    limits: Limits,
    selection: Selection,
    /// The table that is read, and its reader.
    at: usize,
    reader: Option<Box<dyn TableReader + Send>>,
    size: u64,
    /// Rows without any text in the tables before.
    blank: u64,
}

struct Table {
    name: String,
    file: NamedTempFile,
    format: Format,
    /// Where its sheets stand among all.
    first: u16,
    sheets: u16,
}

impl ZippedTables {
    pub(crate) fn open(path: &Path, limits: &Limits, selection: Selection) -> Result<ZippedTables, Error> {
        let mut archive = Archive::open(path, limits)?;
        let members = archive.members().to_vec();
        let (mut tables, mut left_out) = (Vec::new(), Vec::new());
        let (mut sheets, mut layouts): (Vec<Vec<String>>, _) = (Vec::new(), Vec::new());
        let mut first_error = None;
        for member in &members {
            let file = archive.unpack(member)?;
            let opened = detect_file(member.file_name(), file.path()).and_then(|format| match format {
                Format::Zip | Format::FeatureZip => Err(Error::invalid(
                    "nested_archive",
                    told!("formats-archive-within-archive", "it is an archive within an archive"),
                    told!("formats-unpack-first-hand-files", "unpack it first, and hand its files in"),
                )),
                format => {
                    let format = if format == Format::Records { format.as_table() } else { format };
                    open_selected(file.path(), &format, &[], limits, Selection::All).map(|t| (format, t))
                }
            });
            let (format, table) = match opened {
                Ok(opened) => opened,
                Err(Error::Internal(error)) => return Err(Error::Internal(error)),
                Err(error) => {
                    left_out.push(LeftOut { name: member.name.clone(), why: error.told() });
                    first_error.get_or_insert(error);
                    continue;
                }
            };
            if tables.len() == MAX_TABLES {
                return Err(Error::limit(
                    "members",
                    told!("formats-archive-holds-too-many-tables", "the archive holds too many tables"),
                    MAX_TABLES as u64,
                    told!("formats-hand-files-few-time", "hand its files in a few at a time"),
                ));
            }
            let inner = table.sheets();
            let count = u16::try_from(inner.len()).unwrap_or(u16::MAX);
            layouts.extend((0..count).map(|sheet| table.layout(sheet).clone()));
            sheets.push(inner.to_vec());
            let first = 0;
            tables.push(Table { name: member.name.clone(), file, format, first, sheets: count });
        }
        let mut next = 0_u16;
        for table in &mut tables {
            table.first = next;
            next = next.checked_add(table.sheets).ok_or_else(|| {
                Error::limit(
                    "sheets",
                    told!(
                        "formats-tables-archive-have-too-many-sheets",
                        "the tables of the archive have too many sheets"
                    ),
                    u64::from(u16::MAX),
                    told!("formats-hand-files-few-time", "hand its files in a few at a time"),
                )
            })?;
        }
        if tables.is_empty() {
            return Err(first_error.unwrap_or_else(|| {
                Error::invalid(
                    "empty_file",
                    told!("formats-archive-holds-no-files", "the archive holds no files"),
                    told!("formats-put-table-into-hand", "put the table into it, or hand it in as it is"),
                )
            }));
        }
        let is_one = tables.len() == 1;
        let sheets = tables.iter().zip(sheets).flat_map(|(table, inner)| {
            let is_nameless = inner.len() == 1 && inner[0].is_empty();
            let name = move |sheet: String| match (is_one, is_nameless) {
                (true, _) => sheet,
                (false, true) => table.name.clone(),
                (false, false) => format!("{}/{sheet}", table.name),
            };
            inner.into_iter().map(name).collect::<Vec<_>>()
        });
        let sheets = sheets.collect();
        let size = std::fs::metadata(path)?.len();
        let limits = limits.clone();
        Ok(ZippedTables {
            tables,
            sheets,
            layouts,
            left_out,
            limits,
            selection,
            at: 0,
            reader: None,
            size,
            blank: 0,
        })
    }

    /// The next chunk as it is; the tables follow each other.
    fn read(&mut self) -> Result<Option<Chunk>, Error> {
        while let Some(table) = self.tables.get(self.at) {
            let reader = match &mut self.reader {
                Some(reader) => reader,
                None => {
                    let Some(selection) = self.selection.within(table.first, table.sheets) else {
                        self.at += 1;
                        continue;
                    };
                    let reader =
                        open_selected(table.file.path(), &table.format, &[], &self.limits, selection)?;
                    self.reader.insert(reader)
                }
            };
            if let Some(mut chunk) = reader.next_chunk()? {
                chunk.sheet += table.first;
                let count = self.tables.len() as u64;
                chunk.bytes_read = self.size * (self.at as u64 + 1) / count;
                return Ok(Some(chunk));
            }
            self.blank += reader.blank_rows();
            self.reader = None;
            self.at += 1;
        }
        Ok(None)
    }
}

impl TableReader for ZippedTables {
    fn sheets(&self) -> &[String] {
        &self.sheets
    }

    fn layout(&self, sheet: u16) -> &SheetLayout {
        self.layouts.get(usize::from(sheet)).unwrap_or(&PLAIN)
    }

    fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    fn blank_rows(&self) -> u64 {
        self.blank + self.reader.as_ref().map_or(0, |reader| reader.blank_rows())
    }

    fn next_chunk(&mut self) -> Result<Option<Chunk>, Error> {
        let chunk = self.read().map_err(|error| match self.tables.get(self.at) {
            Some(table) if self.tables.len() > 1 => error.within(table.first, &table.name),
            _ => error,
        });
        if chunk.is_err() {
            // After an error there is nothing more to read.
            self.at = self.tables.len();
            self.reader = None;
        }
        chunk
    }
}

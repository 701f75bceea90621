//! Tables of web pages, as many programs save them under the name of a workbook (`.xls`): the cells of all tables of
//! the page, one table below the other, and the texts between them.

mod page;

use std::io::Read;
use std::path::Path;

use wording::told;

use self::page::Page;
use crate::decode::TextFile;
use crate::fixed::{carried, damaged};
use crate::neighbourhood::Selection;
use crate::push::{Flow, PushedTable};
use crate::{Encoding, Error, Limits, SheetLayout};

/// The largest page that is read, in bytes: it is held whole.
const MAX_BYTES: u64 = 64 << 20;

/// Whether the beginning of a page has cells of a table.
pub(crate) fn has_cells(head: &str) -> bool {
    let head = head.to_ascii_lowercase();
    head.contains("<table") && ["<td", "<th>", "<th "].iter().any(|cell| head.contains(cell))
}

/// A page without a table.
pub(crate) fn no_table() -> Error {
    Error::invalid(
        "wrong_type",
        told!("formats-file-not-read-here", "the file is {name}, which is not read here", name => told!("formats-web-page", "a web page")),
        told!(
            "formats-may-sign-page-table-saved-html-open",
            "it may be a sign-in page or a table saved as HTML: open it and save it as .xlsx"
        ),
    )
}

/// Opens the tables of a page as one sheet.
pub(crate) fn open(
    path: &Path,
    encoding: Encoding,
    limits: &Limits,
    selection: Selection,
) -> Result<PushedTable, Error> {
    let size = std::fs::metadata(path)?.len();
    if size > MAX_BYTES {
        return Err(Error::limit(
            "bytes",
            told!("formats-web-page-too-large-bytes", "the web page is too large (bytes)"),
            MAX_BYTES,
            told!("formats-open-save-xlsx", "open it and save it as .xlsx"),
        ));
    }
    let mut bytes = Vec::new();
    TextFile::open(path, encoding, limits)?.read_to_end(&mut bytes)?;
    let (text, is_well) = carried(&bytes, encoding);
    if !is_well {
        return Err(damaged(told!("formats-holds-bytes-no-text", "it holds bytes that no text has")));
    }
    let page = Page::read(&text, limits);
    if !page.is_table() {
        return Err(no_table());
    }
    let Page { cells, merged, .. } = page;
    PushedTable::begin(&limits.streamed(size), selection, damaged, move |pusher| {
        pusher.opened(vec![String::new()], vec![SheetLayout { merged, ..SheetLayout::default() }])?;
        let mut texts = 0;
        let mut rows = pusher.sheet(0, None, u32::MAX, &mut texts);
        rows.progress = size;
        for cell in &cells {
            if rows.cell(cell.row, cell.column, &cell.text, cell.is_number, damaged)? == Flow::Past {
                break;
            }
        }
        rows.finish()
    })
}

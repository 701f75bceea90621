//! The catalogue as CSV tables, and the originals that it names.

use std::path::Path;

use catalog::Catalog;
use catalog::backup::Dump;
use object_store::ObjectStoreExt;
use serde_json::Value;

use super::{CsvTable, Done, Parts, create};
use crate::commands::sentence;

/// Tables about people: left out unless they are asked for.
const PEOPLE: [&str; 3] = ["account", "dataset_grant", "audit_entry"];
/// Tables that only the program reads, or that hold hashes of secrets: never exported.
const INTERNAL: [&str; 6] =
    ["api_key", "setting", "change_mark", "change_log", "dataset_newest", "audit_head"];
/// Columns that hold hashes of secrets, or who did what.
const SECRET: [(&str, &str); 1] = [("account", "password")];

/// Writes every table as CSV: UTF-8, a header, nothing for what is missing, structures as JSON, and an
/// apostrophe before texts that a spreadsheet would run.
pub(super) async fn write(catalog: &Catalog, folder: &Path, people: bool) -> Done<Vec<CsvTable>> {
    let failed = |error: catalog::Error| sentence(&error);
    let dump = catalog.dump().await.map_err(failed)?;
    let mut tables = Vec::new();
    for table in Dump::tables() {
        if INTERNAL.contains(table) || (PEOPLE.contains(table) && !people) {
            continue;
        }
        let name = format!("catalogue/{table}.csv");
        let columns = Dump::columns(table).map_err(failed)?;
        let shown: Vec<usize> =
            (0..columns.len()).filter(|at| !SECRET.contains(&(*table, columns[*at]))).collect();
        let mut writer = csv::Writer::from_writer(create(&folder.join(&name))?);
        writer.write_record(shown.iter().map(|at| columns[*at])).map_err(|error| error.to_string())?;
        let mut rows = 0;
        let mut last = None;
        loop {
            let page = dump.page(table, last.as_ref()).await.map_err(failed)?;
            for row in &page {
                let cells = shown.iter().map(|at| cell(row.get(*at)));
                writer.write_record(cells).map_err(|error| error.to_string())?;
                rows += 1;
            }
            last = page.into_iter().last();
            if last.is_none() {
                break;
            }
        }
        writer.flush().map_err(|error| error.to_string())?;
        tables.push(CsvTable { table: (*table).to_owned(), file: name, rows });
    }
    Ok(tables)
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => formats::harmless(text).into_owned(),
        Some(other) => other.to_string(),
    }
}

/// Copies the originals, each under its checksum; `catalogue/original.csv` has their names.
pub(super) async fn originals(parts: &Parts, folder: &Path) -> Done {
    let failed = |error: catalog::Error| sentence(&error);
    let dump = parts.catalog.dump().await.map_err(failed)?;
    let columns = Dump::columns("original").map_err(failed)?;
    let hash = columns.iter().position(|column| *column == "hash").unwrap_or_default();
    let store = parts.lake.store();
    let mut last = None;
    loop {
        let page = dump.page("original", last.as_ref()).await.map_err(failed)?;
        for row in &page {
            let hash = row.get(hash).and_then(Value::as_str).unwrap_or_default();
            let (Some(first), Some(second)) = (hash.get(..2), hash.get(2..4)) else { continue };
            let from = object_store::path::Path::from(format!("originals/{first}/{second}/{hash}"));
            let failed = |error: &dyn std::fmt::Display| format!("original `{hash}`: {error}");
            let mut bytes = store.get(&from).await.map_err(|error| failed(&error))?.into_stream();
            let mut file = create(&folder.join(format!("originals/{hash}")))?;
            let mut hasher = <sha2::Sha256 as sha2::Digest>::new();
            while let Some(chunk) =
                futures::TryStreamExt::try_next(&mut bytes).await.map_err(|error| failed(&error))?
            {
                sha2::Digest::update(&mut hasher, &chunk);
                std::io::Write::write_all(&mut file, &chunk).map_err(|error| failed(&error))?;
            }
            if hex::encode(sha2::Digest::finalize(hasher)) != hash {
                return Err(failed(&"its bytes are not those that were received; run `cuulong verify`"));
            }
        }
        last = page.into_iter().last();
        if last.is_none() {
            return Ok(());
        }
    }
}

//! GeoPackages (OGC 12-128r18): one table of an SQLite database is one layer.
//!
//! The database is opened to be read only, without extensions, and its schema is not trusted; each
//! layer is read in the order of its row numbers, some thousand rows at a time, so memory does not
//! grow with the file. A query that computes for long is stopped.

use std::path::Path;

use geo_types::{Geometry, GeometryCollection};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Number, Value};
use wording::{Told, told};

use super::{About, Declared, FeatureOptions, Features, Item, Read, Refused, choose_layer, wkb};
use crate::{Error, LeftOut, Limits};

/// Rows taken at a time.
const PAGE: u32 = 1000;
/// Bytes of the geometries and texts that wait to be handed out, about.
const PAGE_BYTES: usize = 16 << 20;
/// Instructions of SQLite's machine for one page of rows, in thousands: a table takes some
/// thousand, and nothing that is a table takes this many.
const MAX_STEPS: u32 = 200_000;

/// The features of one layer of a GeoPackage.
pub(super) struct GeoPackage {
    connection: Connection,
    /// The statement for the next rows behind a row number.
    sql: String,
    columns: Vec<String>,
    geometry: usize,
    waiting: std::vec::IntoIter<Item>,
    last: Option<i64>,
    done: bool,
    row: u32,
    read: u64,
    about: About,
    left_out: Vec<LeftOut>,
    max_bytes: usize,
    properties_only: bool,
}

/// A layer as `gpkg_contents` has it.
struct Layer {
    table: String,
    column: String,
    srs: i64,
    /// A view may compute anything, and has no row numbers to read on from.
    is_view: bool,
}

impl GeoPackage {
    pub(super) fn open(path: &Path, options: &FeatureOptions, limits: &Limits) -> Result<GeoPackage, Error> {
        crate::decode::check_size(std::fs::metadata(path)?.len(), limits)?;
        let connection = connect(path, limits)?;
        let layers = layers(&connection)?;
        let (layers, views): (Vec<Layer>, Vec<Layer>) = layers.into_iter().partition(|layer| !layer.is_view);
        if layers.is_empty() {
            return Err(Error::invalid(
                "no_layers",
                told!(
                    "formats-database-no-geopackage-layer-features",
                    "the database is no GeoPackage with a layer of features"
                ),
                told!(
                    "formats-export-layer-geopackage-geojson",
                    "export the layer as GeoPackage or as GeoJSON"
                ),
            ));
        }
        let names: Vec<String> = layers.iter().map(|layer| layer.table.clone()).collect();
        let number = choose_layer(&names, options)?;
        let layer = &layers[usize::from(number)];
        let declared = declared(&connection, layer.srs);
        let columns = columns(&connection, &layer.table)?;
        if columns.len() >= usize::from(limits.max_columns) {
            let limit = u64::from(limits.max_columns);
            return Err(Error::limit(
                "columns",
                told!("formats-layer-too-many-columns", "the layer has too many columns"),
                limit,
                told!("formats-leave-some-out", "leave some out"),
            ));
        }
        let geometry = columns.iter().position(|name| name.eq_ignore_ascii_case(&layer.column));
        let geometry = geometry.ok_or_else(|| {
            damaged(told!(
                "formats-layer-no-column",
                "layer `{table}` has no column `{column}`",
                table = layer.table,
                column = layer.column
            ))
        })?;
        let mut left_out = tables_beside(&connection);
        left_out.extend(views.into_iter().map(|view| LeftOut {
            name: view.table,
            why: told!(
                "formats-view-beside-layer",
                "it is a view, which may compute anything: export it as a layer of its own, and hand that in"
            ),
        }));
        let list: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
        let sql = format!(
            "SELECT rowid, {} FROM {} WHERE rowid > ?1 ORDER BY rowid LIMIT {PAGE}",
            list.join(", "),
            quoted(&layer.table)
        );
        Ok(GeoPackage {
            connection,
            sql,
            columns,
            geometry,
            waiting: Vec::new().into_iter(),
            last: None,
            done: false,
            row: 0,
            read: 0,
            about: About { layers: names, layer: number, declared, ..About::default() },
            left_out,
            max_bytes: limits.max_feature_bytes,
            properties_only: options.properties_only,
        })
    }

    /// Takes the next rows.
    fn page(&mut self) -> Result<(), Error> {
        // Set again for each page: what is counted is one page's work.
        let mut steps = 0_u32;
        let stop = move || {
            steps += 1;
            steps > MAX_STEPS
        };
        self.connection.progress_handler(1000, Some(stop)).map_err(failed)?;
        let after = self.last.unwrap_or(i64::MIN);
        let mut statement = self.connection.prepare(&self.sql).map_err(failed)?;
        let mut rows = statement.query([after]).map_err(failed)?;
        let (mut items, mut bytes) = (Vec::new(), 0_usize);
        let mut is_last = true;
        while let Some(row) = rows.next().map_err(failed)? {
            let id: i64 = row.get(0).map_err(failed)?;
            self.last = Some(id);
            self.row += 1;
            let mut properties = Vec::with_capacity(self.columns.len());
            let mut shape = None;
            for (index, name) in self.columns.iter().enumerate() {
                let value = row.get_ref(index + 1).map_err(failed)?;
                if let ValueRef::Text(text) | ValueRef::Blob(text) = value {
                    bytes += text.len();
                }
                if index == self.geometry && self.properties_only {
                    shape = Some(Ok((Geometry::GeometryCollection(GeometryCollection(Vec::new())), false)));
                } else if index == self.geometry {
                    shape = Some(geometry(value, self.max_bytes));
                } else {
                    properties.push((name.clone(), plain(value)));
                }
            }
            let shape = shape.unwrap_or_else(|| {
                Err(Refused::new(
                    "no_geometry",
                    told!("formats-feature-no-geometry", "the feature has no geometry"),
                    "",
                ))
            });
            items.push(match shape {
                Ok((geometry, had_heights)) => Item::Read(Read {
                    row: self.row,
                    id: Some(id.to_string()),
                    geometry,
                    properties,
                    had_heights,
                    notes: Vec::new(),
                }),
                Err(refused) => Item::refused(self.row, refused),
            });
            if items.len() == PAGE as usize || bytes > PAGE_BYTES {
                is_last = false;
                break;
            }
        }
        self.read += bytes as u64;
        self.done = is_last;
        self.waiting = items.into_iter();
        Ok(())
    }
}

impl Features for GeoPackage {
    fn next(&mut self) -> Result<Option<Item>, Error> {
        loop {
            if let Some(item) = self.waiting.next() {
                return Ok(Some(item));
            }
            if self.done {
                return Ok(None);
            }
            self.page()?;
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
}

fn connect(path: &Path, limits: &Limits) -> Result<Connection, Error> {
    let mut url = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                url.push(char::from(*byte))
            }
            other => url.push_str(&format!("%{other:02X}")),
        }
    }
    // Nobody else writes to it: no lock, no journal, no file beside it.
    url.push_str("?mode=ro&immutable=1");
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(url, flags).map_err(failed)?;
    let length = i32::try_from(limits.max_feature_bytes).unwrap_or(i32::MAX);
    connection.set_limit(rusqlite::limits::Limit::SQLITE_LIMIT_LENGTH, length).map_err(failed)?;
    connection
        .set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)
        .map_err(failed)?;
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true).map_err(failed)?;
    Ok(connection)
}

fn layers(connection: &Connection) -> Result<Vec<Layer>, Error> {
    let sql = "SELECT g.table_name, g.column_name, g.srs_id, m.type FROM gpkg_geometry_columns g \
               JOIN gpkg_contents c ON c.table_name = g.table_name AND c.data_type = 'features' \
               JOIN sqlite_master m ON m.name = g.table_name ORDER BY g.table_name LIMIT 10000";
    let mut statement = match connection.prepare(sql) {
        Ok(statement) => statement,
        Err(rusqlite::Error::SqliteFailure(error, _))
            if error.extended_code == rusqlite::ffi::SQLITE_ERROR =>
        {
            return Ok(Vec::new());
        }
        Err(error) => return Err(failed(error)),
    };
    let found = statement
        .query_map([], |row| {
            let is_view = row.get::<_, String>(3)? != "table";
            Ok(Layer { table: row.get(0)?, column: row.get(1)?, srs: row.get(2)?, is_view })
        })
        .map_err(failed)?;
    found.collect::<Result<_, _>>().map_err(failed)
}

/// Tables of attributes and of tiles with rows, which are no layers of features.
fn tables_beside(connection: &Connection) -> Vec<LeftOut> {
    let sql = "SELECT c.table_name, c.data_type FROM gpkg_contents c JOIN sqlite_master m \
               ON m.name = c.table_name AND m.type = 'table' \
               WHERE c.data_type <> 'features' ORDER BY c.table_name LIMIT 100";
    let Ok(mut statement) = connection.prepare(sql) else { return Vec::new() };
    let named = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
    let Ok(named) = named else { return Vec::new() };
    let has_rows = |(table, _): &(String, String)| {
        // Styles that programs keep are no data.
        !table.eq_ignore_ascii_case("layer_styles")
            && connection
                .query_row(&format!("SELECT 1 FROM {} LIMIT 1", quoted(table)), [], |_| Ok(()))
                .is_ok()
    };
    let told = |(table, kind): (String, String)| LeftOut {
        name: table,
        why: told!(
            "formats-table-beside-layer",
            "it is a table of `{kind}` beside the layer: hand it in by itself, e.g. as CSV",
            kind = kind
        ),
    };
    named.flatten().filter(has_rows).map(told).collect()
}

/// What the GeoPackage says of a system: its code where EPSG is the organisation, its definition else.
fn declared(connection: &Connection, srs: i64) -> Option<Declared> {
    // 0 and -1 are "undefined" (OGC 12-128r18 §1.1.2.1.2).
    if srs <= 0 {
        return None;
    }
    let sql = "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?1";
    let found: Result<(String, i64, String), _> =
        connection.query_row(sql, [srs], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let text = match found {
        Ok((organization, code, _)) if organization.eq_ignore_ascii_case("EPSG") => format!("EPSG:{code}"),
        Ok((_, _, definition)) => definition,
        Err(_) => format!("EPSG:{srs}"),
    };
    Some(Declared { by: format!("srs_id {srs}"), text })
}

fn columns(connection: &Connection, table: &str) -> Result<Vec<String>, Error> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)").map_err(failed)?;
    let names = statement.query_map([table], |row| row.get::<_, String>(0)).map_err(failed)?;
    names.collect::<Result<_, _>>().map_err(failed)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn plain(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        ValueRef::Text(text) => Value::String(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::String(format!("{} bytes", bytes.len())),
    }
}

/// The header of a GeoPackage's geometry (OGC 12-128r18 §2.1.3), and the WKB behind it.
fn geometry(value: ValueRef<'_>, max_bytes: usize) -> Result<(Geometry<f64>, bool), Refused> {
    let bytes = match value {
        ValueRef::Null => {
            return Err(Refused::new(
                "no_geometry",
                told!("formats-feature-no-geometry", "the feature has no geometry"),
                "null",
            ));
        }
        ValueRef::Blob(bytes) => bytes,
        _ => {
            return Err(Refused::new(
                "bad_geometry",
                told!("formats-geometry-not-binary-form", "the geometry is not in binary form"),
                "",
            ));
        }
    };
    if bytes.len() > max_bytes {
        let reason = told!(
            "formats-feature-larger-than-bytes",
            "the feature is larger than {max_bytes} bytes",
            max_bytes = max_bytes
        );
        return Err(Refused::new("too_large", reason, ""));
    }
    let [b'G', b'P', 0, flags, ..] = bytes else {
        return Err(Refused::new(
            "bad_geometry",
            told!(
                "formats-geometry-does-not-begin-geopackage-does",
                "the geometry does not begin as a GeoPackage's does"
            ),
            "",
        ));
    };
    if flags & 0x10 != 0 {
        return Err(Refused::new(
            "no_geometry",
            told!("formats-geometry-no-positions", "the geometry has no positions"),
            "empty",
        ));
    }
    let envelope = match (flags >> 1) & 0x07 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => {
            return Err(Refused::new(
                "bad_geometry",
                told!("formats-geometry-header-makes-no-sense", "the geometry's header makes no sense"),
                "",
            ));
        }
    };
    let body = bytes.get(8 + envelope..);
    wkb::parse(body.ok_or_else(|| {
        Refused::new(
            "bad_geometry",
            told!("formats-geometry-ends-too-early", "the geometry ends too early"),
            "",
        )
    })?)
}

fn damaged(what: impl Into<Told>) -> Error {
    Error::invalid(
        "damaged_geopackage",
        told!("formats-geopackage-damaged", "the GeoPackage is damaged: {what}", what => what.into()),
        told!(
            "formats-export-layer-again-check-file-sent-whole",
            "export the layer again and check that the file was sent whole"
        ),
    )
}

fn failed(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::OperationInterrupted) => Error::limit(
            "work",
            told!(
                "formats-reading-some-rows-geopackage-takes-too-much",
                "reading some rows of the GeoPackage takes too much work"
            ),
            u64::from(MAX_STEPS) * 1000,
            told!(
                "formats-export-layer-new-geopackage-plain-table",
                "export the layer to a new GeoPackage, as a plain table"
            ),
        ),
        _ => damaged(Told::excerpt(error)),
    }
}

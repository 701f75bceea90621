//! GeoPackage 1.3 (OGC 12-128r18): one table of features in WGS 84.

use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::write::{Head, columns};
use crate::http::{Answer, Problem};

/// What every file of SQLite begins with.
pub(super) const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// A package that is being written.
pub(super) struct GeoPackage {
    database: Connection,
    insert: String,
    columns: Vec<usize>,
    geometry: usize,
}

fn failed(error: impl std::error::Error + 'static) -> Problem {
    Problem::internal(&error)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

const TABLES: &str = "
PRAGMA application_id = 0x47504B47; PRAGMA user_version = 10300;
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
INSERT INTO gpkg_spatial_ref_sys VALUES
  ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', NULL),
  ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', NULL),
  ('WGS 84', 4326, 'EPSG', 4326, 'GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563]],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433],AUTHORITY[\"EPSG\",\"4326\"]]', NULL);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '', last_change DATETIME NOT NULL, min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,
  srs_id INTEGER REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL PRIMARY KEY REFERENCES gpkg_contents(table_name),
  column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL,
  m TINYINT NOT NULL);
";

impl GeoPackage {
    pub(super) fn create(path: &Path, head: &Head<'_>) -> Answer<GeoPackage> {
        let (schema, about) = (head.schema, head.about);
        let database = Connection::open(path).map_err(failed)?;
        database.execute_batch(TABLES).map_err(failed)?;
        let geometry = schema.index_of("geometry").map_err(failed)?;
        let columns = columns(schema);
        let table = quoted(&about.dataset);
        let mut made =
            format!("CREATE TABLE {table} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom GEOMETRY");
        for at in &columns {
            let field = schema.field(*at);
            let of = match field.data_type() {
                DataType::Boolean => "BOOLEAN",
                of if of.is_integer() => "INTEGER",
                of if of.is_floating() => "DOUBLE",
                DataType::Timestamp(..) => "DATETIME",
                _ => "TEXT",
            };
            // `fid` and `geom` are taken by the table itself.
            let name = match field.name().as_str() {
                name @ ("fid" | "geom") => format!("{name}_"),
                name => name.to_owned(),
            };
            made.push_str(&format!(", {} {of}", quoted(&name)));
        }
        database.execute_batch(&format!("{made});")).map_err(failed)?;
        let words: Vec<String> =
            about.words().iter().map(|(name, value)| format!("{name}: {value}")).collect();
        // A version is always the same file: its content changed last when it was committed.
        let changed = about.committed_at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let contents = "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, \
             min_x, min_y, max_x, max_y, srs_id) VALUES (?1, 'features', ?1, ?2, ?7, ?3, ?4, ?5, ?6, 4326)";
        let edge = |at: usize| head.before.size.bbox.map(|edges| edges[at]);
        let said = params![about.dataset, words.join("\n"), edge(0), edge(1), edge(2), edge(3), changed];
        database.execute(contents, said).map_err(failed)?;
        let geometries = "INSERT INTO gpkg_geometry_columns VALUES (?1, 'geom', 'GEOMETRY', 4326, 0, 0)";
        database.execute(geometries, params![about.dataset]).map_err(failed)?;
        database.execute_batch("BEGIN").map_err(failed)?;
        let places = vec!["?"; columns.len() + 1].join(", ");
        let insert = format!("INSERT INTO {table} VALUES (NULL, {places})");
        Ok(GeoPackage { database, insert, columns, geometry })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Answer<()> {
        let mut statement = self.database.prepare(&self.insert).map_err(failed)?;
        let shapes = batch.column(self.geometry).as_binary::<i32>();
        for row in 0..batch.num_rows() {
            let geometry = match shapes.is_valid(row) {
                true => Value::Blob(blob(shapes.value(row))),
                false => Value::Null,
            };
            let others = self.columns.iter().map(|at| value(batch.column(*at).as_ref(), row));
            let values = std::iter::once(Ok(geometry)).chain(others).collect::<Answer<Vec<Value>>>()?;
            statement.execute(params_from_iter(values)).map_err(failed)?;
        }
        Ok(())
    }

    pub(super) fn close(self) -> Answer<()> {
        self.database.execute_batch("COMMIT").map_err(failed)?;
        self.database.close().map_err(|(_, error)| failed(error))
    }
}

/// The header of a geometry without envelope, little-endian, WGS 84 (§2.1.3.1.1), and its WKB.
fn blob(wkb: &[u8]) -> Vec<u8> {
    let mut blob = Vec::with_capacity(8 + wkb.len());
    blob.extend_from_slice(b"GP\0\x01");
    blob.extend_from_slice(&4326_i32.to_le_bytes());
    blob.extend_from_slice(wkb);
    blob
}

fn value(values: &dyn Array, row: usize) -> Answer<Value> {
    if values.is_null(row) {
        return Ok(Value::Null);
    }
    Ok(match values.data_type() {
        DataType::Boolean => Value::Integer(values.as_boolean().value(row).into()),
        DataType::Int64 => Value::Integer(values.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => Value::Real(values.as_primitive::<Float64Type>().value(row)),
        of if of.is_integer() => {
            let whole = arrow::compute::cast(&values.slice(row, 1), &DataType::Int64).map_err(failed)?;
            Value::Integer(whole.as_primitive::<Int64Type>().value(0))
        }
        DataType::Timestamp(..) => Value::Text(super::write::text(values, row)?),
        _ => Value::Text(arrow::util::display::array_value_to_string(values, row).map_err(failed)?),
    })
}

//! What PostGIS adds to a database's catalogue: which columns are geometry, and the coordinate systems that
//! are known. Geometry is given in WGS 84; the other systems are those that files are taken in.

use arrow::array::RecordBatch;

use super::facts::Facts;
use super::rows::{batch, no_list, number, text, texts, truth, wholes};
use super::typmod::SRID;
use super::{Postgres, SCHEMA};
use crate::Error;

/// The release of PostGIS whose functions and tables these are like.
pub(super) const RELEASE: &str = "3.3.2";

/// What `postgis_version()` says: the release, and that there is what clients look for.
pub(super) const VERSION: &str = "3.3 USE_GEOS=1 USE_PROJ=1 USE_STATS=1";

pub(super) fn extensions() -> Result<RecordBatch, Error> {
    batch(vec![
        ("oid", number(16_385, 1)),
        ("extname", text("postgis", 1)),
        ("extowner", number(10, 1)),
        ("extnamespace", number(2200, 1)),
        ("extrelocatable", truth(false, 1)),
        ("extversion", text(RELEASE, 1)),
        ("extconfig", no_list(1)),
        ("extcondition", no_list(1)),
    ])
}

pub(super) fn geometry_columns(facts: &Facts, postgres: &Postgres) -> Result<RecordBatch, Error> {
    let tables: Vec<_> = facts.tables.iter().filter_map(|table| Some((table, table.shape?))).collect();
    let rows = tables.len();
    batch(vec![
        ("f_table_catalog", text(&postgres.database, rows)),
        ("f_table_schema", text(SCHEMA, rows)),
        ("f_table_name", texts(tables.iter().map(|(table, _)| &table.name))),
        ("f_geometry_column", text("geometry", rows)),
        ("coord_dimension", wholes(tables.iter().map(|(_, shape)| shape.dimensions()))),
        ("srid", wholes(std::iter::repeat_n(SRID, rows))),
        ("type", texts(tables.iter().map(|(_, shape)| shape.column_type()))),
    ])
}

/// A coordinate system of `reference/crs.csv`.
struct System<'a> {
    epsg: i32,
    name: &'a str,
    datum: &'a str,
    projection: &'a str,
    meridian: &'a str,
    scale: &'a str,
    easting: &'a str,
    northing: &'a str,
}

/// The seven parameters from VN-2000 to WGS 84 as PROJ and WKT write them: position vector, so that the
/// rotations of EPSG operation 6960 (coordinate frame) change their sign (`reference/crs_operations.csv`).
const VN2000_TO_WGS84: &str =
    "-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278";

/// The systems on the ellipsoid of WGS 84; others are taken in, and never given.
fn systems() -> Vec<System<'static>> {
    let text = include_str!("../../../../../reference/crs.csv");
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.splitn(10, ',').collect();
        let [epsg, name, _, datum, projection, meridian, scale, easting, northing, _] = cells[..] else {
            return None;
        };
        let epsg = epsg.parse().ok()?;
        let known = matches!(datum, "wgs84" | "vn2000");
        known.then_some(System { epsg, name, datum, projection, meridian, scale, easting, northing })
    };
    text.lines().skip(1).filter_map(row).collect()
}

impl System<'_> {
    /// The system as a text of WKT (OGC 01-009 §7.2), as `spatial_ref_sys` has it.
    fn wkt(&self) -> String {
        let (datum, shift, authority, name, geographic) = match self.datum {
            "vn2000" => ("Vietnam_2000", format!("TOWGS84[{VN2000_TO_WGS84}],"), 6756, "VN-2000", 4756),
            _ => ("WGS_1984", String::new(), 6326, "WGS 84", 4326),
        };
        let base = format!(
            "GEOGCS[\"{name}\",DATUM[\"{datum}\",SPHEROID[\"WGS 84\",6378137,298.257223563,\
             AUTHORITY[\"EPSG\",\"7030\"]],{shift}AUTHORITY[\"EPSG\",\"{authority}\"]],\
             PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\",\"8901\"]],\
             UNIT[\"degree\",0.0174532925199433,AUTHORITY[\"EPSG\",\"9122\"]],\
             AUTHORITY[\"EPSG\",\"{geographic}\"]]"
        );
        let projected = |projection: &str, origin: &str, scale: &str| {
            format!(
                "PROJCS[\"{}\",{base},PROJECTION[\"{projection}\"],{origin}\
                 PARAMETER[\"central_meridian\",{}],PARAMETER[\"scale_factor\",{scale}],\
                 PARAMETER[\"false_easting\",{}],PARAMETER[\"false_northing\",{}],\
                 UNIT[\"metre\",1,AUTHORITY[\"EPSG\",\"9001\"]],AUTHORITY[\"EPSG\",\"{}\"]]",
                self.name, self.meridian, self.easting, self.northing, self.epsg
            )
        };
        match self.projection {
            "transverse_mercator" => {
                projected("Transverse_Mercator", "PARAMETER[\"latitude_of_origin\",0],", self.scale)
            }
            "web_mercator" => projected("Mercator_1SP", "", "1"),
            _ => base,
        }
    }

    /// The system in PROJ's words.
    fn proj(&self) -> String {
        let datum = match self.datum {
            "vn2000" => format!("+ellps=WGS84 +towgs84={VN2000_TO_WGS84}"),
            _ => "+datum=WGS84".to_owned(),
        };
        match self.projection {
            "transverse_mercator" => format!(
                "+proj=tmerc +lat_0=0 +lon_0={} +k={} +x_0={} +y_0={} {datum} +units=m +no_defs",
                self.meridian, self.scale, self.easting, self.northing
            ),
            "web_mercator" => "+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 \
                 +units=m +nadgrids=@null +wktext +no_defs"
                .to_owned(),
            _ => format!("+proj=longlat {datum} +no_defs"),
        }
    }
}

pub(super) fn reference_systems() -> Result<RecordBatch, Error> {
    let systems = systems();
    batch(vec![
        ("srid", wholes(systems.iter().map(|system| system.epsg))),
        ("auth_name", text("EPSG", systems.len())),
        ("auth_srid", wholes(systems.iter().map(|system| system.epsg))),
        ("srtext", texts(systems.iter().map(System::wkt))),
        ("proj4text", texts(systems.iter().map(System::proj))),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_written_with_all_that_is_known_of_them() {
        let systems = systems();
        let of = |epsg| systems.iter().find(|system| system.epsg == epsg).unwrap();
        assert_eq!(of(4326).proj(), "+proj=longlat +datum=WGS84 +no_defs");
        let utm = of(3405);
        assert!(utm.proj().contains("+lon_0=105.0 +k=0.9996 +x_0=500000.0"), "{}", utm.proj());
        assert!(utm.wkt().starts_with("PROJCS[\"VN-2000 / UTM zone 48N\",GEOGCS[\"VN-2000\",DATUM["));
        assert_eq!(utm.wkt().matches('[').count(), utm.wkt().matches(']').count());
        // Every system of the list is read whole: its line holds quotes, but after what is needed.
        assert!(systems.len() > 20, "{}", systems.len());
    }
}

//! Attribute tables of shapefiles whose fields or records do not fit: nothing of them is lost without a word.

use formats::{FeatureItem, FeatureOptions, Limits, detect_file, read_features};

use crate::files::file;
use crate::layers::{dbf, shp, shp_point, zip};

/// The names of the properties, the rows that came, and what was left out, in words.
fn read(bytes: &[u8]) -> (Vec<String>, Vec<Vec<serde_json::Value>>, Vec<String>) {
    let held = file(bytes);
    let format = detect_file("a.zip", held.path()).unwrap();
    let mut reader =
        read_features(held.path(), &format, &FeatureOptions::default(), &Limits::default()).unwrap();
    let (mut names, mut rows) = (Vec::new(), Vec::new());
    for item in reader.by_ref() {
        let FeatureItem::Row(row) = item.unwrap() else { panic!("refused") };
        names = row.properties.iter().map(|(name, _)| name.clone()).collect();
        rows.push(row.properties.into_iter().map(|(_, value)| value).collect());
    }
    let left = reader.left_out().iter().map(|left| format!("{}: {}", left.name, left.why)).collect();
    (names, rows, left)
}

fn points(count: u32) -> Vec<u8> {
    let records: Vec<Vec<u8>> = (0..count).map(|at| shp_point(105.0 + f64::from(at) / 10.0, 10.0)).collect();
    shp(1, &records)
}

#[test]
fn fields_of_one_name_keep_their_values_and_a_cut_letter_of_a_name_is_left_off() {
    let mut table =
        dbf(&[("TEN", b'C', 4), ("TEN", b'C', 4), ("TEN_HUYE", b'C', 4)], &[vec![b"mot", b"hai", b"ba"]]);
    // The third is cut at ten bytes, within a letter of three.
    table[32 + 64..32 + 64 + 11].copy_from_slice(b"TEN_HUY_\xE1\xBB\0");
    let (names, rows, left) = read(&zip(&[("a.shp", &points(1)), ("a.dbf", &table)]));
    assert_eq!(names, ["TEN", "TEN (2)", "TEN_HUY_"]);
    assert_eq!(rows, [["mot", "hai", "ba"]]);
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn records_without_a_shape_and_shapes_without_a_record_are_told() {
    let table = |count: usize| {
        let records: Vec<Vec<&[u8]>> = (0..count).map(|_| vec![&b"x"[..]]).collect();
        dbf(&[("TEN", b'C', 4)], &records)
    };
    let (_, rows, left) = read(&zip(&[("a.shp", &points(2)), ("a.dbf", &table(5))]));
    assert_eq!((rows.len(), left.len()), (2, 1));
    assert!(left[0].starts_with("a.dbf: 3 of its records have no shape"), "{left:?}");
    let (_, rows, left) = read(&zip(&[("a.shp", &points(3)), ("a.dbf", &table(1))]));
    assert_eq!((rows.len(), left.len()), (3, 1));
    assert!(left[0].contains("no records for the last 2 shapes"), "{left:?}");
    let (_, _, left) = read(&zip(&[("a.shp", &points(2)), ("a.dbf", &table(2))]));
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_view_beside_the_layer_of_a_geopackage_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gpkg");
    let database = rusqlite::Connection::open(&path).unwrap();
    database
        .execute_batch(
            "CREATE TABLE gpkg_spatial_ref_sys (srs_name, srs_id INTEGER PRIMARY KEY, organization, organization_coordsys_id INTEGER, definition);
             CREATE TABLE gpkg_contents (table_name, data_type, srs_id);
             CREATE TABLE gpkg_geometry_columns (table_name, column_name, geometry_type_name, srs_id INTEGER, z, m);
             INSERT INTO gpkg_contents VALUES ('cong', 'features', 4326), ('cong_lon', 'features', 4326);
             INSERT INTO gpkg_geometry_columns VALUES ('cong', 'geom', 'POINT', 4326, 0, 0), ('cong_lon', 'geom', 'POINT', 4326, 0, 0);
             CREATE TABLE cong (fid INTEGER PRIMARY KEY, geom BLOB);
             CREATE VIEW cong_lon AS SELECT * FROM cong;",
        )
        .unwrap();
    drop(database);
    let format = detect_file("a.gpkg", &path).unwrap();
    let reader = read_features(&path, &format, &FeatureOptions::default(), &Limits::default()).unwrap();
    let left: Vec<&str> = reader.left_out().iter().map(|left| left.name.as_str()).collect();
    assert_eq!(left, ["cong_lon"]);
}

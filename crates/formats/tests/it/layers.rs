//! Layers of every format: what is handed out, what the file says of its coordinates, what is refused.

use std::io::{Cursor, Write};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, Float64Array, Int32Array, StringArray};
use arrow::record_batch::RecordBatch;
use formats::crs::{Crs, Fit};
use formats::{
    Coordinates, Error, FeatureItem, FeatureOptions, FeatureRow, Limits, Survey, detect_file, neighbourhood,
    read_features, survey_features,
};
use model::CellRef;
use proptest::prelude::*;
use serde_json::{Value, json};
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::files::file;

pub fn items(path: &Path, options: &FeatureOptions) -> Result<Vec<FeatureItem>, Error> {
    let limits = Limits::default();
    read_features(path, &detect_file("upload.bin", path)?, options, &limits)?.collect()
}

pub fn rows(path: &Path, options: &FeatureOptions) -> Vec<FeatureRow> {
    items(path, options)
        .unwrap()
        .into_iter()
        .map(|item| match item {
            FeatureItem::Row(row) => row,
            FeatureItem::Refused(refusal) => panic!("{refusal:?}"),
        })
        .collect()
}

pub fn survey(path: &Path) -> Survey {
    let format = detect_file("upload.bin", path).unwrap();
    survey_features(path, &format, &FeatureOptions::default(), &Limits::default()).unwrap()
}

fn under(code: u32) -> FeatureOptions {
    FeatureOptions { fit: Some(Fit::plain(Crs::epsg(code).unwrap())), ..FeatureOptions::default() }
}

pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The records of a `.shp` from their contents (ESRI Shapefile Technical Description, July 1998).
pub fn shp(kind: u32, records: &[Vec<u8>]) -> Vec<u8> {
    let words = (100 + records.iter().map(|record| 8 + record.len()).sum::<usize>()) / 2;
    let mut bytes = Vec::new();
    bytes.extend(9994_u32.to_be_bytes());
    bytes.extend([0; 20]);
    bytes.extend(u32::try_from(words).unwrap().to_be_bytes());
    bytes.extend(1000_u32.to_le_bytes());
    bytes.extend(kind.to_le_bytes());
    bytes.extend([0; 64]);
    for (index, record) in records.iter().enumerate() {
        bytes.extend(u32::try_from(index + 1).unwrap().to_be_bytes());
        bytes.extend(u32::try_from(record.len() / 2).unwrap().to_be_bytes());
        bytes.extend(record);
    }
    bytes
}

pub fn shp_point(x: f64, y: f64) -> Vec<u8> {
    let mut bytes = 1_u32.to_le_bytes().to_vec();
    bytes.extend(x.to_le_bytes());
    bytes.extend(y.to_le_bytes());
    bytes
}

pub fn shp_polygon(rings: &[&[(f64, f64)]]) -> Vec<u8> {
    let mut bytes = 5_u32.to_le_bytes().to_vec();
    bytes.extend([0; 32]);
    bytes.extend(u32::try_from(rings.len()).unwrap().to_le_bytes());
    let total: usize = rings.iter().map(|ring| ring.len()).sum();
    bytes.extend(u32::try_from(total).unwrap().to_le_bytes());
    let mut start = 0_u32;
    for ring in rings {
        bytes.extend(start.to_le_bytes());
        start += u32::try_from(ring.len()).unwrap();
    }
    for (x, y) in rings.iter().copied().flatten() {
        bytes.extend(x.to_le_bytes());
        bytes.extend(y.to_le_bytes());
    }
    bytes
}

/// A dBASE table of fields (name, type, width) and records of cells that fill the widths.
pub fn dbf(fields: &[(&str, u8, u8)], records: &[Vec<&[u8]>]) -> Vec<u8> {
    let width: usize = 1 + fields.iter().map(|(_, _, width)| usize::from(*width)).sum::<usize>();
    let header = 32 + 32 * fields.len() + 1;
    let mut bytes = vec![3, 126, 1, 1];
    bytes.extend(u32::try_from(records.len()).unwrap().to_le_bytes());
    bytes.extend(u16::try_from(header).unwrap().to_le_bytes());
    bytes.extend(u16::try_from(width).unwrap().to_le_bytes());
    bytes.extend([0; 20]);
    for (name, kind, width) in fields {
        let mut field = [0; 32];
        field[..name.len()].copy_from_slice(name.as_bytes());
        (field[11], field[16]) = (*kind, *width);
        bytes.extend(field);
    }
    bytes.push(0x0D);
    for record in records {
        bytes.push(b' ');
        for (cell, (_, _, width)) in record.iter().zip(fields) {
            let mut cell = cell.to_vec();
            cell.resize(usize::from(*width), b' ');
            bytes.extend(cell);
        }
    }
    bytes.push(0x1A);
    bytes
}

#[test]
fn a_shapefile_gives_geometries_and_typed_attributes_whatever_its_side_files_say() {
    let outer = [(0.0, 0.0), (0.0, 10.0), (10.0, 10.0), (10.0, 0.0), (0.0, 0.0)];
    let hole = [(2.0, 2.0), (4.0, 2.0), (4.0, 4.0), (2.0, 4.0), (2.0, 2.0)];
    let island = [(20.0, 20.0), (20.0, 21.0), (21.0, 21.0), (20.0, 20.0)];
    let shapes = shp(5, &[shp_polygon(&[&outer, &hole, &island]), 0_u32.to_le_bytes().to_vec()]);
    let table = dbf(
        &[("TEN", b'C', 7), ("DIENTICH", b'N', 10), ("SO", b'N', 4), ("NGAY", b'D', 8), ("DUNG", b'L', 1)],
        &[
            // The width cuts the last letter of `Cái Bè`.
            vec!["Cái Bè".as_bytes().split_at(7).0, b"12.5", b"7", b"20190501", b"T"],
            vec![b"x", b"****", b"", b"", b"?"],
        ],
    );
    let bytes = zip(&[
        ("vung/dat.shp", &shapes),
        ("vung/dat.dbf", &table),
        ("vung/dat.prj", b"GEOGCS[\"x\"]"),
        ("vung/dat.cpg", b"1252"),
    ]);
    let file = file(bytes);
    let found = items(file.path(), &FeatureOptions::default()).unwrap();
    let FeatureItem::Row(row) = &found[0] else { panic!("{found:?}") };
    let expected = [
        ("TEN", json!("Cái B")),
        ("DIENTICH", json!(12.5)),
        ("SO", json!(7)),
        ("NGAY", json!("2019-05-01")),
        ("DUNG", json!(true)),
    ];
    assert_eq!(row.properties, expected.map(|(name, value)| (name.to_owned(), value)));
    assert_eq!(
        row.notes.iter().map(|note| (note.code, note.property.as_str())).collect::<Vec<_>>(),
        [("cut_text", "TEN")]
    );
    assert_eq!((row.row, row.bbox.east), (1, 21.0));
    // A multipolygon of two, the first with one hole: 4 + 1 + 4 bytes, then two polygons.
    let sizes = 9 + (9 + 4 + 5 * 16 + 4 + 5 * 16) + (9 + 4 + 4 * 16);
    assert_eq!((row.wkb[1], row.wkb.len()), (6, sizes));
    assert!(
        matches!(&found[1], FeatureItem::Refused(refusal) if refusal.code == "no_geometry" && refusal.row == 2)
    );
    let survey = survey(file.path());
    assert_eq!(survey.layers, ["dat"]);
    let declared = survey.declared.unwrap();
    assert_eq!(declared.by, "vung/dat.prj");
    assert!(declared.crs().is_err());
}

#[test]
fn a_shapefile_in_the_zone_of_its_province_comes_to_lie_where_it_should() {
    // P1 of the test points: EPSG:9209 to 105.75, 10.05.
    let names: [&[u8]; 6] = [
        b"S\xE3c Tr\xA8ng",
        b"Tr\xB5 Vinh",
        b"V\xDCnh Long",
        b"B\xD5n Tre",
        b"C\xC7n Th\xAC",
        b"B\xB9c Li\xAAu",
    ];
    let points = vec![shp_point(527_207.301, 1_111_396.485); names.len()];
    let tcvn3 = dbf(&[("TEN", b'C', 12)], &names.map(|name| vec![name]));
    let file = file(zip(&[("a.shp", &shp(1, &points)), ("a.dbf", &tcvn3), ("a.cpg", b"UTF-8")]));
    let found = rows(file.path(), &under(9209));
    let bbox = found[0].bbox;
    assert!((bbox.west - 105.75).abs() < 2e-8 && (bbox.south - 10.05).abs() < 2e-8, "{bbox:?}");
    // The names are in TCVN3, whatever `.cpg` says.
    let names: Vec<&str> = found.iter().map(|row| row.property("TEN").unwrap().as_str().unwrap()).collect();
    assert_eq!(names, ["Sóc Trăng", "Trà Vinh", "Vĩnh Long", "Bến Tre", "Cần Thơ", "Bạc Liêu"]);
    let as_it_is = items(file.path(), &FeatureOptions::default()).unwrap();
    assert!(matches!(&as_it_is[0], FeatureItem::Refused(refusal) if refusal.reason.contains("metres")));
}

#[test]
fn several_layers_are_asked_about_and_damaged_ones_refused() {
    let point = shp(1, &[shp_point(105.0, 10.0)]);
    let two = file(zip(&[("a.shp", &point), ("b.shp", &point)]));
    let error = items(two.path(), &FeatureOptions::default()).unwrap_err();
    assert!(error.to_string().contains("`a`, `b`") && error.hint().unwrap().contains("sheet"), "{error}");
    let chosen = FeatureOptions { layer: Some("b".into()), ..FeatureOptions::default() };
    assert_eq!(rows(two.path(), &chosen).len(), 1);
    let mut cut = point.clone();
    cut.truncate(cut.len() - 3);
    let mut counts = shp(5, &[shp_polygon(&[&[(0.0, 0.0); 4]])]);
    counts[100 + 8 + 40..100 + 8 + 44].copy_from_slice(&u32::MAX.to_le_bytes());
    for (bytes, wanted) in [(cut, "cut off"), (vec![0; 50], "cut off"), (vec![1; 200], "does not begin")] {
        let bad = file(zip(&[("a.shp", &bytes)]));
        let error = items(bad.path(), &FeatureOptions::default()).unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
    }
    let bad = file(zip(&[("a.shp", &counts)]));
    let found = items(bad.path(), &FeatureOptions::default()).unwrap();
    assert!(
        matches!(&found[0], FeatureItem::Refused(refusal) if refusal.code == "bad_geometry"),
        "{found:?}"
    );
}

/// A GeoPackage with two layers, one in a zone of VN-2000.
fn geopackage(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("a.gpkg");
    let database = rusqlite::Connection::open(&path).unwrap();
    database
        .execute_batch(
            "CREATE TABLE gpkg_spatial_ref_sys (srs_name, srs_id INTEGER PRIMARY KEY, organization, organization_coordsys_id INTEGER, definition);
             CREATE TABLE gpkg_contents (table_name, data_type, srs_id);
             CREATE TABLE gpkg_geometry_columns (table_name, column_name, geometry_type_name, srs_id INTEGER, z, m);
             INSERT INTO gpkg_spatial_ref_sys VALUES ('x', 100001, 'EPSG', 9209, ''), ('y', 4326, 'EPSG', 4326, '');
             INSERT INTO gpkg_contents VALUES ('cong', 'features', 100001), ('\"kênh', 'features', 4326), ('note', 'attributes', 0), ('v', 'features', 4326);
             INSERT INTO gpkg_geometry_columns VALUES ('cong', 'geom', 'POINT', 100001, 0, 0), ('\"kênh', 'shape', 'LINESTRING', 4326, 0, 0), ('v', 'geom', 'POINT', 4326, 0, 0);
             CREATE TABLE cong (fid INTEGER PRIMARY KEY, ten TEXT, rong REAL, so INTEGER, geom BLOB);
             CREATE TABLE \"\"\"kênh\" (id INTEGER PRIMARY KEY, shape BLOB);
             CREATE VIEW v AS SELECT * FROM cong;",
        )
        .unwrap();
    let mut blob = b"GP\0\x01\xA1\x86\x01\0".to_vec();
    blob.extend([1, 1, 0, 0, 0]);
    blob.extend(527_207.301_f64.to_le_bytes());
    blob.extend(1_111_396.485_f64.to_le_bytes());
    for (id, name, blob) in
        [(7, "Cống Trà Sư", blob.as_slice()), (9, "", b"GP\0\x11\xA1\x86\x01\0"), (12, "z", b"??")]
    {
        let name = Some(name).filter(|name| !name.is_empty());
        database
            .execute("INSERT INTO cong VALUES (?1, ?2, 1.5, 3, ?3)", rusqlite::params![id, name, blob])
            .unwrap();
    }
    path
}

#[test]
fn a_geopackage_is_read_layer_by_layer_with_what_it_says_of_its_coordinates() {
    let folder = tempfile::tempdir().unwrap();
    let path = geopackage(folder.path());
    let error = items(&path, &FeatureOptions::default()).unwrap_err();
    assert!(error.to_string().contains("`\"kênh`, `cong`"), "{error}");
    let options = FeatureOptions { layer: Some("cong".into()), ..under(9209) };
    let found = items(&path, &options).unwrap();
    let FeatureItem::Row(row) = &found[0] else { panic!("{found:?}") };
    assert_eq!((row.row, row.id.as_deref()), (1, Some("7")));
    let expected = [("fid", json!(7)), ("ten", json!("Cống Trà Sư")), ("rong", json!(1.5)), ("so", json!(3))];
    assert_eq!(row.properties, expected.map(|(name, value)| (name.to_owned(), value)));
    assert!((row.bbox.west - 105.75).abs() < 2e-8, "{:?}", row.bbox);
    let codes: Vec<(u32, &str)> = found[1..]
        .iter()
        .map(|item| match item {
            FeatureItem::Refused(refusal) => (refusal.row, refusal.code),
            FeatureItem::Row(row) => panic!("{row:?}"),
        })
        .collect();
    assert_eq!(codes, [(2, "no_geometry"), (3, "bad_geometry")]);
    let format = detect_file("a.gpkg", &path).unwrap();
    let survey = survey_features(&path, &format, &options, &Limits::default()).unwrap();
    assert_eq!((survey.layer, survey.declared.unwrap().crs().unwrap().epsg), (1, Some(9209)));
    let cell = CellRef { sheet: 1, row: 1, column: 2 };
    let shown = neighbourhood(&path, &format, cell, 1, &Limits::default()).unwrap();
    assert_eq!(shown.sheet_name, "cong");
    assert_eq!(shown.rows[1].1[1], "Cống Trà Sư");
}

#[test]
fn a_database_that_is_no_geopackage_or_is_damaged_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = geopackage(folder.path());
    let mut bytes = std::fs::read(&path).unwrap();
    for at in (4096..bytes.len()).step_by(97) {
        bytes[at] ^= 0xA5;
    }
    assert!(items(file(&bytes).path(), &FeatureOptions::default()).is_err());
    bytes.truncate(5000);
    assert!(items(file(&bytes).path(), &FeatureOptions::default()).is_err());
    let other = folder.path().join("b.sqlite");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();
    let error = items(&other, &FeatureOptions::default()).unwrap_err();
    assert!(error.to_string().contains("no GeoPackage"), "{error}");
}

const KML: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>Tài liệu</name>
<Schema name="s" id="s"><SimpleField name="rong" type="float"/></Schema>
<Folder><name>Cống</name>
<Placemark id="a"><name>Cống &amp; âu <![CDATA[Cái Lớn]]></name>
 <ExtendedData><SchemaData schemaUrl="#s"><SimpleData name="rong">11.5</SimpleData></SchemaData><Data name="mã"><value>C1</value></Data></ExtendedData>
 <Point><coordinates> 105.1,9.9,3 </coordinates></Point></Placemark>
<Placemark><name>Hai mảnh</name><MultiGeometry>
 <Polygon><outerBoundaryIs><LinearRing><coordinates>105,9 106,9 106,10 105,9</coordinates></LinearRing></outerBoundaryIs>
  <innerBoundaryIs><LinearRing><coordinates>105.5,9.1 105.6,9.1 105.6,9.2 105.5,9.1</coordinates></LinearRing></innerBoundaryIs></Polygon>
 <Polygon><outerBoundaryIs><LinearRing><coordinates>107,9 108,9 108,10 107,9</coordinates></LinearRing></outerBoundaryIs></Polygon>
</MultiGeometry></Placemark></Folder>
<Placemark><name>Không có gì</name></Placemark>
<Placemark><LineString><coordinates>105,9
106;10</coordinates></LineString></Placemark>
</Document></kml>"##;

#[test]
fn the_placemarks_of_a_kml_document_are_features() {
    for bytes in [KML.as_bytes().to_vec(), zip(&[("files/a.png", b"x"), ("doc.kml", KML.as_bytes())])] {
        let file = file(bytes);
        let found = items(file.path(), &FeatureOptions::default()).unwrap();
        let FeatureItem::Row(row) = &found[0] else { panic!("{found:?}") };
        let expected = [("name", "Cống & âu Cái Lớn"), ("rong", "11.5"), ("mã", "C1"), ("folder", "Cống")];
        assert_eq!(row.properties, expected.map(|(name, value)| (name.to_owned(), json!(value))));
        assert!(row.had_heights);
        let FeatureItem::Row(row) = &found[1] else { panic!("{found:?}") };
        assert_eq!((row.wkb[1], row.bbox.east), (6, 108.0));
        let codes: Vec<&str> = found[2..]
            .iter()
            .filter_map(|item| match item {
                FeatureItem::Refused(refusal) => Some(refusal.code),
                FeatureItem::Row(_) => None,
            })
            .collect();
        assert_eq!(codes, ["no_geometry", "bad_geometry"]);
    }
}

#[test]
fn a_kml_document_may_not_define_entities_nor_nest_without_end() {
    let start = "<kml xmlns=\"http://www.opengis.net/kml/2.2\">";
    for (text, wanted) in [
        (format!("{start}<!DOCTYPE kml [<!ENTITY a \"b\">]></kml>"), "document type"),
        (format!("{start}<Placemark><name>&own;</name></Placemark></kml>"), "entity"),
        (format!("{start}{}", "<Folder>".repeat(100_000)), "nested too deeply"),
        (format!("{start}<Placemark><name>x"), "ends too early"),
        (format!("{start}<Placemark></Folder>"), "cannot be read"),
    ] {
        let error = items(file(text).path(), &FeatureOptions::default()).unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
    }
}

fn parquet(columns: Vec<(&str, ArrayRef)>, geo: Option<Value>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let metadata = geo.map(|geo| vec![parquet::file::metadata::KeyValue::new("geo".into(), geo.to_string())]);
    let properties =
        parquet::file::properties::WriterProperties::builder().set_key_value_metadata(metadata).build();
    let mut bytes = Vec::new();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn geoparquet_is_read_as_its_metadata_says() {
    let mut wkb = vec![1, 1, 0, 0, 0];
    wkb.extend(527_207.301_f64.to_le_bytes());
    wkb.extend(1_111_396.485_f64.to_le_bytes());
    let shapes: ArrayRef = Arc::new(BinaryArray::from_opt_vec(vec![
        Some(wkb.as_slice()),
        None,
        Some(b"\x01\x02\0\0\0\xFF\xFF\xFF\xFF"),
    ]));
    let names: ArrayRef = Arc::new(StringArray::from(vec![Some("Cái Sắn"), None, Some("c")]));
    let numbers: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3]));
    let geo = json!({"version": "1.1.0", "primary_column": "hình", "columns": {"hình": {"encoding": "WKB", "geometry_types": [],
        "crs": {"type": "ProjectedCRS", "name": "VN-2000 / TM-3 105-30", "id": {"authority": "EPSG", "code": 9209}}}}});
    let file = file(parquet(vec![("ten", names), ("hình", shapes), ("so", numbers)], Some(geo)));
    let found = items(file.path(), &under(9209)).unwrap();
    let FeatureItem::Row(row) = &found[0] else { panic!("{found:?}") };
    assert_eq!(row.properties, [("ten".to_owned(), json!("Cái Sắn")), ("so".to_owned(), json!(1))]);
    assert!((row.bbox.west - 105.75).abs() < 2e-8);
    assert!(matches!(&found[1], FeatureItem::Refused(refusal) if refusal.code == "no_geometry"));
    assert!(matches!(&found[2], FeatureItem::Refused(refusal) if refusal.code == "bad_geometry"));
    assert_eq!(survey(file.path()).declared.unwrap().crs().unwrap().epsg, Some(9209));
}

#[test]
fn native_geometries_of_geoparquet_are_read_too() {
    use arrow::array::{ListArray, StructArray};
    use arrow::buffer::OffsetBuffer;
    use arrow::datatypes::{DataType, Field};
    let fields = vec![Field::new("x", DataType::Float64, false), Field::new("y", DataType::Float64, false)];
    let positions = StructArray::new(
        fields.into(),
        vec![
            Arc::new(Float64Array::from(vec![105.0, 106.0, 106.0, 105.0])) as ArrayRef,
            Arc::new(Float64Array::from(vec![9.0, 9.0, 10.0, 9.0])) as ArrayRef,
        ],
        None,
    );
    let of = |array: ArrayRef, lengths: &[usize]| -> ArrayRef {
        let field = Arc::new(Field::new("item", array.data_type().clone(), false));
        Arc::new(ListArray::new(field, OffsetBuffer::from_lengths(lengths.iter().copied()), array, None))
    };
    let polygons = of(of(Arc::new(positions), &[4]), &[1]);
    let geo = json!({"primary_column": "geometry", "columns": {"geometry": {"encoding": "polygon"}}});
    let file = file(parquet(vec![("geometry", polygons)], Some(geo)));
    let row = rows(file.path(), &FeatureOptions::default()).remove(0);
    assert_eq!((row.wkb[1], row.bbox.north), (3, 10.0));
    assert!(survey(file.path()).declared.unwrap().crs().unwrap().is_stored());
}

#[test]
fn rows_of_a_table_with_coordinates_are_features_at_their_row() {
    for (text, coordinates, expected) in [
        ("Tên,Kinh độ,Vĩ độ\nA,105.75,10.05\n", ("Kinh độ", "Vĩ độ"), (105.75, 10.05)),
        ("ma;ten;lat;lon\n01;B;10O03';105°45'0,0\"\n", ("lon", "lat"), (105.75, 10.05)),
        (
            "Trạm quan trắc\n\nSTT,X (m),Y (m)\n1,\"1.111.396,485\",\"527.207,301\"\n",
            ("X (m)", "Y (m)"),
            (1_111_396.485, 527_207.301),
        ),
        ("station_name,latitude,longitude\nx,10.05,105.75\n", ("longitude", "latitude"), (105.75, 10.05)),
        ("code,date,e,n\nx,2020-01-01,105.75,10.05\n", ("e", "n"), (105.75, 10.05)),
    ] {
        let file = file(text);
        let survey = survey(file.path());
        let (x, y) = coordinates;
        assert_eq!(survey.coordinates, Some(Coordinates::Pair { x: x.into(), y: y.into() }), "{text}");
        let first = &survey.features[0];
        assert!(
            (first.x - expected.0).abs() < 1e-9 && (first.y - expected.1).abs() < 1e-9,
            "{text}: {first:?}"
        );
    }
    let text = "id,wkt\na,\"SRID=4326;POLYGON((105 9,106 9,106 10,105 9))\"\nb,POINT(1\nc,\n";
    let found = items(file(text).path(), &FeatureOptions::default()).unwrap();
    assert!(matches!(&found[0], FeatureItem::Row(row) if row.row == 2 && row.wkb[1] == 3), "{found:?}");
    assert!(
        matches!(&found[1], FeatureItem::Refused(refusal) if (refusal.row, refusal.code) == (3, "bad_geometry"))
    );
    assert!(
        matches!(&found[2], FeatureItem::Refused(refusal) if (refusal.row, refusal.code) == (4, "no_geometry"))
    );
    let error = items(file("a,b\n1,2\n").path(), &FeatureOptions::default()).unwrap_err();
    assert!(error.to_string().contains("`a`, `b`") && error.hint().unwrap().contains("[feature]"), "{error}");
}

#[test]
fn json_records_are_features_by_their_coordinates_or_their_points() {
    let list = file(r#"[{"id":"a","lat":10.5,"lon":104.87,"z":null},{"id":"b","lat":"x","lon":1}]"#);
    let found = items(list.path(), &FeatureOptions::default()).unwrap();
    let FeatureItem::Row(row) = &found[0] else { panic!("{found:?}") };
    assert_eq!((row.bbox.west, row.property("id")), (104.87, Some(&json!("a"))));
    assert!(matches!(&found[1], FeatureItem::Refused(refusal) if refusal.code == "bad_coordinates"));
    let named = file(r#"{"song_hau": {"points": [[106.2, 9.6], [106.1, 9.7]], "length_km": 12.5}}"#);
    let row = rows(named.path(), &FeatureOptions::default()).remove(0);
    assert_eq!((row.wkb[1], row.property("key")), (2, Some(&json!("song_hau"))));
    let deep = format!("[{{\"a\":{}1{}}}]", "[".repeat(200), "]".repeat(200));
    assert!(matches!(
        items(file(deep).path(), &FeatureOptions::default()),
        Err(Error::Limit { code: "too_deep", .. })
    ));
    let none = items(file(r#"[{"a":1}]"#).path(), &FeatureOptions::default()).unwrap_err();
    assert!(none.to_string().contains("no coordinates"), "{none}");
}

#[test]
fn geojson_of_another_system_is_read_under_it_once_it_is_known() {
    let text = r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::9209"}},
        "features":[{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[527207.301,1111396.485]}}]}"#;
    let file = file(text);
    assert_eq!(survey(file.path()).declared.unwrap().crs().unwrap().epsg, Some(9209));
    let row = rows(file.path(), &under(9209)).remove(0);
    assert!((row.bbox.south - 10.05).abs() < 2e-8);
    assert!(items(file.path(), &FeatureOptions::default()).is_err());
}

/// The expected numbers were made with pyogrio 0.12 and Python's `json` and `csv`.
#[test]
fn real_layers_are_read_whole() {
    let Ok(folder) = std::env::var("CUULONG_REAL_DATA") else { return };
    let path = |name: &str| Path::new(&folder).join(name);
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
    let number = |row: &FeatureRow, name: &str| match row.property(name) {
        Some(Value::String(text)) => text.parse().unwrap(),
        Some(value) => value.as_f64().unwrap_or(0.0),
        None => 0.0,
    };
    let basins = path("dams/lancang_basin_above_jinghong.gpkg");
    let layer = rows(&basins, &FeatureOptions::default());
    assert_eq!(layer.len(), 177);
    assert!(close(layer.iter().map(|row| number(row, "SUB_AREA")).sum(), 142_695.5));
    assert!(close(layer.iter().map(|row| number(row, "population")).sum(), 5_413_577.048_544_884));
    assert_eq!((layer[0].id.as_deref(), layer[176].id.as_deref()), (Some("912"), Some("1100")));
    let bounds = layer.iter().map(|row| row.bbox).reduce(|all, next| all.union(&next)).unwrap();
    let expected = [93.858_068_678_114_17, 21.995_480_007_595_5, 101.1875, 33.820_833_333_333_36];
    let edges = [bounds.west, bounds.south, bounds.east, bounds.north];
    assert!(edges.into_iter().zip(expected).all(|(edge, expected)| close(edge, expected)), "{bounds:?}");
    assert_eq!(survey(&basins).declared.unwrap().text, "EPSG:4326");

    let stations =
        rows(&path("salinity/thuyloi_salinity_station_catalogue_115.json"), &FeatureOptions::default());
    assert_eq!(stations.len(), 115);
    assert!(close(stations.iter().map(|row| row.bbox.west).sum(), 12_153.190_780_000_004));
    assert!(close(stations.iter().map(|row| row.bbox.south).sum(), 1_165.063_99));

    let rivers = rows(&path("waterways/osm_main_river_centerlines.json"), &FeatureOptions::default());
    assert_eq!(rivers.len(), 10);
    assert!(close(rivers.iter().map(|row| number(row, "length_km")).sum(), 901.6));
    // 9 bytes before the positions of a line.
    assert_eq!(rivers.iter().map(|row| (row.wkb.len() - 9) / 16).sum::<usize>(), 1026);

    let air = rows(&path("air_quality/air_quality_stations_vietnam.csv"), &FeatureOptions::default());
    assert_eq!((air.len(), air[0].row), (263, 2));
    assert!(close(air.iter().map(|row| row.bbox.west).sum(), 27_991.161_223_818_755));
    assert!(close(air.iter().map(|row| row.bbox.south).sum(), 4_738.248_901_325_403_5));

    let wards =
        items(&path("admin/vietnam_wards_population_area_2026.csv"), &FeatureOptions::default()).unwrap();
    let (good, bad): (Vec<_>, Vec<_>) = wards.iter().partition(|item| matches!(item, FeatureItem::Row(_)));
    assert_eq!((good.len(), bad.len()), (3311, 2));
}

proptest! {
    #[test]
    fn no_bytes_of_a_shapefile_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), table in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut shapes = shp(5, std::slice::from_ref(&bytes));
        let _ = items(file(zip(&[("a.shp", &shapes), ("a.dbf", &table)])).path(), &FeatureOptions::default());
        shapes.truncate(100);
        shapes.extend(&bytes);
        let _ = items(file(zip(&[("a.shp", &shapes)])).path(), &FeatureOptions::default());
    }

    #[test]
    fn no_bytes_of_wkb_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..120), kind in 1_u8..8) {
        let mut wkb = vec![1, kind, 0, 0, 0];
        wkb.extend(&bytes);
        let shapes: ArrayRef = Arc::new(BinaryArray::from_vec(vec![&wkb, &bytes]));
        let _ = items(file(parquet(vec![("geometry", shapes)], None)).path(), &FeatureOptions::default());
    }

    #[test]
    fn no_text_of_kml_makes_it_panic(text in "[<>/a-zPC&;,! 0-9\"=\\[\\]]{0,80}") {
        let whole = format!("<kml><Placemark>{text}</Placemark></kml>");
        let _ = items(file(whole).path(), &FeatureOptions::default());
    }
}

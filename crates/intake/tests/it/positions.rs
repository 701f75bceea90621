//! Files with positions into datasets of features and of rasters: which system is believed, and what is asked.

use std::io::Cursor;
use std::path::Path;

use arrow::array::AsArray;
use arrow::datatypes::{Float64Type, Int64Type};
use formats::crs::Crs;
use intake::{Error, Report};
use lake::{AsOf, FeatureRead};
use model::{DatasetKind, RunState};
use policy::Purpose;
use serde_json::json;
use tiff::encoder::TiffEncoder;
use tiff::encoder::colortype::Gray32Float;
use tiff::tags::Tag;

use crate::node::Node;

/// Places in Sóc Trăng, whose zone has the meridian 105°30'.
const PLACES: [(f64, f64); 4] = [(105.97, 9.6), (105.72, 9.46), (106.1, 9.5), (105.83, 9.72)];

pub fn codes(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// Boxes of all features, by id.
pub async fn stored(node: &Node, dataset: &str) -> Vec<(String, [f64; 4])> {
    let permit = node.permit(dataset, Purpose::Read).await;
    let snapshot = node.lake.snapshot(&permit, AsOf::Latest).await.unwrap();
    let read = FeatureRead { bbox: None, offset: 0, limit: 100_000, feature: None };
    let found = node.lake.read_features(&permit, &snapshot, read).await.unwrap();
    let mut rows = Vec::new();
    for batch in &found.batches {
        let edge = |name: &str, row: usize| {
            batch.column_by_name(name).unwrap().as_primitive::<Float64Type>().value(row)
        };
        for row in 0..batch.num_rows() {
            let id = batch.column_by_name("feature").unwrap().as_string::<i32>().value(row).to_owned();
            rows.push((id, ["xmin", "ymin", "xmax", "ymax"].map(|name| edge(name, row))));
        }
    }
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows
}

fn close(stored: &[(String, [f64; 4])], expected: &[(f64, f64)]) -> bool {
    stored.len() == expected.len()
        && stored
            .iter()
            .zip(expected)
            .all(|((_, edges), (x, y))| (edges[0] - x).abs() < 2e-8 && (edges[1] - y).abs() < 2e-8)
}

/// A table as a surveyor hands it in: X is the northing.
fn table(province: &str) -> String {
    let transform = Crs::epsg(9209).unwrap().transform().unwrap();
    let mut text = "Mã,Tên,X (m),Y (m),Tỉnh\n".to_owned();
    for (at, (lon, lat)) in PLACES.iter().enumerate() {
        let (east, north) = transform.from_wgs84(*lon, *lat);
        text += &format!("G{at},Cống {at},\"{}\",\"{}\",{province}\n", comma(north), comma(east));
    }
    text
}

fn comma(number: f64) -> String {
    format!("{number:.3}").replace('.', ",")
}

#[tokio::test]
async fn a_table_in_the_zone_of_its_province_with_the_northing_first_comes_to_lie_there() {
    let node = Node::new().await;
    let report = node.load("things", "cong.csv", table("Sóc Trăng"), None).await.unwrap();
    assert_eq!(codes(&report), ["coordinates_swapped", "crs_used"]);
    assert!(report.findings[1].expected.contains("6960"), "{:?}", report.findings);
    for expected in ["crs = \"EPSG:9209\"", "x = \"X (m)\"", "id = \"Mã\"", "name = \"Tên\""] {
        assert!(report.mapping.contains(expected), "{expected} in\n{}", report.mapping);
    }
    assert!(close(&stored(&node, "things").await, &PLACES));
    // The next file of the same shape is read the same way.
    let again = node.load("things", "cong2.csv", table("Sóc Trăng"), None).await.unwrap();
    assert_eq!((again.run.totals.unchanged, again.run.version), (4, None));
}

#[tokio::test]
async fn metres_without_a_system_and_a_place_are_asked_about() {
    let node = Node::new().await;
    let error = node.load("things", "cong.csv", table("xa"), None).await.unwrap_err();
    let Error::Invalid { what, hint } = &error else { panic!("{error:?}") };
    assert!(what.contains("EPSG:9209") && what.contains("EPSG:9210"), "{what}");
    assert!(hint.contains("crs = ") && hint.contains("area = "), "{hint}");
    let mapping = "version = 1\nkind = \"features\"\n[source]\nSAID\n[feature]\nid = \"Mã\"\nx = \"X (m)\"\ny = \"Y (m)\"\n";
    let by_area = mapping.replace("SAID", "area = \"gso2004:94\"\nsurveyed = \"2019-05-01\"");
    let report = node.load("things", "cong.csv", table("xa"), Some(&by_area)).await.unwrap();
    assert_eq!(codes(&report), ["coordinates_swapped", "crs_used"]);
    assert!(close(&stored(&node, "things").await, &PLACES));
    let by_words = mapping.replace("SAID", "crs = \"VN2000 KTT 105°30' múi 3\"");
    let report = node.load("things", "cong.csv", table("xa"), Some(&by_words)).await.unwrap();
    assert_eq!(report.run.totals.unchanged, 4);
    for (wrong, wanted) in [
        ("crs = \"EPSG:4131\"", "line 4"),
        ("area = \"gso2004:1\"", "line 4"),
        ("surveyed = \"x\"", "line 4"),
    ] {
        let error = node
            .load("things", "a.csv", table("xa"), Some(&mapping.replace("SAID", wrong)))
            .await
            .unwrap_err();
        assert!(error.to_string().contains(wanted), "{wrong}: {error}");
    }
}

#[tokio::test]
async fn stations_beyond_the_delta_go_in_and_are_said_to_lie_outside_the_known_outlines() {
    let node = Node::new().await;
    // Kratie, Stung Treng, Pakse, and two of the delta.
    let far = [("KRA", 106.02, 12.48), ("STR", 105.95, 13.53), ("PAK", 105.80, 15.12)];
    let near = [("TCH", 105.248, 10.8006), ("CDO", 105.1335, 10.7053)];
    let utm = Crs::epsg(32648).unwrap().transform().unwrap();
    let mut csv = "Mã,X (m),Y (m),quoc_gia\n".to_owned();
    for (id, lon, lat) in far.iter().chain(&near) {
        let (x, y) = utm.from_wgs84(*lon, *lat);
        csv += &format!("{id},{y:.3},{x:.3},Campuchia\n");
    }
    let mapping = "version = 1\nkind = \"features\"\n[source]\ncrs = \"EPSG:32648\"\nAREA\n[feature]\nid = \"Mã\"\nx = \"X (m)\"\ny = \"Y (m)\"\n";
    let report = node.load("things", "a.csv", csv.clone(), Some(&mapping.replace("AREA", ""))).await.unwrap();
    assert_eq!((report.run.totals.refused, report.run.totals.added), (0, 5), "{:?}", report.findings);
    assert_eq!(codes(&report), ["coordinates_swapped", "crs_used", "outside_outlines"]);
    assert_eq!(report.findings[2].expected, "3/5");
    let wanted: Vec<(f64, f64)> = far.iter().chain(&near).map(|(_, lon, lat)| (*lon, *lat)).collect();
    let mut stored = stored(&node, "things").await;
    stored.sort_by_key(|(id, _)| far.iter().chain(&near).position(|(own, ..)| own == id));
    assert!(close(&stored, &wanted), "{stored:?}");
    // An area beyond the delta has no outline that could be tested against.
    let mapping = mapping.replace("AREA", "area = \"iso3166:KH\"");
    let report = node.load("things", "a.csv", csv, Some(&mapping)).await.unwrap();
    assert_eq!((report.run.totals.refused, report.run.totals.unchanged), (0, 5), "{:?}", report.findings);
    assert_eq!((codes(&report)[0], report.findings[0].value.as_str()), ("outside_outlines", "iso3166:KH"));
}

fn geojson(declared: &str, province: &str) -> String {
    let transform = Crs::epsg(9209).unwrap().transform().unwrap();
    let features: Vec<_> = PLACES
        .iter()
        .enumerate()
        .map(|(at, (lon, lat))| {
            let (east, north) = transform.from_wgs84(*lon, *lat);
            json!({"type": "Feature", "id": format!("g{at}"), "properties": {"tinh": province},
                   "geometry": {"type": "Point", "coordinates": [east, north]}})
        })
        .collect();
    json!({"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": declared}}, "features": features})
        .to_string()
}

#[tokio::test]
async fn a_system_that_the_file_names_is_believed_unless_the_numbers_contradict_it() {
    let node = Node::new().await;
    let right = geojson("urn:ogc:def:crs:EPSG::9209", "Sóc Trăng");
    let report = node.load("things", "a.geojson", right, None).await.unwrap();
    assert_eq!(codes(&report), ["crs_used"]);
    assert!(close(&stored(&node, "things").await, &PLACES));
    // UTM 48N is said over numbers that lie in Sóc Trăng under its own zone alone.
    let lying = geojson("urn:ogc:def:crs:EPSG::32648", "Sóc Trăng");
    node.dataset("lying", DatasetKind::Features).await;
    let report = node.load("lying", "a.geojson", lying, None).await.unwrap();
    assert_eq!(codes(&report), ["crs_contradicted", "crs_used"]);
    assert!(close(&stored(&node, "lying").await, &PLACES));
    // Without a place, degrees would be the only other reading, and these are none.
    let unplaced = geojson("urn:ogc:def:crs:OGC:1.3:CRS84", "xa");
    node.dataset("unplaced", DatasetKind::Features).await;
    let error = node.load("unplaced", "a.geojson", unplaced, None).await.unwrap_err();
    assert!(error.to_string().contains("`crs` says") && error.to_string().contains("EPSG:9209"), "{error}");
}

/// The expected numbers were made with pyogrio, and with Python's `json` and `csv`.
#[tokio::test]
async fn real_layers_go_in_whole() {
    let Ok(folder) = std::env::var("CUULONG_REAL_DATA") else { return };
    let bytes = |name: &str| std::fs::read(Path::new(&folder).join(name)).unwrap();
    let node = Node::new().await;
    for dataset in ["basins", "salinity_stations", "rivers", "air", "wards", "old", "new"] {
        node.dataset(dataset, DatasetKind::Features).await;
    }
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
    let report = node
        .load("basins", "lancang.gpkg", bytes("dams/lancang_basin_above_jinghong.gpkg"), None)
        .await
        .unwrap();
    assert_eq!((report.run.totals.added, codes(&report)), (177, vec!["outside_outlines"]));
    assert!(
        report.mapping.contains("name = \"sub_area\"\nfrom = \"SUB_AREA\"\ntype = \"number\""),
        "{}",
        report.mapping
    );
    let west = stored(&node, "basins").await.iter().map(|(_, edges)| edges[0]).fold(f64::MAX, f64::min);
    assert!(near(west, 93.858_068_678_114_17), "{west}");

    let file = bytes("salinity/thuyloi_salinity_station_catalogue_115.json");
    let report = node.load("salinity_stations", "catalogue.json", file, None).await.unwrap();
    assert_eq!((report.run.totals.added, codes(&report)), (115, vec![]));
    let all = stored(&node, "salinity_stations").await;
    assert!(near(all.iter().map(|(_, edges)| edges[0]).sum(), 12_153.190_780_000_004));
    assert_eq!(all[0].0, "H01.KTTV.MN001");
    assert_eq!(all[0].1[..2], [104.87, 10.51]);

    let report = node
        .load("rivers", "rivers.json", bytes("waterways/osm_main_river_centerlines.json"), None)
        .await
        .unwrap();
    assert_eq!((report.run.totals.added, codes(&report)), (10, vec![]));

    let file = bytes("air_quality/air_quality_stations_vietnam.csv");
    let report = node.load("air", "stations.csv", file, None).await.unwrap();
    assert_eq!((report.run.totals.added, codes(&report)), (263, vec!["outside_outlines"]));
    let north = stored(&node, "air").await.iter().map(|(_, edges)| edges[1]).sum::<f64>();
    assert!(near(north, 4_738.248_901_325_403_5), "{north}");

    // Two communes have no position.
    let file = bytes("admin/vietnam_wards_population_area_2026.csv");
    let report = node.load("wards", "wards.csv", file, None).await.unwrap();
    assert_eq!(
        (report.run.totals.added, codes(&report)),
        (3311, vec!["outside_outlines", "no_geometry", "no_geometry"])
    );
    assert!(report.mapping.contains("name = \"code\"\ntype = \"text\""), "{}", report.mapping);

    let file = bytes("admin/provinces_before_2025_geoboundaries_13.geojson");
    let report = node.load("old", "provinces.geojson", file, None).await.unwrap();
    assert_eq!((report.run.totals.added, codes(&report)), (13, vec![]));
    let mut names: Vec<_> = std::fs::read_dir(Path::new(&folder).join("admin/provinces_2025"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    for path in names {
        let report = node.load("new", "province.geojson", std::fs::read(path).unwrap(), None).await.unwrap();
        assert_eq!((report.run.totals.added, codes(&report)), (1, vec![]));
    }
}

#[tokio::test]
async fn a_raster_is_kept_as_a_file_and_a_row_and_the_same_again_changes_nothing() {
    let Ok(folder) = std::env::var("CUULONG_REAL_DATA") else { return };
    let bytes = std::fs::read(Path::new(&folder).join("salinity/salinity_raster_utm48n.tif")).unwrap();
    let node = Node::new().await;
    node.dataset("surface", DatasetKind::Coverage).await;
    let dry = node.load_as("surface", "Salinity 2020.tif", bytes.clone(), None, true).await.unwrap();
    assert_eq!((dry.run.state, dry.run.totals.added), (RunState::DryRun, 1));
    let mapping = "version = 1\nkind = \"coverage\"\n[coverage]\ntime = \"2020-02-15\"\nproperty = \"salinity\"\nunit = \"g/L\"\n";
    let report = node.load("surface", "Salinity 2020.tif", bytes.clone(), Some(mapping)).await.unwrap();
    assert_eq!((report.run.totals.added, codes(&report)), (1, vec![]));
    let rows = stored(&node, "surface").await;
    assert_eq!(rows[0].0, "salinity_2020");
    assert!((rows[0].1[0] - 104.382_477).abs() < 1e-4, "{rows:?}");
    let again = node.load("surface", "Salinity 2020.tif", bytes.clone(), Some(mapping)).await.unwrap();
    assert_eq!((again.run.version, again.run.totals.unchanged), (None, 1));

    let permit = node.permit("surface", Purpose::Read).await;
    let snapshot = node.lake.snapshot(&permit, AsOf::Latest).await.unwrap();
    let read = FeatureRead { bbox: None, offset: 0, limit: 10, feature: Some("salinity_2020".into()) };
    let found = node.lake.read_features(&permit, &snapshot, read).await.unwrap();
    let batch = found.batches.iter().find(|batch| batch.num_rows() == 1).unwrap();
    let size = batch.column_by_name("bytes").unwrap().as_primitive::<Int64Type>().value(0);
    let hash = model::OriginalHash::new(batch.column_by_name("sha256").unwrap().as_string::<i32>().value(0))
        .unwrap();
    let part = node.lake.coverage_part(&permit, &hash, 0..4).await.unwrap();
    assert_eq!(&part[..], b"II*\0");
    assert_eq!(node.lake.coverage(&permit, &hash, None).await.unwrap().size, u64::try_from(size).unwrap());
    let files = node.lake.files_of(permit.dataset(), None).await.unwrap();
    assert!(files.iter().any(|file| file.sha256.as_deref() == Some(hash.as_str())), "{files:?}");

    let error = node.load("surface", "a.csv", "a,b\n1,2\n", None).await.unwrap_err();
    assert!(error.hint().is_some_and(|hint| hint.contains("GeoTIFF")), "{error}");
}

#[tokio::test]
async fn the_system_that_the_title_of_a_table_names_is_believed_and_tested() {
    let node = Node::new().await;
    let titled = |meridian: &str| {
        let title = format!("\"Danh mục cống (Hệ VN-2000, kinh tuyến trục {meridian}, múi chiếu 3°)\"\n");
        // No column names the province.
        title + &table("").replace(",Tỉnh", "").replace("\",\n", "\"\n")
    };
    let report = node.load("things", "cong.csv", titled("105°30'"), None).await.unwrap();
    assert_eq!(codes(&report), ["coordinates_swapped", "crs_used"]);
    assert!(report.mapping.contains("crs = \"EPSG:9209\""), "{}", report.mapping);
    assert!(close(&stored(&node, "things").await, &PLACES));
    // Without it, what has to be decided is asked.
    let untold = titled("105°30'").replace("Hệ VN-2000, kinh tuyến trục 105°30', múi chiếu 3°", "");
    node.dataset("untold", DatasetKind::Features).await;
    let error = node.load("untold", "cong.csv", untold, None).await.unwrap_err();
    assert!(error.to_string().contains("nothing says in which system"), "{error}");
}

#[tokio::test]
async fn a_table_of_two_provinces_in_two_zones_is_asked_for_as_two_files() {
    let node = Node::new().await;
    let line = |id: usize, epsg: u32, (lon, lat): (f64, f64), province: &str| {
        let (east, north) = Crs::epsg(epsg).unwrap().transform().unwrap().from_wgs84(lon, lat);
        format!("G{id},{north:.3},{east:.3},{province}\n")
    };
    let of_soc_trang = PLACES.iter().enumerate().map(|(at, place)| line(at, 9209, *place, "Sóc Trăng"));
    let of_ben_tre = [(106.45, 10.16), (106.52, 10.05), (106.33, 10.12)];
    let of_ben_tre = of_ben_tre.iter().enumerate().map(|(at, place)| line(at + 10, 9210, *place, "Bến Tre"));
    let csv = "Mã,X (m),Y (m),Tỉnh\n".to_owned() + &of_soc_trang.chain(of_ben_tre).collect::<String>();
    let error = node.load("things", "bom.csv", csv, None).await.unwrap_err();
    let said = error.to_string();
    assert!(said.contains("gso2004:83: EPSG:9210") && said.contains("gso2004:94: EPSG:9209"), "{said}");
    assert!(error.hint().is_some_and(|hint| hint.contains("a file for each system")), "{error}");
}

#[tokio::test]
async fn both_numbers_of_a_position_may_stand_in_a_column_that_says_their_order() {
    let node = Node::new().await;
    for (number, header) in ["Vị trí (vĩ độ, kinh độ)", "Vị trí", "Điểm đo (lat, lon)"].iter().enumerate()
    {
        let dataset = format!("one_{number}");
        node.dataset(&dataset, DatasetKind::Features).await;
        let lines: String =
            PLACES.iter().enumerate().map(|(at, (lon, lat))| format!("G{at};{lat:.5}, {lon:.5}\n")).collect();
        node.load(&dataset, "cong.csv", format!("Mã;{header}\n{lines}"), None).await.unwrap();
        assert!(close(&stored(&node, &dataset).await, &PLACES), "{header}");
    }
    // Where nothing was measured, nought stands for a position.
    let report = node
        .load("things", "a.csv", "Mã,Lat,Long\nA,9.6,105.97\nB,0,0\nC,9.46,105.72\nD,,\n", None)
        .await
        .unwrap();
    assert_eq!((report.run.totals.added, report.run.totals.refused), (2, 2), "{:?}", report.findings);
    // A title may name the meridian, and not the system.
    node.dataset("titled", DatasetKind::Features).await;
    let titled = "\"Danh sách bến (KTT 105°30', múi chiếu 3°)\"\n".to_owned()
        + &table("").replace(",Tỉnh", "").replace("\",\n", "\"\n");
    node.load("titled", "ben.csv", titled, None).await.unwrap();
    assert!(close(&stored(&node, "titled").await, &PLACES));
}

/// Two by two pixels, one of them without a value, which the file says in the way of single precision.
fn raster() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
    let mut image = encoder.new_image::<Gray32Float>(2, 2).unwrap();
    let tags = image.encoder();
    tags.write_tag(Tag::ModelPixelScaleTag, &[0.1, 0.1, 0.0][..]).unwrap();
    tags.write_tag(Tag::ModelTiepointTag, &[0.0, 0.0, 0.0, 105.7, 10.1, 0.0][..]).unwrap();
    tags.write_tag(Tag::GeoKeyDirectoryTag, &[1_u16, 1, 0, 2, 1024, 0, 1, 2, 2048, 0, 1, 4326][..]).unwrap();
    tags.write_tag(Tag::GdalNodata, "-3.4028234663852886e+38").unwrap();
    image.write_data(&[1.5_f32, 2.5, f32::MIN, 3.5]).unwrap();
    bytes.into_inner()
}

#[tokio::test]
async fn what_a_raster_says_for_no_value_is_kept_beside_it() {
    let node = Node::new().await;
    node.dataset("surface", DatasetKind::Coverage).await;
    let report = node.load("surface", "man.tif", raster(), None).await.unwrap();
    assert_eq!((report.run.totals.added, codes(&report)), (1, vec!["raster_untold"]));
    let permit = node.permit("surface", Purpose::Read).await;
    let snapshot = node.lake.snapshot(&permit, AsOf::Latest).await.unwrap();
    let read = FeatureRead { bbox: None, offset: 0, limit: 10, feature: None };
    let found = node.lake.read_features(&permit, &snapshot, read).await.unwrap();
    let batch = found.batches.iter().find(|batch| batch.num_rows() == 1).unwrap();
    let number = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Float64Type>().value(0);
    assert_eq!((number("nodata"), number("minimum")), (f64::from(f32::MIN), 1.5));
}

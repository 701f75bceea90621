//! Rasters into a dataset of rasters: what their files, their names and a kept mapping say, and which wins.

use std::io::Cursor;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, TimestampMicrosecondType};
use intake::{Error, Report};
use lake::{AsOf, FeatureRead};
use model::DatasetKind;
use policy::Purpose;
use tiff::encoder::TiffEncoder;
use tiff::encoder::colortype::{Gray8, Gray32Float};
use tiff::tags::Tag;

use crate::node::{Node, at};
use crate::positions::codes;

const DEGREES: [u16; 12] = [1, 1, 0, 2, 1024, 0, 1, 2, 2048, 0, 1, 4326];
const METRES: [u16; 12] = [1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 32648];

/// What is said of two by two pixels.
struct Tiff<'a> {
    corner: [f64; 2],
    keys: [u16; 12],
    metadata: &'a str,
    nodata: &'a str,
}

const PLAIN: Tiff<'static> = Tiff { corner: [105.7, 10.1], keys: DEGREES, metadata: "", nodata: "" };

impl Tiff<'_> {
    fn of(&self, values: [f32; 4]) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
        let mut image = encoder.new_image::<Gray32Float>(2, 2).unwrap();
        let tags = image.encoder();
        tags.write_tag(Tag::ModelPixelScaleTag, &[0.1, 0.1, 0.0][..]).unwrap();
        tags.write_tag(Tag::ModelTiepointTag, &[0.0, 0.0, 0.0, self.corner[0], self.corner[1], 0.0][..])
            .unwrap();
        tags.write_tag(Tag::GeoKeyDirectoryTag, &self.keys[..]).unwrap();
        if !self.metadata.is_empty() {
            let items = format!("<GDALMetadata>{}</GDALMetadata>", self.metadata);
            tags.write_tag(Tag::Unknown(42_112), items.as_str()).unwrap();
        }
        if !self.nodata.is_empty() {
            tags.write_tag(Tag::GdalNodata, self.nodata).unwrap();
        }
        image.write_data(&values).unwrap();
        bytes.into_inner()
    }
}

pub(crate) struct Row {
    pub(crate) item: String,
    time: Option<chrono::DateTime<chrono::Utc>>,
    property: Option<String>,
    unit: Option<String>,
    pub(crate) minimum: f64,
    west: f64,
}

pub(crate) async fn node() -> Node {
    let node = Node::new().await;
    node.dataset("surface", DatasetKind::Coverage).await;
    node
}

pub(crate) async fn rows(node: &Node) -> Vec<Row> {
    let permit = node.permit("surface", Purpose::Read).await;
    let snapshot = node.lake.snapshot(&permit, AsOf::Latest).await.unwrap();
    let read = FeatureRead { bbox: None, offset: 0, limit: 100, feature: None };
    let mut rows = Vec::new();
    for batch in &node.lake.read_features(&permit, &snapshot, read).await.unwrap().batches {
        for at in 0..batch.num_rows() {
            let text = |name: &str| {
                let column = batch.column_by_name(name).unwrap().as_string::<i32>();
                column.is_valid(at).then(|| column.value(at).to_owned())
            };
            let number =
                |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Float64Type>().value(at);
            let times = batch.column_by_name("time").unwrap().as_primitive::<TimestampMicrosecondType>();
            rows.push(Row {
                item: text("feature").unwrap(),
                time: times
                    .is_valid(at)
                    .then(|| chrono::DateTime::from_timestamp_micros(times.value(at)).unwrap()),
                property: text("property"),
                unit: text("unit"),
                minimum: number("minimum"),
                west: number("west_edge"),
            });
        }
    }
    rows.sort_by(|a, b| a.item.cmp(&b.item));
    rows
}

pub(crate) async fn load(node: &Node, name: &str, bytes: Vec<u8>, mapping: &str) -> Result<Report, Error> {
    let head = "version = 1\nkind = \"coverage\"\n";
    let mapping = Some(format!("{head}{mapping}")).filter(|_| !mapping.is_empty());
    node.load("surface", name, bytes, mapping.as_deref()).await
}

pub(crate) fn unit(unit: &str) -> String {
    format!("<Item name=\"UNITTYPE\" sample=\"0\" role=\"unittype\">{unit}</Item>")
}

const SALT: &str =
    "[coverage]\nitem = \"may\"\ntime = \"2020-02-15\"\nproperty = \"salinity\"\nunit = \"g/L\"\n";

#[tokio::test]
async fn what_a_kept_mapping_says_of_one_raster_is_not_said_of_the_next() {
    let node = node().await;
    let report = load(&node, "man.tif", PLAIN.of([1.0, 2.0, 3.0, 4.0]), SALT).await.unwrap();
    assert_eq!(codes(&report), Vec::<&str>::new());
    // The time of the next is said by its name, and it does not replace the one before.
    let report = load(&node, "man_2020-03-01.tif", PLAIN.of([2.0, 2.0, 3.0, 4.0]), "").await.unwrap();
    assert_eq!(
        codes(&report),
        ["raster_of_another", "raster_of_another", "raster_by_name", "raster_as_before"]
    );
    let found = rows(&node).await;
    let items: Vec<&str> = found.iter().map(|row| row.item.as_str()).collect();
    assert_eq!(items, ["man_2020_03_01", "may"]);
    assert_eq!(found[0].time, Some(at("2020-02-29T17:00:00Z")));
    assert_eq!((found[0].property.as_deref(), found[0].unit.as_deref()), (Some("salinity"), Some("g/L")));
    // What was not said of it stays unsaid, and the mapping that is kept now is of every raster.
    let report = load(&node, "man_2020-04-01.tif", PLAIN.of([2.0, 2.0, 3.0, 5.0]), "").await.unwrap();
    assert_eq!(codes(&report), ["raster_by_name", "raster_as_before"]);
}

#[tokio::test]
async fn a_kept_mapping_that_contradicts_a_file_is_asked_about() {
    let node = node().await;
    load(&node, "man.tif", PLAIN.of([1.0, 2.0, 3.0, 4.0]), SALT).await.unwrap();
    let kelvin = unit("K");
    let warm = Tiff { metadata: &kelvin, ..PLAIN };
    for (name, bytes, wanted) in [
        ("t_2020-03-01.tif", warm.of([300.0; 4]), "unit = g/L"),
        ("NDVI_2020-03-01.tif", PLAIN.of([0.1; 4]), "property = salinity"),
        ("other.tif", PLAIN.of([1.0; 4]), "of another file"),
        ("s_2020-03-01.tif", PLAIN.of([300.0; 4]), "no value of the raster"),
    ] {
        let error = load(&node, name, bytes, "").await.unwrap_err();
        assert!(error.to_string().contains(wanted), "{name}: {error}");
    }
    // One that came with the file is followed where the file says otherwise of itself.
    let salt = unit("mg/L");
    let said = Tiff { metadata: &salt, ..PLAIN }.of([1.0, 2.0, 3.0, 4.0]);
    let report = load(&node, "man_2019.tif", said, SALT).await.unwrap();
    assert_eq!(codes(&report), ["raster_overruled", "raster_overruled"]);
    let report = load(&node, "a.tif", warm.of([300.0; 4]), "[coverage]\nproperty = \"salinity\"\n").await;
    assert!(report.unwrap_err().to_string().contains("is no unit of `salinity`"));
}

#[tokio::test]
async fn time_property_and_unit_are_read_from_the_file_and_its_name_or_told_to_be_missing() {
    let node = node().await;
    let report = load(&node, "NDVI_2020-03.tif", PLAIN.of([0.1, 0.2, 0.3, 0.4]), "").await.unwrap();
    assert_eq!(codes(&report), ["raster_by_name", "raster_by_name", "raster_untold"]);
    let metres = unit("m");
    let report =
        load(&node, "x_20200215_1300.tif", Tiff { metadata: &metres, ..PLAIN }.of([1.0; 4]), "").await;
    let report = report.unwrap();
    assert_eq!(codes(&report), ["raster_untold"]);
    assert_eq!(
        (report.findings[0].value.as_str(), report.findings[0].expected.as_str()),
        ("time, property", "20200215_1300")
    );
    let found = rows(&node).await;
    assert_eq!(
        (found[0].property.as_deref(), found[0].time),
        (Some("ndvi"), Some(at("2020-02-29T17:00:00Z")))
    );
    assert_eq!((found[1].unit.as_deref(), found[1].time), (Some("m"), None));
}

#[tokio::test]
async fn numbers_for_nothing_are_left_out_unless_the_mapping_says_that_all_are_values() {
    let node = node().await;
    let all = "[coverage]\ntime = \"2020-02-15\"\nproperty = \"salinity\"\nunit = \"g/L\"\n";
    for (name, values, expected) in [
        ("a.tif", [1.5, -9999.0, 3.0, 4.0], 1.5),
        ("b.tif", [1e20, 2.5, 3.0, 9.969_21e36], 2.5),
        ("c.tif", [f32::MIN, 2.0, 3.0, -9999.0], 2.0),
    ] {
        let report = load(&node, name, PLAIN.of(values), all).await.unwrap();
        assert!(codes(&report).contains(&"raster_fill"), "{name}: {:?}", report.findings);
        let stored = rows(&node).await;
        let row = stored.iter().find(|row| name.starts_with(&row.item)).unwrap();
        assert_eq!(row.minimum, expected, "{name}");
    }
    // The least number of single precision, written with fewer digits.
    let rounded = Tiff { nodata: "-3.4e+38", ..PLAIN }.of([f32::MIN, 2.0, 3.0, 4.0]);
    assert_eq!(codes(&load(&node, "d.tif", rounded, all).await.unwrap()), Vec::<&str>::new());
    // Heights below the sea reach that far by themselves.
    let deep = PLAIN.of([-999.0, -800.0, -2000.0, 3.0]);
    let report =
        load(&node, "e.tif", deep, "[coverage]\ntime = \"2020-02-15\"\nunit = \"m\"\n").await.unwrap();
    assert!(!codes(&report).contains(&"raster_fill"), "{:?}", report.findings);
    let said = "[source]\nmissing = []\n[coverage]\ntime = \"2020-02-15\"\nunit = \"m\"\n";
    load(&node, "f.tif", PLAIN.of([-9999.0, 1.0, 2.0, 3.0]), said).await.unwrap();
    assert_eq!(rows(&node).await.iter().find(|row| row.item == "f").unwrap().minimum, -9999.0);
}

#[tokio::test]
async fn degrees_under_a_system_of_metres_are_refused_and_whole_turns_are_taken_back() {
    let node = node().await;
    let error = load(&node, "a.tif", Tiff { keys: METRES, ..PLAIN }.of([1.0; 4]), "").await.unwrap_err();
    assert!(error.to_string().contains("which are degrees"), "{error}");
    load(&node, "b.tif", Tiff { corner: [200.0, 10.0], ..PLAIN }.of([1.0; 4]), "").await.unwrap();
    assert_eq!(rows(&node).await[0].west, -160.0);
}

#[tokio::test]
async fn more_pages_and_descriptions_are_told_not_to_be_kept() {
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
    for page in 0..2 {
        let mut image = encoder.new_image::<Gray8>(2, 2).unwrap();
        let tags = image.encoder();
        if page == 0 {
            tags.write_tag(Tag::ModelPixelScaleTag, &[0.1, 0.1, 0.0][..]).unwrap();
            tags.write_tag(Tag::ModelTiepointTag, &[0.0, 0.0, 0.0, 105.7, 10.1, 0.0][..]).unwrap();
            tags.write_tag(Tag::GeoKeyDirectoryTag, &DEGREES[..]).unwrap();
            tags.write_tag(Tag::ImageDescription, "first of two").unwrap();
        }
        image.write_data(&[1, 2, 3, 4]).unwrap();
    }
    let node = node().await;
    let report = load(&node, "x.tif", bytes.into_inner(), "").await.unwrap();
    assert_eq!(codes(&report), ["raster_untold", "raster_left_out", "raster_left_out"]);
    assert_eq!(report.findings[1].value, "1");
    assert_eq!(report.findings[2].value, "first of two");
}

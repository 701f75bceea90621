//! Rasters from the hand-in to a reader by ranges: a real client judges the file, and rights hold.

use std::io::Write;

use testkit::{TestNode, python};
use tokio::process::Command;

/// An uncompressed GeoTIFF of one strip a row: `value(column, row)` in UTM 48N, pixels of 30 m.
pub(crate) fn geotiff(width: u32, height: u32, value: impl Fn(u32, u32) -> f32) -> Vec<u8> {
    tiff([width, height], (32, 3), b"-9999\0", |column, row| value(column, row).to_le_bytes().to_vec())
}

/// As [`geotiff`], of samples of some bits and format, with what stands for nothing.
fn tiff(
    [width, height]: [u32; 2],
    (bits, format): (u32, u32),
    nodata: &[u8],
    sample: impl Fn(u32, u32) -> Vec<u8>,
) -> Vec<u8> {
    let entries: [(u16, u16, u32, Vec<u8>); 15] = [
        (256, 4, 1, width.to_le_bytes().to_vec()),
        (257, 4, 1, height.to_le_bytes().to_vec()),
        (258, 3, 1, bits.to_le_bytes().to_vec()),
        (259, 3, 1, 1_u32.to_le_bytes().to_vec()),
        (262, 3, 1, 1_u32.to_le_bytes().to_vec()),
        (273, 4, height, vec![0; 4 * height as usize]),
        (277, 3, 1, 1_u32.to_le_bytes().to_vec()),
        (278, 4, 1, 1_u32.to_le_bytes().to_vec()),
        (279, 4, height, (0..height).flat_map(|_| (width * bits / 8).to_le_bytes()).collect()),
        (284, 3, 1, 1_u32.to_le_bytes().to_vec()),
        (339, 3, 1, format.to_le_bytes().to_vec()),
        (33550, 12, 3, [30.0_f64, 30.0, 0.0].iter().flat_map(|n| n.to_le_bytes()).collect()),
        (
            33922,
            12,
            6,
            [0.0_f64, 0.0, 0.0, 560_000.0, 1_120_000.0, 0.0].iter().flat_map(|n| n.to_le_bytes()).collect(),
        ),
        (
            34735,
            3,
            16,
            [1_u16, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32648]
                .iter()
                .flat_map(|n| n.to_le_bytes())
                .collect(),
        ),
        (42113, 2, u32::try_from(nodata.len()).unwrap(), nodata.to_vec()),
    ];
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend(u16::try_from(entries.len()).unwrap().to_le_bytes());
    let mut at = 8 + 2 + 12 * entries.len() + 4;
    let (mut data, mut offsets_at) = (Vec::<u8>::new(), 0);
    for (tag, kind, count, value) in &entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        if value.len() <= 4 {
            let mut value = value.clone();
            value.resize(4, 0);
            bytes.extend(value);
        } else {
            if *tag == 273 {
                offsets_at = at;
            }
            bytes.extend(u32::try_from(at).unwrap().to_le_bytes());
            data.extend(value);
            at += value.len();
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(data);
    for row in 0..height {
        let place = u32::try_from(bytes.len()).unwrap();
        let slot = offsets_at + 4 * row as usize;
        bytes[slot..slot + 4].copy_from_slice(&place.to_le_bytes());
        for column in 0..width {
            bytes.extend(sample(column, row));
        }
    }
    bytes
}

async fn with_surfaces(access: &str) -> TestNode {
    let node = TestNode::start().await;
    node.dataset("surfaces", "coverage", access).await;
    let hole = |column: u32, row: u32| {
        if column < 50 && row < 50 { -9999.0 } else { (column + 7 * row) as f32 / 10.0 }
    };
    node.hand_in("surfaces", "Lớn 2020.tif", geotiff(1100, 700, hole), None).await.unwrap();
    node.hand_in("surfaces", "nho.tif", geotiff(60, 40, |column, row| (column * row) as f32), None)
        .await
        .unwrap();
    node
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raster_is_a_valid_cog_that_a_reader_opens_by_ranges() {
    let Some(python) = python() else { return };
    let node = with_surfaces("open").await.serve().await;
    let script = format!("{}/clients/cog.py", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python).args([&script, &node.url]).output().await.unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let _ = std::io::stderr().write_all(&output.stderr);
    assert!(output.status.success() && printed.trim_end().ends_with("ok"), "{printed}");
    node.stop().await;
}

#[tokio::test]
async fn a_raster_that_says_its_time_is_announced_with_it() {
    let node = TestNode::start().await;
    node.dataset("surfaces", "coverage", "open").await;
    let raster = || geotiff(60, 40, |column, row| (column * row) as f32);
    node.hand_in("surfaces", "timeless.tif", raster(), None).await.unwrap();
    let mapping = "version = 1\nkind = \"coverage\"\n[coverage]\ntime = \"2020-02-15\"\nproperty = \"salinity\"\nunit = \"g/L\"\n";
    node.hand_in("surfaces", "nho.tif", raster(), Some(mapping)).await.unwrap();
    let messages = node.public().get("/v1/changes?format=wnm").await.unwrap().ok().unwrap().json();
    let times = [0, 1].map(|at| messages["features"][at]["properties"]["datetime"].clone());
    assert_eq!(times, [serde_json::Value::Null, "2020-02-14T17:00:00Z".into()], "{messages}");
}

/// <http://www.opengis.net/spec/ogcapi-coverages-1/1.0/req/core>,
/// <http://www.opengis.net/spec/ogcapi-coverages-1/1.0/req/subsetting-spatial>,
/// <http://www.opengis.net/spec/ogcapi-coverages-1/1.0/req/subsetting-temporal>,
/// <http://www.opengis.net/spec/ogcapi-coverages-1/1.0/req/scaling-spatial>,
/// <http://www.opengis.net/spec/ogcapi-coverages-1/1.0/req/fieldselection>,
/// <http://www.opengis.net/spec/ogcapi-coverages-1/1.0/req/geotiff>,
/// <http://www.opengis.net/spec/ogcapi-coverages-1/1.0/req/png>,
/// <http://www.opengis.net/spec/ogcapi-coverages-1/1.0/req/coveragejson>,
/// <http://www.opengis.net/spec/ogcapi-maps-1/1.0/req/core/map-success>,
/// <http://www.opengis.net/spec/ogcapi-maps-1/1.0/req/collection-map>,
/// <http://www.opengis.net/spec/ogcapi-maps-1/1.0/req/scaling>,
/// <http://www.opengis.net/spec/ogcapi-maps-1/1.0/req/display-resolution>,
/// <http://www.opengis.net/spec/ogcapi-maps-1/1.0/req/background>,
/// <http://www.opengis.net/spec/ogcapi-maps-1/1.0/req/png>,
/// <http://www.opengis.net/spec/ogcapi-tiles-1/1.0/req/png/content>,
/// <http://www.opengis.net/spec/ogcapi-maps-1/1.0/req/spatial-subsetting/subset-definition>,
/// <http://www.opengis.net/spec/ogcapi-maps-1/1.0/req/datetime/subset-definition>,
/// <http://www.opengis.net/spec/ogcapi-maps-1/1.0/req/crs>,
/// <http://www.opengis.net/spec/ogcapi-maps-1/1.0/req/tiff>,
/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/edr/rc-position>
#[tokio::test(flavor = "multi_thread")]
async fn coverages_maps_tiles_and_pixels_under_a_position_are_those_that_were_handed_in() {
    let Some(python) = python() else { return };
    let node = with_surfaces("open").await;
    node.dataset("masks", "coverage", "open").await;
    let mask =
        tiff([120, 80], (8, 1), b"255\0", |column, row| vec![u8::try_from((column + row) % 200).unwrap()]);
    node.hand_in("masks", "mask.tif", mask, None).await.unwrap();
    let node = node.serve().await;
    let script = format!("{}/clients/ogc_coverages.py", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python).args([&script, &node.url]).output().await.unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let _ = std::io::stderr().write_all(&output.stderr);
    assert!(output.status.success() && printed.trim_end().ends_with("ok"), "{printed}");
    node.stop().await;
}

#[tokio::test]
async fn pixels_that_nobody_can_give_are_refused_and_hidden_ones_are_not_there() {
    let node = with_surfaces("restricted").await;
    let system = node.system();
    let base = "/ogc/collections/surfaces";
    for (path, status, at) in [
        ("map?width=1000000&height=1000000", 400, "width"),
        ("map?width=0", 400, "width"),
        ("map?bbox=1,2,3", 400, "bbox"),
        ("map?bbox=105,10,105,10", 400, "bbox"),
        ("map?crs=EPSG:1", 400, "crs"),
        ("map?bgcolor=reddish", 400, "bgcolor"),
        ("map?f=jpeg", 406, "f"),
        ("map?center=105", 400, "center"),
        ("map?center=190,10", 400, "center"),
        ("map?center=105,10&bbox=105,9,106,10", 400, "center"),
        ("map?center=105,10&center-crs=EPSG:1", 400, "center-crs"),
        ("map?scale-denominator=0", 400, "scale-denominator"),
        ("map?scale-denominator=1", 400, "scale-denominator"),
        ("map?scale-denominator=1000000&mm-per-pixel=-1", 400, "mm-per-pixel"),
        ("map?scale-denominator=1000000&width=10&bbox=105,9,106,10", 400, "scale-denominator"),
        ("map?subset=E(1:2)&subset-crs=EPSG:32648", 400, "subset"),
        ("map?subset=E(*:2),N(1:2)&subset-crs=EPSG:32648", 400, "subset"),
        ("map?subset=Lat(9:10)&bbox=105,9,106,10", 400, "subset"),
        ("map?subset=h(9:10)", 400, "subset"),
        ("map?subset=time(%222020-02-01%22)&datetime=2020-02-01", 400, "subset"),
        ("coverage?f=png", 406, "f"),
        ("coverage?subset=Lat(", 400, "subset"),
        ("coverage?subset=Lat(10:9)", 400, "subset"),
        ("coverage?scale-size=Lon(999999)", 400, "scale-size"),
        ("coverage?scale-factor=0", 400, "scale-factor"),
        ("coverage?properties=none", 400, "properties"),
        ("coverage?bbox=1,1,2,2", 404, "bbox"),
        ("coverage?scale-size=Lon(8000),Lat(8000)", 422, ""),
        ("cube?bbox=105,9,107,11&resolution-x=2000&resolution-y=2000", 422, ""),
    ] {
        let reply = system.get(&format!("{base}/{path}")).await.unwrap();
        let problem = reply.json();
        assert_eq!(reply.status.as_u16(), status, "{path}: {problem}");
        assert_eq!(problem["at"].as_str().unwrap_or_default(), at, "{path}: {problem}");
    }
    for path in
        ["", "/map", "/coverage", "/map/tiles", "/map/tiles/WebMercatorQuad/0/0/0", "/cube?bbox=1,1,2,2"]
    {
        assert_eq!(system.get(&format!("{base}{path}")).await.unwrap().status.as_u16() / 100, 2, "{path}");
        let reply = node.public().get(&format!("{base}{path}")).await.unwrap();
        assert_eq!(reply.status.as_u16(), 404, "{path}: a hidden dataset is a missing one");
    }
}

#[tokio::test]
async fn rasters_are_listed_sampled_and_handed_out_only_to_those_who_may_read_them() {
    let node = with_surfaces("restricted").await;
    let system = node.system();
    let list = system.get("/v1/datasets/surfaces/coverages").await.unwrap().ok().unwrap().json();
    assert_eq!(list["total"], 2);
    let large = list["items"].as_array().unwrap().iter().find(|item| item["id"] == "lon_2020").unwrap();
    assert_eq!((large["width"].as_i64(), large["nodata"].as_f64()), (Some(1100), Some(-9999.0)));
    assert_eq!(large["statistics"][0]["without_value"], 2500);
    assert_eq!(large["crs"], "EPSG:32648");
    let file = "/v1/datasets/surfaces/coverages/lon_2020/file";
    let whole = system.get(file).await.unwrap().ok().unwrap();
    assert_eq!(
        (whole.body.len() as i64, &whole.body[..4]),
        (large["bytes"].as_i64().unwrap(), &b"II*\0"[..])
    );
    // Under the corner there is no value; beside the raster there is no pixel.
    let west = large["bbox"][0].as_f64().unwrap() + 0.002;
    let north = large["bbox"][3].as_f64().unwrap() - 0.002;
    let corner = system
        .get(&format!("/v1/datasets/surfaces/coverages/lon_2020?lon={west}&lat={north}"))
        .await
        .unwrap()
        .json();
    assert_eq!(corner["values"], serde_json::json!([null]));
    let beside = system.get("/v1/datasets/surfaces/coverages/lon_2020?lon=100&lat=10").await.unwrap().json();
    assert!(beside.get("values").is_none(), "{beside}");
    for path in [file, "/v1/datasets/surfaces/coverages", "/v1/datasets/surfaces/coverages/lon_2020"] {
        let reply = node.public().get(path).await.unwrap();
        assert_eq!(reply.status.as_u16(), 404, "{path}: a hidden dataset is a missing one");
    }
    let missing = system.get("/v1/datasets/surfaces/coverages/none").await.unwrap();
    assert_eq!(missing.status.as_u16(), 404);
}

//! Rasters that say what they are in ways that are easily missed: numbers for nothing, masks, bands, signs in names, and
//! a mapping that was kept from a raster of something else.

use std::io::Cursor;

use intake::{Error, Report};
use tiff::encoder::colortype::{ColorType, Gray8, Gray16, Gray32Float, GrayI16};
use tiff::encoder::{TiffEncoder, TiffValue};
use tiff::tags::{ExtraSamples, Tag};

use crate::node::Node;
use crate::positions::codes;
use crate::rasters::{load, node, rows, unit};

const DEGREES: [u16; 12] = [1, 1, 0, 2, 1024, 0, 1, 2, 2048, 0, 1, 4326];
/// UTM 48N with heights of EGM96.
const COMPOUND: [u16; 16] = [1, 1, 0, 3, 1024, 0, 1, 1, 3072, 0, 1, 32648, 4096, 0, 1, 5773];
const METRES: [u16; 12] = [1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 32648];

/// Two by two pixels of a kind, with more tags.
fn tiff<C: ColorType>(values: &[C::Inner], keys: &[u16], more: &[(u16, &str)]) -> Vec<u8>
where
    [C::Inner]: TiffValue,
{
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
    let mut image = encoder.new_image::<C>(2, 2).unwrap();
    let tags = image.encoder();
    let corner = if keys.contains(&4326) { [105.7, 10.1] } else { [600_000.0, 1_100_000.0] };
    let size = if keys.contains(&4326) { 0.1 } else { 30.0 };
    tags.write_tag(Tag::ModelPixelScaleTag, &[size, size, 0.0][..]).unwrap();
    tags.write_tag(Tag::ModelTiepointTag, &[0.0, 0.0, 0.0, corner[0], corner[1], 0.0][..]).unwrap();
    tags.write_tag(Tag::GeoKeyDirectoryTag, keys).unwrap();
    for (tag, text) in more {
        tags.write_tag(Tag::Unknown(*tag), *text).unwrap();
    }
    image.write_data(values).unwrap();
    bytes.into_inner()
}

fn metadata(items: &str) -> String {
    format!("<GDALMetadata>{items}</GDALMetadata>")
}

const METADATA: u16 = 42_112;
const SAID: &str = "[coverage]\ntime = \"2020-02-15\"\nunit = \"1\"\n";

async fn least(node: &Node, name: &str) -> f64 {
    let stored = rows(node).await;
    stored.iter().find(|row| name.starts_with(&row.item)).unwrap().minimum
}

#[tokio::test]
async fn numbers_that_programs_use_for_nothing_are_left_out_where_they_are_far_from_all_others() {
    let node = node().await;
    for (name, bytes, least_of_values) in [
        ("a.tif", tiff::<Gray32Float>(&[-99.9, 2.0, 3.0, 4.0], &DEGREES, &[]), Some(2.0)),
        ("b.tif", tiff::<Gray32Float>(&[-99.0, 2.0, 3.0, 4.0], &DEGREES, &[]), Some(2.0)),
        ("c.tif", tiff::<Gray32Float>(&[9999.0, 2.0, 3.0, 4.0], &DEGREES, &[]), Some(2.0)),
        ("d.tif", tiff::<GrayI16>(&[i16::MAX, 2, 3, 4], &DEGREES, &[]), Some(2.0)),
        ("e.tif", tiff::<Gray16>(&[u16::MAX, 2, 3, 4], &DEGREES, &[]), Some(2.0)),
        ("f.tif", tiff::<Gray8>(&[255, 2, 3, 4], &DEGREES, &[]), Some(2.0)),
        // A mask, a picture, cold, and numbers that others come near to.
        ("g.tif", tiff::<Gray8>(&[255, 0, 0, 255], &DEGREES, &[]), None),
        ("h.tif", tiff::<Gray8>(&[255, 200, 3, 4], &DEGREES, &[]), None),
        ("i.tif", tiff::<Gray32Float>(&[-99.0, -60.0, 3.0, 4.0], &DEGREES, &[]), None),
        ("j.tif", tiff::<Gray32Float>(&[9999.0, 6000.0, 3.0, 4.0], &DEGREES, &[]), None),
        ("k.tif", tiff::<Gray32Float>(&[255.0, 32_767.0, 3.0, 4.0], &DEGREES, &[]), None),
    ] {
        let report = load(&node, name, bytes, SAID).await.unwrap();
        assert_eq!(
            codes(&report).contains(&"raster_fill"),
            least_of_values.is_some(),
            "{name}: {:?}",
            codes(&report)
        );
        if let Some(expected) = least_of_values {
            assert_eq!(least(&node, name).await, expected, "{name}");
        }
    }
}

#[tokio::test]
async fn a_band_of_opacity_that_takes_pixels_away_is_refused() {
    let node = node().await;
    let with_alpha = |opacity: u8| {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
        let mut image = encoder.new_image::<Gray8>(2, 2).unwrap();
        image.extra_samples(&[ExtraSamples::UnassociatedAlpha]).unwrap();
        let tags = image.encoder();
        tags.write_tag(Tag::ModelPixelScaleTag, &[0.1, 0.1, 0.0][..]).unwrap();
        tags.write_tag(Tag::ModelTiepointTag, &[0.0, 0.0, 0.0, 105.7, 10.1, 0.0][..]).unwrap();
        tags.write_tag(Tag::GeoKeyDirectoryTag, &DEGREES[..]).unwrap();
        image.write_data(&[9, opacity, 1, 255, 4, 255, 7, 255]).unwrap();
        bytes.into_inner()
    };
    let bytes = with_alpha(0);
    let error = load(&node, "a.tif", bytes, SAID).await.unwrap_err();
    assert!(error.to_string().contains("mask of its own"), "{error}");
    load(&node, "b.tif", with_alpha(255), SAID).await.unwrap();
}

#[tokio::test]
async fn what_a_file_says_and_nobody_reads_is_told() {
    let node = node().await;
    let items =
        metadata("<Item name=\"DATUM\">Hon Dau</Item><Item name=\"STATISTICS_MEAN\" sample=\"0\">2</Item>");
    let report =
        load(&node, "a.tif", tiff::<Gray8>(&[1, 2, 3, 4], &COMPOUND, &[(METADATA, &items)]), SAID).await;
    let report = report.unwrap();
    let told: Vec<(&str, &str)> = report
        .findings
        .iter()
        .filter(|finding| finding.code == "raster_left_out")
        .map(|finding| (finding.column_name.as_str(), finding.value.as_str()))
        .collect();
    assert_eq!(told, [("items", "DATUM = Hon Dau"), ("datum", "EPSG:5773")]);
}

#[tokio::test]
async fn signs_in_names_tell_rasters_apart() {
    let node = node().await;
    for name in ["do_man_+1m.tif", "do_man_-1m.tif"] {
        load(&node, name, tiff::<Gray32Float>(&[1.0, 2.0, 3.0, 4.0], &DEGREES, &[]), SAID).await.unwrap();
    }
    let items: Vec<String> = rows(&node).await.into_iter().map(|row| row.item).collect();
    assert_eq!(items, ["do_man_minus_1m", "do_man_plus_1m"]);
}

const SALT: &str = "[coverage]\ntime = \"2020-02-15\"\nproperty = \"salinity\"\nunit = \"g/L\"\n";

async fn after_salt(name: &str, bytes: Vec<u8>) -> Result<Report, Error> {
    let node = node().await;
    load(&node, "man.tif", tiff::<Gray32Float>(&[1.0, 2.0, 3.0, 4.0], &DEGREES, &[]), SALT).await.unwrap();
    load(&node, name, bytes, "").await
}

#[tokio::test]
async fn the_property_of_a_kept_mapping_is_not_stamped_on_what_is_called_otherwise() {
    let values = [1.0, 2.0, 3.0, 4.0];
    let of = |items: &str| tiff::<Gray32Float>(&values, &DEGREES, &[(METADATA, &metadata(items))]);
    let described = |text: &str| {
        of(&format!("<Item name=\"DESCRIPTION\" sample=\"0\" role=\"description\">{text}</Item>"))
    };
    let error = after_salt("x_2020-03-01.tif", described("NDVI")).await.unwrap_err();
    assert!(error.to_string().contains("NDVI (ndvi)"), "{error}");
    // Nothing speaks for it or against it: it is taken and told.
    let report = after_salt("landuse_2020-03-01.tif", of("")).await.unwrap();
    assert!(codes(&report).contains(&"raster_as_before"), "{:?}", codes(&report));
    for bytes in [described("salinity"), of(&unit("g/L"))] {
        let report = after_salt("x_2020-03-01.tif", bytes).await.unwrap();
        assert!(!codes(&report).contains(&"raster_as_before"), "{:?}", codes(&report));
    }
}

#[tokio::test]
async fn a_system_that_was_kept_from_another_raster_does_not_win_over_that_of_the_file() {
    let node = node().await;
    let values = [1_u8, 2, 3, 4];
    let bare = [1, 1, 0, 1, 1025, 0, 1, 1];
    let said = format!("[source]\ncrs = \"EPSG:9210\"\n{SAID}");
    load(&node, "a.tif", tiff::<Gray8>(&values, &bare, &[]), &said).await.unwrap();
    let error = load(&node, "b_2020-03-01.tif", tiff::<Gray8>(&values, &METRES, &[]), "").await.unwrap_err();
    assert!(error.to_string().contains("crs = "), "{error}");
    load(&node, "c_2020-03-01.tif", tiff::<Gray8>(&values, &bare, &[]), "").await.unwrap();
}

#[tokio::test]
async fn a_raster_of_another_area_does_not_replace_one_of_its_name() {
    let node = node().await;
    let values = [1_u8, 2, 3, 4];
    load(&node, "ndvi.tif", tiff::<Gray8>(&values, &METRES, &[]), "").await.unwrap();
    // The same once more is its correction.
    load(&node, "ndvi.tif", tiff::<Gray8>(&[1, 2, 3, 5], &METRES, &[]), "").await.unwrap();
    let elsewhere = tiff::<Gray8>(&values, &DEGREES, &[]);
    let error = load(&node, "ndvi.tif", elsewhere.clone(), "").await.unwrap_err();
    assert!(error.to_string().contains("they would be replaced"), "{error}");
    load(&node, "ndvi.tif", elsewhere, SAID).await.unwrap();
}

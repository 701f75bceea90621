//! GeoTIFF files whose numbers stand for values, and whose edges are nowhere.

use std::io::Cursor;

use formats::Limits;
use formats::coverage::{GeoTiff, Raster, SampleKind};
use formats::crs::Crs;
use tiff::encoder::TiffEncoder;
use tiff::encoder::colortype::GrayI16;
use tiff::tags::Tag;

use crate::files;

/// Two by two pixels of 16 bits with their upper left corner and GDAL's metadata.
fn geotiff(corner: [f64; 2], metadata: &str) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
    let mut image = encoder.new_image::<GrayI16>(2, 2).unwrap();
    let tags = image.encoder();
    tags.write_tag(Tag::ModelPixelScaleTag, &[0.1, 0.1, 0.0][..]).unwrap();
    tags.write_tag(Tag::ModelTiepointTag, &[0.0, 0.0, 0.0, corner[0], corner[1], 0.0][..]).unwrap();
    tags.write_tag(Tag::GeoKeyDirectoryTag, &[1_u16, 1, 0, 2, 1024, 0, 1, 2, 2048, 0, 1, 4326][..]).unwrap();
    tags.write_tag(Tag::GdalNodata, "-32768").unwrap();
    if !metadata.is_empty() {
        tags.write_tag(Tag::Unknown(42_112), metadata).unwrap();
    }
    image.write_data(&[310_i16, 0, -32_768, 20]).unwrap();
    bytes.into_inner()
}

#[test]
fn the_scale_and_the_offset_of_a_raster_are_applied() {
    let metadata = "<GDALMetadata><Item name=\"OFFSET\" sample=\"0\" role=\"offset\">-5</Item><Item name=\"SCALE\" sample=\"0\" role=\"scale\">0.1</Item></GDALMetadata>";
    let file = files::file(geotiff([105.7, 10.1], metadata));
    let mut raster = GeoTiff::open(file.path(), &Limits::default()).unwrap();
    assert_eq!((raster.info().kind, raster.info().applied.as_slice()), (SampleKind::F32, &[(0.1, -5.0)][..]));
    let mut values = Vec::new();
    while let Some(rows) = raster.next_rows().unwrap() {
        values.extend(rows.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())));
    }
    assert!(values[2].is_nan(), "{values:?}");
    assert_eq!([values[0], values[1], values[3]], [26.0, -5.0, -3.0]);
    let plain =
        files::file(geotiff([105.7, 10.1], "<GDALMetadata><Item name=\"A\">0.1</Item></GDALMetadata>"));
    let plain = GeoTiff::open(plain.path(), &Limits::default()).unwrap();
    assert_eq!((plain.info().kind, plain.info().applied.len()), (SampleKind::I16, 0));
}

#[test]
fn degrees_that_are_none_are_refused() {
    for (corner, is_right) in [
        ([105.7, 10.1], true),
        ([-180.0, 90.0], true),
        ([10.1, 105.8], false),
        ([586_000.0, 1_110_000.0], false),
    ] {
        let file = files::file(geotiff(corner, ""));
        let raster = GeoTiff::open(file.path(), &Limits::default()).unwrap();
        assert_eq!(raster.info().bbox(&Crs::wgs84()).is_ok(), is_right, "{corner:?}");
    }
}

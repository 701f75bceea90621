//! Rasters: what is read from GeoTIFF, what is written as COG, and that a pixel is found in it by ranges.

use std::io::Read;
use std::path::Path;

use formats::coverage::{
    CogIndex, CogSummary, GeoTiff, PixelGrid, Raster, RasterInfo, SampleKind, write_cog,
};
use formats::crs::Crs;
use formats::{Error, Format, Limits, detect_file};
use tempfile::NamedTempFile;

use crate::files::file;

/// A raster that is computed: value = f(column, row, band).
struct Computed {
    info: RasterInfo,
    row: u32,
    value: fn(u32, u32, u16) -> f64,
}

impl Raster for Computed {
    fn info(&self) -> &RasterInfo {
        &self.info
    }

    fn next_rows(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if self.row == self.info.height {
            return Ok(None);
        }
        // Some rows at a time, as many as strips have.
        let rows = 37.min(self.info.height - self.row);
        let mut bytes = Vec::new();
        for row in self.row..self.row + rows {
            for column in 0..self.info.width {
                for band in 0..self.info.bands {
                    let value = (self.value)(column, row, band);
                    match self.info.kind {
                        SampleKind::U16 => bytes.extend((value as u16).to_le_bytes()),
                        SampleKind::F32 => bytes.extend((value as f32).to_le_bytes()),
                        other => panic!("{other:?}"),
                    }
                }
            }
        }
        self.row += rows;
        Ok(Some(bytes))
    }
}

fn cog(raster: &mut dyn Raster, crs: &Crs) -> (NamedTempFile, CogSummary) {
    let file = NamedTempFile::new().unwrap();
    let summary = write_cog(raster, crs, &mut file.reopen().unwrap(), &mut |_| true).unwrap().unwrap();
    assert_eq!(file.path().metadata().unwrap().len(), summary.bytes);
    (file, summary)
}

fn all_rows(path: &Path) -> (RasterInfo, Vec<u8>) {
    let mut raster = GeoTiff::open(path, &Limits::default()).unwrap();
    let mut bytes = Vec::new();
    while let Some(rows) = raster.next_rows().unwrap() {
        bytes.extend(rows);
    }
    (raster.info().clone(), bytes)
}

fn sample(path: &Path, summary: &CogSummary, x: f64, y: f64) -> Option<Vec<Option<f64>>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
    let index = CogIndex::parse(&bytes[..usize::try_from(summary.header_bytes).unwrap()]).unwrap();
    let tile = index.tile_at(x, y)?;
    let range = usize::try_from(tile.range.start).unwrap()..usize::try_from(tile.range.end).unwrap();
    Some(index.values(&tile, &bytes[range]).unwrap())
}

#[test]
fn what_is_written_is_read_back_pixel_by_pixel_and_found_by_its_range() {
    let grid = PixelGrid { x0: 500_000.0, y0: 1_200_000.0, dx: 30.0, dy: 20.0 };
    for (kind, bands, nodata) in [(SampleKind::U16, 3, None), (SampleKind::F32, 1, Some(-9999.0))] {
        let info = RasterInfo {
            width: 1300,
            height: 1111,
            bands,
            kind,
            grid,
            nodata,
            declared: None,
            applied: Vec::new(),
        };
        let value = |column: u32, row: u32, band: u16| {
            if column == 700 && row.is_multiple_of(2) {
                -9999.0_f64.max(if band == 0 { -9999.0 } else { 0.0 })
            } else {
                f64::from(column % 1000 + row * 10 + u32::from(band))
            }
        };
        let value: fn(u32, u32, u16) -> f64 = value;
        let mut raster = Computed { info: info.clone(), row: 0, value };
        let crs = Crs::epsg(9209).unwrap();
        let (file, summary) = cog(&mut raster, &crs);
        assert_eq!((detect_file("x", file.path()).unwrap(), summary.overviews), (Format::GeoTiff, 2));
        let (back, bytes) = all_rows(file.path());
        let mut again = Computed { info: info.clone(), row: 0, value };
        let mut expected = Vec::new();
        while let Some(rows) = again.next_rows().unwrap() {
            expected.extend(rows);
        }
        assert!(bytes == expected, "the pixels of a {kind:?} raster differ");
        assert_eq!((back.grid, back.nodata, back.bands), (grid, nodata, bands));
        assert_eq!(back.declared.unwrap().crs().unwrap(), crs);
        // Column 1250, row 1000: in the last tile column and the second tile row.
        let found =
            sample(file.path(), &summary, 500_000.0 + 1250.5 * 30.0, 1_200_000.0 - 1000.5 * 20.0).unwrap();
        assert_eq!(found[0], Some(250.0 + 10_000.0));
        assert_eq!(sample(file.path(), &summary, 499_999.0, 1_199_000.0), None);
        if nodata.is_some() {
            let gap =
                sample(file.path(), &summary, 500_000.0 + 700.5 * 30.0, 1_200_000.0 - 0.5 * 20.0).unwrap();
            assert_eq!(gap, [None]);
            assert_eq!(summary.bands[0].missing, 556);
            assert_eq!(
                (summary.bands[0].min.to_bits(), summary.bands[0].max),
                (0.0_f64.to_bits(), 999.0 + 11_100.0)
            );
        }
    }
}

#[test]
fn a_zone_without_a_code_is_kept_in_the_keys() {
    let crs = Crs::parse("VN2000 KTT 105°15' múi 3").unwrap();
    assert_eq!(crs.epsg, None);
    let info = RasterInfo {
        width: 10,
        height: 10,
        bands: 1,
        kind: SampleKind::F32,
        grid: PixelGrid { x0: 500_000.0, y0: 1_100_000.0, dx: 10.0, dy: 10.0 },
        nodata: None,
        declared: None,
        applied: Vec::new(),
    };
    let (file, _) = cog(&mut Computed { info, row: 0, value: |column, _, _| f64::from(column) }, &crs);
    let back = all_rows(file.path()).0.declared.unwrap().crs().unwrap();
    assert_eq!((back.projection, back.datum), (crs.projection, crs.datum));
}

#[test]
fn a_picture_without_a_position_and_damaged_files_are_refused() {
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend([0; 40]);
    let error = GeoTiff::open(file(&bytes).path(), &Limits::default()).map(|_| ()).unwrap_err();
    assert!(error.hint().is_some(), "{error}");
    assert!(CogIndex::parse(&bytes).is_err());
    // A TIFF of one pixel as every program writes it, without a word about where it is.
    let mut plain = b"II*\0\x08\0\0\0\x08\0".to_vec();
    for (tag, kind, value) in [
        (256_u16, 3_u16, 1_u32),
        (257, 3, 1),
        (258, 3, 8),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 4),
        (277, 3, 1),
        (279, 4, 1),
    ] {
        plain.extend(tag.to_le_bytes());
        plain.extend(kind.to_le_bytes());
        plain.extend(1_u32.to_le_bytes());
        plain.extend(value.to_le_bytes());
    }
    plain.extend([0; 4]);
    let error = GeoTiff::open(file(&plain).path(), &Limits::default()).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("where its pixels lie"), "{error}");
}

/// Longitude, latitude, value.
const VALUES: &[(f64, f64, f64)] = &[
    (105.75, 10.05, 1.213_095_307_350_16),
    (106.35, 9.9, 3.111_113_071_441_65),
    (105.15, 9.18, 26.572_744_369_506_8),
    (106.6, 10.0, 15.515_192_031_860_4),
    (105.5, 10.8, 0.648_945_987_224_579),
];

/// The expected numbers are those of `gdalinfo -stats` and `gdallocationinfo -wgs84` of GDAL 3.6.2.
#[test]
fn the_salinity_surface_of_the_delta_becomes_a_cog_with_the_same_values() {
    let Ok(folder) = std::env::var("CUULONG_REAL_DATA") else { return };
    let path = Path::new(&folder).join("salinity/salinity_raster_utm48n.tif");
    let mut raster = GeoTiff::open(&path, &Limits::default()).unwrap();
    let info = raster.info().clone();
    assert_eq!(
        (info.width, info.height, info.bands, info.kind, info.nodata),
        (290, 314, 1, SampleKind::F32, Some(-9999.0))
    );
    let crs = info.declared.as_ref().unwrap().crs().unwrap();
    assert_eq!(crs.epsg, Some(32648));
    assert!(
        (info.grid.dx - 997.386_523_793_103_6).abs() < 1e-9
            && (info.grid.dy - 998.185_456_687_898_2).abs() < 1e-9
    );
    let bbox = info.bbox(&crs).unwrap();
    // Corners by gdalinfo: 104d22'56.92"E, 11d14'53.20"N … 107d 1'54.99"E, 8d24'31.42"N.
    assert!((bbox.west - 104.382_477).abs() < 1e-4 && (bbox.south - 8.408_728).abs() < 1e-4, "{bbox:?}");
    let (file, summary) = cog(&mut raster, &crs);
    let band = summary.bands[0];
    assert_eq!((band.valid, band.missing, summary.overviews), (290 * 314, 0, 0));
    assert!((band.min - 0.000_573_990_109_842_27).abs() < 1e-12, "{band:?}");
    assert!(
        (band.max - 34.996_845_245_361).abs() < 1e-9 && (band.mean - 11.258_685_957_27).abs() < 1e-9,
        "{band:?}"
    );
    assert!(all_rows(&path).1 == all_rows(file.path()).1);
    for (lon, lat, expected) in VALUES {
        let (x, y) = crs.transform().unwrap().from_wgs84(*lon, *lat);
        let found = sample(file.path(), &summary, x, y).unwrap()[0].unwrap();
        assert!((found - expected).abs() < 1e-5, "{lon} {lat}: {found}");
    }
}

//! Real files of the region, from the folder that `CUULONG_REAL_DATA` names. The expected numbers
//! were computed from the files by other means (Python's `csv`, `json` and `xml.etree`).

use std::io::Write;
use std::path::{Path, PathBuf};

use formats::{
    DecimalStyle, Encoding, FeatureItem, FeatureOptions, Format, Limits, NoteKind, detect_file,
    neighbourhood, parse_number, read_features,
};
use model::{Bbox, CellRef};

use crate::files::{Row, chunks, open, rows_of};

/// A file of the folder; says so if there is no folder.
pub fn real(name: &str) -> Option<PathBuf> {
    match std::env::var_os("CUULONG_REAL_DATA") {
        Some(folder) => Some(Path::new(&folder).join(name)),
        None => {
            // Not by a macro: what those write is hidden when a test passes.
            let _ = writeln!(
                std::io::stderr(),
                "NOT TESTED on `{name}`: CUULONG_REAL_DATA does not name the folder of real files"
            );
            None
        }
    }
}

fn table(path: &Path) -> (Vec<String>, Vec<Row>) {
    let mut table = open(path, &Limits::default()).unwrap();
    let sheets = table.sheets().to_vec();
    (sheets, rows_of(&chunks(&mut *table).unwrap()))
}

/// The number that a cell holds: of one that is shown as a percentage, the hundredth of what it shows.
pub fn number(text: &str) -> Option<f64> {
    let of = |text| parse_number(text, DecimalStyle::Dot).map(|number| number.value);
    match text.strip_suffix('%') {
        Some(percent) => of(percent).map(|number| number / 100.0),
        None => of(text),
    }
}

pub fn close(got: f64, expected: f64) -> bool {
    (got - expected).abs() <= 1e-9 * expected.abs()
}

#[test]
fn a_station_series_of_the_river_commission() {
    let Some(path) = real("hydrology/Water Level.ManualLA_013901_Pakse.csv") else { return };
    let (_, rows) = table(&path);
    assert_eq!(rows.len(), 31_264);
    assert_eq!(rows[0].2[4..6], ["Timestamp (UTC+07:00)", "Value"]);
    assert_eq!(rows[20_000].1, 20_001);
    assert_eq!(rows[20_000].2[..6], ["LA", "013901", "Water Level", "Manual", "2010-05-03T17:00Z", "0.81"]);
    let sum: f64 = rows.iter().filter_map(|(_, _, texts)| number(&texts[5])).sum();
    assert!(close(sum, 116_069.704_999_999_57), "{sum}");

    let format = detect_file("Pakse.csv", &path).unwrap();
    let cell = CellRef { sheet: 0, row: 20_001, column: 6 };
    let found = neighbourhood(&path, &format, cell, 1, &Limits::default()).unwrap();
    let values: Vec<(u32, &str)> = found.rows.iter().map(|(row, texts)| (*row, texts[5].as_str())).collect();
    assert_eq!((values[0], values[2]), ((1, "Value"), (20_001, "0.81")));
}

#[test]
fn a_wide_table_of_stations() {
    let Some(path) = real("hydrology/mrc_daily_water_level_27_stations_1992_2023.csv") else { return };
    let (_, rows) = table(&path);
    assert_eq!((rows.len(), rows[0].2.len()), (11_323, 28));
    assert_eq!(rows[5000].2[..5], ["2006-05-10 00:00:00+00:00", "7.11", "0.07", "0.34", "425.19"]);
    let values = rows[1..].iter().flat_map(|(_, _, texts)| &texts[1..]);
    let sum: f64 = values.filter_map(|text| number(text)).sum();
    assert!(close(sum, 7_668_411.989_758_584), "{sum}");
}

#[test]
fn the_statistics_office_writes_a_title_an_empty_line_and_semicolons() {
    let Some(path) = real("hydrology/gso/Water level of some main rivers.csv") else { return };
    let format = detect_file("a.csv", &path).unwrap();
    assert_eq!(format, Format::Csv { delimiter: b';', encoding: Encoding::Utf8 });
    let (_, rows) = table(&path);
    assert_eq!(rows[0].2, ["Water level of some main rivers by Station, Water level and Year"]);
    assert_eq!((rows[1].1, rows[1].2.len(), rows[1].2[1].as_str()), (3, 31, "Deepest 2002"));
    assert_eq!(rows.len(), 2 + 18);
}

#[test]
fn every_table_of_the_statistics_office_is_read_and_the_one_stray_byte_is_told() {
    let Some(folder) = real("") else { return };
    let mut read = 0;
    for sector in ["admin", "agriculture", "climate", "hydrology", "land_use", "socioeconomic"] {
        for entry in std::fs::read_dir(folder.join(sector).join("gso")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "csv") {
                continue;
            }
            let mut table = open(&path, &Limits::default()).unwrap();
            let rows = rows_of(&chunks(&mut *table).unwrap());
            let widest = rows.iter().map(|(_, _, texts)| texts.len()).max().unwrap();
            assert!(widest > 1, "{}", path.display());
            read += 1;
            let notes = table.notes();
            if path.ends_with("Number of administrative units as of 31 December by province.csv") {
                let [note] = &notes[..] else { panic!("{notes:?}") };
                assert_eq!((note.kind, note.cell.row, note.cell.column), (NoteKind::StrayByte, 42, 1));
                assert_eq!((note.from.as_str(), note.to.as_str()), ("B\\xECnh Dinh", "Bình Dinh"));
            } else {
                assert_eq!(notes, [], "{}", path.display());
            }
        }
    }
    assert_eq!(read, 41);
}

#[test]
fn a_workbook_of_twelve_sheets() {
    let Some(path) = real("socioeconomic/pci_papi/PCI_2014.xlsx") else { return };
    let (sheets, rows) = table(&path);
    assert_eq!((sheets.len(), sheets[2].as_str()), (12, "Chi phí gia nhập thị trường"));
    let of = |sheet: u16| rows.iter().filter(move |row| row.0 == sheet);
    let counts: Vec<usize> = (0..12).map(|sheet| of(sheet).count()).collect();
    assert_eq!(counts, [67, 67, 69, 69, 69, 69, 69, 69, 69, 70, 69, 69]);
    let cells = |sheet| of(sheet).flat_map(|row| &row.2).filter(|text| !text.is_empty());
    assert_eq!(cells(0).count(), 1629);
    assert_eq!(of(0).next().unwrap().2[..3], ["Thứ tự", "Tỉnh", "Gia nhập\n thị trường"]);
    let sum: f64 = cells(4).filter_map(|text| number(text)).sum();
    assert!(close(sum, 5_219.512_772_876_769), "{sum}");
}

#[test]
fn a_workbook_with_two_header_rows() {
    let Some(path) = real("socioeconomic/pci_papi/PAPI_2011-2016.xlsx") else { return };
    let (sheets, rows) = table(&path);
    assert_eq!(sheets.last().map(String::as_str), Some("2016_PAPI"));
    let last = || rows.iter().filter(|row| row.0 == 5);
    assert_eq!(last().count(), 66);
    let sum: f64 = last().flat_map(|row| &row.2).filter_map(|text| number(text)).sum();
    assert!(close(sum, 11_037.090_360_522_27), "{sum}");
}

#[test]
fn the_provinces_of_2025() {
    for (name, code, positions, bbox) in [
        ("92_can_tho", "92", 1394, (105.223_977, 9.246_475, 106.301_682, 10.326_026)),
        ("86_vinh_long", "86", 683, (105.680_95, 9.528_662, 106.848_014, 10.341_755)),
        ("91_an_giang", "91", 4979, (102.877_703, 9.286_736, 105.573_884, 10.963_408)),
    ] {
        let Some(path) = real(&format!("admin/provinces_2025/{name}.geojson")) else { return };
        assert_eq!(detect_file("a.geojson", &path).unwrap(), Format::GeoJson);
        let items: Vec<FeatureItem> =
            read_features(&path, &Format::GeoJson, &FeatureOptions::default(), &Limits::default())
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
        let [FeatureItem::Row(row)] = &items[..] else { panic!("{items:?}") };
        assert_eq!(row.id.as_deref(), Some(code));
        assert_eq!((row.properties[0].0.as_str(), &row.properties[0].1), ("code", &code.into()));
        let (west, south, east, north) = bbox;
        assert_eq!(row.bbox, Bbox::new(west, south, east, north).unwrap());
        assert_eq!(count_positions(&row.wkb), positions);
    }
}

#[test]
fn the_provinces_before_2025() {
    let Some(path) = real("admin/provinces_before_2025_geoboundaries_13.geojson") else { return };
    let items: Vec<FeatureItem> =
        read_features(&path, &Format::GeoJson, &FeatureOptions::default(), &Limits::default())
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
    assert_eq!(items.len(), 13);
    let positions = items.iter().map(|item| match item {
        FeatureItem::Row(row) => count_positions(&row.wkb),
        FeatureItem::Refused(refusal) => panic!("{refusal:?}"),
    });
    assert_eq!(positions.sum::<usize>(), 1229);
}

/// Positions of a polygon or multipolygon, read back from its WKB (OGC 06-103r4 §8.2).
fn count_positions(wkb: &[u8]) -> usize {
    struct Reader<'a>(&'a [u8]);
    impl Reader<'_> {
        fn number(&mut self) -> usize {
            let (number, rest) = self.0.split_at(4);
            self.0 = rest;
            u32::from_le_bytes(number.try_into().unwrap()) as usize
        }
        fn geometry(&mut self) -> usize {
            assert_eq!(self.0[0], 1, "lower byte first");
            self.0 = &self.0[1..];
            match self.number() {
                3 => (0..self.number()).map(|_| self.ring()).sum(),
                6 => (0..self.number()).map(|_| self.geometry()).sum(),
                other => panic!("geometry type {other}"),
            }
        }
        fn ring(&mut self) -> usize {
            let positions = self.number();
            self.0 = &self.0[16 * positions..];
            positions
        }
    }
    let mut reader = Reader(wkb);
    let positions = reader.geometry();
    assert!(reader.0.is_empty());
    positions
}

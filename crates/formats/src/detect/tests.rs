//! What a file is told to be by its first bytes and its name.

use proptest::prelude::*;

use super::{Encoding, Format, HEAD_BYTES, detect};
use crate::Error;

fn code(name: &str, head: &[u8]) -> String {
    match detect(name, head) {
        Ok(format) => format!("{format:?}"),
        Err(Error::Invalid { code, hint, .. }) => {
            assert!(!hint.is_empty());
            code.to_owned()
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn the_content_decides_and_not_the_name() {
    let utf16: Vec<u8> = "\u{feff}tên;giá\r\na;1\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let fixed = format!("{:?}", Format::FixedWidth { encoding: Encoding::Utf8 });
    let csv = |delimiter, encoding| format!("{:?}", Format::Csv { delimiter, encoding });
    for (name, head, expected) in [
        ("a.csv", &b"a,b\n1,2\n"[..], csv(b',', Encoding::Utf8)),
        ("a.xlsx", b"a\tb\n1\t2\n", csv(b'\t', Encoding::Utf8)),
        ("a.csv", "\u{feff}tên;giá\n1;2".as_bytes(), csv(b';', Encoding::Utf8)),
        ("a.txt", &utf16, csv(b';', Encoding::Utf16Le)),
        ("a.csv", b"PK\x03\x04....xl/workbook.xml", "Xlsx".into()),
        ("a.xlsx", b"PK\x03\x04........", "Xlsx".into()),
        ("a.zip", b"PK\x03\x04........", "Zip".into()),
        ("a.xlsx", b"PK\x03\x04[Content_Types].xml word/document.xml", "wrong_type".into()),
        ("a.csv", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1....", "Xls".into()),
        ("a.xlsx", b"PK\x03\x04..mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK", "Ods".into()),
        ("a.odt", b"PK\x03\x04..mimetypeapplication/vnd.oasis.opendocument.textPK", "wrong_type".into()),
        ("a.txt", b"tram      muc nuoc\nCan Tho       1.25\nMy Tho        2.50\n", fixed),
        ("a.nc", b"CDF\x01....", "NetCdf".into()),
        ("a.nc", b"\x89HDF\r\n\x1A\n....", "NetCdf".into()),
        ("a.json", b"{\"value\": [{\"@iot.id\": 1}]}", "SensorThings".into()),
        ("a.json", b"[{\"components\": [\"id\"], \"dataArray\": []}]", "SensorThings".into()),
        ("a.json", b"{\"type\": \"Coverage\", \"domain\": {}}", "CoverageJson".into()),
        ("a.xml", b"<?xml?><c xmlns=\"http://www.opengis.net/waterml/2.0\">", "WaterMl".into()),
        ("a.xml", b"<timeSeriesResponse>", "wrong_type".into()),
        ("a.csv", b"\x7FELF\x02\x01", "wrong_type".into()),
        ("a.csv", b"%PDF-1.4", "wrong_type".into()),
        ("a.csv", b"", "empty_file".into()),
        ("a.csv", b" \r\n\t", "empty_file".into()),
        ("a.csv", b"\x01\x02\x00\x03a,b", "binary".into()),
        ("a.csv", b"a\0,\0b\0\n\0", "wrong_type".into()),
        ("a.csv", b"<!DOCTYPE html><html>", "wrong_type".into()),
        ("a.csv", b"{\"type\": \"FeatureCollection\", \"features\": []}", "GeoJson".into()),
        ("a.json", b"{\"type\":\"Topology\",\"objects\":{\"geometry\":1}}", "wrong_type".into()),
        ("a.json", b"{\"a\":1}", "wrong_type".into()),
        ("a.json", b"[{\"a\":1}]", "Records".into()),
        ("a.json", b"{\"song\": {\"points\": [[1,2]]}}", "Records".into()),
        ("a.json", b"[[1,2]]", "wrong_type".into()),
        ("a.json", b"{\"a\":1}\n{\"a\":2}\n", "RecordTable".into()),
        ("a.json", b"{\"n\":1,\"rows\": [ {\"a\":1}]}", "RecordTable".into()),
        (
            "a.json",
            b"{\"type\":\"GeometryCollection\",\"geometries\":[{\"type\":\"Point\"}]}",
            "wrong_type".into(),
        ),
        ("a.grb", b"GRIB\0\0\0\x02", "wrong_type".into()),
        ("a.mdb", b"\0\x01\0\0Standard Jet DB\0", "wrong_type".into()),
        ("a.dwg", b"AC1018\0\0\0", "wrong_type".into()),
        ("a.dxf", b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n  9\r\n", "wrong_type".into()),
        ("a.tab", b"!table\n!version 300\n!charset WindowsLatin1\n", "wrong_type".into()),
        ("a.mif", b"Version   300\nCharset \"Neutral\"\nDelimiter \",\"\n", "wrong_type".into()),
        ("a.asc", b"ncols         4\nnrows         3\nxllcorner     105\n", "wrong_type".into()),
        ("a.csv", b"ncols,level\n1,2\n", csv(b',', Encoding::Utf8)),
        ("a.gpx", b"<?xml version=\"1.0\"?><gpx version=\"1.1\">", "wrong_type".into()),
        ("a.gpkg", b"SQLite format 3\0....", "GeoPackage".into()),
        ("a.bin", b"PAR1....", "Parquet".into()),
        ("a.tif", b"II*\0....", "GeoTiff".into()),
        ("a.shp", b"\0\0\x27\x0A....", "wrong_type".into()),
        (
            "a.kml",
            b"<?xml version=\"1.0\"?><kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document/></kml>",
            "Kml".into(),
        ),
        ("a.zip", b"PK\x03\x04......................\x07\0\0\0duo.shp", "Shapefile".into()),
        ("a.csv", b"{a},b\n1,2\n", csv(b',', Encoding::Utf8)),
        ("a.csv", b"a,b\nB\xECnh,1\n", csv(b',', Encoding::Utf8)),
        ("a.csv", b"T\xF8nh;a\n\xA7\xE5ng Th\xB8p;1\n", csv(b';', Encoding::Utf8)),
    ] {
        assert_eq!(code(name, head), expected, "{name} {:?}", String::from_utf8_lossy(head));
    }
}

#[test]
fn a_letter_cut_by_the_end_of_the_head_is_no_error() {
    let text = format!("a,b\n{}", "ế,1\n".repeat(HEAD_BYTES));
    for cut in 0..4 {
        let mut head = vec![b'a'; cut];
        head.extend_from_slice(text.as_bytes());
        head.truncate(HEAD_BYTES);
        assert!(detect("a.csv", &head).is_ok(), "{cut}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(head in proptest::collection::vec(any::<u8>(), 0..300), name in ".{0,12}") {
        let _ = detect(&name, &head);
    }
}

//! Each parser of this crate under inputs bent out of good ones: never a panic, never without end.

#[path = "../../../testkit/src/fuzz.rs"]
mod driver;

use driver::{fuzz, fuzz_text};
use formats::{
    Charset, DecimalStyle, Encoding, FeatureOptions, Format, Limits, Reading, detect, neighbourhood,
    open_table_read_as, parse_number, read_features,
};
use model::CellRef;

use crate::files::{chunks, file, rows_of, workbook};
use crate::{archives, old, open_document, xml_sheet};

fn limits() -> Limits {
    Limits { max_line_bytes: 1000, max_cell_bytes: 300, max_rows: 500, max_columns: 100, ..Limits::default() }
}

#[test]
fn delimited_text() {
    let seeds: [&[u8]; 6] = [
        b"a;b;c\n1,5;2;\"x \"\"y\"\"\"\r\n\r\nd;;\n",
        "Tên;Giá\nĐồng Tháp;1\nB\u{f7ec}nh;2\n".as_bytes(),
        b"T\xF8nh;Gi\xB8\n\xA7\xE5ng Th\xB8p;1\nB\xD5n Tre;2\n",
        "TØnh;Gi¸\n§ång Th¸p;1\nTr¹m: Rạch Giá;2\n".as_bytes(),
        b"\xEF\xBB\xBFa,b\nB\xECnh,1\n",
        b"\xFF\xFEa\0;\0b\0\n\0",
    ];
    let calls = fuzz(&seeds, |input| {
        let file = file(input);
        let encoding = if input.starts_with(b"\xFF\xFE") { Encoding::Utf16Le } else { Encoding::Utf8 };
        let format = Format::Csv { delimiter: b';', encoding };
        for reading in [Reading::default(), Reading { file: Some(Charset::Vni), ..Reading::default() }] {
            let Ok(mut table) = open_table_read_as(file.path(), &format, &reading, &limits()) else {
                continue;
            };
            let Ok(chunks) = chunks(&mut *table) else { continue };
            let rows = rows_of(&chunks);
            assert!(rows.windows(2).all(|pair| pair[0].1 < pair[1].1));
            for text in rows.iter().flat_map(|row| &row.2) {
                assert!(
                    !text.contains(|c| ('\u{f780}'..='\u{f7ff}').contains(&c)) || input.contains(&0xEF),
                    "{text:?}"
                );
            }
            assert!(table.notes().len() <= 2000);
        }
        let cell = CellRef { sheet: 0, row: 2, column: 1 };
        let _ = neighbourhood(file.path(), &format, cell, 2, &limits());
    });
    assert!(calls > 100, "{calls}");
}

#[test]
fn letters() {
    let seeds: [&[u8]; 3] = [b"Tr\xB9m B\xD5n Tre", b"Ho\xE0 Ch\xED Minh \xF6\xF4", b"\x02\x81\xDF\xBD"];
    fuzz(&seeds, |input| {
        for charset in Charset::ALL {
            let decoded = charset.decode(input);
            assert!(decoded.text.len() <= input.len() * 6);
            if input.is_ascii() && charset != Charset::Viscii {
                assert_eq!(decoded.text.as_bytes(), input);
            }
        }
    });
}

#[test]
fn numbers() {
    let seeds = ["1.234,5", "-1,234.5", "12e-3", "1 234", "+0", "1.234.567", "NaN", "٣"];
    fuzz_text(&seeds, |text| {
        for style in [DecimalStyle::Dot, DecimalStyle::Comma] {
            if let Some(number) = parse_number(text, style) {
                assert!(number.value.is_finite(), "{text:?}");
            }
        }
    });
}

#[test]
fn kinds_of_files() {
    let book = workbook(&[("S", "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>")], &["a"]);
    let seeds: [&[u8]; 5] = [
        b"a,b\n1,2",
        b"{\"type\":\"FeatureCollection\"}",
        b"<kml>",
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        &book,
    ];
    fuzz(&seeds, |input| {
        let _ = detect("tệp.csv", input);
    });
}

#[test]
fn geojson() {
    let seeds: [&[u8]; 2] = [
        br#"{"type":"FeatureCollection","features":[{"type":"Feature","id":7,"properties":{"a":1,"b":{"c":[null]}},"geometry":{"type":"Polygon","coordinates":[[[105,9],[106,9],[106,10],[105,9]]]}}]}"#,
        b"{\"type\":\"Feature\",\"geometry\":{\"type\":\"GeometryCollection\",\"geometries\":[{\"type\":\"Point\",\"coordinates\":[105.5,10,3]}]},\"properties\":null}",
    ];
    fuzz(&seeds, |input| {
        let file = file(input);
        if let Ok(reader) =
            read_features(file.path(), &Format::GeoJson, &FeatureOptions::default(), &limits())
        {
            assert!(reader.take(10_000).count() < 10_000);
        }
    });
}

#[test]
fn placemarks() {
    let seeds: [&[u8]; 2] = [
        "<kml><Document><Folder><name>Cống</name><Placemark><name>a &amp; b</name><ExtendedData><Data name=\"m\"><value>1</value></Data></ExtendedData><Point><coordinates>105.1,9.9,3</coordinates></Point></Placemark></Folder></Document></kml>".as_bytes(),
        b"<kml><Placemark><MultiGeometry><Polygon><outerBoundaryIs><LinearRing><coordinates>105,9 106,9 106,10 105,9</coordinates></LinearRing></outerBoundaryIs></Polygon></MultiGeometry></Placemark></kml>",
    ];
    fuzz(&seeds, |input| {
        let file = file(input);
        if let Ok(reader) = read_features(file.path(), &Format::Kml, &FeatureOptions::default(), &limits()) {
            assert!(reader.take(10_000).count() < 10_000);
        }
    });
}

#[test]
fn json_records() {
    let seeds: [&[u8]; 2] = [
        r#"[{"id":"a","lat":10.5,"lon":"104°52'"},{"lat":null}]"#.as_bytes(),
        br#"{"song": {"points": [[106.2, 9.6], [106.1, 9.7]], "km": 12.5}}"#,
    ];
    fuzz(&seeds, |input| {
        let file = file(input);
        if let Ok(reader) =
            read_features(file.path(), &Format::Records, &FeatureOptions::default(), &limits())
        {
            assert!(reader.take(10_000).count() < 10_000);
        }
    });
}

#[test]
fn names_of_coordinate_systems_and_angles() {
    let seeds = [
        "VN2000 KTT 105°30' múi 3°",
        "PROJCS[\"a\",GEOGCS[\"b\",DATUM[\"Vietnam_2000\"]],PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"Central_Meridian\",105.5],UNIT[\"m\",1]]",
        "CoordSys Earth Projection 8, 9999, 28, -191.9, -39.3, -111.4, 0, 0, 0, 0, 0, \"m\", 105.5, 0, 0.9999, 500000, 0",
        "10°02'15,6\"B",
        "1.111.146,186",
    ];
    fuzz_text(&seeds, |input| {
        let _ = (formats::crs::Crs::parse(input), formats::crs::parse_angle(input));
    });
}

/// Reads all of a file that is detected as one of these; whatever it holds, it ends.
fn read_bent(seeds: &[&[u8]], is_meant: fn(&Format) -> bool) {
    let calls = fuzz(seeds, |input| {
        let file = file(input);
        let Ok(format) = formats::detect_file("bent.bin", file.path()) else { return };
        if !is_meant(&format) {
            return;
        }
        let Ok(mut table) = open_table_read_as(file.path(), &format, &Reading::default(), &limits()) else {
            return;
        };
        let sheets = table.sheets().len();
        assert!((0..u16::try_from(sheets).unwrap()).all(|sheet| table.layout(sheet).unvalued.len() <= 1000));
        let Ok(chunks) = chunks(&mut *table) else { return };
        assert!(chunks.iter().all(|chunk| usize::from(chunk.sheet) < sheets));
        assert!(rows_of(&chunks).windows(2).all(|pair| (pair[0].0, pair[0].1) < (pair[1].0, pair[1].1)));
    });
    assert!(calls > 20, "{calls}");
}

#[test]
fn old_workbooks() {
    let cells = [old::label(0, 0, "Tr¹m"), old::number(1, 2, 1, 43_831.0)].concat();
    let whole = old::xls(&[("S", false, cells), ("T", true, Vec::new())]);
    read_bent(&[&whole, &whole[..2048]], |format| *format == Format::Xls);
}

#[test]
fn open_documents_and_archives() {
    let table = r#"<table:table table:name="S"><table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="float" office:value="1"/></table:table-row></table:table>"#;
    let document = open_document::ods(table);
    let zip = archives::zip(&[("a.csv", b"a,b\n1,2\n"), ("b/c.csv", b"x;y\n1;2\n")]);
    read_bent(&[&document, &zip], |format| matches!(format, Format::Ods | Format::Zip | Format::Xlsx));
}

#[test]
fn workbooks_of_xml() {
    let whole = xml_sheet::workbook(xml_sheet::SHEETS);
    read_bent(&[whole.as_bytes()], |format| matches!(format, Format::XmlSheet { .. }));
}

#[test]
fn lists_of_objects() {
    let seeds: [&[u8]; 4] = [
        br#"[{"a": "x\"y", "b": {"c": 1.5e3}}, {"a": null, "d": [1, 2]}]"#,
        br#"{"data": [{"a": 1, "b": [{"c": 1}, {"c": 2}]}], "more": {"list": [{"x": true}]}}"#,
        b"{\"a\": 1}\n{\"a\": 2}\n",
        br#"{"k": {"a": 1}, "l": {"a": 2}}"#,
    ];
    read_bent(&seeds, |format| matches!(format, Format::RecordTable));
}

#[test]
fn dumps_of_observations() {
    let seeds: [&[u8]; 4] = [
        br#"<c xmlns="http://www.opengis.net/waterml/2.0"><point><time>2020-02-01</time><value>1</value></point></c>"#,
        br#"{"value": [{"@iot.id": 1, "result": 1.5, "phenomenonTime": "2020-02-01T00:00:00Z"}]}"#,
        br#"{"value": [{"components": ["id", "result"], "dataArray": [[1, 2], [3, null]]}]}"#,
        br#"{"type": "Coverage", "domain": {"domainType": "PointSeries", "axes": {"t": {"values": ["2020"]}}}, "ranges": {"a": {"values": [1]}}}"#,
    ];
    read_bent(&seeds, |format| {
        matches!(format, Format::WaterMl | Format::SensorThings | Format::CoverageJson)
    });
}

#[test]
fn text_of_fixed_width() {
    let seeds: [&[u8]; 2] = [
        b"a     b\nCan   1\nTho   2\nMy   33\n",
        "Tr\u{1ea1}m  Gi\u{1edd}\nC\u{1ea7}n    1\nM\u{1ef9}     2\n".as_bytes(),
    ];
    fuzz(&seeds, |input| {
        let file = file(input);
        let format = Format::FixedWidth { encoding: Encoding::Utf8 };
        for widths in [Vec::new(), vec![3, 1, 200]] {
            let reading = Reading { widths, ..Reading::default() };
            if let Ok(mut table) = open_table_read_as(file.path(), &format, &reading, &limits()) {
                let _ = chunks(&mut *table);
            }
        }
    });
}

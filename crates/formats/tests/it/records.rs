//! JSON whose lists of objects are tables.

use formats::{Error, Format, Limits, TableReader, detect_file, open_table};
use proptest::prelude::*;

use crate::files::{chunks, file, row, rows_of};

type Rows = Vec<(u16, u32, Vec<String>)>;

fn read(content: &str) -> Result<(Vec<String>, Rows), Error> {
    let file = file(content);
    let format = detect_file("a.json", file.path())?.as_table();
    assert_eq!(format, Format::RecordTable, "{content}");
    let mut table: Box<dyn TableReader + Send> = open_table(file.path(), &format, &Limits::default())?;
    let sheets = table.sheets().to_vec();
    Ok((sheets, rows_of(&chunks(&mut *table)?)))
}

fn code(content: &str) -> &'static str {
    match read(content) {
        Ok((_, rows)) => panic!("{content}: {rows:?}"),
        Err(Error::Invalid { code, .. } | Error::Limit { code, .. }) => code,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn lists_of_objects_are_tables_wherever_they_stand() {
    let expected = || {
        vec![
            row(0, 1, &["tram", "do_man", "ghi_chu"]),
            row(0, 2, &["Trà Vinh", "9.1"]),
            row(0, 3, &["Bến Lức", "3", "vết"]),
        ]
    };
    let below = |labels: &[Vec<&str>]| {
        let most = u32::try_from(labels.len()).unwrap();
        let labels = labels.iter().zip(1..).map(|(cells, at)| row(0, at, cells));
        let rows = expected().into_iter().map(|(sheet, at, cells)| (sheet, at + most, cells));
        labels.chain(rows).collect::<Rows>()
    };
    let (first, second) = (
        r#"{"tram": "Trà Vinh", "do_man": 9.10}"#,
        r#"{"tram": "B\u1ebfn Lức", "do_man": 3, "ghi_chu": "vết"}"#,
    );
    for (content, sheet, labels) in [
        (format!("[{first},\n {second}]"), "", &[][..]),
        (format!("\u{feff}[{first},{second}]"), "", &[]),
        (format!("{first}\n{second}\n"), "", &[]),
        (format!("{first}\n\n{second}"), "", &[]),
        (
            format!(r#"{{"unit": "g/l", "n": [1, 2], "data": [{first}, {second}], "end": null}}"#),
            "data",
            &[vec!["unit: g/l"], vec!["end:"]],
        ),
        (
            format!(r#"{{"success": true, "result": {{"records": [{first}, {second}]}}}}"#),
            "result.records",
            &[vec!["success: TRUE"]],
        ),
    ] {
        assert_eq!(read(&content).unwrap(), (vec![sheet.to_owned()], below(labels)), "{content}");
    }
}

#[test]
fn objects_within_are_columns_and_lists_within_are_rows() {
    let nested = r#"{"stations": [
        {"name": "Trà Vinh", "position": {"lat": 9.9, "lon": 106.3}, "tags": ["a", "b"], "ok": true,
         "values": [{"time": "2024-03-01", "value": 9.1, "name": "max"}, {"time": "2024-03-02", "value": null, "name": "max"}]},
        {"name": "Mỹ Tho", "position": null, "values": []}],
      "units": [{"value": "g/l"}]}"#;
    let (sheets, rows) = read(nested).unwrap();
    assert_eq!(sheets, ["stations", "units"]);
    assert_eq!(
        rows,
        [
            row(
                0,
                1,
                &[
                    "name",
                    "position.lat",
                    "position.lon",
                    "tags",
                    "ok",
                    "values.time",
                    "values.value",
                    "values.name",
                    "position",
                    "values"
                ]
            ),
            row(0, 2, &["Trà Vinh", "9.9", "106.3", "a, b", "TRUE", "2024-03-01", "9.1", "max"]),
            row(0, 3, &["Trà Vinh", "9.9", "106.3", "a, b", "TRUE", "2024-03-02", "", "max"]),
            row(0, 4, &["Mỹ Tho"]),
            row(1, 1, &["value"]),
            row(1, 2, &["g/l"]),
        ]
    );
    let named =
        r#"{"TV01": {"tram": "Trà Vinh", "muc": 1}, "note": "x", "TV02": {"tram": "Mỹ Tho", "muc": 2}}"#;
    assert_eq!(
        read(named).unwrap().1,
        [
            row(0, 1, &["note: x"]),
            row(0, 2, &["key", "tram", "muc"]),
            row(0, 3, &["TV01", "Trà Vinh", "1"]),
            row(0, 4, &["TV02", "Mỹ Tho", "2"]),
        ]
    );
}

#[test]
fn what_is_cut_or_too_much_is_refused() {
    for (content, expected) in [
        (r#"[{"a": 1}, {"a": 2"#.to_owned(), "not_json"),
        (r#"[{"a": 1} {"a": 2}]"#.to_owned(), "not_json"),
        (r#"[{"a": 1}] x"#.to_owned(), "not_json"),
        (r#"[{"a": 1,}]"#.to_owned(), "not_json"),
        (r#"[{"a": 1},]"#.to_owned(), "not_json"),
        (format!("[{{\"a\": {}1{}}}]", "[".repeat(40), "]".repeat(40)), "too_deep"),
        (
            format!("[{{{}}}]", (0..20_000).map(|n| format!("\"c{n}\": 1")).collect::<Vec<_>>().join(",")),
            "columns",
        ),
    ] {
        assert_eq!(code(&content), expected, "{}", &content[..content.len().min(60)]);
    }
}

proptest! {
    #[test]
    fn rows_come_back_as_they_were_written(table in proptest::collection::vec((".{0,8}", any::<f64>(), any::<i64>()), 1..20)) {
        let finite = |number: f64| if number.is_finite() { number } else { 0.5 };
        let objects: Vec<serde_json::Value> = table.iter().map(|(text, number, whole)| serde_json::json!({
            "text": text, "number": finite(*number), "whole": whole,
        })).collect();
        let list = serde_json::to_string(&objects).unwrap();
        let lines: String = objects.iter().map(|object| format!("{object}\n")).collect();
        let (_, rows) = read(&list).unwrap();
        let by_column = |name: &str| rows[0].2.iter().position(|header| header == name).unwrap();
        let (number, whole) = (by_column("number"), by_column("whole"));
        for ((_, wanted, integer), row) in table.iter().zip(&rows[1..]) {
            prop_assert_eq!(row.2[number].parse::<f64>().unwrap() + 0.0, finite(*wanted) + 0.0);
            prop_assert_eq!(row.2[whole].parse::<i64>().unwrap(), *integer);
        }
        if objects.len() > 1 {
            prop_assert_eq!(read(&lines).unwrap().1, rows);
        }
    }
}

#[test]
fn what_stands_beside_a_list_stands_above_its_rows() {
    let document = format!(
        r#"{{"unit": "m", "page": {{"total": 2, "next": null}}, "long": "{}",
            "here": {{"name": "Trà Vinh", "more": [1, 2, {{"a": 1}}]}}, "data": [{{"a": 1}}]}}"#,
        "x".repeat(2000)
    );
    let file = file(&document);
    let mut table = open_table(file.path(), &Format::RecordTable, &Limits::default()).unwrap();
    let left_out: Vec<&str> = table.left_out().iter().map(|left| left.name.as_str()).collect();
    assert_eq!(left_out, ["long", "here.more", "total: 2"]);
    assert_eq!(table.sheets(), ["here.more", "data"]);
    assert_eq!(
        rows_of(&chunks(&mut *table).unwrap()),
        [
            row(0, 1, &["unit: m"]),
            row(0, 2, &["page.total: 2"]),
            row(0, 3, &["page.next:"]),
            row(0, 4, &["name: Trà Vinh"]),
            row(0, 5, &["a"]),
            row(0, 6, &["1"]),
            row(1, 1, &["unit: m"]),
            row(1, 2, &["page.total: 2"]),
            row(1, 3, &["page.next:"]),
            row(1, 4, &["a"]),
            row(1, 5, &["1"]),
        ]
    );
}

//! CQL2 by its two writings: the same tree, the same truth, and limits.

use proptest::prelude::*;
use serde_json::json;
use standards::cql2::{Subject, Value, holds, parse_json, parse_text};

/// A thing with a few properties.
struct Thing;

impl Subject for Thing {
    fn value(&self, property: &str) -> Value {
        let at = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        match property {
            "name" => Value::Text("Cống Cái Lớn".into()),
            "size" => Value::Number(12.5),
            "open" => Value::Bool(true),
            "built" => Value::Time(Some(at("2021-09-29T02:00:00Z")), Some(at("2021-09-29T02:00:00Z"))),
            "day" => Value::Text("2022-04-17".into()),
            "from" => Value::Time(Some(at("2022-04-16T10:13:19Z")), Some(at("2022-04-16T10:13:19Z"))),
            "to" => Value::Text("2022-04-16T10:15:10Z".into()),
            "none" => Value::List(Vec::new()),
            "life" => Value::Time(Some(at("2021-01-01T00:00:00Z")), Some(at("2021-12-31T00:00:00Z"))),
            "tags" => Value::List(vec![Value::Text("sluice".into()), Value::Text("tide".into())]),
            "geometry" => Value::Shape(Box::new(geo_types::point!(x: 105.1, y: 9.8).into())),
            _ => Value::Null,
        }
    }
}

/// <http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2>,
/// <http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators>,
/// <http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison>,
/// <http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions>,
/// <http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions>,
/// <http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions>,
/// <http://www.opengis.net/spec/cql2/1.0/conf/arithmetic>
#[test]
fn both_writings_have_the_same_tree_and_the_truth_that_the_standard_says() {
    let p = |name: &str| json!({"property": name});
    for (text, json, truth) in [
        ("size > 12", json!({"op": ">", "args": [p("size"), 12]}), true),
        ("size <> 12.5", json!({"op": "<>", "args": [p("size"), 12.5]}), false),
        ("12 <= size", json!({"op": "<=", "args": [12, p("size")]}), true),
        ("name = 'Cống Cái Lớn'", json!({"op": "=", "args": [p("name"), "Cống Cái Lớn"]}), true),
        ("\"name\" = 'it''s'", json!({"op": "=", "args": [p("name"), "it's"]}), false),
        ("open = TRUE", json!({"op": "=", "args": [p("open"), true]}), true),
        ("open", p("open"), true),
        ("NOT open", json!({"op": "not", "args": [p("open")]}), false),
        ("nothing IS NULL", json!({"op": "isNull", "args": [p("nothing")]}), true),
        ("nothing = 1", json!({"op": "=", "args": [p("nothing"), 1]}), false),
        ("NOT nothing = 1", json!({"op": "not", "args": [{"op": "=", "args": [p("nothing"), 1]}]}), false),
        (
            "nothing = 1 OR open",
            json!({"op": "or", "args": [{"op": "=", "args": [p("nothing"), 1]}, p("open")]}),
            true,
        ),
        (
            "size = 1 OR size = 2 AND open OR open",
            json!({"op": "or", "args": [
            {"op": "=", "args": [p("size"), 1]},
            {"op": "and", "args": [{"op": "=", "args": [p("size"), 2]}, p("open")]}, p("open")]}),
            true,
        ),
        ("name LIKE 'C_ng%L%n'", json!({"op": "like", "args": [p("name"), "C_ng%L%n"]}), true),
        ("name LIKE '%lớn'", json!({"op": "like", "args": [p("name"), "%lớn"]}), false),
        (
            "CASEI(name) LIKE CASEI('%LỚN')",
            json!({"op": "like", "args": [
            {"op": "casei", "args": [p("name")]}, {"op": "casei", "args": ["%LỚN"]}]}),
            true,
        ),
        (
            "ACCENTI(name) = 'Cong Cai Lon'",
            json!({"op": "=", "args": [{"op": "accenti", "args": [p("name")]}, "Cong Cai Lon"]}),
            true,
        ),
        ("size BETWEEN 12 AND 13", json!({"op": "between", "args": [p("size"), 12, 13]}), true),
        ("size IN (1, 12.5)", json!({"op": "in", "args": [p("size"), [1, 12.5]]}), true),
        (
            "size * 2 = 20 + 5",
            json!({"op": "=", "args": [
            {"op": "*", "args": [p("size"), 2]}, {"op": "+", "args": [20, 5]}]}),
            true,
        ),
        ("size div 5 = 2", json!({"op": "=", "args": [{"op": "div", "args": [p("size"), 5]}, 2]}), true),
        (
            "2 ^ 3 ^ 2 = 512",
            json!({"op": "=", "args": [{"op": "^", "args": [2, {"op": "^", "args": [3, 2]}]}, 512]}),
            true,
        ),
        (
            "10 - 2 - 3 = 5",
            json!({"op": "=", "args": [{"op": "-", "args": [{"op": "-", "args": [10, 2]}, 3]}, 5]}),
            true,
        ),
        ("size / 0 > 1", json!({"op": ">", "args": [{"op": "/", "args": [p("size"), 0]}, 1]}), false),
        (
            "built = DATE('2021-09-29')",
            json!({"op": "=", "args": [p("built"), {"date": "2021-09-29"}]}),
            true,
        ),
        (
            "built < TIMESTAMP('2021-09-29T02:00:01Z')",
            json!({"op": "<", "args": [p("built"), {"timestamp": "2021-09-29T02:00:01Z"}]}),
            true,
        ),
        (
            "T_DURING(built, INTERVAL('2021-01-01', '..'))",
            json!({"op": "t_during", "args": [p("built"), {"interval": ["2021-01-01", ".."]}]}),
            true,
        ),
        ("T_CONTAINS(life, built)", json!({"op": "t_contains", "args": [p("life"), p("built")]}), true),
        (
            "T_AFTER(life, TIMESTAMP('2021-06-01T00:00:00Z'))",
            json!({"op": "t_after", "args": [p("life"), {"timestamp": "2021-06-01T00:00:00Z"}]}),
            false,
        ),
        (
            "S_INTERSECTS(geometry, BBOX(105, 9, 106, 10))",
            json!({"op": "s_intersects", "args": [p("geometry"), {"bbox": [105, 9, 106, 10]}]}),
            true,
        ),
        (
            "S_DISJOINT(geometry, POINT(105 9))",
            json!({"op": "s_disjoint", "args": [p("geometry"), {"type": "Point", "coordinates": [105, 9]}]}),
            true,
        ),
        (
            "S_WITHIN(geometry, POLYGON((105 9, 106 9, 106 10, 105 10, 105 9)))",
            json!({"op": "s_within", "args": [p("geometry"), {"type": "Polygon",
                "coordinates": [[[105, 9], [106, 9], [106, 10], [105, 10], [105, 9]]]}]}),
            true,
        ),
        // Across the antimeridian.
        (
            "S_INTERSECTS(geometry, BBOX(170, 9, 106, 10))",
            json!({"op": "s_intersects", "args": [p("geometry"), {"bbox": [170, 9, 106, 10]}]}),
            true,
        ),
        (
            "A_CONTAINS(tags, ('tide', 'sluice'))",
            json!({"op": "a_contains", "args": [p("tags"), ["tide", "sluice"]]}),
            true,
        ),
        // Days follow each other.
        (
            "T_AFTER(day, DATE('2022-04-16'))",
            json!({"op": "t_after", "args": [p("day"), {"date": "2022-04-16"}]}),
            true,
        ),
        (
            "T_BEFORE(day, DATE('2022-04-18'))",
            json!({"op": "t_before", "args": [p("day"), {"date": "2022-04-18"}]}),
            true,
        ),
        (
            "T_DISJOINT(day, DATE('2022-04-16'))",
            json!({"op": "t_disjoint", "args": [p("day"), {"date": "2022-04-16"}]}),
            true,
        ),
        (
            "T_INTERSECTS(day, DATE('2022-04-18'))",
            json!({"op": "t_intersects", "args": [p("day"), {"date": "2022-04-18"}]}),
            false,
        ),
        (
            "T_EQUALS(day, DATE('2022-04-17'))",
            json!({"op": "t_equals", "args": [p("day"), {"date": "2022-04-17"}]}),
            true,
        ),
        (
            "T_INTERSECTS(day, TIMESTAMP('2022-04-18T00:00:00Z'))",
            json!({"op": "t_intersects", "args": [p("day"), {"timestamp": "2022-04-18T00:00:00Z"}]}),
            false,
        ),
        // Intervals whose ends are properties (Annex A, the tests of temporal functions).
        (
            "T_MEETS(INTERVAL(\"from\", \"to\"), INTERVAL('2022-04-16T10:15:10Z', '..'))",
            json!({"op": "t_meets", "args": [{"interval": [p("from"), p("to")]}, {"interval": ["2022-04-16T10:15:10Z", ".."]}]}),
            true,
        ),
        (
            "T_CONTAINS(INTERVAL(\"from\", '..'), TIMESTAMP('2022-05-01T00:00:00Z'))",
            json!({"op": "t_contains", "args": [{"interval": [p("from"), ".."]}, {"timestamp": "2022-05-01T00:00:00Z"}]}),
            true,
        ),
        (
            "T_DURING(INTERVAL(\"from\", nothing), INTERVAL('2022-04-01', '2022-04-30'))",
            json!({"op": "t_during", "args": [{"interval": [p("from"), p("nothing")]}, {"interval": ["2022-04-01", "2022-04-30"]}]}),
            false,
        ),
        ("size = +12.5", json!({"op": "=", "args": [p("size"), 12.5]}), true),
        ("A_EQUALS(none, ())", json!({"op": "a_equals", "args": [p("none"), []]}), true),
        (
            "A_OVERLAPS(tags, ('rice', 'tide'))",
            json!({"op": "a_overlaps", "args": [p("tags"), ["rice", "tide"]]}),
            true,
        ),
    ] {
        let of_text = parse_text(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let of_json = parse_json(&json).unwrap_or_else(|error| panic!("{json}: {error}"));
        assert_eq!(of_text, of_json, "{text}");
        assert_eq!(holds(&of_text, &Thing), truth, "{text}");
    }
}

#[test]
fn a_pattern_costs_no_more_than_its_length_times_the_texts() {
    struct Long;
    impl Subject for Long {
        fn value(&self, _: &str) -> Value {
            Value::Text("a".repeat(20_000))
        }
    }
    let pattern = format!("{}b", "%a".repeat(500));
    let filter = parse_text(&format!("name LIKE '{pattern}'")).unwrap();
    let began = std::time::Instant::now();
    assert!(!holds(&filter, &Long));
    assert!(began.elapsed() < std::time::Duration::from_secs(5), "{:?}", began.elapsed());
}

proptest! {
    /// Whatever is asked, the answer is a filter or an error with a place within the text.
    #[test]
    fn no_text_breaks_the_reader(text in ".{0,200}") {
        if let Err(error) = parse_text(&text) {
            prop_assert!(error.at.unwrap_or(1) <= text.chars().count() + 1);
        }
    }

    /// Pieces of the language in any order.
    #[test]
    fn no_pieces_break_the_reader(pieces in prop::collection::vec(prop::sample::select(vec![
        "a", "'t'", "1", "(", ")", ",", "=", "<", "NOT", "AND", "OR", "LIKE", "BETWEEN", "IN", "IS", "NULL", "-", "+", "^",
        "CASEI(", "S_INTERSECTS(", "POINT(1 1)", "BBOX(1,2,3,4)", "TIMESTAMP('2020-01-01T00:00:00Z')", "DATE('x')", "POLYGON((", "é",
    ]), 0..40)) {
        if let Ok(filter) = parse_text(&pieces.join(" ")) {
            let _ = holds(&filter, &Thing);
        }
    }
}

//! CQL2 as clients meet it: what each function of places, times and arrays says of features.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::Client;

use crate::ogc_features::{gates, ids};
use crate::world::{self, get, list, refused, text, with};

const ITEMS: &str = "/ogc/collections/gates/items";

/// Asks in both writings, which have to say the same.
async fn check(client: &Client, path: &str, filter: &str, json: &Value, expected: &[&str]) {
    let by_text = get(client, &with(path, &[("filter", filter), ("filter-lang", "cql2-text")])).await;
    assert_eq!(ids(&by_text), expected, "{filter}");
    let json = json.to_string();
    let by_json = get(client, &with(path, &[("filter", &json), ("filter-lang", "cql2-json")])).await;
    assert_eq!(ids(&by_json), expected, "{json}");
}

fn p(name: &str) -> Value {
    json!({ "property": name })
}

/// <http://www.opengis.net/spec/cql2/1.0/req/basic-spatial-functions/spatial-predicate>,
/// <http://www.opengis.net/spec/cql2/1.0/req/basic-spatial-functions-plus/spatial-data-types>,
/// <http://www.opengis.net/spec/cql2/1.0/req/spatial-functions>,
/// <http://www.opengis.net/spec/cql2/1.0/req/cql2-json>
#[tokio::test]
async fn places_stand_to_each_other_as_their_geometries_do() {
    let node = gates().await;
    let client = node.public();
    let shape = |kind: &str, coordinates: Value| json!({"type": kind, "coordinates": coordinates});
    let box_ = json!([[[105, 9], [106, 9], [106, 11], [105, 11], [105, 9]]]);
    let l = json!([[
        [106.0, 9.0],
        [106.4, 9.0],
        [106.4, 9.1],
        [106.1, 9.1],
        [106.1, 9.4],
        [106.0, 9.4],
        [106.0, 9.0]
    ]]);
    for (function, wkt, literal, expected) in [
        // Every kind of literal that there is.
        ("S_INTERSECTS", "POINT(105.75 10.05)", shape("Point", json!([105.75, 10.05])), vec!["can_tho"]),
        (
            "S_INTERSECTS",
            "MULTIPOINT((105.75 10.05),(105.25 10.8))",
            shape("MultiPoint", json!([[105.75, 10.05], [105.25, 10.8]])),
            vec!["can_tho", "tan_chau"],
        ),
        (
            "S_INTERSECTS",
            "LINESTRING(104.8 9.6,105.2 9.2)",
            shape("LineString", json!([[104.8, 9.6], [105.2, 9.2]])),
            vec!["canal"],
        ),
        (
            "S_INTERSECTS",
            "MULTILINESTRING((104.8 9.6,105.2 9.2),(106.05 8.9,106.05 9.5))",
            shape("MultiLineString", json!([[[104.8, 9.6], [105.2, 9.2]], [[106.05, 8.9], [106.05, 9.5]]])),
            vec!["canal", "l_shape"],
        ),
        (
            "S_INTERSECTS",
            "POLYGON((105 9,106 9,106 11,105 11,105 9))",
            shape("Polygon", box_.clone()),
            vec!["can_tho", "canal", "l_shape", "tan_chau"],
        ),
        (
            "S_INTERSECTS",
            "MULTIPOLYGON(((105 9,106 9,106 11,105 11,105 9)),((0 0,1 0,1 1,0 0)))",
            shape("MultiPolygon", json!([box_, [[[0, 0], [1, 0], [1, 1], [0, 0]]]])),
            vec!["can_tho", "canal", "l_shape", "tan_chau"],
        ),
        (
            "S_INTERSECTS",
            "GEOMETRYCOLLECTION(POINT(105.75 10.05),LINESTRING(104.8 9.6,105.2 9.2))",
            json!({"type": "GeometryCollection", "geometries": [
                {"type": "Point", "coordinates": [105.75, 10.05]},
                {"type": "LineString", "coordinates": [[104.8, 9.6], [105.2, 9.2]]}]}),
            vec!["can_tho", "canal"],
        ),
        (
            "S_INTERSECTS",
            "BBOX(105.2,10,105.8,11)",
            json!({"bbox": [105.2, 10, 105.8, 11]}),
            vec!["can_tho", "tan_chau"],
        ),
        // Every function.
        ("S_DISJOINT", "POLYGON((105 9,106 9,106 11,105 11,105 9))", shape("Polygon", box_.clone()), vec![]),
        (
            "S_WITHIN",
            "POLYGON((105 9,106 9,106 11,105 11,105 9))",
            shape("Polygon", box_.clone()),
            vec!["can_tho", "tan_chau"],
        ),
        ("S_CONTAINS", "POINT(106.05 9.2)", shape("Point", json!([106.05, 9.2])), vec!["l_shape"]),
        (
            "S_CROSSES",
            "LINESTRING(104.8 9.6,105.2 9.2)",
            shape("LineString", json!([[104.8, 9.6], [105.2, 9.2]])),
            vec!["canal"],
        ),
        ("S_TOUCHES", "POINT(106 9.2)", shape("Point", json!([106, 9.2])), vec!["l_shape"]),
        (
            "S_OVERLAPS",
            "POLYGON((106.3 8.9,106.6 8.9,106.6 9.2,106.3 9.2,106.3 8.9))",
            shape("Polygon", json!([[[106.3, 8.9], [106.6, 8.9], [106.6, 9.2], [106.3, 9.2], [106.3, 8.9]]])),
            vec!["l_shape"],
        ),
        (
            "S_EQUALS",
            "POLYGON((106 9,106.4 9,106.4 9.1,106.1 9.1,106.1 9.4,106 9.4,106 9))",
            shape("Polygon", l),
            vec!["l_shape"],
        ),
    ] {
        let json = json!({"op": function.to_lowercase(), "args": [p("geometry"), literal]});
        check(&client, ITEMS, &format!("{function}(geometry,{wkt})"), &json, &expected).await;
        if function == "S_DISJOINT" {
            continue;
        }
        // What is not so is so of all others.
        let all = ["can_tho", "canal", "l_shape", "tan_chau"];
        let others: Vec<&str> = all.into_iter().filter(|id| !expected.contains(id)).collect();
        let json = json!({"op": "not", "args": [json]});
        check(&client, ITEMS, &format!("NOT {function}(geometry,{wkt})"), &json, &others).await;
    }
}

/// <http://www.opengis.net/spec/cql2/1.0/req/temporal-functions>: the fifteen relations of Allen, of an
/// instant to instants and intervals.
#[tokio::test]
async fn times_stand_to_each_other_as_allen_says() {
    let node = gates().await;
    let client = node.public();
    // The canal is of 2001, Cần Thơ's gate of May 2012, Tân Châu's of November 2019; one has no time.
    let may = "2012-05-01T00:00:00Z";
    for (function, from, to, expected) in [
        ("T_AFTER", may, None, vec!["tan_chau"]),
        ("T_BEFORE", may, None, vec!["canal"]),
        ("T_EQUALS", may, None, vec!["can_tho"]),
        ("T_DISJOINT", may, None, vec!["canal", "tan_chau"]),
        ("T_INTERSECTS", may, None, vec!["can_tho"]),
        ("T_AFTER", "2010-01-01", Some("2013-01-01"), vec!["tan_chau"]),
        ("T_BEFORE", "2010-01-01", Some("2013-01-01"), vec!["canal"]),
        ("T_DURING", "2010-01-01", Some("2013-01-01"), vec!["can_tho"]),
        ("T_INTERSECTS", "2010-01-01", Some(".."), vec!["can_tho", "tan_chau"]),
        ("T_INTERSECTS", "..", Some("2013-01-01"), vec!["can_tho", "canal"]),
        ("T_DISJOINT", "2010-01-01", Some("2013-01-01"), vec!["canal", "tan_chau"]),
    ] {
        let (written, literal) = match to {
            None => (format!("TIMESTAMP('{from}')"), json!({ "timestamp": from })),
            Some(to) => (format!("INTERVAL('{from}','{to}')"), json!({"interval": [from, to]})),
        };
        let json = json!({"op": function.to_lowercase(), "args": [p("built"), literal]});
        check(&client, ITEMS, &format!("{function}(built,{written})"), &json, &expected).await;
    }
    // Of intervals: a record's time is one, from 31 January to 27 February 2020.
    let node = world::node().await;
    let client = node.public();
    let (from, to) = ("2020-01-31T17:00:00Z", "2020-02-27T17:00:00Z");
    for (function, interval, is_so) in [
        ("T_EQUALS", [from, to], true),
        ("T_STARTS", [from, "2020-12-31T00:00:00Z"], true),
        ("T_STARTS", ["2020-01-01T00:00:00Z", to], false),
        ("T_STARTEDBY", [from, "2020-02-10T00:00:00Z"], true),
        ("T_FINISHES", ["2020-01-01T00:00:00Z", to], true),
        ("T_FINISHEDBY", ["2020-02-10T00:00:00Z", to], true),
        ("T_CONTAINS", ["2020-02-10T00:00:00Z", "2020-02-11T00:00:00Z"], true),
        ("T_DURING", ["2020-01-01T00:00:00Z", "2020-12-31T00:00:00Z"], true),
        ("T_OVERLAPS", ["2020-02-10T00:00:00Z", "2020-03-10T00:00:00Z"], true),
        ("T_OVERLAPPEDBY", ["2020-01-10T00:00:00Z", "2020-02-10T00:00:00Z"], true),
        ("T_OVERLAPPEDBY", ["2020-02-10T00:00:00Z", "2020-03-10T00:00:00Z"], false),
        ("T_MEETS", [to, "2020-03-10T00:00:00Z"], true),
        ("T_METBY", ["2020-01-10T00:00:00Z", from], true),
        ("T_METBY", ["2020-01-10T00:00:00Z", "2020-01-20T00:00:00Z"], false),
    ] {
        let json = json!({"op": function.to_lowercase(), "args": [p("time"), {"interval": interval}]});
        let filter = format!(
            "{function}(time,INTERVAL('{}','{}')) AND id = 'salinity_daily'",
            interval[0], interval[1]
        );
        let json = json!({"op": "and", "args": [json, {"op": "=", "args": [p("id"), "salinity_daily"]}]});
        let expected: &[&str] = if is_so { &["salinity_daily"] } else { &[] };
        check(&client, "/ogc/collections/catalogue/items", &filter, &json, expected).await;
    }
}

/// <http://www.opengis.net/spec/cql2/1.0/req/array-functions/array-predicates>,
/// <http://www.opengis.net/spec/cql2/1.0/req/cql2-text/escaping>: arrays are sets, whatever their order.
#[tokio::test]
async fn arrays_are_compared_as_sets() {
    let node = world::node().await;
    let client = node.public();
    let path = "/ogc/collections/catalogue/items";
    let all = get(&client, path).await;
    let formats = |record: &Value| -> BTreeSet<String> {
        list(&record["properties"], "formats").iter().map(|one| text(one, "name").to_owned()).collect()
    };
    let records: Vec<(String, BTreeSet<String>)> =
        list(&all, "features").iter().map(|one| (text(one, "id").to_owned(), formats(one))).collect();
    let of = |id: &str| records.iter().find(|(known, _)| known == id).unwrap().1.clone();
    let (salinity, sluices) = (of("salinity_daily"), of("sluices"));
    assert!(salinity.len() > 1 && salinity.is_disjoint(&sluices), "{salinity:?} {sluices:?}");
    let some: BTreeSet<String> = salinity.iter().take(1).cloned().collect();
    let of_both: BTreeSet<String> = some.union(&sluices).cloned().collect();
    let with_more: BTreeSet<String> = salinity.iter().cloned().chain(["it's new".to_owned()]).collect();
    let unknown = BTreeSet::from(["it's new".to_owned()]);
    for wanted in [salinity.clone(), sluices.clone(), some, of_both, with_more, unknown] {
        // Backwards, with one of them twice.
        let mut written: Vec<&String> = wanted.iter().rev().collect();
        written.extend(wanted.first());
        let quoted: Vec<String> =
            written.iter().map(|one| format!("'{}'", one.replace('\'', "''"))).collect();
        type Holds = fn(&BTreeSet<String>, &BTreeSet<String>) -> bool;
        let functions: [(&str, Holds); 4] = [
            ("A_EQUALS", |one, other| one == other),
            ("A_CONTAINS", BTreeSet::is_superset),
            ("A_CONTAINEDBY", BTreeSet::is_subset),
            ("A_OVERLAPS", |one, other| !one.is_disjoint(other)),
        ];
        for (function, holds) in functions {
            let mut expected: Vec<&str> =
                records.iter().filter(|(_, has)| holds(has, &wanted)).map(|(id, _)| id.as_str()).collect();
            expected.sort_unstable();
            let json = json!({"op": function.to_lowercase(), "args": [p("formats"), written]});
            check(&client, path, &format!("{function}(formats,({}))", quoted.join(",")), &json, &expected)
                .await;
        }
    }
    let (status, problem) = refused(&client, &with(path, &[("filter", "A_EQUALS(formats,('open)")])).await;
    assert_eq!((status, text(&problem, "at")), (400, "filter"));
}

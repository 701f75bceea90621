//! Every operator and function of a filter, over values and over what describes them.

use serde_json::json;

use super::{ROOT, all_pages, ask, maxima, results};
use crate::world::{self, DAYS, list, refused, text, with};

/// `req/request-data/built-in-filter-operations`, `req/request-data/built-in-query-functions`
#[tokio::test]
async fn every_function_is_known() {
    let node = world::node().await;
    let client = node.public();
    let around = "geography'POLYGON((104 8,108 8,108 12,104 12,104 8))'";
    let nowhere = "geography'POINT(0 0)'";
    for (path, filter, expected) in [
        ("Things", "substringof('vinh',tolower(name))", 1),
        ("Things", "endswith(name,'Vinh')", 1),
        ("Things", "startswith(name,'Tra')", 1),
        ("Things", "length(name) eq 8", 1),
        ("Things", "indexof(name,'Vinh') eq 4", 1),
        ("Things", "substring(name,4) eq 'Vinh'", 1),
        ("Things", "substring(name,0,3) eq 'Tra'", 1),
        ("Things", "toupper(name) eq 'TRA VINH'", 1),
        ("Things", "trim(concat(' ',name)) eq 'Tra Vinh'", 1),
        ("Things", "concat(concat(name,', '),id) eq 'Tra Vinh, station:tra_vinh'", 1),
        ("Observations", "year(phenomenonTime) eq 2020", 86),
        ("Observations", "month(phenomenonTime) eq 1", 4),
        ("Observations", "day(phenomenonTime) eq 31", 4),
        ("Observations", "hour(phenomenonTime) eq 17", 86),
        ("Observations", "minute(phenomenonTime) eq 0 and second(phenomenonTime) eq 0", 86),
        ("Observations", "fractionalseconds(phenomenonTime) gt 0", 0),
        ("Observations", "date(phenomenonTime) eq 2020-01-31", 4),
        ("Observations", "time(phenomenonTime) eq 17:00:00", 86),
        ("Observations", "totaloffsetminutes(phenomenonTime) eq 0", 86),
        ("Observations", "phenomenonTime lt now()", 86),
        ("Observations", "phenomenonTime gt now() sub duration'P1D'", 0),
        ("Observations", "phenomenonTime gt mindatetime() and phenomenonTime lt maxdatetime()", 86),
        ("Observations", "round(result) eq 3", 24),
        ("Observations", "floor(result) eq 4", 9),
        ("Observations", "ceiling(result) eq 1", 12),
        ("Observations", "result mul 2 gt 9 and result mod 2 lt 1 and result div 2 gt 2.2", 3),
        ("Observations", "result sub 1 ge 3.5 and not (result ne 4.5)", 1),
        ("Things", &format!("st_within(Locations/location,{around})"), 3),
        ("Things", &format!("st_contains({around},Locations/location)"), 3),
        ("Things", &format!("geo.intersects(Locations/location,{around})"), 3),
        ("Things", &format!("st_intersects(Locations/location,{nowhere})"), 0),
        ("Things", &format!("st_disjoint(Locations/location,{nowhere})"), 3),
        ("Things", &format!("st_equals(Locations/location,{nowhere})"), 0),
        ("Things", &format!("st_touches(Locations/location,{around})"), 0),
        ("Things", &format!("st_overlaps(Locations/location,{around})"), 0),
        ("Things", &format!("st_crosses(Locations/location,{around})"), 0),
        ("Things", &format!("st_relate(Locations/location,{around},'T*F**F***')"), 3),
        ("Things", &format!("geo.distance(Locations/location,{nowhere}) gt 100"), 3),
        ("Things", "geo.length(Locations/location) eq 0", 3),
        ("Observations", &format!("st_within(FeatureOfInterest/feature,{around}) and result gt 4.6"), 2),
        ("Datastreams", &format!("st_within(observedArea,{around})"), 4),
        (
            "Datastreams",
            &format!("st_within(Thing/Locations/location,{around}) and unitOfMeasurement/name ne null"),
            4,
        ),
    ] {
        let options = [("$filter", filter), ("$count", "true"), ("$top", "1000")];
        let page = ask(&client, path, &options).await;
        let got = (page["@iot.count"].as_u64(), list(&page, "value").len());
        assert_eq!(got, (Some(expected), usize::try_from(expected).unwrap()), "{path}?$filter={filter}");
    }
}

/// `req/request-data/filter`: what a storage decides, and what is decided for each value, agree.
#[tokio::test]
async fn bounds_of_results_leave_out_what_they_say() {
    let node = world::node().await;
    let client = node.public();
    let id = maxima(&client, "station:cau_noi").await;
    let all = all_pages(&client, &format!("Datastreams({id})/Observations"), &[]).await;
    let all = results(&all);
    assert_eq!(all.len(), DAYS as usize);
    type Test = fn(f64) -> bool;
    let tests: [(&str, Test); 7] = [
        ("result gt 2.5", |result| result > 2.5),
        ("result ge 2.5", |result| result >= 2.5),
        ("2.5 gt result", |result| result < 2.5),
        ("result le 2.5 and result gt 1.7", |result| result <= 2.5 && result > 1.7),
        ("result eq 2.5", |result| result == 2.5),
        ("result ne 2.5", |result| result != 2.5),
        ("result gt 3 and result lt 2", |_| false),
    ];
    for (filter, passes) in tests {
        let wanted: Vec<f64> = all.iter().copied().filter(|result| passes(*result)).collect();
        for order in ["phenomenonTime", "phenomenonTime desc", "result"] {
            let path = format!("Datastreams({id})/Observations");
            let options = [("$filter", filter), ("$orderby", order), ("$count", "true"), ("$top", "50")];
            let page = ask(&client, &path, &options).await;
            let mut got = results(list(&page, "value"));
            got.sort_by(f64::total_cmp);
            assert_eq!(got, wanted, "{filter} {order}");
            assert_eq!(page["@iot.count"], json!(wanted.len()), "{filter} {order}");
        }
        let paged = match wanted.is_empty() {
            true => Vec::new(),
            false => {
                let options = [("$filter", filter), ("$top", "3")];
                all_pages(&client, &format!("Datastreams({id})/Observations"), &options).await
            }
        };
        assert_eq!(results(&paged), wanted, "{filter}");
    }
}

/// `req/request-data/status-code`: a bad filter says where it is bad, and costs nothing.
#[tokio::test]
async fn a_filter_without_bounds_is_refused() {
    let node = world::node().await;
    let client = node.public();
    let deep = format!("{}true", "not ".repeat(1_000));
    let long = format!("name eq '{}'", "x".repeat(9_000));
    for (filter, words) in [
        (deep.as_str(), "nested deeper"),
        (long.as_str(), "longer than"),
        ("st_within(Locations/location,geography'POLYGON((0 0,2 2,2 0,0 2,0 0))')", "intersect"),
        ("geo.distance(Locations/location,geography'POINT(600000 1100000)') lt 1", "degrees"),
        ("name eq duration'P1M'", "no span"),
    ] {
        let (status, problem) =
            refused(&client, &with(&format!("{ROOT}/Things"), &[("$filter", filter)])).await;
        assert_eq!((status, problem["at"].as_str()), (400, Some("$filter")), "{problem}");
        assert!(text(&problem, "detail").contains(words), "{problem}");
    }
    let huge = "x".repeat(20_000);
    let (status, problem) = refused(&client, &with(&format!("{ROOT}/Things"), &[("$filter", &huge)])).await;
    assert_eq!((status, problem["at"].as_str()), (400, Some("?")), "{problem}");
}

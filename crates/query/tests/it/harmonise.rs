//! Province statistics on the units of a date: the worked examples, and what a statistician expects.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use model::{Access, DatasetKind, DatastreamKey, PropertyCode, Statistic, TimeRange};
use policy::{Principal, RowFilter};
use query::{At, Basis, HarmoniseRequest, Harmonised, Method};

use crate::world::{Value, World, at, key, user, value};

fn yearly(place: &str, property: &str, unit: &str) -> DatastreamKey {
    DatastreamKey {
        statistic: Statistic::Total,
        period: "P1Y".into(),
        unit: unit.into(),
        ..key("statistics", place, property)
    }
}

fn of_2019(place: &str, property: &str, unit: &str, result: f64) -> Value {
    Value { end: Some(at("2020-01-01")), ..value(&yearly(place, property, unit), "2019-01-01", result) }
}

async fn world(values: Vec<Value>) -> World {
    let world = World::new().await;
    world.register("statistics", DatasetKind::Observations, Access::Restricted).await;
    world.commit("statistics", values, "2020-06-01").await;
    world
}

/// The harmonised values by place.
async fn on(world: &World, date: &str, property: &str) -> BTreeMap<String, Harmonised> {
    on_for(world, &Principal::System, date, property).await
}

async fn on_for(
    world: &World,
    principal: &Principal,
    date: &str,
    property: &str,
) -> BTreeMap<String, Harmonised> {
    let permit = world.read(principal, "statistics").await;
    let request = HarmoniseRequest {
        property: Some(PropertyCode::new(property).unwrap()),
        geography: NaiveDate::parse_from_str(date, "%Y-%m-%d").unwrap(),
        time: TimeRange::ALL,
        at: At::Latest,
    };
    let answer = world.engine.harmonise(&permit, request).await.unwrap();
    answer.values.into_iter().map(|value| (value.place.to_string(), value)).collect()
}

fn close(value: &Harmonised, expected: f64) -> bool {
    value.result.is_some_and(|result| (result - expected).abs() <= 1e-3 * expected.abs())
}

#[tokio::test]
async fn areas_of_provinces_that_merged_whole_add_exactly() {
    let world = world(vec![
        of_2019("gso2004:82", "rice_area_sown", "10*3.har", 140.0),
        of_2019("gso2004:87", "rice_area_sown", "10*3.har", 500.0),
    ])
    .await;
    let values = on(&world, "2025-07-01", "rice_area_sown").await;
    assert_eq!(values.keys().collect::<Vec<_>>(), ["vn2025:82"]);
    let sum = &values["vn2025:82"];
    assert_eq!((sum.result, sum.method, sum.parts.len()), (Some(640.0), Method::Exact, 2));
    assert!(sum.parts.iter().all(|part| part.weight == 1.0 && part.basis == Basis::Whole));
    assert_eq!((sum.time, sum.end), (at("2019-01-01"), Some(at("2020-01-01"))));

    let before = on(&world, "2025-06-30", "rice_area_sown").await;
    let methods: Vec<_> = before.iter().map(|(place, value)| (place.as_str(), value.method)).collect();
    assert_eq!(methods, [("gso2004:82", Method::AsObserved), ("gso2004:87", Method::AsObserved)]);
}

#[tokio::test]
async fn a_density_is_weighted_by_its_denominator_and_never_averaged() {
    let people = [
        ("gso2004:92", 1_235_171.0, 1440.40),
        ("gso2004:93", 733_017.0, 1622.23),
        ("gso2004:94", 1_199_653.0, 3298.20),
    ];
    let mut values = Vec::new();
    for (place, persons, area) in people {
        values.push(of_2019(place, "population_density", "{person}/km2", persons / area));
        values.push(of_2019(place, "population_census", "{person}", persons));
    }
    let world = world(values).await;
    let density = &on(&world, "2025-07-01", "population_density").await["vn2025:92"];
    assert!(close(density, 498.023), "{density:?}");
    assert_eq!(density.method, Method::Estimated);
    assert!(density.parts.iter().all(|part| part.basis == Basis::Area));
    let persons = &on(&world, "2025-07-01", "population_census").await["vn2025:92"];
    assert_eq!((persons.result, persons.method), (Some(3_167_841.0), Method::Exact));
}

#[tokio::test]
async fn a_yield_is_weighted_by_the_area_sown_where_the_dataset_has_it() {
    let yields = vec![
        of_2019("gso2004:82", "rice_yield", "t/har", 5.0),
        of_2019("gso2004:87", "rice_yield", "t/har", 6.0),
    ];
    let alone = world(yields).await;
    let by_land = &on(&alone, "2025-07-01", "rice_yield").await["vn2025:82"];
    let expected = (5.0 * 2556.36 + 6.0 * 3382.28) / (2556.36 + 3382.28);
    assert!(close(by_land, expected), "{by_land:?}");

    let beside = world(vec![
        of_2019("gso2004:82", "rice_yield", "t/har", 5.0),
        of_2019("gso2004:87", "rice_yield", "t/har", 6.0),
        of_2019("gso2004:82", "rice_area_sown", "10*3.har", 140.0),
        of_2019("gso2004:87", "rice_area_sown", "10*3.har", 500.0),
    ])
    .await;
    let by_sown = &on(&beside, "2025-07-01", "rice_yield").await["vn2025:82"];
    assert!(close(by_sown, (5.0 * 140.0 + 6.0 * 500.0) / 640.0), "{by_sown:?}");
    assert_eq!(by_sown.method, Method::Estimated);
    let denominator = Basis::Property(PropertyCode::new("rice_area_sown").unwrap());
    assert!(by_sown.parts.iter().all(|part| part.basis == denominator));
}

#[tokio::test]
async fn a_sum_without_one_of_its_parts_is_no_sum() {
    // Long An merged with Tây Ninh, which lies outside the delta and is in no delta yearbook.
    let failed = Value { quality: 4, ..of_2019("gso2004:87", "rice_area_sown", "10*3.har", 500.0) };
    let world = world(vec![
        of_2019("gso2004:80", "rice_area_sown", "10*3.har", 510.0),
        of_2019("gso2004:82", "rice_area_sown", "10*3.har", 140.0),
        failed,
    ])
    .await;
    let values = on(&world, "2025-07-01", "rice_area_sown").await;
    for (place, missing) in [("vn2025:80", "gso2004:72"), ("vn2025:82", "gso2004:87")] {
        let value = &values[place];
        assert_eq!((value.result, value.method), (None, Method::Partial), "{place}");
        assert_eq!(value.missing.iter().map(ToString::to_string).collect::<Vec<_>>(), [missing]);
        assert_eq!(value.parts.len(), 1, "{place}");
    }
}

#[tokio::test]
async fn what_a_row_filter_hides_is_missing_not_summed() {
    let world = world(vec![
        of_2019("gso2004:82", "rice_area_sown", "10*3.har", 140.0),
        of_2019("gso2004:87", "rice_area_sown", "10*3.har", 500.0),
    ])
    .await;
    let rows = RowFilter { places: Some(vec!["gso2004:82".parse().unwrap()]), ..RowFilter::default() };
    world.grant("statistics", "an", rows).await;
    let an = user("an", None, policy::Role::User);
    let value = &on_for(&world, &an, "2025-07-01", "rice_area_sown").await["vn2025:82"];
    assert_eq!((value.result, value.method), (None, Method::Partial));
    assert!(value.parts.iter().all(|part| part.result != 500.0));
}

#[tokio::test]
async fn a_units_own_value_is_taken_before_the_sum_of_its_parts() {
    let world = world(vec![
        of_2019("gso2004:82", "rice_area_sown", "10*3.har", 140.0),
        of_2019("gso2004:87", "rice_area_sown", "10*3.har", 500.0),
        of_2019("vn2025:82", "rice_area_sown", "10*3.har", 641.0),
    ])
    .await;
    let values = on(&world, "2025-07-01", "rice_area_sown").await;
    assert_eq!((values["vn2025:82"].result, values["vn2025:82"].method), (Some(641.0), Method::AsObserved));
}

#[tokio::test]
async fn a_value_of_the_new_unit_is_shared_out_to_the_old_as_an_estimate() {
    let world = world(vec![
        of_2019("vn2025:82", "rice_area_sown", "10*3.har", 600.0),
        of_2019("vn2025:82", "population_census", "{person}", 3_363_689.0),
        of_2019("vn2025:82", "rice_yield", "t/har", 5.8),
    ])
    .await;
    let area = on(&world, "2024-01-01", "rice_area_sown").await;
    assert!(close(&area["gso2004:82"], 600.0 * 2556.36 / 5938.64), "{area:?}");
    let sum: f64 = area.values().filter_map(|value| value.result).sum();
    assert!((sum - 600.0).abs() < 1e-6);
    let people = on(&world, "2024-01-01", "population_census").await;
    assert!(close(&people["gso2004:82"], 1_764_185.0), "{people:?}");
    assert_eq!(people["gso2004:82"].parts[0].basis, Basis::Population);
    let yields = on(&world, "2024-01-01", "rice_yield").await;
    assert_eq!(yields["gso2004:87"].result, Some(5.8));
    for value in area.values().chain(people.values()).chain(yields.values()) {
        assert_eq!(value.method, Method::Estimated);
    }
}

#[tokio::test]
async fn seasons_years_and_statistics_are_not_mixed() {
    let season = |place: &str, period: &str, result| {
        let mut value = of_2019(place, "rice_area_sown", "10*3.har", result);
        value.key.period = period.into();
        value
    };
    let world = world(vec![
        season("gso2004:82", "season:dong_xuan", 50.0),
        season("gso2004:87", "season:dong_xuan", 200.0),
        season("gso2004:82", "season:he_thu", 60.0),
        season("gso2004:87", "P1Y", 500.0),
    ])
    .await;
    let permit = world.read(&Principal::System, "statistics").await;
    let geography = NaiveDate::from_ymd_opt(2025, 7, 1).unwrap();
    let request = HarmoniseRequest { property: None, geography, time: TimeRange::ALL, at: At::Latest };
    let values = world.engine.harmonise(&permit, request).await.unwrap().values;
    let seen: Vec<_> = values.iter().map(|v| (v.period.as_str(), v.result)).collect();
    assert_eq!(seen, [("P1Y", None), ("season:dong_xuan", Some(250.0)), ("season:he_thu", None)]);
}

#[tokio::test]
async fn sql_gives_the_same_values_with_the_way_to_their_cells() {
    let world = world(vec![
        of_2019("gso2004:82", "rice_area_sown", "10*3.har", 140.0),
        of_2019("gso2004:87", "rice_area_sown", "10*3.har", 500.0),
        of_2019("gso2004:80", "rice_area_sown", "10*3.har", 510.0),
        of_2019("station:my_tho", "salinity", "g/L", 4.0),
    ])
    .await;
    let sql = "SELECT h.place, p.name, result, method, version FROM harmonise('statistics', '2025-07-01') h \
               JOIN place p USING (place) WHERE property = 'rice_area_sown' ORDER BY 1";
    assert_eq!(
        world.rows(&Principal::System, sql).await,
        ["vn2025:80|Tây Ninh|null|partial|1", "vn2025:82|Đồng Tháp|640.0|exact|1"]
    );
    let sql = "SELECT trace, parts FROM harmonise('statistics', DATE '2025-07-01') WHERE place = 'vn2025:82'";
    let row = world.rows(&Principal::System, sql).await.join("");
    let (trace, parts) = row.split_once('|').unwrap();
    assert_eq!(
        trace,
        "/v1/trace?dataset=statistics&place=vn2025%3A82&property=rice_area_sown&statistic=total&period=P1Y\
         &time=2018-12-31T17%3A00%3A00Z&geography=2025-07-01&version=1"
    );
    let parts: serde_json::Value = serde_json::from_str(parts).unwrap();
    let number = yearly("gso2004:87", "rice_area_sown", "10*3.har").id();
    let expected =
        format!("/v1/trace?dataset=statistics&datastream={number}&time=2018-12-31T17:00:00Z&version=1");
    assert!(parts.as_array().unwrap().iter().any(|part| part["trace"] == expected.as_str()), "{parts}");
    for (filter, count) in [
        ("phenomenon_time >= TIMESTAMP '2019-01-01T00:00:00Z'", 0),
        ("phenomenon_time < TIMESTAMP '2019-01-01T00:00:00Z'", 3),
        ("property = 'salinity'", 1),
        ("place = 'gso2004:82'", 0),
        ("method = 'exact' AND statistic = 'total'", 1),
    ] {
        let sql = format!("SELECT count(*) FROM harmonise('statistics', '2025-07-01') WHERE {filter}");
        assert_eq!(world.rows(&Principal::System, &sql).await, [count.to_string()], "{filter}");
    }
}

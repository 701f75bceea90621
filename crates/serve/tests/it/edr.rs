//! OGC API – EDR as its clients meet it: every query, every format, versions, and what is refused.

use serde_json::{Value, json};
use testkit::TestNode;

use crate::world::{self, DAYS, STATIONS, bare, get, list, refused, text, with};

const SALINITY: &str = "/ogc/collections/salinity_daily";

fn ids(collection: &Value, name: &str) -> Vec<String> {
    list(collection, name).iter().map(|item| text(item, "id").to_owned()).collect()
}

/// The places of the coverages of an answer, each once.
fn places(answer: &Value) -> Vec<String> {
    let mut places: Vec<String> = match answer["type"].as_str() {
        Some("Coverage") => vec![text(answer, "cuulong:place").to_owned()],
        _ => list(answer, "coverages").iter().map(|one| text(one, "cuulong:place").to_owned()).collect(),
    };
    places.sort();
    places.dedup();
    places
}

async fn position(node: &TestNode, station: &str) -> [f64; 2] {
    let item = get(&node.public(), &format!("/ogc/collections/stations/items/{station}")).await;
    [0, 1].map(|axis| item["geometry"]["coordinates"][axis].as_f64().unwrap())
}

/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/edr/rc-locations>,
/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/covjson/content>
#[tokio::test]
async fn the_series_of_a_place_are_coverages() {
    let node = world::node().await;
    let client = node.public();
    let locations = get(&client, "/ogc/collections/salinity_daily/locations").await;
    assert_eq!(ids(&locations, "features"), STATIONS);
    let endpoint = text(&locations["features"][0]["properties"], "edrqueryendpoint");
    let reply = client.get(&bare(endpoint)).await.unwrap();
    assert_eq!(reply.media_type, "application/prs.coverage+json");
    let coverage = reply.json();
    assert_eq!(coverage["type"], "Coverage");
    assert_eq!(coverage["domain"]["domainType"], "PointSeries");
    let range = &coverage["ranges"]["salinity:max"];
    assert_eq!(range["shape"], json!([DAYS]));
    let expected: Vec<f64> = (1..=DAYS).map(|day| world::value(0, day)).collect();
    assert_eq!(range["values"], json!(expected));
    assert_eq!(coverage["domain"]["axes"]["t"]["values"][0], "2020-01-31T17:00:00Z");
    assert_eq!(coverage["domain"]["axes"]["t"]["bounds"][1], "2020-02-01T17:00:00Z");

    let several = get(&client, "/ogc/collections/salinity_daily/locations/station:cau_noi").await;
    assert_eq!(
        (several["type"].as_str(), list(&several, "coverages").len()),
        (Some("CoverageCollection"), 2)
    );
    let path = "/ogc/collections/salinity_daily/locations/station:cau_noi";
    let asked = [("parameter-name", "salinity:max"), ("datetime", "2020-02-03/2020-02-05")];
    let part = get(&client, &with(path, &asked)).await;
    assert_eq!(part["ranges"]["salinity:max"]["values"], json!([1.3, 1.4, 1.5]));
    assert_eq!(refused(&client, "/ogc/collections/salinity_daily/locations/station:tan_chau").await.0, 404);
    assert_eq!(refused(&client, "/ogc/collections/sluices/locations").await.0, 404);
}

/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/edr/rc-position>
#[tokio::test]
async fn a_position_is_answered_by_the_nearest_place() {
    let node = world::node().await;
    let client = node.public();
    let station = get(&client, "/ogc/collections/stations/items/station:cau_noi").await;
    let [lon, lat] = [0, 1].map(|axis| station["geometry"]["coordinates"][axis].as_f64().unwrap());
    let near = format!("POINT({} {})", lon + 0.02, lat - 0.02);
    let path = "/ogc/collections/salinity_daily/position";
    let asked = [("coords", near.as_str()), ("parameter-name", "salinity:mean")];
    let coverage = get(&client, &with(path, &asked)).await;
    assert_eq!(coverage["cuulong:place"], "station:cau_noi");
    assert_eq!(coverage["domain"]["axes"]["x"]["values"], json!([lon]));
    assert_eq!(coverage["ranges"]["salinity:mean"]["values"], json!([0.5, 0.75]));

    let (status, problem) = refused(&client, &with(path, &[("coords", "POINT(104.0 8.6)")])).await;
    assert_eq!(status, 404);
    assert!(text(&problem, "detail").contains("station:"), "{problem}");
}

/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/edr/rc-radius>,
/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/edr/rc-area>,
/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/edr/rc-cube>,
/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/edr/rc-trajectory>,
/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/edr/rc-corridor>
#[tokio::test]
async fn a_circle_an_area_a_box_a_line_and_a_corridor_hold_the_places_inside() {
    let node = world::node().await;
    let client = node.public();
    let [lon, lat] = position(&node, STATIONS[1]).await;
    let [far_lon, far_lat] = position(&node, STATIONS[2]).await;
    let (west, south, east, north) = (lon - 0.05, lat - 0.05, lon + 0.05, lat + 0.05);
    let point = format!("POINT({} {lat})", lon + 0.05);
    let square =
        format!("POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))");
    let hole = format!(
        "POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}),({} {},{} {},{} {},{} {}))",
        lon - 0.01,
        lat - 0.01,
        lon + 0.01,
        lat - 0.01,
        lon,
        lat + 0.02,
        lon - 0.01,
        lat - 0.01,
    );
    let bbox = format!("{west},{south},{east},{north}");
    let line = format!("LINESTRING({lon} {lat},{far_lon} {far_lat})");
    let beside = format!("LINESTRING({} {lat},{} {})", lon + 0.05, lon + 0.05, lat + 0.5);
    let corridor = |width: &'static str| {
        vec![
            ("coords", beside.as_str()),
            ("corridor-width", width),
            ("width-units", "km"),
            ("corridor-height", "1"),
            ("height-units", "m"),
        ]
    };
    let one = vec![STATIONS[1].to_owned()];
    for (query, parameters, expected) in [
        ("radius", vec![("coords", point.as_str()), ("within", "6"), ("within-units", "km")], one.clone()),
        ("radius", vec![("coords", point.as_str()), ("within", "5"), ("within-units", "km")], vec![]),
        ("area", vec![("coords", square.as_str())], one.clone()),
        ("area", vec![("coords", hole.as_str())], vec![]),
        ("cube", vec![("bbox", bbox.as_str())], one.clone()),
        ("trajectory", vec![("coords", line.as_str())], vec![STATIONS[1].to_owned(), STATIONS[2].to_owned()]),
        ("corridor", corridor("14"), one.clone()),
        ("corridor", corridor("8"), vec![]),
    ] {
        let answer = get(&client, &with(&format!("{SALINITY}/{query}"), &parameters)).await;
        let found: Vec<String> = places(&answer).into_iter().filter(|place| *place != STATIONS[0]).collect();
        assert_eq!(found, expected, "{query} {parameters:?}");
    }
    let described = get(&client, SALINITY).await;
    let queries: Vec<&String> = described["data_queries"].as_object().unwrap().keys().collect();
    assert_eq!(
        queries,
        ["area", "corridor", "cube", "instances", "items", "locations", "position", "radius", "trajectory"]
    );
    assert_eq!(described["output_formats"], json!(["CoverageJSON", "GeoJSON", "CSV", "NetCDF"]));
}

/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/edr/coords-definition> (LINESTRINGM),
/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/edr/REQ_rc-crs-definition>
#[tokio::test]
async fn a_measured_line_sets_the_time_and_a_system_sets_the_axes() {
    let node = world::node().await;
    let client = node.public();
    let [lon, lat] = position(&node, STATIONS[1]).await;
    // 3 to 5 February 2020, midnight in Vietnam.
    let line = format!("LINESTRINGM({lon} {lat} 1580662800, {} {lat} 1580835600)", lon + 0.01);
    let path = format!("{SALINITY}/trajectory");
    let asked = [("coords", line.as_str()), ("parameter-name", "salinity:max")];
    let answer = get(&client, &with(&path, &asked)).await;
    let coverage = match answer["type"].as_str() {
        Some("Coverage") => answer.clone(),
        _ => list(&answer, "coverages").iter().find(|c| c["cuulong:place"] == STATIONS[1]).unwrap().clone(),
    };
    assert_eq!(coverage["ranges"]["salinity:max"]["values"], json!([1.3, 1.4, 1.5]));
    let twice = [("coords", line.as_str()), ("datetime", "2020-02-03/..")];
    assert_eq!(refused(&client, &with(&path, &twice)).await.1["at"], "datetime");

    // Latitude comes first in EPSG:4326, metres in EPSG:32648.
    let path = format!("{SALINITY}/position");
    let swapped = format!("POINT({lat} {lon})");
    let asked = [("coords", swapped.as_str()), ("crs", "EPSG:4326"), ("parameter-name", "salinity:mean")];
    let answer = get(&client, &with(&path, &asked)).await;
    assert_eq!(answer["domain"]["axes"]["x"]["values"], json!([lon]));
    assert_eq!(answer["domain"]["referencing"][0]["coordinates"], json!(["y", "x"]));
    let asked =
        [("coords", "POINT(664000 1140000)"), ("crs", "EPSG:32648"), ("parameter-name", "salinity:mean")];
    let reply = client.get(&with(&path, &asked)).await.unwrap();
    assert!([200, 404].contains(&reply.status.as_u16()), "{}", reply.json());
}

/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/edr-geojson/content>,
/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/edr/REQ_rc-f-definition>
#[tokio::test]
async fn every_format_says_the_same() {
    let node = world::node().await;
    let client = node.public();
    let path = format!("{SALINITY}/locations/station:cau_noi");
    let days = ("datetime", "2020-02-01/2020-02-03");
    let rows = get(&client, &with(&path, &[days, ("f", "GeoJSON")])).await;
    assert_eq!((rows["type"].as_str(), list(&rows, "features").len()), (Some("FeatureCollection"), 3));
    let first = &rows["features"][0]["properties"];
    assert_eq!((first["salinity:max"].as_f64(), first["salinity:mean"].as_f64()), (Some(1.1), Some(0.5)));
    assert_eq!(first["datetime"], "2020-01-31T17:00:00Z");
    assert_eq!(first["parameter-name"], json!(["salinity:max", "salinity:mean"]));

    let reply = client.get(&with(&path, &[days, ("f", "CSV")])).await.unwrap();
    assert_eq!(reply.media_type.split(';').next(), Some("text/csv"));
    let body = String::from_utf8(reply.body.to_vec()).unwrap();
    let lines: Vec<&str> = body.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[0].ends_with("salinity:max [g/L],salinity:mean [g/L]"), "{}", lines[0]);
    assert!(lines[1].starts_with("station:cau_noi,") && lines[1].ends_with(",1.1,0.5"), "{}", lines[1]);
    assert!(lines[3].ends_with(",1.3,"), "{}", lines[3]);

    let reply = client.get(&with(&path, &[days, ("f", "NetCDF")])).await.unwrap();
    assert_eq!(reply.media_type, "application/netcdf");
    assert_eq!(&reply.body[..4], b"CDF\x02");

    // What goes out as NetCDF comes in again.
    node.dataset("again", "observations", "open").await;
    let report = node.hand_in("again", "again.nc", reply.body.to_vec(), None).await;
    assert!(report.is_ok(), "{report:?}");
}

/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/instances/rc-md-success>,
/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/instances/src-md-success>
#[tokio::test]
async fn versions_are_instances_that_answer_as_they_did() {
    let node = world::node().await;
    let client = node.public();
    // OWSLib looks for `data`; GDAL takes a document of plain JSON behind it for the list of collections.
    let described = get(&client, SALINITY).await;
    let data = list(&described, "links").iter().find(|link| link["rel"] == "data").unwrap();
    assert_eq!(data["type"], "application/geo+json");
    get(&client, &bare(text(data, "href"))).await;
    let instances = get(&client, &format!("{SALINITY}/instances")).await;
    let numbers = ids(&instances, "instances");
    assert_eq!(numbers.len(), 2, "{instances}");
    let (newest, oldest) = (&numbers[0], &numbers[1]);
    assert_eq!(get(&client, &format!("{SALINITY}/instances/{newest}")).await["id"], json!(newest));
    let asked = [("parameter-name", "salinity:mean")];
    let count = |answer: &Value| answer["ranges"]["salinity:mean"]["values"].as_array().map_or(0, Vec::len);
    let path = |instance: &str| format!("{SALINITY}/instances/{instance}/locations/station:cau_noi");
    assert_eq!(count(&get(&client, &with(&path(newest), &asked)).await), 2);
    // A version has the parameters that it had, under the names that they had.
    let (status, problem) = refused(&client, &with(&path(oldest), &asked)).await;
    assert_eq!((status, &problem["at"]), (400, &json!("parameter-name")), "{problem}");
    let then = get(&client, &with(&path(oldest), &[("parameter-name", "salinity")])).await;
    assert_eq!(then["ranges"]["salinity"]["values"].as_array().map(Vec::len), Some(world::DAYS as usize));
    let description = get(&client, &format!("{SALINITY}/instances/{newest}")).await;
    let way = text(&description["data_queries"]["cube"]["link"], "href");
    assert!(way.ends_with(&format!("/instances/{newest}/cube")), "{way}");
    let locations = get(&client, &format!("{SALINITY}/instances/{newest}/locations")).await;
    let endpoint = text(&locations["features"][0]["properties"], "edrqueryendpoint");
    get(&client, &bare(endpoint)).await;
    for instance in ["99", "x", "-1"] {
        assert_eq!(refused(&client, &format!("{SALINITY}/instances/{instance}")).await.0, 404);
    }
    for path in [
        "instances",
        "instances/1",
        "instances/1/cube?bbox=1,1,2,2",
        "area?coords=POLYGON((0 0,1 0,1 1,0 0))",
    ] {
        let path = format!("/ogc/collections/salinity_secret/{path}").replace(' ', "%20");
        assert_eq!(refused(&client, &path).await.0, 404, "{path}");
    }
}

/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/edr/REQ_rc-coords-response> and its like: what is
/// wrong is named, and costs little.
#[tokio::test]
async fn what_no_query_can_mean_is_refused_and_named() {
    let node = world::node().await;
    let client = node.public();
    let long = format!("LINESTRING({})", vec!["105 10"; 2_200].join(","));
    let area = "POLYGON((105 10,106 10,106 11,105 10))";
    let units = ("within-units", "km");
    for (query, parameters, status, at) in [
        ("position", vec![], 400, "coords"),
        ("position", vec![("coords", "POINT(200 10)")], 400, "coords"),
        ("position", vec![("coords", "LINESTRING(1 2, 3 4)")], 400, "coords"),
        ("position", vec![("coords", "POINT(106.5 10.3)"), ("crs", "EPSG:1")], 400, "crs"),
        (
            "position",
            vec![("coords", "POINT(106.5 10.3)"), ("parameter-name", "rain")],
            400,
            "parameter-name",
        ),
        ("position", vec![("coords", "POINT(106.5 10.3)"), ("z", "10")], 400, "z"),
        ("position", vec![("coords", "POINT(106.5 10.3)"), ("f", "html")], 406, "f"),
        ("position", vec![("coords", "POINT(106.5 10.3)"), ("within", "3")], 400, "within"),
        ("radius", vec![("coords", "POINT(106.5 10.3)")], 400, "within"),
        ("radius", vec![("coords", "POINT(106.5 10.3)"), ("within", "3")], 400, "within-units"),
        ("radius", vec![("coords", "POINT(106.5 10.3)"), ("within", "-3"), units], 400, "within"),
        (
            "radius",
            vec![("coords", "POINT(106.5 10.3)"), ("within", "3"), ("within-units", "ly")],
            400,
            "within-units",
        ),
        ("area", vec![("coords", "POLYGON((0 0,1 1,2 2,3 3))")], 400, "coords"),
        ("area", vec![("coords", "POLYGON((((((((")], 400, "coords"),
        ("area", vec![("coords", area), ("resolution-x", "1000000")], 400, "resolution-x"),
        ("cube", vec![], 400, "bbox"),
        ("cube", vec![("bbox", "1,2,3")], 400, "bbox"),
        ("trajectory", vec![("coords", long.as_str())], 400, "?"),
        ("trajectory", vec![("coords", "LINESTRINGM(1 2 9e99,3 4 9e99)")], 400, "coords"),
        ("corridor", vec![("coords", "LINESTRING(105 10,106 10)")], 400, "corridor-width"),
        ("locations", vec![("bbox", "x")], 400, "bbox"),
        ("instances", vec![("limit", "0")], 400, "limit"),
    ] {
        let (got, problem) = refused(&client, &with(&format!("{SALINITY}/{query}"), &parameters)).await;
        assert_eq!((got, problem["at"].as_str()), (status, Some(at)), "{query} {parameters:?}: {problem}");
    }
    assert_eq!(refused(&client, "/ogc/collections/sluices/area?coords=POINT(1%202)").await.0, 400);
    let features = with("/ogc/collections/sluices/area", &[("coords", area)]);
    assert_eq!(refused(&client, &features).await.0, 404);
}

//! OGC API – Features Parts 1 to 3 and 5 as their clients meet them: pages, systems, filters, schemas.

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};
use standards::cql2::{self, Subject};
use testkit::TestNode;
use tower::ServiceExt;

use crate::world::{self, bare, get, list, refused, text, with};

/// What is answered to a request with headers of its own.
pub async fn ask(
    node: &TestNode,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: String,
) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body)).unwrap();
    let answer = node.node().router().oneshot(request).await.unwrap();
    let (head, body) = answer.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    (head.status, head.headers, bytes.to_vec())
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

pub fn ids(page: &Value) -> Vec<String> {
    let mut ids: Vec<String> = list(page, "features").iter().map(|f| text(f, "id").to_owned()).collect();
    ids.sort();
    ids
}

fn link(document: &Value, rel: &str) -> Option<String> {
    list(document, "links").iter().find(|link| link["rel"] == rel).map(|link| bare(text(link, "href")))
}

/// Gates of the sort that are written down by people, two points of known coordinates among them.
pub async fn gates() -> TestNode {
    let node = TestNode::start().await;
    node.dataset("gates", "features", "open").await;
    let feature = |id: &str, geometry: Value, properties: Value| json!({"type": "Feature", "id": id, "geometry": geometry, "properties": properties});
    let point = |x: f64, y: f64| json!({"type": "Point", "coordinates": [x, y]});
    let features = vec![
        feature(
            "can_tho",
            point(105.75, 10.05),
            json!({"name": "Cống Cái Răng", "width": 11.5, "doors": 2, "open": true, "built": "2012-05-01T00:00:00Z"}),
        ),
        feature(
            "tan_chau",
            point(105.25, 10.8),
            json!({"name": "Cống Tân Châu", "width": 35.0, "doors": 4, "open": false, "built": "2019-11-20T03:00:00Z"}),
        ),
        feature(
            "l_shape",
            json!({"type": "Polygon", "coordinates": [[[106.0, 9.0], [106.4, 9.0], [106.4, 9.1], [106.1, 9.1], [106.1, 9.4], [106.0, 9.4], [106.0, 9.0]]]}),
            json!({"name": "Đê biển Gò Công", "width": 7.25, "doors": 0, "open": true, "built": null}),
        ),
        feature(
            "canal",
            json!({"type": "LineString", "coordinates": [[104.8, 9.2], [105.2, 9.6]]}),
            json!({"name": "Kênh Xáng", "width": null, "doors": 1, "open": false, "built": "2001-01-01T00:00:00Z"}),
        ),
    ];
    let file = json!({"type": "FeatureCollection", "features": features}).to_string();
    node.hand_in("gates", "gates.geojson", file.into_bytes(), None).await.unwrap();
    node
}

const ITEMS: &str = "/ogc/collections/gates/items";

/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/req/core/fc-bbox-response>,
/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/req/core/fc-time-response>,
/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/rec/core/fc-filters>
#[tokio::test]
async fn items_are_chosen_by_geometry_time_and_properties() {
    let node = gates().await;
    let client = node.public();
    for (parameters, expected) in [
        (vec![("bbox", "105,9,106,11")], vec!["can_tho", "canal", "tan_chau", "l_shape"]),
        // Within the box of the bent polygon, and outside of the polygon.
        (vec![("bbox", "106.2,9.2,106.3,9.3")], vec![]),
        (vec![("bbox", "106.2,9.05,106.3,9.3")], vec!["l_shape"]),
        (vec![("bbox", "105.7,10,-50,105.8,10.1,50")], vec!["can_tho"]),
        // Across the antimeridian: from 106.3 east, around the globe, to 105.
        (vec![("bbox", "106.3,8,105,12")], vec!["canal", "l_shape"]),
        (vec![("datetime", "2010-01-01T00:00:00Z/2015-01-01T00:00:00Z")], vec!["can_tho", "l_shape"]),
        (vec![("datetime", "2019-11-20")], vec!["l_shape", "tan_chau"]),
        (vec![("datetime", "../2005-01-01T00:00:00Z")], vec!["canal", "l_shape"]),
        (vec![("open", "true")], vec!["can_tho", "l_shape"]),
        (vec![("open", "true"), ("doors", "2")], vec!["can_tho"]),
        (vec![("width", "35")], vec!["tan_chau"]),
        (vec![("name", "Kênh Xáng")], vec!["canal"]),
        (vec![("bbox", "105,10,106,11"), ("open", "false")], vec!["tan_chau"]),
    ] {
        let page = get(&client, &with(ITEMS, &parameters)).await;
        let mut expected = expected;
        expected.sort_unstable();
        // A box that begins east of its end is the canal's too.
        assert_eq!(ids(&page), expected, "{parameters:?}");
        assert_eq!(page["numberMatched"], expected.len(), "{parameters:?}");
        assert_eq!(page["numberReturned"], expected.len(), "{parameters:?}");
    }
    for (parameters, at) in [
        (vec![("doors", "many")], "doors"),
        (vec![("open", "perhaps")], "open"),
        (vec![("colour", "red")], "colour"),
        (vec![("bbox", "105,11,106,9")], "bbox"),
        (vec![("bbox", "1,2,3,4,5")], "bbox"),
        (vec![("limit", "-1")], "limit"),
        (vec![("offset", "-1")], "offset"),
        (vec![("token", "x")], "token"),
        (vec![("version", "x")], "version"),
    ] {
        let (status, problem) = refused(&client, &with(ITEMS, &parameters)).await;
        assert_eq!((status, text(&problem, "at")), (400, at), "{problem}");
    }
    assert_eq!(refused(&client, &with(ITEMS, &[("version", "99")])).await.0, 404);
}

/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/req/core/fc-links>,
/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/req/core/fc-numberMatched>
#[tokio::test]
async fn pages_lead_both_ways_over_one_version() {
    let node = gates().await;
    let client = node.public();
    let first = get(&client, &with(ITEMS, &[("limit", "1")])).await;
    assert_eq!(link(&first, "prev"), None);
    assert!(link(&first, "collection").is_some() && link(&first, "alternate").is_some());
    let second = link(&first, "next").unwrap();
    // Another version while somebody pages: the pages that follow are of the one that was begun.
    let more = json!({"type": "FeatureCollection", "features": [{"type": "Feature", "id": "new",
        "geometry": {"type": "Point", "coordinates": [105.0, 10.0]}, "properties": {"name": "Mới"}}]});
    node.hand_in("gates", "more.geojson", more.to_string().into_bytes(), None).await.unwrap();
    let mut seen = ids(&first);
    let mut next = Some(second.clone());
    while let Some(path) = next {
        let page = get(&client, &path).await;
        assert_eq!(page["numberMatched"], 4);
        seen.extend(ids(&page));
        next = link(&page, "next");
    }
    seen.sort();
    assert_eq!(seen, ["can_tho", "canal", "l_shape", "tan_chau"]);
    let back = link(&get(&client, &second).await, "prev").unwrap();
    assert_eq!(ids(&get(&client, &back).await), ids(&first));
    assert_eq!(get(&client, ITEMS).await["numberMatched"], 5);
    let pinned = get(&client, &with(ITEMS, &[("version", "1")])).await;
    assert_eq!(pinned["numberMatched"], 4);

    let (_, headers, _) = ask(&node, Method::GET, ITEMS, &[], String::new()).await;
    let tag = header(&headers, "etag").to_owned();
    assert!(!tag.is_empty() && !header(&headers, "cuulong-version").is_empty());
    let (status, _, body) = ask(&node, Method::GET, ITEMS, &[("if-none-match", &tag)], String::new()).await;
    assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
}

/// An item as what a filter is asked of, without anything of the node.
struct Item<'i>(&'i Value);

impl Subject for Item<'_> {
    fn value(&self, property: &str) -> cql2::Value {
        let value = if property == "id" { &self.0["id"] } else { &self.0["properties"][property] };
        match value {
            Value::Bool(truth) => cql2::Value::Bool(*truth),
            Value::Number(number) => cql2::Value::Number(number.as_f64().unwrap()),
            Value::String(text) if property == "built" => {
                let time = Some(text.parse().unwrap());
                cql2::Value::Time(time, time)
            }
            Value::String(text) => cql2::Value::Text(text.clone()),
            _ => cql2::Value::Null,
        }
    }
}

/// Filters made of parts at random, the same ones at every run.
struct Filters(u64);

impl Filters {
    fn below(&mut self, most: u64) -> u64 {
        // A step of xorshift.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    fn part(&mut self, depth: u64) -> String {
        let kind = if depth == 0 { self.below(12) } else { self.below(16) };
        let order = ["=", "<>", "<", "<=", ">", ">="][self.below(6) as usize];
        let n = self.below(2_000);
        let number = ["-3.5".to_owned(), "12".to_owned(), format!("{n}.25"), format!("{}", n / 10)];
        let number = number[self.below(4) as usize].clone();
        let day = format!("20{:02}-{:02}-11", self.below(30), self.below(12) + 1);
        let property = ["width", "doors"][self.below(2) as usize];
        match kind {
            0 | 1 => format!("{property} {order} {number}"),
            2 => format!("{number} {order} {property}"),
            3 => format!("id {order} 'gate-{n:04}'"),
            4 => format!("id IN ('gate-{n:04}', 'gate-0003', 'none')"),
            5 => format!("name {order} 'Cống {n:04}'"),
            6 => format!("name LIKE 'Cống {:02}%'", n / 100),
            7 => format!("built {order} DATE('{day}')"),
            8 => format!("T_INTERSECTS(built, INTERVAL('{day}', '..'))"),
            9 => format!("{} IS NULL", ["width", "built", "open", "name"][self.below(4) as usize]),
            10 => format!("{property} BETWEEN {number} AND {}", n + 40),
            11 => format!("{property} IN ({number}, 7, {n})"),
            12 => format!("NOT ({})", self.part(depth - 1)),
            13 => "open = true".to_owned(),
            _ => {
                let word = ["AND", "OR"][self.below(2) as usize];
                format!("({}) {word} ({})", self.part(depth - 1), self.part(depth - 1))
            }
        }
    }
}

/// What statistics leave out never holds: the node and a plain look at every item find the same.
#[tokio::test]
async fn a_filter_finds_what_a_look_at_every_item_finds() {
    let node = TestNode::start().await;
    node.dataset("gates", "features", "open").await;
    let features: Vec<Value> = (0..2_000_u32)
        .map(|n| {
            let (x, y) = (105.0 + f64::from(n % 50) / 100.0, 9.0 + f64::from(n / 50) / 100.0);
            let built = format!("20{:02}-{:02}-11T0{}:00:00Z", n / 100, n % 12 + 1, n % 10);
            let maybe = |every: u32, value: Value| if n % every == 0 { Value::Null } else { value };
            json!({"type": "Feature", "id": format!("gate-{n:04}"),
                "geometry": {"type": "Point", "coordinates": [x, y]},
                "properties": {"name": maybe(13, json!(format!("Cống {n:04}"))), "width": maybe(7, json!(f64::from(n) / 4.0 - 5.0)),
                    "doors": maybe(5, json!(n / 10)), "open": maybe(9, json!(n < 700)), "built": maybe(11, json!(built))}})
        })
        .collect();
    let file = json!({"type": "FeatureCollection", "features": features}).to_string();
    node.hand_in("gates", "gates.geojson", file.into_bytes(), None).await.unwrap();
    let client = node.public();
    let mut all = Vec::new();
    for offset in ["0", "1000"] {
        let page = get(&client, &with(ITEMS, &[("limit", "1000"), ("offset", offset)])).await;
        all.extend(list(&page, "features").clone());
    }
    assert_eq!(all.len(), 2_000);
    let mut filters = Filters(0x2545_f491_4f6c_dd1d);
    let mut found = 0;
    for _ in 0..150 {
        let filter = filters.part(3);
        let tree = cql2::parse_text(&filter).unwrap();
        let mut expected: Vec<String> = all
            .iter()
            .filter(|item| cql2::holds(&tree, &Item(item)))
            .map(|item| text(item, "id").to_owned())
            .collect();
        expected.sort();
        let page = get(&client, &with(ITEMS, &[("filter", &filter), ("limit", "1000")])).await;
        assert_eq!(page["numberMatched"], expected.len(), "{filter}");
        if expected.len() <= 1_000 {
            assert_eq!(ids(&page), expected, "{filter}");
        }
        found += usize::from(!expected.is_empty());
    }
    assert!(found > 50, "filters that find nothing tell little: {found} found something");
}

/// The coordinates of two points in every system that is offered, computed with PROJ 9.5.1 and the
/// parameters of Decision 05/2007 (EPSG:6960).
const COORDINATES: [(&str, [f64; 2], [f64; 2], f64); 11] = [
    ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", [105.75, 10.05], [105.25, 10.8], 1e-9),
    ("http://www.opengis.net/def/crs/EPSG/0/4326", [10.05, 105.75], [10.8, 105.25], 1e-9),
    (
        "http://www.opengis.net/def/crs/EPSG/0/4756",
        [10.051_013_667, 105.748_215_569],
        [10.801_009_952, 105.248_210_151],
        2e-8,
    ),
    (
        "http://www.opengis.net/def/crs/EPSG/0/3405",
        [581_990.446, 1_111_146.186],
        [527_133.535, 1_193_988.168],
        0.002,
    ),
    (
        "http://www.opengis.net/def/crs/EPSG/0/5897",
        [582_015.053, 1_111_479.664],
        [527_141.678, 1_194_346.507],
        0.002,
    ),
    (
        "http://www.opengis.net/def/crs/EPSG/0/9207",
        [636_828.711, 1_111_646.349],
        [581_818.409, 1_194_435.607],
        0.002,
    ),
    (
        "http://www.opengis.net/def/crs/EPSG/0/9208",
        [609_420.897, 1_111_552.565],
        [554_479.558, 1_194_379.878],
        0.002,
    ),
    (
        "http://www.opengis.net/def/crs/EPSG/0/9209",
        [527_207.301, 1_111_396.485],
        [472_466.881, 1_194_346.827],
        0.002,
    ),
    (
        "http://www.opengis.net/def/crs/EPSG/0/9210",
        [499_804.406, 1_111_386.2],
        [445_128.99, 1_194_380.519],
        0.002,
    ),
    (
        "http://www.opengis.net/def/crs/EPSG/0/32648",
        [582_186.253, 1_111_034.549],
        [527_329.288, 1_193_876.657],
        0.002,
    ),
    (
        "http://www.opengis.net/def/crs/EPSG/0/3857",
        [11_772_036.151, 1_124_542.249],
        [11_716_376.406, 1_209_433.842],
        0.01,
    ),
];

/// <http://www.opengis.net/spec/ogcapi-features-2/1.0/req/crs/crs-uri>,
/// <http://www.opengis.net/spec/ogcapi-features-2/1.0/req/crs/fc-md-crs-list>,
/// <http://www.opengis.net/spec/ogcapi-features-2/1.0/req/crs/fc-crs-valid-value>,
/// <http://www.opengis.net/spec/ogcapi-features-2/1.0/req/crs/fc-bbox-crs-action>,
/// <http://www.opengis.net/spec/ogcapi-features-2/1.0/req/crs/ogc-crs-header>,
/// <http://www.opengis.net/spec/ogcapi-features-2/1.0/req/crs/ogc-crs-header-value>
#[tokio::test]
async fn every_system_gives_the_same_places_in_its_own_coordinates() {
    let node = gates().await;
    let client = node.public();
    let collection = get(&client, "/ogc/collections/gates").await;
    let offered: Vec<&str> = list(&collection, "crs").iter().map(|crs| crs.as_str().unwrap()).collect();
    assert_eq!(offered, COORDINATES.map(|(uri, ..)| uri));
    assert_eq!(collection["storageCrs"], offered[0]);
    for (uri, can_tho, tan_chau, within) in COORDINATES {
        for (id, expected) in [("can_tho", can_tho), ("tan_chau", tan_chau)] {
            let path = with(&format!("{ITEMS}/{id}"), &[("crs", uri)]);
            let (status, headers, body) = ask(&node, Method::GET, &path, &[], String::new()).await;
            let item: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!((status, header(&headers, "content-crs")), (StatusCode::OK, &*format!("<{uri}>")));
            for (axis, expected) in expected.iter().enumerate() {
                let got = item["geometry"]["coordinates"][axis].as_f64().unwrap();
                assert!((got - expected).abs() <= within, "{uri} {id}: {got} is not {expected}");
            }
            // A small box around the place, in the same system, has it and nothing else.
            let margin = if within < 1e-6 { 0.001 } else { 100.0 };
            let [a, b] = expected;
            let bbox = format!("{},{},{},{}", a - margin, b - margin, a + margin, b + margin);
            let found = get(&client, &with(ITEMS, &[("bbox", &bbox), ("bbox-crs", uri), ("crs", uri)])).await;
            assert_eq!(ids(&found), [id], "{uri}");
            // And so has a filter with a geometry of that system.
            let (low, high) = ([a - margin, b - margin], [a + margin, b + margin]);
            let filter = format!(
                "S_WITHIN(geometry, POLYGON(({0} {1}, {2} {1}, {2} {3}, {0} {3}, {0} {1})))",
                low[0], low[1], high[0], high[1]
            );
            let found = get(&client, &with(ITEMS, &[("filter", &filter), ("filter-crs", uri)])).await;
            assert_eq!(ids(&found), [id], "{uri}: {filter}");
        }
    }
    for (name, value) in [("crs", "EPSG:2044"), ("bbox-crs", "x"), ("filter-crs", "EPSG:1")] {
        let (status, problem) = refused(&client, &with(ITEMS, &[(name, value)])).await;
        assert_eq!((status, text(&problem, "at")), (400, name));
    }
}

/// <http://www.opengis.net/spec/ogcapi-features-3/1.0/req/filter/filter-param>,
/// <http://www.opengis.net/spec/ogcapi-features-3/1.0/req/filter/filter-lang-param>,
/// <http://www.opengis.net/spec/ogcapi-features-3/1.0/req/filter/mixing-expressions>,
/// <http://www.opengis.net/spec/ogcapi-features-3/1.0/req/features-filter/filter-param>,
/// <http://www.opengis.net/spec/cql2/1.0/req/basic-cql2/cql2-filter>,
/// <http://www.opengis.net/spec/cql2/1.0/req/basic-cql2/property>,
/// <http://www.opengis.net/spec/cql2/1.0/req/advanced-comparison-operators/like-predicate>,
/// <http://www.opengis.net/spec/cql2/1.0/req/advanced-comparison-operators/between-predicate>,
/// <http://www.opengis.net/spec/cql2/1.0/req/advanced-comparison-operators/in-predicate>,
/// <http://www.opengis.net/spec/cql2/1.0/req/accent-insensitive-comparison/accenti-function>,
/// <http://www.opengis.net/spec/cql2/1.0/req/case-insensitive-comparison/casei-function>,
/// <http://www.opengis.net/spec/cql2/1.0/req/arithmetic/arithmetic>,
/// <http://www.opengis.net/spec/cql2/1.0/req/property-property>,
/// <http://www.opengis.net/spec/cql2/1.0/req/functions/functions>
#[tokio::test]
async fn a_filter_chooses_the_same_in_both_writings() {
    let node = gates().await;
    let client = node.public();
    let p = |name: &str| json!({"property": name});
    let casei = |of: Value| json!({"op": "casei", "args": [of]});
    let accenti = |of: Value| json!({"op": "accenti", "args": [of]});
    for (filter, json, expected) in [
        ("width > 10", json!({"op": ">", "args": [p("width"), 10]}), vec!["can_tho", "tan_chau"]),
        ("width IS NULL", json!({"op": "isNull", "args": [p("width")]}), vec!["canal"]),
        (
            "NOT width > 10",
            json!({"op": "not", "args": [{"op": ">", "args": [p("width"), 10]}]}),
            vec!["l_shape"],
        ),
        ("doors IN (1, 4)", json!({"op": "in", "args": [p("doors"), [1, 4]]}), vec!["canal", "tan_chau"]),
        (
            "doors BETWEEN 1 AND 2",
            json!({"op": "between", "args": [p("doors"), 1, 2]}),
            vec!["can_tho", "canal"],
        ),
        ("id = 'canal'", json!({"op": "=", "args": [p("id"), "canal"]}), vec!["canal"]),
        (
            "name LIKE 'Cống%'",
            json!({"op": "like", "args": [p("name"), "Cống%"]}),
            vec!["can_tho", "tan_chau"],
        ),
        (
            "CASEI(ACCENTI(name)) LIKE CASEI(ACCENTI('đê%go cong'))",
            json!({"op": "like", "args": [casei(accenti(p("name"))), casei(accenti(json!("đê%go cong")))]}),
            vec!["l_shape"],
        ),
        (
            "fold(name) = 'de bien go cong'",
            json!({"op": "=", "args": [{"op": "fold", "args": [p("name")]}, "de bien go cong"]}),
            vec!["l_shape"],
        ),
        (
            "width > doors * 5",
            json!({"op": ">", "args": [p("width"), {"op": "*", "args": [p("doors"), 5]}]}),
            vec!["can_tho", "l_shape", "tan_chau"],
        ),
        (
            "built >= DATE('2012-05-01')",
            json!({"op": ">=", "args": [p("built"), {"date": "2012-05-01"}]}),
            vec!["can_tho", "tan_chau"],
        ),
        (
            "T_BEFORE(built, TIMESTAMP('2010-01-01T00:00:00Z'))",
            json!({"op": "t_before", "args": [p("built"), {"timestamp": "2010-01-01T00:00:00Z"}]}),
            vec!["canal"],
        ),
        (
            "S_INTERSECTS(geometry, BBOX(106.2, 9.2, 106.3, 9.3))",
            json!({"op": "s_intersects", "args": [p("geometry"), {"bbox": [106.2, 9.2, 106.3, 9.3]}]}),
            vec![],
        ),
        (
            "S_CROSSES(geometry, LINESTRING(104.8 9.6, 105.2 9.2)) OR open = TRUE AND doors = 2",
            json!({"op": "or", "args": [
                {"op": "s_crosses", "args": [p("geometry"), {"type": "LineString", "coordinates": [[104.8, 9.6], [105.2, 9.2]]}]},
                {"op": "and", "args": [{"op": "=", "args": [p("open"), true]}, {"op": "=", "args": [p("doors"), 2]}]}]}),
            vec!["can_tho", "canal"],
        ),
        (
            "area_km2(geometry) > 100",
            json!({"op": ">", "args": [{"op": "area_km2", "args": [p("geometry")]}, 100]}),
            vec!["l_shape"],
        ),
    ] {
        let by_text = get(&client, &with(ITEMS, &[("filter", filter), ("filter-lang", "cql2-text")])).await;
        assert_eq!(ids(&by_text), expected, "{filter}");
        assert_eq!(by_text["numberMatched"], expected.len(), "{filter}");
        let json = json.to_string();
        let by_json = get(&client, &with(ITEMS, &[("filter", &json), ("filter-lang", "cql2-json")])).await;
        assert_eq!(ids(&by_json), expected, "{json}");
    }
    // A filter, a box and a property are all to hold, and pages are counted exactly.
    let page = get(
        &client,
        &with(ITEMS, &[("filter", "doors >= 0"), ("bbox", "105,9,107,11"), ("open", "true"), ("limit", "1")]),
    )
    .await;
    assert_eq!((page["numberMatched"].as_u64(), page["numberReturned"].as_u64()), (Some(2), Some(1)));
    let stations =
        get(&client, &with("/ogc/collections/stations/items", &[("filter", "fold(name) LIKE 'cau no%'")]))
            .await;
    assert_eq!(ids(&stations), ["station:cau_noi"]);

    let deep = format!("{}width > 1", "NOT ".repeat(500));
    let long = vec!["doors = 1"; 2_000].join(" OR ");
    for filter in [
        "width >",
        "colour = 'red'",
        "width",
        "S_INTERSECTS(geometry, POINT(1 2)",
        &deep,
        &long,
        "nothing(name) = 1",
    ] {
        let (status, problem) = refused(&client, &with(ITEMS, &[("filter", filter)])).await;
        assert_eq!((status, text(&problem, "at")), (400, "filter"), "{problem}");
    }
    let (status, _) =
        refused(&client, &with(ITEMS, &[("filter", "width > 1"), ("filter-lang", "sql")])).await;
    assert_eq!(status, 400);
}

/// <http://www.opengis.net/spec/ogcapi-features-3/1.0/req/queryables/get-queryables-response>,
/// <http://www.opengis.net/spec/ogcapi-features-3/1.0/req/queryables/get-queryables-uris>,
/// <http://www.opengis.net/spec/ogcapi-features-3/1.0/req/functions/get-functions-response>,
/// <http://www.opengis.net/spec/ogcapi-features-5/1.0/req/schemas/schema-op>
#[tokio::test]
async fn queryables_and_functions_say_what_a_filter_may_name() {
    let node = gates().await;
    let client = node.public();
    let collection = get(&client, "/ogc/collections/gates").await;
    let path = link(&collection, "http://www.opengis.net/def/rel/ogc/1.0/queryables").unwrap();
    let reply = client.get(&path).await.unwrap();
    assert_eq!(reply.media_type, "application/schema+json");
    let queryables = reply.json();
    let properties = queryables["properties"].as_object().unwrap();
    let kinds: Vec<(&str, &Value)> =
        properties.iter().map(|(name, of)| (name.as_str(), &of["type"])).collect();
    for expected in
        [("name", "string"), ("width", "number"), ("doors", "integer"), ("open", "boolean"), ("id", "string")]
    {
        assert!(kinds.contains(&(expected.0, &json!(expected.1))), "{expected:?} in {queryables}");
    }
    assert_eq!(properties["geometry"]["x-ogc-role"], "primary-geometry");
    assert_eq!(
        properties["built"],
        json!({"type": "string", "format": "date-time", "title": "built", "x-ogc-role": "primary-instant"})
    );
    assert_eq!(get(&client, "/ogc/collections/gates/schema").await["properties"], queryables["properties"]);
    let functions = get(&client, "/ogc/functions").await;
    let names: Vec<&str> = list(&functions, "functions").iter().map(|f| text(f, "name")).collect();
    assert!(names.contains(&"fold"), "{functions}");
    assert_eq!(refused(&client, "/ogc/collections/nothing/queryables").await.0, 404);
}

/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/req/html/content>,
/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/req/html/definition>,
/// <http://www.opengis.net/spec/ogcapi-common-1/1.0/req/html/definition>
#[tokio::test]
async fn every_document_is_a_page_too() {
    let node = gates().await;
    for path in [
        "/ogc",
        "/ogc/conformance",
        "/ogc/collections",
        "/ogc/collections/gates",
        ITEMS,
        "/ogc/collections/gates/items/can_tho",
        "/ogc/collections/gates/queryables",
        "/ogc/functions",
        "/ogc/api",
    ] {
        let (status, headers, page) =
            ask(&node, Method::GET, &format!("{path}?f=html&lang=en"), &[], String::new()).await;
        assert_eq!(
            (status, header(&headers, "content-type")),
            (StatusCode::OK, "text/html; charset=utf-8"),
            "{path}"
        );
        let page = String::from_utf8(page).unwrap();
        assert!(page.contains(&format!("{path}?lang=en&amp;f=json")), "{page}");
        let browser = [("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")];
        let (_, headers, _) = ask(&node, Method::GET, path, &browser, String::new()).await;
        assert_eq!(header(&headers, "content-type"), "text/html; charset=utf-8", "{path}");
        let (_, headers, _) = ask(&node, Method::GET, path, &[("accept", "*/*")], String::new()).await;
        assert!(header(&headers, "content-type").contains("json"), "{path}");
    }
    let page = world::page(&node.public(), &format!("{ITEMS}?f=html")).await;
    assert!(page.contains("Cống Cái Răng") && page.contains("/ogc/collections/gates/items/can_tho"));
    // Nothing that was handed in becomes markup.
    let evil = json!({"type": "Feature", "id": "<b>", "geometry": {"type": "Point", "coordinates": [105.0, 10.0]},
        "properties": {"name": "<script>alert(1)</script>"}});
    let file = json!({"type": "FeatureCollection", "features": [evil]}).to_string();
    node.hand_in("gates", "evil.geojson", file.into_bytes(), None).await.unwrap();
    let page = world::page(&node.public(), &format!("{ITEMS}?f=html")).await;
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"));
    assert_eq!(refused(&node.public(), "/ogc/collections/nothing?f=html").await.0, 404);
}

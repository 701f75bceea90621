//! Bad requests to every protocol: each is answered with a problem (or the protocol's own form of one), at
//! a bounded cost, and others are served meanwhile.

use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, header};
use serde_json::{Value, json};
use testkit::{Served, TestNode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::ServiceExt;

/// The longest that a bad request may take, on a machine with other things to do.
const LONGEST: Duration = Duration::from_secs(10);

const MAPPING: &str = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"station\"\n[time]\ncolumns = [\"time\"]\n\
    [[value]]\ncolumn = \"salinity\"\nproperty = \"salinity\"\nunit = \"g/L\"\n";

async fn node() -> TestNode {
    let node = TestNode::start().await;
    node.dataset("gauge", "observations", "open").await;
    let mut file = "station,time,salinity\n".to_owned();
    for hour in 0..2000_u32 {
        let (day, hour_of_day) = (1 + hour / 24 % 28, hour % 24);
        let month = 1 + hour / 672;
        file += &format!(
            "station:cau_noi,2020-{month:02}-{day:02} {hour_of_day:02}:00,{}\n",
            f64::from(hour % 97) / 7.0
        );
    }
    node.hand_in("gauge", "a.csv", file.into_bytes(), Some(MAPPING)).await.unwrap();
    node.dataset("sluices", "features", "open").await;
    let features: Vec<Value> = (0..20)
        .map(|n| {
            json!({"type": "Feature", "id": format!("gate-{n}"), "properties": {"width": n},
                "geometry": {"type": "Point", "coordinates": [105.0 + f64::from(n) / 100.0, 10.0]}})
        })
        .collect();
    let file = json!({"type": "FeatureCollection", "features": features}).to_string();
    node.hand_in("sluices", "sluices.geojson", file.into_bytes(), None).await.unwrap();
    node
}

/// What a bad request is answered with.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// A problem document.
    Problem,
    /// An error as OAI-PMH, CKAN or the Model Context Protocol write theirs.
    Own,
}

struct Bad {
    method: Method,
    path: String,
    media_type: &'static str,
    body: Vec<u8>,
    form: Form,
}

fn get(path: impl Into<String>) -> Bad {
    Bad { method: Method::GET, path: path.into(), media_type: "", body: Vec::new(), form: Form::Problem }
}

/// A path with one parameter, escaped.
fn with(path: &str, name: &str, value: &str) -> Bad {
    let mut link = url::Url::parse("http://localhost").unwrap();
    link.set_path(path);
    link.query_pairs_mut().append_pair(name, value);
    get(link.as_str().strip_prefix("http://localhost").unwrap())
}

fn post(path: &str, media_type: &'static str, body: impl Into<Vec<u8>>) -> Bad {
    Bad { method: Method::POST, media_type, body: body.into(), ..get(path) }
}

impl Bad {
    fn own(self) -> Bad {
        Bad { form: Form::Own, ..self }
    }
}

const JSON: &str = "application/json";

/// A filter in text that is nested so deep.
fn nested(depth: usize) -> String {
    format!("{}width > 1{}", "(".repeat(depth), ")".repeat(depth))
}

fn nested_json(depth: usize) -> String {
    format!("{}1{}", "[".repeat(depth), "]".repeat(depth))
}

fn nested_cql2(depth: usize) -> String {
    let open = r#"{"op":"not","args":["#.repeat(depth);
    format!("{open}{}{}", r#"{"op":">","args":[{"property":"width"},1]}"#, "]}".repeat(depth))
}

/// Ten megabytes of a filter that is right but for its size.
fn endless_filter() -> String {
    let mut filter = "width = 1".to_owned();
    while filter.len() < 10 << 20 {
        filter.push_str(" OR width = 1");
    }
    filter
}

/// Everything that a careless or hostile client may send.
fn everything() -> Vec<Bad> {
    let mut all = Vec::new();
    // Filters that are none, or too deep.
    let broken = [
        "width >",
        "width = = 1",
        "'",
        "width = 'a",
        "(",
        ")",
        "NOT",
        "S_INTERSECTS(geometry,",
        "width IN (",
        "width LIKE",
    ];
    for path in ["/ogc/collections/sluices/items", "/stac/collections/sluices/items"] {
        for filter in broken {
            all.push(with(path, "filter", filter));
        }
        for depth in [1_000, 3_000] {
            all.push(with(path, "filter", &nested(depth)));
        }
        all.push(with(path, "filter", &"NOT ".repeat(3_000)));
        all.push(get(format!("{path}?filter-lang=cql2-json&filter={}", "%5B".repeat(4_000))));
    }
    for path in [
        "/ogc/collections/sluices/items",
        "/ogc/collections/catalogue/items",
        "/ogc/collections/stations/items",
    ] {
        all.push(with(path, "filter-crs", "http://www.opengis.net/def/crs/EPSG/0/999999"));
        all.push(with(path, "crs", "http://www.opengis.net/def/crs/EPSG/0/999999"));
    }
    for (name, value) in [
        ("$filter", "result gt"),
        ("$filter", "((result gt 1"),
        ("$filter", "nowhere eq 1"),
        ("$filter", "result eq 'a"),
        ("$top", "-1"),
        ("$skip", "-1"),
        ("$top", "a"),
        ("$orderby", "nowhere"),
        ("$expand", "Nowhere"),
        ("$select", "nowhere"),
        ("$count", "maybe"),
        ("$nonsense", "1"),
    ] {
        all.push(with("/sta/v1.1/Observations", name, value));
    }
    all.push(with(
        "/sta/v1.1/Observations",
        "$filter",
        &format!("{}result gt 1{}", "(".repeat(3_000), ")".repeat(3_000)),
    ));
    all.push(with("/sta/v1.1/Observations", "$filter", &"not ".repeat(3_000)));
    all.push(with("/sta/v1.1/Things", "$expand", &"Datastreams/Thing/".repeat(500)));
    all.push(get("/sta/v1.1/Things(1"));
    all.push(get("/sta/v1.1/Nothings"));
    all.push(post("/sta/v1.1/$batch", JSON, nested_json(5_000)));
    all.push(post("/sta/v1.1/Observations", JSON, "{"));
    // Boxes, limits, times, coordinate systems.
    for path in [
        "/ogc/collections/sluices/items",
        "/ogc/collections/stations/items",
        "/ogc/collections/catalogue/items",
        "/stac/search",
        "/stac/collections/sluices/items",
    ] {
        for bbox in ["1,2,3", "a,b,c,d", "NaN,0,1,1", "0,0,inf,1", "100,200,300,400", "", "1,1,1,1,1,1,1"] {
            all.push(with(path, "bbox", bbox));
        }
        for limit in ["-1", "0", "a", "1.5", "99999999999999999999999"] {
            all.push(with(path, "limit", limit));
        }
        for time in
            ["gestern", "2020-13-01", "2020-01-02/2020-01-01/x", "2021-01-01T00:00:00Z/2020-01-01T00:00:00Z"]
        {
            all.push(with(path, "datetime", time));
        }
    }
    for (path, name, value) in [
        ("/v1/datasets", "limit", "-1"),
        ("/v1/datasets", "offset", "-1"),
        ("/v1/datasets", "cursor", "\u{0}"),
        ("/v1/places", "limit", "-1"),
        ("/v1/places", "on", "2020-02-30"),
        ("/v1/audit", "before", "-1"),
        ("/v1/datasets/gauge/observations", "limit", "-1"),
        ("/v1/datasets/gauge/observations", "cursor", "x"),
        ("/v1/datasets/gauge/observations", "datetime", "yesterday"),
        ("/v1/datasets/gauge/observations", "version", "-1"),
        ("/v1/datasets/gauge/observations", "format", "pdf"),
        ("/v1/datasets/gauge/observations/buckets", "buckets", "-1"),
        ("/v1/datasets/gauge/observations/buckets", "width", "P0D"),
        ("/v1/datasets/gauge/observations", "buckets", "5"),
        ("/v1/datasets/gauge/latest", "limit", "5"),
        ("/v1/datasets/gauge/data", "format", "pdf"),
        ("/v1/datasets/gauge/data", "version", "99999999999999999999"),
        ("/v1/datasets/gauge/differences", "from", "x"),
        ("/v1/changes", "cursor", "x"),
        ("/v1/changes", "since", "x"),
        ("/v1/changes", "wait", "-1"),
        ("/v1/sql", "sql", ""),
        ("/v1/sql", "sql", "SELECT"),
        ("/v1/sql", "sql", "SELECT \u{0}"),
        ("/v1/trace", "dataset", "gauge"),
        ("/v1/datasets/gauge/runs", "limit", "-1"),
        ("/ogc/collections/gauge/position", "coords", "POINT("),
        ("/ogc/collections/gauge/position", "coords", "POINT(1e999 1)"),
        ("/ogc/collections/gauge/position", "coords", "LINESTRING(0 0,1 1)"),
        ("/ogc/collections/gauge/area", "coords", "POLYGON((0 0,1 1"),
        ("/ogc/collections/gauge/radius", "within", "-1"),
        ("/ogc/collections/gauge/cube", "bbox", "170,-10,-170,10"),
        ("/ogc/collections/gauge/locations", "bbox", "1"),
        ("/ogc/collections/gauge/locations", "crs", "EPSG:999999"),
        ("/ogc/collections/gauge/instances/99999999999999999999/position", "coords", "POINT(0 0)"),
        ("/ogc/collections/sluices/map", "width", "1000000000"),
        ("/ogc/collections/sluices/map", "width", "-1"),
        ("/ogc/collections/sluices/map", "bbox-crs", "EPSG:999999"),
        ("/ogc/collections/sluices/coverage", "subset", "Lat("),
        ("/ogc/processes", "limit", "-1"),
        ("/ogc/jobs", "limit", "-1"),
        ("/dcat.ttl", "page", "-1"),
        ("/dcat.ttl", "page", "x"),
    ] {
        all.push(with(path, name, value));
    }
    all.push(with("/ogc/collections/gauge/area", "coords", &format!("POLYGON({}", "(".repeat(3_000))));
    for tile in [
        "WebMercatorQuad/-1/0/0",
        "WebMercatorQuad/99/0/0",
        "WebMercatorQuad/1/99999999999999999999/0",
        "Nowhere/0/0/0",
    ] {
        all.push(get(format!("/ogc/collections/sluices/tiles/{tile}")));
        all.push(get(format!("/ogc/collections/sluices/map/tiles/{tile}")));
    }
    // Bodies: broken, of another kind, deep, and large.
    let json_posts = ["/v1/sql", "/stac/search", "/ogc/processes/salinity_monthly_mean/execution"];
    for path in json_posts {
        for body in ["", "{", "[]", "null", "\u{1}", "{\"sql\":1}", "{\"limit\":-1}"] {
            if !(path.starts_with("/ogc/processes") && body == "null") {
                all.push(post(path, JSON, body));
            }
        }
        all.push(post(path, JSON, nested_json(20_000)));
        all.push(post(path, "text/plain", "x"));
        all.push(post(path, JSON, vec![0xff; 64]));
    }
    all.push(post(
        "/v1/sql",
        JSON,
        json!({"sql": format!("SELECT {}1{}", "(".repeat(20_000), ")".repeat(20_000))}).to_string(),
    ));
    all.push(post(
        "/v1/sql",
        JSON,
        json!({"sql": format!("SELECT 1 -- {}", "x".repeat(10 << 20))}).to_string(),
    ));
    all.push(post(
        "/stac/search",
        JSON,
        json!({"filter": serde_json::from_str::<Value>(&nested_cql2(50)).unwrap(), "limit": -1}).to_string(),
    ));
    all.push(post("/stac/search", JSON, format!("{{\"filter\":{}}}", nested_cql2(5_000))));
    all.push(post(
        "/stac/search",
        JSON,
        json!({"filter-lang": "cql2-text", "filter": endless_filter()}).to_string(),
    ));
    all.push(post(
        "/stac/search",
        JSON,
        json!({"intersects": {"type": "Polygon", "coordinates": [[[0, 0], [1]]]}}).to_string(),
    ));
    all.push(get(format!("/ogc/collections/sluices/items?filter={}", "x".repeat(60_000))));
    // Paths.
    for path in [
        "/v1/datasets/..%2f..%2fetc%2fpasswd",
        "/v1/datasets/%2e%2e/%2e%2e/etc",
        "/v1/datasets/../../etc/passwd",
        "/v1/datasets/gauge%00",
        "/v1/datasets/%ff%fe",
        "/v1/runs/..",
        "/ogc/collections/..%2f",
        "/ogc/collections/%00/items",
        "/ogc/collections/sluices/items/%00",
        "/ogc/collections/sluices/items/..%2f..%2f",
        "/stac/collections/..%5c..",
        "/iso/..%2fx",
        "/dcat/datasets/%00",
        "/feeds/datasets/%2e%2e",
        "/static/..%2f..%2fCargo.toml",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/problems/..%2f",
        "/v1/uploads/..%2f..%2fcatalog.sqlite",
        "/sta/v1.1/Things('%00')",
        "/sta/v1.1/../../etc/passwd",
        "/sitemap/%2e%2e.xml",
        "//etc/passwd",
        "/v1//datasets",
    ] {
        all.push(get(path));
    }
    all.push(get(format!("/v1/datasets/{}", "a".repeat(60_000))));
    all.push(get(format!("/{}", "a/".repeat(20_000))));
    all.push(get(format!("/ogc/collections/{}/items", "%61".repeat(10_000))));
    // Protocols with a form of their own for what goes wrong.
    for query in [
        "",
        "verb=Nothing",
        "verb=ListRecords&resumptionToken=x",
        "verb=GetRecord&identifier=%00&metadataPrefix=oai_dc",
        "verb=ListRecords&metadataPrefix=oai_dc&from=gestern",
    ] {
        all.push(get(format!("/oai?{query}")).own());
    }
    for (action, body) in [
        ("package_show", "{}"),
        ("package_search", "{\"rows\":-1}"),
        ("datastore_search", "{\"resource_id\":\"x\",\"limit\":-1}"),
        ("datastore_search", "{"),
        ("nothing", "{}"),
    ] {
        all.push(post(&format!("/ckan/api/3/action/{action}"), JSON, body).own());
    }
    all.push(post("/ckan/api/3/action/package_search", JSON, nested_json(20_000)).own());
    for body in [
        "{",
        "[]",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nothing\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"observe\",\"arguments\":{\"limit\":-1}}}",
    ] {
        all.push(post("/mcp", JSON, body).own());
    }
    all.push(post("/mcp", JSON, nested_json(20_000)).own());
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_request_is_answered_with_what_is_wrong_and_soon() {
    let node = node().await;
    let router = node.node().router();
    let mut wrong = Vec::new();
    let all = everything();
    assert!(all.len() > 250, "{}", all.len());
    for bad in all {
        let mut what = format!("{} {}", bad.method, bad.path);
        what.truncate(what.char_indices().nth(160).map_or(what.len(), |(at, _)| at));
        what += &format!(
            " [{} bytes: {}]",
            bad.body.len(),
            String::from_utf8_lossy(&bad.body[..bad.body.len().min(60)])
        );
        let Ok(request) = Request::builder()
            .method(bad.method.clone())
            .uri(&bad.path)
            .header(header::HOST, "localhost")
            .header(header::ACCEPT_LANGUAGE, "en")
            .header(
                header::CONTENT_TYPE,
                if bad.media_type.is_empty() { "text/plain" } else { bad.media_type },
            )
            .body(Body::from(bad.body.clone()))
        else {
            // What is no address at all is refused before any of our code (it goes over a socket below).
            continue;
        };
        let started = Instant::now();
        let response = router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 64 << 20).await.unwrap();
        let taken = started.elapsed();
        if taken > LONGEST {
            wrong.push(format!("{what}: took {taken:?}"));
        }
        let media =
            parts.headers.get(header::CONTENT_TYPE).and_then(|m| m.to_str().ok()).unwrap_or("").to_owned();
        let text = String::from_utf8_lossy(&body[..body.len().min(2_000)]).into_owned();
        let status = parts.status;
        let is_right = match bad.form {
            Form::Problem => {
                let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
                let says = problem["advice"].as_str().is_some_and(|advice| !advice.is_empty());
                let is_refused = status.is_client_error() || status.as_u16() == 501;
                is_refused && media.starts_with("application/problem+json") && says
            }
            Form::Own => {
                let says =
                    ["<error code=", "\"success\":false", "\"Bad request", "\"error\":", "\"isError\":true"]
                        .iter()
                        .any(|form| text.contains(form));
                !status.is_server_error() && (says || media.starts_with("application/problem+json"))
            }
        };
        if !is_right {
            wrong.push(format!("{what}: {status} {media} {text}"));
        }
    }
    assert!(wrong.is_empty(), "{} are not refused as they should be:\n{}", wrong.len(), wrong.join("\n"));
    // The node is as it was.
    let page = node.public().get("/v1/datasets/gauge/observations?limit=1").await.unwrap().ok().unwrap();
    assert_eq!(page.json()["items"].as_array().unwrap().len(), 1);
    let latest = node.public().get("/v1/datasets/gauge/versions").await.unwrap().ok().unwrap().json();
    assert_eq!(latest["total"], 1);
}

/// Where the standards let the west lie east of the east, the box goes around (OGC 17-069r4 §7.15.3).
#[tokio::test]
async fn a_box_over_the_antimeridian_goes_around_the_other_side() {
    let node = node().await;
    for path in ["/ogc/collections/sluices/items", "/stac/search", "/stac/collections/sluices/items"] {
        let all = node.public().get(&format!("{path}?bbox=104,9,106,11")).await.unwrap().ok().unwrap().json();
        let around =
            node.public().get(&format!("{path}?bbox=105.095,9,-170,11")).await.unwrap().ok().unwrap();
        let far = node.public().get(&format!("{path}?bbox=170,9,-170,11")).await.unwrap().ok().unwrap();
        assert_eq!(far.json()["numberMatched"], 0, "{path}");
        if path.starts_with("/ogc") {
            assert_eq!(
                (&all["numberMatched"], &around.json()["numberMatched"]),
                (&json!(20), &json!(10)),
                "{path}"
            );
        }
    }
}

/// Sends bytes as they are and returns what comes back, at most for a while.
async fn raw(node: &Served, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(node.url.strip_prefix("http://").unwrap()).await.unwrap();
    // Whoever is refused early is cut off while still sending.
    let _sent = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer));
    let _ended = read.await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_request_end_their_own_connection_only() {
    let node = node().await.serve().await;
    for bytes in [
        b"GET /v1/datasets/\x00 HTTP/1.1\r\nhost: a\r\n\r\n".to_vec(),
        b"GET /v1/data sets HTTP/1.1\r\nhost: a\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        [b"GET /".to_vec(), vec![b'a'; 1 << 20], b" HTTP/1.1\r\nhost: a\r\n\r\n".to_vec()].concat(),
        [b"GET / HTTP/1.1\r\nhost: a\r\nx: ".to_vec(), vec![b'a'; 1 << 20], b"\r\n\r\n".to_vec()].concat(),
        b"POST /v1/sql HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n".to_vec(),
        b"POST /v1/sql HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"
            .to_vec(),
    ] {
        let answer = raw(&node, &bytes).await;
        let status: u16 = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(400);
        assert!(
            (400..500).contains(&status),
            "{}: {answer}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(60)])
        );
        node.public().get("/v1/datasets").await.unwrap().ok().unwrap();
    }
    node.stop().await;
}

/// Readers of one byte a second, subscribers that never read, and senders that never finish: forty of each.
#[tokio::test(flavor = "multi_thread")]
async fn who_reads_or_sends_slowly_holds_up_nobody() {
    let node = node().await.serve().await;
    let address = node.url.strip_prefix("http://").unwrap().to_owned();
    let sql = "SELECT+a.result,b.result+AS+other+FROM+gauge+AS+a,gauge+AS+b+LIMIT+900000&format=csv";
    let slow = [
        format!("GET /v1/sql?sql={sql} HTTP/1.1\r\nhost: a\r\n\r\n"),
        "GET /v1/datasets/gauge/observations?format=csv&limit=2000 HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
        "GET /v1/changes/stream HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
        "POST /v1/sql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 90000\r\n\r\n{".to_owned(),
        "GET /v1/datasets HTTP/1.1\r\nhost: a\r\nx-slow: ".to_owned(),
    ];
    let mut held = Vec::new();
    for request in slow.iter().flat_map(|request| std::iter::repeat_n(request, 40)) {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        held.push(stream);
    }
    let reading = tokio::spawn(async move {
        loop {
            for stream in &mut held {
                let mut byte = [0; 1];
                let _read = tokio::time::timeout(Duration::from_millis(1), stream.read(&mut byte)).await;
                let _sent = stream.try_write(b" ");
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    });
    // Somebody with an account has a budget and a turn of their own, whatever visitors do.
    let mut slowest = Duration::ZERO;
    for _ in 0..40 {
        for path in [
            "/v1/datasets",
            "/v1/datasets/gauge/latest",
            "/ogc/collections/sluices/items?limit=5",
            "/v1/sql?sql=SELECT%20count(*)%20AS%20n%20FROM%20gauge",
        ] {
            let started = Instant::now();
            node.system().get(path).await.unwrap().ok().unwrap();
            slowest = slowest.max(started.elapsed());
        }
    }
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    // Visitors beside them are served, too, as long as they ask for little.
    node.public().get("/v1/datasets").await.unwrap().ok().unwrap();
    reading.abort();
    node.stop().await;
}

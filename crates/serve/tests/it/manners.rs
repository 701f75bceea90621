//! What holds for every answer of every protocol: quotas, deprecation, cursors, tags, languages, and what
//! pages of other sites may read.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::TestNode;
use tower::ServiceExt;

use crate::world::{self, bare, get, list, refused, text, with};

struct Answer {
    status: StatusCode,
    head: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.head.get(name).unwrap_or_else(|| panic!("no `{name}` in {:?}", self.head)).to_str().unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

async fn ask(node: &TestNode, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = node.node().router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Answer { status: parts.status, head: parts.headers, body }
}

/// The number of a parameter of a policy in a structured field.
fn number(field: &str, policy: &str, parameter: &str) -> u64 {
    let item = field.split(", ").find(|item| item.starts_with(&format!("\"{policy}\"")));
    let item = item.unwrap_or_else(|| panic!("no `{policy}` in `{field}`"));
    let value = item.split(';').find_map(|part| part.strip_prefix(&format!("{parameter}=")));
    value.unwrap_or_else(|| panic!("no `{parameter}` in `{item}`")).parse().unwrap()
}

const EVERYWHERE: [&str; 12] = [
    "/v1/datasets",
    "/ogc",
    "/ogc/collections/stations/items?limit=1",
    "/ogc/collections/salinity_daily/locations",
    "/sta/v1.1/Datastreams?$top=1",
    "/stac/collections",
    "/dcat.ttl",
    "/ckan/api/3/action/package_list",
    "/oai?verb=Identify",
    "/iso/salinity_daily",
    "/feeds/datasets/salinity_daily",
    "/ogc/processes",
];

#[tokio::test]
async fn every_answer_tells_what_the_asker_may_use_and_has_left() {
    let node = world::node().await;
    for path in EVERYWHERE.into_iter().chain(["/v1/datasets/none", "/nowhere"]) {
        let answer = ask(&node, Method::GET, path, &[]).await;
        let (policy, left) = (answer.header("ratelimit-policy"), answer.header("ratelimit"));
        for name in ["time", "bytes"] {
            assert_eq!(number(policy, name, "w"), 300, "{path}: {policy}");
            assert!(number(policy, name, "q") >= number(left, name, "r"), "{path}: {policy} / {left}");
            assert!(number(left, name, "t") <= 300, "{path}: {left}");
        }
    }
    // The console has no budget: nothing is told of one.
    let key = secrecy::ExposeSecret::expose_secret(&node.node().console_key()).to_owned();
    let bearer = format!("Bearer {key}");
    let answer = ask(&node, Method::GET, "/v1/datasets", &[("authorization", &bearer)]).await;
    assert!(!answer.head.contains_key("ratelimit"), "{:?}", answer.head);
}

/// The wait is waited for: that is what is promised.
#[tokio::test]
async fn a_refusal_says_what_was_used_and_whoever_waits_as_long_as_told_is_let_through() {
    let node = TestNode::start_configured(vec![("CUULONG_BUDGET_BYTES", "60000")]).await;
    node.dataset("gauge", "observations", "open").await;
    let mut file = "station,time,salinity\n".to_owned();
    for hour in 0..2000 {
        let time = chrono::DateTime::from_timestamp(1_580_515_200 + hour * 3600, 0).unwrap();
        file += &format!(
            "station:cau_noi,{},{}\n",
            time.format("%Y-%m-%d %H:%M"),
            f64::from(hour as u32 % 97) / 7.0
        );
    }
    node.hand_in("gauge", "a.csv", file.into_bytes(), None).await.unwrap();
    let path = "/v1/datasets/gauge/observations?limit=2000";
    let mut refusal = None;
    for _ in 0..20_000 {
        let answer = ask(&node, Method::GET, path, &[]).await;
        if answer.status != StatusCode::OK {
            refusal = Some(answer);
            break;
        }
    }
    let refusal = refusal.expect("300 kilobytes are used up");
    assert_eq!(refusal.status, StatusCode::TOO_MANY_REQUESTS);
    let seconds: u64 = refusal.header("retry-after").parse().unwrap();
    let problem = refusal.json();
    assert_eq!(problem["type"], "/problems/budget-used");
    assert_eq!(problem["violated-policies"], json!(["bytes"]));
    let cost = list(&problem, "cost").iter().find(|cost| cost["policy"] == "bytes").unwrap();
    assert!(cost["used"].as_f64().unwrap() > 0.28, "{problem}");
    assert_eq!(cost["window"], 300);
    assert!(text(&problem, "detail").contains(&seconds.to_string()) || text(&problem, "detail").len() > 20);
    let left = refusal.header("ratelimit").to_owned();
    assert_eq!(number(&left, "bytes", "r"), 0, "{left}");
    assert!(number(&left, "bytes", "t").abs_diff(seconds) <= 1, "{left} and {seconds}");
    // What costs nothing goes on meanwhile.
    assert_eq!(ask(&node, Method::GET, "/v1/datasets", &[]).await.status, StatusCode::OK);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    assert_eq!(ask(&node, Method::GET, path, &[]).await.status, StatusCode::OK);
}

/// RFC 9110 §8.8.1: other bytes have another strong tag.
#[tokio::test]
async fn what_is_packed_on_its_way_has_a_weak_tag_that_is_known_again() {
    let node = world::node().await;
    for path in ["/sta/v1.1/Datastreams", "/ogc/collections/sluices/items?limit=25", "/v1/datasets"] {
        let plain = ask(&node, Method::GET, path, &[]).await;
        let packed = ask(&node, Method::GET, path, &[("accept-encoding", "gzip")]).await;
        assert_eq!(packed.header("content-encoding"), "gzip", "{path}");
        let bare = plain.header("etag").trim_start_matches("W/").to_owned();
        assert_eq!(packed.header("etag"), format!("W/{bare}"), "{path}");
        for tag in [plain.header("etag"), packed.header("etag")] {
            let again =
                ask(&node, Method::GET, path, &[("accept-encoding", "gzip"), ("if-none-match", tag)]).await;
            assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{path}: {tag}");
        }
    }
}

#[tokio::test]
async fn what_is_deprecated_says_so_in_its_answers_in_the_document_and_on_the_page() {
    let node = world::node().await;
    let runs = get(&node.public(), "/v1/datasets/salinity_daily/runs").await;
    let run = text(&list(&runs, "items")[0], "id").to_owned();
    let document = get(&node.public(), "/v1/openapi.json").await;
    let page = world::page(&node.public(), "/en/developers").await;
    let mut marked = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for parameter in item["get"]["parameters"].as_array().into_iter().flatten() {
            if parameter["deprecated"] == true {
                marked.insert((path.clone(), text(parameter, "name").to_owned()));
            }
        }
    }
    assert!(marked.len() >= 5, "{marked:?}");
    for (path, parameter) in &marked {
        assert!(page.contains(&format!("GET {path}?{parameter}=")), "{path} is not on the page");
        let id = if path.contains("/runs/{id}") { &run } else { "salinity_daily" };
        let asked = path.replace("{id}", id);
        let with_it = ask(&node, Method::GET, &format!("{asked}?{parameter}=0"), &[]).await;
        let since: i64 = with_it.header("deprecation").strip_prefix('@').unwrap().parse().unwrap();
        let sunset = chrono::DateTime::parse_from_rfc2822(with_it.header("sunset")).unwrap();
        assert!(sunset.timestamp() - since >= 365 * 24 * 3600, "{path}: kept for less than a year");
        let links: Vec<_> = with_it.head.get_all("link").iter().map(|link| link.to_str().unwrap()).collect();
        assert!(links.iter().any(|link| link.contains("rel=\"deprecation\"")), "{links:?}");
        let without = ask(&node, Method::GET, &asked, &[]).await;
        assert!(!without.head.contains_key("deprecation"), "{asked}");
    }
}

#[tokio::test]
async fn pages_go_on_where_the_last_one_ended_whatever_comes_between() {
    let node = world::node().await;
    let system = node.system();
    let runs = get(&system, "/v1/datasets/salinity_daily/runs").await;
    let run = text(&list(&runs, "items")[0], "id").to_owned();
    for (path, key) in [
        ("/v1/datasets".to_owned(), "id"),
        ("/v1/datasets?q=salinity".to_owned(), "id"),
        ("/v1/places?q=tra%20vinh".to_owned(), "id"),
        ("/v1/agencies".to_owned(), "id"),
        ("/v1/datasets/salinity_daily/runs".to_owned(), "id"),
        ("/v1/datasets/salinity_daily/versions".to_owned(), "version"),
        ("/v1/datasets/salinity_daily/datastreams".to_owned(), "id"),
        ("/v1/audit".to_owned(), "id"),
    ] {
        let whole = get(&system, &path).await;
        let whole: Vec<Value> = list(&whole, "items").iter().map(|item| item[key].clone()).collect();
        assert!(whole.len() > 1, "{path}");
        let (mut seen, mut next) =
            (Vec::new(), Some(format!("{path}{}limit=1", if path.contains('?') { '&' } else { '?' })));
        while let Some(link) = next {
            let page = get(&system, &link).await;
            assert_eq!(list(&page, "items").len(), 1, "{link}");
            seen.push(list(&page, "items")[0][key].clone());
            next = page["next"].as_str().map(bare);
            assert!(next.as_deref().is_none_or(|next| !next.contains("offset=")), "{next:?}");
            assert!(seen.len() <= whole.len(), "{path} does not end");
        }
        assert_eq!(seen, whole, "{path}");
    }
    // A dataset that comes in before the place where the reader is moves nothing.
    let first = get(&system, "/v1/datasets?limit=2").await;
    node.dataset("aaa", "observations", "open").await;
    let second = get(&system, &bare(text(&first, "next"))).await;
    let ids: Vec<&str> =
        list(&first, "items").iter().chain(list(&second, "items")).map(|item| text(item, "id")).collect();
    assert_eq!(ids, ["salinity_daily", "salinity_secret", "salinity_shared", "sluices"]);
    // What is no cursor of the list is said to be none. (`Zm9v` is `foo`: a dataset's place need not be there.)
    for path in ["/v1/datasets", "/v1/places", "/v1/agencies", "/v1/datasets/salinity_daily/runs"] {
        for cursor in
            ["%00", "!!!", "AAAA", "Zm9v"].iter().filter(|c| **c != "Zm9v" || path != "/v1/datasets")
        {
            let (status, problem) = refused(&system, &format!("{path}?cursor={cursor}")).await;
            assert_eq!((status, problem["at"].as_str()), (400, Some("cursor")), "{path} {cursor}");
        }
    }
    let findings = format!("/v1/runs/{run}/findings?cursor=Zm9v");
    assert_eq!(refused(&system, &findings).await.0, 400);
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let node = world::node().await;
    for path in [
        "/v1/datasets",
        "/v1/datasets/salinity_daily",
        "/v1/datasets/salinity_daily/versions",
        "/v1/places?q=tra%20vinh",
        "/v1/properties",
        "/v1/agencies",
        "/ogc",
        "/ogc/collections",
        "/ogc/collections/salinity_daily",
        "/ogc/collections/stations/items?limit=1",
        "/ogc/conformance",
        "/stac",
        "/stac/collections/salinity_daily",
        "/sta/v1.1",
        "/sta/v1.1/Things?$top=1",
        "/dcat.ttl",
        "/iso/salinity_daily",
        "/feeds/datasets/salinity_daily",
        "/ogc/processes",
        "/ckan/api/3/action/package_list",
    ] {
        let first = ask(&node, Method::GET, path, &[]).await;
        assert_eq!(first.status, StatusCode::OK, "{path}");
        let tag = first.header("etag").to_owned();
        let cache = first.header("cache-control").to_owned();
        assert!(cache.contains("private") || cache.contains("no-cache"), "{path}: {cache}");
        let again = ask(&node, Method::GET, path, &[("if-none-match", &format!("\"other\", {tag}"))]).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{path}");
        assert_eq!(again.header("etag"), tag, "{path}");
        let other = ask(&node, Method::GET, path, &[("if-none-match", "\"other\"")]).await;
        assert_eq!(other.status, StatusCode::OK, "{path}");
    }
    let before = ask(&node, Method::GET, "/v1/datasets", &[]).await.header("etag").to_owned();
    node.dataset("another", "observations", "open").await;
    let after = ask(&node, Method::GET, "/v1/datasets", &[("if-none-match", &before)]).await;
    assert_eq!(after.status, StatusCode::OK);
}

#[tokio::test]
async fn a_query_as_of_a_time_has_a_tag_that_stays_and_is_nobody_elses() {
    let node = world::node().await;
    let versions = get(&node.system(), "/v1/datasets/salinity_secret/versions").await;
    let then = text(&list(&versions, "items")[0], "committed_at").to_owned();
    let sql = "SELECT count(*) AS n, max(result) AS most FROM observation";
    for format in ["json", "csv", "arrow", "parquet"] {
        let now = with("/v1/sql", &[("sql", sql), ("format", format)]);
        let pinned = with("/v1/sql", &[("sql", sql), ("format", format), ("as_known_at", &then)]);
        let ask = async |path: &str, headers: &[(&str, &str)]| ask(&node, Method::GET, path, headers).await;
        let (before, kept) = (ask(&now, &[]).await, ask(&pinned, &[]).await);
        assert_eq!((before.status, kept.status), (StatusCode::OK, StatusCode::OK), "{format}");
        let file = format!("station,date,value\nstation:cau_noi,2021-01-01,{}.5\n", format.len());
        let mapping = world::LONG.replace("{ STATISTIC }", "\"max\"");
        node.hand_in("salinity_daily", "more.csv", file.into_bytes(), Some(&mapping)).await.unwrap();
        let known = [("if-none-match", kept.header("etag"))];
        let again = ask(&pinned, &known).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{format}");
        let changed = ask(&now, &[("if-none-match", before.header("etag"))]).await;
        assert_eq!(changed.status, StatusCode::OK, "{format}");
        // Who may read more was told something else.
        let key = format!("Bearer {}", node.node().console_key().expose_secret());
        let other = ask(&pinned, &[known[0], ("authorization", &key)]).await;
        assert_eq!(other.status, StatusCode::OK, "{format}");
    }
}

#[tokio::test]
async fn files_of_the_catalogue_tell_their_length_and_are_given_in_parts() {
    let node = world::node().await;
    let package = get(&node.public(), "/ckan/api/3/action/package_show?id=salinity_daily").await;
    let mut files = 0;
    for way in list(&package["result"], "resources") {
        if !["CSV", "Parquet"].contains(&text(way, "format")) {
            continue;
        }
        let path = bare(text(way, "url"));
        // While it is made for the first time its length may not be known.
        ask(&node, Method::GET, &path, &[]).await;
        let whole = ask(&node, Method::GET, &path, &[]).await;
        assert_eq!(whole.header("content-length"), whole.body.len().to_string(), "{path}");
        assert!(whole.header("repr-digest").starts_with("sha-256="), "{path}");
        let part = ask(&node, Method::GET, &path, &[("range", "bytes=5-9")]).await;
        assert_eq!(
            (part.status, &part.body[..]),
            (StatusCode::PARTIAL_CONTENT, &whole.body[5..10]),
            "{path}"
        );
        files += 1;
    }
    assert_eq!(files, 2, "{package}");
}

#[tokio::test]
async fn whoever_refuses_answers_as_they_are_has_them_all_the_same() {
    let node = world::node().await;
    let path = "/ogc/collections";
    for refusal in ["identity;q=0", "*;q=0", "br;q=0, identity; q=0"] {
        let answer = ask(&node, Method::GET, path, &[("accept-encoding", refusal)]).await;
        assert_eq!(answer.status, 200, "{refusal}");
        assert!(answer.head.get("content-encoding").is_none(), "{refusal}");
    }
    let packed = ask(&node, Method::GET, path, &[("accept-encoding", "gzip, identity;q=0")]).await;
    assert_eq!((packed.status.as_u16(), packed.header("content-encoding")), (200, "gzip"));
}

#[tokio::test]
async fn large_answers_are_compressed_for_those_who_can_read_it() {
    let node = world::node().await;
    for path in
        ["/v1/places?limit=100", "/ogc/collections/stations/items?limit=50", "/dcat.ttl", "/v1/openapi.json"]
    {
        let plain = ask(&node, Method::GET, path, &[]).await;
        for encoding in ["gzip", "br"] {
            let packed = ask(&node, Method::GET, path, &[("accept-encoding", encoding)]).await;
            assert_eq!(packed.header("content-encoding"), encoding, "{path}");
            assert!(
                packed.body.len() < plain.body.len() / 2,
                "{path}: {} of {}",
                packed.body.len(),
                plain.body.len()
            );
            assert!(
                packed
                    .head
                    .get_all("vary")
                    .iter()
                    .any(|vary| { vary.to_str().unwrap().to_lowercase().contains("accept-encoding") })
            );
        }
    }
}

#[tokio::test]
async fn pages_of_other_sites_may_read_what_answers_say_in_their_heads() {
    let node = world::node().await;
    let answer = ask(&node, Method::GET, "/v1/datasets", &[("origin", "https://example.org")]).await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let shown: Vec<String> = answer
        .header("access-control-expose-headers")
        .split(',')
        .map(|name| name.trim().to_lowercase())
        .collect();
    let once: BTreeSet<&String> = shown.iter().collect();
    assert_eq!(once.len(), shown.len(), "a header is listed twice: {shown:?}");
    for name in [
        "repr-digest",
        "content-range",
        "cuulong-shown",
        "ratelimit",
        "ratelimit-policy",
        "deprecation",
        "sunset",
        "retry-after",
        "etag",
        "link",
        "location",
        "upload-offset",
        "content-disposition",
    ] {
        assert!(shown.iter().any(|shown| shown == name), "{name} is not in {shown:?}");
    }
    let asked = [
        ("origin", "https://example.org"),
        ("access-control-request-method", "PATCH"),
        ("access-control-request-headers", "authorization,if-range,upload-offset"),
    ];
    let answer = ask(&node, Method::OPTIONS, "/v1/datasets", &asked).await;
    assert!(answer.status.is_success());
    let sent = answer.header("access-control-allow-headers").to_lowercase();
    for name in ["authorization", "if-none-match", "if-range", "range", "upload-offset", "idempotency-key"] {
        assert!(sent.split(',').any(|sent| sent.trim() == name), "{name} is not in {sent}");
    }
    // Cookies stay at home.
    assert!(!answer.head.contains_key("access-control-allow-credentials"));
}

#[tokio::test]
async fn problems_are_told_in_khmer_and_whole_in_vietnamese_where_there_are_no_words_yet() {
    let node = world::node().await;
    let problem = |lang: &'static str, path: &'static str| {
        let node = &node;
        async move { ask(node, Method::GET, path, &[("accept-language", lang)]).await }
    };
    let khmer = problem("km, en;q=0.5", "/v1/datasets/none").await;
    assert_eq!(khmer.header("content-language"), "km");
    let document = khmer.json();
    assert_eq!(document["title"], "រកមិនឃើញ");
    assert!(text(&document, "detail").contains("`none`"), "{document}");
    let vietnamese = problem("vi", "/v1/datasets/none").await.json();
    assert_eq!(document["type"], vietnamese["type"]);
    assert_ne!(document["advice"], vietnamese["advice"]);
    // A message without words in Khmer is Vietnamese from beginning to end.
    let cursor = "/v1/changes?cursor=nonsense";
    let (khmer, vietnamese) = (problem("km", cursor).await.json(), problem("vi", cursor).await.json());
    assert_eq!(khmer["detail"], vietnamese["detail"]);
    assert_ne!(khmer["title"], vietnamese["title"]);
    let page = ask(&node, Method::GET, "/problems/not-found?lang=km", &[]).await;
    let page = String::from_utf8(page.body).unwrap();
    assert!(page.contains("lang=\"km\"") && page.contains("មិនទាន់បានពិនិត្យ"), "{page}");
}

/// Blanks are the same in every language, and whoever reads the file knows how sure its words are.
#[test]
fn the_messages_of_all_languages_have_the_same_blanks() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("messages");
    let read = |lang: &str| std::fs::read_to_string(folder.join(lang).join("problems.ftl")).unwrap();
    let blanks = |text: &str| -> BTreeSet<String> {
        text.split("{ $").skip(1).map(|rest| rest.split(' ').next().unwrap().to_owned()).collect()
    };
    let messages = |text: &str| -> std::collections::BTreeMap<String, String> {
        text.lines()
            .filter(|line| line.starts_with("problem-"))
            .filter_map(|line| line.split_once(" = "))
            .map(|(id, words)| (id.to_owned(), words.to_owned()))
            .collect()
    };
    let (vietnamese, english) = (messages(&read("vi")), messages(&read("en")));
    assert_eq!(vietnamese.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>());
    let khmer = read("km");
    for (id, words) in messages(&khmer).iter().filter(|(id, _)| *id != "problem-unreviewed") {
        let other = vietnamese.get(id).unwrap_or_else(|| panic!("`{id}` is in no other language"));
        assert_eq!(blanks(words), blanks(other), "{id}");
        assert_eq!(blanks(&english[id]), blanks(other), "{id}");
    }
    for group in khmer.split("\n\n").filter(|group| group.lines().any(|line| line.starts_with("problem-"))) {
        let sure = group.lines().next().unwrap();
        assert!(["# confidence: high", "# confidence: medium"].contains(&sure), "{group}");
    }
}

#[tokio::test]
async fn a_format_that_a_download_does_not_have_is_answered_with_those_it_has() {
    let node = world::node().await;
    for path in ["/v1/datasets/salinity_daily/data?format=pdf", "/v1/datasets/salinity_daily/data?format="] {
        let (status, problem) = refused(&node.public(), path).await;
        assert_eq!((status, problem["at"].as_str()), (406, Some("format")));
        assert!(text(&problem, "detail").contains("parquet"), "{problem}");
        assert!(text(&problem, "advice").contains("\"format\""), "{problem}");
        assert!(!text(&problem, "advice").contains("parameter f "), "{problem}");
    }
    let range = with("/v1/datasets/salinity_daily/data", &[("format", "csv")]);
    assert_eq!(ask(&node, Method::GET, &range, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_slash_at_the_end_of_an_address_leads_to_the_same_without_it() {
    let node = world::node().await;
    for (path, way) in [
        ("/ogc/collections/", "../collections"),
        ("/ogc/collections/stations/items/?limit=1", "../items?limit=1"),
        (
            "/ogc/collections/salinity_daily/position/?coords=POINT(105%2010)",
            "../position?coords=POINT(105%2010)",
        ),
        ("/stac/collections/", "../collections"),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let answer = ask(&node, method, path, &[]).await;
            assert_eq!((answer.status.as_u16(), answer.header("location")), (308, way), "{path}");
        }
        let there = url::Url::parse("http://localhost").unwrap().join(path).unwrap().join(way).unwrap();
        let answer = ask(&node, Method::HEAD, &bare(there.as_str()), &[]).await;
        assert_ne!(answer.status.as_u16(), 308, "{path}");
    }
    for path in
        ["/ogc/", "/ogc", "/stac/", "/sta/v1.1/", "/sta/v1.1/Things/", "/sta/v1.1/Things('station:cau_noi')/"]
    {
        for method in [Method::GET, Method::HEAD] {
            assert_eq!(ask(&node, method, path, &[]).await.status, 200, "{path}");
        }
    }
    for path in ["/nothing/", "/ogc//"] {
        assert_eq!(ask(&node, Method::GET, path, &[]).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_hidden_dataset_answers_as_a_missing_one_to_the_last_header() {
    let node = world::node().await;
    let user = json!({ "id": "lan", "name": "lan", "role": "user" });
    node.system().send_json(Method::POST, "/v1/users", &user).await.unwrap().ok().unwrap();
    let key = json!({ "label": "test", "scope": "read" });
    let key = node.system().send_json(Method::POST, "/v1/users/lan/keys", &key).await.unwrap().json();
    let bearer = format!("Bearer {}", text(&key, "key"));
    for headers in [&[][..], &[("authorization", bearer.as_str())][..]] {
        for path in ["/v1/datasets/ID", "/v1/datasets/ID/observations", "/ogc/collections/ID/items"] {
            let told = async |id: &str| {
                let answer = ask(&node, Method::GET, &path.replace("ID", id), headers).await;
                let head: Vec<String> = answer
                    .head
                    .iter()
                    // What is left of the budget goes down, and every request has its id.
                    .filter(|(name, _)| {
                        !["ratelimit", "x-request-id", "content-length"].contains(&name.as_str())
                    })
                    .map(|(name, value)| format!("{name}: {value:?}"))
                    .collect();
                let mut body = answer.json();
                body.as_object_mut().unwrap().remove("instance");
                (answer.status, head, body.to_string().replace(id, "…"))
            };
            let (hidden, missing) = (told("salinity_secret").await, told("salinity_nothing").await);
            assert_eq!(hidden, missing, "{path}");
            assert_eq!(hidden.0, StatusCode::NOT_FOUND, "{path}");
        }
    }
    let log = get(&node.system(), "/v1/audit?limit=100").await;
    let refused: Vec<&str> = list(&log, "items")
        .iter()
        .filter(|entry| text(entry, "action").ends_with(".denied"))
        .map(|entry| text(entry, "subject"))
        .collect();
    assert!(refused.contains(&"dataset:salinity_secret"), "{log}");
    assert!(!refused.contains(&"dataset:salinity_nothing"), "{log}");
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_in_one_way_and_the_attempt_is_written_down() {
    let node = world::node().await;
    let steward = node.user("binh", "steward", Some("gso"), "write").await;
    let mut answers = Vec::new();
    for id in ["salinity_secret", "salinity_daily"] {
        let dataset = json!({
            "id": id, "kind": "observations", "agency": "gso", "title": { "vi": "Thử" },
            "theme": "water", "licence": "CC0-1.0", "access": "open",
        });
        let reply = steward.send_json(Method::POST, "/v1/datasets", &dataset).await.unwrap();
        let mut body = reply.json();
        body.as_object_mut().unwrap().remove("instance");
        answers.push((reply.status, body.to_string().replace(id, "…")));
    }
    assert_eq!(answers[0].0, StatusCode::CONFLICT);
    assert_eq!(answers[0], answers[1], "of a hidden dataset no more is told than of another");
    let log = get(&node.system(), "/v1/audit?limit=10").await;
    let attempts =
        list(&log, "items").iter().filter(|entry| text(entry, "action") == "dataset.refused").count();
    assert_eq!(attempts, 2, "{log}");
}

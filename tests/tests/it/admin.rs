//! Running a node: users and their keys, the audit log, limits, and what operators see.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use testkit::{Client, Reply, TestNode};

const PASSWORD: &str = "chín con rồng vàng";

async fn send(client: &Client, method: Method, path: &str, body: Value) -> Reply {
    client.send_json(method, path, &body).await.unwrap()
}

async fn statuses(client: &Client, calls: &[(Method, &str, Value)]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for (method, path, body) in calls {
        statuses.push(send(client, method.clone(), path, body.clone()).await.status.as_u16());
    }
    statuses
}

async fn get(client: &Client, path: &str) -> Value {
    client.get(path).await.unwrap().ok().unwrap().json()
}

async fn new_key(client: &Client, user: &str, label: &str, scope: &str) -> String {
    let path = format!("/v1/users/{user}/keys");
    let reply = send(client, Method::POST, &path, json!({ "label": label, "scope": scope })).await;
    reply.ok().unwrap().json()["key"].as_str().unwrap().to_owned()
}

/// The number of a user's key with this label.
async fn key_number(client: &Client, user: &str, label: &str) -> i64 {
    let page = get(client, &format!("/v1/users/{user}/keys")).await;
    let keys = page["items"].as_array().unwrap();
    keys.iter().find(|key| key["label"] == label).unwrap()["id"].as_i64().unwrap()
}

#[tokio::test]
async fn keys_are_listed_and_withdrawn_by_their_owner_and_by_administrators() {
    let node = TestNode::start().await;
    let (system, public) = (node.system(), node.public());
    let lan = node.user("lan", "provider", Some("cuulong"), "write").await;
    let binh = node.user("binh", "user", None, "write").await;
    let secret = new_key(&lan, "lan", "gauge", "read").await;
    let gauge = node.with_key(&secret);

    let page = get(&lan, "/v1/users/lan/keys").await;
    assert_eq!(page["total"], 2);
    let newest = &page["items"][0];
    assert_eq!((&newest["label"], &newest["scope"]), (&json!("gauge"), &json!("read")));
    assert!(newest["expires_at"].is_string() && newest["created_at"].is_string());
    assert_eq!(newest.get("revoked_at"), None);
    assert!(!page.to_string().contains(&secret) && !page.to_string().contains("clk_"), "{page}");
    assert_eq!(get(&system, "/v1/users/lan/keys").await, page);
    for (client, path, status) in [
        (&binh, "/v1/users/lan/keys", 403),
        (&public, "/v1/users/lan/keys", 401),
        (&system, "/v1/users/nobody/keys", 404),
        (&binh, "/v1/users/binh/keys", 200),
    ] {
        assert_eq!(client.get(path).await.unwrap().status.as_u16(), status, "{path}");
    }

    let (wide, own) = (key_number(&lan, "lan", "test").await, key_number(&lan, "lan", "gauge").await);
    let remove = async |client: &Client, id: String| {
        send(client, Method::DELETE, &format!("/v1/keys/{id}"), Value::Null).await.status.as_u16()
    };
    assert_eq!(remove(&public, own.to_string()).await, 401);
    assert_eq!(remove(&binh, own.to_string()).await, 404, "another's key reads as no key");
    assert_eq!(remove(&gauge, wide.to_string()).await, 403, "a key reaches no wider key");
    assert_eq!(remove(&system, "x".into()).await, 404);
    assert_eq!(gauge.get("/v1/datasets").await.unwrap().status.as_u16(), 200);
    assert_eq!(remove(&lan, own.to_string()).await, 204);
    assert_eq!(gauge.get("/v1/datasets").await.unwrap().status.as_u16(), 401);
    assert!(get(&lan, "/v1/users/lan/keys").await["items"][0]["revoked_at"].is_string());
    assert_eq!(remove(&system, wide.to_string()).await, 204);
    assert_eq!(lan.get("/v1/datasets").await.unwrap().status.as_u16(), 401);
}

#[tokio::test]
async fn an_administrator_changes_a_users_role_agency_and_name() {
    let node = TestNode::start().await;
    let system = node.system();
    let lan = node.user("lan", "user", None, "admin").await;
    assert_eq!(lan.get("/v1/users").await.unwrap().status.as_u16(), 403);
    let change = json!({ "name": "Nguyễn Thị Lan", "agency": "cuulong", "role": "admin" });
    assert_eq!(send(&lan, Method::PUT, "/v1/users/lan", change.clone()).await.status.as_u16(), 403);
    let changed = send(&system, Method::PUT, "/v1/users/lan", change).await.ok().unwrap().json();
    assert_eq!(
        changed,
        json!({ "id": "lan", "name": "Nguyễn Thị Lan", "agency": "cuulong", "role": "admin", "disabled": false })
    );
    // The key in use has the new role at once, and nothing once the account is disabled.
    assert_eq!(lan.get("/v1/users").await.unwrap().status.as_u16(), 200);
    let disable = json!({ "name": "Lan", "role": "user", "disabled": true });
    send(&system, Method::PUT, "/v1/users/lan", disable).await.ok().unwrap();
    assert_eq!(lan.get("/v1/datasets").await.unwrap().status.as_u16(), 401);
    for (path, change, status) in [
        ("/v1/users/lan", json!({ "name": "Lan", "role": "king" }), 400),
        ("/v1/users/lan", json!({ "name": "Lan", "role": "user", "agency": "nowhere" }), 404),
        ("/v1/users/nobody", json!({ "name": "Lan", "role": "user" }), 404),
    ] {
        let reply = send(&system, Method::PUT, path, change).await;
        assert_eq!(reply.status.as_u16(), status, "{}", reply.json());
    }
}

/// Signs in at the portal and returns the answer.
async fn sign_in(url: &str, user: &str, password: &str) -> reqwest::Response {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let form: String = password.bytes().map(|byte| format!("%{byte:02X}")).collect();
    client
        .post(format!("{url}/sign-in"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(format!("user={user}&password={form}"))
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn passwords_have_twelve_characters_and_are_set_by_their_owner_or_an_administrator() {
    let node = TestNode::start().await;
    let system = node.system();
    let (reading, binh) =
        (node.user("lan", "user", None, "read").await, node.user("binh", "user", None, "admin").await);
    let writing = node.with_key(&new_key(&system, "lan", "write", "write").await);
    let (path, served) = ("/v1/users/lan/password", node.serve().await);

    let short = json!({ "password": "eleven char" });
    let user = json!({ "id": "em", "name": "Em", "role": "user", "password": "eleven char" });
    for (call, body) in [((Method::PUT, path), short), ((Method::POST, "/v1/users"), user)] {
        let reply = send(&served.system(), call.0, call.1, body).await;
        assert_eq!(reply.status.as_u16(), 400, "{}", reply.json());
        assert!(reply.json()["detail"].as_str().unwrap().contains("12"), "{}", reply.json());
    }
    let set = |current: Option<&str>| json!({ "password": PASSWORD, "current": current });
    for (client, body, status) in [
        (served.public(), set(None), 401),
        (binh.clone(), set(None), 403),
        (reading.clone(), set(None), 403),
        (writing.clone(), set(None), 403),
        (writing.clone(), set(Some("not the password")), 403),
        (served.system(), set(None), 204),
    ] {
        let reply = send(&client, Method::PUT, path, body).await;
        assert_eq!(reply.status.as_u16(), status, "{}", reply.json());
    }
    let session = sign_in(&served.url, "lan", PASSWORD).await;
    assert_eq!(session.status(), StatusCode::SEE_OTHER);
    let cookie =
        session.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();

    // With the present password a key of scope `write` will do; in a session the session will.
    let next = json!({ "password": "mười hai con giáp", "current": PASSWORD });
    assert_eq!(send(&writing, Method::PUT, path, next).await.status.as_u16(), 204);
    assert_eq!(sign_in(&served.url, "lan", PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    let put = async |cookie: &str| {
        let request = reqwest::Client::new().put(format!("{}{path}", served.url));
        request.header(header::COOKIE, cookie).json(&set(None)).send().await.unwrap().status().as_u16()
    };
    assert_eq!(put(&cookie).await, 401, "a new password ends the sessions");
    let session = sign_in(&served.url, "lan", "mười hai con giáp").await;
    let cookie =
        session.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(put(&cookie).await, 204);
    served.stop().await;
}

#[tokio::test]
async fn whoever_guesses_passwords_is_held_back() {
    let node = TestNode::start().await;
    let user = json!({ "id": "lan", "name": "Lan", "role": "user", "password": PASSWORD });
    for id in ["lan", "binh"] {
        let mut user = user.clone();
        user["id"] = id.into();
        send(&node.system(), Method::POST, "/v1/users", user).await.ok().unwrap();
    }
    let served = node.serve().await;
    for _ in 0..9 {
        assert_eq!(sign_in(&served.url, "lan", "guess").await.status(), StatusCode::UNAUTHORIZED);
    }
    // Signing in forgets the failures before.
    assert_eq!(sign_in(&served.url, "lan", PASSWORD).await.status(), StatusCode::SEE_OTHER);
    for _ in 0..10 {
        assert_eq!(sign_in(&served.url, "lan", "guess").await.status(), StatusCode::UNAUTHORIZED);
    }
    for password in ["guess", PASSWORD] {
        let held_back = sign_in(&served.url, "lan", password).await;
        assert_eq!(held_back.status(), StatusCode::TOO_MANY_REQUESTS);
        let wait: u64 = held_back.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!((1..=900).contains(&wait), "{wait}");
    }
    assert_eq!(sign_in(&served.url, "binh", PASSWORD).await.status(), StatusCode::SEE_OTHER);
    served.stop().await;
}

#[tokio::test]
async fn every_management_call_is_in_the_audit_log_and_the_log_is_verified() {
    let node = TestNode::start().await;
    let system = node.system();
    node.dataset("gauge", "observations", "open").await;
    let auditor = node.user("thu", "auditor", None, "read").await;
    let lan = node.user("lan", "user", None, "read").await;
    let number = key_number(&lan, "lan", "test").await;
    let grant = json!({ "dataset": "gauge", "user": "lan", "level": "read" });
    let grant = send(&system, Method::POST, "/v1/grants", grant).await.ok().unwrap().json()["id"].clone();
    let described = json!({ "id": "gauge", "kind": "observations", "agency": "cuulong",
        "title": { "vi": "Trạm" }, "theme": "water", "licence": "CC0-1.0", "access": "shared" });
    let calls = [
        (Method::PUT, "/v1/users/lan", json!({ "name": "Lan", "role": "provider" })),
        (Method::PUT, "/v1/users/lan/password", json!({ "password": PASSWORD })),
        (Method::DELETE, &format!("/v1/grants/{grant}"), Value::Null),
        (Method::DELETE, &format!("/v1/keys/{number}"), Value::Null),
        (Method::PUT, "/v1/datasets/gauge", described),
    ];
    assert_eq!(statuses(&system, &calls).await, [200, 204, 204, 204, 200]);
    let mapping = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"a\"\n[time]\ncolumns = [\"b\"]\n\
        [[value]]\ncolumn = \"c\"\nproperty = \"salinity\"\n";
    let path = "/v1/datasets/gauge/mapping";
    let saved = system.send(Method::PUT, path, "application/toml", mapping.into()).await.unwrap();
    assert_eq!(saved.status.as_u16(), 204, "{}", saved.json());

    let log = get(&auditor, "/v1/audit?limit=1000").await;
    let has = |action: &str, subject: &str| {
        let entries = log["items"].as_array().unwrap();
        entries.iter().any(|entry| {
            entry["actor"] == "system" && entry["action"] == action && entry["subject"] == subject
        })
    };
    for (action, subject) in [
        ("dataset.created", "dataset:gauge"),
        ("dataset.updated", "dataset:gauge"),
        ("mapping.saved", "dataset:gauge"),
        ("user.created", "user:lan"),
        ("user.updated", "user:lan"),
        ("password.set", "user:lan"),
        ("key.created", "user:lan"),
        ("key.revoked", &format!("key:{number}")),
        ("grant.added", "dataset:gauge"),
        ("grant.removed", &format!("grant:{grant}")),
    ] {
        assert!(has(action, subject), "{action} {subject} is not in {log}");
    }
    assert!(!log.to_string().contains("rồng"), "a secret is in the log");

    let verified = get(&auditor, "/v1/audit/verification").await;
    assert_eq!(verified["intact"], true);
    assert!(verified["entries"].as_u64().unwrap() >= 10, "{verified}");
    for path in ["/v1/audit", "/v1/audit/verification"] {
        assert_eq!(node.public().get(path).await.unwrap().status.as_u16(), 401);
        let steward = node.user(&format!("s{}", path.len()), "steward", None, "admin").await;
        assert_eq!(steward.get(path).await.unwrap().status.as_u16(), 403);
    }
}

const MAPPING: &str = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"station\"\n[time]\n\
    columns = [\"time\"]\n[[value]]\ncolumn = \"salinity\"\nproperty = \"salinity\"\n";
const LINE: &str = "station:cau_noi,2020-02-01,3.9\n";

/// A form with a mapping and a file of so many bytes (and a line).
fn form(bytes: usize) -> (String, Vec<u8>) {
    let mut form = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"mapping\"\r\n\r\n{MAPPING}\r\n--edge\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nstation,time,salinity,note\n"
    );
    form.push_str(LINE.trim_end());
    let from = form.len();
    while form.len() < from + bytes {
        form.push_str(",x\n");
        form.push_str(LINE.trim_end());
    }
    form.push_str(",x\n\r\n--edge--\r\n");
    ("multipart/form-data; boundary=edge".to_owned(), form.into_bytes())
}

#[tokio::test]
async fn a_form_may_be_as_large_as_the_node_takes_and_no_larger() {
    let limit = 3 << 20;
    let node = TestNode::start_taking(limit).await;
    node.dataset("gauge", "observations", "open").await;
    let system = node.system();
    let path = "/v1/datasets/gauge/uploads";
    let size = usize::try_from(limit).unwrap();
    let (media_type, body) = form(size - 100_000);
    let reply = system.send(Method::POST, path, &media_type, body.into()).await.unwrap();
    assert_eq!(reply.status.as_u16(), 201, "{}", reply.json());

    let (_, body) = form(size + 1000);
    for (media_type, body) in [(media_type.as_str(), body), ("text/csv", vec![b'a'; size + 1])] {
        let reply = system.send(Method::POST, path, media_type, body.into()).await.unwrap();
        assert_eq!(reply.status.as_u16(), 413, "{}", reply.json());
        assert_eq!(reply.json()["type"], "/problems/too-large");
    }
    // What is no file has the small limit of its own.
    let large = json!({ "sql": "x".repeat(3 << 20) });
    assert_eq!(send(&system, Method::POST, "/v1/sql", large).await.status.as_u16(), 413);
    let reply = system
        .send(Method::PUT, "/v1/datasets/gauge/mapping", "application/toml", vec![b'#'; 3 << 20].into())
        .await
        .unwrap();
    assert_eq!((reply.status.as_u16(), &reply.json()["type"]), (413, &json!("/problems/too-large")));
}

#[tokio::test]
async fn a_file_that_breaks_off_is_the_senders_to_send_again() {
    let node = TestNode::start().await;
    node.dataset("gauge", "observations", "open").await;
    for dry_run in [true, false] {
        let path = testkit::upload_path("gauge", "a.csv", Some(MAPPING), dry_run);
        let pieces = vec![
            Ok(bytes::Bytes::from_static(b"station,time,salinity\n")),
            Err(std::io::Error::other("the line went dead")),
        ];
        let body = futures::StreamExt::boxed(futures::stream::iter(pieces));
        let reply = node.system().upload(&path, body).await.unwrap();
        assert_eq!(reply.status.as_u16(), 400, "{}", reply.json());
        assert!(reply.json()["detail"].as_str().unwrap().contains("broke off"), "{}", reply.json());
    }
}

#[tokio::test]
async fn runs_and_places_come_in_pages() {
    let node = TestNode::start().await;
    node.dataset("gauge", "observations", "open").await;
    for day in 1..=5 {
        let file = format!("station,time,salinity\nstation:cau_noi,2020-02-0{day},3.9\n");
        node.hand_in("gauge", &format!("{day}.csv"), file.into(), Some(MAPPING)).await.unwrap();
    }
    let public = node.public();
    let (mut names, mut path) = (Vec::new(), "/v1/datasets/gauge/runs?limit=2".to_owned());
    loop {
        let page = get(&public, &path).await;
        assert_eq!(page["total"], 5);
        names.extend(page["items"].as_array().unwrap().iter().map(|run| run["file_name"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        path = next.trim_start_matches("http://localhost").to_owned();
    }
    assert_eq!(names, ["5.csv", "4.csv", "3.csv", "2.csv", "1.csv"]);
    assert_eq!(get(&public, "/v1/datasets/gauge/runs?offset=18446744073709551615").await["items"], json!([]));

    let mut path = "/v1/places?kind=province&on=2020-01-01&limit=10".to_owned();
    let (mut ids, mut total) = (Vec::new(), 0);
    loop {
        let page = get(&public, &path).await;
        total = page["total"].as_u64().unwrap().max(total);
        ids.extend(page["items"].as_array().unwrap().iter().map(|place| place["id"].to_string()));
        let Some(next) = page["next"].as_str() else { break };
        assert!(next.contains("kind=province") && next.contains("on=2020-01-01"), "{next}");
        path = next.trim_start_matches("http://localhost").to_owned();
    }
    assert_eq!(ids.len() as u64, total);
    assert!(total > 10, "{total}");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len() as u64, total, "a place came twice");
}

#[tokio::test]
async fn every_kind_of_problem_has_a_page_in_the_readers_language() {
    let node = TestNode::start().await;
    let public = node.public();
    let kinds = [
        "invalid-parameter",
        "unknown-parameter",
        "invalid-body",
        "sign-in-required",
        "invalid-credentials",
        "not-allowed",
        "key-scope",
        "not-found",
        "method-not-allowed",
        "not-supported",
        "not-acceptable",
        "conflict",
        "too-large",
        "invalid-file",
        "invalid-mapping",
        "invalid-query",
        "query-limit",
        "too-many-requests",
        "internal",
        "unavailable",
    ];
    for kind in kinds {
        let mut pages = Vec::new();
        for lang in ["vi", "en"] {
            let reply = public.get(&format!("/problems/{kind}?lang={lang}")).await.unwrap();
            assert_eq!((reply.status.as_u16(), reply.media_type.as_str()), (200, "text/html; charset=utf-8"));
            let page = String::from_utf8(reply.body.to_vec()).unwrap();
            assert!(page.contains(&format!("<html lang=\"{lang}\">")), "{page}");
            // A message that is not there reads as its own name.
            assert!(!page.contains("problem-"), "{page}");
            assert!(!page.contains("Unknown localization"), "{page}");
            pages.push(page);
        }
        assert_ne!(pages[0], pages[1]);
    }
    let words = String::from_utf8(public.get("/problems/too-large").await.unwrap().body.to_vec()).unwrap();
    assert!(words.contains("The body is too large"));
    let quoted = String::from_utf8(public.get("/problems/invalid-parameter").await.unwrap().body.to_vec());
    assert!(quoted.unwrap().contains("&quot;at&quot;"));
    for unknown in ["/problems/%3Cscript%3E", "/problems/"] {
        let reply = public.get(unknown).await.unwrap();
        assert_eq!(reply.status.as_u16(), 404);
        assert!(reply.media_type.starts_with("application/problem+json"), "{}", reply.media_type);
    }
}

#[tokio::test]
async fn the_numbers_count_loads_commits_and_queries_and_grow_with_no_made_up_method() {
    let node = TestNode::start().await;
    node.dataset("gauge", "observations", "open").await;
    let file = "station,time,salinity\nstation:cau_noi,2020-02-01,3.9\nstation:cau_noi,2020-02-02,wet\n";
    node.hand_in("gauge", "a.csv", file.into(), Some(MAPPING)).await.unwrap();
    let query = json!({ "sql": "SELECT count(*) FROM gauge" });
    send(&node.public(), Method::POST, "/v1/sql", query).await.ok().unwrap();
    let made_up = Method::from_bytes(b"BREW").unwrap();
    send(&node.public(), made_up, "/v1/datasets", Value::Null).await;
    let reply = node.public().get("/metrics").await.unwrap().ok().unwrap();
    let numbers = String::from_utf8(reply.body.to_vec()).unwrap();
    for name in [
        "cuulong_loads_total{state=\"done\"}",
        "cuulong_load_rows_total ",
        "cuulong_load_refused_total ",
        "cuulong_load_seconds",
        "cuulong_commits_total{source=\"upload\"}",
        "cuulong_sql_queries_total{outcome=\"answered\"}",
        "cuulong_sql_seconds",
        "method=\"other\"",
    ] {
        assert!(numbers.contains(name), "{name} is not in\n{numbers}");
    }
    assert!(!numbers.contains("BREW"));
}

#[tokio::test]
async fn pages_of_other_sites_may_read_the_version_and_the_request_id() {
    let served = TestNode::start().await.serve().await;
    let request = reqwest::Client::new().get(format!("{}/v1/datasets", served.url));
    let reply = request.header(header::ORIGIN, "https://example.org").send().await.unwrap();
    let exposed = reply.headers()[header::ACCESS_CONTROL_EXPOSE_HEADERS].to_str().unwrap().to_lowercase();
    for name in ["etag", "link", "cuulong-version", "cuulong-versions", "x-request-id"] {
        assert!(exposed.split(',').any(|word| word.trim() == name), "{name}: {exposed}");
    }
    served.stop().await;
}

#[tokio::test]
async fn who_hands_in_for_an_agency_says_what_its_names_of_places_mean() {
    let node = testkit::TestNode::start().await;
    let own = node.user("chi", "provider", Some("cuulong"), "write").await;
    let other = node.user("em", "provider", Some("gso"), "write").await;
    let path = "/v1/agencies/cuulong/place-aliases";
    let alias = serde_json::json!({ "text": "Cà Mau", "kind": "province", "place": "gso2004:96" });
    let post = reqwest::Method::POST;
    node.dataset("people", "observations", "open").await;
    let single = "/v1/datasets/people/observations";
    let count =
        serde_json::json!({ "place": "CÀ MAU", "property": "population_census", "time": "2020", "value": 5 });
    let reply = own.send_json(post.clone(), single, &count).await.unwrap();
    assert_eq!(reply.status.as_u16(), 422);
    assert!(reply.json().to_string().contains("ambiguous_place"), "{}", reply.json());
    for (client, status) in [(&node.public(), 401), (&other, 403), (&own, 201)] {
        assert_eq!(client.send_json(post.clone(), path, &alias).await.unwrap().status.as_u16(), status);
    }
    // A single observation is read as the agency's files are.
    let reply = own.send_json(post.clone(), single, &count).await.unwrap();
    assert_eq!(reply.status.as_u16(), 201, "{}", reply.json());
    let page = own.get(single).await.unwrap().ok().unwrap().json();
    assert_eq!(page["items"][0]["place"], "gso2004:96", "{page}");
    let wrong = serde_json::json!({ "text": "Cà Mau", "place": "gso2004:00000" });
    assert_eq!(own.send_json(post.clone(), path, &wrong).await.unwrap().status.as_u16(), 404);
    // A text that names a person is refused, and not repeated.
    let person = serde_json::json!({ "place": "gso2004:96", "property": "population_census", "time": "2021", "text": "hỏi 0912 345 678" });
    let reply = own.send_json(reqwest::Method::POST, single, &person).await.unwrap();
    assert_eq!(reply.json()["results"][0]["reason"], "personal_data", "{}", reply.json());
    assert!(!reply.json().to_string().contains("0912"));
    let list = own.get(path).await.unwrap().ok().unwrap().json();
    assert_eq!((list["total"].as_u64(), list["items"][0]["user"].as_str()), (Some(1), Some("chi")));
    let gone = format!("{path}?text=C%C3%80%20MAU&kind=province");
    let delete = reqwest::Method::DELETE;
    let reply = own.send_json(delete.clone(), &gone, &serde_json::Value::Null).await.unwrap();
    assert_eq!(reply.status.as_u16(), 204);
    let reply = own.send_json(delete, &gone, &serde_json::Value::Null).await.unwrap();
    assert_eq!(reply.status.as_u16(), 404);
    let reply = own.send_json(post, single, &count).await.unwrap();
    assert_eq!(reply.status.as_u16(), 422, "what is forgotten holds no longer: {}", reply.json());
}

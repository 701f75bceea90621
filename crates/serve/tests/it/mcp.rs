//! The Model Context Protocol, as an assistant's client meets it.

use axum::body::Body;
use axum::http::{Method, Request, header};
use base64::Engine as _;
use serde_json::{Value, json};
use testkit::{Client, TestNode};
use tower::ServiceExt;

use crate::world::{self, bare, list, text};

async fn rpc(client: &Client, method: &str, params: Value) -> Value {
    let call = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
    let reply = client.send_json(Method::POST, "/mcp", &call).await.unwrap();
    assert_eq!(reply.status.as_u16(), 200, "{method}");
    let answer = reply.json();
    assert_eq!((&answer["jsonrpc"], &answer["id"]), (&json!("2.0"), &json!(7)));
    answer
}

/// What a tool tells.
async fn tool(client: &Client, name: &str, arguments: Value) -> Value {
    let answer = rpc(client, "tools/call", json!({ "name": name, "arguments": arguments })).await;
    let result = &answer["result"];
    assert_eq!(result["isError"], false, "{answer}");
    let told = result["structuredContent"].clone();
    assert_eq!(serde_json::from_str::<Value>(text(&result["content"][0], "text")).unwrap(), told);
    told
}

/// The sentence with which a tool refuses.
async fn refusal(client: &Client, name: &str, arguments: Value) -> String {
    let answer = rpc(client, "tools/call", json!({ "name": name, "arguments": arguments })).await;
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    text(&answer["result"]["content"][0], "text").to_owned()
}

#[tokio::test]
async fn an_assistant_finds_reads_and_cites() {
    let node = world::node().await;
    let client = node.public();
    let hello = rpc(&client, "initialize", json!({ "protocolVersion": "2025-06-18" })).await;
    assert_eq!(hello["result"]["protocolVersion"], "2025-06-18");
    let tools = rpc(&client, "tools/list", json!({})).await;
    let names: Vec<&str> = list(&tools["result"], "tools").iter().map(|tool| text(tool, "name")).collect();
    assert_eq!(names, ["search", "describe", "observe", "aggregate", "ask_sql", "trace", "draw", "changes"]);

    let found = tool(&client, "search", json!({ "text": "salinity_daily", "what": "datasets" })).await;
    assert_eq!(found["datasets"][0]["id"], "salinity_daily");
    let places = tool(&client, "search", json!({ "text": "cau noi" })).await;
    assert!(list(&places, "places").iter().any(|place| place["id"] == "station:cau_noi"), "{places}");

    let said = tool(&client, "describe", json!({ "dataset": "salinity_daily" })).await;
    assert_eq!((said["datastreams_total"].as_u64(), said["versions_total"].as_u64()), (Some(4), Some(2)));

    let asked = json!({ "dataset": "salinity_daily", "place": "station:cau_noi", "statistic": "max",
        "datetime": "2020-02-03", "limit": 5 });
    let seen = tool(&client, "observe", asked).await;
    let item = &seen["items"][0];
    assert_eq!(item["result"].as_f64(), Some(world::value(1, 3)), "{seen}");
    let source = &seen["source"];
    assert_eq!((&source["licence"], &source["version"]), (&json!("CC0-1.0"), &json!(2)));
    // The link of a number leads to its cell.
    let trace = world::get(&client, &world::bare(text(item, "trace"))).await;
    assert_eq!(trace["parts"][0]["cell"]["text"], "1.3");
    let again = json!({ "dataset": "salinity_daily", "datastream": item["datastream"],
        "time": item["phenomenon_time"], "version": 1 });
    let traced = tool(&client, "trace", again).await;
    assert_eq!((&traced["source"]["version"], &traced["trace"]["result"]), (&json!(1), &json!(1.3)));

    // As it was read, so it is traced: by place, property and time, in each series or in one of them.
    let by_place = json!({ "dataset": "salinity_daily", "place": "station:cau_noi", "property": "salinity",
        "time": "2020-02-01" });
    let traced = tool(&client, "trace", by_place.clone()).await;
    let found = list(&traced, "traces");
    assert_eq!((found.len() as u64, &traced["trace"]), (traced["total"].as_u64().unwrap(), &found[0]));
    assert!(
        found.len() > 1 && found.iter().all(|one| one["parts"][0]["cell"]["text"].is_string()),
        "{traced}"
    );
    let mut narrow = by_place.clone();
    narrow["statistic"] = "max".into();
    let traced = tool(&client, "trace", narrow).await;
    assert_eq!((&traced["total"], &traced["trace"]["parts"][0]["cell"]["text"]), (&json!(1), &json!("1.1")));
    // Without a time it is the newest, and where there is nothing that is said.
    let newest = json!({ "dataset": "salinity_daily", "place": "station:cau_noi", "statistic": "max" });
    let traced = tool(&client, "trace", newest).await;
    assert_eq!(traced["trace"]["result"].as_f64(), Some(3.8), "{traced}");
    let mut never = by_place;
    never["time"] = "1999-01-01".into();
    assert!(refusal(&client, "trace", never).await.contains("`observe`"));

    let asked = json!({ "dataset": "salinity_daily", "place": "station:cau_noi", "statistic": "max", "width": "P1Y" });
    let sums = tool(&client, "aggregate", asked).await;
    let year = &sums["items"][0];
    assert_eq!((year["count"].as_u64(), year["max"].as_f64()), (Some(u64::from(world::DAYS)), Some(3.8)));
    let largest = world::get(&client, &world::bare(text(year, "max_trace"))).await;
    assert_eq!(largest["result"].as_f64(), Some(3.8));

    let sql = "SELECT max(result) AS most FROM salinity_daily";
    let answer = tool(&client, "ask_sql", json!({ "sql": sql })).await;
    assert_eq!(answer["rows"], json!([{ "most": 4.8 }]));
    assert_eq!(answer["sources"][0]["dataset"], "salinity_daily");
    assert_eq!(answer["sources"][0]["version"], 2);

    let changes = tool(&client, "changes", json!({ "kind": "data", "limit": 3 })).await;
    assert_eq!(list(&changes, "items").len(), 3);
    let next = tool(&client, "changes", json!({ "kind": "data", "cursor": changes["next"] })).await;
    assert_eq!(list(&next, "items").len(), 1);
}

#[tokio::test]
async fn a_series_is_drawn_as_an_image() {
    let node = world::node().await;
    let asked = json!({ "dataset": "salinity_daily", "place": "station:cau_noi", "property": "salinity" });
    let answer =
        rpc(&node.public(), "tools/call", json!({ "name": "draw", "arguments": asked.clone() })).await;
    let content = list(&answer["result"], "content");
    assert_eq!((&content[1]["type"], &content[1]["mimeType"]), (&json!("image"), &json!("image/svg+xml")));
    let svg = base64::engine::general_purpose::STANDARD.decode(text(&content[1], "data")).unwrap();
    let svg = String::from_utf8(svg).unwrap();
    assert!(svg.starts_with("<svg xmlns=") && svg.contains("<path") && svg.ends_with("</svg>"), "{svg}");
    let told = &answer["result"]["structuredContent"];
    assert!(text(told, "finding").contains("Cau Noi"), "{told}");
    // The page of the same days shows the same drawing.
    let mut days = asked.clone();
    days.as_object_mut()
        .unwrap()
        .extend(json!({ "from": "2020-02-01", "to": "2020-02-28" }).as_object().unwrap().clone());
    let answer = rpc(&node.public(), "tools/call", json!({ "name": "draw", "arguments": days })).await;
    let svg = text(&list(&answer["result"], "content")[1], "data");
    let svg = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(svg).unwrap()).unwrap();
    let page = text(&answer["result"]["structuredContent"], "page");
    let page = world::page(&node.public(), &bare(page)).await;
    let drawing = svg[svg.find("<defs>").unwrap()..].replace("series-w", "chart-0-w");
    assert!(page.contains(&drawing), "{drawing}");
    for (more, expected) in [
        (json!({ "from": "2020-02-20", "to": "2020-02-10" }), "from"),
        (json!({ "from": "20/02/2020" }), "from"),
        (json!({ "property": "no such thing" }), "property"),
        (json!({ "from": "2030-01-01", "to": "2030-02-01" }), "describe"),
    ] {
        let mut asked = asked.clone();
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let told = refusal(&node.public(), "draw", asked).await;
        assert!(told.contains(expected), "{more}: {told}");
    }
    let wrong = json!({ "dataset": "sluices", "place": "station:cau_noi", "property": "salinity" });
    assert!(refusal(&node.public(), "draw", wrong).await.contains("describe"));
}

#[tokio::test]
async fn prompts_are_listed_and_filled_in_both_languages() {
    let node = world::node().await;
    let client = node.public();
    let listed = rpc(&client, "prompts/list", json!({})).await;
    let prompts = list(&listed["result"], "prompts");
    let names: Vec<&str> = prompts.iter().map(|prompt| text(prompt, "name")).collect();
    assert_eq!(names, ["salinity_bulletin", "compare_places", "where_from", "what_changed"]);
    let tools = rpc(&client, "tools/list", json!({})).await.to_string();
    for prompt in prompts {
        // Every blank is filled, and every tool that is named exists.
        let given: serde_json::Map<String, Value> = list(prompt, "arguments")
            .iter()
            .filter(|blank| blank["required"] == true)
            .map(|blank| (text(blank, "name").to_owned(), json!("{place} `x` }{")))
            .collect();
        let asked = json!({ "name": prompt["name"], "arguments": given });
        let filled = rpc(&client, "prompts/get", asked).await;
        let message = text(&list(&filled["result"], "messages")[0]["content"], "text").to_owned();
        assert!(
            message.contains("{place} `x` }{") && !message.contains("{time") && !message.contains('|'),
            "{message}"
        );
        for (at, word) in message.split('`').enumerate() {
            let is_tool =
                at % 2 == 1 && word != "x" && !["since", "cursor", "more", "observation"].contains(&word);
            assert!(!is_tool || tools.contains(&format!("\"{word}\"")), "there is no `{word}`: {message}");
        }
        let none = rpc(&client, "prompts/get", json!({ "name": prompt["name"] })).await;
        assert_eq!(none["error"]["code"], -32602, "{none}");
    }
    for wrong in [
        json!({}),
        json!({ "name": "none" }),
        json!({ "name": "where_from", "arguments": { "number": "1", "colour": "red" } }),
        json!({ "name": "where_from", "arguments": { "number": 1 } }),
        json!({ "name": "where_from", "arguments": { "number": "x".repeat(501) } }),
    ] {
        assert_eq!(rpc(&client, "prompts/get", wrong.clone()).await["error"]["code"], -32602, "{wrong}");
    }
}

#[tokio::test]
async fn what_may_not_be_known_is_not_there_for_an_assistant_either() {
    let node = world::node().await;
    let client = node.public();
    for (name, arguments) in [
        ("describe", json!({ "dataset": "salinity_secret" })),
        ("observe", json!({ "dataset": "salinity_secret" })),
        ("aggregate", json!({ "dataset": "salinity_secret", "width": "P1D" })),
        ("trace", json!({ "dataset": "salinity_secret", "datastream": 1, "time": "2020-02-01T00:00:00Z" })),
        (
            "draw",
            json!({ "dataset": "salinity_secret", "place": "station:tan_chau", "property": "salinity" }),
        ),
        ("ask_sql", json!({ "sql": "SELECT * FROM salinity_secret" })),
    ] {
        let hidden = refusal(&client, name, arguments.clone()).await;
        let missing = arguments.to_string().replace("salinity_secret", "salinity_sceret");
        let missing = refusal(&client, name, serde_json::from_str(&missing).unwrap()).await;
        assert_eq!(hidden.replace("salinity_secret", "…"), missing.replace("salinity_sceret", "…"), "{name}");
    }
    for told in [
        tool(&client, "search", json!({ "text": "salinity" })).await,
        tool(&client, "changes", json!({})).await,
        rpc(&client, "resources/list", json!({})).await,
    ] {
        assert!(!told.to_string().contains("salinity_secret"), "{told}");
    }
    let gone = rpc(&client, "resources/read", json!({ "uri": "cuulong://datasets/salinity_secret" })).await;
    assert_eq!(gone["error"]["code"], -32002);
    let owner = node.user("chi", "provider", Some("cuulong"), "read").await;
    let seen = tool(&owner, "observe", json!({ "dataset": "salinity_secret" })).await;
    assert_eq!(seen["total"], 1);
}

#[tokio::test]
async fn what_is_wrong_is_told_in_a_sentence() {
    let node = world::node().await;
    let client = node.public();
    for (name, arguments, words) in [
        ("observe", json!({}), "`dataset` is missing"),
        ("observe", json!({ "dataset": 5 }), "`dataset` is no string"),
        ("observe", json!({ "dataset": "sluices", "plaice": "x" }), "`plaice` is not an argument"),
        ("observe", json!({ "dataset": "salinity_daily", "limit": 100_000 }), "1 to 1000"),
        ("observe", json!({ "dataset": "salinity_daily", "datetime": "soon" }), "datetime"),
        ("ask_sql", json!({ "sql": "SELECT nothing FROM salinity_daily" }), "nothing"),
        ("ask_sql", json!({ "sql": "DROP TABLE salinity_daily" }), "SELECT"),
    ] {
        let sentence = refusal(&client, name, arguments).await;
        assert!(sentence.contains(words), "{sentence}");
    }
    let unknown = rpc(&client, "tools/call", json!({ "name": "explode" })).await;
    assert_eq!(unknown["error"]["code"], -32602);
    assert_eq!(rpc(&client, "explode", json!({})).await["error"]["code"], -32601);
    for (body, code) in [
        ("{".to_owned(), -32700),
        ("[]".to_owned(), -32600),
        ("{}".to_owned(), -32600),
        ("[".repeat(100_000), -32700),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#.to_owned(), -32600),
    ] {
        let reply = client.send(Method::POST, "/mcp", "application/json", Body::from(body)).await.unwrap();
        assert_eq!((reply.status.as_u16(), &reply.json()["error"]["code"]), (400, &json!(code)));
    }
    let note = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let reply = client.send_json(Method::POST, "/mcp", &note).await.unwrap();
    assert_eq!((reply.status.as_u16(), reply.body.len()), (202, 0));
    let large = "x".repeat(2 * 1024 * 1024);
    let reply = client.send(Method::POST, "/mcp", "application/json", Body::from(large)).await.unwrap();
    assert_eq!(reply.status.as_u16(), 413);
    assert_eq!(client.get("/mcp").await.unwrap().status.as_u16(), 405, "there is no stream to listen to");
}

async fn status(node: &TestNode, name: &str, value: &str) -> u16 {
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }).to_string();
    let request = Request::post("/mcp")
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/json")
        .header(name, value)
        .body(Body::from(call))
        .unwrap();
    node.node().router().oneshot(request).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn pages_of_other_sites_and_other_revisions_are_refused() {
    let node = TestNode::start().await;
    for (name, value, expected) in [
        ("origin", "http://localhost", 200),
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("mcp-protocol-version", "2025-06-18", 200),
        ("mcp-protocol-version", "2025-11-25", 200),
        ("mcp-protocol-version", "1999-01-01", 400),
    ] {
        assert_eq!(status(&node, name, value).await, expected, "{name}: {value}");
    }
}

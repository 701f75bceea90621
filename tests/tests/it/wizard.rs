//! Handing in a file step by step: by forms alone, by keyboard, and only for those who may.

use std::path::PathBuf;

use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};
use testkit::{Served, TestNode, chromium, python};
use tokio::process::Command;

const PASSWORD: &str = "chín con rồng vàng";
const FILE: &str = "Bảng đo mặn tháng 2;;;\nTrạm;Ngày;Độ mặn (g/l);Ghi chú\nCầu Nổi;21/02/2020;3,9;\nCầu Nổi;22/02/2020;430;máy hỏng\nTrà Vinh;21/02/2020;1,5;\n";

/// A node with a dataset, an officer of its agency and a stranger.
async fn node() -> (TestNode, [String; 2]) {
    let node = TestNode::start().await;
    node.dataset("gauge", "observations", "open").await;
    let mut keys = Vec::new();
    for (id, agency) in [("lan", "cuulong"), ("binh", "gso")] {
        let user =
            json!({ "id": id, "name": id, "role": "provider", "agency": agency, "password": PASSWORD });
        let system = node.system();
        system.send_json(reqwest::Method::POST, "/v1/users", &user).await.unwrap().ok().unwrap();
        let key = json!({ "label": "test", "scope": "write" });
        let path = format!("/v1/users/{id}/keys");
        let reply = system.send_json(reqwest::Method::POST, &path, &key).await.unwrap().ok().unwrap();
        keys.push(reply.json()["key"].as_str().unwrap().to_owned());
    }
    (node, keys.try_into().unwrap())
}

/// A browser without scripts: it keeps its session and follows nothing by itself.
struct Visitor<'a> {
    node: &'a Served,
    http: reqwest::Client,
    session: String,
}

impl<'a> Visitor<'a> {
    async fn signed_in(node: &'a Served, user: &str) -> Visitor<'a> {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let mut visitor = Visitor { node, http, session: String::new() };
        let answer = visitor.post("/sign-in", &[("user", user), ("password", PASSWORD)]).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
        visitor.session = cookie.split(';').next().unwrap().to_owned();
        visitor
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        let request = self.http.get(format!("{}{path}", self.node.url)).header(header::COOKIE, &self.session);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    async fn page(&self, path: &str) -> String {
        let (status, page) = self.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {page}");
        page
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .http
            .post(format!("{}{path}", self.node.url))
            .header(header::COOKIE, &self.session)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        request.send().await.unwrap()
    }

    /// Hands a file in and returns the address that it leads to.
    async fn hand_in(&self, name: &str, bytes: Vec<u8>) -> String {
        let part = reqwest::multipart::Part::bytes(bytes).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new().part("file", part).text("mapping", "");
        let request = self
            .http
            .post(format!("{}/intake/new?dataset=gauge", self.node.url))
            .header(header::COOKIE, &self.session)
            .multipart(form);
        led(&request.send().await.unwrap())
    }
}

fn led(answer: &Response) -> String {
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{answer:?}");
    answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

async fn versions(node: &Served) -> Value {
    node.system().get("/v1/datasets/gauge/versions").await.unwrap().ok().unwrap().json()["total"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_hands_in_a_table_with_forms_alone() {
    let (node, _) = node().await;
    let node = node.serve().await;
    let lan = Visitor::signed_in(&node, "lan").await;
    assert!(lan.page("/data/gauge").await.contains("/intake/new?dataset=gauge"));
    let moved = lan.get("/data/gauge/upload").await;
    assert_eq!(moved.0, StatusCode::PERMANENT_REDIRECT);
    let to = lan.hand_in("mặn.csv", FILE.as_bytes().to_vec()).await;
    let run = to.split(['/', '?']).nth(2).unwrap().to_owned();
    let step = |n: u8| format!("/intake/{run}?step={n}");

    // What was read: the sheet with its cells.
    let read = lan.page(&to).await;
    for words in ["Bảng đo mặn tháng 2", "Cầu Nổi", "3,9", "aria-current=\"step\""] {
        assert!(read.contains(words), "`{words}` is not there:\n{read}");
    }
    assert!(lan.page("/intake/new?dataset=gauge").await.contains("mặn.csv"), "the draft is listed");

    // The mapping by lists: station, day, salinity; the rest is left out.
    let mapped = lan
        .post(
            &format!("/intake/{run}/mapping"),
            &[
                ("by", "columns"),
                ("sheet", "0"),
                ("header", "2"),
                ("role0", "place"),
                ("role1", "time"),
                ("role2", "value"),
                ("property2", "salinity"),
                ("unit2", "g/L"),
                ("statistic2", "max"),
                ("period2", "P1D"),
                ("role3", "left_out"),
                ("place_kind", "station"),
                ("decimal", "comma"),
            ],
        )
        .await;
    let page = lan.page(led(&mapped).split('#').next().unwrap()).await;
    assert!(page.contains("Sẽ ghi 2 giá trị mới"), "{page}");
    assert!(page.contains("class=\"r-value bad\""), "the refused cell is marked:\n{page}");
    assert!(
        page.contains("property = &quot;salinity&quot;") || page.contains("property = &#34;salinity&#34;")
    );

    let findings = lan.page(&step(4)).await;
    assert!(findings.contains("C4") && findings.contains("430"), "{findings}");
    assert!(findings.contains(&format!("/v1/runs/{run}/marked")));
    let last = lan.page(&step(5)).await;
    assert!(last.contains(&format!("/intake/{run}/commit")), "{last}");
    assert_eq!(versions(&node).await, 0, "nothing is committed before the button");

    let to = led(&lan.post(&format!("/intake/{run}/commit"), &[]).await);
    assert_eq!(to, format!("/runs/{run}"));
    let report = lan.page(&to).await;
    assert!(report.contains("Đã ghi bản 1: 2 giá trị mới"), "{report}");
    assert!(report.contains(&format!("/v1/runs/{run}/marked")));
    assert!(report.contains("<dt>Bảng mã chữ</dt><dd>utf-8</dd>"), "{report}");
    assert_eq!(versions(&node).await, 1);
    // Pressed again, or opened again, it leads to the report.
    assert_eq!(led(&lan.post(&format!("/intake/{run}/commit"), &[]).await), to);

    // A mistake says what to do, and that the file is kept.
    let other = lan.hand_in("mặn.csv", FILE.as_bytes().to_vec()).await;
    let other = other.split(['/', '?']).nth(2).unwrap().to_owned();
    let toml = [("by", "toml"), ("mapping", "version = 7")];
    let wrong = led(&lan.post(&format!("/intake/{other}/mapping"), &toml).await);
    let page = lan.page(wrong.split('#').next().unwrap()).await;
    assert!(page.contains("Tệp của bạn vẫn được giữ") && page.contains("dòng 1"), "{page}");
    assert_eq!(led(&lan.post(&format!("/intake/{other}/discard"), &[]).await), "/data/gauge");
    assert_eq!(lan.get(&format!("/intake/{other}")).await.0, StatusCode::SEE_OTHER);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_lists_cannot_say_is_written_in_the_text_to_which_the_page_leads() {
    let (node, _) = node().await;
    let node = node.serve().await;
    let lan = Visitor::signed_in(&node, "lan").await;
    let file = "Ngày;Cầu Nổi;Trà Vinh\n21/02/2020;3,9;1,5\n22/02/2020;4,1;1,7\n";
    let to = lan.hand_in("mặn.csv", file.as_bytes().to_vec()).await;
    let run = to.split(['/', '?']).nth(2).unwrap().to_owned();
    let third = format!("/intake/{run}?step=3");
    let mapping = "version = 1\nkind = \"observations\"\n[place]\nheader = true\nkind = \"station\"\n[time]\ncolumns = [\"Ngày\"]\nformat = \"%d/%m/%Y\"\n[[value]]\ncolumns = \"{place}\"\nproperty = \"salinity\"\nunit = \"g/L\"\n";
    let toml = [("by", "toml"), ("mapping", mapping)];
    led(&lan.post(&format!("/intake/{run}/mapping"), &toml).await);
    let page = lan.page(&third).await;
    assert!(page.contains("Sẽ ghi 4 giá trị mới"), "{page}");
    assert!(page.contains("href=\"#toml\"") && page.contains("<textarea id=\"toml\""), "{page}");
    assert!(page.contains("có mẫu cho nhiều cột") && page.contains("<details open>"), "{page}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn patterns_and_parts_of_a_time_are_chosen_in_the_form() {
    let (node, _) = node().await;
    let node = node.serve().await;
    let lan = Visitor::signed_in(&node, "lan").await;
    let file = "Mưa năm 2021;;;\n\nTrạm;I;II;Ghi chú\nCần Thơ;3,9;1,5;\nSóc Trăng;4,1;1,7;\n";
    let to = lan.hand_in("mưa.csv", file.as_bytes().to_vec()).await;
    let run = to.split(['/', '?']).nth(2).unwrap().to_owned();
    let third = format!("/intake/{run}?step=3");
    let page = lan.page(&third).await;
    assert!(page.contains("name=\"says0\"") && page.contains("name=\"block_columns0\""), "{page}");
    let fields = [
        ("by", "columns"),
        ("sheet", "0"),
        ("header", "3"),
        ("role0", "place"),
        ("role1", "by_pattern"),
        ("role2", "by_pattern"),
        ("role3", "left_out"),
        ("place_kind", "station"),
        ("decimal", "comma"),
        ("beyond", "1"),
        ("header_height", "1"),
        ("says0", "{month}"),
        ("except0", "Ghi chú"),
        ("of_property0", "rain_total"),
        ("of_unit0", "mm"),
        ("of_period0", "P1M"),
        ("part_from0", "title"),
    ];
    let mapped = lan.post(&format!("/intake/{run}/mapping"), &fields).await;
    let page = lan.page(led(&mapped).split('#').next().unwrap()).await;
    assert!(page.contains("Sẽ ghi 4 giá trị mới"), "{page}");
    // The page shows what was chosen, and the same form again changes nothing.
    let page = lan.page(&third).await;
    assert!(
        page.contains("value=\"{month}\" selected") && page.contains("value=\"title\" selected"),
        "{page}"
    );
    assert!(page.contains("value=\"by_pattern\" selected"), "{page}");
    let mapped = lan.post(&format!("/intake/{run}/mapping"), &fields).await;
    let page = lan.page(led(&mapped).split('#').next().unwrap()).await;
    assert!(page.contains("Sẽ ghi 4 giá trị mới"), "{page}");

    // Two tables beside each other, each with its station.
    let file = "Ngày;H (cm);;Ngày;H (cm)\n21/02/2020;39;;21/02/2020;15\n22/02/2020;41;;22/02/2020;17\n";
    let to = lan.hand_in("hai-bang.csv", file.as_bytes().to_vec()).await;
    let run = to.split(['/', '?']).nth(2).unwrap().to_owned();
    let fields = [
        ("by", "columns"),
        ("sheet", "0"),
        ("header", "1"),
        ("decimal", "auto"),
        ("time_format", "%d/%m/%Y"),
        ("beyond", "1"),
        ("role0", "time"),
        ("role1", "value"),
        ("property1", "water_level"),
        ("unit1", "cm"),
        ("block_columns0", "A:B"),
        ("block_header0", "1"),
        ("block_place0", "station:tan_chau"),
        ("block_columns1", "D:E"),
        ("block_header1", "1"),
        ("block_place1", "station:chau_doc"),
    ];
    let mapped = lan.post(&format!("/intake/{run}/mapping"), &fields).await;
    let page = lan.page(led(&mapped).split('#').next().unwrap()).await;
    assert!(page.contains("Sẽ ghi 4 giá trị mới"), "{page}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_there_only_for_those_who_may_write_its_dataset() {
    let (node, [lan, binh]) = node().await;
    let path = "/v1/datasets/gauge/uploads?stage=true&file_name=a.csv";
    let reply = node.with_key(&lan).send(reqwest::Method::POST, path, "text/csv", FILE.into()).await.unwrap();
    let draft = reply.ok().unwrap().json();
    let run = draft["run"]["id"].as_str().unwrap().to_owned();
    assert_eq!(draft["run"]["state"], "staged");
    for path in ["", "/draft", "/sheet", "/findings", "/original", "/marked"] {
        // Whoever has not signed in is told to, whether there is a draft or not.
        let public = if path == "/draft" { 401 } else { 404 };
        let path = format!("/v1/runs/{run}{path}");
        for (client, status) in
            [(node.public(), public), (node.with_key(&binh), 404), (node.with_key(&lan), 200)]
        {
            let reply = client.get(&path).await.unwrap();
            assert_eq!(reply.status.as_u16(), status, "{path}: {}", reply.json());
        }
    }
    let runs = node.public().get("/v1/datasets/gauge/runs").await.unwrap().ok().unwrap().json();
    assert_eq!(runs["total"], 0);
    for (method, path) in [(reqwest::Method::POST, "commit"), (reqwest::Method::DELETE, "draft")] {
        let path = format!("/v1/runs/{run}/{path}");
        let reply = node.with_key(&binh).send(method, &path, "", axum_body()).await.unwrap();
        assert_eq!(reply.status.as_u16(), 404);
    }

    // The same work as the pages do, for scripts.
    let mapping = "version = 1\nkind = \"observations\"\n[source]\nheader_row = 2\n[place]\ncolumn = \"Trạm\"\nkind = \"station\"\n[time]\ncolumns = [\"Ngày\"]\n[[value]]\ncolumn = \"Độ mặn (g/l)\"\nproperty = \"salinity\"\nunit = \"g/L\"\n";
    let client = node.with_key(&lan);
    let path = format!("/v1/runs/{run}/draft");
    let reviewed =
        client.send(reqwest::Method::PUT, &path, "application/toml", mapping.into()).await.unwrap();
    let reviewed = reviewed.ok().unwrap().json();
    assert_eq!(
        (&reviewed["run"]["totals"]["added"], &reviewed["findings"][0]["cell"]),
        (&json!(2), &json!("C4"))
    );
    let sheet =
        client.get(&format!("/v1/runs/{run}/sheet?from=3&limit=1")).await.unwrap().ok().unwrap().json();
    assert_eq!(sheet["columns"][2], json!({ "name": "Độ mặn (g/l)", "role": "value" }));
    assert_eq!(sheet["rows"][0]["cells"][0], json!({ "text": "Cầu Nổi", "role": "place" }));
    assert_eq!((&sheet["header_row"], &sheet["next"]), (&json!(2), &json!(4)));
    let committed =
        client.send(reqwest::Method::POST, &format!("/v1/runs/{run}/commit"), "", axum_body()).await;
    let committed = committed.unwrap();
    assert_eq!(committed.status.as_u16(), 201);
    assert_eq!(node.public().get(&format!("/v1/runs/{run}")).await.unwrap().status.as_u16(), 200);
}

fn axum_body() -> axum::body::Body {
    axum::body::Body::empty()
}

async fn ask(python: &PathBuf, script: &str, arguments: &[&str]) -> String {
    let script = format!("{}/clients/{script}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python).arg(&script).args(arguments).output().await.unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{script}:\n{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    printed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_goes_through_the_wizard_by_keyboard_and_comes_back_marked() {
    let (Some(python), Some(chromium)) = (python(), chromium()) else { return };
    let (node, _) = node().await;
    let node = node.serve().await;
    let folder = tempfile::tempdir().unwrap();
    let chromium = chromium.display().to_string();
    let (folder, url) = (folder.path().display().to_string(), node.url.clone());
    let printed = ask(&python, "wizard.py", &[&url, &chromium, &folder, "lan", PASSWORD]).await;
    assert!(printed.trim_end().ends_with("ok"), "{printed}");
    assert_eq!(versions(&node).await, 2);
    node.stop().await;
}

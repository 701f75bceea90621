//! Large files over connections that break off.

use bytes::Bytes;
use reqwest::{Method, Response, StatusCode};
use secrecy::ExposeSecret;
use testkit::{Served, TestNode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A file of observations that is large enough to be cut in the middle.
fn file() -> Vec<u8> {
    let mut text = "station,time,value\n".to_owned();
    for minute in 0..60_000 {
        let time = chrono::DateTime::from_timestamp(1_577_836_800 + minute * 60, 0).unwrap();
        text += &format!("station:cau_noi,{},{}\n", time.to_rfc3339(), (minute % 300) as f64 / 10.0);
    }
    text.into_bytes()
}

const MAPPING: &str = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"station\"\n[time]\ncolumns = [\"time\"]\n[[value]]\ncolumn = \"value\"\nproperty = \"salinity\"\nunit = \"g/L\"\n";

async fn call(node: &Served, method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let mut request = reqwest::Client::new()
        .request(method, format!("{}{path}", node.url))
        .bearer_auth(node.key.expose_secret())
        .header("Tus-Resumable", "1.0.0")
        .body(body.to_vec());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

fn said(response: &Response, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

const PIECE: (&str, &str) = ("Content-Type", "application/offset+octet-stream");

async fn announced(node: &Served, length: usize, metadata: &str) -> String {
    let length = length.to_string();
    let headers = [("Upload-Length", length.as_str()), ("Upload-Metadata", metadata)];
    let created = call(node, Method::POST, "/v1/uploads", &headers, b"").await;
    assert_eq!(created.status(), StatusCode::CREATED);
    assert!(said(&created, "upload-expires").ends_with("GMT"));
    said(&created, "location")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_connection_is_cut_goes_on_where_it_was_and_arrives_byte_for_byte() {
    let node = TestNode::start().await;
    node.dataset("gauge", "observations", "open").await;
    let node = node.serve().await;
    let file = file();
    // `mặn.csv` in base64.
    let place = announced(&node, file.len(), "filename beG6t24uY3N2").await;

    // The client promises the whole file and is gone in the middle of it.
    let address = node.url.trim_start_matches("http://");
    let mut wire = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "PATCH {place} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nTus-Resumable: 1.0.0\r\n\
         Upload-Offset: 0\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        node.key.expose_secret(),
        PIECE.1,
        file.len()
    );
    wire.write_all(head.as_bytes()).await.unwrap();
    wire.write_all(&file[..file.len() / 3]).await.unwrap();
    wire.shutdown().await.unwrap();
    wire.read_to_end(&mut Vec::new()).await.ok();
    drop(wire);

    let asked = call(&node, Method::HEAD, &place, &[], b"").await;
    let offset: usize = said(&asked, "upload-offset").parse().unwrap();
    assert_eq!(said(&asked, "upload-length"), file.len().to_string());
    assert!(offset > 0 && offset <= file.len() / 3, "{offset}");
    assert_eq!(said(&asked, "cache-control"), "no-store");

    // What is not whole is not taken in.
    let upload = place.rsplit('/').next().unwrap();
    let mut link = url::Url::parse("http://localhost/v1/datasets/gauge/uploads").unwrap();
    link.query_pairs_mut().append_pair("upload", upload).append_pair("mapping", MAPPING);
    let take = format!("{}?{}", link.path(), link.query().unwrap());
    assert_eq!(call(&node, Method::POST, &take, &[], b"").await.status(), StatusCode::CONFLICT);

    let wrong = call(&node, Method::PATCH, &place, &[PIECE, ("Upload-Offset", "0")], &file).await;
    assert_eq!(wrong.status(), StatusCode::CONFLICT, "a piece that does not fit is refused");
    let rest = offset.to_string();
    let sent = call(&node, Method::PATCH, &place, &[PIECE, ("Upload-Offset", &rest)], &file[offset..]).await;
    assert_eq!(
        (sent.status(), said(&sent, "upload-offset")),
        (StatusCode::NO_CONTENT, file.len().to_string())
    );

    let taken = call(&node, Method::POST, &take, &[], b"").await;
    assert_eq!(taken.status(), StatusCode::CREATED);
    let report: serde_json::Value = serde_json::from_slice(&taken.bytes().await.unwrap()).unwrap();
    assert_eq!(report["run"]["totals"]["added"], 60_000);
    assert_eq!(report["run"]["file_name"], "mặn.csv");
    let run = report["run"]["id"].as_str().unwrap();
    let original = call(&node, Method::GET, &format!("/v1/runs/{run}/original"), &[], b"").await;
    assert_eq!(original.bytes().await.unwrap(), Bytes::from(file));
    // It is gone when it was taken in.
    assert_eq!(call(&node, Method::HEAD, &place, &[], b"").await.status(), StatusCode::NOT_FOUND);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_keeps_to_its_protocol_its_owner_and_its_limits() {
    let node = TestNode::start_taking(1000).await;
    node.user("lan", "provider", Some("cuulong"), "write").await;
    let key = serde_json::json!({ "label": "tus", "scope": "write" });
    let key = node.system().send_json(Method::POST, "/v1/users/lan/keys", &key).await.unwrap().ok().unwrap();
    let lan = key.json()["key"].as_str().unwrap().to_owned();
    let node = node.serve().await;
    let options = call(&node, Method::OPTIONS, "/v1/uploads", &[], b"").await;
    assert!(options.status().is_success());
    assert_eq!(
        (said(&options, "tus-version"), said(&options, "tus-max-size")),
        ("1.0.0".into(), "1000".into())
    );
    assert_eq!(said(&options, "tus-extension"), "creation,expiration,termination");
    let bare = reqwest::Client::new().post(format!("{}/v1/uploads", node.url)).send().await.unwrap();
    assert_eq!(bare.status(), StatusCode::PRECONDITION_FAILED);

    let large = call(&node, Method::POST, "/v1/uploads", &[("Upload-Length", "1001")], b"").await;
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let nameless = call(&node, Method::POST, "/v1/uploads", &[("Upload-Length", "ten")], b"").await;
    assert_eq!(nameless.status(), StatusCode::BAD_REQUEST);

    let place = announced(&node, 10, "").await;
    // Another's upload reads as none.
    let theirs = reqwest::Client::new()
        .head(format!("{}{place}", node.url))
        .bearer_auth(&lan)
        .header("Tus-Resumable", "1.0.0")
        .send()
        .await
        .unwrap();
    assert_eq!(theirs.status(), StatusCode::NOT_FOUND);
    let plain =
        call(&node, Method::PATCH, &place, &[("Content-Type", "text/csv"), ("Upload-Offset", "0")], b"x")
            .await;
    assert_eq!(plain.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let longer = call(&node, Method::PATCH, &place, &[PIECE, ("Upload-Offset", "0")], b"eleven bytes").await;
    assert_eq!(longer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let asked = call(&node, Method::HEAD, &place, &[], b"").await;
    assert_eq!(said(&asked, "upload-offset"), "0");
    let instead = [PIECE, ("Upload-Offset", "0"), ("X-HTTP-Method-Override", "PATCH")];
    let sent = call(&node, Method::POST, &place, &instead, b"0123456789").await;
    assert_eq!((sent.status(), said(&sent, "upload-offset")), (StatusCode::NO_CONTENT, "10".into()));
    assert_eq!(call(&node, Method::DELETE, &place, &[], b"").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(call(&node, Method::HEAD, &place, &[], b"").await.status(), StatusCode::NOT_FOUND);

    for _ in 0..8 {
        announced(&node, 10, "").await;
    }
    let ninth = call(&node, Method::POST, "/v1/uploads", &[("Upload-Length", "10")], b"").await;
    assert_eq!(ninth.status(), StatusCode::TOO_MANY_REQUESTS);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_with_another_hash_than_was_said_are_not_taken_in() {
    let node = TestNode::start().await;
    node.dataset("gauge", "observations", "open").await;
    let node = node.serve().await;
    // `sha256` is the hash of nothing, in base64.
    let nothing = "ZTNiMGM0NDI5OGZjMWMxNDlhZmJmNGM4OTk2ZmI5MjQyN2FlNDFlNDY0OWI5MzRjYTQ5NTk5MWI3ODUyYjg1NQ==";
    let place = announced(&node, 4, &format!("sha256 {nothing}")).await;
    call(&node, Method::PATCH, &place, &[PIECE, ("Upload-Offset", "0")], b"a,b\n").await;
    let path = format!("/v1/datasets/gauge/uploads?upload={}", place.rsplit('/').next().unwrap());
    let refused = call(&node, Method::POST, &path, &[], b"").await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    node.stop().await;
}

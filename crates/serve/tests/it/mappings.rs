//! Mappings over HTTP: guessed from a file, kept in versions, compared with the next file; and what a steward registers.

use axum::http::{Method, StatusCode};
use bytes::Bytes;
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use testkit::{Client, TestNode, upload_path};

async fn post(client: &Client, path: &str, body: &'static str) -> (StatusCode, Value) {
    let stream = stream::once(async move { Ok(Bytes::from_static(body.as_bytes())) }).boxed();
    let reply = client.upload(path, stream).await.unwrap();
    (reply.status, reply.json())
}

const YEARS: &str = "\"Production of paddy by province\"\n\n\"Cities, provincies\";\"2014\";\"2015\"\n\"WHOLE COUNTRY\";44974.6;45105.5\n\"An Giang\";4039.6;4075.7\n";

#[tokio::test]
async fn a_mapping_is_guessed_without_taking_the_file_and_kept_when_it_is_taken() {
    let node = TestNode::start().await;
    node.dataset("paddy", "observations", "open").await;
    let provider = node.user("lan", "provider", Some("cuulong"), "write").await;
    let guess = "/v1/datasets/paddy/mapping-guesses?file_name=paddy.csv";
    let (status, guessed) = post(&provider, guess, YEARS).await;
    assert_eq!(status, StatusCode::OK, "{guessed}");
    assert_eq!(guessed["certain"], true, "{guessed}");
    assert!(guessed["mapping"].as_str().unwrap().contains("columns = \"{year}\""));
    let decisions = guessed["decisions"].as_array().unwrap();
    let property = decisions.iter().find(|decision| decision["path"] == "value.0.property").unwrap();
    assert!(
        property["confidence"].as_f64().unwrap() > 0.6
            && property["reason"].as_str().unwrap().contains("rice_production")
    );
    let runs = provider.get("/v1/datasets/paddy/runs").await.unwrap().json();
    assert_eq!(runs["total"], 0, "nothing was taken in");

    let (status, report) = post(&provider, &upload_path("paddy", "paddy.csv", None, false), YEARS).await;
    assert_eq!((status, &report["run"]["totals"]["added"]), (StatusCode::CREATED, &json!(2)), "{report}");
    assert_eq!(report["drift"], json!([]));
    let kept = provider.get("/v1/datasets/paddy/mappings/1").await.unwrap();
    assert!(String::from_utf8_lossy(&kept.body).contains("[shape]"));
    assert_eq!(provider.get("/v1/datasets/paddy/mappings/2").await.unwrap().status, StatusCode::NOT_FOUND);

    // The next year's file has one column more, which the pattern takes; another table is not squeezed in.
    let next = "\"Production of paddy by province\"\n\n\"Cities, provincies\";\"2015\";\"Prel. 2016\"\n\"An Giang\";4075.7;3969.4\n";
    let (_, report) = post(&provider, &upload_path("paddy", "paddy.csv", None, true), next).await;
    assert_eq!(report["run"]["totals"]["added"], 1, "{report}");
    assert!(
        report["drift"].as_array().unwrap().iter().any(|text| text.as_str().unwrap().contains("Prel. 2016")),
        "{report}"
    );
    let (status, problem) =
        post(&provider, &upload_path("paddy", "x.csv", None, false), "Tỉnh;2015;2016\nAn Giang;1;2\n").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");

    let reader = node.user("minh", "user", None, "read").await;
    let (status, _) = post(&reader, guess, YEARS).await;
    assert!(status == StatusCode::FORBIDDEN || status == StatusCode::NOT_FOUND, "{status}");
    let (status, _) = post(&node.public(), guess, YEARS).await;
    assert!(status.is_client_error());
}

#[tokio::test]
async fn a_steward_registers_what_the_reference_lacks_and_files_may_name_it() {
    let node = TestNode::start().await;
    node.dataset("own", "observations", "open").await;
    let steward = node.user("hoa", "steward", Some("cuulong"), "write").await;
    let property = json!({
        "code": "duckweed_cover", "sector": "water_quality", "name": "Độ phủ bèo", "name_en": "Duckweed cover",
        "aliases": ["beo_phu"], "unit": "%", "kind": "intensive", "plausible_min": 0, "plausible_max": 100,
        "statistic": "mean", "note": "made up for a test",
    });
    let place = json!({
        "id": "station:kenh_thu_nghiem", "kind": "station", "name": "Kênh Thử Nghiệm", "lon": 105.5, "lat": 10.1,
        "source": "made up for a test",
    });
    let send = async |client: &Client, path: &str, body: &Value| {
        client.send_json(Method::POST, path, body).await.unwrap()
    };
    let provider = node.user("lan", "provider", Some("cuulong"), "write").await;
    assert_eq!(send(&provider, "/v1/properties", &property).await.status, StatusCode::FORBIDDEN);
    assert!(send(&node.public(), "/v1/places", &place).await.status.is_client_error());
    let made = send(&steward, "/v1/properties", &property).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json());
    let made = send(&steward, "/v1/places", &place).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json());

    let file = "Trạm,Ngày,Độ phủ bèo (%)\nKênh Thử Nghiệm,2020-02-03,12.5\n";
    let (status, report) = post(&provider, &upload_path("own", "a.csv", None, false), file).await;
    assert_eq!((status, &report["run"]["totals"]["added"]), (StatusCode::CREATED, &json!(1)), "{report}");

    assert_eq!(send(&steward, "/v1/properties", &property).await.status, StatusCode::CONFLICT);
    assert_eq!(send(&steward, "/v1/places", &place).await.status, StatusCode::CONFLICT);
    let mut taken = property.clone();
    (taken["code"], taken["aliases"]) = (json!("other_cover"), json!(["salinity"]));
    assert_eq!(
        send(&steward, "/v1/properties", &taken).await.status,
        StatusCode::CONFLICT,
        "one name, one property"
    );
    let mut wrong = place.clone();
    wrong["id"] = json!("vn2025:99");
    assert!(
        send(&steward, "/v1/places", &wrong).await.status.is_client_error(),
        "official codes are the reference's"
    );
    let mut wrong = property;
    (wrong["code"], wrong["unit"]) = (json!("cover_two"), json!("bèo"));
    assert!(send(&steward, "/v1/properties", &wrong).await.status.is_client_error());
}

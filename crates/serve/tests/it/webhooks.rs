//! Webhooks: a receiver in this process is sent what its owner may know of.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::{Client, TestNode};
use tokio::sync::{Mutex, mpsc};

use crate::world::{get, list, text};

/// What a receiver got: headers and body.
type Message = (HeaderMap, Bytes);

/// A receiver that answers as told, and its address.
struct Receiver {
    url: String,
    messages: mpsc::UnboundedReceiver<Message>,
    answer: Arc<Mutex<StatusCode>>,
}

impl Receiver {
    async fn start() -> Receiver {
        let (sender, messages) = mpsc::unbounded_channel::<Message>();
        let answer = Arc::new(Mutex::new(StatusCode::NO_CONTENT));
        let take = async |State((sender, answer)): State<(
            mpsc::UnboundedSender<Message>,
            Arc<Mutex<StatusCode>>,
        )>,
                          headers: HeaderMap,
                          body: Bytes| {
            let status = *answer.lock().await;
            sender.send((headers, body)).unwrap();
            (status, [("location", "http://127.0.0.1:1/elsewhere")])
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().route("/hook", post(take)).with_state((sender, Arc::clone(&answer)));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Receiver { url, messages, answer }
    }

    async fn next(&mut self) -> (HeaderMap, Value) {
        let wait = Duration::from_secs(60);
        let (headers, body) = tokio::time::timeout(wait, self.messages.recv()).await.unwrap().unwrap();
        (headers, serde_json::from_slice(&body).unwrap())
    }
}

async fn node() -> TestNode {
    let node = TestNode::start_configured(vec![
        ("CUULONG_OUTGOING_PRIVATE", "127.0.0.1"),
        ("CUULONG_WEBHOOK_ATTEMPTS", "2"),
        ("CUULONG_WEBHOOK_PAUSE_SECONDS", "1"),
    ])
    .await;
    for (dataset, access) in [("gauge", "open"), ("secret_gauge", "restricted")] {
        node.dataset(dataset, "observations", access).await;
        add(&node, dataset, 1).await;
    }
    node
}

async fn add(node: &TestNode, dataset: &str, day: u32) {
    const MAPPING: &str = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"station\"\n[time]\n\
        columns = [\"time\"]\n[[value]]\ncolumn = \"salinity\"\nproperty = \"salinity\"\n";
    let file = format!("station,time,salinity\nstation:cau_noi,2020-02-{day:02},3.5\n");
    node.hand_in(dataset, "a.csv", file.into_bytes(), Some(MAPPING)).await.unwrap();
}

async fn made(client: &Client, hook: &Value) -> Value {
    client.send_json(Method::POST, "/v1/webhooks", hook).await.unwrap().ok().unwrap().json()
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_sent_signed_and_in_order_and_only_what_may_be_known() {
    let node = node().await;
    let mut receiver = Receiver::start().await;
    let lan = node.user("lan", "user", None, "write").await;
    let hook = made(&lan, &json!({ "url": receiver.url, "kind": "data" })).await;
    let secret = text(&hook, "secret").to_owned();
    assert!(secret.starts_with("whsec_"), "{secret}");
    add(&node, "secret_gauge", 2).await;
    add(&node, "gauge", 2).await;
    add(&node, "gauge", 3).await;
    for version in [2, 3] {
        let (headers, message) = receiver.next().await;
        assert_eq!((&message["type"], &message["data"]["dataset"]), (&json!("change.data"), &json!("gauge")));
        assert_eq!(message["data"]["version"], version);
        assert_eq!(headers["webhook-id"], text(&message["data"], "id"));
    }
    // It is kept sealed: who reads the catalogue can sign nothing.
    let kept = node.node().app().catalog.webhook(text(&hook, "id")).await.unwrap().unwrap();
    let kept = kept.secret.expose_secret().to_owned();
    assert!(kept.starts_with("sealed.1.") && !kept.contains(secret.trim_start_matches("whsec_")), "{kept}");
    // Nothing shows the secret again, and nobody else sees the webhook.
    let path = format!("/v1/webhooks/{}", text(&hook, "id"));
    let shown = get(&lan, &path).await;
    assert!(!shown.to_string().contains("whsec_"), "{shown}");
    let minh = node.user("minh", "user", None, "write").await;
    assert_eq!(minh.get(&path).await.unwrap().status.as_u16(), 404);
    assert_eq!(list(&get(&minh, "/v1/webhooks").await, "items").len(), 0);
    assert_eq!(node.public().get("/v1/webhooks").await.unwrap().status.as_u16(), 401);
    // A signature is of id, time and body, with the key after `whsec_`.
    add(&node, "gauge", 4).await;
    let (headers, body) =
        tokio::time::timeout(Duration::from_secs(60), receiver.messages.recv()).await.unwrap().unwrap();
    let said = |name: &str| headers[name].to_str().unwrap().to_owned();
    let signed = format!(
        "{}.{}.{}",
        said("webhook-id"),
        said("webhook-timestamp"),
        std::str::from_utf8(&body).unwrap()
    );
    let key = STANDARD.decode(secret.trim_start_matches("whsec_")).unwrap();
    assert_eq!(said("webhook-signature"), format!("v1,{}", STANDARD.encode(hmac(&key, signed.as_bytes()))));
    lan.send(Method::DELETE, &path, "", Body::empty()).await.unwrap().ok().unwrap();
    assert_eq!(lan.get(&path).await.unwrap().status.as_u16(), 404);
}

/// RFC 2104, once more.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let pad = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_taken_is_tried_again_then_listed_and_sent_again_when_asked() {
    let mut node = node().await;
    let mut receiver = Receiver::start().await;
    // A redirect is not followed: it is a receiver that does not take the message.
    *receiver.answer.lock().await = StatusCode::TEMPORARY_REDIRECT;
    let hook = made(&node.system(), &json!({ "url": receiver.url, "dataset": "gauge" })).await;
    let path = format!("/v1/webhooks/{}", text(&hook, "id"));
    add(&node, "gauge", 5).await;
    let (first, _) = receiver.next().await;
    let (second, _) = receiver.next().await;
    assert_eq!(first["webhook-id"], second["webhook-id"], "the same again is under the same name");
    // After as many attempts as are configured it is given up, and the next change is sent.
    *receiver.answer.lock().await = StatusCode::OK;
    add(&node, "gauge", 6).await;
    let (third, message) = receiver.next().await;
    assert_ne!(third["webhook-id"], first["webhook-id"]);
    assert_eq!(message["data"]["version"], 3);
    let shown = get(&node.system(), &path).await;
    let letter = &list(&shown, "dead_letters")[0];
    assert_eq!((&letter["attempts"], &letter["error"]), (&json!(2), &json!("the receiver answered 307")));
    assert_eq!(letter["id"], first["webhook-id"].to_str().unwrap());
    node.restart().await;
    let reply =
        node.system().send(Method::POST, &format!("{path}/redeliver"), "", Body::empty()).await.unwrap();
    assert_eq!(reply.ok().unwrap().json()["changes"], 1);
    // What was sent just before the node stopped may be sent once more, under its name.
    let (again, message) = loop {
        let (head, message) = receiver.next().await;
        if head["webhook-id"] != third["webhook-id"] {
            break (head, message);
        }
    };
    assert_eq!((&again["webhook-id"], &message["data"]["version"]), (&first["webhook-id"], &json!(2)));
}

#[tokio::test]
async fn receivers_that_are_not_public_are_refused() {
    let node = TestNode::start().await;
    for url in [
        "http://127.0.0.1:9/",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "http://hooks.example.org/",
        "file:///etc/passwd",
        "nonsense",
    ] {
        let reply =
            node.system().send_json(Method::POST, "/v1/webhooks", &json!({ "url": url })).await.unwrap();
        assert_eq!((reply.status.as_u16(), reply.json()["at"].as_str()), (400, Some("url")), "{url}");
    }
    let hook = json!({ "url": "https://hooks.example.org/", "kind": "exploded" });
    let reply = node.system().send_json(Method::POST, "/v1/webhooks", &hook).await.unwrap();
    assert_eq!(reply.json()["at"], "kind");
    let reader = node.user("lan", "user", None, "read").await;
    let hook = json!({ "url": "https://hooks.example.org/" });
    assert_eq!(reader.send_json(Method::POST, "/v1/webhooks", &hook).await.unwrap().status.as_u16(), 403);
}

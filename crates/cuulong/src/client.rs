//! Talking to a node: the one that serves the folder, over HTTP, or one opened in this process.
//! Both answer the same requests.

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use model::Lang;
use secrecy::{ExposeSecret, SecretString};
use tower::ServiceExt;

/// A client of a node.
#[derive(Clone)]
pub struct Client {
    to: To,
    key: Option<SecretString>,
    lang: Lang,
}

#[derive(Clone)]
enum To {
    Here(Router),
    There { http: reqwest::Client, url: String },
}

/// A node's answer.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The media type.
    pub media_type: String,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The reply, or the sentence of its problem.
    pub fn ok(self) -> Result<Reply, String> {
        if self.status.is_success() {
            return Ok(self);
        }
        let problem = self.json();
        let word = |name: &str| problem[name].as_str().unwrap_or("").to_owned();
        let mut sentence = word("title");
        for part in [word("detail"), word("advice")] {
            if !part.is_empty() {
                sentence = format!("{sentence}\n  {part}");
            }
        }
        if sentence.is_empty() {
            sentence = format!("the node answered {}", self.status);
        }
        Err(sentence)
    }
}

impl Client {
    /// A client of a node in this process.
    pub fn here(router: Router, key: Option<SecretString>, lang: Lang) -> Client {
        Client { to: To::Here(router), key, lang }
    }

    /// A client of a node elsewhere.
    pub fn there(url: String, key: Option<SecretString>, lang: Lang) -> Client {
        Client { to: To::There { http: reqwest::Client::new(), url }, key, lang }
    }

    /// Reads a path (with its query string).
    pub async fn get(&self, path: &str) -> Result<Reply, String> {
        self.send(Method::GET, path, "", Body::empty()).await
    }

    /// Sends JSON.
    pub async fn send_json(
        &self,
        method: Method,
        path: &str,
        json: &serde_json::Value,
    ) -> Result<Reply, String> {
        self.send(method, path, "application/json", Body::from(json.to_string())).await
    }

    /// Sends a stream of bytes.
    pub async fn upload(
        &self,
        path: &str,
        bytes: BoxStream<'static, std::io::Result<Bytes>>,
    ) -> Result<Reply, String> {
        self.send(Method::POST, path, "application/octet-stream", Body::from_stream(bytes)).await
    }

    /// Sends anything.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        media_type: &str,
        body: Body,
    ) -> Result<Reply, String> {
        match &self.to {
            To::Here(router) => {
                let mut request = Request::builder()
                    .method(method)
                    .uri(path)
                    .header(header::HOST, "localhost")
                    .header(header::ACCEPT_LANGUAGE, self.lang.tag());
                if !media_type.is_empty() {
                    request = request.header(header::CONTENT_TYPE, media_type);
                }
                if let Some(key) = &self.key {
                    request =
                        request.header(header::AUTHORIZATION, format!("Bearer {}", key.expose_secret()));
                }
                let request = request.body(body).map_err(|error| error.to_string())?;
                let Ok(response) = router.clone().oneshot(request).await;
                let (parts, body) = response.into_parts();
                let body = axum::body::to_bytes(body, usize::MAX).await.map_err(|error| error.to_string())?;
                Ok(Reply { status: parts.status, media_type: media_type_of(&parts.headers), body })
            }
            To::There { http, url } => {
                let mut request = http
                    .request(method, format!("{url}{path}"))
                    .header(header::ACCEPT_LANGUAGE, self.lang.tag());
                if !media_type.is_empty() {
                    request = request.header(header::CONTENT_TYPE, media_type);
                    let stream = body.into_data_stream().map_err(std::io::Error::other).boxed();
                    request = request.body(reqwest::Body::wrap_stream(stream));
                }
                if let Some(key) = &self.key {
                    request = request.bearer_auth(key.expose_secret());
                }
                let response = request
                    .send()
                    .await
                    .map_err(|error| format!("the node at {url} does not answer: {error}"))?;
                let (status, media_type) = (response.status(), media_type_of(response.headers()));
                let body = response.bytes().await.map_err(|error| error.to_string())?;
                Ok(Reply { status, media_type, body })
            }
        }
    }
}

fn media_type_of(headers: &axum::http::HeaderMap) -> String {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned()
}

//! Asking a node in this process, with all headers in view.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::Value;
use tower::ServiceExt;

/// Whoever asks.
#[derive(Clone)]
pub struct Asker {
    router: Router,
    pub key: Option<String>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// A request: a method, a path and what is sent.
#[derive(Debug, Clone)]
pub struct Question {
    pub method: Method,
    pub path: String,
    pub body: Option<(&'static str, String)>,
}

impl Question {
    pub fn get(path: impl Into<String>) -> Question {
        Question { method: Method::GET, path: path.into(), body: None }
    }

    pub fn send(method: Method, path: impl Into<String>, media_type: &'static str, body: &str) -> Question {
        Question { method, path: path.into(), body: Some((media_type, body.to_owned())) }
    }

    /// The same with a text put for another everywhere.
    pub fn with(&self, from: &str, to: &str) -> Question {
        Question {
            method: self.method.clone(),
            path: self.path.replace(from, to),
            body: self.body.as_ref().map(|(kind, body)| (*kind, body.replace(from, to))),
        }
    }
}

impl std::fmt::Display for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        self.body.as_ref().map_or(Ok(()), |(_, body)| write!(f, " {body}"))
    }
}

impl Asker {
    pub fn new(router: Router, key: Option<String>) -> Asker {
        Asker { router, key }
    }

    pub async fn ask(&self, question: &Question, more: &[(&str, &str)]) -> Said {
        let mut request = Request::builder()
            .method(question.method.clone())
            .uri(&question.path)
            .header(header::HOST, "localhost")
            .header(header::ACCEPT_LANGUAGE, "en");
        if let Some(key) = &self.key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        }
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let body = match &question.body {
            Some((media_type, body)) => {
                request = request.header(header::CONTENT_TYPE, *media_type);
                Body::from(body.clone())
            }
            None => Body::empty(),
        };
        let request = request.body(body).unwrap_or_else(|error| panic!("{question}: {error}"));
        let Ok(response) = self.router.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in &parts.headers {
            // What is left of a quota hangs on what was asked before.
            if name == "ratelimit" {
                continue;
            }
            let value = String::from_utf8_lossy(value.as_bytes());
            // Lines of one name are one list (RFC 9110 §5.3).
            headers
                .entry(name.to_string())
                .and_modify(|all| *all = format!("{all}, {value}"))
                .or_insert_with(|| value.into_owned());
        }
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Said { status: parts.status.as_u16(), headers, body }
    }

    pub async fn get(&self, path: &str) -> Said {
        self.ask(&Question::get(path), &[]).await
    }

    /// The document of a path, or the status with which it is refused.
    pub async fn json(&self, path: &str) -> Result<Value, u16> {
        self.get(path).await.json()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Said {
        let question = Question::send(Method::POST, path, "application/json", &body.to_string());
        self.ask(&question, &[]).await
    }
}

impl Said {
    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Result<Value, u16> {
        self.good().map(|said| serde_json::from_slice(&said.body).unwrap())
    }

    /// Itself, or the status of its refusal.
    pub fn good(&self) -> Result<&Said, u16> {
        if self.is_good() { Ok(self) } else { Err(self.status) }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Itself without what differs from one answer to the next: numbers of requests, and the time at
    /// which an answer is made.
    pub fn plain(&self) -> Said {
        let mut said = self.clone();
        said.headers.retain(|name, _| !["x-request-id", "date"].contains(&name.as_str()));
        said.headers.values_mut().for_each(|value| *value = numberless(value));
        if let Ok(mut document) = serde_json::from_slice::<Value>(&said.body) {
            // The tag of an answer that says when it was made is another each time.
            if document.get("timeStamp").is_some() {
                said.headers.remove("etag");
            }
            calm(&mut document);
            said.body = document.to_string().into_bytes();
            said.headers.remove("content-length");
        } else {
            let text = said.text();
            if text.contains("responseDate") {
                said.headers.remove("etag");
            }
            let lines = text.lines().filter(|line| !line.contains("responseDate"));
            said.body = lines.collect::<Vec<_>>().join("\n").into_bytes();
        }
        let text = said.text();
        said.body = numberless(&text).into_bytes();
        said
    }

    /// Itself with a text put for another everywhere.
    pub fn renamed(&self, from: &str, to: &str) -> Said {
        let mut said = self.clone();
        said.body = self.text().replace(from, to).into_bytes();
        said.headers.values_mut().for_each(|value| *value = value.replace(from, to));
        said
    }
}

/// A text with the numbers of requests and sealed cursors, which are others each time, taken out.
fn numberless(text: &str) -> String {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_number = |word: &str| {
        let is_uuid = word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
        is_uuid && word.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
    };
    let mut calm = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        match () {
            () if is_number(word) => calm.push_str("NUMBER"),
            // As long as what the node seals (`serve/src/sealed.rs`).
            () if word.len() == 48 => calm.push_str("SEALED"),
            () => calm.push_str(word),
        }
        let next = behind.chars().next().map_or(0, char::len_utf8);
        calm.push_str(&behind[..next]);
        rest = &behind[next..];
    }
    calm
}

/// Takes the numbers of requests and the times of answers out of a document.
fn calm(document: &mut Value) {
    match document {
        Value::Object(object) => {
            for name in ["instance", "timeStamp"] {
                if object.get(name).is_some_and(Value::is_string) {
                    object.remove(name);
                }
            }
            // What is made for whoever asked.
            if object.remove("secret").is_some() {
                object.remove("created_at");
            }
            object.values_mut().for_each(calm);
        }
        Value::Array(values) => values.iter_mut().for_each(calm),
        _ => {}
    }
}

/// A path with parameters, escaped.
pub fn with(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut link = url::Url::parse("http://localhost").unwrap();
    link.set_path(path);
    if !parameters.is_empty() {
        link.query_pairs_mut().extend_pairs(parameters);
    }
    link.as_str().strip_prefix("http://localhost").unwrap().to_owned()
}

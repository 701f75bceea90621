//! Requests of this node's own API, made in this process for the asker at hand.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use model::Lang;
use policy::Principal;
use query::Asker;
use serde_json::Value;
use tower::ServiceExt;

use crate::http::{Answer, Caller, Links, Problem, ProblemKind};

/// The node's API.
#[derive(Clone)]
pub(super) struct Own(pub(super) Router);

/// Who asks, and how.
pub(super) struct Inside {
    pub(super) own: Own,
    pub(super) principal: Principal,
    pub(super) asker: Asker,
    pub(super) links: Links,
    pub(super) lang: Lang,
    pub(super) headers: HeaderMap,
}

/// The largest answer that is taken over.
const MOST_BYTES: usize = 4 * 1024 * 1024;

impl Inside {
    /// The document of a path with parameters.
    pub(super) async fn get(&self, path: &str, parameters: &[(String, String)]) -> Answer<Value> {
        let request = self.request(Method::GET, &address(path, parameters), Body::empty())?;
        document(self.send(request).await?).await
    }

    /// The document that answers a document.
    pub(super) async fn post(&self, path: &str, document_sent: &Value) -> Answer<Value> {
        let mut request = self.request(Method::POST, path, Body::from(document_sent.to_string()))?;
        request.headers_mut().insert(header::CONTENT_TYPE, JSON);
        document(self.send(request).await?).await
    }

    /// An address of this node as its clients write it.
    pub(super) fn link(&self, path: &str) -> String {
        let base = self.links.path("/");
        format!("{}{path}", base.trim_end_matches('/'))
    }

    fn request(&self, method: Method, address: &str, body: Body) -> Answer<Request> {
        let mut request = Request::builder()
            .method(method)
            .uri(address)
            .header(header::ACCEPT, JSON)
            .header(header::ACCEPT_LANGUAGE, self.lang.tag())
            .body(body)
            .map_err(|error| Problem::internal(&error))?;
        if let Some(host) = self.headers.get(header::HOST) {
            request.headers_mut().insert(header::HOST, host.clone());
        }
        request.extensions_mut().insert(Caller(self.principal.clone()));
        request.extensions_mut().insert(self.asker.clone());
        Ok(request)
    }

    async fn send(&self, request: Request) -> Answer<Response> {
        let path = request.uri().path().to_owned();
        // Boxed: the router's future holds those of all handlers.
        let response = Box::pin(self.own.0.clone().oneshot(request)).await;
        let response = response.unwrap_or_else(|never| match never {});
        match response.extensions().get::<Problem>() {
            Some(problem) => Err(problem.clone()),
            None if response.status().is_success() => Ok(response),
            None if response.status().is_client_error() => Err(Problem::not_found(&path)),
            None => Err(Problem::new(ProblemKind::Unavailable)),
        }
    }
}

const JSON: axum::http::HeaderValue = axum::http::HeaderValue::from_static("application/json");

fn address(path: &str, parameters: &[(String, String)]) -> String {
    if parameters.is_empty() {
        return path.to_owned();
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{path}?{query}")
}

async fn whole(response: Response) -> Answer<Vec<u8>> {
    let bytes = to_bytes(response.into_body(), MOST_BYTES)
        .await
        .map_err(|_| Problem::message(ProblemKind::QueryLimit, "problem-mcp-too-much", vec![]))?;
    Ok(bytes.to_vec())
}

async fn document(response: Response) -> Answer<Value> {
    let bytes = whole(response).await?;
    serde_json::from_slice(&bytes).map_err(|error| Problem::internal(&error))
}

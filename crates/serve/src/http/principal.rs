//! Who is asking: a bearer key, a session cookie, the key of the node's own console, or nobody.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use policy::{Principal, Role, Scope};
use query::Asker;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::problem::{Problem, ProblemKind};
use super::quota;
use crate::App;

/// The cookie that holds a session of the portal.
pub const SESSION_COOKIE: &str = "cuulong_session";

/// The principal of the request, as the gate of the router found it.
#[derive(Debug, Clone)]
pub struct Caller(pub Principal);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // The gate stands before every route; a request that did not pass it has no principal.
        parts.extensions.get::<Caller>().cloned().ok_or_else(|| Problem::new(ProblemKind::SignInRequired))
    }
}

/// Finds the principal of a request and hands the request on; an invalid key is refused, never
/// taken for the public.
pub async fn gate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let principal = match identify(&app, request.headers(), request.method()).await {
        Ok(principal) => principal,
        Err(problem) => return problem.into_response(),
    };
    tracing::Span::current().record("principal", principal.name());
    let asker = Asker::new(&principal, client_address(&app, &request));
    request.extensions_mut().insert(asker.clone());
    request.extensions_mut().insert(Caller(principal));
    let mut response = asker.clone().ask(next.run(request)).await;
    if let Some(standing) = app.engine.standing(&asker) {
        if let Some(problem) = response.extensions_mut().get_mut::<Problem>()
            && problem.kind == ProblemKind::BudgetUsed
        {
            problem.add("cost", quota::cost(&standing));
        }
        quota::tell(response.headers_mut(), &standing);
    }
    response
}

/// The address of the client: the connection's, or what the proxy before this node says.
pub fn client_address(app: &App, request: &Request) -> Option<IpAddr> {
    let connection = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let Some(header) = &app.config.client_address_header else { return connection };
    // The proxy adds the address that it saw at the end; what stands before it anyone may have made up.
    let line = request.headers().get_all(header).iter().next_back().and_then(|line| line.to_str().ok());
    let told = line.and_then(|line| line.rsplit(',').next()).and_then(|last| last.trim().parse().ok());
    told.or(connection)
}

/// Who asks, once more: for answers that go on after the request, so that what was withdrawn ends.
pub async fn again(app: &App, headers: &HeaderMap) -> Result<Principal, Problem> {
    identify(app, headers, &Method::GET).await
}

async fn identify(app: &App, headers: &HeaderMap, method: &Method) -> Result<Principal, Problem> {
    if let Some(key) = bearer(headers) {
        if app.is_console_key(&key) {
            return Ok(Principal::System);
        }
        return match app.catalog.authenticate(&key, Utc::now()).await? {
            Some(principal) => Ok(principal),
            None => Err(Problem::new(ProblemKind::InvalidCredentials)),
        };
    }
    let Some(session) = cookie(headers, SESSION_COOKIE) else {
        return Ok(Principal::Public);
    };
    // A page of another site must not act with this site's session (the cookie is SameSite=Lax too).
    if !method.is_safe() && !is_same_origin(headers) {
        return Err(Problem::message(ProblemKind::NotAllowed, "problem-cross-site", vec![]));
    }
    // A session that has ended leaves a cookie behind: its holder is a visitor again.
    Ok(app.catalog.authenticate(&session, Utc::now()).await?.unwrap_or(Principal::Public))
}

fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| SecretString::from(key.trim().to_owned()))
}

/// The value of a cookie.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<SecretString> {
    headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok()).find_map(|line| {
        line.split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, value)| *key == name && !value.is_empty())
            .map(|(_, value)| SecretString::from(value.to_owned()))
    })
}

/// Whether the browser says that the request comes from a page of this site.
pub fn is_same_origin(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok()) {
        return matches!(site, "same-origin" | "none");
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    match (host, origin) {
        (Some(host), Some(origin)) => origin.split_once("://").is_some_and(|(_, rest)| rest == host),
        // A client that sends neither header is no browser, and only browsers send cookies unasked.
        (_, None) => true,
        (None, Some(_)) => false,
    }
}

/// Whether a principal keeps the lists of places and properties: a steward or an administrator.
pub fn may_register(principal: &Principal) -> Result<(), Problem> {
    match principal {
        _ if principal.is_admin() => Ok(()),
        Principal::Public => Err(Problem::new(ProblemKind::SignInRequired)),
        Principal::User { role: Role::Steward, .. } if principal.has_scope(Scope::Write) => Ok(()),
        _ => Err(Problem::new(ProblemKind::NotAllowed)),
    }
}

/// Whether two secrets are equal, in constant time.
pub fn same_secret(left: &SecretString, right: &SecretString) -> bool {
    left.expose_secret().as_bytes().ct_eq(right.expose_secret().as_bytes()).into()
}

//! Signing in and out, and the theme that a reader forces.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Utc;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serve::App;
use serve::http::principal::{SESSION_COOKIE, cookie};
use serve::http::{Problem, ProblemKind};

use crate::page::{Frame, PageResult, Section, answer};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    p: Frame,
    failed: bool,
    back: String,
    user: String,
}

#[derive(Debug, Deserialize)]
pub struct BackParams {
    #[serde(default)]
    back: String,
}

/// The form.
pub async fn form(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Query(asked): Query<BackParams>,
) -> PageResult {
    let title = visit.words.t("sign-in-title");
    let page = SignInPage {
        p: Frame::new(&app, &visit, Section::Other, &title),
        failed: false,
        back: own_path(&asked.back).unwrap_or_default().to_owned(),
        user: String::new(),
    };
    answer(&visit, &headers, &page)
}

#[derive(Deserialize)]
pub struct Credentials {
    user: String,
    password: String,
    #[serde(default)]
    back: String,
}

/// Checks name and password and opens a session.
pub async fn sign_in(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Form(given): Form<Credentials>,
) -> PageResult {
    // Another site must not sign its own account in here.
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(Problem::new(ProblemKind::NotAllowed));
    }
    let password = SecretString::from(given.password);
    let session = app.sign_in(&given.user, &password, Utc::now()).await?;
    let Some(session) = session else {
        let title = visit.words.t("sign-in-title");
        let page = SignInPage {
            p: Frame::new(&app, &visit, Section::Other, &title),
            failed: true,
            back: own_path(&given.back).unwrap_or_default().to_owned(),
            user: given.user,
        };
        let mut response = answer(&visit, &HeaderMap::new(), &page)?;
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        return Ok(response);
    };
    let home = visit.link("/");
    let to = own_path(&given.back).unwrap_or(&home);
    let secure = if is_secure(&app, &headers) { "; Secure" } else { "" };
    let value = format!(
        "{SESSION_COOKIE}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age=43200{secure}",
        session.expose_secret()
    );
    with_cookie(Redirect::to(to).into_response(), &value)
}

/// Ends the session.
pub async fn sign_out(State(app): State<App>, visit: Visit, headers: HeaderMap) -> PageResult {
    if let Some(session) = cookie(&headers, SESSION_COOKIE) {
        app.catalog.sign_out(&session).await?;
    }
    let value = format!("{SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    with_cookie(Redirect::to(&visit.link("/")).into_response(), &value)
}

#[derive(Debug, Deserialize)]
pub struct ThemeParams {
    #[serde(default)]
    to: String,
    #[serde(default)]
    back: String,
}

/// Remembers the theme for a year, or forgets it.
pub async fn theme(Query(asked): Query<ThemeParams>) -> PageResult {
    let value = match asked.to.as_str() {
        "dark" => "cuulong_theme=dark; Path=/; SameSite=Lax; Max-Age=31536000",
        "light" => "cuulong_theme=light; Path=/; SameSite=Lax; Max-Age=31536000",
        _ => "cuulong_theme=; Path=/; SameSite=Lax; Max-Age=0",
    };
    with_cookie(Redirect::to(own_path(&asked.back).unwrap_or("/")).into_response(), value)
}

fn with_cookie(mut response: Response, cookie: &str) -> PageResult {
    let value = HeaderValue::from_str(cookie).map_err(|error| Problem::internal(&error))?;
    response.headers_mut().append(header::SET_COOKIE, value);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn is_secure(app: &App, headers: &HeaderMap) -> bool {
    app.config.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
        || headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https")
}

/// A path of this site, never an address of another one.
fn own_path(path: &str) -> Option<&str> {
    let plain = path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    (path.starts_with('/') && !path.starts_with("//") && plain && path.len() < 2000).then_some(path)
}

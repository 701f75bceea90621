//! What all pages have in common: the frame around them, and how they are answered.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::Lang;
use policy::Principal;
use serve::App;
use serve::http::{Problem, ProblemKind};
use sha2::{Digest, Sha256};

use crate::assets::Assets;
use crate::visit::{Visit, localised};
use crate::words::Words;

/// Scripts, styles, fonts and pictures from this node only; nothing inline.
const CONTENT_POLICY: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; img-src 'self' data:";

/// The part of the header's navigation that a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// The home page.
    Home,
    /// Datasets.
    Data,
    /// None of them.
    Other,
}

/// The frame of one page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The language's words.
    pub w: Words,
    /// The visit.
    pub visit: Visit,
    /// The title, for the tab.
    pub title: String,
    /// One sentence for search engines and previews.
    pub summary: String,
    /// Where it belongs.
    pub section: Section,
    /// What it links to.
    pub assets: Assets,
    /// Whether the node shows made-up sample data.
    pub demo: bool,
    /// Whether the page carries an island.
    pub island: bool,
    /// The node's version.
    pub version: &'static str,
}

impl Frame {
    /// The frame of a page with this title.
    pub fn new(app: &App, visit: &Visit, section: Section, title: &str) -> Frame {
        Frame { demo: app.config.demo, ..Frame::bare(visit, section, title) }
    }

    /// The frame of a page that shows nothing of the node.
    fn bare(visit: &Visit, section: Section, title: &str) -> Frame {
        Frame {
            w: visit.words,
            visit: visit.clone(),
            title: title.to_owned(),
            summary: String::new(),
            section,
            assets: Assets::current(),
            demo: false,
            island: false,
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// The address of a page in this language.
    pub fn link(&self, path: &str) -> String {
        self.visit.link(path)
    }

    /// This page in another language.
    pub fn in_language(&self, tag: &str) -> String {
        let lang = if tag == "en" { Lang::En } else { Lang::Vi };
        let path = localised(lang, &self.visit.path);
        if self.visit.query.is_empty() { path } else { format!("{path}?{}", self.visit.query) }
    }

    /// The address that forces the other theme and comes back here.
    pub fn theme_link(&self, theme: &str) -> String {
        let back = self.visit.with(&[]);
        crate::visit::address("/theme", &[("to", theme), ("back", &back)])
    }

    /// The words of the button that signs the reader out, when one is signed in.
    pub fn sign_out(&self) -> Option<String> {
        let user = self.visit.principal.user()?;
        Some(self.w.fill("sign-out", [("user", user)]))
    }

    /// Whether the page belongs to a part of the navigation.
    pub fn is_in(&self, section: &str) -> bool {
        matches!((self.section, section), (Section::Home, "home") | (Section::Data, "data"))
    }
}

/// A page, or a problem that is drawn as one.
pub type PageResult = Result<Response, Problem>;

/// The answer that carries a page: revalidated by its content, and never more than the policy allows.
pub fn answer(visit: &Visit, headers: &HeaderMap, page: &impl Template) -> PageResult {
    let html = page.render().map_err(|error| Problem::internal(&error))?;
    let etag = format!("W/\"{}\"", hex::encode(&Sha256::digest(html.as_bytes())[..10]));
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|known| known.to_str().ok())
        .is_some_and(|known| known.split(',').any(|tag| tag.trim() == etag));
    let mut response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { Body::from(html).into_response() };
    let head = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        head.insert(header::ETAG, etag);
    }
    dress(head, visit);
    Ok(response)
}

/// A problem as a page in the reader's language.
pub fn problem(visit: &Visit, problem: &Problem, request_id: Option<&str>) -> Response {
    let lang = visit.lang();
    let title = problem.kind.title(lang);
    let page = ProblemPage {
        p: Frame::bare(visit, Section::Other, &title),
        status: problem.kind.status().as_u16(),
        detail: problem.sentence(lang).unwrap_or_default(),
        advice: problem.advice(lang),
        at: problem.at.clone().unwrap_or_default(),
        reference: request_id.unwrap_or_default().to_owned(),
        sign_in: (problem.kind == ProblemKind::SignInRequired)
            .then(|| crate::visit::address(&visit.link("/sign-in"), &[("back", &visit.with(&[]))])),
        title,
    };
    let html = page.render().unwrap_or_else(|error| {
        tracing::error!(error.chain = %error, "the problem page could not be drawn");
        page.advice.clone()
    });
    let mut response = (problem.kind.status(), Body::from(html)).into_response();
    dress(response.headers_mut(), visit);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn dress(head: &mut HeaderMap, visit: &Visit) {
    let cache = if visit.principal == Principal::Public { "public, no-cache" } else { "private, no-cache" };
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (header::CACHE_CONTROL, cache),
        (header::VARY, "cookie, save-data"),
    ] {
        head.insert(name, HeaderValue::from_static(value));
    }
    head.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(visit.words.tag()));
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    p: Frame,
    title: String,
    status: u16,
    detail: String,
    advice: String,
    at: String,
    reference: String,
    sign_in: Option<String>,
}

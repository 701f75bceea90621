//! What is on its way out: one list, from which the headers (RFC 9745 `Deprecation`, RFC 8594 `Sunset`) and
//! the marks in the OpenAPI document are made. The promise behind it is in `docs/en/using.md`.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

/// Since when (RFC 9745).
pub(crate) const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
/// Until when (RFC 8594).
pub(crate) const SUNSET: HeaderName = HeaderName::from_static("sunset");
/// What is deprecated is kept for so many days at least.
pub(crate) const KEPT_DAYS: u64 = 365;
/// Where the policy and the list are.
const PAGE: &str = "/developers#deprecation";

/// A parameter that is on its way out.
#[derive(Debug, Clone, Copy)]
pub struct Deprecated {
    /// The path, as the router and the OpenAPI document write it. All are of GET.
    pub path: &'static str,
    /// The parameter.
    pub parameter: &'static str,
    /// What to use in its place.
    pub instead: &'static str,
    /// The year, month and day from which on it is deprecated.
    since: (i32, u32, u32),
}

/// Everything that is deprecated.
pub static DEPRECATED: [Deprecated; 5] = [
    offset("/v1/datasets"),
    offset("/v1/places"),
    offset("/v1/datasets/{id}/runs"),
    offset("/v1/datasets/{id}/coverages"),
    offset("/v1/runs/{id}/findings"),
];

/// Pages by number, which shift under their reader when something is added.
const fn offset(path: &'static str) -> Deprecated {
    Deprecated { path, parameter: "offset", instead: "cursor", since: (2026, 11, 26) }
}

impl Deprecated {
    /// The first day of deprecation.
    pub fn since(&self) -> NaiveDate {
        let (year, month, day) = self.since;
        NaiveDate::from_ymd_opt(year, month, day).expect("the list names days that exist")
    }

    /// The day on which it may end.
    pub fn sunset(&self) -> NaiveDate {
        self.since() + Days::new(KEPT_DAYS)
    }

    fn is_used(&self, path: &str, query: &str) -> bool {
        self.path == path
            && url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == self.parameter)
    }
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// Says on an answer that what was asked with is on its way out.
pub(crate) async fn warn(request: Request, next: Next) -> Response {
    let used = request.extensions().get::<MatchedPath>().and_then(|path| {
        let query = request.uri().query().unwrap_or("");
        DEPRECATED.iter().find(|deprecated| deprecated.is_used(path.as_str(), query))
    });
    let mut response = next.run(request).await;
    let Some(used) = used else { return response };
    metrics::counter!("cuulong_deprecated_requests_total", "route" => used.path).increment(1);
    let head = response.headers_mut();
    let since = format!("@{}", midnight(used.since()).timestamp());
    let sunset = midnight(used.sunset()).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let links = format!("<{PAGE}>; rel=\"deprecation\"; type=\"text/html\", <{PAGE}>; rel=\"sunset\"");
    for (name, value) in [(DEPRECATION, since), (SUNSET, sunset)] {
        head.extend(HeaderValue::from_str(&value).ok().map(|value| (name, value)));
    }
    head.append(header::LINK, HeaderValue::from_str(&links).expect("a plain text"));
    response
}

//! One function: read the record, encode.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use standards::{iso19115, iso19139};
use wording::told;

use crate::App;
use crate::http::params::dataset_id;
use crate::http::{Answer, Caller, Links, Params, Problem, params, revalidate};
use crate::records::{History, Records, instant_of};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IsoParams {
    /// `19139` (unless another is asked for) or `19115-3`.
    standard: Option<String>,
    version: Option<u64>,
    as_known_at: Option<String>,
}

pub(super) async fn dataset(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    headers: HeaderMap,
    Path(name): Path<String>,
    Params(asked): Params<IsoParams>,
) -> Answer<Response> {
    let id = dataset_id(name.strip_suffix(".xml").unwrap_or(&name))?;
    let at = params::at(asked.version, asked.as_known_at.as_deref())?;
    let known = instant_of(&app, &principal, &id, at).await?;
    let record = Records::as_of(&app, &principal, &links, known).await?.one(&id, History::Newest).await?;
    let document = match asked.standard.as_deref() {
        None | Some("19139") => iso19139::metadata(&record),
        Some("19115-3") => iso19115::metadata(&record),
        Some(other) => {
            let why = told!(
                "serve-not-offered-write-19139-19115-3",
                "`{other}` is not offered: write 19139 or 19115-3",
                other = other
            );
            return Err(Problem::parameter("standard", why));
        }
    };
    let document = document.document();
    Ok(revalidate::document(&headers, &principal, "application/xml; charset=utf-8", document))
}

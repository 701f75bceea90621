//! The stylesheet, and what `web/` built when it was there: fonts and islands.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// What Vite and the font cutter left. Absent where Node is absent; pages stand without it.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Built;

/// The rules of charts, which drawings that stand alone have too, and those of pages.
static STYLESHEET: LazyLock<String> =
    LazyLock::new(|| format!("{}{}", chart::STYLE, include_str!("../assets/portal.css")));
const ICON: &str = include_str!("../assets/icon.svg");

/// What a page links to.
#[derive(Debug, Clone)]
pub struct Assets {
    /// The stylesheet's address, which changes with its content.
    pub stylesheet: String,
    /// The address of the font rules, when fonts were built.
    pub fonts: Option<String>,
    /// The address of the islands' entry, when it was built.
    pub script: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Chunk {
    file: String,
    #[serde(default, rename = "isEntry")]
    is_entry: bool,
}

impl Assets {
    /// What this build has.
    pub fn current() -> Assets {
        Assets {
            stylesheet: format!("/static/portal.css?v={}", &*STYLESHEET_HASH),
            fonts: Built::get("fonts.css")
                .map(|file| format!("/static/fonts.css?v={}", short_hash(&file.data))),
            script: entry(),
        }
    }
}

static STYLESHEET_HASH: LazyLock<String> = LazyLock::new(|| short_hash(STYLESHEET.as_bytes()));

fn short_hash(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..5])
}

fn entry() -> Option<String> {
    let manifest = Built::get("manifest.json")?;
    let chunks: std::collections::BTreeMap<String, Chunk> = serde_json::from_slice(&manifest.data).ok()?;
    chunks.into_values().find(|chunk| chunk.is_entry).map(|chunk| format!("/static/{}", chunk.file))
}

/// A file that pages link to. Addresses change with content, so that answers may be kept.
pub async fn serve(Path(path): Path<String>, headers: HeaderMap) -> Response {
    let (body, media_type) = match path.as_str() {
        "portal.css" => (STYLESHEET.as_bytes().to_vec(), "text/css; charset=utf-8".to_owned()),
        "icon.svg" => (ICON.as_bytes().to_vec(), "image/svg+xml".to_owned()),
        "manifest.json" => return StatusCode::NOT_FOUND.into_response(),
        built => match Built::get(built) {
            None => return StatusCode::NOT_FOUND.into_response(),
            Some(file) => {
                let media_type = mime_guess::from_path(built).first_or_octet_stream();
                (file.data.into_owned(), media_type.to_string())
            }
        },
    };
    let etag = format!("\"{}\"", short_hash(&body));
    let cached = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let head = [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
        (header::ETAG, etag),
    ];
    if cached { (StatusCode::NOT_MODIFIED, head).into_response() } else { (head, body).into_response() }
}

//! Building links: absolute, from what the client called us, or from what the configuration says.

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;
use url::Url;
use wording::told;

use super::problem::Problem;
use crate::App;

/// Builds links to this node's own resources.
#[derive(Debug, Clone)]
pub struct Links {
    base: Url,
}

impl Links {
    /// Links for what no request asked for: as the configuration says, else where the node listens.
    pub fn own(app: &App) -> Links {
        let base = app.config.public_url.as_ref().or(app.address()).cloned();
        let here = || Url::parse("http://localhost/").expect("a plain address");
        Links { base: base.unwrap_or_else(here) }
    }

    /// The link of a path with parameters; names and values are escaped.
    pub fn to(&self, path: &str, parameters: &[(&str, &str)]) -> String {
        let mut link = self.base.clone();
        link.set_path(path);
        if !parameters.is_empty() {
            link.query_pairs_mut().extend_pairs(parameters);
        }
        link.into()
    }

    /// The name of the host.
    pub fn host(&self) -> &str {
        self.base.host_str().unwrap_or("localhost")
    }

    /// The link of a path without parameters.
    pub fn path(&self, path: &str) -> String {
        self.to(path, &[])
    }
}

impl FromRequestParts<App> for Links {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if let Some(base) = &app.config.public_url {
            return Ok(Links { base: base.clone() });
        }
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        let base = Url::parse(&format!("http://{host}/")).map_err(|_| {
            Problem::parameter(
                "Host",
                told!("serve-not-host-name", "`{host}` is not a host name", host = host),
            )
        })?;
        Ok(Links { base })
    }
}

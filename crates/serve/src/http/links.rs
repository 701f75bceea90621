//! Building links: absolute, from what the client called us, or from what the configuration says.

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;
use url::form_urlencoded::Serializer;
use url::{Position, Url};
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
        // Answers have a link or more in every row: of paths that stay as they are, no address is taken apart.
        if is_plain(path) && self.base.query().is_none() && self.base.fragment().is_none() {
            let mut link = format!("{}{path}", &self.base[..Position::BeforePath]);
            if !parameters.is_empty() {
                link.push('?');
                let start = link.len();
                link = Serializer::for_suffix(link, start).extend_pairs(parameters).finish();
            }
            return link;
        }
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

/// Whether a path stands in an address as it is.
fn is_plain(path: &str) -> bool {
    let stays = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~:()',@!$&*+;=".contains(&byte);
    path.starts_with('/') && !path.contains("/.") && path.bytes().all(stays)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;
    use url::Url;

    use super::Links;

    proptest! {
        #[test]
        fn a_link_is_what_the_address_would_be(
            path in "(/[ -~à-ỹ]{0,6}){1,4}",
            value in "[ -~à-ỹ]{0,8}",
            base in select(vec!["http://localhost:80/", "https://a.vn/below", "http://[::1]:8080/"]),
        ) {
            let base = Url::parse(base).unwrap();
            let mut expected = base.clone();
            expected.set_path(&path);
            expected.query_pairs_mut().extend_pairs([("a", &value), ("b c", &value)]);
            let links = Links { base };
            prop_assert_eq!(links.to(&path, &[("a", &value), ("b c", &value)]), expected.as_str());
        }
    }
}

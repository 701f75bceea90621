//! Pages of lists by cursor: a page begins after an item, not at a number, so that nothing is passed over
//! or given twice when something is added meanwhile.
//!
//! A cursor is opaque to clients. It holds the key of the last item that its reader has seen, and nothing
//! that the reader did not see.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use utoipa::IntoParams;
use wording::told;

use super::links::Links;
use super::params;
use super::problem::Problem;
use crate::http::Answer;

/// The longest key; ids are much shorter.
const MOST_BYTES: usize = 512;

/// The cursor of the page after the item with this key.
pub(crate) fn cursor(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

/// The key after which a page begins; none at the beginning.
pub(crate) fn after(cursor: Option<&str>) -> Answer<Option<String>> {
    let Some(text) = cursor else { return Ok(None) };
    let key = (text.len() <= 2 * MOST_BYTES).then(|| URL_SAFE_NO_PAD.decode(text).ok()).flatten();
    let key = key.and_then(|key| String::from_utf8(key).ok()).filter(|key| !key.is_empty());
    key.map(Some).ok_or_else(unknown)
}

/// The problem of a cursor that this list did not give.
pub(crate) fn unknown() -> Problem {
    let what = told!(
        "serve-no-cursor-list-item-gone-begin-again",
        "this is no cursor of this list, or its item is gone: begin again without it"
    );
    Problem::parameter("cursor", what)
}

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageParams {
    /// How many at most, 1 to 1000 (1000).
    #[param(minimum = 1)]
    limit: Option<i64>,
    /// Go on where a page ended: the `cursor` of its `next`, as it is.
    cursor: Option<String>,
}

impl PageParams {
    pub(crate) fn new(limit: Option<i64>, cursor: Option<String>) -> PageParams {
        PageParams { limit, cursor }
    }

    /// The page of a list that is whole in memory, and the address of the next one.
    pub(crate) fn of<T>(
        &self,
        links: &Links,
        path: &str,
        items: Vec<T>,
        key: impl Fn(&T) -> String,
    ) -> Answer<(Vec<T>, Option<String>)> {
        self.within(links, path, &[], items, key)
    }

    /// The same of a list that was asked for with `more` parameters, which the next page has, too.
    pub(crate) fn within<T>(
        &self,
        links: &Links,
        path: &str,
        more: &[(&str, &str)],
        items: Vec<T>,
        key: impl Fn(&T) -> String,
    ) -> Answer<(Vec<T>, Option<String>)> {
        let limit = params::limit(self.limit, 1000, 1000)?;
        let from = match after(self.cursor.as_deref())? {
            None => 0,
            Some(last) => items.iter().position(|item| key(item) == last).ok_or_else(unknown)? + 1,
        };
        let is_last = items.len() <= from.saturating_add(limit);
        let page: Vec<T> = items.into_iter().skip(from).take(limit).collect();
        let next = page.last().filter(|_| !is_last).map(|last| {
            let (limit, cursor) = (limit.to_string(), cursor(&key(last)));
            let page = [("limit", limit.as_str()), ("cursor", cursor.as_str())];
            links.to(path, &[more, &page].concat())
        });
        Ok((page, next))
    }
}

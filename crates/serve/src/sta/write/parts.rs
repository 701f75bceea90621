//! Parts of bodies that several kinds of entities have: first values, an id or a code by a name, further words.

use model::PlaceId;
use serde_json::{Map, Value};
use standards::sta::Id;
use wording::told;

use super::body::{Related, plain};
use super::not_kept;
use crate::http::{Answer, Problem, ProblemKind};

/// A first value of a series, as it was sent.
pub(super) struct FirstValue {
    pub(super) body: String,
    /// What it is of, where it says so.
    pub(super) feature: Option<Related>,
}

/// First values of a series.
pub(super) fn first_values(observations: Vec<Related>) -> Answer<Vec<FirstValue>> {
    let value = |observation| match observation {
        Related::New(mut observation) => {
            let feature = observation.one("FeatureOfInterest")?;
            Ok(FirstValue { feature, body: Value::Object(observation.rest(None)?).to_string() })
        }
        Related::There(_) => {
            Err(not_kept(told!("serve-observation-stays-series", "an observation stays with its series")))
        }
    };
    observations.into_iter().map(value).collect()
}

/// The id of a place, a location, a feature or a history: the chosen one, or one of our own by a name.
pub(super) fn new_id(chosen: Option<Id>, name: &str) -> Answer<PlaceId> {
    let id = match &chosen {
        Some(id) => plain(id),
        None => format!("sta:{}", slug(name, 50)),
    };
    let at = if chosen.is_some() { "@iot.id" } else { "name" };
    PlaceId::new(&id).map_err(|error| Problem::text(ProblemKind::InvalidBody, error).at(at))
}

/// What is said of something, with its further properties where there are any.
pub(super) fn words<const N: usize>(
    said: [(&str, Value); N],
    properties: Map<String, Value>,
) -> Map<String, Value> {
    let mut words: Map<String, Value> =
        said.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    if !properties.is_empty() {
        words.insert("properties".to_owned(), Value::Object(properties));
    }
    words
}

/// A name as a code: without marks, in small letters, words joined by `_`.
pub(super) fn slug(name: &str, most: usize) -> String {
    let folded = model::fold(name);
    let code: String =
        folded.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(most).collect();
    let code = code.trim_matches('_');
    if code.starts_with(|c: char| c.is_ascii_lowercase()) { code.to_owned() } else { format!("x{code}") }
}

/// A code and others after it: `gauge`, `gauge_2`, …
pub(super) fn numbered(code: &str) -> impl Iterator<Item = String> + use<> {
    let more = (2..=1000).map({
        let code = code.to_owned();
        move |number| format!("{code}_{number}")
    });
    std::iter::once(code.to_owned()).chain(more)
}

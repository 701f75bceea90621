//! Paths and query options of SensorThings, read by the standard's grammar.

use standards::sta::{Options, ResourcePath, Tail};

use crate::http::{Answer, Problem, ProblemKind};

/// What is wrong with a text of a request, with its place and what to write instead.
impl From<standards::Error> for Problem {
    fn from(error: standards::Error) -> Self {
        let parameter = error.parameter.clone();
        let kind = match parameter.as_str() {
            "path" => ProblemKind::NotFound,
            _ => ProblemKind::InvalidParameter,
        };
        let text = match &error.hint {
            Some(hint) => format!("{error} ({hint})"),
            None => error.to_string(),
        };
        Problem::text(kind, text).at(&parameter)
    }
}

const MAX_QUERY: usize = 16 * 1024;

/// Reads the options of a query string; `lang` is not the standard's but every resource's.
pub(super) fn options(query: Option<&str>, path: &ResourcePath) -> Answer<Options> {
    let query = query.unwrap_or("");
    if query.len() > MAX_QUERY {
        return Err(Problem::parameter("?", format!("the query string is longer than {MAX_QUERY} bytes")));
    }
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name != "lang")
        .map(|(name, text)| (name.into_owned(), text.into_owned()))
        .collect();
    if let Some((name, _)) = pairs.iter().find(|(name, _)| !name.starts_with('$')) {
        let why = format!("`{name}` is not a parameter here: options begin with `$`");
        return Err(Problem::text(ProblemKind::UnknownParameter, why).at(name));
    }
    let options = Options::parse(path.last().entity, path.last().is_set(), &pairs)?;
    let shapes = !options.select.is_empty() || !options.expand.is_empty();
    match path.tail {
        Tail::Whole => Ok(options),
        Tail::Ref if !shapes => Ok(options),
        Tail::Property(_) | Tail::Value(_) if options == Options::default() => Ok(options),
        Tail::Ref | Tail::Property(_) | Tail::Value(_) => {
            let name = pairs.first().map_or("?", |(name, _)| name.as_str());
            Err(Problem::parameter(name, "it has no meaning for links and single properties: leave it out"))
        }
    }
}

//! Parameters of `items` (17-069r4 §7.15, 18-058r1 §6.3, 19-079r2 §6), read into what cannot be wrong.

use geo_types::Geometry;
use lake::AttributeKind;
use model::{Bbox, TimeRange, Version};
use query::At;
use standards::cql2::{self, Expr, Op};
use wording::{Told, told};

use super::queryables::Queryable;
use crate::http::crs::System;
use crate::http::{Answer, Problem, ProblemKind, params};

/// The largest page.
pub(in crate::ogc) const MOST_ITEMS: usize = 1_000;
/// Items of a page, unless another number is asked for.
const ITEMS: usize = 100;
/// The longest query string.
const MOST_QUERY: usize = 128 * 1024;

/// Parameters that are none of a collection's properties.
pub(in crate::ogc) const OWN: [&str; 14] = [
    "bbox",
    "bbox-crs",
    "datetime",
    "limit",
    "offset",
    "token",
    "crs",
    "filter",
    "filter-lang",
    "filter-crs",
    "version",
    "as_known_at",
    "f",
    "lang",
];

/// Which items are wanted.
#[derive(Debug, Clone)]
pub(in crate::ogc) struct Wanted {
    /// Those that share a point with this area.
    pub(in crate::ogc) area: Option<Area>,
    /// Those that exist in this time. What has no time of its own always does (17-069r4 §7.15.4).
    pub(in crate::ogc) time: TimeRange,
    /// Those of which this holds.
    pub(in crate::ogc) filter: Option<Expr>,
    /// At most so many.
    pub(in crate::ogc) limit: usize,
    /// Not the first so many.
    pub(in crate::ogc) offset: usize,
    /// The entry of the table's log that the first page was read after.
    pub(in crate::ogc) entry: Option<Version>,
    /// The version.
    pub(in crate::ogc) at: At,
    /// The coordinate system of the answer.
    pub(in crate::ogc) crs: System,
    /// The parameters, without those that tell the page.
    pub(in crate::ogc) pairs: Vec<(String, String)>,
}

/// An area that is asked for.
#[derive(Debug, Clone)]
pub(in crate::ogc) struct Area {
    /// The box around it.
    pub(in crate::ogc) around: Bbox,
    /// The area.
    pub(in crate::ogc) shape: Geometry<f64>,
    /// Whether it is no more and no less than the box.
    pub(in crate::ogc) is_box: bool,
}

/// A query string as names and values: each name once.
pub(in crate::ogc) fn pairs(query: Option<&str>) -> Answer<Vec<(String, String)>> {
    let query = query.unwrap_or("");
    if query.len() > MOST_QUERY {
        return Err(Problem::parameter(
            "?",
            told!(
                "serve-query-string-longer-than-bytes",
                "the query string is longer than {max_query_bytes} bytes",
                max_query_bytes = MOST_QUERY
            ),
        ));
    }
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    for (index, (name, _)) in pairs.iter().enumerate() {
        if pairs[..index].iter().any(|(earlier, _)| earlier == name) {
            return Err(Problem::parameter(
                name,
                told!("serve-given-twice", "`{name}` is given twice", name = name),
            ));
        }
    }
    Ok(pairs)
}

/// A parameter of that name.
pub(in crate::ogc) fn get<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    pairs.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
}

impl Wanted {
    /// Reads the parameters of a collection with these properties.
    pub(in crate::ogc) fn read(
        pairs: Vec<(String, String)>,
        own: &[&str],
        queryables: &[Queryable],
    ) -> Answer<Wanted> {
        let mut equal = Vec::new();
        for (name, value) in pairs.iter().filter(|(name, _)| !own.contains(&name.as_str())) {
            let Some(queryable) = queryables.iter().find(|queryable| queryable.is_parameter(name)) else {
                let shown: String = name.chars().take(80).collect();
                let why = told!(
                    "serve-neither-parameter-nor-property-collection",
                    "`{shown}` is neither a parameter nor a property of this collection",
                    shown = shown
                );
                return Err(Problem::text(ProblemKind::UnknownParameter, why).at(&shown));
            };
            equal.push(queryable.equal(value)?);
        }
        let get = |name: &str| get(&pairs, name);
        let mut filter = filter(get("filter"), get("filter-lang"), get("filter-crs"))?;
        if let Some(expr) = &filter {
            check(expr, queryables)?;
        }
        for part in equal {
            filter = Some(match filter {
                None => part,
                Some(filter) => filter.and(part),
            });
        }
        let token = get("token").map(parse_token).transpose()?;
        let number = |name: &str| {
            let text = get(name);
            let wrong = |text: &str| {
                let shown: String = text.chars().take(80).collect();
                Problem::parameter(
                    name,
                    told!("serve-shown-not-whole-number", "`{shown}` is not a whole number", shown = shown),
                )
            };
            text.map(|text| text.parse::<i64>().map_err(|_| wrong(text))).transpose()
        };
        let offset = number("offset")?.map(|offset| {
            usize::try_from(offset)
                .map_err(|_| Problem::parameter("offset", told!("serve-less-than-0", "it is less than 0")))
        });
        let offset = offset.transpose()?;
        let limit = params::limit(number("limit")?, ITEMS, MOST_ITEMS)?;
        Ok(Wanted {
            area: area(get("bbox"), get("bbox-crs"))?,
            time: params::datetime(get("datetime"))?,
            filter,
            limit,
            offset: token.map_or(offset.unwrap_or(0), |(_, offset)| offset),
            entry: token.map(|(entry, _)| entry),
            at: at(get("version"), get("as_known_at"))?,
            crs: get("crs").map_or(Ok(System::stored()), |text| System::parse("crs", text))?,
            pairs: pairs.into_iter().filter(|(name, _)| name != "offset" && name != "token").collect(),
        })
    }
}

/// A version or an instant as which data are read.
pub(in crate::ogc) fn at(version: Option<&str>, known: Option<&str>) -> Answer<At> {
    match (version, known) {
        (None, None) => Ok(At::Latest),
        (Some(text), None) => match text.parse() {
            Ok(number) => Ok(At::Version(Version(number))),
            Err(_) => Err(Problem::parameter("version", told!("serve-not-number", "it is not a number"))),
        },
        (None, Some(text)) => model::parse_instant(text)
            .map(At::KnownAt)
            .map_err(|error| Problem::parameter("as_known_at", error)),
        (Some(_), Some(_)) => Err(Problem::parameter(
            "version",
            told!("serve-give-either-version-as-known-at", "give either `version` or `as_known_at`"),
        )),
    }
}

/// The token of the page of a version that begins behind so many items.
pub(in crate::ogc) fn token(entry: Version, offset: usize) -> String {
    format!("{entry}.{offset}")
}

fn parse_token(text: &str) -> Answer<(Version, usize)> {
    let parts = text
        .split_once('.')
        .and_then(|(entry, offset)| Some((Version(entry.parse().ok()?), offset.parse::<usize>().ok()?)));
    parts.ok_or_else(|| {
        Problem::parameter(
            "token",
            told!("serve-not-one-link-next-had", "it is not one that a link `next` had"),
        )
    })
}

/// The area of `bbox` in `bbox-crs`.
pub(in crate::ogc) fn area(text: Option<&str>, system: Option<&str>) -> Answer<Option<Area>> {
    let system = system.map_or(Ok(System::stored()), |text| System::parse("bbox-crs", text))?;
    let Some(text) = text else { return Ok(None) };
    let shown: String = text.chars().take(120).collect();
    let wrong = |why: Told| {
        Problem::parameter(
            "bbox",
            told!("serve-not-box", "`{text}` is not a box: {why}", text = shown, why => why),
        )
    };
    let numbers: Option<Vec<f64>> = text
        .split(',')
        .take(7)
        .map(|part| part.trim().parse::<f64>().ok().filter(|number| number.is_finite()))
        .collect();
    let numbers = numbers.ok_or_else(|| {
        wrong(told!("serve-write-four-numbers-six-heights", "write four numbers, or six with heights"))
    })?;
    let [a, b, c, d] = match numbers[..] {
        [a, b, c, d] | [a, b, _, c, d, _] => [a, b, c, d],
        _ => {
            return Err(wrong(told!(
                "serve-write-four-numbers-six-heights",
                "write four numbers, or six with heights"
            )));
        }
    };
    let corners = if system.is_northing_first() { [b, a, d, c] } else { [a, b, c, d] };
    let shape = if system.is_wgs84() {
        cql2::area(corners)?
    } else {
        // Here the corners are in the order east, north, and so are the positions between them.
        let place =
            |[x, y]: [f64; 2]| system.to_stored(if system.is_northing_first() { [y, x] } else { [x, y] });
        cql2::area_placed(corners, &place)?
    };
    use geo::BoundingRect;
    let around = shape.bounding_rect().and_then(|around| {
        let (low, high) = (around.min(), around.max());
        Bbox::new(low.x, low.y, high.x, high.y)
    });
    let around = around.ok_or_else(|| wrong(told!("serve-empty", "it is empty")))?;
    let is_box = system.is_wgs84() && corners[0] <= corners[2];
    Ok(Some(Area { around, shape, is_box }))
}

/// The expression of `filter` in `filter-lang`, with its geometries in `filter-crs`.
pub(in crate::ogc) fn filter(
    text: Option<&str>,
    lang: Option<&str>,
    system: Option<&str>,
) -> Answer<Option<Expr>> {
    let system = system.map_or(Ok(System::stored()), |text| System::parse("filter-crs", text))?;
    let is_json = match lang {
        None => text.is_some_and(|text| text.trim_start().starts_with('{')),
        Some("cql2-text") => false,
        Some("cql2-json") => true,
        Some(_) => {
            return Err(Problem::parameter(
                "filter-lang",
                told!("serve-neither-cql2-text-nor-cql2-json", "it is neither `cql2-text` nor `cql2-json`"),
            ));
        }
    };
    let Some(text) = text else { return Ok(None) };
    if text.len() > cql2::MAX_BYTES {
        return Err(Problem::parameter(
            "filter",
            told!("serve-longer-than-bytes", "it is longer than {cql2} bytes", cql2 = cql2::MAX_BYTES),
        ));
    }
    let place = |position: [f64; 2]| system.to_stored(position);
    Ok(Some(match (is_json, system.is_stored()) {
        (false, true) => cql2::parse_text(text)?,
        (false, false) => cql2::parse_text_in(text, &place)?,
        (true, true) => cql2::parse_json_text(text)?,
        (true, false) => {
            let value = serde_json::from_str(text).map_err(|error| {
                Problem::parameter(
                    "filter",
                    told!("serve-no-json", "this is no JSON: {error}", error = error),
                )
            })?;
            cql2::parse_json_in(&value, &place)?
        }
    }))
}

/// Refuses properties that a collection does not have.
pub(in crate::ogc) fn check(expr: &Expr, queryables: &[Queryable]) -> Answer<()> {
    let known = |name: &&str| queryables.iter().any(|queryable| queryable.name == **name);
    match expr.properties().iter().find(|name| !known(name)) {
        None => says_something(expr, queryables),
        Some(name) => {
            let names: Vec<&str> = queryables.iter().take(60).map(|q| q.name.as_str()).collect();
            let shown: String = name.chars().take(80).collect();
            let why = told!(
                "serve-not-queryable-here-there",
                "`{shown}` is not a queryable here: there are {names}",
                shown = shown,
                names = names.join(", ")
            );
            Err(Problem::parameter("filter", why))
        }
    }
}

/// Refuses a property that stands where something has to hold, and is not of yes or no.
fn says_something(expr: &Expr, queryables: &[Queryable]) -> Answer<()> {
    match expr {
        Expr::Op(Op::And | Op::Or | Op::Not, parts) => {
            parts.iter().try_for_each(|part| says_something(part, queryables))
        }
        Expr::Property(name) => {
            let of = queryables.iter().find(|queryable| queryable.name == *name);
            if of.is_some_and(|queryable| queryable.kind == Some(AttributeKind::Boolean)) {
                return Ok(());
            }
            let why = told!(
                "serve-neither-holds-nor-does-not-compare-e",
                "`{name}` neither holds nor does not: compare it, e.g. `{name} = …`",
                name = name
            );
            Err(Problem::parameter("filter", why))
        }
        Expr::Text(_) | Expr::Number(_) | Expr::Time(..) | Expr::Shape(_) | Expr::List(_) => {
            Err(Problem::parameter(
                "filter",
                told!(
                    "serve-value-stands-where-something-hold",
                    "a value stands where something has to hold"
                ),
            ))
        }
        _ => Ok(()),
    }
}

/// What holds of a thing whose time is these properties, when it exists in a range; things without a
/// time exist always.
pub(in crate::ogc) fn in_time(range: TimeRange, start: &str, end: Option<&str>) -> Option<Expr> {
    let property = |name: &str| Expr::Property(name.to_owned());
    let open = |name: &str| Expr::Op(Op::IsNull, vec![property(name)]);
    let or = |name: &str, other: Expr| Expr::Op(Op::Or, vec![open(name), other]);
    let at = |time| Expr::Time(Some(time), Some(time));
    let begins = range.to.map(|to| or(start, Expr::Op(Op::Less, vec![property(start), at(to)])));
    let last = end.unwrap_or(start);
    let ends = range.from.map(|from| or(last, Expr::Op(Op::GreaterOrEqual, vec![property(last), at(from)])));
    match (begins, ends) {
        (Some(begins), Some(ends)) => Some(begins.and(ends)),
        (one, other) => one.or(other),
    }
}

/// The value of a parameter as what properties of a kind are compared with.
pub(super) fn constant(name: &str, value: &str, kind: AttributeKind) -> Answer<Expr> {
    let wrong = |what: Told| {
        let shown: String = value.chars().take(80).collect();
        Problem::parameter(name, told!("serve-not", "`{shown}` is not {what}", shown = shown, what => what))
    };
    Ok(match kind {
        AttributeKind::Text => Expr::Text(value.to_owned()),
        AttributeKind::Number | AttributeKind::Integer => {
            let number = value.trim().parse::<f64>().ok().filter(|number| number.is_finite());
            Expr::Number(number.ok_or_else(|| wrong(told!("serve-a-number", "a number")))?)
        }
        AttributeKind::Boolean => match value {
            "true" => Expr::Bool(true),
            "false" => Expr::Bool(false),
            _ => return Err(wrong(told!("serve-true-false", "`true` or `false`"))),
        },
        AttributeKind::Time => {
            let time = model::parse_instant(value)
                .map_err(|_| wrong(told!("serve-instant-day", "an instant or a day")))?;
            Expr::Time(Some(time), Some(time))
        }
    })
}

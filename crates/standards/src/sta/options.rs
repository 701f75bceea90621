//! Query options (18-088 §9.3): `$select $expand $orderby $top $skip $count $filter`, nested in `$expand`.

use chrono::{DateTime, Utc};

use super::cursor::Cursor;
use super::filter::{filter_at, literals, property_kind};
use super::{Entity, Expr, Kind, Literal, MAX_EXPAND_DEPTH};
use crate::Error;

/// What is asked of a set or of an entity.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Options {
    /// Only these properties, or members of them (`properties/kind`); none means all.
    pub select: Vec<String>,
    /// Related entities that stand in the answer.
    pub expand: Vec<Expand>,
    /// The order, by the first that differs.
    pub orderby: Vec<Order>,
    /// At most so many.
    pub top: Option<u64>,
    /// Not the first so many.
    pub skip: Option<u64>,
    /// Whether to count all that match.
    pub count: bool,
    /// Which.
    pub filter: Option<Expr>,
    /// Only what comes after the entity that has these values of the order's keys, and this id: where
    /// the page before ended.
    pub after: Option<Vec<Literal>>,
    /// Whether observations are rows of arrays (18-088 §12.1).
    pub data_array: bool,
}

/// A related entity or set that stands in the answer, with options of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Expand {
    /// The relation.
    pub relation: super::Relation,
    /// Its options.
    pub options: Options,
}

/// One key of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// What is ordered by.
    pub path: Vec<String>,
    /// Whether the largest comes first.
    pub descending: bool,
}

impl Options {
    /// Reads the query string's pairs, decoded, for a set or for a single entity.
    pub fn parse(entity: Entity, is_set: bool, pairs: &[(String, String)]) -> Result<Options, Error> {
        let mut options = Options::default();
        let mut seen: Vec<&str> = Vec::new();
        for (name, text) in pairs {
            if name == "$resultFormat" && !(is_set && entity == Entity::Observation) {
                return Err(Error::new(name, "only sets of observations have other forms"));
            }
            if seen.contains(&name.as_str()) {
                return Err(Error::new(name, "it is given twice"));
            }
            seen.push(name);
            let mut cursor = Cursor::new(name, text)?;
            if !is_set
                && !matches!(name.as_str(), "$select" | "$expand")
                && (OPTION_NAMES.contains(&name.as_str()) || name == "$skiptoken")
            {
                return Err(Error::new(name, "one entity is asked for; this option is for sets")
                    .hint("$select and $expand work for one entity"));
            }
            options.read(name, &mut cursor, entity, 0)?;
            cursor.skip_blanks();
            if !cursor.is_at_end() {
                return Err(cursor.expected("the end"));
            }
        }
        if let Some(after) = &options.after
            && after.len() != options.orderby.len() + 1
        {
            return Err(Error::new("$skiptoken", "it is no place in this order")
                .hint("follow `@iot.nextLink` as it is, or leave `$skiptoken` out"));
        }
        if options.data_array && !options.expand.is_empty() {
            return Err(Error::new("$expand", "a row of an array has no room for other entities")
                .hint("leave out either `$expand` or `$resultFormat`"));
        }
        Ok(options)
    }

    /// The same with filters whose instants are known; see [`Expr::settled`].
    #[must_use]
    pub fn settled(mut self, now: DateTime<Utc>) -> Options {
        self.filter = self.filter.map(|filter| filter.settled(now));
        for expand in &mut self.expand {
            expand.options = std::mem::take(&mut expand.options).settled(now);
        }
        self
    }

    fn read(
        &mut self,
        name: &str,
        cursor: &mut Cursor<'_>,
        entity: Entity,
        depth: usize,
    ) -> Result<(), Error> {
        cursor.skip_blanks();
        match name {
            "$select" => self.select = select(cursor, entity)?,
            "$expand" => self.expand = expand(cursor, entity, depth + 1)?,
            "$orderby" => self.orderby = orderby(cursor, entity)?,
            "$top" => self.top = Some(cursor.whole_number("a whole number")?),
            "$skip" => self.skip = Some(cursor.whole_number("a whole number")?),
            "$count" => {
                self.count = cursor.word("true");
                if !self.count && !cursor.word("false") {
                    return Err(cursor.expected("`true` or `false`"));
                }
            }
            "$filter" => self.filter = Some(filter_at(cursor, entity)?),
            "$skiptoken" if depth == 0 => self.after = Some(literals(cursor)?),
            "$resultFormat" if depth == 0 => {
                self.data_array = cursor.word("dataArray");
                if !self.data_array {
                    return Err(cursor.expected("`dataArray`"));
                }
            }
            _ => {
                return Err(Error::new(name, "there is no such option here")
                    .hint(format!("there are {}", OPTION_NAMES.join(", "))));
            }
        }
        Ok(())
    }
}

const OPTION_NAMES: [&str; 7] = ["$select", "$expand", "$orderby", "$top", "$skip", "$count", "$filter"];

fn select(cursor: &mut Cursor<'_>, entity: Entity) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    loop {
        cursor.skip_blanks();
        let here = cursor.clone();
        let path = cursor.path("a property")?;
        let is_relation = path.len() == 1 && entity.relation(&path[0]).is_some();
        // A member of a property (`properties/kind`), and none of another entity: that is expanded.
        if path.len() > 1 && entity.relation(&path[0]).is_some() {
            return Err(here
                .error(format!("`{}` is of another entity", path.join("/")))
                .hint(format!("expand it: `$expand={}($select=…)`", path[0])));
        }
        if path.len() > 1 && entity.property(&path[0]).is_some_and(|kind| kind != Kind::Any) {
            return Err(here
                .error(format!("`{}` has nothing below it", path[0]))
                .hint(format!("select `{}` itself", path[0])));
        }
        if !is_relation && let Err((reason, hint)) = property_kind(entity, &path) {
            return Err(here.error(reason).hint(hint));
        }
        let name = path.join("/");
        if !names.contains(&name) {
            names.push(name);
        }
        cursor.skip_blanks();
        if !cursor.take(",") {
            return Ok(names);
        }
    }
}

fn orderby(cursor: &mut Cursor<'_>, entity: Entity) -> Result<Vec<Order>, Error> {
    let mut orders = Vec::new();
    loop {
        cursor.skip_blanks();
        let here = cursor.clone();
        let path = cursor.path("a property")?;
        property_kind(entity, &path).map_err(|(reason, hint)| here.error(reason).hint(hint))?;
        if path_goes_to_many(entity, &path) {
            return Err(here.error("a set of values has no order").hint("order by a property of the entity"));
        }
        cursor.skip_blanks();
        // The standard writes them small; a widely used client does not.
        let descending = cursor.word("desc") || cursor.word("DESC");
        if !descending && !cursor.word("asc") {
            cursor.word("ASC");
        }
        orders.push(Order { path, descending });
        if orders.len() > 8 {
            return Err(here.error("an order has at most 8 keys"));
        }
        cursor.skip_blanks();
        if !cursor.take(",") {
            return Ok(orders);
        }
    }
}

fn path_goes_to_many(entity: Entity, path: &[String]) -> bool {
    let mut at = entity;
    for name in path {
        match at.relation(name) {
            Some(relation) if relation.many => return true,
            Some(relation) => at = relation.to,
            None => return false,
        }
    }
    false
}

fn expand(cursor: &mut Cursor<'_>, entity: Entity, depth: usize) -> Result<Vec<Expand>, Error> {
    let mut expands: Vec<Expand> = Vec::new();
    loop {
        cursor.skip_blanks();
        let here = cursor.clone();
        let next = expand_item(cursor, entity, depth)?;
        merge(&mut expands, next)
            .map_err(|name| here.error(format!("`{name}` is expanded twice with different options")))?;
        cursor.skip_blanks();
        if !cursor.take(",") {
            return Ok(expands);
        }
    }
}

/// `Datastreams`, `Datastreams/ObservedProperty` or `Datastreams($top=1;$select=name)`.
fn expand_item(cursor: &mut Cursor<'_>, entity: Entity, depth: usize) -> Result<Expand, Error> {
    let here = cursor.clone();
    if depth > MAX_EXPAND_DEPTH {
        return Err(here.error(format!("it expands deeper than {MAX_EXPAND_DEPTH}")));
    }
    let name = cursor.name("a relation")?;
    let relation = entity.relation(name).ok_or_else(|| {
        let known: Vec<&str> = entity.relations().iter().map(|relation| relation.name).collect();
        here.error(format!("there is no relation `{name}` of {}", entity.set_name()))
            .hint(format!("there are {}", known.join(", ")))
    })?;
    let mut options = Options::default();
    if cursor.take("/") {
        options.expand.push(expand_item(cursor, relation.to, depth + 1)?);
    } else if cursor.take("(") {
        nested_options(cursor, relation, depth, &mut options)?;
    }
    Ok(Expand { relation, options })
}

fn nested_options(
    cursor: &mut Cursor<'_>,
    relation: super::Relation,
    depth: usize,
    options: &mut Options,
) -> Result<(), Error> {
    let mut seen: Vec<&str> = Vec::new();
    loop {
        cursor.skip_blanks();
        let here = cursor.clone();
        let name = cursor.name("an option")?;
        if seen.contains(&name) {
            return Err(here.error(format!("`{name}` is given twice")));
        }
        seen.push(name);
        if !OPTION_NAMES.contains(&name) {
            return Err(here
                .error(format!("there is no option `{name}` here"))
                .hint(format!("there are {}", OPTION_NAMES.join(", "))));
        }
        if !relation.many && !matches!(name, "$select" | "$expand") {
            return Err(here.error(format!("`{}` is one entity; `{name}` is for sets", relation.name)));
        }
        cursor.expect("=")?;
        options.read(name, cursor, relation.to, depth)?;
        cursor.skip_blanks();
        if !cursor.take(";") {
            return cursor.expect(")");
        }
    }
}

/// `A/B,A/C` means one `A` with both; two `A` that ask for different parts contradict each other.
fn merge(expands: &mut Vec<Expand>, next: Expand) -> Result<(), &'static str> {
    let Some(there) = expands.iter_mut().find(|expand| expand.relation == next.relation) else {
        expands.push(next);
        return Ok(());
    };
    let deeper = std::mem::take(&mut there.options.expand);
    let (mut kept, mut next) = (std::mem::take(&mut there.options), next.options);
    let more = std::mem::take(&mut next.expand);
    if kept == Options::default() {
        kept = next;
    } else if next != Options::default() && next != kept {
        return Err(there.relation.name);
    }
    there.options = Options { expand: deeper, ..kept };
    more.into_iter().try_for_each(|expand| merge(&mut there.options.expand, expand))
}

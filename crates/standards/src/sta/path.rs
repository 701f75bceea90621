//! Resource paths (18-088 §9.2): `Datastreams(123)/Observations`, `Things('station:cau_noi')/name/$value`.

use super::cursor::Cursor;
use super::{Entity, Id};
use crate::Error;

/// A path, read from left to right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourcePath {
    /// The entities on the way; never empty.
    pub steps: Vec<Step>,
    /// What is wanted of the last one.
    pub tail: Tail,
}

/// One step of the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The name in the path: a set's, or a relation's.
    pub name: &'static str,
    /// Where it leads.
    pub entity: Entity,
    /// Whether the name alone means a set.
    pub many: bool,
    /// The one of the set.
    pub id: Option<Id>,
}

impl Step {
    /// Whether the step ends at a set.
    pub fn is_set(&self) -> bool {
        self.many && self.id.is_none()
    }
}

/// What is wanted of the last entity or set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tail {
    /// Itself.
    Whole,
    /// Links to the entities only.
    Ref,
    /// One property, as a document.
    Property(Vec<String>),
    /// One property's value alone.
    Value(Vec<String>),
}

impl ResourcePath {
    /// The last step.
    pub fn last(&self) -> &Step {
        self.steps.last().expect("the parser returns at least one step")
    }
}

/// The path as it is written.
impl std::fmt::Display for ResourcePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            write!(f, "{}{}", if index > 0 { "/" } else { "" }, step.name)?;
            if let Some(id) = &step.id {
                write!(f, "({id})")?;
            }
        }
        match &self.tail {
            Tail::Whole => Ok(()),
            Tail::Ref => f.write_str("/$ref"),
            Tail::Property(path) => write!(f, "/{}", path.join("/")),
            Tail::Value(path) => write!(f, "/{}/$value", path.join("/")),
        }
    }
}

/// Reads a path without its leading `/`, percent-decoded.
pub fn parse_path(text: &str) -> Result<ResourcePath, Error> {
    let mut cursor = Cursor::new("path", text)?;
    let here = cursor.clone();
    let name = cursor.name("the name of a set")?;
    let entity = Entity::from_set_name(name).ok_or_else(|| {
        here.error(format!("there is no set `{name}`"))
            .hint(format!("there are {}", Entity::ALL.map(Entity::set_name).join(", ")))
    })?;
    let mut steps = vec![step(&mut cursor, entity.set_name(), entity, true)?];
    let mut tail = Tail::Whole;
    while tail == Tail::Whole && cursor.take("/") {
        if cursor.is_at_end() {
            break;
        }
        let here = cursor.clone();
        let last = steps.last().expect("the first step is there");
        let name = cursor.name("a relation, a property or `$ref`")?;
        if name == "$ref" {
            tail = Tail::Ref;
        } else if last.is_set() {
            return Err(here.error(format!("`{name}` follows a set")).hint(format!(
                "name one of the set by its id: `{}({})`",
                last.name,
                sample_id(last.entity)
            )));
        } else if let Some(relation) = last.entity.relation(name) {
            if steps.len() >= 8 {
                return Err(here.error("a path has at most 8 steps"));
            }
            let next = step(&mut cursor, relation.name, relation.to, relation.many)?;
            steps.push(next);
        } else {
            tail = property(&mut cursor, last.entity, name, &here)?;
        }
    }
    if cursor.is_at_end() {
        Ok(ResourcePath { steps, tail })
    } else {
        Err(cursor.expected("the end of the path"))
    }
}

fn step(cursor: &mut Cursor<'_>, name: &'static str, entity: Entity, many: bool) -> Result<Step, Error> {
    let here = cursor.clone();
    if !cursor.take("(") {
        return Ok(Step { name, entity, many, id: None });
    }
    if !many {
        return Err(here.error(format!("`{name}` is one entity and takes no id")));
    }
    let wrong = |cursor: &Cursor<'_>| {
        cursor
            .expected(if entity.has_number_ids() { "a number" } else { "an id between single quotes" })
            .hint(format!("write `{}({})`", entity.set_name(), sample_id(entity)))
    };
    let id = if entity.has_number_ids() {
        let number = cursor.whole_number("a number").map_err(|_| wrong(cursor))?;
        Id::Number(i64::try_from(number).map_err(|_| wrong(cursor))?)
    } else if cursor.rest().starts_with('\'') {
        Id::Text(cursor.quoted()?)
    } else {
        return Err(wrong(cursor));
    };
    if !cursor.take(")") {
        return Err(cursor.expected("`)`"));
    }
    Ok(Step { name, entity, many, id: Some(id) })
}

fn property(cursor: &mut Cursor<'_>, entity: Entity, name: &str, here: &Cursor<'_>) -> Result<Tail, Error> {
    if name.starts_with('@') || !entity.properties().iter().any(|(known, _)| *known == name) {
        let (reason, hint) = super::filter::property_kind(entity, &[name.to_owned()])
            .err()
            .unwrap_or_else(|| (format!("`{name}` has no path of its own"), "ask for the entity".into()));
        return Err(here.error(reason).hint(hint));
    }
    let mut path = vec![name.to_owned()];
    while cursor.take("/") {
        if cursor.take("$value") {
            return Ok(Tail::Value(path));
        }
        if path.len() >= 8 {
            return Err(cursor.error("a path has at most 8 steps"));
        }
        path.push(cursor.name("a property or `$value`")?.to_owned());
    }
    super::filter::property_kind(entity, &path).map_err(|(reason, hint)| here.error(reason).hint(hint))?;
    Ok(Tail::Property(path))
}

fn sample_id(entity: Entity) -> &'static str {
    match entity {
        Entity::Datastream | Entity::MultiDatastream => "1234",
        Entity::ObservedProperty => "'salinity'",
        Entity::Sensor => "'unknown'",
        Entity::Observation => "'1234-1580713200000000'",
        _ => "'station:cau_noi'",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Tail, parse_path};
    use crate::sta::{Entity, Id};

    #[test]
    fn paths_of_the_standard_are_read() {
        let path = parse_path("Datastreams(123)/Observations").unwrap();
        assert_eq!(path.steps[0].id, Some(Id::Number(123)));
        assert!(path.last().is_set());
        assert_eq!(path.last().entity, Entity::Observation);

        let path = parse_path("Things('station:cau_noi')/name/$value").unwrap();
        assert_eq!(path.tail, Tail::Value(vec!["name".into()]));
        assert_eq!(path.steps[0].id, Some(Id::Text("station:cau_noi".into())));

        let path = parse_path("Observations('1-2')/Datastream/ObservedProperty").unwrap();
        assert_eq!((path.last().entity, path.last().is_set()), (Entity::ObservedProperty, false));
        assert_eq!(parse_path("Things('a''b')").unwrap().steps[0].id, Some(Id::Text("a'b".into())));
        assert_eq!(parse_path("Things('a/b')/Datastreams/$ref").unwrap().tail, Tail::Ref);
        assert_eq!(parse_path("Things/").unwrap(), parse_path("Things").unwrap());
        let deep = parse_path("Datastreams(1)/unitOfMeasurement/symbol").unwrap();
        assert_eq!(deep.tail, Tail::Property(vec!["unitOfMeasurement".into(), "symbol".into()]));
    }

    #[test]
    fn a_wrong_path_says_where_and_what_to_write() {
        for (text, at, reason) in [
            ("", 1, "missing at the end"),
            ("Foo", 1, "no set `Foo`"),
            ("Things(1)", 8, "between single quotes"),
            ("Datastreams('a')", 13, "a number"),
            ("Datastreams(99999999999999999999)", 13, "a number"),
            ("Datastreams(1", 14, "`)`"),
            ("Things('a", 8, "not closed"),
            ("Things/Datastreams", 8, "follows a set"),
            ("Things('a')/Datastream", 13, "no property `Datastream`"),
            ("Observations('a')/Datastream(1)", 29, "takes no id"),
            ("Things('a')/name/first", 13, "nothing below"),
            ("Things('a')/name/$value/x", 24, "the end of the path"),
            ("Things('a')x", 12, "the end of the path"),
        ] {
            let error = parse_path(text).unwrap_err();
            assert!(error.reason.contains(reason), "{text}: {error}");
            assert_eq!(error.at, Some(at), "{text}: {error}");
        }
        assert!(parse_path(&"Things('a')/Locations('b')/".repeat(9)).is_err());
        assert!(parse_path(&"T".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            let _ = parse_path(&text);
        }

        #[test]
        fn a_printed_path_is_read_back(
            steps in "(Things|Locations)\\('[a-z:/ ']{0,9}", many in 0..3_usize, number in 0..i64::MAX,
        ) {
            let id = steps.split_once('\'').map_or("", |(_, id)| id).replace('\'', "''");
            let set = steps.split('(').next().unwrap();
            let way = ["", "/HistoricalLocations", "/name"][many];
            for text in [format!("{set}('{id}'){way}"), format!("Datastreams({number})/Thing/$ref")] {
                let path = parse_path(&text).unwrap();
                prop_assert_eq!(path.to_string(), text);
            }
        }
    }
}

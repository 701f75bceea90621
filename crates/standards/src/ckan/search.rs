//! `package_search`: the part of Solr's query language that CKAN's clients write.

use super::{Parameters, Refusal};

/// The most packages of one page.
const MOST_ROWS: u64 = 1_000;

/// By what packages are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By name.
    Name,
    /// By title.
    Title,
    /// By the time of registration.
    Created,
    /// By the time of the last change.
    Modified,
}

/// What packages are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facet {
    /// By agency.
    Organization,
    /// By sector.
    Groups,
    /// By access class.
    Access,
    /// By kind.
    Kind,
}

impl Facet {
    /// The name that clients use.
    pub fn name(self) -> &'static str {
        match self {
            Facet::Organization => "organization",
            Facet::Groups => "groups",
            Facet::Access => "access",
            Facet::Kind => "kind",
        }
    }
}

/// A search for packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// Words that must all occur.
    pub words: String,
    /// Only of this organization.
    pub organization: Option<String>,
    /// Only of this group.
    pub group: Option<String>,
    /// Only of this access class.
    pub access: Option<String>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only with this tag.
    pub tag: Option<String>,
    /// Only the package of this name.
    pub name: Option<String>,
    /// At most so many.
    pub rows: u64,
    /// Not the first so many.
    pub start: u64,
    /// By what they are ordered, and whether downwards.
    pub order: (Order, bool),
    /// What to count by.
    pub facets: Vec<Facet>,
    /// At most so many values of a facet; none is all.
    pub facet_limit: Option<usize>,
}

impl Search {
    /// Reads the parameters of `package_search`.
    pub fn read(parameters: &Parameters) -> Result<Search, Refusal> {
        let mut search = Search {
            words: String::new(),
            organization: None,
            group: None,
            access: None,
            kind: None,
            tag: None,
            name: None,
            rows: parameters.number("rows", 10, MOST_ROWS)?,
            start: parameters.number("start", 0, u64::from(u32::MAX))?,
            order: order(parameters.text("sort")?.as_deref())?,
            facets: Vec::new(),
            facet_limit: match parameters.number_or_minus("facet.limit", 50)? {
                -1 => None,
                limit => usize::try_from(limit).ok(),
            },
        };
        if let Some(query) = parameters.text("q")? {
            search.query(&query)?;
        }
        let mut filters: Vec<String> = parameters.text("fq")?.into_iter().collect();
        filters.extend(parameters.list_of_filters("fq_list")?);
        for filter in &filters {
            search.query(filter)?;
        }
        if parameters.text("facet")?.as_deref() != Some("false")
            && let Some(fields) = parameters.list("facet.field")?
        {
            for field in fields {
                let facet = match field.as_str() {
                    "organization" | "owner_org" => Facet::Organization,
                    "groups" | "theme" => Facet::Groups,
                    "access" => Facet::Access,
                    "kind" => Facet::Kind,
                    other => {
                        let why = format!("`{other}` is not counted: organization, groups, access, kind are");
                        return Err(Refusal::Search(why));
                    }
                };
                search.facets.push(facet);
            }
        }
        Ok(search)
    }

    /// Takes the conditions and words of a query in.
    fn query(&mut self, query: &str) -> Result<(), Refusal> {
        if query.len() > 8 * 1024 {
            return Err(Refusal::Search("the query is longer than 8 KiB".to_owned()));
        }
        for part in parts(query)? {
            let (is_not, part) = match part.strip_prefix('-') {
                Some(rest) => (true, rest.to_owned()),
                None => (false, part.strip_prefix('+').unwrap_or(&part).to_owned()),
            };
            if is_not || part.eq_ignore_ascii_case("NOT") || part == "OR" || part == "||" {
                return Err(Refusal::Search(format!(
                    "`{}` is not offered: conditions are joined by AND",
                    crate::error::quote(query)
                )));
            }
            if part.eq_ignore_ascii_case("AND") || part == "&&" || part == "*:*" || part == "*" {
                continue;
            }
            match part.split_once(':') {
                Some((field, value)) if is_field(field) => self.condition(field, value)?,
                _ => {
                    self.words.push(' ');
                    self.words.push_str(&part.replace(['"', '*', '(', ')'], " "));
                }
            }
        }
        Ok(())
    }

    fn condition(&mut self, field: &str, value: &str) -> Result<(), Refusal> {
        let value = value.trim_matches(['"', '(', ')', ' ']);
        if value == "*" || value.is_empty() {
            return Ok(());
        }
        let place = match field {
            "organization" | "owner_org" => &mut self.organization,
            "groups" | "theme" => &mut self.group,
            "access" => &mut self.access,
            "kind" => &mut self.kind,
            "tags" => &mut self.tag,
            "name" | "id" => &mut self.name,
            "title" | "notes" | "text" => {
                self.words.push(' ');
                self.words.push_str(&value.replace('*', " "));
                return Ok(());
            }
            // All packages are active, public datasets.
            "state" | "dataset_type" | "type" | "capacity" | "private" => return Ok(()),
            other => return Err(Refusal::Search(format!("`{other}` is no field of packages here"))),
        };
        match place {
            Some(there) if there.as_str() != value => {
                Err(Refusal::Search(format!("`{field}` cannot be two things at once")))
            }
            place => {
                *place = Some(value.to_owned());
                Ok(())
            }
        }
    }
}

impl Parameters {
    fn number_or_minus(&self, name: &str, default: i64) -> Result<i64, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(default) };
        let number = text.trim().parse::<i64>().ok().filter(|number| *number >= -1);
        number.ok_or_else(|| Refusal::parameter(name, "a number is expected; -1 is all"))
    }

    fn list_of_filters(&self, name: &str) -> Result<Vec<String>, Refusal> {
        match self.get(name) {
            Some(serde_json::Value::String(text)) if !text.trim_start().starts_with('[') => {
                Ok(vec![text.clone()])
            }
            _ => Ok(self.list(name)?.unwrap_or_default()),
        }
    }
}

fn is_field(field: &str) -> bool {
    !field.is_empty() && field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
}

/// The parts of a query: at blanks that stand outside quotes.
fn parts(query: &str) -> Result<Vec<String>, Refusal> {
    let (mut parts, mut part, mut quoted) = (Vec::new(), String::new(), false);
    for c in query.chars() {
        if c == '"' {
            quoted = !quoted;
        }
        if c.is_whitespace() && !quoted {
            if !part.is_empty() {
                parts.push(std::mem::take(&mut part));
            }
        } else {
            part.push(c);
        }
    }
    if quoted {
        return Err(Refusal::Search("a quotation mark is not closed".to_owned()));
    }
    if !part.is_empty() {
        parts.push(part);
    }
    Ok(parts)
}

fn order(sort: Option<&str>) -> Result<(Order, bool), Refusal> {
    let Some(sort) = sort else { return Ok((Order::Modified, true)) };
    // What comes after the first key matters only among equals; names settle those.
    for key in sort.split(',') {
        let mut words = key.split_whitespace();
        let (field, direction) = (words.next().unwrap_or(""), words.next().unwrap_or("asc"));
        let downwards = match direction.to_ascii_lowercase().as_str() {
            "asc" => false,
            "desc" => true,
            _ => return Err(Refusal::Search(format!("`{}` is no order", crate::error::quote(sort)))),
        };
        return match field {
            // All that matches matches alike.
            "score" | "relevance" => continue,
            "name" | "id" => Ok((Order::Name, downwards)),
            "title" | "title_string" => Ok((Order::Title, downwards)),
            "metadata_created" => Ok((Order::Created, downwards)),
            "metadata_modified" => Ok((Order::Modified, downwards)),
            other => {
                let other = crate::error::quote(other);
                Err(Refusal::Search(format!("`{other}` is no field to order by")))
            }
        };
    }
    Ok((Order::Modified, true))
}

//! `datastore_search`: its parameters as a statement over the dataset's table.

use serde_json::Value;

use super::{Parameters, Refusal};

/// The most rows of one page (CKAN's own default limit).
const MOST_ROWS: u64 = 32_000;

/// A column of a table, as CKAN tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub id: String,
    /// Its type, in PostgreSQL's words.
    pub kind: &'static str,
}

/// The columns of a table.
pub type Columns = [Field];

/// A column and whether downwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortBy(pub String, pub bool);

/// What rows are wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct DataStoreQuery {
    /// The resource.
    pub resource: String,
    /// Columns and the values of which they must have one.
    filters: Vec<(String, Vec<Value>)>,
    /// Words that must all occur in some column of text.
    words: Vec<String>,
    /// The columns wanted; none is all.
    fields: Option<Vec<String>>,
    /// The order.
    sort: Vec<SortBy>,
    /// Whether equal rows count once.
    distinct: bool,
    /// At most so many.
    pub limit: u64,
    /// Not the first so many.
    pub offset: u64,
    /// Whether to count all that match.
    pub with_total: bool,
    /// objects, lists, csv or tsv.
    pub format: String,
}

impl DataStoreQuery {
    /// Reads the parameters.
    pub fn read(parameters: &Parameters) -> Result<DataStoreQuery, Refusal> {
        let mut filters = Vec::new();
        for (column, value) in parameters.object("filters")? {
            let values = match value {
                Value::Array(values) => values,
                value => vec![value],
            };
            if values.len() > 1_000 {
                return Err(Refusal::parameter("filters", "a thousand values of a column at most"));
            }
            if values.iter().any(|value| value.is_object() || value.is_array()) {
                return Err(Refusal::parameter("filters", "values are texts, numbers, true, false or null"));
            }
            filters.push((column, values));
        }
        let format = parameters.text("records_format")?.unwrap_or_else(|| "objects".to_owned());
        if !["objects", "lists", "csv", "tsv"].contains(&format.as_str()) {
            return Err(Refusal::parameter("records_format", "must be one of objects, lists, csv, tsv"));
        }
        let words = match parameters.get("q") {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(_) => return Err(Refusal::parameter("q", "a text is expected: words to search for")),
        };
        Ok(DataStoreQuery {
            resource: parameters.needed("resource_id")?,
            filters,
            words: words.split_whitespace().take(12).map(str::to_owned).collect(),
            fields: parameters.list("fields")?,
            sort: sort(parameters.list("sort")?.unwrap_or_default())?,
            distinct: parameters.flag("distinct", false)?,
            limit: parameters.number("limit", 100, MOST_ROWS)?,
            offset: parameters.number("offset", 0, u64::from(u32::MAX))?,
            with_total: parameters.flag("include_total", true)?,
            format,
        })
    }

    /// The columns of the answer, which must be there.
    pub fn wanted(&self, columns: &Columns) -> Result<Vec<Field>, Refusal> {
        let Some(fields) = &self.fields else { return Ok(columns.to_vec()) };
        let wanted = fields.iter().filter(|name| name.as_str() != "_id");
        wanted.map(|name| known(name, columns, "fields").cloned()).collect()
    }

    /// The statement that reads the rows.
    pub fn rows(&self, table: &str, columns: &Columns) -> Result<String, Refusal> {
        let mut order: Vec<String> = self
            .sort
            .iter()
            .map(|SortBy(name, downwards)| {
                let name = identifier(&known(name, columns, "sort")?.id);
                Ok(format!("{name} {} NULLS LAST", if *downwards { "DESC" } else { "ASC" }))
            })
            .collect::<Result<_, Refusal>>()?;
        // Rows that the order leaves alike are told apart by what tells rows apart, so that pages fit
        // together and the same question has the same answer.
        let keys = ["datastream", "phenomenon_time", "feature"];
        let wanted = if self.distinct { self.wanted(columns)? } else { Vec::new() };
        let last = columns.iter().filter(|field| !self.distinct && keys.contains(&field.id.as_str()));
        let last = last.chain(&wanted).filter(|field| self.sort.iter().all(|by| by.0 != field.id));
        order.extend(last.map(|field| identifier(&field.id)));
        let mut text = self.select(table, columns)?;
        if !order.is_empty() {
            text.push_str(&format!(" ORDER BY {}", order.join(", ")));
        }
        text.push_str(&format!(" LIMIT {} OFFSET {}", self.limit, self.offset));
        Ok(text)
    }

    /// The statement that counts them.
    pub fn total(&self, table: &str, columns: &Columns) -> Result<String, Refusal> {
        Ok(format!("SELECT count(*) AS total FROM ({}) AS matching", self.select(table, columns)?))
    }

    fn select(&self, table: &str, columns: &Columns) -> Result<String, Refusal> {
        let wanted = self.wanted(columns)?;
        let names: Vec<String> = wanted.iter().map(|field| identifier(&field.id)).collect();
        let distinct = if self.distinct { "DISTINCT " } else { "" };
        let mut text = format!("SELECT {distinct}{} FROM {}", names.join(", "), identifier(table));
        let mut conditions = Vec::new();
        for (name, values) in &self.filters {
            let field = known(name, columns, "filters")?;
            let column = identifier(&field.id);
            let any: Vec<String> = values
                .iter()
                .map(|value| match value {
                    Value::Null => Ok(format!("{column} IS NULL")),
                    value => Ok(format!("{column} = {}", literal(value, field)?)),
                })
                .collect::<Result<_, Refusal>>()?;
            conditions.push(if any.is_empty() {
                "FALSE".to_owned()
            } else {
                format!("({})", any.join(" OR "))
            });
        }
        for word in &self.words {
            let texts = columns.iter().filter(|field| field.kind == "text");
            let word = pattern(word);
            let any: Vec<String> = texts
                .map(|field| format!("fold({}) LIKE '%' || fold({word}) || '%'", identifier(&field.id)))
                .collect();
            conditions.push(if any.is_empty() {
                "FALSE".to_owned()
            } else {
                format!("({})", any.join(" OR "))
            });
        }
        if !conditions.is_empty() {
            text.push_str(&format!(" WHERE {}", conditions.join(" AND ")));
        }
        Ok(text)
    }
}

fn known<'c>(name: &str, columns: &'c Columns, parameter: &str) -> Result<&'c Field, Refusal> {
    columns.iter().find(|field| field.id == name).ok_or_else(|| {
        Refusal::parameter(parameter, format!("`{}` is no column of this table", crate::error::quote(name)))
    })
}

fn sort(keys: Vec<String>) -> Result<Vec<SortBy>, Refusal> {
    let keys = keys.iter().filter(|key| !key.is_empty()).map(|key| {
        let mut words = key.split_whitespace();
        let name = words.next().unwrap_or("").trim_matches('"').to_owned();
        match words.next().unwrap_or("asc").to_ascii_lowercase().as_str() {
            "asc" => Ok(SortBy(name, false)),
            "desc" => Ok(SortBy(name, true)),
            _ => Err(Refusal::parameter("sort", "write `column asc` or `column desc`")),
        }
    });
    keys.collect()
}

/// The statement whose answer has a table's columns and none of its rows.
pub fn columns_statement(table: &str) -> String {
    format!("SELECT * FROM {} LIMIT 0", identifier(table))
}

/// The statement that counts a table's rows, as `total`.
pub fn count_statement(table: &str) -> String {
    format!("SELECT count(*) AS total FROM {}", identifier(table))
}

/// A name as SQL writes it, whatever is in it.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A word of `q` as a literal; signs of patterns are no signs there (`fold` makes them blanks).
fn pattern(word: &str) -> String {
    text(word)
}

fn literal(value: &Value, field: &Field) -> Result<String, Refusal> {
    let wrong = || {
        let why = format!("`{value}` is no {} of `{}`", field.kind, field.id);
        Refusal::parameter("filters", why)
    };
    match (value, field.kind) {
        (Value::String(words), "timestamp") => {
            let time = chrono::DateTime::parse_from_rfc3339(words).map(|time| time.to_utc());
            let plain = |form| chrono::NaiveDateTime::parse_from_str(words, form).map(|time| time.and_utc());
            let time =
                time.or_else(|_| plain("%Y-%m-%dT%H:%M:%S%.f")).or_else(|_| plain("%Y-%m-%d %H:%M:%S%.f"));
            let time = time.map_err(|_| wrong())?;
            Ok(format!("TIMESTAMP '{}'", time.format("%Y-%m-%dT%H:%M:%S%.6fZ")))
        }
        (Value::String(words), "int" | "numeric") => {
            let number: f64 = words.trim().parse().map_err(|_| wrong())?;
            if number.is_finite() { Ok(words.trim().to_owned()) } else { Err(wrong()) }
        }
        (Value::Number(number), "int" | "numeric") => Ok(number.to_string()),
        (Value::Number(number), "text") => Ok(text(&number.to_string())),
        (Value::Bool(flag), "bool") => Ok(flag.to_string()),
        (Value::String(words), "bool") if words == "true" || words == "false" => Ok(words.clone()),
        (Value::String(words), "text") => Ok(text(words)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{DataStoreQuery, Field};
    use crate::ckan::Parameters;

    fn columns() -> Vec<Field> {
        [("place", "text"), ("result", "numeric"), ("time", "timestamp")]
            .map(|(id, kind)| Field { id: id.to_owned(), kind })
            .to_vec()
    }

    fn statement(parameters: serde_json::Value) -> Result<String, super::Refusal> {
        let serde_json::Value::Object(object) = parameters else { panic!("an object") };
        DataStoreQuery::read(&Parameters::new(object))?.rows("t", &columns())
    }

    #[test]
    fn what_is_asked_becomes_one_statement_in_which_no_text_leaves_its_quotes() {
        let asked = json!({
            "resource_id": "t", "filters": {"place": ["a'; DROP TABLE t; --", null], "result": "4.5"},
            "q": "Độ%", "fields": "place,result", "sort": "time desc", "limit": 5, "offset": 10,
        });
        assert_eq!(
            statement(asked).unwrap(),
            "SELECT \"place\", \"result\" FROM \"t\" WHERE (\"place\" = 'a''; DROP TABLE t; --' OR \"place\" IS NULL) \
             AND (\"result\" = 4.5) AND (fold(\"place\") LIKE '%' || fold('Độ%') || '%') \
             ORDER BY \"time\" DESC NULLS LAST LIMIT 5 OFFSET 10"
        );
        for wrong in [
            json!({"resource_id": "t", "filters": {"no\" FROM x --": 1}}),
            json!({"resource_id": "t", "fields": ["result\"; --"]}),
            json!({"resource_id": "t", "sort": "result; DROP"}),
            json!({"resource_id": "t", "filters": {"result": "1 OR 1=1"}}),
            json!({"resource_id": "t", "filters": {"time": "yesterday"}}),
            json!({"resource_id": "t", "limit": -1}),
            json!({"filters": {}}),
        ] {
            assert!(statement(wrong.clone()).is_err(), "{wrong}");
        }
    }
}

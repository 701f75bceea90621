//! What the catalogue tables of PostgreSQL say of the principal's tables, gathered once for a statement:
//! columns and their types, keys, titles, and the kinds of geometry.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::catalog::SchemaProvider;
use lake::Snapshot;
use model::DatasetKind;

use super::super::scope::{Member, Scope};
use super::super::session::Tables;
use super::comments;
use super::types::PgType;
use super::typmod::Shape;
use super::{index_oid, table_oid};
use crate::Error;

/// Everything that is known of the tables that the principal may read, by name.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(super) tables: Vec<TableFacts>,
}

/// A table.
#[derive(Debug)]
pub(super) struct TableFacts {
    pub(super) name: String,
    pub(super) oid: i64,
    /// The dataset's title, or what a table of the system holds.
    pub(super) said: Option<String>,
    pub(super) columns: Vec<ColumnFacts>,
    pub(super) key: Option<Key>,
    /// How many rows it has, where the principal may read all of them.
    pub(super) rows: Option<u64>,
    /// What its column of geometry holds.
    pub(super) shape: Option<Shape>,
}

/// A column of a table.
#[derive(Debug)]
pub(super) struct ColumnFacts {
    pub(super) name: String,
    pub(super) of: PgType,
    /// What is added to the type, -1 for nothing (`pg_attribute.atttypmod`).
    pub(super) typmod: i32,
    /// Its place, from 1 on.
    pub(super) place: i16,
    pub(super) is_nullable: bool,
    pub(super) said: Option<&'static str>,
}

/// The columns that tell a table's rows apart, and the index that stands for this.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) index: i64,
    pub(super) name: String,
    /// The places of its columns.
    pub(super) places: Vec<i16>,
    /// Their names.
    pub(super) columns: Vec<String>,
}

impl Key {
    /// The number of the constraint, which is not the one of its index.
    pub(super) fn constraint(&self) -> i64 {
        table_oid(&format!("{} of constraints", self.name))
    }

    /// The columns as they stand in brackets.
    pub(super) fn listed(&self) -> String {
        self.columns.join(", ")
    }
}

/// What is known, gathered at the first question of a statement.
pub(super) async fn of(scope: &Arc<Scope>) -> Result<Arc<Facts>, Error> {
    scope.facts.get_or_try_init(|| gather(scope)).await.cloned()
}

async fn gather(scope: &Arc<Scope>) -> Result<Arc<Facts>, Error> {
    let tables = Tables { scope: scope.clone(), postgres: None };
    let titles = titles(scope).await?;
    let mut names = tables.table_names();
    names.sort_unstable();
    let mut facts = Facts::default();
    for name in names {
        // A table that cannot be opened now has no columns; who reads it is told why.
        let Ok(Some(table)) = tables.table(&name).await else { continue };
        let (kind, member) = match scope.readable(&name) {
            Some((dataset, kind)) => (Some(kind), scope.member(&dataset, scope.at()).await.ok()),
            None => (None, None),
        };
        let shape = shape(scope, &name, kind, member.as_deref()).await;
        let said = titles.get(&name).cloned().or_else(|| comments::of_table(&name).map(str::to_owned));
        let key_columns = key_columns(&name, kind);
        let columns: Vec<ColumnFacts> = (1..)
            .zip(table.schema().fields())
            .map(|(place, field)| {
                let of = PgType::of_field(field);
                let is_shape = of.oid == super::types::GEOMETRY;
                ColumnFacts {
                    name: field.name().clone(),
                    of,
                    typmod: shape.filter(|_| is_shape).map_or(-1, Shape::typmod),
                    place,
                    is_nullable: field.is_nullable() && !key_columns.contains(&field.name().as_str()),
                    said: comments::of_column(kind, &name, field.name()),
                }
            })
            .collect();
        let key = key(&name, key_columns, &columns);
        let rows = rows(member.as_deref());
        facts.tables.push(TableFacts { oid: table_oid(&name), said, columns, key, rows, shape, name });
    }
    Ok(Arc::new(facts))
}

/// The titles of the datasets that are tables.
async fn titles(scope: &Scope) -> Result<HashMap<String, String>, Error> {
    let datasets = scope.visible().await?;
    let readable = datasets.into_iter().filter(|dataset| scope.readable(dataset.id.as_str()).is_some());
    Ok(readable
        .map(|dataset| {
            let title = match &dataset.title.en {
                Some(english) => format!("{} · {english}", dataset.title.vi),
                None => dataset.title.vi.clone(),
            };
            (dataset.id.to_string(), title)
        })
        .collect())
}

/// The columns that tell the rows of a table apart.
fn key_columns(name: &str, kind: Option<DatasetKind>) -> &'static [&'static str] {
    match (name, kind) {
        (_, Some(DatasetKind::Features | DatasetKind::Coverage)) => &["feature"],
        (_, Some(DatasetKind::Observations)) | ("observation", None) => &["datastream", "phenomenon_time"],
        ("place", None) => &["place"],
        ("property", None) => &["property"],
        ("datastream", None) => &["datastream"],
        ("dataset", None) => &["dataset"],
        _ => &[],
    }
}

fn key(table: &str, names: &[&str], columns: &[ColumnFacts]) -> Option<Key> {
    let place = |name: &&str| columns.iter().find(|column| column.name == *name).map(|column| column.place);
    let places: Vec<i16> = names.iter().map(place).collect::<Option<_>>()?;
    (!places.is_empty()).then(|| Key {
        index: index_oid(table),
        name: format!("{table}_pkey"),
        places,
        columns: names.iter().map(|name| (*name).to_owned()).collect(),
    })
}

fn rows(member: Option<&Member>) -> Option<u64> {
    let member = member.filter(|member| member.permit.rows().is_open())?;
    Some(member.snapshot.as_deref().map_or(0, Snapshot::rows))
}

/// What the table's geometry is: of places a point, of features what their files say. Files that cannot be
/// read now say nothing; who reads them is told why.
async fn shape(
    scope: &Scope,
    name: &str,
    kind: Option<DatasetKind>,
    member: Option<&Member>,
) -> Option<Shape> {
    match kind {
        None => (name == "place").then(Shape::point),
        Some(DatasetKind::Features | DatasetKind::Coverage) => {
            let known = member.and_then(|member| Some((&member.permit, member.snapshot.as_deref()?)));
            let Some((permit, snapshot)) = known else { return Some(Shape::any()) };
            let types = scope.engine.lake.geometry_types(permit, snapshot).await.ok().flatten();
            Some(types.map_or_else(Shape::any, |types| Shape::of(&types)))
        }
        Some(_) => None,
    }
}

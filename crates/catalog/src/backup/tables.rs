//! The tables of the catalogue, each read and filled through its entity.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend,
    EntityTrait, IdenStatic, Iterable, ModelTrait, Order, PrimaryKeyToColumn, PrimaryKeyTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::{PAGE_ROWS, Row, cell};
use crate::{Error, entity};

/// Values of one INSERT: SQLite binds 32 766, PostgreSQL 65 535.
const VALUES: usize = 20_000;

macro_rules! tables {
    ($($name:ident),* $(,)?) => {
        /// Every table, those that others point to first.
        pub(super) const ALL: &[&str] = &[$(stringify!($name)),*];

        pub(super) fn columns(table: &str) -> Result<Vec<&'static str>, Error> {
            match table {
                $(stringify!($name) => {
                    Ok(entity::$name::Column::iter().map(|column| column.as_str()).collect())
                })*
                other => Err(Error::not_found("table", other)),
            }
        }

        pub(super) async fn page(
            tx: &DatabaseTransaction,
            table: &str,
            last: Option<&Row>,
        ) -> Result<Vec<Row>, Error> {
            match table {
                $(stringify!($name) => read::<entity::$name::Entity>(tx, last).await,)*
                other => Err(Error::not_found("table", other)),
            }
        }

        pub(super) async fn put(
            tx: &DatabaseTransaction,
            table: &str,
            columns: &[String],
            rows: Vec<Row>,
        ) -> Result<(), Error> {
            match table {
                $(stringify!($name) => {
                    write::<entity::$name::Entity>(tx, columns, rows).await
                })*
                other => Err(Error::stored("table", other)),
            }
        }

        pub(super) async fn clear(tx: &DatabaseTransaction, table: &str) -> Result<(), Error> {
            match table {
                $(stringify!($name) => {
                    entity::$name::Entity::delete_many().exec(tx).await?;
                    Ok(())
                })*
                other => Err(Error::stored("table", other)),
            }
        }

        /// Lets the database go on counting after the numbers that were put in.
        pub(super) async fn count_on(tx: &DatabaseTransaction, table: &str) -> Result<(), Error> {
            match table {
                $(stringify!($name) => sequence::<entity::$name::Entity>(tx).await,)*
                other => Err(Error::stored("table", other)),
            }
        }
    };
}

tables! {
    setting, change_mark, change_log, agency, agency_told, sector, property, place, place_parent, crosswalk, commune_fragment,
    population, station, plausible_range, threshold, qc_default, river_station, account, api_key, dataset,
    dataset_told,
    place_alias, dataset_grant, source, mapping, quality_setting, datastream, original, run, run_note, draft, finding, job,
    dataset_version, dataset_newest, dataset_record, description, feed_entry, feed_head, feed_epoch, webhook,
    webhook_dead, audit_entry, audit_head,
}

fn keys<E: EntityTrait>() -> Vec<E::Column> {
    E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect()
}

async fn read<E: EntityTrait>(tx: &DatabaseTransaction, last: Option<&Row>) -> Result<Vec<Row>, Error>
where
    E::Model: Sync,
{
    let columns: Vec<E::Column> = E::Column::iter().collect();
    let mut query = E::find().limit(PAGE_ROWS);
    let (mut order, mut after) = (Vec::new(), Vec::new());
    for key in keys::<E>() {
        order.push(sorted::<E>(tx, key));
        if let Some(row) = last {
            let at = columns.iter().position(|column| column.as_str() == key.as_str()).unwrap_or_default();
            let json = row.get(at).cloned().unwrap_or_default();
            after.push(Expr::val(cell::from_json(json, &E::Model::get_value_type(key))?));
        }
    }
    if !after.is_empty() {
        query = query.filter(Expr::tuple(order.clone()).gt(Expr::tuple(after)));
    }
    for key in order {
        query = query.order_by(key, Order::Asc);
    }
    let mut rows = Vec::new();
    for model in query.all(tx).await? {
        let cells = columns.iter().map(|column| cell::to_json(model.get(*column)));
        rows.push(cells.collect::<Result<Row, Error>>()?);
    }
    Ok(rows)
}

/// A key to sort by: texts byte by byte, on either database.
fn sorted<E: EntityTrait>(tx: &DatabaseTransaction, key: E::Column) -> Expr {
    let is_text = matches!(key.def().get_column_type(), sea_orm::ColumnType::Text);
    if is_text && tx.get_database_backend() == DbBackend::Postgres {
        let entity = E::default();
        return Expr::cust(format!("\"{}\".\"{}\" COLLATE \"C\"", entity.table_name(), key.as_str()));
    }
    Expr::col(key.as_column_ref())
}

async fn write<E: EntityTrait>(
    tx: &DatabaseTransaction,
    columns: &[String],
    rows: Vec<Row>,
) -> Result<(), Error>
where
    E::ActiveModel: ActiveModelBehavior + Send,
{
    let known: Vec<E::Column> = E::Column::iter().collect();
    let mut wanted = Vec::with_capacity(columns.len());
    for name in columns {
        let column = known.iter().find(|column| column.as_str() == name);
        wanted.push(*column.ok_or_else(|| Error::stored("column", name))?);
    }
    let mut models = Vec::with_capacity(rows.len());
    for row in rows {
        if row.len() != wanted.len() {
            return Err(Error::stored("row of a backup", &format!("{row:?}")));
        }
        let mut model = <E::ActiveModel as ActiveModelTrait>::default();
        for (column, json) in wanted.iter().zip(row) {
            model.try_set(*column, cell::from_json(json, &E::Model::get_value_type(*column))?)?;
        }
        models.push(model);
    }
    let size = (VALUES / wanted.len().max(1)).max(1);
    while !models.is_empty() {
        let rest = models.split_off(size.min(models.len()));
        E::insert_many(models).exec_without_returning(tx).await?;
        models = rest;
    }
    Ok(())
}

async fn sequence<E: EntityTrait>(tx: &DatabaseTransaction) -> Result<(), Error> {
    if !<E::PrimaryKey as PrimaryKeyTrait>::auto_increment()
        || tx.get_database_backend() != DbBackend::Postgres
    {
        return Ok(());
    }
    let entity = E::default();
    for key in keys::<E>() {
        let (table, key) = (entity.table_name(), key.as_str());
        let last = format!("(SELECT max({key}) FROM {table})");
        let statement = format!(
            "SELECT setval(pg_get_serial_sequence('{table}', '{key}'), coalesce({last}, 1), {last} IS NOT NULL)"
        );
        tx.execute_unprepared(&statement).await?;
    }
    Ok(())
}

//! What only one node may do at a time: who holds it, shown by a number that grows.
//!
//! As with runs, the others watch the number and not a time beside it: clocks need not agree.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::entity::lease;
use crate::{Catalog, Error};

/// Who holds a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The node.
    pub node: String,
    /// How often it has shown that it lives.
    pub beats: i64,
}

impl Catalog {
    /// Who holds the lease, if it was ever taken.
    pub async fn lease(&self, name: &str) -> Result<Option<Lease>, Error> {
        let row = lease::Entity::find_by_id(name).one(self.reader()).await?;
        Ok(row.map(|row| Lease { node: row.node, beats: row.beats }))
    }

    /// Takes the lease, or shows that this node still holds it; no, when somebody else took it since
    /// `seen` was read. Whoever holds it must have shown so since before the others lose patience.
    pub async fn take_lease(&self, name: &str, seen: Option<&Lease>) -> Result<bool, Error> {
        let write = self.write(&[]).await?;
        let taken = match seen {
            None => {
                let row = lease::Model { name: name.to_owned(), node: self.node().to_owned(), beats: 1 };
                let stays = OnConflict::column(lease::Column::Name).do_nothing().to_owned();
                let insert = lease::Entity::insert(row.into_active_model().reset_all()).on_conflict(stays);
                insert.exec_without_returning(&write.tx).await? == 1
            }
            Some(seen) => {
                let update = lease::Entity::update_many()
                    .col_expr(lease::Column::Node, Expr::val(self.node()))
                    .col_expr(lease::Column::Beats, Expr::col(lease::Column::Beats).add(1))
                    .filter(lease::Column::Name.eq(name))
                    .filter(lease::Column::Node.eq(seen.node.as_str()))
                    .filter(lease::Column::Beats.eq(seen.beats))
                    .exec(&write.tx)
                    .await?;
                update.rows_affected == 1
            }
        };
        write.commit().await?;
        Ok(taken)
    }
}

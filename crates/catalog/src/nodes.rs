//! Several nodes on one catalogue: whose a run is, and whether that node still works on it.
//!
//! A node that has runs under way lets a number grow. The others watch the number, not the time
//! beside it: two nodes' clocks need not agree, and either may step back.

use std::collections::HashMap;

use chrono::Utc;
use model::{Run, RunState};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};

use crate::entity::{node, run};
use crate::row::micros;
use crate::runs::{from_row, to_row};
use crate::{Catalog, Error};

/// A run that another node is working on, or left behind.
#[derive(Debug, Clone, PartialEq)]
pub struct RunElsewhere {
    /// The run.
    pub run: Run,
    /// The node that opened it; none when it was opened before nodes were written down.
    pub node: Option<String>,
    /// How often that node has shown that it lives.
    pub beats: i64,
}

impl Catalog {
    /// The node that this handle speaks for. The runs that it opens are this node's.
    pub fn node(&self) -> &str {
        &self.inner.node
    }

    /// Shows the other nodes that this one still works on its runs; nothing is written when it has none.
    pub async fn beat(&self) -> Result<(), Error> {
        if self.running().filter(run::Column::Node.eq(self.node())).count(self.reader()).await? == 0 {
            return Ok(());
        }
        let write = self.write(&[]).await?;
        let now = micros(Utc::now());
        let row = node::Model { id: self.node().to_owned(), beats: 1, seen_at: now };
        let again = OnConflict::column(node::Column::Id)
            .value(node::Column::Beats, Expr::col((node::Entity, node::Column::Beats)).add(1))
            .value(node::Column::SeenAt, now)
            .to_owned();
        node::Entity::insert(row.into_active_model())
            .on_conflict(again)
            .exec_without_returning(&write.tx)
            .await?;
        write.commit().await
    }

    /// This node's runs that are under way, or that its last process left behind, oldest first.
    pub async fn unfinished_runs_here(&self) -> Result<Vec<Run>, Error> {
        let rows = self.running().filter(run::Column::Node.eq(self.node())).all(self.reader()).await?;
        rows.into_iter().map(from_row).collect()
    }

    /// Other nodes' runs that are under way, or were left behind, oldest first.
    pub async fn unfinished_runs_elsewhere(&self) -> Result<Vec<RunElsewhere>, Error> {
        let others = run::Column::Node.ne(self.node()).or(run::Column::Node.is_null());
        let rows = self.running().filter(others).all(self.reader()).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let nodes = node::Entity::find().all(self.reader()).await?;
        let beats: HashMap<_, _> = nodes.into_iter().map(|node| (node.id, node.beats)).collect();
        rows.into_iter()
            .map(|row| {
                let node = row.node.clone();
                let beats = node.as_ref().and_then(|node| beats.get(node)).copied().unwrap_or(0);
                Ok(RunElsewhere { run: from_row(row)?, node, beats })
            })
            .collect()
    }

    /// Writes down how far a run has come, unless someone has ended it: then nothing is changed,
    /// and the answer is no.
    pub async fn update_run_under_way(&self, run: &Run) -> Result<bool, Error> {
        let write = self.write(&[]).await?;
        let there = run::Entity::find_by_id(run.id.as_str()).lock_exclusive().one(&write.tx).await?;
        let there = there.ok_or_else(|| Error::not_found("run", &run.id))?;
        if there.state != RunState::Running.code() {
            return Ok(false);
        }
        let row = run::Model { node: there.node, ..to_row(run) };
        row.into_active_model().reset_all().update(&write.tx).await?;
        write.commit().await?;
        Ok(true)
    }

    fn running(&self) -> Select<run::Entity> {
        run::Entity::find()
            .filter(run::Column::State.eq(RunState::Running.code()))
            .order_by_asc(run::Column::StartedAt)
            .order_by_asc(run::Column::Id)
    }
}

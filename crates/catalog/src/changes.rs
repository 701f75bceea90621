//! The log of changes: a number per topic that grows with every write, and what each write was about.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, EntityTrait, IntoActiveModel,
    QueryFilter,
    sea_query::{Expr, ExprTrait, Query},
};

use crate::Error;
use crate::cache::{Subject, Topic};
use crate::entity::{change_log, change_mark};

/// The most subjects that one write logs; a write about more is about everything.
pub(crate) const MOST_SUBJECTS: usize = 1_000;
/// How many writes of a topic stay in the log: whoever was away for longer reads everything again.
const KEPT: i64 = 10_000;
/// How often the log is cut, writes.
const CUT_EVERY: i64 = 1_000;

/// The number of every topic.
pub(crate) async fn read_marks(db: &DatabaseConnection) -> Result<HashMap<Topic, i64>, Error> {
    let marks = change_mark::Entity::find().all(db).await?;
    Ok(marks.into_iter().filter_map(|mark| Some((Topic::from_code(&mark.topic)?, mark.number))).collect())
}

/// What the writes after one number and up to another were about.
pub(crate) async fn between(
    db: &DatabaseConnection,
    topic: Topic,
    before: Option<i64>,
    now: i64,
) -> Result<Vec<Subject>, Error> {
    let everything = Ok(vec![Subject::Everything]);
    // A number that went back is another database under the same address.
    let Some(before) = before.filter(|before| *before < now && now - *before <= KEPT) else {
        return everything;
    };
    let rows = change_log::Entity::find()
        .filter(change_log::Column::Topic.eq(topic.code()))
        .filter(change_log::Column::Number.gt(before))
        .filter(change_log::Column::Number.lte(now))
        .all(db)
        .await?;
    let mut numbers: Vec<i64> = rows.iter().map(|row| row.number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    // A write of an earlier version of this program raises the mark and logs nothing.
    if i64::try_from(numbers.len()).ok() != Some(now - before) {
        return everything;
    }
    let mut subjects: Vec<Subject> = rows.iter().map(|row| Subject::from_code(&row.subject)).collect();
    subjects.sort_unstable();
    subjects.dedup();
    Ok(subjects)
}

/// Raises the mark of a topic and logs what the write is about; returns the mark.
pub(crate) async fn raise_mark(
    tx: &DatabaseTransaction,
    topic: Topic,
    subjects: &[Subject],
) -> Result<i64, Error> {
    let raise = Query::update()
        .table(change_mark::Entity)
        .value(change_mark::Column::Number, Expr::col(change_mark::Column::Number).add(1))
        .and_where(change_mark::Column::Topic.eq(topic.code()))
        .to_owned();
    tx.execute(&raise).await?;
    let mark =
        change_mark::Entity::find().filter(change_mark::Column::Topic.eq(topic.code())).one(tx).await?;
    let number = mark.map(|mark| mark.number).ok_or_else(|| Error::stored("mark of change", topic.code()))?;
    let rows = subjects.iter().map(|subject| {
        let row = change_log::Model { topic: topic.code().to_owned(), number, subject: subject.code() };
        row.into_active_model()
    });
    change_log::Entity::insert_many(rows).exec_without_returning(tx).await?;
    if number % CUT_EVERY == 0 {
        change_log::Entity::delete_many()
            .filter(change_log::Column::Topic.eq(topic.code()))
            .filter(change_log::Column::Number.lte(number - KEPT))
            .exec(tx)
            .await?;
    }
    Ok(number)
}

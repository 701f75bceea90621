//! Texts of a dataset that are numbered as they are saved: its mappings, and the limits of its tests. The two
//! tables have the same columns, and the same rules.

use chrono::{DateTime, Utc};
use model::{DatasetId, UserId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use wording::Phrase;

use crate::entity::dataset;
use crate::row::{coded, micros};
use crate::{Catalog, Error};

/// The longest text that is stored.
const MAX_BYTES: usize = 1 << 20;

/// A text under its number.
pub(crate) struct Text {
    pub(crate) number: i32,
    pub(crate) text: String,
}

/// A row that is to be saved.
pub(crate) struct Row {
    pub(crate) dataset: String,
    pub(crate) number: i32,
    pub(crate) text: String,
    pub(crate) account: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
}

/// A table of numbered texts.
pub(crate) trait Numbered: EntityTrait {
    /// What is said of a text that is too long, and what such a text is.
    const TOO_LONG: [Phrase; 2];
    /// What its number is called in the log.
    const NUMBER: &'static str;
    /// The columns of the dataset and of the number.
    const COLUMNS: [Self::Column; 2];

    /// What is read of a row.
    fn text(row: Self::Model) -> Text;
    /// A row as it is inserted.
    fn row(row: Row) -> Self::ActiveModel;
}

impl Catalog {
    /// Saves a text of a dataset and returns its number; the same text as the latest is not saved again.
    pub(crate) async fn save_numbered<N: Numbered>(
        &self,
        dataset: &DatasetId,
        text: &str,
        user: Option<&UserId>,
        now: DateTime<Utc>,
    ) -> Result<u32, Error> {
        let [what, hint] = N::TOO_LONG;
        if text.len() > MAX_BYTES {
            return Err(Error::invalid(what, hint));
        }
        let write = self.write(&[]).await?;
        // The dataset's row is locked, so that two savers take two numbers.
        let locked = dataset::Entity::find_by_id(dataset.as_str()).lock_exclusive().one(&write.tx).await?;
        if locked.is_none() {
            return Err(Error::not_found("dataset", dataset));
        }
        let latest = find::<N>(dataset, None, &write.tx).await?;
        if let Some(latest) = &latest
            && latest.text == text
        {
            return number::<N>(latest.number);
        }
        let next = latest.map_or(1, |latest| latest.number + 1);
        let row = N::row(Row {
            dataset: dataset.to_string(),
            number: next,
            text: text.to_owned(),
            account: user.map(ToString::to_string),
            created_at: micros(now),
        });
        N::insert(row).exec_without_returning(&write.tx).await?;
        write.commit().await?;
        number::<N>(next)
    }

    /// A text of a dataset by its number, or the latest, with its number.
    pub(crate) async fn numbered<N: Numbered>(
        &self,
        dataset: &DatasetId,
        wanted: Option<u32>,
    ) -> Result<Option<(u32, String)>, Error> {
        let found = find::<N>(dataset, wanted, self.reader()).await?;
        found.map(|found| Ok((number::<N>(found.number)?, found.text))).transpose()
    }
}

async fn find<N: Numbered>(
    dataset: &DatasetId,
    wanted: Option<u32>,
    db: &impl ConnectionTrait,
) -> Result<Option<Text>, Error> {
    let [of, by_number] = N::COLUMNS;
    let mut query = N::find().filter(of.eq(dataset.as_str())).order_by_desc(by_number).limit(1);
    if let Some(wanted) = wanted {
        let Ok(wanted) = i32::try_from(wanted) else { return Ok(None) };
        query = query.filter(by_number.eq(wanted));
    }
    Ok(query.one(db).await?.map(N::text))
}

fn number<N: Numbered>(stored: i32) -> Result<u32, Error> {
    let what = N::NUMBER;
    coded(what, &stored.to_string(), u32::try_from(stored).ok())
}

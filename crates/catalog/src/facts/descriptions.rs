//! Descriptions that clients give: kept beside the facts, and never in their place.

use std::collections::BTreeMap;

use model::{PlaceId, Position};
use sea_orm::EntityTrait;
use serde_json::{Map, Value};
use wording::told;

use super::{Fact, ReferenceChanges, take};
use crate::cache::Topic;
use crate::entity::description;
use crate::row::stored;
use crate::{Catalog, Error, Gazetteer};

/// The most bytes that a description takes.
const MAX_BYTES: usize = 16 << 10;
/// The most descriptions: they are held in memory.
const MOST: usize = 200_000;

/// Descriptions by what they are of.
pub type Descriptions = BTreeMap<String, Map<String, Value>>;

/// What was said of something.
pub(crate) struct Description {
    pub(crate) subject: String,
    pub(crate) words: Map<String, Value>,
}

impl Fact for Description {
    type Entity = description::Entity;

    fn to_row(&self) -> description::Model {
        let words = Value::Object(self.words.clone()).to_string();
        description::Model { subject: self.subject.clone(), words }
    }

    fn from_row(row: description::Model) -> Result<Self, Error> {
        let words = stored("description", &row.words, serde_json::from_str(&row.words))?;
        Ok(Description { subject: row.subject, words })
    }

    fn key(row: &description::Model) -> String {
        row.subject.clone()
    }
}

/// Whether there is room for a description.
pub(super) fn check_description(gazetteer: &Gazetteer, description: &Description) -> Result<(), Error> {
    if description.subject.len() > 300 || description.to_row().words.len() > MAX_BYTES {
        return Err(Error::invalid(
            told!("catalog-description-too-long", "the description is too long"),
            told!(
                "catalog-write-most-bytes-names-texts-properties",
                "write at most {max_bytes} bytes of names, texts and properties",
                max_bytes = MAX_BYTES
            ),
        ));
    }
    if gazetteer.descriptions.len() >= MOST && !gazetteer.descriptions.contains_key(&description.subject) {
        return Err(Error::invalid(
            told!("catalog-there-descriptions-already", "there are {most} descriptions already", most = MOST),
            told!("catalog-remove-some-nothing-needs", "remove some that nothing needs"),
        ));
    }
    Ok(())
}

impl Catalog {
    /// Writes down what is said of something, in place of what was said before; nothing is forgotten
    /// by an empty description.
    pub async fn describe(&self, subject: &str, words: Map<String, Value>) -> Result<(), Error> {
        let gazetteer = self.gazetteer().await?;
        let description = Description { subject: subject.to_owned(), words };
        check_description(&gazetteer, &description)?;
        let write = self.write(&[Topic::Reference]).await?;
        take(&write.tx, std::slice::from_ref(&description), false, &mut ReferenceChanges::default()).await?;
        write.commit().await
    }

    /// Removes what was said of something.
    pub async fn remove_description(&self, subject: &str) -> Result<(), Error> {
        let write = self.write(&[Topic::Reference]).await?;
        let done = description::Entity::delete_by_id(subject).exec(&write.tx).await?;
        if done.rows_affected == 0 {
            return Err(Error::not_found("description", subject));
        }
        write.commit().await
    }

    /// Says where a place is of which nobody said so; what is known is not changed.
    pub async fn locate_place(&self, id: &PlaceId, position: Position) -> Result<(), Error> {
        let gazetteer = self.gazetteer().await?;
        let place = gazetteer.place(id).ok_or_else(|| Error::not_found("place", id))?;
        if place.position.is_some() {
            return Err(Error::Conflict {
                what: told!("catalog-the-position", "the position of `{id}`", id = id),
            });
        }
        let place = model::Place { position: Some(position), ..place.clone() };
        let write = self.write(&[Topic::Reference]).await?;
        take(&write.tx, std::slice::from_ref(&place), false, &mut ReferenceChanges::default()).await?;
        write.commit().await
    }
}

//! Things that are registered, moved and forgotten together: all of them, or none.

use model::{DatastreamKey, Place, PlaceId, Position, Property};
use sea_orm::EntityTrait;
use serde_json::{Map, Value};
use wording::told;

use super::descriptions::{Description, check_description};
use super::register::{check_place, check_property, is_official};
use super::{ReferenceChanges, take};
use crate::cache::Topic;
use crate::entity::description;
use crate::{Catalog, Error};

/// What is to be done together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Together {
    /// New places.
    pub places: Vec<Place>,
    /// Where places are of which nobody said so.
    pub positions: Vec<(PlaceId, Position)>,
    /// New properties.
    pub properties: Vec<Property>,
    /// What is said of things, in the place of what was said before.
    pub descriptions: Vec<(String, Map<String, Value>)>,
    /// New datastreams.
    pub datastreams: Vec<DatastreamKey>,
    /// Where places are from now on; `None` where that is not known any more.
    pub moved: Vec<(PlaceId, Option<Position>)>,
    /// What nothing is said of any more; what is also described is said anew.
    pub forgotten: Vec<String>,
}

impl Catalog {
    /// Does what belongs together in one transaction. What cannot be kept keeps all of them
    /// out, with the error that it has when it is registered alone.
    pub async fn register_together(&self, new: &Together) -> Result<(), Error> {
        let gazetteer = self.gazetteer().await?;
        for (at, property) in new.properties.iter().enumerate() {
            check_property(&gazetteer, property)?;
            if new.properties[..at].iter().any(|other| other.code == property.code) {
                return Err(Error::Conflict {
                    what: told!("catalog-the-property", "the property `{code}`", code = property.code),
                });
            }
        }
        let mut places = new.places.clone();
        for (at, place) in new.places.iter().enumerate() {
            check_place(&gazetteer, place)?;
            if new.places[..at].iter().any(|other| other.id == place.id) {
                return Err(Error::Conflict {
                    what: told!("catalog-the-place", "the place `{id}`", id = place.id),
                });
            }
        }
        for (id, position) in &new.positions {
            let known = places.iter().position(|place| place.id == *id);
            let place = match known {
                Some(at) => places.remove(at),
                None => gazetteer.place(id).cloned().ok_or_else(|| Error::not_found("place", id))?,
            };
            if place.position.is_some() {
                return Err(Error::Conflict {
                    what: told!("catalog-the-position", "the position of `{id}`", id = id),
                });
            }
            places.push(Place { position: Some(*position), ..place });
        }
        for (id, position) in &new.moved {
            if is_official(id.scheme()) {
                return Err(Error::invalid(
                    told!("catalog-stands-reference", "`{id}` stands in the reference", id = id),
                    told!(
                        "catalog-places-official-lists-moved-there",
                        "places of official lists are moved there"
                    ),
                ));
            }
            let known = places.iter().position(|place| place.id == *id);
            let place = match known {
                Some(at) => places.remove(at),
                None => gazetteer.place(id).cloned().ok_or_else(|| Error::not_found("place", id))?,
            };
            places.push(Place { position: *position, ..place });
        }
        let mut descriptions = Vec::with_capacity(new.descriptions.len());
        for (subject, words) in &new.descriptions {
            let description = Description { subject: subject.clone(), words: words.clone() };
            check_description(&gazetteer, &description)?;
            descriptions.push(description);
        }
        let mut write = self.write(&[Topic::Reference, Topic::Datastreams]).await?;
        let mut changes = ReferenceChanges::default();
        for subject in &new.forgotten {
            description::Entity::delete_by_id(subject.as_str()).exec(&write.tx).await?;
        }
        if !new.properties.is_empty() {
            take(&write.tx, &new.properties, false, &mut changes).await?;
        }
        if !places.is_empty() {
            take(&write.tx, &places, false, &mut changes).await?;
        }
        if !descriptions.is_empty() {
            take(&write.tx, &descriptions, false, &mut changes).await?;
        }
        self.insert_datastreams(&mut write, &new.datastreams).await?;
        write.commit().await
    }
}

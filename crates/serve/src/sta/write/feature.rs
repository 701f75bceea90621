//! Features of interest of their own (18-088 §8.2.8), and values that are of them.
//!
//! A value is of its series' place. One that is sent with another feature is kept in a series of that
//! feature, which is shown as part of the series that it was sent to: so each protocol says of the value
//! where it is from, and SensorThings which datastream it belongs to.

use model::{DatastreamId, DatastreamKey, Place, PlaceId, PlaceKind, Text};
use policy::Permit;
use standards::sta::{Entity, Id};
use wording::told;

use super::body::{Given, Related, plain};
use super::locate::point_of;
use super::parts::words;
use super::plan::Plan;
use super::{Writer, not_kept};
use crate::http::principal::may_register;
use crate::http::{Answer, Problem};
use crate::sta::encode::subject;
use crate::sta::kept;

impl Writer<'_> {
    /// Plans a feature: a place that is no thing.
    pub(super) async fn feature(&self, mut given: Given, plan: &mut Plan) -> Answer<PlaceId> {
        may_register(&self.reader.principal)?;
        let name = given.needed("name")?;
        let description = given.needed("description")?;
        given.geojson()?;
        let geometry = given.geometry("feature")?;
        let id = self.free_id(given.id()?, &name, subject::feature, plan).await?;
        let properties = given.object("properties")?.rest(None)?;
        given.rest(Some(Entity::FeatureOfInterest))?;
        plan.place(Place {
            id: id.clone(),
            kind: PlaceKind::Station,
            // Files that name a place of this name do not mean the feature.
            name: Text::vi_en(&format!("{name} (SensorThings)"), ""),
            type_name: None,
            alt_names: Vec::new(),
            position: point_of(&geometry),
            area_km2: None,
            river: None,
            valid_from: None,
            valid_to: None,
            source: format!("SensorThings: {}", self.reader.principal.name()),
            confidence: "medium".into(),
        });
        let said = [("name", name.into()), ("description", description.into()), ("feature", geometry)];
        plan.describe(subject::feature(&id), kept::own(words(said, properties)));
        Ok(id)
    }

    /// The series of a feature that holds values which are sent to another series: that one itself,
    /// when the feature is its place.
    pub(super) async fn at_feature(
        &self,
        key: &DatastreamKey,
        feature: Related,
        plan: &mut Plan,
    ) -> Answer<DatastreamKey> {
        let place = match feature {
            Related::New(given) => self.feature(given, plan).await?,
            Related::There(id) => self.known_feature(&id, &key.place, plan).await?,
        };
        if place == key.place {
            return Ok(key.clone());
        }
        let part = DatastreamKey { place: place.clone(), ..key.clone() };
        let (id, owner) = (part.id(), key.id());
        let is_there = self.reader.app.catalog.datastream(id).await?.is_some();
        if !is_there && !plan.has_datastream(id) {
            plan.datastream(part.clone(), place.to_string());
        }
        if self.words_of(&subject::part(id), plan).await?.is_none() {
            plan.describe(subject::part(id), kept::part_of(owner));
            plan.describe(subject::parts(owner), kept::part_of(owner));
        }
        // Values bring back what was deleted.
        for subject in [subject::feature(&place), subject::datastream(id)] {
            let gone = subject::gone(&subject);
            if self.words_of(&gone, plan).await?.is_some() {
                plan.forget(gone);
            }
        }
        Ok(part)
    }

    /// A feature that values of a place's series may be of.
    async fn known_feature(&self, id: &Id, place: &PlaceId, plan: &Plan) -> Answer<PlaceId> {
        let missing = || Problem::not_found(&id.to_string());
        let feature = PlaceId::new(&plain(id)).map_err(|_| missing())?;
        if feature == *place || self.own(&subject::feature(&feature), plan).await? {
            return Ok(feature);
        }
        self.known_place(feature.as_str(), plan).await?;
        let why = told!(
            "serve-value-thing-place-feature-created-one",
            "a value is of its thing's place, or of a feature that was created as one"
        );
        Err(not_kept(why).at("FeatureOfInterest"))
    }

    /// Refuses a feature that is not the place.
    pub(super) fn is_place(&self, feature: Related, place: &PlaceId) -> Answer<()> {
        match feature {
            Related::There(id) if plain(&id) == place.as_str() => Ok(()),
            _ => {
                let why = told!(
                    "serve-what-observed-together-place-thing",
                    "what is observed together is of the place of its thing"
                );
                Err(not_kept(why).at("FeatureOfInterest"))
            }
        }
    }

    /// Whether a series was deleted, and has no values that came later.
    pub(super) async fn is_gone(&self, id: DatastreamId, permit: &Permit) -> Answer<bool> {
        let gazetteer = self.reader.app.catalog.gazetteer().await?;
        if !gazetteer.descriptions.contains_key(&subject::gone(&subject::datastream(id))) {
            return Ok(false);
        }
        let Some(series) = self.reader.app.catalog.datastream(id).await? else { return Ok(true) };
        Ok(!self.reader.app.intake.has_values(permit, &series).await?)
    }
}

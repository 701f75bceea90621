//! Properties and places of an agency's own, registered beside those of the reference.

use model::{Place, Property, Unit, fold};
use wording::told;

use super::{ReferenceChanges, take};
use crate::cache::Topic;
use crate::{Catalog, Error, Gazetteer};

/// Schemes whose codes somebody else gives out.
const OFFICIAL: [&str; 3] = ["gso2004", "vn2025", "iso3166"];
/// The longest name or note.
const MAX_TEXT: usize = 500;
/// The most other names.
const MAX_NAMES: usize = 50;

/// Whether somebody else gives out the codes of a scheme.
pub fn is_official(scheme: &str) -> bool {
    OFFICIAL.contains(&scheme)
}

impl Catalog {
    /// Registers a property. One that exists under the code, or under one of the names, is a conflict:
    /// two properties of one name would make every file that names it ambiguous.
    pub async fn register_property(&self, property: &Property) -> Result<(), Error> {
        let gazetteer = self.gazetteer().await?;
        check_property(&gazetteer, property)?;
        self.register(std::slice::from_ref(property)).await
    }

    /// Registers a place. One that exists under the id is a conflict; its name may be that of others.
    pub async fn register_place(&self, place: &Place) -> Result<(), Error> {
        let gazetteer = self.gazetteer().await?;
        check_place(&gazetteer, place)?;
        self.register(std::slice::from_ref(place)).await
    }

    async fn register<F: super::Fact>(&self, facts: &[F]) -> Result<(), Error>
    where
        <F::Entity as sea_orm::EntityTrait>::Model:
            sea_orm::IntoActiveModel<<F::Entity as sea_orm::EntityTrait>::ActiveModel> + PartialEq + Sync,
        <F::Entity as sea_orm::EntityTrait>::ActiveModel: sea_orm::ActiveModelBehavior + Send,
    {
        let write = self.write(&[Topic::Reference]).await?;
        take::<F>(&write.tx, facts, false, &mut ReferenceChanges::default()).await?;
        write.commit().await
    }
}

/// Whether a property can be registered beside those that are there.
pub(super) fn check_property(gazetteer: &Gazetteer, property: &Property) -> Result<(), Error> {
    if Unit::parse(&property.unit).is_err() {
        return Err(Error::invalid(
            told!(
                "catalog-no-unit-known-here",
                "`{unit}` is no unit that is known here",
                unit = property.unit
            ),
            told!("catalog-write-ucum-e-g-g-l-10", "write it in UCUM, e.g. g/L, 10*3.t, {person}"),
        ));
    }
    if !gazetteer.sectors.iter().any(|sector| sector.code == property.sector) {
        let known: Vec<&str> = gazetteer.sectors.iter().map(|sector| sector.code.as_str()).collect();
        return Err(Error::invalid(
            told!("catalog-there-no-sector", "there is no sector `{sector}`", sector = property.sector),
            told!("catalog-write-one", "write one of {known}", known = known.join(", ")),
        ));
    }
    if property.plausible_min.zip(property.plausible_max).is_some_and(|(least, most)| least > most) {
        return Err(Error::invalid(
            told!("catalog-plausible-range-empty", "the plausible range is empty"),
            told!("catalog-write-smaller-number-first", "write the smaller number first"),
        ));
    }
    let code = property.code.to_string();
    let names = [Some(&property.name.vi), property.name.en.as_ref()].into_iter().flatten();
    let names: Vec<&String> = names.chain(&property.aliases).chain([&code]).collect();
    checked(&names, property.note.as_ref())?;
    let taken = names.iter().find_map(|name| Some((*name, gazetteer.property_by_alias(name)?)));
    if let Some((name, other)) = taken {
        return Err(Error::Conflict {
            what: told!(
                "catalog-the-property-also-called",
                "the property `{code}`, also called `{name}`,",
                code = other.code,
                name = name
            ),
        });
    }
    Ok(())
}

/// Whether a place can be registered beside those that are there.
pub(super) fn check_place(gazetteer: &Gazetteer, place: &Place) -> Result<(), Error> {
    let names = [Some(&place.name.vi), place.name.en.as_ref()].into_iter().flatten();
    checked(&names.chain(&place.alt_names).collect::<Vec<_>>(), Some(&place.source))?;
    if is_official(place.id.scheme()) {
        return Err(Error::invalid(
            told!(
                "catalog-codes-official-stand-reference",
                "the codes of `{place}` are official and stand in the reference",
                place = place.id.scheme()
            ),
            told!(
                "catalog-give-place-id-scheme-your-own-e",
                "give the place an id of a scheme of your own, e.g. `station:my_gauge`"
            ),
        ));
    }
    if let Some(other) = gazetteer.place(&place.id) {
        return Err(Error::Conflict {
            what: told!(
                "catalog-the-place-named",
                "the place `{id}` ({name})",
                id = other.id,
                name = other.name.vi
            ),
        });
    }
    if place.valid_from.zip(place.valid_to).is_some_and(|(from, to)| from > to) {
        return Err(Error::invalid(
            told!("catalog-place-ends-before-begins", "the place ends before it begins"),
            told!("catalog-write-earlier-day-first", "write the earlier day first"),
        ));
    }
    Ok(())
}

/// Whether names can be kept and found.
fn checked(names: &[&String], note: Option<&String>) -> Result<(), Error> {
    let [first, ..] = names else {
        return Err(Error::invalid(
            told!("catalog-there-no-name", "there is no name"),
            told!("catalog-write-name-vietnamese", "write its name in Vietnamese"),
        ));
    };
    if fold(first).is_empty() {
        return Err(Error::invalid(
            told!("catalog-there-no-name", "there is no name"),
            told!("catalog-write-name-vietnamese", "write its name in Vietnamese"),
        ));
    }
    if names.len() > MAX_NAMES || names.iter().copied().chain(note).any(|text| text.len() > MAX_TEXT) {
        return Err(Error::invalid(
            told!("catalog-names-too-long-too-many", "the names are too long or too many"),
            told!(
                "catalog-most-names-bytes",
                "at most {max_names} names of {max_text} bytes",
                max_names = MAX_NAMES,
                max_text = MAX_TEXT
            ),
        ));
    }
    Ok(())
}

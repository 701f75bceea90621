//! Facts about places as rows: what they are, where they belong, how they followed one another.

use model::{Crosswalk, Place, PlaceId, PlaceKind, PlaceParent, Position, PropertyCode, Theme};

use super::{Fact, joined};
use crate::Error;
use crate::entity::json::ListJson;
use crate::entity::{commune_fragment, crosswalk, place, place_parent, population, sector, station};
use crate::reference::{CommuneFragment, Population, PopulationBasis, Sector, StationFacts};
use crate::row::{coded, stored};

pub(super) fn place_id(text: &str) -> Result<PlaceId, Error> {
    stored("place id", text, PlaceId::new(text))
}

pub(super) fn property_code(text: &str) -> Result<PropertyCode, Error> {
    stored("property code", text, PropertyCode::new(text))
}

impl Fact for Sector {
    type Entity = sector::Entity;

    fn to_row(&self) -> sector::Model {
        sector::Model {
            code: self.code.clone(),
            theme: self.theme.code().to_owned(),
            name: (&self.name).into(),
        }
    }

    fn from_row(row: sector::Model) -> Result<Self, Error> {
        let theme = coded("theme", &row.theme, Theme::from_code(&row.theme))?;
        Ok(Sector { code: row.code, theme, name: row.name.into() })
    }

    fn key(row: &sector::Model) -> String {
        row.code.clone()
    }
}

impl Fact for Place {
    type Entity = place::Entity;

    fn to_row(&self) -> place::Model {
        place::Model {
            id: self.id.to_string(),
            kind: self.kind.code().to_owned(),
            name: (&self.name).into(),
            type_name: self.type_name.clone(),
            alt_names: ListJson(self.alt_names.clone()),
            lon: self.position.map(|position| position.lon),
            lat: self.position.map(|position| position.lat),
            area_km2: self.area_km2,
            river: self.river.clone(),
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            source: self.source.clone(),
            confidence: self.confidence.clone(),
        }
    }

    fn from_row(row: place::Model) -> Result<Self, Error> {
        Ok(Place {
            id: place_id(&row.id)?,
            kind: coded("kind of place", &row.kind, PlaceKind::from_code(&row.kind))?,
            name: row.name.into(),
            type_name: row.type_name,
            alt_names: row.alt_names.0,
            position: row.lon.zip(row.lat).map(|(lon, lat)| Position { lon, lat }),
            area_km2: row.area_km2,
            river: row.river,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            source: row.source,
            confidence: row.confidence,
        })
    }

    fn key(row: &place::Model) -> String {
        row.id.clone()
    }
}

impl Fact for PlaceParent {
    type Entity = place_parent::Entity;

    fn to_row(&self) -> place_parent::Model {
        place_parent::Model {
            place: self.place.to_string(),
            parent: self.parent.to_string(),
            valid_from: self.valid_from,
            valid_to: self.valid_to,
        }
    }

    fn from_row(row: place_parent::Model) -> Result<Self, Error> {
        Ok(PlaceParent {
            place: place_id(&row.place)?,
            parent: place_id(&row.parent)?,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        })
    }

    fn key(row: &place_parent::Model) -> String {
        joined(&[&row.place, &row.parent])
    }
}

impl Fact for Crosswalk {
    type Entity = crosswalk::Entity;

    fn to_row(&self) -> crosswalk::Model {
        crosswalk::Model {
            from_place: self.from.to_string(),
            to_place: self.to.to_string(),
            effective: self.effective,
            share_area: self.share_area,
            share_population: self.share_population,
            weight_area_km2: self.weight_area_km2,
            weight_population: self.weight_population,
            source: self.source.clone(),
            confidence: self.confidence.clone(),
        }
    }

    fn from_row(row: crosswalk::Model) -> Result<Self, Error> {
        Ok(Crosswalk {
            from: place_id(&row.from_place)?,
            to: place_id(&row.to_place)?,
            effective: row.effective,
            share_area: row.share_area,
            share_population: row.share_population,
            weight_area_km2: row.weight_area_km2,
            weight_population: row.weight_population,
            source: row.source,
            confidence: row.confidence,
        })
    }

    fn key(row: &crosswalk::Model) -> String {
        joined(&[&row.from_place, &row.to_place, &row.effective.to_string()])
    }
}

impl Fact for CommuneFragment {
    type Entity = commune_fragment::Entity;

    fn to_row(&self) -> commune_fragment::Model {
        commune_fragment::Model {
            name: self.name.clone(),
            district: self.district.clone(),
            province: self.province.to_string(),
            to_place: self.to.to_string(),
            effective: self.effective,
            flag: self.flag.clone(),
        }
    }

    fn from_row(row: commune_fragment::Model) -> Result<Self, Error> {
        Ok(CommuneFragment {
            name: row.name,
            district: row.district,
            province: place_id(&row.province)?,
            to: place_id(&row.to_place)?,
            effective: row.effective,
            flag: row.flag,
        })
    }

    fn key(row: &commune_fragment::Model) -> String {
        joined(&[&row.name, &row.district, &row.province, &row.to_place])
    }
}

impl Fact for Population {
    type Entity = population::Entity;

    fn to_row(&self) -> population::Model {
        population::Model {
            place: self.place.to_string(),
            basis: self.basis.code().to_owned(),
            persons: self.persons,
            source: self.source.clone(),
            confidence: self.confidence.clone(),
        }
    }

    fn from_row(row: population::Model) -> Result<Self, Error> {
        Ok(Population {
            place: place_id(&row.place)?,
            basis: coded("basis of a population", &row.basis, PopulationBasis::from_code(&row.basis))?,
            persons: row.persons,
            source: row.source,
            confidence: row.confidence,
        })
    }

    fn key(row: &population::Model) -> String {
        joined(&[&row.place, &row.basis])
    }
}

impl Fact for StationFacts {
    type Entity = station::Entity;

    fn to_row(&self) -> station::Model {
        station::Model {
            id: self.station.to_string(),
            observes: ListJson(self.observes.iter().map(ToString::to_string).collect()),
            mrc_id: self.mrc_id.clone(),
            mrc_code: self.mrc_code.clone(),
            note: self.note.clone(),
        }
    }

    fn from_row(row: station::Model) -> Result<Self, Error> {
        Ok(StationFacts {
            station: place_id(&row.id)?,
            observes: row.observes.0.iter().map(|code| property_code(code)).collect::<Result<_, _>>()?,
            mrc_id: row.mrc_id,
            mrc_code: row.mrc_code,
            note: row.note,
        })
    }

    fn key(row: &station::Model) -> String {
        row.id.clone()
    }
}

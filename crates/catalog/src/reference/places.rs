//! Countries, provinces, districts, communes, stations and mouths, their parents and what became of them.

use chrono::NaiveDate;
use model::{Crosswalk, Place, PlaceId, PlaceKind, PlaceParent, Position, Text};

use super::ReferenceError;
use super::known::{Known, Unique};
use super::rows::{CommuneFragment, Population, PopulationBasis, StationFacts};
use super::table::{Row, Table, date, number, place};

/// The places of a file and their parents, as they are read.
#[derive(Default)]
pub(super) struct Places {
    pub(super) places: Vec<Place>,
    pub(super) parents: Vec<PlaceParent>,
}

impl Places {
    /// `countries.csv`
    pub(super) fn countries(&mut self, table: &Table, known: &mut Known) -> Result<(), ReferenceError> {
        for row in table.rows() {
            let place = bare(&row, PlaceKind::Country, row.names("name")?)?;
            self.add(&row, known, place)?;
        }
        Ok(())
    }

    /// `admin_units.csv`: provinces under both code schemes.
    pub(super) fn provinces(&mut self, table: &Table, known: &mut Known) -> Result<(), ReferenceError> {
        for row in table.rows() {
            let place = Place {
                type_name: Some(row.text("type_vi")?),
                alt_names: row.list("alt_names")?,
                area_km2: row.parse("area_km2", number)?,
                valid_from: row.parse("valid_from", date)?,
                valid_to: row.parse("valid_to", date)?,
                ..bare(&row, PlaceKind::Province, row.names("name")?)?
            };
            let country = known.place_of_kind(&row, "country", PlaceKind::Country)?;
            self.belongs(&place.id, country, place.valid_from, place.valid_to);
            self.add(&row, known, place)?;
        }
        Ok(())
    }

    /// `districts_old.csv`: districts until 30 June 2025, when their level ended.
    pub(super) fn districts_old(&mut self, table: &Table, known: &mut Known) -> Result<(), ReferenceError> {
        for row in table.rows() {
            let mut alt_names = row.list("alt_names")?;
            alt_names.insert(0, row.text("full_name_vi")?);
            self.within_province(&row, known, PlaceKind::District, alt_names)?;
        }
        Ok(())
    }

    /// `communes_2025.csv`
    pub(super) fn communes_2025(&mut self, table: &Table, known: &mut Known) -> Result<(), ReferenceError> {
        for row in table.rows() {
            let mut alt_names = row.list("full_name_alt_tone")?;
            alt_names.insert(0, row.text("full_name_vi")?);
            known.place_of_kind(&row, "former_province", PlaceKind::Province)?;
            self.within_province(&row, known, PlaceKind::Commune, alt_names)?;
        }
        Ok(())
    }

    /// `communes_old.csv`: communes until 30 June 2025, where the source gives a code.
    pub(super) fn communes_old(&mut self, table: &Table, known: &mut Known) -> Result<(), ReferenceError> {
        for row in table.rows() {
            // The district is what tells one "Phường 1" from another.
            let full = row.text("full_name_vi")?;
            let with_district = format!("{full}, {}", row.text("district_vi")?);
            self.within_province(&row, known, PlaceKind::Commune, vec![full, with_district])?;
        }
        Ok(())
    }

    fn within_province(
        &mut self,
        row: &Row<'_>,
        known: &mut Known,
        kind: PlaceKind,
        mut alt_names: Vec<String>,
    ) -> Result<(), ReferenceError> {
        let name = Text { vi: row.text("name_vi")?, en: None, km: None };
        alt_names.retain(|alt| *alt != name.vi);
        let place = Place {
            type_name: Some(row.text("type_vi")?),
            alt_names,
            valid_from: row.parse("valid_from", date)?,
            valid_to: row.parse("valid_to", date)?,
            ..bare(row, kind, name)?
        };
        let province = known.place_of_kind(row, "province", PlaceKind::Province)?;
        if province.scheme() != place.id.scheme() {
            return Err(row.error(format!("`{}` and `{province}` are of different schemes", place.id)));
        }
        self.belongs(&place.id, province, place.valid_from, place.valid_to);
        self.add(row, known, place)
    }

    /// `stations.csv`: a station belongs to a province until the merger and to another after it,
    /// or to a country when its provinces are not held.
    pub(super) fn stations(&mut self, table: &Table, known: &mut Known) -> Result<(), ReferenceError> {
        for row in table.rows() {
            let mut alt_names = row.list("alt_names")?;
            alt_names.extend(row.optional("mrc_id")?);
            let place = Place {
                type_name: row.optional("kind")?,
                alt_names,
                position: Some(position(&row)?),
                river: row.optional("river")?,
                ..bare(&row, PlaceKind::Station, row.names("name")?)?
            };
            let country = known.place_of_kind(&row, "country", PlaceKind::Country)?;
            let before = known.optional_place(&row, "province_until_2025")?;
            let after = known.optional_place(&row, "province_from_2025")?;
            match (before, after) {
                (None, None) => self.belongs(&place.id, country, None, None),
                (Some(before), Some(after)) => {
                    let first_day = row.required("province_from", date)?;
                    self.belongs(&place.id, before, None, first_day.pred_opt());
                    self.belongs(&place.id, after, Some(first_day), None);
                }
                _ => return Err(row.error("has a province on one side of the merger only".into())),
            }
            self.add(&row, known, place)?;
        }
        Ok(())
    }

    /// `river_mouths.csv`
    pub(super) fn mouths(&mut self, table: &Table, known: &mut Known) -> Result<(), ReferenceError> {
        for row in table.rows() {
            let place = Place {
                type_name: Some("cửa sông".into()),
                alt_names: row.list("alt_names")?,
                position: Some(position(&row)?),
                river: Some(row.text("river")?),
                ..bare(&row, PlaceKind::RiverMouth, row.names("name")?)?
            };
            row.text("km_zero")?;
            known.place_of_kind(&row, "zero_station", PlaceKind::Station)?;
            let country = known.place_of_kind(&row, "country", PlaceKind::Country)?;
            self.belongs(&place.id, country, None, None);
            self.add(&row, known, place)?;
        }
        Ok(())
    }

    fn add(&mut self, row: &Row<'_>, known: &mut Known, place: Place) -> Result<(), ReferenceError> {
        known.add_place(row, &place)?;
        self.places.push(place);
        Ok(())
    }

    fn belongs(&mut self, place: &PlaceId, parent: PlaceId, from: Option<NaiveDate>, to: Option<NaiveDate>) {
        self.parents.push(PlaceParent { place: place.clone(), parent, valid_from: from, valid_to: to });
    }
}

/// `stations.csv` once more, for what a place does not hold.
pub(super) fn station_facts(table: &Table, known: &Known) -> Result<Vec<StationFacts>, ReferenceError> {
    let facts = table.rows().map(|row| {
        Ok(StationFacts {
            station: known.place_of_kind(&row, "id", PlaceKind::Station)?,
            observes: known.listed_properties(&row, "observes")?,
            mrc_id: row.optional("mrc_id")?,
            mrc_code: row.optional("mrc_code")?,
            note: row.optional("note")?,
        })
    });
    facts.collect()
}

/// `crosswalk_provinces.csv`: whole and part mergers with their weights.
pub(super) fn province_crosswalk(table: &Table, known: &Known) -> Result<Vec<Crosswalk>, ReferenceError> {
    let mut unique = Unique::default();
    let mut crosswalk = Vec::new();
    for row in table.rows() {
        let share = |column| row.required(column, share);
        let one = Crosswalk {
            from: known.place_of_kind(&row, "from", PlaceKind::Province)?,
            to: known.place_of_kind(&row, "to", PlaceKind::Province)?,
            effective: row.required("effective", date)?,
            share_area: Some(share("share_area")?),
            share_population: Some(share("share_population")?),
            weight_area_km2: Some(row.required("weight_area_km2", positive)?),
            weight_population: Some(row.required("weight_population", positive)?),
            source: row.text("source")?,
            confidence: row.confidence()?,
        };
        unique.add(&row, &format!("{} → {}", one.from, one.to))?;
        crosswalk.push(one);
    }
    Ok(crosswalk)
}

/// `crosswalk_communes.csv`: names and codes only, because the source loses the parts of split
/// communes; rows without an old code become fragments.
pub(super) fn commune_crosswalk(
    table: &Table,
    known: &Known,
) -> Result<(Vec<Crosswalk>, Vec<CommuneFragment>), ReferenceError> {
    let mut unique = Unique::default();
    let (mut crosswalk, mut fragments) = (Vec::new(), Vec::new());
    for row in table.rows() {
        let to = known.place_of_kind(&row, "to", PlaceKind::Commune)?;
        let effective = row.required("effective", date)?;
        let province = known.place_of_kind(&row, "from_province", PlaceKind::Province)?;
        if row.parse("from", place)?.is_none() {
            fragments.push(CommuneFragment {
                name: row.text("from_name_vi")?,
                district: row.text("from_district_vi")?,
                province,
                to,
                effective,
                flag: row.text("flag")?,
            });
            continue;
        }
        let from = known.place_of_kind(&row, "from", PlaceKind::Commune)?;
        unique.add(&row, &format!("{from} → {to}"))?;
        crosswalk.push(Crosswalk {
            from,
            to,
            effective,
            share_area: None,
            share_population: None,
            weight_area_km2: None,
            weight_population: None,
            source: row.text("source")?,
            confidence: row.confidence()?,
        });
    }
    Ok((crosswalk, fragments))
}

/// `populations.csv`
pub(super) fn populations(table: &Table, known: &Known) -> Result<Vec<Population>, ReferenceError> {
    let basis = |text: &str| {
        PopulationBasis::from_code(text).ok_or_else(|| format!("`{text}` is not a basis of population"))
    };
    let mut unique = Unique::default();
    let mut populations = Vec::new();
    for row in table.rows() {
        let one = Population {
            place: known.place(&row, "place")?,
            basis: row.required("basis", basis)?,
            persons: row.required("persons", positive)?,
            source: row.text("source")?,
            confidence: row.confidence()?,
        };
        unique.add(&row, &format!("{} {}", one.place, one.basis.code()))?;
        populations.push(one);
    }
    Ok(populations)
}

/// A place with what every file says.
fn bare(row: &Row<'_>, kind: PlaceKind, name: Text) -> Result<Place, ReferenceError> {
    Ok(Place {
        id: row.required("id", place)?,
        kind,
        name,
        type_name: None,
        alt_names: Vec::new(),
        position: None,
        area_km2: None,
        river: None,
        valid_from: None,
        valid_to: None,
        source: row.text("source")?,
        confidence: row.confidence()?,
    })
}

/// A position in the lower Mekong basin: a swapped or projected coordinate does not pass.
fn position(row: &Row<'_>) -> Result<Position, ReferenceError> {
    let (lon, lat) = (row.required("lon", number)?, row.required("lat", number)?);
    if (100.0..=110.0).contains(&lon) && (8.0..=23.0).contains(&lat) {
        return Ok(Position { lon, lat });
    }
    Err(row.error(format!("`{lon}`, `{lat}` is outside the lower Mekong basin")))
}

fn positive(text: &str) -> Result<f64, String> {
    let number = number(text)?;
    if number > 0.0 { Ok(number) } else { Err(format!("`{text}` is not above zero")) }
}

fn share(text: &str) -> Result<f64, String> {
    let share = number(text)?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(format!("`{text}` is not between 0 and 1")) }
}

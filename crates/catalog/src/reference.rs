//! The facts of the delta that every node starts with, read from the CSV files of `reference/`.
//!
//! [`Reference::builtin`] reads the copy that is compiled in; [`Reference::load`] reads a folder
//! that somebody corrected. Either way the rows become model types, a row that cannot be read
//! names its file and line, and a row that points to nothing is an error unless
//! `exceptions.csv` says why it may.

mod files;
mod known;
mod limits;
mod places;
mod rows;
mod table;
#[cfg(test)]
mod tests;

use std::path::Path;

use model::{Agency, Crosswalk, Place, PlaceId, PlaceParent, Property, PropertyCode};

pub use files::PROVINCE_STATISTICS;
pub use rows::{
    CommuneFragment, PlausibleRange, Population, PopulationBasis, QcDefault, RiverStation, Sector,
    StationFacts, Threshold, ThresholdKind, ThresholdSense,
};
pub use table::ReferenceError;

use known::Known;
use places::Places;
pub(crate) use table::{Table, number, property};

/// Everything in `reference/` that the catalogue holds, in model types.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// Agencies that publish or provide data.
    pub agencies: Vec<Agency>,
    /// The sectors of the properties and the theme that each belongs to.
    pub sectors: Vec<Sector>,
    /// Countries, provinces, districts, communes, stations and river mouths.
    pub places: Vec<Place>,
    /// Which place belongs to which, and when.
    pub parents: Vec<PlaceParent>,
    /// How places passed into others on 1 July 2025: provinces with weights, communes without.
    pub crosswalk: Vec<Crosswalk>,
    /// Parts of old communes that the source names without a code; no crosswalk can hold them.
    pub fragments: Vec<CommuneFragment>,
    /// Populations of provinces, each with what it counts.
    pub populations: Vec<Population>,
    /// What is known of stations beyond their place.
    pub stations: Vec<StationFacts>,
    /// Observed properties and indicators.
    pub properties: Vec<Property>,
    /// Plausible ranges that replace a property's own at some places.
    pub plausible_ranges: Vec<PlausibleRange>,
    /// Flood alarm, Mekong River Commission, salinity and water quality limits.
    pub thresholds: Vec<Threshold>,
    /// Default limits of the quality tests.
    pub qc_defaults: Vec<QcDefault>,
    /// Salinity stations along each river branch, from its mouth.
    pub river_stations: Vec<RiverStation>,
    fingerprint: String,
}

impl Reference {
    /// The copy that is compiled in.
    pub fn builtin() -> Result<Reference, ReferenceError> {
        Reference::read(&files::builtin())
    }

    /// The files of a folder that holds the same names as the project's `reference/`.
    pub fn load(folder: &Path) -> Result<Reference, ReferenceError> {
        Reference::read(&files::of_folder(folder)?)
    }

    /// A hash of everything read, in hexadecimal: equal when nothing changed, so that an upgrade
    /// can leave the catalogue as it is.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The range in which a property's values are plausible at a place, in the property's unit.
    pub fn plausible_range(&self, property: &PropertyCode, place: &PlaceId) -> (Option<f64>, Option<f64>) {
        let own = self.plausible_ranges.iter().find(|r| r.property == *property && r.place == *place);
        if let Some(range) = own {
            return (range.min, range.max);
        }
        let general = self.properties.iter().find(|p| p.code == *property);
        general.map_or((None, None), |p| (p.plausible_min, p.plausible_max))
    }

    fn read(files: &files::Files) -> Result<Reference, ReferenceError> {
        let table = |name| Table::read(name, files.text(name)?);
        let mut known = Known::with_exceptions(&table("exceptions.csv")?)?;
        let agencies = limits::agencies(&table("agencies.csv")?)?;
        let sectors = limits::sectors(&table("sectors.csv")?)?;
        let properties = limits::properties(&table("properties.csv")?, &sectors, &mut known)?;

        let mut held = Places::default();
        held.countries(&table("countries.csv")?, &mut known)?;
        held.provinces(&table("admin_units.csv")?, &mut known)?;
        held.districts_old(&table("districts_old.csv")?, &mut known)?;
        held.communes_2025(&table("communes_2025.csv")?, &mut known)?;
        held.communes_old(&table("communes_old.csv")?, &mut known)?;
        let station_table = table("stations.csv")?;
        held.stations(&station_table, &mut known)?;
        let stations = places::station_facts(&station_table, &known)?;
        held.mouths(&table("river_mouths.csv")?, &mut known)?;

        let mut crosswalk = places::province_crosswalk(&table("crosswalk_provinces.csv")?, &known)?;
        let (communes, fragments) = places::commune_crosswalk(&table("crosswalk_communes.csv")?, &known)?;
        crosswalk.extend(communes);

        let mut thresholds = Vec::new();
        for (name, kind) in [
            ("thresholds_flood_alarm.csv", ThresholdKind::FloodAlarm),
            ("thresholds_mrc.csv", ThresholdKind::Mrc),
            ("thresholds_salinity.csv", ThresholdKind::Salinity),
            ("thresholds_water_quality.csv", ThresholdKind::WaterQuality),
        ] {
            thresholds.extend(limits::thresholds(&table(name)?, kind, &known)?);
        }
        let reference = Reference {
            agencies,
            sectors,
            places: held.places,
            parents: held.parents,
            crosswalk,
            fragments,
            populations: places::populations(&table("populations.csv")?, &known)?,
            stations,
            properties,
            plausible_ranges: limits::plausible_ranges(&table("plausible_ranges.csv")?, &known)?,
            thresholds,
            qc_defaults: limits::qc_defaults(&table("qc_defaults.csv")?, &known)?,
            river_stations: limits::river_stations(&table("river_stations.csv")?, &known)?,
            fingerprint: files.fingerprint(),
        };
        known.finish()?;
        Ok(reference)
    }
}

//! The texts of `reference/`: compiled in, or read from a folder.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::ReferenceError;

/// Raised when the loader reads the same rows differently, so that an upgrade applies them again.
const LAYOUT: u32 = 1;

/// A folder's files by name.
pub(super) struct Files(BTreeMap<&'static str, String>);

macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../../../reference/", $name)))),+]
    };
}

/// Every file that the catalogue holds, in the order in which a reader would want them.
const BUILTIN: &[(&str, &str)] = embedded![
    "agencies.csv",
    "sectors.csv",
    "countries.csv",
    "admin_units.csv",
    "districts_old.csv",
    "communes_2025.csv",
    "communes_old.csv",
    "stations.csv",
    "river_mouths.csv",
    "crosswalk_provinces.csv",
    "crosswalk_communes.csv",
    "properties.csv",
    "populations.csv",
    "plausible_ranges.csv",
    "thresholds_flood_alarm.csv",
    "thresholds_mrc.csv",
    "thresholds_salinity.csv",
    "thresholds_water_quality.csv",
    "qc_defaults.csv",
    "river_stations.csv",
    "exceptions.csv",
];

/// Rice area and production by province and season 2015–2024 and the census of 2019, in long form:
/// an input of the sample, not of the catalogue.
pub const PROVINCE_STATISTICS: &str = include_str!("../../../../reference/province_statistics.csv");

/// The compiled-in copy.
pub(super) fn builtin() -> Files {
    Files(BUILTIN.iter().map(|(name, text)| (*name, (*text).to_owned())).collect())
}

/// The same files of a folder.
pub(super) fn of_folder(folder: &Path) -> Result<Files, ReferenceError> {
    let mut files = BTreeMap::new();
    for (name, _) in BUILTIN {
        let text = std::fs::read_to_string(folder.join(name))
            .map_err(|error| ReferenceError::new(name, 0, format!("could not be read: {error}")))?;
        files.insert(*name, text);
    }
    Ok(Files(files))
}

impl Files {
    /// A file's text; files are asked for by the names above only.
    pub(super) fn text(&self, name: &'static str) -> Result<&str, ReferenceError> {
        let missing = || ReferenceError::new(name, 0, "is not there".into());
        self.0.get(name).map(String::as_str).ok_or_else(missing)
    }

    /// The hash of all texts, whatever ends their lines.
    pub(super) fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(LAYOUT.to_be_bytes());
        for (name, text) in &self.0 {
            let text = text.replace("\r\n", "\n");
            for part in [*name, &text] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part.as_bytes());
            }
        }
        hex::encode(hash.finalize())
    }

    /// The same files with one text replaced, to see that mistakes are found.
    #[cfg(test)]
    pub(super) fn with(mut self, name: &'static str, text: String) -> Files {
        self.0.insert(name, text);
        self
    }

    /// Writes the files into a folder.
    #[cfg(test)]
    pub(super) fn write_to(&self, folder: &Path) {
        for (name, text) in &self.0 {
            std::fs::write(folder.join(name), text).expect("a test's folder can be written");
        }
    }
}

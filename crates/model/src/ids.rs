//! Names of things as types that cannot be confused with one another.

use std::fmt;
use std::str::FromStr;

/// An id whose text does not have the form that its kind asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct InvalidId {
    /// The text as it was given.
    pub text: String,
    /// The form that was expected, as a phrase: "a dataset id: …".
    pub expected: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $check:path, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes a text that has the right form; the error names the form.
            pub fn new(text: &str) -> Result<Self, InvalidId> {
                if $check(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidId { text: text.chars().take(80).collect(), expected: $expected })
                }
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }
    };
}

text_id!(
    /// An agency, e.g. `gso`, `srhmc`.
    AgencyId, is_slug, "an agency id: a lower-case letter, then letters, digits or `_`, at most 63"
);
text_id!(
    /// A dataset, e.g. `salinity_hourly`. It is also the dataset's table name in SQL.
    DatasetId, is_slug, "a dataset id: a lower-case letter, then letters, digits or `_`, at most 63"
);
text_id!(
    /// A user's name.
    UserId, is_slug, "a user name: a lower-case letter, then letters, digits or `_`, at most 63"
);
text_id!(
    /// A place as `scheme:code`, e.g. `vn2025:92`, `gso2004:94`, `station:cau_noi`.
    ///
    /// Administrative codes were reused in 2025, so a code without its scheme is not an id.
    PlaceId, is_place, "a place id: `scheme:code`, e.g. `vn2025:92` or `station:cau_noi`"
);
text_id!(
    /// An observed property or indicator, e.g. `salinity`, `rice_area_sown`.
    PropertyCode, is_property, "a property code: lower-case letters, digits, `_` or `.`, at most 63"
);

/// The tables of SQL that are there for everyone, whatever datasets there are.
pub const TABLES_FOR_EVERYONE: [&str; 8] = [
    "observation",
    "place",
    "place_parent",
    "property",
    "datastream",
    "crosswalk",
    "dataset",
    "river_station",
];

/// What else a dataset cannot be called: collections of OGC API and the catalogues of PostgreSQL.
const RESERVED: [&str; 7] = [
    "stations",
    "places",
    "catalogue",
    "information_schema",
    "geometry_columns",
    "geography_columns",
    "spatial_ref_sys",
];

impl DatasetId {
    /// Whether the name means something else already, so that no dataset may be registered by it.
    pub fn is_reserved(&self) -> bool {
        let name = self.as_str();
        TABLES_FOR_EVERYONE.contains(&name) || RESERVED.contains(&name) || name.starts_with("pg_")
    }
}

fn is_slug(text: &str) -> bool {
    is_property(text) && !text.contains('.')
}

fn is_property(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'.')
}

fn is_place(text: &str) -> bool {
    let Some((scheme, code)) = text.split_once(':') else {
        return false;
    };
    is_slug(scheme)
        && (1..=63).contains(&code.len())
        && code.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

impl PlaceId {
    /// The code scheme, e.g. `vn2025`.
    pub fn scheme(&self) -> &str {
        self.0.split_once(':').map_or("", |(scheme, _)| scheme)
    }

    /// The code within its scheme, e.g. `92`.
    pub fn code(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, code)| code)
    }
}

/// A datastream: the first 52 bits of the SHA-256 of its key's URN.
///
/// Deterministic, so that two nodes give one series one number; 52 bits, so that a JSON reader
/// that holds numbers as doubles reads it exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatastreamId(pub i64);

impl fmt::Display for DatastreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of a version of a dataset: 1 for its first data, then without gaps in what a reader
/// sees. It is the version of the dataset's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One taking-in of one original (or one execution of a recipe): a UUID version 7 as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(String);

impl RunId {
    /// Takes the hyphenated lower-case form of a UUID.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        let well_formed = text.len() == 36
            && text.bytes().enumerate().all(|(i, b)| match i {
                8 | 13 | 18 | 23 => b == b'-',
                _ => b.is_ascii_digit() || (b'a'..=b'f').contains(&b),
            });
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId {
                text: text.chars().take(80).collect(),
                expected: "a run id: a UUID in lower case",
            })
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RunId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::new(text)
    }
}

/// The SHA-256 of an original's bytes, as 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OriginalHash(String);

impl OriginalHash {
    /// Takes 64 lower-case hexadecimal digits.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        if text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId {
                text: text.chars().take(80).collect(),
                expected: "a SHA-256 in lower-case hexadecimal",
            })
        }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OriginalHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{DatasetId, PlaceId};

    #[test]
    fn a_place_id_needs_its_scheme() {
        assert!(PlaceId::new("92").is_err());
        let place = PlaceId::new("vn2025:92").unwrap();
        assert_eq!((place.scheme(), place.code()), ("vn2025", "92"));
    }

    #[test]
    fn a_dataset_id_is_a_table_name() {
        assert!(DatasetId::new("salinity_hourly").is_ok());
        let is_reserved = |id: &str| DatasetId::new(id).unwrap().is_reserved();
        assert!(
            ["place", "stations", "pg_class", "information_schema"].map(is_reserved).iter().all(|is| *is)
        );
        assert!(!is_reserved("places_of_worship"));
        for bad in ["", "9a", "a-b", "a;drop", "A", "a.b", "../x", &"a".repeat(64)] {
            assert!(DatasetId::new(bad).is_err(), "{bad}");
        }
    }
}

//! The proof that a principal may do something with a dataset.

use chrono::{DateTime, Utc};
use model::{DatasetId, PlaceId, PropertyCode, UserId};

/// What the permit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Read values.
    Read,
    /// Know that the dataset exists and read its description.
    Describe,
    /// Hand in, correct or withdraw data; change mapping and description.
    Write,
}

/// The rows of a dataset that a permit reaches. Every condition that is present must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct RowFilter {
    /// Only these places.
    pub places: Option<Vec<PlaceId>>,
    /// Only these properties.
    pub properties: Option<Vec<PropertyCode>>,
    /// Only phenomenon times before this instant (an embargo).
    pub before: Option<DateTime<Utc>>,
}

impl RowFilter {
    /// Whether every row passes.
    pub fn is_open(&self) -> bool {
        self.places.is_none() && self.properties.is_none() && self.before.is_none()
    }

    /// Whether rows of this place and property may pass.
    pub fn allows(&self, place: &PlaceId, property: &PropertyCode) -> bool {
        self.places.as_ref().is_none_or(|places| places.contains(place))
            && self.properties.as_ref().is_none_or(|properties| properties.contains(property))
    }
}

/// The proof that someone may do something with one dataset. Only [`crate::decide`] makes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Permit {
    dataset: DatasetId,
    purpose: Purpose,
    user: Option<UserId>,
    rows: RowFilter,
    decides: bool,
}

impl Permit {
    pub(crate) fn new(dataset: DatasetId, purpose: Purpose, user: Option<UserId>, rows: RowFilter) -> Self {
        Permit { dataset, purpose, user, rows, decides: false }
    }

    pub(crate) fn deciding(self, decides: bool) -> Self {
        Permit { decides, ..self }
    }

    /// The dataset that it is for.
    pub fn dataset(&self) -> &DatasetId {
        &self.dataset
    }

    /// What it is for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Whether values may be read.
    pub fn may_read(&self) -> bool {
        matches!(self.purpose, Purpose::Read)
    }

    /// Whether data may be written.
    pub fn may_write(&self) -> bool {
        matches!(self.purpose, Purpose::Write)
    }

    /// Whether its holder decides about personal data in what is handed in, and may see them.
    pub fn may_decide(&self) -> bool {
        self.decides
    }

    /// Who holds it; absent for the public and for the system.
    pub fn user(&self) -> Option<&UserId> {
        self.user.as_ref()
    }

    /// The rows that it reaches.
    pub fn rows(&self) -> &RowFilter {
        &self.rows
    }
}

//! Datasets, the agencies that publish them, and their versions.

use chrono::{DateTime, Utc};

use crate::{AgencyId, DatasetId, RunId, Text, UserId, Version};

/// An agency that publishes, provides or uses data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency {
    /// Its id.
    pub id: AgencyId,
    /// Its names.
    pub name: Text,
    /// Its public page.
    pub url: Option<String>,
}

/// What a dataset is made of. There is no sixth kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DatasetKind {
    /// Place × property × time → result.
    Observations,
    /// Things with a geometry.
    Features,
    /// Rasters.
    Coverage,
    /// Rows that are neither observations nor features.
    Table,
    /// Reports, bulletins, scans.
    Document,
}

impl DatasetKind {
    /// Every kind.
    pub const ALL: [DatasetKind; 5] = [
        DatasetKind::Observations,
        DatasetKind::Features,
        DatasetKind::Coverage,
        DatasetKind::Table,
        DatasetKind::Document,
    ];

    /// The kind's code in tables and documents.
    pub fn code(self) -> &'static str {
        match self {
            DatasetKind::Observations => "observations",
            DatasetKind::Features => "features",
            DatasetKind::Coverage => "coverage",
            DatasetKind::Table => "table",
            DatasetKind::Document => "document",
        }
    }

    /// The kind of a code.
    pub fn from_code(code: &str) -> Option<DatasetKind> {
        DatasetKind::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// Who may read a dataset (Law on Data 60/2024/QH15: open, shared use; the rest case by case).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Anyone.
    Open,
    /// Agencies by default, others by grant; everyone may know that it exists.
    Shared,
    /// By grant only; whoever has none may not know that it exists.
    Restricted,
}

impl Access {
    /// Every class.
    pub const ALL: [Access; 3] = [Access::Open, Access::Shared, Access::Restricted];

    /// The class's code in tables and documents.
    pub fn code(self) -> &'static str {
        match self {
            Access::Open => "open",
            Access::Shared => "shared",
            Access::Restricted => "restricted",
        }
    }

    /// The class of a code.
    pub fn from_code(code: &str) -> Option<Access> {
        Access::ALL.into_iter().find(|access| access.code() == code)
    }
}

/// The portal's six sectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Water: levels, discharge, salinity, tide, rain.
    Water,
    /// Agriculture.
    Agriculture,
    /// Aquaculture and fisheries.
    Aquaculture,
    /// Environment and climate.
    Environment,
    /// Infrastructure.
    Infrastructure,
    /// Population and economy.
    Society,
}

impl Theme {
    /// Every theme, in the portal's order.
    pub const ALL: [Theme; 6] = [
        Theme::Water,
        Theme::Agriculture,
        Theme::Aquaculture,
        Theme::Environment,
        Theme::Infrastructure,
        Theme::Society,
    ];

    /// The theme's code in tables and documents.
    pub fn code(self) -> &'static str {
        match self {
            Theme::Water => "water",
            Theme::Agriculture => "agriculture",
            Theme::Aquaculture => "aquaculture",
            Theme::Environment => "environment",
            Theme::Infrastructure => "infrastructure",
            Theme::Society => "society",
        }
    }

    /// The theme of a code.
    pub fn from_code(code: &str) -> Option<Theme> {
        Theme::ALL.into_iter().find(|theme| theme.code() == code)
    }
}

/// A dataset: what one agency publishes under one name, policy and licence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Its id, also its table name in SQL.
    pub id: DatasetId,
    /// What it is made of.
    pub kind: DatasetKind,
    /// Who publishes it.
    pub agency: AgencyId,
    /// Its title.
    pub title: Text,
    /// What it holds, how it was made, what to beware of.
    pub description: Text,
    /// Its sector.
    pub theme: Theme,
    /// Its licence: an SPDX id such as `CC-BY-4.0`, or a phrase.
    pub licence: String,
    /// Who may read it.
    pub access: Access,
    /// Where the data come from, as a sentence to be cited.
    pub source: String,
    /// Whether the values were made up for demonstration; shown wherever the dataset is.
    pub synthetic: bool,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
}

/// One version of a dataset: one commit of its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionInfo {
    /// The dataset.
    pub dataset: DatasetId,
    /// Its number.
    pub version: Version,
    /// The run that made it.
    pub run: RunId,
    /// When it was committed.
    pub committed_at: DateTime<Utc>,
    /// Who committed it; absent for the system.
    pub committed_by: Option<UserId>,
    /// Values that were new.
    pub added: u64,
    /// Values that replaced another.
    pub corrected: u64,
    /// Values in the dataset after the commit.
    pub total: u64,
    /// For a product, the versions it read.
    pub pinned: Vec<(DatasetId, Version)>,
}

impl VersionInfo {
    /// Values of the version before that are gone; a corrected value is neither new nor gone.
    pub fn removed_since(&self, before: Option<&VersionInfo>) -> u64 {
        let there = before.map_or(0, |before| before.total);
        there.saturating_add(self.added).saturating_sub(self.total)
    }
}

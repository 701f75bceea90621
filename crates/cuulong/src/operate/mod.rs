//! Keeping a node: backup and restore, export, verification, upgrade and examination.
//!
//! Everything here opens the node's parts itself and reads them beside a running node: the
//! catalogue in one read transaction, the store by files that never change once they are written.

pub(crate) mod backup;
pub(crate) mod compact;
pub(crate) mod doctor;
pub(crate) mod expire;
pub(crate) mod export;
pub(crate) mod fill;
pub mod folder;
pub(crate) mod manifest;
pub(crate) mod place;
pub(crate) mod prune;
pub(crate) mod restore;
mod tables;
pub(crate) mod verify;

use catalog::Catalog;
use lake::{Lake, LakeConfig};
use model::Lang;

pub(crate) use crate::commands::Done;
use crate::commands::sentence;
use crate::config::Config;

/// The parts of a node that an operator's work reads.
pub(crate) struct Parts {
    pub(crate) catalog: Catalog,
    pub(crate) lake: Lake,
}

impl Parts {
    /// Opens catalogue and store as they are. Nothing is brought up to date.
    pub(crate) async fn open(config: &Config) -> Done<Parts> {
        folder::must_be_known(config)?;
        let catalog =
            Catalog::open_as_is(&config.catalog).await.map_err(|error| advised(&error, config.lang))?;
        let place = LakeConfig { url: config.store.clone(), options: config.store_options.clone() };
        let lake = Lake::open(&place).await.map_err(|error| sentence(&error))?;
        Ok(Parts { catalog, lake })
    }
}

/// An error of the catalogue with what to do about it.
pub(crate) fn advised(error: &catalog::Error, lang: Lang) -> String {
    match error {
        catalog::Error::Invalid { what, hint } => {
            format!("{}: {}", what.sentence(lang), hint.sentence(lang))
        }
        other => sentence(other),
    }
}

/// The sentence in the person's language.
pub(crate) fn say<'a>(lang: Lang, vi: &'a str, en: &'a str) -> &'a str {
    if lang == Lang::En { en } else { vi }
}

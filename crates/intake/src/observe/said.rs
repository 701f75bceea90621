//! What a fact of values that stands around a table says, and whether its text is known.

use super::period::Period;
use super::resolve::{find_property, find_unit};
use super::shared::Shared;
use super::statistic::find_statistic;

/// What a fact of values says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Said {
    Property,
    Unit,
    Period,
    Statistic,
}

impl Said {
    /// As an error calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Said::Property => "property",
            Said::Unit => "unit",
            Said::Period => "period",
            Said::Statistic => "statistic",
        }
    }

    /// Whether a text says such a thing.
    pub(super) fn is_known(self, text: &str, shared: &Shared) -> bool {
        match self {
            Said::Property => find_property(&shared.gazetteer, text).is_some(),
            Said::Unit => find_unit(&shared.gazetteer, text).is_some(),
            Said::Period => Period::parse(text).is_some_and(|_| text.starts_with('P') || text.contains(':')),
            Said::Statistic => find_statistic(text).is_some(),
        }
    }
}

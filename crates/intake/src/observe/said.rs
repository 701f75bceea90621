//! What a fact of values that stands around a table says, and whether its text is known.

use wording::{Told, told};

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
    /// A text that says no such thing.
    pub(super) fn unknown(self, text: &str) -> Told {
        match self {
            Said::Property => {
                told!(
                    "intake-no-property-known-here",
                    "`{text}` is no property that is known here",
                    text = text
                )
            }
            Said::Unit => {
                told!("intake-no-unit-known-here", "`{unit}` is no unit that is known here", unit = text)
            }
            Said::Period => {
                told!("intake-no-period-known-here", "`{text}` is no period that is known here", text = text)
            }
            Said::Statistic => {
                told!(
                    "intake-no-statistic-known-here",
                    "`{text}` is no statistic that is known here",
                    text = text
                )
            }
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

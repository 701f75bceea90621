//! The one formatting table of numbers and dates, which the islands read too.

use std::sync::LazyLock;

use model::Lang;
use serde::Deserialize;

/// How one language writes numbers and dates.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Format {
    pub(super) decimal: char,
    pub(super) group: char,
    pub(super) date: String,
    pub(super) day_month: String,
    pub(super) month: String,
    pub(super) months: [String; 12],
    pub(super) weekdays: [String; 7],
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    vi: Format,
    en: Format,
    km: Format,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../format.json")).expect("the table is part of the source")
});

/// The language's way of writing.
pub(super) fn format(lang: Lang) -> &'static Format {
    match lang {
        Lang::Vi => &TABLE.vi,
        Lang::En => &TABLE.en,
        Lang::Km => &TABLE.km,
    }
}

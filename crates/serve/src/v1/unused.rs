//! Parameters that operations with the same parameters as others do not use: they are in no document, and
//! whoever sends one is told so instead of being answered as if it counted.

use wording::told;

use crate::http::{Answer, Problem, ProblemKind};

/// By the names of the operations.
const UNUSED: [(&str, &[&str]); 5] = [
    ("get_datasets_id_observations", &["buckets", "width"]),
    ("get_datasets_id_observations_buckets", &["limit", "cursor", "format"]),
    ("get_datasets_id_latest", &["datetime", "limit", "cursor", "format", "buckets", "width"]),
    ("get_datasets_id_coverages_item", &["bbox", "limit", "cursor", "offset"]),
    ("get_datasets_id_coverages_item_file", &["bbox", "lon", "lat", "limit", "cursor", "offset"]),
];

/// Whether an operation does not use a parameter.
pub(super) fn is_unused(operation: &str, parameter: &str) -> bool {
    UNUSED.iter().any(|(name, unused)| *name == operation && unused.contains(&parameter))
}

/// Refuses the parameters that were given and that the operation does not use.
pub(super) fn refuse(operation: &str, given: &[(&'static str, bool)]) -> Answer<()> {
    match given.iter().find(|(name, is_given)| *is_given && is_unused(operation, name)) {
        None => Ok(()),
        Some((name, _)) => {
            let what = told!(
                "serve-means-nothing-here-leave-out",
                "`{name}` means nothing here: leave it out",
                name = name
            );
            Err(Problem::text(ProblemKind::UnknownParameter, what).at(name))
        }
    }
}

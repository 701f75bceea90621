//! Which kinds of geometry a table holds, as its files' own heads say: no row is read for it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{Error, Lake, Snapshot};

/// The kinds of geometry of a version, by GeoParquet's names, e.g. `Point` or `MultiPolygon Z`: those
/// that its files have had when they were written. `None` where a file holds some that have no name.
pub(crate) async fn geometry_types(
    lake: &Lake,
    snapshot: &Snapshot,
) -> Result<Option<BTreeSet<String>>, Error> {
    let mut types = BTreeSet::new();
    for file in snapshot.files() {
        let metadata = lake.inner.metadata.of(&lake.inner.store, file).await?;
        let entries = metadata.metadata().file_metadata().key_value_metadata();
        let geo = entries.into_iter().flatten().find(|entry| entry.key == "geo");
        let Some(of_file) = geo.and_then(|entry| named(entry.value.as_deref()?)) else { return Ok(None) };
        types.extend(of_file);
    }
    Ok(Some(types))
}

/// What the `geo` entry of a file names (GeoParquet 1.1.0, "Column metadata"): an empty list says that
/// the kinds are not known.
fn named(geo: &str) -> Option<Vec<String>> {
    let geo: Value = serde_json::from_str(geo).ok()?;
    let types = geo["columns"]["geometry"]["geometry_types"].as_array()?;
    let types: Vec<String> = types.iter().filter_map(|of| of.as_str().map(str::to_owned)).collect();
    (!types.is_empty()).then_some(types)
}

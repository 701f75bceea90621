//! The engine that these tests ask: this machine alone. The tests of the cluster put theirs here.

use std::path::Path;

use catalog::Catalog;
use lake::Lake;
use query::{Engine, QueryLimits};

#[expect(clippy::unused_async, reason = "a cluster takes a moment to start")]
pub async fn start(catalog: &Catalog, lake: &Lake, _folder: &Path, limits: QueryLimits) -> Engine {
    Engine::new(catalog.clone(), lake.clone(), limits).unwrap()
}

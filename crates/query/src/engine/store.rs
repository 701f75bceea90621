//! The one store that plans may read: the lake's.

use std::sync::Arc;

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreRegistry;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use url::Url;

/// The name of the lake's store inside plans. The store is rooted at the lake, so that a plan
/// carries no path of this machine.
pub(crate) const LAKE_URL: &str = "lake://tables";

/// Knows the lake's store and no other: no statement reaches the machine's files or the network.
#[derive(Debug)]
struct OnlyLake {
    store: Arc<dyn ObjectStore>,
}

/// The stores of plans that may read the lake's; without one there is nothing to read, which is
/// enough for who passes plans on.
pub(crate) fn only_lake(store: Option<Arc<dyn ObjectStore>>) -> Arc<dyn ObjectStoreRegistry> {
    Arc::new(OnlyLake { store: store.unwrap_or_else(|| Arc::new(InMemory::new())) })
}

impl ObjectStoreRegistry for OnlyLake {
    fn register_store(&self, _url: &Url, _store: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        None
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        if url.as_str().starts_with(LAKE_URL) {
            return Ok(self.store.clone());
        }
        Err(DataFusionError::Plan("only the tables of this node can be read".to_owned()))
    }
}

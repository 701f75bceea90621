//! What all parts of a cluster agree on.

use ballista_core::extension::SessionConfigExt;
use datafusion::execution::context::SessionConfig;

use crate::tls::Tls;

/// The largest message between two parts: a plan names its files and carries the tables beside the
/// data, and the places of its datastreams.
pub(crate) const MESSAGE_BYTES: usize = 256 << 20;

/// The sessions of the cluster.
pub(crate) fn session(tls: &Tls) -> SessionConfig {
    SessionConfig::new_with_ballista()
        .with_ballista_use_tls(true)
        .with_ballista_override_create_grpc_client_endpoint(tls.for_ballista())
        .with_ballista_grpc_client_max_message_size(MESSAGE_BYTES)
}

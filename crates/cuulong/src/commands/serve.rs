//! `cuulong serve`: start a node.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::{Done, sentence, tell};
use crate::config::Config;
use crate::node::Node;
use crate::sample;

/// Opens the folder, loads the sample when asked, and serves until a signal.
pub async fn serve(config: &Config, demo: bool) -> Done {
    let mut node = Node::open(config, demo).await.map_err(|error| sentence(&error))?;
    let listener = TcpListener::bind(&config.listen).await.map_err(|error| {
        format!("cannot listen on `{}`: {error}; choose another with --listen", config.listen)
    })?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    if demo {
        let started = std::time::Instant::now();
        let account = sample::load(node.app(), &|line| tell(line)).await?;
        tell(&format!("the sample is in place ({:.1} s)", started.elapsed().as_secs_f64()));
        if let Some(account) = account {
            tell(&format!(
                "to hand in a file, sign in as `{}` with the password {}",
                account.user, account.password
            ));
        }
    }
    tell(&format!("Cửu Long: http://{}", shown(address)));
    if let Some(address) = node.listen_sql().await.map_err(|error| sentence(&error))? {
        tell(&format!("PostgreSQL: postgresql://public@{}/cuulong", shown(address)));
    }
    if let Some(address) = node.listen_mqtt().await.map_err(|error| sentence(&error))? {
        tell(&format!("MQTT: mqtt://{}", shown(address)));
    }
    node.serve(listener, signal()).await.map_err(|error| sentence(&error))
}

fn shown(address: SocketAddr) -> String {
    if address.ip().is_unspecified() { format!("127.0.0.1:{}", address.port()) } else { address.to_string() }
}

/// Resolves on Ctrl-C and on SIGTERM.
async fn signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = interrupt => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(_) => drop(interrupt.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupt.await);
}

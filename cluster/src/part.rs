//! What `cuulong` hands over: the way to a cluster, and its scheduler and executors as commands.

use std::sync::Arc;

use cuulong::ClusterPart;
use cuulong::cli::ClusterCommand;
use cuulong::config::{Config, EngineAt};
use futures::FutureExt;
use lake::{Lake, LakeConfig};
use query::cluster::Elsewhere;
use tokio::net::TcpListener;

use crate::connect::Scheduler;
use crate::executor::{Executor, ExecutorSettings};
use crate::scheduler::serve_scheduler;
use crate::tls::Tls;

/// The cluster, for a program that is built with it.
pub fn part() -> ClusterPart {
    ClusterPart { connect, run: |config, command| run(config, command).boxed() }
}

fn address(config: &Config) -> Result<(String, u16), String> {
    match &config.engine {
        EngineAt::Ballista { host, port } => Ok((host.clone(), *port)),
        EngineAt::Local => Err("where is the scheduler? give --engine ballista://host:port".to_owned()),
    }
}

fn connect(config: &Config) -> Result<Elsewhere, String> {
    let (host, port) = address(config)?;
    let tls = Tls::new(config.cluster_secret.as_ref()).map_err(|error| error.to_string())?;
    let scheduler = Scheduler::at(&host, port, tls).map_err(|error| error.to_string())?;
    Ok(Elsewhere {
        cluster: Arc::new(scheduler),
        from_bytes: config.cluster_from_bytes,
        partitions: config.cluster_partitions,
    })
}

async fn run(config: Config, command: ClusterCommand) -> Result<(), String> {
    let tls = Tls::new(config.cluster_secret.as_ref()).map_err(|error| error.to_string())?;
    let listen = async |address: std::net::SocketAddr| {
        TcpListener::bind(address).await.map_err(|error| format!("cannot listen on `{address}`: {error}"))
    };
    match command {
        ClusterCommand::Secret => Err("`cuulong cluster secret` is answered before".to_owned()),
        ClusterCommand::Scheduler { listen: address } => {
            let served = serve_scheduler(listen(address).await?, &tls, told_to_stop());
            served.await.map_err(|error| error.to_string())
        }
        ClusterCommand::Executor { listen: at, host, threads, memory, work } => {
            let place = LakeConfig { url: config.store.clone(), options: config.store_options.clone() };
            let lake = Lake::open_to_read(&place)
                .await
                .map_err(|error| format!("cannot open the store `{}` (--store): {error}", config.store))?;
            let settings = ExecutorSettings {
                scheduler: address(&config)?,
                host,
                threads: threads
                    .unwrap_or_else(|| std::thread::available_parallelism().map_or(2, usize::from)),
                memory: memory.unwrap_or(config.query_memory as u64),
                work,
            };
            let executor = Executor::new(listen(at).await?, tls, lake, &settings);
            let executor = executor.map_err(|error| error.to_string())?;
            executor.run(told_to_stop()).await.map_err(|error| error.to_string())
        }
    }
}

/// Resolves when the process is told to end.
async fn told_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

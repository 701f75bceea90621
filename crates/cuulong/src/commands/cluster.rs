//! The cluster's commands, and the program that is built with it: this one stays small, and hands over.

use std::path::PathBuf;

use futures::future::BoxFuture;
use query::cluster::Elsewhere;
use rand::Rng;

use super::{Done, print};
use crate::cli::{ClusterCommand, Command};
use crate::config::{Config, EngineAt};

/// What a program adds that is built with the cluster.
#[derive(Debug, Clone, Copy)]
pub struct ClusterPart {
    /// The way to the cluster that the configuration names.
    pub connect: fn(&Config) -> Done<Elsewhere>,
    /// Runs a scheduler or an executor until it is told to stop.
    pub run: fn(Config, ClusterCommand) -> BoxFuture<'static, Done>,
}

/// The program that is built with the cluster.
const PROGRAM: &str = "cuulong-cluster";

/// Whether the command needs the cluster, and this program has no part in one.
pub fn is_for_another(config: &Config, command: &Command) -> bool {
    if config.cluster_part.is_some() {
        return false;
    }
    match command {
        Command::Cluster(ClusterCommand::Secret) | Command::Config => false,
        Command::Cluster(_) => true,
        // These ask, or open a node that may.
        Command::Serve { .. }
        | Command::Load { .. }
        | Command::Sql { .. }
        | Command::Dataset(_)
        | Command::User(_)
        | Command::Grant(_)
        | Command::Recipe(_) => config.engine != EngineAt::Local,
        _ => false,
    }
}

/// Goes on as the program that is built with the cluster, with the same words.
pub fn hand_over() -> Done {
    let program = beside_us()?;
    let mut command = std::process::Command::new(&program);
    command.args(std::env::args_os().skip(1));
    let failed = |error: std::io::Error| format!("cannot start `{}`: {error}", program.display());
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        // It takes this process over: signals reach it, and its end is ours.
        Err(failed(command.exec()))
    }
    #[cfg(not(unix))]
    {
        let status = command.status().map_err(failed)?;
        if status.success() { Ok(()) } else { Err(format!("`{PROGRAM}` ended with {status}")) }
    }
}

fn beside_us() -> Done<PathBuf> {
    let us = std::env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    let program = us.with_file_name(format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX));
    if program.is_file() {
        return Ok(program);
    }
    Err(format!(
        "`{}` is not there: a cluster needs it beside `cuulong`; build it with `cargo xtask cluster` \
         (once, some minutes), or set engine to local",
        program.display()
    ))
}

/// Runs one of the cluster's commands.
pub async fn run(config: Config, command: ClusterCommand) -> Done {
    match (command, config.cluster_part) {
        (ClusterCommand::Secret, _) => {
            print(&hex::encode(rand::rng().random::<[u8; 32]>()));
            Ok(())
        }
        (command, Some(part)) => (part.run)(config, command).await,
        (_, None) => hand_over(),
    }
}

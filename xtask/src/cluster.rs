//! The program with the cluster, a workspace of its own so that everybody's first build stays short.

use std::process::Command;

use crate::shell::{self, Done, cargo, find, root, say, target};
use crate::tidy;

const MANIFEST: &str = "cluster/Cargo.toml";

/// Cargo for that workspace. It puts what it builds beside the rest.
fn of_cluster(arguments: &[&str]) -> Command {
    let mut command = cargo(arguments);
    command.env("CARGO_TARGET_DIR", target());
    command
}

/// Builds `cuulong-cluster`; arguments (`--release`) go to cargo.
pub fn build(arguments: &[String]) -> Done {
    say("building the program with the cluster (the first time this takes some minutes)");
    let mut build = of_cluster(&["build", "--manifest-path", MANIFEST, "--bin", "cuulong-cluster"]);
    build.args(arguments);
    shell::run(build)
}

/// Its formatting.
pub fn tidy() -> Done {
    say("tidy: the cluster");
    shell::run(of_cluster(&["fmt", "--manifest-path", MANIFEST, "--check"]))
}

/// Its lints.
pub fn clippy() -> Done {
    shell::run(of_cluster(&[
        "clippy",
        "--quiet",
        "--manifest-path",
        MANIFEST,
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

/// Its tests: scheduler, executors and nodes, in one process and as processes.
pub fn test(arguments: &[String], environment: &[(&str, String)]) -> Done {
    say("building and running the cluster's tests");
    let mut tests = match find("cargo-nextest").is_some() {
        true => of_cluster(&["nextest", "run", "--manifest-path", MANIFEST, "--no-fail-fast"]),
        false => of_cluster(&["test", "--manifest-path", MANIFEST, "--no-fail-fast"]),
    };
    tidy::linted(&mut tests)?;
    tests.args(arguments).envs(environment.iter().cloned());
    shell::run(tests)
}

/// What of the engine's versions differs between the two lock files: a plan that leaves a node is read
/// by the same engine.
pub fn locks_differ() -> Done<Vec<String>> {
    let engine = ["arrow", "datafusion", "parquet", "object_store", "deltalake", "buoyant", "geodatafusion"];
    let versions = |name: &str| -> Done<Vec<(String, String)>> {
        let text = std::fs::read_to_string(root().join(name)).map_err(|error| format!("{name}: {error}"))?;
        let value = |package: &str, key: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(&format!("{key} = \"")));
            line.map(|rest| rest.trim_end_matches('"').to_owned())
        };
        let packages = text.split("[[package]]").skip(1);
        let named =
            packages.filter_map(|package| Some((value(package, "name")?, value(package, "version")?)));
        Ok(named.filter(|(name, _)| engine.iter().any(|prefix| name.starts_with(prefix))).collect())
    };
    let ours = versions("Cargo.lock")?;
    let theirs = versions("cluster/Cargo.lock")?;
    let differs = |name: &str, version: &str| {
        let mut others = theirs.iter().filter(|(known, _)| known == name).peekable();
        others.peek().is_some() && others.all(|(_, other)| other != version)
    };
    let mut faults = Vec::new();
    for (name, version) in &ours {
        if differs(name, version) {
            faults.push(format!(
                "cluster/Cargo.lock has another `{name}` than Cargo.lock, which has {version}: run \
                 `cargo update --manifest-path cluster/Cargo.toml {name} --precise {version}`"
            ));
        }
    }
    Ok(faults)
}

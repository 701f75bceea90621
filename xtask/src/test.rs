//! `cargo xtask test`: everything that must hold, on this machine.

use std::path::PathBuf;
use std::process::Command;

use crate::postgres;
use crate::shell::{self, Done, cargo, find, say};
use crate::{cluster, machine, tidy, web};

/// Prepares servers, browser and clients, tidies, and runs every test.
pub fn run(arguments: &[String]) -> Done {
    let real_data = machine::real_data()?;
    web::build_if_possible()?;
    // Arguments choose tests of one of the two workspaces: `cluster` before them, those of the cluster.
    let (node, of_cluster) = match arguments {
        [] => (Some(arguments), Some(arguments)),
        [first, rest @ ..] if first == "cluster" => (None, Some(rest)),
        arguments => (Some(arguments), None),
    };
    if node.is_some() {
        tidy::node()?;
    }
    // What is fetched and what is compiled do not wait for each other.
    let (prepared, built) = std::thread::scope(|scope| {
        let building = node.map(|_| scope.spawn(build_node));
        let prepared = prepare();
        let built = building.map_or(Ok(()), |building| {
            building.join().unwrap_or_else(|_| Err("the build broke off".to_owned()))
        });
        (prepared, built)
    });
    let Prepared { mut environment, server: _server } = prepared?;
    built?;
    environment.extend(real_data.map(|folder| ("CUULONG_REAL_DATA", folder.display().to_string())));
    if let Some(arguments) = node {
        of_node(arguments, &environment)?;
    }
    if let Some(arguments) = of_cluster {
        if node.is_some() {
            machine::make_room()?;
        }
        cluster::tidy()?;
        cluster::test(arguments, &environment)?;
    }
    Ok(())
}

/// What the tests need of this machine.
struct Prepared {
    environment: Vec<(&'static str, String)>,
    /// Ends when it is dropped.
    server: postgres::Server,
}

fn prepare() -> Done<Prepared> {
    let shown = |path: PathBuf| path.display().to_string();
    let mut environment = vec![
        ("CUULONG_TEST_CHROMIUM", shown(machine::chromium()?)),
        ("CUULONG_TEST_PYTHON", shown(machine::python_clients()?)),
        ("CUULONG_TEST_JDBC", shown(machine::jdbc()?)),
        ("CUULONG_TEST_ODBC", shown(machine::odbc()?)),
        ("CUULONG_TEST_R", shown(machine::rscript()?)),
        ("CUULONG_TEST_QGIS", shown(machine::qgis()?)),
    ];
    machine::gdal()?;
    machine::mosquitto()?;
    machine::postgis()?;
    let server = postgres::Server::start()?;
    environment.push(("CUULONG_TEST_POSTGRES", server.url.clone()));
    Ok(Prepared { environment, server })
}

/// Cargo for the tests of the node's workspace; it lints what it builds.
fn of_workspace(rest: &[&str]) -> Done<Command> {
    let mut tests = match find("cargo-nextest").is_some() {
        true => cargo(&["nextest", "run", "--workspace"]),
        false => cargo(&["test", "--workspace"]),
    };
    tests.args(rest);
    tidy::linted(&mut tests)?;
    Ok(tests)
}

fn build_node() -> Done {
    say("building the tests, with Clippy");
    shell::run(of_workspace(&["--no-run"])?)
}

/// The tests of the node's workspace.
fn of_node(arguments: &[String], environment: &[(&str, String)]) -> Done {
    say("running the tests");
    let mut tests = of_workspace(&["--no-fail-fast"])?;
    tests.args(arguments).envs(environment.iter().cloned());
    shell::run(tests)
}

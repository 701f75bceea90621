//! `cargo xtask test`: everything that must hold, on this machine.

use crate::postgres;
use crate::shell::{self, Done, cargo, find, say};
use crate::{cluster, machine, tidy, web};

/// Prepares servers, browser and clients, tidies, and runs every test.
pub fn run(arguments: &[String]) -> Done {
    let real_data = machine::real_data()?;
    web::build_if_possible()?;
    let chromium = machine::chromium()?;
    let python = machine::python_clients()?;
    machine::gdal()?;
    let (jdbc, rscript) = (machine::jdbc()?, machine::rscript()?);
    let odbc = machine::odbc()?;
    let qgis = machine::qgis()?;
    machine::mosquitto()?;
    machine::postgis()?;
    let server = postgres::Server::start()?;

    // Arguments choose tests of one of the two workspaces: `cluster` before them, those of the cluster.
    let (node, of_cluster) = match arguments {
        [] => (Some(arguments), Some(arguments)),
        [first, rest @ ..] if first == "cluster" => (None, Some(rest)),
        arguments => (Some(arguments), None),
    };
    let mut environment = vec![
        ("CUULONG_TEST_POSTGRES", server.url.clone()),
        ("CUULONG_TEST_CHROMIUM", chromium.display().to_string()),
        ("CUULONG_TEST_PYTHON", python.display().to_string()),
        ("CUULONG_TEST_JDBC", jdbc.display().to_string()),
        ("CUULONG_TEST_ODBC", odbc.display().to_string()),
        ("CUULONG_TEST_R", rscript.display().to_string()),
        ("CUULONG_TEST_QGIS", qgis.display().to_string()),
    ];
    environment.extend(real_data.map(|folder| ("CUULONG_REAL_DATA", folder.display().to_string())));
    if let Some(arguments) = node {
        tidy::node()?;
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

/// The tests of the node's workspace.
fn of_node(arguments: &[String], environment: &[(&str, String)]) -> Done {
    say("building and running the tests");
    let mut tests = match find("cargo-nextest").is_some() {
        true => cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]),
        false => cargo(&["test", "--workspace", "--no-fail-fast"]),
    };
    tests.args(arguments).envs(environment.iter().cloned());
    shell::run(tests)
}

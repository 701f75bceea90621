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
    let server = postgres::Server::start()?;

    tidy::run()?;

    say("building and running the tests");
    let nextest = find("cargo-nextest").is_some();
    let mut tests = match nextest {
        true => cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]),
        false => cargo(&["test", "--workspace", "--no-fail-fast"]),
    };
    let mut environment = vec![
        ("CUULONG_TEST_POSTGRES", server.url.clone()),
        ("CUULONG_TEST_CHROMIUM", chromium.display().to_string()),
        ("CUULONG_TEST_PYTHON", python.display().to_string()),
    ];
    environment.extend(real_data.map(|folder| ("CUULONG_REAL_DATA", folder.display().to_string())));
    // Arguments choose tests of one of the two workspaces: `cluster` before them, those of the cluster.
    match arguments {
        [] => {
            tests.envs(environment.iter().cloned());
            shell::run(tests)?;
            cluster::test(&[], &environment)
        }
        [first, rest @ ..] if first == "cluster" => cluster::test(rest, &environment),
        arguments => {
            tests.args(arguments).envs(environment.iter().cloned());
            shell::run(tests)
        }
    }
}

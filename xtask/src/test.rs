//! `cargo xtask test`: everything that must hold, on this machine.

use crate::postgres;
use crate::shell::{self, Done, cargo, find, say};
use crate::{machine, tidy, web};

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
    tests
        .args(arguments)
        .env("CUULONG_TEST_POSTGRES", &server.url)
        .env("CUULONG_TEST_CHROMIUM", &chromium)
        .env("CUULONG_TEST_PYTHON", &python);
    if let Some(folder) = real_data {
        tests.env("CUULONG_REAL_DATA", folder);
    }
    shell::run(tests)
}

//! `cargo xtask test`: everything that must hold, on this machine.

use std::path::PathBuf;
use std::process::Command;

use crate::postgres;
use crate::shell::{self, Done, cargo, find, say};
use crate::{machine, tidy, web};

/// The tests of the cluster run after all others: they are several nodes and executors each.
const OF_CLUSTER: &str = "package(cuulong-cluster)";

/// Prepares servers, browser and clients, tidies, and runs every test.
pub fn run(arguments: &[String]) -> Done {
    let real_data = machine::real_data()?;
    web::build_if_possible()?;
    tidy::cheap()?;
    // What is fetched and what is compiled do not wait for each other.
    let (prepared, built) = std::thread::scope(|scope| {
        let building = scope.spawn(build);
        let prepared = prepare();
        (prepared, building.join().unwrap_or_else(|_| Err("the build broke off".to_owned())))
    });
    let Prepared { mut environment, server: _server } = prepared?;
    built?;
    environment.extend(real_data.map(|folder| ("CUULONG_REAL_DATA", folder.display().to_string())));
    let others = format!("not {OF_CLUSTER}");
    let has_nextest = find("cargo-nextest").is_some();
    match arguments {
        [] if has_nextest => {
            // What fails among the ones is no reason not to see the others.
            let first = run_tests(&["-E", &others], &[], &environment);
            let second = run_tests(&["-E", OF_CLUSTER], &[], &environment);
            first.and(second)
        }
        [first, rest @ ..] if first == "cluster" => match has_nextest {
            true => run_tests(&["-E", OF_CLUSTER], rest, &environment),
            false => shell::run({
                let mut tests = cargo(&["test", "--package", "cuulong-cluster"]);
                tests.args(rest).envs(environment);
                tests
            }),
        },
        arguments => run_tests(&[], arguments, &environment),
    }
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

/// Cargo for the tests, of the node and of the cluster in one build; it lints what it builds.
fn tests(rest: &[&str]) -> Done<Command> {
    let mut tests = match find("cargo-nextest").is_some() {
        true => cargo(&["nextest", "run", "--workspace"]),
        false => cargo(&["test", "--workspace"]),
    };
    tests.args(rest);
    tidy::linted(&mut tests)?;
    Ok(tests)
}

fn build() -> Done {
    say("building the tests, with Clippy");
    shell::run(tests(&["--no-run"])?)
}

fn run_tests(which: &[&str], arguments: &[String], environment: &[(&str, String)]) -> Done {
    say("running the tests");
    let mut tests = tests(&["--no-fail-fast"])?;
    tests.args(which).args(arguments).envs(environment.iter().cloned());
    shell::run(tests)
}

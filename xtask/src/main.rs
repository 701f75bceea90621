//! The one door: `cargo xtask demo | test | tidy | cluster | web | bench`.

mod bench;
mod cluster;
mod demo;
mod machine;
mod postgres;
mod shell;
mod test;
mod tidy;
mod web;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  demo [ARG…]   build the pages' islands and the node, start it with the sample, print its address
  test [ARG…]   prepare what the tests need, tidy, then run every test (ARGs go to the test
                runner; `test cluster ARG…` runs those of the cluster alone)
  tidy          formatting, lints, dependency arrows, file length and headers, licences
  cluster [ARG…] build `cuulong-cluster`, which nodes on a Ballista cluster need; ARGs (--release) go to cargo
  web           build the pages' islands
  bench [ARG…]  the same work on this node and on what people use instead; bench/README.md
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let done = match command.as_str() {
        "demo" => demo::run(&rest),
        "test" => test::run(&rest),
        "tidy" => tidy::run(),
        "cluster" => cluster::build(&rest),
        "web" => web::build(),
        "bench" => bench::bench(&rest),
        _ => {
            eprint!("{HELP}");
            return if command.is_empty() || command == "help" {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            };
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask {command}: {message}");
            ExitCode::FAILURE
        }
    }
}

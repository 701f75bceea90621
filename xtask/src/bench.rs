//! `cargo xtask bench`: the same work on this node and on what people use instead.

use crate::shell::{self, Done, cargo, command, run, say, target};

const HELP: &str = "\
cargo xtask bench [prepare|run|report] [--size S|M|L] [--only GROUP,…] [--without PEER,…] [--no-build] [--no-setup]

  sizes    S a minute or two, M 10 and 100 million values, L a billion
  groups   load read space write catalogue growth start fairness leaving cluster formats
  peers    duckdb postgres tipg pygeoapi martin
";

/// Installs the peers, builds the node as it is released, and runs bench/run.py.
pub fn bench(arguments: &[String]) -> Done {
    let mut steps: Vec<&str> = Vec::new();
    let mut environment: Vec<(&str, String)> = Vec::new();
    let (mut build, mut set_up) = (true, true);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = |name| match arguments.next() {
            Some(value) => Ok((name, value.clone())),
            None => Err(format!("`{argument}` needs a value\n{HELP}")),
        };
        match argument.as_str() {
            step @ ("prepare" | "run" | "report") => steps.push(step),
            "--size" => environment.push(value("BENCH_SIZE")?),
            "--only" => environment.push(value("BENCH_ONLY")?),
            "--without" => environment.push(value("BENCH_WITHOUT")?),
            "--no-build" => build = false,
            "--no-setup" => set_up = false,
            other => return Err(format!("`{other}` is not known\n{HELP}")),
        }
    }
    if steps.is_empty() {
        steps = vec!["prepare", "run"];
    }
    let bench = shell::root().join("bench");
    let work = target().join("bench");
    if set_up {
        say("installing the peers, where they are missing");
        run(command(bench.join("setup.sh"), &[]))?;
    }
    if build {
        say("building the node as it is released");
        run(cargo(&["build", "--release", "--bin", "cuulong"]))?;
    }
    for step in steps {
        let script = bench.join("run.py").display().to_string();
        let mut python = command(work.join("venv/bin/python"), &[&script, step]);
        python.envs(environment.iter().cloned()).env("BENCH_WORK", &work);
        run(python)?;
    }
    Ok(())
}

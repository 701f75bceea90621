//! The program with the cluster, which nobody's first build has.

use crate::shell::{self, Done, cargo, say};

/// Builds `cuulong-cluster`; arguments (`--release`) go to cargo.
pub fn build(arguments: &[String]) -> Done {
    say("building the program with the cluster (the first time this takes some minutes)");
    let mut build = cargo(&["build", "--package", "cuulong-cluster", "--bin", "cuulong-cluster"]);
    build.args(arguments);
    shell::run(build)
}

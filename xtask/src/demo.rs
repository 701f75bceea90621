//! `cargo xtask demo`: the product, with data, on a fresh machine.

use crate::shell::{self, Done, cargo, say};
use crate::web;

/// Builds what is missing and starts a node with the sample; arguments go to `cuulong serve`.
pub fn run(arguments: &[String]) -> Done {
    web::build_if_possible()?;
    say("building the node (the first time this takes several minutes)");
    shell::run(cargo(&["build", "--bin", "cuulong"]))?;
    let mut node = shell::command(shell::target().join("debug/cuulong"), &["serve", "--demo"]);
    node.args(arguments);
    shell::run(node)
}

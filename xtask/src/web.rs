//! Building the pages' islands with Node.js.

use crate::machine;
use crate::shell::{Done, command, root, run, say};

/// Installs what `web/package-lock.json` names and builds `web/dist`.
pub fn build() -> Done {
    if machine::node().is_none() {
        return Err("Node.js 20 or later and npm are missing: install them, or do without islands".to_owned());
    }
    let web = root().join("web");
    let npm = |arguments: &[&str]| {
        let mut npm = command("npm", arguments);
        npm.current_dir(&web);
        npm
    };
    if !is_installed(&web) {
        say("installing the islands' libraries");
        run(npm(&["ci", "--no-audit", "--no-fund", "--loglevel", "error"]))?;
    }
    say("building the islands");
    run(npm(&["run", "--silent", "build"]))
}

/// Whether `node_modules` is as new as the lock file.
fn is_installed(web: &std::path::Path) -> bool {
    let modified = |path: &str| web.join(path).metadata().and_then(|data| data.modified()).ok();
    match (modified("node_modules/.package-lock.json"), modified("package-lock.json")) {
        (Some(installed), Some(wanted)) => installed >= wanted,
        _ => false,
    }
}

/// Builds the islands where Node.js is there, and says so where it is not: pages read without them.
pub fn build_if_possible() -> Done {
    if machine::node().is_none() {
        say("Node.js is not here: the pages are served without islands (charts do not zoom)");
        return Ok(());
    }
    build()
}

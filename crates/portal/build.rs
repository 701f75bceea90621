//! Makes Cargo notice that `web/dist` was built, so that a release embeds it. It runs nothing.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CUULONG_WEB_BUILD");
    // A path that is not there would make every build a new one.
    let manifest = Path::new("../../web/dist/manifest.json");
    if manifest.exists() {
        println!("cargo::rerun-if-changed={}", manifest.display());
    }
}

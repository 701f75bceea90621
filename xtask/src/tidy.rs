//! `cargo xtask tidy`: what a machine can check of how the house is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{self, Done, cargo, command, find, output, root, say};

/// A file longer than this holds more than one idea.
const MOST_LINES: usize = 600;

/// Runs every check.
pub fn run() -> Done {
    cheap()?;
    say("tidy: clippy");
    shell::run(cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

/// Builds our own crates with Clippy in the compiler's place, so that what is built for the tests is
/// linted on the way: a run of Clippy's own would read every library once more before.
pub fn linted(build: &mut Command) -> Done {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let sysroot = output(command(rustc, &["--print", "sysroot"]))?;
    let driver = Path::new(sysroot.trim()).join("bin/clippy-driver");
    if !driver.is_file() {
        return Err("Clippy is missing: install it with `rustup component add clippy`".to_owned());
    }
    // As `cargo clippy -- -D warnings` tells it.
    build.env("RUSTC_WORKSPACE_WRAPPER", driver);
    build.env("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__");
    Ok(())
}

/// Every check but Clippy's; the cheapest first, all their faults at once.
pub fn cheap() -> Done {
    say("tidy: arrows, files, words");
    let mut faults = Vec::new();
    faults.extend(arrows()?);
    faults.extend(files()?);
    faults.extend(named_paths()?);
    if !faults.is_empty() {
        for fault in &faults {
            eprintln!("  {fault}");
        }
        return Err(format!("{} faults", faults.len()));
    }
    say("tidy: formatting");
    shell::run(cargo(&["fmt", "--all", "--check"]))?;
    if find("cargo-deny").is_some() {
        say("tidy: licences and advisories");
        shell::run(cargo(&["deny", "--log-level", "error", "check", "licenses", "bans", "sources"]))?;
        if let Err(message) =
            shell::run(cargo(&["deny", "--log-level", "error", "--offline", "check", "advisories"]))
        {
            say(&format!("advisories were not checked: {message}"));
        }
    } else {
        say(
            "tidy: cargo-deny is not here, licences and advisories are not checked (`cargo install cargo-deny`)",
        );
    }
    Ok(())
}

/// The arrows printed in `ARCHITECTURE.md` are the dependencies, no more and no fewer.
fn arrows() -> Done<Vec<String>> {
    let printed = printed_arrows(&read(&root().join("ARCHITECTURE.md"))?);
    let mut real: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut manifests: Vec<(String, PathBuf)> = folders(&root().join("crates"))?
        .into_iter()
        .map(|folder| (name_of(&folder), folder.join("Cargo.toml")))
        .collect();
    manifests.push(("tests".to_owned(), root().join("tests/Cargo.toml")));
    manifests.push(("cluster".to_owned(), root().join("cluster/Cargo.toml")));
    let ours: BTreeSet<String> = manifests.iter().map(|(name, _)| name.clone()).collect();
    for (name, manifest) in &manifests {
        real.insert(
            name.clone(),
            dependencies(&read(manifest)?, name == "tests").intersection(&ours).cloned().collect(),
        );
    }
    let mut faults = Vec::new();
    for name in printed.keys().chain(real.keys()).collect::<BTreeSet<_>>() {
        match (printed.get(name), real.get(name)) {
            (Some(printed), Some(real)) if printed == real => {}
            (Some(printed), Some(real)) => {
                let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" ");
                faults.push(format!(
                    "arrows of `{name}`: ARCHITECTURE.md prints `{}`, Cargo.toml has `{}`",
                    list(printed),
                    list(real)
                ));
            }
            (None, _) => faults.push(format!("crate `{name}` has no arrows in ARCHITECTURE.md")),
            (_, None) => {
                faults.push(format!("ARCHITECTURE.md prints arrows of `{name}`, which does not exist"))
            }
        }
    }
    Ok(faults)
}

/// The lines `name → a b c` of the block that starts with ```arrows.
fn printed_arrows(page: &str) -> BTreeMap<String, BTreeSet<String>> {
    page.lines()
        .skip_while(|line| line.trim() != "```arrows")
        .skip(1)
        .take_while(|line| line.trim() != "```")
        .filter_map(|line| {
            let (name, rest) = line.split_once('→')?;
            Some((name.trim().to_owned(), rest.split_whitespace().map(str::to_owned).collect()))
        })
        .collect()
}

/// The names in a manifest's `[dependencies]` (for the whole-system tests, its `[dev-dependencies]`).
fn dependencies(manifest: &str, dev: bool) -> BTreeSet<String> {
    let wanted = if dev { "[dev-dependencies]" } else { "[dependencies]" };
    manifest
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != wanted)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', '=', ' ']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// Every path that `ARCHITECTURE.md` names is there.
fn named_paths() -> Done<Vec<String>> {
    let page = read(&root().join("ARCHITECTURE.md"))?;
    let quoted = page.split('`').skip(1).step_by(2);
    let paths = quoted.filter(|word| word.starts_with("crates/") && !word.contains(['{', '<', '*', ' ']));
    Ok(paths
        .filter(|path| !root().join(path).exists())
        .map(|path| format!("ARCHITECTURE.md names `{path}`, which does not exist"))
        .collect())
}

/// Rust files open with a sentence and keep their length; nothing names a machine's paths.
fn files() -> Done<Vec<String>> {
    let listed = output(command("git", &["ls-files", "--cached", "--others", "--exclude-standard"]))?;
    let mut faults = Vec::new();
    for name in listed.lines() {
        let path = root().join(name);
        if !path.is_file() {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for (number, line) in text.lines().enumerate() {
            if let Some(word) = FORBIDDEN.iter().find(|word| line.contains(&word.concat())) {
                faults.push(format!("{name}:{}: names `{}`", number + 1, word.concat()));
            }
        }
        if !name.ends_with(".rs") {
            continue;
        }
        if !text.starts_with("//! ") {
            faults.push(format!("{name}: does not open with `//! ` and a sentence"));
        }
        let is_test = name.contains("/tests/") || name.ends_with("/tests.rs");
        let lines = text.lines().count();
        if lines > MOST_LINES && !is_test {
            faults.push(format!("{name}: {lines} lines, more than {MOST_LINES}: find the second idea in it"));
        }
        if !is_test {
            for (number, line) in text.lines().enumerate() {
                if names_bare_word(line) {
                    faults.push(format!(
                        "{name}:{}: `delta` is an identifier: say mekong, table or change",
                        number + 1
                    ));
                }
            }
        }
    }
    Ok(faults)
}

/// Written in two halves, so that this list does not find itself.
const FORBIDDEN: &[[&str; 2]] = &[
    ["/wo", "rk/"],
    ["/ro", "ot/"],
    ["/ho", "me/"],
    ["index.crates", ".io"],
    ["npmjs", ".org"],
    ["static.crates", ".io"],
];

/// Whether a line of code declares something called `delta`.
fn names_bare_word(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or("");
    ["let delta ", "let delta:", "let mut delta ", "fn delta(", "mod delta;", "delta: "]
        .iter()
        .any(|word| code.trim_start().starts_with(word))
}

fn read(path: &Path) -> Done<String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn folders(path: &Path) -> Done<Vec<PathBuf>> {
    let entries = std::fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut folders: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.join("Cargo.toml").is_file())
        .collect();
    folders.sort();
    Ok(folders)
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

//! What the machine must have, and how it gets there: installed where that is possible, named with
//! its command where not.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::shell::{Done, command, find, is_ci, output, run, say, target};

static LISTS_ARE_FRESH: AtomicBool = AtomicBool::new(false);

/// Makes sure that a Debian package's program is there.
///
/// `found` looks for the program; where it is missing, the package is installed when this process
/// may, and named otherwise.
pub fn ensure(package: &str, found: impl Fn() -> Option<PathBuf>) -> Done<PathBuf> {
    if let Some(program) = found() {
        return Ok(program);
    }
    let is_root = output(command("id", &["-u"])).is_ok_and(|id| id.trim() == "0");
    if !is_root || find("apt-get").is_none() {
        return Err(format!("`{package}` is missing: install it with `sudo apt-get install {package}`"));
    }
    say(&format!("installing {package}"));
    let apt = |arguments: &[&str]| {
        let mut apt = command("apt-get", arguments);
        apt.env("DEBIAN_FRONTEND", "noninteractive").stdout(std::process::Stdio::null());
        run(apt)
    };
    if !LISTS_ARE_FRESH.swap(true, Ordering::Relaxed) {
        apt(&["update", "-q"])?;
    }
    apt(&["install", "-q", "-y", "--no-install-recommends", package])?;
    found().ok_or_else(|| format!("`{package}` was installed, but its program was not found"))
}

/// A headless browser.
pub fn chromium() -> Done<PathBuf> {
    ensure("chromium", || find("chromium").or_else(|| find("google-chrome")))
}

/// Mosquitto: its clients, which judge MQTT, and its broker, to which a bridge leads.
pub fn mosquitto() -> Done<PathBuf> {
    let broker = || find("mosquitto").or_else(|| Some(PathBuf::from("/usr/sbin/mosquitto")));
    ensure("mosquitto", || broker().filter(|program| program.is_file()))?;
    ensure("mosquitto-clients", || find("mosquitto_sub").filter(|_| find("mosquitto_pub").is_some()))
}

/// The programs of GDAL, which read OGC API – Features and rasters.
pub fn gdal() -> Done<PathBuf> {
    ensure("gdal-bin", || find("ogrinfo"))
}

/// PostGIS, which judges what is answered of geometry over PostgreSQL's protocol.
pub fn postgis() -> Done<PathBuf> {
    let control =
        |server: PathBuf| Some(server.join("extension/postgis.control")).filter(|path| path.is_file());
    let there = || {
        let servers = std::fs::read_dir("/usr/share/postgresql").ok()?;
        servers.flatten().find_map(|server| control(server.path()))
    };
    ensure("postgresql-postgis", there)
}

/// The Python that QGIS comes with, which opens layers without a screen.
pub fn qgis() -> Done<PathBuf> {
    let there = |path: &str| Some(PathBuf::from(path)).filter(|path| path.exists());
    ensure("qgis-providers", || there("/usr/lib/qgis/plugins/libprovider_wfs.so"))?;
    ensure("python3-qgis", || there("/usr/lib/python3/dist-packages/qgis/core"))?;
    ensure("python3", || there("/usr/bin/python3"))
}

/// PostgreSQL's driver for Java, and Java with its compiler.
pub fn jdbc() -> Done<PathBuf> {
    ensure("default-jdk-headless", || find("javac"))?;
    let driver = PathBuf::from("/usr/share/java/postgresql.jar");
    ensure("libpostgresql-jdbc-java", || Some(driver.clone()).filter(|driver| driver.is_file()))
}

/// PostgreSQL's driver for ODBC, through which office programs read.
pub fn odbc() -> Done<PathBuf> {
    let there = || {
        let folders = std::fs::read_dir("/usr/lib").ok()?;
        let driver = |folder: PathBuf| Some(folder.join("odbc/psqlodbcw.so")).filter(|path| path.is_file());
        folders.flatten().find_map(|folder| driver(folder.path()))
    };
    ensure("odbc-postgresql", there)
}

/// R, which reads what the guide says it reads.
pub fn rscript() -> Done<PathBuf> {
    ensure("r-base-core", || find("Rscript"))
}

/// The clients of the protocols, in a Python environment of the project's own.
pub fn python_clients() -> Done<PathBuf> {
    let folder = target().join("python");
    let python = folder.join("bin/python");
    let wanted = include_str!("../clients.txt");
    let stamp = folder.join("clients.txt");
    if python.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(python);
    }
    let system = ensure("python3", || find("python3"))?;
    say("preparing the Python clients of the protocols");
    if run(command(&system, &["-m", "venv", &folder.display().to_string()])).is_err() {
        ensure("python3-venv", || None).ok();
        run(command(&system, &["-m", "venv", &folder.display().to_string()]))?;
    }
    let list = crate::shell::root().join("xtask/clients.txt").display().to_string();
    run(command(&python, &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", &list]))?;
    std::fs::write(&stamp, wanted).map_err(|error| error.to_string())?;
    Ok(python)
}

/// Node.js, where it is there.
pub fn node() -> Option<PathBuf> {
    find("npm").and(find("node"))
}

/// The folder of real files, when the tests can have it: the variable, or the folder that stands
/// beside the project.
pub fn real_data() -> Done<Option<PathBuf>> {
    if let Some(folder) = std::env::var_os("CUULONG_REAL_DATA").map(PathBuf::from) {
        return match folder.is_dir() {
            true => Ok(Some(folder)),
            false => Err(format!("CUULONG_REAL_DATA names {}, which is no folder", folder.display())),
        };
    }
    if is_ci() {
        return Err("CUULONG_REAL_DATA is not set: name the folder of real files".to_owned());
    }
    say("no real files: CUULONG_REAL_DATA is not set; the tests on real files stand aside");
    Ok(None)
}

//! A PostgreSQL server of the tests' own: on loopback, in a temporary folder, gone afterwards.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::machine;
use crate::shell::{Done, command, output, run, say};

/// A running server; it stops and its folder goes when this is dropped.
pub struct Server {
    bin: PathBuf,
    folder: PathBuf,
    /// The URL of its `postgres` database, for someone who may create databases.
    pub url: String,
}

impl Server {
    /// Installs PostgreSQL where it is missing and starts a server.
    pub fn start() -> Done<Server> {
        let postgres = machine::ensure("postgresql", newest)?;
        let bin = postgres.parent().map(Path::to_path_buf).unwrap_or_default();
        let port = free_port()?;
        let folder = std::env::temp_dir().join(format!("cuulong-postgres-{port}"));
        say(&format!("starting PostgreSQL on 127.0.0.1:{port}"));
        let server = Server { bin, url: format!("postgres://cuulong@127.0.0.1:{port}/postgres"), folder };
        std::fs::create_dir_all(&server.folder).map_err(|error| error.to_string())?;
        if is_root() {
            run(command("chown", &["postgres", &server.folder.display().to_string()]))?;
        }
        let data = server.folder.join("data").display().to_string();
        server.quietly(
            "initdb",
            &["-D", &data, "-U", "cuulong", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"],
        )?;
        let options = format!(
            "-h 127.0.0.1 -p {port} -k {} -c fsync=off -c max_connections=300",
            server.folder.display()
        );
        let log = server.folder.join("log").display().to_string();
        server.quietly("pg_ctl", &["-D", &data, "-l", &log, "-w", "-o", &options, "start"])?;
        Ok(server)
    }

    /// A program of the server, run by an ordinary user: PostgreSQL refuses to run as root.
    fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let program = self.bin.join(name).display().to_string();
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", &program]);
            command
        } else {
            Command::new(program)
        };
        command.args(arguments).current_dir("/");
        command
    }

    fn quietly(&self, name: &str, arguments: &[&str]) -> Done {
        let mut command = self.program(name, arguments);
        // The server inherits these handles; pipes would keep us waiting for it.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        run(command)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.folder.join("data").display().to_string();
        if let Err(message) = self.quietly("pg_ctl", &["-D", &data, "-m", "immediate", "stop"]) {
            say(&format!("PostgreSQL did not stop: {message}"));
        }
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            say(&format!("{} stays behind: {error}", self.folder.display()));
        }
    }
}

fn is_root() -> bool {
    output(command("id", &["-u"])).is_ok_and(|id| id.trim() == "0")
}

fn free_port() -> Done<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}

/// The newest PostgreSQL server of the machine.
fn newest() -> Option<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(Result::ok)
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin/postgres")))
        })
        .filter(|(_, program)| program.is_file())
        .collect();
    versions.sort();
    versions.pop().map(|(_, program)| program).or_else(|| crate::shell::find("postgres"))
}

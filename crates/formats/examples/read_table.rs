//! Measures how fast a table is read, and with how much memory: `cargo run --example read_table -- FILE`.

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use formats::{Limits, detect_file, open_table};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path: PathBuf = std::env::args_os().nth(1).ok_or("name a file")?.into();
    let size = std::fs::metadata(&path)?.len();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let started = Instant::now();
    let mut table = open_table(&path, &detect_file(&name, &path)?, &Limits::default())?;
    let (mut rows, mut cells, mut chunks) = (0, 0, 0);
    while let Some(chunk) = table.next_chunk()? {
        rows += chunk.len() as u64;
        cells += (chunk.len() * chunk.columns.len()) as u64;
        chunks += 1;
    }
    let seconds = started.elapsed().as_secs_f64();
    writeln!(
        std::io::stdout(),
        "{rows} rows, {cells} cells in {chunks} chunks: {seconds:.2} s, {:.2} M rows/s, {:.0} MB/s{}",
        rows as f64 / seconds / 1e6,
        size as f64 / seconds / 1e6,
        peak().map(|peak| format!(", {peak} kB at most")).unwrap_or_default()
    )?;
    Ok(())
}

/// The most memory that this process has held, where the system tells.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

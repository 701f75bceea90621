//! Measures how fast a CSV file is read: `cargo run --example read_csv -- FILE`, or without a file
//! on one that it generates (`--rows N`, a million if not said).

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::time::Instant;

use formats::{Limits, detect_file, open_table};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (mut file, mut rows) = (None, 1_000_000_u64);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rows" => rows = arguments.next().ok_or("`--rows` needs a number")?.parse()?,
            _ => file = Some(PathBuf::from(argument)),
        }
    }
    let generated = std::env::temp_dir().join(format!("read_csv_{}.csv", std::process::id()));
    let path = file.clone().unwrap_or_else(|| generated.clone());
    if file.is_none() {
        let mut out = BufWriter::new(std::fs::File::create(&path)?);
        writeln!(out, "station,property,time,value,unit")?;
        for row in 0..rows {
            let (day, hour, station) = (1 + row / 24 % 28, row % 24, row / 672 % 997);
            let value = (row % 4001) as f64 / 100.0;
            writeln!(
                out,
                "station:s{station:04},salinity,2020-02-{day:02}T{hour:02}:00:00+07:00,{value},g/L"
            )?;
        }
        out.flush()?;
    }
    let size = std::fs::metadata(&path)?.len();
    let limits = Limits::default();
    let started = Instant::now();
    let mut table = open_table(&path, &detect_file("a.csv", &path)?, &limits)?;
    let (mut read, mut chunks) = (0, 0);
    while let Some(chunk) = table.next_chunk()? {
        read += chunk.len() as u64;
        chunks += 1;
    }
    let seconds = started.elapsed().as_secs_f64();
    if file.is_none() {
        std::fs::remove_file(&generated)?;
    }
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{read} rows, {:.0} MB in {chunks} chunks: {seconds:.2} s, {:.2} M rows/s, {:.0} MB/s",
        size as f64 / 1e6,
        read as f64 / seconds / 1e6,
        size as f64 / seconds / 1e6
    )?;
    Ok(())
}

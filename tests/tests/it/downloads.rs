//! Files of datasets: sent while they are made, with memory that does not grow with them.

use std::time::{Duration, Instant};

use futures::StreamExt;
use sha2::{Digest, Sha256};
use testkit::{TestNode, python, rscript};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

const MAPPING: &str = r#"
version = 1
kind = "observations"
[place]
column = "station"
[time]
columns = ["time"]
zone = "+07:00"
[[value]]
column = "value"
property = "salinity"
unit = "g/L"
statistic = "instant"
"#;

/// Salinity each minute at three stations, from a day on.
fn minutes(from: u32, rows: u32) -> Vec<u8> {
    let start = chrono::NaiveDate::from_ymd_opt(2019, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
    let mut file = String::from("station,time,value\n");
    for row in 0..rows {
        let station = ["station:ben_luc", "station:cau_noi", "station:tra_vinh"][row as usize % 3];
        let time = start + chrono::TimeDelta::minutes(i64::from(from + row / 3));
        let value = f64::from(row % 997) / 100.0;
        file.push_str(&format!("{station},{},{value}\n", time.format("%Y-%m-%d %H:%M:%S")));
    }
    file.into_bytes()
}

/// The most memory that this process has had, in bytes.
fn most_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<usize>().unwrap() << 10
}

const FILES: u32 = 4;
const ROWS: u32 = 100_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_large_dataset_is_sent_while_it_is_made_with_flat_memory() {
    let node = TestNode::start().await;
    node.dataset("minutes", "observations", "open").await;
    for file in 0..FILES {
        let mapping = (file == 0).then_some(MAPPING);
        let content = minutes(file * ROWS.div_ceil(3), ROWS);
        node.hand_in("minutes", &format!("{file}.csv"), content, mapping).await.unwrap();
    }
    let node = node.serve().await;
    let data = format!("{}/v1/datasets/minutes/data", node.url);
    for format in ["csv", "netcdf", "parquet"] {
        // From here on the kernel counts anew; a reader of one piece at a time adds nothing itself.
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = most_memory();
        let began = Instant::now();
        let answer = reqwest::get(format!("{data}?format={format}")).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.headers().get("content-length").is_none(), "{format}: it was made before it was sent");
        let tag = answer.headers()["etag"].to_str().unwrap().to_owned();
        let mut pieces = answer.bytes_stream();
        let mut hash = Sha256::new();
        let (mut bytes, mut first) = (0_usize, None);
        while let Some(piece) = pieces.next().await {
            let piece = piece.unwrap();
            first.get_or_insert_with(|| began.elapsed());
            hash.update(&piece);
            bytes += piece.len();
        }
        let (first, whole) = (first.unwrap(), began.elapsed());
        let grown = most_memory().saturating_sub(before);
        // Other tests have the processors, too: the first byte is compared with the last.
        assert!(first < whole / 2, "{format}: the first byte came after {first:?} of {whole:?}");
        assert!(grown < 96 << 20, "{format}: {bytes} bytes took {grown} bytes of memory");
        // The same file is there for whoever asks again, with what it was told by.
        let again = reqwest::get(format!("{data}?format={format}")).await.unwrap();
        assert_eq!(again.headers()["etag"], tag.as_str());
        assert_eq!(again.headers()["content-length"], bytes.to_string().as_str());
        assert_eq!(again.headers()["cuulong-rows"], (FILES * ROWS).to_string().as_str());
        let sum = reqwest::get(format!("{data}.sha256?format={format}")).await.unwrap().text().await.unwrap();
        assert_eq!(sum.split_whitespace().next().unwrap(), hex::encode(hash.finalize()));
        let estimate = reqwest::get(format!("{data}/estimate?format={format}")).await.unwrap();
        let estimate: serde_json::Value = estimate.json().await.unwrap();
        assert_eq!(estimate["bytes"], bytes);
        assert_eq!(estimate["sha256"], sum.split_whitespace().next().unwrap());
    }
    node.stop().await;
}

/// The bytes that a server sends for a request, head and all, until the connection ends or `enough` does.
async fn raw(address: &str, request: &str, enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut got = Vec::new();
    let mut piece = vec![0; 64 << 10];
    while !enough(&got) {
        let read = tokio::time::timeout(Duration::from_secs(60), socket.read(&mut piece)).await;
        match read.expect("the server goes on").unwrap() {
            0 => break,
            read => got.extend_from_slice(&piece[..read]),
        }
    }
    got
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_breaks_off_goes_on_and_ends_with_its_checksum() {
    let node = TestNode::start().await;
    node.dataset("minutes", "observations", "open").await;
    node.hand_in("minutes", "a.csv", minutes(0, 60_000), Some(MAPPING)).await.unwrap();
    let node = node.serve().await;
    let address = node.url.trim_start_matches("http://").to_owned();
    let path = "/v1/datasets/minutes/data?format=csv";
    let ask = |more: &str| format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{more}\r\n");
    // The client goes away in the middle.
    let part = raw(&address, &ask(""), |got| got.len() > 100_000).await;
    let head = String::from_utf8_lossy(&part[..2_000]).to_lowercase();
    assert!(head.contains("transfer-encoding: chunked") && head.contains("trailer: repr-digest"), "{head}");
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_owned();
    // Two follow the same making, one of them to its trailer, the other from where it broke off.
    let with_trailers = ask("te: trailers\r\n");
    let whole = raw(&address, &with_trailers, |_| false);
    let client = reqwest::Client::new();
    let rest = client
        .get(format!("{}{path}", node.url))
        .header("range", "bytes=50000-")
        .header("if-range", &tag)
        .send();
    let (whole, rest) = tokio::join!(whole, rest);
    let rest = rest.unwrap();
    assert_eq!((rest.status().as_u16(), rest.headers()["etag"].to_str().unwrap()), (206, tag.as_str()));
    let digest = rest.headers()["repr-digest"].to_str().unwrap().to_owned();
    let end = String::from_utf8_lossy(&whole[whole.len().saturating_sub(300)..]).into_owned();
    assert!(end.contains(&format!("repr-digest: {digest}")), "{end}");
    let rest = rest.bytes().await.unwrap();
    let made = client.get(format!("{}{path}", node.url)).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(&made[50_000..], &rest[..]);
    assert!(made.starts_with(b"dataset,place,property,"));
    assert_eq!(made.iter().filter(|byte| **byte == b'\n').count(), 60_001);
    node.stop().await;
}

/// The lines of the blocks of a language in a document, each a program of its own.
fn lines<'a>(document: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("```{language}\n");
    let blocks = document.split(&start).skip(1).filter_map(|rest| rest.split("```").next());
    blocks.flat_map(str::lines).filter(|line| line.contains("salinity_2h/data")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_guides_say_of_python_and_r_is_so() {
    let (Some(python), Some(rscript)) = (python(), rscript()) else { return };
    let node = TestNode::start().await;
    testkit::load_sample(&node.node().app().clone()).await;
    let node = node.serve().await;
    let csv = reqwest::get(format!("{}/v1/datasets/salinity_2h/data", node.url)).await.unwrap();
    let rows = csv.text().await.unwrap().lines().count() - 1;
    for guide in ["en", "vi"] {
        let path = format!("{}/../docs/{guide}/using.md", env!("CARGO_MANIFEST_DIR"));
        let guide = std::fs::read_to_string(path).unwrap();
        let (of_python, of_r) = (lines(&guide, "python"), lines(&guide, "r"));
        assert!(of_python.len() >= 3 && !of_r.is_empty(), "{of_python:?} {of_r:?}");
        let programs = of_python.into_iter().map(|line| (&python, "-c", line));
        for (program, option, line) in programs.chain(of_r.into_iter().map(|line| (&rscript, "-e", line))) {
            let line = line.replace("http://127.0.0.1:8080", &node.url);
            let output = Command::new(program).args([option, &line]).output().await.unwrap();
            let (printed, complained) =
                (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert_eq!(printed.trim(), rows.to_string(), "{line}\n{complained}");
        }
    }
    node.stop().await;
}

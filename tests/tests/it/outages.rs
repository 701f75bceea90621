//! What a node depends on goes away and comes back: it says so, loses nothing and recovers by itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use testkit::{Backend, Client, Proxy, Reply, S3Server, TestNode, Way, postgres_database};

const MAPPING: &str = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"station\"\n[time]\ncolumns = [\"time\"]\n\
    [[value]]\ncolumn = \"salinity\"\nproperty = \"salinity\"\n";

/// Minutes of one year, from one of them on.
fn file(first: u32, rows: u32) -> Vec<u8> {
    let mut text = String::from("station,time,salinity\n");
    for row in first..first + rows {
        let (day, minute) = (row / 1440, row % 1440);
        let (month, day) = (day / 28 + 1, day % 28 + 1);
        text += &format!(
            "station:cau_noi,2019-{month:02}-{day:02} {:02}:{:02},{}.{}\n",
            minute / 60,
            minute % 60,
            row % 30,
            row % 10
        );
    }
    text.into_bytes()
}

async fn status(client: &Client, path: &str) -> u16 {
    client.get(path).await.expect("the node answers, whatever it says").status.as_u16()
}

/// The count of values, from the data.
async fn count(client: &Client) -> Result<u64, Reply> {
    let asked = serde_json::json!({ "sql": "SELECT count(result) AS n FROM gauge" });
    let reply = client.send_json(reqwest::Method::POST, "/v1/sql", &asked).await.expect("an answer");
    if !reply.status.is_success() {
        return Err(reply);
    }
    Ok(reply.json()["rows"][0]["n"].as_u64().expect("a number"))
}

/// Waits until the node says that it is (or is not) ready. It has a minute.
async fn until_ready(client: &Client, ready: bool) {
    for _ in 0..300 {
        if (status(client, "/readyz").await == 200) == ready {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let answer = client.get("/readyz").await.expect("an answer");
    panic!("ready is not {ready} within a minute: {}", String::from_utf8_lossy(&answer.body));
}

/// A small disk of the test's own.
struct Disk {
    path: PathBuf,
}

impl Disk {
    /// `None`, said aloud, where this user may not mount.
    fn mount(megabytes: u32) -> Option<Disk> {
        let path = std::env::temp_dir().join(format!("cuulong-disk-{}-{megabytes}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        let size = format!("size={megabytes}m");
        let mounted = run("mount", &["-t", "tmpfs", "-o", &size, "tmpfs"], &path);
        if mounted {
            return Some(Disk { path });
        }
        assert!(std::env::var("CI").is_err(), "a small disk cannot be mounted here");
        #[expect(clippy::print_stderr, reason = "a test that stands aside says so")]
        {
            eprintln!("standing aside: only root may mount a small disk");
        }
        None
    }

    fn remount(&self, mode: &str) {
        assert!(run("mount", &["-o", &format!("remount,{mode}")], &self.path), "remounting {mode}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        run("umount", &["-l"], &self.path);
        drop(std::fs::remove_dir(&self.path));
    }
}

fn run(program: &str, arguments: &[&str], path: &Path) -> bool {
    Command::new(program).args(arguments).arg(path).status().is_ok_and(|status| status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_loses_nothing() {
    let Some(disk) = Disk::mount(64) else { return };
    let mut node = TestNode::start_in(&disk.path).await;
    node.dataset("gauge", "observations", "open").await;
    node.hand_in("gauge", "a.csv", file(0, 2_000), Some(MAPPING)).await.expect("there is room");
    let public = node.public();
    until_ready(&public, true).await;

    // Something else fills the disk.
    let ballast = disk.path.join("ballast");
    let mut filled = std::fs::File::create(&ballast).expect("a file");
    let megabyte = vec![7_u8; 1 << 20];
    while std::io::Write::write_all(&mut filled, &megabyte).is_ok() {}
    while std::io::Write::write_all(&mut filled, &megabyte[..4096]).is_ok() {}
    drop(filled);

    until_ready(&public, false).await;
    let refused = node.hand_in("gauge", "b.csv", file(2_000, 20_000), None).await;
    let words = refused.expect_err("a file was taken on a full disk");
    assert!(words.contains("The disk of the node is full"), "{words}");
    // Whatever is written.
    let value = json!({"observations": [{"place": "station:cau_noi", "property": "salinity", "time": "2021-01-01T00:00:00Z", "value": 1}]});
    let dataset = json!({"id": "other", "kind": "observations", "agency": "cuulong", "title": {"vi": "Khác"},
        "theme": "water", "licence": "CC0-1.0", "access": "open"});
    for (path, body) in [("/v1/datasets/gauge/observations", &value), ("/v1/datasets", &dataset)] {
        let reply = node.system().send_json(Method::POST, path, body).await.expect("an answer");
        let problem = reply.json();
        assert_eq!(
            (reply.status.as_u16(), &problem["type"]),
            (507, &json!("/problems/disk-full")),
            "{problem}"
        );
    }
    assert_eq!(count(&public).await.expect("reading goes on"), 2_000);

    std::fs::remove_file(&ballast).expect("the ballast");
    until_ready(&public, true).await;
    node.hand_in("gauge", "b.csv", file(2_000, 20_000), None).await.expect("there is room again");
    assert_eq!(count(&public).await.expect("an answer"), 22_000);
    // What was acknowledged since is known to who reads the catalogue, now and after a restart.
    let versions = async |node: &TestNode| {
        let reply = node.public().get("/v1/datasets/gauge/versions").await.expect("an answer");
        reply.json()["total"].as_u64()
    };
    assert_eq!(versions(&node).await, Some(2));
    drop(public);
    node.restart().await;
    assert_eq!(versions(&node).await, Some(2));
    assert_eq!(count(&node.public()).await.expect("an answer"), 22_000);
    drop(node);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_disk_is_told_and_reading_goes_on() {
    let Some(disk) = Disk::mount(65) else { return };
    // The store alone: a system does not make a disk read-only under a database that is open.
    let store = Some(disk.path.join("store").display().to_string());
    let node = TestNode::start_on(Backend { store, ..Backend::default() }).await;
    node.dataset("gauge", "observations", "open").await;
    node.hand_in("gauge", "a.csv", file(0, 2_000), Some(MAPPING)).await.expect("the disk is writable");
    let public = node.public();

    disk.remount("ro");
    until_ready(&public, false).await;
    let refused = node.hand_in("gauge", "b.csv", file(2_000, 3_000), None).await;
    assert!(refused.is_err(), "a file was taken on a read-only disk: {refused:?}");
    assert_eq!(count(&public).await.expect("reading goes on"), 2_000);

    disk.remount("rw");
    until_ready(&public, true).await;
    node.hand_in("gauge", "b.csv", file(2_000, 3_000), None).await.expect("the disk is writable again");
    assert_eq!(count(&public).await.expect("an answer"), 5_000);
    drop(node);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_is_told_and_comes_back() {
    let Some(url) = postgres_database().await else { return };
    let mut url = url::Url::parse(&url).expect("a URL");
    let server = url.socket_addrs(|| Some(5432)).expect("an address")[0];
    let proxy = Proxy::before(server).await;
    url.set_host(Some("127.0.0.1")).expect("a host");
    url.set_port(Some(proxy.address().port())).expect("a port");
    let node = TestNode::start_on(Backend { catalog: Some(url.to_string()), ..Backend::default() }).await;
    node.dataset("gauge", "observations", "open").await;
    node.hand_in("gauge", "a.csv", file(0, 500), Some(MAPPING)).await.expect("the database is there");
    let public = node.public();
    until_ready(&public, true).await;

    for (turn, way) in (0..).zip([Way::Cut, Way::Silent]) {
        proxy.set(way);
        until_ready(&public, false).await;
        let first = 500 + turn * 1_000;
        let refused = node.hand_in("gauge", "b.csv", file(first, 1_000), None).await;
        assert!(refused.is_err(), "{way:?}: a file was taken without a catalogue: {refused:?}");
        proxy.set(Way::Open);
        until_ready(&public, true).await;
        node.hand_in("gauge", "b.csv", file(first, 1_000), None).await.expect("the database is there again");
        assert_eq!(count(&public).await.expect("an answer"), u64::from(first) + 1_000, "{way:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_goes_away_or_hangs_is_told_and_comes_back() {
    let server = S3Server::start().await;
    let mut options = server.options();
    let endpoint = url::Url::parse(&options["aws_endpoint"]).expect("a URL");
    let proxy = Proxy::before(endpoint.socket_addrs(|| None).expect("an address")[0]).await;
    options.insert("aws_endpoint".into(), format!("http://{}", proxy.address()));
    options.insert("timeout".into(), "4s".into());
    let store_options = options.into_iter().collect();
    let backend = Backend { store: Some(server.url("node")), store_options, ..Backend::default() };
    let node = TestNode::start_on(backend).await;
    node.dataset("gauge", "observations", "open").await;
    node.hand_in("gauge", "a.csv", file(0, 500), Some(MAPPING)).await.expect("the bucket is there");
    let public = node.public();
    until_ready(&public, true).await;

    let mut there = 500;
    for way in [Way::Cut, Way::Silent] {
        proxy.set(way);
        until_ready(&public, false).await;
        let refused = node.hand_in("gauge", "b.csv", file(there, 1_000), None).await;
        assert!(refused.is_err(), "{way:?}: a file was taken without a store: {refused:?}");
        proxy.set(Way::Open);
        until_ready(&public, true).await;
        node.hand_in("gauge", "b.csv", file(there, 1_000), None).await.expect("the bucket is there again");
        there += 1_000;
        assert_eq!(count(&public).await.expect("an answer"), u64::from(there), "{way:?}");
    }
    // A slow bucket is no fault: everything works, later.
    proxy.set(Way::Slow(Duration::from_millis(60)));
    node.hand_in("gauge", "c.csv", file(there, 1_000), None).await.expect("slow is not away");
    assert_eq!(count(&public).await.expect("an answer"), u64::from(there) + 1_000);
}

//! A driver that kills a serving node with SIGKILL at random instants and holds it to its promises:
//! nothing acknowledged is lost, nothing is there twice, a file is in whole or not at all, what was
//! known at an earlier time stays known, and the node starts by itself.
//!
//! `CUULONG_FAULT_ROUNDS` says how many times each test kills (default 60; thousands for a night),
//! `CUULONG_FAULT_SEED` repeats a run.

mod ledger;
pub mod process;
mod work;

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use self::ledger::Ledger;
use self::process::{NodeProcess, kill_while_starting, kill_while_upgrading};
use self::work::{Kind, work};

/// How many kills of each test.
fn rounds() -> u32 {
    std::env::var("CUULONG_FAULT_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60)
}

fn chance() -> (u64, StdRng) {
    let seed = std::env::var("CUULONG_FAULT_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(|| rand::rng().random());
    (seed, StdRng::seed_from_u64(seed))
}

/// Kills while these kinds of work go on, and checks after each kill.
async fn survive(kinds: &[Kind]) {
    let (seed, mut random) = chance();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut ledger = Ledger::default();
    let node = NodeProcess::start(&data).await;
    node.register("gauge").await;
    ledger.check(&node, seed).await;
    let mut node = Some(node);
    let (mut cut_off, mut acknowledged) = (0, 0);
    for round in 0..rounds() {
        let served = match node.take() {
            Some(node) => node,
            None => NodeProcess::start(&data).await,
        };
        // On a machine that is too slow to acknowledge anything so soon, later.
        let longest = if acknowledged == 0 { 700 + 100 * u64::from(round) } else { 700 };
        let until_kill = Duration::from_millis(random.random_range(5..longest));
        let done = work(&served, kinds, &mut ledger, &mut random, until_kill).await;
        served.kill().await;
        cut_off += u32::from(done.cut_off > 0);
        acknowledged += done.acknowledged;
        if random.random_bool(0.2) {
            kill_while_starting(&data, Duration::from_millis(random.random_range(5..500))).await;
        }
        let again = NodeProcess::start(&data).await;
        ledger.check(&again, seed).await;
        if round % 10 == 9 {
            ledger.check_history(&again, seed).await;
        }
        node = Some(again);
    }
    ledger.check_history(&node.take().unwrap(), seed).await;
    assert!(acknowledged > 0, "seed {seed}: nothing was ever acknowledged: the test proves nothing");
    assert!(cut_off > 0, "seed {seed}: no request was cut off: the test proves nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_and_corrections_survive_kills() {
    survive(&[Kind::File, Kind::Correction]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn single_values_survive_kills() {
    survive(&[Kind::Single, Kind::Single, Kind::Single, Kind::Batch]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_kinds_of_writing_at_once_survive_kills() {
    survive(&[Kind::File, Kind::Correction, Kind::Single, Kind::Batch]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn joining_files_beside_writing_survives_kills() {
    survive(&[Kind::File, Kind::Correction, Kind::Compaction]).await;
}

/// A folder of the first format is brought up to date by whoever opens it: `migrate` or a node.
#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_survives_kills() {
    let (seed, mut random) = chance();
    for _ in 0..rounds().div_ceil(4) {
        let folder = tempfile::tempdir().unwrap();
        let data = crate::keeping::of_first_format(folder.path());
        for _ in 0..random.random_range(1..4) {
            let after = Duration::from_millis(random.random_range(1..900));
            if random.random_bool(0.5) {
                kill_while_starting(&data, after).await;
            } else {
                kill_while_upgrading(&data, after).await;
            }
        }
        let node = NodeProcess::start(&data).await;
        let rows = node.sql("SELECT result FROM gauge ORDER BY place, phenomenon_time", None).await;
        let values: Vec<f64> = rows.iter().filter_map(|row| row["result"].as_f64()).collect();
        assert_eq!(values, [3.9, 4.5, 5.125, 0.1], "seed {seed}");
        assert_eq!(node.sql_number("SELECT count(*) AS n FROM sluices").await, 2, "seed {seed}");
        let before = node.sql_number("SELECT count(*) AS n FROM as_known_at('gauge', '1999-01-01')").await;
        assert_eq!(before, 0, "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_killed_while_it_makes_its_folder_starts_by_itself() {
    let (seed, mut random) = chance();
    const PLACES: &str = "SELECT count(*) AS n FROM place";
    let undisturbed = tempfile::tempdir().unwrap();
    let whole = NodeProcess::start(&undisturbed.path().join("data")).await.sql_number(PLACES).await;
    for _ in 0..rounds().div_ceil(3) {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        for _ in 0..random.random_range(1..4) {
            kill_while_starting(&data, Duration::from_millis(random.random_range(1..1500))).await;
        }
        let node = NodeProcess::start(&data).await;
        node.register("gauge").await;
        let places = node.sql_number(PLACES).await;
        assert_eq!(places, whole, "seed {seed}: the reference data is not whole");
    }
}

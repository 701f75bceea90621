//! Damaged files are told by name, and nothing is answered from them.

use std::path::{Path, PathBuf};

use lake::{AsOf, Error, Lake, SeriesRead};
use model::TimeRange;

use crate::world::{Value, World, commit, reading, values, with_table};

async fn all(lake: &Lake) -> Result<usize, Error> {
    let snapshot = lake.snapshot(&reading(), AsOf::Latest).await?;
    let read = SeriesRead {
        datastreams: (0..50).collect(),
        time: TimeRange::ALL,
        columns: None,
        limit: None,
        results: lake::ResultRange::ALL,
    };
    let batches = lake.read_series(&reading(), &snapshot, read).await?;
    Ok(batches.iter().map(|batch| batch.num_rows()).sum())
}

fn with_ending(world: &World, ending: &str) -> Vec<PathBuf> {
    let found = world.objects().into_iter().filter(|name| name.ends_with(ending));
    found.map(|name| world.folder().join(name)).collect()
}

fn named(error: &Error, path: &Path) -> bool {
    let Error::Damaged(damage) = error else { return false };
    path.to_str().unwrap().ends_with(&damage.path)
}

async fn filled() -> World {
    let world = World::on_disk();
    let lake = world.lake().await;
    with_table(&lake).await;
    let noise = |n: i64| f64::from((n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(20) as u16);
    let rows: Vec<Value> = (0..40_000).map(|n| (n % 50, n / 50, Some(noise(n)))).collect();
    commit(&lake, 1, &rows).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_anywhere_in_a_data_file_is_never_an_answer() {
    let world = filled().await;
    let file = with_ending(&world, ".parquet").remove(0);
    let whole = std::fs::read(&file).unwrap();
    assert_eq!(all(&world.lake().await).await.unwrap(), 40_000);
    for at in (0..whole.len()).step_by(whole.len() / 60) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        std::fs::write(&file, &flipped).unwrap();
        let error = all(&world.lake().await).await.expect_err("every byte is read");
        assert!(named(&error, &file), "byte {at}: {error:?}");
    }
    for length in [0, 4, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&file, &whole[..length]).unwrap();
        let error = all(&world.lake().await).await.expect_err("the file is cut short");
        assert!(named(&error, &file), "{length} bytes: {error:?}");
    }
    std::fs::remove_file(&file).unwrap();
    let error = all(&world.lake().await).await.expect_err("the file is gone");
    assert!(named(&error, &file), "{error:?}");
    std::fs::write(&file, &whole).unwrap();
    assert_eq!(all(&world.lake().await).await.unwrap(), 40_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_the_log_is_told_with_its_entry() {
    let world = filled().await;
    for entry in with_ending(&world, ".json") {
        let whole = std::fs::read(&entry).unwrap();
        for at in (0..whole.len()).step_by(whole.len() / 40) {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            std::fs::write(&entry, &flipped).unwrap();
            let error = all(&world.lake().await).await.expect_err("the log is read first");
            assert!(named(&error, &entry), "byte {at}: {error:?}");
        }
        std::fs::write(&entry, &whole).unwrap();
    }
    assert_eq!(all(&world.lake().await).await.unwrap(), 40_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_checkpoint_is_done_without() {
    let world = World::on_disk();
    let lake = world.lake().await;
    with_table(&lake).await;
    for n in 0..104_u32 {
        commit(&lake, n, &[(1, i64::from(n % 4), Some(f64::from(n)))]).await;
    }
    let before = values(&lake, AsOf::Latest).await;
    let written = async || {
        while with_ending(&world, ".checkpoint.parquet.sha256").is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), written()).await.expect("a checkpoint");
    let again = world.lake().await.snapshot(&reading(), AsOf::Latest).await.unwrap();
    let known = again.files().iter().filter(|file| file.checksums.is_some()).count();
    assert_eq!(known, again.files().len(), "a checkpoint keeps the checksums of files");
    let checkpoint = with_ending(&world, ".checkpoint.parquet").remove(0);
    let mut bytes = std::fs::read(&checkpoint).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    std::fs::write(&checkpoint, &bytes).unwrap();
    assert_eq!(values(&world.lake().await, AsOf::Latest).await, before);
    assert!(!checkpoint.exists(), "a damaged checkpoint is removed");
}

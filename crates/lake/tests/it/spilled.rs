//! Rows that are too many for memory: on disk in runs, committed part by part as one version.

use std::path::Path;
use std::sync::Arc;

use lake::{AsOf, Lake, NewSpilled, Spill, SpilledPart};
use model::Version;

use crate::world::{
    Value, World, at, commit, observations, on_both, run, values, version, with_table, writing,
};

const DATASTREAMS: i64 = 60;
const HOURS: i64 = 700;

/// A value for each datastream and hour, out of order.
fn many(of: impl Fn(i64, i64) -> Option<f64>) -> Vec<Value> {
    let all = DATASTREAMS * HOURS;
    let place = |n: i64| {
        let n = n * 7919 % all;
        (n % DATASTREAMS, n / DATASTREAMS)
    };
    (0..all).map(place).map(|(id, hour)| (100 + id, hour, of(id, hour))).collect()
}

/// The values on disk: three runs, some of more than a block, and parts of a few datastreams.
fn spilled(folder: &Path, values: &[Value]) -> Arc<Spill> {
    let mut spill = Spill::new(folder, 5 * u64::try_from(HOURS).unwrap()).unwrap();
    for piece in values.chunks(values.len() / 3 + 1) {
        let batches: Vec<_> = piece.chunks(1000).map(observations).collect();
        spill.add(&batches).unwrap();
    }
    Arc::new(spill)
}

async fn commit_spilled(lake: &Lake, number: u32, rows: Arc<Spill>) -> lake::Committed {
    let commit = NewSpilled { run: run(number), rows, committed_at: at("2026-07-01T00:00:00Z"), own: None };
    lake.commit_spilled(&writing(), commit).await.unwrap()
}

on_both! {
    async fn rows_on_disk_become_the_versions_that_rows_in_memory_become(world: World) {
        let folder = tempfile::tempdir().unwrap();
        let other = World::on_disk();
        let (lake, in_memory) = (world.lake().await, other.lake().await);
        with_table(&lake).await;
        with_table(&in_memory).await;
        // What is there is in files of all datastreams: rows of several parts change in each of them.
        let early = many(|id, hour| (hour < 200).then_some((id + hour) as f64));
        let early: Vec<Value> = early.into_iter().filter(|value| value.1 < 200).collect();
        for (number, piece) in (1..).zip(early.chunks(4000)) {
            assert_eq!(commit(&lake, number, piece).await, commit(&in_memory, number, piece).await);
        }
        let all = many(|id, hour| (hour % 50 != 3).then_some((id + hour + i64::from(hour % 7 == 0)) as f64));
        let rows = spilled(folder.path(), &all);
        assert!(rows.parts().len() > 10, "{:?}", rows.parts());
        let (planned, shown) = lake.plan_spilled(&writing(), &rows, 50).await.unwrap();
        let (same, shown_in_memory) =
            in_memory.plan_corrections(&writing(), &[observations(&all)], 50).await.unwrap();
        assert_eq!(planned, same);
        let (shown, shown_in_memory) = (shown.unwrap(), shown_in_memory.unwrap());
        assert_eq!(shown.before.num_rows(), 50);
        // Files are named at random, so that those of one datastream come in any order; the new rows are the
        // same as those that a person would see corrected in either.
        assert_eq!(shown.after.num_rows(), shown_in_memory.after.num_rows());
        let done = commit_spilled(&lake, 90, rows.clone()).await;
        assert_eq!(done, commit(&in_memory, 90, &all).await);
        assert!(done.counts.corrected > 1000 && done.counts.unchanged > 1000, "{done:?}");
        let now = values(&in_memory, AsOf::Latest).await;
        for lake in [lake.clone(), world.lake().await] {
            assert_eq!(values(&lake, AsOf::Latest).await, now);
            let before = Version(done.version.unwrap().0 - 1);
            let before = values(&lake, AsOf::Version(before)).await;
            assert_eq!(before.len(), early.len(), "one version brought it all");
        }
        assert_eq!(commit_spilled(&lake, 90, rows.clone()).await, done, "a run commits once");
        let again = commit_spilled(&lake, 91, rows).await;
        assert_eq!((again.version, again.counts.unchanged), (None, all.len() as u64));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "what is on disk has no name");
    }

    async fn writers_that_come_between_are_taken_into_account(world: World) {
        let folder = tempfile::tempdir().unwrap();
        let (lake, another) = (world.lake().await, world.lake().await);
        with_table(&lake).await;
        let all = many(|id, hour| Some((id + hour) as f64));
        commit(&lake, 1, &all[..20_000]).await;
        let rows = spilled(folder.path(), &all);
        // Some of them bring what is in the file, some correct it, some are elsewhere.
        let others = async {
            for number in 0..12_u32 {
                let n = i64::from(number);
                let theirs = [(100 + n, n, Some(-1.0)), (5000 + n, n, Some(7.0))];
                commit(&another, 100 + number, &theirs).await;
            }
        };
        let (done, ()) = tokio::join!(commit_spilled(&lake, 2, rows.clone()), others);
        // Whoever was last has the last word, and nothing is lost or there twice.
        commit_spilled(&lake, 3, rows).await;
        let mut expected = all.clone();
        expected.extend((0..12).map(|n| (5000 + n, n, Some(7.0))));
        expected.sort_by_key(|value| (value.0, value.1));
        assert_eq!(values(&lake, AsOf::Latest).await, expected);
        let total = values(&lake, AsOf::Version(done.version.unwrap())).await.len();
        assert_eq!(total as u64, done.total);
        assert_eq!(values(&lake, version(1)).await.len(), 20_000);
    }
}

#[test]
fn rows_that_repeat_a_key_are_found_in_whatever_run_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut spill = Spill::new(folder.path(), 3).unwrap();
    for piece in [
        &[(1, 5, Some(1.0)), (2, 1, Some(2.0)), (1, 4, Some(3.0))][..],
        &[(1, 5, Some(4.0)), (3, 1, None)],
        &[(3, 1, Some(6.0)), (1, 6, Some(7.0)), (1, 5, Some(8.0))],
    ] {
        spill.add(&[observations(piece)]).unwrap();
    }
    assert_eq!(spill.rows(), 8);
    let part = |first, last, rows| SpilledPart { first, last, rows };
    assert_eq!(spill.parts(), [part(1, 1, 5), part(2, 3, 3)], "a datastream is never divided");
    let known = spill.series()[&3];
    assert_eq!((known.rows, known.numbers), (2, 1));
    let mut found = Vec::new();
    for part in spill.parts() {
        if let Some((repeated, firsts)) = spill.repeated(&part).unwrap() {
            let (repeated, firsts) =
                (crate::world::batch_values(&repeated), crate::world::batch_values(&firsts));
            found.extend(repeated.into_iter().zip(firsts));
        }
    }
    let expected = [
        ((1, 5, Some(4.0)), (1, 5, Some(1.0))),
        ((1, 5, Some(8.0)), (1, 5, Some(1.0))),
        ((3, 1, Some(6.0)), (3, 1, None)),
    ];
    assert_eq!(found, expected);
}

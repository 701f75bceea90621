//! Two nodes on one lake never lose a commit.

use futures::future::join_all;
use lake::{AsOf, Error, Lake, LakeConfig};
use model::Version;

use crate::s3::S3Server;
use crate::world::{Value, World, commit, files_in, on_both, values, version, with_table};

on_both! {
    async fn two_handles_that_commit_at_the_same_time_lose_nothing(world: World) {
        let lakes = [world.lake().await, world.lake().await];
        with_table(&lakes[0]).await;
        let commits = (0..12_u32).map(|n| {
            let lake = lakes[n as usize % 2].clone();
            tokio::spawn(async move {
                // One key of its own, one that all write, one that all write alike.
                let own = i64::from(n) + 10;
                let values = [(1, own, Some(f64::from(n))), (1, 0, Some(f64::from(n))), (1, 1, Some(0.5))];
                commit(&lake, n + 1, &values).await
            })
        });
        let done: Vec<_> = join_all(commits).await.into_iter().map(Result::unwrap).collect();
        let mut versions: Vec<_> = done.iter().map(|done| done.version.unwrap()).collect();
        versions.sort();
        assert_eq!(versions, (1..=12).map(Version).collect::<Vec<_>>());
        for lake in [&lakes[0], &lakes[1], &world.lake().await] {
            let found = values(lake, version(12)).await;
            assert_eq!(found.len(), 14);
            let own: Vec<Value> = found[2..].to_vec();
            let expected: Vec<Value> = (0..12).map(|n| (1, n + 10, Some(n as f64))).collect();
            assert_eq!(own, expected);
            let last = done.iter().position(|done| done.version == Some(Version(12))).unwrap();
            assert_eq!(found[0], (1, 0, Some(last as f64)));
        }
    }

    async fn the_same_run_through_two_handles_commits_once(world: World) {
        let lakes = [world.lake().await, world.lake().await];
        with_table(&lakes[0]).await;
        let both = lakes.each_ref().map(|lake| {
            let lake = lake.clone();
            tokio::spawn(async move { commit(&lake, 1, &[(1, 0, Some(1.0)), (2, 0, None)]).await })
        });
        let done: Vec<_> = join_all(both).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(done[0], done[1]);
        assert_eq!(done[0].version, Some(Version(1)));
        assert_eq!(values(&world.lake().await, AsOf::Latest).await.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_starts_sweeps_nothing_away_from_one_that_writes() {
    let world = World::on_disk();
    let writer = world.lake().await;
    with_table(&writer).await;
    let writing = tokio::spawn(async move {
        for n in 1..=150_u32 {
            commit(&writer, n, &[(1, i64::from(n), Some(1.0))]).await;
        }
    });
    while !writing.is_finished() {
        world.lake().await;
    }
    writing.await.expect("every commit finds the files that it writes");
    assert_eq!(values(&world.lake().await, AsOf::Latest).await.len(), 150);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_disk_a_commit_of_one_handle_is_read_by_the_other_at_once() {
    let world = World::on_disk();
    let lakes = [world.lake().await, world.lake().await];
    with_table(&lakes[0]).await;
    for n in 1..=5 {
        let (writer, reader) = (&lakes[n % 2], &lakes[(n + 1) % 2]);
        commit(writer, u32::try_from(n).unwrap(), &[(1, n as i64, Some(1.0))]).await;
        assert_eq!(values(reader, AsOf::Latest).await.len(), n);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_on_which_commits_could_overwrite_each_other_is_refused() {
    let server = S3Server::start_ignoring_conditions().await;
    let config = LakeConfig { url: server.url("node"), options: server.options() };
    let error = Lake::open(&config).await.unwrap_err();
    assert!(matches!(&error, Error::Invalid { what, .. } if what.contains("If-None-Match")), "{error}");
    let fine = S3Server::start().await;
    let config = LakeConfig { url: fine.url("node"), options: fine.options() };
    Lake::open(&config).await.unwrap();
    assert_eq!(files_in(&fine.bucket_folder()), [""; 0], "the probe leaves nothing");
}

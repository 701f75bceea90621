//! Commits: what is new, what is corrected, what changes nothing.

use arrow::array::{AsArray, Float64Array, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use lake::{AsOf, CommitCounts, Committed, Error, SeriesRead, TableSchema};
use model::{TimeRange, Version};
use policy::Purpose;

use crate::world::{
    Value, World, at, commit, hour, new_rows, observations, on_both, parcels_schema, permit_for, reading,
    run, values, version, with_table, writing,
};

fn counts(added: u64, corrected: u64, unchanged: u64) -> CommitCounts {
    CommitCounts { added, corrected, unchanged, ..CommitCounts::default() }
}

fn made(version: Option<u64>, counts: CommitCounts, total: u64) -> Committed {
    Committed { version: version.map(Version), counts, total }
}

on_both! {
    async fn a_corrected_value_makes_a_version_and_the_old_version_keeps_the_old_value(world: World) {
        let lake = world.lake().await;
        with_table(&lake).await;
        let first = [(1, 0, Some(1.5)), (1, 1, Some(2.5)), (2, 0, None)];
        assert_eq!(commit(&lake, 1, &first).await, made(Some(1), counts(3, 0, 0), 3));
        let second = [(2, 1, Some(7.0)), (1, 1, Some(4.0)), (1, 0, Some(1.5))];
        assert_eq!(commit(&lake, 2, &second).await, made(Some(2), counts(1, 1, 1), 4));
        let now = vec![(1, 0, Some(1.5)), (1, 1, Some(4.0)), (2, 0, None), (2, 1, Some(7.0))];
        for lake in [lake, world.lake().await] {
            assert_eq!(values(&lake, version(0)).await, []);
            assert_eq!(values(&lake, version(1)).await, first);
            assert_eq!(values(&lake, version(2)).await, now);
            assert_eq!(values(&lake, AsOf::Latest).await, now);
            let missing = lake.snapshot(&reading(), version(3)).await;
            assert!(matches!(missing, Err(Error::NotFound { .. })));
        }
    }

    async fn the_same_rows_again_commit_nothing(world: World) {
        let lake = world.lake().await;
        with_table(&lake).await;
        let rows = [(2, 5, Some(1.0)), (1, 3, Some(f64::NAN)), (1, 2, None)];
        commit(&lake, 1, &rows).await;
        let before = world.objects();
        assert_eq!(commit(&lake, 2, &rows).await, made(None, counts(0, 0, 3), 3));
        assert_eq!(world.objects(), before);
        assert_eq!(lake.committed_run(&writing(), &run(2)).await.unwrap(), None);
        assert_eq!(commit(&lake, 3, &[]).await, made(None, counts(0, 0, 0), 3));
    }

    async fn a_run_commits_once_also_when_its_value_was_corrected_since(world: World) {
        let lake = world.lake().await;
        with_table(&lake).await;
        let done = commit(&lake, 1, &[(1, 0, Some(1.0))]).await;
        commit(&lake, 2, &[(1, 0, Some(2.0))]).await;
        for lake in [lake, world.lake().await] {
            assert_eq!(commit(&lake, 1, &[(1, 0, Some(1.0))]).await, done);
            assert_eq!(lake.committed_run(&reading(), &run(1)).await.unwrap(), Some(done.clone()));
            assert_eq!(lake.committed_run(&reading(), &run(9)).await.unwrap(), None);
            assert_eq!(values(&lake, AsOf::Latest).await, [(1, 0, Some(2.0))]);
        }
    }

    async fn every_row_knows_its_run_and_its_time_of_recording(world: World) {
        let lake = world.lake().await;
        with_table(&lake).await;
        commit(&lake, 1, &[(1, 0, Some(1.0)), (1, 1, Some(1.0)), (1, 2, Some(1.0))]).await;
        commit(&lake, 2, &[(1, 1, Some(9.0))]).await;
        let snapshot = lake.snapshot(&reading(), AsOf::Latest).await.unwrap();
        let read = SeriesRead { datastreams: vec![1], time: TimeRange::ALL, columns: None, limit: None, results: lake::ResultRange::ALL };
        let batches = lake.read_series(&reading(), &snapshot, read).await.unwrap();
        let batch = arrow::compute::concat_batches(&snapshot.schema(), &batches).unwrap();
        let runs = batch.column_by_name("run").unwrap().as_string::<i32>();
        let found: Vec<&str> = runs.iter().flatten().collect();
        assert_eq!(found, [run(1).as_str(), run(2).as_str(), run(1).as_str()]);
        let recorded = batch.column_by_name("recorded_at").unwrap().as_primitive::<TimestampMicrosecondType>();
        assert_eq!(recorded.value(0), at("2026-07-01T00:00:00Z").timestamp_micros());
        let rows = batch.column_by_name("origin_row").unwrap();
        assert_eq!(rows.as_primitive::<arrow::datatypes::Int32Type>().values(), &[0, 0, 2]);
    }

    async fn a_dry_run_counts_and_writes_nothing(world: World) {
        let lake = world.lake().await;
        with_table(&lake).await;
        commit(&lake, 1, &[(1, 0, Some(1.0)), (1, 1, Some(1.0))]).await;
        let before = world.objects();
        let rows = [observations(&[(1, 0, Some(1.0)), (1, 1, Some(2.0)), (1, 2, Some(3.0))])];
        for permit in [reading(), writing()] {
            assert_eq!(lake.plan(&permit, &rows).await.unwrap(), counts(1, 1, 1));
        }
        assert_eq!(world.objects(), before);
    }

    async fn a_table_is_made_once_and_keeps_its_columns(world: World) {
        let lake = world.lake().await;
        let missing = lake.snapshot(&reading(), AsOf::Latest).await;
        assert!(matches!(missing, Err(Error::NotFound { .. })));
        assert_eq!(lake.committed_run(&reading(), &run(1)).await.unwrap(), None);
        with_table(&lake).await;
        with_table(&lake).await;
        with_table(&world.lake().await).await;
        let other = lake.create_table(&writing(), parcels_schema()).await;
        assert!(matches!(other, Err(Error::Conflict { .. })));
        let snapshot = lake.snapshot(&reading(), AsOf::Latest).await.unwrap();
        assert!(snapshot.is_observations() && snapshot.rows() == 0 && snapshot.version() == Version(0));
    }

    async fn a_commit_of_more_than_a_row_group_corrects_in_the_middle(world: World) {
        let lake = world.lake().await;
        with_table(&lake).await;
        // Ordered by time as agencies write, not by series as the table is.
        let value = |n: i64| -> Value { (n % 40, n / 40, Some(f64::from(u16::try_from(n % 1000).unwrap()))) };
        let mut expected: Vec<Value> = (0..200_000).map(value).collect();
        let batches = expected.chunks(70_000).map(observations).collect();
        let done = lake.commit(&writing(), new_rows(1, batches)).await.unwrap();
        assert_eq!(done, made(Some(1), counts(200_000, 0, 0), 200_000));
        expected.sort_by_key(|value| (value.0, value.1));
        assert_eq!(values(&lake, AsOf::Latest).await, expected);
        let again: Vec<Value> = expected.iter().step_by(7).copied().collect();
        let mut changed = again.clone();
        for at in [0, 13_000, 28_000] {
            changed[at].2 = Some(-1.0);
            expected[at * 7].2 = Some(-1.0);
        }
        changed.extend([(3, 9_999, Some(0.5)), (77, 0, None)]);
        let done = commit(&lake, 2, &changed).await;
        assert_eq!(done, made(Some(2), counts(2, 3, again.len() as u64 - 3), 200_002));
        expected.extend([(3, 9_999, Some(0.5)), (77, 0, None)]);
        expected.sort_by_key(|value| (value.0, value.1));
        assert_eq!(values(&lake, AsOf::Latest).await, expected);
        assert_eq!(values(&world.lake().await, AsOf::Latest).await, expected);
    }

    async fn many_commits_pass_a_checkpoint_and_every_version_stays(world: World) {
        let lake = world.lake().await;
        with_table(&lake).await;
        for n in 1..=103 {
            commit(&lake, u32::try_from(n).unwrap(), &[(1, n % 10, Some(f64::from(u8::try_from(n).unwrap())))])
                .await;
        }
        // It is written in the background.
        let written = async || {
            while !world.objects().iter().any(|name| name.contains("00000100.checkpoint.parquet.sha256")) {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), written()).await.expect("a checkpoint");
        let lake = world.lake().await;
        let last = values(&lake, AsOf::Latest).await;
        assert_eq!(last.iter().find(|value| value.1 == 3).unwrap().2, Some(103.0));
        assert_eq!(values(&lake, version(103)).await, last);
        assert_eq!(values(&lake, version(5)).await.len(), 5);
        assert_eq!(values(&lake, version(101)).await.iter().find(|v| v.1 == 3).unwrap().2, Some(93.0));
        for n in [1, 99, 100, 103] {
            let done = lake.committed_run(&reading(), &run(n)).await.unwrap().unwrap();
            assert_eq!(done.version, Some(Version(u64::from(n))));
        }
    }
}

#[tokio::test]
async fn rows_that_do_not_fit_are_refused_and_change_nothing() {
    let world = World::on_disk();
    let lake = world.lake().await;
    with_table(&lake).await;
    let good = observations(&[(1, 0, Some(1.0))]);
    let twice = observations(&[(1, 0, Some(1.0)), (2, 0, None), (1, 0, Some(2.0))]);
    let side_by_side = observations(&[(1, 0, Some(1.0)), (1, 0, Some(2.0))]);
    let fewer = good.project(&[0, 1, 2]).unwrap();
    let mut fields: Vec<_> = good.schema().fields().iter().cloned().collect();
    fields[0] = arrow::datatypes::Field::new("datastream", arrow::datatypes::DataType::Float64, false).into();
    let mut columns = good.columns().to_vec();
    columns[0] = std::sync::Arc::new(Float64Array::from(vec![1.0]));
    let wrong_type = RecordBatch::try_new(arrow::datatypes::Schema::new(fields).into(), columns).unwrap();
    for (rows, expected) in [
        (vec![twice], "twice"),
        (vec![side_by_side], "twice"),
        (vec![good.clone(), good.clone()], "twice"),
        (vec![fewer], "no column `result`"),
        (vec![wrong_type], "`datastream` is Float64"),
    ] {
        let error = lake.commit(&writing(), new_rows(1, rows)).await.unwrap_err();
        assert!(matches!(&error, Error::Invalid { what, .. } if what.contains(expected)), "{error}");
    }
    assert_eq!(values(&lake, AsOf::Latest).await, []);
    assert_eq!(commit(&lake, 1, &[(1, 0, Some(1.0))]).await.version, Some(Version(1)));
}

#[tokio::test]
async fn whoever_may_not_write_commits_nothing() {
    let world = World::on_disk();
    let lake = world.lake().await;
    with_table(&lake).await;
    let rows = || new_rows(1, vec![observations(&[(1, 0, Some(1.0))])]);
    for permit in [reading(), permit_for("salinity_hourly", Purpose::Describe)] {
        assert!(matches!(lake.commit(&permit, rows()).await, Err(Error::Denied(_))));
        let made = lake.create_table(&permit, TableSchema::Observations).await;
        assert!(matches!(made, Err(Error::Denied(_))));
    }
    let describing = permit_for("salinity_hourly", Purpose::Describe);
    assert!(matches!(lake.snapshot(&describing, AsOf::Latest).await, Err(Error::Denied(_))));
    assert!(matches!(lake.plan(&describing, &[]).await, Err(Error::Denied(_))));
    assert!(matches!(lake.committed_run(&describing, &run(1)).await, Err(Error::Denied(_))));
}

#[tokio::test]
async fn files_are_sorted_and_say_their_ranges() {
    let world = World::on_disk();
    let lake = world.lake().await;
    with_table(&lake).await;
    commit(&lake, 1, &[(5, 7, Some(1.0)), (3, 9, Some(2.0)), (5, 2, Some(3.0))]).await;
    for lake in [lake, world.lake().await] {
        let snapshot = lake.snapshot(&reading(), AsOf::Latest).await.unwrap();
        let [file] = snapshot.files() else { panic!("one commit makes one file") };
        assert_eq!((file.min_datastream, file.max_datastream), (Some(3), Some(5)));
        assert_eq!((file.min_time, file.max_time), (Some(hour(2)), Some(hour(9))));
        assert_eq!(file.rows, 3);
        let bytes = std::fs::read(world.folder().join(file.path.as_ref())).unwrap();
        assert_eq!(bytes.len() as u64, file.size);
        let reader =
            parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(bytes::Bytes::from(bytes), 1024)
                .unwrap();
        let batch = reader.into_iter().next().unwrap().unwrap();
        assert_eq!(batch.column(0).as_primitive::<Int64Type>().values(), &[3, 5, 5]);
        assert_eq!(batch.schema().fields(), lake::observations::schema().fields());
    }
}

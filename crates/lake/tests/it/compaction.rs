//! Small files become large ones, and nobody sees a difference but in speed.

use std::collections::BTreeMap;

use lake::AsOf;
use model::Version;

use crate::world::{Value, commit, on_both, reading, values, with_table, writing};

type Model = BTreeMap<(i64, i64), Option<f64>>;

fn listed(model: &Model) -> Vec<Value> {
    model.iter().map(|((datastream, n), value)| (*datastream, *n, *value)).collect()
}

on_both! {
    async fn joined_files_hold_the_same_rows_at_every_version(world: World) {
        let lake = world.lake().await;
        with_table(&lake).await;
        let mut model = Model::new();
        let mut known: Vec<(Version, Model)> = Vec::new();
        let mut run = 0;
        let mut write = async |rows: Vec<Value>, model: &mut Model| {
            run += 1;
            model.extend(rows.iter().map(|(datastream, n, value)| ((*datastream, *n), *value)));
            commit(&lake, run, &rows).await.version.expect("the rows are new")
        };
        for n in 0..14 {
            let version = write(vec![(n % 3, n, Some(n as f64)), (9, n, None)], &mut model).await;
            known.push((version, model.clone()));
        }
        let before = lake.snapshot(&reading(), AsOf::Latest).await.unwrap();
        let done = lake.compact(&writing()).await.unwrap();
        let after = lake.snapshot(&reading(), AsOf::Latest).await.unwrap();
        assert_eq!((done.files, done.into, done.rows), (14, 1, 28));
        assert_eq!((before.files().len(), after.files().len()), (14, 1));
        assert_eq!((before.version(), before.rows()), (after.version(), after.rows()));
        assert_eq!(lake.compact(&writing()).await.unwrap().files, 0);

        // A correction and a new value on top of the joined file.
        let version = write(vec![(0, 0, Some(-1.0)), (5, 5, Some(5.0))], &mut model).await;
        known.push((version, model.clone()));
        for lake in [lake.clone(), world.lake().await] {
            assert_eq!(values(&lake, AsOf::Latest).await, listed(&model));
            for (version, model) in &known {
                assert_eq!(values(&lake, AsOf::Version(*version)).await, listed(model), "{version}");
            }
        }
        // The number of the entry that rearranged files is no version.
        let number = Version(before.version().0 + 1);
        assert!(lake.snapshot(&reading(), AsOf::Version(number)).await.is_err());
    }

    async fn a_table_that_many_small_commits_crowd_is_tidied_by_itself(world: World) {
        let lake = world.lake().await;
        with_table(&lake).await;
        let mut model = Model::new();
        for n in 0..120_i64 {
            model.insert((n % 7, n), Some(n as f64));
            commit(&lake, u32::try_from(n).unwrap(), &[(n % 7, n, Some(n as f64))]).await;
        }
        let tidy = async || {
            while lake.snapshot(&reading(), AsOf::Latest).await.unwrap().files().len() >= 40 {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), tidy()).await.expect("files are joined");
        assert_eq!(values(&lake, AsOf::Latest).await, listed(&model));
        assert_eq!(values(&world.lake().await, AsOf::Latest).await, listed(&model));
    }
}

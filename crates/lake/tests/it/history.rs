//! Any sequence of commits is, at every version, what a map of keys to values says.

use std::collections::BTreeMap;
use std::sync::Arc;

use lake::{AsOf, CommitCounts, Lake};
use model::Version;
use object_store::memory::InMemory;
use proptest::prelude::*;
use url::Url;

use crate::world::{Value, commit, values, version, with_table};

type Model = BTreeMap<(i64, i64), Option<f64>>;

fn rows() -> impl Strategy<Value = Vec<Value>> {
    let result = prop_oneof![3 => (0..3_u8).prop_map(|n| Some(f64::from(n))), 1 => Just(None)];
    let keyed = prop::collection::hash_map((0..4_i64, 0..8_i64), result, 0..12);
    keyed.prop_map(|rows| rows.into_iter().map(|((datastream, n), value)| (datastream, n, value)).collect())
}

/// Applies rows to the model and counts as a commit does.
fn apply(model: &mut Model, rows: &[Value]) -> CommitCounts {
    let mut counts = CommitCounts::default();
    for (datastream, n, value) in rows {
        match model.insert((*datastream, *n), *value) {
            None => counts.added += 1,
            Some(old) if old == *value => counts.unchanged += 1,
            Some(_) => counts.corrected += 1,
        }
    }
    counts
}

fn listed(model: &Model) -> Vec<Value> {
    model.iter().map(|((datastream, n), value)| (*datastream, *n, *value)).collect()
}

async fn check(commits: Vec<Vec<Value>>) {
    let store = Arc::new(InMemory::new());
    let open = || Lake::over(store.clone(), Url::parse("memory:///").unwrap());
    let lake = open();
    with_table(&lake).await;
    let mut versions = vec![Model::new()];
    for (number, rows) in commits.iter().enumerate() {
        let mut next = versions.last().unwrap().clone();
        let counts = apply(&mut next, rows);
        let done = commit(&lake, u32::try_from(number).unwrap(), rows).await;
        assert_eq!(done.counts, counts);
        assert_eq!(done.total, next.len() as u64);
        let changed = counts.added + counts.corrected > 0;
        assert_eq!(done.version, changed.then_some(Version(versions.len() as u64)));
        if changed {
            versions.push(next);
        }
    }
    for lake in [lake, open()] {
        for (number, model) in versions.iter().enumerate() {
            assert_eq!(values(&lake, version(number as u64)).await, listed(model), "version {number}");
        }
        assert_eq!(values(&lake, AsOf::Latest).await, listed(versions.last().unwrap()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_version_is_what_its_commits_made(commits in prop::collection::vec(rows(), 1..8)) {
        tokio::runtime::Runtime::new().unwrap().block_on(check(commits));
    }
}

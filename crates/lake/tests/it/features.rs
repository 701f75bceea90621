//! Features: in a box, by their id, corrected and moved; and readable as GeoParquet.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, BinaryArray, RecordBatch};
use arrow::datatypes::Float64Type;
use lake::{AsOf, CommitCounts, Error, FeatureRead, Lake, SeriesRead, TableSchema};
use model::{Bbox, TimeRange, Version};
use parquet::file::reader::{FileReader, SerializedFileReader};
use policy::{Permit, Purpose};

use crate::world::{Parcel, World, at, new_rows, on_both, parcels, parcels_schema, permit_for, run, writing};

fn write() -> Permit {
    permit_for("parcels", Purpose::Write)
}

fn read() -> Permit {
    permit_for("parcels", Purpose::Read)
}

async fn commit(lake: &Lake, number: u32, rows: &[Parcel]) -> lake::Committed {
    lake.commit(&write(), new_rows(number, vec![parcels(rows)])).await.unwrap()
}

type Found = BTreeMap<String, (f64, f64, Option<String>)>;

async fn found(lake: &Lake, at: AsOf, read_what: FeatureRead) -> (Vec<String>, Found, u64) {
    let snapshot = lake.snapshot(&read(), at).await.unwrap();
    let answer = lake.read_features(&read(), &snapshot, read_what).await.unwrap();
    let (mut order, mut found) = (Vec::new(), Found::new());
    for batch in &answer.batches {
        let ids = batch.column(0).as_string::<i32>();
        let (x, y) =
            (batch.column(2).as_primitive::<Float64Type>(), batch.column(3).as_primitive::<Float64Type>());
        let crops = batch.column_by_name("crop").unwrap().as_string::<i32>();
        for row in 0..batch.num_rows() {
            order.push(ids.value(row).to_owned());
            let crop = crops.is_valid(row).then(|| crops.value(row).to_owned());
            found.insert(ids.value(row).to_owned(), (x.value(row), y.value(row), crop));
        }
    }
    assert_eq!(order.len(), found.len(), "no feature comes twice");
    (order, found, answer.matched)
}

fn all() -> FeatureRead {
    FeatureRead { limit: usize::MAX, ..FeatureRead::default() }
}

/// A grid of parcels over the delta.
fn grid(side: u32) -> Vec<Parcel> {
    let parcel = |n: u32| {
        let (x, y) = (f64::from(n % side), f64::from(n / side));
        let crop = ["rice", "shrimp", "fruit"][n as usize % 3];
        (format!("p{n:06}"), 104.5 + x * 0.02, 8.5 + y * 0.02, Some(crop))
    };
    (0..side * side).map(parcel).collect()
}

on_both! {
    async fn a_box_gives_what_it_meets_with_offset_limit_and_count(world: World) {
        let lake = world.lake().await;
        lake.create_table(&write(), parcels_schema()).await.unwrap();
        let parcels = grid(60);
        commit(&lake, 1, &parcels[..2000]).await;
        commit(&lake, 2, &parcels[2000..]).await;
        for (west, south, east, north) in
            [(104.0, 8.0, 107.0, 11.0), (104.9, 8.9, 105.1, 9.0), (104.515, 8.5, 104.518, 8.6), (1.0, 1.0, 2.0, 2.0)]
        {
            let bbox = Bbox::new(west, south, east, north).unwrap();
            let expected: Vec<&String> = parcels
                .iter()
                .filter(|p| p.1 <= east && west <= p.1 + 0.01 && p.2 <= north && south <= p.2 + 0.01)
                .map(|p| &p.0)
                .collect();
            let in_box = FeatureRead { bbox: Some(bbox), ..all() };
            let (order, met, matched) = found(&lake, AsOf::Latest, in_box.clone()).await;
            assert_eq!(met.keys().collect::<Vec<_>>(), expected);
            assert_eq!(matched, expected.len() as u64);
            let (offset, limit) = (expected.len() / 3, 7);
            let page = FeatureRead { offset, limit, ..in_box };
            let (some, _, matched) = found(&lake, AsOf::Latest, page).await;
            assert_eq!(some, order[offset..order.len().min(offset + limit)]);
            assert_eq!(matched, expected.len() as u64);
        }
        let (order, _, matched) = found(&lake, AsOf::Latest, all()).await;
        assert_eq!((order.len(), matched), (3600, 3600));
        let page = FeatureRead { offset: 1990, limit: 40, ..FeatureRead::default() };
        assert_eq!(found(&lake, AsOf::Latest, page).await.0, order[1990..2030]);
    }

    async fn a_feature_is_found_by_its_id(world: World) {
        let lake = world.lake().await;
        lake.create_table(&write(), parcels_schema()).await.unwrap();
        let parcels = grid(40);
        commit(&lake, 1, &parcels[..800]).await;
        commit(&lake, 2, &parcels[800..]).await;
        let by_id = |id: &str| FeatureRead { feature: Some(id.to_owned()), limit: 1, ..FeatureRead::default() };
        for id in ["p000000", "p000799", "p000800", "p001599"] {
            let (order, _, matched) = found(&lake, AsOf::Latest, by_id(id)).await;
            assert_eq!((order, matched), (vec![id.to_owned()], 1));
        }
        assert_eq!(found(&lake, AsOf::Latest, by_id("p9")).await.2, 0);
        let elsewhere = FeatureRead { bbox: Bbox::new(1.0, 1.0, 2.0, 2.0), ..by_id("p000000") };
        assert_eq!(found(&lake, AsOf::Latest, elsewhere).await.2, 0);
    }

    async fn features_are_corrected_and_move_and_old_versions_stay(world: World) {
        let lake = world.lake().await;
        lake.create_table(&write(), parcels_schema()).await.unwrap();
        let parcels = grid(20);
        let counts = |added, corrected, unchanged| CommitCounts { added, corrected, unchanged, ..CommitCounts::default() };
        assert_eq!(commit(&lake, 1, &parcels).await.counts, counts(400, 0, 0));
        assert_eq!(commit(&lake, 2, &parcels).await.version, None);
        let mut changed = parcels[..10].to_vec();
        changed[3].3 = Some("mangrove");
        changed[5].1 += 1.0;
        changed[7].3 = None;
        changed.push(("new".into(), 106.0, 10.0, None));
        let done = commit(&lake, 3, &changed).await;
        assert_eq!((done.version, done.counts, done.total), (Some(Version(2)), counts(1, 3, 7), 401));
        for lake in [lake, world.lake().await] {
            let (_, now, _) = found(&lake, AsOf::Latest, all()).await;
            assert_eq!(now.len(), 401);
            assert_eq!(now["p000003"].2.as_deref(), Some("mangrove"));
            assert_eq!(now["p000005"].0, parcels[5].1 + 1.0);
            assert_eq!(now["p000007"].2, None);
            assert_eq!(now["p000008"], (parcels[8].1, parcels[8].2, parcels[8].3.map(str::to_owned)));
            let (_, old, _) = found(&lake, AsOf::Version(Version(1)), all()).await;
            assert_eq!(old.len(), 400);
            assert_eq!(old["p000003"].2, parcels[3].3.map(str::to_owned));
            let moved = FeatureRead {
                bbox: Bbox::new(changed[5].1, changed[5].2, changed[5].1 + 0.001, changed[5].2 + 0.001),
                ..all()
            };
            assert_eq!(found(&lake, AsOf::Latest, moved).await.0, ["p000005"]);
        }
    }
}

#[tokio::test]
async fn a_file_whose_features_all_moved_is_gone() {
    let world = World::on_disk();
    let lake = world.lake().await;
    lake.create_table(&write(), parcels_schema()).await.unwrap();
    let mut parcels = grid(3);
    commit(&lake, 1, &parcels).await;
    parcels.iter_mut().for_each(|p| p.1 += 0.5);
    let done = commit(&lake, 2, &parcels).await;
    assert_eq!((done.counts.corrected, done.total), (9, 9));
    let snapshot = lake.snapshot(&read(), AsOf::Latest).await.unwrap();
    assert_eq!((snapshot.files().len(), snapshot.rows()), (1, 9));
    assert_eq!(lake.committed_run(&read(), &run(2)).await.unwrap(), Some(done));
}

#[tokio::test]
async fn the_files_are_geoparquet() {
    let world = World::on_disk();
    let lake = world.lake().await;
    lake.create_table(&write(), parcels_schema()).await.unwrap();
    commit(&lake, 1, &grid(2)).await;
    let snapshot = lake.snapshot(&read(), AsOf::Latest).await.unwrap();
    let [file] = snapshot.files() else { panic!("one commit makes one file") };
    let open = std::fs::File::open(world.folder().join(file.path.as_ref())).unwrap();
    let reader = SerializedFileReader::new(open).unwrap();
    let entries = reader.metadata().file_metadata().key_value_metadata().unwrap();
    let geo = entries.iter().find(|entry| entry.key == "geo").unwrap().value.as_ref().unwrap();
    let geo: serde_json::Value = serde_json::from_str(geo).unwrap();
    assert_eq!(geo["version"], "1.1.0");
    assert_eq!(geo["primary_column"], "geometry");
    let column = &geo["columns"]["geometry"];
    assert_eq!(column["encoding"], "WKB");
    assert_eq!(column["geometry_types"], serde_json::json!(["Polygon"]));
    let bbox: Vec<f64> = serde_json::from_value(column["bbox"].clone()).unwrap();
    let expected = file.bbox.unwrap();
    assert_eq!(bbox, [expected.west, expected.south, expected.east, expected.north]);
    assert_eq!((expected.west, expected.north), (104.5, 8.53));
}

#[tokio::test]
async fn features_in_a_file_follow_the_hilbert_curve() {
    let world = World::on_disk();
    let lake = world.lake().await;
    lake.create_table(&write(), parcels_schema()).await.unwrap();
    commit(&lake, 1, &grid(64)).await;
    let (order, places, _) = found(&lake, AsOf::Latest, all()).await;
    let step = |pair: &[String]| {
        let (a, b) = (&places[&pair[0]], &places[&pair[1]]);
        (a.0 - b.0).abs() + (a.1 - b.1).abs()
    };
    let mean = order.windows(2).map(step).sum::<f64>() / 4095.0;
    // Neighbours along the curve are neighbours on the ground: about one step of the grid, where
    // an order by rows has the same mean but an order by chance has forty times as much.
    assert!(mean < 0.05, "{mean}");
    // Any 256 in a row lie close together, which rows do not: 16 squares of 16, not 4 of 64 by 1.
    let widths = order.chunks(256).map(|ids| {
        let xs: Vec<f64> = ids.iter().map(|id| places[id].0).collect();
        xs.iter().copied().fold(f64::MIN, f64::max) - xs.iter().copied().fold(f64::MAX, f64::min)
    });
    let widest = widths.fold(0.0, f64::max);
    assert!(widest < 1.0, "{widest}");
}

#[tokio::test]
async fn names_that_cannot_be_columns_are_refused() {
    let world = World::on_disk();
    let lake = world.lake().await;
    for names in [vec![""], vec!["a b"], vec!["x;y"], vec!["crop", "Crop"], vec!["XMIN"], vec!["run"]] {
        let attribute =
            |name: &&str| lake::Attribute { name: (*name).to_owned(), kind: lake::AttributeKind::Text };
        let schema = TableSchema::Features(names.iter().map(attribute).collect());
        let made = lake.create_table(&write(), schema).await;
        assert!(matches!(made, Err(Error::Invalid { .. })), "{names:?}");
    }
    assert_eq!(world.objects(), [""; 0]);
    let vietnamese = lake::Attribute { name: "diện_tích".into(), kind: lake::AttributeKind::Number };
    lake.create_table(&write(), TableSchema::Features(vec![vietnamese])).await.unwrap();
    let snapshot = world.lake().await.snapshot(&read(), AsOf::Latest).await.unwrap();
    assert!(snapshot.schema().field_with_name("diện_tích").is_ok());
}

#[tokio::test]
async fn a_permit_with_a_row_filter_reaches_no_features_and_kinds_are_not_mixed() {
    let world = World::on_disk();
    let lake = world.lake().await;
    lake.create_table(&writing(), parcels_schema()).await.unwrap();
    let reading = crate::world::reading();
    let snapshot = lake.snapshot(&reading, AsOf::Latest).await.unwrap();
    let filtered = crate::series::embargoed("2020-01-01T00:00:00Z");
    assert!(matches!(lake.read_features(&filtered, &snapshot, all()).await, Err(Error::Denied(_))));
    let series = SeriesRead {
        datastreams: vec![1],
        time: TimeRange::ALL,
        columns: None,
        limit: None,
        results: lake::ResultRange::ALL,
    };
    assert!(matches!(lake.read_series(&reading, &snapshot, series).await, Err(Error::Invalid { .. })));
    let twice = [("a".to_owned(), 105.0, 10.0, None), ("a".to_owned(), 106.0, 10.0, None)];
    let rows =
        lake::NewRows { run: run(1), rows: vec![parcels(&twice)], committed_at: at("2026-07-01T00:00:00Z") };
    assert!(matches!(lake.commit(&writing(), rows).await, Err(Error::Invalid { .. })));
}

on_both! {
    async fn a_file_of_several_parts_is_written_and_rewritten(world: World) {
        let lake = world.lake().await;
        lake.create_table(&write(), parcels_schema()).await.unwrap();
        let ids = |n: u32| (format!("island{n}"), 104.5 + f64::from(n) * 0.02, 9.0, Some("forest"));
        let small: Vec<Parcel> = (0..40).map(ids).collect();
        // Coastlines of half a megabyte that do not compress, so that the file is larger than a part.
        let mut state = 88_172_645_463_325_252_u64;
        let mut noise = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        };
        let coast: Vec<Vec<u8>> =
            (0..40).map(|_| (0..1 << 16).flat_map(|_| noise()).collect()).collect();
        let with_coast = |parcels: RecordBatch, coast: &[Vec<u8>]| {
            let mut columns = parcels.columns().to_vec();
            columns[1] = Arc::new(BinaryArray::from_iter_values(coast));
            RecordBatch::try_new(parcels.schema(), columns).unwrap()
        };
        let rows = vec![with_coast(parcels(&small), &coast)];
        assert_eq!(lake.commit(&write(), new_rows(1, rows)).await.unwrap().total, 40);
        let snapshot = lake.snapshot(&read(), AsOf::Latest).await.unwrap();
        assert!(snapshot.files()[0].size > 20 << 20, "{:?}", snapshot.files());
        let mut changed = small[17].clone();
        changed.3 = None;
        let rows = vec![with_coast(parcels(&[changed]), &coast[17..18])];
        let done = lake.commit(&write(), new_rows(2, rows)).await.unwrap();
        assert_eq!(done.counts, CommitCounts { corrected: 1, ..CommitCounts::default() });
        let snapshot = lake.snapshot(&read(), AsOf::Latest).await.unwrap();
        let answer = lake.read_features(&read(), &snapshot, all()).await.unwrap();
        assert_eq!(answer.matched, 40);
        for batch in &answer.batches {
            let ids = batch.column(0).as_string::<i32>();
            let shapes: &BinaryArray = batch.column(1).as_binary();
            let crops = batch.column_by_name("crop").unwrap();
            for row in 0..batch.num_rows() {
                let n: usize = ids.value(row).strip_prefix("island").unwrap().parse().unwrap();
                assert!(shapes.value(row) == coast[n], "the coast of {n}");
                assert_eq!(crops.is_null(row), n == 17);
            }
        }
    }
}

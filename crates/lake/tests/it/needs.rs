//! What a test needs leaves rows unread, and never one that would have passed.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Float64Array, Int16Array, Int32Array, Int64Array,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Float64Type, Int64Type, Schema, TimestampMicrosecondType};
use lake::{
    AsOf, Attribute, AttributeKind, FeatureBatches, FeatureRead, FeatureTest, Lake, Needs, Snapshot,
    TableSchema, Within,
};
use model::Bbox;
use policy::{Permit, Purpose};
use proptest::prelude::*;

use crate::world::{World, hour, new_rows, permit_for};

const SIDE: i64 = 80;
const ROWS: i64 = SIDE * SIDE;

fn schema() -> TableSchema {
    use AttributeKind::{Boolean, Integer, Number, Text, Time};
    let kinds = [("zone", Text), ("depth", Number), ("doors", Integer), ("open", Boolean), ("built", Time)];
    let attribute = |(name, kind): (&str, AttributeKind)| Attribute { name: name.to_owned(), kind };
    TableSchema::Features(kinds.into_iter().map(attribute).collect())
}

fn read() -> Permit {
    permit_for("gates", Purpose::Read)
}

/// Points on a grid whose attributes go with where they are, as those of real things do; some are missing.
fn points(numbers: std::ops::Range<i64>) -> RecordBatch {
    let all: Vec<i64> = numbers.collect();
    let at = |n: i64| (105.0 + (n % SIDE) as f64 * 0.01, 9.0 + (n / SIDE) as f64 * 0.01);
    let wkb = |n: i64| {
        let (x, y) = at(n);
        let mut wkb = vec![1, 1, 0, 0, 0];
        wkb.extend(x.to_le_bytes());
        wkb.extend(y.to_le_bytes());
        wkb
    };
    let edge = |axis: usize| {
        let edge = |n: &i64| if axis == 0 { at(*n).0 } else { at(*n).1 };
        Arc::new(Float64Array::from_iter_values(all.iter().map(edge))) as ArrayRef
    };
    let has = |n: &i64, every: i64| n % every != 0;
    let zone = |n: &i64| has(n, 7).then(|| format!("khu {:03} / {}", n / SIDE, n % 3));
    let depth = |n: &i64| match n % 11 {
        0 => None,
        1 => Some(f64::NAN),
        _ => Some(-((n % SIDE) as f64) / 4.0),
    };
    let doors = |n: &i64| has(n, 5).then_some(n / 100);
    let built = |n: &i64| (*n > ROWS / 2).then(|| hour(*n));
    let count = all.len();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(all.iter().map(|n| format!("g{n:05}")))),
        Arc::new(BinaryArray::from_iter_values(all.iter().map(|n| wkb(*n)))),
        edge(0),
        edge(1),
        edge(0),
        edge(1),
        Arc::new(StringArray::from_iter(all.iter().map(zone))),
        Arc::new(Float64Array::from_iter(all.iter().map(depth))),
        Arc::new(Int64Array::from_iter(all.iter().map(doors))),
        Arc::new(BooleanArray::from_iter(all.iter().map(|n| has(n, 9).then_some(*n < ROWS / 3)))),
        Arc::new(all.iter().map(built).collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
        Arc::new(Int16Array::from_value(0, count)),
        Arc::new(Int32Array::from_iter_values(0..i32::try_from(count).unwrap())),
        Arc::new(Int16Array::from_value(1, count)),
    ];
    let full = schema().arrow().unwrap();
    let given = full.fields().iter().filter(|f| !matches!(f.name().as_str(), "run" | "recorded_at"));
    RecordBatch::try_new(Arc::new(Schema::new(given.cloned().collect::<Vec<_>>())), columns).unwrap()
}

async fn table(world: &World) -> (Lake, Arc<Snapshot>) {
    let lake = world.lake().await;
    let write = permit_for("gates", Purpose::Write);
    lake.create_table(&write, schema()).await.unwrap();
    lake.commit(&write, new_rows(1, vec![points(0..ROWS / 4)])).await.unwrap();
    lake.commit(&write, new_rows(2, vec![points(ROWS / 4..ROWS)])).await.unwrap();
    let snapshot = lake.snapshot(&read(), AsOf::Latest).await.unwrap();
    (lake, snapshot)
}

/// Whether a need is met by a row, told without any statistics.
fn is_met(needs: &Needs, batch: &RecordBatch, row: usize) -> bool {
    let (name, is) = match needs {
        Needs::All(parts) => return parts.iter().all(|part| is_met(part, batch, row)),
        Needs::Any(parts) => return parts.iter().any(|part| is_met(part, batch, row)),
        Needs::Column { name, is } => (name, is),
    };
    let column = batch.column_by_name(name).unwrap();
    if column.is_null(row) {
        return *is == Within::Null;
    }
    let number = || match column.data_type() {
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row) as f64,
        _ => column.as_primitive::<Float64Type>().value(row),
    };
    match is {
        Within::Null => false,
        Within::Present => true,
        Within::Bool(truth) => column.as_boolean().value(row) == *truth,
        Within::Number(from, to) => {
            from.is_none_or(|from| number() >= from) && to.is_none_or(|to| number() <= to)
        }
        Within::Text(from, to) => {
            let text = column.as_string::<i32>().value(row);
            from.as_ref().is_none_or(|from| text >= from.as_str())
                && to.as_ref().is_none_or(|to| text <= to.as_str())
        }
        Within::Time(from, to) => {
            let time = column.as_primitive::<TimestampMicrosecondType>().value(row);
            from.is_none_or(|from| time >= from) && to.is_none_or(|to| time <= to)
        }
    }
}

fn columns(needs: &Needs, into: &mut Vec<String>) {
    match needs {
        Needs::All(parts) | Needs::Any(parts) => parts.iter().for_each(|part| columns(part, into)),
        Needs::Column { name, .. } => into.push(name.clone()),
    }
    into.sort();
    into.dedup();
}

/// What is found when the needs are told, and when they are only tested.
async fn both(
    lake: &Lake,
    snapshot: &Snapshot,
    needs: &Needs,
    what: &FeatureRead,
) -> (FeatureBatches, FeatureBatches) {
    let mut named = Vec::new();
    columns(needs, &mut named);
    let asked = needs.clone();
    let passes =
        move |batch: &RecordBatch| (0..batch.num_rows()).map(|row| is_met(&asked, batch, row)).collect();
    let told = FeatureTest { columns: named, passes: Arc::new(passes), needs: needs.clone(), at_edge: false };
    let untold = FeatureTest { needs: Needs::ANYTHING, ..told.clone() };
    let pruned = lake.find_features(&read(), snapshot, what.clone(), &told).await.unwrap();
    let whole = lake.find_features(&read(), snapshot, what.clone(), &untold).await.unwrap();
    (pruned, whole)
}

fn ids(found: &FeatureBatches) -> Vec<String> {
    let column = |batch: &RecordBatch| {
        batch.column(0).as_string::<i32>().iter().map(|id| id.unwrap().to_owned()).collect::<Vec<_>>()
    };
    found.batches.iter().flat_map(column).collect()
}

fn column(name: &str, is: Within) -> Needs {
    Needs::Column { name: name.to_owned(), is }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_statistics_leave_out_is_not_decoded() {
    let world = World::on_disk();
    let (lake, snapshot) = table(&world).await;
    let all = FeatureRead { limit: usize::MAX, ..FeatureRead::default() };
    let text = |text: &str| Within::Text(Some(text.to_owned()), Some(text.to_owned()));
    let id = |n: i64| column("feature", text(&format!("g{n:05}")));
    let ids_of = Needs::Any([3, 999, 6_000].map(id).into());
    for (needs, matched, most) in [
        // The index of ids tells the row itself.
        (id(4_321), 1, 1),
        (ids_of, 3, 3),
        (id(-1), 0, 0),
        // Statistics of pages of 256 rows.
        (column("built", Within::Time(Some(hour(6_100)), Some(hour(6_120)))), 21, 6_400),
        (column("doors", Within::Number(Some(60.0), None)), 320, 6_400),
        (column("zone", text("khu 079 / 1")), 22, 6_400),
        (column("zone", text("khu 080 / 1")), 0, 0),
        (column("built", Within::Null), 3_201, 6_400),
        (column("built", Within::Time(None, Some(hour(-1)))), 0, 0),
        (Needs::All(vec![column("open", Within::Bool(true)), column("built", Within::Present)]), 0, 6_400),
        (Needs::Any(Vec::new()), 0, 0),
    ] {
        let (pruned, whole) = both(&lake, &snapshot, &needs, &all).await;
        assert_eq!((ids(&pruned), pruned.matched), (ids(&whole), whole.matched), "{needs:?}");
        assert_eq!(pruned.matched, matched, "{needs:?}");
        assert!(pruned.looked_at <= most, "{needs:?}: {} of at most {most}", pruned.looked_at);
        assert_eq!(whole.looked_at, ROWS as u64);
    }
    // A box and a need leave out more than each of them.
    let near = FeatureRead { bbox: Bbox::new(105.0, 9.0, 105.2, 9.2), ..all };
    let needs = column("doors", Within::Number(None, Some(2.0)));
    let (pruned, whole) = both(&lake, &snapshot, &needs, &near).await;
    assert_eq!(ids(&pruned), ids(&whole));
    assert!(pruned.matched > 0 && pruned.looked_at <= whole.looked_at);
}

fn leaf() -> impl Strategy<Value = Needs> {
    let edge = || prop::option::of(-30..70_i64);
    let floats = |name: &'static str| {
        (edge(), edge()).prop_map(move |(from, to)| {
            column(name, Within::Number(from.map(|n| n as f64 / 2.0), to.map(|n| n as f64 / 2.0)))
        })
    };
    let times = (edge(), edge()).prop_map(|(from, to)| {
        column("built", Within::Time(from.map(|n| hour(n * 150)), to.map(|n| hour(n * 150))))
    });
    let zones = prop::option::of((0..80_i64, 0..4).prop_map(|(row, kind)| format!("khu {row:03} / {kind}")));
    let ids = prop::option::of((0..ROWS).prop_map(|n| format!("g{n:05}")));
    let texts = |name: &'static str, of: BoxedStrategy<Option<String>>| {
        (of.clone(), of).prop_map(move |(from, to)| column(name, Within::Text(from, to)))
    };
    let name = prop::sample::select(vec!["zone", "depth", "doors", "open", "built"]);
    prop_oneof![
        floats("depth"),
        floats("doors"),
        times,
        texts("zone", zones.boxed()),
        texts("feature", ids.boxed()),
        (0..ROWS).prop_map(|n| {
            let id = format!("g{n:05}");
            column("feature", Within::Text(Some(id.clone()), Some(id)))
        }),
        any::<bool>().prop_map(|truth| column("open", Within::Bool(truth))),
        (name, any::<bool>()).prop_map(|(name, is_null)| {
            column(name, if is_null { Within::Null } else { Within::Present })
        }),
    ]
}

fn needs() -> impl Strategy<Value = Needs> {
    leaf().prop_recursive(3, 12, 4, |part| {
        prop_oneof![
            prop::collection::vec(part.clone(), 0..4).prop_map(Needs::All),
            prop::collection::vec(part, 0..4).prop_map(Needs::Any),
        ]
    })
}

#[test]
fn whatever_is_needed_is_found_as_if_everything_were_read() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = World::on_disk();
    let (lake, snapshot) = runtime.block_on(table(&world));
    let boxes = prop::option::of((0..70_i64, 0..70_i64, 0..40_i64)).prop_map(|corner| {
        corner.and_then(|(x, y, side)| {
            let [west, south] = [105.0 + x as f64 / 100.0, 9.0 + y as f64 / 100.0];
            Bbox::new(west, south, west + side as f64 / 100.0, south + side as f64 / 100.0)
        })
    });
    let config = ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(needs in needs(), bbox in boxes, offset in 0..40_usize, limit in 1..3_000_usize)| {
        let what = FeatureRead { bbox, offset, limit, feature: None };
        let (pruned, whole) = runtime.block_on(both(&lake, &snapshot, &needs, &what));
        prop_assert_eq!(ids(&pruned), ids(&whole));
        prop_assert_eq!(pruned.matched, whole.matched);
        prop_assert!(pruned.looked_at <= whole.looked_at);
    });
}

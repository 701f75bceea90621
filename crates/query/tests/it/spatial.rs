//! Joins on a spatial relation answer what comparing every row with every row answers.

use model::Access;
use policy::Principal;

use crate::world::{World, polygon};

const PUBLIC: Principal = Principal::Public;

/// A closed ring around a centre, wavy enough to be concave, with whole thousandths as corners so
/// that some edges are level and some points lie on them.
fn ring(corners: usize, centre: (f64, f64), radius: f64) -> Vec<(f64, f64)> {
    let thousandth = |x: f64| (x * 1000.0).round() / 1000.0;
    let mut ring: Vec<(f64, f64)> = (0..corners)
        .map(|at| {
            let angle = std::f64::consts::TAU * at as f64 / corners as f64;
            let far = radius * (1.0 + 0.3 * (angle * 7.0).sin());
            (thousandth(centre.0 + far * angle.cos()), thousandth(centre.1 + far * angle.sin()))
        })
        .collect();
    ring.dedup();
    ring.push(ring[0]);
    ring
}

fn bounds(ring: &[(f64, f64)]) -> [f64; 4] {
    let of =
        |pick: fn(&(f64, f64)) -> f64, best: fn(f64, f64) -> f64| ring.iter().map(pick).reduce(best).unwrap();
    [of(|c| c.0, f64::min), of(|c| c.1, f64::min), of(|c| c.0, f64::max), of(|c| c.1, f64::max)]
}

fn point(x: f64, y: f64) -> (String, Vec<u8>, [f64; 4]) {
    let mut wkb = vec![1, 1, 0, 0, 0];
    wkb.extend_from_slice(&x.to_le_bytes());
    wkb.extend_from_slice(&y.to_le_bytes());
    (format!("{x} {y}"), wkb, [x, y, x, y])
}

/// Areas of many corners, some with a hole, that overlap; points among them, on corners, on edges.
async fn world() -> World {
    let world = World::new().await;
    let mut areas = Vec::new();
    let mut points = Vec::new();
    for at in 0..4 {
        let centre = (105.0 + 0.35 * f64::from(at), 9.5 + 0.1 * f64::from(at % 3));
        let outer = ring(34 + 10 * at as usize, centre, 0.3);
        let inner = ring(20, centre, 0.05);
        for pair in outer.windows(2).step_by(4) {
            points.push(point(pair[0].0, pair[0].1));
            points.push(point(f64::midpoint(pair[0].0, pair[1].0), f64::midpoint(pair[0].1, pair[1].1)));
        }
        points.push(point(inner[3].0, inner[3].1));
        points.push(point(centre.0, centre.1));
        let edges = bounds(&outer);
        let rings = if at % 2 == 0 { vec![outer, inner] } else { vec![outer] };
        areas.push((format!("area {at}"), polygon(&rings), edges));
    }
    let mut state = 1_u64;
    let mut thousandths = |span: f64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 40) as f64 / (1_u64 << 24) as f64 * span * 1000.0).round() / 1000.0
    };
    for _ in 0..90 {
        points.push(point(104.6 + thousandths(2.6), 9.0 + thousandths(1.4)));
    }
    world.shapes("areas", Access::Open, areas).await;
    world.shapes("points", Access::Open, points).await;
    world
}

/// The condition as it is, and as something that no rule looks into.
async fn compare(world: &World, select: &str, from: &str, condition: &str, more: &str) -> usize {
    let by_box = format!("SELECT {select} FROM {from} ON {condition} {more} ORDER BY 1, 2");
    let one_by_one = format!(
        "SELECT {select} FROM {from} ON CASE WHEN {condition} THEN true ELSE false END {more} ORDER BY 1, 2"
    );
    let found = world.rows(&PUBLIC, &by_box).await;
    assert_eq!(found, world.rows(&PUBLIC, &one_by_one).await, "{by_box}");
    found.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spatial_join_finds_the_same_pairs_as_comparing_all() {
    let world = world().await;
    let points = "areas a JOIN points p";
    let names = "a.name, p.feature";
    let mut found = std::collections::BTreeMap::new();
    for relation in ["contains", "covers", "intersects", "touches"] {
        let condition = format!("st_{relation}(a.geometry, p.geometry)");
        found.insert(relation, compare(&world, names, points, &condition, "").await);
    }
    for relation in ["within", "coveredby"] {
        let condition = format!("st_{relation}(p.geometry, a.geometry)");
        found.insert(relation, compare(&world, names, points, &condition, "").await);
    }
    assert!(found["contains"] > 20, "{found:?}");
    assert!(found["touches"] > 20, "no point lies on an edge: {found:?}");
    assert_eq!(found["contains"], found["within"]);
    assert_eq!(found["covers"], found["coveredby"]);
    assert_eq!(found["contains"] + found["touches"], found["intersects"]);
    let areas = "areas a JOIN areas p";
    for relation in ["intersects", "overlaps"] {
        let condition = format!("st_{relation}(a.geometry, p.geometry)");
        compare(&world, names, areas, &condition, "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rest_of_a_condition_and_points_that_are_made_count_too() {
    let world = world().await;
    let more = "st_intersects(a.geometry, p.geometry) AND a.xmin + p.ymin > 114.5 AND p.name <> 'x'";
    let found = compare(&world, "a.name, p.feature", "areas a JOIN points p", more, "").await;
    assert!(found > 10, "{found} pairs");
    let made = "st_within(st_point(p.xmin, p.ymin), a.geometry)";
    let found =
        compare(&world, "a.name, p.feature", "points p JOIN areas a", made, "WHERE p.ymin > 9.3").await;
    assert!(found > 10, "{found} pairs");
    let counted = "SELECT a.name, count(*) FROM areas a JOIN points p ON st_covers(a.geometry, p.geometry) \
                   GROUP BY a.name ORDER BY a.name";
    assert_eq!(world.rows(&PUBLIC, counted).await.len(), 4);
    let without_columns = "SELECT count(*) FROM areas a JOIN points p ON st_disjoint(a.geometry, p.geometry)";
    let apart: u64 = world.rows(&PUBLIC, without_columns).await[0].parse().unwrap();
    assert!(apart > 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_of_a_spatial_join_asks_by_box() {
    let world = world().await;
    let sql = "EXPLAIN SELECT count(*) FROM areas a JOIN points p ON st_contains(a.geometry, p.geometry)";
    let plan = world.rows(&Principal::System, sql).await.join("\n");
    assert!(plan.contains("SpatialJoinExec"), "{plan}");
}

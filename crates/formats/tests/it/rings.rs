//! Shapefiles as programs write them that break the rules: rings, numbers that did not fit, systems by a wrong name.

use formats::crs::{Crs, Datum};
use formats::{FeatureItem, FeatureOptions, FeatureRow};

use crate::files::file;
use crate::layers::{dbf, items, shp, shp_polygon, zip};

type Points = [(f64, f64)];

const OUTER: [(f64, f64); 5] = [(0.0, 0.0), (0.0, 10.0), (10.0, 10.0), (10.0, 0.0), (0.0, 0.0)];
const HOLE: [(f64, f64); 5] = [(2.0, 2.0), (8.0, 2.0), (8.0, 8.0), (2.0, 8.0), (2.0, 2.0)];
const ISLAND: [(f64, f64); 5] = [(4.0, 4.0), (4.0, 6.0), (6.0, 6.0), (6.0, 4.0), (4.0, 4.0)];
const BESIDE: [(f64, f64); 5] = [(20.0, 0.0), (20.0, 5.0), (25.0, 5.0), (25.0, 0.0), (20.0, 0.0)];

fn turned(ring: &Points) -> Vec<(f64, f64)> {
    ring.iter().rev().copied().collect()
}

fn only(records: &[Vec<u8>], table: &[u8]) -> Vec<FeatureRow> {
    let bytes = zip(&[("a.shp", &shp(5, records)), ("a.dbf", table)]);
    let found = items(file(&bytes).path(), &FeatureOptions::default()).unwrap();
    found
        .into_iter()
        .map(|item| match item {
            FeatureItem::Row(row) => row,
            FeatureItem::Refused(refusal) => panic!("{refusal:?}"),
        })
        .collect()
}

/// The numbers of rings of each polygon, by the WKB.
fn rings(row: &FeatureRow) -> Vec<u32> {
    let number = |at: usize| u32::from_le_bytes(row.wkb[at..at + 4].try_into().unwrap());
    let mut at = 0;
    let polygons = match number(1) {
        3 => 1,
        6 => {
            at = 9;
            number(5)
        }
        other => panic!("{other}"),
    };
    let mut found = Vec::new();
    for _ in 0..polygons {
        let rings = number(at + 5);
        at += 9;
        for _ in 0..rings {
            at += 4 + 16 * number(at) as usize;
        }
        found.push(rings);
    }
    found
}

#[test]
fn a_ring_within_another_is_a_hole_however_it_turns() {
    let table = dbf(&[("A", b'N', 3)], &[vec![b"1"]]);
    let check = |given: &[&Points], expected: &[u32], is_told: bool| {
        let row = &only(&[shp_polygon(given)], &table)[0];
        assert_eq!(rings(row), expected, "{given:?}");
        let told = row.notes.iter().any(|note| note.code == "rings_by_place");
        assert_eq!(told, is_told, "{given:?}");
    };
    // As the rule has it, and all the other way round.
    check(&[&OUTER, &HOLE], &[2], false);
    check(&[&turned(&OUTER), &turned(&HOLE)], &[2], false);
    check(&[&OUTER, &HOLE, &ISLAND, &BESIDE], &[2, 1, 1], false);
    // Both clockwise, and shell and hole exchanged beside a right one.
    check(&[&OUTER, &turned(&HOLE)], &[2], true);
    check(&[&HOLE, &OUTER, &turned(&BESIDE)], &[2, 1], true);
    // A ring within none is land, whichever way it turns.
    check(&[&OUTER, &turned(&BESIDE)], &[1, 1], true);
    // A hole that touches the shell at a corner.
    let corner = [(0.0, 0.0), (5.0, 1.0), (1.0, 5.0), (0.0, 0.0)];
    check(&[&OUTER, &corner], &[2], false);
}

#[test]
fn numbers_that_did_not_fit_are_told() {
    let table = dbf(&[("SL", b'N', 9), ("NGAY", b'D', 8)], &[vec![b"*********", b"20230230"]]);
    let row = &only(&[shp_polygon(&[&OUTER])], &table)[0];
    assert_eq!(row.notes.iter().map(|note| note.code).collect::<Vec<_>>(), ["number_lost"]);
    assert_eq!(row.property("NGAY").unwrap(), "20230230");
    let table = dbf(&[("SL", b'F', 13)], &[vec![b"-1.79769e+308"]]);
    let row = &only(&[shp_polygon(&[&OUTER])], &table)[0];
    assert!(row.notes.is_empty() && row.property("SL").unwrap().is_null());
}

#[test]
fn definitions_with_seven_parameters_are_what_the_parameters_say() {
    let shift = "-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278";
    let tm = "PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"latitude_of_origin\",0],PARAMETER[\"central_meridian\",105.5],PARAMETER[\"scale_factor\",SCALE],PARAMETER[\"false_easting\",500000],PARAMETER[\"false_northing\",0],UNIT[\"metre\",1]";
    let system = |datum: &str, scale: &str| {
        format!(
            "PROJCS[\"unknown\",GEOGCS[\"unknown\",DATUM[{datum}],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433]],{}]",
            tm.replace("SCALE", scale)
        )
    };
    let spheroid = "SPHEROID[\"WGS 84\",6378137,298.257223563]";
    for (datum, scale, expected) in [
        (
            format!("\"Unknown based on WGS 84 ellipsoid\",{spheroid},TOWGS84[{shift}]"),
            "0.9999",
            Some(Datum::Vn2000),
        ),
        (format!("\"WGS_1984\",{spheroid},TOWGS84[{shift}]"), "0.9999", Some(Datum::Vn2000)),
        (
            format!("\"D_Unknown_based_on_WGS_84_ellipsoid_using_towgs84_-191_90441429_-39_3\",{spheroid}"),
            "0.9999",
            Some(Datum::Vn2000),
        ),
        (format!("\"WGS_1984\",{spheroid},TOWGS84[0,0,0,0,0,0,0]"), "0.9996", Some(Datum::Wgs84)),
        (format!("\"WGS_1984\",{spheroid}"), "0.9996", Some(Datum::Wgs84)),
        // Nobody can say which of both is meant.
        (format!("\"WGS_1984\",{spheroid}"), "0.9999", None),
        (format!("\"Unknown based on WGS 84 ellipsoid\",{spheroid}"), "0.9999", None),
        (format!("\"Mine\",{spheroid},TOWGS84[-500,-300,-100]"), "0.9999", None),
    ] {
        let found = Crs::parse(&system(&datum, scale)).ok().map(|crs| crs.datum);
        assert_eq!(found, expected, "{datum}");
    }
    let bound = format!(
        "BOUNDCRS[SOURCECRS[{}],TARGETCRS[GEOGCRS[\"WGS 84\",DATUM[\"World Geodetic System 1984\",ELLIPSOID[\"WGS 84\",6378137,298.257223563]]]],ABRIDGEDTRANSFORMATION[\"x\",METHOD[\"Position Vector transformation (geog2D domain)\"],PARAMETER[\"X-axis translation\",-191.90441429],PARAMETER[\"Y-axis translation\",-39.30318279],PARAMETER[\"Z-axis translation\",-111.45032835]]]",
        system(&format!("\"Unknown based on WGS 84 ellipsoid\",{spheroid}"), "0.9999")
    );
    let crs = Crs::parse(&bound).unwrap();
    assert_eq!((crs.datum, crs.epsg), (Datum::Vn2000, Some(9209)));
}

#[test]
fn an_outline_that_crosses_itself_is_told_with_the_place() {
    let table = dbf(&[("A", b'N', 3)], &[vec![b"1"]]);
    let check = |given: &[&Points], at: Option<&str>| {
        let row = &only(&[shp_polygon(given)], &table)[0];
        let told = row.notes.iter().find(|note| note.code == "crosses_itself");
        assert_eq!(told.map(|note| note.value.as_str()), at, "{given:?}");
    };
    check(&[&OUTER, &HOLE, &ISLAND], None);
    check(&[&[(0.0, 0.0), (10.0, 10.0), (10.0, 0.0), (0.0, 10.0), (0.0, 0.0)]], Some("5.00000, 5.00000"));
    // Rings that touch in a point, and one that touches itself.
    let corner = [(0.0, 0.0), (5.0, 1.0), (1.0, 5.0), (0.0, 0.0)];
    check(&[&OUTER, &corner], None);
    let eight = [(0.0, 0.0), (0.0, 4.0), (2.0, 2.0), (4.0, 4.0), (4.0, 0.0), (2.0, 2.0), (0.0, 0.0)];
    check(&[&eight], None);
    // Of very many corners.
    let circle = |count: u32| -> Vec<(f64, f64)> {
        let angle = |at: u32| -f64::from(at % count) / f64::from(count) * std::f64::consts::TAU;
        (0..=count).map(|at| (angle(at).cos(), angle(at).sin())).collect()
    };
    check(&[&circle(20_000)], None);
}

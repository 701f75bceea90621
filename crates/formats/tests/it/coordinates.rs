//! Coordinates: the operations agree with an independent calculation, and a system is told by its name or by its numbers.

use formats::crs::{
    AngleForm, Crs, Datum, Fit, Judgement, Projection, Sample, beyond_region, candidates, judge, outlines,
    parse_angle, unpack_angle, vertical_shift, zones_of,
};
use proptest::prelude::*;

/// System, WGS 84, coordinates in the system.
type Point = (u32, (f64, f64), (f64, f64));

/// Made with pyproj 3.7.2 on PROJ 9.5.1, EPSG v11.022,
/// from a pipeline of the parameters of Decision 05/2007 in the coordinate-frame convention
/// (EPSG:6960) and the projection, at six points from Tân Châu to the coast of Bến Tre. Degrees are
/// rounded to nine decimals (0.1 mm), metres to three.
#[rustfmt::skip]
const POINTS: &[Point] = &[
    (4756, (105.75, 10.05), (105.748215569, 10.051013667)),
    (32648, (105.75, 10.05), (582186.253, 1111034.549)),
    (3405, (105.75, 10.05), (581990.446, 1111146.186)),
    (9207, (105.75, 10.05), (636828.711, 1111646.349)),
    (9208, (105.75, 10.05), (609420.897, 1111552.565)),
    (5897, (105.75, 10.05), (582015.053, 1111479.664)),
    (9209, (105.75, 10.05), (527207.301, 1111396.485)),
    (9210, (105.75, 10.05), (499804.406, 1111386.2)),
    (4756, (105.25, 10.8), (105.248210151, 10.801009952)),
    (32648, (105.25, 10.8), (527329.288, 1193876.657)),
    (3405, (105.25, 10.8), (527133.535, 1193988.168)),
    (9207, (105.25, 10.8), (581818.409, 1194435.607)),
    (9208, (105.25, 10.8), (554479.558, 1194379.878)),
    (5897, (105.25, 10.8), (527141.678, 1194346.507)),
    (9209, (105.25, 10.8), (472466.881, 1194346.827)),
    (9210, (105.25, 10.8), (445128.99, 1194380.519)),
    (4756, (105.15, 9.18), (105.148218951, 9.181011327)),
    (32648, (105.15, 9.18), (516478.885, 1014756.015)),
    (3405, (105.15, 9.18), (516283.174, 1014867.744)),
    (9207, (105.15, 9.18), (571235.382, 1015233.261)),
    (9208, (105.15, 9.18), (543761.324, 1015193.23)),
    (5897, (105.15, 9.18), (516288.061, 1015172.326)),
    (9209, (105.15, 9.18), (461341.924, 1015187.9)),
    (9210, (105.15, 9.18), (433868.051, 1015224.379)),
    (4756, (106.35, 10.35), (106.348215327, 10.351016765)),
    (32648, (106.35, 10.35), (647805.744, 1144423.02)),
    (3405, (106.35, 10.35), (647609.838, 1144534.642)),
    (9207, (106.35, 10.35), (702428.718, 1145152.744)),
    (9208, (106.35, 10.35), (675039.859, 1145004.69)),
    (5897, (106.35, 10.35), (647654.139, 1144878.14)),
    (9209, (106.35, 10.35), (592890.152, 1144689.508)),
    (9210, (106.35, 10.35), (565510.903, 1144627.409)),
    (4756, (105.08, 10.01), (105.078214395, 10.011010041)),
    (32648, (105.08, 10.01), (508767.375, 1106519.191)),
    (3405, (105.08, 10.01), (508571.66, 1106630.818)),
    (9207, (105.08, 10.01), (563387.602, 1107017.525)),
    (9208, (105.08, 10.01), (535980.593, 1106979.838)),
    (5897, (105.08, 10.01), (508574.233, 1106962.94)),
    (9209, (105.08, 10.01), (453761.481, 1106991.509)),
    (9210, (105.08, 10.01), (426354.103, 1107036.978)),
    (4756, (106.6, 9.98), (106.598218081, 9.981018359)),
    (32648, (106.6, 9.98), (675385.097, 1103625.699)),
    (3405, (106.6, 9.98), (675189.178, 1103737.388)),
    (9207, (106.6, 9.98), (730086.297, 1104375.386)),
    (9208, (106.6, 9.98), (702662.2, 1104211.624)),
    (5897, (106.6, 9.98), (675241.756, 1104068.642)),
    (9209, (106.6, 9.98), (620409.849, 1103844.97)),
    (9210, (106.6, 9.98), (592997.397, 1103764.259)),
];

fn crs(code: u32) -> Crs {
    Crs::epsg(code).unwrap()
}

#[test]
fn plane_coordinates_agree_with_an_independent_calculation_to_a_millimetre() {
    for (code, (lon, lat), (x, y)) in POINTS {
        let transform = crs(*code).transform().unwrap();
        let found = transform.from_wgs84(*lon, *lat);
        let close = if *code == 4756 { 2e-9 } else { 0.001 };
        assert!(
            (found.0 - x).abs() <= close && (found.1 - y).abs() <= close,
            "EPSG:{code} at {lon} {lat}: {found:?} and not {x} {y}"
        );
        let back = transform.to_wgs84(*x, *y);
        let off = (back.0 - lon).hypot(back.1 - lat) * 111_000.0;
        assert!(off < 0.002, "EPSG:{code} back from {x} {y}: {back:?}, {off} m");
    }
}

#[test]
fn the_operation_is_the_decided_one_and_is_named() {
    let operation = crs(9209).operation().unwrap();
    assert_eq!(operation.epsg, Some(6960));
    assert_eq!(operation.to_string(), "EPSG:6960 (VN-2000 to WGS 84 (2)), accuracy 1 m");
    assert!(operation.source.contains("05/2007"));
    assert_eq!(crs(32648).operation().unwrap().parameters, None);
    // Maps of before 1975 and of 1975 to 2000: known by name, and not moved by guesswork.
    for code in [4131, 3148, 4147, 2044] {
        let error = crs(code).transform().unwrap_err();
        assert!(error.to_string().contains("no transformation") && error.hint().is_some(), "{error}");
    }
}

#[test]
fn vn_2000_has_the_ellipsoid_of_wgs_84_and_lies_225_metres_away() {
    let transform = crs(4756).transform().unwrap();
    for (lon, lat) in [(105.75, 10.05), (105.15, 9.18), (106.35, 10.35)] {
        let (x, y) = transform.from_wgs84(lon, lat);
        let (east, north) = ((lon - x) * 111_320.0 * lat.to_radians().cos(), (lat - y) * 110_600.0);
        // WGS 84 lies some 196 m east and 112 m south of the numbers of VN-2000.
        assert!((east - 196.0).abs() < 1.0 && (north + 112.0).abs() < 1.0, "{east} {north}");
        assert!((east.hypot(north) - 225.45).abs() < 0.5, "{east} {north}");
    }
}

#[test]
fn official_rotations_with_the_wrong_sign_would_be_half_a_metre_off() {
    let official = crs(4756).operation().unwrap().parameters.unwrap();
    assert_eq!(official.rotation, [-0.009_288_36, 0.019_754_79, -0.004_273_72]);
    let (lon, lat) = (105.75_f64, 10.05_f64);
    // On the ellipsoid of both, height zero.
    let e2 = 0.006_694_379_990_141;
    let radius = 6_378_137.0 / (1.0 - e2 * lat.to_radians().sin().powi(2)).sqrt();
    let across = radius * lat.to_radians().cos();
    let [x, y] = [across * lon.to_radians().cos(), across * lon.to_radians().sin()];
    let z = radius * (1.0 - e2) * lat.to_radians().sin();
    let moved = |sign: f64| {
        let [rx, ry, rz] = official.rotation.map(|seconds| sign * (seconds / 3600.0).to_radians());
        let scale = 1.0 + official.scale_ppm * 1e-6;
        [
            official.translation[0] + scale * (x + rz * y - ry * z),
            official.translation[1] + scale * (y - rz * x + rx * z),
            official.translation[2] + scale * (z + ry * x - rx * y),
        ]
    };
    // `towgs84` turns the other way.
    let (right, wrong) = (moved(1.0), moved(-1.0));
    let apart = (0..3).map(|at| (right[at] - wrong[at]).powi(2)).sum::<f64>().sqrt();
    assert!((0.5..0.6).contains(&apart), "{apart}");
    let (found, _) = crs(4756).transform().unwrap().to_wgs84(lon, lat);
    assert!((found - right[1].atan2(right[0]).to_degrees()).abs() < 1e-10, "{found}");
    assert!((found - wrong[1].atan2(wrong[0]).to_degrees()).abs() > 1e-6, "{found}");
}

#[test]
fn there_is_no_step_at_the_edges_of_another_operation() {
    let transform = crs(4756).transform().unwrap();
    let shift = |lon: f64, lat: f64| {
        let (x, y) = transform.from_wgs84(lon, lat);
        (x - lon, y - lat)
    };
    // EPSG:5194 holds from 9.35 to 11.04 N and from 104.24 to 107.11 E, and differs by 0.8 m.
    for ((lon, lat), (lon2, lat2)) in [
        ((105.5, 9.349_99), (105.5, 9.350_01)),
        ((105.5, 11.039_99), (105.5, 11.040_01)),
        ((104.239_99, 10.0), (104.240_01, 10.0)),
    ] {
        let (one, other) = (shift(lon, lat), shift(lon2, lat2));
        let step = (one.0 - other.0).hypot(one.1 - other.1) * 111_000.0;
        assert!(step < 0.001, "{step} m at {lat}");
    }
    assert_eq!(crs(5897).operation().unwrap().epsg, crs(9207).operation().unwrap().epsg);
}

#[test]
fn a_wrong_meridian_and_a_wrong_scale_move_a_point_as_far_as_is_known() {
    let at = |code: u32| crs(code).transform().unwrap().from_wgs84(105.75, 10.05);
    // A quarter of a degree is 27.4 km, and half a degree 54.8 km.
    assert!((at(9208).0 - at(5897).0 - 27_400.0).abs() < 50.0);
    assert!((at(9207).0 - at(5897).0 - 54_800.0).abs() < 50.0);
    // The scale 0.9996 instead of 0.9999 at the same meridian: 25 m and 330 m, and both look right.
    let (one, other) = (at(3405), at(5897));
    assert!(
        (other.0 - one.0 - 24.6).abs() < 0.1 && (other.1 - one.1 - 333.5).abs() < 0.1,
        "{one:?} {other:?}"
    );
}

#[test]
fn in_the_delta_the_northing_is_always_the_larger_number() {
    for outline in outlines() {
        let bbox = outline.bbox;
        for (lon, lat) in [
            (bbox.west, bbox.south),
            (bbox.east, bbox.north),
            (bbox.west, bbox.north),
            (bbox.east, bbox.south),
        ] {
            for code in [3405, 5897, 9207, 9208, 9209, 9210] {
                let (east, north) = crs(code).transform().unwrap().from_wgs84(lon, lat);
                assert!((900_000.0..1_310_000.0).contains(&north), "{north}");
                assert!((150_000.0..820_000.0).contains(&east) && north > east, "{east} {north}");
            }
        }
    }
}

#[test]
fn every_station_lies_in_the_province_that_claims_it() {
    let text = include_str!("../../../../reference/stations.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let mut tested = 0;
    for record in reader.records() {
        let record = record.unwrap();
        let cell = |name: &str| &record[headers.iter().position(|header| header == name).unwrap()];
        let outline = outlines().iter().find(|outline| outline.place == cell("province_from_2025"));
        let (Ok(lon), Ok(lat), Some(outline)) = (cell("lon").parse(), cell("lat").parse(), outline) else {
            continue;
        };
        assert!(outline.contains(lon, lat), "{}", cell("id"));
        tested += 1;
    }
    assert!(tested > 60, "{tested}");
}

#[test]
fn heights_are_never_turned_into_another_system() {
    assert_eq!(vertical_shift(5727, 5727).unwrap().to_bits(), 0.0_f64.to_bits());
    for (from, to) in [(5726, 5727), (5727, 5726), (5727, 4979)] {
        assert!(vertical_shift(from, to).is_err());
    }
}

/// Definitions as PROJ 9.5.1 writes them.
const OGC_WKT: &str = r#"PROJCS["VN-2000 / TM-3 105-30",GEOGCS["VN-2000",DATUM["Vietnam_2000",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6756"]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4756"]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",105.5],PARAMETER["scale_factor",0.9999],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1],AXIS["Northing",NORTH],AXIS["Easting",EAST],AUTHORITY["EPSG","9209"]]"#;
const ESRI_WKT: &str = r#"PROJCS["WGS_1984_UTM_Zone_48N",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",105.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;
const WKT2: &str = r#"PROJCRS["VN-2000 / UTM zone 48N",BASEGEOGCRS["VN-2000",DATUM["Vietnam 2000",ELLIPSOID["WGS 84",6378137,298.257223563,LENGTHUNIT["metre",1]]],PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]],ID["EPSG",4756]],CONVERSION["UTM zone 48N",METHOD["Transverse Mercator",ID["EPSG",9807]],PARAMETER["Latitude of natural origin",0,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8801]],PARAMETER["Longitude of natural origin",105,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8802]],PARAMETER["Scale factor at natural origin",0.9996,SCALEUNIT["unity",1],ID["EPSG",8805]],PARAMETER["False easting",500000,LENGTHUNIT["metre",1],ID["EPSG",8806]],PARAMETER["False northing",0,LENGTHUNIT["metre",1],ID["EPSG",8807]]],CS[Cartesian,2],AXIS["northing (N)",north,ORDER[1],LENGTHUNIT["metre",1]],AXIS["easting (E)",east,ORDER[2],LENGTHUNIT["metre",1]],ID["EPSG",3405]]"#;

#[test]
fn a_system_is_understood_however_it_is_named() {
    for (text, expected) in [
        ("EPSG:9209", Some(9209)),
        ("epsg:32648", Some(32648)),
        ("urn:ogc:def:crs:EPSG::9210", Some(9210)),
        ("http://www.opengis.net/def/crs/EPSG/0/3405", Some(3405)),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", Some(4326)),
        ("4326", Some(4326)),
        ("VN2000 KTT 105°30' múi 3°", Some(9209)),
        ("Tọa độ VN-2000, kinh tuyến trục 104°45', múi chiếu 3 độ", Some(9208)),
        ("VN-2000 KTT 105 múi 3", Some(5897)),
        ("VN2000 múi 6 KTT 105", Some(3405)),
        ("VN-2000 / TM-3 105-45", Some(9210)),
        ("VN-2000 / TM-3 zone 482", Some(5897)),
        ("VN2000 KTT 105,75 múi 3", Some(9210)),
        ("VN-2000 UTM zone 48N", Some(3405)),
        ("WGS84 / UTM 48N", Some(32648)),
        ("WGS 84", Some(4326)),
        ("VN-2000", Some(4756)),
        ("Indian 1960 / UTM zone 48N", Some(3148)),
        (OGC_WKT, Some(9209)),
        (ESRI_WKT, Some(32648)),
        (WKT2, Some(3405)),
        (
            r#"CoordSys Earth Projection 8, 9999, 28, -191.90441429, -39.30318279, -111.45032835, -0.00928836, 0.01975479, -0.00427372, 0.252906278, 0, "m", 105.5, 0, 0.9999, 500000, 0"#,
            Some(9209),
        ),
        (r#"CoordSys Earth Projection 8, 104, "m", 105, 0, 0.9996, 500000, 0"#, Some(32648)),
        ("CoordSys Earth Projection 1, 104", Some(4326)),
        ("VN2000 múi 3", None),
        ("EPSG:27700", None),
        ("toạ độ giả định", None),
        ("PROJCS[\"x\",GEOGCS[\"Pulkovo\",DATUM[\"D_Pulkovo_1942\"]]]", None),
        ("", None),
    ] {
        match (Crs::parse(text), expected) {
            (Ok(found), Some(code)) => assert_eq!(found.epsg, Some(code), "{text}"),
            (Err(error), None) => assert!(error.hint().is_some_and(|hint| !hint.is_empty()), "{text}"),
            (found, _) => panic!("{text}: {found:?}"),
        }
    }
    // A zone of no list is still a zone, under its own parameters.
    let own = Crs::parse(&OGC_WKT.replace("105.5", "105.25")).unwrap();
    assert_eq!((own.epsg, own.datum), (None, Datum::Vn2000));
    assert!(
        matches!(own.projection, Projection::TransverseMercator(tm) if (tm.central_meridian - 105.25).abs() < 1e-12)
    );
}

#[test]
fn degrees_are_read_as_people_write_them() {
    for (text, expected) in [
        ("10.0376", Some(10.0376)),
        ("10,0376", Some(10.0376)),
        ("10°02'15,6\"", Some(10.0 + 2.0 / 60.0 + 15.6 / 3600.0)),
        ("10°02′15.6″ B", Some(10.0 + 2.0 / 60.0 + 15.6 / 3600.0)),
        ("105 46 12 Đ", Some(105.0 + 46.0 / 60.0 + 12.0 / 3600.0)),
        ("10O21'", Some(10.35)),
        ("106O18'", Some(106.3)),
        ("10º 21' N", Some(10.35)),
        ("N 10-21-00", Some(10.35)),
        ("10°30'S", Some(-10.5)),
        ("1.111.146", Some(1_111_146.0)),
        ("582 015,053", Some(582_015.053)),
        ("1111146.186", Some(1_111_146.186)),
        ("100215.6", Some(100_215.6)),
        ("10°62'", None),
        ("mười độ", None),
        ("", None),
        ("10.1.2", None),
    ] {
        let found = parse_angle(text).map(|angle| angle.value);
        match (found, expected) {
            (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-9, "{text}: {found}"),
            (found, expected) => assert_eq!(found, expected, "{text}"),
        }
    }
    assert_eq!(parse_angle("10O21'").unwrap().form, AngleForm::Sexagesimal);
    let packed = unpack_angle(100_215.6).unwrap();
    assert!((packed - (10.0 + 2.0 / 60.0 + 15.6 / 3600.0)).abs() < 1e-9, "{packed}");
    assert_eq!(unpack_angle(106_199.0), None);
}

#[test]
fn the_zone_is_that_of_the_province_on_the_day_of_the_survey() {
    assert_eq!(zones_of("gso2004:94", Some("2019-05-01")), [9209]);
    assert_eq!(zones_of("gso2004:92", Some("2019-05-01")), [5897]);
    assert!(zones_of("vn2025:92", Some("2019-05-01")).is_empty());
    assert_eq!(zones_of("vn2025:92", Some("2026-01-01")), [5897, 9209]);
    assert_eq!(outlines().len(), 19);
}

/// Positions in a province, in the coordinates of a system.
fn samples(code: u32, place: &str, said: bool) -> Vec<Sample> {
    let transform = crs(code).transform().unwrap();
    let outline = outlines().iter().find(|outline| outline.place == place).unwrap();
    let bbox = outline.bbox;
    let mut samples = Vec::new();
    for i in 0..40 {
        for j in 0..40 {
            let lon = bbox.west + (bbox.east - bbox.west) * f64::from(i) / 40.0;
            let lat = bbox.south + (bbox.north - bbox.south) * f64::from(j) / 40.0;
            if outline.contains(lon, lat) {
                let (x, y) = transform.from_wgs84(lon, lat);
                let places = if said { vec![place.to_owned()] } else { Vec::new() };
                samples.push(Sample { x, y, places });
            }
        }
    }
    samples
}

fn settled(declared: Option<u32>, samples: &[Sample], place: &str) -> (Option<u32>, bool, f64) {
    let declared = declared.map(crs);
    let places: Vec<String> = if place.is_empty() { Vec::new() } else { vec![place.to_owned()] };
    match judge(declared.as_ref(), samples, &candidates(&places, None)) {
        Judgement::Settled(fit) => (fit.crs.epsg, fit.swapped, fit.prefix),
        other => panic!("{other:?}"),
    }
}

#[test]
fn numbers_that_fit_one_system_only_are_read_under_it() {
    // Sóc Trăng's own meridian is 105-30: no other candidate puts the layer into Sóc Trăng.
    let layer = samples(9209, "gso2004:94", true);
    assert_eq!(settled(None, &layer, "gso2004:94"), (Some(9209), false, 0.0));
    // X is the northing, as agencies' sheets have it.
    let swapped: Vec<Sample> =
        layer.iter().map(|s| Sample { x: s.y, y: s.x, places: s.places.clone() }).collect();
    assert_eq!(settled(None, &swapped, "gso2004:94"), (Some(9209), true, 0.0));
    // The number of the zone stands before the easting.
    let prefixed: Vec<Sample> = layer.iter().map(|s| Sample { x: s.x + 48_000_000.0, ..s.clone() }).collect();
    assert_eq!(settled(None, &prefixed, "gso2004:94"), (Some(9209), false, 48_000_000.0));
    // Degrees, with the latitude first.
    let degrees = samples(4326, "gso2004:94", false);
    assert_eq!(settled(None, &degrees, ""), (Some(4326), false, 0.0));
    let turned: Vec<Sample> = degrees.iter().map(|s| Sample { x: s.y, y: s.x, places: vec![] }).collect();
    assert_eq!(settled(None, &turned, ""), (Some(4326), true, 0.0));
    // What is declared and can be is believed, elsewhere too.
    let abroad = vec![Sample { x: 99.5, y: 30.25, places: Vec::new() }];
    assert_eq!(settled(Some(4326), &abroad, ""), (Some(4326), false, 0.0));
}

#[test]
fn positions_beyond_the_delta_are_tested_by_their_range() {
    // Kratie, Stung Treng, Pakse, Khong Chiam: as UTM 48N, and in degrees.
    let upstream = [(106.02, 12.48), (105.95, 13.53), (105.80, 15.12), (105.49, 15.32)];
    let utm = crs(32648).transform().unwrap();
    let sample = |x: f64, y: f64| Sample { x, y, places: Vec::new() };
    let metres: Vec<Sample> =
        upstream.iter().map(|(lon, lat)| utm.from_wgs84(*lon, *lat)).map(|(x, y)| sample(x, y)).collect();
    let degrees: Vec<Sample> = upstream.iter().map(|(lon, lat)| sample(*lon, *lat)).collect();
    let turned = |samples: &[Sample]| -> Vec<Sample> { samples.iter().map(|s| sample(s.y, s.x)).collect() };
    for (declared, samples, code, swapped) in [
        (Some(32648), metres.clone(), 32648, false),
        (Some(32648), turned(&metres), 32648, true),
        (Some(4326), degrees.clone(), 4326, false),
        (Some(4326), turned(&degrees), 4326, true),
        (None, degrees.clone(), 4326, false),
        (None, turned(&degrees), 4326, true),
    ] {
        assert_eq!(settled(declared, &samples, ""), (Some(code), swapped, 0.0));
        let fit = Fit { swapped, ..Fit::plain(crs(code)) };
        assert_eq!(beyond_region(&fit, &samples).len(), samples.len());
    }
    // Metres that nobody declares are asked about; metres that are said to be degrees are not unpacked.
    assert!(matches!(judge(None, &metres, &candidates(&[], None)), Judgement::Open(fits) if fits.is_empty()));
    let judged = judge(Some(&crs(4326)), &metres, &candidates(&[], None));
    assert!(matches!(&judged, Judgement::Doubted(fits) if fits.is_empty()), "{judged:?}");
}

#[test]
fn numbers_that_fit_several_systems_are_asked_about() {
    // Cần Thơ's meridian is that of UTM 48N: 25 m and 330 m apart, both plausible.
    let layer = samples(5897, "gso2004:92", true);
    let Judgement::Open(fits) = judge(None, &layer, &candidates(&["gso2004:92".into()], None)) else {
        panic!()
    };
    let mut codes: Vec<Option<u32>> = fits.iter().map(|fit| fit.crs.epsg).collect();
    codes.sort_unstable();
    assert_eq!(codes, [Some(3405), Some(5897), Some(32648)]);
    // Without a place, the whole delta is open.
    let layer = samples(9209, "gso2004:94", false);
    let Judgement::Open(fits) = judge(None, &layer, &candidates(&[], None)) else { panic!() };
    assert!(fits.len() > 3, "{fits:?}");
}

#[test]
fn a_declaration_that_the_numbers_contradict_is_told_with_what_would_fit() {
    // `.prj` says UTM 48N of WGS 84 over numbers of Sóc Trăng's own zone.
    let layer = samples(9209, "gso2004:94", true);
    let judged = judge(Some(&crs(32648)), &layer, &candidates(&["gso2004:94".into()], None));
    let Judgement::Contradicted(fits) = judged else { panic!("{judged:?}") };
    assert_eq!(fits.iter().map(|fit| fit.crs.epsg).collect::<Vec<_>>(), [Some(9209)]);
    // Degrees that are said to be metres' system.
    let degrees = samples(4326, "gso2004:94", false);
    let judged = judge(Some(&crs(9210)), &degrees, &candidates(&[], None));
    assert!(
        matches!(&judged, Judgement::Contradicted(fits) if fits.iter().any(|fit| fit.crs.is_stored())),
        "{judged:?}"
    );
}

proptest! {
    #[test]
    fn there_and_back_is_where_it_was(lon in 103.0..108.0_f64, lat in 8.0..12.0_f64, code in prop::sample::select(vec![3405_u32, 5897, 9205, 9207, 9218, 32648, 3857, 4756])) {
        let transform = crs(code).transform().unwrap();
        let (x, y) = transform.from_wgs84(lon, lat);
        let (lon2, lat2) = transform.to_wgs84(x, y);
        // 0.1 mm is 9e-10 degree. Between datums, the height that is left out on the way comes back
        // as a third of a millimetre.
        let close = if matches!(code, 32648 | 3857) { 9e-10 } else { 5e-9 };
        prop_assert!((lon - lon2).abs() < close && (lat - lat2).abs() < close, "{} {}", lon2 - lon, lat2 - lat);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}", wkt in "[A-Z\\[\\]\\(\\)\",0-9.]{0,60}") {
        let _ = (Crs::parse(&text), Crs::parse(&wkt), parse_angle(&text));
    }
}

#[test]
fn every_outline_is_closed_and_has_an_inside() {
    let places = outlines();
    assert!(places.len() > 15);
    for outline in places {
        let corners = [outline.bbox.west, outline.bbox.east];
        let mid = f64::midpoint(outline.bbox.south, outline.bbox.north);
        // On every line from the west to the east the outline begins and ends: nothing is inside beyond it.
        let outside =
            corners.map(|lon| outline.contains(lon + if lon == corners[0] { -0.04 } else { 0.04 }, mid));
        assert_eq!(outside, [false, false], "{}", outline.place);
    }
    // In Bến Tre, Trà Vinh and Bạc Liêu, at heights where the edge ends that begins an outline.
    for (place, lon, lat) in
        [("gso2004:83", 106.3454, 10.2227), ("gso2004:83", 106.6031, 10.2444), ("gso2004:83", 106.15, 10.24)]
    {
        let outline = places.iter().find(|outline| outline.place == place).unwrap();
        assert!(outline.contains(lon, lat), "{place} {lon} {lat}");
    }
}

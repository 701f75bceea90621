//! The parsers of query languages under texts bent out of good ones: never a panic, never without end.

#[path = "../../testkit/src/fuzz.rs"]
mod driver;

use driver::fuzz_text;
use standards::ogc;
use standards::sta::{Entity, Options, parse_filter, parse_path};

#[test]
fn filters() {
    let seeds = [
        "result gt 4 and (result lt 5 or not startswith(Datastream/name,'Độ mặn'))",
        "phenomenonTime ge 2020-02-01T00:00:00Z and result add 2.5 mul -1 eq 3",
        "st_within(Locations/location, geography'POLYGON((105 9,106 9,106 10,105 9))')",
        "year(phenomenonTime) eq 2020 and contains(tolower(name),'o''a')",
        "day(phenomenonTime) in (1,2)",
        "geo.distance(FeatureOfInterest/feature,geography'POINT(105 9)') lt 1 and date(phenomenonTime) eq 2020-02-03",
        "phenomenonTime gt now() sub duration'P1DT2H3.5S' and time(phenomenonTime) lt 07:30:00",
        "st_relate(FeatureOfInterest/feature,geography'MULTIPOLYGON(((0 0,1 0,1 1,0 0)))','T*F**F***')",
    ];
    fuzz_text(&seeds, |text| {
        if let Ok(filter) = parse_filter(Entity::Observation, text) {
            // What is printed is read again as the same.
            let printed = filter.to_string();
            let again = parse_filter(Entity::Observation, &printed);
            assert_eq!(again.ok().as_ref().map(ToString::to_string), Some(printed), "{text}");
        }
    });
}

#[test]
fn paths_and_options() {
    fuzz_text(
        &["Things('a')/Datastreams(7)/Observations", "Datastreams(1)/$ref", "Observations/$count"],
        |text| {
            let _ = parse_path(text);
        },
    );
    let seeds = [
        "Datastream($expand=Thing($select=name;$top=3);$filter=name eq 'a'),FeatureOfInterest",
        "phenomenonTime desc,result",
        "10",
        "id,name",
    ];
    fuzz_text(&seeds, |text| {
        for name in [
            "$expand",
            "$orderby",
            "$top",
            "$skip",
            "$select",
            "$filter",
            "$count",
            "$skiptoken",
            "$resultFormat",
        ] {
            let _ = Options::parse(Entity::Observation, true, &[(name.to_owned(), text.to_owned())]);
        }
    });
}

#[test]
fn points_and_lists() {
    fuzz_text(
        &[
            "POINT(105.5 10.2)",
            "POINT Z (1 2 3)",
            "LINESTRINGZM(1 2 3 4,5 6 7 8)",
            "MULTIPOLYGON(((1 2,3 4,5 6,1 2)))",
            "a,b,c",
        ],
        |text| {
            for shape in [ogc::Shape::Point, ogc::Shape::Points, ogc::Shape::Lines, ogc::Shape::Areas] {
                let _ = ogc::parse_coords(text, shape);
            }
            let _ = ogc::parse_list("parameter-name", text);
        },
    );
}

#[test]
fn geometries() {
    let mut point = vec![1, 1, 0, 0, 0];
    point.extend(105.0_f64.to_le_bytes());
    point.extend(10.0_f64.to_le_bytes());
    let mut line = vec![1, 2, 0, 0, 0, 2, 0, 0, 0];
    line.extend([0_u8; 32]);
    driver::fuzz(&[&point, &line, b"\0\0\0\0\x07\0\0\0\x01"], |input| {
        let _ = standards::geometry::Geometry::from_wkb(input);
    });
}

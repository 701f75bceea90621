//! SensorThings from outside: filters, options and documents as clients meet them.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::json;
use standards::sta::{
    Arithmetic, Comparison, Datastream, Document, Entity, Expr, Frame, Function, Id, Interval, Literal,
    Lookup, Observation, Options, Point, Quality, ResultQuality, Thing, UnitOfMeasurement, Value, conjuncts,
    matches, parse_filter, service_root, to_map,
};

fn time(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// An observation of 5.5 g/l on 3 February 2020 at a station whose other series are known.
struct Sample;

impl Lookup for Sample {
    fn value(&self, path: &[String]) -> Value {
        match path.join("/").as_str() {
            "result" => Value::Decimal(5.5),
            "phenomenonTime" => Value::Time(time("2020-02-03T07:00:00Z")),
            "FeatureOfInterest/feature" => {
                Value::of_json(&json!({"type": "Point", "coordinates": [106.5, 10.3]}))
            }
            "Datastream/id" => Value::Integer(7),
            "Datastream/name" => Value::Text("Độ mặn tại Cầu Nổi".into()),
            "Datastream/properties/period" => Value::Text("P1D".into()),
            "Datastream/Thing/Datastreams/ObservedProperty/id" => {
                Value::Any(vec![Value::Text("salinity".into()), Value::Text("water_level".into())])
            }
            _ => Value::Null,
        }
    }
}

#[test]
fn a_filter_decides_as_its_words_say() {
    for (text, expected) in [
        ("result gt 4", true),
        ("result gt 4 and result lt 5", false),
        ("result gt 9 or result lt 5 or result eq 5.5", true),
        ("result eq 5.5 or result eq 1 and false", true),
        ("(result eq 5.5 or result eq 1) and false", false),
        ("not (result gt 4)", false),
        ("not false and true", true),
        ("4 lt result", true),
        ("result add 1 gt 6", true),
        ("result sub 0.5 mul 2 eq 4.5", true),
        ("(result sub 0.5) mul 2 eq 10", true),
        ("3 div 2 eq 1.5", true),
        ("7 mod 2 eq 1", true),
        ("1 div 0 gt 0", false),
        ("result ge -1e3", true),
        ("-result lt 0", true),
        ("3 sub -result eq 8.5 and -(result add 1) eq -6.5", true),
        ("phenomenonTime ge 2020-02-03T14:00:00+07:00", true),
        ("phenomenonTime lt 2020-02-03T07:00:00Z", false),
        ("phenomenonTime gt 2020-02-03T06:59Z", true),
        ("year(phenomenonTime) eq 2020 and month(phenomenonTime) eq 2 and day(phenomenonTime) le 3", true),
        ("hour(phenomenonTime) eq 7", true),
        ("Datastream/id eq 7", true),
        ("Datastream/@iot.id ne 8", true),
        ("substringof('mặn',Datastream/name)", true),
        ("contains(Datastream/name, 'sóng')", false),
        ("startswith(tolower(Datastream/name),'độ')", true),
        ("endswith(Datastream/name,'Nổi') eq true", true),
        ("length(Datastream/name) eq 18", true),
        ("Datastream/properties/period eq 'P1D'", true),
        ("Datastream/Thing/Datastreams/ObservedProperty/id eq 'water_level'", true),
        ("Datastream/Thing/Datastreams/ObservedProperty/id eq 'rain'", false),
        ("resultTime eq null", true),
        ("resultTime ne null", false),
        ("resultTime gt 2020-01-01T00:00:00Z", false),
        ("not (resultTime gt 2020-01-01T00:00:00Z)", false),
        ("result eq 'a text'", false),
        ("round(result) eq 6 and floor(result) eq 5 and ceiling(5.1) eq 6", true),
        ("indexof(Datastream/name,'mặn') eq 3 and indexof(Datastream/name,'x') eq -1", true),
        ("substring(Datastream/name,3) eq 'mặn tại Cầu Nổi' and substring('abcd',1,2) eq 'bc'", true),
        ("concat(concat('a','-'),'b') eq 'a-b' and trim(' a ') eq 'a' and toupper('độ') eq 'ĐỘ'", true),
        ("date(phenomenonTime) eq 2020-02-03 and time(phenomenonTime) eq 07:00:00", true),
        ("date(phenomenonTime) lt 2020-02-03", false),
        ("minute(phenomenonTime) eq 0 and second(phenomenonTime) eq 0", true),
        (
            "fractionalseconds(2020-01-01T00:00:00.25Z) eq 0.25 and totaloffsetminutes(phenomenonTime) eq 0",
            true,
        ),
        ("phenomenonTime gt mindatetime() and phenomenonTime lt maxdatetime()", true),
        ("phenomenonTime add duration'P1D' eq 2020-02-04T07:00:00Z", true),
        ("phenomenonTime sub duration'PT7H30M' lt 2020-02-03T00:00:00Z", true),
        ("phenomenonTime sub 2020-02-03T00:00:00Z eq duration'PT7H'", true),
        ("geo.distance(FeatureOfInterest/feature,geography'POINT(106 10)') lt 0.6", true),
        ("geo.distance(FeatureOfInterest/feature,geography'SRID=4326;POINT(106 10)') lt 0.5", false),
        ("geo.length(geography'LINESTRING(0 0,3 4)') eq 5", true),
        (
            "geo.intersects(FeatureOfInterest/feature,geography'POLYGON((106 10,107 10,107 11,106 11,106 10))')",
            true,
        ),
        (
            "st_within(FeatureOfInterest/feature,geography'POLYGON((106 10,107 10,107 11,106 11,106 10))')",
            true,
        ),
        (
            "st_contains(geography'POLYGON((106 10,107 10,107 11,106 11,106 10))',FeatureOfInterest/feature)",
            true,
        ),
        ("st_disjoint(FeatureOfInterest/feature,geography'POINT(0 0)')", true),
        ("st_equals(FeatureOfInterest/feature,geography'POINT(106.5 10.3)')", true),
        ("st_touches(FeatureOfInterest/feature,geography'LINESTRING(106.5 10.3,107 11)')", true),
        ("st_crosses(geography'LINESTRING(0 0,2 2)',geography'LINESTRING(0 2,2 0)')", true),
        ("st_overlaps(FeatureOfInterest/feature,geography'POINT(106.5 10.3)')", false),
        ("st_intersects(FeatureOfInterest/feature,geography'LINESTRING(106 10.3,107 10.3)')", true),
        ("st_relate(FeatureOfInterest/feature,geography'POINT(106.5 10.3)','T*F**FFF*')", true),
        ("st_within(result,geography'POINT(1 1)')", false),
    ] {
        let filter =
            parse_filter(Entity::Observation, text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(matches(&filter, &Sample), expected, "{text}");
        let printed = filter.to_string();
        assert_eq!(parse_filter(Entity::Observation, &printed).unwrap(), filter, "{text} → {printed}");
    }
}

#[test]
fn quotes_inside_a_text_are_written_twice() {
    let filter = parse_filter(Entity::Thing, "name eq 'Sa''Đéc'").unwrap();
    let Expr::Compare(_, Comparison::Eq, right) = filter else { panic!("not a comparison") };
    assert_eq!(*right, Expr::Literal(Literal::Text("Sa'Đéc".into())));
}

#[test]
fn what_is_wrong_with_a_filter_has_its_place_and_a_hint() {
    let mut report = String::new();
    for text in [
        "",
        "result",
        "result gt",
        "result gt 4 and",
        "result > 4",
        "result gt 4)",
        "(result gt 4",
        "results gt 4",
        "Datastream/foo eq 1",
        "Datastream/Foo/id eq 1",
        "name eq 'x'",
        "result gt 'ab",
        "phenomenonTime gt '2020-02-03T07:00:00Z'",
        "phenomenonTime gt 2020-02-03",
        "Datastream/id eq 'x'",
        "geo.distance(Locations/location, 'x') lt 1",
        "geo.distance(FeatureOfInterest/feature, 'x') lt 1",
        "geo.distance(FeatureOfInterest/feature, geography'POINT(x)') lt 1",
        "st_within(FeatureOfInterest/feature, geography'POLYGON((0 0,2 2,2 0,0 2,0 0))')",
        "st_relate(FeatureOfInterest/feature,geography'POINT(1 1)','inside')",
        "phenomenonTime add 1 gt phenomenonTime",
        "phenomenonTime gt now() sub duration'1 day'",
        "substring('a') eq 'a'",
        "now(1) gt phenomenonTime",
        "year(result) eq 2020 and year('x') eq 1",
        "substringof('a')",
        "startswith(Datastream/name,'a','b')",
        "result gt 4 or 5",
        "not result gt",
        "phenomenonTime/start gt 2020-02-03T07:00:00Z",
        "result gt 99999999999999999999e999",
        "Độ gt 1",
    ] {
        let error = parse_filter(Entity::Observation, text).unwrap_err();
        report += &format!("{text}\n  {error}\n");
        if let Some(hint) = error.hint {
            report += &format!("  → {hint}\n");
        }
    }
    insta::assert_snapshot!(report);
}

#[test]
fn depth_and_length_are_bounded() {
    for text in [
        "(".repeat(5000),
        format!("{}true", "not ".repeat(2000)),
        format!("{}1{}", "tolower(".repeat(900), ")".repeat(900)),
        vec!["result gt 1"; 400].join(" or "),
        format!("result eq 1{}", " add 1".repeat(1000)),
        format!("name eq '{}'", "x".repeat(20_000)),
    ] {
        assert!(parse_filter(Entity::Observation, &text).is_err());
    }
    assert!(parse_filter(Entity::Observation, &vec!["result gt 1"; 200].join(" or ")).is_ok());
    let deep = "Datastreams($expand=Thing($expand=".repeat(50);
    assert!(options(Entity::Thing, &[("$expand", &deep)]).is_err());
}

fn options(entity: Entity, pairs: &[(&str, &str)]) -> Result<Options, standards::Error> {
    let pairs: Vec<(String, String)> =
        pairs.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect();
    Options::parse(entity, true, &pairs)
}

#[test]
fn options_nest_in_expand() {
    let read = options(
        Entity::Thing,
        &[
            ("$top", "5"),
            ("$skip", "10"),
            ("$count", "true"),
            ("$select", "name,id, properties"),
            ("$orderby", "name desc, id"),
            (
                "$expand",
                "Datastreams($expand=Observations($top=1;$orderby=phenomenonTime desc;$filter=result gt 4 and (result lt 9)),\
                 ObservedProperty($select=name);$filter=ObservedProperty/id eq 'a;b)'),Locations",
            ),
        ],
    )
    .unwrap();
    assert_eq!((read.top, read.skip, read.count), (Some(5), Some(10), true));
    assert_eq!(read.select, ["name", "id", "properties"]);
    assert_eq!((read.orderby[0].descending, read.orderby[1].descending), (true, false));
    let [datastreams, locations] = &read.expand[..] else { panic!("two relations") };
    assert_eq!((datastreams.relation.name, locations.relation.name), ("Datastreams", "Locations"));
    let observations = &datastreams.options.expand[0].options;
    assert_eq!((observations.top, observations.orderby[0].descending), (Some(1), true));
    assert!(observations.filter.is_some());
    assert!(datastreams.options.filter.as_ref().unwrap().to_string().contains("'a;b)'"));
}

#[test]
fn a_path_in_expand_is_an_expand_within() {
    let by_path =
        options(Entity::Thing, &[("$expand", "Datastreams/Sensor,Datastreams/ObservedProperty")]).unwrap();
    let nested =
        options(Entity::Thing, &[("$expand", "Datastreams($expand=Sensor,ObservedProperty)")]).unwrap();
    assert_eq!(by_path, nested);
    let both = options(Entity::Thing, &[("$expand", "Datastreams/Sensor,Datastreams($top=1)")]).unwrap();
    let one = options(Entity::Thing, &[("$expand", "Datastreams($top=1;$expand=Sensor)")]).unwrap();
    assert_eq!(both, one);
}

#[test]
fn printed_options_are_read_back() {
    let read = options(
        Entity::Datastream,
        &[
            ("$top", "5"),
            ("$count", "true"),
            ("$select", "name,id"),
            ("$orderby", "ObservedProperty/name desc,id"),
            ("$expand", "Observations($top=1;$skip=2;$count=true;$filter=result gt 4;$orderby=result desc),Thing/Locations"),
            ("$filter", "substringof('a;)b',name) and not (id eq 4)"),
        ],
    )
    .unwrap();
    let pairs: Vec<(String, String)> = read.to_pairs().into_iter().map(|(n, t)| (n.to_owned(), t)).collect();
    assert_eq!(Options::parse(Entity::Datastream, true, &pairs).unwrap(), read);
}

#[test]
fn a_wrong_option_says_what_there_is() {
    let mut report = String::new();
    for pair in [
        ("$top", "-1"),
        ("$top", "five"),
        ("$skip", "1.5"),
        ("$count", "yes"),
        ("$select", "name,foo"),
        ("$select", "Locations/name"),
        ("$select", "name/vi"),
        ("$select", ""),
        ("$orderby", "name up"),
        ("$orderby", "Datastreams/name"),
        ("$expand", "Foo"),
        ("$expand", "Datastreams($top=1"),
        ("$expand", "Datastreams($foo=1)"),
        ("$expand", "Datastreams(Thing)"),
        ("$expand", "Datastreams($expand=Thing($top=1))"),
        ("$expand", "Datastreams/Thing/Datastreams/Thing/Datastreams"),
        ("$expand", "Datastreams($top=1),Datastreams($top=2)"),
        ("$resultFormat", "dataArray"),
        ("top", "1"),
    ] {
        let error = options(Entity::Thing, &[pair]).unwrap_err();
        report += &format!("{}={}\n  {error}\n", pair.0, pair.1);
        if let Some(hint) = error.hint {
            report += &format!("  → {hint}\n");
        }
    }
    insta::assert_snapshot!(report);
    let pairs = [("$top".to_owned(), "1".to_owned())];
    assert!(Options::parse(Entity::Thing, false, &pairs).unwrap_err().reason.contains("for sets"));
}

#[test]
fn conditions_are_taken_for_the_storage() {
    let filter = parse_filter(
        Entity::Observation,
        "Datastream/id eq 7 and (phenomenonTime ge 2020-02-01T00:00:00Z and 2020-03-01T00:00:00Z gt phenomenonTime) \
         and result gt 4 and (result lt 9 or result eq null)",
    )
    .unwrap();
    let taken = conjuncts(&filter);
    assert_eq!(taken.datastreams, [7]);
    assert_eq!(
        (taken.from, taken.to),
        (Some(time("2020-02-01T00:00:00Z")), Some(time("2020-03-01T00:00:00Z")))
    );
    assert_eq!(taken.results.len(), 1);
    let rest: Vec<String> = taken.rest.iter().map(ToString::to_string).collect();
    assert_eq!(rest, ["(result lt 9) or (result eq null)"]);

    for (text, nothing) in [
        ("Datastream/id eq 1 and Datastream/id eq 2", true),
        ("phenomenonTime gt 2020-02-01T00:00:00Z and phenomenonTime lt 2020-02-01T00:00:00Z", true),
        ("phenomenonTime eq 2020-02-01T00:00:00Z", false),
    ] {
        assert_eq!(
            conjuncts(&parse_filter(Entity::Observation, text).unwrap()).is_empty_set(),
            nothing,
            "{text}"
        );
    }
}

const ROOT: &str = "https://node.example/sta/v1.1";

#[test]
fn documents_have_the_members_of_the_standard() {
    let thing = Thing {
        name: "Cầu Nổi".into(),
        description: "Trạm thủy văn".into(),
        properties: to_map(&json!({"kind": "station"})),
    };
    let datastream = Datastream {
        name: "Độ mặn lớn nhất ngày tại Cầu Nổi".into(),
        description: "Độ mặn".into(),
        observation_type: "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
        unit_of_measurement: UnitOfMeasurement::ucum("g/L"),
        observed_area: Some(Point { coordinates: [106.5, 10.3] }),
        properties: to_map(&json!({"statistic": "max", "period": "P1D"})),
    };
    let observation = Observation {
        phenomenon_time: Interval {
            start: time("2020-02-02T17:00:00Z"),
            end: Some(time("2020-02-03T17:00:00Z")),
        },
        result_time: None,
        result: json!(5.5),
        result_quality: ResultQuality::Flag(Quality {
            name_of_measure: "QARTOD",
            flag: 1,
            tests: Some("gross_range:1".into()),
        }),
        valid_time: None,
        parameters: to_map(&json!({"run": "0190"})),
    };
    let frame = |entity, id| Frame { root: ROOT, entity, id, lacks: None };
    let read =
        |document: Document| -> serde_json::Value { serde_json::from_slice(&document.into_bytes()).unwrap() };
    let (place, series, value) =
        (Id::Text("station:cau_noi".into()), Id::Number(42), Id::Text("42-5".into()));
    let (datastreams, observations) =
        (frame(Entity::Datastream, &series), frame(Entity::Observation, &value));
    let some = ["result".into(), "id".into(), "Datastream".into()];
    let members = ["unitOfMeasurement/symbol".into(), "name".into(), "properties/none".into()];
    let documents = json!({
        "thing": read(frame(Entity::Thing, &place).whole(&thing)),
        "datastream": read(datastreams.whole(&datastream)),
        "observation": read(observations.whole(&observation)),
        "selected": read(observations.selected(to_map(&observation), &some)),
        "members": read(datastreams.selected(to_map(&datastream), &members)),
        "root": service_root(ROOT, &[]),
    });
    insta::assert_json_snapshot!(documents);
    let of_series = Frame { lacks: Some("MultiDatastream"), ..observations };
    let links = read(of_series.whole(&json!({})));
    let links: Vec<&String> = links.as_object().unwrap().keys().collect();
    assert!(links.iter().all(|name| !name.starts_with("MultiDatastream")), "{links:?}");
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Bool),
        any::<i64>().prop_map(Literal::Integer),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Literal::Decimal),
        "[a-zA-ZđĐ' ;)(,]{0,12}".prop_map(Literal::Text),
        (-30_000_000_000_000_000_i64..90_000_000_000_000_000)
            .prop_map(|us| Literal::Time(DateTime::UNIX_EPOCH + TimeDelta::microseconds(us))),
    ]
}

fn value() -> impl Strategy<Value = Expr> {
    // `result` and `parameters/…` may be compared with anything, so every tree made here is well typed.
    let leaf = prop_oneof![
        Just(Expr::Property(vec!["result".into()])),
        Just(Expr::Property(vec!["Datastream".into(), "properties".into(), "statistic".into()])),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), proptest::sample::select(Arithmetic::ALL), inner.clone())
                .prop_map(|(a, op, b)| Expr::Arithmetic(Box::new(a), op, Box::new(b))),
            Just(Expr::Call(Function::Year, vec![Expr::Property(vec!["phenomenonTime".into()])])),
        ]
    })
}

fn condition() -> impl Strategy<Value = Expr> {
    let result = Expr::Property(vec!["result".into()]);
    let leaf =
        prop_oneof![
            (proptest::sample::select(Comparison::ALL), literal()).prop_map(move |(op, l)| Expr::Compare(
                Box::new(result.clone()),
                op,
                Box::new(Expr::Literal(l))
            )),
            (value(), proptest::sample::select(Comparison::ALL), value())
                .prop_map(|(a, op, b)| Expr::Compare(Box::new(a), op, Box::new(b))),
            Just(Expr::Call(
                Function::StartsWith,
                vec![
                    Expr::Property(vec!["Datastream".into(), "name".into()]),
                    Expr::Literal(Literal::Text("a".into()))
                ]
            )),
            any::<bool>().prop_map(|b| Expr::Literal(Literal::Bool(b))),
        ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Expr::And(Box::new(a), Box::new(b))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Expr::Or(Box::new(a), Box::new(b))),
            inner.prop_map(|a| Expr::Not(Box::new(a))),
        ]
    })
}

proptest! {
    #[test]
    fn a_printed_filter_is_read_back_as_the_same(filter in condition()) {
        let printed = filter.to_string();
        prop_assert_eq!(parse_filter(Entity::Observation, &printed).map_err(|e| e.to_string()), Ok(filter), "{}", printed);
    }

    #[test]
    fn any_text_is_a_filter_or_refused(text in ".{0,120}") {
        let _ = parse_filter(Entity::Observation, &text);
    }

    #[test]
    fn any_words_of_the_language_are_a_filter_or_refused(
        words in proptest::collection::vec(proptest::sample::select(vec![
            "result", "gt", "4", "and", "or", "not", "(", ")", "'a'", "null", "Datastream/id", "eq", "add", ",", "year(",
            "phenomenonTime", "2020-01-01T00:00:00Z", "-", "/", "'",
        ]), 0..24)
    ) {
        if let Ok(filter) = parse_filter(Entity::Observation, &words.join(" ")) {
            let _ = matches(&filter, &Sample);
            prop_assert_eq!(parse_filter(Entity::Observation, &filter.to_string()).unwrap(), filter);
        }
    }

    #[test]
    fn any_text_is_an_option_or_refused(
        name in proptest::sample::select(vec!["$select", "$expand", "$orderby", "$top", "$count", "$filter"]),
        text in "[A-Za-z$=;(),/' ]{0,80}",
    ) {
        let _ = options(Entity::Thing, &[(name, &text)]);
    }

    /// Taking conditions for the storage loses and adds nothing.
    #[test]
    fn what_is_taken_and_what_remains_decide_as_the_whole(
        filter in condition(), operator in proptest::sample::select(Comparison::ALL), offset in -2_i64..3,
    ) {
        let at = time("2020-02-03T07:00:00Z") + TimeDelta::microseconds(offset);
        let bound = Expr::Compare(
            Box::new(Expr::Property(vec!["phenomenonTime".into()])), operator, Box::new(Expr::Literal(Literal::Time(at))));
        let whole = Expr::And(Box::new(filter), Box::new(bound));
        let taken = conjuncts(&whole);
        let Value::Time(here) = Sample.value(&["phenomenonTime".into()]) else { panic!("a time") };
        let inside = taken.from.is_none_or(|from| from <= here) && taken.to.is_none_or(|to| here < to);
        let rest = taken.rest.iter().all(|expr| matches(expr, &Sample));
        let Value::Decimal(result) = Sample.value(&["result".into()]) else { panic!("a number") };
        let within = taken.results.iter().all(|bound| match bound.operator {
            Comparison::Eq => result == bound.number,
            Comparison::Ne => panic!("inequality is no bound"),
            Comparison::Gt => result > bound.number,
            Comparison::Ge => result >= bound.number,
            Comparison::Lt => result < bound.number,
            Comparison::Le => result <= bound.number,
        });
        prop_assert_eq!(inside && within && rest, matches(&whole, &Sample));
    }
}

#[test]
fn instants_that_are_the_same_for_all_are_calculated_once() {
    let now = time("2020-02-03T08:00:00Z");
    for (text, settled) in [
        ("phenomenonTime gt now() sub duration'PT1H'", "phenomenonTime gt 2020-02-03T07:00:00Z"),
        ("result gt 1 add 2 mul 3", "result gt 7"),
        ("Datastream/name eq concat('a','b')", "Datastream/name eq 'ab'"),
        ("year(phenomenonTime) eq year(now())", "year(phenomenonTime) eq 2020"),
        ("result gt 1 div 0", "result gt null"),
    ] {
        let filter = parse_filter(Entity::Observation, text).unwrap().settled(now);
        assert_eq!(filter.to_string(), settled, "{text}");
    }
}

#[test]
fn a_place_in_a_set_is_written_and_read() {
    let pairs = [("$orderby", "result desc,name"), ("$skiptoken", "4.5,null,'7-12'")];
    assert!(options(Entity::Observation, &pairs).is_err(), "observations have no names");
    let pairs = [("$orderby", "result desc"), ("$skiptoken", "4.5,'7-12'"), ("$resultFormat", "dataArray")];
    let read = options(Entity::Observation, &pairs).unwrap();
    assert_eq!(read.after, Some(vec![Literal::Decimal(4.5), Literal::Text("7-12".into())]));
    let pairs: Vec<(&str, String)> = read.to_pairs();
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, text)| (*name, text.as_str())).collect();
    assert_eq!(options(Entity::Observation, &pairs).unwrap(), read);
    for pairs in [
        [("$skiptoken", "1,2"), ("$top", "1")],
        [("$skiptoken", "result"), ("$top", "1")],
        [("$skiptoken", "now()"), ("$top", "1")],
        [("$resultFormat", "csv"), ("$top", "1")],
        [("$resultFormat", "dataArray"), ("$expand", "Datastream")],
    ] {
        assert!(options(Entity::Observation, &pairs).is_err(), "{pairs:?}");
    }
    assert!(options(Entity::Thing, &[("$resultFormat", "dataArray")]).is_err());
    assert!(options(Entity::Thing, &[("$expand", "Datastreams($skiptoken=1)")]).is_err());
}

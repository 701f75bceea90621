//! What is most likely to be got wrong about the delta: every one of the twenty-five has a test that is
//! named here, and those that had none stand below.

use std::path::{Path, PathBuf};

use catalog::{PlaceMatch, Reference};
use model::{PlaceKind, PropertyCode};

use crate::node::{Node, told};

/// What is got wrong, and the tests about it.
const PITFALLS: [(&str, &[&str]); 25] = [
    (
        "province codes 80, 82, 91 mean different provinces before and after 1 July 2025",
        &[
            "codes_80_82_and_91_mean_another_province_under_each_scheme",
            "a_code_of_a_province_means_what_its_scheme_says_and_nothing_alone",
        ],
    ),
    (
        "all 591 new commune codes also existed before, most with another name",
        &["every_new_commune_code_was_used_before_and_most_had_another_name"],
    ),
    (
        "populations of Resolution 202 are not those of the census",
        &["populations_add_up_within_their_basis_only"],
    ),
    (
        "districts no longer exist, but series before July 2025 have them",
        &["a_district_is_neither_a_station_nor_a_commune_of_its_name"],
    ),
    (
        "Hòa and Hoà are one name, and names without marks collide",
        &["a_name_has_one_key_however_it_is_written", "names_without_marks_collide_in_fourteen_groups"],
    ),
    ("NFD does not split đ", &["folding_drops_marks_and_keeps_letters"]),
    (
        "the ư of TCVN3 is the soft hyphen, and TCVN3 loses capitals",
        &["a_word_makes_sense_under_its_own_encoding", "lost_capitals_are_seen_where_they_show"],
    ),
    (
        "VN-2000 has the ellipsoid of WGS 84 and lies 225 m away",
        &["vn_2000_has_the_ellipsoid_of_wgs_84_and_lies_225_metres_away"],
    ),
    (
        "the official rotations are coordinate-frame; copied into towgs84 they are wrong by half a metre",
        &["official_rotations_with_the_wrong_sign_would_be_half_a_metre_off"],
    ),
    (
        "PROJ picks operation 5194 in the middle of the delta: a step at 9.35 N",
        &[
            "the_operation_is_the_decided_one_and_is_named",
            "there_is_no_step_at_the_edges_of_another_operation",
        ],
    ),
    (
        "the meridian of TM-3 belongs to the old province; one new province may have two",
        &["the_zone_is_that_of_the_province_on_the_day_of_the_survey"],
    ),
    (
        "agencies' columns X, Y are often northing, easting",
        &["a_table_in_the_zone_of_its_province_with_the_northing_first_comes_to_lie_there"],
    ),
    (
        "there is no operation between Hà Tiên and Hòn Dấu heights",
        &["heights_are_never_turned_into_another_system"],
    ),
    (
        "tide heights of Vũng Tàu are on another zero than the gauges of the delta",
        &["heights_on_two_zeros_are_two_series_and_no_zero_is_made_up"],
    ),
    (
        "flood alarm levels are per decision, and those of Cambodia on local zeros",
        &[
            "alarm_levels_change_with_the_decision_and_stand_in_the_unit_of_the_property",
            "a_gauge_on_its_own_zero_has_its_own_range",
        ],
    ),
    (
        "stages of flood are by station: there is none for the basin",
        &["a_stage_of_flood_belongs_to_a_station"],
    ),
    (
        "discharge is negative at flood tide",
        &["water_that_flows_upstream_is_a_negative_discharge_and_no_error"],
    ),
    (
        "bulletin salinities are g/l, ‰ or PSU alike; 0.64 × EC is 10–15 % off",
        &[
            "salinity_is_one_in_grams_per_litre_per_mille_and_psu",
            "conductivity_becomes_salinity_only_when_the_mapping_asks_for_it",
        ],
    ),
    (
        "the isohaline is measured along the river, and censored beyond the last station",
        &["the_worked_example_of_the_isohaline", "a_line_beyond_the_stations_is_censored_and_never_a_number"],
    ),
    (
        "the level of risk under Decision 18/2021 is about distance, not concentration",
        &["no_limit_of_salinity_claims_a_level_of_risk"],
    ),
    (
        "VN_WQI takes oxygen as percent of saturation, and an index is not made up here",
        &["oxygen_in_milligrams_is_not_taken_for_percent_of_saturation"],
    ),
    (
        "QCVN 08:2023 replaced A1 to B2 by A to D; nutrients are as N or P",
        &["limits_of_surface_water_are_those_of_2023_and_nutrients_are_as_n_or_p"],
    ),
    ("QARTOD flags are no ordered numbers", &["precedence_is_not_the_order_of_the_codes"]),
    (
        "the rain day ends at 19 or 7; B is north and N is south; synoptic hours are UTC",
        &[
            "the_rain_of_a_day_fell_until_its_hour",
            "letters_of_the_wind_are_vietnamese_where_the_column_is_and_asked_about_where_it_does_not_tell",
            "a_clock_of_utc_in_the_header_is_followed_and_one_that_contradicts_it_is_told",
        ],
    ),
    (
        "the laws of 2020 and 2023 were replaced in 2025",
        &["what_rests_on_law_names_the_law_that_is_in_force"],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All files of the project below a folder with one of these endings.
fn files(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, endings, found);
        } else if path.extension().is_some_and(|ending| endings.iter().any(|one| ending == *one)) {
            found.push(path);
        }
    }
}

#[test]
fn every_pitfall_has_tests_and_they_are_there() {
    let mut sources = Vec::new();
    files(&root().join("crates"), &["rs"], &mut sources);
    let mut text = String::new();
    for source in sources.iter().filter(|path| !path.ends_with("pitfalls.rs")) {
        text += &std::fs::read_to_string(source).unwrap();
    }
    // Of this file, what comes behind the list.
    let own = include_str!("pitfalls.rs");
    text += &own[own.find("fn root()").unwrap()..];
    for (what, tests) in PITFALLS {
        assert!(!tests.is_empty(), "{what}");
        for test in tests {
            assert!(text.contains(&format!("fn {test}(")), "{what}: there is no test `{test}`");
        }
    }
}

fn by_place(place: &str, value: &str) -> String {
    format!(
        "version = 1\nkind = \"observations\"\n[place]\n{place}\n[time]\ncolumns = [\"t\"]\n[[value]]\n{value}\n"
    )
}

#[tokio::test]
async fn a_code_of_a_province_means_what_its_scheme_says_and_nothing_alone() {
    let node = Node::new().await;
    let csv = "ma,t,v\n80,2020,5\n82,2020,6\n91,2020,7\n";
    let value = "column = \"v\"\nproperty = \"population_census\"";
    let of = |place: &str| by_place(place, value);
    let alone = node.load("series", "a.csv", csv, Some(&of("column = \"ma\""))).await.unwrap();
    let refused: Vec<&str> = alone.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(refused, ["unknown_place"; 3]);
    for (scheme, expected) in [
        ("gso2004", ["Kiên Giang", "Long An", "Tiền Giang"]),
        ("vn2025", ["An Giang", "Tây Ninh", "Đồng Tháp"]),
    ] {
        node.dataset(scheme, model::DatasetKind::Observations).await;
        let mapping = of(&format!("column = \"ma\"\nscheme = \"{scheme}\""));
        let report = node.load(scheme, "a.csv", csv, Some(&mapping)).await.unwrap();
        assert_eq!(report.run.totals.added, 3, "{:?}", report.findings);
        let gazetteer = node.catalog.gazetteer().await.unwrap();
        let values = node.values(scheme).await;
        let mut names: Vec<String> =
            values.iter().map(|value| gazetteer.place(&value.key.place).unwrap().name.vi.clone()).collect();
        names.sort_unstable();
        assert_eq!(names, expected);
    }
}

#[tokio::test]
async fn a_district_is_neither_a_station_nor_a_commune_of_its_name() {
    let node = Node::new().await;
    // A gauge, a town and communes are called so too.
    let csv =
        "noi,t,v\nThị xã Tân Châu,2019,5\nHuyện Tân Châu,2019,6\nH. Châu Thành,2019,7\nTân Châu,2019,8\n";
    let mapping = by_place("column = \"noi\"", "column = \"v\"\nproperty = \"water_level\"\nunit = \"cm\"");
    let report = node.load("series", "a.csv", csv, Some(&mapping)).await.unwrap();
    let refused: Vec<(&str, String)> =
        report.findings.iter().map(|finding| (finding.code.as_str(), finding.cell.a1())).collect();
    assert_eq!(refused, [("ambiguous_place", "A4".to_owned())]);
    let mut places: Vec<String> =
        node.values("series").await.iter().map(|value| value.key.place.to_string()).collect();
    places.sort_unstable();
    // The town of An Giang, the district of Tây Ninh, and the gauge.
    assert_eq!(places, ["gso2004:706", "gso2004:887", "station:tan_chau"]);
}

#[tokio::test]
async fn names_without_marks_collide_in_fourteen_groups() {
    let reference = Reference::builtin().unwrap();
    let communes = || reference.places.iter().filter(|place| place.id.as_str().starts_with("vn2025:"));
    let communes = || communes().filter(|place| place.kind == PlaceKind::Commune);
    let mut groups: std::collections::BTreeMap<String, std::collections::BTreeSet<String>> =
        std::collections::BTreeMap::new();
    for place in communes() {
        let bare = model::fold(&place.name.vi);
        groups.entry(bare).or_default().insert(model::name_key(&place.name.vi));
    }
    let colliding: Vec<&String> =
        groups.iter().filter(|(_, names)| names.len() > 1).map(|(bare, _)| bare).collect();
    assert_eq!((communes().count(), colliding.len()), (591, 14), "{colliding:?}");
    // So a name without marks is never taken for one of them where there are several.
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/catalog.sqlite?mode=rwc", folder.path().display());
    let catalog = catalog::Catalog::open(&url).await.unwrap();
    catalog.apply_reference(&reference).await.unwrap();
    let gazetteer = catalog.gazetteer().await.unwrap();
    let on = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    for bare in colliding {
        let found = gazetteer.match_place(bare, Some(PlaceKind::Commune), None, on);
        assert!(matches!(found, PlaceMatch::Many(_)), "{bare}: {found:?}");
    }
}

#[tokio::test]
async fn heights_on_two_zeros_are_two_series_and_no_zero_is_made_up() {
    let node = Node::new().await;
    let csv = "t,h\n2020-02-03,410\n";
    let of = |datum: &str| {
        by_place(
            "value = \"station:vung_tau\"",
            &format!("column = \"h\"\nproperty = \"tide_height\"\nunit = \"cm\"\n{datum}"),
        )
    };
    node.load("series", "a.csv", csv, Some(&of(""))).await.unwrap();
    let gauge = csv.replace("410", "120");
    node.load("series", "b.csv", gauge, Some(&of("datum = \"Hòn Dấu\""))).await.unwrap();
    let mut series: Vec<(String, f64)> =
        node.values("series").await.into_iter().map(|value| (value.key.datum, value.result)).collect();
    series.sort_by(|one, other| one.1.total_cmp(&other.1));
    assert_eq!(series, [("Hòn Dấu".to_owned(), 120.0), (String::new(), 410.0)]);
}

#[test]
fn a_stage_of_flood_belongs_to_a_station() {
    let reference = Reference::builtin().unwrap();
    let stages: Vec<_> =
        reference.thresholds.iter().filter(|limit| limit.property.as_str() == "water_level").collect();
    assert!(stages.len() > 80);
    assert!(
        stages
            .iter()
            .all(|limit| limit.place.as_ref().is_some_and(|place| place.as_str().starts_with("station:")))
    );
}

#[tokio::test]
async fn water_that_flows_upstream_is_a_negative_discharge_and_no_error() {
    let node = Node::new().await;
    let mut csv = "t,q\n".to_owned();
    for hour in 0..24 {
        let phase = f64::from(hour) / 12.4 * std::f64::consts::TAU;
        csv += &format!("2020-04-05 {hour:02}:00,{:.0}\n", 1500.0 + 6000.0 * phase.sin());
    }
    let mapping =
        by_place("value = \"station:can_tho\"", "column = \"q\"\nproperty = \"discharge\"\nunit = \"m3/s\"");
    let report = node.load("series", "a.csv", csv, Some(&mapping)).await.unwrap();
    assert_eq!((report.run.totals.refused, report.run.totals.added), (0, 24), "{:?}", report.findings);
    let values = node.values("series").await;
    assert!(values.iter().filter(|value| value.result < -2000.0).count() > 3);
    assert!(values.iter().all(|value| value.quality != 4), "{:?}", report.findings);
}

#[tokio::test]
async fn salinity_is_one_in_grams_per_litre_per_mille_and_psu() {
    let node = Node::new().await;
    let csv = "t,v,u\n2020-02-01,4.5,g/l\n2020-02-02,4.5,‰\n2020-02-03,4.5,PSU\n2020-02-04,4500,mg/L\n2020-02-05,4.5,mS/cm\n";
    let mapping = by_place(
        "value = \"station:tra_vinh\"",
        "column = \"v\"\nproperty = \"salinity\"\nunit = { column = \"u\" }",
    );
    let report = node.load("series", "a.csv", csv, Some(&mapping)).await.unwrap();
    assert_eq!(told(&report.findings), [("unit_mismatch", "C6".into(), "mS/cm")]);
    let values = node.values("series").await;
    assert_eq!(values.iter().map(|value| value.result).collect::<Vec<_>>(), [4.5; 4]);
    assert!(values.iter().all(|value| value.key.id() == values[0].key.id() && value.key.unit == "g/L"));
}

#[test]
fn no_limit_of_salinity_claims_a_level_of_risk() {
    let reference = Reference::builtin().unwrap();
    let salinity = PropertyCode::new("salinity").unwrap();
    for limit in reference.thresholds.iter().filter(|limit| limit.property == salinity) {
        let words =
            format!("{} {} {}", limit.level, limit.meaning.vi, limit.meaning.en.as_deref().unwrap_or(""));
        for word in ["risk", "rủi ro", "cấp độ"] {
            assert!(!words.to_lowercase().contains(word), "{words}");
        }
    }
    // The line that the decision speaks of is a distance from the mouth.
    let distance =
        reference.properties.iter().find(|one| one.code.as_str() == "isohaline_distance_4gl").unwrap();
    assert_eq!(distance.unit, "km");
}

#[tokio::test]
async fn oxygen_in_milligrams_is_not_taken_for_percent_of_saturation() {
    let node = Node::new().await;
    for (property, unit) in [("do", "%"), ("do_sat", "mg/L")] {
        let value = format!("column = \"v\"\nproperty = \"{property}\"\nunit = \"{unit}\"");
        let mapping = by_place("value = \"station:can_tho\"", &value);
        let error = node.load("series", "a.csv", "t,v\n2020-02-03,6.5\n", Some(&mapping)).await.unwrap_err();
        assert!(error.to_string().contains("does not convert"), "{error}");
    }
    // An index is stored as it was published.
    let value = "column = \"v\"\nproperty = \"vn_wqi\"\nprocedure = \"VN_WQI 2019, weighted\"";
    let mapping = by_place("value = \"station:can_tho\"", value);
    node.load("series", "a.csv", "t,v\n2020-02-03,74\n", Some(&mapping)).await.unwrap();
    let values = node.values("series").await;
    assert_eq!((values[0].result, values[0].key.procedure.as_str()), (74.0, "VN_WQI 2019, weighted"));
}

#[test]
fn limits_of_surface_water_are_those_of_2023_and_nutrients_are_as_n_or_p() {
    let reference = Reference::builtin().unwrap();
    let from = chrono::NaiveDate::from_ymd_opt(2023, 9, 12);
    let of_water: Vec<_> =
        reference.thresholds.iter().filter(|limit| limit.source.contains("QCVN 08:2023")).collect();
    assert!(of_water.len() > 20);
    for limit in of_water {
        assert_eq!(limit.valid_from, from, "{}", limit.level);
        assert!(!["a1", "a2", "b1", "b2"].contains(&limit.level.as_str()));
    }
    for (code, of) in [("nh4_n", "N"), ("no2_n", "N"), ("no3_n", "N"), ("po4_p", "P")] {
        let property = reference.properties.iter().find(|one| one.code.as_str() == code).unwrap();
        let name = property.name.en.as_deref().unwrap();
        assert!(name.ends_with(&format!("as {of}")), "{name}");
    }
}

#[tokio::test]
async fn letters_of_the_wind_are_vietnamese_where_the_column_is_and_asked_about_where_it_does_not_tell() {
    let node = Node::new().await;
    let mapping =
        by_place("value = \"station:can_tho\"", "column = \"v\"\nproperty = \"wind_dir\"\nunit = \"deg\"");
    let load =
        async |file: &str| node.load("series", "a.csv", file.to_owned(), Some(&mapping)).await.unwrap();
    let csv = "t,v\n2020-02-01,B\n2020-02-02,ĐB\n2020-02-03,Đ\n2020-02-04,N\n2020-02-05,Tây Nam\n2020-02-06,TTB\n2020-02-07,Lặng\n2020-02-08,45\n";
    let report = load(csv).await;
    assert_eq!((report.run.totals.refused, report.run.totals.missing), (0, 1), "{:?}", report.findings);
    let values: Vec<f64> = node.values("series").await.iter().map(|value| value.result).collect();
    assert_eq!(values, [0.0, 45.0, 90.0, 180.0, 225.0, 292.5, 45.0]);
    // In English, N is north; alone, it may be either.
    let report = load("t,v\n2021-02-01,N\n2021-02-02,ESE\n").await;
    assert_eq!(report.run.totals.refused, 0, "{:?}", report.findings);
    let values: Vec<f64> = node.values("series").await[7..].iter().map(|value| value.result).collect();
    assert_eq!(values, [0.0, 112.5]);
    let report = load("t,v\n2022-02-01,N\n2022-02-02,N\n").await;
    assert_eq!(
        told(&report.findings),
        [("ambiguous_wind", "B2".into(), "N"), ("ambiguous_wind", "B3".into(), "N")]
    );
}

#[tokio::test]
async fn a_clock_of_utc_in_the_header_is_followed_and_one_that_contradicts_it_is_told() {
    let node = Node::new().await;
    // Synoptic hours: 00, 06 and 12 UTC are 7, 13 and 19 in Vietnam.
    let csv = "Trạm,Giờ quan trắc (UTC),Nhiệt độ (°C)\nCần Thơ,2020-02-03 00:00,24\nCần Thơ,2020-02-03 06:00,31\nCần Thơ,2020-02-03 12:00,28\n";
    let report = node.load("series", "a.csv", csv, None).await.unwrap();
    assert_eq!(told(&report.findings), [], "{}", report.mapping);
    let times: Vec<String> =
        node.values("series").await.iter().map(|value| value.time.to_rfc3339()).collect();
    assert_eq!(
        times,
        ["2020-02-03T00:00:00+00:00", "2020-02-03T06:00:00+00:00", "2020-02-03T12:00:00+00:00"]
    );
    // The header says Vietnam's clock, the times say UTC: taken as they say, and told.
    let csv = csv
        .replace("(UTC)", "(UTC+7)")
        .replace("06:00", "06:00Z")
        .replace("00:00", "00:00Z")
        .replace("12:00", "12:00Z");
    node.dataset("other", model::DatasetKind::Observations).await;
    let report = node.load("other", "a.csv", csv, None).await.unwrap();
    let told = told(&report.findings);
    assert_eq!((told.len(), told[0].0, told[0].2), (1, "zone_contradicts", "2020-02-03 00:00Z"));
    assert_eq!(report.findings[0].expected, "+07:00 · %Y-%m-%d %H:%MZ");
    let sentence = intake::finding_message(&report.findings[0], model::Lang::En);
    assert!(sentence.contains("%Y-%m-%d %H:%MZ") && sentence.contains("(+07:00)"), "{sentence}");
}

#[test]
fn what_rests_on_law_names_the_law_that_is_in_force() {
    let basis = std::fs::read_to_string(root().join("reference/personal_data.json")).unwrap();
    assert!(basis.contains("91/2025/QH15") && basis.contains("356/2025/NĐ-CP"));
    // Decree 13/2023 on personal data and the open data of Decree 47/2020 are history.
    let mut texts = Vec::new();
    for folder in ["reference", "recipes", "docs", "crates"] {
        files(&root().join(folder), &["csv", "json", "toml", "md", "ftl", "html"], &mut texts);
    }
    assert!(texts.len() > 40);
    for path in texts {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for gone in ["13/2023/NĐ-CP", "47/2020/NĐ-CP"] {
            assert!(!text.contains(gone), "{}: {gone}", path.display());
        }
    }
}

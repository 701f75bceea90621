//! The worked checks of the facts, and that a mistake in a file is found where it is.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use model::{Crosswalk, Place, PlaceId, PlaceKind, Position, PropertyCode, PropertyKind, fold};

use super::{PROVINCE_STATISTICS, PopulationBasis, Reference, ThresholdKind, files};

fn builtin() -> Reference {
    Reference::builtin().unwrap()
}

fn place(id: &str) -> PlaceId {
    PlaceId::new(id).unwrap()
}

fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
}

const NEW: [&str; 6] = ["vn2025:80", "vn2025:82", "vn2025:86", "vn2025:91", "vn2025:92", "vn2025:96"];

fn persons(reference: &Reference, basis: PopulationBasis) -> BTreeMap<String, f64> {
    let of_basis = reference.populations.iter().filter(|p| p.basis == basis);
    of_basis.map(|p| (p.place.to_string(), p.persons)).collect()
}

fn area(reference: &Reference, id: &str) -> f64 {
    let found = reference.places.iter().find(|p| p.id.as_str() == id).unwrap();
    found.area_km2.unwrap()
}

fn province_crosswalk(reference: &Reference) -> Vec<&Crosswalk> {
    reference.crosswalk.iter().filter(|c| c.from.code().len() == 2).collect()
}

fn by_id(reference: &Reference) -> BTreeMap<&str, &Place> {
    reference.places.iter().map(|p| (p.id.as_str(), p)).collect()
}

#[test]
fn areas_of_the_new_provinces_add_up_to_the_region_of_the_statistics() {
    let reference = builtin();
    let new: f64 = NEW.iter().map(|id| area(&reference, id)).sum();
    assert!((new - 44_963.41).abs() < 0.005, "{new}");
    assert!((new - area(&reference, "gso2004:72") - 40_921.76).abs() < 0.005);
}

#[test]
fn populations_add_up_within_their_basis_only() {
    let reference = builtin();
    let mut census = persons(&reference, PopulationBasis::Census2019);
    assert_eq!(census.values().sum::<f64>(), 18_442_795.0);
    census.remove("gso2004:72");
    assert_eq!((census.len(), census.values().sum::<f64>()), (13, 17_273_630.0));
    let stated = persons(&reference, PopulationBasis::Resolution202);
    assert_eq!((stated.len(), stated.values().sum::<f64>()), (6, 23_640_531.0));
    assert!(stated.keys().all(|id| NEW.contains(&id.as_str())));
}

#[test]
fn the_new_can_tho_has_the_density_of_its_parts() {
    let reference = builtin();
    let parts: Vec<_> =
        province_crosswalk(&reference).into_iter().filter(|c| c.to == place("vn2025:92")).collect();
    let persons: f64 = parts.iter().filter_map(|c| c.weight_population).sum();
    let area: f64 = parts.iter().filter_map(|c| c.weight_area_km2).sum();
    assert_eq!(persons, 3_167_841.0);
    assert!((persons / area - 498.023).abs() < 0.0005);
}

#[test]
fn every_province_merged_whole_and_its_parts_make_up_the_new_one() {
    let reference = builtin();
    let crosswalk = province_crosswalk(&reference);
    assert_eq!(crosswalk.len(), 14);
    let census = persons(&reference, PopulationBasis::Census2019);
    for one in &crosswalk {
        assert!(one.is_whole() && one.share_population == Some(1.0), "{}", one.from);
        assert_eq!(one.effective, day("2025-07-01"));
        assert_eq!(one.weight_area_km2, Some(area(&reference, one.from.as_str())));
        assert_eq!(one.weight_population, census.get(one.from.as_str()).copied());
    }
    for id in NEW {
        let parts = crosswalk.iter().filter(|c| c.to.as_str() == id);
        let sum: f64 = parts.filter_map(|c| c.weight_area_km2).sum();
        assert!((sum - area(&reference, id)).abs() < 0.1, "{id}: {sum}");
    }
}

#[test]
fn codes_80_82_and_91_mean_another_province_under_each_scheme() {
    let reference = builtin();
    let places = by_id(&reference);
    for (code, old, new) in
        [("80", "Long An", "Tây Ninh"), ("82", "Tiền Giang", "Đồng Tháp"), ("91", "Kiên Giang", "An Giang")]
    {
        assert_eq!(places[format!("gso2004:{code}").as_str()].name.vi, old);
        assert_eq!(places[format!("vn2025:{code}").as_str()].name.vi, new);
    }
    for (old, new) in [("87", "82"), ("89", "91"), ("72", "80")] {
        let (old, new) = (format!("gso2004:{old}"), format!("vn2025:{new}"));
        assert_eq!(places[old.as_str()].name.vi, places[new.as_str()].name.vi);
    }
}

#[test]
fn the_new_communes_are_591_in_six_provinces() {
    let reference = builtin();
    let is_new = |id: &PlaceId| id.scheme() == "vn2025" && id.code().len() == 5;
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut totals: BTreeMap<String, usize> = BTreeMap::new();
    let places = by_id(&reference);
    for parent in reference.parents.iter().filter(|p| is_new(&p.place)) {
        let kind = places[parent.place.as_str()].type_name.clone().unwrap();
        assert_eq!(parent.valid_from, Some(day("2025-07-01")));
        *counts.entry((parent.parent.to_string(), kind)).or_default() += 1;
        *totals.entry(parent.parent.to_string()).or_default() += 1;
    }
    assert_eq!(totals.values().sum::<usize>(), 591);
    for (province, xa, phuong, dac_khu) in [
        ("vn2025:80", 82, 14, 0),
        ("vn2025:82", 82, 20, 0),
        ("vn2025:86", 105, 19, 0),
        ("vn2025:91", 85, 14, 3),
        ("vn2025:92", 72, 31, 0),
        ("vn2025:96", 55, 9, 0),
    ] {
        let count = |kind: &str| counts.get(&(province.into(), kind.into())).copied().unwrap_or(0);
        assert_eq!((count("xã"), count("phường"), count("đặc khu")), (xa, phuong, dac_khu), "{province}");
        assert_eq!(totals[province], xa + phuong + dac_khu);
    }
}

#[test]
fn every_new_commune_code_was_used_before_and_most_had_another_name() {
    let reference = builtin();
    let places = by_id(&reference);
    let full = |p: &Place| {
        // "Phường 1" is both the name and the full name; what follows is the district.
        let numbered = p.name.vi.starts_with("Phường ");
        p.alt_names.first().filter(|_| !numbered).unwrap_or(&p.name.vi).clone()
    };
    // Marks, digits and blanks apart, as the count of 373 was made; letter by letter it is more.
    let letters = |text: &str| -> String { fold(text).chars().filter(char::is_ascii_lowercase).collect() };
    let (mut reused, mut other_letters, mut other_name) = (0, 0, 0);
    for new in places.values().filter(|p| p.kind == PlaceKind::Commune && p.id.scheme() == "vn2025") {
        let Some(old) = places.get(format!("gso2004:{}", new.id.code()).as_str()) else { continue };
        reused += 1;
        other_letters += usize::from(letters(&full(old)) != letters(&full(new)));
        other_name += usize::from(full(old) != full(new));
    }
    assert_eq!((reused, other_letters, other_name), (591, 373, 380));
    assert_eq!(full(places["gso2004:29551"]), "Phường 1");
    assert_eq!(full(places["vn2025:29551"]), "Phường Long Châu");
}

#[test]
fn the_commune_crosswalk_has_names_and_codes_and_no_invented_weight() {
    let reference = builtin();
    let communes: Vec<_> = reference.crosswalk.iter().filter(|c| c.from.code().len() == 5).collect();
    assert_eq!((communes.len(), reference.fragments.len()), (1664, 33));
    assert!(communes.iter().all(|c| c.share_area.is_none() && c.weight_area_km2.is_none() && !c.is_whole()));
    assert!(reference.fragments.iter().all(|f| f.flag.starts_with("no old code in source")));
    let reached: BTreeSet<_> = communes.iter().map(|c| &c.to).collect();
    assert_eq!(reached.len(), 591);
}

#[test]
fn one_place_never_belongs_to_two_places_of_a_kind_on_one_day() {
    let reference = builtin();
    let mut parents: BTreeMap<&PlaceId, Vec<_>> = BTreeMap::new();
    for parent in &reference.parents {
        parents.entry(&parent.place).or_default().push(parent);
    }
    for on in [day("2020-02-01"), day("2025-06-30"), day("2025-07-01"), day("2026-01-01")] {
        for (place, parents) in &parents {
            let count = parents
                .iter()
                .filter(|p| {
                    p.valid_from.is_none_or(|from| from <= on) && p.valid_to.is_none_or(|to| on <= to)
                })
                .count();
            let lives = on <= day("2025-06-30") || place.scheme() != "gso2004";
            let born = on >= day("2025-07-01") || place.scheme() != "vn2025";
            assert_eq!(count, usize::from(lives && born), "{place} on {on}");
        }
    }
    let all: BTreeSet<_> =
        reference.places.iter().filter(|p| p.kind != PlaceKind::Country).map(|p| &p.id).collect();
    assert_eq!(parents.keys().copied().collect::<BTreeSet<_>>(), all);
}

#[test]
fn a_station_moves_from_the_old_province_to_the_new_one() {
    let reference = builtin();
    assert_eq!(reference.stations.len(), 73);
    let parents: Vec<_> = reference.parents.iter().filter(|p| p.place == place("station:cau_noi")).collect();
    assert_eq!(parents.len(), 2);
    assert_eq!((parents[0].parent.as_str(), parents[0].valid_to), ("gso2004:80", Some(day("2025-06-30"))));
    assert_eq!((parents[1].parent.as_str(), parents[1].valid_from), ("vn2025:80", Some(day("2025-07-01"))));
    let kratie = reference.parents.iter().find(|p| p.place == place("station:kratie")).unwrap();
    assert_eq!(kratie.parent, place("iso3166:KH"));
}

#[test]
fn every_property_has_its_unit_kind_and_range() {
    let reference = builtin();
    let property = |code: &str| reference.properties.iter().find(|p| p.code.as_str() == code).unwrap();
    assert!(reference.properties.len() >= 106);
    for (alias, code, unit) in [
        ("rice.planted_area", "rice_area_sown", "10*3.har"),
        ("rice.production", "rice_production", "10*3.t"),
        ("population.census", "population_census", "{person}"),
    ] {
        assert!(property(code).aliases.iter().any(|a| a == alias));
        assert_eq!((property(code).unit.as_str(), property(code).kind), (unit, PropertyKind::Extensive));
    }
    for code in
        ["rice_yield", "salinity", "discharge", "species_count", "days_above_4gl", "isohaline_distance_4gl"]
    {
        assert_eq!(property(code).kind, PropertyKind::Intensive, "{code}");
    }
    assert_eq!(property("population_avg").unit, "10*3{person}");
}

#[test]
fn a_gauge_on_its_own_zero_has_its_own_range() {
    let reference = builtin();
    let level = PropertyCode::new("water_level").unwrap();
    let range = |station: &str| reference.plausible_range(&level, &place(station));
    assert_eq!(range("station:can_tho"), (Some(-350.0), Some(650.0)));
    assert_eq!(range("station:kratie"), (Some(300.0), Some(2600.0)));
    let unknown = PropertyCode::new("nothing").unwrap();
    assert_eq!(reference.plausible_range(&unknown, &place("station:kratie")), (None, None));
}

#[test]
fn alarm_levels_change_with_the_decision_and_stand_in_the_unit_of_the_property() {
    let reference = builtin();
    let level = |station: &str, level: &str, on: &str| {
        let mut found = reference
            .thresholds
            .iter()
            .filter(|t| t.place == Some(place(station)) && t.level == level && t.holds_on(day(on)));
        let value = found.next().map(|t| (t.value, t.unit.as_str()));
        assert!(found.next().is_none());
        value
    };
    assert_eq!(level("station:can_tho", "bd3", "2015-10-01"), Some((190.0, "cm")));
    assert_eq!(level("station:can_tho", "bd3", "2025-10-22"), Some((200.0, "cm")));
    assert_eq!(level("station:tan_chau", "bd3", "2025-10-22"), Some((450.0, "cm")));
    assert_eq!(level("station:tan_an", "bd3", "2025-10-22"), None);
    // Published as 10.5 m and 12.0 m.
    assert_eq!(level("station:phnom_penh_bassac", "alarm", "2020-01-01"), Some((1050.0, "cm")));
    assert_eq!(level("station:phnom_penh_bassac", "flood", "2020-01-01"), Some((1200.0, "cm")));
    let arsenic = reference.thresholds.iter().find(|t| t.property.as_str() == "as").unwrap();
    assert_eq!((arsenic.value, arsenic.unit.as_str()), (10.0, "ug/L"));
    let count = |kind| reference.thresholds.iter().filter(|t| t.kind == kind).count();
    assert_eq!(count(ThresholdKind::Mrc), 16);
    assert_eq!(count(ThresholdKind::Salinity), 13);
}

#[test]
fn the_thirty_stations_with_an_alarm_level_have_only_values_that_were_seen() {
    let reference = builtin();
    let holding = || {
        let alarms = reference.thresholds.iter().filter(|t| t.kind == ThresholdKind::FloodAlarm);
        alarms.filter(|t| t.holds_on(day("2025-11-01")))
    };
    let exact: BTreeSet<_> = holding().filter(|t| !t.approximate).filter_map(|t| t.place.clone()).collect();
    let with_level: BTreeSet<_> = holding().filter_map(|t| t.place.clone()).collect();
    assert_eq!((exact.len(), with_level.len()), (30, 32));
    let places = by_id(&reference);
    let without_place: Vec<_> = with_level.iter().filter(|id| !places.contains_key(id.as_str())).collect();
    assert_eq!(without_place.len(), 5);
}

#[test]
fn branches_run_inland_by_the_chords_between_their_stations() {
    let reference = builtin();
    let places = by_id(&reference);
    let mut branches: BTreeMap<&PlaceId, Vec<(Position, f64)>> = BTreeMap::new();
    for one in &reference.river_stations {
        let position = places[one.station.as_str()].position.unwrap();
        branches.entry(&one.mouth).or_default().push((position, one.km));
        let station = reference.stations.iter().find(|s| s.station == one.station).unwrap();
        assert!(station.observes.iter().any(|p| p.as_str() == "salinity"), "{}", one.station);
        assert_eq!(one.confidence, "low");
    }
    assert_eq!(branches.len(), 9);
    for (mouth, stations) in branches {
        assert!(stations.len() >= 3, "{mouth}");
        assert_eq!(stations[0].1, 0.0);
        assert_eq!(Some(stations[0].0), places[mouth.as_str()].position);
        for pair in stations.windows(2) {
            let [(from, km), (to, next)] = pair else { unreachable!() };
            assert!((chord_km(*from, *to) - (next - km)).abs() < 0.15, "{mouth}: {km} to {next}");
        }
    }
}

/// On the sphere; a hundredth of the length is more than the ellipsoid changes here.
fn chord_km(from: Position, to: Position) -> f64 {
    let (lat_1, lat_2) = (from.lat.to_radians(), to.lat.to_radians());
    let (dlat, dlon) = (lat_2 - lat_1, (to.lon - from.lon).to_radians());
    let h = (dlat / 2.0).sin().powi(2) + lat_1.cos() * lat_2.cos() * (dlon / 2.0).sin().powi(2);
    2.0 * 6371.0 * h.sqrt().asin()
}

#[test]
fn the_province_statistics_use_places_and_aliases_that_exist() {
    let reference = builtin();
    let places = by_id(&reference);
    let mut rows = 0;
    let mut census = 0.0;
    for record in csv::Reader::from_reader(PROVINCE_STATISTICS.as_bytes()).records() {
        let record = record.unwrap();
        rows += 1;
        assert_eq!(places[&record[0]].name.vi, &record[1]);
        let property =
            reference.properties.iter().find(|p| p.aliases.iter().any(|a| a == &record[2])).unwrap();
        assert_eq!(property.unit, &record[6]);
        if &record[2] == "population.census" {
            census += record[5].parse::<f64>().unwrap();
        }
    }
    assert_eq!((rows, census), (527, 17_273_630.0));
}

#[test]
fn the_fingerprint_follows_the_facts_and_not_the_line_ends() {
    let reference = builtin();
    assert_eq!(reference.fingerprint(), builtin().fingerprint());
    assert_eq!(reference.fingerprint().len(), 64);
    let countries = files::builtin().text("countries.csv").unwrap().to_owned();
    let windows = files::builtin().with("countries.csv", countries.replace('\n', "\r\n"));
    assert_eq!(Reference::read(&windows).unwrap(), reference);
    let corrected = files::builtin().with("countries.csv", countries.replace("Lào", "CHDCND Lào"));
    assert_ne!(Reference::read(&corrected).unwrap().fingerprint(), reference.fingerprint());
}

#[test]
fn a_folder_reads_as_the_compiled_in_copy_does() {
    let folder = tempfile::tempdir().unwrap();
    files::builtin().write_to(folder.path());
    assert_eq!(Reference::load(folder.path()).unwrap(), builtin());
    std::fs::remove_file(folder.path().join("sectors.csv")).unwrap();
    let error = Reference::load(folder.path()).unwrap_err();
    assert_eq!((error.file.as_str(), error.line), ("sectors.csv", 0));
}

#[test]
fn a_mistake_is_named_with_its_file_and_line() {
    for (file, from, to, line, what) in [
        ("countries.csv", "iso3166:KH", "KH", 3, "`KH` is not a place id"),
        ("countries.csv", "iso3166:KH", "iso3166:VN", 3, "`iso3166:VN` is there twice"),
        ("countries.csv", "confidence", "certainty", 1, "no column `confidence`"),
        ("countries.csv", "iso3166:LA,Lào", "iso3166:LA", 4, "5 fields"),
        ("sectors.csv", "hydrology,water", "hydrology,air", 2, "`air` is not a theme"),
        ("admin_units.csv", "gso2004:82,", "gso2004:082,", 3, "`gso2004:082` is not an id of a province"),
        ("communes_2025.csv", ",vn2025:80,", ",gso2004:80,", 2, "of different schemes"),
        ("communes_2025.csv", ",vn2025:80,", ",vn2025:99,", 2, "there is no place `vn2025:99`"),
        ("crosswalk_provinces.csv", ",1,1,", ",1.2,1,", 2, "not between 0 and 1"),
        ("crosswalk_provinces.csv", "gso2004:80,", "gso2004:72,", 3, "is there twice"),
        ("properties.csv", "hydrology", "hydrologie", 2, "there is no sector `hydrologie`"),
        (
            "properties.csv",
            "cm,intensive,-350,650",
            "furlong,intensive,-350,650",
            2,
            "`furlong` is not a unit",
        ),
        ("properties.csv", "cm,intensive,-350,650", "cm,intensive,650,-350", 2, "`650` is above `-350`"),
        ("properties.csv", "hmax;", "Water-Level;", 3, "`water level` is there twice"),
        ("stations.csv", "105.248,10.8006", "10.8006,105.248", 2, "outside the lower Mekong basin"),
        ("stations.csv", "2025-07-01", "01/07/2025", 2, "`01/07/2025` is not a date"),
        ("thresholds_mrc.csv", ",m,", ",g/L,", 2, "measure different things"),
        ("thresholds_flood_alarm.csv", "station:tan_chau", "station:tan_chauu", 2, "there is no place"),
        ("thresholds_flood_alarm.csv", "2009-12-31", "2011-12-31", 5, "holds too"),
        (
            "exceptions.csv",
            "file,key,reason\n",
            "file,key,reason\nthresholds_mrc.csv,station:kratie,x\n",
            2,
            "needs no exception",
        ),
        ("qc_defaults.csv", "PT24H", "24 h", 2, "is not a duration"),
        ("qc_defaults.csv", "-50,600,0,510", "-50,600,-60,510", 2, "`-50` is above `-60`"),
        ("river_stations.csv", "station:hoa_binh_tg,15.9", "station:hoa_binh_tg,0.0", 3, "is not beyond"),
        ("populations.csv", ",1688547,", ",many,", 2, "`many` is not a number"),
    ] {
        let text = files::builtin().text(file).unwrap().to_owned();
        assert!(text.contains(from), "{file} has no {from}");
        let error = Reference::read(&files::builtin().with(file, text.replacen(from, to, 1))).unwrap_err();
        // A place that changed its name is missed first by whoever points to it.
        let found = (error.file == file && error.line == line && error.what.contains(what)).then_some(());
        assert!(found.is_some(), "{file} {from} → {to}: {error}");
    }
}

//! Places and properties found by what people write.

use std::sync::Arc;

use catalog::{Catalog, Gazetteer, PlaceMatch, Reference};
use chrono::NaiveDate;
use model::{PlaceId, PlaceKind, PropertyCode};

async fn builtin() -> Arc<Gazetteer> {
    let catalog = Catalog::open("sqlite::memory:").await.unwrap();
    catalog.apply_reference(&Reference::builtin().unwrap()).await.unwrap();
    catalog.gazetteer().await.unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn id(text: &str) -> PlaceId {
    PlaceId::new(text).unwrap()
}

fn check(
    gazetteer: &Gazetteer,
    kind: Option<PlaceKind>,
    scheme: Option<&str>,
    on: &str,
    rows: &[(&str, &[&str])],
) {
    for (text, expected) in rows {
        let expected = match expected {
            [] => PlaceMatch::None,
            [one] => PlaceMatch::One(id(one)),
            several => PlaceMatch::Many(several.iter().map(|one| id(one)).collect()),
        };
        assert_eq!(
            gazetteer.match_place(text, kind, scheme, day(on)),
            expected,
            "{text} {kind:?} {scheme:?} {on}"
        );
    }
}

#[tokio::test]
async fn a_name_means_the_unit_of_its_day() {
    let gazetteer = builtin().await;
    let province = Some(PlaceKind::Province);
    check(
        &gazetteer,
        province,
        None,
        "2024-12-31",
        &[
            ("Cần Thơ", &["gso2004:92"]),
            ("TP. Cần Thơ", &["gso2004:92"]),
            ("TP.Cần Thơ", &["gso2004:92"]),
            ("Thành phố Cần Thơ", &["gso2004:92"]),
            ("tinh soc trang", &["gso2004:94"]),
            ("SÓC TRĂNG", &["gso2004:94"]),
            ("Soc Trang Province", &["gso2004:94"]),
            ("  Tỉnh   An Giang ", &["gso2004:89"]),
            ("Bạc Liêu", &["gso2004:95"]),
            ("Sài Gòn xưa", &[]),
            ("", &[]),
        ],
    );
    check(
        &gazetteer,
        province,
        None,
        "2025-07-01",
        &[("Cần Thơ", &["vn2025:92"]), ("Tỉnh An Giang", &["vn2025:91"]), ("Bạc Liêu", &[])],
    );
}

#[tokio::test]
async fn several_places_of_one_name_stay_several_unless_a_hint_leaves_one() {
    let gazetteer = builtin().await;
    check(
        &gazetteer,
        None,
        None,
        "2026-01-01",
        &[
            ("Cần Thơ", &["station:can_tho", "vn2025:92"]),
            ("Trạm Cần Thơ", &["station:can_tho"]),
            ("Thành phố Cần Thơ", &["vn2025:92"]),
            ("Tân Châu", &["station:tan_chau", "vn2025:25516", "vn2025:30376"]),
            ("Phường Tân Châu", &["vn2025:30376"]),
            ("xã Tân Châu", &["vn2025:25516"]),
            ("Xã Tân Hoà", &["vn2025:25531", "vn2025:28702", "vn2025:29371", "vn2025:31342"]),
            ("Đặc khu Phú Quốc", &["vn2025:31078"]),
            ("Cửa Định An", &["mouth:dinh_an"]),
        ],
    );
    check(
        &gazetteer,
        Some(PlaceKind::Station),
        None,
        "2020-02-03",
        &[
            ("Cầu Nổi", &["station:cau_noi"]),
            ("cau noi", &["station:cau_noi"]),
            ("Trạm đo mặn Cầu Nối", &["station:cau_noi"]),
            ("Tân Châu", &["station:tan_chau"]),
        ],
    );
}

#[tokio::test]
async fn codes_need_their_scheme() {
    let gazetteer = builtin().await;
    let on = "2020-01-01";
    check(&gazetteer, None, Some("gso2004"), on, &[("92", &["gso2004:92"]), ("Cà Mau", &["gso2004:96"])]);
    check(&gazetteer, None, Some("vn2025"), on, &[("92", &["vn2025:92"]), ("999", &[]), ("Cà Mau", &[])]);
    check(
        &gazetteer,
        None,
        None,
        on,
        &[
            ("vn2025:92", &["vn2025:92"]),
            ("station:tan_chau", &["station:tan_chau"]),
            ("92", &[]),
            ("vn2025:00", &[]),
            (&"a".repeat(100_000), &[]),
        ],
    );
}

#[tokio::test]
async fn properties_are_known_by_code_name_and_alias() {
    let gazetteer = builtin().await;
    for (text, expected) in [
        ("salinity", Some("salinity")),
        ("Độ mặn", Some("salinity")),
        ("DO_MAN", Some("salinity")),
        ("Salinity", Some("salinity")),
        ("muc nuoc", Some("water_level")),
        ("salinity.max", Some("salinity_max_day")),
        ("độ vui", None),
        ("", None),
    ] {
        let found = gazetteer.property_by_alias(text).map(|property| property.code.as_str());
        assert_eq!(found, expected, "{text}");
    }
    let salinity = gazetteer.property(&PropertyCode::new("salinity").unwrap()).unwrap();
    assert_eq!(salinity.unit, "g/L");
    assert!(gazetteer.property(&PropertyCode::new("nothing").unwrap()).is_none());
}

#[tokio::test]
async fn places_belong_to_others_for_a_time() {
    let gazetteer = builtin().await;
    let station = id("station:tan_chau");
    let parent = |on: &str| gazetteer.parent_on(&station, day(on)).map(|place| place.id.to_string());
    assert_eq!(parent("2025-06-30").as_deref(), Some("gso2004:89"));
    assert_eq!(parent("2025-07-01").as_deref(), Some("vn2025:91"));

    let children = |on: &str| gazetteer.children(&id("vn2025:92"), day(on));
    let communes = children("2025-07-01").iter().filter(|place| place.kind == PlaceKind::Commune).count();
    // Resolution 1668/NQ-UBTVQH15: 72 communes and 31 wards.
    assert_eq!(communes, 103);
    assert!(children("2025-06-30").is_empty());
    assert!(gazetteer.parent_on(&id("station:nowhere"), day("2025-07-01")).is_none());

    let into: Vec<&str> = gazetteer.successors(&id("gso2004:94")).iter().map(|c| c.to.as_str()).collect();
    assert_eq!(into, ["vn2025:92"]);
    let mut from: Vec<&str> =
        gazetteer.predecessors(&id("vn2025:92")).iter().map(|c| c.from.as_str()).collect();
    from.sort_unstable();
    assert_eq!(from, ["gso2004:92", "gso2004:93", "gso2004:94"]);
}

#[tokio::test]
async fn searching_puts_the_likeliest_first() {
    let gazetteer = builtin().await;
    let found = |text: &str, limit| -> Vec<String> {
        gazetteer.search(text, limit).iter().map(|place| place.id.to_string()).collect()
    };
    assert_eq!(found("can tho", 3), ["vn2025:92", "station:can_tho", "gso2004:92"]);
    assert_eq!(found("SÓC TRĂNG", 9), found("soc trang", 9));
    assert!(found("SÓC TRĂNG", 9).contains(&"gso2004:94".to_owned()), "also what is no more");
    assert!(found("Cửa Đại", 5).contains(&"mouth:cua_dai".to_owned()));
    assert_eq!(found("tan", 7).len(), 7);
    assert!(found("", 5).is_empty() && found("!!!", 5).is_empty() && found("xyzzy", 5).is_empty());
    assert!(found(&"tan ".repeat(100_000), 5).len() <= 5);
}

#[tokio::test]
async fn a_name_is_found_however_it_is_written() {
    let gazetteer = builtin().await;
    let province = Some(PlaceKind::Province);
    check(
        &gazetteer,
        province,
        None,
        "2024-12-31",
        &[
            ("T.P. Cần Thơ", &["gso2004:92"]),
            ("TP  Cần\u{a0}Thơ", &["gso2004:92"]),
            ("Cần\u{200b} Thơ", &["gso2004:92"]),
            ("Сần Thơ", &["gso2004:92"]),
            ("Cần–Thơ", &["gso2004:92"]),
        ],
    );
    check(
        &gazetteer,
        Some(PlaceKind::Station),
        None,
        "2024-12-31",
        &[
            ("Mĩ Thuận", &["station:my_thuan"]),
            ("Mỹ Hoá", &["station:my_hoa"]),
            ("Mỹ Hòa", &["station:my_hoa"]),
            ("Kampong Cham", &["station:kompong_cham"]),
            ("trạm  ĐẠI NGẢI", &["station:dai_ngai"]),
        ],
    );
    // Sixty-four of the communes of 2025 are written with the tone mark in the other place elsewhere.
    let commune = gazetteer.places.iter().find(|place| {
        place.kind == PlaceKind::Commune && place.name.vi.contains("Hoà") && place.valid_to.is_none()
    });
    if let Some(commune) = commune {
        let other = commune.name.vi.replace("Hoà", "Hòa");
        let found =
            gazetteer.match_place(&other, Some(PlaceKind::Commune), Some("vn2025"), day("2026-01-01"));
        let again = gazetteer.match_place(
            &commune.name.vi,
            Some(PlaceKind::Commune),
            Some("vn2025"),
            day("2026-01-01"),
        );
        assert_eq!(found, again, "{other}");
        assert_ne!(found, PlaceMatch::None);
    }
    // A number is no name by itself: it is the ward of that number.
    let one = |text: &str| {
        gazetteer.match_place(text, Some(PlaceKind::Commune), Some("gso2004"), day("2024-01-01"))
    };
    assert_eq!(one("P. 1"), one("Phường 1"));
    assert_eq!(one("P.01"), one("Phường 1"));
    assert!(matches!(one("Phường 1"), PlaceMatch::Many(_)));
}

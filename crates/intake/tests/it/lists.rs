//! Names of places as lists and tables of agencies write them: numbered, marked, beside what they belong to.

use crate::agencies::Desk;
use crate::book::{book, sheet};

const RICE: [&str; 3] = [
    "gso2004:83|rice_production|total|P1Y|2020-01-01|150.5",
    "gso2004:84|rice_production|total|P1Y|2020-01-01|1200.5",
    "gso2004:96|rice_production|total|P1Y|2020-01-01|500",
];

#[tokio::test]
async fn numbers_and_marks_of_lists_are_no_part_of_a_name() {
    let desk = Desk::new().await;
    for names in [
        ["1. Bến Tre", "2. Trà Vinh", "3. Cà Mau", "4. Hà Nội"],
        ["I. Bến Tre", "II. Trà Vinh", "X. Cà Mau", "XI. Hà Nội"],
        ["- Bến Tre", "- Trà Vinh", "- Cà Mau", "- Hà Nội"],
        ["* Bến Tre", "+ Trà Vinh", "• Cà Mau", "– Hà Nội"],
        ["1/ Tỉnh Bến Tre", "2/ Tỉnh Trà Vinh (1)", "3/ Tỉnh Cà Mau*", "4/ TP. Hà Nội"],
        ["Bến Tre (cũ)", "Tỉnh Trà Vinh (trước sáp nhập)", "Cà Mau cũ", "Hà Nội"],
    ] {
        let [one, two, three, far] = names;
        let long = format!(
            "Tỉnh;Năm;Sản lượng lúa (nghìn tấn)\n{one};2020;150,5\n{two};2020;1200,5\n{three};2020;500\n{far};2020;7\nA. TỔNG SỐ;2020;1858\n"
        );
        let left_out = [format!("left_out_elsewhere A5 {far}"), "left_out_total A6 A. TỔNG SỐ".to_owned()];
        let left_out: Vec<&str> = left_out.iter().map(String::as_str).collect();
        desk.goes_in("dai.csv", long, &RICE, &left_out).await;
        let wide = format!(
            "Sản lượng lúa (nghìn tấn)\nĐịa phương;2020;2021\n{one};150,5;\n{two};1200,5;\n{three};500;\n{far};7;8\n"
        );
        let left_out = [format!("left_out_elsewhere A6 {far}")];
        desk.goes_in("ngang.csv", wide, &RICE, &left_out.each_ref().map(String::as_str)).await;
    }
}

#[tokio::test]
async fn a_former_province_stays_the_former_one_in_a_table_of_today() {
    let desk = Desk::new().await;
    desk.goes_in(
        "cu-moi.csv",
        "Tỉnh;Năm;Dân số trung bình (nghìn người)\nTỉnh Vĩnh Long (cũ);2025;1020,5\nTỉnh Vĩnh Long (mới);2025;2360,5\nTP. Cần Thơ (cũ);2025;1250,5\n",
        &[
            "gso2004:86|population_avg|mean|P1Y|2025-01-01|1020.5",
            "gso2004:92|population_avg|mean|P1Y|2025-01-01|1250.5",
            "vn2025:86|population_avg|mean|P1Y|2025-01-01|2360.5",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn a_station_is_told_by_the_river_or_the_province_behind_it() {
    let desk = Desk::new().await;
    for (one, other) in [
        ("Tân Châu (sông Tiền)", "Châu Đốc (sông Hậu)"),
        ("Tân Châu - sông Tiền", "Châu Đốc - sông Hậu"),
        ("Tân Châu, An Giang", "Châu Đốc, tỉnh An Giang"),
    ] {
        desk.goes_in(
            "tram.csv",
            format!("Trạm;Ngày;Mực nước (cm)\n{one};13/10/2020;215\n{other};13/10/2020;195\n"),
            &[
                "station:chau_doc|water_level|instant||2020-10-13|195",
                "station:tan_chau|water_level|instant||2020-10-13|215",
            ],
            &[],
        )
        .await;
    }
    // Another river, or another province, is another place.
    let mapping = "[place]\ncolumn = \"Trạm\"\nkind = \"station\"\n[time]\ncolumns = [\"Ngày\"]\n[[value]]\ncolumn = \"H (cm)\"\nproperty = \"water_level\"\nunit = \"cm\"\n";
    let file = "Trạm;Ngày;H (cm)\nTân Châu (sông Tiền);13/10/2020;215\nTân Châu (sông Hàm Luông);13/10/2020;1\nTân Châu, Tây Ninh;13/10/2020;2\n";
    let taken = desk.take("tram.csv", file, Some(mapping)).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(taken.values.len(), 1);
    assert_eq!(
        taken.findings,
        ["unknown_place A3 Tân Châu (sông Hàm Luông)", "unknown_place A4 Tân Châu, Tây Ninh"]
    );
}

#[tokio::test]
async fn a_commune_is_told_by_the_province_and_the_district_beside_it() {
    let desk = Desk::with_communes().await;
    desk.goes_in(
        "xa.csv",
        "Tỉnh;Huyện;Xã;Năm;Diện tích gieo trồng lúa (ha)\nAn Giang;Châu Phú;Xã Bình Long;2020;1200\nAn Giang;Châu Phú;Mỹ Phú;2020;1500\nĐồng Tháp;Tam Nông;Xã Phú Thọ;2020;900\nKiên Giang;Giồng Riềng;Xã Hòa Thuận;2020;2200\nĐồng Tháp;H. Châu Thành;Xã Tân Bình;2020;700\nĐồng Tháp;Huyện Thanh Bình;Xã Tân Bình;2020;800\n",
        &[
            "gso2004:30031|rice_area_sown|total|P1Y|2020-01-01|0.9",
            "gso2004:30154|rice_area_sown|total|P1Y|2020-01-01|0.8",
            "gso2004:30256|rice_area_sown|total|P1Y|2020-01-01|0.7",
            "gso2004:30472|rice_area_sown|total|P1Y|2020-01-01|1.5",
            "gso2004:30484|rice_area_sown|total|P1Y|2020-01-01|1.2",
            "gso2004:30949|rice_area_sown|total|P1Y|2020-01-01|2.2",
        ],
        &[],
    )
    .await;
    // Communes of today beside provinces of today, merged downwards; and beside the name of before.
    let rows = "Tỉnh|Xã, phường|Năm|Dân số trung bình (người)\nVĩnh Long|Xã Châu Thành|2026|31000\n|Xã Tân An|2026|22000\nTP. Cần Thơ|Xã Châu Thành|2026|33000\n|Phường Ninh Kiều|2026|90000\n";
    let merged = &["A2:A3", "A4:A5"];
    let values = [
        "vn2025:29278|population_avg|mean|P1Y|2026-01-01|22",
        "vn2025:29374|population_avg|mean|P1Y|2026-01-01|31",
        "vn2025:31135|population_avg|mean|P1Y|2026-01-01|90",
        "vn2025:31366|population_avg|mean|P1Y|2026-01-01|33",
    ];
    let bytes = book(&[crate::book::Sheet { merged, ..sheet("Xã", rows) }]);
    desk.goes_in("xa.xlsx", bytes, &values, &[]).await;
    desk.goes_in(
        "xa-cu.csv",
        "Tỉnh;Xã;Năm;Dân số trung bình (người)\nTrà Vinh (cũ);Xã Châu Thành;2026;31000\nHậu Giang (cũ);Xã Châu Thành;2026;33000\n",
        &[values[1], values[3]],
        &[],
    )
    .await;
    // A commune of another province is not the one that is meant.
    let mapping = "[place]\ncolumn = \"Xã\"\nkind = \"commune\"\nwithin = [\"Tỉnh\"]\n[time]\ncolumns = [\"Năm\"]\n[[value]]\ncolumn = \"Dân số (người)\"\nproperty = \"population_avg\"\nunit = \"người\"\n";
    let file = "Tỉnh;Xã;Năm;Dân số (người)\nCà Mau;Xã Thới Bình;2026;31000\nVĩnh Long;Xã Thới Bình;2026;1\n;Xã Châu Thành;2026;2\n";
    let taken = desk.take("xa.csv", file, Some(mapping)).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(taken.values, ["vn2025:32065|population_avg|mean|P1Y|2026-01-01|31"]);
    assert_eq!(taken.findings, ["ambiguous_place B3 Xã Thới Bình", "ambiguous_place B4 Xã Châu Thành"]);
}

#[tokio::test]
async fn districts_are_not_taken_for_communes_of_their_names() {
    let desk = Desk::with_communes().await;
    // Nothing says whether these are districts or communes.
    let bare = "Đơn vị;Năm;Diện tích gieo trồng lúa (ha)\nCàng Long;2020;31000\nCầu Kè;2020;22000\nTiểu Cần;2020;19000\n";
    desk.asks("huyen.csv", bare, &[], "", &[]).await;
    let both_years = [
        "gso2004:844|rice_area_sown|total|P1Y|2019-01-01|32",
        "gso2004:844|rice_area_sown|total|P1Y|2020-01-01|31",
        "gso2004:845|rice_area_sown|total|P1Y|2019-01-01|23",
        "gso2004:845|rice_area_sown|total|P1Y|2020-01-01|22",
        "gso2004:846|rice_area_sown|total|P1Y|2019-01-01|20",
        "gso2004:846|rice_area_sown|total|P1Y|2020-01-01|19",
    ];
    for file in [
        "Diện tích gieo trồng lúa (ha)\nHuyện;2019;2020\nCàng Long;32000;31000\nCầu Kè;23000;22000\nTiểu Cần;20000;19000\n",
        "Diện tích gieo trồng lúa phân theo huyện (ha)\nĐịa phương;2019;2020\nCàng Long;32000;31000\nCầu Kè;23000;22000\nTiểu Cần;20000;19000\n",
    ] {
        desk.goes_in("huyen.csv", file, &both_years, &[]).await;
    }
    let in_2020 = [both_years[1], both_years[3], both_years[5]];
    for file in [
        "Huyện, thị xã;Năm;Diện tích gieo trồng lúa (ha)\nCàng Long;2020;31000\nCầu Kè;2020;22000\nTiểu Cần;2020;19000\n",
        "Đơn vị;Năm;Diện tích gieo trồng lúa (ha)\nH. Càng Long;2020;31000\nHuyện Cầu Kè;2020;22000\nH.Tiểu Cần;2020;19000\n",
    ] {
        desk.goes_in("huyen.csv", file, &in_2020, &[]).await;
    }
}

#[tokio::test]
async fn districts_of_one_name_are_told_apart_by_the_province_beside_or_above_them() {
    let desk = Desk::new().await;
    let values = [
        "gso2004:794|rice_area_sown|total|P1Y|2019-01-01|8",
        "gso2004:794|rice_area_sown|total|P1Y|2020-01-01|9",
        "gso2004:796|rice_area_sown|total|P1Y|2019-01-01|37",
        "gso2004:796|rice_area_sown|total|P1Y|2020-01-01|38",
        "gso2004:808|rice_area_sown|total|P1Y|2019-01-01|11",
        "gso2004:808|rice_area_sown|total|P1Y|2020-01-01|12",
    ];
    for file in [
        "Diện tích gieo trồng lúa tỉnh Long An phân theo huyện (ha)\nHuyện, thành phố;2019;2020\nTổng số;56000;59000\nTP. Tân An;8000;9000\nTân Hưng;37000;38000\nChâu Thành;11000;12000\n",
        "Tỉnh Long An\nĐơn vị;Năm;Diện tích gieo trồng lúa (ha)\nThành phố Tân An;2019;8000\nThành phố Tân An;2020;9000\nHuyện Tân Hưng;2019;37000\nHuyện Tân Hưng;2020;38000\nHuyện Châu Thành;2019;11000\nHuyện Châu Thành;2020;12000\n",
        "Tỉnh;Huyện;Năm;Diện tích gieo trồng lúa (ha)\nLong An;TP Tân An;2019;8000\nLong An;TP Tân An;2020;9000\nLong An;Tân Hưng;2019;37000\nLong An;Tân Hưng;2020;38000\nLong An;Châu Thành;2019;11000\nLong An;Châu Thành;2020;12000\n",
    ] {
        let taken =
            desk.take("huyen.csv", file, None).await.unwrap_or_else(|asked| panic!("{file}: {asked}"));
        assert_eq!(taken.values, values, "{}", taken.mapping);
    }
    let file = "Diện tích gieo trồng lúa phân theo huyện, thành phố (ha)\nĐơn vị;2019;2020\nThành phố Tân An;8000;9000\nTân Hưng;37000;38000\nChâu Thành;11000;12000\n";
    let taken =
        desk.take("nien_giam_long_an.csv", file, None).await.unwrap_or_else(|asked| panic!("{asked}"));
    assert_eq!(taken.values, values, "{}", taken.mapping);
    // Without a province, the name of ten is asked about.
    let file = "Huyện;Năm;Diện tích gieo trồng lúa (ha)\nTân Hưng;2020;38000\nVĩnh Hưng;2020;30000\nChâu Thành;2020;12000\n";
    let taken = desk.take("huyen.csv", file, None).await.unwrap_or_else(|asked| panic!("{asked}"));
    assert_eq!(taken.findings, ["ambiguous_place A4 Châu Thành"]);
    // The level ended with June 2025, and a city is not the province of its name.
    let mapping = "[place]\ncolumn = \"Nơi\"\n[time]\ncolumns = [\"Ngày\"]\n[[value]]\ncolumn = \"Mưa (mm)\"\nproperty = \"rain\"\nunit = \"mm\"\nperiod = \"P1D\"\n";
    let file =
        "Nơi;Ngày;Mưa (mm)\nTP. Bến Tre;2025-06-01;1\nTP. Bến Tre;2025-08-01;2\nBến Tre;2025-06-01;3\n";
    let taken = desk.take("mua.csv", file, Some(mapping)).await.unwrap_or_else(|asked| panic!("{asked}"));
    assert_eq!(taken.findings, ["unknown_place A3 TP. Bến Tre"]);
    assert_eq!(
        taken.values,
        ["gso2004:829|rain_day|total|P1D|2025-06-01|1", "gso2004:83|rain_day|total|P1D|2025-06-01|3"]
    );
}

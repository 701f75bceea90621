//! Workbooks and texts as agencies of the delta make them, all made up for these tests: each goes in
//! with the right values, or the refusal names what a person must decide; never with a wrong number.

use intake::Error;
use model::DatasetKind;

use crate::book::{Sheet, book, sheet};
use crate::node::Node;

const HEAD: &str = "version = 1\nkind = \"observations\"\n";

/// What became of a file: its values, and what was said of it.
pub struct Taken {
    /// `place|property|statistic|period|day|value`, in order; behind the day its time, where it has one.
    pub values: Vec<String>,
    /// `code cell text`, in order.
    pub findings: Vec<String>,
    pub mapping: String,
}

/// A node on which one file after the other is tried.
pub struct Desk {
    pub node: Node,
    files: std::sync::atomic::AtomicU32,
}

impl Desk {
    pub async fn new() -> Desk {
        Desk { node: Node::new().await, files: std::sync::atomic::AtomicU32::new(0) }
    }

    /// A desk at which the communes are known.
    pub async fn with_communes() -> Desk {
        Desk { node: Node::with_communes().await, files: std::sync::atomic::AtomicU32::new(0) }
    }

    /// Hands a file in to a dataset of its own; the error is what must be decided.
    pub async fn take(
        &self,
        name: &str,
        bytes: impl Into<Vec<u8>>,
        mapping: Option<&str>,
    ) -> Result<Taken, String> {
        let number = self.files.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let dataset = format!("file_{number}");
        self.node.dataset(&dataset, DatasetKind::Observations).await;
        let mapping = mapping.map(|text| format!("{HEAD}{text}"));
        let report = match self.node.load(&dataset, name, bytes, mapping.as_deref()).await {
            Ok(report) => report,
            Err(Error::Unmapped { missing, example }) => return Err(format!("{missing}\n{example}")),
            Err(error) => return Err(format!("{error} ({})", error.hint().cloned().unwrap_or_default())),
        };
        let mut values: Vec<String> = self
            .node
            .values(&dataset)
            .await
            .iter()
            .map(|value| {
                let key = &value.key;
                let local = value.time + chrono::TimeDelta::hours(7);
                let is_midnight = local.time() == chrono::NaiveTime::MIN;
                let day = local.format(if is_midnight { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M" });
                format!(
                    "{}|{}|{}|{}|{day}|{}",
                    key.place,
                    key.property,
                    key.statistic.code(),
                    key.period,
                    value.result
                )
            })
            .collect();
        values.sort();
        let findings = report
            .findings
            .iter()
            .map(|finding| format!("{} {} {}", finding.code, finding.cell.a1(), finding.value))
            .collect();
        Ok(Taken { values, findings, mapping: report.mapping.to_string() })
    }

    /// A file that goes in as it is.
    pub async fn goes_in(&self, name: &str, bytes: impl Into<Vec<u8>>, values: &[&str], findings: &[&str]) {
        let taken = self.take(name, bytes, None).await.unwrap_or_else(|asked| panic!("{name}: {asked}"));
        assert_eq!(taken.values, values, "{name}\n{}", taken.mapping);
        assert_eq!(taken.findings, findings, "{name}\n{}", taken.mapping);
    }

    /// A file of which something must be decided: the words of the question, and what comes of the answer.
    pub async fn asks(
        &self,
        name: &str,
        bytes: impl Into<Vec<u8>>,
        words: &[&str],
        answer: &str,
        values: &[&str],
    ) -> Vec<String> {
        let bytes = bytes.into();
        let asked = match self.take(name, bytes.clone(), None).await {
            Err(asked) => asked,
            Ok(taken) => panic!("{name} went in: {:?}\n{}", taken.values, taken.mapping),
        };
        for word in words {
            assert!(asked.contains(word), "{name}: no `{word}` in {asked}");
        }
        if answer.is_empty() {
            return Vec::new();
        }
        let taken =
            self.take(name, bytes, Some(answer)).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(taken.values, values, "{name}\n{asked}");
        taken.findings
    }
}

/// A text in TCVN3, a byte a letter.
fn tcvn3(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

#[tokio::test]
async fn old_letters_totals_and_notes_do_not_hide_the_values() {
    let desk = Desk::new().await;
    desk.goes_in(
        "muc-nuoc.csv",
        tcvn3("Tr\u{b9}m;Ng\u{b5}y;M\u{f9}c n\u{ad}\u{ed}c (cm)\nT\u{a9}n Ch\u{a9}u;13/02/2020;124,5\nCh\u{a9}u \u{a7}\u{e8}c;14/02/2020;98\nT\u{e6}ng c\u{e9}ng;;222,5\n"),
        &[
            "station:chau_doc|water_level|instant||2020-02-14|98",
            "station:tan_chau|water_level|instant||2020-02-13|124.5",
        ],
        &[
            "text_read_as A1 Tr\\xB9m",
            "text_read_as B1 Ng\\xB5y",
            "text_read_as C1 M\\xF9c n\\xAD\\xEDc (cm)",
            "left_out_total A4 Tổng cộng",
        ],
    )
    .await;
    // Totals under several names, other regions, a note, and a total in the column of running numbers.
    desk.goes_in(
        "lua.csv",
        "Diện tích gieo trồng lúa cả năm phân theo địa phương (nghìn ha)\n\nSTT;Tỉnh, thành phố;2019;2020\n;CẢ NƯỚC;7469,9;7278,9\nTổng cộng;;865,1;865,5\n1;An Giang;630,1;637,2\n2;Hà Nội;170,2;165,0\n3;Cà Mau;235,0;228,3\n;Bình quân;432,5;432,7\n;Cộng;865,1;865,5\nNguồn: Số liệu lập ra để thử;;;\nGhi chú: không phải số liệu thật;;;\n",
        &[
            "gso2004:89|rice_area_sown|total|P1Y|2019-01-01|630.1",
            "gso2004:89|rice_area_sown|total|P1Y|2020-01-01|637.2",
            "gso2004:96|rice_area_sown|total|P1Y|2019-01-01|235",
            "gso2004:96|rice_area_sown|total|P1Y|2020-01-01|228.3",
        ],
        &[
            "left_out_elsewhere B4 CẢ NƯỚC",
            "left_out_total A5 Tổng cộng",
            "left_out_elsewhere B7 Hà Nội",
            "left_out_total B9 Bình quân",
            "left_out_total B10 Cộng",
            "left_out_note A11 Nguồn: Số liệu lập ra để thử",
            "left_out_note A12 Ghi chú: không phải số liệu thật",
        ],
    )
    .await;
}

#[tokio::test]
async fn units_stand_above_the_table_in_brackets_or_in_a_row_of_the_header() {
    let desk = Desk::new().await;
    let values = [
        "gso2004:89|rice_area_sown|total|P1Y|2019-01-01|630.1",
        "gso2004:89|rice_area_sown|total|P1Y|2020-01-01|637.2",
    ];
    let above =
        "Diện tích gieo trồng lúa|||\n||| Đơn vị tính: ha\nTỉnh|2019|2020|\nAn Giang|630100|637200|\n";
    desk.goes_in("a.xlsx", book(&[sheet("Lúa", above)]), &values, &[]).await;
    let salinity = "Trạm,Ngày,Độ mặn (‰)\nTrà Vinh,13/02/2020,\"4,5\"\nTrà Vinh,14/02/2020,\"5,25\"\n";
    desk.goes_in(
        "man.csv",
        salinity,
        &[
            "station:tra_vinh|salinity|instant||2020-02-13|4.5",
            "station:tra_vinh|salinity|instant||2020-02-14|5.25",
        ],
        &[],
    )
    .await;
    // The unit in a second row of the header.
    let below =
        "Tỉnh|Năm|Diện tích gieo trồng lúa|Sản lượng lúa\n||(ha)|(tấn)\nAn Giang|2020|637200|4000000\n";
    desk.goes_in(
        "b.xlsx",
        book(&[sheet("Lúa", below)]),
        &[
            "gso2004:89|rice_area_sown|total|P1Y|2020-01-01|637.2",
            "gso2004:89|rice_production|total|P1Y|2020-01-01|4000",
        ],
        &[],
    )
    .await;
    // A unit that nobody names, and values that cannot be of the property's own.
    let none = "Diện tích gieo trồng lúa\nTỉnh;2019;2020\nAn Giang;630100;637200\n";
    desk.asks("c.csv", none, &["which unit?", "`630100`"], "", &[]).await;
}

#[tokio::test]
async fn merged_headers_of_three_rows_are_read_by_what_is_merged() {
    let desk = Desk::new().await;
    let rows = "BÁO CÁO DIỆN TÍCH GIEO TRỒNG LÚA||||||\n\nTT|Tỉnh|Diện tích (nghìn ha)||||Ghi chú\n||2019||2020||\n||Đông xuân|Hè thu|Đông xuân|Hè thu|\nA|B|1|2|3|4|5\n1|An Giang|235.1|232.2|228.3|226.4|\n2|Cà Mau|1.5|36.6|1.7|35.8|sơ bộ\n";
    let merged = &["A1:G1", "A3:A5", "B3:B5", "C3:F3", "G3:G5", "C4:D4", "E4:F4"];
    let bytes = book(&[Sheet { merged, ..sheet("Lúa", rows) }]);
    let answer = "[source]\nheader_row = 3\nheader_height = 3\n[place]\ncolumn = \"Tỉnh\"\nkind = \"province\"\n[[value]]\ncolumns = \"Diện tích ({unit}) {year} {period}\"\nwords = { \"Đông xuân\" = \"season:dong_xuan\", \"Hè thu\" = \"season:he_thu\" }\nproperty = \"rice_area_sown\"\n";
    let values = [
        "gso2004:89|rice_area_sown|total|season:dong_xuan|2019-01-01|235.1",
        "gso2004:89|rice_area_sown|total|season:dong_xuan|2020-01-01|228.3",
        "gso2004:89|rice_area_sown|total|season:he_thu|2019-01-01|232.2",
        "gso2004:89|rice_area_sown|total|season:he_thu|2020-01-01|226.4",
        "gso2004:96|rice_area_sown|total|season:dong_xuan|2019-01-01|1.5",
        "gso2004:96|rice_area_sown|total|season:dong_xuan|2020-01-01|1.7",
        "gso2004:96|rice_area_sown|total|season:he_thu|2019-01-01|36.6",
        "gso2004:96|rice_area_sown|total|season:he_thu|2020-01-01|35.8",
    ];
    // The row that numbers the columns is no data.
    desk.goes_in("a.xlsx", bytes, &values, &[]).await;

    // The same header where nothing is merged: blank cells belong to the text on their left.
    let bytes = book(&[sheet("Lúa", rows)]);
    desk.goes_in("b.xlsx", bytes, &values, &[]).await;

    // Only the title is merged: what blank cells mean is not told by the file, and is asked.
    let bytes = book(&[Sheet { merged: &["A1:G1"], ..sheet("Lúa", rows) }]);
    desk.asks("c.xlsx", bytes.clone(), &[], "", &[]).await;
    let filled = answer.replace("header_height = 3\n", "header_height = 3\nheader_fill = true\n");
    desk.asks("c.xlsx", bytes, &[], &filled, &values).await;
}

#[tokio::test]
async fn a_cell_beside_merged_cells_does_not_take_their_text() {
    let desk = Desk::new().await;
    // `Mã` stands alone above the second row; without what is merged it would head `Thấp nhất` too.
    let rows = "Mực nước năm (cm)|||||\nTrạm|2020||Cả kỳ||\n|Cao nhất|Thấp nhất|Cao nhất|Thấp nhất|\nTân Châu|350|-10|510|-60|\nChâu Đốc|340|-15|490|-70|\n";
    let merged = &["A1:F1", "A2:A3", "B2:C2"];
    let bytes = book(&[Sheet { merged, ..sheet("H", rows) }]);
    let answer = "[source]\nheader_row = 2\nheader_height = 2\n[place]\ncolumn = \"Trạm\"\nkind = \"station\"\n[[value]]\ncolumns = \"{year} {statistic}\"\nwords = { \"Cao nhất\" = \"max\", \"Thấp nhất\" = \"min\" }\nproperty = \"water_level\"\nunit = \"cm\"\nperiod = \"P1Y\"\n";
    let values = [
        "station:chau_doc|water_level|max|P1Y|2020-01-01|340",
        "station:chau_doc|water_level|min|P1Y|2020-01-01|-15",
        "station:tan_chau|water_level|max|P1Y|2020-01-01|350",
        "station:tan_chau|water_level|min|P1Y|2020-01-01|-10",
    ];
    desk.asks("a.xlsx", bytes, &["`2020 Thấp nhất`", "`Thấp nhất`"], answer, &values).await;
}

#[tokio::test]
async fn a_sheet_a_year_and_a_sheet_a_province_are_one_mapping() {
    let desk = Desk::new().await;
    let years = [
        sheet(
            "Năm 2019",
            "Tỉnh|Dân số trung bình (nghìn người)\nAn Giang|1907.4\nCà Mau|1194.3\nTổng số|3101.7\n",
        ),
        sheet(
            "Năm 2020",
            "Tỉnh|Dân số trung bình (nghìn người)\nAn Giang|1904.5\nCà Mau|1193.9\nTổng số|3098.4\n",
        ),
    ];
    desk.goes_in(
        "dan-so.xlsx",
        book(&years),
        &[
            "gso2004:89|population_avg|mean|P1Y|2019-01-01|1907.4",
            "gso2004:89|population_avg|mean|P1Y|2020-01-01|1904.5",
            "gso2004:96|population_avg|mean|P1Y|2019-01-01|1194.3",
            "gso2004:96|population_avg|mean|P1Y|2020-01-01|1193.9",
        ],
        &["left_out_total A4 Tổng số", "left_out_total A4 Tổng số"],
    )
    .await;
    let provinces = [
        sheet("Bìa", "Niên giám lập ra để thử\n"),
        sheet("An Giang", "Năm|Sản lượng lúa (nghìn tấn)\n2019|3900.5\n2020|4004.5\n"),
        sheet("Cà Mau", "Năm|Sản lượng lúa (nghìn tấn)\n2019|500.5\n2020|490.1\n"),
    ];
    desk.goes_in(
        "lua.xlsx",
        book(&provinces),
        &[
            "gso2004:89|rice_production|total|P1Y|2019-01-01|3900.5",
            "gso2004:89|rice_production|total|P1Y|2020-01-01|4004.5",
            "gso2004:96|rice_production|total|P1Y|2019-01-01|500.5",
            "gso2004:96|rice_production|total|P1Y|2020-01-01|490.1",
        ],
        &[],
    )
    .await;
    // The same header, and other things on the sheets: nothing of the second is taken for the first.
    let kinds = [
        sheet(
            "Mực nước",
            "Mực nước (cm)|\nTrạm|Ngày|Trị số\nTân Châu|d:43864|124\nTân Châu|d:43865|126\nChâu Đốc|d:43864|98\nChâu Đốc|d:43865|99\n",
        ),
        sheet(
            "Độ mặn",
            "Độ mặn (g/l)|\nTrạm|Ngày|Trị số\nTrà Vinh|d:43864|4.5\nTrà Vinh|d:43865|4.75\nĐại Ngãi|d:43864|1.5\nĐại Ngãi|d:43865|1.75\n",
        ),
    ];
    let answer = "[source]\nsheets = [\"*\"]\nheader_row = 2\n[place]\ncolumn = \"Trạm\"\nkind = \"station\"\n[time]\ncolumns = [\"Ngày\"]\n[[value]]\ncolumn = \"Trị số\"\nproperty = { sheet = true }\nunit = { title = true, pattern = \"*({unit})\" }\n";
    desk.asks(
        "hai-thu.xlsx",
        book(&kinds),
        &["`Độ mặn`", "source.sheet"],
        answer,
        &[
            "station:chau_doc|water_level|instant||2020-02-03|98",
            "station:chau_doc|water_level|instant||2020-02-04|99",
            "station:dai_ngai|salinity|instant||2020-02-03|1.5",
            "station:dai_ngai|salinity|instant||2020-02-04|1.75",
            "station:tan_chau|water_level|instant||2020-02-03|124",
            "station:tan_chau|water_level|instant||2020-02-04|126",
            "station:tra_vinh|salinity|instant||2020-02-03|4.5",
            "station:tra_vinh|salinity|instant||2020-02-04|4.75",
        ],
    )
    .await;
}

/// Months of a made-up station.
fn months(first: f64) -> String {
    (0..12).map(|month| format!("|{}", first + f64::from(month))).collect()
}

#[tokio::test]
async fn a_climate_book_is_one_mapping_and_only_what_no_title_says_is_asked() {
    let desk = Desk::new().await;
    let head = "Năm|I|II|III|IV|V|VI|VII|VIII|IX|X|XI|XII|Cả năm";
    let one = |name, title: &str, first: f64| {
        let rows = format!(
            "Trạm: Cần Thơ (Cần Thơ)\nYếu tố: {title}\n\n{head}\n2019{}|0\n2020{}|0\nTB{}|0\n",
            months(first),
            months(first + 0.5),
            months(first)
        );
        sheet(name, &rows)
    };
    let sheets = [
        one("T", "Nhiệt độ không khí trung bình (°C)", 20.0),
        one("Tx", "Nhiệt độ cao nhất trung bình (°C)", 25.0),
        one("Tm", "Nhiệt độ thấp nhất tuyệt đối (°C)", 18.0),
        one("R", "Tổng lượng mưa (mm)", 100.0),
    ];
    let taken = desk.take("Cantho.xlsx", book(&sheets), None).await.unwrap_or_else(|asked| panic!("{asked}"));
    assert_eq!(taken.values.len(), 4 * 24, "{}", taken.mapping);
    for value in [
        "station:can_tho|air_temp|mean|P1M|2019-01-01|20",
        "station:can_tho|air_temp_max|mean|P1M|2019-02-01|26",
        "station:can_tho|air_temp_min|min|P1M|2020-12-01|29.5",
        "station:can_tho|rain_total|total|P1M|2020-12-01|111.5",
    ] {
        assert!(taken.values.iter().any(|own| own == value), "{value} in {:?}", taken.values);
    }
    // A sheet whose title says no statistic is asked about, and only that one.
    let mut untold = sheets.to_vec();
    untold.push(one("U", "Độ ẩm tương đối (%)", 70.0));
    let asked = desk.take("Cantho.xlsx", book(&untold), None).await.err().unwrap();
    let first = asked.lines().next().unwrap();
    assert!(first.contains("value.0.statistic") && first.contains("the values of `U`"), "{asked}");
    assert!(!first.contains("`T`") && !first.contains("`R`"), "{asked}");
    let example = asked.split_once('\n').unwrap().1;
    assert!(example.contains("U = \"mean\"") || example.contains("\"U\" = \"mean\""), "{example}");
    // The answer is one word of the same mapping.
    let answer = example.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    let answer = answer.replace(HEAD, "").replace("\"U\" = \"mean\"", "\"U\" = \"min\"");
    let taken =
        desk.take("Cantho.xlsx", book(&untold), Some(&answer)).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(taken.values.len(), 5 * 24);
    let least = "station:can_tho|rel_humidity|min|P1M|2019-01-01|70";
    assert!(taken.values.iter().any(|own| own == least), "{:?}", taken.values);
}

#[tokio::test]
async fn stations_and_tables_beside_each_other_keep_to_their_own() {
    let desk = Desk::new().await;
    desk.goes_in(
        "man.csv",
        "Độ mặn lớn nhất ngày tại các trạm (g/l)\n\nNgày;Trà Vinh;Đại Ngãi;Bình quân\n13/02/2020;4,5;1,5;3\n14/02/2020;5,25;KXĐ;5,25\n",
        &[
            "station:dai_ngai|salinity_max_day|max|P1D|2020-02-13|1.5",
            "station:tra_vinh|salinity_max_day|max|P1D|2020-02-13|4.5",
            "station:tra_vinh|salinity_max_day|max|P1D|2020-02-14|5.25",
        ],
        &["left_out_unknown_place D3 Bình quân"],
    )
    .await;
    // Two tables with an empty column between them, each with its station above it.
    let beside = "Mực nước (cm)||||\nTrạm: Tân Châu|||Trạm: Châu Đốc|\nNgày|Mực nước (cm)||Ngày|Mực nước (cm)\nd:43864|124||d:43864|98\nd:43865|126||d:43866|99\n";
    desk.goes_in(
        "hai-bang.xlsx",
        book(&[sheet("H", beside)]),
        &[
            "station:chau_doc|water_level|instant||2020-02-03|98",
            "station:chau_doc|water_level|instant||2020-02-05|99",
            "station:tan_chau|water_level|instant||2020-02-03|124",
            "station:tan_chau|water_level|instant||2020-02-04|126",
        ],
        &[],
    )
    .await;
    // Without the empty column, and with the place of each in a column.
    let close = "Trạm|Ngày|Mực nước (cm)|Trạm|Ngày|Mực nước (cm)\nTân Châu|d:43864|124|Châu Đốc|d:43864|98\nTân Châu|d:43865|126|Châu Đốc|d:43865|99\n";
    let values = [
        "station:chau_doc|water_level|instant||2020-02-03|98",
        "station:chau_doc|water_level|instant||2020-02-04|99",
        "station:tan_chau|water_level|instant||2020-02-03|124",
        "station:tan_chau|water_level|instant||2020-02-04|126",
    ];
    desk.goes_in("sat-nhau.xlsx", book(&[sheet("H", close)]), &values, &[]).await;
}

#[tokio::test]
async fn a_second_table_below_is_not_read_as_the_first() {
    let desk = Desk::new().await;
    let file = "Trạm,Ngày,Mực nước (cm)\nTân Châu,13/02/2020,124\nChâu Đốc,13/02/2020,98\n\nTrạm,Ngày,Độ mặn (g/l)\nTrà Vinh,13/02/2020,4.5\nĐại Ngãi,13/02/2020,1.5\n";
    let answer = "[place]\ncolumn = \"Trạm\"\nkind = \"station\"\n[time]\ncolumns = [\"Ngày\"]\n[[block]]\nheader_row = 1\nlast = 4\n[[block.value]]\ncolumn = \"Mực nước (cm)\"\nproperty = \"water_level\"\nunit = \"cm\"\n[[block]]\nheader_row = 5\n[[block.value]]\ncolumn = \"Độ mặn (g/l)\"\nproperty = \"salinity\"\nunit = \"g/L\"\n";
    desk.asks(
        "hai-bang.csv",
        file,
        &["row 5 is the header of another table", "[[block]]", "header_row = 5"],
        answer,
        &[
            "station:chau_doc|water_level|instant||2020-02-13|98",
            "station:dai_ngai|salinity|instant||2020-02-13|1.5",
            "station:tan_chau|water_level|instant||2020-02-13|124",
            "station:tra_vinh|salinity|instant||2020-02-13|4.5",
        ],
    )
    .await;
    // The same header again is passed over.
    let file = "Trạm,Ngày,Mực nước (cm)\nTân Châu,13/02/2020,124\nTrạm,Ngày,Mực nước (cm)\nTân Châu,14/02/2020,126\n";
    desk.goes_in(
        "mot-bang.csv",
        file,
        &[
            "station:tan_chau|water_level|instant||2020-02-13|124",
            "station:tan_chau|water_level|instant||2020-02-14|126",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn numbers_and_words_for_numbers_are_read_as_they_are_meant() {
    let desk = Desk::new().await;
    desk.goes_in(
        "lua.csv",
        "Tỉnh;Năm;Sản lượng lúa (tấn)\nAn Giang;2019;3.900.500,5\nAn Giang;2020;4.004.500\nCà Mau;2019;500.500\nCà Mau;2020;-\n",
        &[
            "gso2004:89|rice_production|total|P1Y|2019-01-01|3900.5005",
            "gso2004:89|rice_production|total|P1Y|2020-01-01|4004.5",
            "gso2004:96|rice_production|total|P1Y|2019-01-01|500.5",
        ],
        &[],
    )
    .await;
    // Nothing in the column tells thousands from decimals: it is asked, not guessed.
    desk.asks(
        "lua.csv",
        "Tỉnh;Năm;Diện tích gieo trồng lúa (ha)\nAn Giang;2019;630.100\nAn Giang;2020;637\nCà Mau;2019;235.000\n",
        &["has `630.100` a decimal point, or points between thousands?"],
        "",
        &[],
    )
    .await;
    let taken = desk
        .take(
            "nuoc.csv",
            "Trạm;Ngày lấy mẫu;Amoni (theo N) (mg/l);BOD5 (mg/l)\nTân Châu;13/02/2020;<0,05;4,5\nChâu Đốc;13/02/2020;vết;KXĐ\nTrà Vinh;13/02/2020;0,12;-\n",
            None,
        )
        .await
        .unwrap_or_else(|asked| panic!("{asked}"));
    assert_eq!(taken.findings, Vec::<String>::new(), "{}", taken.mapping);
    let codes: Vec<&str> = taken.values.iter().map(|value| value.split('|').nth(1).unwrap()).collect();
    assert_eq!(codes, ["nh4_n", "bod5", "nh4_n", "nh4_n"], "{:?}", taken.values);
    assert!(taken.values.contains(&"station:tan_chau|bod5|instant||2020-02-13|4.5".to_owned()));
    assert!(taken.values.contains(&"station:tra_vinh|nh4_n|instant||2020-02-13|0.12".to_owned()));
}

#[tokio::test]
async fn seasons_and_quarters_stand_in_columns_and_in_headers() {
    let desk = Desk::new().await;
    desk.goes_in(
        "vu.csv",
        "Tỉnh;Năm;Mùa vụ;Diện tích gieo trồng lúa (ha)\nAn Giang;2020;Đông xuân;228300\nAn Giang;2020;Hè thu;226400\nAn Giang;2020;Mùa;5100\n",
        &[
            "gso2004:89|rice_area_sown|total|season:dong_xuan|2020-01-01|228.3",
            "gso2004:89|rice_area_sown|total|season:he_thu|2020-01-01|226.4",
            "gso2004:89|rice_area_sown|total|season:mua|2020-01-01|5.1",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "vu-ngang.csv",
        "Diện tích gieo trồng lúa năm 2020 (nghìn ha)\n\nTỉnh;Đông xuân;Hè thu;Thu đông;Cả năm\nAn Giang;228,3;226,4;182,5;637,2\nCà Mau;1,7;35,8;0;37,5\n",
        &[
            "gso2004:89|rice_area_sown|total|season:dong_xuan|2020-01-01|228.3",
            "gso2004:89|rice_area_sown|total|season:he_thu|2020-01-01|226.4",
            "gso2004:89|rice_area_sown|total|season:thu_dong|2020-01-01|182.5",
            "gso2004:96|rice_area_sown|total|season:dong_xuan|2020-01-01|1.7",
            "gso2004:96|rice_area_sown|total|season:he_thu|2020-01-01|35.8",
            "gso2004:96|rice_area_sown|total|season:thu_dong|2020-01-01|0",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "quy.xlsx",
        book(&[sheet(
            "TS",
            "Sản lượng thủy sản năm 2021|||||\n|||||Đơn vị tính: tấn\nTỉnh|Quý I|Quý II|Quý III|Quý IV|Cả năm\nCà Mau|140000|150000|160000|155000|605000\nTổng số|140000|150000|160000|155000|605000\n",
        )]),
        &[
            "gso2004:96|fishery_prod|total|P3M|2021-01-01|140000",
            "gso2004:96|fishery_prod|total|P3M|2021-04-01|150000",
            "gso2004:96|fishery_prod|total|P3M|2021-07-01|160000",
            "gso2004:96|fishery_prod|total|P3M|2021-10-01|155000",
        ],
        &["column_left_out F3 Cả năm", "left_out_total A5 Tổng số"],
    )
    .await;
    desk.goes_in(
        "thang.csv",
        "Sản lượng thủy sản (tấn)\nTỉnh;Tháng 1/2021;Tháng 2/2021;Tháng 3/2021;Cộng\nCà Mau;50000;45000;45000;140000\n",
        &[
            "gso2004:96|fishery_prod|total|P1M|2021-01-01|50000",
            "gso2004:96|fishery_prod|total|P1M|2021-02-01|45000",
            "gso2004:96|fishery_prod|total|P1M|2021-03-01|45000",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn dates_hidden_rows_blank_columns_and_cells_merged_downwards() {
    let desk = Desk::new().await;
    let rows = "|||\n||Số liệu lập ra để thử|\n||Trạm|Ngày|Mực nước (cm)\n||Tân Châu|d:43864|124\n|||04/02/2020|126\n|||13/02/2020|130\n||Châu Đốc|d:43864|98\n|||d:43865|99\n";
    let bytes = book(&[Sheet { merged: &["C4:C6", "C7:C8"], hidden: &[6], ..sheet("H", rows) }]);
    desk.goes_in(
        "muc-nuoc.xlsx",
        bytes,
        &[
            "station:chau_doc|water_level|instant||2020-02-03|98",
            "station:chau_doc|water_level|instant||2020-02-04|99",
            "station:tan_chau|water_level|instant||2020-02-03|124",
            "station:tan_chau|water_level|instant||2020-02-04|126",
            "station:tan_chau|water_level|instant||2020-02-13|130",
        ],
        &["hidden_rows A6 6"],
    )
    .await;
    // The same without what is merged: whether blank cells mean the name above is asked.
    let answer = "[rows]\nfill = [\"Trạm\"]\n[place]\ncolumn = \"Trạm\"\nkind = \"station\"\n[time]\ncolumns = [\"Ngày\"]\nformat = \"%d/%m/%Y\"\n[[value]]\ncolumn = \"Mực nước (cm)\"\nproperty = \"water_level\"\nunit = \"cm\"\n";
    desk.asks(
        "muc-nuoc.csv",
        "Trạm;Ngày;Mực nước (cm)\nTân Châu;03/02/2020;124\n;14/02/2020;126\nChâu Đốc;03/02/2020;98\n;14/02/2020;99\n",
        &["rows.fill", "belong to the text above"],
        answer,
        &[
            "station:chau_doc|water_level|instant||2020-02-03|98",
            "station:chau_doc|water_level|instant||2020-02-14|99",
            "station:tan_chau|water_level|instant||2020-02-03|124",
            "station:tan_chau|water_level|instant||2020-02-14|126",
        ],
    )
    .await;
}

#[tokio::test]
async fn rows_that_nothing_read_tells_apart_are_asked_about() {
    let desk = Desk::new().await;
    // The place of each row is its hamlet, of which the province is not the name.
    desk.asks(
        "ap.csv",
        "Tỉnh;Ấp;Năm;Diện tích gieo trồng lúa (ha)\nAn Giang;Ấp Trung;2020;100500\nAn Giang;Ấp Thượng;2020;115300\nAn Giang;Ấp Hạ;2020;111100\nCà Mau;Ấp Một;2020;60100\nCà Mau;Ấp Hai;2020;29900\n",
        &["`2020, An Giang` stands in the rows 2 and 3", "which column names the place"],
        "",
        &[],
    )
    .await;
    // The rows are items of one province, and only the title says which.
    desk.asks(
        "muc.csv",
        "Diện tích gieo trồng lúa\nTỉnh An Giang\nChỉ tiêu;2019;2020\nLúa đông xuân;235,1;228,3\nLúa hè thu;232,2;226,4\nLúa thu đông;162,8;182,5\n",
        &["nothing that is read tells the rows 4 and 5 apart"],
        "[place]\ntitle = true\npattern = \"Tỉnh {place}\"\nkind = \"province\"\n[[value]]\ncolumns = \"{year}\"\nproperty = \"rice_area_sown\"\nunit = \"10*3.har\"\nperiod = { column = \"Chỉ tiêu\", words = { \"Lúa đông xuân\" = \"season:dong_xuan\", \"Lúa hè thu\" = \"season:he_thu\", \"Lúa thu đông\" = \"season:thu_dong\" } }\n",
        &[
            "gso2004:89|rice_area_sown|total|season:dong_xuan|2019-01-01|235.1",
            "gso2004:89|rice_area_sown|total|season:dong_xuan|2020-01-01|228.3",
            "gso2004:89|rice_area_sown|total|season:he_thu|2019-01-01|232.2",
            "gso2004:89|rice_area_sown|total|season:he_thu|2020-01-01|226.4",
            "gso2004:89|rice_area_sown|total|season:thu_dong|2019-01-01|162.8",
            "gso2004:89|rice_area_sown|total|season:thu_dong|2020-01-01|182.5",
        ],
    )
    .await;
}

#[tokio::test]
async fn numbers_that_nothing_reads_are_asked_about() {
    let desk = Desk::new().await;
    let file = "Diện tích gieo trồng lúa (nghìn ha)\nTỉnh;2019;2020;Điểm số\nAn Giang;630,1;637,2;101,1\nCà Mau;235,0;228,3;97,1\n";
    let answer = "[place]\ncolumn = \"Tỉnh\"\nkind = \"province\"\n[[value]]\ncolumns = \"{year}\"\nproperty = \"rice_area_sown\"\nunit = \"nghìn ha\"\nperiod = \"P1Y\"\n";
    let values = [
        "gso2004:89|rice_area_sown|total|P1Y|2019-01-01|630.1",
        "gso2004:89|rice_area_sown|total|P1Y|2020-01-01|637.2",
        "gso2004:96|rice_area_sown|total|P1Y|2019-01-01|235",
        "gso2004:96|rice_area_sown|total|P1Y|2020-01-01|228.3",
    ];
    desk.asks("lua.csv", file, &["`Điểm số` hold numbers too"], answer, &values).await;
    // A second sheet of numbers that is laid out otherwise.
    let sheets = [
        sheet(
            "Lúa",
            "Diện tích gieo trồng lúa (nghìn ha)|\nTỉnh|2019|2020\nAn Giang|630.1|637.2\nCà Mau|235|228.3\n",
        ),
        sheet(
            "Giá",
            "Mặt hàng|Ngày|Giá|Giá cũ\nLúa|d:43864|6500|6400\nGạo|d:43864|9500|9400\nTôm|d:43864|95000|93000\n",
        ),
    ];
    let answer = format!("[source]\nsheet = \"Lúa\"\n{answer}");
    desk.asks("hai-trang.xlsx", book(&sheets), &["the sheets `Giá` hold numbers too"], &answer, &values)
        .await;
}

#[tokio::test]
async fn every_table_of_a_sheet_is_compared_with_the_file_before() {
    let desk = Desk::new().await;
    let node = &desk.node;
    node.dataset("two_tables", DatasetKind::Observations).await;
    let mapping = format!(
        "{HEAD}[time]\ncolumns = [\"Ngày\"]\n[[block]]\ncolumns = \"A:B\"\nheader_row = 1\nplace = {{ value = \"station:tan_chau\" }}\n[[block.value]]\ncolumn = \"H (cm)\"\nproperty = \"water_level\"\nunit = \"cm\"\n[[block]]\ncolumns = \"D:F\"\nheader_row = 1\nplace = {{ value = \"station:tra_vinh\" }}\n[[block.value]]\ncolumn = \"S (g/l)\"\nproperty = \"salinity\"\nunit = \"g/L\"\n"
    );
    let first = "Ngày,H (cm),,Ngày,S (g/l),Ghi chú\n2020-02-03,124,,2020-02-03,4.5,\n";
    let report = node.load("two_tables", "a.csv", first, Some(&mapping)).await.unwrap();
    assert_eq!(report.run.totals.added, 2);
    // The second table has another column, and one that nothing reads is gone.
    let other = "Ngày,H (cm),,Ngày,Người đo,S (g/l)\n2020-02-04,126,,2020-02-04,x,4.75\n";
    let report = node.load("two_tables", "a.csv", other, None).await.unwrap();
    let told: Vec<String> = report.findings.iter().map(|f| format!("{} {}", f.code, f.cell.a1())).collect();
    assert_eq!(told, ["drift_column_added E1", "drift_column_gone D1"], "{}", report.mapping);
    // The column of values of the second table has another unit.
    let moved = "Ngày,H (cm),,Ngày,S (mg/l),Ghi chú\n2020-02-05,126,,2020-02-05,4750,\n";
    let error = node.load("two_tables", "a.csv", moved, None).await.unwrap_err();
    let Error::Drifted { differences, example } = error else { panic!("{error:?}") };
    assert!(differences[0].to_string().starts_with("table 2 of the sheet"), "{differences:?}");
    assert!(
        differences.iter().any(|text| text.contains("to `S (mg/l)`, and its unit from `g/l` to `mg/l`")),
        "{differences:?}"
    );
    let report =
        node.load("two_tables", "a.csv", moved, Some(&example.replace("\"g/L\"", "\"mg/L\""))).await.unwrap();
    assert_eq!(report.run.totals.added, 2);
    let values = node.values("two_tables").await;
    let salinity: Vec<f64> =
        values.iter().filter(|v| v.key.property.as_str() == "salinity").map(|v| v.result).collect();
    assert_eq!(salinity, [4.5, 4.75, 4.75]);
}

#[tokio::test]
async fn a_statistic_may_stand_in_a_column_and_a_sheet_that_is_gone_is_told() {
    let desk = Desk::new().await;
    let file = "Trạm,Năm,Đặc trưng,Mực nước (cm)\nTân Châu,2020,Cao nhất,350\nTân Châu,2020,Thấp nhất,-10\nTân Châu,2020,TB,120\nTân Châu,2020,khác,1\n";
    let mapping = "[place]\ncolumn = \"Trạm\"\nkind = \"station\"\n[time]\ncolumns = [\"Năm\"]\n[[value]]\ncolumn = \"Mực nước (cm)\"\nproperty = \"water_level\"\nunit = \"cm\"\nstatistic = { column = \"Đặc trưng\" }\n";
    let taken = desk.take("a.csv", file, Some(mapping)).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        taken.values,
        [
            "station:tan_chau|water_level|max|P1Y|2020-01-01|350",
            "station:tan_chau|water_level|mean|P1Y|2020-01-01|120",
            "station:tan_chau|water_level|min|P1Y|2020-01-01|-10",
        ]
    );
    assert_eq!(taken.findings, ["unknown_statistic C5 khác"]);
    let rows = "Trạm|Ngày|Mực nước (cm)\nTân Châu|d:43864|124\n";
    let mapping = "[source]\nsheets = [\"A\", \"B\"]\n[place]\ncolumn = \"Trạm\"\n[time]\ncolumns = [\"Ngày\"]\n[[value]]\ncolumn = \"Mực nước (cm)\"\nproperty = \"water_level\"\nunit = \"cm\"\n";
    let taken =
        desk.take("a.xlsx", book(&[sheet("A", rows)]), Some(mapping)).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(taken.findings, ["drift_sheet_gone A1 B"]);
    // A sheet whose name says no statistic is no sheet of this mapping.
    let mapping =
        mapping.replace("sheets = [\"A\", \"B\"]", "sheet = \"A\"") + "statistic = { sheet = true }\n";
    let error = desk.take("a.xlsx", book(&[sheet("A", rows)]), Some(&mapping)).await.err().unwrap();
    assert!(error.contains("`A` is no statistic that is known here"), "{error}");
}

//! Tables of every common shape under a mapping: what is a value, of where and when, and what is left out.

use model::DatasetKind;

use crate::node::{Node, Stored, at, told};
use crate::workbook::{Cell, workbook};

const HEAD: &str = "version = 1\nkind = \"observations\"\n";

/// Loads a text file and says which values it holds: place, start, result, cell.
async fn values(
    file: &str,
    mapping: &str,
) -> (Vec<(String, String, f64, String)>, Vec<(String, String, String)>) {
    loaded("a.csv", file.as_bytes().to_vec(), mapping).await
}

async fn loaded(
    name: &str,
    bytes: Vec<u8>,
    mapping: &str,
) -> (Vec<(String, String, f64, String)>, Vec<(String, String, String)>) {
    let node = Node::new().await;
    let report = node.load("series", name, bytes, Some(&format!("{HEAD}{mapping}"))).await.unwrap();
    let told = told(&report.findings).into_iter();
    let findings = told.map(|(code, cell, value)| (code.to_owned(), cell, value.to_owned())).collect();
    let mut found: Vec<_> = node.values("series").await.iter().map(short).collect();
    found.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)).then(a.2.total_cmp(&b.2)));
    (found, findings)
}

fn short(value: &Stored) -> (String, String, f64, String) {
    let cell = model::CellRef {
        sheet: 0,
        row: u32::try_from(value.row).unwrap(),
        column: u16::try_from(value.column).unwrap(),
    };
    let local = value.time + chrono::TimeDelta::hours(7);
    (value.key.place.to_string(), local.format("%Y-%m-%d %H:%M").to_string(), value.result, cell.a1())
}

fn row(place: &str, time: &str, result: f64, cell: &str) -> (String, String, f64, String) {
    (place.into(), time.into(), result, cell.into())
}

fn finding(code: &str, cell: &str, value: &str) -> (String, String, String) {
    (code.into(), cell.into(), value.into())
}

#[tokio::test]
async fn a_table_wide_by_year_leaves_out_totals_and_other_regions() {
    let file = "\"Planted area of paddy by province\"\n\n\"Cities, provincies\";\"2015\";\"Prel. 2016\"\n\" WHOLE COUNTRY\";100.0;101.0\n\"Mekong River Delta\";40.0;41.0\n\"An  Giang\";6.4;6.7\n\"Ha Noi\";1;2\n\"Kien Giang\";..;7.5\n\"Nguồn: Tổng cục Thống kê\"\n";
    let mapping = "[place]\ncolumn = \"Cities, provincies\"\nkind = \"province\"\n[[value]]\ncolumns = \"{year}\"\nproperty = \"rice_area_sown\"\nunit = \"10*3.har\"\nperiod = \"P1Y\"\n";
    let (found, findings) = values(file, mapping).await;
    assert_eq!(
        found,
        [
            row("gso2004:89", "2015-01-01 00:00", 6.4, "B6"),
            row("gso2004:89", "2016-01-01 00:00", 6.7, "C6"),
            row("gso2004:91", "2016-01-01 00:00", 7.5, "C8"),
        ]
    );
    assert_eq!(
        findings,
        [
            finding("preliminary_values", "C3", "Prel. 2016"),
            finding("left_out_elsewhere", "A4", "WHOLE COUNTRY"),
            finding("left_out_elsewhere", "A5", "Mekong River Delta"),
            finding("left_out_elsewhere", "A7", "Ha Noi"),
            finding("left_out_note", "A9", "Nguồn: Tổng cục Thống kê"),
        ]
    );
}

#[tokio::test]
async fn a_table_wide_by_month_takes_its_year_from_a_column_and_its_place_from_a_title() {
    let file = "Trạm: Cần Thơ (Cần Thơ)\nYếu tố: Lượng mưa tháng (mm)\n\nNăm,I,II,XII,Năm\n1979,0.0,1.5,2,3.5\n1980,,4,5,9\nTB,1,2,3,4\n";
    let mapping = "[place]\ntitle = true\npattern = \"Trạm: {place} (*)\"\nkind = \"station\"\n[time]\nyear = { column = \"@A\" }\n[[value]]\ncolumns = \"{month}\"\nproperty = \"rain_total\"\nunit = { title = true, pattern = \"Yếu tố*({unit})\" }\nperiod = \"P1M\"\n";
    let (found, findings) = values(file, mapping).await;
    assert_eq!(
        found,
        [
            row("station:can_tho", "1979-01-01 00:00", 0.0, "B5"),
            row("station:can_tho", "1979-02-01 00:00", 1.5, "C5"),
            row("station:can_tho", "1979-12-01 00:00", 2.0, "D5"),
            row("station:can_tho", "1980-02-01 00:00", 4.0, "C6"),
            row("station:can_tho", "1980-12-01 00:00", 5.0, "D6"),
        ]
    );
    assert_eq!(findings, [finding("left_out_total", "A7", "TB")]);
}

#[tokio::test]
async fn days_and_hours_in_headers_join_the_rest_of_the_time() {
    let days = "Mực nước tháng 2 năm 2020\nTrạm,1,2,29,30\nTân Châu,10,11,12,13\n";
    let mapping = "[place]\ncolumn = \"Trạm\"\nkind = \"station\"\n[time]\nyear = { title = true, pattern = \"*năm {year}\" }\nmonth = { title = true, pattern = \"*tháng {month} năm*\" }\n[[value]]\ncolumns = \"{day}\"\nproperty = \"water_level\"\nunit = \"cm\"\nstatistic = \"mean\"\nperiod = \"P1D\"\n";
    let (found, findings) = values(days, mapping).await;
    assert_eq!(found.len(), 3);
    assert_eq!(found[2], row("station:tan_chau", "2020-02-29 00:00", 12.0, "D3"));
    assert_eq!(
        findings,
        [finding("not_a_time", "E2", "30")],
        "there is no 30 February, and its header says so"
    );

    let hours = "Ngày,1h,7h,24h\n03/02/2020,1,2,3\n13/02/2020,4,5,6\n";
    let mapping = "[place]\nvalue = \"station:tan_chau\"\n[time]\ncolumns = [\"Ngày\"]\n[[value]]\ncolumns = \"{hour}\"\nproperty = \"water_level\"\nunit = \"cm\"\n";
    let (found, findings) = values(hours, mapping).await;
    assert_eq!(findings, []);
    assert_eq!(found[1], row("station:tan_chau", "2020-02-03 07:00", 2.0, "C2"));
    assert_eq!(found[2], row("station:tan_chau", "2020-02-04 00:00", 3.0, "D2"), "24h is the next day's 0h");
}

#[tokio::test]
async fn headers_that_hold_two_things_say_both() {
    let file = "Tỉnh;2015 Area (Km2);2015 Average population (Thous. pers.);2016 Area (Km2);2016 Note\nAn Giang;3536,7;2158,3;3536,8;x\n";
    let mapping = "[source]\ndecimal = \"comma\"\n[place]\ncolumn = \"Tỉnh\"\nkind = \"province\"\n[[value]]\ncolumns = \"{year} {property} ({unit})\"\nwords = { Area = \"land_area\", \"Average population\" = \"population_avg\", Km2 = \"km2\", \"Thous. pers.\" = \"10*3{person}\" }\n";
    let (found, findings) = values(file, mapping).await;
    assert_eq!(findings, []);
    assert_eq!(
        found,
        [
            row("gso2004:89", "2015-01-01 00:00", 2158.3, "C2"),
            row("gso2004:89", "2015-01-01 00:00", 3536.7, "B2"),
            row("gso2004:89", "2016-01-01 00:00", 3536.8, "D2"),
        ]
    );
    let node = Node::new().await;
    let mapping = format!(
        "{HEAD}[place]\ncolumn = \"Tỉnh\"\n[[value]]\ncolumns = \"{{year}} {{property}}\"\nexcept = [\"*Note\"]\n"
    );
    let error = node.load("series", "a.csv", file, Some(&mapping)).await.unwrap_err();
    assert!(error.to_string().contains("`Average population (Thous. pers.)` is no property"), "{error}");
    assert!(error.hint().unwrap().contains("words"), "{error:?}");
}

#[tokio::test]
async fn headers_of_several_rows_are_joined_and_merged_cells_filled() {
    let file = "TT,Trạm,2020,,2021,\n,,Cao nhất,Thấp nhất,Cao nhất,Thấp nhất\n(1),(2),(3),(4),(5),(6)\n1,Tân Châu,350,-10,360,-20\n2,Châu Đốc,340,-15,,\n";
    let mapping = "[source]\nheader_row = 1\nheader_height = 2\n[rows]\nfirst = 4\n[place]\ncolumn = \"Trạm\"\nkind = \"station\"\n[[value]]\ncolumns = \"{year} {statistic}\"\nwords = { \"Cao nhất\" = \"max\", \"thấp nhất\" = \"min\" }\nproperty = \"water_level\"\nunit = \"cm\"\n";
    let (found, findings) = values(file, mapping).await;
    assert_eq!(findings, []);
    assert_eq!(found.len(), 6);
    assert_eq!(found[5], row("station:tan_chau", "2021-01-01 00:00", 360.0, "E4"));
}

#[tokio::test]
async fn group_rows_and_merged_cells_are_filled_downwards() {
    let file =
        "Năm,Trạm,Giá trị\nNăm 2020,,\n,Tân Châu,1\n,Châu Đốc,2\nNăm 2021,,\n,Tân Châu,3\nTổng số,,6\n";
    let mapping = "[rows]\ngroup = [\"Năm {year}\"]\n[place]\ncolumn = \"Trạm\"\n[time]\nyear = { group = \"year\" }\n[[value]]\ncolumn = \"Giá trị\"\nproperty = \"salinity\"\nunit = \"g/L\"\nstatistic = \"max\"\n";
    let (found, findings) = values(file, mapping).await;
    assert_eq!(
        found,
        [
            row("station:chau_doc", "2020-01-01 00:00", 2.0, "C4"),
            row("station:tan_chau", "2020-01-01 00:00", 1.0, "C3"),
            row("station:tan_chau", "2021-01-01 00:00", 3.0, "C6"),
        ]
    );
    assert_eq!(findings, [finding("left_out_total", "A7", "Tổng số")]);

    let file =
        "Trạm,Ngày,Độ mặn\nTrà Vinh,2020-01-01,1\n,2020-01-02,2\nTân Châu,2020-01-01,0.1\n,2020-01-02,0.2\n";
    let mapping = "[rows]\nfill = [\"Trạm\"]\n[place]\ncolumn = \"Trạm\"\nkind = \"station\"\n[time]\ncolumns = [\"Ngày\"]\n[[value]]\ncolumn = \"Độ mặn\"\nproperty = \"salinity\"\nunit = \"g/L\"\n";
    let (found, _) = values(file, mapping).await;
    assert_eq!(found[3], row("station:tra_vinh", "2020-01-02 00:00", 2.0, "C3"));
}

#[tokio::test]
async fn blocks_stand_beside_and_below_each_other() {
    let file = "Trà Vinh,,,Tân Châu,\nNgày,Mặn,,Ngày,Mặn\n2020-01-01,5,,2020-01-01,0.1\n2020-01-02,6,,2020-01-02,0.2\n2020-01-03,7,,,\n";
    let mapping = "[time]\ncolumns = [\"Ngày\"]\n[[value]]\ncolumn = \"Mặn\"\nproperty = \"salinity\"\nunit = \"g/L\"\n[[block]]\ncolumns = \"A:B\"\n[block.place]\ncell = \"A1\"\nkind = \"station\"\n[[block]]\ncolumns = \"D:E\"\n[block.place]\ncell = \"D1\"\nkind = \"station\"\n";
    let (found, findings) = values(file, mapping).await;
    assert_eq!(findings, []);
    assert_eq!(found.len(), 5);
    assert_eq!(found[1], row("station:tan_chau", "2020-01-02 00:00", 0.2, "E4"));
    assert_eq!(found[4], row("station:tra_vinh", "2020-01-03 00:00", 7.0, "B5"));

    let file = "Trạm: Trà Vinh,\nNgày,Mặn\n2020-01-01,5\nTrạm: Tân Châu,\nNgày,Mặn\n2020-01-01,0.1\n";
    let mapping = "[source]\nheader_row = 2\n[rows]\ngroup = [\"Trạm: {place}\"]\n[place]\ngroup = \"place\"\nkind = \"station\"\n[time]\ncolumns = [\"Ngày\"]\n[[value]]\ncolumn = \"Mặn\"\nproperty = \"salinity\"\nunit = \"g/L\"\n";
    let (found, findings) = values(file, mapping).await;
    assert_eq!(findings, [], "the header that stands again is no row of data");
    assert_eq!(
        found,
        [
            row("station:tan_chau", "2020-01-01 00:00", 0.1, "B6"),
            row("station:tra_vinh", "2020-01-01 00:00", 5.0, "B3"),
        ]
    );
}

#[tokio::test]
async fn one_sheet_a_year_or_an_element_or_a_province() {
    use Cell::{Number, Text};
    let sheet = |a: f64, b: f64| {
        vec![
            vec![Text("Trạm"), Text("Độ mặn (g/l)")],
            vec![Text("Trà Vinh"), Number(a)],
            vec![Text("Tân Châu"), Number(b)],
        ]
    };
    let book = workbook(&[
        ("Bìa", vec![vec![Text("Báo cáo")]]),
        ("Năm 2019", sheet(1.0, 2.0)),
        ("2020", sheet(3.0, 4.0)),
    ]);
    let mapping = "[source]\nsheets = [\"*\"]\n[place]\ncolumn = \"Trạm\"\nkind = \"station\"\n[time]\nyear = { sheet = true, pattern = \"{year}\" }\n[[value]]\ncolumn = \"Độ mặn (g/l)\"\nproperty = \"salinity\"\nunit = \"g/l\"\nstatistic = \"max\"\n";
    let (found, findings) = loaded("a.xlsx", book, mapping).await;
    assert_eq!(
        found,
        [
            row("station:tan_chau", "2019-01-01 00:00", 2.0, "B3"),
            row("station:tan_chau", "2020-01-01 00:00", 4.0, "B3"),
            row("station:tra_vinh", "2019-01-01 00:00", 1.0, "B2"),
            row("station:tra_vinh", "2020-01-01 00:00", 3.0, "B2"),
        ]
    );
    assert_eq!(findings, [finding("sheet_left_out", "A1", "Bìa")]);

    let sheet = |value: f64| {
        vec![
            vec![Text("Năm"), Text("I"), Text("II")],
            vec![Number(1990.0), Number(value), Number(value + 1.0)],
        ]
    };
    let book = workbook(&[("TB", sheet(25.0)), ("R", sheet(100.0)), ("xyz", sheet(9.0))]);
    let mapping = "[source]\nsheets = [\"*\"]\n[place]\nfile = true\nkind = \"station\"\n[time]\nyear = { column = \"Năm\" }\n[[value]]\ncolumns = \"{month}\"\nproperty = { sheet = true, words = { TB = \"air_temp\", R = \"rain_total\" } }\nstatistic = \"mean\"\nperiod = \"P1M\"\n";
    let (found, findings) = loaded("Cần Thơ.xlsx", book, mapping).await;
    assert_eq!(found.iter().map(|value| value.2).collect::<Vec<_>>(), [25.0, 100.0, 26.0, 101.0]);
    assert_eq!(findings, [finding("sheet_left_out", "A1", "xyz")]);

    let sheet = |value: f64| vec![vec![Text("Ngày"), Text("Mặn")], vec![Text("2020-01-01"), Number(value)]];
    let book = workbook(&[("Trà Vinh", sheet(5.0)), ("Tân Châu", sheet(0.1))]);
    let mapping = "[source]\nsheets = [\"Trà Vinh\", \"Tân Châu\"]\n[place]\nsheet = true\nkind = \"station\"\n[time]\ncolumns = [\"Ngày\"]\n[[value]]\ncolumn = \"Mặn\"\nproperty = \"salinity\"\nunit = \"g/L\"\n";
    let (found, findings) = loaded("a.xlsx", book, mapping).await;
    assert_eq!((found.len(), findings.len()), (2, 0));
    assert_eq!(found[0].0, "station:tan_chau");
}

#[tokio::test]
async fn columns_of_places_are_read_by_one_pattern() {
    let file = "Ngày,Tân Châu,Châu Đốc,Luang Prabang\n2020-01-01,1,2,3\n2020-01-02,4,hỏng,6\n";
    let mapping = "[place]\nheader = true\nkind = \"station\"\nunknown = \"leave_out\"\n[time]\ncolumns = [\"Ngày\"]\n[[value]]\ncolumns = \"{place}\"\nproperty = \"water_level\"\nunit = \"m\"\nstatistic = \"mean\"\nperiod = \"P1D\"\nrange = [-1, 7]\n";
    let (found, findings) = values(file, mapping).await;
    assert_eq!(
        found,
        [
            row("station:chau_doc", "2020-01-01 00:00", 200.0, "C2"),
            row("station:tan_chau", "2020-01-01 00:00", 100.0, "B2"),
            row("station:tan_chau", "2020-01-02 00:00", 400.0, "B3"),
        ]
    );
    assert_eq!(
        findings,
        [
            finding("left_out_unknown_place", "D1", "Luang Prabang"),
            finding("not_a_number", "C3", "hỏng"),
            // Four metres at Tân Châu in January are doubted, and taken.
            finding("quality_fail", "B3", "400"),
        ]
    );
}

#[tokio::test]
async fn comments_and_rows_by_rule_are_left_out_and_words_translate_places() {
    let file = "# measured in March\nNơi đo,Ngày,Mặn\n# block two\nTram A,2020-01-01,5\nBỏ dòng này,2020-01-01,6\nsông Hậu - Cầu Nổi station,2020-01-01,7\n";
    let mapping = "[source]\ncomment = \"#\"\nheader_row = 2\n[rows]\nskip = [\"Bỏ*\"]\n[place]\ncolumn = \"Nơi đo\"\npattern = \"/^(?:.* - )?(?P<place>.+?)(?: station)?$/\"\nwords = { \"Tram A\" = \"station:tra_vinh\" }\n[time]\ncolumns = [\"Ngày\"]\n[[value]]\ncolumn = \"Mặn\"\nproperty = \"salinity\"\nunit = \"g/L\"\n";
    let (found, findings) = values(file, mapping).await;
    assert_eq!(
        found,
        [
            row("station:cau_noi", "2020-01-01 00:00", 7.0, "C6"),
            row("station:tra_vinh", "2020-01-01 00:00", 5.0, "C4")
        ]
    );
    assert_eq!(findings, [finding("left_out_by_rule", "A5", "Bỏ dòng này")]);
}

#[tokio::test]
async fn what_was_put_beside_is_told_of_at_its_own_cell() {
    let file = "Trạm: Nơi nào đó\nNgày,Mặn\n2020-01-01,5\n2020-01-02,6\n";
    let mapping = "[place]\ncell = \"A1\"\npattern = \"Trạm: {place}\"\n[time]\ncolumns = [\"Ngày\"]\n[[value]]\ncolumn = \"Mặn\"\nproperty = \"salinity\"\nunit = \"g/L\"\n";
    let node = Node::new().await;
    node.dataset("beside", DatasetKind::Observations).await;
    let report = node.load("beside", "a.csv", file, Some(&format!("{HEAD}{mapping}"))).await.unwrap();
    assert_eq!(told(&report.findings), [("unknown_place", "A1".into(), "Nơi nào đó")], "once, at the title");
    assert_eq!(report.run.totals.refused, 2);

    let wrong = file.replace("Trạm:", "Tram so");
    let error =
        node.load("beside", "a.csv", wrong.as_str(), Some(&format!("{HEAD}{mapping}"))).await.unwrap_err();
    assert!(
        error.to_string().contains("the cell A1") && error.to_string().contains("Trạm: {place}"),
        "{error}"
    );
    assert_eq!(at("2020-01-01T00:00:00+07:00"), at("2019-12-31T17:00:00Z"));
}

#[test]
fn a_mapping_of_shapes_is_read_back_as_it_was_written_and_mistakes_name_their_line() {
    use intake::mapping::Mapping;
    let text = format!(
        "{HEAD}[source]\nsheets = [\"*\"]\nheader_height = 2\ncomment = \"#\"\n[rows]\nfirst = 5\nlast = 90\nskip = [\"Tổng*\"]\nfill = [\"Tỉnh\"]\ngroup = [\"Năm {{year}}\"]\nkeep_all = true\n[place]\ntitle = true\npattern = \"Trạm: {{place}}\"\nwords = {{ A = \"station:tra_vinh\" }}\nunknown = \"leave_out\"\n[time]\nyear = {{ group = \"year\" }}\nmonth = \"2\"\nday = {{ cell = \"B2\" }}\n[[value]]\ncolumns = \"{{hour}}\"\nexcept = [\"TB\"]\nwords = {{ x = \"y\" }}\nproperty = {{ sheet = true, words = {{ R = \"rain_total\" }} }}\nunit = {{ title = true, pattern = \"({{unit}})\", default = \"mm\" }}\n[[block]]\ncolumns = \"A:F\"\nfirst = 3\n[block.place]\nsheet = true\n[[block.value]]\ncolumn = \"@B\"\nproperty = \"salinity\"\n[shape]\nheader_row = 4\nheader = [\"a\", \"b\"]\n"
    );
    let mapping = Mapping::parse(&text).unwrap();
    assert_eq!(Mapping::parse(&mapping.to_toml()).unwrap(), mapping, "{}", mapping.to_toml());
    let value = "[[value]]\ncolumn = \"a\"\nproperty = \"salinity\"\n";
    for (text, what) in [
        (format!("[place]\nsheet = true\ncolumn = \"a\"\n[time]\nvalue = \"2020\"\n{value}"), "line 3: `[place]` needs exactly one"),
        (format!("[place]\nsheet = true\n{value}"), "there is no `[time]`"),
        (format!("[place]\nsheet = true\npattern = \"{{plaec}}\"\n[time]\nvalue = \"2020\"\n{value}"), "line 5: the pattern `{plaec}`"),
        (format!("[place]\ncell = \"2A\"\n[time]\nvalue = \"2020\"\n{value}"), "line 4: `2A` is no cell"),
        ("[place]\nsheet = true\n[[value]]\ncolumns = \"{year}\"\n".into(), "which property"),
        ("[place]\nsheet = true\n[[value]]\ncolumn = \"a\"\ncolumns = \"{year}\"\nproperty = \"salinity\"\n".into(), "exactly one of `column` and `columns`"),
        (format!("[place]\nsheet = true\n[time]\nvalue = \"2020\"\n{value}[[block]]\ncolumns = \"F:B\"\n"), "`F:B` are no columns"),
        (format!("[rows]\ngroup = [\"{{x}}\"]\n[place]\nsheet = true\n[time]\nvalue = \"2020\"\n{value}"), "is no blank"),
    ] {
        let error = Mapping::parse(&format!("{HEAD}{text}")).unwrap_err();
        assert!(error.to_string().contains(what), "{error}\nfor {text}");
    }
}

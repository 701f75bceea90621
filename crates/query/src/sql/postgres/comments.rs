//! What tables and columns of the system hold, in the words of the glossary: Vietnamese, then English.

use model::DatasetKind;

/// The tables that are there for everyone.
const TABLES: [(&str, &str); 8] = [
    ("observation", "Quan trắc của mọi bộ dữ liệu · Observations of every dataset"),
    ("place", "Địa điểm, có ngày hiệu lực · Places, with the days on which they exist"),
    ("place_parent", "Đơn vị cấp trên của địa điểm · Which place lies in which"),
    ("property", "Đại lượng quan trắc, chỉ tiêu · Observed properties and indicators"),
    ("datastream", "Chuỗi quan trắc · Datastreams"),
    ("crosswalk", "Bảng chuyển đổi địa giới · How places passed into others"),
    ("dataset", "Bộ dữ liệu · Datasets"),
    ("river_station", "Trạm trên sông, theo khoảng cách đến cửa sông · Stations by their way to the mouth"),
];

/// The columns of observations.
const OBSERVED: [(&str, &str); 15] = [
    ("dataset", "bộ dữ liệu · dataset"),
    ("place", "địa điểm, bộ mã:mã · place, scheme:code"),
    ("property", "đại lượng quan trắc · observed property"),
    ("procedure", "phương pháp · procedure"),
    ("statistic", "đại lượng thống kê của kỳ · what the result says about its period"),
    ("period", "kỳ, ISO 8601 · period, ISO 8601"),
    ("unit", "đơn vị đo, UCUM · unit, UCUM"),
    ("datum", "mốc cao độ · zero of a height"),
    ("datastream", "số của chuỗi quan trắc · number of the datastream"),
    ("phenomenon_time", "thời điểm hoặc đầu kỳ, UTC · instant or begin of the period, UTC"),
    ("phenomenon_end", "cuối kỳ, UTC · end of the period, UTC"),
    ("result", "giá trị · result"),
    ("result_text", "giá trị dạng chữ, ví dụ <0.05 · result as a text, e.g. <0.05"),
    (
        "quality",
        "cờ chất lượng QARTOD · quality flag of QARTOD: 1 pass, 2 not evaluated, 3 suspect, 4 fail, 9 missing",
    ),
    ("quality_tests", "phép kiểm tra đã áp dụng · tests that were made"),
];

/// The columns that every feature has.
const OF_FEATURES: [(&str, &str); 6] = [
    ("feature", "mã của đối tượng · id of the feature"),
    ("geometry", "hình học, WGS 84 · geometry, WGS 84"),
    ("xmin", "kinh độ cực tây · westernmost longitude"),
    ("ymin", "vĩ độ cực nam · southernmost latitude"),
    ("xmax", "kinh độ cực đông · easternmost longitude"),
    ("ymax", "vĩ độ cực bắc · northernmost latitude"),
];

/// The columns that say where a row came from.
const TRACED: [(&str, &str); 6] = [
    ("run", "lượt nạp · run that took the row in"),
    ("origin_sheet", "bảng tính trong tệp gốc · sheet of the original"),
    ("origin_row", "dòng trong tệp gốc · row of the original"),
    ("origin_column", "cột trong tệp gốc · column of the original"),
    ("recorded_at", "thời điểm ghi nhận · when it was recorded"),
    ("version", "phiên bản được đọc · version that is read"),
];

/// What a table of the system holds.
pub(super) fn of_table(name: &str) -> Option<&'static str> {
    found(&TABLES, name)
}

/// What a column holds, if it is one that the system makes; attributes of features say it themselves.
pub(super) fn of_column(kind: Option<DatasetKind>, table: &str, name: &str) -> Option<&'static str> {
    match kind {
        Some(DatasetKind::Observations) => found(&OBSERVED, name).or_else(|| found(&TRACED, name)),
        None if table == "observation" => found(&OBSERVED, name).or_else(|| found(&TRACED, name)),
        None => None,
        Some(_) => found(&OF_FEATURES, name).or_else(|| found(&TRACED, name)),
    }
}

fn found(all: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    all.iter().find(|(known, _)| *known == name).map(|(_, said)| *said)
}

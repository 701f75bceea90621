//! Findings as sentences: what is wrong, and the next step, in Vietnamese and English.

mod beside;
mod letters;
mod personal;
mod rasters;
mod spatial;
mod words;
mod zones;

use model::{Finding, Lang};

pub use words::quality_tests;

/// A finding as a sentence with its next step. Khmer falls back to Vietnamese, as all texts do.
pub fn finding_message(finding: &Finding, lang: Lang) -> String {
    let Finding { code, column_name, .. } = finding;
    let (value, expected) = &words::of(finding, lang);
    let of_text = letters::sentence(finding, lang)
        .or_else(|| personal::sentence(finding, lang))
        .or_else(|| rasters::sentence(finding, lang))
        .or_else(|| spatial::sentence(finding, lang))
        .or_else(|| beside::sentence(finding, lang))
        .or_else(|| zones::sentence(finding, lang));
    if let Some(sentence) = of_text {
        return sentence;
    }
    match lang {
        Lang::En => english(code, value, expected, column_name),
        Lang::Vi | Lang::Km => vietnamese(code, value, expected, column_name),
    }
}

fn english(code: &str, value: &str, expected: &str, column: &str) -> String {
    match code {
        "not_a_number" => format!(
            "“{value}” is not a number. Correct the cell, or add the text to `missing` in the mapping if it stands for no value."
        ),
        "ambiguous_number" => format!(
            "“{value}” can be read with a decimal point or with a decimal comma. Write `decimal = \"dot\"` or `decimal = \"comma\"` in the mapping."
        ),
        "ambiguous_wind" => format!(
            "“{value}” is north in English and south in Vietnamese, and the column does not show which is meant. Write the direction as a word or in degrees."
        ),
        "out_of_range" => format!(
            "{value} is outside the plausible range {expected}. Check the value and its unit; if it is right, set `range` in the mapping."
        ),
        "missing_code" if expected.is_empty() => format!(
            "{value} stands for no value in many files. If it does here, add it to `missing` under `[source]` in the mapping; if it is a value, set `range` for its column."
        ),
        "missing_code" => format!(
            "{value} stands for no value in many files, and is outside the plausible range {expected}. If it does here, add it to `missing` under `[source]` in the mapping."
        ),
        "empty_temperature" => format!(
            "The row has no water temperature in “{column}”, which the salinity is computed with. Fill it in."
        ),
        "not_derivable" => format!(
            "No salinity is computed of a conductivity at {value} °C. Check the temperature and the conductivity."
        ),
        "assumed_day_number" => format!(
            "“{value}” was read as a spreadsheet's number of days: {expected}. If the workbook counts from 1904, set `format = \"excel1904\"` under `[time]`; if it is right, set `format = \"excel\"`."
        ),
        "assumed_lunar_year" => format!(
            "“{value}” names a lunar year, which comes again every sixty years. It was read as {expected}; if an earlier one is meant, write the year in digits."
        ),
        "empty_time" => format!("The row has no time in “{column}”. Fill it in."),
        "not_a_time" => format!(
            "“{value}” is not a time as this column writes it. Correct the cell, or set `format` under `[time]` in the mapping."
        ),
        "future_time" => format!(
            "{value} lies in the future: it is now {expected}. Correct the time, or the zone in the mapping."
        ),
        "assumed_day_first" => format!(
            "“{value}” was read with the day first, since no date in the column shows the order. If the month comes first, set `format = \"%m/%d/%Y\"` in the mapping."
        ),
        "moved_to_period_start" => format!(
            "{value} was moved to the start of its period {expected}. If the values are instants, leave out `period` in the mapping."
        ),
        "empty_place" => format!("The row has no place in “{column}”. Fill it in."),
        "unknown_place" => format!(
            "No place is called “{value}”. Correct the name, write its id, or set `kind` or `scheme` under `[place]` in the mapping."
        ),
        "ambiguous_place" => format!(
            "“{value}” can be any of {expected}. Write the id in the cell, or set `kind` under `[place]` in the mapping, or what the name means under `words` there."
        ),
        "empty_property" => format!("The row names no property in “{column}”. Fill it in."),
        "unknown_property" => {
            format!("No property is called “{value}”. Write a code or a name of the list of properties.")
        }
        "unknown_unit" => {
            format!("“{value}” is no unit that is known here. Write it in UCUM, e.g. g/L, cm, m3/s.")
        }
        "unit_mismatch" => format!(
            "“{value}” does not convert to {expected}, the property's unit. Correct the unit or the property."
        ),
        "unknown_period" => format!(
            "“{value}” is no period that can be kept. Write an ISO 8601 duration such as P1D, or a short name."
        ),
        "unknown_statistic" => format!(
            "“{value}” is no statistic. Write instant, mean, max, min, total or count, or say what it means in `words` of the statistic in the mapping."
        ),
        "duplicate_key" => format!(
            "{value} has the place, property and time of another cell ({expected}) with another value. Keep the right one and hand the file in again."
        ),
        "formula_error" => format!("“{value}” is what the sheet shows where a formula failed. No value was taken."),
        "duplicate_value" => {
            format!("The same value stands in the file twice (first in {expected}). It was taken once.")
        }
        "quality_fail" => format!(
            "{value} failed a quality test ({expected}). It was taken as it is and left out of products; check the reading."
        ),
        "quality_suspect" => format!(
            "{value} is suspect by a quality test ({expected}). It was taken as it is and is shown with its mark; check the reading."
        ),
        "unknown_flag" => format!(
            "“{value}” is no quality flag that the mapping knows; the value was taken without it. Add it to `codes` under `[quality]`."
        ),
        "not_permitted" => {
            "You may not write values of this place, property or time. Ask the agency for a wider grant."
                .into()
        }
        "hidden_sheet" => format!(
            "The sheet “{value}” is hidden in the file, and was read. If it does not count, delete it, or name another under `[source]` in the mapping."
        ),
        "hidden_rows" => format!(
            "Row {value} is hidden in the sheet, and was read. If hidden rows do not count, delete them and hand the file in again."
        ),
        "hidden_columns" => {
            format!("Column {value} is hidden in the sheet, and was read where the mapping names it.")
        }
        "struck_cells" => {
            "The cell is struck through in the sheet, and was read, as was what may be struck through beside it. If it does not count, delete it and hand the file in again."
                .into()
        }
        "commented_cell" => {
            "The cell has a comment, which nobody read; what stands in the cell was taken as it is. If the comment says that it does not hold, correct or delete it and hand the file in again."
                .into()
        }
        "scaled_cells" => {
            "The cells of this column show a thousandth of the numbers that they hold, or less. The numbers that they hold were read: check that the unit is the one of these, and set `unit` in the mapping otherwise."
                .into()
        }
        "blank_rows" => format!(
            "{value} rows of the file are empty, and were passed over. If something should stand there, check how the file was written."
        ),
        "formula_without_value" => format!(
            "The cell holds a formula whose value the file does not hold ({expected} such cells in the sheet). Open the file in a spreadsheet program, save it, and hand it in again."
        ),
        "left_out" => format!("“{value}” in the archive was not read: {expected}."),
        "left_out_total" => format!(
            "“{value}” is a total or a mean of other rows; the row was left out. Set `keep_all` under `[rows]` in the mapping to take such rows."
        ),
        "left_out_elsewhere" => format!("“{value}” is not of this region; the row was left out."),
        "left_out_note" => format!("“{value}” is a note and no data; the row was left out."),
        "left_out_unknown_place" => {
            format!("No place is called “{value}”; the row was left out, as the mapping says.")
        }
        "column_left_out" => format!(
            "The column “{value}” holds numbers or times, and was not read: the mapping does not name it. If they are wanted, give it a `[[value]]`; if not, name it in `except`."
        ),
        "left_out_by_rule" => format!("“{value}”: the row was left out, as `skip` in the mapping says."),
        "sheet_left_out" => format!("The sheet “{value}” was left out: {expected}."),
        "preliminary_values" => format!(
            "“{value}”: the source calls these figures preliminary. Hand in the final ones when they are out; they become corrections."
        ),
        "year_out_of_order" => format!(
            "The header “{value}” stands where {expected} would. It was read as the file says; if that is a slip, correct the file."
        ),
        "drift_decimal" => format!(
            "Decimals are written with a {value}, and were with a {expected} in the file before. They were read as they are written now."
        ),
        "drift_header_moved" => format!(
            "The header stands in row {value}, and stood in row {expected}. It was found by its names."
        ),
        "drift_sheet" => format!("The sheet is called “{value}”, and was “{expected}”. It was read."),
        "drift_sheet_gone" => format!("The mapping reads the sheet “{value}”, and the file has no such table. Nothing of it was read."),
        "drift_column_added_read" => format!("The column “{value}” is new; the mapping's pattern takes it."),
        "drift_column_added" => {
            format!("The column “{value}” is new and was not read. Add it to the mapping if it holds values.")
        }
        "drift_column_gone" => format!(
            "The column “{value}” of the file before is not in this one. Nothing that the mapping needs by name is missing."
        ),
        "drift_columns_moved" => {
            format!("The columns stand in another order, from “{value}” on. They were found by their names.")
        }
        "no_feature_id" => format!(
            "The feature has no id in “{expected}”. Fill it in, or name another property under `[feature]` in the mapping."
        ),
        "duplicate_feature" => {
            format!("Feature {expected} has the id “{value}” too, and differs. Give each its own id.")
        }
        "wrong_type" => format!(
            "“{value}” is not of the type {expected}. Correct it, or set the attribute's type to text in the mapping."
        ),
        "crs_used" => format!("The coordinates are in {value}; they were brought to WGS 84 by {expected}."),
        "crs_contradicted" => format!(
            "{value} is said of the coordinates, but only {expected} puts them where they should lie, and was used. Check it; if it is wrong, write `crs` under `[source]` in the mapping."
        ),
        "outside_outlines" if expected.is_empty() => format!(
            "No outline of {value} is known here, so the coordinates were tested by the range of their numbers only. Check the map."
        ),
        "outside_outlines" => format!(
            "{expected} of the positions that were looked at lie outside the known outlines of the delta (the first is {value}); they were tested by the range of their numbers only. Check the map."
        ),
        "crs_overruled" => {
            format!("The file says {value}; the mapping says {expected}, and was followed. Check the mapping if the layer lies wrong.")
        }
        "crs_unknown" => format!(
            "What the file says of its coordinates was not understood ({value}): {expected}. If they lie wrong, write `crs` under `[source]` in the mapping."
        ),
        "coordinates_swapped" => format!(
            "In “{column}” the northing or latitude comes first ({value}); the two were exchanged. Check the map; if it is wrong, write `x` and `y` under `[feature]` in the mapping."
        ),
        "coordinates_packed" => {
            format!("“{column}” packs degrees, minutes and seconds into one number ({value}); they were unpacked. Check the map.")
        }
        "zone_prefix" => {
            format!("The eastings in “{column}” have the number of the zone before them ({value}); {expected} was taken away. Check the map.")
        }
        "cut_text" => format!(
            "The text “{value}” was cut off within a letter by the width of its column “{column}”. Use GeoPackage, or widen the column."
        ),
        "bad_coordinates" => {
            format!("The row's position cannot be read: {expected}. Write degrees, or metres of one system.")
        }
        "deleted" => "The record is marked as deleted in the attribute table (.dbf). Pack the layer again to be rid of it.".into(),
        "no_geometry" => "The feature has no geometry. Add one, or leave the feature out.".into(),
        "outside_world" => format!(
            "The geometry lies outside the world ({expected}). Write longitude and latitude in degrees (WGS 84), in this order."
        ),
        _ => format!(
            "The feature cannot be read: {expected}. Correct it in the program that wrote the file, and hand the file in again."
        ),
    }
}

fn vietnamese(code: &str, value: &str, expected: &str, column: &str) -> String {
    match code {
        "not_a_number" => format!("“{value}” không phải là số. Hãy sửa ô này, hoặc thêm chữ đó vào `missing` trong ánh xạ nếu nó nghĩa là không có số liệu."),
        "ambiguous_number" => format!("“{value}” có thể đọc theo dấu chấm hoặc dấu phẩy thập phân. Hãy ghi `decimal = \"dot\"` hoặc `decimal = \"comma\"` trong ánh xạ."),
        "ambiguous_wind" => format!("“{value}” là nam trong tiếng Việt và là bắc trong tiếng Anh, mà cột không cho biết theo tiếng nào. Hãy ghi hướng bằng chữ đầy đủ hoặc bằng độ."),
        "out_of_range" => format!("{value} nằm ngoài khoảng hợp lý {expected}. Hãy kiểm tra giá trị và đơn vị; nếu đúng, hãy đặt `range` trong ánh xạ."),
        "missing_code" if expected.is_empty() => format!("{value} thường nghĩa là không có số liệu. Nếu ở đây cũng vậy, hãy thêm nó vào `missing` dưới `[source]` trong ánh xạ; nếu là giá trị thật, hãy đặt `range` cho cột của nó."),
        "missing_code" => format!("{value} thường nghĩa là không có số liệu, và nằm ngoài khoảng hợp lý {expected}. Nếu ở đây cũng vậy, hãy thêm nó vào `missing` dưới `[source]` trong ánh xạ."),
        "empty_temperature" => format!("Dòng này không có nhiệt độ nước ở cột “{column}” để tính độ mặn. Hãy điền vào."),
        "not_derivable" => format!("Không tính được độ mặn từ độ dẫn điện ở {value} °C. Hãy kiểm tra nhiệt độ và độ dẫn điện."),
        "assumed_day_number" => format!("“{value}” được đọc là số ngày của bảng tính: {expected}. Nếu bảng tính đếm từ năm 1904, hãy đặt `format = \"excel1904\"` dưới `[time]`; nếu đúng, hãy đặt `format = \"excel\"`."),
        "assumed_lunar_year" => format!("“{value}” ghi năm theo can chi, sáu mươi năm lặp lại một lần. Đã đọc là {expected}; nếu là năm trước đó, hãy ghi năm bằng số."),
        "empty_time" => format!("Dòng này không có thời gian ở cột “{column}”. Hãy điền vào."),
        "not_a_time" => format!("“{value}” không phải là thời gian theo cách ghi của cột này. Hãy sửa ô, hoặc đặt `format` dưới `[time]` trong ánh xạ."),
        "future_time" => format!("{value} ở tương lai: bây giờ là {expected}. Hãy sửa thời gian, hoặc múi giờ trong ánh xạ."),
        "assumed_day_first" => format!("“{value}” được đọc theo ngày trước tháng sau, vì không ngày nào trong cột cho thấy thứ tự. Nếu tháng đứng trước, hãy đặt `format = \"%m/%d/%Y\"` trong ánh xạ."),
        "moved_to_period_start" => format!("{value} được chuyển về đầu kỳ {expected}. Nếu là giá trị tức thời, hãy bỏ `period` trong ánh xạ."),
        "empty_place" => format!("Dòng này không có địa điểm ở cột “{column}”. Hãy điền vào."),
        "unknown_place" => format!("Không có địa điểm nào tên “{value}”. Hãy sửa tên, ghi mã, hoặc đặt `kind` hay `scheme` dưới `[place]` trong ánh xạ."),
        "ambiguous_place" => format!("“{value}” có thể là một trong {expected}. Hãy ghi mã vào ô, hoặc đặt `kind` dưới `[place]` trong ánh xạ, hoặc ghi nghĩa của tên ở `words` tại đó."),
        "empty_property" => format!("Dòng này không ghi chỉ tiêu ở cột “{column}”. Hãy điền vào."),
        "unknown_property" => format!("Không có chỉ tiêu nào tên “{value}”. Hãy ghi mã hoặc tên trong danh mục chỉ tiêu."),
        "unknown_unit" => format!("“{value}” không phải là đơn vị được biết. Hãy ghi theo UCUM, ví dụ g/L, cm, m3/s."),
        "unit_mismatch" => format!("“{value}” không đổi được sang {expected}, đơn vị của chỉ tiêu. Hãy sửa đơn vị hoặc chỉ tiêu."),
        "unknown_statistic" => format!("“{value}” không phải là đại lượng thống kê. Hãy ghi instant, mean, max, min, total hoặc count, hoặc ghi nghĩa của nó trong `words` của statistic trong ánh xạ."),
        "unknown_period" => format!("“{value}” không phải là kỳ có thể lưu. Hãy ghi khoảng ISO 8601 như P1D, hoặc một tên ngắn."),
        "duplicate_key" => format!("{value} trùng địa điểm, chỉ tiêu và thời gian với ô khác ({expected}) nhưng khác giá trị. Hãy giữ giá trị đúng rồi nộp lại tệp."),
        "formula_error" => format!("“{value}” là ô có công thức bị lỗi. Không lấy giá trị nào."),
        "duplicate_value" => format!("Giá trị này có hai lần trong tệp (lần đầu ở {expected}). Chỉ lấy một lần."),
        "quality_fail" => format!("{value} không đạt kiểm tra chất lượng ({expected}). Giá trị được giữ nguyên và không đưa vào sản phẩm. Hãy kiểm tra số đọc."),
        "quality_suspect" => format!("{value} bị nghi ngờ theo kiểm tra chất lượng ({expected}). Giá trị được giữ nguyên và hiển thị kèm dấu. Hãy kiểm tra số đọc."),
        "unknown_flag" => format!("“{value}” không phải là cờ chất lượng mà ánh xạ biết; giá trị được lấy mà không có cờ. Hãy thêm vào `codes` dưới `[quality]`."),
        "not_permitted" => "Bạn không được ghi giá trị của địa điểm, chỉ tiêu hoặc thời gian này. Hãy xin cơ quan mở rộng quyền.".into(),
        "hidden_sheet" => format!("Trang tính “{value}” bị ẩn trong tệp nhưng vẫn được đọc. Nếu không dùng, hãy xóa trang này, hoặc ghi trang khác dưới `[source]` trong ánh xạ."),
        "hidden_rows" => format!("Dòng {value} bị ẩn trong trang tính nhưng vẫn được đọc. Nếu dòng ẩn không tính, hãy xóa rồi nộp lại tệp."),
        "hidden_columns" => format!("Cột {value} bị ẩn trong trang tính; nếu ánh xạ có nêu cột này thì vẫn được đọc."),
        "struck_cells" => "Ô này bị gạch ngang trong trang tính nhưng vẫn được đọc, cũng như các ô bị gạch bên cạnh. Nếu không dùng, hãy xóa rồi nộp lại tệp.".into(),
        "commented_cell" => "Ô này có chú thích, và chú thích không được đọc; nội dung ô được lấy nguyên. Nếu chú thích nói số liệu không đúng, hãy sửa hoặc xóa rồi nộp lại tệp.".into(),
        "scaled_cells" => "Các ô của cột này chỉ hiển thị một phần nghìn (hoặc ít hơn) của số lưu trong ô. Số lưu trong ô đã được đọc: hãy kiểm tra đơn vị có đúng với các số đó không; nếu không, hãy đặt `unit` trong ánh xạ.".into(),
        "blank_rows" => format!("{value} dòng của tệp không có gì và được bỏ qua. Nếu ở đó phải có số liệu, hãy kiểm tra cách tệp được ghi."),
        "formula_without_value" => format!("Ô này là công thức mà tệp không lưu kết quả (trang có {expected} ô như vậy). Hãy mở tệp bằng chương trình bảng tính, lưu lại rồi nộp lại."),
        "left_out" => format!("“{value}” trong tệp nén không được đọc: {expected}."),
        "left_out_total" => format!("“{value}” là tổng hoặc trung bình của các dòng khác; dòng này được bỏ qua. Hãy đặt `keep_all` dưới `[rows]` trong ánh xạ nếu muốn lấy."),
        "left_out_elsewhere" => format!("“{value}” không thuộc vùng này; dòng này được bỏ qua."),
        "left_out_note" => format!("“{value}” là ghi chú, không phải số liệu; dòng này được bỏ qua."),
        "left_out_unknown_place" => format!("Không có địa điểm nào tên “{value}”; dòng này được bỏ qua theo ánh xạ."),
        "column_left_out" => format!("Cột “{value}” có số hoặc thời gian nhưng không được đọc: ánh xạ không nêu cột này. Nếu cần, hãy thêm một `[[value]]`; nếu không, hãy ghi nó vào `except`."),
        "left_out_by_rule" => format!("“{value}”: dòng này được bỏ qua theo `skip` trong ánh xạ."),
        "sheet_left_out" => format!("Trang “{value}” được bỏ qua: {expected}."),
        "preliminary_values" => format!("“{value}”: nguồn ghi đây là số sơ bộ. Khi có số chính thức hãy nộp lại; chúng sẽ thành đính chính."),
        "year_out_of_order" => format!("Tiêu đề “{value}” đứng ở chỗ đáng lẽ là {expected}. Đã đọc như ghi trong tệp; nếu ghi nhầm hãy sửa tệp."),
        "drift_decimal" => format!("Số thập phân được ghi bằng {value}, tệp trước ghi bằng {expected}. Đã đọc theo cách ghi hiện nay."),
        "drift_header_moved" => format!("Dòng tiêu đề nằm ở dòng {value}, trước đây ở dòng {expected}. Đã tìm theo tên cột."),
        "drift_sheet" => format!("Trang tên là “{value}”, trước đây là “{expected}”. Trang này đã được đọc."),
        "drift_sheet_gone" => format!("Ánh xạ đọc trang “{value}”, nhưng tệp không có bảng nào như vậy. Không có số liệu nào của trang này được đọc."),
        "drift_column_added_read" => format!("Cột “{value}” là cột mới; mẫu trong ánh xạ đọc cả cột này."),
        "drift_column_added" => format!("Cột “{value}” là cột mới và không được đọc. Hãy thêm vào ánh xạ nếu cột này có số liệu."),
        "drift_column_gone" => format!("Cột “{value}” của tệp trước không có trong tệp này. Không thiếu cột nào mà ánh xạ cần theo tên."),
        "drift_columns_moved" => format!("Các cột đổi thứ tự, từ “{value}” trở đi. Đã tìm theo tên cột."),
        "no_feature_id" => format!("Đối tượng không có mã ở “{expected}”. Hãy điền vào, hoặc chọn thuộc tính khác dưới `[feature]` trong ánh xạ."),
        "duplicate_feature" => format!("Đối tượng thứ {expected} cũng có mã “{value}” nhưng khác nội dung. Hãy cho mỗi đối tượng một mã riêng."),
        "wrong_type" => format!("“{value}” không đúng kiểu {expected}. Hãy sửa, hoặc đặt kiểu của thuộc tính là text trong ánh xạ."),
        "crs_used" => format!("Tọa độ ở hệ {value}; đã chuyển sang WGS 84 bằng {expected}."),
        "crs_contradicted" => format!("Tệp ghi {value}, nhưng chỉ {expected} đặt tọa độ đúng nơi phải nằm, nên đã dùng hệ này. Hãy kiểm tra; nếu sai, hãy ghi `crs` dưới `[source]` trong ánh xạ."),
        "outside_outlines" if expected.is_empty() => format!("Ở đây không có ranh giới của {value}, nên tọa độ chỉ được kiểm tra theo khoảng số. Hãy xem bản đồ."),
        "outside_outlines" => format!("{expected} vị trí được xem nằm ngoài các ranh giới đã biết của đồng bằng (vị trí đầu là {value}); chúng chỉ được kiểm tra theo khoảng số. Hãy xem bản đồ."),
        "crs_overruled" => format!("Tệp ghi {value}; ánh xạ ghi {expected} và đã được theo. Hãy kiểm tra ánh xạ nếu lớp nằm sai chỗ."),
        "crs_unknown" => format!("Không hiểu điều tệp ghi về hệ tọa độ ({value}): {expected}. Nếu lớp nằm sai chỗ, hãy ghi `crs` dưới `[source]` trong ánh xạ."),
        "coordinates_swapped" => format!("Ở “{column}”, tung độ (bắc) hoặc vĩ độ đứng trước ({value}); hai số đã được đổi chỗ. Hãy xem bản đồ; nếu sai, hãy ghi `x` và `y` dưới `[feature]` trong ánh xạ."),
        "coordinates_packed" => format!("“{column}” gộp độ, phút, giây vào một số ({value}); đã tách ra. Hãy xem bản đồ."),
        "zone_prefix" => format!("Hoành độ ở “{column}” có số hiệu múi đứng trước ({value}); đã bỏ {expected}. Hãy xem bản đồ."),
        "cut_text" => format!("Chữ “{value}” bị cắt giữa một chữ cái vì cột “{column}” quá hẹp. Hãy dùng GeoPackage, hoặc nới rộng cột."),
        "bad_coordinates" => format!("Không đọc được vị trí của dòng: {expected}. Hãy ghi độ, hoặc mét của một hệ tọa độ."),
        "deleted" => "Bản ghi được đánh dấu là đã xóa trong bảng thuộc tính (.dbf). Hãy đóng gói lại lớp.".into(),
        "no_geometry" => "Đối tượng không có hình học. Hãy thêm hình học, hoặc bỏ đối tượng này.".into(),
        "outside_world" => format!("Hình học nằm ngoài thế giới ({expected}). Hãy ghi kinh độ rồi vĩ độ bằng độ (WGS 84)."),
        _ => format!("Không đọc được đối tượng: {expected}. Hãy sửa trong chương trình đã ghi tệp rồi nộp lại."),
    }
}

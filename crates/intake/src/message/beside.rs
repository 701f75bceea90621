//! Sentences about what rows and documents say beside their values, and what they leave out.

use model::{Finding, Lang};

use super::words;

/// The sentence of a finding about it; `None` for any other.
pub(super) fn sentence(finding: &Finding, lang: Lang) -> Option<String> {
    let (value, expected) = words::of(finding, lang);
    let is_english = lang == Lang::En;
    let say = |vi: String, en: String| Some(if is_english { en } else { vi });
    let column = &finding.column_name;
    match finding.code.as_str() {
        "remark_says" => say(
            format!(
                "“{column}” ghi “{value}”: chữ này nói về {expected}, và không được đọc. Giá trị của dòng đã được lấy như các dòng khác: hãy xem lại, sửa hoặc bỏ dòng này."
            ),
            format!(
                "“{column}” says “{value}”: it speaks of {expected}, and is not read. The values of the row were taken like those of the others: look at them, and correct them or leave the row out."
            ),
        ),
        "row_too_short" => say(
            format!(
                "Dòng này có {value} ô, tiêu đề có {expected}. Nếu thiếu một ô ở giữa, các giá trị sau nó nằm sai cột: hãy xem lại dòng này; nếu chỉ thiếu ở cuối, hãy ghi đủ dấu ngăn cách."
            ),
            format!(
                "The row has {value} fields, and the header {expected}. If one is missing in its middle, the values behind it stand under the wrong headers: check the row. If only its end is missing, write the delimiters there too."
            ),
        ),
        "place_elsewhere" => say(
            format!(
                "Tọa độ {value} của dòng nằm xa {expected}. Giá trị đã được lấy cho trạm mà dòng nêu tên: hãy sửa tên hoặc tọa độ."
            ),
            format!(
                "The coordinates {value} of the row lie far from {expected}. The values were taken as those of the station that the row names: correct the name or the coordinates."
            ),
        ),
        "left_out_comment" => say(
            format!("Dòng bắt đầu bằng dấu # (“{value}”) và được bỏ qua. Nếu là số liệu, hãy bỏ dấu #."),
            format!("The row begins with # (“{value}”) and was left out. If it is data, take the # away."),
        ),
        "more_follows" => say(
            format!(
                "Tài liệu cho biết nó chưa phải là tất cả (“{value}”): chỉ những gì có trong tệp được đọc. Hãy lấy các trang còn lại và nộp cùng."
            ),
            format!(
                "The document says that it is not all of it (“{value}”): only what it holds was read. Fetch the other pages and hand them in too."
            ),
        ),
        _ => None,
    }
}

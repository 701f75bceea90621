//! Sentences about personal data.

use model::{Finding, Lang};

use crate::personal::Kind;

/// The sentence of a finding about personal data; `None` for any other.
pub(super) fn sentence(finding: &Finding, lang: Lang) -> Option<String> {
    let Finding { code, expected, column_name, .. } = finding;
    let (vi, en) = Kind::from_code(expected)?.names();
    let is_english = lang == Lang::En;
    let say = |vi: String, en: String| Some(if is_english { en } else { vi });
    match code.as_str() {
        "personal_data" => say(
            format!(
                "Cột “{column_name}” chứa dữ liệu cá nhân ({vi}) nên bị giữ lại, không vào bộ dữ liệu. Người quản lý, người duyệt hoặc quản trị của cơ quan quyết định bằng `[[personal]]` trong ánh xạ."
            ),
            format!(
                "The column “{column_name}” holds personal data ({en}) and is held back: it does not enter the dataset. A steward, an approver or an administrator of the agency decides, by `[[personal]]` in the mapping."
            ),
        ),
        "personal_cell" => say(
            format!(
                "Ô này ở cột “{column_name}” chứa dữ liệu cá nhân ({vi}) nên bị giữ lại, không vào bộ dữ liệu; các ô khác của cột vẫn được đọc. Nếu cả cột chứa dữ liệu cá nhân hoặc ô này được phép vào, người quản lý, người duyệt hoặc quản trị của cơ quan quyết định bằng `[[personal]]` trong ánh xạ."
            ),
            format!(
                "This cell of the column “{column_name}” holds personal data ({en}) and is held back; the column's other cells are read. If the whole column holds personal data, or the cell may go in, a steward, an approver or an administrator of the agency decides, by `[[personal]]` in the mapping."
            ),
        ),
        "personal_left_out" => say(
            format!(
                "Cột “{column_name}” chứa dữ liệu cá nhân ({vi}) và được bỏ ra theo quyết định trong ánh xạ."
            ),
            format!(
                "The column “{column_name}” holds personal data ({en}) and was left out, as the mapping decides."
            ),
        ),
        "personal_kept" => say(
            format!(
                "Cột “{column_name}” chứa dữ liệu cá nhân ({vi}) và được đưa vào theo quyết định trong ánh xạ."
            ),
            format!(
                "The column “{column_name}” holds personal data ({en}) and went in, as the mapping decides."
            ),
        ),
        _ => None,
    }
}

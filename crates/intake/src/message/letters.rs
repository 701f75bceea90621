//! Sentences about the letters of a file.

use model::{Finding, Lang};

/// The sentence of a finding about letters; `None` for any other.
pub(super) fn sentence(finding: &Finding, lang: Lang) -> Option<String> {
    let Finding { code, value, expected, column_name: column, .. } = finding;
    let is_english = lang == Lang::En;
    let say = |vi: String, en: String| Some(if is_english { en } else { vi });
    match code.as_str() {
        "text_read_as" => say(
            format!(
                "Cột {column} không phải Unicode: “{value}” được đọc là {expected}. Nếu sai, hãy đặt `encoding` hoặc `encodings` dưới `[source]` trong ánh xạ."
            ),
            format!(
                "Column {column} is not in Unicode: “{value}” was read as {expected}. If that is wrong, set `encoding` or `encodings` under `[source]` in the mapping."
            ),
        ),
        "text_mixed" => say(
            format!(
                "Ô này lẫn Unicode với bảng mã cũ: “{value}” được đọc từng từ thành {expected}. Hãy kiểm tra."
            ),
            format!(
                "The cell mixes Unicode with an old encoding: “{value}” was read word by word as {expected}. Check it."
            ),
        ),
        "text_stray_byte" => say(
            format!(
                "“{value}” có byte không phải UTF-8; được đọc là {expected}. Hãy kiểm tra chữ này trong tệp."
            ),
            format!(
                "“{value}” has a byte that is no UTF-8; it was read as {expected}. Check this text in the file."
            ),
        ),
        "text_twice_encoded" => say(
            format!(
                "Chữ trong cột {column} đã bị mã hóa UTF-8 hai lần: “{value}” được sửa thành {expected}. Hãy sửa chương trình đã ghi tệp."
            ),
            format!(
                "The texts of column {column} were encoded as UTF-8 twice: “{value}” was put right as {expected}. Correct the program that wrote the file."
            ),
        ),
        "text_capitals_lost" => say(
            format!(
                "TCVN3 không có chữ hoa có dấu: “{value}” được đọc là {expected}. Nếu cột dùng phông .Vn…H, hãy ghi `tcvn3-capitals` trong ánh xạ."
            ),
            format!(
                "TCVN3 has no capitals with tones: “{value}” was read as {expected}. If the column is in a font .Vn…H, write `tcvn3-capitals` in the mapping."
            ),
        ),
        "text_byte_outside" => say(
            format!(
                "“{value}” có byte mà bảng mã này không có; được đọc là {expected} theo Windows-1252. Hãy kiểm tra."
            ),
            format!(
                "“{value}” has a byte that this encoding leaves out; it was read as {expected}, by Windows-1252. Check it."
            ),
        ),
        "text_byte_lost" => say(
            format!(
                "“{value}” có byte không là chữ nào; được đọc là {expected}, chữ bị mất là \u{fffd}. Hãy sửa ô này trong tệp."
            ),
            format!(
                "“{value}” has a byte that stands for no letter; it was read as {expected}, with \u{fffd} for what is lost. Correct the cell in the file."
            ),
        ),
        "text_letter_lost" => say(
            format!(
                "“{value}” có dấu \u{fffd}: một chữ đã mất trước khi tệp đến đây. Hãy sửa ô này trong tệp."
            ),
            format!(
                "“{value}” holds the mark \u{fffd}: a letter was lost before the file came here. Correct the cell in the file."
            ),
        ),
        _ => None,
    }
}

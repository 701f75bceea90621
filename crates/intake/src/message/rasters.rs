//! Sentences about rasters: what was read from where, what contradicts it, and what is not kept.

use formats::coverage::LeftOut;
use model::{Finding, Lang};

/// The sentence of a finding about rasters; `None` for any other.
pub(super) fn sentence(finding: &Finding, lang: Lang) -> Option<String> {
    let Finding { code, value, expected, column_name, .. } = finding;
    let is_english = lang == Lang::En;
    let say = |vi: String, en: String| Some(if is_english { en } else { vi });
    match code.as_str() {
        "raster_scaled" => say(
            format!(
                "Các giá trị của ảnh là số đã mã hóa; tệp ghi hệ số và độ lệch ({value}), và chúng đã được áp dụng."
            ),
            format!(
                "The values of the raster are coded numbers; the file says a scale and an offset ({value}), and they were applied."
            ),
        ),
        "raster_by_name" => {
            let from = if expected.is_empty() { String::new() } else { format!(" (“{expected}”)") };
            say(
                format!(
                    "`{column_name} = {value}` được đọc từ tên tệp{from}. Nếu sai, hãy ghi `{column_name}` dưới `[coverage]` trong ánh xạ."
                ),
                format!(
                    "`{column_name} = {value}` was read from the name of the file{from}. If it is wrong, write `{column_name}` under `[coverage]` in the mapping."
                ),
            )
        }
        "raster_untold" => {
            let (vi, en) = match expected.as_str() {
                "" => (String::new(), String::new()),
                text => (
                    format!(" Tên tệp có “{text}”, có thể hiểu theo nhiều cách."),
                    format!(" The name of the file has “{text}”, which may mean several times."),
                ),
            };
            let (vi_time, en_time) = match value.split(", ").any(|key| key == "time") {
                true => (
                    " Ảnh không có thời điểm thì không tìm thấy theo thời gian.",
                    " A raster without a time is not found by one.",
                ),
                false => ("", ""),
            };
            say(
                format!(
                    "Không có gì ghi những điều này về ảnh: {value}.{vi} Hãy ghi chúng dưới `[coverage]` trong ánh xạ nếu biết.{vi_time}"
                ),
                format!(
                    "Nothing says this of the raster: {value}.{en} Write it under `[coverage]` in the mapping where it is known.{en_time}"
                ),
            )
        }
        "raster_overruled" => say(
            format!(
                "Tệp ghi {value}; ánh xạ ghi `{column_name} = {expected}` và đã được theo. Hãy kiểm tra xem bên nào đúng."
            ),
            format!(
                "The file says {value}; the mapping says `{column_name} = {expected}`, and was followed. Check which is right."
            ),
        ),
        "raster_of_another" => say(
            format!(
                "Ánh xạ đã lưu ghi `{column_name} = {value}` cho một ảnh khác; điều đó không được dùng cho ảnh này. Nếu đây chính là ảnh ấy, hãy nộp kèm ánh xạ."
            ),
            format!(
                "The kept mapping says `{column_name} = {value}` of another raster, and that was not used for this one. If it is the same raster, hand it in with the mapping."
            ),
        ),
        "raster_as_before" => say(
            format!(
                "Ánh xạ đã lưu từ một tệp khác ghi `{column_name} = {value}`; không có gì trong tệp này hay tên của nó nói như vậy. Nếu ảnh là của đại lượng khác, hãy nộp kèm ánh xạ riêng hoặc nộp vào bộ dữ liệu khác."
            ),
            format!(
                "The mapping that was kept from another file says `{column_name} = {value}`; nothing in this file or its name says so. If the raster is of something else, hand it in with a mapping of its own or into another dataset."
            ),
        ),
        "raster_implausible" => say(
            format!(
                "Các giá trị ({value}) vượt ngoài khoảng hợp lý của {column_name} ({expected}). Hãy kiểm tra đại lượng, đơn vị và giá trị trống."
            ),
            format!(
                "The values ({value}) reach beyond what is plausible for {column_name} ({expected}). Check the property, the unit and the value for none."
            ),
        ),
        "raster_fill" => say(
            format!(
                "{value} (ở {expected} điểm ảnh) thường nghĩa là không có số liệu và nằm xa mọi giá trị khác, nên các điểm ảnh đó để trống. Nếu mọi số đều là giá trị thật, hãy ghi `missing = []` dưới `[source]` trong ánh xạ."
            ),
            format!(
                "{value} (in {expected} pixels) stands for no value in many files and lies far from all others, so these pixels were left empty. If every number is a real value, write `missing = []` under `[source]` in the mapping."
            ),
        ),
        "raster_bands" => {
            let more = if expected.is_empty() { String::new() } else { format!(" ({expected})") };
            say(
                format!(
                    "Ảnh có {value} kênh; đại lượng, đơn vị và thời điểm được ghi là của kênh đầu. Các kênh khác{more} được giữ theo số thứ tự; nếu chúng là đại lượng khác, hãy nộp từng kênh thành một tệp."
                ),
                format!(
                    "The raster has {value} bands; property, unit and time are said of the first. The others{more} are kept by their number: where they are of something else, hand each in as a file."
                ),
            )
        }
        "raster_beyond_180" => say(
            format!(
                "“{value}” kéo dài quá kinh độ 180°: phần bên kia không tìm thấy theo vị trí. Hãy đưa kinh độ về -180 … 180 nếu cần phần đó."
            ),
            format!(
                "“{value}” reaches beyond 180° east: what lies there is not found by its position. Bring the longitudes to -180 … 180 if it is needed."
            ),
        ),
        "raster_climatology" => say(
            format!(
                "“{value}” là thống kê của nhiều năm, nên không được ghi thời điểm; tên của lớp cho biết là thời điểm nào trong năm."
            ),
            format!(
                "“{value}” is a statistic of many years, and was given no time; its name says which time of the year it is of."
            ),
        ),
        "raster_left_out" => {
            let (vi, en) = left_out(column_name, value);
            say(format!("Không được giữ: {vi}."), format!("Not kept: {en}."))
        }
        _ => None,
    }
}

/// What is not kept, in Vietnamese and in English.
fn left_out(what: &str, names: &str) -> (String, String) {
    match what {
        LeftOut::COLOURS => (
            "bảng màu của ảnh (các số của điểm ảnh được giữ)".into(),
            "the raster's table of colours (the numbers of its pixels are)".into(),
        ),
        LeftOut::IMAGES => (
            format!("{names} ảnh khác trong tệp; hãy tách mỗi ảnh thành một tệp"),
            format!("{names} more images of the file; write each as a file of its own"),
        ),
        LeftOut::DESCRIPTION => (format!("mô tả “{names}”"), format!("the description “{names}”")),
        LeftOut::NODATA => (
            format!(
                "giá trị trống “{names}”, vì không phải là số; hãy ghi nó dưới `missing` trong `[source]` của ánh xạ"
            ),
            format!(
                "the value for none “{names}”, which is no number; write it as `missing` under `[source]` in the mapping"
            ),
        ),
        LeftOut::QUALITY => (
            format!("các biến ghi chất lượng ({names}); giá trị kém vẫn nằm trong ảnh"),
            format!("the variables that say the quality ({names}); poor values stay in the raster"),
        ),
        LeftOut::VARIABLES => (format!("các biến khác ({names})"), format!("other variables ({names})")),
        LeftOut::CLASSES => (
            format!("ý nghĩa của các số phân loại ({names})"),
            format!("what the numbers of classes stand for ({names})"),
        ),
        LeftOut::DATUM => (
            format!("mốc và chiều tính độ cao ({names}); hãy ghi chúng trong mô tả của bộ dữ liệu"),
            format!(
                "from where and which way heights are counted ({names}); write it into the description of the dataset"
            ),
        ),
        LeftOut::ITEMS => (
            format!(
                "các mục siêu dữ liệu ({names}); nếu chúng ghi thời điểm, đại lượng hay mốc độ cao, hãy ghi lại dưới `[coverage]` trong ánh xạ"
            ),
            format!(
                "items of its metadata ({names}); where they say a time, a property or a datum, write it under `[coverage]` in the mapping"
            ),
        ),
        LeftOut::GROUPS => (format!("các nhóm ({names})"), format!("the groups ({names})")),
        _ => (names.to_owned(), names.to_owned()),
    }
}

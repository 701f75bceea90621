//! Sentences about positions and what the files of layers hold beside them.

use model::{Finding, Lang};

/// The sentence of a finding about positions; `None` for any other.
pub(super) fn sentence(finding: &Finding, lang: Lang) -> Option<String> {
    let Finding { code, value, expected, column_name, .. } = finding;
    let is_english = lang == Lang::En;
    let say = |vi: String, en: String| Some(if is_english { en } else { vi });
    match code.as_str() {
        "outside_place" => say(
            format!(
                "Vị trí {value} nằm xa {expected} mà dòng này ghi, và đã được nhận như tệp ghi. Hãy xem bản đồ, rồi sửa tọa độ hoặc tên tỉnh."
            ),
            format!(
                "The position {value} lies far from {expected}, which its row names, and was taken as written. Look at the map, and correct the coordinates or the province."
            ),
        ),
        "outside_region" => say(
            format!(
                "Vị trí {value} nằm ngoài vùng đồng bằng, trong khi hầu hết các vị trí khác của tệp nằm trong; nó đã được nhận như tệp ghi. Hãy xem bản đồ, và sửa nếu tọa độ bị gõ sai."
            ),
            format!(
                "The position {value} lies outside the delta, where nearly all others of the file lie in it, and was taken as written. Look at the map, and correct it if it is mistyped."
            ),
        ),
        "moved_far" => say(
            format!(
                "Đối tượng {value} nay nằm cách vị trí trước {expected} km, và đã được lưu ở vị trí mới. Hãy xem bản đồ: tọa độ có bị gõ sai, hay mã này trước kia là của đối tượng khác?"
            ),
            format!(
                "The feature {value} now lies {expected} km from where it was, and is stored at the new place. Look at the map: is a coordinate mistyped, or was the id that of another feature?"
            ),
        ),
        "value_emptied" => say(
            format!(
                "“{column_name}” để trống ở {expected} đối tượng trước đây có giá trị (đầu tiên là {value}): giá trị cũ không còn trong phiên bản mới. Nếu không định xóa, hãy ghi lại giá trị rồi nộp lại."
            ),
            format!(
                "“{column_name}” is empty in {expected} features that had a value before (the first is {value}): the new version has it no longer. If that is not meant, write the values and hand the file in again."
            ),
        ),
        "rings_by_place" => say(
            "Chiều vẽ của các vòng trong vùng này mâu thuẫn với vị trí của chúng; vòng nằm trong vòng khác được hiểu là lỗ (hoặc đảo trong lỗ). Hãy xem bản đồ.".into(),
            "The rings of this polygon turn otherwise than they lie in each other; a ring within another was taken as a hole (or as an island within a hole). Look at the map.".into(),
        ),
        "number_lost" => say(
            format!(
                "“{value}” ở “{column_name}” không đọc được thành số, nên ô này để trống. Dấu sao nghĩa là số không vừa độ rộng của cột: hãy mở rộng cột rồi xuất lại."
            ),
            format!(
                "“{value}” in “{column_name}” cannot be read as a number, so the cell was left empty. Asterisks mean that the number did not fit into the column: make it wider and export again."
            ),
        ),
        "number_for_nothing" => say(
            format!(
                "{value} ở “{column_name}” thường nghĩa là không có số liệu, nên các ô ghi số này để trống. Nếu đó là giá trị thật, hãy bỏ nó khỏi `missing` dưới `[source]` trong ánh xạ."
            ),
            format!(
                "{value} in “{column_name}” stands for no value in many files, so the cells that hold it were left empty. If it is a real value, take it out of `missing` under `[source]` in the mapping."
            ),
        ),
        "crosses_itself" => say(
            format!(
                "Đường ranh của vùng này tự cắt (tại {value}) và được lưu như tệp ghi: diện tích và phép hỏi điểm nằm trong vùng có thể sai. Hãy sửa bằng “Fix geometries” trong QGIS rồi nộp lại."
            ),
            format!(
                "The outline of this polygon crosses itself (at {value}) and was stored as written: its area, and which points lie in it, may be wrong. Mend it (“Fix geometries” in QGIS) and hand it in again."
            ),
        ),
        "stray_position" => say(
            format!(
                "Một đỉnh của hình này (tại {value}) nằm rất xa mọi đỉnh khác và được lưu như tệp ghi: có thể đỉnh đó bị gõ sai hoặc ở múi khác. Hãy xem bản đồ, sửa rồi nộp lại."
            ),
            format!(
                "One position of this geometry (at {value}) lies far from all others of it and was stored as written: it may be mistyped, or in another zone. Look at the map, correct it and hand it in again."
            ),
        ),
        "crs_of_file" => say(
            format!(
                "Ánh xạ của bộ dữ liệu ghi hệ {expected}, nhưng tệp này ghi {value}, khác với tệp trước, nên đã đọc theo tệp. Hãy xem bản đồ; nếu sai, hãy nộp lại kèm ánh xạ có `crs` đúng."
            ),
            format!(
                "The mapping of the dataset says {expected}, but this file says {value}, unlike the one before, and was read so. Look at the map; if it is wrong, hand it in with a mapping whose `crs` is the right one."
            ),
        ),
        "degrees_perhaps_packed" => say(
            format!(
                "Mọi tọa độ ({value}) đều có thể là độ có phút và giây sau dấu chấm (105.4530 là 105°45'30\"); chúng được đọc là độ thập phân. Hãy xem bản đồ; nếu sai, hãy ghi 105°45'30\"."
            ),
            format!(
                "Every coordinate ({value}) may be degrees with minutes and seconds behind the point (105.4530 for 105°45'30\"); they were read as decimal degrees. Look at the map; if it is wrong, write 105°45'30\"."
            ),
        ),
        "attribute_gone" => say(
            format!(
                "Tệp này không có cột “{value}” mà ánh xạ đọc, nên thuộc tính đó để trống ở mọi đối tượng của tệp. Nếu cột chỉ đổi tên, hãy sửa `from` trong ánh xạ."
            ),
            format!(
                "This file has no column “{value}”, which the mapping reads, so that attribute is empty in all its features. If the column has another name now, correct `from` in the mapping."
            ),
        ),
        "heights_left_out" => say(
            "Các vị trí có độ cao (Z) hoặc số đo (M), không được giữ: chỉ kinh độ và vĩ độ được lưu. Nếu cần, hãy ghi chúng thành một thuộc tính.".into(),
            "The positions have heights (Z) or measures (M), which are not kept: only longitude and latitude are stored. If they are needed, write them as an attribute.".into(),
        ),
        _ => None,
    }
}

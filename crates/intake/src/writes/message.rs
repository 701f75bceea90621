//! Refusals as sentences: what is wrong, and the next step, in Vietnamese and English.

use model::Lang;
use wording::Told;

use super::Refused;

/// A refusal as two sentences: the reason, and what to do. Khmer falls back to Vietnamese, as all
/// texts do.
pub fn refusal_message(refused: &Refused, lang: Lang) -> (String, String) {
    let expected = Told::read(&refused.expected).sentence(lang);
    match lang {
        Lang::En => english(refused, &expected),
        Lang::Vi | Lang::Km => vietnamese(refused, &expected),
    }
}

fn english(refused: &Refused, expected: &str) -> (String, String) {
    let Refused { field, code, value, .. } = refused;
    let (reason, hint): (String, &str) = match *code {
        "empty_time" => {
            ("It has no time.".into(), "Give `time` in ISO 8601, e.g. 2026-02-03T07:00:00+07:00.")
        }
        "not_a_time" => {
            (format!("“{value}” is not a time."), "Write ISO 8601, e.g. 2026-02-03T07:00:00+07:00.")
        }
        "future_time" => {
            (format!("{value} lies in the future: it is now {expected}."), "Correct the time or its zone.")
        }
        "not_an_end" => {
            (format!("“{value}” is not a time after the beginning."), "Correct `end`, or leave it out.")
        }
        "empty_place" => ("It names no place.".into(), "Give `place`, or `datastream`."),
        "unknown_place" => {
            (format!("No place is called “{value}”."), "Write the id of a place, e.g. station:cau_noi.")
        }
        "ambiguous_place" => {
            (format!("“{value}” can be any of {expected}."), "Write the id of the one that is meant.")
        }
        "empty_property" => ("It names no property.".into(), "Give `property`, or `datastream`."),
        "unknown_property" => {
            (format!("No property is called “{value}”."), "Write a code or a name of the list of properties.")
        }
        "unknown_datastream" => (
            format!("The dataset has no datastream {value}."),
            "Take its number from the list of the dataset's datastreams, or give place and property.",
        ),
        "beside_datastream" => (
            format!("`{field}` stands beside `datastream`, which says it already."),
            "Give one or the other.",
        ),
        "former_unit" => (
            format!("The unit of the property of datastream {value} is now {expected}."),
            "Give place and property instead of the datastream.",
        ),
        "unknown_unit" => (
            format!("“{value}” is no unit that is known here."),
            "Write it in UCUM, e.g. g/L, cm, m3/s; it must convert to the property's.",
        ),
        "unit_mismatch" => (
            format!("“{value}” does not convert to {expected}, the property's unit."),
            "Correct the unit or the property.",
        ),
        "unknown_statistic" => {
            (format!("“{value}” is no statistic."), "Write instant, mean, max, min, total or count.")
        }
        "unknown_period" => (
            format!("“{value}” is no period that can be kept."),
            "Write an ISO 8601 duration such as P1D, or a short name.",
        ),
        "unknown_flag" => (format!("“{value}” is no quality flag."), "Write a QARTOD code: 1, 2, 3, 4 or 9."),
        "empty_value" => ("It has no value.".into(), "Give a number in `value`, or a text in `text`."),
        "value_and_text" => ("It has a number and a text.".into(), "Give one of `value` and `text`."),
        "not_a_number" => {
            (format!("“{value}” is not a number."), "Write a JSON number, with a decimal point and no unit.")
        }
        "out_of_range" => (
            format!("{value} is outside the plausible range {expected}."),
            "Check the value and its unit; if it is right, ask the node's administrator to widen the range.",
        ),
        "not_permitted" => (
            "You may not write values of this place, property or time.".into(),
            "Ask the agency for a wider grant.",
        ),
        "personal_data" => (
            "The text holds personal data: a phone number, a citizen id or an e-mail address.".into(),
            "Leave it out; a steward of the agency can keep such data in a file.",
        ),
        "too_long" => (format!("It is longer than {expected}."), "Shorten it."),
        "not_text" => {
            ("It holds characters that no name has.".into(), "Leave out line breaks and control characters.")
        }
        _ => (format!("It cannot be read as an observation: {expected}."), "Correct it and send it again."),
    };
    (reason, hint.to_owned())
}

fn vietnamese(refused: &Refused, expected: &str) -> (String, String) {
    let Refused { field, code, value, .. } = refused;
    let (reason, hint): (String, &str) = match *code {
        "empty_time" => {
            ("Không có thời gian.".into(), "Hãy ghi `time` theo ISO 8601, ví dụ 2026-02-03T07:00:00+07:00.")
        }
        "not_a_time" => (
            format!("“{value}” không phải là thời gian."),
            "Hãy ghi theo ISO 8601, ví dụ 2026-02-03T07:00:00+07:00.",
        ),
        "future_time" => {
            (format!("{value} ở tương lai: bây giờ là {expected}."), "Hãy sửa thời gian hoặc múi giờ.")
        }
        "not_an_end" => {
            (format!("“{value}” không phải là thời gian sau lúc bắt đầu."), "Hãy sửa `end` hoặc bỏ đi.")
        }
        "empty_place" => ("Không ghi địa điểm.".into(), "Hãy ghi `place` hoặc `datastream`."),
        "unknown_place" => {
            (format!("Không có địa điểm nào tên “{value}”."), "Hãy ghi mã địa điểm, ví dụ station:cau_noi.")
        }
        "ambiguous_place" => {
            (format!("“{value}” có thể là một trong {expected}."), "Hãy ghi mã của địa điểm muốn nói.")
        }
        "empty_property" => ("Không ghi chỉ tiêu.".into(), "Hãy ghi `property` hoặc `datastream`."),
        "unknown_property" => {
            (format!("Không có chỉ tiêu nào tên “{value}”."), "Hãy ghi mã hoặc tên trong danh mục chỉ tiêu.")
        }
        "unknown_datastream" => (
            format!("Bộ dữ liệu không có chuỗi quan trắc {value}."),
            "Hãy lấy số trong danh sách chuỗi của bộ dữ liệu, hoặc ghi địa điểm và chỉ tiêu.",
        ),
        "beside_datastream" => {
            (format!("`{field}` đứng cạnh `datastream`, vốn đã nói điều đó."), "Hãy chỉ ghi một trong hai.")
        }
        "former_unit" => (
            format!("Đơn vị của chỉ tiêu ở chuỗi {value} nay là {expected}."),
            "Hãy ghi địa điểm và chỉ tiêu thay cho chuỗi.",
        ),
        "unknown_unit" => (
            format!("“{value}” không phải là đơn vị được biết."),
            "Hãy ghi theo UCUM, ví dụ g/L, cm, m3/s; đơn vị phải đổi được sang đơn vị của chỉ tiêu.",
        ),
        "unit_mismatch" => (
            format!("“{value}” không đổi được sang {expected}, đơn vị của chỉ tiêu."),
            "Hãy sửa đơn vị hoặc chỉ tiêu.",
        ),
        "unknown_statistic" => (
            format!("“{value}” không phải là đại lượng thống kê."),
            "Hãy ghi instant, mean, max, min, total hoặc count.",
        ),
        "unknown_period" => (
            format!("“{value}” không phải là kỳ có thể lưu."),
            "Hãy ghi khoảng ISO 8601 như P1D, hoặc một tên ngắn.",
        ),
        "unknown_flag" => {
            (format!("“{value}” không phải là cờ chất lượng."), "Hãy ghi mã QARTOD: 1, 2, 3, 4 hoặc 9.")
        }
        "empty_value" => ("Không có giá trị.".into(), "Hãy ghi số ở `value` hoặc chữ ở `text`."),
        "value_and_text" => ("Có cả số và chữ.".into(), "Hãy chỉ ghi một trong `value` và `text`."),
        "not_a_number" => (
            format!("“{value}” không phải là số."),
            "Hãy ghi số JSON, dùng dấu chấm thập phân và không kèm đơn vị.",
        ),
        "out_of_range" => (
            format!("{value} nằm ngoài khoảng hợp lý {expected}."),
            "Hãy kiểm tra giá trị và đơn vị; nếu đúng, hãy đề nghị quản trị viên mở rộng khoảng.",
        ),
        "not_permitted" => (
            "Bạn không được ghi giá trị của địa điểm, chỉ tiêu hoặc thời gian này.".into(),
            "Hãy xin cơ quan mở rộng quyền.",
        ),
        "personal_data" => (
            "Chữ này có dữ liệu cá nhân: số điện thoại, số căn cước hoặc địa chỉ thư điện tử.".into(),
            "Hãy bỏ đi; người quản lý của cơ quan có thể giữ dữ liệu như vậy trong một tệp.",
        ),
        "too_long" => (format!("Dài hơn {expected}."), "Hãy rút ngắn."),
        "not_text" => ("Có ký tự mà tên không thể có.".into(), "Hãy bỏ dấu xuống dòng và ký tự điều khiển."),
        _ => (format!("Không đọc được quan trắc này: {expected}."), "Hãy sửa rồi gửi lại."),
    };
    (reason, hint.to_owned())
}

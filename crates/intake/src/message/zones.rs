//! Sentences about the zones that times say.

use model::{Finding, Lang};

/// The sentence of a finding about the zone of times; `None` for any other.
pub(super) fn sentence(finding: &Finding, lang: Lang) -> Option<String> {
    let Finding { code, value, expected, column_name, .. } = finding;
    let is_english = lang == Lang::En;
    let say = |vi: String, en: String| Some(if is_english { en } else { vi });
    match code.as_str() {
        "utc_midnight" => say(
            format!(
                "Mọi thời gian ở “{column_name}” đều là 0 giờ UTC ({value}), tức 7 giờ sáng ở Việt Nam, và đã được hiểu đúng như vậy. Nếu ý là ngày của Việt Nam, hãy ghi `format = \"{expected}\"` dưới `[time]` trong ánh xạ để đọc mà bỏ qua múi giờ; nếu đúng là giờ UTC, hãy ghi `zone = \"UTC\"`."
            ),
            format!(
                "Every time in “{column_name}” is midnight UTC ({value}), which is seven in the morning in Vietnam, and was taken so. If days of Vietnam are meant, write `format = \"{expected}\"` under `[time]` in the mapping, which reads them without their zone; if UTC is right, write `zone = \"UTC\"`."
            ),
        ),
        "utc_local_midnight" => say(
            format!(
                "Mọi thời gian ở “{column_name}” đều là 17 giờ UTC ({value}), tức 0 giờ ở Việt Nam, và đã được hiểu là ngày Việt Nam bắt đầu lúc đó: {expected}. Nếu nguồn tính ngày theo UTC, hãy xin tệp ghi ngày; nếu đúng, hãy ghi `zone = \"UTC\"` dưới `[time]` trong ánh xạ."
            ),
            format!(
                "Every time in “{column_name}” is 17:00 UTC ({value}), which is midnight in Vietnam, and was taken as the day of Vietnam that begins then: {expected}. If the source counts days in UTC, ask it for a file with dates; if this is right, write `zone = \"UTC\"` under `[time]` in the mapping."
            ),
        ),
        "zone_contradicts" => {
            let (zone, format) = expected.split_once(" · ").unwrap_or((expected, ""));
            say(
                format!(
                    "“{value}” ở “{column_name}” tự ghi múi giờ khác với ánh xạ ({zone}). Đã theo điều thời gian tự ghi. Nếu giờ ghi là giờ {zone}, hãy đặt `format = \"{format}\"` dưới `[time]` trong ánh xạ; nếu tệp đúng, hãy bỏ `zone`."
                ),
                format!(
                    "“{value}” in “{column_name}” says another zone than the mapping ({zone}). What the time says was followed. If its clock is that of {zone}, write `format = \"{format}\"` under `[time]` in the mapping; if the file is right, leave out `zone`."
                ),
            )
        }
        "zones_mixed" => say(
            format!(
                "Ở “{column_name}”, có thời gian ghi múi giờ ({expected}) và có thời gian không ghi ({value}). Thời gian không ghi được hiểu theo `zone` của ánh xạ, hoặc giờ Việt Nam. Hãy xem hai loại có cùng một giờ không."
            ),
            format!(
                "In “{column_name}” some times say their zone ({expected}) and some do not ({value}). Those that do not were taken by `zone` of the mapping, or else as Vietnam's. Check that both mean the same clock."
            ),
        ),
        _ => None,
    }
}

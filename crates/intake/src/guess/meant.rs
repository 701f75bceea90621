//! Words around a table by which its values are something else than what they seem to be: forecasts and plans,
//! a part of what the property counts, a comparison with another time, a part of a year.

use catalog::{Gazetteer, PlaceMatch};
use chrono::NaiveDate;
use model::{PlaceKind, Property, name_key};
use wording::{Told, told};

use super::evidence::{before_the_merger, short};
use super::words::has_words;
use crate::observe::find_place;

/// Words of forecasts, and of plans, folded.
const FORECASTS: [&str; 5] = ["du bao", "kich ban", "forecast", "predicted", "scenario"];
const PLANS: [&str; 6] = ["du kien", "ke hoach", "plan", "muc tieu", "chi tieu giao", "target"];
/// What is planned, where a title begins with a plan, folded.
#[rustfmt::skip]
const PLANNED: [&str; 10] = [
    "san xuat", "san luong", "dien tich", "gieo", "xuong giong", "nuoi", "thu hoach", "phat trien", "su dung", "khai thac",
];
/// What stands before or behind them where an office is called so, folded.
const OFFICES: [&str; 12] = [
    "chuong trinh muc tieu",
    "muc tieu quoc gia",
    "trung tam du bao",
    "phong du bao",
    "dai du bao",
    "phong ke hoach",
    "so ke hoach",
    "bo ke hoach",
    "vu ke hoach",
    "ban ke hoach",
    "ke hoach va dau tu",
    "du bao khi tuong",
];

/// Words by which a title speaks of a part of what a property counts, of how it grew or of what it is made up,
/// with their marks.
#[rustfmt::skip]
const OTHERWISE: &[&str] = &[
    "nữ", "nam giới", "thành thị", "nông thôn", "male", "female", "urban", "rural", "trong độ tuổi", "tử vong",
    "tốc độ tăng", "tốc độ phát triển", "tăng trưởng", "chỉ số phát triển", "năm trước 100", "previous year 100",
    "growth", "biến động", "change in", "change of",
    "cơ cấu", "tỷ trọng", "tỉ trọng", "tỷ lệ", "tỉ lệ", "structure", "share of", "mật độ", "density", "tần suất",
    "frequency", "bình quân đầu người", "per capita", "giá trị",
    "bị thiệt hại", "thiệt hại", "mất trắng", "damaged", "khắc phục", "được tưới", "hàng hóa", "hàng hoá",
    "cận nghèo", "đa chiều", "so với", "chênh lệch", "chuẩn sai", "độ lệch", "biên độ", "dị thường", "anomaly",
    "nhiều năm", "tbnn", "long term", "climatological", "số ngày",
    "nước thải", "wastewater",
];
/// The same of how they were made, wherever it stands.
const MADE: &[&str] = &[
    "tính toán",
    "mô phỏng",
    "vệ tinh",
    "viễn thám",
    "tái phân tích",
    "satellite",
    "simulated",
    "modelled",
    "modeled",
    "reanalysis",
];
/// First words of what may stand behind the name of a property without making it another, folded: places, times,
/// statistics, and by what a table is divided.
#[rustfmt::skip]
const GOES_ON: &[&str] = &[
    "a", "ban", "bang", "binh", "ca", "cac", "cao", "chia", "cho", "co", "cua", "cuoi", "dac", "dau", "day", "den", "dia",
    "do", "don", "dong", "duoc", "dvt", "giai", "gio", "giua", "h", "hang", "he", "huyen", "khu", "ky", "lon", "luc",
    "max", "min", "mot", "mua", "nam", "nao", "ngay", "nghin", "nhieu", "nho", "nuoc", "o", "phan", "phuong", "q",
    "qua", "quan", "quy", "s", "sau", "so", "som", "song", "tai", "tan", "tb", "thang", "thanh", "thap",
    "theo", "thoi", "thu", "thuc", "thuoc", "tinh", "toan", "toi", "ton", "tong", "tp", "tram", "tren", "trong",
    "trung", "truoc", "tu", "tuan", "tuyet", "tung", "uoc", "va", "vao", "ve", "vu", "vung", "xa", "xuan",
    "cm", "g", "ha", "kg", "km", "km2", "m", "m3", "mg", "mm", "ms", "ppt", "psu", "ta", "us",
    "above", "and", "annual", "as", "at", "average", "below", "by", "daily", "data", "during", "for", "from", "in",
    "is", "measured", "mean", "monthly", "of", "on", "over", "per", "province", "station", "to", "total", "yearly",
];

/// Words behind which a title says by what the table is divided, with their marks.
const DIVIDED: [&str; 5] = ["phân theo", "chia theo", "theo", "by", "phân chia"];

/// Words of headers over what compares the values beside it, folded: with others, or with limits.
const COMPARED: [&str; 18] = [
    "so sanh",
    "alarm level",
    "flood level",
    "warning level",
    "bao dong",
    "qcvn",
    "tcvn",
    "gioi han",
    "nguong",
    "so voi",
    "so cung ky",
    "cung ky",
    "tang giam",
    "chenh lech",
    "tbnn",
    "toc do tang",
    "tang so voi",
    "compared",
];

/// The first of some texts that speaks of forecasts or of plans.
pub(super) fn ahead<'t>(mut texts: impl Iterator<Item = &'t str>) -> Option<String> {
    texts.find_map(|text| forecast(text).or_else(|| says(&PLANS, text)))
}

/// A text that speaks of forecasts.
pub(super) fn forecast(text: &str) -> Option<String> {
    says(&FORECASTS, text)
}

/// A title that begins with plans: others speak of the plan (`Kế hoạch số 12/KH-UBND`) that they belong to.
pub(super) fn begins_with_plans(title: &str) -> bool {
    let folded = model::fold(title);
    let rest = PLANS.iter().find_map(|word| folded.strip_prefix(word)?.strip_prefix(' '));
    rest.is_some_and(|rest| PLANNED.iter().any(|words| rest.starts_with(words)))
}

/// A text that says one of some words, and not as the name of an office.
fn says(words: &[&str], text: &str) -> Option<String> {
    let bare = OFFICES.iter().fold(model::fold(text), |text, office| text.replace(office, ""));
    words.iter().any(|words| has_words(&bare, words)).then(|| short(text))
}

/// The question that is asked where a text speaks of forecasts or of plans.
pub(super) fn not_observed(said: &str) -> Told {
    told!(
        "guess-not-observed",
        "`{said}` speaks of forecasts or plans, which are no observations: leave such columns out with `except`, or hand them in to a dataset of their own, with a `procedure`",
        said = said
    )
}

/// The question that is asked where a text beside values of years speaks of a part of the year.
pub(super) fn of_part_of_year(part: &str) -> Told {
    told!(
        "guess-part-of-each-year",
        "the text above the table says `{part}`: are the values of that part of each year, and not of the whole?",
        part = part
    )
}

/// Says that columns hold what compares the values with others.
pub(super) fn are_compared(columns: &[String]) -> Told {
    told!(
        "guess-are-compared",
        "{columns} compare the values with others, and are left out",
        columns = columns.join(", ")
    )
}

/// The words of a text by which the values are not the property that it names, or not all of it.
pub(super) fn otherwise(gazetteer: &Gazetteer, property: &Property, text: &str) -> Option<String> {
    let words = words_of(text);
    let names = [Some(&property.name.vi), property.name.en.as_ref()].into_iter().flatten();
    let folded: Vec<String> = words.iter().map(|word| model::fold(word)).collect();
    let named = names.chain(&property.aliases).map(|name| words_of(&model::fold(name)));
    // The longest name in it is the one that it means; what belongs to the name says nothing more.
    let own =
        named.filter_map(|name| Some((found(&folded, &name)?, name.len()))).max_by_key(|(_, length)| *length);
    let mut rest = words.clone();
    if let Some((at, length)) = own {
        drop(rest.splice(at..at + length, [String::new()]));
        // `nam` is male only right behind the name, and where the text has marks: else it may be a year.
        let is_male = rest.get(at + 1).is_some_and(|word| word == "nam");
        let is_region = rest.get(at + 2).is_some_and(|word| ["bộ", "trung"].contains(&word.as_str()));
        let has_marks = text != model::without_marks(text);
        if is_male && !is_region && has_marks {
            return Some("nam".to_owned());
        }
    }
    let behind = own.map(|(at, length)| at + length);
    if let Some(next) =
        behind.filter(|at| !begins_with_a_place(gazetteer, &folded[*at..])).and_then(|at| goes_on(text, at))
    {
        return Some(next);
    }
    let end = DIVIDED.iter().filter_map(|words| found(&rest, &words_of(words))).min().unwrap_or(rest.len());
    let of = |words: &[&'static str], all: &[String]| {
        words.iter().copied().find(|words| found(all, &words_of(words)).is_some()).map(str::to_owned)
    };
    of(MADE, &rest).or_else(|| of(OTHERWISE, &rest[..end]))
}

/// Whether a text says by itself that values are not all of a property: `Nông thôn`, `Nữ`.
pub(super) fn speaks_otherwise(text: &str) -> bool {
    let words = words_of(text);
    OTHERWISE.iter().any(|other| found(&words, &words_of(other)).is_some())
}

/// Whether words begin with the name of a place.
fn begins_with_a_place(gazetteer: &Gazetteer, words: &[String]) -> bool {
    let is_place = |name: &str| {
        [PlaceKind::Station, PlaceKind::Province].into_iter().any(|kind| {
            [NaiveDate::MAX, before_the_merger()]
                .into_iter()
                .any(|on| find_place(gazetteer, name, Some(kind), None, on) != PlaceMatch::None)
        })
    };
    (1..=words.len().min(4)).any(|count| is_place(&words[..count].join(" ")))
}

/// The word behind so many others of a text, where it makes another property of the one before it: `khai thác`
/// behind `Sản lượng thủy sản`, `sú` behind `Diện tích nuôi tôm`.
fn goes_on(text: &str, at: usize) -> Option<String> {
    let text = model::nfc(&text.replace('_', " "));
    let mut count = 0;
    let (mut apart, mut was_capital) = (true, false);
    let mut word = String::new();
    for (at_end, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if c.is_alphanumeric() {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            count += 1;
            if count == at + 1 {
                let folded = model::fold(&word);
                let is_number = folded.starts_with(|c: char| c.is_ascii_digit());
                // Among small letters a capital begins a name: `Mực nước Vàm Cỏ`.
                let is_name = !was_capital && word.starts_with(char::is_uppercase);
                let is_other = !is_number && !is_name && !GOES_ON.contains(&folded.as_str());
                // A word of one syllable is half of one, mostly: the next two stand beside it.
                let behind = text[at_end..].split_whitespace().filter(|_| c.is_whitespace()).take(2);
                let more = behind.take_while(|word| word.chars().all(char::is_alphanumeric));
                let quoted = std::iter::once(word.as_str()).chain(more);
                return (!apart && is_other).then(|| quoted.collect::<Vec<_>>().join(" "));
            }
            was_capital = word.starts_with(char::is_uppercase);
            apart = false;
            word.clear();
        }
        apart |= !c.is_whitespace();
    }
    None
}

/// Whether a header is over what compares the values beside it with others.
pub(super) fn compares(header: &str) -> bool {
    let folded = model::fold(header);
    COMPARED.iter().any(|words| has_words(&folded, words))
}

/// What a text says of a part of a year: `6 tháng đầu năm`, `Quý I`, `tháng 7`, `tuần 30`, `mùa khô`.
pub(super) fn part_of_year(text: &str) -> Option<String> {
    const SEASONS: [&str; 6] = ["mùa khô", "mùa mưa", "mùa lũ", "mùa cạn", "dry season", "rainy season"];
    const QUARTERS: [&str; 8] = ["i", "ii", "iii", "iv", "1", "2", "3", "4"];
    let words = words_of(text);
    let number =
        |word: Option<&String>| -> Option<u32> { word?.parse().ok().filter(|n| (1..=53).contains(n)) };
    let said = words.iter().enumerate().find_map(|(at, word)| {
        let (before, behind) = (at.checked_sub(1).and_then(|at| words.get(at)), words.get(at + 1));
        match model::fold(word).as_str() {
            "thang" => {
                let counted = number(before).filter(|count| (2..=11).contains(count));
                let of_date = at >= 2 && model::fold(&words[at - 2]) == "ngay";
                match (counted.filter(|_| !of_date), number(behind)) {
                    (Some(count), _) => Some(format!("{count} {word}")),
                    (None, Some(month)) => Some(format!("{word} {month}")),
                    (None, None) => None,
                }
            }
            "quy" | "qui" => {
                let which = behind.filter(|which| QUARTERS.contains(&which.as_str()))?;
                Some(format!("{word} {which}"))
            }
            "tuan" | "week" => Some(format!("{word} {}", number(behind)?)),
            _ => None,
        }
    });
    said.or_else(|| {
        let season = SEASONS.into_iter().find(|season| found(&words, &words_of(season)).is_some())?;
        Some(season.to_owned())
    })
}

/// The words of a text in lower case, with their marks.
fn words_of(text: &str) -> Vec<String> {
    let key = name_key(&text.replace('_', " "));
    key.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Where words stand in others one after another.
fn found(all: &[String], words: &[String]) -> Option<usize> {
    (!words.is_empty()).then(|| all.windows(words.len()).position(|window| window == words)).flatten()
}

#[cfg(test)]
mod tests {
    use super::{ahead, begins_with_plans, compares, part_of_year};

    #[test]
    fn an_office_of_forecasts_is_no_forecast() {
        for (text, expected) in [
            ("Dự báo độ mặn", true),
            ("DỰ BÁO XÂM NHẬP MẶN", true),
            ("Kế hoạch 2024", true),
            ("TRUNG TÂM DỰ BÁO KHÍ TƯỢNG THỦY VĂN QUỐC GIA", false),
            ("Sở Kế hoạch và Đầu tư", false),
            ("Độ mặn thực đo", false),
            ("Kịch bản nước biển dâng", true),
        ] {
            assert_eq!(ahead([text].into_iter()).is_some(), expected, "{text}");
        }
        for (title, expected) in [
            ("Kế hoạch sản xuất lúa năm 2024", true),
            ("Kế hoạch số 12/KH-UBND", false),
            ("Kế hoạch và Đầu tư", false),
            ("Thực hiện kế hoạch năm 2024", false),
        ] {
            assert_eq!(begins_with_plans(title), expected, "{title}");
        }
        assert!(compares("So với cùng kỳ (%)") && compares("2022 so với 2021 (%)") && !compares("Sản lượng"));
    }

    #[test]
    fn a_title_speaks_of_a_part_of_a_year() {
        for (text, expected) in [
            ("Sản lượng 6 tháng đầu năm 2024", Some("6 tháng")),
            ("Sản lượng 9 tháng năm 2024", Some("9 tháng")),
            ("Lượng mưa tháng 7 qua các năm", Some("tháng 7")),
            ("Sản lượng quý I/2024", Some("quý i")),
            ("Độ mặn mùa khô 2023-2024", Some("mùa khô")),
            ("Giá lúa tuần 30 năm 2024", Some("tuần 30")),
            ("Lượng mưa các tháng trong năm 2024", None),
            ("Độ mặn ngày 5 tháng 3 năm 2024", Some("tháng 3")),
            ("Dân số trung bình năm 2024", None),
        ] {
            assert_eq!(part_of_year(text).as_deref(), expected, "{text}");
        }
    }
}

//! The words by which headers name what a column holds, in Vietnamese and English, folded.

/// What a header's words say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Role {
    Time,
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Week,
    Place,
    Value,
    Unit,
    Property,
    Season,
}

/// Headers that are the role when they are the whole header.
const WHOLE: &[(Role, &[&str])] = &[
    (Role::Year, &["nam", "year", "yr", "nam thong ke"]),
    (Role::Month, &["thang", "month", "mon"]),
    (Role::Day, &["ngay", "day"]),
    (Role::Hour, &["gio", "hour"]),
    (Role::Minute, &["phut", "minute"]),
    (Role::Week, &["tuan", "tuan thu", "tuan so", "so tuan", "week", "week number"]),
    (Role::Place, &["ma", "code", "ten", "name", "id", "noi", "area"]),
    (Role::Value, &["so", "gt"]),
    (Role::Season, &["vu", "season", "mua vu", "vu mua", "crop season", "ten vu"]),
    (Role::Unit, &["don vi", "dvt", "unit", "units", "uom", "don vi tinh", "don vi do", "unit ucum", "ucum"]),
];

/// Phrases that make the role wherever they stand in a header, in order of precedence.
const WITHIN: &[(Role, &[&str])] = &[
    (
        Role::Place,
        &[
            "don vi hanh chinh",
            "tram",
            "tinh",
            "tinh thanh",
            "thanh pho",
            "huyen",
            "xa",
            "phuong",
            "dia phuong",
            "dia diem",
            "diem do",
            "diem quan trac",
            "ho chua",
            "reservoir",
            "noi do",
            "vi tri",
            "station",
            "province",
            "provinces",
            "provincies",
            "city",
            "cities",
            "region",
            "district",
            "commune",
            "ward",
            "place",
            "site",
            "location",
            "unit id",
            "ma don vi",
        ],
    ),
    (Role::Unit, &["don vi tinh", "unit of measure", "unit ucum"]),
    (
        Role::Time,
        &[
            "thoi gian",
            "thoi diem",
            "ngay gio",
            "ngay thang",
            "ngay do",
            "ngay quan trac",
            "time",
            "date",
            "datetime",
            "timestamp",
            "observed at",
            "ngay",
        ],
    ),
    (Role::Year, &["nam", "year"]),
    (
        Role::Property,
        &[
            "chi so",
            "chi tieu",
            "thong so",
            "yeu to",
            "dai luong",
            "property",
            "indicator",
            "parameter",
            "variable",
        ],
    ),
    (Role::Value, &["gia tri", "so lieu", "ket qua", "tri so", "value", "result", "reading", "measurement"]),
];

/// The roles that a folded header may have, the most likely first.
pub(super) fn roles(folded: &str) -> Vec<Role> {
    let whole = WHOLE.iter().filter(|(_, texts)| texts.contains(&folded)).map(|(role, _)| *role);
    let within = WITHIN
        .iter()
        .filter(|(_, texts)| texts.iter().any(|text| has_words(folded, text)))
        .map(|(role, _)| *role);
    let mut roles: Vec<Role> = Vec::new();
    for role in whole.chain(within) {
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    roles
}

/// The words of a header, folded, and apart where only capitals tell them apart: `unitOfMeasurement.symbol`.
pub(super) fn header_words(name: &str) -> String {
    let mut apart = String::with_capacity(name.len() + 4);
    let mut was_small = false;
    for c in name.chars() {
        if was_small && c.is_uppercase() {
            apart.push(' ');
        }
        was_small = c.is_lowercase();
        apart.push(c);
    }
    model::fold(&apart)
}

/// Whether a header speaks of hours: `giờ` is no wind, which is `gió`.
pub(super) fn says_hour(base: &str) -> bool {
    const OF_WIND: [&str; 6] = ["toc do gio", "huong gio", "suc gio", "cap gio", "gio giat", "gio manh"];
    let (folded, lower) = (model::fold(base), model::nfc(base).to_lowercase());
    let is_wind = lower.contains("gió") || OF_WIND.iter().any(|words| has_words(&folded, words));
    !is_wind && ["gio", "hour"].iter().any(|word| has_words(&folded, word))
}

/// Whether the words stand in the text one after another.
pub(super) fn has_words(text: &str, words: &str) -> bool {
    let (text, words): (Vec<&str>, Vec<&str>) = (text.split(' ').collect(), words.split(' ').collect());
    text.windows(words.len()).any(|window| window == words)
}

//! Whether a text holds personal data, by its form (`reference/personal_data.json`).

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;

/// What is personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    CitizenId,
    IdCard,
    Phone,
    Email,
    BankAccount,
}

impl Kind {
    pub(crate) const ALL: [Kind; 5] =
        [Kind::CitizenId, Kind::IdCard, Kind::Phone, Kind::Email, Kind::BankAccount];

    /// The kind's code in findings.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Kind::CitizenId => "citizen_id",
            Kind::IdCard => "id_card",
            Kind::Phone => "phone",
            Kind::Email => "email",
            Kind::BankAccount => "bank_account",
        }
    }

    pub(crate) fn from_code(code: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Whether numbers of the kind have no form of their own, so that a header is all there is to tell them.
    pub(super) fn is_told_by_its_header(self) -> bool {
        matches!(self, Kind::CitizenId | Kind::IdCard | Kind::BankAccount)
    }

    /// The kind in Vietnamese and English.
    pub(crate) fn names(self) -> (&'static str, &'static str) {
        match self {
            Kind::CitizenId => ("số căn cước công dân", "citizen ids"),
            Kind::IdCard => ("số chứng minh nhân dân", "identity card numbers"),
            Kind::Phone => ("số điện thoại", "phone numbers"),
            Kind::Email => ("địa chỉ thư điện tử", "e-mail addresses"),
            Kind::BankAccount => ("số tài khoản ngân hàng", "bank accounts"),
        }
    }
}

#[derive(Deserialize)]
struct Facts {
    citizen_id: CitizenId,
    id_card: Words,
    phone: Phone,
    email: Words,
    bank_account: Words,
}

#[derive(Deserialize)]
struct CitizenId {
    provinces: HashSet<String>,
    century_digits: String,
    headers: Vec<String>,
}

#[derive(Deserialize)]
struct Phone {
    mobile_prefixes: HashSet<String>,
    headers: Vec<String>,
    headers_of_counts: Vec<String>,
}

#[derive(Deserialize)]
struct Words {
    headers: Vec<String>,
}

static FACTS: LazyLock<Facts> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../reference/personal_data.json"))
        .expect("the reference is part of the program")
});

/// The longest text that can be a header.
const MAX_HEADER: usize = 80;

/// What a header says that its column holds.
pub(super) fn of_header(text: &str) -> Option<Kind> {
    if text.len() > MAX_HEADER || text.bytes().filter(u8::is_ascii_digit).count() > 3 {
        return None;
    }
    let folded = format!(" {} ", model::fold(text));
    let says = |words: &[String]| words.iter().any(|word| folded.contains(&format!(" {word} ")));
    let facts = &*FACTS;
    // `Số thuê bao điện thoại` counts.
    if says(&facts.phone.headers_of_counts) {
        return None;
    }
    [
        (Kind::CitizenId, &facts.citizen_id.headers),
        (Kind::IdCard, &facts.id_card.headers),
        (Kind::BankAccount, &facts.bank_account.headers),
        (Kind::Email, &facts.email.headers),
        (Kind::Phone, &facts.phone.headers),
    ]
    .into_iter()
    .find(|(_, words)| says(words))
    .map(|(kind, _)| kind)
}

/// What a text holds; `hint` is what its header says.
pub(super) fn find(text: &str, hint: Option<Kind>) -> Option<Kind> {
    // The shortest of all: an address such as `a@b.vn`.
    if text.len() < 6 {
        return None;
    }
    if has_address(text) {
        return Some(Kind::Email);
    }
    if text.bytes().filter(u8::is_ascii_digit).count() < MIN_DIGITS {
        return None;
    }
    let mut found = None;
    for run in runs(text) {
        match (run.kind(), hint) {
            (Some(kind), _) => {
                found = found.or(Some(kind));
            }
            (None, Some(hint)) if run.may_be(hint) => found = found.or(Some(hint)),
            _ => {}
        }
    }
    // Where the header and the form agree on two kinds, the header is right.
    match (found, hint) {
        (Some(_), Some(hint)) if hint != Kind::Email => Some(hint),
        (found, _) => found,
    }
}

/// Whether a text may hold something that its form alone tells. It is asked of every cell of a file, so it
/// answers fast, and rather says yes too often: [`find`] looks closely.
pub(super) fn may_hold(text: &str) -> bool {
    let bytes = text.as_bytes();
    // `2020-02-03T07:00:00+07:00`
    let is_instant = bytes.len() <= 29
        && bytes.len() >= 16
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && bytes[13] == b':'
        && bytes.get(16).is_none_or(|byte| matches!(byte, b':' | b'Z'));
    if bytes.len() < 6 || is_instant {
        return false;
    }
    let (mut count, mut begins_well, mut since_digit) = (0, false, 2);
    let mut before = b' ';
    for byte in bytes {
        match byte {
            b'0'..=b'9' => {
                if since_digit > 1 || count == 0 {
                    count = 0;
                    begins_well = *byte == b'0' || before == b'+';
                }
                count += 1;
                since_digit = 0;
                if begins_well && count >= MIN_CERTAIN {
                    return true;
                }
            }
            b'@' => return true,
            // Part of a group's edge: a bracket, the first byte of a blank that does not break.
            b')' | 0xc2 => {}
            b' ' | b'.' | b'-' | 0xa0 => since_digit += 1,
            _ => since_digit = 2,
        }
        before = *byte;
    }
    false
}

/// The kind whose numbers are as long as this one, which consists of digits only.
pub(super) fn as_long_as(text: &str) -> Option<Kind> {
    if text.len() < 10 {
        return None;
    }
    let text = text.trim();
    let kind = match text.len() {
        10 => Kind::Phone,
        12 => Kind::CitizenId,
        _ => return None,
    };
    text.bytes().all(|byte| byte.is_ascii_digit()).then_some(kind)
}

fn has_address(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'@').any(|(at, _)| {
        let local =
            bytes[..at].iter().rev().take_while(|b| b.is_ascii_alphanumeric() || b"._%+-".contains(b));
        let domain: Vec<u8> = bytes[at + 1..]
            .iter()
            .copied()
            .take_while(|b| b.is_ascii_alphanumeric() || b".-".contains(b))
            .collect();
        let domain = String::from_utf8_lossy(&domain);
        let ending = domain.trim_end_matches('.').rsplit_once('.');
        local.count() > 0
            && ending.is_some_and(|(name, top)| {
                !name.is_empty() && top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic())
            })
    })
}

/// Digits that stand together, with single blanks, dots or hyphens between groups.
struct Run {
    digits: String,
    groups: Vec<usize>,
    separators: Vec<char>,
    has_plus: bool,
}

/// Fewer digits than any number of a person has.
const MIN_DIGITS: usize = 8;
/// The digits of the shortest number whose form alone tells.
const MIN_CERTAIN: usize = 10;
/// More digits than anything personal has.
const MAX_DIGITS: usize = 24;

fn runs(text: &str) -> Vec<Run> {
    let chars: Vec<char> = text.chars().take(2000).collect();
    let (mut runs, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        if !chars[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let before = at.checked_sub(1).map(|before| chars[before]);
        let mut run = Run {
            digits: String::new(),
            groups: Vec::new(),
            separators: Vec::new(),
            has_plus: before == Some('+'),
        };
        loop {
            let start = at;
            while at < chars.len() && chars[at].is_ascii_digit() {
                run.digits.push(chars[at]);
                at += 1;
            }
            run.groups.push(at - start);
            let Some(separator) = chars.get(at).filter(|c| matches!(c, ' ' | '.' | '-' | '\u{a0}' | ')'))
            else {
                break;
            };
            // `(0292) 3 812 345`
            let gap = if *separator == ')' && chars.get(at + 1) == Some(&' ') { 2 } else { 1 };
            if !chars.get(at + gap).is_some_and(char::is_ascii_digit) {
                break;
            }
            run.separators.push(*separator);
            at += gap;
        }
        let after = chars.get(at);
        let is_part_of_more = before
            .is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | ',' | '-' | '_' | '/'))
            || after.is_some_and(|c| c.is_alphanumeric() || matches!(c, '%' | '_' | '/' | '°'))
            // A decimal comma with digits behind it.
            || (after == Some(&',') && chars.get(at + 1).is_some_and(char::is_ascii_digit));
        if !is_part_of_more && run.digits.len() <= MAX_DIGITS {
            runs.push(run);
        }
    }
    runs
}

impl Run {
    /// What the run is by its own form.
    fn kind(&self) -> Option<Kind> {
        if self.is_citizen_id() {
            return Some(Kind::CitizenId);
        }
        self.is_mobile().then_some(Kind::Phone)
    }

    fn is_citizen_id(&self) -> bool {
        let facts = &FACTS.citizen_id;
        let digits = self.digits.as_bytes();
        digits.len() == 12
            && matches!(self.groups[..], [12] | [3, 3, 3, 3] | [4, 4, 4])
            && !self.separators.contains(&'.')
            && facts.provinces.contains(&self.digits[..3])
            && facts.century_digits.as_bytes().contains(&digits[3])
    }

    fn is_mobile(&self) -> bool {
        // `0.912345678` is a number.
        if self.separators == ['.'] {
            return false;
        }
        let (national, groups) = match self.digits.strip_prefix("84") {
            Some(rest) if self.has_plus && self.groups[0] == 2 => (format!("0{rest}"), &self.groups[1..]),
            Some(rest) if self.has_plus && self.groups.len() == 1 => (format!("0{rest}"), &[][..]),
            _ => (self.digits.clone(), &self.groups[..]),
        };
        national.len() == 10
            && matches!(
                *groups,
                [] | [10]
                    | [9]
                    | [4, 3, 3]
                    | [3, 4, 3]
                    | [3, 3, 4]
                    | [4, 6]
                    | [3, 7]
                    | [3, 3, 3]
                    | [2, 3, 4]
                    | [5, 5]
            )
            && FACTS.phone.mobile_prefixes.contains(&national[..3])
    }

    /// Whether the run can be what its header says, though its form alone does not tell.
    fn may_be(&self, hint: Kind) -> bool {
        let (count, plain) = (self.digits.len(), self.separators.is_empty());
        match hint {
            // A spreadsheet drops the zero in front.
            Kind::CitizenId => matches!(count, 9 | 11 | 12) && !self.separators.contains(&'.'),
            Kind::IdCard => matches!(count, 9 | 12) && (plain || self.groups == [3, 3, 3]),
            Kind::Phone => {
                let dropped = plain && count == 9 && self.digits.starts_with(['3', '5', '7', '8', '9']);
                let full = self.digits.starts_with('0') && (9..=12).contains(&count);
                let abroad = self.digits.starts_with("84") && count == 11;
                self.separators != ['.'] && (dropped || full || abroad)
            }
            Kind::BankAccount => (8..=19).contains(&count) && !self.separators.contains(&'.'),
            Kind::Email => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Kind, find, may_hold, of_header};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn the_fast_look_misses_nothing(text in "(\\+?84|0)?[0-9@a-z .()\u{a0},:-]{0,24}") {
            prop_assert!(may_hold(&text) || find(&text, None).is_none(), "{text}");
        }

        #[test]
        fn the_fast_look_sees_numbers_in_groups(
            before in "[a-zà-ỹ :(\"]{0,12}", number in "0[0-9]{9}|0[0-9]{3}[ .-][0-9]{3}[ .-][0-9]{3}|0[0-9]{11}",
            after in "[a-z :)\"]{0,12}",
        ) {
            let text = format!("{before}{number}{after}");
            prop_assert!(may_hold(&text) || find(&text, None).is_none(), "{text}");
        }
    }

    #[test]
    fn personal_data_are_found_in_a_text() {
        for (text, hint, kind) in [
            ("092085001234", None, Kind::CitizenId),
            ("001 199 012 345", None, Kind::CitizenId),
            ("0912345678", None, Kind::Phone),
            ("0912 345 678", None, Kind::Phone),
            ("0912.345.678", None, Kind::Phone),
            ("+84 912 345 678", None, Kind::Phone),
            ("+84912345678", None, Kind::Phone),
            ("Trạm trưởng, 0987-654-321 (Zalo)", None, Kind::Phone),
            ("(0292) 3 812 345", Some(Kind::Phone), Kind::Phone),
            ("912345678", Some(Kind::Phone), Kind::Phone),
            ("tram.do@kttv.gov.vn", None, Kind::Email),
            ("Liên hệ: a_b+c@x-y.com.", None, Kind::Email),
            ("361234567", Some(Kind::IdCard), Kind::IdCard),
            ("92085001234", Some(Kind::CitizenId), Kind::CitizenId),
            ("0071000123456", Some(Kind::BankAccount), Kind::BankAccount),
        ] {
            assert_eq!(find(text, hint), Some(kind), "{text}");
        }
    }

    #[test]
    fn numbers_that_mean_something_else_are_not() {
        for text in [
            "105.2234567890",
            "9.176923 105.152419",
            "10.0345678,105.7891234",
            "0.912345678",
            "0,912345678",
            "2020-02-01 12:00:00",
            "202002011200",
            "08-12-2020 10:30",
            "15/08/2020",
            "20200201T0912345678Z",
            "013901",
            "361234567",
            "17273630",
            "1234567890123",
            "1.234.567.890",
            "1 234 567 890",
            "584321.56",
            "1112345.678",
            "19/2025/QĐ-TTg",
            "ISBN 9780912345678",
            "099999999999",
            "vn2025:25459",
            "@tram",
            "a@b",
            "3 @ 5.2 m",
            "0123456789",
            "",
        ] {
            assert_eq!(find(text, None), None, "{text}");
        }
    }

    #[test]
    fn counts_under_a_header_about_phones_are_not() {
        for text in ["12 345 678", "12345678", "1.234.567", "120.5", "2020-02-03"] {
            assert_eq!(find(text, Some(Kind::Phone)), None, "{text}");
        }
    }

    #[test]
    fn headers_say_what_their_columns_hold() {
        for (text, kind) in [
            ("Số điện thoại", Some(Kind::Phone)),
            ("SĐT người báo", Some(Kind::Phone)),
            ("Số CCCD", Some(Kind::CitizenId)),
            ("Số CMND", Some(Kind::IdCard)),
            ("E-mail", Some(Kind::Email)),
            ("Số tài khoản", Some(Kind::BankAccount)),
            ("Diện tích", None),
            ("Mobile dune area", Some(Kind::Phone)),
            ("Mực nước", None),
            ("Điện", None),
            ("Số thuê bao điện thoại di động", None),
            ("Number of telephone subscribers", None),
            ("Tỉnh", None),
        ] {
            assert_eq!(of_header(text), kind, "{text}");
        }
    }
}

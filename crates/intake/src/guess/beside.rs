//! Columns that nothing reads and that say of a row what its value does not: that it is a limit, a forecast, a part
//! of its property, of another statistic or another datum, or bad. They are asked about, and never passed over.

use wording::{Told, told};

use super::headers::is_number;
use super::meant::{ahead, not_observed};
use super::observations::Guess;
use super::sample::Column;
use super::words::{Role, has_words, header_words, says_hour};
use crate::observe::{Precision, Remark, Taken, is_bad_state, is_remark};

/// Marks before a number that make it a limit, and those that leave it what it is.
const LIMITS: [&str; 7] = ["<", ">", "<=", ">=", "≤", "≥", "~"];
const NO_LIMITS: [&str; 2] = ["=", "-"];
/// Headers that say what kind of values they are, folded, and words of values that nobody observed.
const KINDS: [&str; 13] = [
    "chi tieu",
    "value type",
    "method",
    "loai",
    "loai so lieu",
    "loai du lieu",
    "type",
    "data type",
    "kind",
    "source",
    "nguon",
    "nguon so lieu",
    "series",
];
const MODELLED: [&str; 9] = [
    "model",
    "modelled",
    "simulated",
    "simulation",
    "mo hinh",
    "mo phong",
    "interpolated",
    "noi suy",
    "estimated",
];
/// Headers over the instant at which a forecast was made, folded.
pub(super) const ISSUED: [&str; 20] = [
    "issued",
    "issued at",
    "issue time",
    "issue date",
    "issue datetime",
    "forecast time",
    "forecast date",
    "forecast issued",
    "forecast reference time",
    "reference time",
    "analysis time",
    "run time",
    "model run",
    "init time",
    "thoi gian phat hanh",
    "ngay phat hanh",
    "thoi diem phat hanh",
    "thoi gian phat tin",
    "ngay phat tin",
    "thoi diem phat tin",
];
/// Words of headers over states of values, folded.
const STATES: [&str; 15] = [
    "approval",
    "approval status",
    "validation status",
    "flag",
    "flags",
    "qc",
    "qa",
    "status",
    "state",
    "quality",
    "qualifier",
    "trang thai",
    "tinh trang",
    "chat luong",
    "validity",
];
/// Headers over whether a value is valid, folded, and words by which it is not.
const VALID: [&str; 8] =
    ["valid", "is valid", "validated", "hop le", "approved", "is approved", "accepted", "verified"];
const NOT: [&str; 7] = ["false", "no", "khong", "0", "n", "f", "sai"];
/// Codes of states that make no value another: approved, provisional, estimated, good.
const GOOD: [&str; 10] = ["a", "p", "e", "g", "f", "ok", "1", "v", "r", "n"];
/// Headers by which a table divides what its property counts or where it is measured, folded.
const DIVIDED: [&str; 40] = [
    "area",
    "giong",
    "giong lua",
    "variety",
    "loai hinh",
    "loai hinh kinh te",
    "owner",
    "sample type",
    "loai mau",
    "con nuoc",
    "tide",
    "tide phase",
    "position",
    "vi tri",
    "phia",
    "bank",
    "side",
    "bo song",
    "sensor",
    "cam bien",
    "sex",
    "gender",
    "gioi tinh",
    "age",
    "age group",
    "nhom tuoi",
    "do tuoi",
    "layer",
    "depth",
    "depth m",
    "sample depth",
    "do sau",
    "do sau m",
    "tang do",
    "tang nuoc",
    "vi tri tang",
    "residence",
    "area type",
    "urbanisation",
    "urbanization",
];
/// What such columns say of all of it, folded.
const WHOLE: [&str; 16] = [
    "t",
    "z",
    "total",
    "tong",
    "tong so",
    "tong cong",
    "chung",
    "all",
    "both",
    "both sexes",
    "all ages",
    "ca hai",
    "toan bo",
    "na",
    "n a",
    "any",
];
/// Columns of a statistical message (SDMX) that divide nothing, folded.
const OF_MESSAGES: [&str; 16] = [
    "dataflow",
    "structure",
    "structure id",
    "structure name",
    "action",
    "freq",
    "time format",
    "unit measure",
    "unit mult",
    "decimals",
    "conf status",
    "obs status",
    "obs flag",
    "source",
    "title",
    "last update",
];
/// Headers over powers of ten by which values are to be multiplied, folded.
const POWERS: [&str; 6] =
    ["unit mult", "unit multiplier", "power code", "multiplier", "scale factor", "he so nhan"];
/// Headers over scenarios, folded, and what is none.
const SCENARIOS: [&str; 3] = ["kich ban", "scenario", "experiment"];
const HAPPENED: [&str; 6] = ["observed", "historical", "actual", "thuc do", "thuc te", "quan trac"];
/// Headers over whether a row was taken back, folded, and words by which it was.
const DELETED: [&str; 6] = ["deleted", "is deleted", "removed", "da xoa", "withdrawn", "huy"];
const YES: [&str; 7] = ["true", "yes", "y", "1", "x", "co", "t"];
/// Headers over the time that a value is of, folded.
const DURATIONS: [&str; 5] =
    ["duration", "thoi doan", "accumulation period", "averaging period", "integration time"];
/// Headers over the vertical datum, and over the statistic, folded.
const DATUMS: [&str; 6] = ["datum", "vertical datum", "he cao do", "moc cao do", "cao do", "moc"];
pub(super) const STATISTICS: [&str; 12] = [
    "statistic",
    "statistics",
    "statistic type",
    "stat",
    "agg",
    "aggregate",
    "aggregation",
    "aggregation type",
    "cell method",
    "cell methods",
    "dac trung",
    "thong ke",
];

/// What a column of texts beside the values says of them, as a question.
pub(super) fn said_beside(name: &str, base: &str, texts: &[&str], taken: &Taken<'_>) -> Option<Told> {
    let header = header_words(base);
    let is = |list: &[&str]| list.contains(&header.as_str());
    let says = |list: &[&str]| list.iter().any(|words| has_words(&header, words));
    if is_remark(&header) || texts.is_empty() {
        return texts.iter().find_map(|text| match Remark::of(text, taken)? {
            Remark::Bad => Some(says_bad(name, text.trim())),
            // Of such values only what they are changes nothing: it is told of when they are taken.
            Remark::NotMeasured => None,
            other => Some(remark_says(name, text.trim(), other)),
        });
    }
    let trimmed = || texts.iter().map(|text| text.trim());
    let limit = trimmed().find(|text| LIMITS.contains(text));
    if let Some(text) =
        limit.filter(|_| trimmed().all(|text| LIMITS.contains(&text) || NO_LIMITS.contains(&text)))
    {
        return Some(told!(
            "guess-column-of-limits",
            "`{column}` says `{text}` of some values: they are limits and were not measured. Write the mark before the number (`<4`)",
            column = name,
            text = text
        ));
    }
    let is_modelled = |text: &&str| MODELLED.iter().any(|words| has_words(&model::fold(text), words));
    if is(&KINDS) {
        let said = ahead(trimmed()).or_else(|| trimmed().find(is_modelled).map(str::to_owned));
        if let Some(said) = said {
            return Some(not_observed(&said));
        }
    }
    let scenario =
        is(&SCENARIOS).then(|| trimmed().find(|text| !HAPPENED.contains(&model::fold(text).as_str())));
    if let Some(said) = scenario.flatten() {
        return Some(not_observed(said));
    }
    if is(&ISSUED) {
        return Some(not_observed(name));
    }
    if let Some(words) = bad_words(&header) {
        let bad = trimmed().find(|text| words.contains(&model::fold(text).as_str()));
        return bad.map(|text| says_bad(name, text));
    }
    if says(&STATES) || header == "co" {
        return state(name, &trimmed().collect::<Vec<_>>());
    }
    let is_part = |text: &&str| !WHOLE.contains(&model::fold(text).as_str());
    if is(&DIVIDED) {
        return trimmed().find(is_part).map(|text| says_part(name, text));
    }
    let of_several = |list: &[&str]| is(list) && texts.len() > 1;
    if of_several(&DATUMS) || is(&STATISTICS) || is(&DURATIONS) {
        return Some(told!(
            "guess-column-not-read",
            "`{column}` says `{text}`, and nothing reads it: does it make values different ones? Then write its meaning in the mapping, or hand them in apart",
            column = name,
            text = texts[0]
        ));
    }
    None
}

/// What a column of states says: that values are bad, or codes of which nobody knows what they say.
fn state(name: &str, texts: &[&str]) -> Option<Told> {
    if let Some(text) = texts.iter().find(|text| is_bad_state(text)) {
        return Some(says_bad(name, text));
    }
    let are_codes = texts.len() > 1 && texts.iter().all(|text| text.chars().count() <= 3);
    let unknown = texts.iter().find(|text| !GOOD.contains(&model::fold(text).as_str()));
    unknown.filter(|_| are_codes).map(|text| {
        told!(
            "guess-column-of-codes",
            "`{column}` says `{text}` of some values: what does it mean? Write what its texts mean under `[quality]`",
            column = name,
            text = text
        )
    })
}

/// The words by which rows are bad under a header that asks whether they are valid, or were taken back.
fn bad_words(header: &str) -> Option<&'static [&'static str]> {
    match header {
        _ if VALID.contains(&header) => Some(&NOT),
        _ if DELETED.contains(&header) => Some(&YES),
        _ => None,
    }
}

fn says_bad(name: &str, text: &str) -> Told {
    told!(
        "guess-column-says-bad",
        "`{column}` says `{text}`: are such values bad? Then write what its texts mean under `[quality]`",
        column = name,
        text = text
    )
}

fn remark_says(name: &str, text: &str, what: Remark) -> Told {
    told!(
        "guess-remark-says",
        "`{column}` says `{text}`, and nothing reads it: it speaks of {what}. Write such values as the others are and take the remark out, or hand them in apart",
        column = name,
        text = text,
        what => what.told()
    )
}

fn says_part(name: &str, text: &str) -> Told {
    told!(
        "guess-column-says-part",
        "`{column}` says `{text}`: are the values all of their property, or of that part of it, which needs a property of its own?",
        column = name,
        text = text
    )
}

impl Guess<'_> {
    /// Asks about what the columns say that nothing reads, and about hours that nobody can read.
    pub(super) fn ask_of_what_stands_beside(&mut self, precision: Option<Precision>) {
        let read = self.mapping.columns();
        let headers: Vec<String> =
            self.sample.columns.iter().map(|column| header_words(&column.name)).collect();
        let is_message =
            ["time period", "obs value"].iter().all(|words| headers.iter().any(|header| header == words));
        let unread = self.free().map(|(_, column)| column).filter(|column| {
            !read.contains(&column.reference.as_str())
                && Some(column.index) != self.statistic
                && !column.texts.is_empty()
        });
        let mut asked: Vec<Told> = Vec::new();
        let mut hours: Vec<Told> = Vec::new();
        let has_values = !self.mapping.values.is_empty();
        let taken = Taken::of(&self.mapping, self.gazetteer);
        for column in unread.filter(|_| has_values) {
            let header = header_words(&column.base);
            let texts: Vec<&str> = column.texts.iter().map(|(text, _)| text.as_str()).collect();
            if column.is_numeric() {
                asked.extend(self.said_in_numbers(column, &header, &texts));
            } else if is_message && !column.has(Role::Place) && !OF_MESSAGES.contains(&header.as_str()) {
                let part = texts.iter().find(|text| !WHOLE.contains(&model::fold(text).as_str()));
                asked.extend(part.map(|text| says_part(&column.name, text)));
            } else {
                asked.extend(said_beside(&column.name, &column.base, &texts, &taken));
            }
            hours.extend(self.hours_unread(column, precision));
        }
        asked.extend(self.fields_too_many().filter(|_| has_values));
        asked.extend(self.flags_of_columns().filter(|_| has_values));
        for reason in asked {
            self.because("value", 0.5, reason);
        }
        for reason in hours {
            self.because("time.columns", 0.5, reason);
        }
    }

    /// Asks about numbers in text behind the last header, as a decimal comma makes them in a list with commas.
    fn fields_too_many(&self) -> Option<Told> {
        let last = self.sample.header.names.iter().rposition(|name| !name.is_empty())?;
        // A spreadsheet may hold anything beside its table.
        let is_text = self.evidence.sheet.is_empty();
        let rows = self.sample.start..self.sample.start + self.sample.rows;
        let spilled = rows.into_iter().find_map(|row| {
            let text = self.chunk.cell(row, last + 1)?.trim();
            is_number(text).then(|| (self.chunk.row_number(row), text.to_owned()))
        });
        spilled.filter(|_| is_text).map(|(row, text)| {
            told!(
                "guess-fields-too-many",
                "row {row} has more fields than the header, such as `{text}`: do commas divide the columns, and decimals too? Then write the decimals with a point, or the columns apart with semicolons",
                row = row,
                text = text
            )
        })
    }

    /// What a column of numbers says of the values beside it.
    fn said_in_numbers(&self, column: &Column, header: &str, texts: &[&str]) -> Option<Told> {
        if let Some(words) = bad_words(header) {
            return texts.iter().find(|text| words.contains(text)).map(|text| says_bad(&column.name, text));
        }
        if POWERS.contains(&header) {
            let power = texts.iter().find(|text| !["0", "1"].contains(text))?;
            return Some(told!(
                "guess-column-of-powers",
                "`{column}` says `{text}`: are the values to be multiplied by it, or by such a power of ten? Nothing does: write the whole values, or their unit",
                column = column.name,
                text = power
            ));
        }
        // Where every column of numbers is of one property, the others are asked about anyway.
        let is_long = self.mapping.values.iter().any(|value| value.property.column().is_some());
        let is_divided = is_long && DIVIDED.contains(&header) && texts.len() > 1;
        is_divided.then(|| says_part(&column.name, texts[0]))
    }

    /// Asks about hours beside a day that are in no way that is read, and about those of another value.
    fn hours_unread(&self, column: &Column, precision: Option<Precision>) -> Option<Told> {
        let time = self.mapping.time.as_ref()?;
        let header = model::fold(&column.base);
        let is_clock = says_hour(&column.base) || header == "ca do" || header == "ca";
        // When a highest value was there is told beside it, and is another time only where each has its own.
        let of_value = has_words(&header, "xuat hien");
        let is_day = precision == Some(Precision::Day) && time.columns.len() == 1 && time.hour.is_none();
        let has_clock = time.columns.len() == 2 && precision == Some(Precision::Instant);
        let is_asked = is_clock && ((is_day && !of_value) || (has_clock && of_value));
        is_asked.then(|| {
            told!(
                "guess-hours-not-read",
                "`{column}` says `{text}`, and nothing reads it: is it the time of day of the values? Write it as `07:00`, beside the date of each value",
                column = column.name,
                text = column.texts.first().map_or("", |(text, _)| text)
            )
        })
    }
}

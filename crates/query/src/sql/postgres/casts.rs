//! Casts as PostgreSQL makes them where the planner makes others: to whole numbers (to the nearest one), to times and
//! spans (in its ways to write them), to texts of a length, to bytes.

use arrow::array::timezone::Tz;
use datafusion::sql::sqlparser::ast::{
    CharacterLength, DataType as SqlType, DateTimeField, ExactNumberInfo, Expr, Interval, TimezoneInfo,
    UnaryOperator, Value,
};

use super::adapt::{literal, parsed, quoted};
use super::readings::{self, Moment};
use super::small::is_small;
use super::span_words::Span;

/// What stands for a cast to a type that PostgreSQL reads in its own way; the type may become another.
pub(super) fn cast(inner: &mut Box<Expr>, to: &mut SqlType, zone: Tz) -> Option<Expr> {
    if let Some(function) = whole(to) {
        return to_whole(inner, function);
    }
    if let Some(text) = text_literal(inner) {
        return of_text(&text, inner, to, zone);
    }
    match to {
        // PostgreSQL counts microseconds.
        SqlType::Timestamp(precision @ None, _) => {
            *precision = Some(6);
            None
        }
        SqlType::Numeric(of) | SqlType::Decimal(of) => to_decimal(inner, of),
        SqlType::Varchar(Some(CharacterLength::IntegerLength { length, .. }))
        | SqlType::CharacterVarying(Some(CharacterLength::IntegerLength { length, .. })) => {
            parsed(&format!("left(pg_text({inner}), {length})"))
        }
        SqlType::Bytea => parsed(&format!("pg_bytea({inner})")),
        // A number that is written out keeps its digits.
        SqlType::Text | SqlType::Varchar(None) => number_literal(inner).and_then(|digits| {
            let is_plain = digits.contains('.') && !digits.contains(['e', 'E']);
            is_plain.then(|| Expr::Value(Value::SingleQuotedString(digits).into()))
        }),
        _ => None,
    }
}

/// The digits of the planner's decimals.
const MOST_DIGITS: u64 = 38;

/// A number as a decimal: one that is written out has the digits that it is written with, another is rounded as one.
fn to_decimal(inner: &Expr, of: &ExactNumberInfo) -> Option<Expr> {
    let digits =
        number_literal(inner).or_else(|| text_literal(inner)).and_then(|digits| plain_decimal(&digits));
    let (precision, scale) = match (of, &digits) {
        (ExactNumberInfo::PrecisionAndScale(precision, scale), _) => (*precision, *scale),
        (ExactNumberInfo::Precision(precision), _) => (*precision, 0),
        (ExactNumberInfo::None, Some(digits)) => {
            let behind = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            let all = digits.bytes().filter(u8::is_ascii_digit).count();
            let count = |digits: usize| u64::try_from(digits).ok().filter(|digits| *digits <= MOST_DIGITS);
            (count(all)?, i64::try_from(behind).ok()?)
        }
        (ExactNumberInfo::None, None) => return None,
    };
    let number = match digits {
        Some(digits) => quoted(&digits),
        None if text_literal(inner).is_some() => inner.to_string(),
        None => format!("pg_round_to({inner}, {scale})"),
    };
    // The planner's decimals have fewer digits.
    parsed(&format!("CAST({number} AS DECIMAL({}, {scale}))", precision.min(MOST_DIGITS)))
}

/// A number that is written in digits, with a point and a sign where there are, and nothing else.
fn plain_decimal(text: &str) -> Option<String> {
    let text = text.trim();
    let bare = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = bare.split_once('.').unwrap_or((bare, ""));
    let is_plain = [whole, fraction].iter().all(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        && !(whole.is_empty() && fraction.is_empty());
    is_plain.then(|| text.trim_start_matches('+').to_owned())
}

/// The function that makes values of a type of whole numbers.
fn whole(to: &SqlType) -> Option<&'static str> {
    Some(match to {
        SqlType::SmallInt(None) | SqlType::Int2(None) => "pg_int2",
        SqlType::Int(None) | SqlType::Integer(None) | SqlType::Int4(None) => "pg_int4",
        SqlType::BigInt(None) | SqlType::Int8(None) => "pg_int8",
        _ => return None,
    })
}

fn to_whole(inner: &mut Box<Expr>, function: &str) -> Option<Expr> {
    if let Some(digits) = number_literal(inner).filter(|digits| digits.contains(['.', 'e', 'E'])) {
        // A number that is written out is a decimal, whose middle goes away from zero.
        **inner = Expr::Value(Value::Number(rounded(&digits)?, false).into());
        return None;
    }
    if let Some(text) = text_literal(inner) {
        // A text that writes none is refused by the planner's own cast.
        let number = text.trim().parse::<i64>().ok()?;
        **inner = Expr::Value(Value::SingleQuotedString(number.to_string()).into());
        return None;
    }
    let is_whole = is_small(inner) || matches!(**inner, Expr::Value(_));
    if is_whole { None } else { parsed(&format!("{function}({inner})")) }
}

/// The whole number that is nearest to one that is written out with a point or an exponent.
fn rounded(digits: &str) -> Option<String> {
    if digits.contains(['e', 'E']) {
        return Some(format!("{}", digits.parse::<f64>().ok()?.round()));
    }
    let (whole, fraction) = digits.split_once('.')?;
    let is_below = whole.starts_with('-');
    let whole: i128 = match whole.trim_start_matches('-') {
        "" => 0,
        whole => whole.parse().ok()?,
    };
    let whole = whole + i128::from(fraction.starts_with(|digit: char| ('5'..='9').contains(&digit)));
    Some(if is_below { (-whole).to_string() } else { whole.to_string() })
}

/// A cast of a text that is written out.
fn of_text(text: &str, inner: &mut Box<Expr>, to: &mut SqlType, there: Tz) -> Option<Expr> {
    if let Some(moment) = of_day(text, to) {
        return parsed(moment);
    }
    let mut put = |text: String| {
        **inner = Expr::Value(Value::SingleQuotedString(text).into());
    };
    match to {
        SqlType::Timestamp(precision, zone) => {
            let has_zone = matches!(zone, TimezoneInfo::Tz | TimezoneInfo::WithTimeZone);
            if precision.is_none() {
                *precision = Some(6);
            }
            if let Some(moment) = Moment::read(text) {
                match has_zone {
                    true => moment.instant(there).into_iter().for_each(&mut put),
                    false => put(moment.shown()),
                }
            }
            None
        }
        SqlType::Date => {
            if let Some(moment) = Moment::read(text) {
                put(moment.date());
            }
            None
        }
        SqlType::Time(_, zone @ (TimezoneInfo::None | TimezoneInfo::WithoutTimeZone)) => {
            *zone = TimezoneInfo::None;
            if let Some(clock) = readings::clock(text) {
                put(clock);
            }
            None
        }
        SqlType::Numeric(of) | SqlType::Decimal(of) => to_decimal(inner, of),
        SqlType::Interval { fields, precision } => {
            let fields = fields.as_ref().map(|fields| fields.to_string().to_lowercase());
            let mut units = fields.iter().flat_map(|fields| fields.split(" to "));
            let (first, last) = (units.next(), units.next());
            let span = span_of(text, first, last.or(first), *precision)?;
            parsed(&format!("INTERVAL {}", quoted(&span.written())))
        }
        SqlType::Bytea => {
            let hex = text.strip_prefix("\\x").filter(|hex| {
                hex.len().is_multiple_of(2) && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
            });
            match hex {
                Some(hex) => Some(Expr::Value(Value::HexStringLiteral(hex.to_owned()).into())),
                None => parsed(&format!("pg_bytea({})", quoted(text))),
            }
        }
        SqlType::Varchar(Some(CharacterLength::IntegerLength { length, .. }))
        | SqlType::CharacterVarying(Some(CharacterLength::IntegerLength { length, .. })) => {
            let cut: String = text.chars().take(usize::try_from(*length).ok()?).collect();
            put(cut);
            *to = SqlType::Varchar(None);
            None
        }
        SqlType::Char(Some(CharacterLength::IntegerLength { length, .. }))
        | SqlType::Character(Some(CharacterLength::IntegerLength { length, .. })) => {
            let length = usize::try_from(*length).ok().filter(|length| *length <= 1_000)?;
            put(text.chars().chain(std::iter::repeat(' ')).take(length).collect());
            *to = SqlType::Varchar(None);
            None
        }
        _ => None,
    }
}

/// A day or an instant that a word names (§8.5.1.4).
fn of_day(text: &str, to: &SqlType) -> Option<&'static str> {
    let (is_date, has_zone) = match to {
        SqlType::Date => (true, false),
        SqlType::Timestamp(_, zone) => (false, matches!(zone, TimezoneInfo::Tz | TimezoneInfo::WithTimeZone)),
        _ => return None,
    };
    Some(match (text.trim().to_lowercase().as_str(), is_date, has_zone) {
        ("now" | "today", true, _) => "current_date()",
        ("tomorrow", true, _) => "current_date() + 1",
        ("yesterday", true, _) => "current_date() - 1",
        ("now", false, true) => "now()",
        ("now", false, false) => "CAST(now() AS TIMESTAMP(6))",
        ("today", false, false) => "CAST(current_date() AS TIMESTAMP(6))",
        ("tomorrow", false, false) => "CAST(current_date() + 1 AS TIMESTAMP(6))",
        ("yesterday", false, false) => "CAST(current_date() - 1 AS TIMESTAMP(6))",
        ("today", false, true) => "CAST(current_date() AS TIMESTAMP(6) WITH TIME ZONE)",
        ("tomorrow", false, true) => "CAST(current_date() + 1 AS TIMESTAMP(6) WITH TIME ZONE)",
        ("yesterday", false, true) => "CAST(current_date() - 1 AS TIMESTAMP(6) WITH TIME ZONE)",
        _ => return None,
    })
}

/// A span as the planner reads it: `INTERVAL '…'`, with units behind it or without.
pub(super) fn interval(interval: &Interval) -> Option<Expr> {
    let text = literal(&interval.value)?;
    let unit = |field: &DateTimeField| field.to_string().to_lowercase();
    let first = interval.leading_field.as_ref().map(unit);
    let last = interval.last_field.as_ref().map(unit).or_else(|| first.clone());
    let digits = match &interval.leading_field {
        Some(DateTimeField::Second) => interval.fractional_seconds_precision.or(interval.leading_precision),
        _ => interval.fractional_seconds_precision,
    };
    let span = span_of(&text, first.as_deref(), last.as_deref(), digits)?;
    let written = quoted(&span.written());
    if interval.leading_field.is_none() && quoted(&text) == written {
        return None;
    }
    parsed(&format!("INTERVAL {written}"))
}

/// A span of which the first and the last unit are named, and how many digits its seconds have. The last unit is that of
/// a number that has none, and what is smaller is cut off (§8.5.4).
fn span_of(text: &str, first: Option<&str>, last: Option<&str>, digits: Option<u64>) -> Option<Span> {
    let text = match (first, last) {
        (_, Some(unit)) if text.trim().parse::<f64>().is_ok() => format!("{text} {unit}"),
        // `1:30` are minutes and seconds.
        (Some("minute"), Some("second")) => {
            let word = |word: &str| match (word.matches(':').count(), word.strip_prefix('-')) {
                (1, Some(word)) => format!("-0:{word}"),
                (1, None) => format!("0:{word}"),
                _ => word.to_owned(),
            };
            text.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
        }
        _ => text.to_owned(),
    };
    let span = Span::read(&text)?;
    let span = last.map_or(span, |unit| span.cut(unit));
    Some(digits.map_or(span, |digits| span.with_digits(digits)))
}

/// A text that is written out, and nothing else.
fn text_literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) if !matches!(value.value, Value::Number(..)) => value.value.clone().into_string(),
        Expr::Nested(inner) => text_literal(inner),
        _ => None,
    }
}

/// Makes a number that is written out beside a text the text of its digits.
pub(super) fn keep_digits(left: &mut Expr, right: &mut Expr) {
    let keep = |number: &mut Expr, beside: &Expr| {
        let digits =
            number_literal(number).filter(|digits| digits.contains('.') && !digits.contains(['e', 'E']));
        if let (Some(digits), Some(_)) = (digits, text_literal(beside)) {
            *number = Expr::Value(Value::SingleQuotedString(digits).into());
        }
    };
    keep(left, right);
    keep(right, left);
}

/// The digits of a number that is written out, with its sign.
pub(super) fn number_literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => Some(digits.clone()),
            _ => None,
        },
        Expr::Nested(inner) => number_literal(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => {
            number_literal(expr).filter(|digits| !digits.starts_with('-')).map(|digits| format!("-{digits}"))
        }
        _ => None,
    }
}

//! Patterns of PostgreSQL: of `LIKE` with a sign of escape of one's own, of `format`, and of times that are read.

use datafusion::sql::sqlparser::ast::{Expr, ValueWithSpan};

use super::adapt::{literal, parsed, quoted};

/// Stands for the sign of escape where it is meant as itself.
const ITSELF: &str = "\u{1}";

/// Makes a pattern one whose signs are escaped by a backslash, as the planner takes it.
pub(super) fn escape_by_backslash(pattern: &mut Box<Expr>, escape: &mut Option<ValueWithSpan>) {
    let Some(sign) = escape.as_ref().and_then(|value| value.value.clone().into_string()) else { return };
    *escape = None;
    if sign == "\\" {
        return;
    }
    let replaced =
        |text: String, from: &str, to: &str| format!("replace({text}, {}, {})", quoted(from), quoted(to));
    let mut text = replaced(pattern.to_string(), "\\", "\\\\");
    // An empty sign escapes nothing.
    if !sign.is_empty() {
        text = replaced(text, &format!("{sign}{sign}"), ITSELF);
        text = replaced(text, &sign, "\\");
        text = replaced(text, ITSELF, &sign);
    }
    if let Some(other) = parsed(&text) {
        **pattern = other;
    }
}

/// `format('…', …)` as a concatenation: `%s`, `%I` and `%L`, one argument after the other.
pub(super) fn formatted(arguments: &[Expr]) -> Option<Expr> {
    let (pattern, values) = arguments.split_first()?;
    let pattern = literal(pattern)?;
    let mut values = values.iter();
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            plain.push(letter);
            continue;
        }
        let mark = match letters.next()? {
            '%' => {
                plain.push('%');
                continue;
            }
            's' => "pg_shown",
            'I' => "quote_ident",
            'L' => "quote_nullable",
            _ => return None,
        };
        parts.push(quoted(&std::mem::take(&mut plain)));
        let shown = format!("pg_shown({})", values.next()?);
        parts.push(if mark == "pg_shown" { shown } else { format!("{mark}({shown})") });
    }
    parts.push(quoted(&plain));
    parsed(&format!("concat({})", parts.join(", ")))
}

/// The parts of a pattern of times (PostgreSQL 15, table 9.26), the longer first, each with the one that the
/// planner has for it.
const PARTS: [(&str, &str); 27] = [
    ("YYYY", "%Y"),
    ("IYYY", "%G"),
    ("HH24", "%H"),
    ("HH12", "%I"),
    ("Month", "%B"),
    ("MONTH", "%B"),
    ("month", "%B"),
    ("DDD", "%j"),
    ("Day", "%A"),
    ("DAY", "%A"),
    ("day", "%A"),
    ("Mon", "%b"),
    ("MON", "%b"),
    ("mon", "%b"),
    ("TZH", "%z"),
    ("YY", "%y"),
    ("MM", "%m"),
    ("MI", "%M"),
    ("DD", "%d"),
    ("Dy", "%a"),
    ("DY", "%a"),
    ("HH", "%I"),
    ("SS", "%S"),
    ("MS", "%3f"),
    ("US", "%6f"),
    ("IW", "%V"),
    ("AM", "%p"),
];

/// `to_timestamp(text, 'YYYY-MM-DD')`, and `to_timestamp(seconds)`: an instant, in UTC where nothing is said.
pub(super) fn to_timestamp(arguments: &[Expr]) -> Option<Expr> {
    match arguments {
        [seconds] => parsed(&format!("CAST(pg_instant({seconds}) AS TIMESTAMP(6) WITH TIME ZONE)")),
        [text, pattern] => {
            let pattern = quoted(&in_planners_words(&literal(pattern)?)?);
            parsed(&format!("CAST(to_timestamp({text}, {pattern}) AS TIMESTAMP(6) WITH TIME ZONE)"))
        }
        _ => None,
    }
}

/// `to_date(text, 'YYYY-MM-DD')`.
pub(super) fn to_date(arguments: &[Expr]) -> Option<Expr> {
    let [text, pattern] = arguments else { return None };
    parsed(&format!("to_date({text}, {})", quoted(&in_planners_words(&literal(pattern)?)?)))
}

/// A pattern of times as the planner has it; none where a part of it is not known.
fn in_planners_words(pattern: &str) -> Option<String> {
    let mut plain = String::new();
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (text, after) = quoted.split_once('"')?;
            plain.push_str(&text.replace('%', "%%"));
            rest = after;
            continue;
        }
        // Without padding: chrono writes `%-d` for it, and pads no names.
        let (is_bare, part) = match rest.strip_prefix("FM") {
            Some(part) => (true, part),
            None => (false, rest),
        };
        if let Some((theirs, ours)) = PARTS.iter().find(|(theirs, _)| part.starts_with(theirs)) {
            let is_padded = !matches!(*ours, "%A" | "%B" | "%a" | "%b" | "%p" | "%z" | "%3f" | "%6f");
            plain.push_str(&if is_bare && is_padded {
                ours.replacen('%', "%-", 1)
            } else {
                (*ours).to_owned()
            });
            rest = &part[theirs.len()..];
        } else if letter.is_ascii_alphabetic() && letter != 'T' {
            return None;
        } else {
            plain.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::ast::Value;

    use super::*;

    fn value(text: &str) -> ValueWithSpan {
        Value::SingleQuotedString(text.to_owned()).into()
    }

    #[test]
    fn a_pattern_is_escaped_by_a_backslash() {
        let check = |escape: &str, expected: &str| {
            let mut pattern = Box::new(Expr::Identifier("p".into()));
            let mut sign = Some(value(escape));
            escape_by_backslash(&mut pattern, &mut sign);
            assert_eq!((pattern.to_string().as_str(), sign), (expected, None));
        };
        check("\\", "p");
        check("", "replace(p, '\\', '\\\\')");
        let all =
            "replace(replace(replace(replace(p, '\\', '\\\\'), '//', '\u{1}'), '/', '\\'), '\u{1}', '/')";
        check("/", all);
    }

    #[test]
    fn a_pattern_of_times_becomes_the_planners() {
        let check = |pattern: &str, expected: Option<&str>| {
            assert_eq!(in_planners_words(pattern).as_deref(), expected, "{pattern}");
        };
        check("YYYY-MM-DD HH24:MI:SS.MS", Some("%Y-%m-%d %H:%M:%S.%3f"));
        check("FMDD/FMMM \"năm\" YYYY", Some("%-d/%-m năm %Y"));
        check("IYYY-IW", Some("%G-%V"));
        check("J", None);
    }

    #[test]
    fn a_format_becomes_a_concatenation() {
        let text = |text: &str| Expr::Value(value(text));
        let made = formatted(&[text("%I.%s 5%%"), text("a"), text("b")]).unwrap();
        let expected = "concat('', quote_ident(pg_shown('a')), '.', pg_shown('b'), ' 5%')";
        assert_eq!(made.to_string(), expected);
        assert_eq!(formatted(&[text("%d"), text("a")]), None);
    }
}

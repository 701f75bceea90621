//! Patterns of PostgreSQL: of `LIKE` with a sign of escape of one's own, and of `format`.

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
            's' => "",
            'I' => "\"",
            'L' => "'",
            _ => return None,
        };
        plain.push_str(mark);
        parts.push(quoted(&std::mem::take(&mut plain)));
        parts.push(format!("CAST({} AS VARCHAR)", values.next()?));
        plain.push_str(mark);
    }
    parts.push(quoted(&plain));
    parsed(&format!("concat({})", parts.join(", ")))
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
    fn a_format_becomes_a_concatenation() {
        let text = |text: &str| Expr::Value(value(text));
        let made = formatted(&[text("%I.%s 5%%"), text("a"), text("b")]).unwrap();
        let expected = "concat('\"', CAST('a' AS VARCHAR), '\".', CAST('b' AS VARCHAR), ' 5%')";
        assert_eq!(made.to_string(), expected);
        assert_eq!(formatted(&[text("%d"), text("a")]), None);
    }
}

//! `SIMILAR TO`: patterns of SQL as regular expressions (PostgreSQL 15, §9.7.2).

use datafusion::sql::sqlparser::ast::Expr;

use super::adapt::{literal, parsed, quoted};

/// What stands for `text [NOT] SIMILAR TO 'pattern'`.
pub(super) fn similar(expr: &Expr) -> Option<Expr> {
    let Expr::SimilarTo { negated, expr, pattern, escape_char } = expr else { return None };
    let escape = match escape_char {
        Some(value) => value.value.clone().into_string()?.chars().next(),
        None => Some('\\'),
    };
    let op = if *negated { "!~" } else { "~" };
    parsed(&format!("({expr} {op} {})", quoted(&regex(&literal(pattern)?, escape))))
}

fn regex(pattern: &str, escape: Option<char>) -> String {
    let mut text = String::from("^(?:");
    let (mut letters, mut is_set) = (pattern.chars(), false);
    while let Some(letter) = letters.next() {
        match letter {
            c if Some(c) == escape => {
                let Some(next) = letters.next() else { break };
                if !next.is_alphanumeric() {
                    text.push('\\');
                }
                text.push(next);
            }
            '[' | ']' => {
                is_set = letter == '[';
                text.push(letter);
            }
            _ if is_set => text.push(letter),
            '%' => text.push_str("(?s:.*)"),
            '_' => text.push_str("(?s:.)"),
            '(' => text.push_str("(?:"),
            '.' | '^' | '$' | '\\' => {
                text.push('\\');
                text.push(letter);
            }
            other => text.push(other),
        }
    }
    text.push_str(")$");
    text
}

#[cfg(test)]
mod tests {
    use super::regex;

    #[test]
    fn patterns_of_sql_become_regular_expressions() {
        assert_eq!(regex("(a|b)%_", Some('\\')), "^(?:(?:a|b)(?s:.*)(?s:.))$");
        assert_eq!(regex("[a-c%]+.", Some('\\')), "^(?:[a-c%]+\\.)$");
        assert_eq!(regex("50\\%", Some('\\')), "^(?:50\\%)$");
    }
}

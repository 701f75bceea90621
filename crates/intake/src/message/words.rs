//! The words that findings hold beside the texts of the file: names of tests, of types and of marks.

use model::{Finding, Lang, Quality};
use wording::Told;

use crate::quality::Test;

/// What a finding says of the file and what was expected, in a language.
pub(super) fn of(finding: &Finding, lang: Lang) -> (String, String) {
    let Finding { code, value, .. } = finding;
    let expected = Told::read(&finding.expected).sentence(lang);
    match code.as_str() {
        "quality_fail" | "quality_suspect" => (value.clone(), quality_tests(&expected, lang)),
        "drift_decimal" => (mark(value, lang), mark(&expected, lang)),
        "wrong_type" => (value.clone(), of_type(&expected, lang).to_owned()),
        _ => (value.clone(), expected),
    }
}

/// The tests that set a flag in words: `spike:3 gap:1` is `spike suspect, gap pass`; what else is told of
/// a value beside them stays as it is written.
pub fn quality_tests(tests: &str, lang: Lang) -> String {
    let in_words = |part: &str| {
        let (name, flag) = part.split_once(':')?;
        let test = Test::ALL.into_iter().find(|test| test.name() == name)?;
        let flag = Quality::from_code(flag.parse().ok()?)?;
        Some(format!("{} {}", name_of(test, lang), flag_of(flag, lang)))
    };
    let parts = tests.split_whitespace().map(|part| in_words(part).unwrap_or_else(|| part.to_owned()));
    parts.collect::<Vec<_>>().join(", ")
}

fn name_of(test: Test, lang: Lang) -> &'static str {
    let (vi, en) = match test {
        Test::GrossRange => ("khoảng hợp lý", "gross range"),
        Test::Climatology => ("khoảng theo mùa", "climatology"),
        Test::Spike => ("đột biến", "spike"),
        Test::RateOfChange => ("tốc độ thay đổi", "rate of change"),
        Test::FlatLine => ("đứng yên", "flat line"),
        Test::Gap => ("gián đoạn", "gap"),
        Test::Neighbour => ("so với trạm lân cận", "neighbours"),
    };
    if lang == Lang::En { en } else { vi }
}

fn flag_of(flag: Quality, lang: Lang) -> &'static str {
    let (vi, en) = match flag {
        Quality::Pass => ("đạt", "pass"),
        Quality::NotEvaluated => ("chưa đánh giá", "not evaluated"),
        Quality::Suspect => ("nghi ngờ", "suspect"),
        Quality::Fail => ("không đạt", "fail"),
        Quality::Missing => ("thiếu", "missing"),
    };
    if lang == Lang::En { en } else { vi }
}

fn mark(decimal: &str, lang: Lang) -> String {
    match (decimal, lang) {
        ("comma", Lang::Vi | Lang::Km) => "dấu phẩy".into(),
        ("dot", Lang::Vi | Lang::Km) => "dấu chấm".into(),
        (other, _) => other.to_owned(),
    }
}

fn of_type(code: &str, lang: Lang) -> &str {
    match (code, lang) {
        ("text", Lang::Vi | Lang::Km) => "chữ",
        ("integer", Lang::Vi | Lang::Km) => "số nguyên",
        ("number", Lang::Vi | Lang::Km) => "số",
        ("boolean", Lang::Vi | Lang::Km) => "đúng/sai",
        ("time", Lang::Vi | Lang::Km) => "thời gian",
        (other, _) => other,
    }
}

#[cfg(test)]
mod tests {
    use model::{CellRef, Finding, Lang, Severity};

    use super::{of, quality_tests};

    #[test]
    fn tests_that_set_a_flag_are_told_in_words() {
        let tests = "spike:3 gap:1 source:2";
        assert_eq!(quality_tests(tests, Lang::Vi), "đột biến nghi ngờ, gián đoạn đạt, source:2");
        assert_eq!(quality_tests(tests, Lang::En), "spike suspect, gap pass, source:2");
    }

    #[test]
    fn marks_and_types_are_told_in_words() {
        let finding = |code: &str, value: &str, expected: &str| Finding {
            severity: Severity::Warning,
            code: code.into(),
            cell: CellRef { sheet: 0, row: 1, column: 1 },
            column_name: String::new(),
            value: value.into(),
            expected: expected.into(),
        };
        let told = of(&finding("drift_decimal", "comma", "dot"), Lang::Vi);
        assert_eq!(told, ("dấu phẩy".to_owned(), "dấu chấm".to_owned()));
        let told = of(&finding("wrong_type", "x", "integer"), Lang::Vi);
        assert_eq!(told, ("x".to_owned(), "số nguyên".to_owned()));
    }
}

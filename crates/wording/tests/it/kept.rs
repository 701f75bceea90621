//! A sentence that was kept is read in any language.

use model::Lang;
use wording::{Told, reader, told};

fn sample() -> Told {
    let place = told!("formats-place-row", "row {row}", row = 7);
    told!("formats-at", "{what}, {place}", what => Told::words("Trạm `{row}` \"Cầu Nổi\""), place => place)
}

#[test]
fn what_is_told_is_worded_whole_in_each_language() {
    let told = sample();
    assert_eq!(told.to_string(), "Trạm `{row}` \"Cầu Nổi\", row 7");
    assert_eq!(told.sentence(Lang::En), told.to_string());
    assert_eq!(told.sentence(Lang::Vi), "Trạm `{row}` \"Cầu Nổi\", dòng 7");
    // Khmer falls back to Vietnamese, as all texts do.
    assert_eq!(told.sentence(Lang::Km), told.sentence(Lang::Vi));
}

#[test]
fn what_was_kept_is_told_as_it_was() {
    for told in
        [sample(), Told::list(vec![sample(), Told::words("b")]), Told::words("{\"a\": 1}"), Told::default()]
    {
        let read = Told::read(&told.kept());
        for lang in [Lang::Vi, Lang::En] {
            assert_eq!(read.sentence(lang), told.sentence(lang));
        }
        assert_eq!(read.to_string(), told.to_string());
    }
    assert_eq!(Told::read("every value was refused").sentence(Lang::Vi), "every value was refused");
}

#[test]
fn what_readers_of_documents_say_is_told_too() {
    for (reason, english, vietnamese) in [
        (
            "missing field `place` at line 3 column 1",
            "missing field `place` at line 3 column 1",
            "thiếu trường `place`, ở dòng 3 cột 1",
        ),
        (
            "limit: invalid digit found in string",
            "limit: invalid digit found in string",
            "limit: không phải là số nguyên",
        ),
        ("something new", "something new", "something new"),
    ] {
        let told = reader(reason);
        assert_eq!(told.sentence(Lang::En), english);
        assert_eq!(told.sentence(Lang::Vi), vietnamese);
    }
}

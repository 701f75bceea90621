//! Text of fixed width.

use std::fmt::Write;

use formats::{Encoding, Error, Format, Limits, Reading, detect_file, open_table_read_as};

use crate::files::{chunks, file, row, rows, rows_of};

#[test]
fn columns_that_stand_under_each_other_are_cut_where_the_blanks_are() {
    let mut text =
        String::from("Mực nước giờ các trạm, tháng 2 năm 2020\n\nTRẠM         NGÀY       GIỜ  H (cm)\n");
    for day in 1..=28 {
        let _ = writeln!(text, "Tân Châu     {day:02}/02/2020   {:>2}   {:>5}", day % 24, day * 7 - 90);
    }
    text += "Mỹ Tho       01/03/2020         \n";
    let read = rows(&text, &Limits::default()).unwrap();
    assert_eq!(read[1], row(0, 3, &["TRẠM", "NGÀY", "GIỜ", "H (cm)"]));
    assert_eq!(read[2], row(0, 4, &["Tân Châu", "01/02/2020", "1", "-83"]));
    assert_eq!(read[29], row(0, 31, &["Tân Châu", "28/02/2020", "4", "106"]));
    assert_eq!(read[30], row(0, 32, &["Mỹ Tho", "01/03/2020"]));
}

#[test]
fn the_widths_can_be_given() {
    let file = file("CTO20200201 125\nMYT20200202-012\n");
    let encoding = Encoding::Utf8;
    let open = |widths: Vec<u16>| {
        let reading = Reading { widths, ..Reading::default() };
        open_table_read_as(file.path(), &Format::FixedWidth { encoding }, &reading, &Limits::default())
    };
    let mut table = open(vec![3, 8, 4]).unwrap();
    assert_eq!(
        rows_of(&chunks(&mut *table).unwrap()),
        [row(0, 1, &["CTO", "20200201", "125"]), row(0, 2, &["MYT", "20200202", "-012"])]
    );
    let Err(Error::Invalid { code, hint, .. }) = open(Vec::new()) else { panic!() };
    assert_eq!(code, "no_columns");
    assert!(hint.contains("widths"), "{hint}");
}

#[test]
fn a_table_with_delimiters_stays_one() {
    for text in ["a,b\n1,2\n3,4\n", "Can Tho;  1,5\nMy Tho ; 12,5\n", "a\n1\n2\n"] {
        let file = file(text);
        let format = detect_file("a.txt", file.path()).unwrap();
        assert!(matches!(format, Format::Csv { .. }), "{text:?} {format:?}");
    }
}

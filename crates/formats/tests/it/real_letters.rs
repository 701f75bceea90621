//! Old workbooks of the institute and of the ministry, whose texts are in TCVN3: read word by word.
//! The expected texts were decoded by hand from what Python's `xlrd` shows.

use std::path::{Path, PathBuf};

use formats::{Limits, Note, NoteKind};

use crate::files::{Row, chunks, open, rows_of};

fn real(name: &str) -> Option<(Vec<Row>, Vec<Note>)> {
    let path: PathBuf = Path::new(&std::env::var_os("CUULONG_REAL_DATA")?).join(name);
    let mut table = open(&path, &Limits::default()).unwrap();
    let rows = rows_of(&chunks(&mut *table).unwrap());
    let notes = table.notes();
    Some((rows, notes))
}

fn cell(rows: &[Row], sheet: u16, row: u32, column: usize) -> &str {
    let found = rows.iter().find(|found| found.0 == sheet && found.1 == row);
    found.and_then(|found| found.2.get(column - 1)).map_or("", String::as_str)
}

#[test]
fn titles_in_tcvn3_and_in_both_encodings_become_unicode() {
    for (name, station) in [
        ("Batri", "Trạm: Ba Tri (Bến Tre)"),
        ("Camau", "Trạm: Cà Mau (Cà Mau)"),
        ("Cantho", "Trạm: Cần Thơ  (Cần Thơ)"),
        ("Caolanh", "Trạm: Cao Lãnh (Đồng Tháp)"),
        ("Mytho", "Trạm: Mỹ Tho (Tiền Giang) "),
        ("Rachgia", "Trạm: Rạch Giá (Kiên Giang)"),
        ("Soctrang", "Trạm:  Sóc Trăng (Sóc Trăng)"),
    ] {
        let Some((rows, notes)) = real(&format!("climate/imhen_monthly_xls/{name}.xls")) else { return };
        assert_eq!(cell(&rows, 0, 1, 1).trim(), station.trim());
        assert_eq!(cell(&rows, 0, 2, 1), "Yếu tố: Nhiệt độ trung bình (OC)");
        assert_eq!(cell(&rows, 3, 2, 1), "Yếu tố: Lượng mưa tháng (mm)");
        assert!(cell(&rows, 0, 1, 12).starts_with("Vĩ độ:") && cell(&rows, 0, 2, 12).starts_with("Kinh độ:"));
        for sheet in 0..7 {
            assert_eq!(
                (cell(&rows, sheet, 5, 1), cell(&rows, sheet, 5, 14)),
                ("Năm", "Năm"),
                "{name} {sheet}"
            );
        }
        assert!(notes.iter().any(|note| note.kind == NoteKind::ReadAs && note.read_as == "TCVN3 (ABC)"));
        let mixed = notes.iter().any(|note| note.kind == NoteKind::Mixed);
        assert_eq!(mixed, matches!(name, "Camau" | "Mytho" | "Rachgia"), "{name}");
    }
}

#[test]
fn a_budget_in_tcvn3_and_budgets_in_unicode() {
    let Some((rows, _)) = real("socioeconomic/state_budget/Plan_2003.xls") else { return };
    assert_eq!(cell(&rows, 0, 1, 1), "Bộ Tài chính");
    assert_eq!(
        cell(&rows, 0, 3, 1),
        "dự toán thu, chi ngân sách của các tỉnh, thành phố trực thuộc trung ương năm 2003"
    );
    assert_eq!(
        cell(&rows, 0, 4, 1),
        "(Kèm theo Quyết định số 757/2003/QĐ-BTC ngày 08/04/2003 của Bộ trưởng Bộ Tài chính)"
    );
    assert_eq!(cell(&rows, 0, 8, 7), "Đơn vị: Triệu đồng.");
    for name in ["state_budget/Final_2007.xls", "state_budget/Final_2010.xls", "pci_papi/PCI_2007.xls"] {
        let (_, notes) = real(&format!("socioeconomic/{name}")).unwrap();
        assert_eq!(notes, [], "{name}");
    }
}

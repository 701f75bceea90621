//! Real workbooks, from the folder that `CUULONG_REAL_DATA` names. The expected numbers
//! were read from the files by Python's `xlrd` (`sheet.cell(row, column)`, numbers and dates of
//! `ctype` 2 and 3, texts of `ctype` 1 that are not empty, `merged_cells`, `rowinfo_map`,
//! `colinfo_map`).

use std::path::Path;

use formats::{Limits, neighbourhood};
use model::CellRef;

use crate::files::open;
use crate::real::{close, number, real};

/// What a sheet holds.
#[derive(Debug, Default, PartialEq)]
struct Found {
    numbers: usize,
    sum: f64,
    texts: usize,
    errors: usize,
}

fn found(path: &Path, sheet: u16) -> Found {
    let mut table = open(path, &Limits::default()).unwrap();
    let mut found = Found::default();
    while let Some(chunk) = table.next_chunk().unwrap() {
        for (row, column) in (0..chunk.len()).flat_map(|r| (0..chunk.columns.len()).map(move |c| (r, c))) {
            let Some(text) = chunk.cell(row, column).filter(|_| chunk.sheet == sheet) else { continue };
            if chunk.is_typed(row, column) {
                found.numbers += 1;
                found.sum += number(text).unwrap();
            } else if text.starts_with('#') {
                found.errors += 1;
            } else {
                found.texts += 1;
            }
        }
    }
    found
}

#[test]
fn old_workbooks_hold_what_another_reader_finds_in_them() {
    for (file, sheets, sheet, numbers, sum, texts, merged) in [
        ("climate/imhen_monthly_xls/Batri.xls", 7, 0, 518, 86_862.954_104_516_41, 19, 5),
        ("climate/imhen_monthly_xls/Camau.xls", 7, 3, 518, 252_560.399_999_999_76, 19, 5),
        ("climate/imhen_monthly_xls/Cantho.xls", 7, 3, 518, 190_732.400_000_000_17, 19, 5),
        ("climate/imhen_monthly_xls/Caolanh.xls", 7, 5, 518, 268_038.600_000_000_03, 19, 5),
        ("climate/imhen_monthly_xls/Mytho.xls", 7, 4, 504, 110_592.058_423_821_9, 19, 5),
        ("climate/imhen_monthly_xls/Rachgia.xls", 7, 6, 518, 88_226.049_999_999_99, 19, 5),
        ("climate/imhen_monthly_xls/Soctrang.xls", 7, 3, 518, 214_819.600_000_000_06, 19, 5),
        ("socioeconomic/pci_papi/PCI_2007.xls", 12, 1, 868, 13_680.593_996_000_001, 211, 0),
        ("socioeconomic/pci_papi/PCI_2007.xls", 12, 3, 792, 1_511.132_729_567_361_8, 158, 1),
        ("socioeconomic/state_budget/Final_2007.xls", 9, 6, 2214, 350_152_933.446_238_5, 156, 33),
        ("socioeconomic/state_budget/Final_2010.xls", 9, 8, 477, 4_380_099_019.483_688, 95, 11),
        ("socioeconomic/state_budget/Plan_2003.xls", 2, 0, 378, 281_243_777.0, 109, 2),
        ("socioeconomic/state_budget/Plan_2006.xls", 1, 0, 1016, 1_444_799_513.909_011_6, 117, 21),
        ("socioeconomic/state_budget/Plan_2007.xls", 4, 0, 692, 1_718_545_967.8, 106, 15),
        ("socioeconomic/state_budget/Plan_2011.xls", 8, 6, 1595, 514_064_395.0, 136, 23),
    ] {
        let Some(path) = real(file) else { return };
        let table = open(&path, &Limits::default()).unwrap();
        assert_eq!(table.sheets().len(), sheets, "{file}");
        assert_eq!(table.layout(sheet).merged.len(), merged, "{file}");
        let found = found(&path, sheet);
        assert_eq!((found.numbers, found.texts), (numbers, texts), "{file}");
        assert!(close(found.sum, sum), "{file}: {}", found.sum);
    }
}

#[test]
fn cells_of_old_workbooks_stand_where_another_reader_finds_them() {
    for (file, sheet, row, column, expected) in [
        ("climate/imhen_monthly_xls/Cantho.xls", 3, 6, 1, "1979"),
        ("climate/imhen_monthly_xls/Cantho.xls", 3, 5, 2, "I"),
        ("climate/imhen_monthly_xls/Cantho.xls", 3, 6, 2, "0"),
        ("climate/imhen_monthly_xls/Cantho.xls", 3, 21, 10, "196.7"),
        ("climate/imhen_monthly_xls/Cantho.xls", 3, 42, 14, "1498.1999999999998"),
        ("socioeconomic/pci_papi/PCI_2007.xls", 1, 1, 1, "Tỉnh/thành phố"),
        ("socioeconomic/pci_papi/PCI_2007.xls", 1, 3, 2, "2"),
        ("socioeconomic/pci_papi/PCI_2007.xls", 1, 6, 3, "Vùng núi phía Bắc"),
        ("socioeconomic/pci_papi/PCI_2007.xls", 1, 41, 9, "5.37848"),
        ("socioeconomic/pci_papi/PCI_2007.xls", 1, 70, 4, "Trung vị"),
        ("socioeconomic/state_budget/Plan_2003.xls", 0, 21, 4, "100"),
        ("socioeconomic/state_budget/Plan_2003.xls", 0, 61, 6, "441451"),
        ("socioeconomic/state_budget/Plan_2011.xls", 7, 1, 1, "BỘ TÀI CHÍNH"),
        ("socioeconomic/state_budget/Plan_2011.xls", 7, 21, 4, "100"),
        ("socioeconomic/state_budget/Plan_2011.xls", 7, 51, 6, "685690"),
    ] {
        let Some(path) = real(file) else { return };
        let cell = CellRef { sheet, row, column };
        let found = neighbourhood(&path, &formats::Format::Xls, cell, 0, &Limits::default()).unwrap();
        let (_, texts) = found.rows.iter().find(|(number, _)| *number == row).unwrap();
        assert_eq!(texts[usize::from(column - found.first_column)], expected, "{file} {row} {column}");
    }
}

/// Read by Python's `openpyxl` (`data_only`): `sheet_state`, and the cells that are numbers.
#[test]
fn workbooks_hold_what_another_reader_finds_in_them() {
    for (file, sheet, is_hidden, numbers, sum) in [
        ("socioeconomic/pci_papi/PCI_2014.xlsx", 0, false, 842, 11_996.241_290_484_542),
        ("socioeconomic/pci_papi/PCI_2014.xlsx", 1, true, 842, 11_950.232_974_000_006),
        ("socioeconomic/pci_papi/PCI_2014.xlsx", 9, false, 1738, 3_959.758_388_112_066_3),
        ("socioeconomic/pci_papi/PAPI_2011-2016.xlsx", 3, false, 1864, 10_903.347_851_399_989),
        ("water_quality/microplastics_dry_season_with_discharge.xlsx", 0, false, 159, 21_499_847_030_067.273),
        (
            "water_quality/microplastics_dry_season_with_discharge.xlsx",
            2,
            false,
            156,
            2_129_454_509_288.931_4,
        ),
    ] {
        let Some(path) = real(file) else { return };
        let table = open(&path, &Limits::default()).unwrap();
        assert_eq!(table.layout(sheet).is_hidden, is_hidden, "{file} {sheet}");
        let found = found(&path, sheet);
        assert_eq!(found.numbers, numbers, "{file} {sheet}");
        assert!(close(found.sum, sum), "{file} {sheet}: {}", found.sum);
    }
}

#[test]
fn cells_that_hold_an_error_show_it() {
    let Some(path) = real("socioeconomic/state_budget/Plan_2003.xls") else { return };
    assert_eq!(found(&path, 0).errors, 68, "cells of `ctype` 5");
}

#[test]
fn hidden_rows_and_columns_of_a_budget_are_told_and_read() {
    let Some(path) = real("socioeconomic/state_budget/Plan_2003.xls") else { return };
    let table = open(&path, &Limits::default()).unwrap();
    let layout = table.layout(0);
    assert_eq!(
        (layout.hidden_rows.as_slice(), layout.hidden_columns.as_slice()),
        (&[16..=17][..], &[8..=8][..])
    );
}

//! What sheets say beside their texts: merged, hidden and missing cells, and what is no text.

use formats::{CellRange, Limits};

use crate::files::{chunks, file, open, workbook};

fn range(first_row: u32, first_column: u16, last_row: u32, last_column: u16) -> CellRange {
    CellRange { first_row, first_column, last_row, last_column }
}

#[test]
fn a_workbook_says_what_is_merged_hidden_or_not_computed_before_its_rows() {
    let data = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>Năm</t></is></c></row>
        <row r="3" hidden="1"><c r="A3"><v>2020</v></c><c r="B3" s="1"><v>43831</v></c><c r="C3" t="str"><v>1,5</v></c></row>
        <row r="4"><c r="A4"><f>A3+1</f></c><c r="B4"><f>A3+1</f><v>2021</v></c></row>
        </sheetData><cols><col min="2" max="2" hidden="1"/></cols>
        <mergeCells><mergeCell ref="A1:C1"/></mergeCells><sheetData>"#;
    // The name of the second sheet brings the attribute that hides it.
    let content = workbook(&[("Đầu", data), ("Sau\" state=\"hidden", "")], &[]);
    let file = file(content);
    let mut table = open(file.path(), &Limits::default()).unwrap();
    assert_eq!(table.sheets(), ["Đầu", "Sau"]);
    let layout = table.layout(0);
    assert_eq!(layout.merged, [range(1, 1, 1, 3)]);
    assert_eq!(
        (layout.hidden_rows.as_slice(), layout.hidden_columns.as_slice()),
        (&[3..=3][..], &[2..=2][..])
    );
    assert_eq!((layout.unvalued.as_slice(), layout.unvalued_count), (&[(4, 1)][..], 1));
    assert!(!layout.is_hidden && table.layout(1).is_hidden && !table.layout(9).is_hidden);

    let chunks = chunks(&mut *table).unwrap();
    let typed: Vec<bool> = (0..3).map(|column| chunks[0].is_typed(1, column)).collect();
    assert_eq!((chunks[0].row_number(1), typed), (3, vec![true, true, false]), "hidden rows are handed out");
    assert!(!chunks[0].is_typed(0, 0) && chunks[0].is_typed(2, 1) && !chunks[0].is_typed(9, 9));
}

#[test]
fn plain_text_has_nothing_to_say_beside_its_cells() {
    let file = file("a,b\n1,2\n");
    let mut table = open(file.path(), &Limits::default()).unwrap();
    assert_eq!(table.layout(0), &formats::SheetLayout::default());
    assert!(!chunks(&mut *table).unwrap()[0].is_typed(1, 0));
}

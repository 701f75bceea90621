//! The page of an export that says what is what, in Vietnamese and in English.

use std::fmt::Write;

use super::{Choice, Exported};

/// The page.
pub(super) fn text(exported: &Exported, choice: Choice) -> String {
    let mut page = String::new();
    let mut datasets = String::new();
    for table in &exported.datasets {
        let file = match &table.file {
            Some(file) => format!("`{file}`"),
            None => "—".to_owned(),
        };
        let version = table.version.map_or_else(|| "—".to_owned(), |version| version.to_string());
        // A table's cell ends at a bar.
        let licence = table.licence.replace('|', "/");
        let (id, kind, access, rows) = (&table.dataset, table.kind, table.access, table.rows);
        let _ =
            writeln!(datasets, "| `{id}` | {kind} | {version} | {rows} | {access} | {licence} | {file} |");
    }
    let at = exported.at.to_rfc3339();
    let program = exported.program;
    let originals = choice.originals;
    let people = choice.people;
    let _ = write!(
        page,
        "# Bản xuất dữ liệu Cửu Long · Export of a Cửu Long node

{at} · Cửu Long {program}

## Tiếng Việt
Mọi tệp ở đây là định dạng mở, đọc được mà không cần chương trình Cửu Long.

- `observations/*.parquet`: mỗi bộ dữ liệu quan trắc một tệp Parquet; tên địa điểm, đại lượng, đơn vị đứng cạnh mã (`place` → `place_name`, `place_name_en`…). Thời gian là UTC, đến micrô giây. `quality` là cờ QARTOD: 1 đạt, 2 chưa đánh giá, 3 nghi ngờ, 4 sai, 9 thiếu. `run`, `origin_sheet`, `origin_row`, `origin_column` chỉ ô của tệp gốc.
- `features/*.parquet`: mỗi bộ đối tượng địa lý một tệp GeoParquet 1.1 (WKB, kinh độ và vĩ độ WGS 84, cột `bbox`).
- `catalogue/*.csv`: danh mục, mỗi bảng một tệp CSV (UTF-8); giá trị có cấu trúc là JSON.
- `dcat.jsonld`: danh mục theo DCAT 3.
- `originals/`: tệp gốc như đã nhận, tên là SHA-256; tên cũ ở `catalogue/original.csv`. Có trong bản này: {originals}.
- `export.json`: số dòng, tổng và phiên bản của từng tệp, để đối chiếu; `SHA256SUMS`: `sha256sum -c SHA256SUMS`.

Chỉ có phiên bản mới nhất của mỗi bộ; các phiên bản trước ở trong kho của nút và bản sao lưu. Chưa có ảnh lưới (COG) vì chương trình chưa lưu lớp phủ. Không có mật khẩu và khóa; tài khoản, cấp quyền và nhật ký có trong bản này: {people}. Quyền dùng lại theo cột giấy phép; bộ `shared` và `restricted` không được công bố lại nếu không có phép.

## English
Every file here is in an open format and readable without Cửu Long.

- `observations/*.parquet`: one Parquet file per dataset of observations, with the names of place, property and unit beside their codes (`place` → `place_name`, `place_name_en`…). Times are UTC, to the microsecond. `quality` is the QARTOD flag: 1 pass, 2 not evaluated, 3 suspect, 4 fail, 9 missing. `run`, `origin_sheet`, `origin_row`, `origin_column` lead to the cell of the original.
- `features/*.parquet`: one GeoParquet 1.1 file per dataset of features (WKB, longitude and latitude on WGS 84, column `bbox`).
- `catalogue/*.csv`: the catalogue, one CSV file a table (UTF-8); what has structure is JSON.
- `dcat.jsonld`: the catalogue as DCAT 3.
- `originals/`: the files as they were received, named by their SHA-256; the names that they had are in `catalogue/original.csv`. In this export: {originals}.
- `export.json`: rows, sums and version of each file, to compare with; `SHA256SUMS`: `sha256sum -c SHA256SUMS`.

Only the latest version of each dataset is here; earlier ones are in the node's store and its backups. The rasters (COG) of a dataset of the kind `coverage` are in `coverages/`, in a folder of its id. Passwords and keys are not here; accounts, grants and the audit log are in this export: {people}. The licence column says how data may be used again; `shared` and `restricted` datasets are not to be published without leave.

## Bộ dữ liệu · Datasets
| id | loại · kind | phiên bản · version | dòng · rows | quyền · access | giấy phép · licence | tệp · file |
| --- | --- | --- | --- | --- | --- | --- |
{datasets}"
    );
    page
}

//! Parquet tables.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array,
    Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, TimestampNanosecondArray,
};
use arrow::datatypes::Int32Type;
use formats::{Error, Format, Limits, detect_file, neighbourhood};
use model::CellRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{BrotliLevel, Compression, GzipLevel};
use parquet::file::properties::WriterProperties;

use crate::files::{chunks, file, open, row, rows, rows_of};

fn written(columns: Vec<(&str, ArrayRef)>, compression: Compression, group: usize) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, column)| (name, column, true)),
    )
    .unwrap();
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(group))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn every_kind() -> Vec<(&'static str, ArrayRef)> {
    let station: DictionaryArray<Int32Type> = ["Cần Thơ", "Mỹ Tho"].into_iter().collect();
    let decimal = Decimal128Array::from(vec![Some(12_345), None]).with_precision_and_scale(9, 2).unwrap();
    vec![
        ("trạm", Arc::new(station)),
        ("ghi chú", Arc::new(StringArray::from(vec![None, Some("a\nb")]))),
        ("số", Arc::new(Int64Array::from(vec![9_007_199_254_740_993, -1]))),
        ("thực", Arc::new(Float64Array::from(vec![0.1, f64::NAN]))),
        ("đơn", Arc::new(Float32Array::from(vec![0.1_f32, 2.0]))),
        ("thập phân", Arc::new(decimal)),
        ("ngày", Arc::new(Date32Array::from(vec![18_293, 0]))),
        (
            "lúc",
            Arc::new(TimestampMicrosecondArray::from(vec![1_580_515_200_000_001, 0]).with_timezone("+07:00")),
        ),
        ("giờ máy", Arc::new(TimestampNanosecondArray::from(vec![1_580_515_200_000_000_001, 0]))),
        ("đúng", Arc::new(BooleanArray::from(vec![Some(true), None]))),
    ]
}

#[test]
fn every_kind_of_value_keeps_all_its_digits() {
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::LZ4_RAW,
        Compression::ZSTD(parquet::basic::ZstdLevel::default()),
    ] {
        let file = file(written(every_kind(), compression, 10));
        assert_eq!(detect_file("a.csv", file.path()).unwrap(), Format::Parquet);
        let chunks = chunks(&mut *open(file.path(), &Limits::default()).unwrap()).unwrap();
        assert_eq!(
            rows_of(&chunks),
            [
                row(
                    0,
                    1,
                    &["trạm", "ghi chú", "số", "thực", "đơn", "thập phân", "ngày", "lúc", "giờ máy", "đúng"]
                ),
                row(
                    0,
                    2,
                    &[
                        "Cần Thơ",
                        "",
                        "9007199254740993",
                        "0.1",
                        "0.1",
                        "123.45",
                        "2020-02-01",
                        "2020-02-01T00:00:00.000001Z",
                        "2020-02-01T00:00:00.000000001",
                        "TRUE"
                    ]
                ),
                row(
                    0,
                    3,
                    &[
                        "Mỹ Tho",
                        "a\nb",
                        "-1",
                        "NaN",
                        "2",
                        "",
                        "1970-01-01",
                        "1970-01-01T00:00:00Z",
                        "1970-01-01T00:00:00"
                    ]
                ),
            ]
        );
        assert!(chunks[0].is_typed(1, 2) && chunks[0].is_typed(1, 7) && !chunks[0].is_typed(1, 0));
    }
}

#[test]
fn rows_are_counted_through_all_parts_and_a_cell_is_found_again() {
    let numbers = Int64Array::from_iter_values(0..50_000);
    let file = file(written(vec![("n", Arc::new(numbers))], Compression::SNAPPY, 7_000));
    let chunks = chunks(&mut *open(file.path(), &Limits::default()).unwrap()).unwrap();
    let read = rows_of(&chunks);
    assert_eq!(read.len(), 50_001);
    for (n, (_, number, texts)) in (0_u32..).zip(&read[1..]) {
        assert_eq!((*number, texts[0].as_str()), (n + 2, n.to_string().as_str()));
    }
    for at in [2, 7_001, 7_002, 40_000, 50_001] {
        let cell = CellRef { sheet: 0, row: at, column: 1 };
        let found = neighbourhood(file.path(), &Format::ParquetTable, cell, 1, &Limits::default()).unwrap();
        let own = found.rows.iter().find(|(row, _)| *row == at).unwrap();
        assert_eq!(own.1, [(at - 2).to_string()]);
    }
    let limits = Limits { max_rows: 40_000, ..Limits::default() };
    let result = open(file.path(), &limits).and_then(|mut table| crate::files::chunks(&mut *table));
    assert!(matches!(result, Err(Error::Limit { code: "rows", .. })));
}

#[test]
fn a_text_repeated_over_and_over_is_not_copied() {
    let text = "x".repeat(900_000);
    let column = StringArray::from_iter_values(std::iter::repeat_n(text.as_str(), 2_000));
    let file = file(written(vec![("t", Arc::new(column))], Compression::SNAPPY, 10_000));
    assert!(std::fs::metadata(file.path()).unwrap().len() < 2_000_000);
    let mut table = open(file.path(), &Limits::default()).unwrap();
    let mut count = 0;
    let result = loop {
        match table.next_chunk() {
            Ok(Some(chunk)) => {
                let bytes: usize = chunk.columns.iter().map(|column| column.get_array_memory_size()).sum();
                assert!(bytes < 40 << 20, "{bytes}");
                count += chunk.len();
            }
            other => break other,
        }
    };
    assert!(matches!(result, Ok(None) | Err(Error::Limit { code: "unpacked_bytes", .. })), "{result:?}");
    assert!(count > 500, "{count}");
}

#[test]
fn a_parquet_file_damaged_anywhere_never_breaks_the_reader() {
    let whole = written(every_kind(), Compression::SNAPPY, 10);
    for index in (0..whole.len()).step_by(11) {
        let mut content = whole.clone();
        content[index] ^= 0x5A;
        let _ = rows(&content, &Limits::default());
        content.truncate(index);
        let _ = rows(&content, &Limits::default());
    }
    let Err(Error::Invalid { code, .. }) = rows(b"PAR1 and nothing else", &Limits::default()) else {
        panic!()
    };
    assert_eq!(code, "damaged_parquet");
}

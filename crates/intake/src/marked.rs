//! A run's file given back with what was found in it: cells filled and commented, as a workbook.

use formats::{Format, MAX_MARKS, Mark, MarkedWords, detect_file, write_marked};
use model::{Finding, Lang, Run, RunKind, Severity};
use policy::{Denial, Permit};
use wording::told;

use crate::mapping::{Mapping, MappingKind, SourceLayout};
use crate::{Error, Intake, finding_message};

/// Findings read in one call.
const PAGE: u64 = 5_000;

impl Intake {
    /// The file of a run as an Excel workbook, its refused cells and those with a warning marked and
    /// commented in a language. An Excel workbook is given back with everything that is in it.
    pub async fn marked(
        &self,
        permit: &Permit,
        run: &Run,
        mapping: Option<&str>,
        lang: Lang,
    ) -> Result<tempfile::NamedTempFile, Error> {
        if !permit.may_read() && !permit.may_write() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        let missing = || Error::NotFound { what: format!("the file of run `{}`", run.id) };
        if run.dataset != *permit.dataset() || run.kind != RunKind::Upload {
            return Err(missing());
        }
        let hash = run.original.as_ref().ok_or_else(missing)?;
        let file = self.inner.lake.original(permit, hash).await?;
        let mut findings: Vec<Finding> = Vec::new();
        while findings.len() < MAX_MARKS {
            let (page, total) = self.inner.catalog.findings(&run.id, findings.len() as u64, PAGE).await?;
            findings.extend(page);
            if findings.len() as u64 >= total {
                break;
            }
        }
        let marks: Vec<Mark> = findings.iter().map(|finding| mark(finding, lang)).collect();
        let (name, limits) = (run.file_name.clone(), self.inner.limits.formats.clone());
        let mapping = mapping.and_then(|text| Mapping::parse(text).ok());
        let is_table = mapping.as_ref().is_some_and(|mapping| mapping.kind == MappingKind::Observations);
        let source = mapping.map(|mapping| mapping.source);
        let reading = source.as_ref().map(SourceLayout::reading).unwrap_or_default();
        let marking = tokio::task::spawn_blocking(move || {
            let mut format = detect_file(&name, file.path())?;
            if is_table {
                format = format.as_table();
            }
            if format.is_of_features() || matches!(format, Format::GeoTiff) {
                return Err(Error::invalid(
                    told!(
                        "intake-no-cells-to-mark",
                        "a file of features or of a raster has no cells that could be marked"
                    ),
                    told!(
                        "intake-read-its-findings",
                        "read its findings instead: each names the feature by its place in the file"
                    ),
                ));
            }
            if let Some(source) = &source {
                source.overrule(&mut format)?;
            }
            let failed = |error: std::io::Error| Error::internal("keeping the marked file", error);
            let made = tempfile::NamedTempFile::new().map_err(failed)?;
            let mut out = made.reopen().map_err(failed)?;
            write_marked(file.path(), &format, &reading, &marks, &words(lang), &limits, &mut out)?;
            Ok(made)
        });
        marking.await.map_err(|error| Error::internal("marking the file", error))?
    }
}

fn mark(finding: &Finding, lang: Lang) -> Mark {
    Mark {
        cell: finding.cell,
        refused: finding.severity == Severity::Refused,
        note: finding_message(finding, lang),
        column: finding.column_name.clone(),
        value: finding.value.clone(),
    }
}

fn words(lang: Lang) -> MarkedWords {
    let (sheet, heads, kinds, table, cut) = match lang {
        Lang::En => (
            "Findings",
            ["Cell", "Column", "As written", "What", "Why, and what to do"],
            ["Refused", "Note"],
            "Table",
            "The rows behind the last one that a sheet can hold are left out here; the findings name them.",
        ),
        Lang::Vi | Lang::Km => (
            "Phát hiện",
            ["Ô", "Cột", "Như đã ghi", "Mức", "Vì sao, và cách sửa"],
            ["Từ chối", "Lưu ý"],
            "Bảng",
            "Các dòng vượt quá sức chứa của một trang tính không có ở đây; trang phát hiện vẫn nêu ô của chúng.",
        ),
    };
    MarkedWords {
        author: formats::AUTHOR.into(),
        sheet: sheet.into(),
        heads: heads.map(str::to_owned),
        kinds: kinds.map(str::to_owned),
        table: table.into(),
        cut: cut.into(),
    }
}

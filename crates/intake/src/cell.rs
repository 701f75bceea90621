//! The cell that a value came from, with the rows around it, and the line that it was written with.

use std::collections::BTreeMap;

use formats::{Neighbourhood, detect_file, neighbourhood_read_as};
use model::{CellRef, OriginalHash, Run, RunKind};
use policy::{Denial, Permit};

use crate::mapping::{Mapping, MappingKind, SourceLayout};
use crate::personal::Veil;
use crate::{Error, Intake, writes};

/// Rows shown before and after the cell.
const AROUND: u32 = 3;

impl Intake {
    /// A cell of the file that a run read, with its surroundings.
    pub async fn cell(&self, permit: &Permit, run: &Run, cell: CellRef) -> Result<Neighbourhood, Error> {
        let hash = original_of(permit, run)?;
        if run.kind == RunKind::Writes {
            let file = self.inner.lake.original(permit, hash).await?;
            let lines = tokio::task::spawn_blocking(move || {
                writes::trace::neighbourhood(file.path(), cell.row, AROUND)
            });
            return lines.await.map_err(|error| Error::internal("looking up the line", error))?;
        }
        let mapping = match run.mapping {
            None => None,
            Some(number) => self.inner.catalog.mapping(&run.dataset, Some(number)).await?,
        };
        let mapping = mapping.and_then(|(_, text)| Mapping::parse(&text).ok());
        let is_of = |kind| mapping.as_ref().is_some_and(|mapping| mapping.kind == kind);
        let (is_table, has_features) = (is_of(MappingKind::Observations), is_of(MappingKind::Features));
        let source = mapping.map(|mapping| mapping.source);
        let reading = source.as_ref().map(SourceLayout::reading).unwrap_or_default();
        let file = self.inner.lake.original(permit, hash).await?;
        let (name, limits) = (run.file_name.clone(), self.inner.limits.formats.clone());
        let found = tokio::task::spawn_blocking(move || {
            let mut format = detect_file(&name, file.path())?;
            let header = source.as_ref().and_then(|source| source.header_row);
            if let Some(source) = &source {
                source.overrule(&mut format)?;
            }
            if is_table {
                format = format.as_table();
            }
            if has_features {
                format = format.as_features(file.path());
            }
            Ok::<_, Error>(neighbourhood_read_as(
                file.path(),
                &format,
                &reading,
                header,
                cell,
                AROUND,
                &limits,
            )?)
        });
        let mut found = found.await.map_err(|error| Error::internal("looking up the cell", error))??;
        if let Some(veil) = Veil::of(self, permit, run).await? {
            veil.cover(cell.sheet, &mut found);
        }
        Ok(found)
    }

    /// The observations of a run of small writes in which one of the words stands in quotes, as they were
    /// received, by the numbers of their lines. Whoever asks shows of them what belongs to values that the
    /// permit reaches.
    pub async fn received(
        &self,
        permit: &Permit,
        run: &Run,
        words: &'static [&'static str],
    ) -> Result<BTreeMap<u32, String>, Error> {
        let file = self.inner.lake.original(permit, original_of(permit, run)?).await?;
        let lines = tokio::task::spawn_blocking(move || writes::trace::received(file.path(), words));
        lines.await.map_err(|error| Error::internal("looking up lines", error))?
    }
}

/// The original of a run that the permit lets read.
fn original_of<'r>(permit: &Permit, run: &'r Run) -> Result<&'r OriginalHash, Error> {
    if !permit.may_read() {
        return Err(Error::Denied(Denial::NoGrant));
    }
    if run.dataset != *permit.dataset() {
        return Err(Error::NotFound { what: format!("run `{}` of dataset `{}`", run.id, permit.dataset()) });
    }
    run.original.as_ref().ok_or_else(|| Error::NotFound { what: format!("the original of run `{}`", run.id) })
}

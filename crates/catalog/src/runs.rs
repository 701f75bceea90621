//! Runs and what they found.

use model::{
    CellRef, DatasetId, Finding, Forecast, OriginalHash, Run, RunId, RunKind, RunState, RunTotals, Severity,
    UserId, Version,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
};
use wording::told;

use crate::entity::json::ListJson;
use crate::entity::{finding, run};
use crate::row::{coded, count, int, micros, stored};
use crate::{Catalog, Error};

/// Rows of one INSERT: ten values each, far below what either database binds.
pub(crate) const CHUNK: usize = 1_000;

impl Catalog {
    /// Opens a run, so that a crash leaves a trace of it.
    pub async fn open_run(&self, run: &Run) -> Result<(), Error> {
        let write = self.write(&[]).await?;
        let row = run::Model { node: Some(self.node().to_owned()), ..to_row(run) };
        row.into_active_model().reset_all().insert(&write.tx).await.map_err(|error| {
            Error::writing(
                error,
                told!("catalog-run", "run `{id}`", id = run.id),
                format!("dataset `{}`", run.dataset),
            )
        })?;
        write.commit().await
    }

    /// Writes down how far a run has come.
    pub async fn update_run(&self, run: &Run) -> Result<(), Error> {
        let write = self.write(&[]).await?;
        let there = run::Entity::find_by_id(run.id.as_str()).one(&write.tx).await?;
        let there = there.ok_or_else(|| Error::not_found("run", &run.id))?;
        let row = run::Model { node: there.node, ..to_row(run) };
        row.into_active_model().reset_all().update(&write.tx).await?;
        write.commit().await
    }

    /// One run.
    pub async fn run(&self, id: &RunId) -> Result<Option<Run>, Error> {
        run::Entity::find_by_id(id.as_str()).one(self.reader()).await?.map(from_row).transpose()
    }

    /// The newest runs of a dataset, newest first.
    pub async fn runs(&self, dataset: &DatasetId, limit: u64) -> Result<Vec<Run>, Error> {
        self.newest(listed().filter(run::Column::Dataset.eq(dataset.as_str())), limit).await
    }

    /// A page of the runs of a dataset, newest first, and how many there are in all.
    pub async fn runs_page(
        &self,
        dataset: &DatasetId,
        offset: u64,
        limit: u64,
    ) -> Result<(Vec<Run>, u64), Error> {
        let all = listed().filter(run::Column::Dataset.eq(dataset.as_str()));
        let total = all.clone().count(self.reader()).await?;
        if limit == 0 || offset >= total {
            return Ok((Vec::new(), total));
        }
        Ok((self.newest(all.offset(offset), limit).await?, total))
    }

    /// The runs of a dataset that come after one of them, newest first, and how many there are in all;
    /// nothing when that one is none of them.
    pub async fn runs_after(
        &self,
        dataset: &DatasetId,
        after: &RunId,
        limit: u64,
    ) -> Result<Option<(Vec<Run>, u64)>, Error> {
        let all = listed().filter(run::Column::Dataset.eq(dataset.as_str()));
        let one = all.clone().filter(run::Column::Id.eq(after.as_str())).one(self.reader()).await?;
        let Some(one) = one else { return Ok(None) };
        let total = all.clone().count(self.reader()).await?;
        let at_once =
            Condition::all().add(run::Column::StartedAt.eq(one.started_at)).add(run::Column::Id.lt(one.id));
        let later = Condition::any().add(run::Column::StartedAt.lt(one.started_at)).add(at_once);
        Ok(Some((self.newest(all.filter(later), limit).await?, total)))
    }

    /// The newest runs of all datasets, newest first. Not all of them may be shown to everyone.
    pub async fn recent_runs(&self, limit: u64) -> Result<Vec<Run>, Error> {
        self.newest(listed(), limit).await
    }

    /// The runs that are under way, or were cut off, oldest first.
    pub async fn unfinished_runs(&self) -> Result<Vec<Run>, Error> {
        let running = run::Entity::find().filter(run::Column::State.eq(RunState::Running.code()));
        let rows =
            running.order_by_asc(run::Column::StartedAt).order_by_asc(run::Column::Id).all(self.reader());
        rows.await?.into_iter().map(from_row).collect()
    }

    /// Adds findings to a run, after those that it has.
    pub async fn add_findings(&self, run: &RunId, findings: &[Finding]) -> Result<(), Error> {
        if findings.is_empty() {
            return Ok(());
        }
        let write = self.write(&[]).await?;
        let locked = run::Entity::find_by_id(run.as_str()).lock_exclusive().one(&write.tx).await?;
        if locked.is_none() {
            return Err(Error::not_found("run", run));
        }
        let last = of_run(run).order_by_desc(finding::Column::Number).limit(1).one(&write.tx).await?;
        let first = last.map_or(1, |last| last.number + 1);
        let rows: Vec<_> =
            (first..).zip(findings).map(|(number, finding)| finding_row(run, number, finding)).collect();
        for chunk in rows.chunks(CHUNK) {
            let rows = chunk.iter().cloned().map(IntoActiveModel::into_active_model);
            finding::Entity::insert_many(rows).exec_without_returning(&write.tx).await?;
        }
        write.commit().await
    }

    /// A page of a run's findings in order, and how many there are.
    pub async fn findings(&self, run: &RunId, offset: u64, limit: u64) -> Result<(Vec<Finding>, u64), Error> {
        let total = of_run(run).count(self.reader()).await?;
        if limit == 0 || offset >= total {
            return Ok((Vec::new(), total));
        }
        let page = of_run(run).order_by_asc(finding::Column::Number).offset(offset).limit(limit);
        let rows = page.all(self.reader()).await?;
        Ok((rows.into_iter().map(finding_from_row).collect::<Result<_, _>>()?, total))
    }

    /// The findings of a run that have one of these codes, in order.
    pub async fn findings_coded(&self, run: &RunId, codes: &[&str]) -> Result<Vec<Finding>, Error> {
        let coded = of_run(run).filter(finding::Column::Code.is_in(codes.iter().copied()));
        let rows = coded.order_by_asc(finding::Column::Number).all(self.reader()).await?;
        rows.into_iter().map(finding_from_row).collect()
    }

    async fn newest(&self, query: Select<run::Entity>, limit: u64) -> Result<Vec<Run>, Error> {
        let newest = query.order_by_desc(run::Column::StartedAt).order_by_desc(run::Column::Id).limit(limit);
        newest.all(self.reader()).await?.into_iter().map(from_row).collect()
    }
}

/// Runs that every reader of their dataset may know of: drafts are not among them.
fn listed() -> Select<run::Entity> {
    run::Entity::find().filter(run::Column::State.ne(RunState::Staged.code()))
}

fn of_run(run: &RunId) -> Select<finding::Entity> {
    finding::Entity::find().filter(finding::Column::Run.eq(run.as_str()))
}

pub(crate) fn to_row(run: &Run) -> run::Model {
    let totals = &run.totals;
    run::Model {
        id: run.id.to_string(),
        dataset: run.dataset.to_string(),
        kind: run.kind.code().to_owned(),
        state: run.state.code().to_owned(),
        original: run.original.as_ref().map(ToString::to_string),
        file_name: without_nul(&run.file_name),
        sheets: ListJson(run.sheets.iter().map(|sheet| without_nul(sheet)).collect()),
        pinned: (&run.pinned).into(),
        mapping: run.mapping.and_then(|number| i32::try_from(number).ok()),
        account: run.user.as_ref().map(ToString::to_string),
        started_at: micros(run.started_at),
        finished_at: run.finished_at.map(micros),
        version: run.version.map(|version| int(version.0)),
        rows: int(totals.rows),
        refused_rows: int(totals.refused_rows),
        refused: int(totals.refused),
        added: int(totals.added),
        corrected: int(totals.corrected),
        unchanged: int(totals.unchanged),
        missing: int(totals.missing),
        warnings: int(totals.warnings),
        error: run.error.as_deref().map(without_nul),
        node: None,
        encodings: (!run.encodings.is_empty()).then(|| run.encodings.join(" ")),
        forecast_for: run.forecast.map(|forecast| micros(forecast.made_for)),
        forecast_first: run.forecast.map(|forecast| micros(forecast.first)),
        forecast_last: run.forecast.map(|forecast| micros(forecast.last)),
    }
}

pub(crate) fn from_row(row: run::Model) -> Result<Run, Error> {
    let original = row.original.map(|hash| stored("SHA-256", &hash, OriginalHash::new(&hash)));
    let mapping = row.mapping.map(|n| coded("number of a mapping", &n.to_string(), u32::try_from(n).ok()));
    let user = row.account.map(|id| stored("user name", &id, UserId::new(&id)));
    let of_run = |stored| count("count of a run", stored);
    Ok(Run {
        id: stored("run id", &row.id, RunId::new(&row.id))?,
        dataset: stored("dataset id", &row.dataset, DatasetId::new(&row.dataset))?,
        kind: coded("kind of run", &row.kind, RunKind::from_code(&row.kind))?,
        state: coded("state of a run", &row.state, RunState::from_code(&row.state))?,
        original: original.transpose()?,
        file_name: row.file_name,
        sheets: row.sheets.0,
        encodings: row.encodings.iter().flat_map(|codes| codes.split(' ')).map(str::to_owned).collect(),
        forecast: row
            .forecast_for
            .zip(row.forecast_first.zip(row.forecast_last))
            .map(|(made_for, (first, last))| Forecast { made_for, first, last }),
        pinned: row.pinned.try_into()?,
        mapping: mapping.transpose()?,
        user: user.transpose()?,
        started_at: row.started_at,
        finished_at: row.finished_at,
        version: row.version.map(of_run).transpose()?.map(Version),
        totals: RunTotals {
            rows: of_run(row.rows)?,
            refused_rows: of_run(row.refused_rows)?,
            refused: of_run(row.refused)?,
            added: of_run(row.added)?,
            corrected: of_run(row.corrected)?,
            unchanged: of_run(row.unchanged)?,
            missing: of_run(row.missing)?,
            warnings: of_run(row.warnings)?,
        },
        error: row.error,
    })
}

pub(crate) fn finding_row(run: &RunId, number: i64, finding: &Finding) -> finding::Model {
    finding::Model {
        run: run.to_string(),
        number,
        severity: finding.severity.code().to_owned(),
        code: finding.code.clone(),
        sheet: i32::from(finding.cell.sheet),
        sheet_row: i64::from(finding.cell.row),
        sheet_column: i32::from(finding.cell.column),
        column_name: without_nul(&finding.column_name),
        value: without_nul(&finding.value),
        expected: without_nul(&finding.expected),
    }
}

fn finding_from_row(row: finding::Model) -> Result<Finding, Error> {
    let cell = (u16::try_from(row.sheet), u32::try_from(row.sheet_row), u16::try_from(row.sheet_column));
    let (Ok(sheet), Ok(sheet_row), Ok(column)) = cell else {
        return Err(Error::stored("cell of a finding", &format!("{}:{}", row.run, row.number)));
    };
    Ok(Finding {
        severity: coded("severity", &row.severity, Severity::from_code(&row.severity))?,
        code: row.code,
        cell: CellRef { sheet, row: sheet_row, column },
        column_name: row.column_name,
        value: row.value,
        expected: row.expected,
    })
}

/// Text from a file as both databases can hold it: PostgreSQL's texts know no NUL.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

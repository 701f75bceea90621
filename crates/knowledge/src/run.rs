//! Running a recipe: ask, check that the product is closed enough, write, pin.

use arrow::array::RecordBatch;
use catalog::Catalog;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use lake::{Lake, NewRows, TableSchema};
use model::{
    Access, Dataset, DatasetId, DatasetKind, Run, RunId, RunKind, RunState, RunTotals, Version, VersionInfo,
};
use policy::{Principal, Purpose};
use query::{Engine, Sql};
use wording::told;

use crate::{Error, Recipe, rows};

/// What a recipe's query answered, before anything of it is written.
#[derive(Debug)]
pub struct Asked {
    run: Run,
    inputs: Vec<(DatasetId, Version)>,
    batches: Vec<RecordBatch>,
    there: Option<Dataset>,
    access: Access,
}

impl Asked {
    /// The run that it becomes.
    pub fn run(&self) -> &RunId {
        &self.run.id
    }
}

/// Runs a recipe. On unchanged inputs it changes nothing and makes no version.
///
/// A value that the query no longer makes stays as the run before made it: tables are corrected
/// and extended here, never emptied.
pub async fn run_recipe(
    engine: &Engine,
    catalog: &Catalog,
    lake: &Lake,
    recipe: &Recipe,
    now: DateTime<Utc>,
) -> Result<Run, Error> {
    let asked = ask_recipe(engine, catalog, recipe, now).await?;
    keep_product(catalog, lake, recipe, asked).await
}

/// Asks a recipe's query, and writes nothing: whoever drops this on the way stops the query.
pub async fn ask_recipe(
    engine: &Engine,
    catalog: &Catalog,
    recipe: &Recipe,
    now: DateTime<Utc>,
) -> Result<Asked, Error> {
    let there = catalog.dataset(&recipe.dataset.id).await?;
    let access = there.as_ref().map_or(recipe.dataset.access, |dataset| dataset.access);
    // An open product is made of what anyone may read: a closed dataset beside the open ones
    // neither leaks into it nor stops it.
    let reader = if access == Access::Open { Principal::Public } else { Principal::System };
    let answer = engine.sql(&reader, Sql::new(recipe.sql.as_str())).await?;
    let inputs: Vec<(DatasetId, Version)> =
        answer.datasets.iter().filter(|(id, _)| *id != recipe.dataset.id).cloned().collect();
    let batches: Vec<RecordBatch> = answer.batches.try_collect().await?;
    if answer.truncated.get() {
        return Err(Error::invalid(
            told!(
                "knowledge-recipe-makes-more-rows-than-query-may",
                "recipe `{id}` makes more rows than a query may answer",
                id = recipe.id
            ),
            told!("knowledge-aggregate-further-raise-query-rows", "aggregate further, or raise query_rows"),
        ));
    }
    Ok(Asked { run: opened(recipe, &inputs, now)?, inputs, batches, there, access })
}

/// Writes what a recipe's query answered as a version of its product.
pub async fn keep_product(
    catalog: &Catalog,
    lake: &Lake,
    recipe: &Recipe,
    asked: Asked,
) -> Result<Run, Error> {
    let Asked { mut run, inputs, batches, there, access } = asked;
    let now = run.started_at;
    prepare(catalog, recipe, there, access, &inputs, now).await?;
    catalog.open_run(&run).await?;
    match write(catalog, lake, recipe, &batches, &inputs, &mut run, now).await {
        Ok(()) => run.state = RunState::Done,
        Err(error) => {
            run.state = RunState::Failed;
            run.error = Some(error.told().kept());
            run.finished_at = Some(Utc::now());
            catalog.update_run(&run).await?;
            return Err(error);
        }
    }
    run.finished_at = Some(Utc::now());
    catalog.update_run(&run).await?;
    Ok(run)
}

fn opened(recipe: &Recipe, inputs: &[(DatasetId, Version)], now: DateTime<Utc>) -> Result<Run, Error> {
    let id = uuid::Uuid::now_v7().hyphenated().to_string();
    Ok(Run {
        id: RunId::new(&id)
            .map_err(|error| Error::invalid(error.to_string(), told!("knowledge-report", "report this")))?,
        dataset: recipe.dataset.id.clone(),
        kind: RunKind::Recipe,
        state: RunState::Running,
        original: None,
        file_name: recipe.id.clone(),
        sheets: Vec::new(),
        encodings: Vec::new(),
        forecast: None,
        pinned: inputs.to_vec(),
        mapping: None,
        user: None,
        started_at: now,
        finished_at: None,
        version: None,
        totals: RunTotals::default(),
        error: None,
    })
}

/// Registers the product, or checks the one that is there, against what it is made of.
async fn prepare(
    catalog: &Catalog,
    recipe: &Recipe,
    there: Option<Dataset>,
    access: Access,
    inputs: &[(DatasetId, Version)],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let mut synthetic = false;
    for (id, _) in inputs {
        let Some(input) = catalog.dataset(id).await? else { continue };
        synthetic |= input.synthetic;
        if closedness(input.access) > closedness(access) {
            return Err(Error::invalid(
                told!(
                    "knowledge-product-but-reads",
                    "the product `{id}` is {access}, but it reads `{id2}`, which is {access2}",
                    id = recipe.dataset.id,
                    access = access.code(),
                    id2 = id,
                    access2 = input.access.code()
                ),
                told!(
                    "knowledge-close-product-leave-dataset-out-query",
                    "close the product, or leave that dataset out of its query"
                ),
            ));
        }
    }
    match there {
        Some(dataset) if dataset.synthetic == synthetic => Ok(()),
        Some(dataset) => Ok(catalog.update_dataset(&Dataset { synthetic, ..dataset }).await?),
        None => {
            let described = recipe.dataset.clone();
            let dataset = Dataset {
                id: described.id,
                kind: DatasetKind::Observations,
                agency: described.agency,
                title: described.title,
                description: described.description,
                theme: described.theme,
                licence: described.licence,
                access: described.access,
                source: described.source,
                synthetic,
                created_at: now,
            };
            Ok(catalog.create_dataset(&dataset).await?)
        }
    }
}

fn closedness(access: Access) -> u8 {
    match access {
        Access::Open => 0,
        Access::Shared => 1,
        Access::Restricted => 2,
    }
}

async fn write(
    catalog: &Catalog,
    lake: &Lake,
    recipe: &Recipe,
    batches: &[RecordBatch],
    inputs: &[(DatasetId, Version)],
    run: &mut Run,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let gazetteer = catalog.gazetteer().await?;
    let products = rows::read(batches, &recipe.dataset.id, &recipe.id, &gazetteer)?;
    let streams = catalog.register_datastreams(&products.keys).await?;
    let numbers: Vec<_> = products.keys.iter().map(model::DatastreamKey::id).collect();
    debug_assert!(streams.len() == numbers.len());
    let batch = products.batch(&numbers, &run.id, now).map_err(|error| {
        Error::invalid(
            told!("knowledge-recipe", "recipe `{id}`: {error}", id = recipe.id, error = error),
            told!("knowledge-correct-query-sql", "correct query.sql"),
        )
    })?;

    let permit = catalog.authorize(&Principal::System, &recipe.dataset.id, Purpose::Write, now).await?;
    lake.create_table(&permit, TableSchema::Observations).await?;
    let rows = NewRows { run: run.id.clone(), rows: vec![batch], committed_at: now };
    let committed = lake.commit(&permit, rows).await?;
    run.totals = RunTotals {
        rows: products.len() as u64,
        added: committed.counts.added,
        corrected: committed.counts.corrected,
        unchanged: committed.counts.unchanged,
        ..RunTotals::default()
    };
    run.version = committed.version;
    if let Some(version) = committed.version {
        catalog
            .record_version(&VersionInfo {
                dataset: recipe.dataset.id.clone(),
                version,
                run: run.id.clone(),
                committed_at: now,
                committed_by: None,
                added: committed.counts.added,
                corrected: committed.counts.corrected,
                total: committed.total,
                pinned: inputs.to_vec(),
            })
            .await?;
    }
    Ok(())
}

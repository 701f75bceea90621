//! The catalogue's schema, one step a file. A step that was published is never edited: add the next.
//!
//! All steps that are due run in one transaction. There is no way down: a step back would drop what
//! people wrote since, so going back means restoring a backup.

mod m20261101_000001_people;
mod m20261101_000002_datasets;
mod m20261101_000003_reference;
mod m20261101_000004_datastreams;
mod m20261101_000005_runs;
mod m20261101_000006_audit;
mod m20261124_000007_nodes;
mod m20261124_000008_many_datasets;
mod m20261125_000010_drafts;
mod m20261125_000020_answers;
mod m20261126_000030_encodings;
mod m20261126_000050_descriptions;
mod m20261126_000060_records;
mod m20261126_000070_feed;
mod m20261126_000071_webhooks;
mod m20261126_000075_jobs;
mod m20261126_000090_scram;
mod m20261126_000095_job_answers;
mod m20261126_000110_told;
mod m20261127_000120_forecasts;
mod m20261127_000130_forecast_index;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// All steps, in order.
pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261101_000001_people::Migration),
            Box::new(m20261101_000002_datasets::Migration),
            Box::new(m20261101_000003_reference::Migration),
            Box::new(m20261101_000004_datastreams::Migration),
            Box::new(m20261101_000005_runs::Migration),
            Box::new(m20261101_000006_audit::Migration),
            Box::new(m20261124_000007_nodes::Migration),
            Box::new(m20261124_000008_many_datasets::Migration),
            Box::new(m20261125_000010_drafts::Migration),
            Box::new(m20261125_000020_answers::Migration),
            Box::new(m20261126_000030_encodings::Migration),
            Box::new(m20261126_000050_descriptions::Migration),
            Box::new(m20261126_000060_records::Migration),
            Box::new(m20261126_000070_feed::Migration),
            Box::new(m20261126_000071_webhooks::Migration),
            Box::new(m20261126_000075_jobs::Migration),
            Box::new(m20261126_000090_scram::Migration),
            Box::new(m20261126_000095_job_answers::Migration),
            Box::new(m20261126_000110_told::Migration),
            Box::new(m20261127_000120_forecasts::Migration),
            Box::new(m20261127_000130_forecast_index::Migration),
        ]
    }
}

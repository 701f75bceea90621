//! The catalogue through its public edge, every test on SQLite and on PostgreSQL.

mod access;
mod audit;
mod database;
mod datasets;
mod datastreams;
mod feed;
mod forecasts;
mod gazetteer;
mod history;
mod nodes;
mod people;
mod reference;
mod runs;
mod versions;
mod webhooks;

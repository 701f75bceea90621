//! The services through the node's router, as their clients meet them.

#![recursion_limit = "256"]

mod changes;
mod ckan;
mod conformance;
mod damage;
mod dcat;
mod edr;
mod feeds;
mod forecasts;
mod manners;
mod mappings;
mod mcp;
mod oai;
mod ogc;
mod ogc_cql2;
mod ogc_features;
mod ogc_records;
mod ogc_write;
mod openapi;
mod persons;
mod processes;
mod schema;
mod sta;
mod stac;
mod tiles;
mod webhooks;
mod world;

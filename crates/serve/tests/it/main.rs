//! The services through the node's router, as their clients meet them.

#![recursion_limit = "256"]

mod mappings;
mod ogc;
mod openapi;
mod persons;
mod sta;
mod world;

//! The services through the node's router, as their clients meet them.

mod ogc;
mod openapi;
mod sta;
mod world;

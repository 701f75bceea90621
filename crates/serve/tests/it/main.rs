//! The services through the node's router, as their clients meet them.

mod ogc;
mod sta;
mod world;

//! The cluster from outside: the engine's own tests over it, and what only a cluster can do wrong.

mod engine;
mod guarded;
mod processes;
mod travels;

#[path = "../../../crates/query/tests/it/direct.rs"]
mod direct;
#[path = "../../../crates/query/tests/it/harmonise.rs"]
mod harmonise;
#[path = "../../../crates/query/tests/it/policy_gate.rs"]
mod policy_gate;
#[path = "../../../crates/query/tests/it/spatial.rs"]
mod spatial;
#[path = "../../../crates/query/tests/it/sql.rs"]
mod sql;
#[path = "../../../crates/query/tests/it/world.rs"]
mod world;

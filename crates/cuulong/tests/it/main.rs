//! The `cuulong` command as a person at a terminal uses it, and as a power cut ends it.

mod bridge;
mod command;
mod driver;
mod history;
mod keeping;
mod killed;
mod nodes;
mod traces;

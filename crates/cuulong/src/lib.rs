//! The node: command line, configuration and wiring.
//!
//! This crate builds every part and hands it down; it holds no logic of a datum's way.

pub mod cli;
mod client;
mod commands;
pub mod config;
mod connections;
mod listen;
mod lock;
mod node;
pub mod operate;
mod progress;
pub mod sample;
mod secret;
mod stalled;
pub mod traces;

pub use client::{Client, Reply};
pub use commands::{ClusterPart, dispatch};
pub use node::{Node, NodeError};

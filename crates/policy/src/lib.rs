//! Principal, dataset and purpose to a [`Permit`]: the proof without which nothing opens data.
//!
//! [`decide`] is the only maker of a permit; whoever reads a dataset takes one. This crate is
//! pure: it reads no clock, no database and no configuration.

mod decide;
mod permit;
mod principal;

pub use decide::{Decision, Denial, Grant, GrantLevel, Policy, decide};
pub use permit::{Permit, Purpose, RowFilter};
pub use principal::{Principal, Role, Scope};

//! Receive, read, map, check, commit: a file becomes a version of a dataset.
//!
//! A load opens a run, keeps the original, maps its cells with a mapping that is given, saved or
//! guessed, refuses what is wrong with its cell and reason, and commits the rest. This crate never
//! decides who may write (a permit says so), never parses bytes (`formats` does) and never writes a
//! table itself (`lake` does).

mod amend;
mod cell;
mod closing;
mod corrections;
mod coverages;
mod draft;
mod drawn;
mod error;
mod features;
mod findings;
mod guess;
mod lease;
mod letters;
mod load;
mod marked;
mod message;
mod observe;
mod personal;
mod quality;
mod recover;
mod sheets;
mod strike;
mod work;
mod writes;

pub mod mapping;
mod roles;

pub use corrections::{Correction, DraftCorrection};
pub use draft::{Review, ReviewProblem, Staged};
pub use drawn::{Drawn, DrawnCell, DrawnRow, MAX_ROWS as MAX_DRAWN_ROWS, Part};
pub use error::{Error, Source};
pub use guess::{Decision, Guessed, SURE_ENOUGH};
pub use lease::Watch;
pub use load::{BYTES_OF_A_VALUE, Intake, IntakeLimits, Load, Progress, Report, Stage};
pub use message::{finding_message, quality_tests};
pub use observe::{is_period, usual_statistic};
pub use personal::{is_held_back, is_personal};
pub use roles::CellRole;
pub use strike::may_strike;
pub use writes::{
    Accepted, MAX_OBSERVATION_BYTES, MAX_OBSERVATIONS, NewObservation, Outcome, Refused, refusal_message,
};

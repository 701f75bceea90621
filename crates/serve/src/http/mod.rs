//! What every protocol shares: problems, languages, principals, parameters, links and encodings.
//!
//! Protocol folders use this one and never each other.

pub(crate) mod accepts;
pub mod crs;
pub mod deprecated;
pub mod encode;
mod errors;
mod harmless;
pub mod html;
pub mod kept;
pub mod language;
pub mod links;
pub mod memento;
pub mod offload;
mod ours;
pub mod pace;
pub mod paging;
pub mod params;
pub mod principal;
pub mod problem;
pub(crate) mod quota;
mod received;
pub mod revalidate;
pub mod slash;
pub(crate) mod steady;
pub mod subset;
mod tagged;
pub(crate) mod turns;
pub mod unread;
mod visitor;

pub use errors::with_hint;
pub use language::RequestLang;
pub use links::Links;
pub(crate) use ours::chain;
pub use params::{Body, Params};
pub use principal::Caller;
pub use problem::{Problem, ProblemKind};
pub use tagged::tagged;
pub(crate) use tagged::{is_known, tagged_but_for};
pub use visitor::Visitor;

/// What a handler answers: the thing asked for, or a problem in the reader's language.
pub type Answer<T> = Result<T, Problem>;

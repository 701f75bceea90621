//! What is told is told in every language.

mod catalogue;
mod kept;

//! Recipes: knowledge products as ordinary datasets, pinned to the versions that they read.
//!
//! A recipe is a folder with `recipe.toml` and `query.sql`. Running it asks the engine as anyone
//! would, writes the answer as observations, and records which version of which dataset it read.
//! This crate never decides who reads: a product is at least as closed as what it is made of.

mod error;
mod recipe;
mod rows;
mod run;

pub use error::Error;
pub use recipe::{Recipe, RecipeDataset};
pub use run::{Asked, ask_recipe, keep_product, run_recipe};

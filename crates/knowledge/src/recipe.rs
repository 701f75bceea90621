//! Reading recipes: those that the program carries, and those of a folder.

use std::path::Path;

use model::{Access, AgencyId, DatasetId, Text, Theme};
use serde::Deserialize;
use wording::{Told, told};

use crate::Error;

/// A recipe.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// Its id: the name of its folder.
    pub id: String,
    /// The dataset that it makes.
    pub dataset: RecipeDataset,
    /// The query that makes it. Its columns: `place`, `property`, `phenomenon_time`, `result`, and
    /// perhaps `phenomenon_end`, `result_text`, `statistic`, `period`, `unit`.
    pub sql: String,
}

/// The description of the dataset that a recipe makes.
#[derive(Debug, Clone)]
pub struct RecipeDataset {
    /// Its id.
    pub id: DatasetId,
    /// Who publishes it.
    pub agency: AgencyId,
    /// Its title.
    pub title: Text,
    /// What it holds and how it is made.
    pub description: Text,
    /// Its sector.
    pub theme: Theme,
    /// Its licence.
    pub licence: String,
    /// Who may read it; never wider than what it is made of.
    pub access: Access,
    /// Where it comes from.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecipeFile {
    id: String,
    dataset: DatasetFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DatasetFile {
    id: String,
    agency: String,
    theme: String,
    licence: String,
    access: String,
    source: String,
    title: TextFile,
    description: TextFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextFile {
    vi: String,
    en: Option<String>,
    km: Option<String>,
}

impl From<TextFile> for Text {
    fn from(file: TextFile) -> Text {
        Text { vi: file.vi, en: file.en, km: file.km }
    }
}

impl Recipe {
    /// The recipes that the program carries, in the order in which they build on each other.
    pub fn builtin() -> Result<Vec<Recipe>, Error> {
        [
            (
                include_str!("../../../recipes/salinity_daily_max/recipe.toml"),
                include_str!("../../../recipes/salinity_daily_max/query.sql"),
            ),
            (
                include_str!("../../../recipes/isohaline_4gl/recipe.toml"),
                include_str!("../../../recipes/isohaline_4gl/query.sql"),
            ),
        ]
        .into_iter()
        .map(|(description, sql)| Recipe::parse(description, sql))
        .collect()
    }

    /// The recipe of a folder that holds `recipe.toml` and `query.sql`.
    pub fn load(folder: &Path) -> Result<Recipe, Error> {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path).map_err(|error| {
                Error::invalid(
                    Told::words(format!("{}: {error}", path.display())),
                    told!(
                        "knowledge-recipe-folder-recipe-toml-query-sql",
                        "a recipe is a folder with recipe.toml and query.sql"
                    ),
                )
            })
        };
        Recipe::parse(&read("recipe.toml")?, &read("query.sql")?)
    }

    /// A recipe from its two texts.
    pub fn parse(description: &str, sql: &str) -> Result<Recipe, Error> {
        let file: RecipeFile = toml::from_str(description).map_err(|error| {
            Error::invalid(
                told!("knowledge-recipe-toml", "recipe.toml: {error}", error = error),
                told!("knowledge-correct-line-named", "correct the line named"),
            )
        })?;
        let wrong = |field: &str, text: &str| {
            Error::invalid(
                told!(
                    "knowledge-recipe-not",
                    "recipe `{id}`: `{text}` is not a {field}",
                    id = file.id,
                    text = text,
                    field = field
                ),
                told!("knowledge-correct-recipe-toml", "correct recipe.toml"),
            )
        };
        let described = &file.dataset;
        Ok(Recipe {
            dataset: RecipeDataset {
                id: DatasetId::new(&described.id).map_err(|_| wrong("dataset id", &described.id))?,
                agency: AgencyId::new(&described.agency)
                    .map_err(|_| wrong("agency id", &described.agency))?,
                theme: Theme::from_code(&described.theme).ok_or_else(|| wrong("theme", &described.theme))?,
                access: Access::from_code(&described.access)
                    .ok_or_else(|| wrong("access class", &described.access))?,
                licence: described.licence.clone(),
                source: described.source.clone(),
                title: file.dataset.title.into(),
                description: file.dataset.description.into(),
            },
            id: file.id,
            sql: sql.to_owned(),
        })
    }
}

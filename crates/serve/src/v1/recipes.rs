//! Recipes: the knowledge products that this node can make.

use axum::Json;
use axum::extract::{Path, State};
use chrono::Utc;
use serde::Serialize;
use utoipa::ToSchema;

use super::documents::{Page, RunDocument, TextDocument};
use crate::http::{Answer, Caller, Problem, ProblemKind};
use crate::{App, ops};

/// A recipe.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecipeDocument {
    /// Its id.
    pub id: String,
    /// The dataset it writes.
    pub dataset: String,
    /// Its title.
    pub title: TextDocument,
    /// The query that makes it.
    pub sql: String,
}

/// The recipes of this node.
#[utoipa::path(get, path = "/v1/recipes", tag = "recipes",
    responses((status = 200, body = Page<RecipeDocument>)))]
pub async fn list(State(app): State<App>) -> Answer<Json<Page<RecipeDocument>>> {
    let items: Vec<_> = app
        .recipes
        .iter()
        .map(|recipe| RecipeDocument {
            id: recipe.id.clone(),
            dataset: recipe.dataset.id.to_string(),
            title: (&recipe.dataset.title).into(),
            sql: recipe.sql.clone(),
        })
        .collect();
    Ok(Json(Page { total: items.len() as u64, items, next: None }))
}

/// Runs a recipe: its output becomes a version of its dataset, pinned to the versions it read.
#[utoipa::path(post, path = "/v1/recipes/{id}/runs", tag = "recipes", params(("id" = String, Path)),
    security(("key" = [])), responses((status = 200, body = RunDocument), (status = 404)))]
pub async fn run(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
) -> Answer<Json<RunDocument>> {
    if !principal.is_admin() {
        return Err(Problem::new(match principal.user() {
            None => ProblemKind::SignInRequired,
            Some(_) => ProblemKind::NotAllowed,
        }));
    }
    let recipe = app.recipes.iter().find(|recipe| recipe.id == id).ok_or_else(|| Problem::not_found(&id))?;
    let run = knowledge::run_recipe(&app.engine, &app.catalog, &app.lake, recipe, Utc::now()).await?;
    let detail = format!("run {}, dataset {}", run.id, run.dataset);
    app.note(&principal, "recipe.run", &format!("recipe:{id}"), detail).await?;
    if run.version.is_some() {
        ops::count_commit("recipe");
    }
    Ok(Json((&run).into()))
}

//! Recipes: the knowledge products that this node can make.

use axum::Json;
use axum::extract::{Path, State};
use chrono::Utc;
use serde::Serialize;
use utoipa::ToSchema;

use super::documents::{Page, RunDocument, TextDocument};
use crate::http::paging::PageParams;
use crate::http::{Answer, Caller, Links, Params, Problem, ProblemKind, RequestLang};
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
#[utoipa::path(get, path = "/v1/recipes", tag = "recipes", params(PageParams),
    responses((status = 200, body = Page<RecipeDocument>)))]
pub async fn list(
    State(app): State<App>,
    links: Links,
    Params(asked): Params<PageParams>,
) -> Answer<Json<Page<RecipeDocument>>> {
    let recipes: Vec<_> = app.recipes.iter().collect();
    let total = recipes.len() as u64;
    let (page, next) = asked.of(&links, "/v1/recipes", recipes, |recipe| recipe.id.clone())?;
    let items = page.into_iter().map(|recipe| RecipeDocument {
        id: recipe.id.clone(),
        dataset: recipe.dataset.id.to_string(),
        title: (&recipe.dataset.title).into(),
        sql: recipe.sql.clone(),
    });
    Ok(Json(Page { items: items.collect(), total, next }))
}

/// Runs a recipe: its output becomes a version of its dataset, pinned to the versions it read.
#[utoipa::path(post, path = "/v1/recipes/{id}/runs", tag = "recipes", params(("id" = String, Path)),
    security(("key" = [])), responses((status = 200, body = RunDocument), (status = 404)))]
pub async fn run(
    State(app): State<App>,
    Caller(principal): Caller,
    RequestLang(lang): RequestLang,
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
    Ok(Json(RunDocument::new(&run, lang)))
}

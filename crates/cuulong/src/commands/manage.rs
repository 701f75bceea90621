//! `cuulong dataset | user | grant | recipe`: what exists, who may, and products.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Done, Way, print};
use crate::cli::{DatasetCommand, GrantCommand, RecipeCommand, UserCommand};
use crate::config::Config;

/// Datasets.
pub async fn dataset(config: &Config, command: DatasetCommand) -> Done {
    if let DatasetCommand::Keep { id, days, forever } = command {
        // The catalogue takes it beside a node that serves.
        return super::keep::keep_history(config, &id, days, forever).await;
    }
    let way = Way::find(config).await?;
    let client = way.client(config);
    match command {
        DatasetCommand::List { words } => {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("q", &words.join(" "))
                .finish();
            let path = if words.is_empty() {
                "/v1/datasets?limit=1000".to_owned()
            } else {
                format!("/v1/datasets?{query}")
            };
            let page = client.get(&path).await?.ok()?.json();
            rows(&page, &["id", "kind", "access", "agency", "version.version", "version.total", "title.vi"]);
            Ok(())
        }
        DatasetCommand::Show { id } => {
            let document = client.get(&format!("/v1/datasets/{id}")).await?.ok()?.json();
            print(&pretty(&document));
            Ok(())
        }
        DatasetCommand::Recheck { id, limits } => {
            super::amend::recheck(&client, &id, limits.as_deref()).await
        }
        DatasetCommand::Limits { id } => super::amend::limits(&client, &id).await,
        DatasetCommand::Add(new) => {
            let input = json!({
                "id": new.id, "kind": new.kind, "agency": new.agency,
                "title": { "vi": new.title, "en": new.title_en },
                "description": { "vi": new.description },
                "theme": new.theme, "licence": new.licence, "access": new.access, "source": new.source,
            });
            let document = client.send_json(Method::POST, "/v1/datasets", &input).await?.ok()?.json();
            print(&pretty(&document));
            Ok(())
        }
        DatasetCommand::Keep { .. } => Ok(()),
    }
}

/// Users and their keys.
pub async fn user(config: &Config, command: UserCommand) -> Done {
    let way = Way::find(config).await?;
    let client = way.client(config);
    match command {
        UserCommand::List => {
            rows(&client.get("/v1/users").await?.ok()?.json(), &["id", "role", "agency", "name"]);
            Ok(())
        }
        UserCommand::Add { id, name, agency, role } => {
            let password = std::env::var("CUULONG_NEW_PASSWORD").ok();
            let input =
                json!({ "id": id, "name": name, "agency": agency, "role": role, "password": password });
            client.send_json(Method::POST, "/v1/users", &input).await?.ok()?;
            Ok(())
        }
        UserCommand::Key { id, label, scope } => {
            let input = json!({ "label": label, "scope": scope });
            let reply =
                client.send_json(Method::POST, &format!("/v1/users/{id}/keys"), &input).await?.ok()?;
            print(reply.json()["key"].as_str().unwrap_or(""));
            Ok(())
        }
        UserCommand::Keys { id } => {
            let columns = ["id", "scope", "created_at", "expires_at", "revoked_at", "label"];
            rows(&client.get(&format!("/v1/users/{id}/keys")).await?.ok()?.json(), &columns);
            Ok(())
        }
        UserCommand::Revoke { key } => {
            client.send_json(Method::DELETE, &format!("/v1/keys/{key}"), &Value::Null).await?.ok()?;
            Ok(())
        }
    }
}

/// Grants.
pub async fn grant(config: &Config, command: GrantCommand) -> Done {
    let way = Way::find(config).await?;
    let client = way.client(config);
    match command {
        GrantCommand::List => {
            let columns =
                ["id", "dataset", "user", "agency", "level", "places", "properties", "before", "expires_at"];
            rows(&client.get("/v1/grants").await?.ok()?.json(), &columns);
            Ok(())
        }
        GrantCommand::Add { dataset, user, agency, level, places, properties, before, expires_at } => {
            let some = |list: Vec<String>| if list.is_empty() { None } else { Some(list) };
            let input = json!({
                "dataset": dataset, "user": user, "agency": agency, "level": level,
                "places": some(places), "properties": some(properties), "before": before, "expires_at": expires_at,
            });
            let document = client.send_json(Method::POST, "/v1/grants", &input).await?.ok()?.json();
            print(&pretty(&document));
            Ok(())
        }
        GrantCommand::Remove { id } => {
            client.send_json(Method::DELETE, &format!("/v1/grants/{id}"), &Value::Null).await?.ok()?;
            Ok(())
        }
    }
}

/// Recipes.
pub async fn recipe(config: &Config, command: RecipeCommand) -> Done {
    let way = Way::find(config).await?;
    let client = way.client(config);
    match command {
        RecipeCommand::List => {
            rows(&client.get("/v1/recipes").await?.ok()?.json(), &["id", "dataset", "title.vi"]);
            Ok(())
        }
        RecipeCommand::Run { id } => {
            let reply =
                client.send_json(Method::POST, &format!("/v1/recipes/{id}/runs"), &Value::Null).await?;
            print(&pretty(&reply.ok()?.json()));
            Ok(())
        }
    }
}

pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// Prints the items of a page, one a line, with these fields.
pub(super) fn rows(page: &Value, fields: &[&str]) {
    for item in page["items"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let cells: Vec<String> = fields
            .iter()
            .map(|field| {
                let value = field.split('.').fold(item, |value, name| &value[name]);
                value.as_str().map_or_else(
                    || if value.is_null() { "-".into() } else { value.to_string() },
                    str::to_owned,
                )
            })
            .collect();
        print(&cells.join("\t"));
    }
}

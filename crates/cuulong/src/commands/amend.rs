//! `cuulong run | place | dataset recheck`: taking back what a run brought, testing values again, and
//! saying what names of places mean.

use std::path::Path;

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use super::manage::{pretty, rows};
use super::{Done, Way, print};
use crate::cli::{PlaceAliasCommand, RunCommand};
use crate::client::Client;
use crate::config::Config;

/// Runs.
pub async fn run(config: &Config, command: RunCommand) -> Done {
    let way = Way::find(config).await?;
    let client = way.client(config);
    match command {
        RunCommand::List { dataset } => {
            let page = client.get(&format!("/v1/datasets/{dataset}/runs?limit=100")).await?.ok()?.json();
            rows(&page, &["id", "kind", "state", "version", "started_at", "file_name"]);
            Ok(())
        }
        RunCommand::Withdraw { run, reason } => {
            let path = format!("/v1/runs/{run}/withdraw");
            let reply = client.send_json(Method::POST, &path, &json!({ "reason": reason })).await?;
            print(&pretty(&reply.ok()?.json()));
            Ok(())
        }
    }
}

/// Places.
pub async fn place_alias(config: &Config, command: PlaceAliasCommand) -> Done {
    let way = Way::find(config).await?;
    let client = way.client(config);
    let path = |agency: &str| format!("/v1/agencies/{agency}/place-aliases");
    match command {
        PlaceAliasCommand::List { agency } => {
            let page = client.get(&path(&agency)).await?.ok()?.json();
            rows(&page, &["text", "kind", "place", "user", "created_at"]);
            Ok(())
        }
        PlaceAliasCommand::Add { text, agency, place, kind } => {
            let input = json!({ "text": text, "place": place, "kind": kind });
            client.send_json(Method::POST, &path(&agency), &input).await?.ok()?;
            Ok(())
        }
        PlaceAliasCommand::Remove { text, agency, kind } => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair("text", &text);
            if let Some(kind) = &kind {
                query.append_pair("kind", kind);
            }
            let path = format!("{}?{}", path(&agency), query.finish());
            client.send_json(Method::DELETE, &path, &Value::Null).await?.ok()?;
            Ok(())
        }
    }
}

/// Tests the values of a dataset again, perhaps by new limits.
pub async fn recheck(client: &Client, id: &str, limits: Option<&Path>) -> Done {
    if let Some(file) = limits {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let path = format!("/v1/datasets/{id}/limits");
        client.send(Method::PUT, &path, "application/toml", Body::from(text)).await?.ok()?;
    }
    let reply = client.send_json(Method::POST, &format!("/v1/datasets/{id}/recheck"), &Value::Null).await?;
    print(&pretty(&reply.ok()?.json()));
    Ok(())
}

/// Shows the limits of a dataset.
pub async fn limits(client: &Client, id: &str) -> Done {
    let reply = client.get(&format!("/v1/datasets/{id}/limits")).await?.ok()?;
    print(&String::from_utf8_lossy(&reply.body));
    Ok(())
}

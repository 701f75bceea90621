//! `cuulong property | place`: what can be measured, and where, beside the reference.

use axum::http::Method;
use serde_json::json;

use super::{Done, Way, amend, print};
use crate::cli::{PlaceCommand, PropertyCommand};
use crate::config::Config;

/// Properties.
pub async fn property(config: &Config, command: PropertyCommand) -> Done {
    let way = Way::find(config).await?;
    let client = way.client(config);
    match command {
        PropertyCommand::List => {
            let page = client.get("/v1/properties").await?.ok()?.json();
            for property in page["items"].as_array().into_iter().flatten() {
                let text = |key: &str| property[key].as_str().unwrap_or("").to_owned();
                let name = property["name"]["vi"].as_str().unwrap_or("");
                print(&format!("{:<32} {:<16} {:<10} {name}", text("code"), text("unit"), text("kind")));
            }
            Ok(())
        }
        PropertyCommand::Add(new) => {
            let input = json!({
                "code": new.code, "sector": new.sector, "name": new.name, "name_en": new.name_en,
                "aliases": new.aliases, "unit": new.unit, "kind": new.kind, "plausible_min": new.min,
                "plausible_max": new.max, "statistic": new.statistic, "note": new.note,
            });
            client.send_json(Method::POST, "/v1/properties", &input).await?.ok()?;
            Ok(())
        }
    }
}

/// Places.
pub async fn place(config: &Config, command: PlaceCommand) -> Done {
    match command {
        PlaceCommand::Add(new) => {
            let way = Way::find(config).await?;
            let input = json!({
                "id": new.id, "kind": new.kind, "name": new.name, "name_en": new.name_en,
                "alt_names": new.aliases, "lon": new.lon, "lat": new.lat, "river": new.river,
                "source": new.source,
            });
            way.client(config).send_json(Method::POST, "/v1/places", &input).await?.ok()?;
            Ok(())
        }
        PlaceCommand::Alias(command) => amend::place_alias(config, command).await,
    }
}

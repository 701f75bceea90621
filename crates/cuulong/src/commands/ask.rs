//! `cuulong sql`: ask in SQL.

use std::io::Write;

use serde_json::Value;

use super::{Done, Way, print, tell};
use crate::config::Config;
use crate::operate::say;

/// Asks the node and prints the answer.
pub async fn sql(config: &Config, query: &str, as_known_at: Option<&str>, format: &str) -> Done {
    let asked = match format {
        "table" => "json",
        "csv" | "json" | "parquet" | "arrow" => format,
        other => {
            let why = say(
                config.lang,
                "không phải là định dạng: hãy viết table, csv, json, arrow hoặc parquet",
                "is not a format: write table, csv, json, arrow or parquet",
            );
            return Err(format!("`{other}` {why}"));
        }
    };
    let mut request = serde_json::json!({ "sql": query, "format": asked });
    if let Some(time) = as_known_at {
        request["as_known_at"] = time.into();
    }
    let way = Way::find(config).await?;
    let reply = way.client(config).send_json(axum::http::Method::POST, "/v1/sql", &request).await?.ok()?;
    if format == "table" {
        table(&reply.json());
        return Ok(());
    }
    std::io::stdout().write_all(&reply.body).map_err(|error| error.to_string())
}

/// Prints rows in columns, and which versions they come from.
fn table(answer: &Value) {
    let columns: Vec<&str> = answer["columns"]
        .as_array()
        .map(|columns| columns.iter().filter_map(|column| column["name"].as_str()).collect())
        .unwrap_or_default();
    let rows = answer["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
    let cell = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut widths: Vec<usize> = columns.iter().map(|name| name.chars().count()).collect();
    for row in rows {
        for (width, name) in widths.iter_mut().zip(&columns) {
            *width = (*width).max(cell(&row[*name]).chars().count());
        }
    }
    let line = |cells: Vec<String>| {
        let padded = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(cell.chars().count()))));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    print(&line(columns.iter().map(|name| (*name).to_owned()).collect()));
    print(&line(widths.iter().map(|width| "─".repeat(*width)).collect()));
    for row in rows {
        print(&line(columns.iter().map(|name| cell(&row[*name])).collect()));
    }
    tell(&format!("{} rows; versions {}", rows.len(), answer["versions"]));
}

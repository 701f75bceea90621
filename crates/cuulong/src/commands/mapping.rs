//! `cuulong mapping`: guess, check and show how files are read.

use std::path::Path;

use futures::StreamExt;
use intake::mapping::Mapping;
use model::DatasetId;
use serde_json::Value;
use tokio_util::io::ReaderStream;

use super::{Done, Way, load, print, refusal, sentence, tell};
use crate::cli::MappingCommand;
use crate::config::Config;
use crate::operate::say;

/// Runs a command about mappings.
pub async fn mapping(config: &Config, command: MappingCommand) -> Done {
    match command {
        MappingCommand::Guess { file, sheet, dataset } => {
            guess(config, &file, sheet.as_deref(), dataset.as_deref()).await
        }
        MappingCommand::Check { mapping, file, dataset } => {
            check(config, &mapping, file.as_deref(), dataset.as_deref()).await
        }
        MappingCommand::Show { dataset, number } => show(config, &dataset, number).await,
    }
}

/// Prints the guessed mapping, and what has to be confirmed beside it.
async fn guess(config: &Config, file: &Path, sheet: Option<&str>, dataset: Option<&str>) -> Done {
    let dataset = dataset.map(DatasetId::new).transpose().map_err(|error| error.to_string())?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let opened = tokio::fs::File::open(file).await.map_err(|e| format!("{}: {e}", file.display()))?;
    let stream = ReaderStream::with_capacity(opened, 1 << 20).boxed();
    let guessed: Value = match Way::find(config).await? {
        Way::Here(node) => {
            let guessed = node
                .app()
                .intake
                .guess(&name, sheet, stream)
                .await
                .map_err(|error| refusal(&error, config.lang))?;
            serde_json::to_value(serve::guess_document(&guessed, config.lang))
                .map_err(|error| sentence(&error))?
        }
        Way::There(client) => {
            let dataset = dataset.ok_or(say(
                config.lang,
                "một nút đang phục vụ thư mục này: hãy nêu bộ dữ liệu bằng --dataset",
                "a node serves this folder: name the dataset with --dataset",
            ))?;
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair("file_name", &name).extend_pairs(sheet.map(|sheet| ("sheet", sheet)));
            let query = query.finish();
            client
                .upload(&format!("/v1/datasets/{dataset}/mapping-guesses?{query}"), stream)
                .await?
                .ok()?
                .json()
        }
    };
    print(guessed["mapping"].as_str().unwrap_or("").trim_end());
    for decision in guessed["decisions"].as_array().into_iter().flatten() {
        if decision["to_confirm"].as_bool().unwrap_or(false) {
            let text = |key: &str| decision[key].as_str().unwrap_or("").to_owned();
            let sure = decision["confidence"].as_f64().unwrap_or(0.0) * 100.0;
            tell(&format!("? {} ({sure:.0} %): {}", text("path"), text("reason")));
        }
    }
    Ok(())
}

/// Reads a mapping, and a file with it, without taking anything in.
async fn check(config: &Config, mapping: &Path, file: Option<&Path>, dataset: Option<&str>) -> Done {
    let text = std::fs::read_to_string(mapping).map_err(|e| format!("{}: {e}", mapping.display()))?;
    Mapping::parse(&text)
        .map_err(|error| format!("{}: {}", mapping.display(), refusal(&error, config.lang)))?;
    match (file, dataset) {
        (None, _) => {
            print(if config.lang == model::Lang::En {
                "the mapping can be read"
            } else {
                "đọc được ánh xạ"
            });
            Ok(())
        }
        (Some(_), None) => Err(say(
            config.lang,
            "hãy nêu bộ dữ liệu mà tệp thuộc về bằng --dataset",
            "name the dataset that the file is for with --dataset",
        )
        .into()),
        (Some(file), Some(dataset)) => {
            load::load(config, &[file.to_owned()], dataset, Some(mapping), true).await
        }
    }
}

async fn show(config: &Config, dataset: &str, number: Option<u32>) -> Done {
    let dataset = DatasetId::new(dataset).map_err(|error| error.to_string())?;
    let way = Way::find(config).await?;
    let path = match number {
        None => format!("/v1/datasets/{dataset}/mapping"),
        Some(number) => format!("/v1/datasets/{dataset}/mappings/{number}"),
    };
    let reply = way.client(config).get(&path).await?.ok()?;
    print(String::from_utf8_lossy(&reply.body).trim_end());
    Ok(())
}

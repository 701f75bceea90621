//! Where the lake is, and how its store is opened.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, PutMode, RetryConfig};
use url::Url;
use uuid::Uuid;
use wording::told;

use crate::Error;
use crate::durable::DurableDisk;
use crate::originals::INCOMING;

/// How long a bucket may take to be reached,
const CONNECT: Duration = Duration::from_secs(3);
/// to answer one request, a part of a large file included,
const REQUEST: Duration = Duration::from_secs(30);
/// and how long a request that failed is tried again.
const RETRY: Duration = Duration::from_secs(10);

/// Where the lake is.
#[derive(Debug, Clone, Default)]
pub struct LakeConfig {
    /// A folder's path, or `s3://bucket/prefix`.
    pub url: String,
    /// For S3, the store's options: `aws_endpoint`, `aws_region`, `aws_access_key_id`,
    /// `aws_secret_access_key`, `aws_allow_http`…
    pub options: BTreeMap<String, String>,
}

/// A store that is rooted at the lake, with what is known of its kind.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) url: Url,
    /// The folder, when the store is a folder on this machine.
    pub(crate) folder: Option<PathBuf>,
}

/// Opens the store that the configuration names, and makes the folder if it is not there.
pub(crate) async fn open(config: &LakeConfig) -> Result<Opened, Error> {
    match Url::parse(&config.url) {
        Ok(url) if url.scheme() == "s3" => {
            let opened = open_bucket(&url, &config.options)?;
            must_put_if_absent(&opened.store).await?;
            Ok(opened)
        }
        Ok(url) if url.scheme() == "file" => {
            let path = url.to_file_path().map_err(|()| unusable(&config.url))?;
            open_folder(path).await
        }
        Ok(url) if url.scheme().len() > 1 => Err(unusable(&config.url)),
        // No URL (or a drive letter): a path.
        _ => open_folder(PathBuf::from(&config.url)).await,
    }
}

/// Opens the store without touching it.
pub(crate) async fn open_to_read(config: &LakeConfig) -> Result<Opened, Error> {
    match Url::parse(&config.url) {
        Ok(url) if url.scheme() == "s3" => open_bucket(&url, &config.options),
        Ok(url) if url.scheme() == "file" => {
            let path = url.to_file_path().map_err(|()| unusable(&config.url))?;
            open_existing(path).await
        }
        Ok(url) if url.scheme().len() > 1 => Err(unusable(&config.url)),
        _ => open_existing(PathBuf::from(&config.url)).await,
    }
}

fn unusable(url: &str) -> Error {
    Error::invalid(
        told!("lake-no-place-lake", "`{url}` is no place for a lake", url = url),
        told!("lake-write-folder-path-s3-bucket-prefix", "write a folder's path, or `s3://bucket/prefix`"),
    )
}

async fn open_folder(path: PathBuf) -> Result<Opened, Error> {
    let made = path.clone();
    tokio::task::spawn_blocking(move || std::fs::create_dir_all(made)).await?.map_err(Error::later)?;
    open_existing(path).await
}

async fn open_existing(path: PathBuf) -> Result<Opened, Error> {
    let folder = tokio::task::spawn_blocking(move || std::fs::canonicalize(path)).await?;
    let folder = folder.map_err(Error::later)?;
    let url = folder_url(&folder)?;
    let store = DurableDisk::new(&folder)?;
    Ok(Opened { store: Arc::new(store), url, folder: Some(folder) })
}

fn folder_url(folder: &Path) -> Result<Url, Error> {
    Url::from_directory_path(folder).map_err(|()| unusable(&folder.to_string_lossy()))
}

fn open_bucket(url: &Url, options: &BTreeMap<String, String>) -> Result<Opened, Error> {
    // A store that is away is told of within seconds: whoever waits wants an answer, and a commit
    // that got none can be repeated. The options may say otherwise (`timeout`, `connect_timeout`).
    let patience = ClientOptions::new().with_connect_timeout(CONNECT).with_timeout(REQUEST);
    let retry = RetryConfig { retry_timeout: RETRY, ..RetryConfig::default() };
    let mut builder =
        AmazonS3Builder::new().with_url(url.as_str()).with_client_options(patience).with_retry(retry);
    for (key, value) in options {
        let key = AmazonS3ConfigKey::from_str(&key.to_lowercase()).map_err(|_| {
            Error::invalid(
                told!("lake-no-option-s3-store", "`{key}` is no option of an S3 store", key = key),
                told!(
                    "lake-options-e-g-aws-endpoint-aws-region-aws-access-key-id-aws-allow-http",
                    "options are e.g. `aws_endpoint`, `aws_region`, `aws_access_key_id`, `aws_allow_http`"
                ),
            )
        })?;
        builder = builder.with_config(key, value);
    }
    let bucket = builder.build().map_err(|error| {
        Error::invalid(
            told!(
                "lake-s3-store-could-not-set-up",
                "the S3 store could not be set up: {error}",
                error = error
            ),
            told!("lake-check-store-options", "check the store's options"),
        )
    })?;
    let prefix = object_store::path::Path::from_url_path(url.path()).map_err(|error| {
        Error::invalid(
            told!("lake-no-usable-prefix", "`{url}` has no usable prefix: {error}", url = url, error = error),
            told!("lake-write-s3-bucket-prefix", "write `s3://bucket/prefix`"),
        )
    })?;
    let store: Arc<dyn ObjectStore> = if prefix.as_ref().is_empty() {
        Arc::new(bucket)
    } else {
        Arc::new(PrefixStore::new(bucket, prefix))
    };
    let mut url = url.clone();
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(Opened { store, url, folder: None })
}

/// Refuses a store that overwrites where it should put if absent: two nodes would overwrite each
/// other's commits on it.
async fn must_put_if_absent(store: &Arc<dyn ObjectStore>) -> Result<(), Error> {
    let probe = object_store::path::Path::from(format!("{INCOMING}/probe-{}", Uuid::now_v7()));
    let put = || store.put_opts(&probe, "probe".into(), PutMode::Create.into());
    put().await?;
    let again = put().await;
    store.delete(&probe).await?;
    match again {
        Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err(Error::invalid(
            told!(
                "lake-s3-store-ignores-if-none-match-so",
                "the S3 store ignores `If-None-Match`, so that commits could overwrite each other"
            ),
            told!("lake-use-store-conditional-writes", "use a store that has conditional writes"),
        )),
    }
}

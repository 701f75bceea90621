//! The command line.

mod register;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use register::{NewPlace, NewProperty, PlaceAliasCommand, PlaceCommand, PropertyCommand};

/// The inter-sectoral database system of the Mekong Delta.
#[derive(Debug, Parser)]
#[command(name = "cuulong", version, about, long_about = None)]
pub struct Cli {
    /// Settings that every command takes.
    #[command(flatten)]
    pub settings: Settings,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Settings that every command takes. Each may also stand in `cuulong.toml` or in a `CUULONG_…` variable.
#[derive(Debug, Clone, Default, Args)]
pub struct Settings {
    /// The configuration file [default: cuulong.toml, where it is there].
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The node's folder [default: data].
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<String>,
    /// The catalogue: postgres://… or sqlite://… [default: catalog.sqlite in the node's folder].
    #[arg(long, global = true, value_name = "URL")]
    pub catalog: Option<String>,
    /// The store: a folder or s3://bucket/prefix [default: the node's folder].
    #[arg(long, global = true, value_name = "URL")]
    pub store: Option<String>,
    /// Where queries run that are too large for this machine: local, or ballista://host:port.
    #[arg(long, global = true, value_name = "URL")]
    pub engine: Option<String>,
    /// The language of messages: vi or en.
    #[arg(long, global = true, value_name = "LANG")]
    pub lang: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a node.
    Serve {
        /// Where to listen [default: 127.0.0.1:8080].
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<String>,
        /// Load the sample: reference data, made-up series, real province statistics, products.
        #[arg(long)]
        demo: bool,
    },
    /// Hand in files.
    Load {
        /// The files, one run each.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The dataset that takes them.
        #[arg(long, value_name = "ID")]
        dataset: String,
        /// A mapping (TOML); absent, the dataset's own, or one guessed from the file.
        #[arg(long, value_name = "FILE")]
        mapping: Option<PathBuf>,
        /// Report only; commit nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Ask in SQL.
    Sql {
        /// One SELECT statement.
        query: String,
        /// Read as it was known at this time.
        #[arg(long, value_name = "TIME")]
        as_known_at: Option<String>,
        /// table, csv, json, arrow or parquet.
        #[arg(long, default_value = "table")]
        format: String,
    },
    /// Datasets.
    #[command(subcommand)]
    Dataset(DatasetCommand),
    /// Runs: what was taken in, and what is taken back.
    #[command(subcommand)]
    Run(RunCommand),
    /// Places, and what names of places mean.
    #[command(subcommand)]
    Place(PlaceCommand),
    /// Observed properties and indicators.
    #[command(subcommand)]
    Property(PropertyCommand),
    /// How files are read: guess, check and show mappings.
    #[command(subcommand)]
    Mapping(MappingCommand),
    /// Users and their keys.
    #[command(subcommand)]
    User(UserCommand),
    /// Grants.
    #[command(subcommand)]
    Grant(GrantCommand),
    /// Recipes: knowledge products.
    #[command(subcommand)]
    Recipe(RecipeCommand),
    /// Back up catalogue and store, also while the node runs: only what is new is copied.
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Backup {
        /// A folder, or s3://bucket/prefix.
        #[arg(required = true, value_name = "TARGET")]
        target: Option<String>,
        /// text or json.
        #[arg(long, default_value = "text")]
        format: Format,
        /// What else to do with backups.
        #[command(subcommand)]
        command: Option<BackupCommand>,
    },
    /// Put a backup into an empty place (--data, --catalog, --store), or a damaged file right.
    Restore {
        /// The folder or s3://bucket/prefix that has the backups.
        #[arg(value_name = "SOURCE")]
        source: String,
        /// The backup's id [default: the newest].
        #[arg(long, value_name = "ID")]
        backup: Option<String>,
        /// Put back only this file of the store, or all below it; the place need not be empty.
        #[arg(long, value_name = "PATH")]
        only: Option<String>,
    },
    /// Write everything as open files: Parquet, GeoParquet, CSV, DCAT.
    Export {
        /// A new folder.
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
        /// The files as they were received, too.
        #[arg(long)]
        originals: bool,
        /// Accounts (without passwords and keys), grants and the audit log, too.
        #[arg(long)]
        people: bool,
    },
    /// Compare every stored byte with what was recorded of it; fails when something is damaged.
    Verify {
        /// Only this dataset.
        #[arg(long, value_name = "ID")]
        dataset: Option<String>,
        /// Compare with the newest backup of this place, too.
        #[arg(long, value_name = "SOURCE")]
        against: Option<String>,
        /// text or json.
        #[arg(long, default_value = "text")]
        format: Format,
    },
    /// Register made-up datasets and users, to measure a large catalogue.
    #[command(hide = true)]
    FillCatalogue {
        /// So many datasets.
        #[arg(long, default_value_t = 100_000)]
        datasets: u64,
        /// So many users; the answer is a line for each, with a key.
        #[arg(long, default_value_t = 100)]
        users: u64,
    },
    /// Join small files of tables into large ones; remove what only versions need that are not promised.
    Compact {
        /// Only this dataset.
        #[arg(long, value_name = "ID")]
        dataset: Option<String>,
        /// Give up versions that were no longer the current one then, as far as `dataset keep` allows,
        /// and remove their files. What products were made from stays.
        #[arg(long, value_name = "TIME")]
        expire_before: Option<String>,
        /// With --expire-before: only say what would be removed.
        #[arg(long, requires = "expire_before")]
        dry_run: bool,
        /// With --expire-before: how long reads that are under way may take [default: as long as a
        /// query may].
        #[arg(long, requires = "expire_before", value_name = "SECONDS")]
        grace: Option<u64>,
    },
    /// Look at everything that the node stands on, and say what to do.
    Doctor {
        /// text or json.
        #[arg(long, default_value = "text")]
        format: Format,
    },
    /// Bring the folder of an earlier version up to date.
    Migrate {
        /// Say what would be done; change nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Machines that share the work of large queries.
    #[command(subcommand)]
    Cluster(ClusterCommand),
    /// Show the configuration and where each value comes from.
    Config,
}

/// The parts of a cluster. All of them know its secret, the variable CUULONG_CLUSTER_SECRET or
/// `cluster_secret` in the file.
#[derive(Debug, Clone, Subcommand)]
pub enum ClusterCommand {
    /// Print a new secret.
    Secret,
    /// Start the scheduler, which nodes and executors speak to.
    Scheduler {
        /// Where to listen.
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50050")]
        listen: SocketAddr,
    },
    /// Start an executor, which does the work: it needs the node's store (--store, to read) and the
    /// scheduler's address (--engine).
    Executor {
        /// Where to listen, for nodes and other executors.
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50051")]
        listen: SocketAddr,
        /// The name or address under which the others reach this machine [default: the one it listens on].
        #[arg(long, value_name = "HOST")]
        host: Option<String>,
        /// Parts of queries that run at the same time [default: one a processor].
        #[arg(long, value_name = "N")]
        threads: Option<usize>,
        /// Memory of all parts together, bytes [default: query_memory].
        #[arg(long, value_name = "BYTES")]
        memory: Option<u64>,
        /// The folder for what passes between machines and what does not fit in memory
        /// [default: one of its own under the system's folder for such files].
        #[arg(long, value_name = "DIR")]
        work: Option<PathBuf>,
    },
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// What to do with backups that were made.
#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// List them.
    List {
        /// The folder or s3://bucket/prefix that has them.
        #[arg(value_name = "TARGET")]
        target: String,
        /// text or json.
        #[arg(long, default_value = "text")]
        format: Format,
    },
    /// Remove old ones, and the files that only they need.
    Prune {
        /// The folder or s3://bucket/prefix that has them.
        #[arg(value_name = "TARGET")]
        target: String,
        /// How many of the newest are kept, at least 1.
        #[arg(long, value_name = "N")]
        keep: usize,
    },
}

/// What to do with mappings.
#[derive(Debug, Subcommand)]
pub enum MappingCommand {
    /// Guess the mapping of a file; nothing is taken in. What has to be confirmed is told beside it.
    Guess {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The sheet of a workbook; the first that holds a table when absent.
        #[arg(long, value_name = "NAME")]
        sheet: Option<String>,
        /// The dataset that the file is for.
        #[arg(long, value_name = "ID")]
        dataset: Option<String>,
    },
    /// Read a mapping, and a file with it; nothing is taken in.
    Check {
        /// The mapping (TOML).
        #[arg(value_name = "MAPPING")]
        mapping: PathBuf,
        /// A file to read with it.
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// The dataset that the file is for.
        #[arg(long, value_name = "ID")]
        dataset: Option<String>,
    },
    /// Show a dataset's mapping.
    Show {
        /// The dataset.
        #[arg(value_name = "ID")]
        dataset: String,
        /// Which version of it [default: the newest].
        #[arg(long, value_name = "N")]
        number: Option<u32>,
    },
}

/// What to do with datasets.
#[derive(Debug, Subcommand)]
pub enum DatasetCommand {
    /// List the datasets.
    List {
        /// Words to search for.
        words: Vec<String>,
    },
    /// Show one.
    Show {
        /// Its id.
        id: String,
    },
    /// Register one.
    Add(Box<NewDataset>),
    /// Say for how long its versions stay readable, or show it.
    Keep {
        /// Its id.
        id: String,
        /// For so many days.
        #[arg(long, value_name = "N", conflicts_with = "forever")]
        days: Option<u32>,
        /// For ever, as at first.
        #[arg(long)]
        forever: bool,
    },
    /// Test all values again with the limits that hold now; only flags change, as a new version.
    Recheck {
        /// Its id.
        id: String,
        /// A TOML file of limits to save first; `cuulong dataset limits` shows the present ones.
        #[arg(long, value_name = "FILE")]
        limits: Option<PathBuf>,
    },
    /// Show the limits of the quality tests that the dataset sets for itself.
    Limits {
        /// Its id.
        id: String,
    },
}

/// What to do with runs.
#[derive(Debug, Subcommand)]
pub enum RunCommand {
    /// List the runs of a dataset.
    List {
        /// The dataset.
        dataset: String,
    },
    /// Withdraw one: what it brought and no later run corrected goes, or is set back, as a new version.
    Withdraw {
        /// The run's id.
        run: String,
        /// Why, in a sentence; it stays with the run.
        #[arg(long)]
        reason: String,
    },
}

/// A dataset to register.
#[derive(Debug, Args)]
pub struct NewDataset {
    /// Its id: a lower-case letter, then letters, digits or `_`.
    pub id: String,
    /// observations or features.
    #[arg(long, default_value = "observations")]
    pub kind: String,
    /// The agency that publishes it; the agencies are listed at /v1/agencies.
    #[arg(long)]
    pub agency: String,
    /// Its title in Vietnamese.
    #[arg(long)]
    pub title: String,
    /// Its title in English.
    #[arg(long)]
    pub title_en: Option<String>,
    /// What it holds, in Vietnamese.
    #[arg(long, default_value = "")]
    pub description: String,
    /// water, agriculture, aquaculture, environment, infrastructure or society.
    #[arg(long, default_value = "water")]
    pub theme: String,
    /// An SPDX licence id, or a phrase.
    #[arg(long, default_value = "CC-BY-4.0")]
    pub licence: String,
    /// open, shared or restricted.
    #[arg(long, default_value = "restricted")]
    pub access: String,
    /// Where the data come from.
    #[arg(long, default_value = "")]
    pub source: String,
}

/// What to do with users.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// List the users.
    List,
    /// Create one. The variable CUULONG_NEW_PASSWORD holds the password (12 characters or more);
    /// without it the user has keys only.
    Add {
        /// A lower-case letter, then letters, digits or `_`.
        id: String,
        /// The name that others see.
        #[arg(long)]
        name: String,
        /// The agency.
        #[arg(long)]
        agency: Option<String>,
        /// user, provider, steward, approver, auditor or admin.
        #[arg(long, default_value = "user")]
        role: String,
    },
    /// Create an API key; it is printed once.
    Key {
        /// The user.
        id: String,
        /// What the key is for.
        #[arg(long, default_value = "cli")]
        label: String,
        /// read, write or admin.
        #[arg(long, default_value = "read")]
        scope: String,
    },
    /// List a user's API keys, also those that ended.
    Keys {
        /// The user.
        id: String,
    },
    /// Withdraw an API key for good.
    Revoke {
        /// The key's number, as `user keys` lists it.
        #[arg(value_name = "KEY_ID")]
        key: i64,
    },
}

/// What to do with grants.
#[derive(Debug, Subcommand)]
pub enum GrantCommand {
    /// List the grants.
    List,
    /// Give one.
    Add {
        /// The dataset.
        #[arg(long)]
        dataset: String,
        /// The user who gets it …
        #[arg(long, conflicts_with = "agency")]
        user: Option<String>,
        /// … or the agency.
        #[arg(long)]
        agency: Option<String>,
        /// read or write.
        #[arg(long, default_value = "read")]
        level: String,
        /// Only these places.
        #[arg(long = "place")]
        places: Vec<String>,
        /// Only these properties.
        #[arg(long = "property")]
        properties: Vec<String>,
        /// Only values from before this time, e.g. 2025-01-01T00:00:00+07:00.
        #[arg(long, value_name = "TIME")]
        before: Option<String>,
        /// When it ends, e.g. 2027-01-01T00:00:00+07:00.
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
    },
    /// Take one back.
    Remove {
        /// Its number.
        id: i64,
    },
}

/// What to do with recipes.
#[derive(Debug, Subcommand)]
pub enum RecipeCommand {
    /// List the recipes.
    List,
    /// Run one: its output becomes a version of its dataset.
    Run {
        /// Its id.
        id: String,
    },
}

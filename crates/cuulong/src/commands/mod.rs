//! What each command does.

mod amend;
mod ask;
mod backup;
mod cluster;
mod keep;
mod load;
mod manage;
mod mapping;
mod register;
mod serve;

use std::io::Write;
use std::process::ExitCode;

use model::Lang;
use secrecy::SecretString;

use crate::cli::{Cli, ClusterCommand, Command};
use crate::client::Client;
use crate::config::Config;
use crate::lock::{Holder, Lock};
use crate::node::Node;
use crate::operate::{fill, say};
use crate::traces::{TRACE_ONLY, Traces};

/// What went wrong, as a sentence for the person at the terminal.
pub type Done<T = ()> = Result<T, String>;

pub use cluster::ClusterPart;

/// Runs a command; its failure is printed with its causes. A program that is built with the cluster
/// gives its part.
pub async fn dispatch(cli: Cli, cluster: Option<ClusterPart>) -> ExitCode {
    match run(cli, cluster).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            complain(&message);
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli, cluster: Option<ClusterPart>) -> Done {
    let listen = match &cli.command {
        Command::Serve { listen, .. } => listen.clone(),
        _ => None,
    };
    let mut config = Config::load(&cli.settings, listen.as_deref(), &|name| std::env::var(name).ok())
        .map_err(|error| error.to_string())?;
    config.cluster_part = cluster;
    if cluster::is_for_another(&config, &cli.command) {
        return cluster::hand_over();
    }
    let is_server = matches!(
        cli.command,
        Command::Serve { .. }
            | Command::Cluster(ClusterCommand::Scheduler { .. } | ClusterCommand::Executor { .. })
    );
    let traces = config.traces.as_ref().map(Traces::start).transpose()?;
    log(is_server, traces.as_ref());
    let done = answer(cli.command, &config).await;
    if let Some(traces) = traces {
        traces.close().await;
    }
    done
}

async fn answer(command: Command, config: &Config) -> Done {
    match command {
        Command::Serve { demo, .. } => serve::serve(config, demo).await,
        Command::Load { files, dataset, mapping, dry_run } => {
            load::load(config, &files, &dataset, mapping.as_deref(), dry_run).await
        }
        Command::Sql { query, as_known_at, format } => {
            ask::sql(config, &query, as_known_at.as_deref(), &format).await
        }
        Command::Property(command) => register::property(config, command).await,
        Command::Place(command) => register::place(config, command).await,
        Command::Mapping(command) => mapping::mapping(config, command).await,
        Command::User(command) => manage::user(config, command).await,
        Command::Grant(command) => manage::grant(config, command).await,
        Command::Recipe(command) => manage::recipe(config, command).await,
        Command::Backup { command: Some(command), .. } => backup::manage(config, command).await,
        Command::Run(command) => amend::run(config, command).await,
        Command::Backup { target, format, command: None } => {
            backup::make(config, &target.unwrap_or_default(), format).await
        }
        Command::Restore { source, backup: id, only } => {
            backup::restore(config, &source, id.as_deref(), only.as_deref()).await
        }
        Command::Export { folder, originals, people } => {
            backup::export(config, &folder, originals, people).await
        }
        Command::Verify { dataset, against, format } => {
            keep::verify(config, dataset.as_deref(), against.as_deref(), format).await
        }
        Command::FillCatalogue { datasets, users } => {
            for line in fill::fill(config, datasets, users).await? {
                print(&line);
            }
            Ok(())
        }
        Command::Compact { dataset, expire_before: None, .. } => {
            keep::compact(config, dataset.as_deref()).await
        }
        Command::Compact { dataset, expire_before: Some(before), dry_run, grace } => {
            keep::expire(config, dataset.as_deref(), &before, dry_run, grace).await
        }
        Command::Dataset(command) => manage::dataset(config, command).await,
        Command::Doctor { format } => keep::doctor(config, format).await,
        Command::Migrate { dry_run } => keep::migrate(config, dry_run).await,
        Command::Cluster(command) => cluster::run(config.clone(), command).await,
        Command::Config => {
            for (name, value, origin) in &config.origins {
                print(&format!("{name:<28} {value:<48} {origin}"));
            }
            Ok(())
        }
    }
}

/// A way to a node: the one that serves the folder, or one opened here for this command.
pub enum Way {
    /// Over HTTP.
    There(Client),
    /// In this process.
    Here(Box<Node>),
}

impl Way {
    /// Finds the node of the configured folder.
    pub async fn find(config: &Config) -> Done<Way> {
        match Lock::take(&config.data).map_err(|error| format!("{}: {error}", config.data.display()))? {
            Holder::Us(lock) => {
                let node = Node::with_lock(config, false, lock).await.map_err(|error| sentence(&error))?;
                Ok(Way::Here(Box::new(node)))
            }
            Holder::Node(address) => {
                Ok(Way::There(Client::there(address.url, Some(SecretString::from(address.key)), config.lang)))
            }
            Holder::Someone => {
                let why = say(
                    config.lang,
                    "đang có lệnh khác dùng; hãy chờ lệnh đó xong rồi thử lại",
                    "is in use by another command; wait for it to end and try again",
                );
                Err(format!("`{}` {why}", config.data.display()))
            }
        }
    }

    /// A client of the node, with the console's key.
    pub fn client(&self, config: &Config) -> Client {
        match self {
            Way::There(client) => client.clone(),
            Way::Here(node) => Client::here(node.router(), Some(node.console_key()), config.lang),
        }
    }
}

/// An error and its causes, one sentence.
pub fn sentence(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Why a file or a mapping was refused, what to do, and the mapping to start from, where there is one. What
/// is not the person's to mend is told with its causes, as the log has it.
pub fn refusal(error: &intake::Error, lang: Lang) -> String {
    if let intake::Error::Internal { .. } = error {
        return sentence(error);
    }
    let mut text = error.told().sentence(lang);
    for more in
        [error.hint().map(|hint| hint.sentence(lang)), error.example().map(|example| example.shown(lang))]
    {
        text.extend(more.map(|more| format!("\n{more}")));
    }
    text
}

/// Prints a line of the answer. Whoever stops reading it, as `head` does, has what was wanted, and the work
/// goes on.
pub fn print(line: &str) {
    if let Err(error) = writeln!(std::io::stdout(), "{line}")
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        tell(&format!("the answer cannot be printed: {error}"));
    }
}

/// Prints a line for the person, beside the answer; where nobody reads it, nobody is told.
pub fn tell(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}

fn complain(message: &str) {
    tell(&format!("cuulong: {message}"));
}

/// Logs go to standard error: JSON lines for a server, warnings in plain text for a command. Spans go
/// to the collector, too, where one is configured.
fn log(is_server: bool, traces: Option<&Traces>) {
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;
    use tracing_subscriber::{EnvFilter, Layer, Registry};
    let default = if is_server { SERVER_LOG } else { COMMAND_LOG };
    let asked = std::env::var("CUULONG_LOG").ok().filter(|asked| EnvFilter::try_new(asked).is_ok());
    // What only traces show is made only where there are any.
    let directives = format!("{},{TRACE_ONLY}=off", asked.as_deref().unwrap_or(default));
    let filter = EnvFilter::new(directives);
    let text = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines: Box<dyn Layer<Registry> + Send + Sync> =
        if is_server { text.json().flatten_event(true).boxed() } else { text.boxed() };
    let set = match traces {
        // One filter for all is the cheapest.
        None => tracing_subscriber::registry().with(lines).with(filter).try_init(),
        Some(traces) => {
            tracing_subscriber::registry().with(lines.with_filter(filter)).with(traces.layer()).try_init()
        }
    };
    if let Err(error) = set {
        tell(&format!("no log: {error}"));
    }
}

/// Errors, but for those of the library that reads logs of tables: it calls it one that a table does not
/// exist yet, and what is one for us is told with what was being done.
const COMMAND_LOG: &str = "error,buoyant_kernel=off";

/// Our own events, and only warnings of the libraries below.
const SERVER_LOG: &str = "info,sqlx=warn,sea_orm=warn,sea_orm_migration=warn,deltalake_core=warn,buoyant_kernel=off,\
     delta_kernel=warn,datafusion=warn,object_store=warn,opentelemetry=warn,opentelemetry_sdk=warn,opentelemetry_otlp=warn,\
     ballista_core=warn,ballista_scheduler=warn,ballista_executor=warn";

//! What goes on at a node when it is killed.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::process::Command;
use tokio::task::JoinSet;

use super::ledger::{Ledger, Minute, instant};
use super::process::{Asker, Body, NodeProcess};

/// A kind of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Files with new values.
    File,
    /// Files with other values for keys that are there.
    Correction,
    /// One value at a time.
    Single,
    /// Some values at a time.
    Batch,
    /// `cuulong compact` beside the node, again and again; killed with it.
    Compaction,
}

/// What became of the requests of a round.
#[derive(Debug, Default)]
pub struct Done {
    /// Requests that were acknowledged.
    pub acknowledged: u32,
    /// Requests that no answer came to.
    pub cut_off: u32,
}

/// One request: what it writes, and whether it is one file.
struct Request {
    values: Vec<(Minute, f64)>,
    kind: Kind,
}

/// Writes until the time is over. The requests that are under way then are the caller's to cut off:
/// they are awaited in a task that ends when the node is gone.
pub async fn work(
    node: &NodeProcess,
    kinds: &[Kind],
    ledger: &mut Ledger,
    random: &mut StdRng,
    time: Duration,
) -> Done {
    let end = Instant::now() + time;
    let mut tasks = JoinSet::new();
    let mut compactions = JoinSet::new();
    for (writer, kind) in kinds.iter().enumerate() {
        if *kind == Kind::Compaction {
            compactions.spawn(compact(node.data().to_owned(), end));
            continue;
        }
        // Each writer has keys of its own, so that it knows the order of its own writes.
        let plan = requests(*kind, writer, kinds.len(), ledger, random);
        let asker = node.asker();
        tasks.spawn(write(asker, plan, end));
    }
    let mut done = Done::default();
    while let Some(outcomes) = tasks.join_next().await {
        for (request, outcome) in outcomes.expect("a writer ends") {
            let values = &request.values;
            ledger.sent(values);
            match outcome {
                Outcome::Acknowledged => {
                    done.acknowledged += 1;
                    ledger.acknowledged(values);
                }
                Outcome::Refused => ledger.refused(values),
                Outcome::CutOff => {
                    done.cut_off += 1;
                    if matches!(request.kind, Kind::File | Kind::Correction) {
                        ledger.cut_off(request.values);
                    }
                }
            }
        }
    }
    while let Some(ended) = compactions.join_next().await {
        ended.expect("a compaction ends");
    }
    done
}

/// Joins files until the time is over, and is killed then, wherever it is.
async fn compact(data: PathBuf, end: Instant) {
    while !end.saturating_duration_since(Instant::now()).is_zero() {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cuulong"));
        command.args(["--lang", "en", "--data"]).arg(&data).arg("compact");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().expect("the command starts");
        let left = end.saturating_duration_since(Instant::now());
        match tokio::time::timeout(left, child.wait()).await {
            Ok(status) => assert!(status.expect("a status").success(), "a compaction failed"),
            Err(_) => {
                drop(child.start_kill());
                child.wait().await.expect("it is gone");
            }
        }
    }
}

enum Outcome {
    Acknowledged,
    Refused,
    CutOff,
}

/// Sends one request after another; the last may be under way when the time is over.
async fn write(asker: Asker, plan: Vec<Request>, end: Instant) -> Vec<(Request, Outcome)> {
    let mut outcomes = Vec::new();
    for request in plan {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        let sent = send(&asker, &request);
        // Whoever waits longer is cut off: the node is killed while it works on this.
        let outcome = tokio::time::timeout(left, sent).await.unwrap_or(Outcome::CutOff);
        let over = matches!(outcome, Outcome::CutOff);
        outcomes.push((request, outcome));
        if over {
            break;
        }
    }
    outcomes
}

async fn send(asker: &Asker, request: &Request) -> Outcome {
    let answer = match request.kind {
        Kind::File | Kind::Correction => {
            let mut text = String::from("station,time,salinity\n");
            for (minute, value) in &request.values {
                let _ = writeln!(text, "station:cau_noi,{},{value}", instant(*minute));
            }
            asker.ask(Method::POST, "/v1/datasets/gauge/uploads?file_name=values.csv", Body::File(text)).await
        }
        Kind::Single | Kind::Batch => {
            let one = |(minute, value): &(Minute, f64)| json!({ "place": "station:cau_noi", "property": "salinity", "time": instant(*minute), "value": value });
            let many: Vec<_> = request.values.iter().map(one).collect();
            let body = json!({ "observations": many });
            asker.ask(Method::POST, "/v1/datasets/gauge/observations", Body::Json(&body)).await
        }
        Kind::Compaction => None,
    };
    match answer {
        Some((status, _)) if status.is_success() => Outcome::Acknowledged,
        Some((StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS, _)) => Outcome::Refused,
        Some((status, answer)) => panic!("{:?} was refused: {status} {answer}", request.kind),
        None => Outcome::CutOff,
    }
}

/// The requests of one writer in one round, on keys of its own.
fn requests(kind: Kind, writer: usize, writers: usize, ledger: &Ledger, random: &mut StdRng) -> Vec<Request> {
    let writers = u32::try_from(writers).expect("few writers");
    let writer = u32::try_from(writer).expect("few writers");
    let mine = |minute: &Minute| minute % writers == writer;
    let there: Vec<Minute> = ledger.minutes().into_iter().filter(mine).collect();
    let value = |random: &mut StdRng| f64::from(random.random_range(0..3_900)) / 100.0;
    let new = |random: &mut StdRng| random.random_range(0..400_000 / writers) * writers + writer;
    let mut plan = Vec::new();
    let many = match kind {
        Kind::File | Kind::Correction => 6,
        Kind::Single | Kind::Batch => 400,
        Kind::Compaction => 0,
    };
    for _ in 0..many {
        let size = match kind {
            Kind::File => random.random_range(1..1_500),
            Kind::Correction => random.random_range(1..200),
            Kind::Single | Kind::Compaction => 1,
            Kind::Batch => random.random_range(2..60),
        };
        let mut values = std::collections::BTreeMap::new();
        for _ in 0..size {
            let corrects = match kind {
                Kind::Correction => true,
                Kind::File => false,
                _ => random.random_bool(0.3),
            };
            let old = there.choose(random).filter(|_| corrects);
            let minute = old.copied().unwrap_or_else(|| new(random));
            values.insert(minute, value(random));
        }
        plan.push(Request { values: values.into_iter().collect(), kind });
    }
    plan
}

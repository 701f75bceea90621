//! Who may speak to a cluster, and what happens when a part of it is away or a file is damaged.

use std::time::{Duration, Instant};

use cluster::{Scheduler, Tls};
use model::{Access, DatasetKind};
use policy::Principal;
use query::{Engine, Error, QueryLimits, Sql};
use secrecy::SecretString;

use crate::engine::{Running, Watched, engine, ready, secret};
use crate::world::{World, hourly, key, limits, lines};

const PUBLIC: Principal = Principal::Public;
const SUM: &str = "SELECT sum(result) FROM gauge";

async fn gauge() -> World {
    let world = World::new().await;
    world.register("gauge", DatasetKind::Observations, Access::Open).await;
    let key = key("gauge", "station:my_tho", "salinity");
    world.commit("gauge", hourly(&key, "2020-01-01", 5000, |hour| (hour % 7) as f64), "2020-06-01").await;
    world
}

async fn ask(engine: &Engine, sql: &str) -> Result<Vec<String>, Error> {
    let answer = engine.sql(&PUBLIC, Sql::new(sql)).await?;
    let batches: Vec<_> = futures::TryStreamExt::try_collect(answer.batches).await?;
    Ok(lines(&batches))
}

fn is_away(error: &Error) -> bool {
    matches!(error, Error::Away(_))
}

#[test]
fn nothing_starts_without_a_secret_that_cannot_be_guessed() {
    let without = Tls::new(None).unwrap_err().to_string();
    assert!(
        without.contains("cuulong cluster secret") && without.contains("CUULONG_CLUSTER_SECRET"),
        "{without}"
    );
    let short = Tls::new(Some(&SecretString::from("mekong"))).unwrap_err().to_string();
    assert!(short.contains("32 letters"), "{short}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_know_the_secret_gets_no_answer_from_any_part() {
    let world = gauge().await;
    let running = Running::scheduler().await;
    running.executor(world.folder.path());
    let friend = running.connect();
    ready(&friend).await;
    let engine_of_friend = engine(&world.catalog, &world.lake, limits(), friend);
    assert_eq!(ask(&engine_of_friend, SUM).await.unwrap(), ["14995.0"]);

    let stranger = Watched::over(Scheduler::at("127.0.0.1", running.port, secret("guessed")).unwrap());
    let engine_of_stranger = engine(&world.catalog, &world.lake, limits(), stranger);
    let error = ask(&engine_of_stranger, SUM).await.unwrap_err();
    assert!(is_away(&error), "{error:?}");

    // Plain, and TLS without a certificate of the cluster.
    let plain =
        tonic::transport::Endpoint::from_shared(format!("http://127.0.0.1:{}", running.port)).unwrap();
    let mut client =
        ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient::new(plain.connect_lazy());
    let params = ballista_core::serde::protobuf::GetJobStatusParams { job_id: "1".to_owned() };
    let status = client.get_job_status(params).await.unwrap_err();
    assert!(std::error::Error::source(&status).is_some(), "the scheduler itself answers: {status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_is_away_is_told_at_once_and_small_statements_do_not_need_it() {
    let world = gauge().await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let away = Watched::over(Scheduler::at("127.0.0.1", nobody, secret("of the tests")).unwrap());
    let alone = engine(&world.catalog, &world.lake, limits(), away.clone());
    let began = Instant::now();
    let error = ask(&alone, SUM).await.unwrap_err();
    assert!(is_away(&error), "{error:?}");

    let without_executors = Running::scheduler().await.connect();
    let idle = engine(&world.catalog, &world.lake, limits(), without_executors);
    let error = ask(&idle, SUM).await.unwrap_err();
    assert!(matches!(&error, Error::Away(why) if why.contains("no executor")), "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());

    let elsewhere = query::cluster::Elsewhere { cluster: away.clone(), from_bytes: 1 << 30, partitions: 4 };
    let thrifty =
        Engine::with_cluster(world.catalog.clone(), world.lake.clone(), limits(), Some(elsewhere)).unwrap();
    let before = away.sent.lock().len();
    assert_eq!(ask(&thrifty, SUM).await.unwrap(), ["14995.0"]);
    assert_eq!(ask(&alone, "SELECT 1").await.unwrap(), ["1"], "what reads no file stays");
    assert_eq!(away.sent.lock().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_named_by_the_executor_that_reads_it() {
    let world = gauge().await;
    let table = world.folder.path().join("lake/gauge");
    let file = std::fs::read_dir(table)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "parquet"))
        .expect("a data file");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 3;
    bytes[middle] ^= 0x10;
    std::fs::write(&file, bytes).unwrap();
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    let error = world.error(&PUBLIC, "SELECT sum(result), max(phenomenon_time), max(run) FROM gauge").await;
    assert!(matches!(&error, Error::Damaged { what } if what.contains(&name)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_ended_with_its_limit() {
    let world = gauge().await;
    let running = Running::scheduler().await;
    running.executor(world.folder.path());
    let cluster = running.connect();
    ready(&cluster).await;
    let limits = QueryLimits { timeout: Duration::from_secs(3), ..limits() };
    let hurried = engine(&world.catalog, &world.lake, limits, cluster.clone());
    let pairs = "SELECT count(*) FROM gauge a, gauge b, gauge c WHERE a.result + b.result + c.result > 40";
    let began = Instant::now();
    let error = ask(&hurried, pairs).await.unwrap_err();
    assert!(matches!(error, Error::Limit { what: "time", .. }), "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert_eq!(cluster.sent.lock().len(), 1, "{:?}", cluster.kept.lock());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_for_an_asker_who_has_gone_away_makes_room() {
    let world = gauge().await;
    let running = Running::scheduler().await;
    running.executor(world.folder.path());
    let cluster = running.connect();
    ready(&cluster).await;
    let limits = QueryLimits { timeout: Duration::from_secs(120), ..limits() };
    let patient = engine(&world.catalog, &world.lake, limits, cluster.clone());
    // More than both threads of the executor can do within the statement's time.
    let pairs = "SELECT count(*) FROM gauge a, gauge b, gauge c, gauge d \
                 WHERE a.result + b.result + c.result + d.result > 40";
    let asked = ask(&patient, pairs);
    let gone = tokio::time::timeout(Duration::from_secs(2), asked).await;
    assert!(gone.is_err(), "the statement is to last: {gone:?}");
    let began = Instant::now();
    let rows = ask(&patient, SUM).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?} {rows:?}", began.elapsed());
    assert_eq!(cluster.sent.lock().len(), 2, "{:?}", cluster.kept.lock());
}

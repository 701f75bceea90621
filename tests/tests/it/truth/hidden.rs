//! What may not be known is not there: every route answers for it as for what does not exist, and no
//! list, count, search, feed or number changes by it.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use serde_json::Value;

use super::ask::{Asker, Question, Said};
use super::routes::{MORE, ROUTES, Tells};
use super::world::{Chance, GRANTED, Person, Reach, World, reach};

/// A dataset, a run and a series that nobody has.
const NOWHERE: &str = "nowhere_at_all";
const NO_RUN: &str = "01900000-0000-7000-8000-000000000000";
const NO_STREAM: &str = "4611686018427387904";
const NO_ITEM: &str = "nothing-00";

/// The paths that the router has.
fn routes_of(world: &World) -> BTreeSet<String> {
    // Axum shows its table of paths for debugging, and nowhere else.
    let shown = format!("{:?}", world.node.node().router());
    let table = shown.split_once("paths: {").unwrap().1;
    let mut paths = BTreeSet::new();
    for part in table.split("RouteId(").skip(1) {
        let Some(path) = part.split('"').nth(1) else { continue };
        if path.starts_with('/') && !path.contains("__private__") {
            paths.insert(path.to_owned());
        }
    }
    paths
}

#[tokio::test]
async fn every_route_has_a_line_in_the_catalogue() {
    let world = World::empty().await;
    let there = routes_of(&world);
    assert!(there.len() > 150, "the router shows its paths: {there:?}");
    let known: BTreeSet<String> = ROUTES.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(known.len(), ROUTES.len(), "a route stands twice in the catalogue");
    let is_known = |path: &&String| {
        let bare = path.strip_prefix("/en").filter(|rest| rest.starts_with('/') || rest.is_empty());
        let bare = bare.map(|rest| if rest.is_empty() { "/" } else { rest });
        known.contains(*path) || bare.is_some_and(|bare| known.contains(bare))
    };
    let unknown: Vec<&String> = there.iter().filter(|path| !is_known(path)).collect();
    assert!(unknown.is_empty(), "say in tests/tests/it/truth/routes.rs what these routes tell: {unknown:?}");
    let gone: Vec<&String> = known.iter().filter(|path| !there.contains(*path)).collect();
    assert!(gone.is_empty(), "these routes are no more: {gone:?}");
    // The documents describe nothing that the router does not have.
    let asker = &world.people[0].asker;
    for (document, root) in [("/v1/openapi.json", ""), ("/ogc/api", "/ogc"), ("/stac/api", "/stac")] {
        let document = asker.json(document).await.unwrap();
        for path in document["paths"].as_object().unwrap().keys() {
            let path = format!("{root}{}", path.trim_end_matches('/'));
            let shape = |path: &str| {
                path.split('/')
                    .map(|p| if p.starts_with('{') { "{}" } else { p }.to_owned())
                    .collect::<Vec<_>>()
            };
            assert!(
                there.iter().any(|route| shape(route) == shape(&path)),
                "{path} is described and not there"
            );
        }
    }
}

fn question(line: &str) -> Question {
    let mut words = line.splitn(3, ' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let (method, media_type) = match method.split_once(':') {
        Some((method, "text/csv")) => (method, "text/csv"),
        Some((method, "application/toml")) => (method, "application/toml"),
        Some((method, _)) => (method, "application/x-www-form-urlencoded"),
        None => (method, "application/json"),
    };
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    match words.next() {
        Some(body) => Question::send(method, path, media_type, body),
        None => Question { method, path: path.to_owned(), body: None },
    }
}

fn about_one() -> Vec<Question> {
    let lines = ROUTES.iter().filter_map(|(_, tells)| match tells {
        Tells::Of(lines) => Some(lines.iter().copied().map(question)),
        Tells::All(_) | Tells::Nothing => None,
    });
    let more = MORE.iter().map(|(method, path, body)| {
        Question::send(Method::from_bytes(method.as_bytes()).unwrap(), *path, "application/geo+json", body)
    });
    lines.flatten().chain(more).collect()
}

fn about_all() -> Vec<Question> {
    let lines = ROUTES.iter().filter_map(|(_, tells)| match tells {
        Tells::All(lines) => Some(lines.iter().copied().map(question)),
        Tells::Of(_) | Tells::Nothing => None,
    });
    lines.flatten().collect()
}

/// What belongs to a dataset, with what stands for it in questions.
struct Thing {
    dataset: &'static str,
    run: String,
    stream: String,
    item: String,
}

impl Thing {
    fn put_in(&self, question: &Question) -> Question {
        question
            .with("DATASET", self.dataset)
            .with("RUN", &self.run)
            .with("STREAM", &self.stream)
            .with("ITEM", &self.item)
    }

    /// An answer with the names of what it was asked of taken out.
    fn out_of(&self, said: &Said) -> Said {
        said.plain()
            .renamed(self.dataset, "DATASET")
            .renamed(&self.run, "RUN")
            .renamed(&self.stream, "STREAM")
            .renamed(&self.item, "ITEM")
    }
}

async fn hidden_things(world: &World) -> Vec<Thing> {
    let mut things = Vec::new();
    for (dataset, item) in
        [(GRANTED, "station:cau_noi"), ("hidden_sluices", "gate-03"), ("hidden_surface", "do_1")]
    {
        let runs = world.system().json(&format!("/v1/datasets/{dataset}/runs")).await.unwrap();
        let run = runs["items"][0]["id"].as_str().unwrap().to_owned();
        let streams = world.system().json(&format!("/v1/datasets/{dataset}/datastreams")).await;
        let stream = streams.ok().and_then(|list| list["items"][0]["id"].as_i64());
        let stream = stream.map_or_else(|| NO_STREAM.to_owned(), |number| number.to_string());
        things.push(Thing { dataset, run, stream, item: item.to_owned() });
    }
    things
}

/// Headers that must be alike too; the length follows from the names.
fn comparable(mut said: Said) -> Said {
    said.headers.remove("content-length");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_dataset_answers_as_one_that_does_not_exist_on_every_route() {
    let mut chance = Chance::new();
    let mut world = World::new(&mut chance).await;
    world.hide(&mut chance).await;
    let things = hidden_things(&world).await;
    let mut wrong = Vec::new();
    let mut asked = 0;
    for person in &world.people {
        for thing in &things {
            if !matches!(reach(person, thing.dataset), Reach::Hidden) {
                continue;
            }
            let nothing = Thing {
                dataset: NOWHERE,
                run: NO_RUN.to_owned(),
                stream: NO_STREAM.to_owned(),
                item: NO_ITEM.to_owned(),
            };
            for question in about_one() {
                let hidden = person.asker.ask(&thing.put_in(&question), &[]).await;
                let missing = person.asker.ask(&nothing.put_in(&question), &[]).await;
                let (hidden, missing) =
                    (comparable(thing.out_of(&hidden)), comparable(nothing.out_of(&missing)));
                asked += 1;
                if hidden != missing {
                    let headers: Vec<_> = hidden
                        .headers
                        .iter()
                        .filter(|(name, value)| missing.headers.get(*name) != Some(value))
                        .collect();
                    wrong.push(format!(
                        "{} asks {question} of {}:\n  {} {headers:?} {}\n  {} {}",
                        person.name,
                        thing.dataset,
                        hidden.status,
                        short(&hidden),
                        missing.status,
                        short(&missing)
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked} answers tell:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 500, "{asked}");
}

fn short(said: &Said) -> String {
    said.text().chars().take(600).collect()
}

/// Everybody's answers to what lists and sums up.
async fn lists(people: &[Person]) -> BTreeMap<(String, String), Said> {
    let mut said = BTreeMap::new();
    for person in people {
        for question in about_all() {
            let answer = person.asker.ask(&question, &[]).await;
            assert!(answer.status < 500, "{question}: {}", answer.text());
            said.insert((person.name.to_owned(), question.to_string()), comparable(listed(&answer)));
        }
    }
    said
}

/// A list without what differs each time it is made: sealed cursors, and when it was asked for.
fn listed(said: &Said) -> Said {
    let mut said = said.plain();
    if let Ok(mut document) = serde_json::from_slice::<Value>(&said.body) {
        unseal(&mut document);
        said.body = document.to_string().into_bytes();
        // What is sealed has another tag each time.
        if document.get("next").is_some_and(Value::is_null) && document.get("more").is_some() {
            said.headers.remove("etag");
        }
    }
    said
}

fn unseal(document: &mut Value) {
    match document {
        Value::Object(object) => {
            for name in ["next", "cursor"] {
                if object.contains_key(name) && object.get(name).is_some_and(Value::is_string) {
                    object.insert(name.to_owned(), Value::Null);
                }
            }
            object.values_mut().for_each(unseal);
        }
        Value::Array(values) => values.iter_mut().for_each(unseal),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_list_count_search_or_feed_changes_by_what_is_hidden() {
    let mut chance = Chance::new();
    let mut world = World::new(&mut chance).await;
    let blind = |person: &Person| {
        ["hidden_gauge", "hidden_sluices"].iter().all(|id| matches!(reach(person, id), Reach::Hidden))
    };
    let people: Vec<Person> = std::mem::take(&mut world.people);
    let (blind, seeing): (Vec<Person>, Vec<Person>) = people.into_iter().partition(blind);
    assert!(blind.len() >= 4 && seeing.len() >= 5);
    // The first page tells the time to the minute: both looks are in the same one.
    let second = chrono::Utc::now().timestamp().rem_euclid(60).unsigned_abs();
    if second > 25 {
        tokio::time::sleep(std::time::Duration::from_secs(60 - second)).await;
    }
    let before = lists(&blind).await;
    world.people = seeing;
    world.hide(&mut chance).await;
    let after = lists(&blind).await;
    let mut wrong = Vec::new();
    for (of, was) in &before {
        let is = &after[of];
        if was != is {
            let (old, new) = (was.text(), is.text());
            let at = old.bytes().zip(new.bytes()).position(|(a, b)| a != b).unwrap_or(0);
            let around = |text: &str| {
                let bytes = &text.as_bytes()[at.saturating_sub(200).min(text.len())..];
                String::from_utf8_lossy(&bytes[..bytes.len().min(400)]).into_owned()
            };
            let headers: Vec<_> =
                was.headers.iter().filter(|(name, value)| is.headers.get(*name) != Some(value)).collect();
            wrong.push(format!(
                "{of:?}:\n  {} {headers:?} …{}…\n  {} …{}…",
                was.status,
                around(&old),
                is.status,
                around(&new)
            ));
        }
        assert!(!is.text().contains("hidden_") || of.1.contains("hidden"), "{of:?}: {}", short(is));
    }
    assert!(wrong.is_empty(), "{} of {} answers changed:\n{}", wrong.len(), before.len(), wrong.join("\n"));
    // Numbers for the operator name no dataset.
    let metrics = blind[0].asker.get("/metrics").await.text();
    assert!(metrics.contains("cuulong_requests_total"));
    assert!(!metrics.contains("hidden_") && !metrics.contains("_gauge"), "{metrics}");
    for path in ["/healthz", "/readyz"] {
        assert!(!blind[0].asker.get(path).await.text().contains("hidden_"), "{path}");
    }
    // Those who may know find it in the same lists.
    let seeing = lists(&world.people).await;
    let finds = |question: &str| {
        seeing.iter().filter(|((_, of), said)| of == question && said.text().contains("hidden_gauge")).count()
    };
    for question in [
        "GET /v1/datasets?limit=1000",
        "GET /stac/collections?limit=1000",
        "GET /ogc/collections",
        "GET /dcat.ttl",
        "GET /sitemap/0.xml",
        "GET /v1/changes?limit=1000",
        "GET /ckan/api/action/package_list",
        "GET /search?q=hidden",
    ] {
        assert!(finds(question) > 3, "{question} tells nobody");
    }
}

/// A hidden name is written down like a wrong one, and takes as long: neither waits for the disk.
#[tokio::test]
async fn an_attempt_is_on_record() {
    let mut chance = Chance::new();
    let mut world = World::new(&mut chance).await;
    world.hide(&mut chance).await;
    let khach: &Asker = &world.people.iter().find(|person| person.name == "khach").unwrap().asker;
    assert_eq!(khach.get("/v1/datasets/hidden_gauge/observations").await.status, 404);
    let audit = world.system().json("/v1/audit?limit=100").await.unwrap().to_string();
    assert!(audit.contains("read.denied") && audit.contains("dataset:hidden_gauge"), "{audit}");
}

//! The same question, asked by everybody through every protocol: values, times, flags, versions and
//! counts agree exactly.

use std::collections::BTreeMap;

use axum::http::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::python;
use tokio::process::Command;

use super::ask::{Asker, Question, with};
use super::readers::{At, Numbers, Read, WAYS, micros, rows_of, statement};
use super::world::{
    Chance, Filter, Key, LATER, Person, Reach, Rows, Series, Thing, Things, Told, World, reach,
};

/// What somebody should hear of a version.
fn expected(series: &Series, at: &At, filter: &Filter) -> Rows {
    let version = match at {
        At::Latest => series.versions.len(),
        At::Version(number) => *number,
        At::Known(time) => series.known.iter().position(|known| known == time).unwrap() + 1,
    };
    filter.of(&series.versions[version - 1])
}

fn assert_same(said: &Rows, expected: &Rows, of: &str) {
    let missing: Vec<_> =
        expected.iter().filter(|(key, told)| said.get(*key) != Some(told)).take(5).collect();
    let more: Vec<_> = said.iter().filter(|(key, _)| !expected.contains_key(*key)).take(5).collect();
    assert!(
        missing.is_empty() && more.is_empty(),
        "{of}: {} values instead of {}; missing or other: {missing:?}; too many: {more:?}",
        said.len(),
        expected.len()
    );
}

fn check(read: &Read, wanted: &Rows, version: usize, flags: &mut BTreeMap<Key, i64>, of: &str) {
    if read.numbers_only {
        let numbers = wanted.iter().filter(|(_, told)| matches!(told, Told::Number(_)));
        let numbers = numbers.map(|(key, told)| (key.clone(), told.clone())).collect();
        assert_same(&read.rows, &numbers, of);
    } else {
        assert_same(&read.rows, wanted, of);
    }
    if let Some(total) = read.total {
        assert_eq!(total, wanted.len() as u64, "{of}: the count");
    }
    if let Some(told) = read.version {
        assert_eq!(told, version as u64, "{of}: the version");
    }
    for (key, flag) in &read.flags {
        let first = *flags.entry(key.clone()).or_insert(*flag);
        assert_eq!(first, *flag, "{of}: the flag of {key:?}");
    }
}

/// Which questions are asked of a dataset: of all versions by those who reach it by a grant or not at
/// all, of a few by the others.
fn questions(series: &Series, chance: &mut Chance) -> Vec<(At, usize)> {
    let newest = series.versions.len();
    #[expect(clippy::cast_possible_truncation, reason = "few versions")]
    let number = 1 + chance.below(newest as u64) as usize;
    vec![
        (At::Latest, newest),
        (At::Version(number), number),
        (At::Known(series.known[number - 1].clone()), number),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_hears_the_same_values_through_every_protocol() {
    let mut chance = Chance::new();
    let mut world = World::new(&mut chance).await;
    world.hide(&mut chance).await;
    let mut asked = 0;
    for series in &world.series {
        let numbers = world.numbers(series.id).await;
        let mut flags: BTreeMap<(usize, Key), i64> = BTreeMap::new();
        for person in &world.people {
            let reach = reach(person, series.id);
            for (at, version) in questions(series, &mut chance) {
                let mut of_version: BTreeMap<Key, i64> = flags
                    .iter()
                    .filter(|((of, _), _)| *of == version)
                    .map(|((_, k), f)| (k.clone(), *f))
                    .collect();
                for (name, way) in WAYS {
                    let of = format!("{} asks for {} at {at:?} by {name}", person.name, series.id);
                    let Some(answer) = way(&person.asker, series.id, &at, &numbers).await else { continue };
                    asked += 1;
                    match (&reach, answer) {
                        (Reach::Reads(filter), Ok(read)) => {
                            check(&read, &expected(series, &at, filter), version, &mut of_version, &of);
                        }
                        (Reach::Reads(filter), Err(status)) => {
                            // Series of nothing are no series where only what is there is told of.
                            let nothing = expected(series, &at, filter).is_empty();
                            assert!(nothing, "{of}: {status}");
                        }
                        (_, Ok(_)) => panic!("{of} was answered"),
                        (_, Err(status)) => assert!((400..500).contains(&status), "{of}: {status}"),
                    }
                }
                flags.extend(of_version.into_iter().map(|(key, flag)| ((version, key), flag)));
                if let Reach::Reads(filter) = &reach {
                    sums(person, series, &at, &expected(series, &at, filter), &flags, version, &numbers)
                        .await;
                }
            }
        }
    }
    assert!(asked > 1_000, "{asked} questions");
    for things in &world.things {
        for person in &world.people {
            features(person, things).await;
        }
    }
    over_postgres(world).await;
}

/// Last values, buckets, and counts.
async fn sums(
    person: &Person,
    series: &Series,
    at: &At,
    wanted: &Rows,
    flags: &BTreeMap<(usize, Key), i64>,
    version: usize,
    numbers: &Numbers,
) {
    let id = series.id;
    let of = format!("{} asks for {id} at {at:?}", person.name);
    let pairs = at.parameters();
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut last: BTreeMap<(String, String, String), (i64, Told)> = BTreeMap::new();
    for ((place, property, statistic, time), told) in wanted {
        last.insert((place.clone(), property.clone(), statistic.clone()), (*time, told.clone()));
    }
    let said = person.asker.get(&with(&format!("/v1/datasets/{id}/latest"), &pairs)).await;
    assert_eq!(said.header("cuulong-version"), version.to_string(), "{of}: latest");
    let said = said.json().unwrap();
    let items = said["items"].as_array().unwrap();
    assert_eq!((items.len(), said["total"].as_u64()), (last.len(), Some(last.len() as u64)), "{of}: latest");
    for item in items {
        let word = |name: &str| item[name].as_str().unwrap().to_owned();
        let (time, told) = &last[&(word("place"), word("property"), word("statistic"))];
        assert_eq!(micros(&word("phenomenon_time")), *time, "{of}: {item}");
        match told {
            Told::Number(number) => assert_eq!(item["result"].as_f64(), Some(*number), "{of}: {item}"),
            Told::Text(text) => assert_eq!(item["result_text"].as_str(), Some(text.as_str()), "{of}: {item}"),
        }
    }
    // A bucket that is as wide as all time counts every number that did not fail its tests.
    let mut wide = pairs.clone();
    wide.push(("width", "P100Y"));
    let said = person.asker.get(&with(&format!("/v1/datasets/{id}/observations/buckets"), &wide)).await;
    assert_eq!(said.header("cuulong-version"), version.to_string(), "{of}: buckets");
    let said = said.json().unwrap();
    let mut counted: BTreeMap<(String, String, String), (u64, f64, f64)> = BTreeMap::new();
    for bucket in said["items"].as_array().unwrap() {
        let key = numbers[&bucket["datastream"].as_i64().unwrap()].clone();
        let sum = counted.entry(key).or_insert((0, f64::MAX, f64::MIN));
        sum.0 += bucket["count"].as_u64().unwrap();
        sum.1 = sum.1.min(bucket["min"].as_f64().unwrap());
        sum.2 = sum.2.max(bucket["max"].as_f64().unwrap());
    }
    let mut right: BTreeMap<(String, String, String), (u64, f64, f64)> = BTreeMap::new();
    for (key, told) in wanted {
        let failed = flags.get(&(version, key.clone())) == Some(&4);
        let (Told::Number(number), false) = (told, failed) else { continue };
        let sum =
            right.entry((key.0.clone(), key.1.clone(), key.2.clone())).or_insert((0, f64::MAX, f64::MIN));
        *sum = (sum.0 + 1, sum.1.min(*number), sum.2.max(*number));
    }
    assert_eq!(counted, right, "{of}: buckets");
    // What tells how many rows there are, where rows may be hidden, tells of those that are not.
    let is_latest = matches!(at, At::Latest);
    if is_latest {
        let asked = json!({ "sql": format!("SELECT count(*) AS n FROM {id}") });
        let said = person.asker.post("/v1/sql", &asked).await.json().unwrap();
        assert_eq!(said["rows"][0]["n"].as_u64(), Some(wanted.len() as u64), "{of}: count(*)");
        let said = person.asker.json("/ogc/collections").await.unwrap();
        let there = said["collections"].as_array().unwrap().iter().any(|one| one["id"] == id);
        assert!(there, "{of}: collections");
    }
}

async fn features(person: &Person, things: &Things) {
    let id = things.id;
    let reads = match reach(person, id) {
        Reach::Reads(filter) => filter.is_open(),
        Reach::Known | Reach::Hidden => false,
    };
    for version in 1..=things.versions.len() {
        let number = version.to_string();
        let wanted = &things.versions[version - 1];
        let pinned = [("version", number.as_str())];
        let is_newest = version == things.versions.len();
        let mut ways: Vec<(String, &str)> = vec![
            (
                with(&format!("/ogc/collections/{id}/items"), &[("version", &number), ("limit", "1000")]),
                "items",
            ),
            (
                with(&format!("/v1/datasets/{id}/data"), &[("version", &number), ("format", "geojson")]),
                "items",
            ),
            (with(&format!("/v1/datasets/{id}/data"), &[("version", &number), ("format", "csv")]), "csv"),
            (
                with(&format!("/v1/datasets/{id}/data"), &[("version", &number), ("format", "parquet")]),
                "parquet",
            ),
            (with(&format!("/v1/datasets/{id}/data"), &[("version", &number), ("format", "xlsx")]), "xlsx"),
            (with(&format!("/v1/datasets/{id}/data"), &[("version", &number), ("format", "gpkg")]), "gpkg"),
            (
                with(
                    "/ckan/api/3/action/datastore_search",
                    &[("resource_id", id), ("version", &number), ("limit", "1000")],
                ),
                "ckan",
            ),
            (with(&format!("/ogc/collections/{id}/tiles/WebMercatorQuad/0/0/0"), &pinned), "tile"),
            (with(&format!("/stac/collections/{id}/items/{id}"), &pinned), "stac"),
        ];
        if is_newest {
            ways.push((format!("/ogc/collections/{id}/items?limit=1000"), "items"));
            ways.push((format!("/v1/datasets/{id}/data?format=csv"), "csv"));
            ways.push((format!("/ogc/collections/{id}/tiles/WorldCRS84Quad/0/0/1"), "tile"));
            ways.push((format!("/stac/collections/{id}/items/{id}"), "stac"));
        }
        for (path, kind) in ways {
            let of = format!("{} asks {path}", person.name);
            let said = person.asker.get(&path).await;
            if !reads {
                assert!((400..500).contains(&said.status), "{of}: {}", said.status);
                continue;
            }
            assert!(said.is_good(), "{of}: {} {}", said.status, said.text());
            match kind {
                "tile" => assert_eq!(said.header("cuulong-matched"), wanted.len().to_string(), "{of}"),
                "stac" => {
                    let item = said.json().unwrap();
                    let told = (
                        item["properties"]["version"].clone(),
                        item["properties"]["table:row_count"].as_u64(),
                    );
                    assert_eq!(told, (json!(number), Some(wanted.len() as u64)), "{of}");
                }
                kind => assert_eq!(&things_of(&said, kind), wanted, "{of}"),
            }
        }
    }
}

fn things_of(said: &super::ask::Said, kind: &str) -> BTreeMap<String, Thing> {
    let number = |value: &Value| match value {
        Value::String(text) => text.parse().unwrap(),
        value => value.as_f64().unwrap_or_else(|| panic!("{value} is no number")),
    };
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let flat = |rows: &[Value]| {
        let thing = |row: &Value| {
            (
                word(&row["feature"]),
                (word(&row["name"]), number(&row["width"]), [number(&row["xmin"]), number(&row["ymin"])]),
            )
        };
        rows.iter().map(thing).collect()
    };
    match kind {
        "items" => {
            let page = said.json().unwrap();
            let features = page["features"].as_array().unwrap();
            if let Some(matched) = page["numberMatched"].as_u64() {
                assert_eq!(matched, features.len() as u64);
            }
            let thing = |feature: &Value| {
                let (told, at) = (&feature["properties"], &feature["geometry"]["coordinates"]);
                (
                    word(&feature["id"]),
                    (word(&told["name"]), number(&told["width"]), [number(&at[0]), number(&at[1])]),
                )
            };
            features.iter().map(thing).collect()
        }
        "ckan" => {
            let page = said.json().unwrap();
            let records = page["result"]["records"].as_array().unwrap();
            assert_eq!(page["result"]["total"].as_u64(), Some(records.len() as u64));
            flat(records)
        }
        "gpkg" => of_geopackage(&said.body),
        format => flat(&rows_of(said, format)),
    }
}

fn of_geopackage(bytes: &[u8]) -> BTreeMap<String, Thing> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let database = rusqlite::Connection::open(file.path()).unwrap();
    let table: String =
        database.query_row("SELECT table_name FROM gpkg_contents", [], |row| row.get(0)).unwrap();
    let mut rows = database
        .prepare(&format!("SELECT feature, name, width, geom FROM \"{table}\""))
        .or_else(|_| database.prepare(&format!("SELECT feature, name, width, geometry FROM \"{table}\"")));
    let rows = rows.as_mut().unwrap();
    let thing = |row: &rusqlite::Row<'_>| {
        // The last sixteen bytes of a point are its position.
        let shape: Vec<u8> = row.get(3)?;
        let at = |from: usize| f64::from_le_bytes(shape[from..from + 8].try_into().unwrap());
        let position = [at(shape.len() - 16), at(shape.len() - 8)];
        Ok((row.get::<_, String>(0)?, (row.get(1)?, row.get(2)?, position)))
    };
    rows.query_map([], thing).unwrap().map(Result::unwrap).collect()
}

/// The same over the PostgreSQL protocol, by psycopg.
async fn over_postgres(world: World) {
    let Some(python) = python() else { return };
    let World { node, people, series, .. } = world;
    let mut asked = Vec::new();
    for person in &people {
        let (user, password) = match (&person.asker.key, person.role) {
            (None, _) => ("public", String::new()),
            (_, Some("system")) => continue,
            (Some(key), _) => (person.name, key.clone()),
        };
        for one in &series {
            for known in [None, Some(one.known[0].clone()), Some(one.known[2].clone())] {
                asked.push(
                    json!({ "user": user, "password": password, "dataset": one.id, "sql": statement(one.id),
                    "as_known_at": known }),
                );
            }
        }
    }
    let served = node.serve().await;
    let questions = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(questions.path(), json!(asked).to_string()).unwrap();
    let script = format!("{}/clients/truth_sqlwire.py", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python)
        .args([&script, &served.sql.port().to_string()])
        .arg(questions.path())
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers.len(), asked.len());
    for (question, answer) in asked.iter().zip(&answers) {
        let name = if question["user"] == "public" { "public" } else { question["user"].as_str().unwrap() };
        let person = people.iter().find(|person| person.name == name).unwrap();
        let one = series.iter().find(|one| question["dataset"] == one.id).unwrap();
        let at = question["as_known_at"].as_str().map_or(At::Latest, |time| At::Known(time.to_owned()));
        let of = format!("{name} asks for {} at {at:?} over the PostgreSQL protocol", one.id);
        match (reach(person, one.id), answer["rows"].as_array()) {
            (Reach::Reads(filter), Some(rows)) => {
                let mut said = Rows::new();
                for row in rows {
                    let word = |at: usize| row[at].as_str().unwrap().to_owned();
                    let told = match row[4].as_f64() {
                        Some(number) => Told::Number(number),
                        None => Told::Text(word(5)),
                    };
                    said.insert((word(0), word(1), word(2), micros(&word(3))), told);
                }
                assert_same(&said, &expected(one, &at, &filter), &of);
            }
            (Reach::Reads(_), None) => panic!("{of}: {answer}"),
            (_, None) => assert_eq!(answer["state"], "42P01", "{of}: an unknown table, {answer}"),
            (_, Some(_)) => panic!("{of} was answered"),
        }
    }
    served.stop().await;
}

/// What is counted on the pages of the API beside values: places in tiles, series, words of STAC.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_of_series_is_of_those_that_are_reached() {
    let mut chance = Chance::new();
    let mut world = World::new(&mut chance).await;
    world.hide(&mut chance).await;
    for series in &world.series {
        let id = series.id;
        for person in &world.people {
            let Reach::Reads(filter) = reach(person, id) else { continue };
            let of = format!("{} asks of {id}", person.name);
            for (version, rows) in series.versions.iter().enumerate() {
                let wanted = filter.of(rows);
                let places: std::collections::BTreeSet<&String> = wanted.keys().map(|key| &key.0).collect();
                let path =
                    format!("/ogc/collections/{id}/tiles/WebMercatorQuad/0/0/0?version={}", version + 1);
                let said = person.asker.get(&path).await;
                assert!(said.is_good(), "{of}: {path}: {}", said.text());
                let matched = said.header("cuulong-matched").parse().unwrap_or(0);
                assert_eq!(matched, places.len(), "{of}: {path}");
                let path = format!("/ogc/collections/{id}/instances/{}/locations", version + 1);
                let said = person.asker.json(&path).await.unwrap();
                assert_eq!(said["numberMatched"].as_u64(), Some(places.len() as u64), "{of}: {path}: {said}");
                // Names of parameters tell of nothing but what is reached, in that version.
                let path = format!("/ogc/collections/{id}/instances/{}", version + 1);
                let said = person.asker.json(&path).await.unwrap();
                let names: Vec<&String> =
                    said["parameter_names"].as_object().into_iter().flatten().map(|(n, _)| n).collect();
                let is_plain = names.iter().all(|name| !name.contains(':'));
                let has_max = wanted.keys().any(|key| key.2 == "max");
                assert_eq!(is_plain, !has_max, "{of}: {path}: {names:?}");
                if filter.property.is_some() {
                    assert!(names.iter().all(|name| name.starts_with("salinity")), "{of}: {names:?}");
                }
                if !places.contains(&LATER.to_owned()) {
                    assert!(!said.to_string().contains(LATER), "{of}: {path}");
                }
            }
        }
    }
}

/// A key that is withdrawn, and one that reaches less than its holder.
#[tokio::test]
async fn a_key_reaches_no_farther_than_its_scope() {
    let mut chance = Chance::new();
    let mut world = World::new(&mut chance).await;
    world.hide(&mut chance).await;
    let file = "station,time,salinity,ec\nstation:cau_noi,2020-02-01 00:00:00,1,1\n";
    let path = "/v1/datasets/hidden_gauge/uploads?file_name=a.csv&dry_run=true";
    let question = Question::send(Method::POST, path, "text/csv", file);
    for person in &world.people {
        let status = world.status(person, &question).await;
        let wanted: &[u16] = match person.name {
            "public" | "khach" | "binh" | "chi" => &[404],
            // They may know of it, and their keys or their roles do not reach so far.
            "em" | "lan" | "lua" | "dung" | "mai" | "quan" => &[403],
            // Taken up, whatever is said of the file.
            _ => &[200, 201, 422],
        };
        assert!(wanted.contains(&status), "{}: {status}", person.name);
    }
    let console =
        Asker::new(world.node.node().router(), Some(world.node.node().console_key().expose_secret().into()));
    let revoked = world.people.iter().find(|person| person.name == "lan").unwrap();
    let keys = console.json("/v1/users/lan/keys").await.unwrap();
    let key = &keys["items"][0];
    let number = key["id"].as_str().map_or_else(|| key["id"].to_string(), str::to_owned);
    let path = format!("/v1/keys/{number}");
    let said = console.ask(&Question { method: Method::DELETE, path, body: None }, &[]).await;
    assert!(said.is_good(), "{}", said.text());
    assert_eq!(revoked.asker.get("/v1/datasets/hidden_gauge/observations").await.status, 401);
    assert_eq!(revoked.asker.get("/v1/datasets/open_gauge/observations").await.status, 401);
}

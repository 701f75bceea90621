//! A node with random data of every kind and class, everybody who may ask, and what each may read:
//! worked out here from the rules, not by the code that is tested.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::http::Method;
use chrono::{DateTime, Duration, SecondsFormat, TimeZone, Utc};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::TestNode;

use super::ask::{Asker, Question};
use crate::rasters::geotiff;

/// Numbers that look random and come again with their seed (splitmix64).
pub struct Chance(u64);

impl Chance {
    /// From `CUULONG_TEST_SEED`, or the usual one; it is printed, so that a failure can be had again.
    pub fn new() -> Chance {
        let asked = std::env::var("CUULONG_TEST_SEED").ok().and_then(|text| text.parse().ok());
        let seed = asked.unwrap_or(20_261_126);
        #[expect(clippy::print_stderr, reason = "a failure is looked into with its seed")]
        {
            eprintln!("CUULONG_TEST_SEED={seed}");
        }
        Chance(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

/// What a value is of: place, property, statistic, microseconds since 1970.
pub type Key = (String, String, String, i64);

/// A result.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    Number(f64),
    Text(String),
}

/// All values of a version.
pub type Rows = BTreeMap<Key, Told>;

/// A dataset of series, with what every version of it holds.
pub struct Series {
    pub id: &'static str,
    pub versions: Vec<Rows>,
    /// Instants between the versions: at the first, version 1 was known, and so on.
    pub known: Vec<String>,
    pub runs: Vec<String>,
}

/// A feature: its name, its width, its position.
pub type Thing = (String, f64, [f64; 2]);

/// A dataset of features, with what every version of it holds.
pub struct Things {
    pub id: &'static str,
    pub versions: Vec<BTreeMap<String, Thing>>,
}

/// What a grant lets through.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub places: Option<&'static str>,
    pub property: Option<&'static str>,
    pub before: Option<DateTime<Utc>>,
}

impl Filter {
    pub fn is_open(&self) -> bool {
        self.places.is_none() && self.property.is_none() && self.before.is_none()
    }

    pub fn of(&self, rows: &Rows) -> Rows {
        let passes = |(place, property, _, micros): &Key| {
            self.places.is_none_or(|only| only == place)
                && self.property.is_none_or(|only| only == property)
                && self.before.is_none_or(|end| *micros < end.timestamp_micros())
        };
        rows.iter().filter(|(key, _)| passes(key)).map(|(key, told)| (key.clone(), told.clone())).collect()
    }
}

/// How far somebody reaches.
#[derive(Debug, Clone)]
pub enum Reach {
    /// May not know of it.
    Hidden,
    /// May know of it and not read it.
    Known,
    /// Reads these rows.
    Reads(Filter),
}

/// Somebody who asks.
pub struct Person {
    pub name: &'static str,
    pub role: Option<&'static str>,
    pub agency: Option<&'static str>,
    pub asker: Asker,
}

pub struct World {
    pub node: TestNode,
    pub people: Vec<Person>,
    pub series: Vec<Series>,
    pub things: Vec<Things>,
}

/// Who there is: name, role, agency, and what the key may do.
const PEOPLE: [(&str, &str, Option<&str>, &str); 12] = [
    ("khach", "user", None, "read"),
    // An officer of a commune reads as its department does.
    ("binh", "user", Some("can_tho_dae"), "read"),
    ("chi", "provider", Some("gso"), "write"),
    ("em", "user", Some("cuulong"), "read"),
    ("giao", "provider", Some("cuulong"), "write"),
    ("lan", "user", None, "read"),
    ("lua", "user", Some("gso"), "read"),
    ("mai", "user", None, "write"),
    ("dung", "steward", Some("cuulong"), "read"),
    ("phuc", "approver", Some("cuulong"), "write"),
    ("quan", "auditor", Some("cuulong"), "read"),
    ("ra", "admin", None, "admin"),
];

pub const PLACES: [&str; 3] = ["station:cau_noi", "station:ben_luc", "station:tra_vinh"];
/// A station that comes with a later version.
pub const LATER: &str = "station:tran_de";
/// What may be granted of hidden series; see [`reach`].
pub const GRANTED: &str = "hidden_gauge";

pub fn embargo() -> DateTime<Utc> {
    start() + Duration::hours(5)
}

fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2020, 2, 1, 0, 0, 0).unwrap()
}

const HOURLY: &str = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"station\"\n[time]\ncolumns = [\"time\"]\n\
    zone = \"+00:00\"\n[[value]]\ncolumn = \"salinity\"\nproperty = \"salinity\"\nunit = \"g/L\"\n\
    [[value]]\ncolumn = \"ec\"\nproperty = \"ec\"\nunit = \"mS/cm\"\n";
const DAILY: &str = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"station\"\n[time]\ncolumns = [\"date\"]\n\
    zone = \"+00:00\"\n[[value]]\ncolumn = \"most\"\nproperty = \"salinity\"\nunit = \"g/L\"\n\
    statistic = \"max\"\nperiod = \"P1D\"\n";

impl World {
    /// A node with what may be known by somebody; hidden datasets come with [`World::hide`].
    pub async fn new(chance: &mut Chance) -> World {
        let mut world = World::empty().await;
        world.add_series("open_gauge", "open", chance).await;
        world.add_series("shared_gauge", "shared", chance).await;
        world.add_things("open_sluices", "open", chance).await;
        world.add_things("shared_sluices", "shared", chance).await;
        world.add_raster("open_surface", "open").await;
        world
    }

    /// A node with everybody, and no data.
    pub async fn empty() -> World {
        let node = TestNode::start().await;
        let router = node.node().router();
        let console = node.node().console_key().expose_secret().to_owned();
        let mut world = World { node, people: Vec::new(), series: Vec::new(), things: Vec::new() };
        let person =
            |name, role, agency, key| Person { name, role, agency, asker: Asker::new(router.clone(), key) };
        world.people.push(person("public", None, None, None));
        for (name, role, agency, scope) in PEOPLE {
            let user = json!({ "id": name, "name": name, "role": role, "agency": agency });
            world.made("/v1/users", &user).await;
            let key = json!({ "label": "test", "scope": scope });
            let key = world.made(&format!("/v1/users/{name}/keys"), &key).await;
            let key = key["key"].as_str().unwrap().to_owned();
            world.people.push(person(name, Some(role), agency, Some(key)));
        }
        world.people.push(person("system", Some("system"), None, Some(console)));
        world
    }

    /// Adds what only few may know of.
    pub async fn hide(&mut self, chance: &mut Chance) {
        self.add_series(GRANTED, "restricted", chance).await;
        self.add_things("hidden_sluices", "restricted", chance).await;
        self.add_raster("hidden_surface", "restricted").await;
        for grant in [
            json!({ "dataset": GRANTED, "user": "lan", "level": "read", "places": [PLACES[0]] }),
            json!({ "dataset": GRANTED, "user": "lua", "level": "read", "properties": ["salinity"] }),
            json!({ "dataset": GRANTED, "user": "mai", "level": "read", "before": embargo() }),
        ] {
            self.made("/v1/grants", &grant).await;
        }
    }

    pub fn system(&self) -> &Asker {
        &self.people.last().unwrap().asker
    }

    pub async fn made(&self, path: &str, document: &Value) -> Value {
        let reply = self.node.system().send_json(Method::POST, path, document).await.unwrap();
        reply.ok().unwrap_or_else(|error| panic!("{path} {document}: {error}")).json()
    }

    /// Four versions: values, corrections and more values, other series, and those taken back.
    pub async fn add_series(&mut self, id: &'static str, access: &'static str, chance: &mut Chance) {
        self.node.dataset(id, "observations", access).await;
        let mut series = Series { id, versions: Vec::new(), known: Vec::new(), runs: Vec::new() };
        let mut rows = Rows::new();
        hourly(chance, 0..12, &mut rows);
        let first = hourly_file(&rows);
        self.take_in(&mut series, first, HOURLY, rows.clone()).await;
        let mut changed = Rows::new();
        hourly(chance, 8..18, &mut changed);
        let file = hourly_file(&changed);
        rows.extend(changed);
        self.take_in(&mut series, file, HOURLY, rows.clone()).await;
        let before = rows.clone();
        let mut file = String::from("station,date,most\n");
        for place in [PLACES[0], LATER] {
            for day in 1..=3 {
                let number = eighths(chance, 240);
                let _ = writeln!(file, "{place},2020-02-{day:02},{number}");
                let micros = (start() + Duration::days(day - 1)).timestamp_micros();
                rows.insert((place.into(), "salinity".into(), "max".into(), micros), Told::Number(number));
            }
        }
        self.take_in(&mut series, file, DAILY, rows).await;
        let run = series.runs.last().unwrap().clone();
        self.made(&format!("/v1/runs/{run}/withdraw"), &json!({ "reason": "another gauge" })).await;
        series.versions.push(before);
        series.known.push(now_text());
        self.series.push(series);
    }

    async fn take_in(&self, series: &mut Series, file: String, mapping: &str, rows: Rows) {
        let name = format!("{}.csv", series.versions.len() + 1);
        let report = self.node.hand_in(series.id, &name, file.into_bytes(), Some(mapping)).await.unwrap();
        let version = series.versions.len() as u64 + 1;
        assert_eq!(report["run"]["version"].as_u64(), Some(version), "{report}");
        series.runs.push(report["run"]["id"].as_str().unwrap().to_owned());
        series.versions.push(rows);
        series.known.push(now_text());
    }

    /// One more version: corrections.
    pub async fn correct(&mut self, at: usize, chance: &mut Chance) {
        let mut rows = self.series[at].versions.last().unwrap().clone();
        let mut changed = Rows::new();
        hourly(chance, 0..20, &mut changed);
        let file = hourly_file(&changed);
        rows.extend(changed);
        let mut series = std::mem::replace(
            &mut self.series[at],
            Series { id: "", versions: Vec::new(), known: Vec::new(), runs: Vec::new() },
        );
        self.take_in(&mut series, file, HOURLY, rows).await;
        self.series[at] = series;
    }

    /// One more version: series that were not there.
    pub async fn add_to_series(&mut self, at: usize, chance: &mut Chance) {
        let mut file = String::from("station,date,most\n");
        for place in PLACES.iter().chain([&LATER]) {
            let _ = writeln!(file, "{place},2020-02-02,{}", eighths(chance, 240));
        }
        let id = self.series[at].id;
        let report = self.node.hand_in(id, "more.csv", file.into_bytes(), Some(DAILY)).await.unwrap();
        self.series[at].runs.push(report["run"]["id"].as_str().unwrap().to_owned());
    }

    /// One more version: a feature lies elsewhere, and one is new.
    pub async fn change_things(&self, id: &str, chance: &mut Chance) {
        let feature = |number: u64, chance: &mut Chance| {
            json!({ "type": "Feature", "id": format!("gate-{number:02}"),
                "properties": { "name": format!("Cống {number}"), "width": eighths(chance, 400) },
                "geometry": { "type": "Point", "coordinates": [107.0, 11.0] } })
        };
        let features = [feature(3, chance), feature(40, chance)];
        let file = json!({ "type": "FeatureCollection", "features": features }).to_string();
        self.node.hand_in(id, "3.geojson", file.into(), None).await.unwrap();
    }

    /// One more version: a raster of the same name with other pixels, and another.
    pub async fn change_raster(&self, id: &str) {
        for name in ["do_1.tif", "do_3.tif"] {
            let raster = geotiff(20, 12, |column, row| (column + row) as f32 + 7.0);
            self.node.hand_in(id, name, raster, None).await.unwrap();
        }
    }

    /// Datasets are called otherwise from now on, and so is who publishes them.
    pub async fn describe_anew(&self, ids: &[&str]) {
        for id in ids {
            let is = self.system().json(&format!("/v1/datasets/{id}")).await.unwrap();
            let document = json!({
                "id": id, "kind": is["kind"], "agency": "cuulong", "theme": "society",
                "title": { "vi": "Tên khác", "en": "Another name" },
                "description": { "vi": "Lời khác" },
                "licence": "CC-BY-4.0", "access": is["access"], "source": "elsewhere",
            });
            let path = format!("/v1/datasets/{id}");
            let reply = self.node.system().send_json(Method::PUT, &path, &document).await.unwrap();
            reply.ok().unwrap_or_else(|error| panic!("{path}: {error}"));
        }
        let catalog = self.node.node().app().catalog.clone();
        let agencies = catalog.agencies().await.unwrap();
        let mut agency = agencies.into_iter().find(|agency| agency.id.as_str() == "cuulong").unwrap();
        agency.name.vi = "Cơ quan khác".to_owned();
        agency.name.en = Some("Another agency".to_owned());
        catalog.put_agency(&agency).await.unwrap();
    }

    /// An instant behind all that is there, and before all that comes.
    pub async fn now(&self) -> String {
        tokio::task::yield_now().await;
        now_text()
    }

    /// Two versions: features, then some changed and some more.
    async fn add_things(&mut self, id: &'static str, access: &'static str, chance: &mut Chance) {
        self.node.dataset(id, "features", access).await;
        let mut things = Things { id, versions: Vec::new() };
        let mut all: BTreeMap<String, Thing> = BTreeMap::new();
        for version in 1..=2 {
            let numbers = if version == 1 { 0..9 } else { 6..12 };
            let mut handed: Vec<Value> = Vec::new();
            for number in numbers {
                let width = eighths(chance, 400);
                let at = [105.0 + eighths(chance, 8), 9.0 + eighths(chance, 8)];
                let (name, feature) = (format!("Cống {number}"), format!("gate-{number:02}"));
                handed.push(json!({ "type": "Feature", "id": feature,
                    "properties": { "name": name, "width": width },
                    "geometry": { "type": "Point", "coordinates": at } }));
                all.insert(feature, (name, width, at));
            }
            let file = json!({ "type": "FeatureCollection", "features": handed }).to_string();
            let report =
                self.node.hand_in(id, &format!("{version}.geojson"), file.into(), None).await.unwrap();
            assert_eq!(report["run"]["version"].as_u64(), Some(version), "{report}");
            things.versions.push(all.clone());
        }
        self.things.push(things);
    }

    async fn add_raster(&self, id: &str, access: &str) {
        self.node.dataset(id, "coverage", access).await;
        for number in 1..=2_u32 {
            let raster = geotiff(20, 12, |column, row| (column * row) as f32 + number as f32);
            self.node.hand_in(id, &format!("do_{number}.tif"), raster, None).await.unwrap();
        }
    }

    /// The numbers of the series of a dataset, with what each is of.
    pub async fn numbers(&self, id: &str) -> BTreeMap<i64, (String, String, String)> {
        let list = self.system().json(&format!("/v1/datasets/{id}/datastreams")).await.unwrap();
        let word = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
        list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| {
                (
                    item["id"].as_i64().unwrap(),
                    (word(item, "place"), word(item, "property"), word(item, "statistic")),
                )
            })
            .collect()
    }

    /// Says nothing that a question would have to be asked twice for.
    pub async fn status(&self, person: &Person, question: &Question) -> u16 {
        person.asker.ask(question, &[]).await.status
    }
}

/// How far somebody reaches: the rules of access, said once more.
pub fn reach(person: &Person, id: &str) -> Reach {
    let access = match id.split('_').next() {
        Some("open") => "open",
        Some("shared") => "shared",
        _ => "restricted",
    };
    let all = || Reach::Reads(Filter::default());
    let is_own = person.agency == Some("cuulong");
    match (access, person.role) {
        (_, Some("system" | "admin")) | ("open", _) => all(),
        ("shared", Some(_)) if person.agency.is_some() => all(),
        ("shared", _) => Reach::Known,
        (_, Some("auditor")) if is_own => Reach::Known,
        _ if is_own => all(),
        _ => match (id, person.name) {
            (GRANTED, "lan") => Reach::Reads(Filter { places: Some(PLACES[0]), ..Filter::default() }),
            (GRANTED, "lua") => Reach::Reads(Filter { property: Some("salinity"), ..Filter::default() }),
            (GRANTED, "mai") => Reach::Reads(Filter { before: Some(embargo()), ..Filter::default() }),
            _ => Reach::Hidden,
        },
    }
}

fn now_text() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A number that text, binary and decimal say alike.
fn eighths(chance: &mut Chance, most: u64) -> f64 {
    chance.below(most) as f64 / 8.0
}

fn hourly(chance: &mut Chance, hours: std::ops::Range<i64>, rows: &mut Rows) {
    for place in PLACES {
        for hour in hours.clone() {
            let micros = (start() + Duration::hours(hour)).timestamp_micros();
            for (property, most) in [("salinity", 320), ("ec", 400)] {
                if chance.percent(25) {
                    continue;
                }
                let told = match property == "salinity" && chance.percent(6) {
                    true => Told::Text("<0.05".to_owned()),
                    false => Told::Number(eighths(chance, most)),
                };
                rows.insert((place.into(), property.into(), "instant".into(), micros), told);
            }
        }
    }
}

fn hourly_file(rows: &Rows) -> String {
    let mut by_row: BTreeMap<(&str, i64), [String; 2]> = BTreeMap::new();
    for ((place, property, _, micros), told) in rows {
        let cell = match told {
            Told::Number(number) => number.to_string(),
            Told::Text(text) => text.clone(),
        };
        by_row.entry((place, *micros)).or_default()[usize::from(property == "ec")] = cell;
    }
    let mut file = String::from("station,time,salinity,ec\n");
    for ((place, micros), [salinity, ec]) in by_row {
        let time = DateTime::from_timestamp_micros(micros).unwrap().format("%Y-%m-%d %H:%M:%S");
        let _ = writeln!(file, "{place},{time},{salinity},{ec}");
    }
    file
}

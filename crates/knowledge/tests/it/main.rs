//! Recipes run on a real catalogue, lake and engine; the worked examples are the judges.

use catalog::{Catalog, Reference};
use chrono::{DateTime, Utc};
use knowledge::{Error, Recipe, run_recipe};
use lake::{Lake, LakeConfig};
use model::{DatasetId, Run, TimeRange, Version};
use policy::{Principal, Purpose};
use query::{At, Engine, ObservedValue, QueryLimits, SeriesRequest};
use tempfile::TempDir;

struct World {
    catalog: Catalog,
    lake: Lake,
    engine: Engine,
    _folder: TempDir,
}

impl World {
    /// A catalogue whose one river branch has these stations, in kilometres from its mouth.
    async fn with_branch(kilometres: &[f64]) -> World {
        let folder = tempfile::tempdir().unwrap();
        let mut reference = Reference::builtin().unwrap();
        let mouth = reference.river_stations[0].mouth.clone();
        let branch: Vec<_> = kilometres
            .iter()
            .zip(reference.river_stations.clone())
            .map(|(km, row)| catalog::reference::RiverStation { mouth: mouth.clone(), km: *km, ..row })
            .collect();
        reference.river_stations = branch;
        let catalog = Catalog::open("sqlite::memory:").await.unwrap();
        catalog.apply_reference(&reference).await.unwrap();
        let url = folder.path().display().to_string();
        let lake = Lake::open(&LakeConfig { url, options: Default::default() }).await.unwrap();
        let engine = Engine::new(catalog.clone(), lake.clone(), QueryLimits::default()).unwrap();
        World { catalog, lake, engine, _folder: folder }
    }

    async fn run(&self, recipe: &Recipe) -> Result<Run, Error> {
        run_recipe(&self.engine, &self.catalog, &self.lake, recipe, Utc::now()).await
    }

    /// Daily maxima of one day at the branch's stations, as a dataset of this access class.
    async fn maxima(&self, id: &str, access: &str, values: &[f64]) -> Run {
        let gazetteer = self.catalog.gazetteer().await.unwrap();
        let mut branch = gazetteer.river_stations.clone();
        branch.sort_by(|a, b| a.km.total_cmp(&b.km));
        let rows: Vec<String> = branch
            .iter()
            .zip(values)
            .map(|(row, value)| {
                format!(
                    "SELECT '{}' AS place, 'salinity_max_day' AS property, 'max' AS statistic, 'P1D' AS period, \
                     TIMESTAMP '2020-02-14T17:00:00Z' AS phenomenon_time, \
                     TIMESTAMP '2020-02-15T17:00:00Z' AS phenomenon_end, CAST({value} AS DOUBLE) AS result",
                    row.station
                )
            })
            .collect();
        self.run(&recipe(id, access, &rows.join(" UNION ALL "))).await.unwrap()
    }

    async fn values(&self, id: &str) -> Vec<ObservedValue> {
        let id = DatasetId::new(id).unwrap();
        let permit =
            self.catalog.authorize(&Principal::Public, &id, Purpose::Read, Utc::now()).await.unwrap();
        let request = SeriesRequest { time: TimeRange::ALL, at: At::Latest, ..SeriesRequest::default() };
        let answer = self.engine.series(&permit, request).await.unwrap();
        answer.batches.iter().flat_map(|batch| ObservedValue::read(batch).unwrap()).collect()
    }
}

fn recipe(id: &str, access: &str, sql: &str) -> Recipe {
    let description = format!(
        "id = \"{id}\"\n[dataset]\nid = \"{id}\"\nagency = \"cuulong\"\ntheme = \"water\"\nlicence = \"CC0-1.0\"\n\
         access = \"{access}\"\nsource = \"a test\"\n[dataset.title]\nvi = \"{id}\"\n[dataset.description]\nvi = \"{id}\"\n"
    );
    Recipe::parse(&description, sql).unwrap()
}

fn builtin(id: &str) -> Recipe {
    Recipe::builtin().unwrap().into_iter().find(|recipe| recipe.id == id).unwrap()
}

const KILOMETRES: [f64; 5] = [0.0, 18.0, 30.0, 45.0, 60.0];

#[tokio::test(flavor = "multi_thread")]
async fn the_worked_example_of_the_isohaline() {
    let world = World::with_branch(&KILOMETRES).await;
    world.maxima("maxima", "open", &[28.0, 14.2, 8.1, 4.9, 2.3]).await;
    world.run(&builtin("isohaline_4gl")).await.unwrap();
    let values = world.values("isohaline_4gl").await;
    assert_eq!(values.len(), 1);
    assert!((values[0].result.unwrap() - 50.1923).abs() < 5e-5, "{values:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_beyond_the_stations_is_censored_and_never_a_number() {
    for (salinities, text) in [
        (vec![28.0, 20.0, 15.0, 9.0, 4.5], Some(">60")),
        (vec![3.0, 2.0, 1.0, 0.5, 0.2], Some("<0")),
        // The seaward station decides, even when a later one is saltier.
        (vec![3.9, 5.0, 2.0, 1.0, 0.5], Some("<0")),
        // Exactly 4 g/l is the line itself.
        (vec![28.0, 4.0, 3.0, 2.0, 1.0], None),
        // Two stations are no profile.
        (vec![28.0, 2.0], Some("none")),
    ] {
        let world = World::with_branch(&KILOMETRES).await;
        world.maxima("maxima", "open", &salinities).await;
        world.run(&builtin("isohaline_4gl")).await.unwrap();
        let values = world.values("isohaline_4gl").await;
        match text {
            Some("none") => assert!(values.is_empty(), "{values:?}"),
            Some(text) => {
                assert_eq!(values[0].result, None, "{salinities:?}");
                assert!(values[0].text.as_deref().unwrap().starts_with(text), "{values:?}");
            }
            None => assert_eq!(values[0].result, Some(18.0)),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn running_again_changes_nothing_and_a_corrected_input_makes_a_version_pinned_to_it() {
    let world = World::with_branch(&KILOMETRES).await;
    let input = world.maxima("maxima", "open", &[28.0, 14.2, 8.1, 4.9, 2.3]).await;
    let recipe = builtin("isohaline_4gl");
    let first = world.run(&recipe).await.unwrap();
    let again = world.run(&recipe).await.unwrap();
    assert_eq!((first.totals.added, again.totals.unchanged, again.version), (1, 1, None));

    let corrected = world.maxima("maxima", "open", &[28.0, 14.2, 8.1, 4.9, 2.0]).await;
    assert_eq!(corrected.version, Some(Version(input.version.unwrap().0 + 1)));
    let second = world.run(&recipe).await.unwrap();
    let read: Vec<_> = world
        .catalog
        .products_of(&corrected.dataset)
        .await
        .unwrap()
        .into_iter()
        .map(|(run, version)| (run.id, version))
        .collect();
    let [before, after] = [input.version.unwrap(), corrected.version.unwrap()];
    assert_eq!(read, [(first.id.clone(), before), (again.id.clone(), before), (second.id.clone(), after)]);
    assert_eq!(second.totals.corrected, 1);
    let version = world.catalog.version(&second.dataset, second.version.unwrap()).await.unwrap().unwrap();
    assert_eq!(version.pinned, vec![(DatasetId::new("maxima").unwrap(), corrected.version.unwrap())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_product_is_made_of_open_data_only() {
    let world = World::with_branch(&KILOMETRES).await;
    world.maxima("maxima", "open", &[28.0, 14.2, 8.1, 4.9, 2.3]).await;
    world.maxima("secret", "restricted", &[39.0, 39.0, 39.0, 39.0, 39.0]).await;
    world.run(&builtin("isohaline_4gl")).await.unwrap();
    let values = world.values("isohaline_4gl").await;
    assert!((values[0].result.unwrap() - 50.1923).abs() < 5e-5, "{values:?}");

    let peeking = recipe("peeking", "open", "SELECT place, property, phenomenon_time, result FROM secret");
    assert!(world.run(&peeking).await.is_err());
    let shared =
        recipe("shared_one", "shared", "SELECT place, property, phenomenon_time, result FROM secret");
    assert!(matches!(world.run(&shared).await, Err(Error::Invalid { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn days_are_vietnams_and_failed_values_do_not_count() {
    let world = World::with_branch(&KILOMETRES).await;
    let reading = |time: &str, value: f64| {
        format!(
            "SELECT 'station:tra_vinh' AS place, 'salinity' AS property, TIMESTAMP '{time}' AS phenomenon_time, \
             CAST({value} AS DOUBLE) AS result"
        )
    };
    // 00:30 of 2 February in Vietnam is still 1 February in UTC.
    let rows = [
        reading("2020-02-01T03:00:00Z", 3.0),
        reading("2020-02-01T16:59:00Z", 3.5),
        reading("2020-02-01T17:30:00Z", 4.5),
        reading("2020-02-02T05:00:00Z", 1.0),
    ];
    world.run(&recipe("readings", "open", &rows.join(" UNION ALL "))).await.unwrap();
    world.run(&builtin("salinity_daily_max")).await.unwrap();
    let mut values: Vec<(DateTime<Utc>, f64)> = world
        .values("salinity_daily_max")
        .await
        .iter()
        .map(|value| (value.time, value.result.unwrap()))
        .collect();
    values.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    assert_eq!(
        values,
        [
            (at("2020-01-31T17:00:00Z"), 1.0),
            (at("2020-01-31T17:00:00Z"), 2.0),
            (at("2020-01-31T17:00:00Z"), 3.5),
            (at("2020-02-01T17:00:00Z"), 4.5),
        ]
    );
}

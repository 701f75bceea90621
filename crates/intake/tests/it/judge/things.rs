//! Features and rasters: their shapes and pixels against those of the independent reading.

use std::collections::BTreeMap;

use arrow::array::AsArray;
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};
use formats::coverage::CogIndex;
use futures::StreamExt;
use intake::Error;
use lake::{AsOf, FeatureRead};
use model::DatasetKind;
use policy::Purpose;

use super::{Judge, close, name_of, own, short};

/// Files that hold no features, and words of the refusal that say why.
const REFUSED: &[(&str, &[&str])] = &[
    ("admin/commune_mapping_old_to_new_2025.json", &["coordinates"]),
    ("admin/vn_units_2025_full.json", &["coordinates"]),
    ("admin/provinces_before_2025_geoboundaries_metadata.json", &["JSON"]),
    ("admin/official_codes_34_provinces_915_CTK-CSCL.csv", &["coordinates"]),
    ("admin/province_name_mapping_before_2025.csv", &["coordinates"]),
];

pub async fn judge(judge: &mut Judge) {
    features(judge).await;
    rasters(judge).await;
    for (file, words) in REFUSED {
        let dataset = judge.dataset(DatasetKind::Features).await;
        let refusal = judge.node.load(&dataset, name_of(file), judge.bytes(file), None).await;
        let said = match refusal {
            Err(Error::Unmapped { missing, .. }) => missing.to_string(),
            Err(error) => match error.hint() {
                Some(hint) => format!("{error}: {hint}"),
                None => error.to_string(),
            },
            Ok(report) => {
                judge.problems.push(format!("{file} went in: {}", report.mapping));
                continue;
            }
        };
        if let Some(word) = words.iter().find(|word| !said.contains(**word)) {
            judge.problems.push(format!("{file}: no `{word}` in {said}"));
        }
        judge.judged.insert((*file).to_owned());
        judge.found(file, format!("to be decided | 0 | {} | ", short(&said)));
    }
}

/// Takes a file as it is; what went wrong is a problem.
async fn take(judge: &mut Judge, kind: DatasetKind, file: &str) -> Option<(String, String)> {
    let dataset = judge.dataset(kind).await;
    judge.judged.insert(file.to_owned());
    match judge.node.load(&dataset, name_of(file), judge.bytes(file), None).await {
        Ok(report) => {
            let mut left: BTreeMap<&str, usize> = BTreeMap::new();
            for finding in &report.findings {
                *left.entry(finding.code.as_str()).or_default() += 1;
            }
            let left: Vec<String> = left.iter().map(|(code, count)| format!("{count} × `{code}`")).collect();
            Some((dataset, left.join(", ")))
        }
        Err(error) => {
            judge.problems.push(format!("{file}: {error:?}"));
            None
        }
    }
}

/// What is stored of a feature: its row in the file, its corners, the box around it, and the areas of its rings.
struct Thing {
    row: i32,
    corners: usize,
    edges: [f64; 4],
    area: f64,
}

async fn features(judge: &mut Judge) {
    let text = own("features.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    for expected in reader.records().map(Result::unwrap) {
        let file = &expected[0];
        let Some((dataset, left)) = take(judge, DatasetKind::Features, file).await else { continue };
        let things = stored(judge, &dataset).await;
        if let Some(wrong) = differs(&things, &expected) {
            judge.problems.push(format!("{file}: {wrong}; {left}"));
        }
        judge.found(file, format!("in | {} | guessed | {left}", things.len()));
    }
}

fn differs(things: &[Thing], expected: &csv::StringRecord) -> Option<String> {
    let count: usize = expected[1].parse().unwrap();
    let corners: usize = expected[2].parse().unwrap();
    if things.len() != count {
        return Some(format!("{} features, not {count}", things.len()));
    }
    let ours: usize = things.iter().map(|thing| thing.corners).sum();
    if ours != corners {
        return Some(format!("{ours} corners, not {corners}"));
    }
    let number = |text: &str| text.parse::<f64>().unwrap();
    let least = |at: usize| things.iter().map(|thing| thing.edges[at]).fold(f64::INFINITY, f64::min);
    let most = |at: usize| things.iter().map(|thing| thing.edges[at]).fold(f64::NEG_INFINITY, f64::max);
    let area: f64 = things.iter().map(|thing| thing.area).sum();
    let found = [least(0), least(1), most(2), most(3), area];
    for (at, ours) in found.into_iter().enumerate() {
        let theirs = number(&expected[3 + at]);
        if !close(ours, theirs) {
            return Some(format!("number {at} of the whole is {ours}, not {theirs}"));
        }
    }
    let picks: Vec<String> = serde_json::from_str(&expected[8]).unwrap();
    picks.iter().find_map(|pick| {
        let parts: Vec<f64> = pick.split('|').map(number).collect();
        let found = things.iter().find(|thing| f64::from(thing.row) == parts[0]);
        let is_there = found.is_some_and(|thing| {
            let corners = f64::from(u32::try_from(thing.corners).unwrap());
            close(corners, parts[1]) && thing.edges.iter().zip(&parts[2..]).all(|(a, b)| close(*a, *b))
        });
        (!is_there).then(|| format!("{pick} is {:?}", found.map(|thing| (thing.corners, thing.edges))))
    })
}

async fn stored(judge: &Judge, dataset: &str) -> Vec<Thing> {
    let permit = judge.node.permit(dataset, Purpose::Read).await;
    let snapshot = judge.node.lake.snapshot(&permit, AsOf::Latest).await.unwrap();
    let read = FeatureRead { bbox: None, offset: 0, limit: 100_000, feature: None };
    let found = judge.node.lake.read_features(&permit, &snapshot, read).await.unwrap();
    let mut things = Vec::new();
    for batch in &found.batches {
        let column = |name: &str| batch.column_by_name(name).unwrap();
        let rows = column("origin_row").as_primitive::<Int32Type>();
        let shapes = column("geometry").as_binary::<i32>();
        let edges = ["xmin", "ymin", "xmax", "ymax"].map(|name| column(name).as_primitive::<Float64Type>());
        for at in 0..batch.num_rows() {
            let (corners, area) = measured(shapes.value(at));
            things.push(Thing {
                row: rows.value(at),
                corners,
                edges: edges.map(|edge| edge.value(at)),
                area,
            });
        }
    }
    things
}

/// The corners of a shape in well-known binary, and the sum of the areas of its rings.
fn measured(bytes: &[u8]) -> (usize, f64) {
    let mut at = 0;
    let (mut corners, mut area) = (0, 0.0);
    shape(bytes, &mut at, &mut corners, &mut area);
    assert_eq!(at, bytes.len(), "a shape ends where its bytes do");
    (corners, area)
}

fn whole(bytes: &[u8], at: &mut usize) -> u32 {
    let number = u32::from_le_bytes(bytes[*at..*at + 4].try_into().unwrap());
    *at += 4;
    number
}

fn shape(bytes: &[u8], at: &mut usize, corners: &mut usize, area: &mut f64) {
    assert_eq!(bytes[*at], 1, "the lower byte stands first");
    *at += 1;
    let mut line = |at: &mut usize, count: u32| {
        let number = |at: usize| f64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        let points: Vec<(f64, f64)> =
            (0..count as usize).map(|i| (number(*at + 16 * i), number(*at + 16 * i + 8))).collect();
        *at += 16 * points.len();
        *corners += points.len();
        if points.len() > 3 && points.first() == points.last() {
            let twice: f64 = points.windows(2).map(|two| two[0].0 * two[1].1 - two[1].0 * two[0].1).sum();
            *area += (twice / 2.0).abs();
        }
    };
    match whole(bytes, at) {
        1 => line(at, 1),
        2 => {
            let count = whole(bytes, at);
            line(at, count);
        }
        3 => {
            for _ in 0..whole(bytes, at) {
                let count = whole(bytes, at);
                line(at, count);
            }
        }
        4..=6 => {
            for _ in 0..whole(bytes, at) {
                shape(bytes, at, corners, area);
            }
        }
        kind => panic!("a shape of kind {kind}"),
    }
}

async fn rasters(judge: &mut Judge) {
    let text = own("rasters.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    for expected in reader.records().map(Result::unwrap) {
        let file = &expected[0];
        let Some((dataset, left)) = take(judge, DatasetKind::Coverage, file).await else { continue };
        let number = |at: usize| expected[at].parse::<f64>().unwrap();
        let raster = Raster::of(judge, &dataset).await;
        let (count, [minimum, maximum, mean]) = (raster.count(), raster.statistics);
        let found = [count, mean * count, minimum, maximum, raster.size[0], raster.size[1]];
        let wanted = [number(7), number(8), number(9), number(10), number(1), number(2)];
        if let Some(at) = (0..found.len()).find(|at| !close(found[*at], wanted[*at])) {
            judge.problems.push(format!("{file}: number {at} of {found:?} is not that of {wanted:?}"));
        }
        let picks: Vec<String> = serde_json::from_str(&expected[11]).unwrap();
        for pick in picks {
            let parts: Vec<f64> = pick.split('|').map(|part| part.parse().unwrap()).collect();
            // The middle of the pixel, by the independent reading.
            let x = number(3) + (parts[0] + 0.5) * number(4);
            let y = number(5) - (parts[1] + 0.5) * number(6);
            let value = raster.value(x, y);
            if !value.is_some_and(|value| close(value, parts[2])) {
                judge.problems.push(format!("{file}: {pick} is {value:?}"));
            }
        }
        judge.found(file, format!("in | {count} | guessed | {left}"));
    }
}

/// The one raster of a dataset: what its row says, and its file.
struct Raster {
    size: [f64; 2],
    without_value: f64,
    /// The least, the most and the mean.
    statistics: [f64; 3],
    file: Vec<u8>,
    index: CogIndex,
}

impl Raster {
    async fn of(judge: &Judge, dataset: &str) -> Raster {
        let permit = judge.node.permit(dataset, Purpose::Read).await;
        let snapshot = judge.node.lake.snapshot(&permit, AsOf::Latest).await.unwrap();
        let read = FeatureRead { bbox: None, offset: 0, limit: 10, feature: None };
        let found = judge.node.lake.read_features(&permit, &snapshot, read).await.unwrap();
        let batch = found.batches.iter().find(|batch| batch.num_rows() == 1).unwrap();
        let column = |name: &str| batch.column_by_name(name).unwrap();
        let hash = model::OriginalHash::new(column("sha256").as_string::<i32>().value(0)).unwrap();
        let mut pieces = judge.node.lake.coverage(&permit, &hash, None).await.unwrap().bytes;
        let mut file = Vec::new();
        while let Some(piece) = pieces.next().await {
            file.extend_from_slice(&piece.unwrap());
        }
        let whole =
            |name: &str| f64::from(u32::try_from(column(name).as_primitive::<Int64Type>().value(0)).unwrap());
        let number = |name: &str| column(name).as_primitive::<Float64Type>().value(0);
        Raster {
            size: [whole("width"), whole("height")],
            without_value: whole("without_value"),
            statistics: ["minimum", "maximum", "mean"].map(number),
            index: CogIndex::parse(&file).unwrap(),
            file,
        }
    }

    /// Pixels with a value.
    fn count(&self) -> f64 {
        self.size[0] * self.size[1] - self.without_value
    }

    /// The value at a position in the raster's own coordinates, read from its file.
    fn value(&self, x: f64, y: f64) -> Option<f64> {
        let tile = self.index.tile_at(x, y)?;
        let range = usize::try_from(tile.range.start).unwrap()..usize::try_from(tile.range.end).unwrap();
        self.index.values(&tile, &self.file[range]).unwrap().first().copied().flatten()
    }
}

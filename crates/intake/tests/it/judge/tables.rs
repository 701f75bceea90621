//! Tables of observations: their values against those of the independent reading, cell by cell.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use catalog::Gazetteer;
use futures::StreamExt;
use intake::mapping::Mapping;
use intake::{Error, Report};
use model::{
    DatasetKind, Finding, Place, PlaceId, PlaceKind, Position, Property, PropertyCode, PropertyKind,
    Severity, Text,
};

use super::{Judge, cases, close, name_of, own, short};
use crate::node::Stored;

const HEAD: &str = "version = 1\nkind = \"observations\"\n";

/// What stands in `decided.toml`.
#[derive(serde::Deserialize)]
pub struct Decided {
    place: Vec<DecidedPlace>,
    property: Vec<DecidedProperty>,
    case: Vec<DecidedCase>,
    refused: Vec<Refused>,
    empty: Vec<Files>,
}

#[derive(serde::Deserialize)]
struct DecidedPlace {
    id: String,
    name: String,
    lon: Option<f64>,
    lat: Option<f64>,
    source: String,
}

#[derive(serde::Deserialize)]
struct DecidedProperty {
    code: String,
    sector: String,
    name: String,
    unit: String,
    kind: String,
    statistic: String,
}

#[derive(serde::Deserialize)]
struct DecidedCase {
    files: Vec<String>,
    mapping: String,
    #[serde(default)]
    register: Vec<String>,
    /// Columns of the file that name stations and their positions.
    stations: Option<Stations>,
}

#[derive(serde::Deserialize, Clone)]
pub struct Stations {
    code: String,
    lon: String,
    lat: String,
}

#[derive(serde::Deserialize)]
struct Refused {
    files: Vec<String>,
    words: Vec<String>,
}

#[derive(serde::Deserialize)]
struct Files {
    files: Vec<String>,
}

/// A file that goes in, perhaps one sheet of it.
struct Case {
    file: String,
    sheet: Option<String>,
    mapping: String,
    register: Vec<String>,
    stations: Option<Stations>,
}

/// What the independent reading found in a file.
struct Expected {
    count: usize,
    sum: f64,
    least: f64,
    most: f64,
    cells: Vec<String>,
}

pub fn decided() -> Decided {
    toml::from_str(&own("decided.toml")).unwrap()
}

impl Decided {
    /// The mappings that confirm, without their first two lines.
    pub fn mappings(&self) -> impl Iterator<Item = &str> {
        self.case.iter().map(|case| case.mapping.as_str())
    }
}

fn split(file: &str) -> (&str, Option<&str>) {
    file.split_once('|').map_or((file, None), |(file, sheet)| (file, Some(sheet)))
}

fn all_cases(decided: &Decided) -> Vec<Case> {
    let of_code = cases::cases().into_iter().map(|case| Case {
        file: case.file,
        sheet: None,
        mapping: case.mapping,
        register: Vec::new(),
        stations: None,
    });
    let of_toml = decided.case.iter().flat_map(|case| {
        case.files.iter().map(|file| {
            let (path, sheet) = split(file);
            Case {
                file: path.to_owned(),
                sheet: sheet.map(str::to_owned),
                mapping: case.mapping.replace("SHEET", sheet.unwrap_or_default()),
                register: case.register.clone(),
                stations: case.stations.clone(),
            }
        })
    });
    of_code.chain(of_toml).collect()
}

fn expected() -> BTreeMap<String, Expected> {
    let text = own("expected.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let number = |at: usize| row[at].parse().unwrap();
        let cells = serde_json::from_str(&row[5]).unwrap();
        let (sum, least, most) = (number(2), number(3), number(4));
        (row[0].to_owned(), Expected { count: row[1].parse().unwrap(), sum, least, most, cells })
    });
    rows.collect()
}

/// Slips in the files: file, sheet, cell and the value that stands there.
fn slips() -> BTreeSet<(String, String, String, String)> {
    let text = own("slips.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let of_row =
        |row: csv::StringRecord| (row[0].to_owned(), row[1].to_owned(), row[2].to_owned(), row[3].to_owned());
    reader.records().map(|row| of_row(row.unwrap())).collect()
}

pub async fn judge(judge: &mut Judge) {
    let decided = decided();
    let (expected, slips) = (expected(), slips());
    let mut slipped = BTreeSet::new();
    for case in all_cases(&decided) {
        let key = match &case.sheet {
            None => case.file.clone(),
            Some(sheet) => format!("{}|{sheet}", case.file),
        };
        let Some(expected) = expected.get(&key) else { panic!("no independent reading of {key}") };
        let dataset = judge.dataset(DatasetKind::Observations).await;
        let (report, said) = match take(judge, &decided, &dataset, &case).await {
            Ok(taken) => taken,
            Err(error) => {
                judge.problems.push(format!("{key}: {error}"));
                continue;
            }
        };
        for sheet in sheets_read(&report) {
            judge.judged.insert(format!("{}|{sheet}", case.file));
        }
        judge.judged.insert(case.file.clone());
        let mut other = Vec::new();
        for finding in report.findings.iter().filter(|finding| finding.severity == Severity::Refused) {
            let slip = slip_of(&case, &report, finding);
            match finding.code.as_str() {
                "unknown_place" if cases::UNKNOWN.contains(&finding.value.as_str()) => {}
                "out_of_range" if slips.contains(&slip) => drop(slipped.insert(slip)),
                _ => other.push(finding),
            }
        }
        if let Some(first) = other.first() {
            let count = other.len();
            judge.problems.push(format!("{key}: {count} refused, {first:?}\n{}", report.mapping));
        }
        let values = judge.node.values(&dataset).await;
        if let Some(wrong) = differs(&values, expected) {
            let codes: BTreeSet<&str> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
            judge.problems.push(format!("{key}: {wrong}; {codes:?}\n{}", report.mapping));
        }
        let mut left: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in &report.findings {
            *left.entry(finding.code.as_str()).or_default() += 1;
        }
        let left: Vec<String> = left.iter().map(|(code, count)| format!("{count} × `{code}`")).collect();
        judge.found(&key, format!("in | {} | {said} | {}", values.len(), left.join(", ")));
    }
    for slip in slips.difference(&slipped) {
        judge.problems.push(format!("{slip:?} is a slip that was not refused"));
    }
    refused(judge, &decided).await;
}

/// Takes a file as it is, or else as a person would after reading what is asked.
async fn take(
    judge: &mut Judge,
    decided: &Decided,
    dataset: &str,
    case: &Case,
) -> Result<(Report, String), String> {
    let name = name_of(&case.file);
    let bytes = judge.bytes(&case.file);
    let asked = match &case.sheet {
        None => match judge.node.load(dataset, name, bytes.clone(), None).await {
            Ok(report) => return Ok((report, "guessed".into())),
            Err(error) => error,
        },
        Some(sheet) => match guess(judge, name, sheet, bytes.clone()).await {
            Ok(mapping) => {
                let report = judge.node.load(dataset, name, bytes, Some(&mapping)).await;
                return report.map(|report| (report, "guessed".into())).map_err(|error| format!("{error:?}"));
            }
            Err(error) => error,
        },
    };
    let Error::Unmapped { missing, example } = asked else { return Err(format!("{asked:?}")) };
    if !(example.contains("FILL IN") || example.contains("CONFIRM")) {
        return Err(format!("the example does not show what is missing: {missing}\n{example}"));
    }
    let registered = register(judge, decided, case, &bytes).await;
    let mapping = format!("{HEAD}{}", case.mapping);
    match judge.node.load(dataset, name, bytes, Some(&mapping)).await {
        Ok(report) => {
            let first = if registered { "registered, asked" } else { "asked" };
            Ok((report, format!("{first}: {}", short(&missing.to_string()))))
        }
        Err(error) => Err(format!("{error:?}\n{missing}")),
    }
}

/// The mapping that is guessed of one sheet, when nothing of it has to be confirmed.
async fn guess(judge: &Judge, name: &str, sheet: &str, bytes: Vec<u8>) -> Result<String, Error> {
    let body = futures::stream::iter([Ok(Bytes::from(bytes))]).boxed();
    let guessed = judge.node.intake.guess(name, Some(sheet), body).await?;
    Ok(guessed.certain()?.to_toml())
}

/// The sheets that a run read.
fn sheets_read(report: &Report) -> Vec<String> {
    Mapping::parse(&report.mapping).unwrap().shape.map(|shape| shape.sheets).unwrap_or_default()
}

fn slip_of(case: &Case, report: &Report, finding: &Finding) -> (String, String, String, String) {
    let sheet = report.run.sheets.get(usize::from(finding.cell.sheet)).cloned().unwrap_or_default();
    (case.file.clone(), sheet, finding.cell.a1(), finding.value.clone())
}

/// Registers what the case needs; `false` when it needs nothing.
async fn register(judge: &Judge, decided: &Decided, case: &Case, bytes: &[u8]) -> bool {
    let gazetteer = judge.node.catalog.gazetteer().await.unwrap();
    for id in &case.register {
        if let Some(place) = decided.place.iter().find(|place| place.id == *id) {
            let position = place.lon.zip(place.lat).map(|(lon, lat)| Position { lon, lat });
            place_of(judge, &gazetteer, &place.id, &place.name, position, &place.source).await;
            continue;
        }
        let property = decided.property.iter().find(|property| property.code == *id);
        let property = property.unwrap_or_else(|| panic!("{id} is neither a place nor a property"));
        let property = Property {
            code: PropertyCode::new(&property.code).unwrap(),
            sector: property.sector.clone(),
            name: vietnamese(&property.name),
            aliases: Vec::new(),
            unit: property.unit.clone(),
            kind: PropertyKind::from_code(&property.kind).unwrap(),
            plausible_min: None,
            plausible_max: None,
            statistic: Some(property.statistic.clone()),
            cf_standard_name: None,
            note: None,
            confidence: "low".into(),
        };
        if gazetteer.property(&property.code).is_none() {
            judge.node.catalog.register_property(&property).await.unwrap();
        }
    }
    if let Some(Stations { code, lon, lat }) = &case.stations {
        let mut reader = csv::Reader::from_reader(bytes);
        let header = reader.headers().unwrap().clone();
        let column =
            |name: &str| header.iter().position(|own| own.trim_start_matches('\u{feff}') == name).unwrap();
        let (code, lon, lat) = (column(code), column(lon), column(lat));
        let mut known = BTreeSet::new();
        for row in reader.records().map(Result::unwrap) {
            let name = row[code].trim().to_owned();
            if known.insert(name.clone()) {
                let plain: String = name
                    .to_lowercase()
                    .chars()
                    .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
                    .collect();
                let parts: Vec<&str> = plain.split('_').filter(|part| !part.is_empty()).collect();
                let position = Position { lon: row[lon].parse().unwrap(), lat: row[lat].parse().unwrap() };
                let id = format!("station:wqi_{}", parts.join("_"));
                place_of(judge, &gazetteer, &id, &name, Some(position), "the file itself").await;
            }
        }
    }
    !case.register.is_empty()
}

fn vietnamese(text: &str) -> Text {
    Text { vi: model::nfc(text), ..Text::default() }
}

async fn place_of(
    judge: &Judge,
    gazetteer: &Gazetteer,
    id: &str,
    name: &str,
    position: Option<Position>,
    source: &str,
) {
    let id = PlaceId::new(id).unwrap();
    if gazetteer.place(&id).is_some() {
        return;
    }
    let place = Place {
        id,
        kind: PlaceKind::Station,
        name: vietnamese(name),
        type_name: None,
        alt_names: Vec::new(),
        position,
        area_km2: None,
        river: None,
        valid_from: None,
        valid_to: None,
        source: source.to_owned(),
        confidence: "low".into(),
    };
    judge.node.catalog.register_place(&place).await.unwrap();
}

/// In what the stored values differ from those of the independent reading.
fn differs(values: &[Stored], expected: &Expected) -> Option<String> {
    let results = || values.iter().map(|value| value.result);
    if values.len() != expected.count {
        return Some(format!("{} values, not {}", values.len(), expected.count));
    }
    let found = [
        ("sum", results().sum(), expected.sum),
        ("least", results().fold(f64::INFINITY, f64::min), expected.least),
        ("most", results().fold(f64::NEG_INFINITY, f64::max), expected.most),
    ];
    if let Some((what, ours, theirs)) = found.into_iter().find(|(_, ours, theirs)| !close(*ours, *theirs)) {
        return Some(format!("the {what} is {ours}, not {theirs}"));
    }
    expected.cells.iter().find_map(|cell| {
        let [place, property, statistic, period, time, value] = cell.split('|').collect::<Vec<_>>()[..]
        else {
            return Some(format!("`{cell}` is no cell"));
        };
        let at = match time.len() {
            10 => model::local_midnight(time.parse().unwrap()),
            _ => model::parse_instant(time).unwrap(),
        };
        let found = values.iter().find(|stored| {
            let key = &stored.key;
            stored.time == at
                && key.place.as_str() == place
                && key.property.as_str() == property
                && key.statistic.code() == statistic
                && key.period == period
        });
        let value: f64 = value.parse().unwrap();
        let is_there = found.is_some_and(|found| close(found.result, value));
        (!is_there).then(|| format!("{cell} is {found:?}; the first is {:?}", values.first()))
    })
}

/// Tables that cannot go in: what their refusal says.
async fn refused(judge: &mut Judge, decided: &Decided) {
    let named =
        decided.refused.iter().flat_map(|refused| refused.files.iter().map(|file| (file, &refused.words)));
    for (file, words) in named {
        let (path, sheet) = split(file);
        let bytes = judge.bytes(path);
        let refusal = match sheet {
            None => judge.node.load("series", name_of(path), bytes, None).await.map(|_| String::new()),
            Some(sheet) => guess(judge, name_of(path), sheet, bytes).await,
        };
        let Err(Error::Unmapped { missing, example }) = &refusal else {
            judge.problems.push(format!("{file}: {refusal:?}"));
            continue;
        };
        let is_named = words.iter().all(|word| missing.contains(word.as_str()));
        if !is_named || !(example.contains("FILL IN") || example.contains("CONFIRM")) {
            judge.problems.push(format!("{file}: {missing}\n{example}"));
        }
        judge.judged.insert(file.clone());
        judge.judged.insert(path.to_owned());
        judge.found(file, format!("to be decided | 0 | {} | ", short(&missing.to_string())));
    }
    for file in decided.empty.iter().flat_map(|empty| &empty.files) {
        let (path, sheet) = split(file);
        let refusal = guess(judge, name_of(path), sheet.unwrap_or_default(), judge.bytes(path)).await;
        match refusal {
            Err(error) if error.to_string().contains("has no rows") => {
                judge.judged.insert(file.clone());
                judge.found(file, "empty | 0 | the sheet has no rows | ".into());
            }
            other => judge.problems.push(format!("{file}: {other:?}")),
        }
    }
}

//! In which system a file's coordinates are: what is said of it, tested against the numbers.

use std::collections::BTreeSet;
use std::path::Path;

use catalog::{Gazetteer, PlaceMatch};
use chrono::NaiveDate;
use formats::crs::{
    Crs, Fit, Judgement, Operation, Sample, beyond_region, candidates, far_from_place, judge, outlines,
};
use formats::{Coordinates, Declared, FeatureOptions, Format, Limits, Survey, survey_features};
use model::{CellRef, PlaceKind, Severity};
use serde_json::Value;
use wording::{Told, told};

use super::strays::Expected;
use crate::Error;
use crate::findings::{Findings, Words};
use crate::mapping::{Mapping, Shape};
use crate::observe::unlisted;

/// How the positions of a file are to be read, and why.
pub(crate) struct Positions {
    pub(crate) options: FeatureOptions,
    /// Reasons for a guessed mapping, by path.
    pub(crate) reasons: Vec<(String, Told)>,
    /// The system, as a mapping says it; absent where it is longitude and latitude in WGS 84.
    pub(crate) crs: Option<String>,
    /// Where the positions of a table stand.
    pub(crate) coordinates: Option<Coordinates>,
    /// What the file looks like: its properties, and the system that it names.
    pub(crate) shape: Shape,
    /// Where all its features should lie.
    pub(crate) expected: Expected,
}

/// A mapping, and whether somebody handed it in with the file: then what it says is decided.
#[derive(Clone, Copy)]
pub(crate) struct Kept<'a> {
    pub(crate) mapping: &'a Mapping,
    pub(crate) is_given: bool,
}

/// Decides how the positions of a file are read. What cannot be decided is asked.
pub(crate) fn positions(
    path: &Path,
    format: &Format,
    under: Option<Kept<'_>>,
    gazetteer: &Gazetteer,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Positions, Error> {
    let mapping = under.map(|under| under.mapping);
    let options = options(mapping);
    let survey = survey_features(path, format, &options, limits)?;
    let is_given = under.is_some_and(|under| under.is_given);
    let expected = Expected { seen: survey.seen, ..Expected::default() };
    let mut decision = Decision { survey: &survey, findings, reasons: Vec::new(), is_given, expected };
    let fit = decision.fit(format, mapping, gazetteer)?;
    let (reasons, expected) = (decision.reasons, decision.expected);
    let coordinates = survey.coordinates.clone().filter(|_| *format != Format::GeoJson);
    let crs = (!fit.crs.is_stored()).then(|| fit.crs.code());
    if let Some(code) = &crs
        && !is_given
        && !fit.crs.is_written_as(code)
    {
        return Err(unwritable(&fit.crs, code));
    }
    // Of an archive, every file is read unless the mapping names one.
    let is_archive = *format == Format::FeatureZip;
    let options = FeatureOptions {
        layer_number: (!is_archive).then_some(survey.layer),
        layer: options.layer.filter(|_| is_archive),
        fit: (fit != Fit::plain(Crs::wgs84())).then_some(fit),
        ..options
    };
    let shape = Shape::of_features(&properties(&survey), named_system(&survey));
    Ok(Positions { options, reasons, crs, coordinates, shape, expected })
}

/// The names of all properties that were met, in the order of the file.
fn properties(survey: &Survey) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (name, _) in survey.features.iter().flat_map(|feature| &feature.properties) {
        if seen.insert(name) {
            names.push(name.clone());
        }
    }
    names
}

/// The system that a file names itself, as a mapping writes it.
fn named_system(survey: &Survey) -> Option<String> {
    let declared = survey.declared.as_ref()?;
    let unknown = || declared.text.chars().take(80).collect();
    Some(declared.crs().map_or_else(|_| unknown(), |crs| crs.code()))
}

fn options(mapping: Option<&Mapping>) -> FeatureOptions {
    let Some(mapping) = mapping else { return FeatureOptions::default() };
    let feature = mapping.feature.as_ref();
    let pair = feature.and_then(|feature| Some((feature.x.clone()?, feature.y.clone()?)));
    let geometry = feature.and_then(|feature| feature.geometry.clone());
    FeatureOptions {
        layer: mapping.source.sheet.clone(),
        header_row: mapping.source.header_row,
        reading: mapping.source.reading(),
        coordinates: pair
            .map(|(x, y)| Coordinates::Pair { x, y })
            .or_else(|| geometry.map(Coordinates::Geometry)),
        ..FeatureOptions::default()
    }
}

struct Decision<'a> {
    survey: &'a Survey,
    findings: &'a mut Findings,
    reasons: Vec<(String, Told)>,
    is_given: bool,
    expected: Expected,
}

impl Decision<'_> {
    fn fit(
        &mut self,
        format: &Format,
        mapping: Option<&Mapping>,
        gazetteer: &Gazetteer,
    ) -> Result<Fit, Error> {
        let said = mapping.and_then(|mapping| mapping.source.crs.as_deref()).map(Crs::parse).transpose()?;
        let in_file = self.in_file(format)?;
        let said = self.compared(said, in_file.as_ref(), mapping)?;
        if self.survey.features.is_empty() {
            return Ok(Fit::plain(said.or(in_file.map(|(crs, _)| crs)).unwrap_or_else(Crs::wgs84)));
        }
        let area = mapping.and_then(|mapping| mapping.source.area.clone());
        let day = mapping.and_then(|mapping| mapping.source.surveyed.as_deref());
        let samples = self.samples(area.as_deref(), gazetteer);
        let places: BTreeSet<String> = samples.iter().flat_map(|sample| sample.places.clone()).collect();
        let places: Vec<String> = places.into_iter().collect();
        let candidates = candidates(&places, day);
        let declared = said.clone().or_else(|| in_file.as_ref().map(|(crs, _)| crs.clone()));
        let judgement = match judge(declared.as_ref(), &samples, &candidates) {
            // Who was asked has decided, as long as the numbers lie in the region so.
            Judgement::Doubted(_) if said.is_some() => {
                let freed: Vec<Sample> =
                    samples.iter().map(|sample| Sample { places: Vec::new(), ..sample.clone() }).collect();
                judge(declared.as_ref(), &freed, &candidates)
            }
            judgement => judgement,
        };
        match judgement {
            Judgement::Settled(fit) => {
                self.settled(&fit, said.is_some(), in_file.as_ref().map(|(_, by)| by.as_str()), &places);
                self.outside(&fit, &samples);
                let is_told = said.is_some() || in_file.is_some() || *format == Format::FeatureZip;
                if !is_told && fit.crs.is_stored() {
                    let reason = told!(
                        "guess-degrees-of-wgs-84",
                        "nothing says which datum the degrees are counted on: they are taken for those of WGS 84; those of VN-2000 (`crs = \"EPSG:4756\"`) lie 190 m away"
                    );
                    self.reasons.push(("feature".into(), reason));
                }
                self.perhaps_packed(&fit, &samples);
                Ok(fit)
            }
            Judgement::Doubted(fits) => {
                let declared = declared.unwrap_or_else(Crs::wgs84);
                // What is wrong with a single feature is said of it.
                if fits.is_empty() && samples.len() == 1 && places.is_empty() {
                    return Ok(Fit::plain(declared));
                }
                let by = declared_by(said.as_ref(), in_file);
                Err(contradicted(by, &declared, &fits, &self.sample_text(), &places))
            }
            Judgement::Contradicted(fits) => {
                let declared = declared.unwrap_or_else(Crs::wgs84);
                let by = declared_by(said.as_ref(), in_file);
                match <[Fit; 1]>::try_from(fits) {
                    // The place is known, and one system alone puts the numbers there.
                    Ok([fit]) if said.is_none() && !places.is_empty() => {
                        let said = match by.code() {
                            Some(_) => declared.to_string(),
                            None => format!("{by}: {declared}"),
                        };
                        self.warn("crs_contradicted", said, &fit.crs);
                        self.settled(&fit, false, None, &places);
                        self.outside(&fit, &samples);
                        Ok(fit)
                    }
                    other => {
                        let fits = other.map_or_else(|fits| fits, |[fit]| vec![fit]);
                        Err(contradicted(by, &declared, &fits, &self.sample_text(), &places))
                    }
                }
            }
            Judgement::Open(fits) => match each_in_its_own(&samples, day) {
                Some(error) => Err(error),
                None => Err(open(&fits, &self.sample_text())),
            },
        }
    }

    /// What the file says, where it can be understood. GeoJSON says WGS 84 by being GeoJSON.
    fn in_file(&mut self, format: &Format) -> Result<Option<(Crs, String)>, Error> {
        let Some(Declared { by, text }) = self.survey.declared.clone() else {
            return Ok((*format == Format::GeoJson).then(|| (Crs::wgs84(), "GeoJSON".to_owned())));
        };
        let declared = Declared { by: by.clone(), text };
        match declared.crs() {
            Ok(crs) => Ok(Some((crs, by))),
            Err(error) => {
                let short: String = declared.text.chars().take(80).collect();
                self.find("crs_unknown", format!("{by}: {short}"), error.told().kept());
                Ok(None)
            }
        }
    }

    /// What the mapping says of the system, where it stands against what the file says.
    ///
    /// A mapping that was handed in with the file stands, and so does a kept one while files go on naming the
    /// system that the first of them named. A file that names another speaks for itself.
    fn compared(
        &mut self,
        said: Option<Crs>,
        in_file: Option<&(Crs, String)>,
        mapping: Option<&Mapping>,
    ) -> Result<Option<Crs>, Error> {
        // That GeoJSON is in WGS 84 is said by no file.
        let named = in_file.filter(|_| self.survey.declared.is_some());
        let Some((own, by)) = named else { return Ok(said) };
        let said = match said {
            Some(said) if said.code() != own.code() => said,
            same => {
                // A datum without a way to WGS 84 is no reason to try others.
                own.transform()?;
                return Ok(same);
            }
        };
        let shape = mapping.and_then(|mapping| mapping.shape.as_ref());
        let is_as_before = shape.is_some_and(|shape| shape.crs.as_deref() == Some(&own.code()));
        if self.is_given || is_as_before {
            self.warn("crs_overruled", format!("{by}: {own}"), &said);
            return Ok(Some(said));
        }
        if shape.is_none() {
            return Err(between(by, own, &said));
        }
        self.warn("crs_of_file", format!("{by}: {own}"), &said);
        own.transform()?;
        Ok(None)
    }

    /// Says so where every position could be degrees with minutes and seconds behind the point, as some receivers
    /// write them: by chance that is rare.
    fn perhaps_packed(&mut self, fit: &Fit, samples: &[Sample]) {
        if !fit.crs.is_geographic() || fit.packed || samples.len() < PACKED_FROM {
            return;
        }
        let is_perhaps = |sample: &Sample| is_perhaps_packed(sample.x) && is_perhaps_packed(sample.y);
        // Round numbers are nothing but round: what is packed has seconds, as a rule.
        let with_seconds =
            samples.iter().filter(|sample| has_seconds(sample.x) || has_seconds(sample.y)).count();
        if samples.iter().all(is_perhaps) && with_seconds * 2 > samples.len() {
            self.find("degrees_perhaps_packed", self.sample_text(), fit.crs.to_string());
        }
    }

    /// The positions of the survey, each with the province that it should lie in.
    fn samples(&mut self, area: Option<&str>, gazetteer: &Gazetteer) -> Vec<Sample> {
        let survey = self.survey;
        let column = if area.is_none() { province_column(survey, gazetteer) } else { None };
        // Of a province or a country beyond the delta no outline is known to test against.
        let area = match area.filter(|area| outlines().iter().all(|outline| outline.place != *area)) {
            Some(far) => {
                self.find("outside_outlines", far.to_owned(), String::new());
                None
            }
            None => area,
        };
        if let Some(column) = &column {
            self.reasons.push((
                "source".into(),
                told!(
                    "guess-tested-against-provinces",
                    "positions were tested against the provinces that `{column}` names",
                    column = column
                ),
            ));
        }
        (self.expected.area, self.expected.column) = (area.map(str::to_owned), column.clone());
        survey
            .features
            .iter()
            .map(|feature| {
                let places = match (area, &column) {
                    (Some(area), _) => vec![area.to_owned()],
                    (None, Some(column)) => text_of(&feature.properties, column)
                        .map(|t| provinces(t, gazetteer))
                        .unwrap_or_default(),
                    (None, None) => Vec::new(),
                };
                Sample { x: feature.x, y: feature.y, places }
            })
            .collect()
    }

    /// Says so where the positions lie beyond the outlines that are known: then only the range of the
    /// numbers was tested. And of each that lies far from the province that its row names.
    fn outside(&mut self, fit: &Fit, samples: &[Sample]) {
        let mut outside = beyond_region(fit, samples);
        self.expected.in_region = outside.len() * FEW < samples.len();
        let is_said = self.findings.kept.iter().any(|finding| finding.code == "outside_outlines");
        // A few among many are told one by one.
        if self.expected.in_region {
            for at in outside.drain(..).take(TOLD) {
                self.find_at(Some(at), "outside_region", self.position_text(at), String::new());
            }
        }
        if let Some(first) = outside.first().filter(|_| !is_said) {
            let counted = format!("{}/{}", outside.len(), samples.len());
            self.find_at(Some(*first), "outside_outlines", self.position_text(*first), counted);
        }
        for at in far_from_place(fit, samples) {
            self.find_at(Some(at), "outside_place", self.position_text(at), samples[at].places.join(", "));
        }
    }

    fn settled(&mut self, fit: &Fit, said: bool, by: Option<&str>, places: &[String]) {
        if fit.swapped {
            self.find("coordinates_swapped", self.sample_text(), fit.crs.to_string());
        }
        if fit.packed {
            self.find("coordinates_packed", self.sample_text(), fit.crs.to_string());
        }
        if fit.prefix > 0.0 {
            self.find("zone_prefix", self.sample_text(), fit.prefix.to_string());
        }
        if fit.crs.is_stored() {
            return;
        }
        let operation = fit.crs.operation().map(Operation::told).unwrap_or_default();
        self.find("crs_used", fit.crs.to_string(), operation.kept());
        let why = match (said, by) {
            (true, _) => return,
            (false, Some(by)) => told!("guess-says-so", "`{by}` says so", by = by),
            (false, None) => told!(
                "guess-only-system",
                "the only system that puts the numbers into {places}",
                places = places.join(", ")
            ),
        };
        let reason =
            told!("guess-to-wgs-84", "{why}; to WGS 84 by {operation}", why => why, operation => operation);
        self.reasons.push(("source.crs".into(), reason));
    }

    fn warn(&mut self, code: &'static str, value: String, used: &Crs) {
        self.find(code, value, used.to_string());
    }

    fn find(&mut self, code: &'static str, value: String, expected: String) {
        self.find_at(None, code, value, expected);
    }

    /// Says something of one of the features that were looked at, or of all.
    fn find_at(&mut self, at: Option<usize>, code: &'static str, value: String, expected: String) {
        let row = at.and_then(|at| self.survey.features.get(at)).map(|feature| feature.row);
        let cell = CellRef {
            sheet: self.survey.layer,
            row: row.unwrap_or(1),
            column: row.map_or(1, |_| self.survey.position_column),
        };
        let column_name = match &self.survey.coordinates {
            Some(Coordinates::Pair { x, y }) => format!("{x}, {y}"),
            Some(Coordinates::Geometry(name)) => name.clone(),
            None => "geometry".to_owned(),
        };
        self.findings.add(Severity::Warning, code, cell, || Words { column_name, value, expected });
    }

    fn sample_text(&self) -> String {
        self.position_text(0)
    }

    fn position_text(&self, at: usize) -> String {
        self.survey
            .features
            .get(at)
            .map_or_else(String::new, |feature| format!("{}; {}", feature.x, feature.y))
    }
}

/// Of how many features one at most lies outside the region where the others belong to it.
const FEW: usize = 10;
/// Features of one kind that are told of.
const TOLD: usize = 100;

/// Positions from which on it is no chance that each could be minutes and seconds: of five, one in 25 000.
const PACKED_FROM: usize = 5;

/// Whether a number has a third or a fourth decimal, where the seconds would stand.
fn has_seconds(degrees: f64) -> bool {
    (degrees.abs().fract() * 10_000.0).round() % 100.0 > 0.0
}

/// Whether a number has four decimals at most that could be minutes and seconds: 105.4530.
fn is_perhaps_packed(degrees: f64) -> bool {
    let packed = degrees.abs().fract() * 10_000.0;
    let is_whole = (packed - packed.round()).abs() < 1e-4;
    is_whole && (packed.round() / 100.0).floor() < 60.0 && packed.round() % 100.0 < 60.0
}

/// An error where a kept mapping and the file name two systems, and nothing tells whether that was decided.
fn between(by: &str, own: &Crs, said: &Crs) -> Error {
    Error::invalid(
        told!(
            "intake-mapping-and-file-name-two-systems",
            "the mapping of the dataset says that the coordinates are in {said}, and `{by}` says {own}",
            said = said,
            by = by,
            own = own
        ),
        told!(
            "intake-hand-in-with-the-right-crs",
            "hand the file in with a mapping whose `crs` under `[source]` is the right one: it then stands for later files of the kind"
        ),
    )
}

/// An error where a system is none of those that a mapping can name: the next file would be read in another.
fn unwritable(crs: &Crs, code: &str) -> Error {
    Error::invalid(
        told!(
            "intake-system-with-parameters-of-its-own",
            "the file says {crs} with parameters of its own (scale, false easting or northing), which are not those of {code}: with them the same numbers lie elsewhere by up to hundreds of metres",
            crs = crs,
            code = code
        ),
        told!(
            "intake-check-parameters-or-write-crs",
            "check the definition with whoever made the file; if the zone itself is meant, hand the file in with a mapping that has `crs = \"{code}\"` under `[source]`, else transform the layer to a system that has a code",
            code = code
        ),
    )
}

/// Who says in which system the positions are.
fn declared_by(said: Option<&Crs>, in_file: Option<(Crs, String)>) -> Told {
    match (said, in_file) {
        (Some(_), _) => told!("intake-mapping", "the mapping"),
        (None, Some((_, by))) => Told::words(format!("`{by}`")),
        (None, None) => told!("intake-file", "the file"),
    }
}

/// Provinces by an id, a code with its scheme, or a name, former and present ones.
pub(super) fn provinces(text: &str, gazetteer: &Gazetteer) -> Vec<String> {
    let days = [NaiveDate::from_ymd_opt(2025, 6, 30), NaiveDate::from_ymd_opt(2025, 7, 1)];
    let mut found: BTreeSet<String> = BTreeSet::new();
    let text = unlisted(text, Some(PlaceKind::Province));
    for day in days.into_iter().flatten() {
        match gazetteer.match_place(text, Some(PlaceKind::Province), None, day) {
            PlaceMatch::One(place) => drop(found.insert(place.to_string())),
            PlaceMatch::Many(places) => found.extend(places.iter().map(ToString::to_string)),
            PlaceMatch::None => {}
        }
    }
    found.into_iter().filter(|place| outlines().iter().any(|outline| outline.place == *place)).collect()
}

/// The property that names a province of the delta for nearly every feature.
fn province_column(survey: &Survey, gazetteer: &Gazetteer) -> Option<String> {
    let first = survey.features.first()?;
    let names = first.properties.iter().filter(|(_, value)| value.is_string()).map(|(name, _)| name);
    names
        .into_iter()
        .take(100)
        .find(|name| {
            let mut known: std::collections::HashMap<&str, bool> = std::collections::HashMap::new();
            let named = survey.features.iter().filter(|feature| {
                text_of(&feature.properties, name).is_some_and(|text| {
                    *known.entry(text).or_insert_with(|| {
                        // A number is no name, whatever code it may be.
                        !text.bytes().all(|b| b.is_ascii_digit()) && !provinces(text, gazetteer).is_empty()
                    })
                })
            });
            named.count() * 100 >= survey.features.len() * 95
        })
        .cloned()
}

fn text_of<'a>(properties: &'a [(String, Value)], name: &str) -> Option<&'a str> {
    properties.iter().find(|(other, _)| other == name).and_then(|(_, value)| value.as_str()).map(str::trim)
}

/// An error where the positions of each province are in a system of its own, and so are in none together.
fn each_in_its_own(samples: &[Sample], day: Option<&str>) -> Option<Error> {
    let places: BTreeSet<&str> =
        samples.iter().flat_map(|sample| sample.places.iter().map(String::as_str)).collect();
    let mut systems: BTreeSet<String> = BTreeSet::new();
    let mut told: Vec<String> = Vec::new();
    for place in places {
        let own: Vec<Sample> = samples
            .iter()
            .filter(|sample| sample.places.iter().any(|other| other == place))
            .map(|sample| Sample { x: sample.x, y: sample.y, places: vec![place.to_owned()] })
            .collect();
        let of_place = candidates(&[place.to_owned()], day);
        if let Judgement::Settled(fit) = judge(None, &own, &of_place) {
            told.push(format!("{place}: {}", fit.crs));
            systems.insert(fit.crs.code());
        }
    }
    (systems.len() > 1).then(|| {
        Error::invalid(
            told!(
                "intake-coordinates-of-each-province-in-its-own-system",
                "the coordinates of each province are in a system of its own: {named}",
                named = told.join("; ")
            ),
            told!(
                "intake-hand-in-a-file-for-each-system",
                "hand in a file for each system, since a file is read in one"
            ),
        )
    })
}

fn named(fits: &[Fit]) -> String {
    let mut names: Vec<String> = Vec::new();
    for fit in fits {
        let name = fit.crs.to_string();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(12);
    names.join(", ")
}

fn how(fits: &[Fit]) -> Told {
    let example = fits.first().map_or_else(|| "EPSG:9209".to_owned(), |fit| fit.crs.code());
    told!(
        "intake-write-crs-right-one-under-source-mapping",
        "write `crs = \"{example}\"` (or the right one) under `[source]` in the mapping; or `area = \"gso2004:94\"` (the province) and `surveyed = \"2019-05-01\"`, from which the zone may follow",
        example = example
    )
}

fn contradicted(by: Told, declared: &Crs, fits: &[Fit], sample: &str, places: &[String]) -> Error {
    let wanted =
        if places.is_empty() { told!("intake-region", "the region") } else { Told::words(places.join(", ")) };
    // Degrees beside a zone of VN-2000 are VN-2000's sooner than another datum's.
    let mut fits = fits.to_vec();
    fits.sort_by_key(|fit| fit.crs.datum != declared.datum);
    let fits = fits.as_slice();
    if fits.is_empty() {
        return Error::invalid(
            told!("intake-says-coordinates-but-nothing-puts-them-there", "{by} says that the coordinates are in {declared}, but neither under it nor under another system that is known here do they lie in {wanted} (the first is {sample})", by => by, declared = declared, wanted => wanted, sample = sample),
            told!(
                "intake-check-coordinates-and-province",
                "check the coordinates and the provinces of the rows; numbers of which a part was left out (500 000, the millions) have to be written in full"
            ),
        );
    }
    Error::invalid(
        told!("intake-says-coordinates-but-under-they-do-not", "{by} says that the coordinates are in {declared}, but under it they do not lie in {wanted} (the first is {sample}); they would under {named}", by => by, declared = declared, wanted => wanted, sample = sample, named = named(fits)),
        how(fits),
    )
}

fn open(fits: &[Fit], sample: &str) -> Error {
    let what = if fits.is_empty() {
        told!(
            "intake-coordinates-first-fit-no-system-known-here",
            "the coordinates (the first is {sample}) fit no system that is known here",
            sample = sample
        )
    } else {
        told!(
            "intake-nothing-says-system-coordinates-first-they-may",
            "nothing says in which system the coordinates are (the first is {sample}), and they may be in {named}",
            sample = sample,
            named = named(fits)
        )
    };
    Error::invalid(what, how(fits))
}

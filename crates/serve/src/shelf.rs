//! The series of a version of a dataset that a permit reaches, with the places they are at and what they are called.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use catalog::{Gazetteer, HeldForecast};
use formats::NetCdfVariable;
use model::{Bbox, Dataset, Datastream, DatastreamId, Lang, PlaceId, Position, Text};
use policy::Permit;
use query::{At, SeriesRequest};
use serde_json::{Value, json};
use standards::covjson::{I18n, MeasurementType, ObservedProperty, Parameter, ParameterType, Unit};
use standards::geometry::Geometry;
use standards::ogc::Feature;
use wording::told;

use crate::App;
use crate::http::{Answer, Links, Problem};

/// The series of a dataset.
pub(crate) struct Shelf {
    pub(crate) gazetteer: Arc<Gazetteer>,
    /// The series by number.
    pub(crate) streams: Vec<Datastream>,
    /// Their parameters' names.
    pub(crate) names: HashMap<DatastreamId, String>,
}

impl Shelf {
    /// The series that the permit reaches: of the newest version all that are registered, of one that
    /// is pinned those that it has values of, so that what comes later changes no answer of before.
    ///
    /// Names are told by what is reached alone: a name must not say that there is something beside it.
    pub(crate) async fn open(app: &App, permit: &Permit, at: At) -> Answer<Shelf> {
        let present = match at {
            At::Latest => None,
            at => Some(app.engine.present(permit, at).await?.datastreams),
        };
        Shelf::with(app, permit, present).await
    }

    /// The series of which a forecast says something.
    pub(crate) async fn of_forecast(app: &App, permit: &Permit, held: &HeldForecast) -> Answer<Shelf> {
        let HeldForecast { forecast, version, runs } = held;
        let request =
            SeriesRequest { time: forecast.times(), at: At::Version(*version), ..SeriesRequest::default() };
        let present = app.engine.present_of_runs(permit, request, runs.clone()).await?;
        Shelf::with(app, permit, Some(present.datastreams)).await
    }

    /// The series that the permit reaches, of these if some are named.
    async fn with(app: &App, permit: &Permit, present: Option<BTreeSet<DatastreamId>>) -> Answer<Shelf> {
        let all = app.catalog.datastreams(permit.dataset()).await?;
        let reached = |stream: &&Datastream| {
            permit.rows().allows(&stream.key.place, &stream.key.property)
                && present.as_ref().is_none_or(|present| present.contains(&stream.id))
        };
        let streams: Vec<Datastream> = all.iter().filter(reached).cloned().collect();
        let names = parameter_names(&streams);
        Ok(Shelf { gazetteer: app.catalog.gazetteer().await?, streams, names })
    }

    /// The places of the series, by id; a place that the gazetteer does not know has no position and no name.
    pub(crate) fn places(&self) -> BTreeSet<&PlaceId> {
        self.streams.iter().map(|stream| &stream.key.place).collect()
    }

    /// The position of a place.
    pub(crate) fn position(&self, place: &PlaceId) -> Option<Position> {
        self.gazetteer.place(place)?.position
    }

    /// The name of a place in a language, or its id.
    pub(crate) fn label(&self, place: &PlaceId, lang: Lang) -> String {
        let known = self.gazetteer.place(place);
        known.map_or(place.as_str(), |place| place.name.get(lang).0).to_owned()
    }

    /// The names of the parameters at a place.
    pub(crate) fn parameters_at(&self, place: &PlaceId) -> BTreeSet<&str> {
        let here = self.streams.iter().filter(|stream| stream.key.place == *place);
        here.map(|stream| self.names[&stream.id].as_str()).collect()
    }

    /// Refuses a parameter that the collection does not have.
    pub(crate) fn check(&self, wanted: &[String]) -> Answer<()> {
        let known: BTreeSet<&str> =
            self.streams.iter().map(|stream| self.names[&stream.id].as_str()).collect();
        match wanted.iter().find(|name| !known.contains(name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let known: Vec<&str> = known.into_iter().take(50).collect();
                let why = told!(
                    "serve-not-parameter-collection-there",
                    "`{name}` is not a parameter of this collection: there are {known}",
                    name = name,
                    known = known.join(", ")
                );
                Err(Problem::parameter("parameter-name", why))
            }
        }
    }

    /// The box around the places.
    pub(crate) fn bbox(&self) -> Option<Bbox> {
        let boxes = self.places().into_iter().filter_map(|place| self.position(place)).map(|position| Bbox {
            west: position.lon,
            south: position.lat,
            east: position.lon,
            north: position.lat,
        });
        boxes.reduce(|all, one| all.union(&one))
    }

    /// The parameters of some series, by name.
    pub(crate) fn parameters<'d>(
        &self,
        streams: impl Iterator<Item = &'d Datastream>,
        links: &Links,
    ) -> BTreeMap<String, Parameter> {
        let mut parameters = BTreeMap::new();
        for stream in streams {
            let name = self.names[&stream.id].clone();
            parameters.entry(name).or_insert_with(|| self.parameter(stream, links));
        }
        parameters
    }

    fn parameter(&self, stream: &Datastream, links: &Links) -> Parameter {
        let key = &stream.key;
        let measurement =
            MeasurementType { method: key.statistic.code().to_owned(), duration: key.period.clone() };
        // A method without its period says nothing that a client could use.
        let measurement = (!key.period.is_empty()).then_some(measurement);
        parameter(&self.gazetteer, key.property.as_str(), &key.unit, measurement, links)
    }

    /// A place as a feature, with the way to its series.
    pub(crate) fn location(&self, dataset: &Dataset, place: &PlaceId, links: &Links, lang: Lang) -> Feature {
        let known = self.gazetteer.place(place);
        let parameters: BTreeSet<&str> = self.parameters_at(place);
        let properties = json!({
            "label": self.label(place, lang),
            "kind": known.map(|place| place.kind.code()),
            "parameter-name": parameters,
            "edrqueryendpoint": links.path(&format!("/ogc/collections/{}/locations/{place}", dataset.id)),
        });
        Feature {
            id: place.to_string(),
            geometry: self.position(place).map(|position| Geometry::Point([position.lon, position.lat])),
            properties: match properties {
                Value::Object(map) => map,
                _ => serde_json::Map::new(),
            },
            links: Vec::new(),
        }
    }
}

/// A property as a parameter of coverages.
pub(crate) fn parameter(
    gazetteer: &Gazetteer,
    property: &str,
    unit: &str,
    measurement: Option<MeasurementType>,
    links: &Links,
) -> Parameter {
    let known = model::PropertyCode::new(property).ok();
    let label = match known.and_then(|code| gazetteer.property(&code).map(|property| i18n(&property.name))) {
        Some(label) => label,
        None => I18n::from([("vi", property.to_owned())]),
    };
    Parameter {
        r#type: ParameterType::Parameter,
        description: I18n::new(),
        unit: Unit { ucum: unit.to_owned() },
        observed_property: ObservedProperty {
            id: links.path(&format!("/sta/v1.1/ObservedProperties('{property}')")),
            label,
        },
        measurement,
    }
}

/// A parameter with its values, as a variable of NetCDF.
pub(crate) fn netcdf_variable(name: &str, parameter: &Parameter, values: Vec<f64>) -> NetCdfVariable {
    let label = &parameter.observed_property.label;
    let title = label.get("en").or_else(|| label.values().next()).cloned().unwrap_or_default();
    NetCdfVariable { name: name.to_owned(), title, unit: parameter.unit.ucum.clone(), values }
}

fn i18n(text: &Text) -> I18n {
    let languages = [("vi", Some(&text.vi)), ("en", text.en.as_ref()), ("km", text.km.as_ref())];
    languages
        .into_iter()
        .filter_map(|(tag, text)| Some((tag, text?.clone())))
        .filter(|(_, t)| !t.is_empty())
        .collect()
}

/// What each series is called as a parameter: the property's code, followed by what tells it from
/// the dataset's other series of that property at any place (`salinity`, or `salinity:max` beside `salinity:mean`).
fn parameter_names(streams: &[Datastream]) -> HashMap<DatastreamId, String> {
    let parts = |stream: &Datastream| {
        let key = &stream.key;
        [
            key.statistic.code().to_owned(),
            key.period.clone(),
            key.unit.clone(),
            key.datum.clone(),
            key.procedure.clone(),
        ]
    };
    let mut varieties: BTreeMap<&str, [BTreeSet<String>; 5]> = BTreeMap::new();
    for stream in streams {
        let seen = varieties.entry(stream.key.property.as_str()).or_default();
        for (set, part) in seen.iter_mut().zip(parts(stream)) {
            set.insert(part);
        }
    }
    let name = |stream: &Datastream| {
        let seen = &varieties[stream.key.property.as_str()];
        let telling = seen.iter().zip(parts(stream)).filter(|(set, _)| set.len() > 1);
        let suffix =
            telling.map(|(_, part)| if part.is_empty() { "-".into() } else { part.replace(',', ".") });
        std::iter::once(stream.key.property.to_string()).chain(suffix).collect::<Vec<_>>().join(":")
    };
    streams.iter().map(|stream| (stream.id, name(stream))).collect()
}

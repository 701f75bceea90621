//! One function an endpoint: read the parameters, read the data, encode.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use model::{Dataset, DatasetId, DatasetKind, PlaceId, Version};
use policy::{Permit, Purpose};
use query::At;
use serde::Deserialize;
use standards::ogc::{Collection, Feature, FeatureCollection, GEOJSON, Instances, Link, time_text};

use super::params::{DataParams, ListParams, Wanted};
use super::space::Space;
use super::{encode, fields, stations};
use crate::App;
use crate::collections::{self, Instance};
use crate::http::{Answer, Caller, Links, Params, Problem, RequestLang, params};
use crate::shelf::Shelf;

/// Instances that are listed.
const MOST_INSTANCES: usize = 1_000;

/// A collection, perhaps one of its versions, perhaps a place.
#[derive(Debug, Deserialize)]
pub(super) struct Target {
    collection: String,
    instance: Option<String>,
    location: Option<String>,
}

/// A dataset that the asker may read, perhaps one of its instances.
struct Source {
    dataset: Dataset,
    permit: Permit,
    instance: Option<Instance>,
}

impl Source {
    async fn open(app: &App, caller: &Caller, target: &Target) -> Answer<Source> {
        let Caller(principal) = caller;
        let missing = || Problem::not_found(&target.collection);
        let id = DatasetId::new(&target.collection).map_err(|_| missing())?;
        let permit = app.catalog.authorize(principal, &id, Purpose::Read, Utc::now()).await?;
        let mut dataset = app.catalog.dataset(&id).await?.ok_or_else(missing)?;
        if !matches!(dataset.kind, DatasetKind::Observations | DatasetKind::Coverage) {
            return Err(Problem::not_found(&format!("{id}: EDR")));
        }
        let instance = match target.instance.as_deref() {
            None => None,
            Some(text) => {
                app.lake.settle(&id).await?;
                let instance = instance_of(app, &id, text).await?.ok_or_else(|| Problem::not_found(text))?;
                let version = app.catalog.version(&id, instance.version).await?;
                let version = version.ok_or_else(|| Problem::not_found(text))?;
                dataset = app
                    .catalog
                    .dataset_at(&version.dataset, version.committed_at)
                    .await?
                    .ok_or_else(missing)?;
                Some(instance)
            }
        };
        Ok(Source { dataset, permit, instance })
    }

    fn at(&self) -> At {
        self.instance.as_ref().map_or(At::Latest, |instance| At::Version(instance.version))
    }

    /// What is wanted, of the times that the instance speaks of.
    fn narrowed(&self, wanted: &Wanted) -> Wanted {
        let time = self.instance.as_ref().map_or(wanted.time, |instance| instance.within(wanted.time));
        Wanted { time, ..wanted.clone() }
    }

    async fn shelf(&self, app: &App) -> Answer<Shelf> {
        collections::shelf_of(app, &self.permit, self.instance.as_ref()).await
    }

    async fn described(&self, app: &App, links: &Links, lang: model::Lang) -> Answer<Collection> {
        let instance = self.instance.as_ref();
        match self.dataset.kind {
            DatasetKind::Coverage => {
                collections::coverage(app, &self.dataset, &self.permit, instance, links, lang).await
            }
            _ => collections::observed(app, &self.dataset, &self.permit, instance, links, lang).await,
        }
    }
}

/// The instance of an id: a version's number, or the instant that a forecast was made for.
async fn instance_of(app: &App, id: &DatasetId, text: &str) -> Answer<Option<Instance>> {
    if let Ok(number) = text.parse() {
        return Ok(Some(Instance::of(Version(number))));
    }
    // A time alone is a day to other parameters, and here it is none.
    let Some(time) = text.contains('T').then(|| model::parse_instant(text).ok()).flatten() else {
        return Ok(None);
    };
    let held = app.catalog.forecast(id, time).await?;
    Ok(held.map(Instance::from))
}

macro_rules! query {
    ($name:ident) => {
        pub(super) async fn $name(
            State(app): State<App>,
            caller: Caller,
            links: Links,
            RequestLang(lang): RequestLang,
            Path(target): Path<Target>,
            Params(asked): Params<DataParams>,
        ) -> Answer<Response> {
            let (space, wanted) = asked.$name()?;
            answer(&app, &Source::open(&app, &caller, &target).await?, &space, &wanted, &links, lang).await
        }
    };
}

query!(position);
query!(radius);
query!(area);
query!(cube);
query!(trajectory);
query!(corridor);

async fn answer(
    app: &App,
    source: &Source,
    space: &Space,
    wanted: &Wanted,
    links: &Links,
    lang: model::Lang,
) -> Answer<Response> {
    if source.dataset.kind == DatasetKind::Coverage {
        let found = fields::read(app, &source.permit, space, wanted, source.at(), links).await?;
        return encode::fields(found, wanted, &source.dataset, lang).await;
    }
    let shelf = source.shelf(app).await?;
    shelf.check(&wanted.parameters)?;
    let places = stations::places(&shelf, space)?;
    let wanted = &source.narrowed(wanted);
    let instance = source.instance.as_ref();
    let found = stations::series(app, &source.permit, &shelf, &places, wanted, instance).await?;
    encode::series(&shelf, found, wanted, &source.dataset, links, lang)
}

pub(super) async fn location(
    State(app): State<App>,
    caller: Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(target): Path<Target>,
    Params(asked): Params<DataParams>,
) -> Answer<Response> {
    let wanted = asked.location()?;
    let source = Source::open(&app, &caller, &target).await?;
    let name = target.location.as_deref().unwrap_or_default();
    if source.dataset.kind == DatasetKind::Coverage {
        return Err(Problem::not_found(name));
    }
    let shelf = source.shelf(&app).await?;
    shelf.check(&wanted.parameters)?;
    let place = PlaceId::new(name).ok().filter(|id| shelf.places().contains(id));
    let place = place.ok_or_else(|| Problem::not_found(name))?;
    let places = std::iter::once(&place).collect();
    let wanted = source.narrowed(&wanted);
    let instance = source.instance.as_ref();
    let found = stations::series(&app, &source.permit, &shelf, &places, &wanted, instance).await?;
    encode::series(&shelf, found, &wanted, &source.dataset, &links, lang)
}

pub(super) async fn locations(
    State(app): State<App>,
    caller: Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(target): Path<Target>,
    Params(asked): Params<ListParams>,
) -> Answer<Response> {
    asked.check(&["json", "geojson", "GeoJSON"])?;
    let bbox = asked.bbox.as_deref().map(params::bbox).transpose()?;
    params::datetime(asked.datetime.as_deref())?;
    let limit = params::limit(asked.limit, 100, 1_000)?;
    let offset = asked.offset.unwrap_or(0);
    let source = Source::open(&app, &caller, &target).await?;
    if source.dataset.kind == DatasetKind::Coverage {
        return Err(Problem::not_found(&format!("{}: locations", source.dataset.id)));
    }
    let shelf = source.shelf(&app).await?;
    let inside = |place: &&PlaceId| {
        bbox.is_none_or(|bbox| shelf.position(place).is_some_and(|position| bbox.contains(position)))
    };
    let matching: Vec<&PlaceId> = shelf.places().into_iter().filter(inside).collect();
    let base = base_of(&source);
    let features: Vec<Feature> = matching
        .iter()
        .skip(offset)
        .take(limit)
        .map(|place| {
            let mut feature = shelf.location(&source.dataset, place, &links, lang);
            if source.instance.is_some() {
                let way = links.path(&format!("{base}/locations/{place}"));
                feature.properties.insert("edrqueryendpoint".to_owned(), way.into());
            }
            feature
        })
        .collect();
    let path = format!("{base}/locations");
    let link = |rel: &str, offset: usize| {
        let pairs = asked.page(offset);
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Link::new(rel, links.to(&path, &pairs), GEOJSON)
    };
    let mut ways = vec![link("self", offset)];
    let reached = offset.saturating_add(features.len());
    if !features.is_empty() && reached < matching.len() {
        ways.push(link("next", reached));
    }
    let page = FeatureCollection {
        number_matched: Some(matching.len() as u64),
        number_returned: features.len() as u64,
        time_stamp: source.instance.is_none().then(|| time_text(Utc::now())),
        features,
        links: ways,
    };
    Ok(([(header::CONTENT_TYPE, GEOJSON)], Json(page)).into_response())
}

fn base_of(source: &Source) -> String {
    match &source.instance {
        None => format!("/ogc/collections/{}", source.dataset.id),
        Some(instance) => format!("/ogc/collections/{}/instances/{}", source.dataset.id, instance.id()),
    }
}

pub(super) async fn instances(
    State(app): State<App>,
    caller: Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(target): Path<Target>,
    Params(asked): Params<ListParams>,
) -> Answer<Json<Instances>> {
    asked.check(&["json"])?;
    let mut source = Source::open(&app, &caller, &target).await?;
    app.lake.settle(&source.dataset.id).await?;
    let limit = params::limit(asked.limit, 100, MOST_INSTANCES)?;
    let offset = asked.offset.unwrap_or(0);
    let (page, total) = page_of(&app, &source.dataset.id, offset, limit).await?;
    let path = format!("/ogc/collections/{}/instances", source.dataset.id);
    let mut ways = vec![Link::new("self", links.path(&path), "application/json")];
    let mut instances = Vec::new();
    for instance in page {
        source.instance = Some(instance);
        match source.described(&app, &links, lang).await {
            Ok(instance) => instances.push(instance),
            // A version that was given up is no instance any more.
            Err(problem) if problem.kind == crate::http::ProblemKind::Gone => {}
            Err(problem) => return Err(problem),
        }
    }
    if offset.saturating_add(limit) < total {
        let (limit, offset) = (limit.to_string(), (offset + limit).to_string());
        let next = links.to(&path, &[("limit", &limit), ("offset", &offset)]);
        ways.push(Link::new("next", next, "application/json"));
    }
    Ok(Json(Instances { links: ways, instances }))
}

/// Some of a dataset's instances, and how many there are in all: its forecasts, the newest first, then its
/// versions.
async fn page_of(
    app: &App,
    dataset: &DatasetId,
    offset: usize,
    limit: usize,
) -> Answer<(Vec<Instance>, usize)> {
    let (offset, limit) = (offset as u64, limit as u64);
    let forecasts = app.catalog.count_forecasts(dataset).await?;
    let held = match offset < forecasts {
        true => app.catalog.forecasts(dataset, offset, limit).await?,
        false => Vec::new(),
    };
    let mut page: Vec<Instance> = held.into_iter().map(Instance::from).collect();
    let left = limit.saturating_sub(page.len() as u64);
    let behind = offset.saturating_sub(forecasts);
    let (versions, total) = app.catalog.versions_page(dataset, behind, left).await?;
    page.extend(versions.into_iter().map(|info| Instance::of(info.version)));
    Ok((page, usize::try_from(forecasts + total).unwrap_or(usize::MAX)))
}

pub(super) async fn instance(
    State(app): State<App>,
    caller: Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(target): Path<Target>,
    Params(asked): Params<ListParams>,
) -> Answer<Json<Collection>> {
    asked.check(&["json"])?;
    let source = Source::open(&app, &caller, &target).await?;
    Ok(Json(source.described(&app, &links, lang).await?))
}

//! Creating, replacing, changing and deleting features (20-002): each is a checked commit and a version.
//!
//! What is kept as the original of the run is the request as it came (method, system, body) with the
//! feature that it led to, so that every value is traced to what somebody sent.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::Utc;
use futures::StreamExt;
use intake::mapping::{Mapping, PersonalColumn, PersonalDecision};
use intake::{Load, Report};
use lake::{Attribute, Expected};
use model::{DatasetId, DatasetKind, Lang, Run, RunId, RunState, Severity};
use policy::{Permit, Principal, Purpose};
use serde_json::{Map, Value, json};
use standards::ogc::Feature;
use wording::{Told, told};

use super::items::{attributes, known, pairs, stored_now, tag_of};
use super::read::Source;
use crate::App;
use crate::http::crs::System;
use crate::http::{Answer, Caller, Links, Problem, ProblemKind, RequestLang};

/// Bytes of one request.
pub(super) const MOST_BYTES: usize = 16 << 20;
/// The deepest list of coordinates.
const MOST_DEPTH: usize = 8;

pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    links: Links,
    lang: RequestLang,
    (Path(collection), RawQuery(query)): (Path<String>, RawQuery),
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Response> {
    known(&pairs(query.as_deref())?, &["f", "lang"])?;
    let edit = Edit::open(app, caller, lang, &collection).await?;
    let sent = Sent::read("POST", &headers, &body)?;
    let _turn = edit.app.turn_to_edit(edit.permit.dataset()).await;
    let id = match sent.feature.get("id") {
        None | Some(Value::Null) => uuid::Uuid::now_v7().to_string(),
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(_) => {
            return Err(wrong(told!(
                "serve-id-neither-text-nor-number",
                "`id` is neither a text nor a number"
            ))
            .at("id"));
        }
    };
    let is_there = || {
        let why = told!(
            "serve-there-feature-replace-put-change-patch",
            "there is a feature `{id}`: replace it with PUT, or change it with PATCH",
            id = id
        );
        Problem::text(ProblemKind::Conflict, why).at("id")
    };
    if edit.there(&id).await?.is_some() {
        return Err(is_there());
    }
    let expected = Expected { feature: id.clone(), run: None };
    let report = match edit.keep(expected, sent.feature.clone(), &sent).await {
        Err(problem) if problem.kind == ProblemKind::Changed => return Err(is_there()),
        kept => kept?,
    };
    let (made, _) = edit.there(&id).await?.ok_or_else(|| Problem::new(ProblemKind::Internal))?;
    let mut response = match held_back(&report, edit.lang) {
        Some(held) => (StatusCode::CREATED, held).into_response(),
        None => StatusCode::CREATED.into_response(),
    };
    let link = links.path(&format!("/ogc/collections/{collection}/items/{id}"));
    let location = HeaderValue::from_str(&link).map_err(|error| Problem::internal(&error))?;
    response.headers_mut().insert(header::LOCATION, location);
    tell(&mut response, Some(&made), &report);
    Ok(response)
}

pub(super) async fn replace(
    State(app): State<App>,
    caller: Caller,
    lang: RequestLang,
    Path((collection, item)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Response> {
    known(&pairs(query.as_deref())?, &["f", "lang"])?;
    let edit = Edit::open(app, caller, lang, &collection).await?;
    let sent = Sent::read("PUT", &headers, &body)?;
    let _turn = edit.app.turn_to_edit(edit.permit.dataset()).await;
    let mut tries = Tries::of(&headers);
    loop {
        let (_, run) = edit.expected(&item, &headers).await?;
        let expected = Expected { feature: item.clone(), run: Some(run) };
        match edit.put(expected, sent.feature.clone(), &sent).await {
            Err(problem) if tries.again(&problem) => {}
            answer => return answer,
        }
    }
}

pub(super) async fn change(
    State(app): State<App>,
    caller: Caller,
    lang: RequestLang,
    Path((collection, item)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Response> {
    known(&pairs(query.as_deref())?, &["f", "lang"])?;
    let edit = Edit::open(app, caller, lang, &collection).await?;
    let sent = Sent::read("PATCH", &headers, &body)?;
    let _turn = edit.app.turn_to_edit(edit.permit.dataset()).await;
    let mut tries = Tries::of(&headers);
    loop {
        let (there, run) = edit.expected(&item, &headers).await?;
        let there = Feature { links: Vec::new(), ..there };
        let mut changed = serde_json::to_value(&there).map_err(|error| Problem::internal(&error))?;
        merge(&mut changed, Value::Object(sent.feature.clone()));
        let Value::Object(changed) = changed else {
            return Err(wrong(told!("serve-leaves-no-feature", "this leaves no feature")));
        };
        let expected = Expected { feature: item.clone(), run: Some(run) };
        match edit.put(expected, changed, &sent).await {
            Err(problem) if tries.again(&problem) => {}
            answer => return answer,
        }
    }
}

pub(super) async fn remove(
    State(app): State<App>,
    caller: Caller,
    lang: RequestLang,
    Path((collection, item)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer<Response> {
    known(&pairs(query.as_deref())?, &["f", "lang"])?;
    let edit = Edit::open(app, caller, lang, &collection).await?;
    let _turn = edit.app.turn_to_edit(edit.permit.dataset()).await;
    let mut tries = Tries::of(&headers);
    let run = loop {
        let (_, run) = edit.expected(&item, &headers).await?;
        match edit.strike(Expected { feature: item.clone(), run: Some(run) }).await {
            Err(problem) if tries.again(&problem) => {}
            run => break run?.ok_or_else(|| Problem::not_found(&item))?,
        }
    };
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(version) = run.version {
        response.headers_mut().insert("cuulong-version", HeaderValue::from(version.0));
    }
    Ok(response)
}

/// What becomes of a request when somebody else, on whatever node, writes between its look and its commit.
struct Tries {
    /// Whether the request says how the feature has to stand.
    is_conditional: bool,
    left: usize,
}

impl Tries {
    fn of(headers: &HeaderMap) -> Tries {
        Tries { is_conditional: headers.contains_key(header::IF_MATCH), left: 5 }
    }

    /// Whether it begins again: who did not say how the feature has to stand takes it as it is now.
    fn again(&mut self, problem: &Problem) -> bool {
        self.left = self.left.saturating_sub(1);
        problem.kind == ProblemKind::Changed && !self.is_conditional && self.left > 0
    }
}

/// A change in the meantime, told of the condition that it breaks.
fn changed(error: intake::Error) -> Problem {
    let problem = Problem::from(error);
    if problem.kind == ProblemKind::Changed { problem.at("If-Match") } else { problem }
}

/// What a request holds.
struct Sent {
    method: &'static str,
    crs: System,
    /// The feature, or the part of it that is to change, in longitude and latitude.
    feature: Map<String, Value>,
    /// The body as it came.
    body: Value,
}

impl Sent {
    fn read(method: &'static str, headers: &HeaderMap, body: &[u8]) -> Answer<Sent> {
        let media = headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or("");
        if !media.split(';').next().is_some_and(|media| media.trim().ends_with("json")) {
            return Err(Problem::message(ProblemKind::InvalidBody, "problem-body-not-json", vec![]));
        }
        let crs = match headers.get("content-crs").and_then(|crs| crs.to_str().ok()) {
            None => System::stored(),
            Some(text) => System::parse("Content-Crs", text.trim().trim_matches(['<', '>']))?,
        };
        let body: Value = serde_json::from_slice(body).map_err(wrong)?;
        let Some(feature) = body.as_object() else {
            return Err(wrong(told!("serve-no-geojson-feature", "this is no GeoJSON feature")));
        };
        let mut feature = feature.clone();
        if method != "PATCH" && feature.get("type") != Some(&json!("Feature")) {
            return Err(wrong(told!("serve-type-not-feature", "its `type` is not `Feature`")).at("type"));
        }
        if !crs.is_stored()
            && let Some(geometry) = feature.get_mut("geometry")
        {
            place(geometry, &crs, 0)?;
        }
        Ok(Sent { method, crs, feature, body })
    }
}

/// Leads the coordinates of a GeoJSON geometry to longitude and latitude.
fn place(geometry: &mut Value, crs: &System, depth: usize) -> Answer<()> {
    if depth > MOST_DEPTH {
        return Err(wrong(told!("serve-nested-too-deep", "it is nested too deep")).at("geometry"));
    }
    if let Some(parts) = geometry.get_mut("geometries").and_then(Value::as_array_mut) {
        for part in parts {
            place(part, crs, depth + 1)?;
        }
    }
    match geometry.get_mut("coordinates") {
        Some(coordinates) => place_all(coordinates, crs, depth),
        None => Ok(()),
    }
}

fn place_all(coordinates: &mut Value, crs: &System, depth: usize) -> Answer<()> {
    let no_position = || {
        wrong(told!("serve-position-list-two-numbers-three", "a position is a list of two numbers or three"))
            .at("geometry")
    };
    if depth > MOST_DEPTH {
        return Err(no_position());
    }
    let list = coordinates.as_array_mut().ok_or_else(no_position)?;
    if !list.iter().any(Value::is_number) {
        for part in list {
            place_all(part, crs, depth + 1)?;
        }
        return Ok(());
    }
    let number = |at: usize| list.get(at).and_then(Value::as_f64).ok_or_else(no_position);
    let [lon, lat] = crs.to_stored([number(0)?, number(1)?]);
    if !(lon.is_finite() && lat.is_finite()) {
        return Err(wrong(told!(
            "serve-position-lies-outside-coordinate-system-area",
            "a position lies outside of the coordinate system's area"
        ))
        .at("geometry"));
    }
    // To a hundredth of a millimetre.
    let [lon, lat] = [lon, lat].map(|degrees| (degrees * 1e10).round() / 1e10);
    (list[0], list[1]) = (lon.into(), lat.into());
    Ok(())
}

/// RFC 7396.
fn merge(into: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *into = patch;
        return;
    };
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    let Some(there) = into.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            there.remove(&name);
        } else {
            merge(there.entry(name).or_insert(Value::Null), value);
        }
    }
}

fn wrong(why: impl Into<Told>) -> Problem {
    Problem::text(ProblemKind::InvalidBody, why)
}

/// Whoever writes to a collection of features, and may.
struct Edit {
    app: App,
    principal: Principal,
    lang: Lang,
    source: Source,
    permit: Permit,
    reading: Permit,
    attributes: Vec<Attribute>,
}

impl Edit {
    async fn open(
        app: App,
        Caller(principal): Caller,
        RequestLang(lang): RequestLang,
        collection: &str,
    ) -> Answer<Edit> {
        if ["stations", "places"].contains(&collection) {
            return Err(Problem::new(ProblemKind::MethodNotAllowed));
        }
        let id = DatasetId::new(collection).map_err(|_| Problem::not_found(collection))?;
        let permit = app.catalog.authorize(&principal, &id, Purpose::Write, Utc::now()).await?;
        let dataset = app.catalog.dataset(&id).await?.ok_or_else(|| Problem::not_found(collection))?;
        if dataset.kind != DatasetKind::Features {
            return Err(Problem::new(ProblemKind::MethodNotAllowed));
        }
        let source = Source::open(&app, &principal, collection).await?;
        let reading = app.catalog.authorize(&principal, &id, Purpose::Read, Utc::now()).await?;
        let attributes = attributes(&app, &reading).await?;
        Ok(Edit { app, principal, lang, source, permit, reading, attributes })
    }

    /// The feature of an id as it is now, and the run that made it so.
    async fn there(&self, id: &str) -> Answer<Option<(Feature, RunId)>> {
        let Source::Features(_, permit) = &self.source else { return Ok(None) };
        stored_now(&self.app, permit, id).await
    }

    /// The feature of an id, which has to be there and as the request expects it.
    async fn expected(&self, id: &str, headers: &HeaderMap) -> Answer<(Feature, RunId)> {
        let there = self.there(id).await?.ok_or_else(|| Problem::not_found(id))?;
        let tag = tag_of(&there.0);
        let mut expected = headers.get_all(header::IF_MATCH).iter().filter_map(|line| line.to_str().ok());
        let Some(first) = expected.next() else { return Ok(there) };
        let fits = std::iter::once(first).chain(expected).flat_map(|line| line.split(',')).any(|known| {
            let known = known.trim();
            known == "*" || known.trim_start_matches("W/") == tag
        });
        if fits { Ok(there) } else { Err(Problem::new(ProblemKind::Changed).at("If-Match")) }
    }

    async fn put(&self, expected: Expected, feature: Map<String, Value>, sent: &Sent) -> Answer<Response> {
        let id = expected.feature.clone();
        let report = self.keep(expected, feature, sent).await?;
        let made = self.there(&id).await?;
        let mut response = match held_back(&report, self.lang) {
            Some(held) => held.into_response(),
            None => StatusCode::NO_CONTENT.into_response(),
        };
        tell(&mut response, made.as_ref().map(|(feature, _)| feature), &report);
        Ok(response)
    }

    /// Deletes a feature that stands as expected.
    async fn strike(&self, expected: Expected) -> Answer<Option<Run>> {
        let (intake, permit, reading) = (self.app.intake.clone(), self.permit.clone(), self.reading.clone());
        // It runs on when the client hangs up.
        let removing = tokio::spawn(async move {
            intake.remove_feature(&permit, &reading, expected, "DELETE (OGC API)", Utc::now()).await
        });
        removing.await.map_err(|error| Problem::internal(&error))?.map_err(changed)
    }

    /// Keeps a feature as a version, if it stands as expected in the one before.
    async fn keep(&self, expected: Expected, mut feature: Map<String, Value>, sent: &Sent) -> Answer<Report> {
        let id = expected.feature.clone();
        match feature.entry("properties").or_insert_with(|| json!({})) {
            Value::Object(properties) => self.check(properties)?,
            properties @ Value::Null => *properties = json!({}),
            _ => {
                return Err(
                    wrong(told!("serve-properties-no-object", "`properties` is no object")).at("properties")
                );
            }
        }
        if feature.get("geometry").is_none_or(Value::is_null) {
            return Err(wrong(told!("serve-no-geometry", "it has no geometry")).at("geometry"));
        }
        feature.retain(|name, _| ["geometry", "properties"].contains(&name.as_str()));
        feature.insert("type".into(), "Feature".into());
        feature.insert("id".into(), id.as_str().into());
        let document = json!({
            "type": "FeatureCollection",
            "features": [feature],
            "request": {
                "method": sent.method, "item": id, "content-crs": sent.crs.uri(), "body": sent.body,
                "by": self.principal.name(),
            },
        });
        let bytes = Bytes::from(document.to_string());
        let mapping = match self.attributes.is_empty() {
            true => None,
            false => Some(mapping(&self.attributes, &self.decisions().await?)),
        };
        let load = Load {
            file_name: format!("{}.geojson", sent.method.to_lowercase()),
            body: futures::stream::iter([Ok(bytes)]).boxed(),
            mapping,
            dry_run: false,
            now: Utc::now(),
        };
        let (intake, permit) = (self.app.intake.clone(), self.permit.clone());
        // It runs on when the client hangs up.
        let loading = tokio::spawn(async move { intake.load_expecting(&permit, load, expected).await });
        let report = loading.await.map_err(|error| Problem::internal(&error))?.map_err(changed)?;
        if report.run.state != RunState::Done || report.run.totals.refused > 0 {
            let refusal = report.findings.iter().find(|finding| finding.severity == Severity::Refused);
            let why = refusal.map(|finding| intake::finding_message(finding, self.lang));
            let at = refusal.map(|finding| finding.column_name.clone()).filter(|name| !name.is_empty());
            let failed = report.run.error.as_deref().map(|error| Told::read(error).sentence(self.lang));
            let problem = wrong(why.or(failed).unwrap_or_default());
            return Err(problem.at(at.as_deref().unwrap_or("geometry")));
        }
        Ok(report)
    }

    /// What the mapping that is saved decides about personal data.
    async fn decisions(&self) -> Answer<Vec<PersonalColumn>> {
        let saved = self.app.catalog.mapping(self.permit.dataset(), None).await?;
        let saved = saved.and_then(|(_, text)| Mapping::parse(&text).ok());
        Ok(saved.map(|mapping| mapping.personal).unwrap_or_default())
    }

    /// Refuses properties that the dataset has no attribute for.
    fn check(&self, properties: &Map<String, Value>) -> Answer<()> {
        if self.attributes.is_empty() {
            return Ok(());
        }
        let is_known = |name: &str| self.attributes.iter().any(|attribute| attribute.name == name);
        match properties.keys().find(|name| !is_known(name)) {
            None => Ok(()),
            Some(name) => {
                let names: Vec<&str> = self.attributes.iter().map(|a| a.name.as_str()).take(60).collect();
                let shown: String = name.chars().take(80).collect();
                let why = told!(
                    "serve-no-attribute-dataset-there",
                    "`{shown}` is no attribute of this dataset: there are {names}",
                    shown = shown,
                    names = names.join(", ")
                );
                Err(wrong(why).at(&shown))
            }
        }
    }
}

/// The mapping of a feature whose properties are called as the attributes are.
fn mapping(attributes: &[Attribute], decisions: &[PersonalColumn]) -> String {
    let mut text = "version = 1\nkind = \"features\"\n".to_owned();
    for Attribute { name, kind } in attributes {
        let name = toml::Value::String(name.clone());
        text += &format!("[[attribute]]\nname = {name}\nfrom = {name}\ntype = \"{}\"\n", kind.code());
    }
    for PersonalColumn { column, decision, decided_by } in decisions {
        let [column, decided_by] = [column, decided_by].map(|text| toml::Value::String(text.clone()));
        let decision = match decision {
            PersonalDecision::Keep => "keep",
            PersonalDecision::LeaveOut => "leave_out",
        };
        text += &format!(
            "[[personal]]\ncolumn = {column}\ndecision = \"{decision}\"\ndecided_by = {decided_by}\n"
        );
    }
    text
}

/// What of a feature did not go in, and why, as intake tells it of files; `None` when all of it did.
fn held_back(report: &Report, lang: Lang) -> Option<impl IntoResponse> {
    let held = report.findings.iter().filter(|finding| intake::is_held_back(finding)).map(|finding| {
        json!({
            "property": finding.column_name,
            "code": finding.code,
            "message": intake::finding_message(finding, lang),
        })
    });
    let held: Vec<Value> = held.collect();
    let language = [(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()))];
    (!held.is_empty()).then(|| (language, Json(json!({ "held_back": held }))))
}

fn tell(response: &mut Response, made: Option<&Feature>, report: &Report) {
    let headers = response.headers_mut();
    if let Some(tag) = made.map(tag_of).and_then(|tag| HeaderValue::from_str(&tag).ok()) {
        headers.insert(header::ETAG, tag);
    }
    if let Some(version) = report.run.version {
        headers.insert("cuulong-version", HeaderValue::from(version.0));
    }
    if let Ok(run) = HeaderValue::from_str(report.run.id.as_str()) {
        headers.insert("cuulong-run", run);
    }
}

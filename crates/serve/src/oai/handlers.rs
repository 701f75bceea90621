//! A request, its answer: refusals of the protocol are answers too, with status 200.

use std::collections::HashMap;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use catalog::DatasetSearch;
use chrono::{DateTime, Utc};
use model::{Dataset, Lang, Theme};
use policy::Principal;
use standards::oai::{self, Format, Identity, List, More, Refusal, Reply, Request};
use standards::record::Record;

use super::read::{self, Found};
use crate::App;
use crate::http::language::message;
use crate::http::{Answer, Caller, Links, Problem, ProblemKind};
use crate::records::{History, Records, theme};

pub(super) async fn get(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    answer(&app, &principal, &links, query.unwrap_or_default().as_bytes()).await
}

pub(super) async fn post(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Answer<Response> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if !media_type.starts_with("application/x-www-form-urlencoded") {
        let why = "arguments come as application/x-www-form-urlencoded (OAI-PMH 2.0 §3.1.1.2)";
        return Err(Problem::text(ProblemKind::InvalidBody, why));
    }
    answer(&app, &principal, &links, &body).await
}

/// Longer requests are none of this protocol.
const MOST_BYTES: usize = 16 * 1024;

async fn answer(app: &App, principal: &Principal, links: &Links, form: &[u8]) -> Answer<Response> {
    if form.len() > MOST_BYTES {
        return Err(Problem::new(ProblemKind::TooLarge));
    }
    let arguments: Vec<(String, String)> = url::form_urlencoded::parse(form).into_owned().collect();
    let address = links.path("/oai");
    let now = Utc::now();
    let write = |reply: &Reply<'_>| oai::answer(&address, &arguments, now, reply);
    let records = Records::open(app, principal, links).await?;
    let text = match oai::read(&arguments) {
        Err(refusal) => write(&Reply::Refused(refusal)),
        Ok(Request::Identify) => write(&Reply::Identity(identity(app, principal, links).await?)),
        Ok(Request::ListSets) => write(&Reply::Sets(sets(app, principal, links, &records).await?)),
        Ok(Request::ListMetadataFormats(None)) => write(&Reply::Formats),
        Ok(Request::ListMetadataFormats(Some(identifier))) => {
            match found(app, principal, &identifier).await? {
                Some(_) => write(&Reply::Formats),
                None => write(&Reply::Refused(unknown(&identifier))),
            }
        }
        Ok(Request::GetRecord(identifier, format)) => match found(app, principal, &identifier).await? {
            None => write(&Reply::Refused(unknown(&identifier))),
            Some(one) => {
                let record = told(&records, std::slice::from_ref(&one)).await?.pop();
                write(&Reply::Record(one.header(), record.as_ref(), format))
            }
        },
        Ok(Request::ListIdentifiers(list)) => {
            let (page, more) = page(app, principal, &list).await?;
            if page.is_empty() {
                write(&Reply::Refused(nothing()))
            } else {
                write(&Reply::Identifiers(page.iter().map(Found::header).collect(), more))
            }
        }
        Ok(Request::ListRecords(list)) => {
            let (page, more) = page(app, principal, &list).await?;
            if page.is_empty() {
                write(&Reply::Refused(nothing()))
            } else {
                let records = told(&records, &page).await?;
                let by_id: HashMap<&str, &Record> =
                    records.iter().map(|record| (record.id.as_str(), record)).collect();
                let all = page.iter().map(|one| (one.header(), by_id.get(one.dataset.id.as_str()).copied()));
                write(&Reply::Records(all.collect(), list.format, more))
            }
        }
    };
    Ok(([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], text).into_response())
}

fn unknown(identifier: &str) -> Refusal {
    Refusal::new("idDoesNotExist", format!("`{identifier}` is no record here"))
}

fn nothing() -> Refusal {
    Refusal::new("noRecordsMatch", "no record matches")
}

async fn found(app: &App, principal: &Principal, identifier: &str) -> Answer<Option<Found>> {
    match read::dataset_of(identifier) {
        Some(id) => read::one(app, principal, &id).await,
        None => Ok(None),
    }
}

/// The page of a list and how it goes on.
async fn page(app: &App, principal: &Principal, list: &List) -> Answer<(Vec<Found>, More)> {
    let (page, has_more) = read::page(app, principal, list).await?;
    let token = page.last().filter(|_| has_more).map(|last| {
        let passed = list.passed + page.len() as u64;
        list.token((last.at, last.dataset.id.as_str()), passed)
    });
    Ok((page, More { token, cursor: list.passed }))
}

/// The records of those that are there.
async fn told(records: &Records<'_>, page: &[Found]) -> Answer<Vec<Record>> {
    let there: Vec<Dataset> = page.iter().filter(|one| !one.deleted).map(|one| one.dataset.clone()).collect();
    records.of(&there, History::Newest).await
}

async fn identity(app: &App, principal: &Principal, links: &Links) -> Answer<Identity> {
    let everything =
        List { format: Format::DublinCore, from: None, before: None, set: None, after: None, passed: 0 };
    let (first, _) = read::page(app, principal, &everything).await?;
    Ok(Identity {
        name: message(Lang::Vi, "catalogue-title"),
        address: links.path("/oai"),
        // RFC 2142 gives every host with a web server this mailbox.
        email: format!("webmaster@{}", links.host()),
        earliest: first.first().map_or(DateTime::UNIX_EPOCH, |one| one.at),
    })
}

async fn sets(
    app: &App,
    principal: &Principal,
    links: &Links,
    records: &Records<'_>,
) -> Answer<Vec<(String, String)>> {
    let counts = app.catalog.count_datasets(principal, &DatasetSearch::default(), Utc::now()).await?;
    let name = |words: &standards::record::Words| words.get("vi").to_owned();
    let agencies = counts.agencies.keys().map(|id| (format!("agency:{id}"), name(&records.agent(id).name)));
    let themes = Theme::ALL.into_iter().filter(|theme| counts.themes.contains_key(theme));
    let themes = themes.map(|of| (format!("theme:{}", of.code()), name(&theme(links, of).label)));
    Ok(agencies.chain(themes).collect())
}

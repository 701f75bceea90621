//! A request, its answer: refusals of the protocol are answers too, with status 200.

use std::collections::HashMap;

use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use catalog::DatasetSearch;
use chrono::{DateTime, SecondsFormat, Utc};
use model::{Dataset, Lang, Theme};
use policy::Principal;
use standards::oai::{self, Format, Identity, List, More, Refusal, Reply, Request};
use standards::record::Record;
use wording::told;

use super::read::{self, Found};
use crate::App;
use crate::http::language::message;
use crate::http::memento::Asked;
use crate::http::{Answer, Caller, Links, Problem, ProblemKind, RequestLang};
use crate::records::{History, Records, theme};

/// The repository that is asked: as it is, or as it was.
struct Repository<'a> {
    app: &'a App,
    principal: &'a Principal,
    links: &'a Links,
    known: Option<DateTime<Utc>>,
    lang: Lang,
}

pub(super) async fn get(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    asked: Option<Extension<Asked>>,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    let known = asked.map(|Extension(Asked(time))| time);
    let now = Repository { app: &app, principal: &principal, links: &links, known, lang };
    now.answer(query.unwrap_or_default().as_bytes()).await
}

pub(super) async fn get_at(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(instant): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    let known = Some(moment(&instant)?);
    let then = Repository { app: &app, principal: &principal, links: &links, known, lang };
    then.answer(query.unwrap_or_default().as_bytes()).await
}

pub(super) async fn post(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Answer<Response> {
    is_form(&headers)?;
    Repository { app: &app, principal: &principal, links: &links, known: None, lang }.answer(&body).await
}

pub(super) async fn post_at(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(instant): Path<String>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Answer<Response> {
    is_form(&headers)?;
    let known = Some(moment(&instant)?);
    Repository { app: &app, principal: &principal, links: &links, known, lang }.answer(&body).await
}

fn moment(text: &str) -> Answer<DateTime<Utc>> {
    model::parse_instant(text).map_err(|error| Problem::parameter("instant", error))
}

fn is_form(headers: &HeaderMap) -> Answer<()> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if media_type.starts_with("application/x-www-form-urlencoded") {
        return Ok(());
    }
    let why = told!(
        "serve-arguments-come-application-x-www-form-urlencoded",
        "arguments come as application/x-www-form-urlencoded (OAI-PMH 2.0 §3.1.1.2)"
    );
    Err(Problem::text(ProblemKind::InvalidBody, why))
}

/// Longer requests are none of this protocol.
const MOST_BYTES: usize = 16 * 1024;

impl Repository<'_> {
    /// Where it is asked.
    fn address(&self) -> String {
        match self.known {
            None => self.links.path("/oai"),
            Some(time) => self.links.path(&format!("/oai/as-known-at/{}", exact(time))),
        }
    }

    async fn answer(&self, form: &[u8]) -> Answer<Response> {
        if form.len() > MOST_BYTES {
            return Err(Problem::new(ProblemKind::TooLarge));
        }
        let arguments: Vec<(String, String)> = url::form_urlencoded::parse(form).into_owned().collect();
        let address = self.address();
        // What was answered at an instant is answered so again, with its date.
        let now = self.known.unwrap_or_else(Utc::now);
        let write = |reply: &Reply<'_>| oai::answer(&address, &arguments, now, reply);
        let refuse = |refusal: Refusal| {
            let why = wording::grammar(&refusal.why).sentence(self.lang);
            write(&Reply::Refused(Refusal { why, ..refusal }))
        };
        let records = Records::as_of(self.app, self.principal, self.links, self.known).await?;
        let text = match oai::read(&arguments) {
            Err(refusal) => refuse(refusal),
            Ok(Request::Identify) => write(&Reply::Identity(self.identity().await?)),
            Ok(Request::ListSets) => write(&Reply::Sets(self.sets(&records).await?)),
            Ok(Request::ListMetadataFormats(None)) => write(&Reply::Formats),
            Ok(Request::ListMetadataFormats(Some(identifier))) => match self.found(&identifier).await? {
                Some(_) => write(&Reply::Formats),
                None => refuse(unknown(&identifier)),
            },
            Ok(Request::GetRecord(identifier, format)) => match self.found(&identifier).await? {
                None => refuse(unknown(&identifier)),
                Some(one) => {
                    let record = told(&records, std::slice::from_ref(&one)).await?.pop();
                    write(&Reply::Record(one.header(), record.as_ref(), format))
                }
            },
            Ok(Request::ListIdentifiers(list)) => {
                let (page, more) = self.page(&list).await?;
                if page.is_empty() {
                    refuse(nothing())
                } else {
                    write(&Reply::Identifiers(page.iter().map(Found::header).collect(), more))
                }
            }
            Ok(Request::ListRecords(list)) => {
                let (page, more) = self.page(&list).await?;
                if page.is_empty() {
                    refuse(nothing())
                } else {
                    let records = told(&records, &page).await?;
                    let by_id: HashMap<&str, &Record> =
                        records.iter().map(|record| (record.id.as_str(), record)).collect();
                    let all =
                        page.iter().map(|one| (one.header(), by_id.get(one.dataset.id.as_str()).copied()));
                    write(&Reply::Records(all.collect(), list.format, more))
                }
            }
        };
        Ok(([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], text).into_response())
    }

    async fn found(&self, identifier: &str) -> Answer<Option<Found>> {
        match (read::dataset_of(identifier), self.known) {
            (None, _) => Ok(None),
            (Some(id), None) => read::one(self.app, self.principal, &id).await,
            (Some(id), Some(time)) => read::one_at(self.app, self.principal, &id, time).await,
        }
    }

    /// The page of a list and how it goes on.
    async fn page(&self, list: &List) -> Answer<(Vec<Found>, More)> {
        let (page, has_more) = match self.known {
            None => read::page(self.app, self.principal, list).await?,
            Some(time) => read::page_at(self.app, self.principal, list, time).await?,
        };
        let token = page.last().filter(|_| has_more).map(|last| {
            let passed = list.passed + page.len() as u64;
            list.token((last.at, last.dataset.id.as_str()), passed)
        });
        Ok((page, More { token, cursor: list.passed }))
    }

    async fn identity(&self) -> Answer<Identity> {
        let everything =
            List { format: Format::DublinCore, from: None, before: None, set: None, after: None, passed: 0 };
        let (first, _) = self.page(&everything).await?;
        Ok(Identity {
            name: message(Lang::Vi, "catalogue-title"),
            address: self.address(),
            // RFC 2142 gives every host with a web server this mailbox.
            email: format!("webmaster@{}", self.links.host()),
            earliest: first.first().map_or(DateTime::UNIX_EPOCH, |one| one.at),
        })
    }

    async fn sets(&self, records: &Records<'_>) -> Answer<Vec<(String, String)>> {
        let counts = records.counts(&DatasetSearch::default()).await?;
        let name = |words: &standards::record::Words| words.get("vi").to_owned();
        let agencies = counts.agencies.keys();
        let agencies = agencies.map(|id| (format!("agency:{id}"), name(&records.agent(id).name)));
        let themes = Theme::ALL.into_iter().filter(|of| counts.themes.contains_key(of));
        let themes = themes.map(|of| (format!("theme:{}", of.code()), name(&theme(self.links, of).label)));
        Ok(agencies.chain(themes).collect())
    }
}

/// An instant as it stands in the address of what was there then.
fn exact(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn unknown(identifier: &str) -> Refusal {
    Refusal::new("idDoesNotExist", format!("`{identifier}` is no record here"))
}

fn nothing() -> Refusal {
    Refusal::new("noRecordsMatch", "no record matches")
}

/// The records of those that are there.
async fn told(records: &Records<'_>, page: &[Found]) -> Answer<Vec<Record>> {
    let there: Vec<Dataset> = page.iter().filter(|one| !one.deleted).map(|one| one.dataset.clone()).collect();
    records.of(&there, History::Newest).await
}

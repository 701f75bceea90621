//! One function an endpoint: read the parameters, read the records, encode.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use catalog::DatasetSearch;
use model::{AgencyId, DatasetId, PropertyCode, Theme, Version};
use policy::Principal;
use query::At;
use standards::dcat::{self, Catalogue, Paging};
use standards::rdf::Graph;

use super::params::{DcatParams, Wanted, wanted};
use crate::App;
use crate::http::params::dataset_id;
use crate::http::{Answer, Caller, Links, Params, Problem, revalidate};
use crate::records::{History, Records, instant_of, said, theme, words};

/// The terms of the descriptions themselves; each dataset has its own.
const LICENCE: &str = "CC0-1.0";

pub(super) async fn catalogue(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    uri: Uri,
    headers: HeaderMap,
    Params(asked): Params<DcatParams>,
) -> Answer<Response> {
    let (wanted, _) = wanted(&uri, &headers, &asked)?;
    let Wanted::In(syntax) = wanted else { return Ok(Redirect::to("/data").into_response()) };
    let (page, limit) = asked.page()?;
    let records = Records::as_of(&app, &principal, &links, asked.known()?).await?;
    let keeper = AgencyId::new("cuulong").map_err(|error| Problem::internal(&error))?;
    let ids = records.matching(&DatasetSearch::default()).await?;
    let total = ids.len() as u64;
    let passed = usize::try_from((page - 1) * limit).unwrap_or(usize::MAX);
    let ids: Vec<DatasetId> = ids.into_iter().skip(passed).take(limit as usize).collect();
    let found = records.of(&records.datasets(&ids).await?, History::Newest).await?;
    let last = total.div_ceil(limit).max(1);
    let way = |page: u64| {
        let (page, limit) = (page.to_string(), limit.to_string());
        let mut pairs = vec![("page", page.as_str()), ("limit", limit.as_str())];
        pairs.extend(asked.pin());
        links.to(uri.path(), &pairs)
    };
    let graph = dcat::catalogue(&Catalogue {
        uri: links.path("/dcat"),
        homepage: links.path("/"),
        title: said("catalogue-title"),
        description: said("catalogue-description"),
        publisher: records.agent(&keeper),
        licence: LICENCE,
        themes: (links.path("/dcat/themes"), said("catalogue-themes")),
        records: &found,
        page: Some(Paging {
            this: way(page),
            first: way(1),
            previous: (page > 1).then(|| way(page - 1)),
            next: (page < last).then(|| way(page + 1)),
            last: way(last),
            total,
        }),
    });
    let mut response = document(&headers, &principal, syntax, &graph);
    if page < last
        && let Ok(link) = format!("<{}>; rel=\"next\"", way(page + 1)).parse()
    {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

pub(super) async fn dataset(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    uri: Uri,
    headers: HeaderMap,
    Params(asked): Params<DcatParams>,
) -> Answer<Response> {
    let (wanted, name) = wanted(&uri, &headers, &asked)?;
    let id = dataset_id(&name)?;
    let known = instant_of(&app, &principal, &id, asked.at()?).await?;
    let records = Records::as_of(&app, &principal, &links, known).await?;
    let record = records.one(&id, History::Recent).await?;
    match wanted {
        Wanted::Page => Ok(Redirect::to(&format!("/data/{id}")).into_response()),
        Wanted::In(syntax) => Ok(document(&headers, &principal, syntax, &dcat::document(&record))),
    }
}

pub(super) async fn version(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    uri: Uri,
    headers: HeaderMap,
    Path((dataset, _)): Path<(String, String)>,
    Params(asked): Params<DcatParams>,
) -> Answer<Response> {
    let (wanted, name) = wanted(&uri, &headers, &asked)?;
    let id = dataset_id(&dataset)?;
    let number = name.parse::<u64>().map_err(|_| Problem::not_found(&format!("{id}@{name}")))?;
    asked.of_no_time()?;
    let known = instant_of(&app, &principal, &id, At::Version(Version(number))).await?;
    let record = Records::as_of(&app, &principal, &links, known).await?.one(&id, History::Newest).await?;
    let version = record.newest().cloned().ok_or_else(|| Problem::not_found(&format!("{id}@{number}")))?;
    match wanted {
        Wanted::Page => Ok(Redirect::to(&format!("/data/{id}?v={number}")).into_response()),
        Wanted::In(syntax) => {
            Ok(document(&headers, &principal, syntax, &dcat::version_document(&record, &version)))
        }
    }
}

pub(super) async fn agency(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    uri: Uri,
    headers: HeaderMap,
    Params(asked): Params<DcatParams>,
) -> Answer<Response> {
    let (wanted, name) = wanted(&uri, &headers, &asked)?;
    let id = AgencyId::new(&name).map_err(|_| Problem::not_found(&name))?;
    let agency = app.catalog.agency(&id).await?.ok_or_else(|| Problem::not_found(&name))?;
    let Wanted::In(syntax) = wanted else { return Ok(Redirect::to("/data").into_response()) };
    let records = Records::as_of(&app, &principal, &links, asked.known()?).await?;
    let graph = dcat::agency(&records.agent(&agency.id));
    Ok(document(&headers, &principal, syntax, &graph))
}

pub(super) async fn themes(
    Caller(principal): Caller,
    links: Links,
    uri: Uri,
    headers: HeaderMap,
    Params(asked): Params<DcatParams>,
) -> Answer<Response> {
    let (wanted, name) = wanted(&uri, &headers, &asked)?;
    asked.of_no_time()?;
    let themes: Vec<Theme> = match name.as_str() {
        "themes" => Theme::ALL.to_vec(),
        code => vec![Theme::from_code(code).ok_or_else(|| Problem::not_found(code))?],
    };
    let Wanted::In(syntax) = wanted else { return Ok(Redirect::to("/data").into_response()) };
    let terms: Vec<_> = themes.into_iter().map(|of| theme(&links, of)).collect();
    let graph = dcat::scheme(&links.path("/dcat/themes"), &said("catalogue-themes"), &terms);
    Ok(document(&headers, &principal, syntax, &graph))
}

pub(super) async fn property(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    uri: Uri,
    headers: HeaderMap,
    Params(asked): Params<DcatParams>,
) -> Answer<Response> {
    let (wanted, name) = wanted(&uri, &headers, &asked)?;
    asked.of_no_time()?;
    let code = PropertyCode::new(&name).map_err(|_| Problem::not_found(&name))?;
    let gazetteer = app.catalog.gazetteer().await?;
    let property = gazetteer.property(&code).ok_or_else(|| Problem::not_found(&name))?;
    let Wanted::In(syntax) = wanted else { return Ok(Redirect::to("/data").into_response()) };
    let uri = links.path(&format!("/dcat/properties/{code}"));
    let graph = dcat::property(&uri, code.as_str(), &words(&property.name), &property.unit);
    Ok(document(&headers, &principal, syntax, &graph))
}

fn document(
    headers: &HeaderMap,
    principal: &Principal,
    syntax: standards::rdf::Syntax,
    graph: &Graph,
) -> Response {
    let media_type = match syntax {
        standards::rdf::Syntax::Turtle => "text/turtle; charset=utf-8",
        other => other.media_type(),
    };
    revalidate::document(headers, principal, media_type, syntax.write(graph))
}

//! Batches as `multipart/mixed` (18-088 §11, after OData 4.0 §11.7): each part is a request as it stands on
//! the wire, or a change set of several, which is done as a whole.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use uuid::Uuid;
use wording::{Told, told};

use super::{Asked, MOST_REQUESTS, Unit};
use crate::http::{Answer, Problem, ProblemKind};

/// The longest boundary (RFC 2046 §5.1.1).
const MOST_BOUNDARY: usize = 70;
/// Headers of a part, and of a request.
const MOST_HEADERS: usize = 50;

/// The boundary that a media type names.
pub(super) fn boundary(media_type: &str) -> Answer<String> {
    let named = media_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_owned())
    });
    named.filter(|boundary| !boundary.is_empty() && boundary.len() <= MOST_BOUNDARY).ok_or_else(|| {
        wrong(told!(
            "serve-media-type-names-no-boundary-multipart-mixed",
            "the media type names no boundary: `multipart/mixed; boundary=…`"
        ))
    })
}

fn wrong(why: impl Into<Told>) -> Problem {
    Problem::text(ProblemKind::InvalidBody, why)
}

/// A part: its headers, and what follows them.
struct Part<'b> {
    headers: Vec<(String, &'b str)>,
    content: &'b str,
}

impl<'b> Part<'b> {
    fn header(&self, name: &str) -> Option<&'b str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }
}

/// Reads a batch: requests, and change sets of several.
pub(super) fn read(body: &str, boundary: &str) -> Answer<Vec<Unit>> {
    let mut units = Vec::new();
    let mut count = 0;
    for content in parts(body, boundary)? {
        let part = part(content)?;
        let media_type = part.header("content-type").unwrap_or("");
        let unit = if media_type.to_ascii_lowercase().starts_with("multipart/mixed") {
            let inner = self::boundary(media_type)?;
            let requests = parts(part.content, &inner)?;
            let requests: Vec<Asked> =
                requests.into_iter().map(|content| request(&self::part(content)?)).collect::<Answer<_>>()?;
            count += requests.len();
            Unit::Together(requests)
        } else {
            count += 1;
            Unit::Alone(request(&part)?)
        };
        if count > MOST_REQUESTS {
            let why = told!(
                "serve-batch-most-requests-send-them-parts",
                "a batch has at most {most_requests} requests: send them in parts",
                most_requests = MOST_REQUESTS
            );
            return Err(Problem::text(ProblemKind::TooLarge, why));
        }
        units.push(unit);
    }
    if units.is_empty() {
        Err(wrong(told!("serve-there-no-part-between-boundaries", "there is no part between the boundaries")))
    } else {
        Ok(units)
    }
}

/// What stands between the boundaries.
fn parts<'b>(body: &'b str, boundary: &str) -> Answer<Vec<&'b str>> {
    let (mut found, mut begin, mut at) = (Vec::new(), None, 0);
    for line in body.split_inclusive('\n') {
        let text = line.trim_end();
        let rest = text.strip_prefix("--").and_then(|text| text.strip_prefix(boundary));
        if let Some(rest @ ("" | "--")) = rest {
            if let Some(begin) = begin {
                // The line break before a boundary belongs to it.
                let content: &str = &body[begin..at];
                let content = content.strip_suffix('\n').unwrap_or(content);
                found.push(content.strip_suffix('\r').unwrap_or(content));
            }
            begin = Some(at + line.len());
            if rest == "--" {
                return Ok(found);
            }
        }
        at += line.len();
    }
    Err(wrong(told!(
        "serve-batch-does-not-end",
        "the batch does not end with `--{boundary}--`",
        boundary = boundary
    )))
}

fn part(content: &str) -> Answer<Part<'_>> {
    let (headers, content) = headers(content)?;
    Ok(Part { headers, content })
}

/// Headers up to an empty line, and what follows it.
fn headers(text: &str) -> Answer<(Vec<(String, &str)>, &str)> {
    let (mut headers, mut at) = (Vec::new(), 0);
    for line in text.split_inclusive('\n') {
        at += line.len();
        let line = line.trim_end();
        if line.is_empty() {
            return Ok((headers, &text[at..]));
        }
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| wrong(told!("serve-header-part-no", "a header of a part has no `:`")))?;
        headers.push((name.trim().to_ascii_lowercase(), value.trim()));
        if headers.len() > MOST_HEADERS {
            return Err(wrong(told!(
                "serve-part-more-than-headers",
                "a part has more than {most_headers} headers",
                most_headers = MOST_HEADERS
            )));
        }
    }
    Ok((headers, ""))
}

/// The request of a part of the type `application/http`.
fn request(part: &Part<'_>) -> Answer<Asked> {
    let media_type = part.header("content-type").unwrap_or("").to_ascii_lowercase();
    if !media_type.starts_with("application/http") {
        return Err(wrong(told!(
            "serve-part-request-content-type-application-http",
            "a part is a request, `Content-Type: application/http`"
        )));
    }
    let text = part.content.trim_start();
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    let mut words = line.split_ascii_whitespace();
    let (Some(method), Some(url)) = (words.next(), words.next()) else {
        return Err(wrong(told!(
            "serve-request-begins-method-address-post-things-http",
            "a request begins with a method and an address: `POST Things HTTP/1.1`"
        )));
    };
    let (_, body) = headers(rest)?;
    Ok(Asked {
        id: part.header("content-id").map(str::to_owned),
        method: method.to_owned(),
        url: url.to_owned(),
        body: body.trim_end().to_owned(),
    })
}

/// An answer as it stands in a batch's answer.
pub(super) struct Answered {
    pub(super) id: Option<String>,
    pub(super) status: StatusCode,
    pub(super) location: Option<String>,
    pub(super) media_type: String,
    pub(super) body: Vec<u8>,
}

/// Answers, of requests and of change sets.
pub(super) enum Answers {
    Alone(Answered),
    Together(Vec<Answered>),
}

/// Writes the answers as parts, in the order of the requests.
pub(super) fn write(answers: &[Answers]) -> Answer<Response<Body>> {
    let boundary = format!("batch_{}", Uuid::new_v4().simple());
    let mut body = Vec::new();
    for answer in answers {
        match answer {
            Answers::Alone(answered) => one(&mut body, &boundary, answered),
            Answers::Together(all) => {
                let inner = format!("changeset_{}", Uuid::new_v4().simple());
                let head = format!("--{boundary}\r\nContent-Type: multipart/mixed; boundary={inner}\r\n\r\n");
                body.extend_from_slice(head.as_bytes());
                all.iter().for_each(|answered| one(&mut body, &inner, answered));
                body.extend_from_slice(format!("--{inner}--\r\n").as_bytes());
            }
        }
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    let media_type = HeaderValue::from_str(&format!("multipart/mixed; boundary={boundary}"))
        .map_err(|error| Problem::internal(&error))?;
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    Ok(response)
}

fn one(out: &mut Vec<u8>, boundary: &str, answered: &Answered) {
    let mut head =
        format!("--{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n");
    // What the sender called it has no line breaks: it stood in a line.
    if let Some(id) = &answered.id {
        head += &format!("Content-ID: {id}\r\n");
    }
    let status = answered.status;
    head += &format!("\r\nHTTP/1.1 {} {}\r\n", status.as_u16(), status.canonical_reason().unwrap_or(""));
    if let Some(location) = &answered.location {
        head += &format!("Location: {location}\r\n");
    }
    if !answered.body.is_empty() {
        head += &format!("Content-Type: {}\r\n", answered.media_type);
    }
    head += &format!("Content-Length: {}\r\n\r\n", answered.body.len());
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(&answered.body);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::super::Unit;
    use super::{boundary, read};

    #[test]
    fn parts_and_change_sets_are_read_with_either_line_break() {
        let body = "--b\r\nContent-Type: application/http\r\n\r\nGET Things HTTP/1.1\r\nHost: a\r\n\r\n\r\n\
            --b\r\nContent-Type: multipart/mixed; boundary=\"c\"\r\n\r\n--c\r\nContent-Type: application/http\r\n\
            Content-ID: 1\r\n\r\nPOST Sensors HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{\"a\":\r\n1}\r\n--c--\r\n--b--\r\n";
        for body in [body.to_owned(), body.replace("\r\n", "\n")] {
            let units = read(&body, "b").unwrap();
            let [Unit::Alone(alone), Unit::Together(together)] = units.as_slice() else { panic!("{body}") };
            assert_eq!(
                (alone.method.as_str(), alone.url.as_str(), alone.body.as_str()),
                ("GET", "Things", "")
            );
            assert_eq!((together[0].id.as_deref(), together.len()), (Some("1"), 1));
            assert_eq!(together[0].body.replace('\r', ""), "{\"a\":\n1}");
        }
        for bad in
            ["", "--b\r\n", "--b--", "--b\r\nno header\r\n\r\n--b--", "--b\r\n\r\nGET a HTTP/1.1\r\n--b--"]
        {
            assert!(read(bad, "b").is_err(), "{bad}");
        }
        assert_eq!(boundary("multipart/mixed; charset=x; Boundary=\"a b\"").unwrap(), "a b");
        assert!(boundary("multipart/mixed").is_err());
    }
}

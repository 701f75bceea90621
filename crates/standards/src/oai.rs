//! OAI-PMH 2.0: requests, resumption tokens and answers, and Dublin Core.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::record::{Record, instant};
use crate::xml::Element;
use crate::{dcat, iso19139};

/// What is wrong with a request (OAI-PMH 2.0 §3.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The protocol's code.
    pub code: &'static str,
    /// What is wrong, for people.
    pub why: String,
}

impl Refusal {
    /// A refusal.
    pub fn new(code: &'static str, why: impl Into<String>) -> Refusal {
        Refusal { code, why: why.into() }
    }

    fn argument(why: impl Into<String>) -> Refusal {
        Refusal::new("badArgument", why)
    }
}

/// The formats in which a record is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Unqualified Dublin Core.
    DublinCore,
    /// ISO 19139.
    Iso19139,
    /// DCAT-AP in RDF/XML.
    Dcat,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 3] = [Format::DublinCore, Format::Iso19139, Format::Dcat];

    /// The name that requests use.
    pub fn prefix(self) -> &'static str {
        match self {
            Format::DublinCore => "oai_dc",
            Format::Iso19139 => "iso19139",
            Format::Dcat => "dcat",
        }
    }

    /// The format of a name.
    pub fn from_prefix(prefix: &str) -> Result<Format, Refusal> {
        let found = Format::ALL.into_iter().find(|format| format.prefix() == prefix);
        found.ok_or_else(|| {
            let names: Vec<&str> = Format::ALL.iter().map(|format| format.prefix()).collect();
            let why = format!("`{prefix}` is no format here: write {}", names.join(", "));
            Refusal::new("cannotDisseminateFormat", why)
        })
    }

    /// Its schema and its namespace.
    pub fn schema(self) -> (&'static str, &'static str) {
        match self {
            Format::DublinCore => (
                "http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
                "http://www.openarchives.org/OAI/2.0/oai_dc/",
            ),
            Format::Iso19139 => (iso19139::SCHEMA, iso19139::NAMESPACE),
            Format::Dcat => ("http://www.openarchives.org/OAI/2.0/rdf.xsd", "http://www.w3.org/ns/dcat#"),
        }
    }

    fn of(self, record: &Record) -> Element {
        match self {
            Format::DublinCore => dublin_core(record),
            Format::Iso19139 => iso19139::metadata(record),
            Format::Dcat => crate::rdf::element(&dcat::document(record)),
        }
    }
}

/// A list that is wanted: the first page, or what a token goes on with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The format.
    pub format: Format,
    /// Only records of this day or instant and later.
    pub from: Option<DateTime<Utc>>,
    /// Only records before this instant.
    pub before: Option<DateTime<Utc>>,
    /// Only of this set.
    pub set: Option<String>,
    /// Where the page before ended: the datestamp and the identifier of its last record.
    pub after: Option<(DateTime<Utc>, String)>,
    /// How many records came before.
    pub passed: u64,
}

/// A request, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// What this repository is.
    Identify,
    /// The formats, of one record or of all.
    ListMetadataFormats(Option<String>),
    /// The sets.
    ListSets,
    /// Headers.
    ListIdentifiers(List),
    /// Records.
    ListRecords(List),
    /// One record.
    GetRecord(String, Format),
}

/// Reads the arguments of a request.
pub fn read(arguments: &[(String, String)]) -> Result<Request, Refusal> {
    for (index, (name, _)) in arguments.iter().enumerate() {
        if arguments[..index].iter().any(|(earlier, _)| earlier == name) {
            let code = if name == "verb" { "badVerb" } else { "badArgument" };
            return Err(Refusal::new(code, format!("`{name}` is given twice")));
        }
    }
    let get = |name: &str| arguments.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str());
    let verb = get("verb").ok_or_else(|| Refusal::new("badVerb", "`verb` is missing"))?;
    let known: &[&str] = match verb {
        "Identify" => &[],
        "ListMetadataFormats" => &["identifier"],
        "ListSets" => &["resumptionToken"],
        "ListIdentifiers" | "ListRecords" => &["from", "until", "set", "metadataPrefix", "resumptionToken"],
        "GetRecord" => &["identifier", "metadataPrefix"],
        _ => return Err(Refusal::new("badVerb", format!("`{}` is no verb", crate::error::quote(verb)))),
    };
    if let Some((name, _)) =
        arguments.iter().find(|(name, _)| name != "verb" && !known.contains(&name.as_str()))
    {
        return Err(Refusal::argument(format!("`{}` is no argument of {verb}", crate::error::quote(name))));
    }
    let needed = |name: &str| get(name).ok_or_else(|| Refusal::argument(format!("`{name}` is missing")));
    match verb {
        "Identify" => Ok(Request::Identify),
        "ListMetadataFormats" => Ok(Request::ListMetadataFormats(get("identifier").map(str::to_owned))),
        "ListSets" => match get("resumptionToken") {
            None => Ok(Request::ListSets),
            Some(_) => Err(Refusal::new("badResumptionToken", "all sets are on the first page")),
        },
        "GetRecord" => {
            let identifier = needed("identifier")?.to_owned();
            Ok(Request::GetRecord(identifier, Format::from_prefix(needed("metadataPrefix")?)?))
        }
        _ => {
            let list = match get("resumptionToken") {
                Some(token) if arguments.len() == 2 => List::from_token(token)?,
                Some(_) => return Err(Refusal::argument("`resumptionToken` stands alone")),
                None => first_page(get("from"), get("until"), get("set"), needed("metadataPrefix")?)?,
            };
            Ok(if verb == "ListRecords" {
                Request::ListRecords(list)
            } else {
                Request::ListIdentifiers(list)
            })
        }
    }
}

fn first_page(
    from: Option<&str>,
    until: Option<&str>,
    set: Option<&str>,
    prefix: &str,
) -> Result<List, Refusal> {
    let (from_text, until_text) = (from, until);
    if let (Some(from), Some(until)) = (from_text, until_text)
        && from.len() != until.len()
    {
        return Err(Refusal::argument("`from` and `until` are of different granularity"));
    }
    let from = from.map(|text| moment(text, "from")).transpose()?.map(|(at, _)| at);
    // `until` is included: a whole day, or a whole second.
    let before = until.map(|text| moment(text, "until")).transpose()?.map(|(at, width)| at + width);
    if let (Some(from), Some(before)) = (from, before)
        && from >= before
    {
        return Err(Refusal::argument("`from` is after `until`"));
    }
    let format = Format::from_prefix(prefix)?;
    Ok(List { format, from, before, set: set.map(str::to_owned), after: None, passed: 0 })
}

/// A day or a second, and how long it lasts.
fn moment(text: &str, name: &str) -> Result<(DateTime<Utc>, TimeDelta), Refusal> {
    let wrong = || {
        let text = crate::error::quote(text);
        Refusal::argument(format!("`{text}` is no `{name}`: write YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ"))
    };
    if text.len() == 10 {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| wrong())?;
        let midnight = day.and_hms_opt(0, 0, 0).ok_or_else(wrong)?;
        return Ok((midnight.and_utc(), TimeDelta::days(1)));
    }
    let time = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%SZ").map_err(|_| wrong())?;
    Ok((time.and_utc(), TimeDelta::seconds(1)))
}

impl List {
    /// The token that goes on after a record.
    pub fn token(&self, last: (DateTime<Utc>, &str), passed: u64) -> String {
        let micros = |time: Option<DateTime<Utc>>| {
            time.map_or_else(|| "-".to_owned(), |time| time.timestamp_micros().to_string())
        };
        [
            self.format.prefix().to_owned(),
            micros(self.from),
            micros(self.before),
            self.set.clone().unwrap_or_else(|| "-".to_owned()),
            passed.to_string(),
            micros(Some(last.0)),
            last.1.to_owned(),
        ]
        .join("!")
    }

    fn from_token(token: &str) -> Result<List, Refusal> {
        let wrong = || Refusal::new("badResumptionToken", "this is no token of ours, or it was cut off");
        let parts: Vec<&str> = token.split('!').collect();
        let [format, from, before, set, passed, time, id] = parts[..] else { return Err(wrong()) };
        let micros = |text: &str| match text {
            "-" => Ok(None),
            text => {
                let time = text.parse().ok().and_then(DateTime::from_timestamp_micros);
                time.map(Some).ok_or_else(wrong)
            }
        };
        Ok(List {
            format: Format::from_prefix(format).map_err(|_| wrong())?,
            from: micros(from)?,
            before: micros(before)?,
            set: Some(set).filter(|set| *set != "-").map(str::to_owned),
            passed: passed.parse().map_err(|_| wrong())?,
            after: Some((micros(time)?.ok_or_else(wrong)?, id.to_owned())),
        })
    }
}

/// A record's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its identifier.
    pub identifier: String,
    /// When it changed last.
    pub datestamp: DateTime<Utc>,
    /// The sets that it is in.
    pub sets: Vec<String>,
    /// Whether it was withdrawn.
    pub deleted: bool,
}

impl Header {
    fn element(&self) -> Element {
        let header = Element::new("header");
        let header = if self.deleted { header.attribute("status", "deleted") } else { header };
        header
            .child(Element::new("identifier").text(&self.identifier))
            .child(Element::new("datestamp").text(&instant(self.datestamp)))
            .children(self.sets.iter().map(|set| Element::new("setSpec").text(set)))
    }
}

/// What the repository says of itself.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: String,
    /// Whom to write to.
    pub email: String,
    /// Before this nothing changed.
    pub earliest: DateTime<Utc>,
}

/// How a list goes on: the token, and where the page stands.
#[derive(Debug, Clone)]
pub struct More {
    /// The token of the next page; empty on the last page of several.
    pub token: Option<String>,
    /// How many records came before this page.
    pub cursor: u64,
}

/// What a request is answered with.
#[derive(Debug)]
pub enum Reply<'a> {
    /// What this repository is.
    Identity(Identity),
    /// Its formats.
    Formats,
    /// Its sets: their codes and names.
    Sets(Vec<(String, String)>),
    /// Headers.
    Identifiers(Vec<Header>, More),
    /// Records in a format; withdrawn ones have a header only.
    Records(Vec<(Header, Option<&'a Record>)>, Format, More),
    /// One record in a format.
    Record(Header, Option<&'a Record>, Format),
    /// A refusal.
    Refused(Refusal),
}

/// The answer to a request as a document.
pub fn answer(
    address: &str,
    arguments: &[(String, String)],
    now: DateTime<Utc>,
    reply: &Reply<'_>,
) -> String {
    let mut request = Element::new("request");
    let is_readable =
        !matches!(reply, Reply::Refused(refusal) if ["badVerb", "badArgument"].contains(&refusal.code));
    if is_readable {
        // What was asked comes back only when it was understood (OAI-PMH 2.0 §3.2).
        for (name, value) in arguments {
            request = request.attribute(name.clone(), value.as_str());
        }
    }
    let body = match reply {
        Reply::Identity(identity) => identify(identity),
        Reply::Formats => Element::new("ListMetadataFormats").children(Format::ALL.map(|format| {
            let (schema, namespace) = format.schema();
            Element::new("metadataFormat")
                .child(Element::new("metadataPrefix").text(format.prefix()))
                .child(Element::new("schema").text(schema))
                .child(Element::new("metadataNamespace").text(namespace))
        })),
        Reply::Sets(sets) => Element::new("ListSets").children(sets.iter().map(|(code, name)| {
            Element::new("set")
                .child(Element::new("setSpec").text(code))
                .child(Element::new("setName").text(name))
        })),
        Reply::Identifiers(headers, more) => Element::new("ListIdentifiers")
            .children(headers.iter().map(Header::element))
            .children(more.element()),
        Reply::Records(records, format, more) => Element::new("ListRecords")
            .children(records.iter().map(|(header, record)| whole(header, *record, *format)))
            .children(more.element()),
        Reply::Record(header, record, format) => {
            Element::new("GetRecord").child(whole(header, *record, *format))
        }
        Reply::Refused(refusal) => Element::new("error").attribute("code", refusal.code).text(&refusal.why),
    };
    Element::new("OAI-PMH")
        .attribute("xmlns", "http://www.openarchives.org/OAI/2.0/")
        .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
        .attribute(
            "xsi:schemaLocation",
            "http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd",
        )
        .child(Element::new("responseDate").text(&instant(now)))
        .child(request.text(address))
        .child(body)
        .document()
}

impl More {
    fn element(&self) -> Option<Element> {
        let token = match &self.token {
            Some(token) => {
                Element::new("resumptionToken").attribute("cursor", self.cursor.to_string()).text(token)
            }
            // The last of several pages ends with an empty token (OAI-PMH 2.0 §3.5).
            None if self.cursor > 0 => {
                Element::new("resumptionToken").attribute("cursor", self.cursor.to_string())
            }
            None => return None,
        };
        Some(token)
    }
}

fn identify(identity: &Identity) -> Element {
    let plain = |name: &'static str, text: &str| Element::new(name).text(text);
    Element::new("Identify")
        .child(plain("repositoryName", &identity.name))
        .child(plain("baseURL", &identity.address))
        .child(plain("protocolVersion", "2.0"))
        .child(plain("adminEmail", &identity.email))
        .child(plain("earliestDatestamp", &instant(identity.earliest)))
        .child(plain("deletedRecord", "persistent"))
        .child(plain("granularity", "YYYY-MM-DDThh:mm:ssZ"))
}

fn whole(header: &Header, record: Option<&Record>, format: Format) -> Element {
    let metadata = record.map(|record| Element::new("metadata").child(format.of(record)));
    Element::new("record").child(header.element()).children(metadata)
}

fn dublin_core(record: &Record) -> Element {
    let plain = |name: &'static str, text: &str| Element::new(name).text(text);
    let words = |name: &'static str, words: &crate::record::Words| {
        words
            .iter()
            .map(|(tag, text)| Element::new(name).attribute("xml:lang", tag).text(text))
            .collect::<Vec<_>>()
    };
    let mut said = words("dc:title", &record.title);
    said.extend(words("dc:creator", &record.publisher.name));
    said.extend(words("dc:publisher", &record.publisher.name));
    said.extend(words("dc:description", &record.description));
    said.extend(words("dc:subject", &record.theme.label));
    for (property, _) in &record.properties {
        said.extend(words("dc:subject", &property.label));
    }
    said.push(plain("dc:date", &instant(record.modified)));
    said.push(plain("dc:type", "Dataset"));
    if record.synthetic {
        said.push(plain("dc:type", "synthetic"));
    }
    let mut formats: Vec<&str> = record.distributions.iter().map(|way| way.media_type.as_str()).collect();
    formats.sort_unstable();
    formats.dedup();
    said.extend(formats.into_iter().map(|format| plain("dc:format", format)));
    said.push(plain("dc:identifier", &record.uri));
    said.push(plain("dc:identifier", &record.urn));
    if !record.source.is_empty() {
        said.push(plain("dc:source", &record.source));
    }
    said.extend(record.title.iter().map(|(tag, _)| plain("dc:language", tag)));
    said.push(plain("dc:relation", &record.page));
    for place in &record.places {
        said.extend(words("dc:coverage", &place.label));
    }
    if let Some([west, south, east, north]) = record.bbox {
        let text = format!("westlimit={west}; southlimit={south}; eastlimit={east}; northlimit={north}");
        said.push(plain("dc:coverage", &text));
    }
    if let Some((first, last)) = record.time {
        said.push(plain("dc:coverage", &format!("{}/{}", instant(first), instant(last))));
    }
    said.push(plain("dc:rights", &record.licence));
    said.push(plain("dc:rights", record.access));
    Element::new("oai_dc:dc")
        .attribute("xmlns:oai_dc", "http://www.openarchives.org/OAI/2.0/oai_dc/")
        .attribute("xmlns:dc", "http://purl.org/dc/elements/1.1/")
        .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
        .attribute(
            "xsi:schemaLocation",
            "http://www.openarchives.org/OAI/2.0/oai_dc/ http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
        )
        .children(said)
}

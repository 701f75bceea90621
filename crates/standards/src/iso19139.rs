//! A dataset's metadata as ISO 19139 XML (the encoding of ISO 19115:2003 that catalogues exchange).
//!
//! The language of the document is the first language of its title; other languages stand beside
//! each text as `PT_FreeText`.

use crate::codes;
use crate::record::{Agent, Record, Words, instant};
use crate::xml::Element;

/// The namespace and the prefix under which OAI-PMH offers it.
pub const NAMESPACE: &str = "http://www.isotc211.org/2005/gmd";
/// Where the schema is published.
pub const SCHEMA: &str = "http://www.isotc211.org/2005/gmd/gmd.xsd";

const SPACES: [(&str, &str); 6] = [
    ("xmlns:gmd", NAMESPACE),
    ("xmlns:gco", "http://www.isotc211.org/2005/gco"),
    ("xmlns:gml", "http://www.opengis.net/gml/3.2"),
    ("xmlns:gmx", "http://www.isotc211.org/2005/gmx"),
    ("xmlns:xlink", "http://www.w3.org/1999/xlink"),
    ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
];

/// The metadata of a dataset.
pub fn metadata(record: &Record) -> Element {
    let mut root = Element::new("gmd:MD_Metadata");
    for (name, space) in SPACES {
        root = root.attribute(name, space);
    }
    let main = record.title.iter().next().map_or("vi", |(tag, _)| tag);
    root.child(characters("gmd:fileIdentifier", &record.urn))
        .child(language("gmd:language", main))
        .child(code("gmd:characterSet", "MD_CharacterSetCode", "utf8"))
        .child(code("gmd:hierarchyLevel", "MD_ScopeCode", "dataset"))
        .child(party("gmd:contact", &record.publisher, "pointOfContact"))
        .child(at("gmd:dateStamp", &instant(record.modified)))
        .child(characters("gmd:metadataStandardName", "ISO 19115:2003"))
        .child(characters("gmd:metadataStandardVersion", "ISO/TS 19139:2007"))
        .child(characters("gmd:dataSetURI", &record.uri))
        .children(record.title.iter().skip(1).map(|(tag, _)| locale(tag)))
        .child(reference_system())
        .child(Element::new("gmd:identificationInfo").child(identification(record)))
        .children((!record.distributions.is_empty()).then(|| distribution(record)))
        .child(quality(record))
}

fn identification(record: &Record) -> Element {
    let citation = Element::new("gmd:CI_Citation")
        .child(texts("gmd:title", &record.title))
        .child(date(&instant(record.issued), "publication"))
        .child(date(&instant(record.modified), "revision"))
        .children(record.newest().map(|version| characters("gmd:edition", &version.number.to_string())))
        .child(
            Element::new("gmd:identifier")
                .child(Element::new("gmd:MD_Identifier").child(characters("gmd:code", &record.urn))),
        );
    let description = if record.description.is_empty() { &record.title } else { &record.description };
    let words = record.properties.iter().map(|(property, _)| texts("gmd:keyword", &property.label));
    let words: Vec<Element> = words.chain([texts("gmd:keyword", &record.theme.label)]).collect();
    let places: Vec<Element> = record.places.iter().map(|place| texts("gmd:keyword", &place.label)).collect();
    let is_spatial = record.kind == "features" || record.kind == "coverage";
    let shape = match record.kind {
        "coverage" => "grid",
        _ if is_spatial => "vector",
        _ => "textTable",
    };
    Element::new("gmd:MD_DataIdentification")
        .child(Element::new("gmd:citation").child(citation))
        .child(texts("gmd:abstract", description))
        .children((!record.source.is_empty()).then(|| characters("gmd:credit", &record.source)))
        .child(code("gmd:status", "MD_ProgressCode", "onGoing"))
        .child(party("gmd:pointOfContact", &record.publisher, "publisher"))
        .child(keywords(words, "theme"))
        .children((!places.is_empty()).then(|| keywords(places, "place")))
        .child(constraints(record))
        .child(code("gmd:spatialRepresentationType", "MD_SpatialRepresentationTypeCode", shape))
        .children(record.title.iter().map(|(tag, _)| language("gmd:language", tag)))
        .child(code("gmd:characterSet", "MD_CharacterSetCode", "utf8"))
        .children(codes::code("topic", &record.theme.code).map(|topic| {
            Element::new("gmd:topicCategory").child(Element::new("gmd:MD_TopicCategoryCode").text(topic))
        }))
        .children(extent(record))
}

fn keywords(words: Vec<Element>, kind: &'static str) -> Element {
    Element::new("gmd:descriptiveKeywords").child(
        Element::new("gmd:MD_Keywords").children(words).child(code("gmd:type", "MD_KeywordTypeCode", kind)),
    )
}

fn constraints(record: &Record) -> Element {
    let access = if record.access == "open" { "otherRestrictions" } else { "restricted" };
    let licence = match codes::licence(&record.licence) {
        Some(address) => Element::new("gmd:otherConstraints")
            .child(Element::new("gmx:Anchor").attribute("xlink:href", address).text(&record.licence)),
        None => characters("gmd:otherConstraints", &record.licence),
    };
    let rights = codes::code("access", record.access).unwrap_or(record.access);
    Element::new("gmd:resourceConstraints").child(
        Element::new("gmd:MD_LegalConstraints")
            .child(code("gmd:accessConstraints", "MD_RestrictionCode", access))
            .child(code("gmd:useConstraints", "MD_RestrictionCode", "license"))
            .child(licence)
            .child(
                Element::new("gmd:otherConstraints")
                    .child(Element::new("gmx:Anchor").attribute("xlink:href", rights).text(record.access)),
            ),
    )
}

fn extent(record: &Record) -> Option<Element> {
    let decimal = |name: &'static str, number: f64| {
        Element::new(name).child(Element::new("gco:Decimal").text(&number.to_string()))
    };
    let bbox = record.bbox.map(|[west, south, east, north]| {
        Element::new("gmd:geographicElement").child(
            Element::new("gmd:EX_GeographicBoundingBox")
                .child(decimal("gmd:westBoundLongitude", west))
                .child(decimal("gmd:eastBoundLongitude", east))
                .child(decimal("gmd:southBoundLatitude", south))
                .child(decimal("gmd:northBoundLatitude", north)),
        )
    });
    let places = record.places.iter().map(|place| {
        Element::new("gmd:geographicElement").child(
            Element::new("gmd:EX_GeographicDescription").child(
                Element::new("gmd:geographicIdentifier")
                    .child(Element::new("gmd:MD_Identifier").child(characters("gmd:code", &place.code))),
            ),
        )
    });
    let time = record.time.map(|(first, last)| {
        Element::new("gmd:temporalElement").child(
            Element::new("gmd:EX_TemporalExtent").child(
                Element::new("gmd:extent").child(
                    Element::new("gml:TimePeriod")
                        .attribute("gml:id", format!("time-{}", record.id))
                        .child(Element::new("gml:beginPosition").text(&instant(first)))
                        .child(Element::new("gml:endPosition").text(&instant(last))),
                ),
            ),
        )
    });
    let inside: Vec<Element> = bbox.into_iter().chain(places).chain(time).collect();
    (!inside.is_empty())
        .then(|| Element::new("gmd:extent").child(Element::new("gmd:EX_Extent").children(inside)))
}

fn distribution(record: &Record) -> Element {
    let mut formats: Vec<&str> = record.distributions.iter().map(|way| way.format).collect();
    formats.sort_unstable();
    formats.dedup();
    let formats = formats.into_iter().map(|format| {
        Element::new("gmd:distributionFormat").child(
            Element::new("gmd:MD_Format")
                .child(characters("gmd:name", format))
                .child(Element::new("gmd:version").attribute("gco:nilReason", "unknown")),
        )
    });
    let online = record.distributions.iter().map(|way| {
        let function = if way.is_file { "download" } else { "information" };
        Element::new("gmd:onLine").child(
            Element::new("gmd:CI_OnlineResource")
                .child(Element::new("gmd:linkage").child(Element::new("gmd:URL").text(&way.url)))
                .child(characters("gmd:protocol", "WWW:DOWNLOAD-1.0-http--download"))
                .child(texts("gmd:name", &way.title))
                .child(characters("gmd:description", &way.media_type))
                .child(code("gmd:function", "CI_OnLineFunctionCode", function)),
        )
    });
    Element::new("gmd:distributionInfo").child(
        Element::new("gmd:MD_Distribution").children(formats).child(
            Element::new("gmd:transferOptions")
                .child(Element::new("gmd:MD_DigitalTransferOptions").children(online)),
        ),
    )
}

fn quality(record: &Record) -> Element {
    let scope = Element::new("gmd:scope").child(Element::new("gmd:DQ_Scope").child(code(
        "gmd:level",
        "MD_ScopeCode",
        "dataset",
    )));
    let mut statement = record.source.clone();
    if record.synthetic {
        statement = format!("SYNTHETIC. {statement}");
    }
    let sources = record.newest().into_iter().flat_map(|version| &version.made_from).map(|pinned| {
        Element::new("gmd:source").child(
            Element::new("gmd:LI_Source")
                .child(characters("gmd:description", &format!("{} version {}", pinned.id, pinned.version))),
        )
    });
    Element::new("gmd:dataQualityInfo").child(Element::new("gmd:DQ_DataQuality").child(scope).child(
        Element::new("gmd:lineage").child(
            Element::new("gmd:LI_Lineage").child(characters("gmd:statement", &statement)).children(sources),
        ),
    ))
}

fn party(name: &'static str, agent: &Agent, role: &'static str) -> Element {
    let contact = agent.page.as_ref().map(|page| {
        Element::new("gmd:contactInfo").child(
            Element::new("gmd:CI_Contact").child(
                Element::new("gmd:onlineResource").child(
                    Element::new("gmd:CI_OnlineResource")
                        .child(Element::new("gmd:linkage").child(Element::new("gmd:URL").text(page))),
                ),
            ),
        )
    });
    Element::new(name).child(
        Element::new("gmd:CI_ResponsibleParty")
            .child(texts("gmd:organisationName", &agent.name))
            .children(contact)
            .child(code("gmd:role", "CI_RoleCode", role)),
    )
}

fn reference_system() -> Element {
    Element::new("gmd:referenceSystemInfo").child(
        Element::new("gmd:MD_ReferenceSystem").child(
            Element::new("gmd:referenceSystemIdentifier").child(
                Element::new("gmd:RS_Identifier")
                    .child(characters("gmd:code", "http://www.opengis.net/def/crs/OGC/1.3/CRS84")),
            ),
        ),
    )
}

fn locale(tag: &str) -> Element {
    let three = codes::code("language-iso", tag).unwrap_or("und");
    Element::new("gmd:locale").child(
        Element::new("gmd:PT_Locale")
            .attribute("id", tag)
            .child(code("gmd:languageCode", "LanguageCode", three))
            .child(code("gmd:characterEncoding", "MD_CharacterSetCode", "utf8")),
    )
}

fn language(name: &'static str, tag: &str) -> Element {
    code(name, "LanguageCode", codes::code("language-iso", tag).unwrap_or("und"))
}

fn characters(name: &'static str, text: &str) -> Element {
    Element::new(name).child(Element::new("gco:CharacterString").text(text))
}

/// A text in its first language, with the others beside it.
fn texts(name: &'static str, words: &Words) -> Element {
    let mut all = words.iter();
    let first = all.next().map_or("", |(_, text)| text);
    let others: Vec<Element> = all
        .map(|(tag, text)| {
            Element::new("gmd:textGroup").child(
                Element::new("gmd:LocalisedCharacterString")
                    .attribute("locale", format!("#{tag}"))
                    .text(text),
            )
        })
        .collect();
    let element = characters(name, first);
    if others.is_empty() {
        return element;
    }
    element
        .attribute("xsi:type", "gmd:PT_FreeText_PropertyType")
        .child(Element::new("gmd:PT_FreeText").children(others))
}

fn at(name: &'static str, instant: &str) -> Element {
    Element::new(name).child(Element::new("gco:DateTime").text(instant))
}

fn date(instant: &str, kind: &'static str) -> Element {
    Element::new("gmd:date").child(Element::new("gmd:CI_Date").child(at("gmd:date", instant)).child(code(
        "gmd:dateType",
        "CI_DateTypeCode",
        kind,
    )))
}

fn code(name: &'static str, list: &'static str, value: &str) -> Element {
    let catalogue = if list == "LanguageCode" {
        "http://www.loc.gov/standards/iso639-2/".to_owned()
    } else {
        format!("http://standards.iso.org/iso/19139/resources/gmxCodelists.xml#{list}")
    };
    Element::new(name).child(
        Element::new(format!("gmd:{list}"))
            .attribute("codeList", catalogue)
            .attribute("codeListValue", value)
            .text(value),
    )
}

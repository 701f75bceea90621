//! A dataset's metadata as ISO 19115-3:2016 XML (the encoding of ISO 19115-1:2014).
//!
//! The same reading as [`crate::iso19139`], for catalogues that have moved on to the newer schema.

use crate::codes;
use crate::record::{Agent, Record, Words, instant};
use crate::xml::Element;

const SPACES: [(&str, &str); 14] = [
    ("xmlns:mdb", "http://standards.iso.org/iso/19115/-3/mdb/2.0"),
    ("xmlns:cit", "http://standards.iso.org/iso/19115/-3/cit/2.0"),
    ("xmlns:gco", "http://standards.iso.org/iso/19115/-3/gco/1.0"),
    ("xmlns:gcx", "http://standards.iso.org/iso/19115/-3/gcx/1.0"),
    ("xmlns:gex", "http://standards.iso.org/iso/19115/-3/gex/1.0"),
    ("xmlns:lan", "http://standards.iso.org/iso/19115/-3/lan/1.0"),
    ("xmlns:mcc", "http://standards.iso.org/iso/19115/-3/mcc/1.0"),
    ("xmlns:mco", "http://standards.iso.org/iso/19115/-3/mco/1.0"),
    ("xmlns:mrd", "http://standards.iso.org/iso/19115/-3/mrd/1.0"),
    ("xmlns:mri", "http://standards.iso.org/iso/19115/-3/mri/1.0"),
    ("xmlns:mrl", "http://standards.iso.org/iso/19115/-3/mrl/2.0"),
    ("xmlns:mrs", "http://standards.iso.org/iso/19115/-3/mrs/1.0"),
    ("xmlns:gml", "http://www.opengis.net/gml/3.2"),
    ("xmlns:xlink", "http://www.w3.org/1999/xlink"),
];

/// The metadata of a dataset.
pub fn metadata(record: &Record) -> Element {
    let mut root =
        Element::new("mdb:MD_Metadata").attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance");
    for (name, space) in SPACES {
        root = root.attribute(name, space);
    }
    let main = record.title.iter().next().map_or("vi", |(tag, _)| tag);
    let scope =
        Element::new("mdb:MD_MetadataScope").child(code("mdb:resourceScope", "mcc:MD_ScopeCode", "dataset"));
    root.child(Element::new("mdb:metadataIdentifier").child(identifier(&record.urn)))
        .child(Element::new("mdb:defaultLocale").child(locale(main)))
        .child(Element::new("mdb:metadataScope").child(scope))
        .child(party("mdb:contact", &record.publisher, "pointOfContact"))
        .child(Element::new("mdb:dateInfo").child(date(&instant(record.issued), "creation")))
        .child(Element::new("mdb:dateInfo").child(date(&instant(record.modified), "revision")))
        .child(Element::new("mdb:metadataStandard").child(title("ISO 19115-3:2016")))
        .children(
            record.title.iter().skip(1).map(|(tag, _)| Element::new("mdb:otherLocale").child(locale(tag))),
        )
        .child(
            Element::new("mdb:referenceSystemInfo").child(
                Element::new("mrs:MD_ReferenceSystem").child(
                    Element::new("mrs:referenceSystemIdentifier")
                        .child(identifier("http://www.opengis.net/def/crs/OGC/1.3/CRS84")),
                ),
            ),
        )
        .child(Element::new("mdb:identificationInfo").child(identification(record, main)))
        .children((!record.distributions.is_empty()).then(|| distribution(record)))
        .child(lineage(record))
}

fn identification(record: &Record, main: &str) -> Element {
    let citation = Element::new("cit:CI_Citation")
        .child(texts("cit:title", &record.title))
        .child(Element::new("cit:date").child(date(&instant(record.issued), "publication")))
        .child(Element::new("cit:date").child(date(&instant(record.modified), "revision")))
        .children(record.newest().map(|version| characters("cit:edition", &version.number.to_string())))
        .child(Element::new("cit:identifier").child(identifier(&record.urn)));
    let description = if record.description.is_empty() { &record.title } else { &record.description };
    let words = record.properties.iter().map(|(property, _)| texts("mri:keyword", &property.label));
    let words: Vec<Element> = words.chain([texts("mri:keyword", &record.theme.label)]).collect();
    let places: Vec<Element> = record.places.iter().map(|place| texts("mri:keyword", &place.label)).collect();
    let shape = match record.kind {
        "coverage" => "grid",
        "features" => "vector",
        _ => "textTable",
    };
    Element::new("mri:MD_DataIdentification")
        .child(Element::new("mri:citation").child(citation))
        .child(texts("mri:abstract", description))
        .children((!record.source.is_empty()).then(|| characters("mri:credit", &record.source)))
        .child(code("mri:status", "mcc:MD_ProgressCode", "onGoing"))
        .child(party("mri:pointOfContact", &record.publisher, "publisher"))
        .child(code("mri:spatialRepresentationType", "mcc:MD_SpatialRepresentationTypeCode", shape))
        .children(codes::code("topic", &record.theme.code).map(|topic| {
            Element::new("mri:topicCategory").child(Element::new("mri:MD_TopicCategoryCode").text(topic))
        }))
        .children(extent(record))
        .child(keywords(words, "theme"))
        .children((!places.is_empty()).then(|| keywords(places, "place")))
        .child(constraints(record))
        .child(Element::new("mri:defaultLocale").child(locale(main)))
}

fn keywords(words: Vec<Element>, kind: &'static str) -> Element {
    let inside = Element::new("mri:MD_Keywords").children(words).child(code(
        "mri:type",
        "mri:MD_KeywordTypeCode",
        kind,
    ));
    Element::new("mri:descriptiveKeywords").child(inside)
}

fn constraints(record: &Record) -> Element {
    let access = if record.access == "open" { "otherRestrictions" } else { "restricted" };
    let other = |text: &str, address: Option<String>| {
        let inside = match address {
            Some(address) => Element::new("gcx:Anchor").attribute("xlink:href", address),
            None => Element::new("gco:CharacterString"),
        };
        Element::new("mco:otherConstraints").child(inside.text(text))
    };
    let rights = codes::code("access", record.access).map(str::to_owned);
    Element::new("mri:resourceConstraints").child(
        Element::new("mco:MD_LegalConstraints")
            .child(code("mco:accessConstraints", "mco:MD_RestrictionCode", access))
            .child(code("mco:useConstraints", "mco:MD_RestrictionCode", "licence"))
            .child(other(&record.licence, codes::licence(&record.licence)))
            .child(other(record.access, rights)),
    )
}

fn extent(record: &Record) -> Option<Element> {
    let decimal = |name: &'static str, number: f64| {
        Element::new(name).child(Element::new("gco:Decimal").text(&number.to_string()))
    };
    let bbox = record.bbox.map(|[west, south, east, north]| {
        Element::new("gex:geographicElement").child(
            Element::new("gex:EX_GeographicBoundingBox")
                .child(decimal("gex:westBoundLongitude", west))
                .child(decimal("gex:eastBoundLongitude", east))
                .child(decimal("gex:southBoundLatitude", south))
                .child(decimal("gex:northBoundLatitude", north)),
        )
    });
    let places = record.places.iter().map(|place| {
        Element::new("gex:geographicElement").child(
            Element::new("gex:EX_GeographicDescription")
                .child(Element::new("gex:geographicIdentifier").child(identifier(&place.code))),
        )
    });
    let time = record.time.map(|(first, last)| {
        Element::new("gex:temporalElement").child(
            Element::new("gex:EX_TemporalExtent").child(
                Element::new("gex:extent").child(
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
        .then(|| Element::new("mri:extent").child(Element::new("gex:EX_Extent").children(inside)))
}

fn distribution(record: &Record) -> Element {
    let mut formats: Vec<&str> = record.distributions.iter().map(|way| way.format).collect();
    formats.sort_unstable();
    formats.dedup();
    let formats = formats.into_iter().map(|format| {
        Element::new("mrd:distributionFormat").child(
            Element::new("mrd:MD_Format")
                .child(Element::new("mrd:formatSpecificationCitation").child(title(format))),
        )
    });
    let online = record.distributions.iter().map(|way| {
        let function = if way.is_file { "download" } else { "information" };
        Element::new("mrd:onLine").child(
            online(&way.url)
                .child(characters("cit:protocol", "WWW:DOWNLOAD-1.0-http--download"))
                .child(texts("cit:name", &way.title))
                .child(characters("cit:description", &way.media_type))
                .child(code("cit:function", "cit:CI_OnLineFunctionCode", function)),
        )
    });
    Element::new("mdb:distributionInfo").child(
        Element::new("mrd:MD_Distribution").children(formats).child(
            Element::new("mrd:transferOptions")
                .child(Element::new("mrd:MD_DigitalTransferOptions").children(online)),
        ),
    )
}

fn lineage(record: &Record) -> Element {
    let statement =
        if record.synthetic { format!("SYNTHETIC. {}", record.source) } else { record.source.clone() };
    let sources = record.newest().into_iter().flat_map(|version| &version.made_from).map(|pinned| {
        Element::new("mrl:source").child(
            Element::new("mrl:LI_Source")
                .child(characters("mrl:description", &format!("{} version {}", pinned.id, pinned.version))),
        )
    });
    Element::new("mdb:resourceLineage").child(
        Element::new("mrl:LI_Lineage").child(characters("mrl:statement", &statement)).children(sources),
    )
}

fn party(name: &'static str, agent: &Agent, role: &'static str) -> Element {
    let contact = agent.page.as_ref().map(|page| {
        Element::new("cit:contactInfo").child(
            Element::new("cit:CI_Contact").child(Element::new("cit:onlineResource").child(online(page))),
        )
    });
    Element::new(name).child(
        Element::new("cit:CI_Responsibility").child(code("cit:role", "cit:CI_RoleCode", role)).child(
            Element::new("cit:party").child(
                Element::new("cit:CI_Organisation").child(texts("cit:name", &agent.name)).children(contact),
            ),
        ),
    )
}

fn online(url: &str) -> Element {
    Element::new("cit:CI_OnlineResource").child(characters("cit:linkage", url))
}

fn title(text: &str) -> Element {
    Element::new("cit:CI_Citation").child(characters("cit:title", text))
}

fn identifier(text: &str) -> Element {
    Element::new("mcc:MD_Identifier").child(characters("mcc:code", text))
}

fn locale(tag: &str) -> Element {
    let three = codes::code("language-iso", tag).unwrap_or("und");
    Element::new("lan:PT_Locale")
        .attribute("id", tag)
        .child(code("lan:language", "lan:LanguageCode", three))
        .child(code("lan:characterEncoding", "lan:MD_CharacterSetCode", "utf8"))
}

fn characters(name: &'static str, text: &str) -> Element {
    Element::new(name).child(Element::new("gco:CharacterString").text(text))
}

/// A text in its first language, with the others beside it.
fn texts(name: &'static str, words: &Words) -> Element {
    let mut all = words.iter();
    let element = characters(name, all.next().map_or("", |(_, text)| text));
    let others: Vec<Element> = all
        .map(|(tag, text)| {
            let words = Element::new("lan:LocalisedCharacterString").attribute("locale", format!("#{tag}"));
            Element::new("lan:textGroup").child(words.text(text))
        })
        .collect();
    if others.is_empty() {
        return element;
    }
    element
        .attribute("xsi:type", "lan:PT_FreeText_PropertyType")
        .child(Element::new("lan:PT_FreeText").children(others))
}

fn date(instant: &str, kind: &'static str) -> Element {
    Element::new("cit:CI_Date")
        .child(Element::new("cit:date").child(Element::new("gco:DateTime").text(instant)))
        .child(code("cit:dateType", "cit:CI_DateTypeCode", kind))
}

fn code(name: &'static str, list: &'static str, value: &str) -> Element {
    let local = list.rsplit(':').next().unwrap_or(list);
    let catalogue = if local == "LanguageCode" {
        "http://www.loc.gov/standards/iso639-2/".to_owned()
    } else {
        format!("http://standards.iso.org/iso/19115/resources/Codelists/cat/codelists.xml#{local}")
    };
    Element::new(name).child(
        Element::new(list).attribute("codeList", catalogue).attribute("codeListValue", value).text(value),
    )
}

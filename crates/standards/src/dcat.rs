//! DCAT-AP 3 and GeoDCAT-AP 3: a catalogue and its datasets as a graph.
//!
//! Every node that a property points to is of the class that DCAT-AP gives as its range, so that
//! a document is complete in itself. A dataset's versions are datasets of their own (DCAT 3 §11).

use crate::codes;
use crate::rdf::{Graph, Node};
use crate::record::{Agent, Distribution, Pinned, Record, Service, Term, Version, Words, instant, point_of};

/// A page of the catalogue.
#[derive(Debug, Clone)]
pub struct Catalogue<'a> {
    /// The catalogue's IRI.
    pub uri: String,
    /// Its page for people.
    pub homepage: String,
    /// Its title.
    pub title: Words,
    /// What it is.
    pub description: Words,
    /// Who keeps it.
    pub publisher: Agent,
    /// The licence of the descriptions, not of the data.
    pub licence: &'static str,
    /// The sectors, as a scheme.
    pub themes: (String, Words),
    /// The datasets of this page.
    pub records: &'a [Record],
    /// Where this page is among the others.
    pub page: Option<Paging>,
}

/// A page among others (Hydra core).
#[derive(Debug, Clone)]
pub struct Paging {
    /// This page.
    pub this: String,
    /// The first page.
    pub first: String,
    /// The page before.
    pub previous: Option<String>,
    /// The page after.
    pub next: Option<String>,
    /// The last page.
    pub last: String,
    /// How many datasets there are on all pages.
    pub total: u64,
}

/// The graph of a page of the catalogue.
pub fn catalogue(catalogue: &Catalogue<'_>) -> Graph {
    let mut graph = Graph::new();
    let g = &mut graph;
    let node = Graph::iri(&catalogue.uri);
    g.is_a(&node, "dcat:Catalog");
    g.words(&node, "dct:title", &catalogue.title);
    g.words(&node, "dct:description", &catalogue.description);
    publisher(g, &node, &catalogue.publisher);
    g.link(&node, "foaf:homepage", &catalogue.homepage, "foaf:Document");
    licence(g, &node, catalogue.licence);
    languages(g, &node, &catalogue.title);
    let scheme = g.link(&node, "dcat:themeTaxonomy", &catalogue.themes.0, "skos:ConceptScheme");
    g.words(&scheme, "dct:title", &catalogue.themes.1);
    let conforms = g.link(&node, "dct:conformsTo", "http://data.europa.eu/r5r/", "dct:Standard");
    g.text(&conforms, "rdfs:label", "DCAT-AP 3");
    if let Some(modified) = catalogue.records.iter().map(|record| record.modified).max() {
        g.value(&node, "dct:modified", &instant(modified), "xsd:dateTime");
    }
    for record in catalogue.records {
        let of = dataset(g, record);
        g.add(&node, "dcat:dataset", &of);
        for service in &record.services {
            g.add(&node, "dcat:service", Graph::iri(&service.url));
        }
        entry(g, &node, record);
    }
    if let Some(page) = &catalogue.page {
        let this = Graph::iri(&page.this);
        g.is_a(&this, "hydra:PartialCollectionView");
        g.is_a(&node, "hydra:Collection");
        g.add(&node, "hydra:view", &this);
        g.value(&node, "hydra:totalItems", &page.total.to_string(), "xsd:integer");
        let ways = [
            ("hydra:first", Some(&page.first)),
            ("hydra:previous", page.previous.as_ref()),
            ("hydra:next", page.next.as_ref()),
            ("hydra:last", Some(&page.last)),
        ];
        for (predicate, way) in ways {
            if let Some(way) = way {
                g.add(&this, predicate, Graph::iri(way));
            }
        }
    }
    graph
}

/// The graph of one dataset with its versions.
pub fn document(record: &Record) -> Graph {
    let mut graph = Graph::new();
    dataset(&mut graph, record);
    for version in &record.versions {
        of_version(&mut graph, record, version);
    }
    graph
}

/// The graph of one version, whose distributions are pinned to it.
pub fn version_document(record: &Record, version: &Version) -> Graph {
    let mut graph = Graph::new();
    let node = of_version(&mut graph, record, version);
    for distribution in &record.distributions {
        distributed(&mut graph, &node, record, distribution);
    }
    graph
}

/// The entry of the catalogue about a dataset (DCAT-AP 3 Catalogue Record).
fn entry(g: &mut Graph, catalogue: &Node, record: &Record) {
    let entry = Graph::iri(&format!("{}#record", record.uri));
    g.is_a(&entry, "dcat:CatalogRecord");
    g.add(&entry, "foaf:primaryTopic", Graph::iri(&record.uri));
    g.value(&entry, "dct:modified", &instant(record.modified), "xsd:dateTime");
    g.value(&entry, "dct:issued", &instant(record.issued), "xsd:dateTime");
    g.add(catalogue, "dcat:record", &entry);
}

fn dataset(g: &mut Graph, record: &Record) -> Node {
    let node = described(g, &record.uri, record);
    g.value(&node, "dct:identifier", &record.urn, "xsd:anyURI");
    g.link(&node, "dcat:landingPage", &record.page, "foaf:Document");
    g.value(&node, "dct:issued", &instant(record.issued), "xsd:dateTime");
    g.value(&node, "dct:modified", &instant(record.modified), "xsd:dateTime");
    if let Some(newest) = record.newest() {
        g.text(&node, "dcat:version", &newest.number.to_string());
        made_from(g, &node, record, newest);
    }
    for version in &record.versions {
        g.link(&node, "dcat:hasVersion", &version.uri, "dcat:Dataset");
        named(g, &version.uri, record);
    }
    if let Some(newest) = record.newest() {
        g.add(&node, "dcat:hasCurrentVersion", Graph::iri(&newest.uri));
    }
    for distribution in &record.distributions {
        distributed(g, &node, record, distribution);
    }
    for service in &record.services {
        serves(g, &node, service);
    }
    node
}

/// What a dataset and each of its versions have in common.
fn described(g: &mut Graph, uri: &str, record: &Record) -> Node {
    let node = Graph::iri(uri);
    g.is_a(&node, "dcat:Dataset");
    g.words(&node, "dct:title", &record.title);
    let description = if record.description.is_empty() { &record.title } else { &record.description };
    g.words(&node, "dct:description", description);
    publisher(g, &node, &record.publisher);
    contact(g, &node, &record.publisher);
    licence(g, &node, &record.licence);
    if let Some(access) = codes::code("access", record.access) {
        g.link(&node, "dct:accessRights", access, "dct:RightsStatement");
    }
    let theme = g.link(&node, "dcat:theme", &record.theme.uri, "skos:Concept");
    g.words(&theme, "skos:prefLabel", &record.theme.label);
    if let Some(theirs) = codes::code("theme-eu", &record.theme.code) {
        let theirs = g.link(&node, "dcat:theme", theirs, "skos:Concept");
        g.add(&theme, "skos:broadMatch", &theirs);
    }
    languages(g, &node, &record.title);
    for (property, unit) in &record.properties {
        g.words(&node, "dcat:keyword", &property.label);
        let concept = g.link(&node, "dct:subject", &property.uri, "skos:Concept");
        g.words(&concept, "skos:prefLabel", &property.label);
        g.text(&concept, "skos:notation", &property.code);
        if !unit.is_empty() {
            g.text(&concept, "rdfs:comment", unit);
        }
    }
    if record.synthetic {
        g.text(&node, "dcat:keyword", "synthetic");
    }
    let kind = g.blank("skos:Concept");
    g.text(&kind, "skos:prefLabel", record.kind);
    g.text(&kind, "skos:notation", record.kind);
    g.add(&node, "dct:type", kind);
    if !record.source.is_empty() {
        let provenance = g.blank("dct:ProvenanceStatement");
        g.text(&provenance, "rdfs:label", &record.source);
        g.add(&node, "dct:provenance", provenance);
    }
    extent(g, &node, record);
    node
}

fn extent(g: &mut Graph, node: &Node, record: &Record) {
    if let Some(bbox) = record.bbox {
        let location = g.blank("dct:Location");
        let wkt = "geo:wktLiteral";
        match point_of(bbox) {
            Some([lon, lat]) => {
                g.value(&location, "dcat:centroid", &format!("POINT({lon} {lat})"), wkt);
            }
            None => {
                let [west, south, east, north] = bbox;
                let ring = format!(
                    "POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"
                );
                g.value(&location, "dcat:bbox", &ring, wkt);
                g.value(&location, "locn:geometry", &ring, wkt);
            }
        }
        g.add(node, "dct:spatial", location);
    }
    for place in &record.places {
        let location = g.link(node, "dct:spatial", &place.uri, "dct:Location");
        g.words(&location, "skos:prefLabel", &place.label);
        g.text(&location, "dct:identifier", &place.code);
    }
    if let Some((first, last)) = record.time {
        let period = g.blank("dct:PeriodOfTime");
        g.value(&period, "dcat:startDate", &instant(first), "xsd:dateTime");
        g.value(&period, "dcat:endDate", &instant(last), "xsd:dateTime");
        g.add(node, "dct:temporal", period);
    }
}

fn of_version(g: &mut Graph, record: &Record, version: &Version) -> Node {
    let node = described(g, &version.uri, record);
    g.text(&node, "dcat:version", &version.number.to_string());
    g.value(&node, "dct:issued", &instant(version.committed_at), "xsd:dateTime");
    g.value(&node, "dct:modified", &instant(version.committed_at), "xsd:dateTime");
    g.link(&node, "dcat:isVersionOf", &record.uri, "dcat:Dataset");
    named(g, &record.uri, record);
    let notes = format!("+{} ~{} = {}", version.added, version.corrected, version.total);
    g.text(&node, "adms:versionNotes", &notes);
    let before = record.versions.iter().find(|other| other.number < version.number);
    if let Some(before) = before {
        g.link(&node, "dcat:previousVersion", &before.uri, "dcat:Dataset");
        named(g, &before.uri, record);
    }
    made_from(g, &node, record, version);
    node
}

/// What a dataset must say, of one that is only pointed to.
fn named(g: &mut Graph, uri: &str, record: &Record) {
    let node = Graph::iri(uri);
    g.words(&node, "dct:title", &record.title);
    let description = if record.description.is_empty() { &record.title } else { &record.description };
    g.words(&node, "dct:description", description);
}

/// From what and when a product was made (PROV-O).
fn made_from(g: &mut Graph, node: &Node, record: &Record, version: &Version) {
    if version.made_from.is_empty() {
        return;
    }
    let activity = g.blank("prov:Activity");
    g.value(&activity, "prov:endedAtTime", &instant(version.committed_at), "xsd:dateTime");
    let agent = Graph::iri(&record.publisher.uri);
    g.is_a(&agent, "prov:Agent");
    g.add(&activity, "prov:wasAssociatedWith", &agent);
    for pinned in &version.made_from {
        let used = pointed(g, pinned);
        g.add(&activity, "prov:used", &used);
        g.add(node, "prov:wasDerivedFrom", &used);
        g.add(node, "dct:source", &used);
    }
    g.add(node, "prov:wasGeneratedBy", activity);
}

/// A version of another dataset, with what a dataset must say.
fn pointed(g: &mut Graph, pinned: &Pinned) -> Node {
    let node = Graph::iri(&pinned.uri);
    g.is_a(&node, "dcat:Dataset");
    g.is_a(&node, "prov:Entity");
    let name = format!("{} {}", pinned.id, pinned.version);
    g.text(&node, "dct:title", &name);
    g.text(&node, "dct:description", &name);
    g.text(&node, "dcat:version", &pinned.version.to_string());
    node
}

fn publisher(g: &mut Graph, node: &Node, agent: &Agent) {
    let publisher = g.link(node, "dct:publisher", &agent.uri, "foaf:Agent");
    g.is_a(&publisher, "foaf:Organization");
    g.words(&publisher, "foaf:name", &agent.name);
    g.text(&publisher, "dct:identifier", &agent.id);
    if let Some(page) = &agent.page {
        g.link(&publisher, "foaf:homepage", page, "foaf:Document");
    }
}

fn contact(g: &mut Graph, node: &Node, agent: &Agent) {
    let contact = Graph::iri(&format!("{}#contact", agent.uri));
    g.is_a(&contact, "vcard:Kind");
    g.is_a(&contact, "vcard:Organization");
    g.text(&contact, "vcard:fn", agent.name.get("vi"));
    let page = agent.page.as_ref().unwrap_or(&agent.uri);
    g.add(&contact, "vcard:hasURL", Graph::iri(page));
    g.add(node, "dcat:contactPoint", &contact);
}

fn licence(g: &mut Graph, node: &Node, licence: &str) {
    if licence.is_empty() {
        return;
    }
    let document = match codes::licence(licence) {
        Some(address) => Graph::iri(&address),
        None => g.blank("dct:LicenseDocument"),
    };
    g.is_a(&document, "dct:LicenseDocument");
    g.text(&document, "dct:title", licence);
    g.add(node, "dct:license", &document);
}

fn languages(g: &mut Graph, node: &Node, words: &Words) {
    for (tag, _) in words.iter() {
        if let Some(language) = codes::code("language", tag) {
            g.link(node, "dct:language", language, "dct:LinguisticSystem");
        }
    }
}

fn distributed(g: &mut Graph, dataset: &Node, record: &Record, distribution: &Distribution) {
    let Node::Iri(uri) = dataset else { return };
    let node = Graph::iri(&format!("{uri}#{}", distribution.key));
    g.is_a(&node, "dcat:Distribution");
    g.words(&node, "dct:title", &distribution.title);
    let address = Graph::iri(&distribution.url);
    g.is_a(&address, "rdfs:Resource");
    g.add(&node, "dcat:accessURL", &address);
    if distribution.is_file {
        g.add(&node, "dcat:downloadURL", &address);
    }
    let media_type = distribution.media_type.split(';').next().unwrap_or("").trim();
    g.link(&node, "dcat:mediaType", &format!("iana:{media_type}"), "dct:MediaType");
    if let Some(format) = codes::code("file-type", distribution.format) {
        g.link(&node, "dct:format", format, "dct:MediaTypeOrExtent");
    }
    if let Some(bytes) = distribution.bytes {
        g.value(&node, "dcat:byteSize", &bytes.to_string(), "xsd:nonNegativeInteger");
    }
    if let Some(sha256) = &distribution.sha256 {
        let checksum = g.blank("spdx:Checksum");
        g.link(&checksum, "spdx:algorithm", "spdx:checksumAlgorithm_sha256", "spdx:ChecksumAlgorithm");
        g.value(&checksum, "spdx:checksumValue", sha256, "xsd:hexBinary");
        g.add(&node, "spdx:checksum", checksum);
    }
    if let Some(standard) = distribution.conforms_to {
        g.link(&node, "dct:conformsTo", standard, "dct:Standard");
    }
    licence(g, &node, &record.licence);
    g.link(&node, "dcatap:availability", "http://data.europa.eu/r5r/stable", "skos:Concept");
    g.add(dataset, "dcat:distribution", &node);
}

fn serves(g: &mut Graph, dataset: &Node, service: &Service) {
    let node = Graph::iri(&service.url);
    g.is_a(&node, "dcat:DataService");
    g.words(&node, "dct:title", &service.title);
    g.add(&node, "dcat:endpointURL", Graph::iri(&service.url));
    g.add(&node, "dcat:endpointDescription", Graph::iri(&service.description));
    g.link(&node, "dct:conformsTo", service.conforms_to, "dct:Standard");
    g.add(&node, "dcat:servesDataset", dataset);
}

/// The graph of a publisher.
pub fn agency(agent: &Agent) -> Graph {
    let mut graph = Graph::new();
    let node = Graph::iri(&agent.uri);
    for class in ["foaf:Agent", "foaf:Organization"] {
        graph.is_a(&node, class);
    }
    graph.words(&node, "foaf:name", &agent.name);
    graph.text(&node, "dct:identifier", &agent.id);
    if let Some(page) = &agent.page {
        graph.link(&node, "foaf:homepage", page, "foaf:Document");
    }
    graph
}

/// The graph of the scheme of sectors, with some of them.
pub fn scheme(uri: &str, title: &Words, terms: &[Term]) -> Graph {
    let mut graph = Graph::new();
    let scheme = Graph::iri(uri);
    graph.is_a(&scheme, "skos:ConceptScheme");
    graph.words(&scheme, "dct:title", title);
    for term in terms {
        let node = Graph::iri(&term.uri);
        graph.is_a(&node, "skos:Concept");
        graph.words(&node, "skos:prefLabel", &term.label);
        graph.text(&node, "skos:notation", &term.code);
        graph.add(&node, "skos:inScheme", &scheme);
        if let Some(theirs) = codes::code("theme-eu", &term.code) {
            graph.add(&node, "skos:broadMatch", Graph::iri(theirs));
        }
    }
    graph
}

/// The graph of an observed property.
pub fn property(uri: &str, code: &str, name: &Words, unit: &str) -> Graph {
    let mut graph = Graph::new();
    let node = Graph::iri(uri);
    graph.is_a(&node, "skos:Concept");
    graph.words(&node, "skos:prefLabel", name);
    graph.text(&node, "skos:notation", code);
    graph.text(&node, "rdfs:comment", unit);
    graph
}

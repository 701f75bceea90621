//! The catalogue of an export as DCAT 3 in JSON-LD.

use model::{Access, Agency, Dataset, Text};
use serde_json::{Value, json};

use super::{Done, Exported, Table};

/// The document: one dataset for each of the node's, and its file as a distribution.
pub(super) fn document(datasets: &[Dataset], agencies: &[Agency], exported: &Exported) -> Done<Vec<u8>> {
    let entries: Vec<Value> = datasets
        .iter()
        .zip(&exported.datasets)
        .map(|(dataset, table)| entry(dataset, agencies, table, exported))
        .collect();
    let document = json!({
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dcterms": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "spdx": "http://spdx.org/rdf/terms#",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": "",
        "@type": "dcat:Catalog",
        "dcterms:title": [
            { "@value": "Bản xuất dữ liệu Cửu Long", "@language": "vi" },
            { "@value": "Export of a Cửu Long node", "@language": "en" },
        ],
        "dcterms:issued": { "@value": exported.at.to_rfc3339(), "@type": "xsd:dateTime" },
        "dcat:dataset": entries,
    });
    serde_json::to_vec_pretty(&document).map_err(|error| error.to_string())
}

fn entry(dataset: &Dataset, agencies: &[Agency], table: &Table, exported: &Exported) -> Value {
    let agency = agencies.iter().find(|agency| agency.id == dataset.agency);
    let mut entry = json!({
        "@id": format!("urn:cuulong:dataset:{}", dataset.id),
        "@type": "dcat:Dataset",
        "dcterms:identifier": dataset.id.to_string(),
        "dcterms:title": texts(&dataset.title),
        "dcterms:description": texts(&dataset.description),
        "dcterms:publisher": {
            "@id": format!("urn:cuulong:agency:{}", dataset.agency),
            "@type": "foaf:Agent",
            "foaf:name": agency.map(|agency| texts(&agency.name)),
        },
        "dcterms:license": licence(&dataset.licence),
        "dcterms:accessRights": access(dataset.access),
        "dcterms:source": dataset.source,
        "dcat:theme": dataset.theme.code(),
        "dcterms:issued": { "@value": dataset.created_at.to_rfc3339(), "@type": "xsd:dateTime" },
    });
    if let Some(version) = table.version {
        entry["dcat:version"] = version.to_string().into();
    }
    let file = table.file.as_ref().and_then(|name| exported.files.iter().find(|file| &file.path == name));
    if let Some(file) = file {
        entry["dcat:distribution"] = json!({
            "@type": "dcat:Distribution",
            "dcat:downloadURL": { "@id": file.path },
            "dcat:mediaType": "application/vnd.apache.parquet",
            "dcterms:license": licence(&dataset.licence),
            "dcat:byteSize": { "@value": file.size.to_string(), "@type": "xsd:nonNegativeInteger" },
            "spdx:checksum": {
                "@type": "spdx:Checksum",
                "spdx:algorithm": { "@id": "spdx:checksumAlgorithm_sha256" },
                "spdx:checksumValue": { "@value": file.sha256, "@type": "xsd:hexBinary" },
            },
        });
    }
    entry
}

fn texts(text: &Text) -> Value {
    let others = [("en", text.en.as_ref()), ("km", text.km.as_ref())];
    let mut values = vec![json!({ "@value": text.vi, "@language": "vi" })];
    values.extend(
        others.iter().filter_map(|(tag, text)| Some(json!({ "@value": text.as_ref()?, "@language": tag }))),
    );
    values.into()
}

/// An SPDX id as its address; other words as they are.
fn licence(licence: &str) -> Value {
    let is_id = !licence.is_empty()
        && licence.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'+'));
    if is_id { json!({ "@id": format!("https://spdx.org/licenses/{licence}") }) } else { json!(licence) }
}

/// The access class in the European Union's list, which DCAT-AP asks for.
fn access(access: Access) -> Value {
    let right = match access {
        Access::Open => "PUBLIC",
        Access::Shared => "RESTRICTED",
        Access::Restricted => "NON_PUBLIC",
    };
    json!({ "@id": format!("http://publications.europa.eu/resource/authority/access-right/{right}") })
}

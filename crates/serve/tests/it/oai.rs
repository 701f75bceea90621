//! OAI-PMH as harvesters meet it, beyond what Sickle asks.

use axum::http::Method;
use serde_json::json;

use crate::world::{self, page, with};

fn identifiers(answer: &str) -> Vec<String> {
    let all = answer.split("<identifier>").skip(1).filter_map(|rest| rest.split("</identifier>").next());
    all.map(|id| id.rsplit(':').next().unwrap().to_owned()).collect()
}

fn error(answer: &str) -> Option<&str> {
    answer.split("<error code=\"").nth(1)?.split('"').next()
}

#[tokio::test]
async fn a_wrong_request_has_the_protocols_own_error() {
    let node = world::node().await;
    for (query, code) in [
        ("", "badVerb"),
        ("verb=Dance", "badVerb"),
        ("verb=Identify&verb=Identify", "badVerb"),
        ("verb=Identify&colour=red", "badArgument"),
        ("verb=ListRecords", "badArgument"),
        ("verb=ListRecords&metadataPrefix=marc", "cannotDisseminateFormat"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2020", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2020-02-30", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2021-01-01&until=2020-01-01", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2020-01-01&until=2020-01-01T00:00:00Z", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=no:such", "noRecordsMatch"),
        ("verb=ListRecords&resumptionToken=x", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=oai_dc!-!-!-!0!-!x", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=oai_dc!1!9999999999999999999!-!0!1!x", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=x&metadataPrefix=oai_dc", "badArgument"),
        ("verb=GetRecord&identifier=urn:cuulong:dataset:no_such&metadataPrefix=oai_dc", "idDoesNotExist"),
        (
            "verb=GetRecord&identifier=urn:cuulong:dataset:salinity_secret&metadataPrefix=oai_dc",
            "idDoesNotExist",
        ),
        ("verb=GetRecord&identifier=..%2F..%2Fetc&metadataPrefix=oai_dc", "idDoesNotExist"),
    ] {
        let answer = page(&node.public(), &format!("/oai?{query}")).await;
        assert_eq!(error(&answer), Some(code), "{query}: {answer}");
    }
    let long = format!("/oai?verb=ListRecords&metadataPrefix={}", "x".repeat(20_000));
    assert_eq!(node.public().get(&long).await.unwrap().status.as_u16(), 413);
    let form = "verb=Identify".as_bytes().to_vec();
    let kind = "application/x-www-form-urlencoded";
    let posted = node.public().send(Method::POST, "/oai", kind, form.clone().into()).await.unwrap();
    assert!(String::from_utf8_lossy(&posted.body).contains("<protocolVersion>2.0"), "POST is GET");
    let other = node.public().send(Method::POST, "/oai", "text/plain", form.into()).await.unwrap();
    assert_eq!(other.status.as_u16(), 400);
}

#[tokio::test]
async fn lists_go_on_over_tokens_and_hide_what_is_hidden() {
    let node = world::node().await;
    let many: Vec<String> = (0..230).map(|n| format!("many_{n:03}")).collect();
    for id in &many {
        node.dataset(id, "table", if id.ends_with('7') { "restricted" } else { "open" }).await;
    }
    for (client, expected) in [(node.public(), 3 + 207), (node.system(), 4 + 230)] {
        let mut seen = Vec::new();
        let mut query = with("/oai", &[("verb", "ListIdentifiers"), ("metadataPrefix", "dcat")]);
        for cursor in [0, 100, 200] {
            let answer = page(&client, &query).await;
            assert_eq!(error(&answer), None, "{answer}");
            seen.extend(identifiers(&answer));
            assert!(answer.contains(&format!("resumptionToken cursor=\"{cursor}\"")), "{cursor}: {answer}");
            let token = answer.split("<resumptionToken").nth(1).unwrap();
            let token = token.split('>').nth(1).unwrap().split('<').next().unwrap().to_owned();
            query = with("/oai", &[("verb", "ListIdentifiers"), ("resumptionToken", &token)]);
        }
        assert_eq!(seen.len(), expected);
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), expected, "each once");
    }
}

#[tokio::test]
async fn what_everyone_knew_of_and_is_restricted_now_is_a_deleted_record() {
    let node = world::node().await;
    let client = node.public();
    let list = with("/oai", &[("verb", "ListIdentifiers"), ("metadataPrefix", "oai_dc")]);
    assert!(!page(&client, &list).await.contains("deleted"), "what was never known is not gone");
    let describe = |access: &str| {
        json!({"id": "sluices", "kind": "features", "agency": "cuulong", "title": {"vi": "Cống"},
            "theme": "water", "licence": "CC0-1.0", "access": access})
    };
    let change = async |access: &str| {
        let reply = node.system().send_json(Method::PUT, "/v1/datasets/sluices", &describe(access)).await;
        reply.unwrap().ok().unwrap();
    };
    change("restricted").await;
    let answer = page(&client, &list).await;
    assert_eq!(answer.matches("status=\"deleted\"").count(), 1, "{answer}");
    assert_eq!(identifiers(&answer).last().map(String::as_str), Some("sluices"), "the last change");
    let one =
        [("verb", "GetRecord"), ("metadataPrefix", "oai_dc"), ("identifier", "urn:cuulong:dataset:sluices")];
    let gone = page(&client, &with("/oai", &one)).await;
    assert!(gone.contains("status=\"deleted\"") && !gone.contains("<metadata>"), "{gone}");
    let stamp = |answer: &str| answer.split("<datestamp>").nth(1).map(|rest| rest[..20].to_owned());
    let when = stamp(&gone);
    // What happens to it since is none of those who may not know of it.
    node.hand_in(
        "sluices",
        "more.geojson",
        json!({"type": "FeatureCollection", "features": [
        {"type": "Feature", "id": "new", "properties": {"name": "Cống mới", "width": 1.5, "open": true},
         "geometry": {"type": "Point", "coordinates": [105.5, 10.0]}}]})
        .to_string()
        .into_bytes(),
        None,
    )
    .await
    .unwrap();
    assert_eq!(stamp(&page(&client, &with("/oai", &one)).await), when);
    let told = page(&node.system(), &with("/oai", &one)).await;
    assert!(told.contains("<metadata>") && !told.contains("deleted"), "{told}");
    change("open").await;
    let back = page(&client, &with("/oai", &one)).await;
    assert!(back.contains("<metadata>"), "{back}");
}

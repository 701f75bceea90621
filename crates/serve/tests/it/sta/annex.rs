//! Every requirement of the standard's Annex A is claimed, and shown by a test that names it.

use std::collections::{BTreeMap, BTreeSet};

use crate::world::{self, get};

const CLASS: &str = "http://www.opengis.net/spec/iot_sensing/1.1/";

/// The requirements below `CLASS`, in the order of the annex.
const ANNEX: [&str; 47] = [
    "req/datamodel/entity-control-information/common-control-information",
    "req/datamodel/thing/properties",
    "req/datamodel/thing/relations",
    "req/datamodel/location/properties",
    "req/datamodel/location/relations",
    "req/datamodel/historical-location/properties",
    "req/datamodel/historical-location/relations",
    "req/datamodel/datastream/properties",
    "req/datamodel/datastream/relations",
    "req/datamodel/sensor/properties",
    "req/datamodel/sensor/relations",
    "req/datamodel/observed-property/properties",
    "req/datamodel/observed-property/relations",
    "req/datamodel/observation/properties",
    "req/datamodel/observation/relations",
    "req/datamodel/feature-of-interest/properties",
    "req/datamodel/feature-of-interest/relations",
    "req/resource-path/resource-path-to-entities",
    "req/request-data/order",
    "req/request-data/expand",
    "req/request-data/select",
    "req/request-data/status-code",
    "req/request-data/query-status-code",
    "req/request-data/orderby",
    "req/request-data/top",
    "req/request-data/skip",
    "req/request-data/count",
    "req/request-data/filter",
    "req/request-data/built-in-filter-operations",
    "req/request-data/built-in-query-functions",
    "req/request-data/pagination",
    "req/create-update-delete/create-entity",
    "req/create-update-delete/link-to-existing-entities",
    "req/create-update-delete/deep-insert",
    "req/create-update-delete/deep-insert-status-code",
    "req/create-update-delete/update-entity",
    "req/create-update-delete/update-entity-put",
    "req/create-update-delete/update-entity-jsonpatch",
    "req/create-update-delete/delete-entity",
    "req/create-update-delete/historical-location-auto-creation",
    "req/batch-request/batch-request",
    "req/multi-datastream/properties",
    "req/multi-datastream/relations",
    "req/multi-datastream/constraints",
    "req/data-array/data-array",
    "req/create-observations-via-mqtt/observations-creation",
    "req/receive-updates-via-mqtt/receive-updates",
];

/// The tests, as they are written.
const TESTS: [&str; 9] = [
    include_str!("batch.rs"),
    include_str!("describing.rs"),
    include_str!("filters.rs"),
    include_str!("making.rs"),
    include_str!("model.rs"),
    include_str!("observing.rs"),
    include_str!("reading.rs"),
    include_str!("together.rs"),
    include_str!("../../../../../tests/tests/it/mqtt.rs"),
];

/// The requirements that documents of tests name, each with the tests.
fn named() -> BTreeMap<String, Vec<String>> {
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for text in TESTS {
        let mut documents: Vec<String> = Vec::new();
        for line in text.lines() {
            if let Some(words) = line.strip_prefix("///") {
                let quoted = words.split('`').skip(1).step_by(2);
                documents.extend(quoted.filter(|word| word.starts_with("req/")).map(str::to_owned));
            } else if let Some(test) = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn ")) {
                for requirement in documents.drain(..) {
                    named.entry(requirement).or_default().push(test.split('(').next().unwrap().to_owned());
                }
            } else if !line.starts_with("#[") {
                documents.clear();
            }
        }
    }
    named
}

#[tokio::test]
async fn what_is_advertised_is_shown_by_tests_and_what_is_not_shown_is_not_advertised() {
    let node = world::node().await;
    let root = get(&node.public(), super::ROOT).await;
    let mut advertised: BTreeSet<String> = root["serverSettings"]["conformance"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one.as_str()?.strip_prefix(CLASS))
        .map(str::to_owned)
        .collect();
    // Where MQTT is served they are advertised too, which the test of the whole system sees.
    let with_mqtt = standards::sta::MQTT_CONFORMANCE.map(|one| one.strip_prefix(CLASS).unwrap().to_owned());
    assert!(with_mqtt.iter().all(|one| !advertised.contains(one)), "{advertised:?}");
    advertised.extend(with_mqtt);
    // What is of no annex is named by its whole address.
    let others =
        root["serverSettings"]["conformance"].as_array().unwrap().iter().filter_map(|one| one.as_str());
    for other in others.filter(|one| !one.starts_with(CLASS)) {
        assert!(TESTS.iter().any(|text| text.contains(&format!("/// `{other}`"))), "no test names {other}");
    }
    let named = named();
    for requirement in ANNEX {
        let is_claimed = advertised.iter().any(|one| {
            requirement == one
                || requirement.strip_prefix(one.as_str()).is_some_and(|rest| rest.starts_with('/'))
        });
        assert!(is_claimed, "{requirement}");
        let tests = named.get(requirement).map_or(0, Vec::len);
        assert!(tests > 0, "no test names {requirement}: {named:#?}");
    }
    // Nothing is advertised or named that the annex has not.
    for one in advertised.iter().chain(named.keys()) {
        let is_known = ANNEX.iter().any(|requirement| {
            requirement == one
                || requirement.strip_prefix(one.as_str()).is_some_and(|rest| rest.starts_with('/'))
        });
        assert!(is_known, "the annex has no {one}");
    }
}

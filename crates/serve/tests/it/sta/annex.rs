//! Every requirement of the standard's Annex A, with the test that shows it, or why it is not claimed.

use std::collections::{BTreeMap, BTreeSet};

use crate::world::{self, get};

const CLASS: &str = "http://www.opengis.net/spec/iot_sensing/1.1/";

/// Why a requirement is not claimed.
const MOVES: &str = "places do not move here: a thing has one location, and the day since when it exists";
const STAYS: &str =
    "every version stays readable, so that only observations and groups of series are deleted";
const FOLLOWS: &str =
    "features of interest and historical locations follow from places, and are not created or changed apart";

/// The requirements below `CLASS`, in the order of the annex; with a reason where one is not claimed.
const ANNEX: [(&str, Option<&str>); 47] = [
    ("req/datamodel/entity-control-information/common-control-information", None),
    ("req/datamodel/thing/properties", None),
    ("req/datamodel/thing/relations", None),
    ("req/datamodel/location/properties", None),
    ("req/datamodel/location/relations", None),
    ("req/datamodel/historical-location/properties", None),
    ("req/datamodel/historical-location/relations", None),
    ("req/datamodel/datastream/properties", None),
    ("req/datamodel/datastream/relations", None),
    ("req/datamodel/sensor/properties", None),
    ("req/datamodel/sensor/relations", None),
    ("req/datamodel/observed-property/properties", None),
    ("req/datamodel/observed-property/relations", None),
    ("req/datamodel/observation/properties", None),
    ("req/datamodel/observation/relations", None),
    ("req/datamodel/feature-of-interest/properties", None),
    ("req/datamodel/feature-of-interest/relations", None),
    ("req/resource-path/resource-path-to-entities", None),
    ("req/request-data/order", None),
    ("req/request-data/expand", None),
    ("req/request-data/select", None),
    ("req/request-data/status-code", None),
    ("req/request-data/query-status-code", None),
    ("req/request-data/orderby", None),
    ("req/request-data/top", None),
    ("req/request-data/skip", None),
    ("req/request-data/count", None),
    ("req/request-data/filter", None),
    ("req/request-data/built-in-filter-operations", None),
    ("req/request-data/built-in-query-functions", None),
    ("req/request-data/pagination", None),
    ("req/create-update-delete/create-entity", Some(FOLLOWS)),
    ("req/create-update-delete/link-to-existing-entities", None),
    ("req/create-update-delete/deep-insert", None),
    ("req/create-update-delete/deep-insert-status-code", None),
    ("req/create-update-delete/update-entity", Some(FOLLOWS)),
    ("req/create-update-delete/update-entity-put", Some(FOLLOWS)),
    ("req/create-update-delete/update-entity-jsonpatch", Some(FOLLOWS)),
    ("req/create-update-delete/delete-entity", Some(STAYS)),
    ("req/create-update-delete/historical-location-auto-creation", Some(MOVES)),
    ("req/batch-request/batch-request", None),
    ("req/multi-datastream/properties", None),
    ("req/multi-datastream/relations", None),
    ("req/multi-datastream/constraints", None),
    ("req/data-array/data-array", None),
    ("req/create-observations-via-mqtt/observations-creation", None),
    ("req/receive-updates-via-mqtt/receive-updates", None),
];

/// The tests, as they are written.
const TESTS: [&str; 8] = [
    include_str!("batch.rs"),
    include_str!("describing.rs"),
    include_str!("filters.rs"),
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
    for (requirement, why_not) in ANNEX {
        let is_claimed = advertised.iter().any(|one| {
            requirement == one
                || requirement.strip_prefix(one.as_str()).is_some_and(|rest| rest.starts_with('/'))
        });
        assert_eq!(is_claimed, why_not.is_none(), "{requirement}");
        if is_claimed {
            let tests = named.get(requirement).map_or(0, Vec::len);
            assert!(tests > 0, "no test names {requirement}: {named:#?}");
        }
    }
    // Nothing is advertised or named that the annex has not.
    for one in advertised.iter().chain(named.keys()) {
        let is_known = ANNEX.iter().any(|(requirement, _)| {
            requirement == one
                || requirement.strip_prefix(one.as_str()).is_some_and(|rest| rest.starts_with('/'))
        });
        assert!(is_known, "the annex has no {one}");
    }
}

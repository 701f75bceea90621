//! What is asked of a version is answered with the same bytes for ever: after more versions,
//! corrections, a withdrawal, other series, files joined into one, a restart and a restored backup.

use std::collections::BTreeMap;

use super::ask::{Asker, Said, with};
use super::world::{Chance, World};

/// Addresses that name a version of each kind of data, through every protocol that can.
fn addresses(version: u64, known: &str) -> Vec<String> {
    let number = version.to_string();
    let mut addresses = Vec::new();
    for pin in [("version", number.as_str()), ("as_known_at", known)] {
        for path in [
            "/v1/datasets/open_gauge",
            "/v1/datasets/open_surface",
            "/iso/open_gauge.xml",
            "/iso/open_sluices.xml",
            "/feeds/datasets/open_gauge.atom",
            "/dcat/datasets/open_gauge.ttl",
            "/dcat/datasets/open_surface.rdf",
            "/ogc/collections/catalogue/items/open_gauge",
            "/ogc/collections/catalogue/items/open_surface",
            "/v1/datasets/open_gauge/observations",
            "/v1/datasets/open_gauge/observations/buckets",
            "/v1/datasets/open_gauge/latest",
            "/v1/datasets/open_gauge/datastreams",
            "/v1/datasets/open_sluices/data",
            "/v1/datasets/open_surface/coverages",
            "/v1/datasets/open_surface/coverages/do_1",
            "/ogc/collections/open_gauge/items",
            "/ogc/collections/open_gauge/items/station:cau_noi",
            "/ogc/collections/open_sluices/items",
            "/ogc/collections/open_sluices/items/gate-03",
            "/ogc/collections/open_surface/items",
            "/ogc/collections/open_gauge/tiles/WebMercatorQuad/0/0/0",
            "/ogc/collections/open_sluices/tiles/WebMercatorQuad/0/0/0",
            "/ogc/collections/open_surface/map",
            "/ogc/collections/open_surface/map/tiles/WebMercatorQuad/9/243/406",
            "/ogc/collections/open_surface/coverage",
            "/stac/collections/open_gauge",
            "/stac/collections/open_gauge/items",
            "/stac/collections/open_gauge/items/open_gauge",
            "/stac/collections/open_sluices/items/open_sluices",
            "/stac/collections/open_surface/items",
            "/stac/collections/open_surface/items/do_1",
        ] {
            addresses.push(with(path, &[pin]));
        }
        for (path, more) in [
            ("/v1/datasets/open_gauge/observations", ("format", "csv")),
            ("/v1/datasets/open_gauge/observations", ("limit", "7")),
            ("/v1/datasets/open_gauge/observations", ("format", "parquet")),
            ("/v1/datasets/open_gauge/data", ("format", "csv")),
            ("/v1/datasets/open_gauge/data", ("format", "parquet")),
            ("/v1/datasets/open_sluices/data", ("format", "geojson")),
            ("/ogc/collections/open_sluices/items", ("limit", "4")),
            ("/ogc/collections/open_surface/coverage", ("f", "covjson")),
            ("/iso/open_surface.xml", ("standard", "19115-3")),
            ("/ckan/api/3/action/package_show", ("id", "open_gauge")),
            ("/ckan/api/3/action/resource_show", ("id", "open_gauge.parquet")),
            ("/ckan/api/3/action/datastore_info", ("id", "open_gauge")),
            ("/ckan/api/3/action/datastore_search", ("resource_id", "open_gauge")),
            ("/ckan/api/3/action/datastore_search", ("resource_id", "open_sluices")),
        ] {
            addresses.push(with(path, &[pin, more]));
        }
        let pin = ("asOf", pin.1);
        for (path, more) in [
            ("/sta/v1.1/Datastreams", ("$filter", "properties/dataset eq 'open_gauge'")),
            ("/sta/v1.1/Observations", ("$filter", "Datastream/properties/dataset eq 'open_gauge'")),
            ("/sta/v1.1/Things", ("$expand", "Datastreams")),
        ] {
            // A number is one dataset's.
            if path.ends_with("Datastreams") || number != pin.1 {
                addresses.push(with(path, &[pin, more]));
            }
        }
    }
    // What is of several datasets is asked for as of an instant.
    for (path, more) in [
        ("/v1/datasets", ("limit", "1000")),
        ("/v1/datasets", ("q", "sluices")),
        ("/dcat.ttl", ("limit", "2")),
        ("/dcat.jsonld", ("page", "2")),
        ("/dcat/agencies/cuulong", ("f", "ttl")),
        ("/feeds/places/station:cau_noi.atom", ("lang", "en")),
        ("/ogc/collections/catalogue/items", ("limit", "3")),
        ("/ogc/collections/catalogue/items", ("q", "gauge")),
        ("/ogc/collections/catalogue/items", ("sortby", "-updated")),
        ("/ckan/api/3/action/package_list", ("limit", "10")),
        ("/ckan/api/3/action/package_search", ("facet.field", "[\"organization\",\"groups\"]")),
        ("/ckan/api/3/action/current_package_list_with_resources", ("limit", "5")),
        ("/ckan/api/3/action/organization_show", ("id", "cuulong")),
        ("/ckan/api/3/action/organization_list", ("all_fields", "true")),
        ("/ckan/api/3/action/group_list", ("all_fields", "true")),
        ("/ckan/api/3/action/group_show", ("id", "water")),
        ("/ckan/api/3/action/tag_list", ("all_fields", "true")),
        ("/ckan/api/3/action/tag_show", ("id", "salinity")),
    ] {
        addresses.push(with(path, &[("as_known_at", known), more]));
    }
    let repository = format!("/oai/as-known-at/{known}");
    for verb in ["Identify", "ListSets"] {
        addresses.push(with(&repository, &[("verb", verb)]));
    }
    for (verb, format) in
        [("ListRecords", "oai_dc"), ("ListRecords", "iso19139"), ("ListIdentifiers", "dcat")]
    {
        addresses.push(with(&repository, &[("verb", verb), ("metadataPrefix", format)]));
    }
    let of = ("identifier", "urn:cuulong:dataset:open_gauge");
    addresses.push(with(&repository, &[("verb", "GetRecord"), ("metadataPrefix", "dcat"), of]));
    addresses
        .push(with("/stac/search", &[("as_known_at", known), ("collections", "open_gauge,open_sluices")]));
    addresses.push(with("/stac/search", &[("as_known_at", known), ("limit", "1000")]));
    let sql = "SELECT place, property, phenomenon_time, result, quality, run FROM open_gauge ORDER BY datastream, phenomenon_time";
    addresses.push(with("/v1/sql", &[("sql", sql), ("as_known_at", known)]));
    let at = |rest: &str| format!("/ogc/collections/open_gauge/instances/{version}{rest}");
    addresses.push(at(""));
    addresses.push(at("/locations"));
    addresses.push(at("/locations/station:cau_noi"));
    for format in ["CoverageJSON", "GeoJSON", "CSV", "NetCDF"] {
        addresses.push(with(&at("/cube"), &[("bbox", "100,5,110,15"), ("f", format)]));
    }
    addresses.push(with(&at("/position"), &[("coords", "POINT(106.5724 10.4187)")]));
    addresses.push(format!("/ogc/collections/open_surface/instances/{version}"));
    addresses.push(format!("/dcat/datasets/open_gauge/versions/{version}.ttl"));
    addresses.push(format!("/dcat/datasets/open_sluices/versions/{version}.jsonld"));
    addresses
}

/// What is kept of an answer: all but the number of the request, and what is told of a file before it while
/// it is made and in its head afterwards.
fn kept(mut said: Said) -> Said {
    for name in ["x-request-id", "date", "trailer", "repr-digest", "content-length", "cuulong-rows"] {
        said.headers.remove(name);
    }
    said
}

async fn ask(asker: &Asker, addresses: &[String]) -> BTreeMap<String, Said> {
    let mut answers = BTreeMap::new();
    for address in addresses {
        let said = asker.get(address).await;
        assert!(said.is_good(), "{address}: {} {}", said.status, said.text());
        answers.insert(address.clone(), kept(said));
    }
    answers
}

/// An answer but for how long it may be kept: of the last minute that is not said yet.
fn said_of(said: &Said) -> Said {
    let mut said = said.clone();
    said.headers.remove("cache-control");
    said
}

fn assert_unchanged(before: &BTreeMap<String, Said>, after: &BTreeMap<String, Said>, what: &str) {
    let changed: Vec<String> = before
        .iter()
        .filter(|(address, said)| said_of(&after[*address]) != said_of(said))
        .map(|(address, said)| {
            let is = &after[address];
            let (was, now) = (said.text(), is.text());
            let at =
                was.bytes().zip(now.bytes()).position(|(a, b)| a != b).unwrap_or(was.len().min(now.len()));
            let around = |text: &str| {
                let from = at.saturating_sub(120);
                String::from_utf8_lossy(&text.as_bytes()[from.min(text.len())..(at + 120).min(text.len())])
                    .into_owned()
            };
            let headers: Vec<_> =
                said.headers.iter().filter(|(name, value)| is.headers.get(*name) != Some(value)).collect();
            format!("{address}: {headers:?}\n  was {}\n  is  {}", around(&was), around(&now))
        })
        .collect();
    assert!(
        changed.is_empty(),
        "{what}: {} of {} answers changed:\n{}",
        changed.len(),
        before.len(),
        changed.join("\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_answer_is_the_same_for_ever() {
    let mut chance = Chance::new();
    let mut world = World::new(&mut chance).await;
    // Rasters have as many versions as they were handed in, and features have two.
    let known = world.now().await;
    let mut asked: Vec<String> = addresses(2, &known);
    asked.extend(addresses(1, &known).into_iter().filter(|address| !address.contains(&known[..10])));
    asked.sort();
    asked.dedup();
    let person =
        |world: &World, name: &str| world.people.iter().find(|one| one.name == name).unwrap().asker.clone();
    let (public, officer) = (person(&world, "public"), person(&world, "binh"));
    let before = ask(&public, &asked).await;
    let package = "/v1/datasets/open_sluices/data?format=gpkg&version=1";
    let packed = public.get(package).await;
    assert_eq!(packed.status, 200);
    assert!(before.len() > 120, "{}", before.len());
    let privately = ask(&officer, &asked).await;
    manners(&public, &before, true).await;
    manners(&officer, &privately, false).await;

    // More of everything: versions, corrections, other series, a withdrawal, a new dataset, a grant.
    world.correct(0, &mut chance).await;
    world.change_things("open_sluices", &mut chance).await;
    world.hide(&mut chance).await;
    world.add_to_series(0, &mut chance).await;
    world.change_raster("open_surface").await;
    assert_unchanged(&before, &ask(&public, &asked).await, "after more versions");
    world.describe_anew(&["open_gauge", "open_sluices", "open_surface"]).await;
    let anew = public.get("/dcat/datasets/open_gauge.ttl").await;
    assert!(
        anew.text().contains("Another name") && anew.text().contains("Another agency"),
        "{}",
        anew.text()
    );
    assert_unchanged(&before, &ask(&public, &asked).await, "after other words are said of datasets");
    let run = world.series[0].runs.last().unwrap().clone();
    let reason = serde_json::json!({ "reason": "wrong" });
    world.made(&format!("/v1/runs/{run}/withdraw"), &reason).await;
    assert_unchanged(&before, &ask(&public, &asked).await, "after a withdrawal");
    assert_unchanged(&privately, &ask(&officer, &asked).await, "after a withdrawal, to an officer");

    world.node.compact().await;
    assert_unchanged(&before, &ask(&public, &asked).await, "after files were joined");

    world.node.restart().await;
    let public = Asker::new(world.node.node().router(), None);
    assert_unchanged(&before, &ask(&public, &asked).await, "after a restart");

    let restored = world.node.restored().await;
    let public = Asker::new(restored.node().router(), None);
    assert_unchanged(&before, &ask(&public, &asked).await, "from a restored backup");
    assert!(public.get(package).await.body == packed.body, "a package that is made again is another one");
}

/// Tags, 304, and how long and by whom answers are kept.
async fn manners(asker: &Asker, answers: &BTreeMap<String, Said>, is_public: bool) {
    let mut tags = 0;
    for (address, said) in answers {
        let cache = said.header("cache-control");
        let vary = said.header("vary");
        for name in ["authorization", "cookie"] {
            assert!(vary.contains(name), "{address}: the answer depends on {name}, and says {vary:?}");
        }
        assert!(is_public || cache.contains("private"), "{address}: {cache}");
        let is_pinned = !address.starts_with("/v1/sql") && !address.contains("/versions/");
        // An instant that is hardly over is not asked for as one that is.
        let is_number = !address.contains("as_known_at")
            && !address.contains("asOf=20")
            && !address.contains("/oai/as-known-at/");
        if is_pinned && is_number {
            assert!(cache.contains("immutable"), "{address}: {cache}");
            assert_eq!(cache.contains("public"), is_public, "{address}: {cache}");
        }
        let tag = said.header("etag");
        if tag.is_empty() {
            continue;
        }
        tags += 1;
        let question = super::ask::Question::get(address);
        let again = asker.ask(&question, &[("if-none-match", tag)]).await;
        let at = said.body.iter().zip(&again.body).position(|(was, is)| was != is).unwrap_or(0);
        let around = |text: &[u8]| {
            String::from_utf8_lossy(&text[at.saturating_sub(200).min(text.len())..(at + 200).min(text.len())])
                .into_owned()
        };
        let (was, is) = (around(&said.body), around(&again.body));
        assert_eq!((again.status, again.body.len()), (304, 0), "{address} with {tag}:\n{was}\n{is}");
        assert_eq!(again.header("etag"), tag, "{address}");
        let other = asker.ask(&question, &[("if-none-match", "\"other\"")]).await;
        assert_eq!(other.status, 200.max(said.status), "{address}");
    }
    assert!(tags * 10 > answers.len() * 8, "{tags} of {} answers have a tag", answers.len());
}

/// `Accept-Datetime` is the same as each protocol's own parameter, and caches are told.
#[tokio::test(flavor = "multi_thread")]
async fn an_instant_in_a_header_is_the_same_as_in_the_address() {
    let mut chance = Chance::new();
    let mut world = World::new(&mut chance).await;
    let public = world.people.iter().find(|one| one.name == "public").unwrap().asker.clone();
    // Headers tell whole seconds.
    let second = chrono::Utc::now() + chrono::TimeDelta::seconds(1);
    let (known, header) = (
        second.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        second.format("%a, %d %b %Y %H:%M:%S GMT").to_string(),
    );
    // What comes now comes after it.
    let rest = (second - chrono::Utc::now()).to_std().unwrap_or_default();
    tokio::time::sleep(rest).await;
    world.correct(0, &mut chance).await;
    world.describe_anew(&["open_gauge"]).await;
    for (path, pin) in [
        ("/v1/datasets/open_gauge/latest", "as_known_at"),
        ("/v1/datasets/open_gauge", "as_known_at"),
        ("/ogc/collections/open_gauge/items", "as_known_at"),
        ("/ogc/collections/catalogue/items", "as_known_at"),
        ("/stac/collections/open_gauge", "as_known_at"),
        ("/dcat/datasets/open_gauge.ttl", "as_known_at"),
        ("/iso/open_gauge.xml", "as_known_at"),
        ("/feeds/datasets/open_gauge.atom", "as_known_at"),
        ("/ckan/api/3/action/package_show?id=open_gauge", "as_known_at"),
        ("/sta/v1.1/Datastreams", "asOf"),
        ("/oai?verb=ListRecords&metadataPrefix=oai_dc", ""),
    ] {
        let question = super::ask::Question::get(path);
        let by_header = public.ask(&question, &[("accept-datetime", &header)]).await;
        assert!(by_header.is_good(), "{path}: {}", by_header.text());
        assert!(by_header.header("vary").contains("accept-datetime"), "{path}");
        assert_eq!(by_header.header("memento-datetime"), header, "{path}");
        let mark = if path.contains('?') { '&' } else { '?' };
        let address = match path.strip_prefix("/oai") {
            Some(rest) => format!("/oai/as-known-at/{known}{rest}"),
            None => format!("{path}{mark}{pin}={known}"),
        };
        assert_eq!(by_header.text(), public.get(&address).await.text(), "{path}");
        assert_ne!(by_header.text(), public.get(path).await.text(), "{path} has changed since");
    }
    let question = super::ask::Question::get("/v1/datasets");
    assert_eq!(public.ask(&question, &[("accept-datetime", "yesterday")]).await.status, 400);
}

/// What is the newest is asked for again each time, and has another tag once it is another.
#[tokio::test]
async fn the_newest_is_never_kept_without_asking() {
    let mut chance = Chance::new();
    let mut world = World::new(&mut chance).await;
    world.hide(&mut chance).await;
    let person = |name: &str| world.people.iter().find(|one| one.name == name).unwrap().asker.clone();
    let (public, owner, lan) = (person("public"), person("em"), person("lan"));
    let paths = [
        "/v1/datasets/open_gauge/observations",
        "/v1/datasets/open_gauge/latest",
        "/v1/datasets",
        "/ogc/collections",
        "/ogc/collections/open_gauge/locations",
        "/stac/collections",
        "/sta/v1.1/Datastreams",
        "/ckan/api/3/action/package_list",
    ];
    let mut tags = Vec::new();
    for path in paths {
        let said = public.get(path).await;
        let cache = said.header("cache-control");
        assert!(cache.contains("no-cache") && !cache.contains("immutable"), "{path}: {cache}");
        assert!(said.header("vary").contains("authorization"), "{path}");
        tags.push(said.header("etag").to_owned());
        assert!(!tags.last().unwrap().is_empty(), "{path} has no tag");
    }
    // What is told to somebody is never kept for all, and has a tag of its own.
    for path in ["/v1/datasets/hidden_gauge/observations", "/v1/datasets/hidden_gauge/observations?version=1"]
    {
        let (all, part) = (owner.get(path).await, lan.get(path).await);
        assert!(all.is_good() && part.is_good(), "{path}");
        assert_ne!(all.header("etag"), part.header("etag"), "{path}");
        for said in [&all, &part] {
            assert!(
                said.header("cache-control").contains("private"),
                "{path}: {}",
                said.header("cache-control")
            );
        }
        let question = super::ask::Question::get(path);
        let crossed = lan.ask(&question, &[("if-none-match", all.header("etag"))]).await;
        assert_eq!(crossed.status, 200, "{path}: the tag of another's answer is not one's own");
        let refused = public.get(path).await;
        assert!(refused.header("cache-control").contains("no-store"), "{path}");
        assert_eq!(refused.header("etag"), "", "{path}");
    }
    world.correct(0, &mut chance).await;
    for (path, tag) in paths[..2].iter().zip(&tags) {
        let question = super::ask::Question::get(*path);
        let said = public.ask(&question, &[("if-none-match", tag)]).await;
        assert_eq!(said.status, 200, "{path}");
        assert_ne!(said.header("etag"), tag, "{path}");
    }
}

/// Files that overlap are merged: what is asked for in order comes in order, each time, with a limit too.
#[tokio::test(flavor = "multi_thread")]
async fn rows_come_in_the_order_that_is_asked_for_each_time() {
    let mut chance = Chance::new();
    let world = World::new(&mut chance).await;
    let public = world.people.iter().find(|one| one.name == "public").unwrap().asker.clone();
    let sql = "SELECT datastream, phenomenon_time, result FROM open_gauge ORDER BY 1, 2 LIMIT 100";
    let path = with("/v1/sql", &[("sql", sql), ("format", "csv")]);
    let first = public.get(&path).await;
    let rows = first.text();
    let rows: Vec<(i64, &str)> = rows
        .lines()
        .skip(1)
        .map(|row| {
            let mut cells = row.split(',');
            (cells.next().unwrap().parse().unwrap(), cells.next().unwrap())
        })
        .collect();
    assert!(rows.len() > 40 && rows.is_sorted(), "{rows:?}");
    for _ in 0..200 {
        assert_eq!(public.get(&path).await.text(), first.text());
    }
}

//! How long answers may be kept and by whom: what is the newest is asked for again, and what is told to
//! somebody is never kept for all.

use super::world::{Chance, World};

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

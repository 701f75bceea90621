//! Webhooks and leases: who is served how far, and by which node.

use catalog::{Catalog, DeadLetter, Error, Webhook};
use policy::{Principal, Role};
use secrecy::SecretString;

use crate::database::{Database, create_user, hours, now, on_both, user_id, with_datasets};

on_both!(one_node_holds_a_lease, a_webhook_is_served_once_for_each_place_and_remembers_what_failed,);

async fn one_node_holds_a_lease(database: Database) {
    let here = database.open().await;
    let there = database.open().await;
    assert_eq!(here.lease("sending").await.unwrap(), None);
    let both = futures_both(here.take_lease("sending", None), there.take_lease("sending", None)).await;
    assert!(both.0 != both.1, "of two that take it at once one has it");
    let (holder, other) = if both.0 { (&here, &there) } else { (&there, &here) };
    let seen = holder.lease("sending").await.unwrap().unwrap();
    assert_eq!((seen.node.as_str(), seen.beats), (holder.node(), 1));
    assert!(holder.take_lease("sending", Some(&seen)).await.unwrap(), "it shows that it lives");
    assert!(!other.take_lease("sending", Some(&seen)).await.unwrap(), "what was seen is old by now");
    let seen = other.lease("sending").await.unwrap().unwrap();
    assert_eq!(seen.beats, 2);
    assert!(other.take_lease("sending", Some(&seen)).await.unwrap(), "the holder has been silent");
    assert!(!holder.take_lease("sending", Some(&seen)).await.unwrap(), "and notices that it lost it");
}

async fn futures_both(
    left: impl Future<Output = Result<bool, Error>>,
    right: impl Future<Output = Result<bool, Error>>,
) -> (bool, bool) {
    let (left, right) = tokio::join!(left, right);
    (left.unwrap(), right.unwrap())
}

fn hook(id: &str, position: u64) -> Webhook {
    Webhook {
        id: id.to_owned(),
        user: Some(user_id("lan")),
        url: "https://hooks.example.org/".to_owned(),
        secret: SecretString::from("whsec_x".to_owned()),
        wanted: "kind=data".to_owned(),
        created_at: now(),
        epoch: "00000000".to_owned(),
        position,
        delivered: 0,
        attempts: 0,
        next_at: None,
        last_error: None,
    }
}

async fn only(catalog: &Catalog) -> Webhook {
    catalog.webhook("one").await.unwrap().unwrap()
}

async fn a_webhook_is_served_once_for_each_place_and_remembers_what_failed(database: Database) {
    let catalog = with_datasets(&database).await;
    let lan = create_user(&catalog, "lan", None, Role::User).await;
    catalog.add_webhook(&hook("one", 2)).await.unwrap();
    let before = only(&catalog).await;
    assert_eq!(catalog.webhook_principal(&before).await.unwrap().unwrap().user(), lan.user());
    catalog.webhook_failed("one", 3, "the receiver answered 500", now() + hours(1)).await.unwrap();
    let failed = only(&catalog).await;
    assert_eq!((failed.attempts, failed.next_at), (3, Some(now() + hours(1))));
    assert!(catalog.webhook_served(&before, "11111111", 5, 1).await.unwrap());
    assert!(!catalog.webhook_served(&before, "11111111", 6, 1).await.unwrap(), "another brought it further");
    let served = only(&catalog).await;
    assert_eq!((served.position, served.delivered, served.attempts), (5, 1, 0));
    assert_eq!((served.next_at, served.last_error.as_deref()), (None, None));
    let letter = DeadLetter {
        number: 4,
        at: now(),
        attempts: 12,
        error: "the receiver answered 500".into(),
        again: false,
    };
    catalog.add_dead_letter("one", &letter).await.unwrap();
    assert!(catalog.dead_letters("one", true, 10).await.unwrap().is_empty());
    assert_eq!(catalog.redeliver("one").await.unwrap(), 1);
    assert_eq!(catalog.dead_letters("one", true, 10).await.unwrap().len(), 1);
    catalog.remove_dead_letter("one", 4, 1).await.unwrap();
    catalog.remove_dead_letter("one", 4, 1).await.unwrap();
    assert_eq!(only(&catalog).await.delivered, 2, "what was given up counts once it is taken");
    assert!(catalog.dead_letters("one", false, 10).await.unwrap().is_empty());
    for n in 0..19 {
        catalog.add_webhook(&hook(&format!("more_{n}"), 2)).await.unwrap();
    }
    assert!(matches!(catalog.add_webhook(&hook("too_many", 2)).await, Err(Error::Invalid { .. })));
    let mut user = catalog.user(&user_id("lan")).await.unwrap().unwrap();
    user.disabled = true;
    catalog.update_user(&user).await.unwrap();
    assert_eq!(catalog.webhook_principal(&served).await.unwrap(), None, "who is disabled is sent nothing");
    catalog.remove_webhook("one").await.unwrap();
    assert!(catalog.webhook("one").await.unwrap().is_none());
    assert_eq!(catalog.webhooks(Some(&user_id("lan"))).await.unwrap().len(), 19);
    let console = Webhook { user: None, ..hook("console", 0) };
    assert_eq!(catalog.webhook_principal(&console).await.unwrap(), Some(Principal::System));
}

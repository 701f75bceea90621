//! Accounts, passwords, sessions and keys.

use catalog::{Error, NewUser};
use policy::{Principal, Role, Scope};
use secrecy::{ExposeSecret, SecretString};

use crate::database::{Database, agency_id, create_user, hours, now, on_both, user_id, with_datasets};

on_both!(
    a_password_opens_a_session_of_twelve_hours,
    a_wrong_name_and_a_wrong_password_are_answered_alike,
    a_key_has_its_scope_until_it_ends_or_is_withdrawn,
    a_disabled_account_neither_signs_in_nor_uses_keys,
    a_new_password_ends_the_old_sessions,
    secrets_are_stored_nowhere,
    an_account_needs_a_free_name_an_agency_that_exists_and_a_good_password,
    what_is_no_secret_is_nobody,
);

fn secret(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

fn lan() -> NewUser {
    NewUser {
        id: user_id("lan"),
        name: "Nguyễn Thị Lan".into(),
        agency: Some(agency_id("gso")),
        role: Role::Steward,
        password: Some(secret("chín con rồng")),
    }
}

async fn a_password_opens_a_session_of_twelve_hours(database: Database) {
    let catalog = with_datasets(&database).await;
    catalog.create_user(lan()).await.unwrap();
    let token = catalog.sign_in(&user_id("lan"), &secret("chín con rồng"), now()).await.unwrap().unwrap();
    let expected = Principal::User {
        id: user_id("lan"),
        agency: Some(agency_id("gso")),
        role: Role::Steward,
        scope: Scope::Admin,
    };
    let after = |minutes| now() + chrono::TimeDelta::minutes(minutes);
    for _ in 0..2 {
        assert_eq!(catalog.authenticate(&token, after(719)).await.unwrap(), Some(expected.clone()));
        assert_eq!(catalog.authenticate(&token, after(720)).await.unwrap(), None, "it is over");
    }
    // The same letters in another normal form are the same password.
    let decomposed = secret("chi\u{301}n con ro\u{302}\u{300}ng");
    let other = catalog.sign_in(&user_id("lan"), &decomposed, now()).await.unwrap().unwrap();
    catalog.sign_out(&token).await.unwrap();
    assert_eq!(catalog.authenticate(&token, now()).await.unwrap(), None);
    assert_eq!(catalog.authenticate(&other, now()).await.unwrap(), Some(expected));
}

async fn a_wrong_name_and_a_wrong_password_are_answered_alike(database: Database) {
    let catalog = with_datasets(&database).await;
    catalog.create_user(lan()).await.unwrap();
    create_user(&catalog, "robot", None, Role::User).await;
    for (name, password) in [
        ("lan", "chin con rong"),
        ("lan", ""),
        ("nobody", "chín con rồng"),
        ("robot", "chín con rồng"),
        ("lan", &"a".repeat(1_000_000)),
    ] {
        assert!(catalog.sign_in(&user_id(name), &secret(password), now()).await.unwrap().is_none(), "{name}");
    }
    let denied = catalog.audit(10, None).await.unwrap();
    assert!(denied.iter().all(|record| record.entry.action == "sign_in.denied"));
    assert_eq!(denied.len(), 4, "the name that does not exist leaves no entry");
}

async fn a_key_has_its_scope_until_it_ends_or_is_withdrawn(database: Database) {
    let catalog = with_datasets(&database).await;
    create_user(&catalog, "robot", Some("srhmc"), Role::Provider).await;
    let robot = user_id("robot");
    let reading = catalog.create_key(&robot, "đọc", Scope::Read, Some(now() + hours(1))).await.unwrap();
    let writing = catalog.create_key(&robot, "ghi", Scope::Write, None).await.unwrap();
    assert!(reading.expose_secret().starts_with("clk_"));
    assert_ne!(reading.expose_secret(), writing.expose_secret());

    let scope_of = |principal: Option<Principal>| match principal {
        Some(Principal::User { scope, .. }) => Some(scope),
        _ => None,
    };
    assert_eq!(scope_of(catalog.authenticate(&reading, now()).await.unwrap()), Some(Scope::Read));
    assert_eq!(scope_of(catalog.authenticate(&reading, now() + hours(1)).await.unwrap()), None);
    assert_eq!(
        scope_of(catalog.authenticate(&writing, now() + hours(9_999)).await.unwrap()),
        Some(Scope::Write)
    );

    let keys = catalog.keys(&robot).await.unwrap();
    assert_eq!(keys.iter().map(|key| key.label.as_str()).collect::<Vec<_>>(), ["ghi", "đọc"]);
    catalog.revoke_key(keys[0].id).await.unwrap();
    assert_eq!(catalog.authenticate(&writing, now()).await.unwrap(), None);
    let revoked_at = catalog.keys(&robot).await.unwrap()[0].revoked_at;
    assert!(revoked_at.is_some());
    catalog.revoke_key(keys[0].id).await.unwrap();
    assert_eq!(catalog.keys(&robot).await.unwrap()[0].revoked_at, revoked_at, "the first time counts");

    assert!(matches!(catalog.revoke_key(12_345).await, Err(Error::NotFound { .. })));
    let orphan = catalog.create_key(&user_id("nobody"), "", Scope::Read, None).await;
    assert!(matches!(orphan, Err(Error::NotFound { .. })));
}

async fn a_disabled_account_neither_signs_in_nor_uses_keys(database: Database) {
    let catalog = with_datasets(&database).await;
    let mut user = catalog.create_user(lan()).await.unwrap();
    let key = catalog.create_key(&user.id, "", Scope::Read, None).await.unwrap();
    let token = catalog.sign_in(&user.id, &secret("chín con rồng"), now()).await.unwrap().unwrap();
    assert!(catalog.authenticate(&key, now()).await.unwrap().is_some());
    assert!(catalog.authenticate(&token, now()).await.unwrap().is_some());

    user.disabled = true;
    catalog.update_user(&user).await.unwrap();
    assert_eq!(catalog.user(&user.id).await.unwrap(), Some(user.clone()));
    assert!(catalog.authenticate(&key, now()).await.unwrap().is_none());
    assert!(catalog.authenticate(&token, now()).await.unwrap().is_none());
    assert!(catalog.sign_in(&user.id, &secret("chín con rồng"), now()).await.unwrap().is_none());

    user.disabled = false;
    user.role = Role::Auditor;
    catalog.update_user(&user).await.unwrap();
    let again = catalog.authenticate(&key, now()).await.unwrap();
    assert!(matches!(again, Some(Principal::User { role: Role::Auditor, .. })));
    assert!(catalog.authenticate(&token, now()).await.unwrap().is_none(), "a session that ended stays so");
}

async fn a_new_password_ends_the_old_sessions(database: Database) {
    let catalog = with_datasets(&database).await;
    catalog.create_user(lan()).await.unwrap();
    let old = catalog.sign_in(&user_id("lan"), &secret("chín con rồng"), now()).await.unwrap().unwrap();
    catalog.set_password(&user_id("lan"), secret("mười hai con giáp")).await.unwrap();
    assert!(catalog.authenticate(&old, now()).await.unwrap().is_none());
    assert!(catalog.sign_in(&user_id("lan"), &secret("chín con rồng"), now()).await.unwrap().is_none());
    assert!(catalog.sign_in(&user_id("lan"), &secret("mười hai con giáp"), now()).await.unwrap().is_some());
}

async fn secrets_are_stored_nowhere(database: Database) {
    use sea_orm::{ConnectionTrait, DbBackend, Statement};
    let catalog = with_datasets(&database).await;
    catalog.create_user(lan()).await.unwrap();
    let key = catalog.create_key(&user_id("lan"), "", Scope::Read, None).await.unwrap();
    let token = catalog.sign_in(&user_id("lan"), &secret("chín con rồng"), now()).await.unwrap().unwrap();
    let raw = database.raw().await;
    let mut stored = String::new();
    for sql in [
        "SELECT hash FROM api_key",
        "SELECT scram FROM api_key",
        "SELECT hash FROM session",
        "SELECT password FROM account",
        "SELECT scram FROM account",
    ] {
        let backend: DbBackend = raw.get_database_backend();
        let row = raw.query_one_raw(Statement::from_string(backend, sql)).await.unwrap().unwrap();
        stored.push_str(&row.try_get_by_index::<String>(0).unwrap());
        stored.push('\n');
    }
    raw.close().await.unwrap();
    assert!(stored.contains("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    for secret in [key.expose_secret(), token.expose_secret()] {
        assert!(!stored.contains(&secret[4..]));
    }
    assert!(!format!("{:?}", lan()).contains("rồng"), "nor shown");
}

async fn an_account_needs_a_free_name_an_agency_that_exists_and_a_good_password(database: Database) {
    let catalog = with_datasets(&database).await;
    let made = catalog.create_user(lan()).await.unwrap();
    assert_eq!((made.name.as_str(), made.has_password, made.disabled), ("Nguyễn Thị Lan", true, false));
    assert!(matches!(catalog.create_user(lan()).await, Err(Error::Conflict { .. })));
    let nowhere = NewUser { id: user_id("binh"), agency: Some(agency_id("none")), ..lan() };
    assert!(matches!(catalog.create_user(nowhere).await, Err(Error::NotFound { .. })));
    let short = NewUser { id: user_id("binh"), password: Some(secret("eleven char")), ..lan() };
    assert!(matches!(catalog.create_user(short).await, Err(Error::Invalid { .. })));
    assert_eq!(catalog.users().await.unwrap(), [made]);
}

async fn what_is_no_secret_is_nobody(database: Database) {
    let catalog = with_datasets(&database).await;
    for text in [
        "",
        "clk_",
        "cls_",
        "Bearer x",
        "clk_' OR 1=1 --",
        &format!("clk_{}", "0".repeat(64)),
        &"ĩ".repeat(34),
    ] {
        assert_eq!(catalog.authenticate(&secret(text), now()).await.unwrap(), None, "{text}");
    }
}

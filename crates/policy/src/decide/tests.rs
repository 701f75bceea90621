//! Each rule with a case that it allows and one that it denies.

use chrono::{DateTime, Duration, Utc};
use model::{Access, AgencyId, DatasetId, PlaceId, UserId};

use super::{Denial, Grant, GrantLevel, Policy, decide};
use crate::{Principal, Purpose, Role, RowFilter, Scope};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

fn policy(access: Access) -> Policy {
    Policy { dataset: DatasetId::new("gauges").unwrap(), access, agency: AgencyId::new("srhmc").unwrap() }
}

fn user(name: &str, agency: Option<&str>, role: Role, scope: Scope) -> Principal {
    Principal::User {
        id: UserId::new(name).unwrap(),
        agency: agency.map(|a| AgencyId::new(a).unwrap()),
        role,
        scope,
    }
}

fn grant(name: &str, level: GrantLevel, rows: RowFilter, expires_in_days: i64) -> Grant {
    Grant {
        dataset: DatasetId::new("gauges").unwrap(),
        user: Some(UserId::new(name).unwrap()),
        agency: None,
        level,
        rows,
        expires_at: Some(now() + Duration::days(expires_in_days)),
    }
}

#[test]
fn the_matrix_of_reading_and_writing() {
    let public = Principal::Public;
    let stranger = user("lan", None, Role::User, Scope::Write);
    let other_agency = user("binh", Some("gso"), Role::User, Scope::Write);
    let owner = user("chi", Some("srhmc"), Role::Provider, Scope::Write);
    let owner_read_key = user("chi", Some("srhmc"), Role::Provider, Scope::Read);
    let auditor = user("dung", Some("srhmc"), Role::Auditor, Scope::Read);
    let admin = user("em", None, Role::Admin, Scope::Admin);

    use Access::{Open, Restricted, Shared};
    use Purpose::{Describe, Read, Write};
    let rows: Vec<(&Principal, Access, Purpose, Result<(), Denial>)> = vec![
        (&public, Open, Read, Ok(())),
        (&public, Open, Write, Err(Denial::SignIn)),
        (&public, Shared, Describe, Ok(())),
        (&public, Shared, Read, Err(Denial::SignIn)),
        (&public, Restricted, Describe, Err(Denial::Hidden)),
        (&public, Restricted, Read, Err(Denial::Hidden)),
        (&public, Restricted, Write, Err(Denial::Hidden)),
        (&stranger, Shared, Read, Err(Denial::NoGrant)),
        (&stranger, Restricted, Read, Err(Denial::Hidden)),
        (&stranger, Open, Write, Err(Denial::NoGrant)),
        (&other_agency, Shared, Read, Ok(())),
        (&other_agency, Restricted, Read, Err(Denial::Hidden)),
        (&owner, Restricted, Read, Ok(())),
        (&owner, Restricted, Write, Ok(())),
        (&owner_read_key, Restricted, Write, Err(Denial::KeyScope)),
        (&auditor, Restricted, Describe, Ok(())),
        (&auditor, Restricted, Read, Err(Denial::NoGrant)),
        (&admin, Restricted, Write, Ok(())),
        (&Principal::System, Restricted, Read, Ok(())),
    ];
    for (principal, access, purpose, expected) in rows {
        let decision = decide(principal, &policy(access), &[], purpose, now());
        assert_eq!(decision.outcome.map(|_| ()), expected, "{} {access:?} {purpose:?}", principal.name());
    }
}

#[test]
fn a_grant_reaches_its_rows_until_it_expires() {
    let stranger = user("lan", None, Role::User, Scope::Read);
    let rows =
        RowFilter { places: Some(vec![PlaceId::new("station:cau_noi").unwrap()]), ..RowFilter::default() };
    let policy = policy(Access::Restricted);

    let valid =
        decide(&stranger, &policy, &[grant("lan", GrantLevel::Read, rows.clone(), 1)], Purpose::Read, now());
    assert_eq!(valid.outcome.unwrap().rows(), &rows);

    let expired =
        decide(&stranger, &policy, &[grant("lan", GrantLevel::Read, rows.clone(), -1)], Purpose::Read, now());
    assert_eq!(expired.outcome, Err(Denial::Hidden));

    let anothers =
        decide(&stranger, &policy, &[grant("binh", GrantLevel::Read, rows, 1)], Purpose::Read, now());
    assert_eq!(anothers.outcome, Err(Denial::Hidden));
}

#[test]
fn a_reading_grant_does_not_write() {
    let stranger = user("lan", None, Role::User, Scope::Write);
    let read = [grant("lan", GrantLevel::Read, RowFilter::default(), 1)];
    let write = [grant("lan", GrantLevel::Write, RowFilter::default(), 1)];
    assert_eq!(
        decide(&stranger, &policy(Access::Shared), &read, Purpose::Write, now()).outcome,
        Err(Denial::NoGrant)
    );
    assert!(decide(&stranger, &policy(Access::Shared), &write, Purpose::Write, now()).outcome.is_ok());
}

#[test]
fn personal_data_are_decided_about_by_those_who_answer_for_the_agency() {
    let may_decide = |principal: &Principal| {
        let decision = decide(principal, &policy(Access::Open), &[], Purpose::Read, now());
        decision.outcome.unwrap().may_decide()
    };
    for (role, agency, expected) in [
        (Role::User, Some("srhmc"), false),
        (Role::Provider, Some("srhmc"), false),
        (Role::Auditor, Some("srhmc"), false),
        (Role::Steward, Some("srhmc"), true),
        (Role::Approver, Some("srhmc"), true),
        (Role::Steward, Some("gso"), false),
        (Role::Approver, None, false),
        (Role::Admin, None, true),
    ] {
        assert_eq!(may_decide(&user("chi", agency, role, Scope::Admin)), expected, "{role:?} {agency:?}");
    }
    assert!(!may_decide(&Principal::Public));
    assert!(may_decide(&Principal::System));
}

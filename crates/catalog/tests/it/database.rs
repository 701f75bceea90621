//! A new database for each test, and what the tests fill it with.

use std::future::Future;

use catalog::{Catalog, CatalogOptions, NewUser};
use chrono::{DateTime, TimeDelta, Utc};
use model::{Access, Agency, AgencyId, Dataset, DatasetId, DatasetKind, Text, Theme, UserId};
use policy::{Principal, Role, Scope};
use sea_orm::{ConnectionTrait, Database as SeaDatabase, DatabaseConnection};
use uuid::Uuid;

/// A database that nobody else uses.
pub struct Database {
    pub url: String,
}

impl Database {
    pub async fn open(&self) -> Catalog {
        Catalog::open(&self.url).await.unwrap()
    }

    /// Another node on the same database, which compares the marks of change on every call.
    pub async fn open_eager(&self) -> Catalog {
        let options = CatalogOptions { recheck: std::time::Duration::ZERO, ..CatalogOptions::default() };
        Catalog::open_with(&self.url, options).await.unwrap()
    }

    /// A connection around the catalogue, for damage.
    pub async fn raw(&self) -> DatabaseConnection {
        SeaDatabase::connect(&self.url).await.unwrap()
    }

    pub async fn execute(&self, sql: &str) {
        let raw = self.raw().await;
        raw.execute_unprepared(sql).await.unwrap();
        raw.close().await.unwrap();
    }
}

/// Makes two tests of each function: on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        $(mod $name {
            #[test]
            fn on_sqlite() {
                crate::database::on_sqlite(super::$name);
            }

            #[test]
            fn on_postgres() {
                crate::database::on_postgres(super::$name);
            }
        })+
    };
}
pub(crate) use on_both;

pub fn on_sqlite<F: Future<Output = ()>>(test: impl FnOnce(Database) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/catalog.sqlite?mode=rwc", folder.path().display());
    runtime().block_on(test(Database { url }));
}

#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
pub fn on_postgres<F: Future<Output = ()>>(test: impl FnOnce(Database) -> F) {
    let Ok(admin) = std::env::var("CUULONG_TEST_POSTGRES") else {
        assert_ne!(
            std::env::var("CI").as_deref(),
            Ok("true"),
            "CUULONG_TEST_POSTGRES must name a PostgreSQL server"
        );
        eprintln!("SKIPPED on PostgreSQL: CUULONG_TEST_POSTGRES is not set");
        return;
    };
    let name = format!("cuulong_test_{}", Uuid::new_v4().simple());
    let (server, _) = admin.rsplit_once('/').expect("an address ends with a database");
    let url = format!("{server}/{name}");
    let runtime = runtime();
    let admin_sql = |sql: String| {
        runtime.block_on(async {
            let admin = SeaDatabase::connect(&admin).await.unwrap();
            admin.execute_unprepared(&sql).await.unwrap();
            admin.close().await.unwrap();
        });
    };
    admin_sql(format!("CREATE DATABASE {name}"));
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        runtime.block_on(test(Database { url }));
    }));
    admin_sql(format!("DROP DATABASE {name} WITH (FORCE)"));
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 123_456_000).unwrap()
}

pub fn hours(count: i64) -> TimeDelta {
    TimeDelta::hours(count)
}

pub fn agency_id(id: &str) -> AgencyId {
    AgencyId::new(id).unwrap()
}

pub fn dataset_id(id: &str) -> DatasetId {
    DatasetId::new(id).unwrap()
}

pub fn user_id(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

pub fn agency(id: &str, vi: &str, en: &str) -> Agency {
    Agency { id: agency_id(id), name: Text::vi_en(vi, en), url: None }
}

pub fn dataset(id: &str, agency: &str, access: Access) -> Dataset {
    Dataset {
        id: dataset_id(id),
        kind: DatasetKind::Observations,
        agency: agency_id(agency),
        title: Text {
            vi: "Độ mặn theo giờ".into(),
            en: Some("Hourly salinity".into()),
            km: Some("ភាពប្រៃ".into()),
        },
        description: Text::vi_en("Đo tại các trạm ven biển", "Measured at the coastal stations"),
        theme: Theme::Water,
        licence: "CC-BY-4.0".into(),
        access,
        source: "Đài Khí tượng Thủy văn khu vực Nam Bộ".into(),
        synthetic: true,
        created_at: now(),
    }
}

/// Two agencies and one dataset of each access class, all of `srhmc`.
pub async fn with_datasets(database: &Database) -> Catalog {
    let catalog = database.open().await;
    catalog.put_agency(&agency("srhmc", "Đài Nam Bộ", "Southern Centre")).await.unwrap();
    catalog.put_agency(&agency("gso", "Cục Thống kê", "Statistics Office")).await.unwrap();
    for (id, access) in
        [("open_one", Access::Open), ("shared_one", Access::Shared), ("hidden_one", Access::Restricted)]
    {
        catalog.create_dataset(&dataset(id, "srhmc", access)).await.unwrap();
    }
    catalog
}

pub async fn create_user(catalog: &Catalog, id: &str, agency: Option<&str>, role: Role) -> Principal {
    let new = NewUser {
        id: user_id(id),
        name: id.to_uppercase(),
        agency: agency.map(agency_id),
        role,
        password: None,
    };
    catalog.create_user(new).await.unwrap();
    principal(id, agency, role, Scope::Write)
}

pub fn principal(id: &str, agency: Option<&str>, role: Role, scope: Scope) -> Principal {
    Principal::User { id: user_id(id), agency: agency.map(agency_id), role, scope }
}

//! The sample: real reference facts and province statistics, and made-up series that say so.
//!
//! Everything goes in through the same door as an agency's file, so every page, trace and version
//! of the sample is a real one. The series come from [`series`], a documented generator with a
//! fixed seed; their datasets are marked synthetic in their metadata.

mod series;
mod stations;

use bytes::Bytes;
use catalog::{Gazetteer, NewUser, reference};
use chrono::Utc;
use futures::StreamExt;
use intake::Load;
use model::{Access, AgencyId, Dataset, DatasetId, DatasetKind, Text, Theme, UserId};
use policy::{Principal, Purpose, Role};
use rand::RngCore;
use secrecy::SecretString;
use serve::App;

/// An account for whoever tries the sample.
pub struct Account {
    /// The user.
    pub user: String,
    /// The password, made at this start.
    pub password: String,
}

/// One dataset of the sample: its description, its file and the file's mapping.
struct Part {
    dataset: Dataset,
    file_name: &'static str,
    file: String,
    mapping: &'static str,
}

/// Loads what is missing of the sample and makes the products. Loading it again changes nothing.
pub async fn load(app: &App, say: &(dyn Fn(&str) + Send + Sync)) -> Result<Option<Account>, String> {
    let gazetteer = app.catalog.gazetteer().await.map_err(|error| error.to_string())?;
    for part in parts(&gazetteer) {
        hand_in(app, part, say).await?;
    }
    for recipe in &app.recipes {
        let run = knowledge::run_recipe(&app.engine, &app.catalog, &app.lake, recipe, Utc::now())
            .await
            .map_err(|error| format!("recipe {}: {error}", recipe.id))?;
        say(&format!("  {}: {} values", recipe.dataset.id, run.totals.added + run.totals.unchanged));
    }
    account(app).await
}

async fn hand_in(app: &App, part: Part, say: &(dyn Fn(&str) + Send + Sync)) -> Result<(), String> {
    let id = part.dataset.id.clone();
    let words = |error: &dyn std::fmt::Display| format!("sample dataset {id}: {error}");
    if app.catalog.dataset(&id).await.map_err(|e| words(&e))?.is_none() {
        app.catalog.create_dataset(&part.dataset).await.map_err(|e| words(&e))?;
    }
    if app.catalog.latest_version(&id).await.map_err(|e| words(&e))?.is_some() {
        return Ok(());
    }
    let permit = app
        .catalog
        .authorize(&Principal::System, &id, Purpose::Write, Utc::now())
        .await
        .map_err(|e| words(&e))?;
    let body = futures::stream::once(async move { Ok(Bytes::from(part.file)) }).boxed();
    let load = Load {
        file_name: part.file_name.to_owned(),
        body,
        mapping: Some(part.mapping.to_owned()),
        dry_run: false,
        now: Utc::now(),
    };
    let report = app.intake.load(&permit, load, &|_| {}).await.map_err(|e| words(&e))?;
    say(&format!("  {id}: {} values, {} refused", report.run.totals.added, report.run.totals.refused));
    Ok(())
}

/// An account that may hand in files for the sample's agency, with a password of this start.
async fn account(app: &App) -> Result<Option<Account>, String> {
    let id = UserId::new("demo").map_err(|error| error.to_string())?;
    if app.catalog.user(&id).await.map_err(|error| error.to_string())?.is_some() {
        return Ok(None);
    }
    let mut bytes = [0_u8; 9];
    rand::rng().fill_bytes(&mut bytes);
    let password = hex::encode(bytes);
    let user = NewUser {
        id,
        name: "Demo".to_owned(),
        agency: Some(agency("cuulong")),
        role: Role::Steward,
        password: Some(SecretString::from(password.clone())),
    };
    app.catalog.create_user(user).await.map_err(|error| error.to_string())?;
    Ok(Some(Account { user: "demo".to_owned(), password }))
}

fn agency(id: &str) -> AgencyId {
    AgencyId::new(id).expect("the sample's agencies have well-formed ids")
}

fn described(
    id: &str,
    agency_id: &str,
    theme: Theme,
    title: Text,
    description: Text,
    source: &str,
) -> Dataset {
    Dataset {
        id: DatasetId::new(id).expect("the sample's datasets have well-formed ids"),
        kind: DatasetKind::Observations,
        agency: agency(agency_id),
        title,
        description,
        theme,
        licence: "CC0-1.0".to_owned(),
        access: Access::Open,
        source: source.to_owned(),
        synthetic: true,
        created_at: Utc::now(),
    }
}

const GENERATOR: &str = "Bộ tạo số liệu mẫu của Cửu Long (crates/cuulong/src/sample/series.rs), hạt giống 1619; \
     không ai đo · Made by the sample generator of Cửu Long, seed 1619; not measured by anyone";

fn parts(gazetteer: &Gazetteer) -> Vec<Part> {
    let made_up = |vi: &str, en: &str| {
        Text::vi_en(
            &format!("SỐ LIỆU GIẢ LẬP để trình diễn, không phải số đo. {vi}"),
            &format!("SYNTHETIC data for demonstration, not measurements. {en}"),
        )
    };
    vec![
        Part {
            dataset: described(
                "salinity_2h",
                "cuulong",
                Theme::Water,
                Text::vi_en(
                    "Độ mặn 2 giờ một lần, mùa khô 2020 (giả lập)",
                    "Two-hourly salinity, dry season 2020 (synthetic)",
                ),
                made_up(
                    "Độ mặn tại các trạm thật, mỗi 2 giờ vào giờ lẻ, từ 01/01 đến 30/04/2020.",
                    "Salinity at real stations, every two hours at odd hours, 1 January to 30 April 2020.",
                ),
                GENERATOR,
            ),
            file_name: "do_man_mua_kho_2020.csv",
            file: series::salinity(&gazetteer.river_stations),
            mapping: include_str!("salinity.toml"),
        },
        Part {
            dataset: described(
                "water_level_hourly",
                "cuulong",
                Theme::Water,
                Text::vi_en("Mực nước giờ, 2020 (giả lập)", "Hourly water level, 2020 (synthetic)"),
                made_up(
                    "Mực nước tại sáu trạm thật, mỗi giờ, từ 01/01 đến 30/06/2020, cao độ Hòn Dấu.",
                    "Water level at six real stations, hourly, 1 January to 30 June 2020, Hòn Dấu datum.",
                ),
                GENERATOR,
            ),
            file_name: "muc_nuoc_gio_2020.csv",
            file: series::water_level(),
            mapping: include_str!("water_level.toml"),
        },
        Part {
            dataset: Dataset {
                access: Access::Shared,
                ..described(
                    "ec_sensor",
                    "cuulong",
                    Theme::Environment,
                    Text::vi_en(
                        "Độ dẫn điện, cảm biến thô, 02/2020 (giả lập)",
                        "Raw conductivity sensors, February 2020 (synthetic)",
                    ),
                    made_up(
                        "Độ dẫn điện mỗi giờ tại ba trạm; dùng chung giữa các cơ quan.",
                        "Hourly conductivity at three stations; shared between agencies.",
                    ),
                    GENERATOR,
                )
            },
            file_name: "ec_2020_02.csv",
            file: series::conductivity(&gazetteer.river_stations),
            mapping: include_str!("conductivity.toml"),
        },
        Part {
            dataset: Dataset {
                synthetic: false,
                licence: "dữ liệu nhà nước, khi dùng phải ghi nguồn · state data, cite the source".to_owned(),
                ..described(
                    "province_statistics",
                    "gso",
                    Theme::Agriculture,
                    Text::vi_en(
                        "Lúa theo vụ 2015–2024 và dân số 2019, 13 tỉnh cũ",
                        "Rice by season 2015–2024 and census 2019, 13 former provinces",
                    ),
                    Text::vi_en(
                        "Diện tích và sản lượng lúa theo vụ, dân số tổng điều tra 01/04/2019, theo địa giới trước 01/07/2025. \
                         Từng giá trị giữ nguồn và độ tin cậy trong tệp gốc.",
                        "Rice area and production by season, population of the census of 1 April 2019, on the geography before \
                         1 July 2025. Each value keeps its source and confidence in the original file.",
                    ),
                    "Tổng cục Thống kê, số liệu hằng năm theo tỉnh; tổng điều tra 01/04/2019 · General Statistics Office of \
                     Vietnam, yearly tables by province; census of 1 April 2019",
                )
            },
            file_name: "province_statistics.csv",
            file: reference::PROVINCE_STATISTICS.to_owned(),
            mapping: include_str!("province_statistics.toml"),
        },
        Part {
            dataset: Dataset {
                kind: DatasetKind::Features,
                synthetic: false,
                ..described(
                    "monitoring_stations",
                    "cuulong",
                    Theme::Infrastructure,
                    Text::vi_en(
                        "Trạm quan trắc thủy văn, độ mặn, triều",
                        "Hydrological, salinity and tide stations",
                    ),
                    Text::vi_en(
                        "Vị trí các trạm trong dữ liệu tham chiếu, kèm nguồn và độ tin cậy của tọa độ.",
                        "Positions of the stations in the reference data, with the source and confidence of each position.",
                    ),
                    "reference/stations.csv của hệ thống này, kèm nguồn của từng vị trí · reference/stations.csv of this \
                     system; the source of each position stands with it",
                )
            },
            file_name: "tram_quan_trac.geojson",
            file: stations::geojson(gazetteer),
            mapping: include_str!("stations.toml"),
        },
    ]
}

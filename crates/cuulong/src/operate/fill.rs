//! `cuulong fill-catalogue`: many made-up datasets and users, to measure a catalogue that is large.
//!
//! Everything it registers says that it is made up. It refuses a catalogue that has anything else.

use catalog::NewUser;
use chrono::Utc;
use model::{
    Access, Agency, AgencyId, Dataset, DatasetId, DatasetKind, DatastreamKey, PlaceId, PropertyCode,
    Statistic, Text, Theme, UserId,
};
use policy::{Grant, GrantLevel, Role, RowFilter, Scope};
use secrecy::ExposeSecret;

use super::{Done, Parts};
use crate::commands::sentence;
use crate::config::Config;
use crate::progress::count_bar;

/// Datasets that are registered together.
const TOGETHER: u64 = 1_000;
/// A user has a grant on one dataset of so many.
const GRANT_EVERY: u64 = 997;
/// Words of titles, so that a search finds some and not all.
const WORDS: [&str; 8] = [
    "độ mặn",
    "mực nước",
    "lượng mưa",
    "diện tích lúa",
    "sản lượng tôm",
    "dân số",
    "chất lượng nước",
    "sạt lở",
];

/// Registers so many datasets (with one series each, of which there is no value), and so many users of
/// twenty agencies, each with a key and with grants of its own; a line `user key` for each.
pub(crate) async fn fill(config: &Config, datasets: u64, users: u64) -> Done<Vec<String>> {
    let parts = Parts::open(config).await?;
    let failed = |error: catalog::Error| sentence(&error);
    let there = parts.catalog.datasets().await.map_err(failed)?;
    if there.iter().any(|dataset| !dataset.synthetic) {
        return Err("the catalogue has datasets that are not made up: fill an empty one".to_owned());
    }
    let mut agencies = Vec::new();
    for number in 0..20 {
        let id = AgencyId::new(&format!("made_up_{number:02}")).map_err(|error| error.to_string())?;
        let name = Text::vi_en(&format!("Cơ quan giả lập {number}"), &format!("Synthetic agency {number}"));
        parts.catalog.put_agency(&Agency { id: id.clone(), name, url: None }).await.map_err(failed)?;
        agencies.push(id);
    }
    let bar = count_bar("datasets", datasets);
    for first in (0..datasets).step_by(usize::try_from(TOGETHER).unwrap_or(1)) {
        let numbers = first..datasets.min(first + TOGETHER);
        let made: Vec<Dataset> =
            numbers.clone().map(|number| dataset(number, &agencies)).collect::<Done<_>>()?;
        parts.catalog.create_datasets(&made).await.map_err(failed)?;
        let streams: Vec<DatastreamKey> = made.iter().map(stream).collect::<Done<_>>()?;
        parts.catalog.register_datastreams(&streams).await.map_err(failed)?;
        bar.inc(made.len() as u64);
    }
    bar.finish_and_clear();
    let mut lines = Vec::new();
    for number in 0..users {
        lines.push(user(&parts, number, datasets, &agencies).await?);
    }
    Ok(lines)
}

fn pick<T: Clone>(from: &[T], number: u64) -> Done<T> {
    let at = usize::try_from(number).unwrap_or_default() % from.len().max(1);
    from.get(at).cloned().ok_or_else(|| "there is nothing to choose from".to_owned())
}

fn id(number: u64) -> Done<DatasetId> {
    DatasetId::new(&format!("made_up_{number:06}")).map_err(|error| error.to_string())
}

fn dataset(number: u64, agencies: &[AgencyId]) -> Done<Dataset> {
    let word = pick(&WORDS, number / 3)?;
    let access = match number % 10 {
        0..5 => Access::Open,
        5..8 => Access::Shared,
        _ => Access::Restricted,
    };
    Ok(Dataset {
        id: id(number)?,
        kind: DatasetKind::Observations,
        agency: pick(agencies, number)?,
        title: Text::vi_en(
            &format!("Giả lập {number}: {word} xã số {}", number % 1_000),
            &format!("Synthetic {number}: {word}"),
        ),
        description: Text::vi_en(
            "Số liệu giả lập để đo hệ thống, không có giá trị nào.",
            "Made up to measure the system; it has no values.",
        ),
        theme: pick(&Theme::ALL, number / 7)?,
        licence: "CC0-1.0".to_owned(),
        access,
        source: "Synthetic".to_owned(),
        synthetic: true,
        created_at: Utc::now(),
    })
}

fn stream(of: &Dataset) -> Done<DatastreamKey> {
    Ok(DatastreamKey {
        dataset: of.id.clone(),
        place: PlaceId::new("station:cau_noi").map_err(|error| error.to_string())?,
        property: PropertyCode::new("air_temp").map_err(|error| error.to_string())?,
        procedure: String::new(),
        statistic: Statistic::Instant,
        period: String::new(),
        unit: "Cel".to_owned(),
        datum: String::new(),
    })
}

/// A user of one of the agencies, a steward one time in five, with a key to read and write.
async fn user(parts: &Parts, number: u64, datasets: u64, agencies: &[AgencyId]) -> Done<String> {
    let failed = |error: catalog::Error| sentence(&error);
    let id = UserId::new(&format!("made_up_{number:03}")).map_err(|error| error.to_string())?;
    let role = if number.is_multiple_of(5) { Role::Steward } else { Role::User };
    let new = NewUser {
        id: id.clone(),
        name: format!("Người dùng giả lập {number}"),
        agency: Some(pick(agencies, number)?),
        role,
        password: None,
    };
    parts.catalog.create_user(new).await.map_err(failed)?;
    let mut grants = Vec::new();
    for at in (number..datasets).step_by(usize::try_from(GRANT_EVERY).unwrap_or(1)) {
        grants.push(Grant {
            dataset: self::id(at)?,
            user: Some(id.clone()),
            agency: None,
            level: GrantLevel::Read,
            rows: RowFilter::default(),
            expires_at: None,
        });
    }
    parts.catalog.add_grants(&grants).await.map_err(failed)?;
    let key = parts.catalog.create_key(&id, "bench", Scope::Write, None).await.map_err(failed)?;
    Ok(format!("{id} {}", key.expose_secret()))
}

//! The tables beside the data: places, properties, datastreams, crosswalk, datasets.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringViewArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::Date32Type;
use catalog::Gazetteer;
use chrono::NaiveDate;
use datafusion::catalog::{MemTable, TableProvider};
use model::{Position, Text};

use crate::Error;
use crate::sql::Scope;

/// One of the tables that are there for everyone.
pub(crate) async fn fixed(scope: &Arc<Scope>, name: &str) -> Result<Arc<dyn TableProvider>, Error> {
    let batch = match name {
        "datastream" => datastreams(scope).await?,
        "dataset" => datasets(scope).await?,
        _ => {
            let gazetteer = scope.engine.catalog.gazetteer().await?;
            match name {
                "place" => places(&gazetteer)?,
                "place_parent" => place_parents(&gazetteer)?,
                "property" => properties(&gazetteer)?,
                "crosswalk" => crosswalk(&gazetteer)?,
                "river_station" => river_stations(&gazetteer)?,
                other => return Err(Error::not_found(format!("table `{other}`"))),
            }
        }
    };
    Ok(Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]])?))
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch, Error> {
    let nullable = columns.into_iter().map(|(name, array)| (name, array, true));
    RecordBatch::try_from_iter_with_nullable(nullable).map_err(Error::internal)
}

fn texts<'a, T>(rows: &'a [T], text: impl Fn(&'a T) -> &'a str) -> ArrayRef {
    Arc::new(StringViewArray::from_iter_values(rows.iter().map(text)))
}

fn some_texts<'a, T>(rows: &'a [T], text: impl Fn(&'a T) -> Option<&'a str>) -> ArrayRef {
    Arc::new(rows.iter().map(text).collect::<StringViewArray>())
}

fn numbers<T>(rows: &[T], number: impl Fn(&T) -> Option<f64>) -> ArrayRef {
    Arc::new(rows.iter().map(number).collect::<Float64Array>())
}

fn days<T>(rows: &[T], day: impl Fn(&T) -> Option<NaiveDate>) -> ArrayRef {
    let days = rows.iter().map(|row| day(row).map(Date32Type::from_naive_date));
    Arc::new(days.collect::<Date32Array>())
}

/// The name in a language, where it has one.
fn english(text: &Text) -> Option<&str> {
    text.en.as_deref()
}

fn khmer(text: &Text) -> Option<&str> {
    text.km.as_deref()
}

fn places(gazetteer: &Gazetteer) -> Result<RecordBatch, Error> {
    let rows = &gazetteer.places;
    let of_place = batch(vec![
        ("place", texts(rows, |p| p.id.as_str())),
        ("scheme", texts(rows, |p| p.id.scheme())),
        ("code", texts(rows, |p| p.id.code())),
        ("kind", texts(rows, |p| p.kind.code())),
        ("name", texts(rows, |p| &p.name.vi)),
        ("name_en", some_texts(rows, |p| english(&p.name))),
        ("name_km", some_texts(rows, |p| khmer(&p.name))),
        ("type_name", some_texts(rows, |p| p.type_name.as_deref())),
        ("lon", numbers(rows, |p| p.position.map(|at| at.lon))),
        ("lat", numbers(rows, |p| p.position.map(|at| at.lat))),
        ("area_km2", numbers(rows, |p| p.area_km2)),
        ("river", some_texts(rows, |p| p.river.as_deref())),
        ("valid_from", days(rows, |p| p.valid_from)),
        ("valid_to", days(rows, |p| p.valid_to)),
        ("source", texts(rows, |p| &p.source)),
        ("confidence", texts(rows, |p| &p.confidence)),
        ("geometry", points(rows.iter().map(|p| p.position))),
    ])?;
    with_geometry(&of_place)
}

/// Positions as points in WKB, little end first (OGC 06-103r4 §8.2).
fn points(positions: impl Iterator<Item = Option<Position>>) -> ArrayRef {
    let wkb = |at: Position| {
        let mut wkb = vec![1_u8, 1, 0, 0, 0];
        wkb.extend_from_slice(&at.lon.to_le_bytes());
        wkb.extend_from_slice(&at.lat.to_le_bytes());
        wkb
    };
    Arc::new(positions.map(|position| position.map(wkb)).collect::<BinaryArray>())
}

/// Marks the geometry as such for the spatial functions.
fn with_geometry(batch: &RecordBatch) -> Result<RecordBatch, Error> {
    let schema = crate::sql::with_geometry(&batch.schema());
    RecordBatch::try_new(schema, batch.columns().to_vec()).map_err(Error::internal)
}

fn place_parents(gazetteer: &Gazetteer) -> Result<RecordBatch, Error> {
    let rows = &gazetteer.parents;
    batch(vec![
        ("place", texts(rows, |p| p.place.as_str())),
        ("parent", texts(rows, |p| p.parent.as_str())),
        ("valid_from", days(rows, |p| p.valid_from)),
        ("valid_to", days(rows, |p| p.valid_to)),
    ])
}

fn properties(gazetteer: &Gazetteer) -> Result<RecordBatch, Error> {
    let rows = &gazetteer.properties;
    batch(vec![
        ("property", texts(rows, |p| p.code.as_str())),
        ("sector", texts(rows, |p| &p.sector)),
        ("name", texts(rows, |p| &p.name.vi)),
        ("name_en", some_texts(rows, |p| english(&p.name))),
        ("name_km", some_texts(rows, |p| khmer(&p.name))),
        ("unit", texts(rows, |p| &p.unit)),
        ("kind", texts(rows, |p| p.kind.code())),
        ("plausible_min", numbers(rows, |p| p.plausible_min)),
        ("plausible_max", numbers(rows, |p| p.plausible_max)),
        ("cf_standard_name", some_texts(rows, |p| p.cf_standard_name.as_deref())),
        ("note", some_texts(rows, |p| p.note.as_deref())),
        ("confidence", texts(rows, |p| &p.confidence)),
    ])
}

fn crosswalk(gazetteer: &Gazetteer) -> Result<RecordBatch, Error> {
    let rows = &gazetteer.crosswalk;
    batch(vec![
        ("from_place", texts(rows, |c| c.from.as_str())),
        ("to_place", texts(rows, |c| c.to.as_str())),
        ("effective", days(rows, |c| Some(c.effective))),
        ("share_area", numbers(rows, |c| c.share_area)),
        ("share_population", numbers(rows, |c| c.share_population)),
        ("weight_area_km2", numbers(rows, |c| c.weight_area_km2)),
        ("weight_population", numbers(rows, |c| c.weight_population)),
        ("source", texts(rows, |c| &c.source)),
        ("confidence", texts(rows, |c| &c.confidence)),
    ])
}

fn river_stations(gazetteer: &Gazetteer) -> Result<RecordBatch, Error> {
    let rows = &gazetteer.river_stations;
    batch(vec![
        ("mouth", texts(rows, |r| r.mouth.as_str())),
        ("place", texts(rows, |r| r.station.as_str())),
        ("km", numbers(rows, |r| Some(r.km))),
        ("source", texts(rows, |r| &r.source)),
        ("confidence", texts(rows, |r| &r.confidence)),
    ])
}

/// The datastreams of readable datasets, without those that a row filter hides.
async fn datastreams(scope: &Arc<Scope>) -> Result<RecordBatch, Error> {
    let mut rows = Vec::new();
    for dataset in scope.observation_datasets() {
        let member = scope.member(&dataset, scope.at()).await?;
        let allowed = member.permit.rows();
        let of_dataset = member.streams.datastreams().iter();
        rows.extend(of_dataset.filter(|ds| allowed.allows(&ds.key.place, &ds.key.property)).cloned());
    }
    let rows = &rows;
    batch(vec![
        ("datastream", Arc::new(rows.iter().map(|ds| ds.id.0).collect::<Int64Array>())),
        ("dataset", texts(rows, |ds| ds.key.dataset.as_str())),
        ("place", texts(rows, |ds| ds.key.place.as_str())),
        ("property", texts(rows, |ds| ds.key.property.as_str())),
        ("procedure", texts(rows, |ds| &ds.key.procedure)),
        ("statistic", texts(rows, |ds| ds.key.statistic.code())),
        ("period", texts(rows, |ds| &ds.key.period)),
        ("unit", texts(rows, |ds| &ds.key.unit)),
        ("datum", texts(rows, |ds| &ds.key.datum)),
    ])
}

/// The datasets that the principal may know of; `readable` says which of them are tables.
async fn datasets(scope: &Arc<Scope>) -> Result<RecordBatch, Error> {
    let rows = &scope.visible().await?;
    let mut versions = Vec::with_capacity(rows.len());
    let mut totals = Vec::with_capacity(rows.len());
    let mut committed = Vec::with_capacity(rows.len());
    for dataset in rows {
        let version = match scope.at() {
            crate::At::KnownAt(time) => scope.engine.catalog.version_at(&dataset.id, time).await?,
            _ => scope.engine.catalog.latest_version(&dataset.id).await?,
        };
        versions.push(version.as_ref().and_then(|v| i64::try_from(v.version.0).ok()));
        // How much a dataset holds is told to those who may read all of it.
        let open = !scope.has_row_filter(&dataset.id);
        totals.push(version.as_ref().filter(|_| open).and_then(|v| i64::try_from(v.total).ok()));
        committed.push(version.map(|v| v.committed_at.timestamp_micros()));
    }
    let created =
        rows.iter().map(|d| Some(d.created_at.timestamp_micros())).collect::<TimestampMicrosecondArray>();
    let committed = committed.into_iter().collect::<TimestampMicrosecondArray>();
    let readable = rows.iter().map(|d| Some(scope.readable(d.id.as_str()).is_some()));
    batch(vec![
        ("dataset", texts(rows, |d| d.id.as_str())),
        ("kind", texts(rows, |d| d.kind.code())),
        ("agency", texts(rows, |d| d.agency.as_str())),
        ("title", texts(rows, |d| &d.title.vi)),
        ("title_en", some_texts(rows, |d| english(&d.title))),
        ("title_km", some_texts(rows, |d| khmer(&d.title))),
        ("theme", texts(rows, |d| d.theme.code())),
        ("licence", texts(rows, |d| &d.licence)),
        ("access", texts(rows, |d| d.access.code())),
        ("source", texts(rows, |d| &d.source)),
        ("synthetic", Arc::new(rows.iter().map(|d| Some(d.synthetic)).collect::<BooleanArray>())),
        ("readable", Arc::new(readable.collect::<BooleanArray>())),
        ("version", Arc::new(versions.into_iter().collect::<Int64Array>())),
        ("total", Arc::new(totals.into_iter().collect::<Int64Array>())),
        ("committed_at", Arc::new(committed.with_timezone("UTC"))),
        ("created_at", Arc::new(created.with_timezone("UTC"))),
    ])
}

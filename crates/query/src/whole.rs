//! All rows of a dataset, for a file; and beforehand how many there are, where they lie and what
//! their series are.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};
use chrono::{DateTime, Utc};
use futures::StreamExt;
use model::{Bbox, DatasetId, PlaceId, PropertyCode, TimeRange};
use policy::Principal;

use crate::{Engine, Error, Parameter, Sql, SqlAnswer};

/// Which rows go into a file.
#[derive(Debug, Clone)]
pub struct WholeRequest {
    /// The dataset.
    pub dataset: DatasetId,
    /// As it was known at this instant.
    pub as_known_at: DateTime<Utc>,
    /// Which of its rows.
    pub rows: WholeRows,
}

/// Which rows of a dataset.
#[derive(Debug, Clone)]
pub enum WholeRows {
    /// Of observations.
    Observations {
        /// Only of this place.
        place: Option<PlaceId>,
        /// Only of this property.
        property: Option<PropertyCode>,
        /// Only of this time.
        time: TimeRange,
    },
    /// Of features.
    Features {
        /// Only those whose box meets this one.
        bbox: Option<Bbox>,
    },
}

/// How much a file will hold.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct WholeSize {
    /// Its rows.
    pub rows: u64,
    /// West, south, east and north of its features, where any has a shape.
    pub bbox: Option<[f64; 4]>,
}

/// A series of which there may be rows in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct WholeSeries {
    /// Its number.
    pub datastream: i64,
    /// Its place.
    pub place: String,
    /// The place's name.
    pub name: String,
    /// Longitude and latitude of the place, where they are known.
    pub position: Option<[f64; 2]>,
    /// What is observed.
    pub property: String,
    /// The name of what is observed.
    pub title: String,
    /// Its name in the CF conventions, where it has one.
    pub standard_name: Option<String>,
    /// The unit, in UCUM.
    pub unit: String,
    /// What a result says of its period.
    pub statistic: String,
    /// The period that a result is of.
    pub period: String,
}

impl WholeRequest {
    /// What rows have to be like, with the values in it, and the order that is always the same.
    fn conditions(&self) -> (String, Vec<Parameter>, &'static str) {
        let mut conditions = Vec::new();
        let mut parameters = Vec::new();
        let mut only = |condition: &str, value: Parameter| {
            parameters.push(value);
            conditions.push(format!("{condition} ${}", parameters.len()));
        };
        let order = match &self.rows {
            WholeRows::Observations { place, property, time } => {
                if let Some(place) = place {
                    only("place =", Parameter::Text(place.to_string()));
                }
                if let Some(property) = property {
                    only("property =", Parameter::Text(property.to_string()));
                }
                if let Some(from) = time.from {
                    only("phenomenon_time >=", Parameter::Time(from));
                }
                if let Some(to) = time.to {
                    only("phenomenon_time <", Parameter::Time(to));
                }
                "datastream, phenomenon_time"
            }
            WholeRows::Features { bbox } => {
                if let Some(bbox) = bbox {
                    only("xmin <=", Parameter::Float(bbox.east));
                    only("xmax >=", Parameter::Float(bbox.west));
                    only("ymin <=", Parameter::Float(bbox.north));
                    only("ymax >=", Parameter::Float(bbox.south));
                }
                "feature"
            }
        };
        let only = match conditions.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", conditions.join(" AND ")),
        };
        (only, parameters, order)
    }

    fn sql(&self, text: String, parameters: Vec<Parameter>) -> Sql {
        Sql { parameters, as_known_at: Some(self.as_known_at), is_whole: true, ..Sql::new(text) }
    }
}

impl Engine {
    /// The rows in an order that is always the same, as many as there are.
    pub async fn whole(&self, principal: &Principal, request: &WholeRequest) -> Result<SqlAnswer, Error> {
        let (only, parameters, order) = request.conditions();
        let text = format!("SELECT * FROM \"{}\"{only} ORDER BY {order}", request.dataset);
        self.sql(principal, request.sql(text, parameters)).await
    }

    /// How many rows [`Engine::whole`] gives, and where they lie.
    pub async fn whole_size(
        &self,
        principal: &Principal,
        request: &WholeRequest,
    ) -> Result<WholeSize, Error> {
        let (only, parameters, _) = request.conditions();
        let columns = match request.rows {
            WholeRows::Observations { .. } => "count(*)",
            WholeRows::Features { .. } => "count(*), min(xmin), min(ymin), max(xmax), max(ymax)",
        };
        let text = format!("SELECT {columns} FROM \"{}\"{only}", request.dataset);
        let mut answer = self.sql(principal, request.sql(text, parameters)).await?;
        let mut size = WholeSize::default();
        while let Some(batch) = answer.batches.next().await.transpose()? {
            if batch.num_rows() == 0 {
                continue;
            }
            let rows = batch.column(0).as_primitive_opt::<Int64Type>().map(|rows| rows.value(0));
            size.rows = rows.and_then(|rows| u64::try_from(rows).ok()).unwrap_or_default();
            let edges: Vec<f64> = (1..batch.num_columns())
                .filter_map(|at| number(&batch, at, 0))
                .filter(|edge| edge.is_finite())
                .collect();
            size.bbox = edges.try_into().ok();
        }
        Ok(size)
    }

    /// The series of observations that may have rows in [`Engine::whole`], with what is known of them.
    pub async fn whole_series(
        &self,
        principal: &Principal,
        request: &WholeRequest,
    ) -> Result<Vec<WholeSeries>, Error> {
        let WholeRows::Observations { place, property, .. } = &request.rows else { return Ok(Vec::new()) };
        let mut parameters = vec![Parameter::Text(request.dataset.to_string())];
        let mut only = String::new();
        let chosen = [
            ("place", place.as_ref().map(ToString::to_string)),
            ("property", property.as_ref().map(ToString::to_string)),
        ];
        for (column, value) in chosen {
            if let Some(value) = value {
                parameters.push(Parameter::Text(value));
                only.push_str(&format!(" AND d.{column} = ${}", parameters.len()));
            }
        }
        let text = format!(
            "SELECT d.datastream, d.place, p.name, p.lon, p.lat, d.property, q.name, q.cf_standard_name, \
             d.unit, d.statistic, d.period FROM datastream d LEFT JOIN place p ON p.place = d.place \
             LEFT JOIN property q ON q.property = d.property WHERE d.dataset = $1{only} ORDER BY d.datastream"
        );
        let mut answer = self.sql(principal, request.sql(text, parameters)).await?;
        let mut series = Vec::new();
        while let Some(batch) = answer.batches.next().await.transpose()? {
            for row in 0..batch.num_rows() {
                let datastream = batch.column(0).as_primitive_opt::<Int64Type>().map(|at| at.value(row));
                let position = number(&batch, 3, row).zip(number(&batch, 4, row));
                series.push(WholeSeries {
                    datastream: datastream.unwrap_or_default(),
                    place: text_of(&batch, 1, row).unwrap_or_default(),
                    name: text_of(&batch, 2, row).unwrap_or_default(),
                    position: position.map(|(lon, lat)| [lon, lat]),
                    property: text_of(&batch, 5, row).unwrap_or_default(),
                    title: text_of(&batch, 6, row).unwrap_or_default(),
                    standard_name: text_of(&batch, 7, row).filter(|name| !name.is_empty()),
                    unit: text_of(&batch, 8, row).unwrap_or_default(),
                    statistic: text_of(&batch, 9, row).unwrap_or_default(),
                    period: text_of(&batch, 10, row).unwrap_or_default(),
                });
            }
        }
        // A place that is named twice makes no second series.
        series.dedup_by_key(|series| series.datastream);
        Ok(series)
    }
}

fn number(batch: &RecordBatch, column: usize, row: usize) -> Option<f64> {
    let numbers = batch.column(column).as_primitive_opt::<Float64Type>()?;
    numbers.is_valid(row).then(|| numbers.value(row))
}

fn text_of(batch: &RecordBatch, column: usize, row: usize) -> Option<String> {
    let texts = batch.column(column).as_string_opt::<i32>()?;
    texts.is_valid(row).then(|| texts.value(row).to_owned())
}

//! All rows of a dataset, for a file.

use chrono::{DateTime, Utc};
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

impl Engine {
    /// The rows in an order that is always the same, as many as there are.
    pub async fn whole(&self, principal: &Principal, request: WholeRequest) -> Result<SqlAnswer, Error> {
        let mut conditions = Vec::new();
        let mut parameters = Vec::new();
        let mut only = |condition: &str, value: Parameter| {
            parameters.push(value);
            conditions.push(format!("{condition} ${}", parameters.len()));
        };
        let order = match request.rows {
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
        let text = format!("SELECT * FROM \"{}\"{only} ORDER BY {order}", request.dataset);
        let sql =
            Sql { parameters, as_known_at: Some(request.as_known_at), is_whole: true, ..Sql::new(text) };
        self.sql(principal, sql).await
    }
}

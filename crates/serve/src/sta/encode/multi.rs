//! Series that are observed together, and what was observed (18-088 §13).

use model::Quality as Flag;
use serde_json::{Map, Value, json};
use standards::sta::{
    Interval, MultiDatastream, Observation, Quality, ResultQuality, UnitOfMeasurement, to_map,
};

use super::{COMPLEX, MEASUREMENT, origin, place_name, point, result_of, with_said};
use crate::sta::node::Together;
use crate::sta::resolve::Context;
use crate::sta::said;
use crate::sta::world::MultiAt;

/// The words of a group, as far as they follow from its series.
pub(super) fn datastream(ctx: &Context, at: MultiAt) -> MultiDatastream {
    let series = &ctx.world.multis[at].series;
    let parts: Vec<_> = series.iter().map(|at| super::datastream(ctx, *at)).collect();
    let key = ctx.world.key_of(at);
    let names: Vec<String> = series.iter().map(|at| super::property_name(ctx, *at)).collect();
    let (dataset, _) = ctx.world.dataset(series[0]);
    let statistics: Vec<&str> = parts.iter().map(|part| part.properties.statistic).collect();
    let periods: Vec<Option<&str>> =
        parts.iter().map(|part| Some(part.properties.period).filter(|period| !period.is_empty())).collect();
    let properties = json!({
        "dataset": dataset.id.as_str(),
        "statistics": statistics,
        "periods": periods,
        "datastreams": series.iter().map(|at| ctx.world.stream(*at).id.0).collect::<Vec<_>>(),
        "synthetic": dataset.synthetic,
        "licence": dataset.licence,
    });
    MultiDatastream {
        name: format!("{} – {}", names.join(", "), place_name(ctx, &key.place)),
        description: parts.first().map(|part| part.description.clone()).unwrap_or_default(),
        observation_type: COMPLEX,
        multi_observation_data_types: vec![MEASUREMENT; series.len()],
        unit_of_measurements: series
            .iter()
            .map(|at| UnitOfMeasurement::ucum(&ctx.world.stream(*at).key.unit))
            .collect(),
        observed_area: point(ctx, &key.place),
        properties: match properties {
            Value::Object(properties) => properties,
            _ => Map::new(),
        },
    }
}

/// What was observed together: a list of results, and the worst of their flags.
pub(super) fn together(ctx: &Context, together: &Together, parameters: bool) -> Observation {
    let present = || together.values.iter().flatten();
    let results = together.values.iter().map(|value| value.as_ref().map_or(Value::Null, result_of));
    let worst = present().map(|value| value.quality).max_by_key(|flag| badness(*flag));
    let mut origins = Map::new();
    if parameters {
        let series = &ctx.world.multis[together.of].series;
        let of_value = |(value, at): (&Option<query::ObservedValue>, &usize)| {
            value.as_ref().map_or(Value::Null, |value| Value::Object(to_map(&origin(ctx, value, *at))))
        };
        origins.insert("results".to_owned(), together.values.iter().zip(series).map(of_value).collect());
    }
    let flag =
        Quality { name_of_measure: "QARTOD", flag: worst.unwrap_or(Flag::Missing).code(), tests: None };
    // What is observed together is written together: the same is said of all of it.
    let said = present().find_map(|value| said::of(ctx, value)).unwrap_or_default();
    with_said(
        said,
        Observation {
            phenomenon_time: Interval { start: together.time, end: present().find_map(|value| value.end) },
            result_time: None,
            result: results.collect(),
            result_quality: ResultQuality::Flag(flag),
            valid_time: None,
            parameters: origins,
        },
    )
}

/// How much a flag warns of a value.
fn badness(flag: Flag) -> u8 {
    match flag {
        Flag::Pass => 0,
        Flag::NotEvaluated => 1,
        Flag::Suspect => 2,
        Flag::Missing => 3,
        Flag::Fail => 4,
    }
}

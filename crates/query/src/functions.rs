//! The functions of our own that SQL offers beside DataFusion's.

mod age;
mod binary;
mod bounded;
mod boxes;
mod clocks;
mod cont;
mod digits;
mod divisor;
mod ewkb;
mod exact;
mod figures;
mod floats;
mod instants;
mod json;
mod keywords;
mod listed;
mod lookup;
mod measures;
mod mode;
mod moments;
mod parts;
mod pg_text;
mod quoting;
mod reshaped;
mod rounded;
mod spans;
mod summand;
mod text;
mod time;
mod to_char;
mod trace;
mod trunc;
mod zone;

use datafusion::error::Result;
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::ScalarUDF;

pub(crate) use boxes::{BOXES_MEET, box_asked_for};
pub(crate) use divisor::divisor;
pub use ewkb::{push as push_ewkb, push_hex as push_ewkb_hex};
pub(crate) use exact::round_to;
pub use floats::{push_double, push_real};
pub(crate) use instants::instant_at;
pub use instants::push as push_instant;
pub(crate) use json::within_json;
pub(crate) use keywords::{Keyword, keywords};
pub(crate) use lookup::StreamColumn;
pub use spans::push_span;
pub(crate) use spans::{span_length, span_times};
pub(crate) use time::bucket_start;
pub(crate) use trace::trace_path;

/// `timezone` of a session that shows instants in a zone.
pub(crate) fn timezone_in(zone: &str) -> ScalarUDF {
    ScalarUDF::from(zone::Timezone::within(zone))
}

/// Casts between times with a zone and without, in a zone that is named.
pub(crate) fn clocks() -> ScalarUDF {
    ScalarUDF::from(clocks::Clocks::new())
}

/// A value as the text that PostgreSQL writes it as.
pub(crate) fn pg_text() -> ScalarUDF {
    ScalarUDF::from(pg_text::PgText::new())
}

/// Registers the spatial functions and our own, and puts bounds on those that grow without.
pub(crate) fn register(context: &SessionContext) {
    geodatafusion::register(context);
    context.register_udf(ScalarUDF::from(text::Fold::new()));
    context.register_udf(ScalarUDF::from(time::LocalPart::day()));
    context.register_udf(ScalarUDF::from(time::LocalPart::month()));
    context.register_udf(ScalarUDF::from(time::TimeBucket::new()));
    context.register_udf(ScalarUDF::from(trace::Trace::new()));
    context.register_udf(pg_text());
    context.register_udf(ScalarUDF::from(pg_text::PgText::shown()));
    context.register_udf(clocks());
    context.register_udf(ScalarUDF::from(zone::Timezone::new()));
    context.register_udf(ScalarUDF::from(age::Age::new()));
    context.register_udf(ScalarUDF::from(parts::Part::new()));
    context.register_udf(ScalarUDF::from(listed::Listed::new()));
    context.register_udf(ScalarUDF::from(to_char::ToChar::new()));
    context.register_udf(ScalarUDF::from(summand::Summand::new()));
    context.register_udf(ScalarUDF::from(mode::ListMode::new()));
    context.register_udf(ScalarUDF::from(cont::ListCont::new()));
    context.register_udf(ScalarUDF::from(text::Fold::unaccent()));
    context.register_udf(span_times());
    context.register_udf(span_length());
    context.register_udf(divisor());
    boxes::functions().into_iter().for_each(|function| context.register_udf(function));
    binary::functions().into_iter().for_each(|function| context.register_udf(function));
    exact::functions().into_iter().for_each(|function| context.register_udf(function));
    figures::functions().into_iter().for_each(|function| context.register_udf(function));
    measures::functions().into_iter().for_each(|function| context.register_udf(function));
    reshaped::functions().into_iter().for_each(|function| context.register_udf(function));
    json::functions().into_iter().for_each(|function| context.register_udf(function));
    moments::functions().into_iter().for_each(|function| context.register_udf(function));
    quoting::functions().into_iter().for_each(|function| context.register_udf(function));
    rounded::functions().into_iter().for_each(|function| context.register_udf(function));
    trunc::register(context);
    bounded::restrain(context);
}

/// The function as bytes, when it is one that statements cannot name: the tables' plans have it, or
/// it stands for an operator.
pub(crate) fn written(function: &ScalarUDF) -> Result<Option<Vec<u8>>> {
    match function.inner().as_ref().downcast_ref::<StreamColumn>() {
        Some(column) => column.written().map(Some),
        None => Ok(None),
    }
}

/// The function of this name and these bytes, when it is one of those.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<Option<ScalarUDF>> {
    if name == bounded::JOINED {
        return Ok(Some(bounded::joined()));
    }
    if bytes.is_empty() {
        return Ok(None);
    }
    Ok(Some(ScalarUDF::from(StreamColumn::read(name, bytes)?)))
}

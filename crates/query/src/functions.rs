//! The functions of our own that SQL offers beside DataFusion's.

mod bounded;
mod lookup;
mod text;
mod time;
mod trace;

use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::ScalarUDF;

pub(crate) use lookup::StreamColumn;
pub(crate) use time::bucket_start;
pub(crate) use trace::trace_path;

/// Registers the spatial functions and our own, and puts bounds on those that grow without.
pub(crate) fn register(context: &SessionContext) {
    geodatafusion::register(context);
    context.register_udf(ScalarUDF::from(text::Fold::new()));
    context.register_udf(ScalarUDF::from(time::LocalPart::day()));
    context.register_udf(ScalarUDF::from(time::LocalPart::month()));
    context.register_udf(ScalarUDF::from(time::TimeBucket::new()));
    context.register_udf(ScalarUDF::from(trace::Trace::new()));
    bounded::restrain(context);
}

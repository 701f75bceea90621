//! Bounds on functions whose results can be far larger than what they are given: the memory pool
//! counts what operators keep, not what a function makes.

use std::sync::Arc;

use arrow::array::{Array, AsArray, StringViewBuilder};
use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::DFSchema;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::FunctionRegistry;
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::expr_rewriter::FunctionRewrite;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, ExprSchemable, Operator, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility, cast,
};

/// The most bytes that one call may make of one batch of rows.
const MOST_BYTES: usize = 256 << 20;

/// Functions that make as much as a number in their arguments says: not offered.
const UNBOUNDED: [&str; 12] = [
    "repeat",
    "lpad",
    "rpad",
    "array_repeat",
    "list_repeat",
    "array_resize",
    "list_resize",
    "range",
    "generate_series",
    "gen_series",
    "chr",
    "version",
];

/// Functions that make at most the sum of their arguments, and those that make at most a product.
const SUMS: [&str; 10] = [
    "concat",
    "concat_ws",
    "overlay",
    "array_concat",
    "array_cat",
    "list_concat",
    "list_cat",
    "make_array",
    "array_append",
    "array_prepend",
];
const PRODUCTS: [&str; 5] = ["replace", "regexp_replace", "translate", "array_to_string", "array_join"];

/// Takes away what has no bound, and bounds the rest.
pub(super) fn restrain(context: &SessionContext) {
    for name in UNBOUNDED {
        context.deregister_udf(name);
    }
    for (names, grows) in [(&SUMS[..], Grows::Sum), (&PRODUCTS[..], Grows::Product)] {
        for name in names {
            let found = context.state().scalar_functions().get(*name).cloned();
            // An alias leads to the function itself, which is bounded once.
            if let Some(inner) = found.filter(|function| !is_bounded(function)) {
                context.register_udf(ScalarUDF::from(Bounded { inner, grows }));
            }
        }
    }
    let rewrite = context.state_ref().write().register_function_rewrite(Arc::new(JoinTexts));
    rewrite.expect("the session's own registry takes rewrites");
}

fn is_bounded(function: &ScalarUDF) -> bool {
    function.inner().as_ref().is::<Bounded>()
}

/// How a function's result grows with its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Grows {
    Sum,
    Product,
}

/// A function of DataFusion that looks at the size of its arguments first.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Bounded {
    inner: Arc<ScalarUDF>,
    grows: Grows,
}

/// The bytes that one argument holds over so many rows.
fn bytes(argument: &ColumnarValue, rows: usize) -> Result<usize> {
    let (array, times) = match argument {
        ColumnarValue::Array(array) => (array.clone(), 1),
        ColumnarValue::Scalar(scalar) => (scalar.to_array()?, rows),
    };
    let one = match array.data_type() {
        DataType::Utf8View => array.as_string_view().lengths().map(|length| length as usize).sum(),
        _ => array.to_data().get_slice_memory_size()?,
    };
    Ok(one.saturating_mul(times))
}

fn within_bounds(arguments: &[ColumnarValue], rows: usize, grows: Grows) -> Result<()> {
    let mut sizes = Vec::with_capacity(arguments.len());
    for argument in arguments {
        sizes.push(bytes(argument, rows)?);
    }
    let most = match grows {
        Grows::Sum => sizes.iter().fold(0, |sum: usize, size| sum.saturating_add(*size)),
        Grows::Product => {
            let each = sizes.iter().skip(1).map(|size| size / rows.max(1)).max().unwrap_or(0);
            sizes.first().copied().unwrap_or(0).saturating_mul(each + 1)
        }
    };
    if most > MOST_BYTES {
        return Err(DataFusionError::ResourcesExhausted("a text or a list grows without bound".to_owned()));
    }
    Ok(())
}

impl ScalarUDFImpl for Bounded {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arguments)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(arguments)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        within_bounds(&args.args, args.number_rows, self.grows)?;
        self.inner.invoke_with_args(args)
    }
}

/// Turns `a || b` of texts into a call of [`Joined`].
#[derive(Debug)]
struct JoinTexts;

impl FunctionRewrite for JoinTexts {
    fn name(&self) -> &str {
        "join_texts"
    }

    fn rewrite(&self, expr: Expr, schema: &DFSchema, _config: &ConfigOptions) -> Result<Transformed<Expr>> {
        let Expr::BinaryExpr(BinaryExpr { left, op: Operator::StringConcat, right }) = expr else {
            return Ok(Transformed::no(expr));
        };
        let text = |side: &Expr| {
            side.get_type(schema).is_ok_and(|of| of.is_string() || of.is_numeric() || of.is_null())
        };
        if !text(&left) || !text(&right) {
            return Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr {
                left,
                op: Operator::StringConcat,
                right,
            })));
        }
        let as_text = |side: Expr| cast(side, DataType::Utf8View);
        let joined =
            ScalarUDF::from(Joined(Signature::uniform(2, vec![DataType::Utf8View], Volatility::Immutable)));
        Ok(Transformed::yes(joined.call(vec![as_text(*left), as_text(*right)])))
    }
}

/// Two texts, one after the other; null when one of them is.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Joined(Signature);

impl ScalarUDFImpl for Joined {
    fn name(&self) -> &str {
        "joined"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        within_bounds(&args.args, args.number_rows, Grows::Sum)?;
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let (left, right) = (arrays[0].as_string_view(), arrays[1].as_string_view());
        let mut joined = StringViewBuilder::with_capacity(left.len());
        let mut text = String::new();
        for (left, right) in left.iter().zip(right) {
            match (left, right) {
                (Some(left), Some(right)) => {
                    text.clear();
                    text.push_str(left);
                    text.push_str(right);
                    joined.append_value(&text);
                }
                _ => joined.append_null(),
            }
        }
        Ok(ColumnarValue::Array(Arc::new(joined.finish())))
    }
}

//! Bounds on functions whose results can be far larger than what they are given: the memory pool
//! counts what operators keep, not what a function makes.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, StringViewBuilder};
use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::DFSchema;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::FunctionRegistry;
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::expr::ScalarFunction;
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
    let mut bounded = HashMap::new();
    for (names, grows) in [(&SUMS[..], Grows::Sum), (&PRODUCTS[..], Grows::Product)] {
        for name in names {
            let found = context.state().scalar_functions().get(*name).cloned();
            // An alias leads to the function itself, which is bounded once.
            if let Some(inner) = found.filter(|function| !is_bounded(function)) {
                let function = ScalarUDF::from(Bounded { inner, grows });
                bounded.insert(function.name().to_owned(), Arc::new(function.clone()));
                context.register_udf(function);
            }
        }
    }
    let rewrite = context.state_ref().write().register_function_rewrite(Arc::new(Restrain { bounded }));
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

/// Turns `a || b` of texts into a call of [`Joined`], and the functions that operators on lists stand
/// for into those that are bounded.
#[derive(Debug)]
struct Restrain {
    bounded: HashMap<String, Arc<ScalarUDF>>,
}

impl FunctionRewrite for Restrain {
    fn name(&self) -> &str {
        "restrain"
    }

    fn rewrite(&self, expr: Expr, schema: &DFSchema, _config: &ConfigOptions) -> Result<Transformed<Expr>> {
        let (left, right) = match expr {
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::StringConcat, right }) => (left, right),
            Expr::ScalarFunction(mut call) if !is_bounded(&call.func) => {
                let Some(bounded) = self.bounded.get(call.func.name()) else {
                    return Ok(Transformed::no(Expr::ScalarFunction(call)));
                };
                call.func = bounded.clone();
                return Ok(Transformed::yes(Expr::ScalarFunction(call)));
            }
            other => return Ok(Transformed::no(other)),
        };
        let text = |side: &Expr| {
            is_joined(side)
                || side.get_type(schema).is_ok_and(|of| of.is_string() || of.is_numeric() || of.is_null())
        };
        if !text(&left) || !text(&right) {
            return Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr {
                left,
                op: Operator::StringConcat,
                right,
            })));
        }
        // `a || b || c` becomes one call: a call in a call for each would be planned in cubic time.
        let mut arguments = Vec::new();
        for side in [*left, *right] {
            match side {
                Expr::ScalarFunction(call) if is_joined_call(&call) => arguments.extend(call.args),
                other => arguments.push(cast(other, DataType::Utf8View)),
            }
        }
        Ok(Transformed::yes(joined().call(arguments)))
    }
}

fn is_joined(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarFunction(call) if is_joined_call(call))
}

fn is_joined_call(call: &ScalarFunction) -> bool {
    call.func.inner().as_ref().is::<Joined>()
}

/// The name of [`Joined`], which no statement can call by it.
pub(super) const JOINED: &str = "joined";

/// The function that `||` between texts stands for.
pub(super) fn joined() -> ScalarUDF {
    ScalarUDF::from(Joined(Signature::variadic(vec![DataType::Utf8View], Volatility::Immutable)))
}

/// Texts, one after the other; null when one of them is.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Joined(Signature);

impl ScalarUDFImpl for Joined {
    fn name(&self) -> &str {
        JOINED
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
        let texts: Vec<_> = arrays.iter().map(|array| array.as_string_view()).collect();
        let rows = texts.first().map_or(0, |text| text.len());
        let mut joined = StringViewBuilder::with_capacity(rows);
        let mut row_text = String::new();
        for row in 0..rows {
            if texts.iter().any(|text| text.is_null(row)) {
                joined.append_null();
                continue;
            }
            row_text.clear();
            texts.iter().for_each(|text| row_text.push_str(text.value(row)));
            joined.append_value(&row_text);
        }
        Ok(ColumnarValue::Array(Arc::new(joined.finish())))
    }
}

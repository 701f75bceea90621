//! Doubles that PostgreSQL has as decimals: numbers with a point that are written out, means and sums of whole numbers
//! and of decimals, and what is computed of them. A decimal in the middle is rounded away from zero, a double to the even
//! neighbour (PostgreSQL 15, §8.1.2); which of the two a value is follows from what it was made of.

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::Result;
use datafusion::logical_expr::expr::{ScalarFunction, WindowFunctionDefinition};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Operator, lit};

use crate::functions::round_to;

/// Functions that round what they are given, write it so, or tell what it is.
const ROUNDING: [&str; 6] = ["pg_round", "pg_int2", "pg_int4", "pg_int8", "pg_to_char", "pg_typeof"];

/// Functions that make a decimal of decimals.
const KEEPING: [&str; 19] = [
    "abs",
    "ceil",
    "coalesce",
    "exp",
    "floor",
    "greatest",
    "least",
    "ln",
    "log",
    "log10",
    "nullif",
    "pg_div",
    "pg_round",
    "pg_round_to",
    "pg_trunc_to",
    "power",
    "signum",
    "sqrt",
    "trunc",
];

/// Aggregates that make a decimal of decimals, and those that make one of whole numbers, too.
const OF_DECIMALS: [&str; 3] = ["max", "min", "sum"];
const OF_NUMBERS: [&str; 8] =
    ["avg", "stddev", "stddev_pop", "stddev_samp", "var", "var_pop", "var_samp", "var_sample"];

/// The plan in which decimals that are held in doubles are rounded as decimals.
pub(super) fn rounded(plan: LogicalPlan) -> Result<LogicalPlan> {
    let rounded = plan.transform_up_with_subqueries(|node| {
        let is_asked = |expr: &Expr| expr.exists(|one| Ok(is_rounding(one))).unwrap_or(false);
        if !node.expressions().iter().any(is_asked) {
            return Ok(Transformed::no(node));
        }
        let columns = Columns::under(&node);
        let names = NamePreserver::new(&node);
        node.map_expressions(|expr| {
            let name = names.save(&expr);
            let expr = expr.transform_up(|expr| Ok(columns.rounded(expr)))?;
            Ok(expr.update_data(|expr| name.restore(expr)))
        })
    })?;
    Ok(rounded.data)
}

fn is_rounding(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarFunction(call) if ROUNDING.contains(&call.name()))
}

/// What a number is in PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Whole,
    Decimal,
    /// Nothing, which takes the kind of what stands beside it.
    Nothing,
    Other,
}

/// The columns that an expression names, with whether each is a decimal that is held in a double.
struct Columns {
    schema: DFSchema,
    are_decimals: Vec<bool>,
}

impl Columns {
    /// Those that the expressions of a node name.
    fn under(node: &LogicalPlan) -> Columns {
        let (mut schema, mut are_decimals) = (DFSchema::empty(), Vec::new());
        for input in node.inputs() {
            schema.merge(input.schema());
            are_decimals.extend(decimals(input));
        }
        // Columns of one name are merged.
        are_decimals.resize(schema.fields().len(), false);
        Columns { schema, are_decimals }
    }

    fn rounded(&self, mut expr: Expr) -> Transformed<Expr> {
        let Expr::ScalarFunction(call) = &mut expr else { return Transformed::no(expr) };
        let name = call.name().to_owned();
        if !ROUNDING.contains(&name.as_str()) {
            return Transformed::no(expr);
        }
        let is_decimal = call.args.first().is_some_and(|value| self.is_held_in_double(value));
        match (name.as_str(), call.args.as_mut_slice()) {
            (_, _) if !is_decimal => return Transformed::no(expr),
            ("pg_typeof", [_]) => return Transformed::yes(lit("numeric")),
            ("pg_to_char", [_, _]) => call.args.push(lit(true)),
            ("pg_round", [value]) => {
                let whole = round_to().call(vec![std::mem::replace(value, lit(0)), lit(0)]);
                return Transformed::yes(whole);
            }
            (_, [value]) => *value = round_to().call(vec![std::mem::replace(value, lit(0)), lit(0)]),
            _ => return Transformed::no(expr),
        }
        Transformed::yes(expr)
    }

    fn is_held_in_double(&self, expr: &Expr) -> bool {
        self.kind(expr) == Kind::Decimal
            && expr.get_type(&self.schema).is_ok_and(|of| of == DataType::Float64)
    }

    fn kind(&self, expr: &Expr) -> Kind {
        match expr {
            Expr::Alias(alias) => self.kind(&alias.expr),
            Expr::Negative(inner) => self.kind(inner),
            Expr::Literal(ScalarValue::Float64(Some(_)), _) => Kind::Decimal,
            Expr::Column(column) => {
                let place = self.schema.maybe_index_of_column(column);
                match place.and_then(|place| self.are_decimals.get(place)) {
                    Some(true) => Kind::Decimal,
                    _ => self.kind_of_type(expr),
                }
            }
            Expr::BinaryExpr(binary) => match binary.op {
                Operator::Plus | Operator::Minus | Operator::Multiply | Operator::Modulo => {
                    joined([self.kind(&binary.left), self.kind(&binary.right)])
                }
                // Shares are made of doubles, whatever is divided.
                Operator::Divide => joined([self.kind(bare(&binary.left)), self.kind(bare(&binary.right))]),
                _ => Kind::Other,
            },
            Expr::Case(case) => {
                let then = case.when_then_expr.iter().map(|(_, then)| &**then);
                joined(then.chain(case.else_expr.as_deref()).map(|one| self.kind(one)))
            }
            Expr::ScalarFunction(call) => self.kind_of_call(call, expr),
            Expr::AggregateFunction(call) => {
                self.kind_of_aggregate(call.func.name(), call.params.args.first(), expr)
            }
            Expr::WindowFunction(call) => {
                let WindowFunctionDefinition::AggregateUDF(function) = &call.fun else {
                    return call.params.args.first().map_or(Kind::Other, |value| self.kind(value));
                };
                self.kind_of_aggregate(function.name(), call.params.args.first(), expr)
            }
            Expr::ScalarSubquery(query) => match decimals(&query.subquery).first() {
                Some(true) => Kind::Decimal,
                _ => self.kind_of_type(expr),
            },
            _ => self.kind_of_type(expr),
        }
    }

    fn kind_of_call(&self, call: &ScalarFunction, expr: &Expr) -> Kind {
        if !KEEPING.contains(&call.name()) {
            return self.kind_of_type(expr);
        }
        match joined(call.args.iter().map(|argument| self.kind(argument))) {
            Kind::Decimal => Kind::Decimal,
            _ => self.kind_of_type(expr),
        }
    }

    fn kind_of_aggregate(&self, name: &str, value: Option<&Expr>, expr: &Expr) -> Kind {
        let of = value.map_or(Kind::Other, |value| self.kind(value));
        match of {
            Kind::Decimal if OF_DECIMALS.contains(&name) => Kind::Decimal,
            Kind::Decimal | Kind::Whole if OF_NUMBERS.contains(&name) => Kind::Decimal,
            _ => self.kind_of_type(expr),
        }
    }

    fn kind_of_type(&self, expr: &Expr) -> Kind {
        match expr.get_type(&self.schema) {
            Ok(of) if of.is_integer() => Kind::Whole,
            Ok(DataType::Decimal128(..) | DataType::Decimal256(..)) => Kind::Decimal,
            Ok(DataType::Null) => Kind::Nothing,
            _ => Kind::Other,
        }
    }
}

/// What numbers are together.
fn joined(kinds: impl IntoIterator<Item = Kind>) -> Kind {
    let two = |one: Kind, other: Kind| match (one, other) {
        (Kind::Nothing, kind) | (kind, Kind::Nothing) => kind,
        (Kind::Other, _) | (_, Kind::Other) => Kind::Other,
        (Kind::Decimal, _) | (_, Kind::Decimal) => Kind::Decimal,
        (Kind::Whole, Kind::Whole) => Kind::Whole,
    };
    kinds.into_iter().fold(Kind::Nothing, two)
}

/// What was divided, or what it was divided by, before it was made a double.
fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Cast(inner) if *inner.field.data_type() == DataType::Float64 => &inner.expr,
        Expr::ScalarFunction(call) if call.name() == "divisor" => call.args.first().unwrap_or(expr),
        other => other,
    }
}

/// Which columns of a plan are decimals that are held in doubles.
fn decimals(plan: &LogicalPlan) -> Vec<bool> {
    let count = plan.schema().fields().len();
    let of = |columns: &Columns, exprs: &mut dyn Iterator<Item = &Expr>| -> Vec<bool> {
        exprs.map(|expr| columns.is_held_in_double(expr)).collect()
    };
    let found: Vec<bool> = match plan {
        LogicalPlan::Projection(node) => of(&Columns::under(plan), &mut node.expr.iter()),
        LogicalPlan::Aggregate(node) => {
            of(&Columns::under(plan), &mut node.group_expr.iter().chain(&node.aggr_expr))
        }
        LogicalPlan::Window(node) => {
            let mut found = decimals(&node.input);
            found.extend(of(&Columns::under(plan), &mut node.window_expr.iter()));
            found
        }
        LogicalPlan::Values(node) => {
            let columns = Columns { schema: DFSchema::empty(), are_decimals: Vec::new() };
            let column = |at: usize| {
                let kinds = node.values.iter().filter_map(|row| row.get(at)).map(|value| columns.kind(value));
                let is_double = *plan.schema().field(at).data_type() == DataType::Float64;
                is_double && joined(kinds) == Kind::Decimal
            };
            (0..count).map(column).collect()
        }
        LogicalPlan::Union(node) => {
            let all: Vec<Vec<bool>> = node.inputs.iter().map(|input| decimals(input)).collect();
            (0..count).map(|at| all.iter().all(|one| one.get(at) == Some(&true))).collect()
        }
        LogicalPlan::Filter(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Distinct(_)
        | LogicalPlan::Repartition(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Join(_) => plan.inputs().into_iter().flat_map(decimals).collect(),
        _ => Vec::new(),
    };
    if found.len() == count { found } else { vec![false; count] }
}

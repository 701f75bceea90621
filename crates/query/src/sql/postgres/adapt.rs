//! Statements in PostgreSQL's words as the planner reads them: names of its catalogue, its operators
//! and types, and the functions that say what the server and the session are.

use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    AccessExpr, ArrayElemTypeDef, BinaryOperator, CastKind, DataType as SqlType, ExactNumberInfo, Expr,
    Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, LimitClause, ObjectName,
    ObjectNamePart, Query, Select, SetExpr, Subscript, TableAlias, TableAliasColumnDef, TableFactor,
    TimezoneInfo, UnaryOperator, Value, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::super::parameters::innermost;
use super::super::scope::Scope;
use super::super::session::CATALOG;
use super::emptied::{self, described};
use super::tables::SCHEMAS;
use super::types::PgType;
use super::{
    Postgres, SCHEMA, casts, decimals, exists, lateral, naming, operators, row_values, series, shapes,
    similar, small, twins, unnested, whole_rows,
};

/// What an adapted statement needs beyond what the session has.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Needs {
    /// Functions that say what numbers of the catalogue mean.
    pub(super) asks_numbers: bool,
    /// A function that is not offered, and where what it makes is to be had.
    pub(super) refused: Option<(&'static str, shapes::Elsewhere)>,
}

/// Turns a statement into one that the planner takes.
pub(super) fn adapt(statement: &mut Statement, postgres: &Postgres, scope: &Arc<Scope>) -> Needs {
    let Some(inner) = innermost(statement) else { return Needs::default() };
    if let Some(other) = super::introspection::simpler(inner) {
        *inner = other;
    }
    let mut adapter = Adapter { postgres, scope, needs: Needs::default() };
    let _ = inner.visit(&mut adapter);
    adapter.needs
}

pub(super) struct Adapter<'a> {
    pub(super) postgres: &'a Postgres,
    pub(super) scope: &'a Arc<Scope>,
    pub(super) needs: Needs,
}

impl VisitorMut for Adapter<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if let SetExpr::Select(select) = query.body.as_mut() {
            series::read_from(select);
        }
        unnested::put_beside(query);
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        exists::counted(&mut select.projection);
        lateral::number_rows(select);
        naming::name_columns(&mut select.projection);
        whole_rows::spell_out(select);
        // What distinct rows are ordered by has to be given as it is.
        if select.distinct.is_none() {
            small::narrow(&mut select.projection);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        emptied::empty(select);
        twins::tell_apart(select);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if emptied::is_emptied(query) {
            query.order_by = None;
        }
        limit_by_fetch(query);
        limit_by_number(query);
        small::narrow_values(query);
        // Nothing is written here, so that there is nothing to lock.
        query.locks.clear();
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let Some(other) = emptied::of_function(factor) {
            *factor = other;
        }
        without_heirs(factor);
        cut_into_rows(factor);
        series::as_the_planner_has_it(factor);
        ControlFlow::Continue(())
    }

    fn post_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<()> {
        if let (Some((schema, table)), 1) = (described(relation), relation.0.len()) {
            *relation = ObjectName::from(vec![Ident::new(schema), Ident::new(table)]);
        }
        // There is one database, by whatever name the client calls it.
        if relation.0.len() == 3
            && let Some(first) = relation.0.first().and_then(ObjectNamePart::as_ident)
            && first.value == self.postgres.database
        {
            relation.0[0] = ObjectNamePart::Identifier(Ident::new(CATALOG));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Some(name) = self.name_of_object(expr) {
            *expr = name;
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Some(other) = self.other(expr) {
            *expr = other;
        }
        ControlFlow::Continue(())
    }
}

impl Adapter<'_> {
    /// What stands for the expression, if it is one of PostgreSQL's own.
    fn other(&mut self, expr: &mut Expr) -> Option<Expr> {
        if let Some(compared) = row_values::compared(expr) {
            return Some(compared);
        }
        match expr {
            Expr::SimilarTo { .. } => similar::similar(expr),
            Expr::Value(value) => match &value.value {
                Value::UnicodeStringLiteral(text) => Some(text_of(text)),
                _ => None,
            },
            Expr::Interval(interval) => casts::interval(interval),
            Expr::UnaryOp { op, expr } => match op {
                // The planner puts the sign before the first part only.
                UnaryOperator::Minus if matches!(**expr, Expr::Interval(_)) => {
                    parsed(&format!("span_times({expr}, -1)"))
                }
                UnaryOperator::PGSquareRoot => parsed(&format!("sqrt({expr})")),
                UnaryOperator::PGCubeRoot => parsed(&format!("cbrt({expr})")),
                UnaryOperator::PGAbs => parsed(&format!("abs({expr})")),
                UnaryOperator::BitwiseNot => parsed(&format!("(-({expr}) - 1)")),
                _ => None,
            },
            Expr::Collate { expr, .. } => Some(std::mem::replace(expr.as_mut(), null())),
            Expr::Subquery(query) => match emptied::value(query) {
                Some(value) => Some(Expr::Value(value.into())),
                None => {
                    emptied::one(query);
                    lateral::first_value(query)
                }
            },
            Expr::Exists { subquery, negated } if emptied::is_emptied(subquery) => Some(truth(*negated)),
            Expr::InSubquery { subquery, negated, .. } if emptied::is_emptied(subquery) => {
                Some(truth(*negated))
            }
            Expr::BinaryOp { left, op, right } => {
                if let BinaryOperator::PGCustomBinaryOperator(parts) = op
                    && let Some(known) = operators::named(parts.last()?)
                {
                    *op = known;
                }
                if matches!(op, BinaryOperator::Eq | BinaryOperator::NotEq) && is_procedure(left) {
                    // No procedure is written so.
                    if right.to_string() == "0" {
                        **right = text_of("-");
                    }
                }
                if *op == BinaryOperator::PGBitwiseXor {
                    *op = BinaryOperator::BitwiseXor;
                }
                match op {
                    BinaryOperator::PGExp => {
                        parsed(&format!("power(CAST({left} AS DOUBLE), CAST({right} AS DOUBLE))"))
                    }
                    BinaryOperator::StringConcat => {
                        casts::keep_digits(left, right);
                        None
                    }
                    BinaryOperator::PGStartsWith => parsed(&format!("starts_with({left}, {right})")),
                    BinaryOperator::PGOverlap => shapes::overlap(left, right),
                    BinaryOperator::LtDashGt => shapes::distance(left, right),
                    op => decimals::computed(left, op, right),
                }
            }
            Expr::CompoundFieldAccess { root, access_chain } => field_of(root, access_chain),
            Expr::Extract { field, expr, .. } => parsed(&part_of(&field.to_string(), expr)),
            Expr::Substring { expr, substring_from: Some(pattern), substring_for: None, .. }
                if literal(pattern).is_some() =>
            {
                parsed(&format!("regexp_match({expr}, {pattern})[1]"))
            }
            Expr::AtTimeZone { timestamp, time_zone } => {
                parsed(&format!("timezone({time_zone}, {timestamp})"))
            }
            Expr::Like { pattern, escape_char, .. } | Expr::ILike { pattern, escape_char, .. } => {
                super::patterns::escape_by_backslash(pattern, escape_char);
                None
            }
            Expr::Identifier(name) if name.quote_style.is_none() => self.word(&name.value.to_lowercase()),
            Expr::Function(function) => self.function(function),
            Expr::Cast { kind, expr: inner, data_type, .. } => {
                if matches!(kind, CastKind::DoubleColon) {
                    *kind = CastKind::Cast;
                }
                self.cast(inner, data_type)
            }
            Expr::TypedString(typed) => {
                let text = typed.value.value.clone().into_string()?;
                let inner = text_of(&text);
                let mut inner = Box::new(inner);
                let mut to = typed.data_type.clone();
                let cast = self.cast(&mut inner, &mut to);
                if cast.is_none() {
                    typed.data_type = to;
                    if let Expr::Value(value) = *inner {
                        typed.value = value;
                    }
                }
                cast
            }
            _ => None,
        }
    }

    /// `'t'::regclass::text`, `'int4'::regtype::text`: the name of a table or a type.
    fn name_of_object(&self, expr: &Expr) -> Option<Expr> {
        let Expr::Cast { expr: object, data_type: SqlType::Text | SqlType::Varchar(None), .. } = expr else {
            return None;
        };
        let Expr::Cast { expr: name, data_type, .. } = &**object else { return None };
        let Expr::Value(name) = &**name else { return None };
        let name = name.value.clone().into_string()?;
        match type_name(data_type).as_str() {
            "regclass" if self.scope.has_table(&name) => Some(text_of(&name)),
            "regtype" => PgType::of_name(&name).map(|of| text_of(of.sql)),
            _ => None,
        }
    }

    pub(super) fn word(&self, name: &str) -> Option<Expr> {
        Some(match name {
            "current_schema" => text_of(SCHEMA),
            "current_catalog" => text_of(&self.postgres.database),
            "current_user" | "session_user" | "user" | "current_role" => text_of(&self.postgres.user),
            _ => return None,
        })
    }

    /// A cast to a type that the planner does not know.
    fn cast(&mut self, inner: &mut Box<Expr>, to: &mut SqlType) -> Option<Expr> {
        let name = type_name(to);
        if let Some(other) =
            shapes::cast(&name, inner).or_else(|| casts::cast(inner, to, self.postgres.there()))
        {
            return Some(other);
        }
        match name.as_str() {
            "regclass" => Some(match literal(inner) {
                Some(text) => self.class(&text),
                None => {
                    self.needs.asks_numbers = true;
                    parsed(&format!("{}({inner})", super::numbered::CLASS))?
                }
            }),
            "regnamespace" => Some(match literal(inner) {
                Some(name) => number(SCHEMAS.iter().find(|(_, known)| *known == name)?.0),
                None => schema_name(inner)?,
            }),
            "regrole" => Some(text_of(&self.postgres.user)),
            "regtype" => Some(match literal(inner) {
                Some(text) => PgType::of_name(&text).map_or_else(null, |of| number(i64::from(of.oid))),
                None => format_type(&std::mem::replace(inner.as_mut(), null())),
            }),
            "oid" => parsed(&format!("pg_oid({inner})")),
            "regproc" | "regprocedure" if literal(inner).is_some() => {
                Some(text_of(super::numbered::bare(&literal(inner)?)))
            }
            "regproc" | "regprocedure" => {
                *to = SqlType::Text;
                None
            }
            "xid" | "cid" => {
                *to = SqlType::BigInt(None);
                None
            }
            // The old lists of the catalogue are written without brackets.
            "text" if is_vector(inner) => parsed(&format!("array_to_string({inner}, ' ')")),
            "text" | "varchar" | "charactervarying" if !matches!(**inner, Expr::Value(_)) => {
                parsed(&format!("pg_text({inner})"))
            }
            "json" => parsed(&format!("pg_json({inner})")),
            "jsonb" => parsed(&format!("pg_jsonb({inner})")),
            "name"
            | "char"
            | "cstring"
            | "uuid"
            | "bpchar"
            | "character"
            | "charactervarying"
            | "varchar"
            | "citext"
            | "information_schema.sql_identifier"
            | "information_schema.character_data" => {
                *to = SqlType::Text;
                None
            }
            // A name that is written with its schema.
            name if matches!(to, SqlType::Custom(..)) => {
                let known = match name {
                    "text" => SqlType::Text,
                    "bool" | "boolean" => SqlType::Boolean,
                    "int2" | "smallint" => SqlType::SmallInt(None),
                    "int4" | "integer" | "int" => SqlType::Integer(None),
                    "int8" | "bigint" => SqlType::BigInt(None),
                    "float4" | "real" => SqlType::Real,
                    "float8" => SqlType::Double(ExactNumberInfo::None),
                    "date" => SqlType::Date,
                    "timestamp" => SqlType::Timestamp(None, TimezoneInfo::None),
                    "timestamptz" => SqlType::Timestamp(None, TimezoneInfo::WithTimeZone),
                    _ => return None,
                };
                *to = known;
                self.cast(inner, to)
            }
            name if name.ends_with("[]") => listed(&literal(inner)?, to),
            _ => None,
        }
    }
}

/// A list that is written as a text, `{a,"b c",NULL}`, with its items in their type.
fn listed(text: &str, to: &SqlType) -> Option<Expr> {
    let items = crate::sql::list_items(text)?;
    let of = match to {
        SqlType::Array(ArrayElemTypeDef::SquareBracket(item, _)) => item.to_string(),
        _ => String::new(),
    };
    let plain =
        ["smallint", "int", "bigint", "real", "float", "double", "numeric", "bool", "date", "timestamp"];
    let is_plain = plain.iter().any(|name| of.to_lowercase().starts_with(name));
    let item = |item: Option<String>| match item {
        None => "NULL".to_owned(),
        Some(text) if is_plain => format!("CAST({} AS {of})", quoted(&text)),
        Some(text) => quoted(&text),
    };
    let listed = format!("make_array({})", items.into_iter().map(item).collect::<Vec<_>>().join(", "));
    match is_plain && listed == "make_array()" {
        true => parsed(&format!("CAST({listed} AS {of}[])")),
        false => parsed(&listed),
    }
}

/// The name of the column that an expression is.
fn column_of(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Identifier(name) => Some(&name.value),
        Expr::CompoundIdentifier(parts) => parts.last().map(|name| name.value.as_str()),
        _ => None,
    }
}

/// Whether an expression is a column that names a procedure.
fn is_procedure(expr: &Expr) -> bool {
    matches!(column_of(expr), Some("typinput" | "typoutput" | "typreceive" | "typsend"))
}

/// `ONLY t`: no table here has others that inherit of it.
fn without_heirs(factor: &mut TableFactor) {
    let TableFactor::Table { name, args: None, alias: Some(alias), .. } = factor else { return };
    if name.to_string().eq_ignore_ascii_case("only") && !alias.explicit && alias.columns.is_empty() {
        *name = ObjectName::from(vec![alias.name.clone()]);
        if let TableFactor::Table { alias, .. } = factor {
            *alias = None;
        }
    }
}

/// Functions that give the pieces of a text in rows, as the items of a list of them.
pub(super) fn cut_into_rows(factor: &mut TableFactor) {
    // The name of a list's items is that of their column (§7.2.1.4).
    if let TableFactor::UNNEST { alias: Some(alias), array_exprs, .. } = factor
        && alias.columns.is_empty()
        && array_exprs.len() == 1
    {
        alias.columns.push(TableAliasColumnDef { name: alias.name.clone(), data_type: None });
    }
    let (name, given, alias, has_places) = match factor {
        TableFactor::Table { name, args: Some(given), alias, with_ordinality, .. } => {
            (name, &given.args, alias, *with_ordinality)
        }
        TableFactor::Function { name, args, alias, with_ordinality, .. } => {
            (name, &*args, alias, *with_ordinality)
        }
        _ => return,
    };
    let name = name.to_string().to_lowercase();
    let shown: Vec<String> = given.iter().map(ToString::to_string).collect();
    let list = match (name.as_str(), shown.as_slice()) {
        ("regexp_split_to_table", _) => format!("regexp_split_to_array({})", shown.join(", ")),
        ("string_to_table", _) => format!("string_to_array({})", shown.join(", ")),
        ("unnest", [list]) => list.clone(),
        _ => return,
    };
    let Some(items) = parsed(&list) else { return };
    let mut alias = alias.take().unwrap_or_else(|| TableAlias {
        explicit: true,
        name: Ident::new(name),
        columns: Vec::new(),
        at: None,
    });
    if alias.columns.is_empty() {
        alias.columns.push(TableAliasColumnDef { name: alias.name.clone(), data_type: None });
    }
    *factor = TableFactor::UNNEST {
        alias: Some(alias),
        array_exprs: vec![items],
        with_offset: false,
        with_offset_alias: None,
        with_ordinality: has_places,
    };
}

/// A part of a time as a number that is divided as such (§9.9.1).
pub(super) fn part_of(name: &str, time: &Expr) -> String {
    let name = name.trim_matches(['\'', '"']).to_lowercase();
    format!("pg_part({}, {time})", quoted(&name))
}

/// Bounds that are given as texts, as drivers send parameters of which they know no type.
fn limit_by_number(query: &mut Query) {
    let Some(LimitClause::LimitOffset { limit, offset, .. }) = &mut query.limit_clause else { return };
    for bound in limit.iter_mut().chain(offset.iter_mut().map(|offset| &mut offset.value)) {
        if let Expr::Value(value) = &*bound
            && let Some(rows) = value.value.clone().into_string().and_then(|text| text.trim().parse().ok())
        {
            *bound = number(rows);
        }
    }
}

/// `FETCH FIRST n ROWS ONLY` as the limit that it is.
fn limit_by_fetch(query: &mut Query) {
    let Some(fetch) = query.fetch.take_if(|fetch| !fetch.percent && !fetch.with_ties) else { return };
    let rows = fetch.quantity.unwrap_or_else(|| number(1));
    match &mut query.limit_clause {
        Some(LimitClause::LimitOffset { limit: limit @ None, .. }) => *limit = Some(rows),
        none @ None => {
            *none = Some(LimitClause::LimitOffset { limit: Some(rows), offset: None, limit_by: Vec::new() });
        }
        _ => {}
    }
}

/// `(expression).field`, of a list's expanded items, and items of the old lists, which are counted from 0.
fn field_of(root: &Expr, fields: &[AccessExpr]) -> Option<Expr> {
    if let [before @ .., AccessExpr::Subscript(Subscript::Index { index })] = fields
        && before
            .last()
            .map_or_else(|| is_vector(root), |last| matches!(last, AccessExpr::Dot(name) if is_vector(name)))
    {
        let list = Expr::CompoundFieldAccess { root: Box::new(root.clone()), access_chain: before.to_vec() };
        return parsed(&format!("array_element({list}, {index} + 1)"));
    }
    // PostgreSQL counts from 1 and knows nothing before it; the planner counts such from the end.
    if let [before @ .., AccessExpr::Subscript(Subscript::Index { index: Expr::UnaryOp { op, .. } })] = fields
        && *op == UnaryOperator::Minus
    {
        let list = Expr::CompoundFieldAccess { root: Box::new(root.clone()), access_chain: before.to_vec() };
        return parsed(&format!("array_element({list}, 0)"));
    }
    let mut text = root.to_string();
    for field in fields {
        let AccessExpr::Dot(Expr::Identifier(name)) = field else { return None };
        text = format!("get_field({text}, {})", quoted(&name.value));
    }
    parsed(&text)
}

/// Whether a list is one of rights or options, which no table here has.
pub(super) fn is_of_rights(list: &Expr) -> bool {
    match list {
        Expr::Identifier(name) => name.value.ends_with("acl") || name.value.ends_with("options"),
        Expr::CompoundIdentifier(parts) => {
            parts.last().is_some_and(|name| name.value.ends_with("acl") || name.value.ends_with("options"))
        }
        Expr::BinaryOp { left, .. } => is_of_rights(left),
        Expr::Value(value) => value.value == Value::Null,
        _ => false,
    }
}

/// The name of a type of a number.
pub(super) fn format_type(of: &Expr) -> Expr {
    parsed(&format!("format_type({of}, NULL)")).unwrap_or_else(null)
}

/// The name of a schema of which the expression is the number.
fn schema_name(of: &Expr) -> Option<Expr> {
    let mut case = format!("CASE {of}");
    for (number, name) in SCHEMAS {
        case.push_str(&format!(" WHEN {number} THEN {}", quoted(name)));
    }
    parsed(&format!("{case} END"))
}

/// Whether an expression is a column of one of the old lists.
pub(super) fn is_vector(expr: &Expr) -> bool {
    matches!(column_of(expr), Some("indkey" | "indoption" | "indclass" | "indcollation"))
}

/// A type's name, in lower case, without the catalogue's.
fn type_name(of: &SqlType) -> String {
    if let SqlType::Array(ArrayElemTypeDef::SquareBracket(item, _)) = of {
        return format!("{}[]", type_name(item));
    }
    let text = of.to_string().to_lowercase().replace(['"', ' '], "");
    text.trim_start_matches("pg_catalog.").to_owned()
}

pub(super) fn arguments(function: &Function) -> Vec<Expr> {
    let FunctionArguments::List(list) = &function.args else { return Vec::new() };
    let plain = |argument: &FunctionArg| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    };
    list.args.iter().filter_map(plain).collect()
}

/// How many items a list has that is written out.
pub(super) fn list_length(list: &Expr) -> Option<usize> {
    let Expr::Function(function) = list else { return None };
    (function.name.to_string() == "make_array").then(|| arguments(function).len())
}

/// The text of a literal, whatever it is cast to.
pub(super) fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => value.value.clone().into_string(),
        Expr::Cast { expr, .. } | Expr::Nested(expr) => literal(expr),
        _ => None,
    }
}

/// The longest words that stand for an expression. Some name a part of it twice: within each other they would
/// double with every level, without an end.
const LONGEST: usize = 64 << 10;

/// The expression of some words; none for words that grew too long.
pub(super) fn parsed(text: &str) -> Option<Expr> {
    if text.len() > LONGEST {
        return None;
    }
    Parser::new(&PostgreSqlDialect {}).try_with_sql(text).ok()?.parse_expr().ok()
}

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

pub(super) fn text_of(text: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(text.to_owned()).into())
}

pub(super) fn number(number: i64) -> Expr {
    Expr::Value(Value::Number(number.to_string(), false).into())
}

pub(super) fn truth(truth: bool) -> Expr {
    Expr::Value(Value::Boolean(truth).into())
}

pub(super) fn null() -> Expr {
    Expr::Value(Value::Null.into())
}

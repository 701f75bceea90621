//! Statements in PostgreSQL's words as the planner reads them: names of its catalogue, its operators
//! and types, and the functions that say what the server and the session are.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::catalog::SchemaProvider;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    ArrayElemTypeDef, BinaryOperator, CastKind, DataType as SqlType, ExactNumberInfo, Expr, Function,
    FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName, ObjectNamePart, Query, Select,
    SelectItem, SelectItemQualifiedWildcardKind, TimezoneInfo, Value, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::super::parameters::innermost;
use super::super::scope::Scope;
use super::super::session::{CATALOG, Tables};
use super::emptied::{self, described, name_of_expr};
use super::tables::SETTINGS;
use super::types::{ALL, PgType};
use super::{Postgres, SCHEMA, table_oid};

/// What separates a column's name from what makes it the only one: the planner takes a name once.
pub(super) const TWIN: char = '\u{1}';
/// The most tables that numbers are turned into names of in one expression.
const MOST_NAMES: usize = 500;

/// Turns a statement into one that the planner takes.
pub(in crate::sql) fn adapt(statement: &mut Statement, postgres: &Postgres, scope: &Arc<Scope>) {
    let Some(inner) = innermost(statement) else { return };
    let mut adapter = Adapter { postgres, scope, names: None };
    let _ = inner.visit(&mut adapter);
}

struct Adapter<'a> {
    postgres: &'a Postgres,
    scope: &'a Arc<Scope>,
    /// The tables, once something asks for their names.
    names: Option<Vec<String>>,
}

impl VisitorMut for Adapter<'_> {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        name_columns(&mut select.projection);
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        emptied::empty(select);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if emptied::is_emptied(query) {
            query.order_by = None;
        }
        // Nothing is written here, so that there is nothing to lock.
        query.locks.clear();
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
        match expr {
            Expr::Collate { expr, .. } => Some(std::mem::replace(expr.as_mut(), null())),
            Expr::Subquery(query) => match emptied::value(query) {
                Some(value) => Some(Expr::Value(value.into())),
                None => {
                    emptied::one(query);
                    None
                }
            },
            Expr::Exists { subquery, negated } if emptied::is_emptied(subquery) => Some(truth(*negated)),
            Expr::InSubquery { subquery, negated, .. } if emptied::is_emptied(subquery) => {
                Some(truth(*negated))
            }
            Expr::BinaryOp { op, .. } => {
                if let BinaryOperator::PGCustomBinaryOperator(parts) = op
                    && let Some(known) = operator(parts.last()?)
                {
                    *op = known;
                }
                None
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
                if cast.is_none() && to != typed.data_type {
                    typed.data_type = to;
                }
                cast
            }
            _ => None,
        }
    }

    fn word(&mut self, name: &str) -> Option<Expr> {
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
        match name.as_str() {
            "regclass" => Some(match literal(inner) {
                Some(text) => self.class(&text),
                None => {
                    let inner = std::mem::replace(inner.as_mut(), null());
                    self.class_name(&inner)
                }
            }),
            "regtype" => Some(match literal(inner) {
                Some(text) => PgType::of_name(&text).map_or_else(null, |of| number(i64::from(of.oid))),
                None => format_type(&std::mem::replace(inner.as_mut(), null())),
            }),
            "oid" | "xid" | "cid" => {
                *to = SqlType::BigInt(None);
                None
            }
            "name"
            | "regproc"
            | "regprocedure"
            | "regnamespace"
            | "regrole"
            | "char"
            | "cstring"
            | "json"
            | "jsonb"
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
                None
            }
            name if name.ends_with("[]") => {
                let text = literal(inner)?;
                let list = text.strip_prefix('{')?.strip_suffix('}')?;
                let items =
                    list.split(',').filter(|item| !item.is_empty()).map(|item| item.trim_matches('"'));
                parsed(&format!("make_array({})", items.map(quoted).collect::<Vec<_>>().join(", ")))
            }
            _ => None,
        }
    }

    fn function(&mut self, function: &mut Function) -> Option<Expr> {
        let parts: Vec<&Ident> = function.name.0.iter().map(|part| part.as_ident()).collect::<Option<_>>()?;
        let name = match parts.as_slice() {
            [name] => name.value.to_lowercase(),
            [schema, name] if schema.value.eq_ignore_ascii_case("pg_catalog") => name.value.to_lowercase(),
            _ => return None,
        };
        if parts.len() == 2 {
            function.name = ObjectName::from(vec![Ident::new(name.clone())]);
        }
        // Lists of what the catalogue says to rights and roles, of which there are none.
        if name == "array" && matches!(function.args, FunctionArguments::Subquery(_)) {
            return Some(null());
        }
        let arguments = arguments(function);
        let first = arguments.first();
        Some(match name.as_str() {
            "version" => text_of(&Postgres::version()),
            "current_schema" | "current_database" | "current_catalog" | "current_user" | "session_user"
            | "user" | "current_role" => match name.as_str() {
                "current_database" => text_of(&self.postgres.database),
                other => self.word(other)?,
            },
            "current_schemas" => parsed("make_array('pg_catalog', 'public')")?,
            "pg_backend_pid" => number(i64::from(self.postgres.process)),
            "pg_is_in_recovery" | "pg_is_other_temp_schema" => truth(false),
            "pg_my_temp_schema"
            | "pg_relation_size"
            | "pg_table_size"
            | "pg_total_relation_size"
            | "pg_indexes_size"
            | "pg_database_size"
            | "inet_server_port" => number(0),
            name if name.starts_with("pg_") && name.ends_with("_is_visible") => truth(true),
            "has_schema_privilege" | "has_database_privilege" | "has_function_privilege" => truth(true),
            "has_table_privilege" | "has_any_column_privilege" | "has_column_privilege" => {
                truth(literal(arguments.last()?).is_some_and(|right| right.eq_ignore_ascii_case("select")))
            }
            "array_to_string" if first.is_some_and(is_of_rights) => null(),
            "pg_size_pretty" => text_of("0 bytes"),
            "pg_get_userbyid" => text_of(&self.postgres.user),
            "pg_encoding_to_char" => text_of("UTF8"),
            "format_type" => format_type(first?),
            "quote_ident" => first?.clone(),
            "to_regclass" | "regclass" => self.class(&literal(first?)?),
            "format" => super::patterns::formatted(&arguments)?,
            // The one list that has its length asked for is that of the schemas.
            "array_upper" => number(i64::try_from(list_length(first?)?).ok()?),
            "to_regtype" => {
                let found = PgType::of_name(&literal(first?)?);
                found.map_or_else(null, |of| number(i64::from(of.oid)))
            }
            "obj_description" => {
                // Correlated by the number of the table: the titles stand in `pg_description` too.
                null()
            }
            "col_description"
            | "shobj_description"
            | "pg_get_expr"
            | "pg_get_constraintdef"
            | "pg_get_indexdef"
            | "pg_get_viewdef"
            | "pg_get_partkeydef"
            | "pg_get_ruledef"
            | "pg_get_triggerdef"
            | "pg_get_serial_sequence"
            | "pg_get_functiondef"
            | "inet_server_addr"
            | "inet_client_addr"
            | "pg_tablespace_location"
            | "pg_get_statisticsobjdef_columns" => null(),
            "current_setting" => {
                let name = literal(first?)?.to_lowercase();
                let known = SETTINGS.iter().find(|(known, _)| *known == name);
                known.map_or_else(null, |(_, value)| text_of(value))
            }
            "set_config" => arguments.get(1)?.clone(),
            "txid_current" | "pg_current_xact_id" => number(1),
            _ => return None,
        })
    }

    /// The number of a table that is named, if there is one.
    fn class(&self, name: &str) -> Expr {
        let name = name.rsplit('.').next().unwrap_or(name).trim_matches('"');
        if name.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() {
            return parsed(name).unwrap_or_else(null);
        }
        // What the catalogue has no rows for has a number all the same: clients compare with it.
        let fixed = [("pg_class", 1259), ("pg_namespace", 2615), ("pg_type", 1247), ("pg_database", 1262)];
        if let Some((_, oid)) = fixed.iter().find(|(known, _)| *known == name) {
            return number(*oid);
        }
        if self.scope.has_table(name) { number(table_oid(name)) } else { null() }
    }

    /// The name of a table of which the expression is the number.
    fn class_name(&mut self, of: &Expr) -> Expr {
        let scope = self.scope;
        let names =
            self.names.get_or_insert_with(|| Tables { scope: scope.clone(), postgres: None }.table_names());
        if names.len() > MOST_NAMES {
            return parsed(&format!("CAST({of} AS VARCHAR)")).unwrap_or_else(null);
        }
        let mut case = format!("CASE {of}");
        for name in names {
            // Writing to a text does not fail.
            let _ = write!(case, " WHEN {} THEN {}", table_oid(name), quoted(name));
        }
        case.push_str(&format!(" ELSE CAST({of} AS VARCHAR) END"));
        parsed(&case).unwrap_or_else(null)
    }
}

/// Gives every column a name, as PostgreSQL does, that is the only one.
fn name_columns(projection: &mut [SelectItem]) {
    let tables: Vec<String> = projection.iter().filter_map(whole_table).collect();
    let is_given_twice = |expr: &Expr, seen: &HashSet<String>| match expr {
        // `t.oid, t.*`: the column comes once more with the table.
        Expr::CompoundIdentifier(parts) => {
            let table = parts.iter().rev().nth(1).map(|table| table.value.to_lowercase());
            let of_table = |whole: &String| whole.is_empty() || Some(whole) == table.as_ref();
            tables.iter().any(of_table) || seen.contains(&expr.to_string())
        }
        _ => !tables.is_empty() || seen.contains(&expr.to_string()),
    };
    let mut seen = HashSet::new();
    for item in projection {
        match item {
            SelectItem::UnnamedExpr(expr @ (Expr::Identifier(_) | Expr::CompoundIdentifier(_)))
                if !is_given_twice(expr, &seen) =>
            {
                seen.insert(expr.to_string());
            }
            SelectItem::UnnamedExpr(expr) => {
                let is_column = matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
                let name = name_of_expr(expr).map_or_else(|| "?column?".to_owned(), |name| name.value);
                let mut only = if is_column { format!("{name}{TWIN}1") } else { name.clone() };
                let mut twin = 1;
                while !seen.insert(only.clone()) {
                    twin += 1;
                    only = format!("{name}{TWIN}{twin}");
                }
                let expr = std::mem::replace(expr, null());
                *item = SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', only) };
            }
            SelectItem::ExprWithAlias { alias, .. } => {
                seen.insert(alias.value.clone());
            }
            _ => {}
        }
    }
}

/// The table of which all columns are given; an empty name for those of every table.
fn whole_table(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::Wildcard(_) => Some(String::new()),
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
            let table = name.0.last()?.as_ident()?;
            Some(table.value.to_lowercase())
        }
        _ => None,
    }
}

/// A column's name as it is shown.
pub(super) fn shown(name: &str) -> &str {
    name.split(TWIN).next().unwrap_or(name)
}

/// Whether a list is one of rights or options, which no table here has.
fn is_of_rights(list: &Expr) -> bool {
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
fn format_type(of: &Expr) -> Expr {
    let mut case = format!("CASE {of}");
    for known in ALL {
        let _ = write!(case, " WHEN {} THEN {}", known.oid, quoted(known.sql));
    }
    case.push_str(" WHEN 0 THEN '-' END");
    parsed(&case).unwrap_or_else(null)
}

fn operator(name: &str) -> Option<BinaryOperator> {
    Some(match name {
        "~" => BinaryOperator::PGRegexMatch,
        "~*" => BinaryOperator::PGRegexIMatch,
        "!~" => BinaryOperator::PGRegexNotMatch,
        "!~*" => BinaryOperator::PGRegexNotIMatch,
        "=" => BinaryOperator::Eq,
        "<>" | "!=" => BinaryOperator::NotEq,
        "<" => BinaryOperator::Lt,
        "<=" => BinaryOperator::LtEq,
        ">" => BinaryOperator::Gt,
        ">=" => BinaryOperator::GtEq,
        "||" => BinaryOperator::StringConcat,
        "+" => BinaryOperator::Plus,
        "-" => BinaryOperator::Minus,
        "~~" => BinaryOperator::PGLikeMatch,
        "!~~" => BinaryOperator::PGNotLikeMatch,
        _ => return None,
    })
}

/// A type's name, in lower case, without the catalogue's.
fn type_name(of: &SqlType) -> String {
    if let SqlType::Array(ArrayElemTypeDef::SquareBracket(item, _)) = of {
        return format!("{}[]", type_name(item));
    }
    let text = of.to_string().to_lowercase().replace(['"', ' '], "");
    text.trim_start_matches("pg_catalog.").to_owned()
}

fn arguments(function: &Function) -> Vec<Expr> {
    let FunctionArguments::List(list) = &function.args else { return Vec::new() };
    let plain = |argument: &FunctionArg| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    };
    list.args.iter().filter_map(plain).collect()
}

/// How many items a list has that is written out.
fn list_length(list: &Expr) -> Option<usize> {
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

pub(super) fn parsed(text: &str) -> Option<Expr> {
    Parser::new(&GenericDialect {}).try_with_sql(text).ok()?.parse_expr().ok()
}

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn text_of(text: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(text.to_owned()).into())
}

fn number(number: i64) -> Expr {
    Expr::Value(Value::Number(number.to_string(), false).into())
}

fn truth(truth: bool) -> Expr {
    Expr::Value(Value::Boolean(truth).into())
}

fn null() -> Expr {
    Expr::Value(Value::Null.into())
}

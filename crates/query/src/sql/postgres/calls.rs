//! Calls of PostgreSQL's functions that say what the server and the session are, as the planner takes
//! them: constants, functions of ours, or nothing where there is nothing to say.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident,
    ObjectName, OrderByExpr, OrderByKind, Query, SelectItem, SetExpr, visit_relations,
};

use super::adapt::{
    Adapter, arguments, is_of_rights, is_vector, list_length, literal, null, number, parsed, part_of, quoted,
    text_of, truth,
};
use super::emptied::described;
use super::lateral::order_of;
use super::small::is_small;
use super::tables::SETTINGS;
use super::types::PgType;
use super::{
    Postgres, aggregates, built, decimals, index_oid, numbered, patterns, postgis, shapes, table_oid,
};

/// Functions that the planner has under another name.
const OTHER_NAMES: [(&str, &str); 6] = [
    ("variance", "var_samp"),
    ("every", "bool_and"),
    ("sign", "signum"),
    ("gen_random_uuid", "uuid"),
    ("array_remove", "array_remove_all"),
    ("array_replace", "array_replace_all"),
];

/// What no text has, to cut at.
const SEAM: char = '\u{1}';

/// Functions that say how many bytes something takes.
const SIZES: [&str; 5] =
    ["pg_relation_size", "pg_table_size", "pg_total_relation_size", "pg_indexes_size", "pg_database_size"];

impl Adapter<'_> {
    pub(super) fn function(&mut self, function: &mut Function) -> Option<Expr> {
        let parts: Vec<&Ident> = function.name.0.iter().map(|part| part.as_ident()).collect::<Option<_>>()?;
        let name = match parts.as_slice() {
            [name] => name.value.to_lowercase(),
            [schema, name] if is_in_path(schema) => name.value.to_lowercase(),
            _ => return None,
        };
        if parts.len() == 2 {
            function.name = ObjectName::from(vec![Ident::new(name.clone())]);
        }
        // Lists of what the catalogue says to rights and roles, of which there are none.
        if name == "array"
            && let FunctionArguments::Subquery(query) = &function.args
        {
            if let Some(columns) = columns_of_key(query) {
                self.needs.asks_numbers = true;
                return Some(columns);
            }
            return Some(listed(query).unwrap_or_else(null));
        }
        let arguments = arguments(function);
        let first = arguments.first();
        if let Some((_, ours)) = OTHER_NAMES.iter().find(|(theirs, _)| *theirs == name) {
            function.name = ObjectName::from(vec![Ident::new(*ours)]);
            return None;
        }
        if numbered::is_numbered(&name) {
            self.needs.asks_numbers = true;
            return None;
        }
        if let Some(other) = aggregates::aggregate(&name, function, &arguments) {
            return Some(other);
        }
        let zone = self.postgres.zone.as_deref().unwrap_or("UTC");
        if let Some(other) = built::built(&name, function, &arguments, zone) {
            return Some(other);
        }
        if let Some(shape) = shapes::function(&name, &arguments) {
            return Some(shape);
        }
        self.needs.refused = self.needs.refused.or_else(|| shapes::not_offered(&name));
        Some(match name.as_str() {
            "version" => text_of(&Postgres::version()),
            "current_schema" | "current_database" | "current_catalog" | "current_user" | "session_user"
            | "user" | "current_role" => match name.as_str() {
                "current_database" => text_of(&self.postgres.database),
                other => self.word(other)?,
            },
            "current_schemas" => match first.map(ToString::to_string).as_deref() {
                Some("false") => parsed("make_array('public')")?,
                _ => parsed("make_array('pg_catalog', 'public')")?,
            },
            "pg_backend_pid" => number(i64::from(self.postgres.process)),
            "pg_is_in_recovery" | "pg_is_other_temp_schema" => truth(false),
            // How many bytes the rows take that the principal may read is not known.
            name if SIZES.contains(&name) => parsed("CAST(NULL AS BIGINT)")?,
            "pg_size_pretty" if is_unknown(first?) => parsed("CAST(NULL AS VARCHAR)")?,
            "pg_my_temp_schema" | "inet_server_port" => number(0),
            name if name.starts_with("pg_") && name.ends_with("_is_visible") => truth(true),
            "has_schema_privilege" => {
                truth(!literal(arguments.last()?).is_some_and(|right| right.eq_ignore_ascii_case("create")))
            }
            "has_database_privilege" | "has_function_privilege" | "has_type_privilege" | "pg_has_role" => {
                truth(true)
            }
            "has_table_privilege" | "has_any_column_privilege" | "has_column_privilege" => {
                truth(literal(arguments.last()?).is_some_and(|right| right.eq_ignore_ascii_case("select")))
            }
            "array_to_string" if first.is_some_and(is_of_rights) => null(),
            "pg_get_userbyid" => text_of(&self.postgres.user),
            "pg_encoding_to_char" => text_of("UTF8"),
            "_pg_expandarray" => parsed(&format!("unnest(pg_expanded({}))", first?))?,
            "generate_subscripts" if first.is_some_and(is_vector) => {
                parsed(&format!("unnest(pg_subscripts({}, 0))", first?))?
            }
            "generate_subscripts" => parsed(&format!("unnest(pg_subscripts({}))", first?))?,
            // Sums of eight bytes are decimals, which are divided as such (§9.21).
            "sum" if first.is_some_and(|value| !is_small(value)) => {
                let mut summed = function.clone();
                let FunctionArguments::List(list) = &mut summed.args else { return None };
                let [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))] = list.args.as_mut_slice() else {
                    return None;
                };
                *value = parsed(&format!("pg_summand({value})"))?;
                Expr::Function(summed)
            }
            "round" => match arguments.as_slice() {
                [number] => parsed(&format!("pg_round({number})"))?,
                [number, digits] => parsed(&format!("pg_round_to({number}, {digits})"))?,
                _ => return None,
            },
            "trunc" => match arguments.as_slice() {
                [number, digits] => parsed(&format!("pg_trunc_to({number}, {digits})"))?,
                _ => return None,
            },
            "div" if arguments.len() == 2 => parsed(&format!("pg_div({}, {})", first?, arguments.get(1)?))?,
            "encode" | "decode" if arguments.len() == 2 => {
                parsed(&format!("pg_{name}({}, {})", first?, arguments.get(1)?))?
            }
            "regexp_split_to_array" => parsed(&format!(
                "string_to_array(regexp_replace({}, {}, '{SEAM}', 'g'), '{SEAM}')",
                first?,
                arguments.get(1)?
            ))?,
            "regexp_substr" if arguments.len() == 2 => parsed(&format!(
                "array_element(regexp_match({}, concat('(', {}, ')')), 1)",
                first?,
                arguments.get(1)?
            ))?,
            "array_length" if arguments.len() == 2 => parsed(&format!("nullif({function}, 0)"))?,
            "pg_client_encoding" | "getdatabaseencoding" => text_of("UTF8"),
            // In four bytes, where the number has so many.
            "to_hex" if first.is_some_and(is_small) => {
                parsed(&format!("to_hex(CAST({} AS BIGINT) & 4294967295)", first?))?
            }
            "pg_typeof" if first.is_some_and(is_small) => text_of("integer"),
            "mod" => {
                let (number, by) = (first?, arguments.get(1)?);
                let computed = decimals::computed(number, &BinaryOperator::Modulo, by);
                computed.or_else(|| parsed(&format!("({number}) % ({by})")))?
            }
            name if name.starts_with("pg_stat_get_") => number(0),
            "date_part" => match literal(first?) {
                Some(name) => parsed(&part_of(&name, arguments.get(1)?))?,
                None => parsed(&format!("CAST({function} AS DOUBLE)"))?,
            },
            "to_char" if arguments.len() == 2 => {
                parsed(&format!("pg_to_char({}, {})", first?, arguments.get(1)?))?
            }
            "to_timestamp" => patterns::to_timestamp(&arguments)?,
            "to_date" => patterns::to_date(&arguments)?,
            "localtimestamp" => parsed("CAST(now() AS TIMESTAMP(6))")?,
            "localtime" => parsed("CAST(now() AS TIME)")?,
            "age" if arguments.len() == 1 => parsed(&format!("age(current_date(), {})", first?))?,
            "clock_timestamp" | "statement_timestamp" | "transaction_timestamp" => parsed("now()")?,
            "postgis_version" => text_of(postgis::VERSION),
            "postgis_lib_version" | "postgis_scripts_installed" | "postgis_scripts_released" => {
                text_of(postgis::RELEASE)
            }
            "postgis_full_version" => text_of(&format!("POSTGIS=\"{}\"", postgis::RELEASE)),
            "postgis_geos_version" | "postgis_proj_version" => text_of(postgis::RELEASE),
            "to_regclass" | "regclass" => self.class(&literal(first?)?),
            "format" => patterns::formatted(&arguments)?,
            // The one list that has its length asked for is that of the schemas.
            "array_upper" => match list_length(first?) {
                Some(length) => number(i64::try_from(length).ok()?),
                None => parsed(&format!("array_length({}, 1)", first?))?,
            },
            "array_lower" => number(1),
            "to_regtype" => {
                let found = PgType::of_name(&literal(first?)?);
                found.map_or_else(null, |of| number(i64::from(of.oid)))
            }
            "shobj_description"
            | "pg_get_expr"
            | "pg_get_viewdef"
            | "pg_get_partkeydef"
            | "pg_get_ruledef"
            | "pg_get_triggerdef"
            | "pg_get_serial_sequence"
            | "pg_get_functiondef"
            | "pg_get_function_result"
            | "pg_get_function_arguments"
            | "pg_get_function_identity_arguments"
            | "pg_get_function_sqlbody"
            | "pg_postmaster_start_time"
            | "pg_conf_load_time"
            | "inet_server_addr"
            | "inet_client_addr"
            | "pg_tablespace_location"
            | "pg_get_statisticsobjdef_columns" => null(),
            "current_setting" => match literal(first?) {
                Some(name) if name.eq_ignore_ascii_case("timezone") => {
                    text_of(self.postgres.zone.as_deref().unwrap_or("UTC"))
                }
                Some(name) => setting(&name.to_lowercase()),
                None => setting_of(first?)?,
            },
            "set_config" => arguments.get(1)?.clone(),
            "txid_current" | "pg_current_xact_id" => number(1),
            _ => return None,
        })
    }

    /// The number of a table that is named, if there is one.
    pub(super) fn class(&self, name: &str) -> Expr {
        let name = numbered::bare(name);
        if name.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() {
            return parsed(name).unwrap_or_else(null);
        }
        // What the catalogue has no rows for has a number all the same: clients compare with it.
        let fixed = [("pg_class", 1259), ("pg_namespace", 2615), ("pg_type", 1247), ("pg_database", 1262)];
        if let Some((_, oid)) = fixed.iter().find(|(known, _)| *known == name) {
            return number(*oid);
        }
        let of_key = name.strip_suffix("_pkey").filter(|table| self.scope.has_table(table));
        match of_key {
            Some(table) => number(index_oid(table)),
            None if self.scope.has_table(name) => number(table_oid(name)),
            None => null(),
        }
    }
}

/// `ARRAY (SELECT attname FROM unnest(c.conkey) … JOIN pg_attribute …)`: the columns of a key, in their order.
fn columns_of_key(query: &Query) -> Option<Expr> {
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let [SelectItem::UnnamedExpr(column)] = select.projection.as_slice() else { return None };
    let shown = query.to_string();
    if !column.to_string().ends_with("attname") || !shown.contains("pg_attribute") {
        return None;
    }
    let (list, number) = [(".conkey)", "oid"), (".indkey)", "indexrelid")]
        .into_iter()
        .find(|(list, _)| shown.contains(list))?;
    let before = shown.split(list).next()?;
    let row = before.rsplit_once("unnest(")?.1;
    let seam = numbered::SEAM;
    parsed(&format!("string_to_array({}({row}.{number}), '{seam}')", numbered::KEY_COLUMNS))
}

/// `ARRAY (SELECT …)` over tables of the principal: an aggregate over the rows, in their order; of no row it is a list
/// of nothing.
fn listed(query: &Query) -> Option<Expr> {
    let mut is_own = true;
    let _ = visit_relations(query, |relation| {
        is_own &= described(relation).is_none() && !relation.to_string().to_lowercase().starts_with("acl");
        ControlFlow::<()>::Continue(())
    });
    if !is_own {
        return None;
    }
    let of_rows = match aggregated(query)? {
        Some(aggregated) => aggregated.to_string(),
        None => {
            let order = order_of_one(query).map(|order| format!(" ORDER BY {order}")).unwrap_or_default();
            format!("SELECT array_agg(item{order}) FROM ({query}) AS listed(item)")
        }
    };
    parsed(&format!("pg_listed(({of_rows}))"))
}

/// The order of rows that can be ordered by the one column that they have only: distinct ones, and those of several
/// queries. Of others it is the one in which they come.
fn order_of_one(query: &Query) -> Option<OrderByExpr> {
    let is_by_column = match query.body.as_ref() {
        SetExpr::Select(select) => select.distinct.is_some(),
        _ => true,
    };
    let OrderByKind::Expressions(by) = &query.order_by.as_ref().filter(|_| is_by_column)?.kind else {
        return None;
    };
    let [by] = by.as_slice() else { return None };
    Some(OrderByExpr { expr: Expr::Identifier(Ident::new("item")), ..by.clone() })
}

/// The query with what it gives put into a list; none within where its rows have to be made first, and none at all
/// where it gives more than one column.
fn aggregated(query: &Query) -> Option<Option<Query>> {
    let SetExpr::Select(select) = query.body.as_ref() else { return Some(None) };
    let [SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }] =
        select.projection.as_slice()
    else {
        return None;
    };
    let is_plain = select.distinct.is_none()
        && matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty())
        && query.limit_clause.is_none()
        && query.with.is_none();
    if !is_plain {
        return Some(None);
    }
    let order = match &query.order_by {
        Some(_) => format!(" {}", order_of(query)?),
        None => String::new(),
    };
    let mut aggregated = query.clone();
    aggregated.order_by = None;
    if let SetExpr::Select(select) = aggregated.body.as_mut() {
        select.projection = vec![SelectItem::UnnamedExpr(parsed(&format!("array_agg({expr}{order})"))?)];
    }
    Some(Some(aggregated))
}

/// Whether an expression is a number that is not known here.
fn is_unknown(expr: &Expr) -> bool {
    parsed("CAST(NULL AS BIGINT)").as_ref() == Some(expr)
}

/// The value of a setting.
fn setting(name: &str) -> Expr {
    let known = SETTINGS.iter().find(|(known, _)| *known == name);
    known.map_or_else(null, |(_, value)| text_of(value))
}

/// The value of a setting of which the expression is the name.
fn setting_of(name: &Expr) -> Option<Expr> {
    let mut case = format!("CASE {name}");
    for (known, value) in SETTINGS {
        case.push_str(&format!(" WHEN {} THEN {}", quoted(known), quoted(value)));
    }
    parsed(&format!("{case} END"))
}

/// Whether functions of the schema are named without it, too.
fn is_in_path(schema: &Ident) -> bool {
    ["pg_catalog", "information_schema", "public"]
        .iter()
        .any(|known| schema.value.eq_ignore_ascii_case(known))
}

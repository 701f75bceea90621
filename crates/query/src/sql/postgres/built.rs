//! Functions of PostgreSQL that are put together from others where their arguments are written out, and those whose
//! results have no bound otherwise.

use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Value,
};

use super::adapt::{literal, parsed, quoted, text_of};
use super::readings::Moment;

/// The longest text that padding makes.
const LONGEST: usize = 10_000;

/// What stands for a call of one of these.
pub(super) fn built(name: &str, function: &Function, arguments: &[Expr], zone: &str) -> Option<Expr> {
    let text = match (name, arguments) {
        ("lpad" | "rpad", [text, length, fill @ ..]) => {
            let length = usize::try_from(whole(length)?).ok().filter(|length| *length <= LONGEST)?;
            let fill = match fill {
                [] => " ".to_owned(),
                [fill] => literal(fill)?,
                _ => return None,
            };
            let fill = quoted(&fill.chars().cycle().take(length).collect::<String>());
            let rest = format!("left({fill}, CAST({length} - character_length({text}) AS BIGINT))");
            let padded =
                if name == "lpad" { format!("{rest} || {text}") } else { format!("{text} || {rest}") };
            format!(
                "CASE WHEN character_length({text}) >= {length} THEN left({text}, {length}) ELSE {padded} END"
            )
        }
        ("repeat", [text, times]) => {
            let (text, times) = (literal(text)?, usize::try_from(whole(times)?).unwrap_or_default());
            return (text.len().saturating_mul(times) <= LONGEST).then(|| text_of(&text.repeat(times)));
        }
        ("chr", [number]) => {
            let letter = char::from_u32(u32::try_from(whole(number)?).ok()?)?;
            return Some(text_of(&letter.to_string()));
        }
        ("width_bucket", [value, low, high, count]) => {
            let bins = |from: &Expr, to: &Expr| {
                let share = format!("((CAST({value} AS DOUBLE) - ({from})) / (({to}) - ({from})))");
                format!("CAST(floor({share} * ({count})) AS INTEGER) + 1")
            };
            format!(
                "CASE WHEN ({low}) <= ({high}) THEN CASE WHEN {value} < ({low}) THEN 0 WHEN {value} >= ({high}) \
                 THEN ({count}) + 1 ELSE {} END ELSE CASE WHEN {value} > ({low}) THEN 0 WHEN {value} <= ({high}) \
                 THEN ({count}) + 1 ELSE {} END END",
                bins(low, high),
                bins(low, high)
            )
        }
        ("width_bucket", [value, bounds]) => {
            // `ARRAY[1, 4, 10]::float8[]`
            let bounds = match bounds {
                Expr::Cast { expr, .. } => expr.as_ref(),
                bounds => bounds,
            };
            let Expr::Array(bounds) = bounds else { return None };
            let above = |bound: &Expr| format!("CASE WHEN {value} >= {bound} THEN 1 ELSE 0 END");
            let sum = bounds.elem.iter().map(above).collect::<Vec<_>>().join(" + ");
            format!("CASE WHEN {value} IS NOT NULL THEN {sum} END")
        }
        ("date_trunc", [part, time]) => {
            let part = literal(part)?.to_lowercase();
            match part.as_str() {
                // There is no year 0, so that the first of a hundred is the year 1.
                "decade" | "century" | "millennium" => {
                    let (years, first) = match part.as_str() {
                        "decade" => (10, 0),
                        "century" => (100, 1),
                        _ => (1000, 1),
                    };
                    format!(
                        "date_trunc('year', {time}) - (CAST(date_part('year', {time}) AS BIGINT) - {first}) % {years} \
                         * INTERVAL '1 year'"
                    )
                }
                "milliseconds" | "microseconds" | "seconds" | "minutes" | "hours" | "days" | "weeks"
                | "months" | "quarters" | "years" => {
                    format!("date_trunc('{}', {time})", part.trim_end_matches('s'))
                }
                _ => return None,
            }
        }
        ("date_trunc", [part, time, zone]) => {
            format!("timezone({zone}, date_trunc({part}, timezone({zone}, {time})))")
        }
        ("make_timestamp", [year, month, day, hour, minute, second]) => format!(
            "CAST(make_date({year}, {month}, {day}) AS TIMESTAMP(6)) + ({hour}) * INTERVAL '1 hour' \
             + ({minute}) * INTERVAL '1 minute' + ({second}) * INTERVAL '1 second'"
        ),
        ("make_timestamptz", [year, month, day, hour, minute, second, rest @ ..]) if rest.len() <= 1 => {
            let shown = format!(
                "CAST(make_date({year}, {month}, {day}) AS TIMESTAMP(6)) + ({hour}) * INTERVAL '1 hour' \
                 + ({minute}) * INTERVAL '1 minute' + ({second}) * INTERVAL '1 second'"
            );
            match rest {
                [zone] => format!("timezone({zone}, {shown})"),
                _ => format!("pg_clocks({}, {shown})", quoted(zone)),
            }
        }
        ("jsonb_build_object" | "jsonb_build_array" | "to_jsonb", _) => {
            let plain = name.replacen("jsonb", "json", 1);
            let list: Vec<String> = arguments.iter().map(ToString::to_string).collect();
            format!("pg_jsonb({plain}({}))", list.join(", "))
        }
        ("concat", [_, ..]) if arguments.iter().any(is_written) => {
            format!("concat({})", written(arguments))
        }
        ("concat_ws", [separator, values @ ..]) if values.iter().any(is_written) => {
            format!("concat_ws({separator}, {})", written(values))
        }
        // The planner takes no text for a time here, but in the branches of a case.
        ("coalesce", [values @ .., Expr::Value(last)])
            if !values.is_empty()
                && last.value.clone().into_string().is_some_and(|text| Moment::read(&text).is_some()) =>
        {
            let cases = values.iter().map(|value| format!("WHEN {value} IS NOT NULL THEN {value}"));
            format!("CASE {} ELSE {last} END", cases.collect::<Vec<_>>().join(" "))
        }
        ("make_interval", _) => return interval(function, arguments),
        ("array_dims", [list]) => format!(
            "CASE WHEN cardinality({list}) > 0 THEN concat('[1:', array_to_string(array_dims({list}), '][1:'), ']') END"
        ),
        ("isfinite", [value]) => format!("CASE WHEN {value} IS NOT NULL THEN true END"),
        ("num_nulls" | "num_nonnulls", [_, ..]) => {
            let not = if name == "num_nulls" { "" } else { "NOT " };
            let one = |value: &Expr| format!("CASE WHEN ({value}) IS {not}NULL THEN 1 ELSE 0 END");
            arguments.iter().map(one).collect::<Vec<_>>().join(" + ")
        }
        _ => return None,
    };
    parsed(&text)
}

/// Whether a value has to be written as PostgreSQL writes it before it is put beside texts.
fn is_written(value: &Expr) -> bool {
    match value {
        Expr::Value(value) => value.value.clone().into_string().is_none(),
        Expr::Function(function) => function.name.to_string() != "pg_shown",
        _ => true,
    }
}

/// Values as texts.
fn written(values: &[Expr]) -> String {
    let one = |value: &Expr| match is_written(value) {
        true => format!("pg_shown({value})"),
        false => value.to_string(),
    };
    values.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A whole number that is written out.
fn whole(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => digits.parse().ok(),
            _ => None,
        },
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => whole(inner),
        _ => None,
    }
}

/// `make_interval(years, months, weeks, days, hours, mins, secs)`, by place or by name.
fn interval(function: &Function, arguments: &[Expr]) -> Option<Expr> {
    const UNITS: [(&str, &str); 7] = [
        ("years", "year"),
        ("months", "month"),
        ("weeks", "week"),
        ("days", "day"),
        ("hours", "hour"),
        ("mins", "minute"),
        ("secs", "second"),
    ];
    let of = |number: &Expr, unit: &str| format!("({number}) * INTERVAL '1 {unit}'");
    let mut parts: Vec<String> =
        arguments.iter().zip(UNITS).map(|(number, (_, unit))| of(number, unit)).collect();
    let FunctionArguments::List(list) = &function.args else { return None };
    for argument in &list.args {
        let (name, number) = match argument {
            FunctionArg::Named { name, arg: FunctionArgExpr::Expr(number), .. } => (name.to_string(), number),
            FunctionArg::ExprNamed { name, arg: FunctionArgExpr::Expr(number), .. } => {
                (name.to_string(), number)
            }
            _ => continue,
        };
        let (_, unit) = UNITS.iter().find(|(known, _)| name.eq_ignore_ascii_case(known))?;
        parts.push(of(number, unit));
    }
    match parts.is_empty() {
        true => parsed("INTERVAL '0 seconds'"),
        false => parsed(&parts.join(" + ")),
    }
}

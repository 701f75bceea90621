//! Floats as PostgreSQL writes them: the shortest digits that are read back as the same number, with an exponent of
//! two digits where they are far from the point (PostgreSQL 15, §8.1.3).

/// Writes a number of eight bytes.
pub fn push_double(out: &mut String, value: f64) {
    push(out, value, &format!("{value:e}"), 15);
}

/// Writes a number of four bytes.
pub fn push_real(out: &mut String, value: f32) {
    push(out, f64::from(value), &format!("{value:e}"), 6);
}

/// Writes a number of which the shortest digits are known; from so many digits before the point on with an exponent.
fn push(out: &mut String, value: f64, shortest: &str, far: i32) {
    if value.is_nan() {
        return out.push_str("NaN");
    }
    if value.is_infinite() {
        return out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    }
    let (sign, shortest) = shortest.strip_prefix('-').map_or(("", shortest), |rest| ("-", rest));
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let digits = mantissa.replace('.', "");
    out.push_str(sign);
    if exponent < -4 || exponent >= far {
        let sign = if exponent < 0 { '-' } else { '+' };
        out.push_str(&format!("{mantissa}e{sign}{:02}", exponent.abs()));
        return;
    }
    let places = usize::try_from(exponent + 1).unwrap_or_default();
    if exponent < 0 {
        out.push_str("0.");
        out.push_str(&"0".repeat(exponent.unsigned_abs() as usize - 1));
        out.push_str(&digits);
    } else if digits.len() <= places {
        out.push_str(&digits);
        out.push_str(&"0".repeat(places - digits.len()));
    } else {
        out.push_str(&digits[..places]);
        out.push('.');
        out.push_str(&digits[places..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_postgresql_writes_them() {
        let check = |value: f64, expected: &str| {
            let mut text = String::new();
            push_double(&mut text, value);
            assert_eq!(text, expected);
        };
        check(0.1, "0.1");
        check(-0.0, "-0");
        check(30.0, "30");
        check(123_456_789.123, "123456789.123");
        check(1e14, "100000000000000");
        check(1e15, "1e+15");
        check(1.5e300, "1.5e+300");
        check(0.0001, "0.0001");
        check(0.00012, "0.00012");
        check(0.00001, "1e-05");
        check(f64::NEG_INFINITY, "-Infinity");
        let mut text = String::new();
        push_real(&mut text, 1_234_567.0);
        assert_eq!(text, "1.234567e+06");
    }
}

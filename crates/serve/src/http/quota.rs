//! What an asker may use and has left, on every answer (`RateLimit-Policy` and `RateLimit` of
//! draft-ietf-httpapi-ratelimit-headers-11), and in the problem of whoever has used it up.
//!
//! Quotas are of cost, not of calls: seconds of running time and mebibytes read. They fill steadily, and
//! `w` is the time in which an empty one is full. A request is charged when it ends, so that an answer
//! tells what was left when it began.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use query::{Level, Standing};
use serde_json::{Value, json};

/// The quotas that hold.
pub(crate) const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What is left of them.
pub(crate) const LEFT: HeaderName = HeaderName::from_static("ratelimit");

/// A quota as it is told: its name in problems and headers, and in what it is counted.
struct Quota {
    name: &'static str,
    unit: &'static str,
    level: Level,
    /// So much of the engine's unit is one of this.
    one: f64,
}

fn quotas(standing: &Standing) -> [Quota; 2] {
    let mebibyte = f64::from(1 << 20);
    [
        Quota { name: "time", unit: "seconds", level: standing.seconds, one: 1.0 },
        Quota { name: "bytes", unit: "mebibytes", level: standing.bytes, one: mebibyte },
    ]
}

impl Quota {
    fn most(&self) -> u64 {
        whole(self.level.most / self.one)
    }

    /// What may be used: rounded up, since whoever has a little left is let through.
    fn left(&self) -> u64 {
        whole(self.level.left / self.one)
    }

    fn seconds(&self) -> u64 {
        whole(self.level.wait.as_secs_f64())
    }
}

/// A number that is not negative, rounded up; structured fields hold fifteen digits (RFC 9651 §3.3.1).
fn whole(number: f64) -> u64 {
    number.ceil().clamp(0.0, 999_999_999_999_999.0) as u64
}

/// Tells what an asker may use and has left.
pub(crate) fn tell(head: &mut HeaderMap, standing: &Standing) {
    let quotas = quotas(standing);
    let window = Standing::WINDOW_SECONDS;
    let policy = quotas
        .each_ref()
        .map(|quota| format!("\"{}\";q={};w={window};qu=\"{}\"", quota.name, quota.most(), quota.unit));
    let left =
        quotas.each_ref().map(|quota| format!("\"{}\";r={};t={}", quota.name, quota.left(), quota.seconds()));
    for (name, value) in [(POLICY, policy.join(", ")), (LEFT, left.join(", "))] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            head.insert(name, value);
        }
    }
}

/// What the asker's requests cost so far, for the problem of whoever is refused.
pub(crate) fn cost(standing: &Standing) -> Value {
    quotas(standing)
        .iter()
        .map(|quota| {
            let used = (quota.level.most - quota.level.left) / quota.one;
            json!({
                "policy": quota.name,
                "unit": quota.unit,
                "quota": quota.most(),
                "used": (used * 1000.0).round() / 1000.0,
                "window": Standing::WINDOW_SECONDS,
                "wait": if quota.level.left > 0.0 { 0 } else { quota.seconds() },
            })
        })
        .collect()
}

//! What clients are told of limits.
//!
//! Spec: Rate limit fields §3 and §4, RFC 6585 §4
//!
//! `RateLimit-Policy` says what the limits are, `RateLimit` what is left of them, one member each. `t` of a limit that is used
//! up is what `Retry-After` says. Deliberately not: `pk`, which would tell a client how it is counted.

use http::{HeaderName, HeaderValue};

use super::Usage;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// The header fields of an answer to a call that took from these buckets; none when there are none.
pub fn fields(usages: &[Usage]) -> Vec<(HeaderName, HeaderValue)> {
    if usages.is_empty() {
        return Vec::new();
    }
    let policies: Vec<&str> = usages.iter().map(|usage| usage.rule.policy.as_str()).collect();
    let left: Vec<String> = usages
        .iter()
        .map(|usage| format!("\"{}\";r={};t={}", usage.rule.name, usage.left, usage.reset))
        .collect();
    [(POLICY, policies.join(", ")), (LIMIT, left.join(", "))]
        .into_iter()
        .filter_map(|(name, value)| Some((name, HeaderValue::from_str(&value).ok()?)))
        .collect()
}

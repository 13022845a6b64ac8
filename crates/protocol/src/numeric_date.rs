//! Times in the claims of JWTs.
//!
//! Spec: RFC 7519 §2 (`NumericDate`)
//!
//! Accepted: a fraction, which is left out.

use serde_json::Value;

/// Seconds since 1970; `None` for what is no number.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the fraction is left out, and a cast saturates"
)]
pub(crate) fn seconds(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::seconds;

    #[test]
    fn a_fraction_is_left_out_and_nothing_but_a_number_is_a_time() {
        for (value, expected) in [
            (json!(1_800_000_000), Some(1_800_000_000)),
            (json!(1_800_000_000.9), Some(1_800_000_000)),
            (json!(-0.5), Some(-1)),
            (json!(1e300), Some(i64::MAX)),
            (json!("1800000000"), None),
            (json!(null), None),
        ] {
            assert_eq!(seconds(&value), expected, "{value}");
        }
    }
}

//! The trace that a call belongs to.
//!
//! Spec: W3C Trace Context §3.2 and §3.3
//!
//! A trace that comes with a call goes on as it came; a call without one begins a trace. Nothing of it is an identity: who
//! calls chooses it. What is malformed is not passed on (§3.2.2.1: "the vendor creates a new traceparent header and deletes the
//! tracestate").

use std::sync::Arc;

use data_encoding::HEXLOWER;
use http::{HeaderMap, HeaderName, HeaderValue};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
/// The members and characters of a `tracestate` that are passed on (§3.3.1.1, §3.3.1.5).
const MOST_MEMBERS: usize = 32;
const LONGEST_STATE: usize = 4096;

/// A trace, and whether it began here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    /// `traceparent`, well-formed.
    parent: Arc<str>,
    is_new: bool,
    keeps_state: bool,
}

impl TraceContext {
    /// The trace that these headers name, else a new one.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(TRACEPARENT).iter();
        let came = match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok().filter(|value| is_traceparent(value)),
            // Two of them: nobody can say which is meant.
            _ => None,
        };
        match came {
            Some(parent) => Self {
                parent: parent.into(),
                is_new: false,
                keeps_state: is_tracestate(headers),
            },
            None => Self::begin(),
        }
    }

    /// A new trace. It says that it is recorded (§3.2.2.5.1), since the access log has it.
    pub fn begin() -> Self {
        let mut parent = String::with_capacity(55);
        parent.push_str("00-");
        HEXLOWER.encode_append(&not_zero::<16>(), &mut parent);
        parent.push('-');
        HEXLOWER.encode_append(&not_zero::<8>(), &mut parent);
        parent.push_str("-01");
        Self {
            parent: parent.into(),
            is_new: true,
            keeps_state: false,
        }
    }

    /// The id of the trace, 32 hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        self.parent.get(3..35).unwrap_or_default()
    }

    /// What the API is told: the headers as they came when they are well-formed, else those of the new trace.
    pub fn pass_on(&self, headers: &mut HeaderMap) {
        if self.is_new
            && let Ok(value) = HeaderValue::from_str(&self.parent)
        {
            headers.insert(TRACEPARENT, value);
        }
        if !self.keeps_state {
            headers.remove(TRACESTATE);
        }
    }
}

/// §3.2.2: `version "-" trace-id "-" parent-id "-" trace-flags`. A later version may have more behind a further dash
/// (§3.2.4).
fn is_traceparent(value: &str) -> bool {
    let is_hex = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    let is_field = |from: usize, to: usize| {
        let digits = value.as_bytes().get(from..to);
        digits.is_some_and(|digits| digits.iter().all(is_hex))
    };
    let is_dash = |at: usize| value.as_bytes().get(at) == Some(&b'-');
    let is_zero = |from: usize, to: usize| {
        let digits = value.as_bytes().get(from..to);
        digits.is_some_and(|digits| digits.iter().all(|byte| *byte == b'0'))
    };
    let has_fields = is_field(0, 2) && is_field(3, 35) && is_field(36, 52) && is_field(53, 55);
    let ends_well = value.len() == 55 || is_dash(55) && !value.starts_with("00");
    has_fields
        && [2, 35, 52].into_iter().all(is_dash)
        && ends_well
        && !value.starts_with("ff")
        && !is_zero(3, 35)
        && !is_zero(36, 52)
}

/// §3.3: comma-separated `key=value`. An empty list is as good as none.
fn is_tracestate(headers: &HeaderMap) -> bool {
    let (mut members, mut length) = (0, 0);
    for value in headers.get_all(TRACESTATE) {
        let Ok(text) = value.to_str() else { return false };
        length += text.len();
        for member in text.split(',').map(str::trim).filter(|member| !member.is_empty()) {
            members += 1;
            let is_member = member
                .split_once('=')
                .is_some_and(|(key, value)| is_key(key) && !value.is_empty());
            if !is_member {
                return false;
            }
        }
    }
    members > 0 && members <= MOST_MEMBERS && length <= LONGEST_STATE
}

/// §3.3.1.3.1.
fn is_key(key: &str) -> bool {
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'*' | b'/' | b'@')
    };
    !key.is_empty() && key.len() <= 256 && key.bytes().all(allowed)
}

/// §3.2.2.3: "All bytes as zero is considered an invalid value."
fn not_zero<const N: usize>() -> [u8; N] {
    loop {
        let bytes = jose::random_bytes::<N>();
        if bytes.iter().any(|byte| *byte != 0) {
            return bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn passed_on(mut headers: HeaderMap) -> (TraceContext, HeaderMap) {
        let trace = TraceContext::of(&headers);
        trace.pass_on(&mut headers);
        (trace, headers)
    }

    #[test]
    fn a_trace_goes_on_as_it_came() {
        for parent in [
            format!("00-{TRACE}-00f067aa0ba902b7-01"),
            format!("00-{TRACE}-00f067aa0ba902b7-00"),
            format!("01-{TRACE}-00f067aa0ba902b7-03-and-more"),
        ] {
            let came = headers(&[("traceparent", &parent), ("tracestate", "congo=t61rcWkgMzE,rojo=00f0")]);
            let (trace, sent) = passed_on(came.clone());
            assert_eq!(trace.trace_id(), TRACE);
            assert_eq!(sent, came);
        }
    }

    #[test]
    fn a_call_without_a_trace_begins_one() {
        let (trace, sent) = passed_on(HeaderMap::new());
        let parent = sent["traceparent"].to_str().unwrap();
        assert!(is_traceparent(parent) && parent.ends_with("-01"), "{parent}");
        assert!(parent.contains(trace.trace_id()));
        assert_ne!(trace, TraceContext::of(&HeaderMap::new()));
        assert_eq!(TraceContext::of(&sent).trace_id(), trace.trace_id());
    }

    #[test]
    fn what_is_malformed_is_replaced_and_its_state_forgotten() {
        for parent in [
            "",
            "00",
            &format!("ff-{TRACE}-00f067aa0ba902b7-01"),
            &format!("00-{TRACE}-00f067aa0ba902b7-01-more"),
            &format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
            &format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            &format!("00-{TRACE}-0000000000000000-01"),
            &format!("00-{TRACE}-00f067aa0ba902b7"),
            &format!("00-{TRACE}-00f067aa0ba902b7-0g"),
            &format!("00-{TRACE}é-00f067aa0ba902b7-01"),
        ] {
            let mut came = headers(&[("tracestate", "congo=1")]);
            came.insert("traceparent", HeaderValue::from_bytes(parent.as_bytes()).unwrap());
            let (trace, sent) = passed_on(came);
            assert_ne!(trace.trace_id(), TRACE, "{parent}");
            assert!(sent["traceparent"].to_str().unwrap().contains(trace.trace_id()));
            assert_eq!(sent.get("tracestate"), None, "{parent}");
        }
        let good = format!("00-{TRACE}-00f067aa0ba902b7-01");
        let (trace, sent) = passed_on(headers(&[("traceparent", &good), ("traceparent", &good)]));
        assert!(trace.is_new && sent.get_all("traceparent").iter().count() == 1);
    }

    #[test]
    fn a_malformed_state_is_not_passed_on() {
        let good = format!("00-{TRACE}-00f067aa0ba902b7-01");
        let many = vec!["a=1"; 33].join(",");
        for state in ["", ",", "novalue", "UPPER=1", "a=", "=b", many.as_str()] {
            let (trace, sent) = passed_on(headers(&[("traceparent", &good), ("tracestate", state)]));
            assert_eq!((trace.trace_id(), sent.get("tracestate")), (TRACE, None), "{state}");
        }
    }
}

//! The header fields that a caller chooses: credentials and trace.

use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use traffic::TraceContext;

/// Lines of `name:value`; the first line is the query.
pub fn credentials(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let query = lines.next().and_then(|line| std::str::from_utf8(line).ok());
    let mut headers = HeaderMap::new();
    for line in lines.take(32) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = line.split_at(colon);
        let name = HeaderName::from_bytes(name);
        let value = HeaderValue::from_bytes(value.get(1..).unwrap_or_default());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    of_token(&headers, query);
    of_trace(headers);
}

fn of_token(headers: &HeaderMap, query: Option<&str>) {
    if let Ok(found) = enforcement::credentials(headers, query) {
        let sent: Vec<&HeaderValue> = headers.get_all(AUTHORIZATION).iter().collect();
        let [only] = sent.as_slice() else {
            panic!("a token out of {} Authorization fields", sent.len());
        };
        let sent = only.to_str().unwrap_or_default();
        assert!(sent.ends_with(found.token.as_str()), "the token is what was sent");
        let is_in_query = query.is_some_and(|query| query.split('&').any(|pair| pair.starts_with("access_token=")));
        assert!(!is_in_query, "a token in the query was overlooked");
    }
}

fn of_trace(mut headers: HeaderMap) {
    let trace = TraceContext::of(&headers);
    trace.pass_on(&mut headers);
    let again = TraceContext::of(&headers);
    assert_eq!(trace.trace_id(), again.trace_id(), "an upstream reads the same trace");
    assert_eq!(headers.get_all("traceparent").iter().count(), 1);
    assert!(trace.trace_id().len() == 32 && trace.trace_id().bytes().all(|byte| byte.is_ascii_hexdigit()));
}

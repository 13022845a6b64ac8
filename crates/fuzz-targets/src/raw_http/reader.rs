//! HTTP/1.1 as an upstream reads it that was written by somebody else: by the letter of RFC 9112, and impatient with everything
//! that the gateway should never send.

/// A request that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    /// How many bytes it took, its body included.
    pub length: usize,
}

/// Reads the first request of these bytes; `None`: there is not a whole one yet.
pub(super) fn read(bytes: &[u8]) -> Result<Option<Read>, String> {
    let Some(end) = find(bytes, b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = bytes.get(..end).unwrap_or_default();
    let is_odd = |byte: &u8| *byte == 0 || *byte == 0x7f || (*byte < 0x20 && !matches!(byte, b'\r' | b'\n' | b'\t'));
    if head.iter().any(is_odd) {
        return Err("a control character".to_owned());
    }
    let text = String::from_utf8_lossy(head).into_owned();
    let mut lines = text.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let parts: Vec<&str> = first.split(' ').collect();
    let [method, target, "HTTP/1.1"] = parts.as_slice() else {
        return Err(format!("a request line of other parts: {first:?}"));
    };
    let mut headers = Vec::new();
    for line in lines {
        if line.contains(['\r', '\n']) {
            return Err(format!("a line end within a line: {line:?}"));
        }
        let Some((name, value)) = line.split_once(':') else {
            return Err(format!("a line that is no field: {line:?}"));
        };
        if name.is_empty() || name.contains([' ', '\t']) {
            return Err(format!("a space in the name of a field: {line:?}"));
        }
        headers.push((name.to_ascii_lowercase(), value.trim_matches([' ', '\t']).to_owned()));
    }
    let body = bytes.get(end + 4..).unwrap_or_default();
    Ok(body_length(&headers, body)?.map(|length| Read {
        method: (*method).to_owned(),
        target: (*target).to_owned(),
        headers,
        length: end + 4 + length,
    }))
}

/// RFC 9112 §6.3. Both kinds of length together are an error here: the gateway sends one.
fn body_length(headers: &[(String, String)], body: &[u8]) -> Result<Option<usize>, String> {
    let all = |name: &str| {
        headers
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .collect()
    };
    let (lengths, codings): (Vec<&str>, Vec<&str>) = (all("content-length"), all("transfer-encoding"));
    match (lengths.as_slice(), codings.as_slice()) {
        ([], []) => Ok(Some(0)),
        ([length], []) if !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit()) => {
            let length: usize = length.parse().map_err(|_| format!("a length of {length}"))?;
            Ok((body.len() >= length).then_some(length))
        }
        ([], ["chunked"]) => chunked(body),
        other => Err(format!("a length in several ways: {other:?}")),
    }
}

/// RFC 9112 §7.1.
fn chunked(body: &[u8]) -> Result<Option<usize>, String> {
    let mut at = 0;
    loop {
        let rest = body.get(at..).unwrap_or_default();
        let Some(line) = find(rest, b"\r\n") else {
            return Ok(None);
        };
        let size = String::from_utf8_lossy(rest.get(..line).unwrap_or_default()).into_owned();
        let digits = size.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(digits, 16).map_err(|_| format!("a chunk of the size {digits:?}"))?;
        at += line + 2;
        if size == 0 {
            break;
        }
        let Some(end) = at.checked_add(size).and_then(|end| body.get(end..)?.get(..2)) else {
            return Ok(None);
        };
        if end != b"\r\n" {
            return Err("a chunk of another size than it says".to_owned());
        }
        at += size + 2;
    }
    // Trailers, up to an empty line.
    loop {
        let rest = body.get(at..).unwrap_or_default();
        let Some(line) = find(rest, b"\r\n") else {
            return Ok(None);
        };
        at += line + 2;
        if line == 0 {
            return Ok(Some(at));
        }
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

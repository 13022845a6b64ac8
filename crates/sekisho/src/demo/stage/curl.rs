//! A step as a command that can be pasted into a shell.

use url::form_urlencoded;

use super::exchange::{Content, Exchange, Pairs, basic_credentials};

/// The headers that the command repeats; curl sends the others by itself, or they do not matter.
const REPEATED: [&str; 3] = ["authorization", "dpop", "accept"];

/// The command. Whatever a stranger sent is quoted, so that the shell reads it as data.
pub(super) fn command(exchange: &Exchange) -> String {
    let query = if exchange.query.is_empty() {
        String::new()
    } else {
        format!("?{}", exchange.query)
    };
    let url = format!("{}{}{query}", exchange.site.origin, exchange.path);
    // curl would take brackets and braces for a set of addresses.
    let globs = if url.contains(['[', ']', '{', '}']) { "-g " } else { "" };
    let mut lines = vec![format!("curl -i {globs}{}", quoted(&url))];
    let has_body = !matches!(exchange.request.body, Content::Empty | Content::NotKept);
    let usual = if has_body { "POST" } else { "GET" };
    if exchange.method != usual {
        lines.push(format!("-X {}", quoted(&exchange.method)));
    }
    lines.extend(headers(&exchange.request.headers));
    match &exchange.request.body {
        Content::Form(pairs) => lines.extend(form(pairs)),
        Content::Json(json) => {
            lines.push(format!("-H {}", quoted("Content-Type: application/json")));
            lines.push(format!("--data-raw {}", quoted(&json.to_string())));
        }
        Content::Text(text) => lines.push(format!("--data-raw {}", quoted(text))),
        Content::Empty | Content::NotKept => {}
    }
    lines.join(" \\\n  ")
}

fn headers(headers: &Pairs) -> Vec<String> {
    let repeated = headers.iter().filter(|(name, _)| REPEATED.contains(&name.as_str()));
    let option = |(name, value): &(String, String)| match basic_credentials(value) {
        Some((user, password)) if name == "authorization" => format!("-u {}", quoted(&format!("{user}:{password}"))),
        _ => format!("-H {}", quoted(&format!("{name}: {value}"))),
    };
    repeated
        .filter(|(name, value)| name != "accept" || value != "*/*")
        .map(option)
        .collect()
}

/// Each field by itself, since curl encodes what stands behind the first `=`. A field whose name would have to be encoded
/// too is nobody's of the demo: the form is then one text.
fn form(pairs: &Pairs) -> Vec<String> {
    let is_plain = |name: &str| {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        !name.is_empty() && name.bytes().all(is_word)
    };
    if pairs.iter().all(|(name, _)| is_plain(name)) {
        let field =
            |(name, value): &(String, String)| format!("--data-urlencode {}", quoted(&format!("{name}={value}")));
        return pairs.iter().map(field).collect();
    }
    let text = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    vec![format!("--data-raw {}", quoted(&text))]
}

/// A word of a POSIX shell: between single quotes nothing is special but the quote itself.
fn quoted(text: &str) -> String {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_safe) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use serde_json::json;

    use super::super::exchange::{pairs, test_exchange};
    use super::*;

    /// What a shell makes of a command: its words.
    fn words(command: &str) -> Vec<String> {
        let script = format!("curl() {{ printf '%s\\0' \"$@\"; }}\n{command}");
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_terminator('\0').map(str::to_owned).collect()
    }

    #[test]
    fn a_token_request_is_a_form_with_the_apps_password() {
        let mut exchange = test_exchange(1);
        exchange.request.headers = vec![
            ("authorization".to_owned(), "Basic YnVkZ2V0LXdlYjpzZWNyZXQ=".to_owned()),
            (
                "content-type".to_owned(),
                "application/x-www-form-urlencoded".to_owned(),
            ),
        ];
        exchange.request.body = Content::Form(pairs(b"grant_type=refresh_token&refresh_token=a%2Bb"));
        assert_eq!(
            command(&exchange),
            "curl -i http://localhost:8080/token \\\n  -u budget-web:secret \\\n  \
             --data-urlencode grant_type=refresh_token \\\n  --data-urlencode refresh_token=a+b"
        );
    }

    #[test]
    fn nothing_that_was_sent_is_read_by_the_shell() {
        let hostile = "';$(touch /tmp/x) `id` \"\\\n& it's";
        let mut exchange = test_exchange(1);
        exchange.query = format!("q={hostile}");
        exchange.method = hostile.to_owned();
        exchange.request.headers = vec![("authorization".to_owned(), format!("Bearer {hostile}"))];
        exchange.request.body = Content::Form(vec![("token".to_owned(), hostile.to_owned())]);
        let expected = [
            "-i".to_owned(),
            format!("http://localhost:8080/token?q={hostile}"),
            "-X".to_owned(),
            hostile.to_owned(),
            "-H".to_owned(),
            format!("authorization: Bearer {hostile}"),
            "--data-urlencode".to_owned(),
            format!("token={hostile}"),
        ];
        assert_eq!(words(&command(&exchange)), expected);
    }

    #[test]
    fn a_field_with_a_strange_name_makes_the_form_one_text() {
        let mut exchange = test_exchange(1);
        exchange.request.body = Content::Form(vec![("a b@".to_owned(), "c&d".to_owned())]);
        assert_eq!(
            words(&command(&exchange)).last().map(String::as_str),
            Some("a+b%40=c%26d")
        );
    }

    #[test]
    fn a_call_of_an_api_is_json_or_nothing() {
        let mut exchange = test_exchange(1);
        exchange.request.body = Content::Json(json!({ "payee": "Bob's" }));
        assert_eq!(
            words(&command(&exchange)).last().map(String::as_str),
            Some(r#"{"payee":"Bob's"}"#)
        );
        exchange.method = "GET".to_owned();
        exchange.request.body = Content::Empty;
        assert_eq!(command(&exchange), "curl -i http://localhost:8080/token");
    }
}

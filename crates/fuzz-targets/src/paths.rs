//! The path of a call, as the rules and as an upstream understand it.
//!
//! A call that a rule for everybody lets in must be one for that rule's path to every upstream, also to one that decodes,
//! twice, that removes dots and doubled slashes, and that does not mind backslashes, semicolons or the case of letters.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use enforcement::gate::{
    ApiRules, Call, CallBody, Decision, Failure, Lookup, PathPattern, Presented, ProtectedApi, Rules,
};
use http::HeaderMap;
use protocol::Route;
use url::Url;

const HOST: &str = "api.example";

/// The first line is the method, the second the target; a third is a pattern.
pub fn paths(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.split('\n');
    let (method, target) = (lines.next().unwrap_or("GET"), lines.next().unwrap_or("/"));
    if let Some(pattern) = lines.next() {
        // Whatever an operator writes is a pattern, or is refused.
        let _ = PathPattern::parse(pattern);
    }
    if let Some(path) = permitted(method, target) {
        assert!(is_public(path), "{target:?} is let in as public");
        let seen = Url::parse(&format!("https://{HOST}{target}")).map(|url| url.path().to_owned());
        assert_eq!(seen.as_deref(), Ok(path), "another reader sees another path");
    }
}

/// The path of a call that is let in, by rules that let everybody in below `/public` alone.
fn permitted<'t>(method: &str, target: &'t str) -> Option<&'t str> {
    let headers = HeaderMap::new();
    let call = Call {
        method,
        scheme: Some("https"),
        authority: HOST,
        target,
        headers: &headers,
        certificate: None,
        address: None,
        body: CallBody::Hidden,
    };
    let rules = rules();
    let mut deciding = pin!(rules.decide(&Nobody, &call));
    // Nothing here waits for anything.
    match deciding.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Decision::Permitted(_)) => target.split('?').next(),
        Poll::Ready(_) => None,
        Poll::Pending => panic!("a decision without a token waits"),
    }
}

fn rules() -> Rules {
    let route = |path: &str, access: &str| -> Route {
        let text = format!("path = '{path}'\naccess = ['{access}']");
        toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"))
    };
    let api = ProtectedApi::compile(ApiRules {
        issuer: "https://id.example".to_owned(),
        identifier: format!("https://{HOST}"),
        upstream: None,
        acr: None,
        proof_algs: Vec::new(),
        metadata_url: None,
        routes: vec![
            route("/public/**", "none"),
            route("/public/*/secret", "token"),
            route("/private/**", "token"),
        ],
    });
    let api = api.unwrap_or_else(|problem| panic!("{problem}"));
    Rules::new([api]).0
}

/// Whether even the most careless reader finds a path that everybody may call. What is below a secret is none.
fn is_public(path: &str) -> bool {
    let careless = normalised(&decoded(&decoded(path)));
    let segments: Vec<&str> = careless.split('/').skip(1).collect();
    segments.first() == Some(&"public") && !matches!(segments[..], [_, _, "secret"])
}

fn decoded(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        let encoded = match after {
            [high, low, ..] if *first == b'%' => std::str::from_utf8(&[*high, *low])
                .ok()
                .and_then(|digits| u8::from_str_radix(digits, 16).ok()),
            _ => None,
        };
        bytes.push(encoded.unwrap_or(*first));
        rest = if encoded.is_some() {
            after.get(2..).unwrap_or_default()
        } else {
            after
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn normalised(path: &str) -> String {
    let small = path.to_lowercase().replace('\\', "/");
    let mut segments: Vec<&str> = Vec::new();
    for segment in small.split('/') {
        match segment
            .split([';', '\0', '?', '#'])
            .next()
            .unwrap_or_default()
            .trim_end_matches(['.', ' '])
        {
            "" if segment.starts_with("..") => {
                segments.pop();
            }
            "" => {}
            name => segments.push(name),
        }
    }
    format!("/{}", segments.join("/"))
}

/// No token is worth anything.
struct Nobody;

impl Lookup for Nobody {
    fn now(&self) -> i64 {
        0
    }

    async fn admit(&self, _: &ProtectedApi, _: &Presented<'_>) -> Result<enforcement::Permit, Failure> {
        Err(Failure::Unavailable("nobody is asked here".to_owned()))
    }

    async fn next_nonce(&self, _: &ProtectedApi, _: bool) -> Option<String> {
        None
    }
}

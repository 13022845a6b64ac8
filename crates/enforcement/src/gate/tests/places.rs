//! Which API a call is for.

use super::*;

/// The API that a call is for, and the part of its target that an upstream would get.
async fn found(scheme: Option<&str>, authority: &str, target: &str) -> Result<String, Failure> {
    let route = |path: &str| json!([{ "path": path }]);
    let rules = rules(&[
        ("https://api.example", route("/**")),
        ("https://api.example/bank", route("/accounts")),
        ("https://api.example/bank/staff/", route("/**")),
        ("http://api.example:8080", route("/plain")),
    ]);
    let headers = headers(&[TOKEN]);
    let call = Call {
        scheme,
        authority,
        ..call("GET", target, &headers)
    };
    match decide(&rules, permit(""), &call).await {
        Decision::Permitted(permitted) => {
            let below = permitted.api.below(target).unwrap().to_owned();
            Ok(format!("{} {below}", permitted.api.identifier))
        }
        other => Err(denied(other).failure),
    }
}

#[tokio::test]
async fn the_api_is_found_by_scheme_host_and_the_longest_path() {
    const HTTPS: Option<&str> = Some("https");
    for (scheme, authority, target, expected) in [
        (HTTPS, "api.example", "/accounts", "https://api.example /accounts"),
        (
            HTTPS,
            "API.Example:443",
            "/bank/accounts?x",
            "https://api.example/bank /accounts?x",
        ),
        (
            None,
            "api.example",
            "/bank/accounts",
            "https://api.example/bank /accounts",
        ),
        (HTTPS, "api.example", "/banking", "https://api.example /banking"),
        (
            HTTPS,
            "api.example",
            "/Bank/accounts",
            "https://api.example /Bank/accounts",
        ),
        (
            HTTPS,
            "api.example",
            "/bank/staff/x",
            "https://api.example/bank/staff/ /x",
        ),
        (HTTPS, "api.example", "/bank/staff", "https://api.example/bank/staff/ "),
        (
            Some("http"),
            "api.example:8080",
            "/plain",
            "http://api.example:8080 /plain",
        ),
    ] {
        let found = found(scheme, authority, target).await;
        assert_eq!(found, Ok(expected.to_owned()), "{authority}{target}");
    }
    let other = found(HTTPS, "api.example", "/bank/other").await;
    assert_eq!(
        other,
        refused(Refusal::NoRoute),
        "the longest path counts, whatever others would say"
    );
}

#[tokio::test]
async fn another_scheme_host_or_port_is_no_api_and_a_host_that_could_be_two_is_refused() {
    for (scheme, authority) in [
        (Some("http"), "api.example"),
        (Some("https"), "api.example:80"),
        (Some("https"), "api.example:8443"),
        (Some("https"), "api.example:8080"),
        (Some("ws"), "api.example"),
        (None, "other.example"),
        (None, "xapi.example"),
    ] {
        let found = found(scheme, authority, "/").await;
        assert_eq!(found, refused(Refusal::UnknownApi), "{scheme:?} {authority}");
    }
    for (authority, problem) in [
        ("api.example.", MalformedCall::HostDot),
        ("a@api.example", MalformedCall::UserInfo),
        ("api.example:", MalformedCall::Host),
        ("", MalformedCall::NoHost),
    ] {
        assert_eq!(
            found(None, authority, "/").await,
            refused(problem.into()),
            "{authority}"
        );
    }
}

#[test]
fn of_two_apis_at_one_place_the_first_counts() {
    let same = |issuer: &str, identifier: &str| {
        let mut api = api(identifier, None, json!([])).unwrap();
        api.issuer = issuer.to_owned();
        api
    };
    let (rules, hidden) = Rules::new([
        same("a", "https://api.example"),
        same("b", "https://api.example:443/"),
        same("b", "http://api.example"),
        same("b", "https://api.example/b"),
    ]);
    assert_eq!(hidden.iter().map(|api| &*api.issuer).collect::<Vec<_>>(), ["b"]);
    assert_eq!(rules.apis().len(), 3);
}

#[test]
fn rules_that_cannot_be_are_told() {
    let problem = |identifier: &str, written: Value| api(identifier, None, written).unwrap_err().to_string();
    for identifier in [
        "api.example",
        "ftp://api.example",
        "https://",
        "https://a@api.example",
        "https://API.example",
        "https://api.example.",
        "https://api.example/x?y",
        "https://api.example//x",
        "https://api.example/../x",
        "urn:bank:api",
    ] {
        assert!(
            problem(identifier, json!([])).contains("no place for calls"),
            "{identifier}"
        );
    }
    let own = "https://api.example";
    assert!(problem(own, json!([{ "path": "accounts" }])).contains("slash"));
    assert!(problem(own, json!([{ "path": "/a", "scope": ["a b"] }])).contains("cannot be a scope"));
    for (one, other, told) in [
        (json!(["GET"]), json!(["POST", "GET"]), "GET /a"),
        (json!([]), json!(["POST"]), "POST /a"),
        (json!([]), json!([]), "every method /a"),
    ] {
        let written = json!([{ "path": "/a", "methods": one }, { "path": "/a", "methods": other }]);
        assert!(problem(own, written).contains(told));
    }
    assert!(
        api(
            own,
            None,
            json!([{ "path": "/a", "methods": ["GET"] }, { "path": "/a", "methods": ["HEAD"] }])
        )
        .is_ok()
    );
}

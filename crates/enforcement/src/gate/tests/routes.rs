//! Which route a call is by.

use super::*;

#[tokio::test]
async fn the_most_specific_route_for_the_method_counts_and_head_follows_get() {
    let rules = rules(&[(
        "https://api.example",
        json!([
            { "path": "/**", "methods": ["GET", "OPTIONS"] },
            { "path": "/accounts/**", "methods": ["GET"] },
            { "path": "/accounts/*", "methods": ["GET", "DELETE"] },
            { "path": "/accounts/me", "methods": ["PUT"] },
            { "path": "/probe", "methods": ["HEAD"] },
            { "path": "/probe", "methods": ["GET"] },
        ]),
    )]);
    let headers = headers(&[TOKEN]);
    for (method, target, route) in [
        ("GET", "/", "/**"),
        ("GET", "/x/y", "/**"),
        ("GET", "/accounts", "/accounts/**"),
        ("GET", "/accounts/", "/accounts/**"),
        ("GET", "/accounts/1", "/accounts/*"),
        ("HEAD", "/accounts/1", "/accounts/*"),
        ("HEAD", "/accounts/1/x", "/accounts/**"),
        ("DELETE", "/accounts/1", "/accounts/*"),
        ("PUT", "/accounts/me", "/accounts/me"),
        ("GET", "/accounts/me", "/accounts/*"),
        ("OPTIONS", "/accounts/me", "/**"),
        ("GET", "/accounts/1?x=/../y", "/accounts/*"),
        ("HEAD", "/probe", "/probe"),
    ] {
        let found = outcome(&rules, &call(method, target, &headers)).await;
        assert_eq!(found, Ok(route.to_owned()), "{method} {target}");
    }
    let put = outcome(&rules, &call("PUT", "/accounts/1", &headers)).await;
    assert_eq!(put, refused(Refusal::WrongMethod("DELETE, GET, OPTIONS".into())));
    let get = outcome(&rules, &call("get", "/accounts/1", &headers)).await;
    assert!(
        matches!(get, Err(Failure::Refused(Refusal::WrongMethod(_)))),
        "methods have their case"
    );
}

#[tokio::test]
async fn what_has_no_route_does_not_get_through() {
    let rules = rules(&[(
        "https://api.example",
        json!([{ "path": "/accounts/*", "methods": ["GET"] }]),
    )]);
    let headers = headers(&[TOKEN]);
    for (method, target, refusal) in [
        ("GET", "/", Refusal::NoRoute),
        ("GET", "/accounts", Refusal::NoRoute),
        ("GET", "/account/1", Refusal::NoRoute),
        ("GET", "/Accounts/1", Refusal::NearRoute),
        ("GET", "/accounts/1/", Refusal::NearRoute),
        ("POST", "/accounts/1", Refusal::WrongMethod("GET".into())),
        ("POST", "/accounts/1/", Refusal::NoRoute),
    ] {
        let found = outcome(&rules, &call(method, target, &headers)).await;
        assert_eq!(found, refused(refusal), "{method} {target}");
    }
    let nothing = Rules::default();
    let found = outcome(&nothing, &call("GET", "/", &headers)).await;
    assert_eq!(found, refused(Refusal::UnknownApi));
}

/// An upstream that minds neither case nor a slash at the end would serve `/admin` by the rules of everything.
#[tokio::test]
async fn nobody_gets_around_a_route_by_another_spelling_of_its_path() {
    let written = json!([{ "path": "/**" }, { "path": "/admin", "scope": ["admin"] }, { "path": "/caf%C3%A9", "scope": ["admin"] }]);
    let rules = rules(&[("https://api.example", written)]);
    let headers = headers(&[TOKEN]);
    for target in ["/Admin", "/ADMIN", "/admin/", "/Admin/", "/admin/?x", "/CAF%c3%a9"] {
        let found = outcome(&rules, &call("GET", target, &headers)).await;
        assert_eq!(found, refused(Refusal::NearRoute), "{target}");
    }
    for target in ["/admin", "/caf%c3%a9"] {
        let found = outcome(&rules, &call("GET", target, &headers)).await;
        assert!(
            matches!(found, Err(Failure::Refused(Refusal::InsufficientScope(_)))),
            "{target}"
        );
    }
    for target in ["/administration", "/x/admin", "/"] {
        assert_eq!(
            outcome(&rules, &call("GET", target, &headers)).await,
            Ok("/**".to_owned()),
            "{target}"
        );
    }
    for (target, problem) in [
        ("//admin", MalformedCall::EmptySegment),
        ("/x/../admin", MalformedCall::DotSegment),
        ("/%61dmin", MalformedCall::NeedlessEncoding),
        ("/x%2f..%2fadmin", MalformedCall::EncodedSlash),
        ("/%2561dmin", MalformedCall::EncodedPercent),
        ("/admin;x", MalformedCall::Semicolon),
        ("/admin.", MalformedCall::TrailingDot),
        ("/admin%00", MalformedCall::EncodedControl),
        ("/admin\\", MalformedCall::Character),
    ] {
        let found = outcome(&rules, &call("GET", target, &headers)).await;
        assert_eq!(found, refused(problem.into()), "{target}");
    }
}

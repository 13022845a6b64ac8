//! Calls, and what becomes of them.

use http::{HeaderMap, HeaderName, StatusCode};
use jose::SigningAlg;
use protocol::{Acr, Route, TokenScheme, dpop::ProofError};
use serde_json::{Value, json};

use super::*;
use crate::{Permit, Refusal, permit::tests::permit};

const NOW: i64 = 1_800_000_000;
const TOKEN: (&str, &str) = ("authorization", "Bearer good");

/// Who knows one token, and takes each proof but `used`.
struct Issuer(Permit);

impl Lookup for Issuer {
    fn now(&self) -> i64 {
        NOW
    }

    async fn admit(&self, api: &ProtectedApi, presented: &Presented<'_>) -> Result<Permit, Failure> {
        assert!(
            presented.url.contains("://api.example"),
            "{} {}",
            api.identifier,
            presented.url
        );
        match (presented.credentials.token.as_str(), presented.proofs.as_slice()) {
            ("good", _) if presented.credentials.scheme == TokenScheme::Bearer => Ok(self.0.clone()),
            ("good", []) => Err(Refusal::ProofMissing.into()),
            ("good", ["nonce"]) => Err(Refusal::NonceNeeded.into()),
            ("good", ["fine"]) => Ok(self.0.clone()),
            ("good", _) => Err(Refusal::Proof(ProofError::Used).into()),
            ("down", _) => Err(Failure::Unavailable("the issuer is down".into())),
            ("many", _) => Err(Failure::TooManyProofs),
            _ => Err(Refusal::Inactive.into()),
        }
    }

    async fn next_nonce(&self, _: &ProtectedApi, is_needed: bool) -> Option<String> {
        is_needed.then(|| "next".to_owned())
    }
}

fn routes(routes: Value) -> Vec<Route> {
    serde_json::from_value(routes).unwrap()
}

fn api(identifier: &str, acr: Option<Acr>, written: Value) -> Result<ProtectedApi, RuleProblem> {
    ProtectedApi::compile(ApiRules {
        issuer: "https://id.example".into(),
        identifier: identifier.into(),
        upstream: None,
        acr,
        proof_algs: vec![SigningAlg::Es256],
        metadata_url: None,
        routes: routes(written),
    })
}

fn rules(apis: &[(&str, Value)]) -> Rules {
    let apis = apis
        .iter()
        .map(|(identifier, routes)| api(identifier, None, routes.clone()).unwrap());
    let (rules, hidden) = Rules::new(apis);
    assert!(hidden.is_empty());
    rules
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    map
}

/// A call of `https://api.example`.
fn call<'a>(method: &'a str, target: &'a str, headers: &'a HeaderMap) -> Call<'a> {
    Call {
        method,
        scheme: Some("https"),
        authority: "api.example",
        target,
        headers,
        certificate: None,
        address: None,
        body: CallBody::Later,
    }
}

async fn decide(rules: &Rules, permit: Permit, call: &Call<'_>) -> Decision {
    rules.decide(&Issuer(permit), call).await
}

/// The route that a call was let through by, or why it was not.
async fn outcome(rules: &Rules, call: &Call<'_>) -> Result<String, Failure> {
    match decide(rules, permit("read"), call).await {
        Decision::Permitted(permitted) => Ok(permitted.route.path.clone()),
        Decision::Denied(denied) => Err(denied.failure),
        Decision::NeedsBody(pending) => panic!("{pending:?}"),
    }
}

fn denied(decision: Decision) -> Denied {
    match decision {
        Decision::Denied(denied) => *denied,
        other => panic!("{other:?}"),
    }
}

fn refused(refusal: Refusal) -> Result<String, Failure> {
    Err(refusal.into())
}

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

#[tokio::test]
async fn a_call_without_a_good_token_is_challenged() {
    let rules = rules(&[("https://api.example", json!([{ "path": "/**" }]))]);
    for (sent, status, error) in [
        (&[][..], 401, None),
        (&[("authorization", "Basic YTpi")], 401, None),
        (&[("authorization", "Bearer bad")], 401, Some("invalid_token")),
        (&[("authorization", "Bearer")], 400, Some("invalid_request")),
        (&[("authorization", "Bearer a b")], 400, Some("invalid_request")),
        (&[TOKEN, TOKEN], 400, Some("invalid_request")),
        (&[("authorization", "DPoP good")], 401, Some("invalid_dpop_proof")),
        (
            &[("authorization", "DPoP good"), ("dpop", "old")],
            401,
            Some("invalid_dpop_proof"),
        ),
        (
            &[("authorization", "DPoP good"), ("dpop", "fine"), ("dpop", "fine")],
            401,
            Some("invalid_dpop_proof"),
        ),
        (
            &[("authorization", "DPoP good"), ("dpop", "nonce")],
            401,
            Some("use_dpop_nonce"),
        ),
    ] {
        let headers = headers(sent);
        let denied = denied(decide(&rules, permit(""), &call("GET", "/", &headers)).await);
        let answer = denied.answer();
        assert_eq!(answer.status, status, "{sent:?}");
        let challenges: Vec<_> = answer.headers.get_all("www-authenticate").iter().collect();
        assert_eq!(challenges.len(), 2, "{sent:?}");
        let first = challenges[0].to_str().unwrap();
        let is_dpop = sent.iter().any(|(_, value)| value.starts_with("DPoP"));
        assert!(first.starts_with(if is_dpop {
            "DPoP realm=\"https://api.example\""
        } else {
            "Bearer realm="
        }));
        let told = error.map(|error| format!("error=\"{error}\""));
        assert_eq!(first.contains("error="), told.is_some(), "{first}");
        assert!(told.is_none_or(|told| first.contains(&told)), "{first}");
        assert_eq!(
            answer.headers.contains_key("dpop-nonce"),
            error == Some("use_dpop_nonce")
        );
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.body.is_empty(), error.is_none());
    }
    let sent = headers(&[TOKEN]);
    let in_query = denied(decide(&rules, permit(""), &call("GET", "/?access_token=good", &sent)).await);
    assert_eq!(in_query.failure, Refusal::TokenInQuery.into());
}

#[tokio::test]
async fn when_nobody_can_say_what_a_token_is_worth_nothing_passes() {
    let rules = rules(&[("https://api.example", json!([{ "path": "/**" }]))]);
    for token in ["Bearer down", "DPoP many"] {
        let headers = headers(&[("authorization", token)]);
        let answer = denied(decide(&rules, permit(""), &call("GET", "/", &headers)).await).answer();
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers.contains_key("retry-after") && !answer.headers.contains_key("www-authenticate"));
    }
}

#[tokio::test]
async fn what_no_token_would_open_is_refused_without_a_challenge() {
    let rules = rules(&[("https://api.example", json!([{ "path": "/a", "methods": ["GET"] }]))]);
    let headers = headers(&[]);
    for (method, target, status) in [
        ("GET", "/b", 403),
        ("POST", "/a", 403),
        ("GET", "/A", 403),
        ("GET", "/a/../a", 400),
        ("GET", "/a%2Fb", 400),
    ] {
        let answer = denied(decide(&rules, permit(""), &call(method, target, &headers)).await).answer();
        assert_eq!(answer.status, status, "{method} {target}");
        assert!(!answer.headers.contains_key("www-authenticate"));
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(body["error"], "invalid_request");
        assert!(!body["error_description"].as_str().unwrap().is_empty());
    }
    let elsewhere = Call {
        authority: "x.example",
        ..call("GET", "/a", &headers)
    };
    assert_eq!(
        denied(decide(&rules, permit(""), &elsewhere).await).answer().status,
        404
    );
}

#[tokio::test]
async fn scope_and_authentication_must_reach_what_the_route_demands() {
    let written = json!([
        { "path": "/read", "scope": ["read"] },
        { "path": "/both", "scope": ["read", "write"] },
        { "path": "/high", "acr": "loa3" },
        { "path": "/fresh", "max_age": 300 },
    ]);
    let (rules, _) = Rules::new([api("https://api.example", Some(Acr::Loa2), written).unwrap()]);
    let headers = headers(&[TOKEN]);
    let user = |acr: &str, age: i64| {
        let mut permit = permit("read");
        permit.acr = Some(format!("urn:sekisho:acr:{acr}"));
        permit.auth_time = Some(NOW - age);
        permit
    };
    let status = async |permit: Permit, target: &str| match decide(&rules, permit, &call("GET", target, &headers)).await
    {
        Decision::Permitted(_) => 200,
        other => denied(other).answer().status.as_u16(),
    };
    for (acr, age, target, expected) in [
        ("loa2", 9, "/read", 200),
        ("loa4", 9, "/read", 200),
        ("loa1", 9, "/read", 401),
        ("loa2", 9, "/both", 403),
        ("loa2", 9, "/high", 401),
        ("loa3", 9, "/high", 200),
        ("loa2", 300, "/fresh", 200),
        ("loa2", 301, "/fresh", 401),
        ("loa1", 9, "/fresh", 401),
    ] {
        assert_eq!(status(user(acr, age), target).await, expected, "{acr} {age} {target}");
    }
    // The API's own level is about its users; what a route demands, a client without one cannot reach.
    let mut robot = permit("read");
    robot.subject = robot.client_id.clone();
    for (target, expected) in [("/read", 200), ("/high", 401), ("/fresh", 401)] {
        assert_eq!(status(robot.clone(), target).await, expected, "{target}");
    }
    let denied = denied(decide(&rules, user("loa2", 301), &call("GET", "/fresh", &headers)).await);
    assert_eq!(denied.client_id.as_deref(), Some("app"));
    let answer = denied.answer();
    let challenge = answer.headers["www-authenticate"].to_str().unwrap();
    let wanted = "acr_values=\"urn:sekisho:acr:loa2 urn:sekisho:acr:loa3 urn:sekisho:acr:loa4\", max_age=\"300\"";
    assert!(
        challenge.contains("insufficient_user_authentication") && challenge.contains(wanted),
        "{challenge}"
    );
}

#[tokio::test]
async fn an_open_route_needs_nothing_and_tells_of_nobody() {
    let written = json!([{ "path": "/**", "scope": ["read"] }, { "path": "/health", "access": ["none"] }]);
    let rules = rules(&[("https://api.example", written)]);
    for sent in [&[][..], &[("authorization", "Bearer bad")]] {
        let headers = headers(sent);
        match decide(&rules, permit("read"), &call("GET", "/health", &headers)).await {
            Decision::Permitted(permitted) => assert!(permitted.permit.is_none() && permitted.identity().is_empty()),
            other => panic!("{other:?}"),
        }
    }
    let headers = headers(&[]);
    assert_eq!(
        outcome(&rules, &call("GET", "/other", &headers)).await,
        refused(Refusal::NoCredentials)
    );
}

fn payment() -> Permit {
    let mut permit = permit("pay");
    let details = json!([{ "type": "payment", "amount": "5", "payee": "bob" }]);
    permit.claims.insert("authorization_details".to_owned(), details);
    permit
}

#[tokio::test]
async fn a_route_that_looks_into_the_body_asks_for_it_when_all_else_is_right() {
    let details = json!({ "type": "payment", "body": { "amount": "/amount", "payee": "/to" } });
    let written = json!([{ "path": "/payments", "scope": ["pay"], "authorization_details": details }]);
    let rules = rules(&[("https://api.example", written)]);
    let sent = headers(&[TOKEN, ("content-type", "application/json")]);
    let posted = |body| Call {
        body,
        ..call("POST", "/payments", &sent)
    };
    let finish =
        async |body: Result<&[u8], BodyProblem>| match decide(&rules, payment(), &posted(CallBody::Later)).await {
            Decision::NeedsBody(pending) => pending.finish(body),
            other => panic!("{other:?}"),
        };
    let good = br#"{"amount": "5", "to": "bob"}"#;
    assert!(matches!(finish(Ok(good)).await, Decision::Permitted(_)));
    let whole = decide(&rules, payment(), &posted(CallBody::Whole(good))).await;
    assert!(matches!(whole, Decision::Permitted(_)));
    let insufficient = || Refusal::InsufficientDetails("payment".into());
    for (body, refusal) in [
        (&br#"{"amount": "6", "to": "bob"}"#[..], insufficient()),
        (br#"{"amount": "5", "to": "eve"}"#, insufficient()),
        (br#"{"amount": "5"}"#, insufficient()),
        (
            br#"{"amount": "5", "to": "bob", "amount": "6"}"#,
            BodyProblem::Malformed.into(),
        ),
        (b"amount=5&to=bob", BodyProblem::Malformed.into()),
        (b"", BodyProblem::Malformed.into()),
    ] {
        assert_eq!(denied(finish(Ok(body)).await).failure, refusal.into());
    }
    let too_large = denied(finish(Err(BodyProblem::TooLarge)).await);
    assert_eq!(too_large.answer().status, 413);
    let hidden = denied(decide(&rules, payment(), &posted(CallBody::Hidden)).await);
    assert_eq!(hidden.failure, Refusal::BodyHidden.into());
    assert_eq!(hidden.answer().status, 403);
    let form = headers(&[TOKEN, ("content-type", "application/x-www-form-urlencoded")]);
    let form = denied(decide(&rules, payment(), &call("POST", "/payments", &form)).await);
    assert_eq!(form.failure, Refusal::Body(BodyProblem::NotJson).into());
    // Nobody's body is waited for who would not get through anyway.
    let denied = denied(decide(&rules, permit(""), &posted(CallBody::Later)).await);
    assert!(matches!(
        denied.failure,
        Failure::Refused(Refusal::InsufficientScope(_))
    ));
}

#[tokio::test]
async fn details_of_path_and_method_need_no_body() {
    let details = json!({ "type": "account", "path": { "account": 2 }, "method": "actions" });
    let rules = rules(&[(
        "https://api.example/bank",
        json!([{ "path": "/accounts/*", "authorization_details": details }]),
    )]);
    let headers = headers(&[TOKEN]);
    for (method, target, is_permitted) in [
        ("GET", "/bank/accounts/1", true),
        ("GET", "/bank/accounts/2", false),
        ("DELETE", "/bank/accounts/1", false),
    ] {
        let mut permit = permit("");
        let granted = json!([{ "type": "account", "account": ["1"], "actions": ["GET"] }]);
        permit.claims.insert("authorization_details".to_owned(), granted);
        let hidden = Call {
            body: CallBody::Hidden,
            ..call(method, target, &headers)
        };
        let decision = decide(&rules, permit, &hidden).await;
        assert_eq!(
            matches!(decision, Decision::Permitted(_)),
            is_permitted,
            "{method} {target}"
        );
    }
}

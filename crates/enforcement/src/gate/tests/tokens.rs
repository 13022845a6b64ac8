//! What a call must bring.

use super::*;

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

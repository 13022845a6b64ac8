//! Ways in without a token of a user, and limits.

use protocol::Scope;

use super::*;

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table, one row for each combination")]
async fn a_call_comes_in_by_what_it_brings_if_the_route_takes_that() {
    let key = protocol::ApiKeySecret::from_random([[1; 16], [2; 16]]);
    let bearer_key = format!("Bearer {}", key.as_str());
    let token = [TOKEN];
    let (as_bearer, in_own_header) = ([("authorization", bearer_key.as_str())], [("x-api-key", key.as_str())]);
    let basic = [("authorization", "Basic YTpi")];
    let certificate = protocol::ClientCertificate {
        der: vec![1],
        intermediates: Vec::new(),
    };
    let none: [(&str, &str); 0] = [];
    // What is brought, with or without a certificate, and who calls on a route with such access.
    let user = || Permit::of_issuer("alice".into(), "app".into(), Scope::default(), Vec::new(), NOW);
    let client = || Permit::of_issuer("app".into(), "app".into(), Scope::default(), Vec::new(), NOW);
    let other = |what| Refusal::OtherWay(what);
    for (brought, shows, permit, access, expected) in [
        (&token[..], false, user(), json!([]), Ok("alice")),
        (&token, true, user(), json!(["token"]), Ok("alice")),
        (
            &token,
            true,
            user(),
            json!(["user_token", "client_certificate"]),
            Ok("alice"),
        ),
        (&token, false, client(), json!(["client_credentials"]), Ok("app")),
        (&token, false, client(), json!(["token"]), Ok("app")),
        (
            &token,
            false,
            client(),
            json!(["user_token"]),
            Err(other("access tokens without a user")),
        ),
        (
            &token,
            false,
            user(),
            json!(["client_credentials"]),
            Err(other("access tokens of users")),
        ),
        (
            &token,
            false,
            user(),
            json!(["basic", "api_key"]),
            Err(other("access tokens")),
        ),
        (&as_bearer, false, user(), json!([]), Ok("key")),
        (&in_own_header, false, user(), json!(["api_key"]), Ok("key")),
        (
            &in_own_header,
            true,
            user(),
            json!(["token", "client_certificate"]),
            Err(other("API keys")),
        ),
        (&as_bearer, false, user(), json!(["token"]), Err(other("API keys"))),
        (&basic, false, user(), json!(["token", "basic"]), Ok("basic")),
        (&basic, false, user(), json!(["token"]), Err(Refusal::NoCredentials)),
        (
            &basic,
            true,
            user(),
            json!(["client_certificate"]),
            Err(Refusal::NoCredentials),
        ),
        (
            &none,
            true,
            user(),
            json!(["basic", "client_certificate"]),
            Ok("certificate"),
        ),
        (&none, true, user(), json!([]), Err(Refusal::NoCredentials)),
        (
            &none,
            false,
            user(),
            json!(["client_certificate"]),
            Err(Refusal::NoCredentials),
        ),
    ] {
        let rules = rules(&[(
            "https://api.example",
            json!([{ "path": "/a", "access": access.clone() }]),
        )]);
        let headers = headers(brought);
        let call = Call {
            certificate: shows.then_some(&certificate),
            ..call("GET", "/a", &headers)
        };
        let found = match decide(&rules, permit, &call).await {
            Decision::Permitted(permitted) => Ok(permitted.permit.unwrap().subject),
            Decision::Denied(denied) => Err(denied.failure),
            Decision::NeedsBody(pending) => panic!("{pending:?}"),
        };
        let expected = expected.map(str::to_owned).map_err(Failure::from);
        assert_eq!(found, expected, "{brought:?} {shows} {access}");
    }
}

#[tokio::test]
async fn each_way_has_its_challenge_and_a_route_that_allows_several_gives_all() {
    let headers = headers(&[]);
    for (access, schemes) in [
        (json!([]), &["Bearer", "DPoP"][..]),
        (json!(["client_credentials"]), &["Bearer", "DPoP"]),
        (json!(["api_key"]), &["Bearer"]),
        (json!(["basic"]), &["Basic"]),
        (json!(["api_key", "basic"]), &["Bearer", "Basic"]),
        (
            json!(["token", "basic", "client_certificate"]),
            &["Bearer", "DPoP", "Basic"],
        ),
        (json!(["client_certificate"]), &[]),
    ] {
        let rules = rules(&[(
            "https://api.example",
            json!([{ "path": "/a", "access": access.clone() }]),
        )]);
        let answer = denied(decide(&rules, permit(""), &call("GET", "/a", &headers)).await).answer();
        let challenges = answer.headers.get_all("www-authenticate").iter();
        let told: Vec<&str> = challenges
            .map(|value| value.to_str().unwrap().split(' ').next().unwrap())
            .collect();
        assert_eq!(told, schemes, "{access}");
        // There is no scheme for certificates, and no 401 without one.
        assert_eq!(answer.status, if schemes.is_empty() { 403 } else { 401 });
    }
}

/// One table for all calls.
struct Counting(std::sync::Mutex<Table>);
impl Lookup for Counting {
    fn now(&self) -> i64 {
        NOW
    }
    async fn admit(&self, _: &ProtectedApi, presented: &Presented<'_>) -> Result<Permit, Failure> {
        let scope = if presented.credentials.token.as_str() == "good" {
            "read"
        } else {
            ""
        };
        let scope = Scope::parse(scope).unwrap();
        Ok(Permit::of_issuer("alice".into(), "app".into(), scope, Vec::new(), NOW))
    }
    async fn admit_client(&self, _: &ProtectedApi, _: ClientCredentials<'_>) -> Result<Permit, Failure> {
        Err(Refusal::NoCredentials.into())
    }
    async fn take(&self, _: &ProtectedApi, charges: &[Charge]) -> Result<Result<Vec<Usage>, Exceeded>, Failure> {
        Ok(self.0.lock().unwrap().take(charges, NOW))
    }
    async fn next_nonce(&self, _: &ProtectedApi, _: bool) -> Option<String> {
        None
    }
}

#[tokio::test]
async fn a_call_too_many_is_told_when_the_next_one_gets_through() {
    let limit = json!([{ "per": "client", "rate": "60/1m", "burst": 1 }]);
    let rules = rules(&[(
        "https://api.example",
        json!([{ "path": "/a", "limit": limit.clone(), "scope": ["read"] }, { "path": "/open", "access": ["none"] }]),
    )]);
    let lookup = Counting(Table::new(10).into());
    let (good, narrow) = (headers(&[TOKEN]), headers(&[("authorization", "Bearer narrow")]));
    let fields = |fields: Vec<(HeaderName, http::HeaderValue)>| -> Vec<String> {
        let fields = fields.into_iter();
        fields
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect()
    };
    // Who may not call uses nothing up.
    assert_eq!(
        denied(rules.decide(&lookup, &call("GET", "/a", &narrow)).await)
            .answer()
            .status,
        403
    );
    match rules.decide(&lookup, &call("GET", "/a", &good)).await {
        Decision::Permitted(permitted) => assert_eq!(
            fields(permitted.limits()),
            [
                "ratelimit-policy: \"route-client\";q=60;w=60;sekisho-burst=1",
                "ratelimit: \"route-client\";r=0;t=1"
            ]
        ),
        other => panic!("{other:?}"),
    }
    let answer = denied(rules.decide(&lookup, &call("GET", "/a", &good)).await).answer();
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(answer.headers["ratelimit"], "\"route-client\";r=0;t=1");
    assert!(
        !answer.headers.contains_key("www-authenticate"),
        "no other token would help"
    );
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(body["error"], "temporarily_unavailable");
    match rules.decide(&lookup, &call("GET", "/open", &good)).await {
        Decision::Permitted(permitted) => assert!(permitted.limits().is_empty()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_does_not_go_on_and_what_is_the_apis_own_does() {
    for (sent, left) in [
        (&[("x-api-key", "sekisho_x"), ("x-other", "1")][..], &["x-other"][..]),
        (&[("x-api-key", "the API's own")], &["x-api-key"]),
        (&[("x-api-key", "the API's own"), ("x-api-key", "sekisho_x")], &[]),
    ] {
        let mut headers = headers(sent);
        strip_api_key(&mut headers);
        let names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, left);
    }
}

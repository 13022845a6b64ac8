//! Envoy asks by gRPC whether a call may go on to an API.

use std::collections::HashMap;

use envoy_types::{
    ext_authz::v3::pb::{CheckRequest, DeniedHttpResponse, HeaderValueOption, HttpResponse, OkHttpResponse},
    pb::envoy::service::auth::v3::{
        AttributeContext,
        attribute_context::{HttpRequest, Peer, Request},
        authorization_client::AuthorizationClient,
    },
};
use serde_json::Value;
use testkit::pki::{Authority, Subject};
use tonic::{Code, transport::Channel};

use crate::{
    app::{WEB_APP, granted, text},
    authorization_details::{asking, payment, tokens},
    bank::Bank,
    dpop::ProofKey,
    explain::recorded::explain,
    forward_auth::with_routes,
    mutual_tls::{BOUND, BOUND_FORM, post},
};

struct Envoy {
    bank: Bank,
    client: AuthorizationClient<Channel>,
}

impl Envoy {
    async fn start() -> Self {
        let (bank, envoy) = Bank::asked_by("127.0.0.1", with_routes(BOUND)).await;
        let client = AuthorizationClient::connect(format!("http://{envoy}")).await.unwrap();
        Self { bank, client }
    }

    async fn ask(&self, http: HttpRequest, certificate: &str) -> HttpResponse {
        let source = Peer {
            certificate: certificate.to_owned(),
            ..Peer::default()
        };
        let request = Request {
            time: None,
            http: Some(http),
        };
        let attributes = AttributeContext {
            source: Some(source),
            request: Some(request),
            ..AttributeContext::default()
        };
        let question = CheckRequest {
            attributes: Some(attributes),
        };
        let answer = self.client.clone().check(question).await.unwrap().into_inner();
        let (code, response) = (answer.status.unwrap().code, answer.http_response.unwrap());
        let is_ok = matches!(response, HttpResponse::OkResponse(_));
        assert_eq!(is_ok, code == 0, "{code}");
        response
    }

    async fn permitted(&self, http: HttpRequest) -> OkHttpResponse {
        match self.ask(http, "").await {
            HttpResponse::OkResponse(ok) => ok,
            other => panic!("{other:?}"),
        }
    }

    async fn denied(&self, http: HttpRequest) -> (i32, DeniedHttpResponse) {
        match self.ask(http, "").await {
            HttpResponse::DeniedResponse(denied) => (denied.status.as_ref().unwrap().code, denied),
            other => panic!("{other:?}"),
        }
    }
}

fn call(host: &str, method: &str, path: &str, fields: &[(&str, &str)]) -> HttpRequest {
    let headers: HashMap<_, _> = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    HttpRequest {
        method: method.to_owned(),
        scheme: "https".to_owned(),
        host: host.to_owned(),
        path: path.to_owned(),
        headers,
        ..HttpRequest::default()
    }
}

fn accounts(fields: &[(&str, &str)]) -> HttpRequest {
    call("api.example.com", "GET", "/accounts/1?x=1", fields)
}

fn values<'a>(fields: &'a [HeaderValueOption], name: &str) -> Vec<&'a str> {
    let fields = fields.iter().filter_map(|field| field.header.as_ref());
    fields
        .filter(|field| field.key == name)
        .map(|field| field.value.as_str())
        .collect()
}

#[tokio::test]
async fn a_call_with_a_good_token_goes_on_with_who_calls_and_without_what_clients_say_of_that() {
    let envoy = Envoy::start().await;
    let token = format!(
        "Bearer {}",
        text(&WEB_APP.tokens(&envoy.bank, "accounts:read").await, "access_token")
    );
    let fields = [
        ("authorization", token.as_str()),
        ("sekisho-subject", "eve"),
        ("sekisho.role", "x"),
        (":path", "/"),
    ];
    let ok = envoy.permitted(accounts(&fields)).await;
    assert_eq!(
        values(&ok.headers, "sekisho-subject"),
        [envoy.bank.user_id("alice").await]
    );
    assert_eq!(values(&ok.headers, "sekisho-client"), ["web-app"]);
    assert_eq!(values(&ok.headers, "sekisho-scope"), ["accounts:read"]);
    assert_eq!(values(&ok.headers, "sekisho-acr"), ["urn:sekisho:acr:loa2"]);
    for name in [
        "sekisho_subject",
        "sekisho_client",
        "sekisho_scope",
        "sekisho_acr",
        "sekisho.role",
    ] {
        assert!(ok.headers_to_remove.iter().any(|removed| removed == name), "{name}");
    }
    assert!(
        !ok.headers_to_remove.iter().any(|removed| removed == "sekisho-subject"),
        "it is overwritten"
    );
    let open = envoy.permitted(call("api.example.com", "GET", "/health", &[])).await;
    assert!(
        open.headers.is_empty()
            && open
                .headers_to_remove
                .iter()
                .any(|removed| removed == "sekisho-subject")
    );
}

#[tokio::test]
async fn each_call_that_does_not_go_on_gets_the_answer_of_the_api() {
    let envoy = Envoy::start().await;
    let token = format!(
        "Bearer {}",
        text(&WEB_APP.tokens(&envoy.bank, "accounts:read").await, "access_token")
    );
    let good = [("authorization", token.as_str())];
    for (http, status, error) in [
        (accounts(&[]), 401, ""),
        (accounts(&[("authorization", "Bearer x")]), 401, "invalid_token"),
        (
            accounts(&[("authorization", &format!("{token},{token}"))]),
            400,
            "invalid_request",
        ),
        (
            call("api.example.com", "POST", "/payments", &good),
            403,
            "insufficient_scope",
        ),
        (
            call("api.example.com", "GET", "/statement", &good),
            401,
            "insufficient_user_authentication",
        ),
        (call("api.example.com", "GET", "/other", &good), 403, "invalid_request"),
        (
            call("api.example.com", "GET", "/accounts/../x", &good),
            400,
            "invalid_request",
        ),
        (
            call("other.example.com", "GET", "/accounts", &good),
            404,
            "invalid_request",
        ),
    ] {
        let name = format!("{} {}", http.method, http.path);
        let (code, denied) = envoy.denied(http).await;
        assert_eq!(code, status, "{name}");
        let challenges = values(&denied.headers, "www-authenticate");
        assert_eq!(
            challenges.len(),
            if status == 401 || error == "insufficient_scope" || name.contains("accounts/1") {
                2
            } else {
                0
            },
            "{name}"
        );
        let id = values(&denied.headers, "sekisho-explain")[0];
        assert!(explain(&envoy.bank, id).await.is_ok(), "{name}");
        if error.is_empty() {
            assert!(denied.body.is_empty());
            continue;
        }
        let body: Value = serde_json::from_str(&denied.body).unwrap();
        assert_eq!(body["error"], error, "{name}");
    }
}

#[tokio::test]
async fn a_route_that_looks_into_the_body_is_served_when_envoy_sends_it_whole() {
    let envoy = Envoy::start().await;
    let tokens = tokens(&envoy.bank, &asking(&serde_json::json!([payment("12.30")]))).await;
    let token = format!("Bearer {}", text(&tokens, "access_token"));
    let pay = |partial: Option<&str>, body: &str| {
        let mut fields = vec![("authorization", token.as_str()), ("content-type", "application/json")];
        fields.extend(partial.map(|partial| ("x-envoy-auth-partial-body", partial)));
        let http = call("payments.example.com", "POST", "/payments", &fields);
        HttpRequest {
            body: body.to_owned(),
            ..http
        }
    };
    let right = r#"{"amount": "12.30", "creditor": {"name": "Merchant A"}}"#;
    envoy.permitted(pay(Some("false"), right)).await;
    for (partial, body, status) in [
        (Some("true"), right, 403),
        (None, right, 403),
        (
            Some("false"),
            r#"{"amount": "12.31", "creditor": {"name": "Merchant A"}}"#,
            403,
        ),
        (
            Some("false"),
            r#"{"amount": "12.30", "creditor": {"name": "Merchant B"}}"#,
            403,
        ),
        (
            Some("false"),
            r#"{"amount": "12.30", "creditor": {"name": "Merchant A", "name": "Merchant B"}}"#,
            400,
        ),
        (Some("false"), "", 400),
    ] {
        let (code, denied) = envoy.denied(pay(partial, body)).await;
        assert_eq!(code, status, "{partial:?} {body}: {}", denied.body);
    }
}

#[tokio::test]
async fn tokens_that_are_bound_to_a_key_come_with_it() {
    let envoy = Envoy::start().await;
    let (bank, key) = (&envoy.bank, ProofKey::es256());
    let code = WEB_APP.code(bank, "accounts:read").await;
    let proof = key.proof("POST", &bank.url("/token"), bank.clock.now());
    let tokens = granted(proof.send(WEB_APP.redeeming(bank, &code)).await).await;
    let token = text(&tokens, "access_token");
    let proof = key
        .proof("GET", "https://api.example.com/accounts/1", bank.clock.now())
        .with_token(token)
        .sign();
    let authorization = format!("DPoP {token}");
    let fields = [("authorization", authorization.as_str()), ("dpop", proof.as_str())];
    envoy.permitted(accounts(&fields)).await;
    let (code, denied) = envoy.denied(accounts(&fields)).await;
    assert_eq!(code, 401, "a proof is used once");
    assert!(values(&denied.headers, "www-authenticate")[0].starts_with("DPoP"));

    let app = Authority::new("CA").issue(&Subject::named("bound"));
    let tokens = granted(post(bank, "/token", Some(&app), &BOUND_FORM).await).await;
    let bearer = format!("Bearer {}", text(&tokens, "access_token"));
    let ask = async |certificate: &str| {
        let answer = envoy.ask(accounts(&[("authorization", &bearer)]), certificate).await;
        matches!(answer, HttpResponse::OkResponse(_))
    };
    let encoded =
        |pem: String| percent_encoding::utf8_percent_encode(&pem, percent_encoding::NON_ALPHANUMERIC).to_string();
    assert!(ask(&encoded(app.pem())).await);
    assert!(!ask(&encoded(Subject::named("other").self_signed().pem())).await);
    assert!(!ask("").await && !ask("nonsense").await);
}

#[tokio::test]
async fn a_question_about_nothing_is_an_error_and_other_services_are_not_there() {
    let envoy = Envoy::start().await;
    let answer = envoy.client.clone().check(CheckRequest::default()).await;
    assert_eq!(answer.unwrap_err().code(), Code::InvalidArgument);
}

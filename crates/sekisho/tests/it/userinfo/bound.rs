//! UserInfo for tokens that are bound to a key. RFC 9449 §7, RFC 8705 §3.

use std::slice;

use jose::SigningAlg;
use reqwest::Response;
use serde_json::{Value, json};
use testkit::pki::{Authority, Subject};

use crate::{
    app::{WEB_APP, bank_and, granted, header, text},
    bank::Bank,
    dpop::{Proof, ProofKey},
};

/// The token of an app that proved `key`.
async fn token(bank: &Bank, key: &ProofKey) -> String {
    let code = WEB_APP.code(bank, "openid").await;
    let proof = key.proof("POST", &bank.url("/token"), bank.clock.now());
    let tokens = granted(proof.send(WEB_APP.redeeming(bank, &code)).await).await;
    text(&tokens, "access_token").to_owned()
}

fn proof<'a>(bank: &Bank, key: &'a ProofKey, token: &str) -> Proof<'a> {
    key.proof("GET", &bank.url("/userinfo"), bank.clock.now())
        .with_token(token)
}

async fn ask(bank: &Bank, scheme: &str, token: &str, proofs: &[String]) -> Response {
    let mut request = bank.http.get(bank.url("/userinfo"));
    request = request.header("authorization", format!("{scheme} {token}"));
    for proof in proofs {
        request = request.header("dpop", proof);
    }
    request.send().await.unwrap()
}

/// Checks the error and that it stands in the challenge of the scheme that was tried, beside the one of the other.
async fn refused(response: Response, scheme: &str, error: &str) {
    let challenges: Vec<String> = response
        .headers()
        .get_all("www-authenticate")
        .iter()
        .map(|value| value.to_str().unwrap().to_owned())
        .collect();
    assert_eq!(response.status(), 401, "{challenges:?}");
    assert_eq!(challenges.len(), 2);
    let (tried, other) = (&challenges[0], &challenges[1]);
    assert!(tried.starts_with(scheme), "{tried}");
    assert!(tried.contains(&format!("error=\"{error}\"")), "{tried}");
    assert!(!other.starts_with(scheme) && !other.contains("error"), "{other}");
    let dpop = if scheme == "DPoP" { tried } else { other };
    assert!(dpop.contains("algs=\"RS256 PS256 ES256 EdDSA\""), "{dpop}");
    assert_eq!(response.json::<Value>().await.unwrap()["error"], error);
}

// Conformance: DPOP-RS-01 B88 B118 F2-RS-01 F2-RS-04
// Conformance: fapi2-security-profile-final-access-token-type-header-case-sensitivity
// Conformance: fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-before-succeeds
// Conformance: fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-after-succeeds
#[tokio::test]
async fn a_token_with_a_proof_of_its_key_is_taken() {
    let bank = Bank::start().await;
    let (key, now) = (ProofKey::es256(), bank.clock.now());
    let token = token(&bank, &key).await;
    let good = || proof(&bank, &key, &token);
    for (scheme, proof) in [
        ("DPoP", good()),
        ("dPoP", good()),
        ("DPOP", good()),
        ("DPoP", good().claim("iat", now - 10)),
        ("DPoP", good().claim("iat", now + 10)),
        (
            "DPoP",
            good().claim("nbf", now + 60).claim("exp", now - 60).header("more", 1),
        ),
        ("DPoP", good().claim("htu", bank.url("/userinfo?a=b#c"))),
    ] {
        granted(ask(&bank, scheme, &token, &[proof.sign()]).await).await;
    }
}

// Conformance: DPOP-RS-01 DPOP-RS-03 DPOP-07 B116 fapi2-security-profile-final-dpop-negative-tests
#[tokio::test]
async fn a_token_with_a_proof_that_is_not_right_is_refused() {
    let bank = Bank::start().await;
    let (key, other, now) = (ProofKey::es256(), ProofKey::es256(), bank.clock.now());
    let token = token(&bank, &key).await;
    let good = || proof(&bank, &key, &token);
    let mut private = key.jwk();
    private["d"] = json!("AA");
    for bad in [
        good().header("typ", Value::Null),
        good().header("typ", "JWT"),
        good().header("alg", "none"),
        good().header("jwk", Value::Null),
        good().header("jwk", private),
        good().header("jwk", other.jwk()),
        good().claim("jti", Value::Null),
        good().claim("htm", Value::Null),
        good().claim("htm", "PUT"),
        good().claim("htu", Value::Null),
        good().claim("htu", bank.url("/token")),
        good().claim("iat", Value::Null),
        good().claim("iat", now - 3600),
        good().claim("iat", now + 3600),
        good().claim("ath", Value::Null),
        good().with_token("another token"),
    ] {
        let response = ask(&bank, "DPoP", &token, &[bad.sign()]).await;
        refused(response, "DPoP", "invalid_dpop_proof").await;
    }
    for proofs in [vec![], vec!["a.b.c".to_owned()], vec![good().sign(), good().sign()]] {
        let response = ask(&bank, "DPoP", &token, &proofs).await;
        refused(response, "DPoP", "invalid_dpop_proof").await;
    }
    let used = good().sign();
    granted(ask(&bank, "DPoP", &token, slice::from_ref(&used)).await).await;
    refused(ask(&bank, "DPoP", &token, &[used]).await, "DPoP", "invalid_dpop_proof").await;
    let stolen = proof(&bank, &other, &token).sign();
    refused(ask(&bank, "DPoP", &token, &[stolen]).await, "DPoP", "invalid_token").await;
}

// Conformance: DPOP-RS-02 B118 F2-RS-04
#[tokio::test]
async fn a_bound_token_is_no_bearer_token_and_a_bearer_token_is_not_bound() {
    let bank = Bank::start().await;
    let key = ProofKey::es256();
    let bound = token(&bank, &key).await;
    refused(ask(&bank, "Bearer", &bound, &[]).await, "Bearer", "invalid_token").await;
    let with_proof = [proof(&bank, &key, &bound).sign()];
    refused(
        ask(&bank, "Bearer", &bound, &with_proof).await,
        "Bearer",
        "invalid_token",
    )
    .await;
    let body = bank.http.post(bank.url("/userinfo")).form(&[("access_token", &bound)]);
    refused(body.send().await.unwrap(), "Bearer", "invalid_token").await;

    let tokens = WEB_APP.tokens(&bank, "openid").await;
    let bearer = text(&tokens, "access_token");
    let with_proof = [proof(&bank, &key, bearer).sign()];
    refused(ask(&bank, "DPoP", bearer, &with_proof).await, "DPoP", "invalid_token").await;
    granted(ask(&bank, "Bearer", bearer, &[]).await).await;
}

// Conformance: DPOP-RS-03 B87
#[tokio::test]
async fn without_a_token_both_schemes_are_offered_and_no_error_is_named() {
    let bank = Bank::start().await;
    let response = bank.http.get(bank.url("/userinfo")).send().await.unwrap();
    assert_eq!(response.status(), 401);
    let challenges: Vec<_> = response.headers().get_all("www-authenticate").iter().collect();
    assert_eq!(challenges[0], format!("Bearer realm=\"{}\"", bank.issuer).as_str());
    let dpop = format!("DPoP realm=\"{}\", algs=\"RS256 PS256 ES256 EdDSA\"", bank.issuer);
    assert_eq!(challenges[1], dpop.as_str());
    for (authorization, error) in [("DPoP", "invalid_token"), ("DPoP x", "invalid_token")] {
        let request = bank
            .http
            .get(bank.url("/userinfo"))
            .header("authorization", authorization);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        assert!(header(&response, "www-authenticate").contains(error));
    }
}

/// A web app whose tokens are bound to its certificate.
const BOUND: &str = r#"
[[client]]
client_id                  = "bound"
client_secret              = "bound-secret"
redirect_uris              = ["https://bound.example.com/callback"]
grant_types                = ["authorization_code"]
scope                      = "openid"
tls_client_certificate_bound_access_tokens = true
"#;

// Conformance: MTLS-RS-01 F2-RS-04 F1A-RS-02 B123
#[tokio::test]
async fn a_token_that_is_bound_to_a_certificate_comes_over_that_certificate() {
    let bank = Bank::behind_proxy(bank_and(BOUND)).await;
    let (own, other) = (
        Authority::new("CA").issue(&Subject::named("bound")),
        Subject::named("other").self_signed(),
    );
    let app = crate::app::App {
        client_id: "bound",
        redirect_uri: "https://bound.example.com/callback",
        ..WEB_APP
    };
    let code = app.code(&bank, "openid").await;
    let (name, value) = own.client_cert();
    let response = app.redeeming(&bank, &code).header(name, value).send().await.unwrap();
    let tokens = granted(response).await;
    let ask = async |identity: Option<&testkit::pki::Identity>| {
        let mut request = bank.http.get(bank.url("/userinfo"));
        request = request.bearer_auth(text(&tokens, "access_token"));
        if let Some((name, value)) = identity.map(testkit::pki::Identity::client_cert) {
            request = request.header(name, value);
        }
        request.send().await.unwrap()
    };
    granted(ask(Some(&own)).await).await;
    refused(ask(Some(&other)).await, "Bearer", "invalid_token").await;
    refused(ask(None).await, "Bearer", "invalid_token").await;
}

#[tokio::test]
async fn grants_are_managed_with_bound_tokens_too() {
    let client = "[[client]]\nclient_id = \"manager\"\nclient_secret = \"manager-secret\"\n\
                  grant_types = [\"client_credentials\"]\nresponse_types = []\nscope = \"grant_management_query\"\n";
    let bank = Bank::with_realm(bank_and(client)).await;
    let key = ProofKey::new(SigningAlg::EdDsa);
    let app = crate::app::App {
        client_id: "manager",
        ..crate::app::ROBOT
    };
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "grant_management_query"),
    ];
    let now = bank.clock.now();
    let proof = key.proof("POST", &bank.url("/token"), now);
    let tokens = granted(proof.send(app.posting(&bank, "/token", &form)).await).await;
    let token = text(&tokens, "access_token");
    let url = bank.url("/grants/unknown");
    let request = |scheme: &str| {
        let request = bank.http.get(&url);
        request.header("authorization", format!("{scheme} {token}"))
    };
    let response = key
        .proof("GET", &url, now)
        .with_token(token)
        .send(request("DPoP"))
        .await;
    assert_eq!(response.json::<Value>().await.unwrap()["error"], "invalid_grant_id");
    refused(request("Bearer").send().await.unwrap(), "Bearer", "invalid_token").await;
}

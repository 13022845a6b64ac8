//! Tokens that are bound to a key. RFC 9449 §7, RFC 8705 §3.

use reqwest::Response;
use testkit::pki::{Authority, Identity, Subject};

use crate::{
    app::{WEB_APP, granted, text},
    bank::Bank,
    dpop::{Proof, ProofKey},
    mutual_tls::{BOUND, BOUND_FORM, post},
};

use super::{ask_of, bank, challenges, with_routes};

const URL: &str = "https://api.example.com/accounts/1";

async fn token(bank: &Bank, key: &ProofKey) -> String {
    let code = WEB_APP.code(bank, "accounts:read").await;
    let proof = key.proof("POST", &bank.url("/token"), bank.clock.now());
    let tokens = granted(proof.send(WEB_APP.redeeming(bank, &code)).await).await;
    text(&tokens, "access_token").to_owned()
}

async fn ask(bank: &Bank, scheme: &str, token: &str, proofs: &[String]) -> Response {
    let authorization = format!("{scheme} {token}");
    let proofs = proofs.iter().map(|proof| ("dpop", proof.as_str()));
    let fields: Vec<_> = [("authorization", authorization.as_str())]
        .into_iter()
        .chain(proofs)
        .collect();
    ask_of(bank, "api.example.com", ("GET", "/accounts/1?x=1"), &fields).await
}

fn refused(response: &Response, scheme: &str, error: &str) {
    assert_eq!(response.status(), 401);
    let challenges = challenges(response);
    assert!(challenges[0].starts_with(scheme), "{challenges:?}");
    assert!(challenges[0].contains(&format!("error=\"{error}\"")), "{challenges:?}");
    assert!(
        challenges
            .iter()
            .all(|challenge| challenge.contains("realm=\"https://api.example.com\""))
    );
}

// Conformance: DPOP-RS-01 DPOP-RS-02 B118
#[tokio::test]
async fn a_token_with_a_proof_of_its_key_for_the_apis_url_goes_on_once() {
    let bank = bank().await;
    let (key, other) = (ProofKey::es256(), ProofKey::es256());
    let token = token(&bank, &key).await;
    let proof = |url: &str| key.proof("GET", url, bank.clock.now()).with_token(&token);
    let good = proof(URL).sign();
    assert_eq!(
        ask(&bank, "DPoP", &token, std::slice::from_ref(&good)).await.status(),
        200
    );
    refused(&ask(&bank, "DPoP", &token, &[good]).await, "DPoP", "invalid_dpop_proof");
    let bad: [Proof<'_>; 5] = [
        proof("https://api.example.com/accounts/2"),
        proof("http://api.example.com/accounts/1"),
        proof(&bank.url("/forward-auth")),
        proof(URL).claim("htm", "POST"),
        proof(URL).with_token("another"),
    ];
    for proof in bad {
        refused(
            &ask(&bank, "DPoP", &token, &[proof.sign()]).await,
            "DPoP",
            "invalid_dpop_proof",
        );
    }
    let twice = [proof(URL).sign(), proof(URL).sign()];
    refused(&ask(&bank, "DPoP", &token, &twice).await, "DPoP", "invalid_dpop_proof");
    refused(&ask(&bank, "DPoP", &token, &[]).await, "DPoP", "invalid_dpop_proof");
    refused(&ask(&bank, "Bearer", &token, &[]).await, "Bearer", "invalid_token");
    let stolen = other.proof("GET", URL, bank.clock.now()).with_token(&token).sign();
    refused(&ask(&bank, "DPoP", &token, &[stolen]).await, "DPoP", "invalid_token");
}

// Conformance: MTLS-RS-01 B123
#[tokio::test]
async fn a_token_that_is_bound_to_a_certificate_comes_over_that_certificate() {
    let (bank, _) = Bank::asked_by("127.0.0.1", with_routes(BOUND)).await;
    let app = Authority::new("CA").issue(&Subject::named("bound"));
    let other = Subject::named("other").self_signed();
    let tokens = granted(post(&bank, "/token", Some(&app), &BOUND_FORM).await).await;
    let bearer = format!("Bearer {}", text(&tokens, "access_token"));
    let asked = async |shown: Option<&Identity>| {
        let shown = shown.map(Identity::client_cert);
        let certificate = shown.iter().map(|(name, value)| (*name, value.as_str()));
        let fields: Vec<_> = [("authorization", bearer.as_str())]
            .into_iter()
            .chain(certificate)
            .collect();
        ask_of(&bank, "api.example.com", ("GET", "/accounts"), &fields).await
    };
    assert_eq!(asked(Some(&app)).await.status(), 200);
    refused(&asked(Some(&other)).await, "Bearer", "invalid_token");
    refused(&asked(None).await, "Bearer", "invalid_token");
}

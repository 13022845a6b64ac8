//! Tokens that are bound to a key of which proofs are brought. RFC 9449 §7 and §9.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, StatusCode};
use jose::{Signer as _, SigningAlg, SigningKey, b64, random_token, sha256};
use serde_json::{Value, json};

use super::issuer::Issuer;
use super::{API, app, body, both, challenge, send};
use crate::clock::Clock;

/// A client's key.
struct ProofKey(SigningKey);

impl ProofKey {
    fn new(alg: SigningAlg) -> Self {
        Self(SigningKey::generate(alg).unwrap().0)
    }

    fn jwk(&self) -> Value {
        serde_json::to_value(self.0.public_jwk()).unwrap()
    }

    fn jkt(&self) -> String {
        self.0.public_jwk().thumbprint().unwrap()
    }

    /// A proof for `GET /accounts` with this token, with members of header and claims replaced; `null` removes one.
    fn proof(&self, token: &str, header: &Value, claims: &Value) -> String {
        let own_header = json!({"typ": "dpop+jwt", "alg": self.0.alg(), "jwk": self.jwk()});
        let own_claims = json!({
            "jti": random_token(), "htm": "GET", "htu": format!("{API}/accounts"), "iat": Clock::new().unix(),
            "ath": b64::encode(sha256(token.as_bytes())),
        });
        let part = |own: Value, changes: &Value| {
            let mut own = own.as_object().unwrap().clone();
            own.extend(changes.as_object().unwrap().clone());
            own.retain(|_, value| !value.is_null());
            b64::encode(Value::Object(own).to_string())
        };
        let input = format!("{}.{}", part(own_header, header), part(own_claims, claims));
        format!("{input}.{}", b64::encode(self.0.sign(input.as_bytes()).unwrap()))
    }

    fn good(&self, token: &str) -> String {
        self.proof(token, &json!({}), &json!({}))
    }
}

async fn call(app: &Router, authorization: &str, proofs: &[&str]) -> Response {
    let mut request = Request::get("/accounts").header(AUTHORIZATION, authorization);
    for proof in proofs {
        request = request.header("dpop", *proof);
    }
    send(app, request.body(Body::empty()).unwrap()).await
}

/// Checks the error, and that it stands in the challenge for proofs, beside the one for bearers.
async fn refused(response: Response, error: &str) {
    let challenges: Vec<_> = response.headers().get_all(WWW_AUTHENTICATE).iter().collect();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{challenges:?}");
    assert_eq!(challenges.len(), 2);
    let (dpop, bearer) = (challenges[0].to_str().unwrap(), challenges[1].to_str().unwrap());
    assert!(
        dpop.starts_with("DPoP realm=\"https://api.example\", algs=\"PS256 ES256 EdDSA\""),
        "{dpop}"
    );
    assert!(dpop.contains(&format!("error=\"{error}\"")), "{dpop}");
    assert!(bearer.starts_with("Bearer ") && !bearer.contains("error"), "{bearer}");
    assert_eq!(body(response).await["error"], error);
}

/// An opaque token and a JWT, both bound to the key.
fn tokens(issuer: &Issuer, key: &ProofKey) -> [String; 2] {
    let cnf = json!({ "jkt": key.jkt() });
    issuer.issue_opaque("opaque", json!({"token_type": "DPoP", "cnf": cnf}));
    let jwt = issuer.issue_jwt(&issuer.new_key(true), json!({ "cnf": cnf }));
    ["opaque".to_owned(), jwt]
}

// Conformance: DPOP-RS-01 F2-RS-04 B88 B117 B118 F2-AS-12
// Conformance: fapi2-security-profile-final-access-token-type-header-case-sensitivity
#[tokio::test]
async fn a_bound_token_with_a_proof_of_its_key_passes() {
    for alg in [SigningAlg::Ps256, SigningAlg::Es256, SigningAlg::EdDsa] {
        let issuer = Issuer::start().await;
        let app = app(&both(&issuer.url).build().unwrap());
        let key = ProofKey::new(alg);
        for token in tokens(&issuer, &key) {
            let now = Clock::new().unix();
            for (scheme, header, claims) in [
                ("DPoP", json!({}), json!({})),
                (
                    "dPoP",
                    json!({"kid": "mine", "more": 1}),
                    json!({"nbf": now + 60, "exp": now - 60, "more": [1]}),
                ),
                (
                    "DPOP",
                    json!({}),
                    json!({"iat": now - 10, "htu": "HTTPS://API.example:443/accounts?a=b#c"}),
                ),
                ("dpop", json!({}), json!({"iat": now + 10})),
            ] {
                let proof = key.proof(&token, &header, &claims);
                let response = call(&app, &format!("{scheme} {token}"), &[&proof]).await;
                assert_eq!(response.status(), StatusCode::OK, "{alg} {claims}");
                assert!(!response.headers().contains_key("dpop-nonce"));
            }
        }
    }
}

// Conformance: DPOP-RS-01 DPOP-RS-03 B116 fapi2-security-profile-final-dpop-negative-tests
#[tokio::test]
async fn a_proof_that_is_not_right_is_refused() {
    let issuer = Issuer::start().await;
    let app = app(&both(&issuer.url).build().unwrap());
    let (key, other, rsa) = (
        ProofKey::new(SigningAlg::Es256),
        ProofKey::new(SigningAlg::Es256),
        ProofKey::new(SigningAlg::Rs256),
    );
    let (now, none) = (Clock::new().unix(), json!({}));
    let mut private = key.jwk();
    private["d"] = json!("AA");
    for token in tokens(&issuer, &key) {
        let authorization = format!("DPoP {token}");
        for (header, claims) in [
            (json!({"typ": null}), none.clone()),
            (json!({"typ": "JWT"}), none.clone()),
            (json!({"alg": "none"}), none.clone()),
            (json!({"alg": null}), none.clone()),
            (json!({"jwk": null}), none.clone()),
            (json!({ "jwk": private }), none.clone()),
            (json!({"jwk": other.jwk()}), none.clone()),
            (none.clone(), json!({"jti": null})),
            (none.clone(), json!({"htm": null})),
            (none.clone(), json!({"htm": "PUT"})),
            (none.clone(), json!({"htu": null})),
            (none.clone(), json!({"htu": "https://api.example/payments"})),
            (none.clone(), json!({"iat": null})),
            (none.clone(), json!({"iat": now - 3600})),
            (none.clone(), json!({"iat": now + 3600})),
            (none.clone(), json!({"ath": null})),
            (none.clone(), json!({"ath": b64::encode(sha256(b"another"))})),
        ] {
            let proof = key.proof(&token, &header, &claims);
            refused(call(&app, &authorization, &[&proof]).await, "invalid_dpop_proof").await;
        }
        let (one, two) = (key.good(&token), key.good(&token));
        for proofs in [vec![], vec!["a.b.c"], vec![&*one, &*two], vec![&*rsa.good(&token)]] {
            refused(call(&app, &authorization, &proofs).await, "invalid_dpop_proof").await;
        }
        let by_another = other.good(&token);
        refused(call(&app, &authorization, &[&by_another]).await, "invalid_token").await;
    }
}

// Conformance: DPOP-07 B116 DPOP-06
#[tokio::test]
async fn a_proof_is_used_once_and_soon() {
    let issuer = Issuer::start().await;
    let builder = both(&issuer.url);
    let clock = builder.clock.clone();
    let app = app(&builder.build().unwrap());
    let key = ProofKey::new(SigningAlg::Es256);
    let [token, _] = tokens(&issuer, &key);
    let authorization = format!("DPoP {token}");
    let (proof, late) = (key.good(&token), key.good(&token));
    assert_eq!(call(&app, &authorization, &[&proof]).await.status(), StatusCode::OK);
    refused(call(&app, &authorization, &[&proof]).await, "invalid_dpop_proof").await;
    clock.advance(Duration::from_secs(62));
    refused(call(&app, &authorization, &[&late]).await, "invalid_dpop_proof").await;
}

#[tokio::test]
async fn a_call_that_is_refused_for_its_token_uses_no_proof_up() {
    let issuer = Issuer::start().await;
    let app = app(&both(&issuer.url).build().unwrap());
    let key = ProofKey::new(SigningAlg::Es256);
    let proof = key.good("later");
    refused(call(&app, "DPoP later", &[&proof]).await, "invalid_token").await;
    issuer.issue_opaque("later", json!({"token_type": "DPoP", "cnf": {"jkt": key.jkt()}}));
    assert_eq!(call(&app, "DPoP later", &[&proof]).await.status(), StatusCode::OK);
}

// Conformance: DPOP-RS-02 B118
#[tokio::test]
async fn a_bound_token_is_no_bearer_token_and_a_bearer_token_is_not_bound() {
    let issuer = Issuer::start().await;
    let app = app(&both(&issuer.url).build().unwrap());
    let key = ProofKey::new(SigningAlg::Es256);
    for token in tokens(&issuer, &key) {
        for proofs in [vec![], vec![&*key.good(&token)]] {
            let response = call(&app, &format!("Bearer {token}"), &proofs).await;
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
            assert!(challenge(&response).starts_with("Bearer "));
            assert!(challenge(&response).contains("error=\"invalid_token\""));
        }
    }
    issuer.issue_opaque("bearer", json!({}));
    let proof = key.good("bearer");
    refused(call(&app, "DPoP bearer", &[&proof]).await, "invalid_token").await;
}

// Conformance: DPOP-RS-04 B120
#[tokio::test]
async fn an_api_that_wants_nonces_gives_one_out_with_each_answer() {
    let issuer = Issuer::start().await;
    let builder = both(&issuer.url).dpop_nonces();
    let clock = builder.clock.clone();
    let (app, elsewhere) = (
        app(&builder.build().unwrap()),
        app(&both(&issuer.url).dpop_nonces().build().unwrap()),
    );
    let key = ProofKey::new(SigningAlg::Es256);
    let [token, _] = tokens(&issuer, &key);
    let authorization = format!("DPoP {token}");
    let nonce_of = |response: &Response| response.headers()["dpop-nonce"].to_str().unwrap().to_owned();
    let with = |nonce: &str| {
        let iat = Clock::new().unix();
        key.proof(&token, &json!({}), &json!({"nonce": nonce, "iat": iat}))
    };

    let response = call(&app, &authorization, &[&key.good(&token)]).await;
    let nonce = nonce_of(&response);
    refused(response, "use_dpop_nonce").await;
    for _ in 0..2 {
        let response = call(&app, &authorization, &[&with(&nonce)]).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert!(!nonce_of(&response).is_empty());
    }
    refused(call(&app, &authorization, &[&with("made up")]).await, "use_dpop_nonce").await;
    // One process does not take the nonce of another, so that a proof is used at one of them.
    refused(
        call(&elsewhere, &authorization, &[&with(&nonce)]).await,
        "use_dpop_nonce",
    )
    .await;
    clock.advance(Duration::from_mins(5));
    let iat = Clock::new().unix() + 300;
    let old = key.proof(&token, &json!({}), &json!({"nonce": nonce, "iat": iat}));
    refused(call(&app, &authorization, &[&old]).await, "use_dpop_nonce").await;
}

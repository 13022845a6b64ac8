//! Clients that prove who they are by a JWT. RFC 7523 §2.2 and §3, OpenID Connect Core §9.

use jose::{SigningAlg, b64};
use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    app::{ROBOT, WEB_APP, bank_and, granted, refused, text},
    bank::{Bank, NOON},
    signer::{JWT_BEARER, Signer, assertion, changed, jwks, mac, post},
};

const FOR_ITSELF: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
const SECRET: &str = "a secret of more than thirty-two bytes";

/// A bank with `signing-robot` (any signature), `es256-robot` (that algorithm alone) and `mac-robot`.
struct World {
    bank: Bank,
    signers: Vec<Signer>,
}

impl World {
    async fn new() -> Self {
        let signers: Vec<Signer> = SigningAlg::ALL.into_iter().map(Signer::new).collect();
        let keys = jwks(&signers.iter().collect::<Vec<_>>());
        let client = |id: &str, rest: &str| {
            format!(
                "[[client]]\nclient_id = \"{id}\"\ngrant_types = [\"client_credentials\"]\nresponse_types = []\n\
                 scope = \"accounts:read\"\n{rest}\n"
            )
        };
        let clients = [
            client(
                "signing-robot",
                &format!("token_endpoint_auth_method = \"private_key_jwt\"\njwks = {keys}"),
            ),
            client(
                "es256-robot",
                &format!(
                    "token_endpoint_auth_method = \"private_key_jwt\"\ntoken_endpoint_auth_signing_alg = \"ES256\"\n\
                     jwks = {keys}"
                ),
            ),
            client(
                "mac-robot",
                &format!("token_endpoint_auth_method = \"client_secret_jwt\"\nclient_secret = \"{SECRET}\""),
            ),
        ];
        Self {
            bank: Bank::with_realm(bank_and(&clients.concat())).await,
            signers,
        }
    }

    fn signer(&self, alg: SigningAlg) -> &Signer {
        &self.signers[SigningAlg::ALL.iter().position(|known| *known == alg).unwrap()]
    }

    fn claims(&self, changes: &Value) -> Value {
        changed(&assertion(&self.bank, "signing-robot", self.bank.clock.now()), changes)
    }

    fn signed(&self, changes: &Value) -> String {
        self.signer(SigningAlg::Es256).sign(&self.claims(changes))
    }

    async fn ask(&self, assertion: &str) -> Response {
        post(&self.bank, "/token", assertion, &FOR_ITSELF).await
    }

    async fn is_accepted(&self, changes: &Value) -> bool {
        self.ask(&self.signed(changes)).await.status() == 200
    }

    fn mac(&self, secret: &str, header: &Value) -> String {
        mac(
            secret,
            header,
            &self.claims(&json!({"iss": "mac-robot", "sub": "mac-robot"})),
        )
    }
}

// Conformance: oidcc-ensure-client-assertion-with-iss-aud-succeeds
// Conformance: ASRT-01 ASRT-06
#[tokio::test]
async fn each_algorithm_that_is_offered_is_accepted() {
    let world = World::new().await;
    for signer in &world.signers {
        granted(world.ask(&signer.sign(&world.claims(&json!({})))).await).await;
    }
    granted(world.ask(&world.mac(SECRET, &json!({"alg": "HS256"}))).await).await;
    for typ in [
        "jwt",
        "client-authentication+jwt",
        "application/client-authentication+jwt",
    ] {
        let signed = world.signer(SigningAlg::EdDsa).sign_as(typ, &world.claims(&json!({})));
        granted(world.ask(&signed).await).await;
    }
}

// Conformance: B64 B65 ASRT-03
#[tokio::test]
async fn an_assertion_is_meant_for_the_issuer_the_token_endpoint_or_the_endpoint_that_is_called() {
    let world = World::new().await;
    let (issuer, token) = (&world.bank.issuer, world.bank.url("/token"));
    for aud in [
        json!(issuer),
        json!(token),
        json!([issuer]),
        json!([token, "https://other.example"]),
    ] {
        assert!(world.is_accepted(&json!({"aud": aud})).await, "{aud}");
    }
    for aud in [
        json!("https://other.example"),
        json!(format!("{issuer}/")),
        json!(world.bank.url("/revoke")),
        json!([]),
        json!(["https://other.example/token"]),
        json!(7),
        Value::Null,
    ] {
        let response = world.ask(&world.signed(&json!({"aud": aud}))).await;
        refused(response, "invalid_client").await;
    }
    for path in ["/revoke", "/introspect"] {
        for aud in [world.bank.url(path), token.clone(), issuer.clone()] {
            let signed = world.signed(&json!({"aud": aud}));
            let response = post(&world.bank, path, &signed, &[("token", "x")]).await;
            assert_eq!(response.status(), 200, "{path} {aud}");
        }
    }
}

// Conformance: B63 ASRT-02 F1B-AS-05
#[tokio::test]
async fn an_assertion_is_by_and_about_the_client() {
    let world = World::new().await;
    for changes in [
        json!({"iss": "robot"}),
        json!({"iss": null}),
        json!({"iss": 1}),
        json!({"sub": "robot"}),
        json!({"sub": "mac-robot"}),
        json!({"sub": "es256-robot"}),
        json!({"sub": null}),
        json!({"iss": "nobody", "sub": "nobody"}),
        json!({"jti": null}),
        json!({"jti": 7}),
        json!({"jti": ""}),
    ] {
        refused(world.ask(&world.signed(&changes)).await, "invalid_client").await;
    }
}

// Conformance: B66 B67 ASRT-04
#[tokio::test]
async fn an_assertion_is_good_for_a_while_only() {
    let world = World::new().await;
    for (name, seconds, good) in [
        ("exp", -300, false),
        ("exp", 0, false),
        ("exp", 1, true),
        ("exp", 3600, true),
        ("exp", 3661, false),
        ("nbf", 8, true),
        ("nbf", 10, true),
        ("nbf", 61, false),
        ("nbf", -3600, true),
        ("iat", 8, true),
        ("iat", 10, true),
        ("iat", 61, false),
        ("iat", -86_400, true),
    ] {
        let changes = json!({name: NOON + seconds});
        assert_eq!(world.is_accepted(&changes).await, good, "{name} {seconds}");
    }
    let response = world.ask(&world.signed(&json!({"exp": null}))).await;
    assert!(refused(response, "invalid_client").await.contains("exp"));
}

// Conformance: B68 ASRT-06 ASRT-07
#[tokio::test]
async fn only_the_registered_algorithm_with_the_registered_keys_is_believed() {
    let world = World::new().await;
    let of_es256 = world.claims(&json!({"iss": "es256-robot", "sub": "es256-robot"}));
    for alg in SigningAlg::ALL {
        let response = world.ask(&world.signer(alg).sign(&of_es256)).await;
        let expected = if alg == SigningAlg::Es256 { 200 } else { 401 };
        assert_eq!(response.status(), expected, "{alg}");
    }
    let stranger = Signer::new(SigningAlg::Es256).sign(&world.claims(&json!({})));
    refused(world.ask(&stranger).await, "invalid_client").await;

    let claims = world.claims(&json!({}));
    let unsigned = format!(
        "{}.{}.",
        b64::encode(r#"{"alg":"none"}"#),
        b64::encode(claims.to_string())
    );
    refused(world.ask(&unsigned).await, "invalid_client").await;
    // The public key as a secret.
    let public_key = world.signer(SigningAlg::Es256).jwk().to_string();
    let confused = mac(&public_key, &json!({"alg": "HS256"}), &claims);
    refused(world.ask(&confused).await, "invalid_client").await;

    for (secret, header) in [
        ("another secret of more than thirty-two bytes", json!({"alg": "HS256"})),
        (SECRET, json!({"alg": "HS512"})),
        (SECRET, json!({"alg": "hs256"})),
        (SECRET, json!({"alg": "HS256", "crit": ["exp"]})),
        (SECRET, json!({"alg": "HS256", "typ": "at+jwt"})),
    ] {
        let response = world.ask(&world.mac(secret, &header)).await;
        refused(response, "invalid_client").await;
    }
    let request_object = world.signer(SigningAlg::Es256).sign_as("oauth-authz-req+jwt", &claims);
    refused(world.ask(&request_object).await, "invalid_client").await;
}

// Conformance: B69 ASRT-05
#[tokio::test]
async fn an_assertion_is_used_once_and_a_refused_one_not_at_all() {
    let world = World::new().await;
    let jti = json!({"jti": "one", "exp": NOON + 300});
    let for_others = changed(&jti, &json!({"aud": "https://other.example"}));
    refused(world.ask(&world.signed(&for_others)).await, "invalid_client").await;
    let signed = world.signed(&jti);
    granted(world.ask(&signed).await).await;
    let description = refused(world.ask(&signed).await, "invalid_client").await;
    assert!(description.contains("used before"), "{description}");
    // At any endpoint, with whatever else is in it.
    let response = post(&world.bank, "/introspect", &signed, &[("token", "x")]).await;
    refused(response, "invalid_client").await;
    assert!(!world.is_accepted(&changed(&jti, &json!({"exp": NOON + 600}))).await);
    // A jti belongs to its client.
    let of_another = changed(&jti, &json!({"iss": "es256-robot", "sub": "es256-robot"}));
    assert!(world.is_accepted(&of_another).await);
    // What the grant itself refuses was a use all the same.
    let signed = world.signed(&json!({"jti": "two"}));
    let form = [("grant_type", "client_credentials"), ("scope", "payments:write")];
    refused(post(&world.bank, "/token", &signed, &form).await, "invalid_scope").await;
    refused(world.ask(&signed).await, "invalid_client").await;
}

// Conformance: B62 ASRT-01 ASRT-07
#[tokio::test]
async fn an_assertion_that_is_missing_or_no_assertion_is_refused() {
    let world = World::new().await;
    let signed = world.signed(&json!({}));
    for more in [
        vec![("client_id", "signing-robot")],
        vec![("client_id", "mac-robot")],
        vec![("client_id", "signing-robot"), ("client_assertion_type", JWT_BEARER)],
        vec![("client_assertion", signed.as_str())],
        vec![
            ("client_assertion", signed.as_str()),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
            ),
        ],
        vec![("client_assertion", "x.y.z"), ("client_assertion_type", JWT_BEARER)],
        vec![("client_assertion", "x"), ("client_assertion_type", JWT_BEARER)],
    ] {
        let form = [&FOR_ITSELF[..], &more].concat();
        refused(world.bank.post("/token", &form).await, "invalid_client").await;
    }
}

// Conformance: B51 B52 B53 ASRT-11
#[tokio::test]
async fn an_assertion_comes_alone_and_from_a_client_that_is_registered_for_it() {
    let world = World::new().await;
    let signed = world.signed(&json!({}));
    let credentials = [("client_assertion_type", JWT_BEARER), ("client_assertion", &signed)];
    let form = [&FOR_ITSELF[..], &credentials].concat();
    refused(ROBOT.post(&world.bank, "/token", &form).await, "invalid_request").await;
    let with_secret = [&form[..], &[("client_id", "signing-robot"), ("client_secret", "x")]].concat();
    refused(world.bank.post("/token", &with_secret).await, "invalid_request").await;
    let of_another = [&form[..], &[("client_id", "robot")]].concat();
    refused(world.bank.post("/token", &of_another).await, "invalid_client").await;
    // Neither used anything up.
    let with_id = [&form[..], &[("client_id", "signing-robot")]].concat();
    granted(world.bank.post("/token", &with_id).await).await;

    for client_id in ["robot", "mac-robot"] {
        let claims = world.claims(&json!({"iss": client_id, "sub": client_id}));
        let signed = world.signer(SigningAlg::Es256).sign(&claims);
        refused(world.ask(&signed).await, "invalid_client").await;
    }
    let claims = world.claims(&json!({"iss": "robot", "sub": "robot"}));
    let by_secret = mac(
        "robot-secret-that-would-be-long-enough",
        &json!({"alg": "HS256"}),
        &claims,
    );
    refused(world.ask(&by_secret).await, "invalid_client").await;
    let basic = world
        .bank
        .http
        .post(world.bank.url("/token"))
        .basic_auth("mac-robot", Some(SECRET))
        .form(&FOR_ITSELF);
    refused(basic.send().await.unwrap(), "invalid_client").await;
    world.bank.disable_client("signing-robot").await;
    assert!(!world.is_accepted(&json!({})).await);
}

// Conformance: REV-01 REV-02
#[tokio::test]
async fn a_client_with_a_key_revokes_its_own_tokens_and_no_others() {
    let world = World::new().await;
    let token = granted(world.ask(&world.signed(&json!({}))).await).await;
    let token = text(&token, "access_token");
    let other = WEB_APP.tokens(&world.bank, "accounts:read").await;
    let form = [("token", text(&other, "access_token"))];
    let response = post(&world.bank, "/revoke", &world.signed(&json!({})), &form).await;
    refused(response, "unauthorized_client").await;
    let response = post(
        &world.bank,
        "/introspect",
        &world.signed(&json!({})),
        &[("token", token)],
    )
    .await;
    assert_eq!(granted(response).await["client_id"], "signing-robot");
    let response = post(&world.bank, "/revoke", &world.signed(&json!({})), &[("token", token)]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(world.bank.introspect(token).await["active"], false);
}

//! `request`: an authorization request that its client has signed (OpenID Connect Core §6.1, RFC 9101).

use jose::{SigningAlg, b64};
use serde_json::{Value, json};

use crate::{
    app::{bank_and, granted},
    bank::Bank,
    request::{Request, WEB, assert_error_page, claims, error, sign_in, text},
    signer::{Signer, changed, jwks, mac},
};

/// Clients who sign their requests: `signing-app` may, `strict-app` must, `es256-app` by ES256 alone. `other-app` has
/// keys of its own, `keyless-app` none.
pub struct Signers {
    pub bank: Bank,
    pub rs256: Signer,
    es256: Signer,
    other: Signer,
}

impl Signers {
    pub async fn start() -> Self {
        let (rs256, es256, other) = (
            Signer::new(SigningAlg::Rs256),
            Signer::new(SigningAlg::Es256),
            Signer::new(SigningAlg::Es256),
        );
        let keys = jwks(&[&rs256, &es256]);
        let client = |id: &str, members: &str| {
            format!(
                "[[client]]\nclient_id = \"{id}\"\nclient_secret = \"{id}-secret\"\nprofile = \"openid-core\"\n\
                 grant_types = [\"authorization_code\", \"implicit\"]\nresponse_types = [\"code\", \"id_token\", \"code id_token\"]\n\
                 scope = \"openid profile email accounts:read\"\n{members}\n"
            )
        };
        let two = format!("redirect_uris = [\"{WEB}\", \"https://app.example.com/other\"]\n");
        let clients = [
            client("signing-app", &format!("{two}jwks = {keys}")),
            client(
                "strict-app",
                &format!("{two}jwks = {keys}\nrequire_signed_request_object = true"),
            ),
            client(
                "es256-app",
                &format!("{two}jwks = {keys}\nrequest_object_signing_alg = \"ES256\""),
            ),
            client("other-app", &format!("{two}jwks = {}", other.jwks())),
            client("keyless-app", &two),
        ];
        let bank = Bank::with_realm(bank_and(&clients.concat())).await;
        Self {
            bank,
            rs256,
            es256,
            other,
        }
    }

    /// A sound request object, some of it replaced; `null` removes a member.
    pub fn object(&self, client_id: &str, changes: &Value) -> Value {
        let now = self.bank.clock.now();
        let sound = json!({
            "iss": client_id, "aud": self.bank.issuer, "iat": now, "nbf": now, "exp": now + 300, "jti": "1",
            "client_id": client_id, "response_type": "code", "redirect_uri": WEB, "scope": "openid",
            "state": "signed state", "nonce": "signed nonce",
        });
        changed(&sound, changes)
    }
}

/// A request by RFC 9101: who asks, and the object.
fn by_rfc9101(client_id: &str, object: &str) -> Request {
    beside(client_id).with("request", object)
}

/// A request by OpenID Connect Core §6: the object supersedes what is beside it.
fn by_openid(client_id: &str, object: &str) -> Request {
    Request::code("openid")
        .with("client_id", client_id)
        .without("code_challenge")
        .without("code_challenge_method")
        .with("request", object)
}

fn beside(client_id: &str) -> Request {
    let mut request = Request::code("").with("client_id", client_id);
    for name in [
        "response_type",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
    ] {
        request = request.without(name);
    }
    request
}

/// Redeems a code that was asked for by a request object alone.
async fn id_token(bank: &Bank, client_id: &str, code: &str) -> Value {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", WEB),
    ];
    let tokens = granted(bank.post_as("/token", client_id, &form).await).await;
    claims(text(&tokens, "id_token"))
}

// Conformance: B110 B112
#[tokio::test]
async fn a_request_can_come_in_a_signed_object_alone() {
    let signers = Signers::start().await;
    let bank = &signers.bank;
    for client_id in ["signing-app", "strict-app"] {
        for aud in [
            json!(bank.issuer),
            json!(["https://other.example", bank.issuer]),
            json!(null),
        ] {
            let object = signers.es256.sign(&signers.object(client_id, &json!({ "aud": aud })));
            let callback = by_rfc9101(client_id, &object)
                .walk(bank, &bank.browser(), "alice")
                .await;
            assert_eq!(callback.get("state"), Some("signed state"));
            assert_eq!(
                id_token(bank, client_id, callback.code()).await["nonce"],
                "signed nonce"
            );
        }
    }
}

#[tokio::test]
async fn every_algorithm_that_is_offered_will_do_unless_one_was_registered() {
    let signers = Signers::start().await;
    let bank = &signers.bank;
    for (client_id, signer, is_right) in [
        ("signing-app", &signers.rs256, true),
        ("signing-app", &signers.es256, true),
        ("es256-app", &signers.es256, true),
        ("es256-app", &signers.rs256, false),
    ] {
        let object = signer.sign(&signers.object(client_id, &json!({"prompt": "none"})));
        let callback = by_openid(client_id, &object)
            .open(bank, &bank.browser())
            .await
            .callback();
        let expected = if is_right {
            "login_required"
        } else {
            "invalid_request_object"
        };
        assert_eq!(error(&callback), expected, "{client_id}");
    }
}

// Conformance: B112 oidcc-ensure-request-object-with-redirect-uri OP-18
#[tokio::test]
async fn what_the_object_says_supersedes_what_is_beside_it_in_an_openid_request() {
    let signers = Signers::start().await;
    let bank = &signers.bank;
    let object = signers.object("signing-app", &json!({"nonce": null, "response_type": null}));
    let request = by_openid("signing-app", &signers.rs256.sign(&object))
        .with("redirect_uri", "https://app.example.com/other")
        .with("state", "unsigned state")
        .with("nonce", "unsigned nonce");
    let callback = request.walk(bank, &bank.browser(), "alice").await;
    assert!(
        callback.url.as_str().starts_with(&format!("{WEB}?")),
        "{}",
        callback.url
    );
    assert_eq!(callback.get("state"), Some("signed state"));
    // What the object does not say may be said beside it.
    assert_eq!(
        id_token(bank, "signing-app", callback.code()).await["nonce"],
        "unsigned nonce"
    );
}

// Conformance: B112 OP-18
#[tokio::test]
async fn nothing_beside_the_object_counts_for_a_client_that_must_sign_its_requests() {
    let signers = Signers::start().await;
    let bank = &signers.bank;
    let object = signers.object("strict-app", &json!({"state": null, "nonce": null}));
    let request = by_openid("strict-app", &signers.es256.sign(&object)).with("scope", "openid email");
    let callback = request.walk(bank, &bank.browser(), "alice").await;
    assert_eq!(callback.get("state"), None);
    let told = id_token(bank, "strict-app", callback.code()).await;
    assert_eq!(told["nonce"], Value::Null);

    for missing in ["redirect_uri", "scope", "response_type", "client_id"] {
        let object = signers.object("strict-app", &json!({ missing: null }));
        let request = by_openid("strict-app", &signers.es256.sign(&object)).with("prompt", "none");
        match (missing, request.open(bank, &bank.browser()).await) {
            ("redirect_uri", answer) => assert_error_page(&answer.page(), 400, "invalid_request"),
            // Without a scope it is no OpenID request, and asks for everything that is registered.
            ("scope", answer) => assert!(answer.page().has("sign-in")),
            ("response_type", answer) => assert_eq!(error(&answer.callback()), "invalid_request"),
            (_, answer) => assert_eq!(error(&answer.callback()), "invalid_request_object"),
        }
    }
}

// Conformance: B108
#[tokio::test]
async fn a_client_that_must_sign_its_requests_cannot_ask_without() {
    let signers = Signers::start().await;
    let request = Request::code("openid").with("client_id", "strict-app");
    assert_eq!(request.error(&signers.bank).await, "invalid_request");
}

// Conformance: B108 B110 B111 B113 B114
// Conformance: oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported
#[tokio::test]
async fn an_object_that_does_not_do_is_refused_and_never_ignored() {
    let signers = Signers::start().await;
    let bank = &signers.bank;
    let now = bank.clock.now();
    let sign = |changes: Value| signers.es256.sign(&signers.object("signing-app", &changes));
    let good = sign(json!({}));
    let (input, _) = good.rsplit_once('.').unwrap();
    let unsigned = |alg: &str| {
        let payload = signers.object("signing-app", &json!({})).to_string();
        format!(
            "{}.{}.",
            b64::encode(json!({"alg": alg}).to_string()),
            b64::encode(payload)
        )
    };
    let by_secret = mac(
        "signing-app-secret",
        &json!({"alg": "HS256"}),
        &signers.object("signing-app", &json!({})),
    );
    for (what, object) in [
        ("no JWT", "garbage".to_owned()),
        ("unsigned", unsigned("none")),
        ("unsigned with another alg", unsigned("ES256")),
        ("a MAC", by_secret),
        ("another signature", format!("{input}.{}", b64::encode([7; 64]))),
        (
            "another client's key",
            signers.other.sign(&signers.object("signing-app", &json!({}))),
        ),
        ("expired", sign(json!({"exp": now - 300}))),
        ("expired just now", sign(json!({"exp": now}))),
        ("not yet good", sign(json!({"nbf": now + 300}))),
        ("issued in the future", sign(json!({"iat": now + 300}))),
        ("for another server", sign(json!({"aud": "https://other.example"}))),
        ("for another endpoint", sign(json!({"aud": bank.url("/par")}))),
        ("of another issuer", sign(json!({"iss": "other-app"}))),
        ("of another client", sign(json!({"client_id": "other-app"}))),
        ("an assertion", sign(json!({"sub": "signing-app"}))),
        ("another response type", sign(json!({"response_type": "code id_token"}))),
        ("an object inside", sign(json!({"request": good}))),
        (
            "an address inside",
            sign(json!({"request_uri": "https://app.example.com/r"})),
        ),
        ("a list for a text", sign(json!({"scope": ["openid"]}))),
        (
            "an access token",
            signers
                .es256
                .sign_as("at+jwt", &signers.object("signing-app", &json!({}))),
        ),
    ] {
        let refused = by_openid("signing-app", &object).error(bank).await;
        assert_eq!(refused, "invalid_request_object", "{what}");
        // Where nobody knows where the answer goes, it goes nowhere.
        if what != "another response type" {
            let page = by_rfc9101("signing-app", &object)
                .open(bank, &bank.browser())
                .await
                .page();
            assert_error_page(&page, 400, "invalid_request_object");
        }
    }
}

// Conformance: B109
#[tokio::test]
async fn clocks_may_differ_a_little() {
    let signers = Signers::start().await;
    let now = signers.bank.clock.now();
    let ahead = signers.object(
        "signing-app",
        &json!({"nbf": now + 8, "iat": now + 8, "prompt": "none"}),
    );
    let request = by_openid("signing-app", &signers.es256.sign(&ahead));
    assert_eq!(request.error(&signers.bank).await, "login_required");
}

#[tokio::test]
async fn the_type_of_the_jwt_may_be_its_own_or_the_general_one() {
    let signers = Signers::start().await;
    let object = signers.object("signing-app", &json!({"prompt": "none"}));
    for typ in ["oauth-authz-req+jwt", "JWT"] {
        let request = by_openid("signing-app", &signers.es256.sign_as(typ, &object));
        assert_eq!(request.error(&signers.bank).await, "login_required", "{typ}");
    }
}

#[tokio::test]
async fn a_client_without_keys_cannot_sign() {
    let signers = Signers::start().await;
    let object = signers.es256.sign(&signers.object("keyless-app", &json!({})));
    let refused = by_openid("keyless-app", &object).error(&signers.bank).await;
    assert_eq!(refused, "invalid_request_object");
}

#[tokio::test]
async fn an_openid_request_says_its_response_type_beside_the_object_too() {
    let signers = Signers::start().await;
    let object = signers.es256.sign(&signers.object("signing-app", &json!({})));
    let request = by_openid("signing-app", &object).without("response_type");
    assert_eq!(request.error(&signers.bank).await, "invalid_request");
}

// Conformance: B12
#[tokio::test]
async fn an_object_that_is_there_twice_or_with_an_address_is_refused() {
    let signers = Signers::start().await;
    let object = signers.es256.sign(&signers.object("signing-app", &json!({})));
    for request in [
        by_openid("signing-app", &object).also("request", &object),
        by_openid("signing-app", &object).also("request_uri", "https://app.example.com/r"),
        by_openid("signing-app", &object).also("nonce", "another"),
    ] {
        assert_eq!(request.error(&signers.bank).await, "invalid_request");
    }
}

// Conformance: B16
#[tokio::test]
async fn a_redirect_uri_in_the_object_is_checked_like_any_other() {
    let signers = Signers::start().await;
    let bank = &signers.bank;
    for (inside, beside) in [
        ("https://app.example.com/elsewhere", WEB),
        ("https://evil.example/callback", WEB),
    ] {
        let object = signers.object("signing-app", &json!({"redirect_uri": inside}));
        let request = by_openid("signing-app", &signers.es256.sign(&object)).with("redirect_uri", beside);
        assert_error_page(
            &request.open(bank, &bank.browser()).await.page(),
            400,
            "invalid_request",
        );
    }
    // A request that is not signed well leads to a registered address alone.
    let object = signers.other.sign(&signers.object("signing-app", &json!({})));
    let request = by_openid("signing-app", &object).with("redirect_uri", "https://evil.example/callback");
    assert_error_page(
        &request.open(bank, &bank.browser()).await.page(),
        400,
        "invalid_request_object",
    );
}

#[tokio::test]
async fn an_object_may_expire_while_the_user_signs_in() {
    let signers = Signers::start().await;
    let bank = &signers.bank;
    let now = bank.clock.now();
    let object = signers.object("signing-app", &json!({"exp": now + 10, "scope": "openid email"}));
    let request = by_rfc9101("signing-app", &signers.es256.sign(&object));
    let browser = bank.browser();
    let page = request.open(bank, &browser).await.page();
    bank.clock.advance(600);
    let page = sign_in(&browser, &page, "alice").await;
    let callback = browser.approve(&page).await.callback();
    assert_eq!(callback.get("state"), Some("signed state"));
    assert_eq!(
        error(
            &request
                .clone()
                .with("redirect_uri", WEB)
                .open(bank, &browser)
                .await
                .callback()
        ),
        "invalid_request_object",
        "a new request is looked at anew"
    );
}

#[tokio::test]
async fn an_object_holds_numbers_and_json() {
    let signers = Signers::start().await;
    let bank = &signers.bank;
    let wants = json!({"max_age": 60, "claims": {"id_token": {"email": {"essential": true}}}});
    let object = signers.object("signing-app", &wants);
    let request = by_rfc9101("signing-app", &signers.es256.sign(&object));
    let browser = bank.browser();
    let callback = request.walk(bank, &browser, "alice").await;
    let told = id_token(bank, "signing-app", callback.code()).await;
    assert_eq!(told["email"], "alice@example.com");
    bank.clock.advance(61);
    let object = signers.object("signing-app", &wants);
    let request = by_rfc9101("signing-app", &signers.es256.sign(&object));
    assert!(
        request.open(bank, &browser).await.page().has("sign-in"),
        "max_age is heeded"
    );
}

// Conformance: B38
#[tokio::test]
async fn a_refusal_after_the_object_goes_where_the_object_says() {
    let signers = Signers::start().await;
    let bank = &signers.bank;
    let hybrid = json!({"response_type": "code id_token", "prompt": "none", "state": "inside"});
    let object = signers.object("signing-app", &hybrid);
    let request = by_rfc9101("signing-app", &signers.es256.sign(&object));
    let callback = request.open(bank, &bank.browser()).await.callback();
    assert_eq!(
        (error(&callback), callback.get("state"), callback.in_fragment),
        ("login_required", Some("inside"), true)
    );
}

#[tokio::test]
async fn an_object_can_be_posted() {
    let signers = Signers::start().await;
    let bank = &signers.bank;
    let object = signers.es256.sign(&signers.object("signing-app", &json!({})));
    let request = by_rfc9101("signing-app", &object);
    let response = bank.http.post(bank.url("/authorize")).form(&request.parameters());
    let response = response.send().await.unwrap();
    let location = response.headers()["location"].to_str().unwrap();
    let callback = bank
        .browser()
        .authorize(&bank.url(location), "alice", "alice-password")
        .await;
    assert_eq!(callback.get("state"), Some("signed state"));
}

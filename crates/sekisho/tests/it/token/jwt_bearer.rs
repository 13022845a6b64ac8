//! A trusted issuer says for whom. RFC 7523 §2.1 and §3.

use jose::{SigningAlg, random_token};
use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    app::{App, BANK_API, Method, WEB_APP, bank_and, granted, names, refused, text},
    bank::{Bank, NOON},
    publisher::Publisher,
    signer::{Signer, changed, mac},
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// May send users to the authorization endpoint too.
const PARTNER_APP: App = App {
    client_id: "partner-app",
    redirect_uri: "https://partner.example.com/callback",
    method: Method::ClientSecretBasic,
};
/// Is never asked about.
const OWN_APP: App = App {
    client_id: "own-app",
    redirect_uri: "",
    method: Method::ClientSecretBasic,
};
const PUBLIC_APP: App = App {
    client_id: "public-app",
    redirect_uri: "https://public.example.com/callback",
    method: Method::None,
};

struct World {
    bank: Bank,
    signer: Signer,
    publisher: Publisher,
}

impl World {
    async fn new() -> Self {
        let signer = Signer::new(SigningAlg::Es256);
        let publisher = Publisher::start(&signer).await;
        let issuer = |name: &str, keys: &str, rest: &str| {
            format!("[[trusted_issuer]]\nissuer = \"https://{name}.example\"\n{keys}\n{rest}\n")
        };
        let jwks = format!("jwks = {}", signer.jwks());
        let jwks_uri = format!("jwks_uri = \"{}/jwks\"", publisher.url);
        let client = |id: &str, rest: &str| format!("[[client]]\nclient_id = \"{id}\"\n{rest}\n");
        let more = [
            issuer("names", &jwks, "purposes = [\"jwt-bearer\"]\nsubject = \"username\""),
            issuer("mail", &jwks_uri, "purposes = [\"jwt-bearer\"]\nsubject = \"email\""),
            issuer("subs", &jwks, "purposes = [\"token-exchange\", \"jwt-bearer\"]"),
            issuer(
                "exchange",
                &jwks,
                "purposes = [\"token-exchange\", \"software-statement\"]",
            ),
            client(
                "partner-app",
                &format!(
                    "client_secret = \"partner-app-secret\"\nredirect_uris = [\"{}\"]\n\
                     grant_types = [\"authorization_code\", \"refresh_token\", \"{GRANT}\"]\n\
                     scope = \"openid email offline_access accounts:read payments:write\"",
                    PARTNER_APP.redirect_uri
                ),
            ),
            client(
                "own-app",
                &format!(
                    "client_secret = \"own-app-secret\"\nfirst_party = true\ngrant_types = [\"{GRANT}\"]\n\
                     scope = \"openid email offline_access accounts:read reports:read strong:read\""
                ),
            ),
            client(
                "public-app",
                &format!(
                    "token_endpoint_auth_method = \"none\"\nredirect_uris = [\"{}\"]\n\
                     grant_types = [\"authorization_code\", \"{GRANT}\"]\nscope = \"accounts:read\"",
                    PUBLIC_APP.redirect_uri
                ),
            ),
            "[[api]]\nidentifier = \"https://strong.example.com\"\nacr = \"loa2\"\n\
             scope = [{ name = \"strong:read\", description = { en = \"Read\" } }]\n"
                .to_owned(),
        ];
        Self {
            bank: Bank::with_realm(bank_and(&more.concat())).await,
            signer,
            publisher,
        }
    }

    fn claims(&self, changes: &Value) -> Value {
        let now = self.bank.clock.now();
        let claims = json!({
            "iss": "https://names.example", "sub": "alice", "aud": self.bank.issuer,
            "iat": now, "exp": now + 60, "jti": random_token(),
        });
        changed(&claims, changes)
    }

    async fn send(&self, app: App, assertion: &str, more: &[(&str, &str)]) -> Response {
        let form = [&[("grant_type", GRANT), ("assertion", assertion)], more].concat();
        app.post(&self.bank, "/token", &form).await
    }

    async fn ask(&self, app: App, changes: &Value, more: &[(&str, &str)]) -> Response {
        self.send(app, &self.signer.sign(&self.claims(changes)), more).await
    }

    async fn sub_of(&self, app: App, changes: &Value) -> String {
        let tokens = granted(self.ask(app, changes, &[("scope", "accounts:read")]).await).await;
        let told = BANK_API.introspect(&self.bank, text(&tokens, "access_token")).await;
        text(&told, "sub").to_owned()
    }
}

// Conformance: ASRT-08 ASRT-10
#[tokio::test]
async fn a_client_gets_what_the_user_permitted_it_before_and_no_more() {
    let world = World::new().await;
    let description = refused(world.ask(PARTNER_APP, &json!({}), &[]).await, "invalid_grant").await;
    assert!(description.contains("not permitted"), "{description}");
    PARTNER_APP
        .tokens(&world.bank, "openid offline_access accounts:read")
        .await;
    let tokens = granted(world.ask(PARTNER_APP, &json!({}), &[]).await).await;
    assert_eq!(names(&tokens), ["access_token", "expires_in", "scope", "token_type"]);
    assert_eq!(tokens["scope"], "accounts:read openid");
    let told = BANK_API.introspect(&world.bank, text(&tokens, "access_token")).await;
    assert_eq!(told["sub"], world.bank.user_id("alice").await);
    assert_eq!(
        (&told["client_id"], &told["username"]),
        (&"partner-app".into(), &"alice".into())
    );
    assert!(
        told.get("acr").is_none() && told.get("auth_time").is_none(),
        "nobody authenticated"
    );
    let userinfo = world.bank.http.get(world.bank.url("/userinfo"));
    let userinfo = userinfo
        .bearer_auth(text(&tokens, "access_token"))
        .send()
        .await
        .unwrap();
    assert_eq!(granted(userinfo).await["sub"], told["sub"]);

    let more = [("scope", "accounts:read payments:write")];
    refused(world.ask(PARTNER_APP, &json!({}), &more).await, "invalid_grant").await;
    let unregistered = [("scope", "reports:read")];
    refused(world.ask(PARTNER_APP, &json!({}), &unregistered).await, "invalid_scope").await;
    refused(
        world.ask(PARTNER_APP, &json!({"sub": "bob"}), &[]).await,
        "invalid_grant",
    )
    .await;

    world.bank.end_grant("alice", "partner-app").await;
    assert!(!BANK_API.sees(&world.bank, text(&tokens, "access_token")).await);
    refused(world.ask(PARTNER_APP, &json!({}), &[]).await, "invalid_grant").await;
}

#[tokio::test]
async fn a_first_party_client_gets_what_it_is_registered_for_and_the_user_can_take_it_back() {
    let world = World::new().await;
    let scope = [("scope", "accounts:read offline_access")];
    let tokens = granted(world.ask(OWN_APP, &json!({}), &scope).await).await;
    assert_eq!(tokens["scope"], "accounts:read");
    assert!(BANK_API.sees(&world.bank, text(&tokens, "access_token")).await);
    let wider = granted(world.ask(OWN_APP, &json!({}), &[("scope", "reports:read")]).await).await;
    assert_eq!(text(&wider, "access_token").split('.').count(), 3, "a JWT");

    let browser = world.bank.browser();
    let sign_in = browser.open("/account").await.page();
    let account = browser.sign_in(&sign_in, "alice", "alice-password").await.page();
    browser.press(&account, "revoke-own-app").await.page();
    assert!(!BANK_API.sees(&world.bank, text(&tokens, "access_token")).await);
}

#[tokio::test]
async fn the_issuer_names_users_as_the_realm_file_says() {
    let world = World::new().await;
    let (alice, bob) = (world.bank.user_id("alice").await, world.bank.user_id("bob").await);
    assert_eq!(world.sub_of(OWN_APP, &json!({"sub": "ALICE"})).await, alice);
    let by_mail = json!({"iss": "https://mail.example", "sub": "Bob@Example.com"});
    assert_eq!(world.sub_of(OWN_APP, &by_mail).await, bob);
    assert_eq!(world.publisher.asked(), 1);
    let by_sub = json!({"iss": "https://subs.example", "sub": alice});
    assert_eq!(world.sub_of(OWN_APP, &by_sub).await, alice);
    for (iss, sub) in [
        ("https://names.example", "nobody"),
        ("https://names.example", alice.as_str()),
        ("https://mail.example", "alice"),
        ("https://mail.example", "%@example.com"),
        ("https://subs.example", "alice"),
    ] {
        let changes = json!({"iss": iss, "sub": sub});
        refused(world.ask(OWN_APP, &changes, &[]).await, "invalid_grant").await;
    }
    world.bank.disable_user("alice").await;
    refused(world.ask(OWN_APP, &json!({}), &[]).await, "invalid_grant").await;
}

// Conformance: ASRT-08 ASRT-09
#[tokio::test]
async fn an_assertion_that_is_not_in_order_is_an_invalid_grant() {
    let world = World::new().await;
    let scope = [("scope", "accounts:read")];
    for changes in [
        json!({"iss": "https://stranger.example"}),
        json!({"iss": "https://exchange.example"}),
        json!({"iss": null}),
        json!({"sub": null}),
        json!({"aud": "https://other.example"}),
        json!({"aud": world.bank.url("/userinfo")}),
        json!({"aud": null}),
        json!({"exp": null}),
        json!({"exp": NOON}),
        json!({"exp": NOON - 300}),
        json!({"exp": NOON + 3661}),
        json!({"nbf": NOON + 61}),
        json!({"iat": NOON + 61}),
        json!({"jti": 1}),
    ] {
        refused(world.ask(OWN_APP, &changes, &scope).await, "invalid_grant").await;
    }
    for changes in [
        json!({"aud": world.bank.url("/token")}),
        json!({"aud": ["https://other.example", world.bank.issuer]}),
        json!({"nbf": NOON + 10, "iat": NOON + 10}),
    ] {
        granted(world.ask(OWN_APP, &changes, &scope).await).await;
    }
    let claims = world.claims(&json!({}));
    let public_key = world.signer.jwk().to_string();
    for assertion in [
        Signer::new(SigningAlg::Es256).sign(&claims),
        mac(&public_key, &json!({"alg": "HS256"}), &claims),
        "x".to_owned(),
    ] {
        refused(world.send(OWN_APP, &assertion, &scope).await, "invalid_grant").await;
    }
    let missing = OWN_APP.post(&world.bank, "/token", &[("grant_type", GRANT)]).await;
    refused(missing, "invalid_request").await;
}

#[tokio::test]
async fn an_assertion_with_a_jti_is_used_once_and_a_refused_one_not_at_all() {
    let world = World::new().await;
    let signed = world.signer.sign(&world.claims(&json!({})));
    refused(world.send(PARTNER_APP, &signed, &[]).await, "invalid_grant").await;
    let too_much = [("scope", "payments:write")];
    refused(world.send(OWN_APP, &signed, &too_much).await, "invalid_scope").await;
    let scope = [("scope", "accounts:read")];
    granted(world.send(OWN_APP, &signed, &scope).await).await;
    let description = refused(world.send(OWN_APP, &signed, &scope).await, "invalid_grant").await;
    assert!(description.contains("used before"), "{description}");
    let without = world.signer.sign(&world.claims(&json!({"jti": null})));
    for _ in 0..2 {
        granted(world.send(OWN_APP, &without, &scope).await).await;
    }
}

// Conformance: B59
#[tokio::test]
async fn the_client_must_be_registered_for_the_grant_and_be_who_it_says() {
    let world = World::new().await;
    refused(world.ask(WEB_APP, &json!({}), &[]).await, "unauthorized_client").await;
    let form = [
        ("grant_type", GRANT),
        ("assertion", &world.signer.sign(&world.claims(&json!({})))),
        ("client_id", "own-app"),
    ];
    refused(world.bank.post("/token", &form).await, "invalid_client").await;
    PUBLIC_APP.code(&world.bank, "accounts:read").await;
    granted(world.ask(PUBLIC_APP, &json!({}), &[]).await).await;
}

#[tokio::test]
async fn an_api_that_wants_the_user_to_authenticate_is_not_content_with_an_assertion() {
    let world = World::new().await;
    let strong = [("scope", "strong:read")];
    refused(world.ask(OWN_APP, &json!({}), &strong).await, "invalid_target").await;
    let two = [("scope", "accounts:read reports:read")];
    refused(world.ask(OWN_APP, &json!({}), &two).await, "invalid_target").await;
    let one = [two[0], ("resource", "https://api.example.com")];
    let tokens = granted(world.ask(OWN_APP, &json!({}), &one).await).await;
    assert_eq!(tokens["scope"], "accounts:read");
    let told = BANK_API.introspect(&world.bank, text(&tokens, "access_token")).await;
    assert_eq!(told["aud"], "https://api.example.com");
}

//! One token becomes another. RFC 8693.

use jose::SigningAlg;
use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    app::{App, BANK_API, CLI, Method, ROBOT, WEB_APP, bank_and, claims, granted, names, refused, text},
    bank::{Bank, NOON},
    signer::{Signer, changed},
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const BANK: &str = "https://api.example.com";
const ORDERS: &str = "https://orders.example.com";
const REPORTS: &str = "https://reports.example.com";

const fn confidential(client_id: &'static str, redirect_uri: &'static str) -> App {
    App {
        client_id,
        redirect_uri,
        method: Method::ClientSecretBasic,
    }
}

/// Whose tokens are exchanged.
const SHOP: App = confidential("shop", "https://shop.example.com/callback");
/// The API that a token of the shop reaches first, and calls the others.
const ORDERS_API: App = confidential("orders-api", "");
/// Another API's credentials.
const REPORTS_API: App = confidential("reports-api", "");
/// May exchange tokens, but has a part in none.
const STRANGER: App = confidential("stranger", "");

struct World {
    bank: Bank,
    signer: Signer,
}

impl World {
    async fn new() -> Self {
        let signer = Signer::new(SigningAlg::Es256);
        let client = |id: &str, grant_types: &str, rest: &str| {
            format!(
                "[[client]]\nclient_id = \"{id}\"\nclient_secret = \"{id}-secret\"\n\
                 grant_types = [{grant_types}, \"{GRANT}\"]\n{rest}\n"
            )
        };
        let machine = "\"client_credentials\"";
        let more = [
            format!(
                "[[api]]\nidentifier = \"{ORDERS}\"\nintrospection = [\"orders-api\"]\n\
                 scope = [{{ name = \"orders:read\", description = {{ en = \"See your orders\" }} }}]\n"
            ),
            client(
                "shop",
                "\"authorization_code\", \"refresh_token\"",
                &format!(
                    "redirect_uris = [\"{}\"]\nscope = \"openid offline_access accounts:read orders:read reports:read\"",
                    SHOP.redirect_uri
                ),
            ),
            client("orders-api", machine, "first_party = true\nscope = \"accounts:read\""),
            client("reports-api", machine, "scope = \"reports:read\""),
            client("stranger", machine, "scope = \"accounts:read\""),
            format!(
                "[[trusted_issuer]]\nissuer = \"https://partner.example\"\njwks = {}\n\
                 purposes = [\"token-exchange\"]\nsubject = \"username\"\n",
                signer.jwks()
            ),
        ];
        let more = more.concat();
        let realm = bank_and(&more);
        // The API of reports has credentials too.
        let with_reports_api = move |issuer: &str| {
            let identifier = "identifier   = \"https://reports.example.com\"";
            realm(issuer).replace(
                identifier,
                &format!("{identifier}\nintrospection = [\"reports-api\", \"bank-api\"]"),
            )
        };
        Self {
            bank: Bank::with_realm(with_reports_api).await,
            signer,
        }
    }

    /// A token response of the shop, for all three APIs' scopes at two APIs.
    async fn of_shop(&self, resources: &[&str]) -> Value {
        let scope = "openid offline_access accounts:read orders:read reports:read";
        let resources: Vec<(&str, &str)> = resources.iter().map(|resource| ("resource", *resource)).collect();
        let code = SHOP.code_with(&self.bank, scope, &resources).await;
        granted(SHOP.redeem(&self.bank, &code).await).await
    }

    async fn exchange(&self, app: App, subject: &str, more: &[(&str, &str)]) -> Response {
        let mut form = vec![
            ("grant_type", GRANT),
            ("subject_token", subject),
            ("subject_token_type", ACCESS_TOKEN),
        ];
        form.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        form.extend(more);
        app.post(&self.bank, "/token", &form).await
    }

    async fn exchanged(&self, app: App, subject: &str, more: &[(&str, &str)]) -> String {
        let answer = granted(self.exchange(app, subject, more).await).await;
        text(&answer, "access_token").to_owned()
    }

    /// A token with which a client says that it is itself.
    async fn of_itself(&self, app: App) -> String {
        let form = [("grant_type", "client_credentials")];
        let tokens = granted(app.post(&self.bank, "/token", &form).await).await;
        text(&tokens, "access_token").to_owned()
    }
}

#[tokio::test]
async fn an_api_exchanges_a_token_that_is_meant_for_it_for_a_narrower_one() {
    let world = World::new().await;
    let tokens = world.of_shop(&[ORDERS, BANK]).await;
    let subject = text(&tokens, "access_token");
    let answer = granted(world.exchange(ORDERS_API, subject, &[("resource", BANK)]).await).await;
    let members = ["access_token", "expires_in", "issued_token_type", "scope", "token_type"];
    assert_eq!(names(&answer), members);
    assert_eq!(answer["issued_token_type"], ACCESS_TOKEN);
    let told = BANK_API.introspect(&world.bank, text(&answer, "access_token")).await;
    assert_eq!(told["sub"], world.bank.user_id("alice").await);
    assert_eq!((&told["aud"], &told["client_id"]), (&BANK.into(), &"orders-api".into()));
    assert!(!text(&told, "scope").contains("orders:read") && text(&told, "scope").contains("accounts:read"));
    assert_eq!(told["auth_time"], NOON);
    assert!(told.get("act").is_none(), "it acts as the user");
    // The same by name, and by scope.
    let by_name = [("audience", BANK), ("scope", "accounts:read")];
    let answer = granted(world.exchange(ORDERS_API, subject, &by_name).await).await;
    assert_eq!(answer["scope"], "accounts:read");
    let both = [("audience", BANK), ("resource", ORDERS), ("audience", ORDERS)];
    let wide = world.exchanged(ORDERS_API, subject, &both).await;
    assert_eq!(
        ORDERS_API.introspect(&world.bank, &wide).await["aud"],
        json!([ORDERS, BANK])
    );
    // Its own client narrows it as well.
    let own = world.exchanged(SHOP, subject, &[("scope", "orders:read")]).await;
    assert_eq!(ORDERS_API.introspect(&world.bank, &own).await["client_id"], "shop");
}

#[tokio::test]
async fn an_exchanged_token_is_never_wider_and_never_lives_longer() {
    let world = World::new().await;
    let tokens = world.of_shop(&[ORDERS, BANK]).await;
    let subject = text(&tokens, "access_token");
    for (error, more) in [
        ("invalid_scope", [("scope", "payments:write")]),
        ("invalid_scope", [("scope", "accounts:read reports:read")]),
        ("invalid_target", [("resource", REPORTS)]),
        ("invalid_target", [("audience", REPORTS)]),
        ("invalid_target", [("audience", "bank-api")]),
        ("invalid_target", [("resource", "https://nowhere.example")]),
    ] {
        refused(world.exchange(ORDERS_API, subject, &more).await, error).await;
    }
    let narrow = world.exchanged(ORDERS_API, subject, &[("resource", BANK)]).await;
    refused(
        world.exchange(ORDERS_API, &narrow, &[("resource", ORDERS)]).await,
        "invalid_target",
    )
    .await;
    world.bank.clock.advance(400);
    let answer = granted(world.exchange(ORDERS_API, subject, &[]).await).await;
    assert_eq!(answer["expires_in"], 200);
    world.bank.clock.advance(200);
    assert!(!ORDERS_API.sees(&world.bank, text(&answer, "access_token")).await);
    refused(world.exchange(ORDERS_API, subject, &[]).await, "invalid_request").await;
}

#[tokio::test]
async fn an_exchanged_token_ends_with_the_permission_behind_it() {
    let world = World::new().await;
    let both = async || {
        let tokens = world.of_shop(&[ORDERS, BANK]).await;
        let subject = text(&tokens, "access_token").to_owned();
        let new = world.exchanged(ORDERS_API, &subject, &[("resource", BANK)]).await;
        assert!(BANK_API.sees(&world.bank, &new).await);
        (tokens, new)
    };
    let (tokens, new) = both().await;
    let form = [("token", text(&tokens, "refresh_token"))];
    assert_eq!(SHOP.post(&world.bank, "/revoke", &form).await.status(), 200);
    assert!(!BANK_API.sees(&world.bank, &new).await, "its authorization was revoked");
    let subject = text(&tokens, "access_token");
    refused(world.exchange(ORDERS_API, subject, &[]).await, "invalid_request").await;

    let (_, new) = both().await;
    assert_eq!(
        ORDERS_API
            .post(&world.bank, "/revoke", &[("token", &new)])
            .await
            .status(),
        200
    );
    assert!(!BANK_API.sees(&world.bank, &new).await, "it was revoked itself");
    let (_, new) = both().await;
    world.bank.end_grant("alice", "shop").await;
    assert!(
        !BANK_API.sees(&world.bank, &new).await,
        "the user took the permission back"
    );
    for client in ["orders-api", "shop"] {
        let (_, new) = both().await;
        world.bank.disable_client(client).await;
        assert!(!BANK_API.sees(&world.bank, &new).await, "{client} was disabled");
        let enable = storage::client::set_enabled(&world.bank.issuer, client, true, NOON);
        world.bank.change(storage::Change::new().then(enable)).await;
    }
    let (_, new) = both().await;
    world.bank.disable_user("alice").await;
    assert!(!BANK_API.sees(&world.bank, &new).await, "the user was disabled");
}

// Conformance: B59
#[tokio::test]
async fn nobody_exchanges_what_is_not_theirs() {
    let world = World::new().await;
    let tokens = world.of_shop(&[ORDERS, BANK]).await;
    let subject = text(&tokens, "access_token");
    for app in [STRANGER, REPORTS_API] {
        refused(world.exchange(app, subject, &[]).await, "invalid_request").await;
    }
    for app in [BANK_API, ROBOT, WEB_APP, CLI] {
        refused(world.exchange(app, subject, &[]).await, "unauthorized_client").await;
    }
    for wrong in [text(&tokens, "refresh_token"), "x", "x.y.z", text(&tokens, "id_token")] {
        refused(world.exchange(SHOP, wrong, &[]).await, "invalid_request").await;
    }
    let last = subject.chars().last().unwrap();
    let changed = format!(
        "{}{}",
        &subject[..subject.len() - 1],
        if last == 'A' { 'Q' } else { 'A' }
    );
    refused(world.exchange(SHOP, &changed, &[]).await, "invalid_request").await;
}

#[tokio::test]
async fn parameters_that_make_no_sense_are_an_invalid_request() {
    let world = World::new().await;
    let tokens = world.of_shop(&[ORDERS, BANK]).await;
    let subject = text(&tokens, "access_token");
    let refresh = "urn:ietf:params:oauth:token-type:refresh_token";
    for more in [
        vec![("subject_token", "")],
        vec![("subject_token_type", "")],
        vec![("subject_token_type", refresh)],
        vec![("subject_token_type", "access_token")],
        vec![("subject_token_type", ID_TOKEN)],
        vec![("subject_token_type", JWT)],
        vec![("requested_token_type", refresh)],
        vec![("requested_token_type", ID_TOKEN)],
        // The API takes no JWTs.
        vec![("requested_token_type", JWT)],
        vec![("actor_token", subject)],
        vec![("actor_token_type", ACCESS_TOKEN)],
        vec![("actor_token", subject), ("actor_token_type", ID_TOKEN)],
    ] {
        refused(world.exchange(SHOP, subject, &more).await, "invalid_request").await;
    }
}

#[tokio::test]
async fn an_actor_token_says_who_acts_and_who_acted_before_is_not_forgotten() {
    let world = World::new().await;
    let tokens = world.of_shop(&[ORDERS, REPORTS]).await;
    let subject = text(&tokens, "access_token");
    let orders = world.of_itself(ORDERS_API).await;
    let actor = [("actor_token", orders.as_str()), ("actor_token_type", ACCESS_TOKEN)];
    let first = world.exchanged(ORDERS_API, subject, &actor).await;
    let told = ORDERS_API.introspect(&world.bank, &first).await;
    assert_eq!(told["act"], json!({"sub": "orders-api"}));
    assert_eq!(told["sub"], world.bank.user_id("alice").await);

    // The next one in the chain; its API takes JWTs.
    let to_reports = [("resource", REPORTS), actor[0], actor[1]];
    let second = world.exchanged(ORDERS_API, subject, &to_reports).await;
    assert_eq!(claims(&world.bank, &second).await["act"], json!({"sub": "orders-api"}));
    let reports = world.of_itself(REPORTS_API).await;
    let actor = [("actor_token", reports.as_str()), ("actor_token_type", JWT)];
    let third = world.exchanged(REPORTS_API, &second, &actor).await;
    let chain = json!({"sub": "reports-api", "act": {"sub": "orders-api"}});
    assert_eq!(claims(&world.bank, &third).await["act"], chain);
    assert_eq!(REPORTS_API.introspect(&world.bank, &third).await["act"], chain);
    // Without an actor token nobody is added, and nobody gets lost.
    let fourth = world
        .exchanged(REPORTS_API, &third, &[("subject_token_type", JWT)])
        .await;
    assert_eq!(claims(&world.bank, &fourth).await["act"], chain);

    let stranger = world.of_itself(STRANGER).await;
    for actor in [
        stranger.as_str(),
        orders.as_str(),
        second.as_str(),
        fourth.as_str(),
        "x",
    ] {
        let more = [("actor_token", actor), ("actor_token_type", ACCESS_TOKEN)];
        refused(world.exchange(REPORTS_API, &second, &more).await, "invalid_request").await;
    }
    // Not for ever.
    let mut token = second;
    for _ in 0..7 {
        token = world.exchanged(REPORTS_API, &token, &actor).await;
    }
    refused(world.exchange(REPORTS_API, &token, &actor).await, "invalid_request").await;
}

#[tokio::test]
async fn a_jwt_is_issued_where_the_api_takes_one() {
    let world = World::new().await;
    let tokens = world.of_shop(&[ORDERS, REPORTS]).await;
    let subject = text(&tokens, "access_token");
    let jwt = [("requested_token_type", JWT), ("resource", REPORTS)];
    let answer = granted(world.exchange(ORDERS_API, subject, &jwt).await).await;
    assert_eq!(answer["issued_token_type"], JWT);
    let token = text(&answer, "access_token");
    let said = claims(&world.bank, token).await;
    assert_eq!(
        (&said["aud"], &said["client_id"]),
        (&REPORTS.into(), &"orders-api".into())
    );
    assert!(REPORTS_API.sees(&world.bank, token).await);
}

#[tokio::test]
async fn a_two_party_token_is_exchanged_too() {
    let world = World::new().await;
    let form = [("grant_type", "client_credentials"), ("scope", "reports:read")];
    let tokens = granted(ROBOT.post(&world.bank, "/token", &form).await).await;
    let new = world.exchanged(REPORTS_API, text(&tokens, "access_token"), &[]).await;
    let told = REPORTS_API.introspect(&world.bank, &new).await;
    assert_eq!(
        (&told["sub"], &told["client_id"]),
        (&"robot".into(), &"reports-api".into())
    );
    world.bank.disable_client("robot").await;
    assert!(!REPORTS_API.sees(&world.bank, &new).await);
}

#[tokio::test]
async fn a_client_exchanges_its_own_id_token_while_the_user_is_signed_in() {
    let world = World::new().await;
    let tokens = world.of_shop(&[ORDERS, BANK]).await;
    let subject = text(&tokens, "id_token");
    // UserInfo was not among the resources: without an ID token there is nothing to exchange.
    let more = [("subject_token_type", ID_TOKEN), ("scope", "accounts:read")];
    world.bank.clock.advance(100);
    let answer = granted(world.exchange(SHOP, subject, &more).await).await;
    assert_eq!(
        (&answer["expires_in"], &answer["scope"]),
        (&500.into(), &"accounts:read".into())
    );
    let token = text(&answer, "access_token");
    let told = BANK_API.introspect(&world.bank, token).await;
    assert_eq!(
        (&told["auth_time"], &told["acr"]),
        (&NOON.into(), &"urn:sekisho:acr:loa2".into())
    );
    refused(world.exchange(ORDERS_API, subject, &more).await, "invalid_request").await;
    let too_much = [more[0], ("scope", "payments:write")];
    refused(world.exchange(SHOP, subject, &too_much).await, "invalid_scope").await;
    let as_another = [("subject_token_type", JWT), more[1]];
    refused(world.exchange(SHOP, subject, &as_another).await, "invalid_request").await;

    world.bank.end_sessions("alice").await;
    assert!(!BANK_API.sees(&world.bank, token).await);
    refused(world.exchange(SHOP, subject, &more).await, "invalid_request").await;
    let tokens = world.of_shop(&[ORDERS, BANK]).await;
    world.bank.clock.advance(600);
    refused(
        world.exchange(SHOP, text(&tokens, "id_token"), &more).await,
        "invalid_request",
    )
    .await;
}

#[tokio::test]
async fn a_jwt_of_a_trusted_issuer_is_exchanged_by_whom_it_names() {
    let world = World::new().await;
    let assertion = |changes: Value| {
        let claims = json!({
            "iss": "https://partner.example", "sub": "alice", "aud": world.bank.issuer, "exp": NOON + 300,
        });
        world.signer.sign(&changed(&claims, &changes))
    };
    let more = [("subject_token_type", JWT)];
    let plain = assertion(json!({}));
    let answer = granted(world.exchange(ORDERS_API, &plain, &more).await).await;
    assert_eq!(
        (&answer["expires_in"], &answer["scope"]),
        (&300.into(), &"accounts:read".into())
    );
    let told = BANK_API.introspect(&world.bank, text(&answer, "access_token")).await;
    assert_eq!(told["username"], "alice");
    // The user never permitted it anything.
    refused(world.exchange(STRANGER, &plain, &more).await, "invalid_request").await;

    let named = assertion(json!({"may_act": {"sub": "orders-api"}, "act": {"sub": "robot"}}));
    let token = world.exchanged(ORDERS_API, &named, &more).await;
    let told = BANK_API.introspect(&world.bank, &token).await;
    assert_eq!(told["act"], json!({"sub": "robot", "iss": "https://partner.example"}));
    assert_eq!(told["may_act"], json!({"sub": "orders-api"}));
    // It is not forgotten in the next exchange either.
    let own = world.exchanged(ORDERS_API, &token, &[]).await;
    assert_eq!(BANK_API.introspect(&world.bank, &own).await["may_act"], told["may_act"]);

    for changes in [
        json!({"may_act": {"sub": "somebody-else"}}),
        json!({"may_act": {"sub": "orders-api", "iss": "https://partner.example"}}),
        json!({"may_act": "orders-api"}),
        json!({"act": {"iss": "x"}}),
        json!({"aud": "https://other.example"}),
        json!({"exp": NOON}),
        json!({"sub": "nobody"}),
        json!({"iss": "https://stranger.example"}),
        json!({"iss": world.bank.issuer}),
    ] {
        let subject = assertion(changes.clone());
        let response = world.exchange(ORDERS_API, &subject, &more).await;
        assert_eq!(response.status(), 400, "{changes}");
        refused(response, "invalid_request").await;
    }
}

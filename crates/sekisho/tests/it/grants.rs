//! Grants that a client manages by their ids. Grant Management for OAuth 2.0 (Implementer's Draft 1).

use reqwest::{Method, Response};
use serde_json::{Value, json};
use testkit::{Answer, Browser, realm};

use crate::{
    app::{App, BANK_API, CLI, Code, WEB_APP, bank_and, granted, header, names, refused, text},
    bank::{Bank, NOON},
    request::{BANK_API as API, REPORTS_API},
};

const MANAGER: App = App {
    client_id: "manager",
    redirect_uri: "https://manager.example.com/callback",
    ..WEB_APP
};
const OTHER: App = App {
    client_id: "other",
    redirect_uri: "https://other.example.com/callback",
    ..WEB_APP
};
const CLIENTS: &str = r#"
    [[client]]
    client_id = "manager"
    client_name = "Manager"
    client_secret = "manager-secret"
    redirect_uris = ["https://manager.example.com/callback"]
    grant_types = ["authorization_code", "refresh_token", "client_credentials"]
    scope = "openid email offline_access accounts:read payments:write reports:read grant_management_query grant_management_revoke"
    [[client]]
    client_id = "other"
    client_secret = "other-secret"
    redirect_uris = ["https://other.example.com/callback"]
    grant_types = ["authorization_code", "client_credentials"]
    scope = "openid accounts:read grant_management_query grant_management_revoke"
"#;

async fn bank() -> Bank {
    Bank::with_realm(bank_and(CLIENTS)).await
}

/// A token of the client itself.
async fn own_token(bank: &Bank, app: App, scope: &str) -> String {
    let form = [("grant_type", "client_credentials"), ("scope", scope)];
    let tokens = granted(app.post(bank, "/token", &form).await).await;
    assert_eq!(tokens["scope"], scope);
    text(&tokens, "access_token").to_owned()
}

async fn call(bank: &Bank, method: Method, id: &str, token: &str) -> Response {
    let request = bank.http.request(method, bank.url(&format!("/grants/{id}")));
    request.bearer_auth(token).send().await.unwrap()
}

/// What the manager learns of a grant.
async fn query(bank: &Bank, id: &str) -> Response {
    let token = own_token(bank, MANAGER, "grant_management_query").await;
    call(bank, Method::GET, id, &token).await
}

/// Signs alice in and permits everything: the tokens with their `grant_id`.
async fn tokens(bank: &Bank, browser: &Browser, scope: &str, management: &[(&str, &str)]) -> Value {
    let code = MANAGER.code_in(bank, browser, scope, management).await;
    granted(MANAGER.redeem(bank, &code).await).await
}

/// The error in the answer to an authorization request.
async fn error(bank: &Bank, browser: &Browser, app: App, more: &[(&str, &str)]) -> String {
    let pkce = testkit::pkce();
    let mut parameters = app.request("openid", &pkce);
    parameters.extend(
        more.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    let url = url::Url::parse_with_params(&bank.url("/authorize"), parameters).unwrap();
    let answer = match browser.open(url.as_str()).await {
        Answer::Page(page) if page.has("sign-in") => browser.sign_in(&page, "alice", &realm::password("alice")).await,
        other => other,
    };
    answer.callback().get("error").unwrap().to_owned()
}

const CREATE: [(&str, &str); 1] = [("grant_management_action", "create")];

fn merge(id: &str) -> [(&str, &str); 2] {
    [("grant_management_action", "merge"), ("grant_id", id)]
}

fn replace(id: &str) -> [(&str, &str); 2] {
    [("grant_management_action", "replace"), ("grant_id", id)]
}

#[tokio::test]
async fn a_grant_that_was_created_is_told_by_the_token_endpoint_and_can_be_asked_about() {
    let bank = bank().await;
    let browser = bank.browser();
    let tokens = tokens(&bank, &browser, "openid email accounts:read", &CREATE).await;
    let id = text(&tokens, "grant_id");
    assert_eq!(jose::b64::decode(id).unwrap().len(), 16, "128 bits that nobody guesses");
    let answer = query(&bank, id).await;
    assert_eq!(header(&answer, "cache-control"), "no-store");
    let grant = granted(answer).await;
    assert_eq!(
        grant,
        json!({
            "scopes": [
                { "scope": "accounts:read", "resource": [API] },
                { "scope": "email openid" },
            ],
            "claims": ["email", "email_verified"],
            "created_at": NOON, "last_updated": NOON, "expires_at": NOON + 365 * 24 * 3600,
        })
    );
}

#[tokio::test]
async fn without_an_action_nothing_is_told_and_the_remembered_grant_is_used() {
    let bank = bank().await;
    let browser = bank.browser();
    let created = tokens(&bank, &browser, "openid accounts:read", &CREATE).await;
    let plain = tokens(&bank, &browser, "openid accounts:read", &[]).await;
    assert!(plain.get("grant_id").is_none());
    // What was permitted to a managed grant is not remembered for others, and the other way round.
    let again = tokens(&bank, &browser, "openid", &[("prompt", "none")]).await;
    assert!(again.get("grant_id").is_none());
    let mut silent = CREATE.to_vec();
    silent.push(("prompt", "none"));
    assert_eq!(error(&bank, &browser, MANAGER, &silent).await, "consent_required");
    assert!(query(&bank, text(&created, "grant_id")).await.status().is_success());
}

#[tokio::test]
async fn grants_of_one_client_live_side_by_side() {
    let bank = bank().await;
    let browser = bank.browser();
    let one = tokens(&bank, &browser, "accounts:read", &CREATE).await;
    let two = tokens(&bank, &browser, "payments:write", &CREATE).await;
    assert_ne!(one["grant_id"], two["grant_id"]);
    let token = own_token(&bank, MANAGER, "grant_management_revoke").await;
    let gone = call(&bank, Method::DELETE, text(&one, "grant_id"), &token).await;
    assert_eq!(gone.status(), 204);
    assert_eq!(gone.text().await.unwrap(), "");
    assert!(!BANK_API.sees(&bank, text(&one, "access_token")).await);
    refused(
        MANAGER.refresh(&bank, text(&one, "refresh_token")).await,
        "invalid_grant",
    )
    .await;
    assert_eq!(query(&bank, text(&one, "grant_id")).await.status(), 404);
    assert!(BANK_API.sees(&bank, text(&two, "access_token")).await);
    granted(MANAGER.refresh(&bank, text(&two, "refresh_token")).await).await;
    assert!(query(&bank, text(&two, "grant_id")).await.status().is_success());
}

#[tokio::test]
async fn merging_adds_to_a_grant_and_ends_its_refresh_tokens() {
    let bank = bank().await;
    let browser = bank.browser();
    let before = tokens(&bank, &browser, "accounts:read", &CREATE).await;
    let id = text(&before, "grant_id");
    let after = tokens(&bank, &browser, "payments:write", &merge(id)).await;
    assert_eq!(
        (&after["grant_id"], &after["scope"]),
        (&id.into(), &"payments:write".into())
    );
    let grant = granted(query(&bank, id).await).await;
    assert_eq!(
        grant["scopes"],
        json!([{ "scope": "accounts:read payments:write", "resource": [API] }])
    );
    refused(
        MANAGER.refresh(&bank, text(&before, "refresh_token")).await,
        "invalid_grant",
    )
    .await;
    granted(MANAGER.refresh(&bank, text(&after, "refresh_token")).await).await;
    // The access token is as good as it was.
    let told = BANK_API.introspect(&bank, text(&before, "access_token")).await;
    assert_eq!(told["scope"], "accounts:read");
}

#[tokio::test]
async fn new_tokens_for_what_a_grant_permits_need_no_page() {
    let bank = bank().await;
    let browser = bank.browser();
    let before = tokens(&bank, &browser, "accounts:read payments:write", &CREATE).await;
    let id = text(&before, "grant_id");
    let mut silent = merge(id).to_vec();
    silent.push(("prompt", "none"));
    let after = tokens(&bank, &browser, "accounts:read", &silent).await;
    assert_eq!(
        (&after["grant_id"], &after["scope"]),
        (&id.into(), &"accounts:read".into())
    );
    let grant = granted(query(&bank, id).await).await;
    assert_eq!(grant["scopes"][0]["scope"], "accounts:read payments:write");
}

#[tokio::test]
async fn replacing_leaves_only_what_is_permitted_now_and_ends_what_came_before() {
    let bank = bank().await;
    let browser = bank.browser();
    let before = tokens(&bank, &browser, "accounts:read payments:write", &CREATE).await;
    let id = text(&before, "grant_id");
    let mut silent = replace(id).to_vec();
    silent.push(("prompt", "none"));
    assert_eq!(error(&bank, &browser, MANAGER, &silent).await, "consent_required");
    let after = tokens(&bank, &browser, "openid reports:read", &replace(id)).await;
    assert_eq!(text(&after, "grant_id"), id);
    let grant = granted(query(&bank, id).await).await;
    assert_eq!(
        grant["scopes"],
        json!([{ "scope": "reports:read", "resource": [REPORTS_API] }, { "scope": "openid" }])
    );
    assert!(!BANK_API.sees(&bank, text(&before, "access_token")).await);
    refused(
        MANAGER.refresh(&bank, text(&before, "refresh_token")).await,
        "invalid_grant",
    )
    .await;
}

#[tokio::test]
async fn a_grant_id_that_is_not_of_this_client_and_user_is_refused() {
    let bank = bank().await;
    let alice = bank.browser();
    let managed = tokens(&bank, &alice, "accounts:read", &CREATE).await;
    let id = text(&managed, "grant_id");
    let bob = crate::request::signed_in(&bank, "bob").await;
    let code = OTHER.code_in(&bank, &alice, "openid", &[]).await;
    granted(OTHER.redeem(&bank, &code).await).await;
    let store = &bank.running.realms.store;
    let remembered = store
        .find_grant(&bank.issuer, &bank.user_id("alice").await, "other")
        .await;
    let remembered = remembered.unwrap().unwrap().id;
    for (browser, app, id) in [
        (&bob, MANAGER, id),
        (&alice, OTHER, id),
        (&alice, OTHER, &*remembered),
        (&alice, MANAGER, "unknown"),
    ] {
        for management in [merge(id), replace(id)] {
            assert_eq!(
                error(&bank, browser, app, &management).await,
                "invalid_grant_id",
                "{id}"
            );
        }
    }
    let token = own_token(&bank, MANAGER, "grant_management_revoke").await;
    call(&bank, Method::DELETE, id, &token).await;
    assert_eq!(error(&bank, &alice, MANAGER, &merge(id)).await, "invalid_grant_id");
}

#[tokio::test]
async fn contradictions_and_public_clients_are_refused() {
    let bank = bank().await;
    let browser = bank.browser();
    for more in [
        vec![("grant_id", "g")],
        vec![("grant_management_action", "create"), ("grant_id", "g")],
        vec![("grant_management_action", "merge")],
        vec![("grant_management_action", "update"), ("grant_id", "g")],
    ] {
        assert_eq!(
            error(&bank, &browser, MANAGER, &more).await,
            "invalid_request",
            "{more:?}"
        );
    }
    assert_eq!(error(&bank, &browser, CLI, &CREATE).await, "unauthorized_client");
    let form = [("grant_management_action", "create")];
    refused(
        crate::app::TV.post(&bank, "/device_authorization", &form).await,
        "invalid_request",
    )
    .await;
}

#[tokio::test]
async fn the_endpoint_wants_the_clients_own_token_with_the_scope_of_the_action() {
    let bank = bank().await;
    let browser = bank.browser();
    let managed = tokens(&bank, &browser, "openid accounts:read", &CREATE).await;
    let id = text(&managed, "grant_id");
    let query_token = own_token(&bank, MANAGER, "grant_management_query").await;
    let revoke_token = own_token(&bank, MANAGER, "grant_management_revoke").await;
    let api_token = own_token(&bank, MANAGER, "accounts:read").await;
    let users = text(&managed, "access_token");
    for (method, token, status, code) in [
        (Method::DELETE, &*query_token, 403, "insufficient_scope"),
        (Method::GET, &*revoke_token, 403, "insufficient_scope"),
        (Method::GET, users, 403, "insufficient_scope"),
        (Method::GET, &*api_token, 401, "invalid_token"),
        (Method::GET, "unknown", 401, "invalid_token"),
    ] {
        let answer = call(&bank, method, id, token).await;
        assert_eq!(answer.status(), status);
        assert!(header(&answer, "www-authenticate").contains(&format!("error=\"{code}\"")));
        assert_eq!(answer.json::<Value>().await.unwrap()["error"], code);
    }
    let bare = bank.http.get(bank.url(&format!("/grants/{id}"))).send().await.unwrap();
    assert_eq!(
        (
            bare.status().as_u16(),
            header(&bare, "www-authenticate").contains("error")
        ),
        (401, false)
    );
    assert!(query(&bank, id).await.status().is_success());
}

#[tokio::test]
async fn a_client_learns_nothing_of_others_grants() {
    let bank = bank().await;
    let browser = bank.browser();
    let managed = tokens(&bank, &browser, "accounts:read", &CREATE).await;
    let (query_token, revoke_token) = (
        own_token(&bank, OTHER, "grant_management_query").await,
        own_token(&bank, OTHER, "grant_management_revoke").await,
    );
    let mut bodies = Vec::new();
    for id in [text(&managed, "grant_id"), "unknown"] {
        for (method, token) in [(Method::GET, &query_token), (Method::DELETE, &revoke_token)] {
            let answer = call(&bank, method, id, token).await;
            assert_eq!(answer.status(), 404);
            bodies.push(answer.text().await.unwrap());
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
    assert!(BANK_API.sees(&bank, text(&managed, "access_token")).await);
}

#[tokio::test]
async fn the_scopes_of_the_endpoint_are_asked_for_by_name_and_never_of_a_user() {
    let bank = bank().await;
    let scope = "openid grant_management_query";
    let code = MANAGER.code(&bank, scope).await;
    assert_eq!(granted(MANAGER.redeem(&bank, &code).await).await["scope"], "openid");
    // Without a scope it is what the client is registered for at APIs: two of them, so it has to say which.
    let form = [("grant_type", "client_credentials"), ("resource", API)];
    let tokens = granted(MANAGER.post(&bank, "/token", &form).await).await;
    assert_eq!(tokens["scope"], "accounts:read payments:write");
    let both = [
        ("grant_type", "client_credentials"),
        ("scope", "accounts:read grant_management_query"),
    ];
    refused(MANAGER.post(&bank, "/token", &both).await, "invalid_target").await;
    let unregistered = [
        ("grant_type", "client_credentials"),
        ("scope", "grant_management_query"),
    ];
    refused(
        crate::app::ROBOT.post(&bank, "/token", &unregistered).await,
        "invalid_scope",
    )
    .await;
}

#[tokio::test]
async fn the_account_page_has_one_entry_for_a_client_and_takes_all_its_grants_back() {
    let bank = bank().await;
    let browser = bank.browser();
    let one = tokens(&bank, &browser, "accounts:read", &CREATE).await;
    let two = tokens(&bank, &browser, "payments:write", &CREATE).await;
    let three = tokens(&bank, &browser, "openid", &[]).await;
    let account = browser.open("/account").await.page();
    assert_eq!(account.ids().iter().filter(|id| *id == "revoke-manager").count(), 1);
    for said in ["See your accounts", "Pay from your accounts", "Know who you are"] {
        assert!(account.text().contains(said), "{said}");
    }
    let account = browser.press(&account, "revoke-manager").await.page();
    assert!(!account.has("revoke-manager"));
    for tokens in [one, two, three] {
        let told = MANAGER.introspect(&bank, text(&tokens, "access_token")).await;
        assert_eq!(told, json!({ "active": false }));
    }
}

// Conformance: F1A-SEC-01
#[tokio::test]
async fn a_grant_whose_tokens_are_not_fetched_ends_with_its_code() {
    let bank = bank().await;
    let browser = bank.browser();
    let fetched = tokens(&bank, &browser, "accounts:read", &CREATE).await;
    let code: Code = MANAGER.code_in(&bank, &browser, "payments:write", &CREATE).await;
    let account = browser.open("/account").await.page();
    assert!(account.text().contains("Pay from your accounts"));
    bank.clock.advance(120);
    refused(MANAGER.redeem(&bank, &code).await, "invalid_grant").await;
    let account = browser.open("/account").await.page();
    assert!(!account.text().contains("Pay from your accounts") && account.text().contains("See your accounts"));
    assert!(query(&bank, text(&fetched, "grant_id")).await.status().is_success());
}

#[tokio::test]
async fn the_metadata_says_what_can_be_done() {
    let bank = Bank::start().await;
    let url = bank.url("/.well-known/openid-configuration");
    let metadata = granted(bank.http.get(url).send().await.unwrap()).await;
    assert_eq!(metadata["grant_management_endpoint"], bank.url("/grants"));
    assert_eq!(
        metadata["grant_management_actions_supported"],
        json!(["query", "revoke", "merge", "replace", "create"])
    );
    assert_eq!(metadata["grant_management_action_required"], false);
    assert!(names(&metadata).contains(&"device_authorization_endpoint"));
    let scopes = metadata["scopes_supported"].as_array().unwrap();
    for scope in ["grant_management_query", "grant_management_revoke"] {
        assert!(scopes.contains(&scope.into()), "{scope}");
    }
}

//! Pairwise subject identifiers (OpenID Connect Core §8): clients of different sectors cannot tell that they have the
//! same user.

use std::sync::Arc;

use jose::{SigningAlg, UnverifiedJwt};
use protocol::{ClientMetadata, SubjectType};
use serde_json::{Value, json};
use storage::Change;

use crate::{
    app::{App, BANK_API, POST_APP, WEB_APP, claims, granted, key_set, text},
    bank::Bank,
    request::{Request, error, signed_in},
};

/// Registers a client as it was, but for what `change` changes.
async fn reregister(bank: &Bank, app: App, change: impl FnOnce(&mut ClientMetadata)) {
    let store = &bank.running.realms.store;
    let mut client = store.find_client(&bank.issuer, app.client_id).await.unwrap().unwrap();
    change(Arc::make_mut(&mut client.metadata));
    let put = storage::client::put(&bank.issuer, &client, bank.clock.now()).unwrap();
    bank.change(Change::new().then(put)).await;
}

/// A bank where a client is pairwise, of the sector of its own redirect URI.
async fn bank_with(pairwise: &[App]) -> Bank {
    let bank = Bank::start().await;
    for app in pairwise {
        reregister(&bank, *app, |metadata| {
            metadata.subject_type = SubjectType::Pairwise;
            metadata.redirect_uris.truncate(1);
        })
        .await;
    }
    bank
}

async fn userinfo(bank: &Bank, access_token: &str) -> Value {
    let request = bank.http.get(bank.url("/userinfo")).bearer_auth(access_token);
    granted(request.send().await.unwrap()).await
}

async fn sub_of(bank: &Bank, app: App) -> String {
    let tokens = app.tokens(bank, "openid").await;
    text(&claims(bank, text(&tokens, "id_token")).await, "sub").to_owned()
}

// Conformance: B81 B85 OP-19
#[tokio::test]
async fn all_that_a_pairwise_client_sees_names_the_user_by_one_sub_that_is_not_the_public_one() {
    let bank = bank_with(&[WEB_APP]).await;
    let alice = bank.user_id("alice").await;
    let opaque = WEB_APP.tokens(&bank, "openid offline_access accounts:read").await;
    let jwt = WEB_APP.tokens(&bank, "openid reports:read").await;
    let id_token = claims(&bank, text(&opaque, "id_token")).await;
    let sub = text(&id_token, "sub");
    assert_eq!(jose::b64::decode(sub).unwrap().len(), 32);
    assert_ne!(sub, alice);

    let access_token = text(&jwt, "access_token");
    assert_eq!(claims(&bank, access_token).await["sub"], sub);
    for access_token in [text(&opaque, "access_token"), access_token] {
        assert_eq!(userinfo(&bank, access_token).await["sub"], sub);
        let told = WEB_APP.introspect(&bank, access_token).await;
        assert_eq!((&told["active"], &told["sub"]), (&json!(true), &json!(sub)));
        assert_eq!(told.get("username"), None, "the name would tell who it is");
    }
    let refresh_token = text(&opaque, "refresh_token");
    assert_eq!(WEB_APP.introspect(&bank, refresh_token).await["sub"], sub);
    let next = granted(WEB_APP.refresh(&bank, refresh_token).await).await;
    assert_eq!(claims(&bank, text(&next, "id_token")).await["sub"], sub);
}

// Conformance: B81
#[tokio::test]
async fn the_api_of_the_organisation_knows_the_user_by_the_public_subject() {
    let bank = bank_with(&[WEB_APP]).await;
    let tokens = WEB_APP.tokens(&bank, "openid accounts:read").await;
    let told = BANK_API.introspect(&bank, text(&tokens, "access_token")).await;
    assert_eq!(told["sub"], bank.user_id("alice").await);
    assert_eq!(told["username"], "alice");
}

// Conformance: B81 OP-19
#[tokio::test]
async fn a_user_is_somebody_else_in_another_sector_and_the_same_in_the_same() {
    let bank = bank_with(&[WEB_APP, POST_APP]).await;
    let (web, post) = (sub_of(&bank, WEB_APP).await, sub_of(&bank, POST_APP).await);
    assert_ne!(web, post);
    assert_eq!(web, sub_of(&bank, WEB_APP).await, "it is stable");

    reregister(&bank, POST_APP, |metadata| {
        metadata.sector_identifier_uri = Some("https://app.example.com/uris.json".into());
    })
    .await;
    assert_eq!(web, sub_of(&bank, POST_APP).await, "the host counts, not the client");
}

// Conformance: B81
#[tokio::test]
async fn two_users_are_two_subjects() {
    let bank = bank_with(&[WEB_APP]).await;
    let mut subs = Vec::new();
    for username in ["alice", "bob"] {
        let request = Request::code("openid");
        let callback = request.walk(&bank, &bank.browser(), username).await;
        let tokens = request.redeem(&bank, &callback).await;
        subs.push(claims(&bank, text(&tokens, "id_token")).await["sub"].clone());
    }
    assert_ne!(subs[0], subs[1]);
}

#[tokio::test]
async fn a_public_client_knows_the_user_by_the_public_subject() {
    let bank = Bank::start().await;
    let alice = bank.user_id("alice").await;
    assert_eq!(sub_of(&bank, WEB_APP).await, alice);
    let jwt = WEB_APP.tokens(&bank, "openid reports:read").await;
    assert_eq!(claims(&bank, text(&jwt, "access_token")).await["sub"], alice);
    assert_eq!(
        WEB_APP.introspect(&bank, text(&jwt, "access_token")).await["username"],
        "alice"
    );
}

#[tokio::test]
async fn a_jwt_of_a_pairwise_client_stands_and_falls_with_its_authorization() {
    let bank = bank_with(&[WEB_APP]).await;
    let tokens = WEB_APP.tokens(&bank, "openid reports:read").await;
    let token = text(&tokens, "access_token");
    assert!(WEB_APP.sees(&bank, token).await);
    bank.end_grant("alice", "web-app").await;
    assert!(!WEB_APP.sees(&bank, token).await);
}

#[tokio::test]
async fn a_jwt_from_before_the_client_changed_its_sector_is_worth_nothing() {
    let bank = bank_with(&[WEB_APP]).await;
    let tokens = WEB_APP.tokens(&bank, "openid reports:read").await;
    reregister(&bank, WEB_APP, |metadata| {
        metadata.sector_identifier_uri = Some("https://other.example/uris.json".into());
    })
    .await;
    assert!(!WEB_APP.sees(&bank, text(&tokens, "access_token")).await);
}

#[tokio::test]
async fn a_jwt_that_names_another_user_than_its_authorization_is_worth_nothing() {
    let bank = bank_with(&[WEB_APP]).await;
    let tokens = WEB_APP.tokens(&bank, "openid reports:read").await;
    let verified = key_set(&bank)
        .await
        .verify(
            &UnverifiedJwt::parse(text(&tokens, "access_token")).unwrap(),
            &SigningAlg::ALL,
        )
        .unwrap();
    let realm = bank.running.realms.by_issuer(&bank.issuer).await.unwrap().unwrap();
    let signer = realm.keys.signer(SigningAlg::Es256).unwrap();
    let with_sub = |sub: String| {
        let mut claims = verified.claims.clone();
        claims.insert("sub".into(), sub.into());
        jose::sign_jwt(signer, "at+jwt", &claims).unwrap()
    };
    let bob = bank.user_id("bob").await;
    let client = realm.store.find_client(&bank.issuer, "web-app").await.unwrap().unwrap();
    let bob_to_the_client = oauth::subject::of(&realm, &client.metadata, &bob).unwrap();
    for sub in [bob, bob_to_the_client, "web-app".to_owned()] {
        assert!(!WEB_APP.sees(&bank, &with_sub(sub)).await);
    }
    let alice = text(&Value::Object(verified.claims.clone()), "sub").to_owned();
    assert!(WEB_APP.sees(&bank, &with_sub(alice)).await);
}

#[tokio::test]
async fn an_id_token_hint_names_the_user_as_the_client_knows_them() {
    let bank = bank_with(&[WEB_APP]).await;
    let browser = bank.browser();
    let request = Request::code("openid");
    let callback = request.walk(&bank, &browser, "alice").await;
    let own = text(&request.redeem(&bank, &callback).await, "id_token").to_owned();
    let silent = |hint: &str| {
        Request::code("openid")
            .with("prompt", "none")
            .with("id_token_hint", hint)
    };
    let callback = silent(&own).open(&bank, &browser).await.callback();
    assert!(callback.get("code").is_some());

    let of_another = text(&POST_APP.tokens(&bank, "openid").await, "id_token").to_owned();
    let callback = silent(&of_another)
        .open(&bank, &signed_in(&bank, "alice").await)
        .await
        .callback();
    assert_eq!(
        error(&callback),
        "login_required",
        "nobody learns that two clients have the same user"
    );
}

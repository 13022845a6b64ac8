//! What can be ended.

use model::{Authorization, AuthorizationContext, Grant, Session};
use protocol::{Acr, Method, Proof};

use super::*;

fn session(user: &User) -> Session {
    Session {
        id: "s1".into(),
        user_id: user.id.clone(),
        secret_hash: vec![0; 32],
        flow_id: "f".into(),
        auth_time: NOW,
        proofs: vec![Proof::of(Method::Password, NOW)],
        user_agent: "browser".into(),
        address: "127.0.0.1".into(),
        created_at: NOW,
        seen_at: 0,
        is_remembered: false,
        expires_at: NOW + 100,
        ended_at: None,
    }
}

fn grant(user: &User) -> Grant {
    Grant {
        id: "g1".into(),
        user_id: user.id.clone(),
        client_id: "app".into(),
        scope: "openid".parse().unwrap(),
        authorization_details: protocol::AuthorizationDetails::default(),
        claims: ["birthdate".to_owned()].into(),
        managed: false,
        created_at: NOW,
        updated_at: NOW,
        expires_at: NOW + 100,
        ended_at: None,
    }
}

fn authorization(grant: &Grant) -> Authorization {
    Authorization {
        id: "a1".into(),
        grant_id: "g1".into(),
        user_id: grant.user_id.clone(),
        client_id: "app".into(),
        session_id: "s1".into(),
        scope: grant.scope.clone(),
        audience: Vec::new(),
        details: AuthorizationContext::authenticated(Acr::Loa2, Vec::new()),
        auth_time: NOW,
        code_hash: None,
        code_expires_at: None,
        code_used_at: None,
        offline: true,
        created_at: NOW,
        expires_at: NOW + 100,
        ended_at: None,
    }
}

#[tokio::test]
async fn grants_and_sessions_are_listed_and_ended_with_what_came_from_them() {
    let world = World::new().await;
    let user = world.user("alice").await;
    let grant = grant(&user);
    let change = Change::new()
        .then(storage::session::insert(ISSUER, &session(&user)).unwrap())
        .then(storage::grant::insert(ISSUER, &grant).unwrap())
        .then(storage::authorization::insert(ISSUER, &authorization(&grant), "c").unwrap());
    world.commit(change).await;

    let grants = world.run(Action::GrantList { user: "alice".into() }).await.unwrap();
    assert_eq!(grants["grants"][0]["client_id"], "app");
    for _ in 0..2 {
        let ended = world.run(Action::GrantRevoke { id: "g1".into() }).await.unwrap();
        assert_eq!((&ended["alive"], &ended["ended_at"]), (&json!(false), &json!(NOW)));
    }
    let living = world
        .realms
        .store
        .find_living_authorization(ISSUER, "a1", NOW)
        .await
        .unwrap();
    assert!(living.is_none());
    assert_eq!(
        world.run(Action::GrantList { user: "alice".into() }).await.unwrap()["grants"],
        json!([])
    );
    assert_eq!(
        world.run(Action::GrantShow { id: "g1".into() }).await.unwrap()["alive"],
        false
    );

    assert_eq!(
        world.run(Action::SessionList { user: "alice".into() }).await.unwrap()["sessions"][0]["id"],
        "s1"
    );
    for _ in 0..2 {
        assert_eq!(
            world.run(Action::SessionEnd { id: "s1".into() }).await.unwrap()["alive"],
            false
        );
    }
    assert_eq!(
        world.run(Action::SessionList { user: "alice".into() }).await.unwrap()["sessions"],
        json!([])
    );
    for action in [
        Action::GrantRevoke { id: "x".into() },
        Action::SessionEnd { id: "x".into() },
    ] {
        assert_eq!(world.run(action).await.unwrap_err().kind, AdminErrorKind::NotFound);
    }
}

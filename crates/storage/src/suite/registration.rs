//! Clients that register themselves: a quota for anybody, a number of uses for an initial access token.

use model::{Client, InitialAccessToken, Source};
use protocol::ClientMetadata;

use super::{Database, for_both_engines};
use crate::{Change, Outcome, Statement, client, initial_access_token};

for_both_engines![
    an_initial_access_token_is_used_as_often_as_it_was_made_for,
    of_many_users_of_one_token_one_wins,
    what_a_token_says_comes_back,
    a_client_beyond_the_quota_does_not_appear,
    an_identifier_is_given_once,
    a_client_replaces_its_own_metadata_and_nothing_else,
    those_who_authenticate_by_a_certificate_are_found,
];

const REALM: &str = "https://id.example";
const NOW: i64 = 1_000_000;

async fn apply(db: &Database, statements: impl IntoIterator<Item = Statement>) -> Outcome {
    db.store.commit(Change::new().then_all(statements)).await.unwrap()
}

fn token(id: &str, uses_left: i64) -> InitialAccessToken {
    InitialAccessToken {
        id: id.into(),
        token_hash: vec![7; 32],
        note: "partners".into(),
        scope: Some("accounts:read".parse().unwrap()),
        uses_left,
        created_at: NOW,
        expires_at: NOW + 100,
    }
}

fn metadata(id: &str, name: &str) -> ClientMetadata {
    ClientMetadata {
        client_id: id.into(),
        client_name: Some(name.into()),
        ..ClientMetadata::default()
    }
}

fn registered(id: &str) -> Client {
    Client {
        metadata: metadata(id, "App").into(),
        secret_hash: Some(vec![1; 32]),
        wrapped_secret: None,
        registration_token_hash: Some(vec![2; 32]),
        enabled: true,
        source: Source::Registration,
        created_at: NOW,
    }
}

async fn an_initial_access_token_is_used_as_often_as_it_was_made_for(db: Database) {
    let use_once = |at| initial_access_token::use_once(REALM, "t", at);
    assert_eq!(apply(&db, [use_once(NOW)]).await, Outcome::Missed, "there is none");
    assert_eq!(
        apply(&db, [initial_access_token::insert(REALM, &token("t", 2))]).await,
        Outcome::Applied
    );
    assert_eq!(apply(&db, [use_once(NOW + 100)]).await, Outcome::Missed, "expired");
    assert_eq!(apply(&db, [use_once(NOW + 99)]).await, Outcome::Applied);
    assert_eq!(apply(&db, [use_once(NOW)]).await, Outcome::Applied);
    assert_eq!(apply(&db, [use_once(NOW)]).await, Outcome::Missed, "used up");
    let remove = || initial_access_token::remove(REALM, "t");
    assert_eq!(apply(&db, [remove()]).await, Outcome::Applied);
    assert_eq!(apply(&db, [remove()]).await, Outcome::Missed);
}

async fn of_many_users_of_one_token_one_wins(db: Database) {
    let _ = apply(&db, [initial_access_token::insert(REALM, &token("t", 1))]).await;
    let mut users = Vec::new();
    for n in 0..16 {
        let store = db.store.clone();
        users.push(tokio::spawn(async move {
            let insert = client::insert(REALM, &registered(&format!("app{n}")), NOW).unwrap();
            let change = Change::new()
                .then(insert)
                .then(initial_access_token::use_once(REALM, "t", NOW));
            store.commit(change).await.unwrap()
        }));
    }
    let mut winners = 0;
    for user in users {
        winners += i32::from(user.await.unwrap() == Outcome::Applied);
    }
    assert_eq!(winners, 1);
    assert_eq!(db.number("SELECT count(*) FROM client").await, 1);
}

async fn what_a_token_says_comes_back(db: Database) {
    let one = token("1", 1);
    let other = InitialAccessToken {
        token_hash: vec![8; 32],
        scope: None,
        ..token("2", 5)
    };
    let insert = |token| initial_access_token::insert(REALM, token);
    let _ = apply(&db, [insert(&one), insert(&other)]).await;
    let found = |hash| db.store.find_initial_access_token(REALM, hash);
    assert_eq!(found([7; 32]).await.unwrap(), Some(one.clone()));
    assert_eq!(found([9; 32]).await.unwrap(), None);
    assert_eq!(db.store.initial_access_tokens(REALM).await.unwrap(), [one, other]);
    assert_eq!(db.store.initial_access_tokens("https://other").await.unwrap(), []);
}

async fn a_client_beyond_the_quota_does_not_appear(db: Database) {
    let register = |id: &str| {
        [
            client::insert(REALM, &registered(id), NOW).unwrap(),
            client::within_quota(REALM, id, 2),
        ]
    };
    let of_file = Client {
        source: Source::File,
        ..registered("file")
    };
    let _ = apply(&db, [client::insert(REALM, &of_file, NOW).unwrap()]).await;
    for (id, outcome, has_room) in [
        ("a", Outcome::Applied, true),
        ("b", Outcome::Applied, false),
        ("c", Outcome::Missed, false),
    ] {
        assert_eq!(apply(&db, register(id)).await, outcome, "{id}");
        assert_eq!(db.store.has_room_for_clients(REALM, 2).await.unwrap(), has_room, "{id}");
    }
    assert!(db.store.find_client(REALM, "c").await.unwrap().is_none());
    let _ = apply(&db, client::remove(REALM, "a", NOW)).await;
    assert_eq!(apply(&db, register("c")).await, Outcome::Applied);
}

async fn an_identifier_is_given_once(db: Database) {
    let insert = || client::insert(REALM, &registered("a"), NOW).unwrap();
    let was_registered = || client::was_registered(REALM, "a", [2; 32]);
    let change = || Change::new().then(insert()).recognised_by(was_registered());
    assert_eq!(db.store.commit(change()).await.unwrap(), Outcome::Applied);
    assert_eq!(db.store.commit(change()).await.unwrap(), Outcome::Missed);
}

async fn a_client_replaces_its_own_metadata_and_nothing_else(db: Database) {
    let _ = apply(&db, [client::insert(REALM, &registered("a"), NOW).unwrap()]).await;
    let new = ClientMetadata {
        backchannel_logout_uri: Some("https://app.example/out".into()),
        ..metadata("a", "New")
    };
    let replace = |hash| client::replace_own(REALM, &new, hash, NOW + 1).unwrap();
    assert_eq!(apply(&db, [replace([3; 32])]).await, Outcome::Missed, "another token");
    assert_eq!(apply(&db, [replace([2; 32])]).await, Outcome::Applied);
    let found = db.store.find_client(REALM, "a").await.unwrap().unwrap();
    assert_eq!(*found.metadata, new);
    let told_there = "SELECT count(*) FROM client WHERE backchannel_logout_uri = 'https://app.example/out'";
    assert_eq!(db.number(told_there).await, 1);
    assert_eq!(
        (found.secret_hash, found.source),
        (Some(vec![1; 32]), Source::Registration)
    );
    assert_eq!(apply(&db, [client::drop_secret(REALM, "a")]).await, Outcome::Applied);
    let found = db.store.find_client(REALM, "a").await.unwrap().unwrap();
    assert_eq!(found.secret_hash, None);
    let _ = apply(&db, [client::set_enabled(REALM, "a", false, NOW)]).await;
    assert_eq!(apply(&db, [replace([2; 32])]).await, Outcome::Missed, "disabled");
}

async fn those_who_authenticate_by_a_certificate_are_found(db: Database) {
    use protocol::TokenEndpointAuthMethod::{self, ClientSecretBasic, None, SelfSignedTlsClientAuth, TlsClientAuth};
    let put = |id: &str, method: TokenEndpointAuthMethod| {
        let mut client = registered(id);
        client.metadata = ClientMetadata {
            token_endpoint_auth_method: method,
            ..metadata(id, "tls_client_auth")
        }
        .into();
        client::put(REALM, &client, NOW).unwrap()
    };
    let clients = [
        put("secret", ClientSecretBasic),
        put("public", None),
        put("subject", TlsClientAuth),
        put("self-signed", SelfSignedTlsClientAuth),
        put("off", TlsClientAuth),
        client::set_enabled(REALM, "off", false, NOW),
    ];
    assert_eq!(apply(&db, clients).await, Outcome::Applied);
    let found = db.store.clients_with_certificates(REALM).await.unwrap();
    let ids: Vec<&str> = found.iter().map(Client::id).collect();
    assert!(["self-signed", "subject"].iter().all(|id| ids.contains(id)), "{ids:?}");
    assert!(!ids.contains(&"off") && !ids.contains(&"secret"), "{ids:?}");
    assert!(
        db.store
            .clients_with_certificates("https://other.example")
            .await
            .unwrap()
            .is_empty()
    );
}

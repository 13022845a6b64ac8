use std::net::{IpAddr, Ipv4Addr};

use super::*;

const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

async fn told(trail: Trail, note: impl FnOnce()) -> AuditEvent {
    trail::follow(trail, async {
        note();
        event_at("r", 1000, AuditKind::TokenIssued).0
    })
    .await
}

fn request() -> Trail {
    Trail {
        address: Some(ADDRESS),
        ..Trail::default()
    }
}

#[tokio::test]
async fn who_did_it_follows_from_the_trail() {
    let user = told(request(), || {
        trail::says_client("app");
        trail::user_is("alice");
    })
    .await;
    assert_eq!((user.actor, user.user_id.as_deref()), (Actor::User, Some("alice")));
    assert_eq!(user.address.as_deref(), Some("127.0.0.1"));
    let client = told(request(), || trail::says_client("app")).await;
    assert_eq!(
        (client.actor, client.client_id.as_deref()),
        (Actor::Client, Some("app"))
    );
    assert!(client.explanation_id.is_some_and(|id| id.len() == 12));
    assert_eq!(told(request(), || ()).await.actor, Actor::Anonymous);
    let trail = Trail {
        command: Some("user disable"),
        ..Trail::default()
    };
    let operator = told(trail, || ()).await;
    assert_eq!(
        (operator.actor, &operator.details["command"]),
        (Actor::Operator, &"user disable".into())
    );
    let server = event_at("r", 1000, AuditKind::KeyCreated).0;
    assert_eq!((server.actor, server.explanation_id), (Actor::Server, None));
}

#[test]
fn texts_are_cut_at_a_character() {
    let long = "\u{3042}".repeat(200);
    let event = event_at("r", 1000, AuditKind::TokenIssued)
        .detail("text", long.as_str())
        .client(&long)
        .0;
    assert_eq!(event.details["text"].as_str().unwrap().len(), 255);
    assert_eq!(event.client_id.unwrap().len(), 255);
}

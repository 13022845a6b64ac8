//! What a hostile client would register: refused, with the member named, before anybody sees or calls it.

use serde_json::json;
use tokio::net::TcpListener;

use super::{open, refused_for, register, with};

/// Addresses that show one thing and mean another.
const DECEIVING: &[&str] = &[
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "https://bank.example@evil.example/",
    "https://bank.example:pass@evil.example/",
    "https://bank.example\\@evil.example/",
    "https://b%61nk.example/",
    "https://2130706433/",
    "https://bаnk.example/",
    "https://",
    "//evil.example/",
    "evil.example",
    "",
];

#[tokio::test]
async fn addresses_that_run_code_or_deceive_are_refused_wherever_they_stand() {
    let bank = open().await;
    for uri in DECEIVING {
        for member in ["logo_uri", "policy_uri#ja", "initiate_login_uri", "jwks_uri"] {
            refused_for(&bank, &json!({ member: uri }), member).await;
        }
        for member in ["redirect_uris", "post_logout_redirect_uris", "request_uris"] {
            refused_for(&bank, &json!({ member: [uri] }), member).await;
        }
        bank.clock.advance(60);
    }
    refused_for(
        &bank,
        &json!({ "redirect_uris": ["https://app.example.com/*"] }),
        "redirect_uris",
    )
    .await;
    refused_for(
        &bank,
        &json!({ "redirect_uris": ["http://app.example.com/cb"] }),
        "redirect_uris",
    )
    .await;
}

#[tokio::test]
async fn addresses_inside_are_not_for_this_server_to_call() {
    let bank = open().await;
    for host in ["10.0.0.1", "192.168.1.1:8443", "169.254.169.254", "[::1]", "[fd00::1]"] {
        let uri = format!("https://{host}/x");
        for member in ["jwks_uri", "backchannel_logout_uri"] {
            let why = refused_for(&bank, &json!({ member: uri }), member).await;
            assert!(why.contains("cannot be called by this server"), "{why}");
        }
        refused_for(&bank, &json!({ "request_uris": [uri] }), "request_uris").await;
        let sector = json!({ "subject_type": "pairwise", "sector_identifier_uri": uri });
        refused_for(&bank, &sector, "sector_identifier_uri").await;
    }
    // The operator of this server lists 127.0.0.1 in [outgoing] allow.
    register(
        &bank,
        &with(&json!({ "backchannel_logout_uri": "https://127.0.0.1/x" })),
    )
    .await;
    // The browser may go to the machine of its developer.
    register(&bank, &with(&json!({ "redirect_uris": ["http://[::1]/cb"] }))).await;
}

#[tokio::test]
async fn keys_are_not_fetched_at_registration() {
    let bank = open().await;
    let slow = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/jwks", slow.local_addr().unwrap());
    let members = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": uri });
    register(&bank, &with(&members)).await;
    let connected = tokio::select! {
        biased;
        _ = slow.accept() => true,
        () = std::future::ready(()) => false,
    };
    assert!(!connected);
}

#[tokio::test]
async fn values_that_are_too_large_or_invisible_are_refused() {
    let bank = open().await;
    refused_for(&bank, &json!({ "client_name": "x".repeat(300) }), "client_name").await;
    refused_for(&bank, &json!({ "client_name": "Bank\u{202E}gpj" }), "client_name").await;
    let long = format!("https://app.example.com/{}", "x".repeat(2048));
    refused_for(&bank, &json!({ "tos_uri": long }), "tos_uri").await;
    let many = vec!["https://app.example.com/cb"; 51];
    refused_for(&bank, &json!({ "redirect_uris": many }), "redirect_uris").await;
}

//! `sekisho explain`, beside a running server and without one.

use std::process::Output;

use testkit::{Engine, Serve};

use super::recorded::id;
use crate::app::WEB_APP;

const PROGRAM: &str = env!("CARGO_BIN_EXE_sekisho");

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_explained_beside_the_server_and_after_it() {
    let mut server = Serve::start(PROGRAM, Engine::Sqlite);
    let form = [("grant_type", "authorization_code"), ("code", "no-such-code-at-all")];
    let id = id(&WEB_APP.post(&server, "/token", &form).await);
    let text = said(&server.command(&["explain", &id]));
    assert!(
        text.starts_with("POST /token → 400 invalid_grant: the code is unknown or has expired\n"),
        "{text}"
    );
    assert!(text.contains("  ✓ secret right  (RFC 6749 §2.3.1)\n"), "{text}");
    assert!(text.contains("  ✗ code known  (RFC 6749 §4.1.3)\n"), "{text}");
    assert!(text.contains("\n      remedy    Take the parameter code"), "{text}");
    assert!(!text.contains("no-such-code-at-all"), "{text}");
    let json: serde_json::Value = serde_json::from_slice(&server.command(&["explain", &id, "--json"]).stdout).unwrap();
    assert_eq!(json["refusal"]["failed"]["name"], "authorization_code.unknown");
    assert!(server.terminate().success());
    // From the database.
    assert_eq!(said(&server.command(&["explain", &id])), text);
    let unknown = server.command(&["explain", "AAAAAAAAAAAA"]);
    assert_eq!(unknown.status.code(), Some(1));
    let words = String::from_utf8(unknown.stderr).unwrap();
    assert!(
        words.contains("no refusal of this id is remembered here") && !words.contains("web-app"),
        "{words}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_needs_no_server() {
    let server = Serve::start(PROGRAM, Engine::Sqlite);
    let explain = |what: &[&str]| {
        let output = server.command(&[&["explain"], what].concat());
        assert!(output.status.success());
        said(&output)
    };
    let one = explain(&["pkce.mismatch"]);
    assert!(
        one.starts_with("pkce.mismatch  (invalid_grant)\n  check    PKCE: does the code_verifier"),
        "{one}"
    );
    assert!(explain(&["invalid_target"]).contains("scope.several_targets"));
    let all = explain(&[]);
    assert!(all.lines().count() > 200 && all.contains("\nclient.unknown  "), "{all}");
    let json: serde_json::Value = serde_json::from_str(&explain(&["pkce", "--json"])).unwrap();
    assert_eq!(json["reasons"][0]["check"]["name"], "PKCE challenge");
}

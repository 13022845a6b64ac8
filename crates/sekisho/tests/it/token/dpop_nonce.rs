//! Nonces for proofs, where another node takes those without. RFC 9449 §8, §9.

use model::Clock;
use storage::proof_lease;
use testkit::{Engine, Serve};

use crate::{
    app::{ROBOT, Server, granted, header, refused, text},
    bank::Bank,
    dpop::{ProofKey, nonce_of},
    https::PROGRAM,
};

const AS_ITSELF: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "accounts:read")];

/// A server beside another node, which takes the proofs without a nonce.
async fn beside_another() -> Bank {
    let bank = Bank::start().await;
    let now = bank.clock.now();
    bank.change(proof_lease::take(&bank.issuer, "another node", now + 3600, now, 0))
        .await;
    bank
}

// Conformance: B120 DPOP-13 F2-AS-09
#[tokio::test]
async fn a_proof_without_a_nonce_is_asked_for_one_which_is_good_for_some_minutes() {
    let bank = beside_another().await;
    let (key, url) = (ProofKey::es256(), bank.url("/token"));
    let request = || ROBOT.posting(&bank, "/token", &AS_ITSELF);
    let proof = |nonce: &str| key.proof("POST", &url, bank.clock.now()).nonce(nonce).sign();
    let send = async |proof: String| request().header("dpop", proof).send().await.unwrap();

    let response = send(key.proof("POST", &url, bank.clock.now()).sign()).await;
    let nonce = nonce_of(&response).unwrap();
    refused(response, "use_dpop_nonce").await;
    for _ in 0..2 {
        let response = send(proof(&nonce)).await;
        assert!(nonce_of(&response).is_some(), "each answer brings the next");
        granted(response).await;
    }
    bank.clock.advance(300);
    let response = send(proof(&nonce)).await;
    let next = nonce_of(&response).unwrap();
    refused(response, "use_dpop_nonce").await;
    granted(send(proof(&next)).await).await;
    for strange in ["made up", &next[1..], "null"] {
        refused(send(proof(strange)).await, "use_dpop_nonce").await;
    }
    // Whoever brings no proof gets no nonce.
    assert_eq!(nonce_of(&request().send().await.unwrap()), None);
}

// Conformance: B120 DPOP-13
#[tokio::test]
async fn a_proof_that_still_needs_a_nonce_uses_nothing_up() {
    let bank = beside_another().await;
    let (key, url) = (ProofKey::es256(), bank.url("/token"));
    let proof = key.proof("POST", &url, bank.clock.now());
    let request = || ROBOT.posting(&bank, "/token", &AS_ITSELF).header("dpop", proof.sign());
    let nonce = nonce_of(&request().send().await.unwrap()).unwrap();
    refused(request().send().await.unwrap(), "use_dpop_nonce").await;
    let with_nonce = proof.clone().nonce(&nonce).sign();
    let again = ROBOT.posting(&bank, "/token", &AS_ITSELF).header("dpop", &with_nonce);
    granted(again.send().await.unwrap()).await;
    let replayed = ROBOT.posting(&bank, "/token", &AS_ITSELF).header("dpop", &with_nonce);
    let description = refused(replayed.send().await.unwrap(), "invalid_dpop_proof").await;
    assert!(description.contains("used before"), "{description}");
}

// Conformance: B120 DPOP-RS-04
#[tokio::test]
async fn nonces_of_the_authorization_server_and_of_its_resources_are_apart() {
    let bank = beside_another().await;
    let key = ProofKey::es256();
    let code = crate::app::WEB_APP.code(&bank, "openid").await;
    let proof = key.proof("POST", &bank.url("/token"), bank.clock.now());
    let response = proof.send(crate::app::WEB_APP.redeeming(&bank, &code)).await;
    let of_server = nonce_of(&response).unwrap();
    let tokens = granted(response).await;
    let token = text(&tokens, "access_token");
    let ask = async |nonce: Option<&str>| {
        let proof = key
            .proof("GET", &bank.url("/userinfo"), bank.clock.now())
            .with_token(token);
        let proof = nonce.map_or(proof.clone(), |nonce| proof.nonce(nonce));
        let request = bank.http.get(bank.url("/userinfo"));
        let request = request.header("authorization", format!("DPoP {token}"));
        request.header("dpop", proof.sign()).send().await.unwrap()
    };
    for wrong in [None, Some(&*of_server)] {
        let response = ask(wrong).await;
        assert_eq!(response.status(), 401);
        let challenge = header(&response, "www-authenticate");
        assert!(
            challenge.starts_with("DPoP ") && challenge.contains("error=\"use_dpop_nonce\""),
            "{challenge}"
        );
        let of_resource = nonce_of(&response).unwrap();
        let response = ask(Some(&of_resource)).await;
        assert_eq!(header(&response, "cache-control"), "no-store");
        assert!(nonce_of(&response).is_some());
        granted(response).await;
        let proof = key
            .proof("POST", &bank.url("/token"), bank.clock.now())
            .nonce(&of_resource);
        let request = ROBOT.posting(&bank, "/token", &AS_ITSELF).header("dpop", proof.sign());
        refused(request.send().await.unwrap(), "use_dpop_nonce").await;
    }
}

#[tokio::test]
async fn who_is_alone_again_takes_proofs_without_a_nonce_once_those_of_the_other_are_too_old() {
    let bank = beside_another().await;
    let key = ProofKey::es256();
    let ask = async || {
        let proof = key.proof("POST", &bank.url("/token"), bank.clock.now());
        let request = ROBOT.posting(&bank, "/token", &AS_ITSELF).header("dpop", proof.sign());
        request.send().await.unwrap()
    };
    bank.clock.advance(3600 + 120);
    refused(ask().await, "use_dpop_nonce").await;
    bank.clock.advance(11);
    let response = ask().await;
    assert_eq!(nonce_of(&response), None);
    granted(response).await;
    // It keeps the lease while proofs come, so that the other does not get it.
    bank.clock.advance(40);
    granted(ask().await).await;
    let now = bank.clock.now();
    let take = proof_lease::take(&bank.issuer, "another node", now + 60, now + 120, 120);
    let outcome = bank.running.realms.store.commit(take).await.unwrap();
    assert_eq!(outcome, storage::Outcome::Missed);
}

// Conformance: B120 DPOP-13 F2-AS-09
#[tokio::test]
async fn a_realm_can_demand_a_nonce_in_every_proof() {
    let demanding = |issuer: &str| {
        let realm = testkit::realm::bank(issuer);
        realm.replace("display_name", "dpop_nonces = true\ndisplay_name")
    };
    let bank = Bank::with_realm(demanding).await;
    let key = ProofKey::es256();
    let proof = key.proof("POST", &bank.url("/token"), bank.clock.now());
    let request = || ROBOT.posting(&bank, "/token", &AS_ITSELF);
    let alone = request().header("dpop", proof.sign()).send().await.unwrap();
    refused(alone, "use_dpop_nonce").await;
    let response = proof.send(request()).await;
    assert!(nonce_of(&response).is_some());
    granted(response).await;
    assert_eq!(
        granted(request().send().await.unwrap()).await["token_type"],
        "Bearer",
        "none is brought"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_orderly_stop_nonces_are_asked_for_if_a_proof_was_taken_a_moment_ago() {
    let mut server = Serve::start(PROGRAM, Engine::Sqlite);
    let key = ProofKey::es256();
    let ask = async |server: &Serve, secret: &str| {
        let proof = key.proof("POST", &server.at("/token"), Clock::system().now());
        let request = server.http().post(server.at("/token")).form(&AS_ITSELF);
        let request = request.basic_auth("robot", Some(secret)).header("dpop", proof.sign());
        request.send().await.unwrap()
    };
    // A stranger makes the server take the lease, but no proof.
    refused(ask(&server, "wrong").await, "invalid_client").await;
    tokio::task::block_in_place(|| {
        assert!(server.terminate().success());
        server.restart();
    });
    granted(ask(&server, "robot-secret").await).await;
    tokio::task::block_in_place(|| {
        assert!(server.terminate().success());
        server.restart();
    });
    refused(ask(&server, "robot-secret").await, "use_dpop_nonce").await;
}

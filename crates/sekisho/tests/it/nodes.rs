//! Two servers over one PostgreSQL serve one realm.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::future::join_all;
use jose::SigningAlg;
use model::Clock;
use reqwest::Client;
use testkit::{Browser, Engine, Serve, pkce, postgres, realm};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

use crate::{
    app::{BANK_API, CLI, ROBOT, Server, WEB_APP, bank_and, granted, refused, text},
    dpop::{ProofKey, nonce_of},
    https::PROGRAM,
    signer::{Signer, assertion, post},
};

/// Two nodes of one realm.
pub async fn two_nodes() -> (Serve, Serve) {
    let engine = tokio::task::spawn_blocking(|| Engine::Postgres(postgres::shared().create_database()));
    nodes_of(engine.await.unwrap(), realm::bank).await
}

/// Two nodes of this realm.
pub async fn nodes_of(engine: Engine, realm: impl FnOnce(&str) -> String + Send + 'static) -> (Serve, Serve) {
    let start = || {
        let one = Serve::with_realm(PROGRAM, engine, realm);
        let two = one.second_node();
        (one, two)
    };
    tokio::task::spawn_blocking(start).await.unwrap()
}

#[tokio::test]
async fn a_code_that_one_issued_is_redeemed_once_at_either() {
    let (one, two) = two_nodes().await;
    for _ in 0..5 {
        let code = WEB_APP.code(&one, "accounts:read").await;
        let answers = join_all([&one, &two, &one, &two].map(|node| WEB_APP.redeem(node, &code))).await;
        let winners = answers.iter().filter(|answer| answer.status() == 200).count();
        assert_eq!(winners, 1);
    }
}

#[tokio::test]
async fn a_code_that_one_issued_is_redeemed_at_the_other() {
    let (one, two) = two_nodes().await;
    let code = WEB_APP.code(&one, "accounts:read").await;
    let tokens = granted(WEB_APP.redeem(&two, &code).await).await;
    assert!(BANK_API.sees(&one, text(&tokens, "access_token")).await);
    let next = granted(WEB_APP.refresh(&one, text(&tokens, "refresh_token")).await).await;
    assert!(BANK_API.sees(&two, text(&next, "access_token")).await);
    refused(WEB_APP.redeem(&one, &code).await, "invalid_grant").await;
    assert!(!BANK_API.sees(&two, text(&next, "access_token")).await);
}

#[tokio::test]
async fn a_revocation_at_one_holds_at_the_other_at_once() {
    let (one, two) = two_nodes().await;
    for (here, there) in [(&one, &two), (&two, &one)] {
        for token in ["access_token", "refresh_token"] {
            let tokens = WEB_APP.tokens(here, "accounts:read").await;
            assert!(BANK_API.sees(there, text(&tokens, "access_token")).await);
            let response = WEB_APP.post(here, "/revoke", &[("token", text(&tokens, token))]).await;
            assert_eq!(response.status(), 200);
            assert!(!BANK_API.sees(there, text(&tokens, "access_token")).await);
        }
    }
}

#[tokio::test]
async fn refreshes_at_both_at_once_get_one_and_the_same_next_token() {
    let (one, two) = two_nodes().await;
    let mut token = text(&CLI.tokens(&one, "accounts:read").await, "refresh_token").to_owned();
    for _ in 0..5 {
        let answers = join_all([&one, &two, &one, &two].map(|node| CLI.refresh(node, &token))).await;
        let mut next = Vec::new();
        for answer in answers {
            next.push(text(&granted(answer).await, "refresh_token").to_owned());
        }
        next.dedup();
        assert_eq!(next.len(), 1);
        token = next.remove(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_uses_of_an_assertion_at_both_at_once_one_succeeds() {
    let signer = Signer::new(SigningAlg::Es256);
    let client = format!(
        "[[client]]\nclient_id = \"signing-robot\"\ntoken_endpoint_auth_method = \"private_key_jwt\"\njwks = {}\n\
         grant_types = [\"client_credentials\"]\nresponse_types = []\nscope = \"accounts:read\"\n",
        signer.jwks()
    );
    let start = move || {
        let engine = Engine::Postgres(postgres::shared().create_database());
        let one = Serve::with_realm(PROGRAM, engine, bank_and(&client));
        let two = one.second_node();
        (one, two)
    };
    let (mut one, two) = tokio::task::spawn_blocking(start).await.unwrap();
    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    let mut token = String::new();
    for _ in 0..5 {
        token = signer.sign(&assertion(&one, "signing-robot", Clock::system().now()));
        let answers = [&one, &two, &one, &two].map(|node| post(node, "/token", &token, &form));
        let answers = join_all(answers).await;
        let winners = answers.iter().filter(|answer| answer.status() == 200).count();
        assert_eq!(winners, 1);
    }
    tokio::task::block_in_place(|| one.restart());
    refused(post(&one, "/token", &token, &form).await, "invalid_client").await;
}

/// Listens on the nodes' port of a third address, sends each connection to the node whose turn it is, and counts.
async fn balancer(port: u16) -> (SocketAddr, Arc<AtomicUsize>) {
    let [one, two, address] = [1, 2, 3].map(|last| SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), port)));
    let listener = TcpListener::bind(address).await.unwrap();
    let turn = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&turn);
    tokio::spawn(async move {
        while let Ok((mut browser, _)) = listener.accept().await {
            let node = [one, two][turn.fetch_add(1, Ordering::Relaxed) % 2];
            tokio::spawn(async move {
                let mut server = TcpStream::connect(node).await.unwrap();
                let _ = copy_bidirectional(&mut browser, &mut server).await;
            });
        }
    });
    (address, counter)
}

#[tokio::test]
async fn a_sign_in_may_go_from_one_to_the_other_with_every_request() {
    let (one, two) = two_nodes().await;
    let (address, turns) = balancer(one.issuer().rsplit(':').next().unwrap().parse().unwrap()).await;
    let http = Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .resolve("localhost", address)
        .pool_max_idle_per_host(0)
        .build()
        .unwrap();
    let browser = Browser::with_client(one.issuer(), http);
    let code = WEB_APP.code_in(&one, &browser, "accounts:read", &[]).await;
    granted(WEB_APP.redeem(&two, &code).await).await;
    assert_eq!(turns.load(Ordering::Relaxed), 5, "each request went to the next node");
    // Whichever node is asked next: the session is known.
    for _ in 0..2 {
        WEB_APP
            .code_in(&one, &browser, "accounts:read", &[("prompt", "none")])
            .await;
    }
}

#[tokio::test]
async fn a_session_that_ended_at_one_has_ended_at_the_other_at_once() {
    let (one, two) = two_nodes().await;
    let (left, right) = (one.browser(), two.browser());
    let code = WEB_APP.code_in(&one, &left, "openid accounts:read", &[]).await;
    let tokens = granted(WEB_APP.redeem(&one, &code).await).await;
    let sign_in = right.open("/account").await.page();
    let account = right.sign_in(&sign_in, "alice", &realm::password("alice")).await.page();
    // Both sessions are shown; the one that is not this browser's is ended.
    let ends: Vec<String> = account
        .ids()
        .into_iter()
        .filter(|id| id.starts_with("end-session-"))
        .collect();
    let sid = crate::app::claims(&one, text(&tokens, "id_token")).await["sid"]
        .as_str()
        .unwrap()
        .to_owned();
    let end = ends
        .iter()
        .find(|id| id.ends_with(&sid))
        .unwrap_or_else(|| panic!("{sid} is not among {ends:?}"));
    right.press(&account, end).await.page();

    assert!(!BANK_API.sees(&one, text(&tokens, "access_token")).await);
    let url = url::Url::parse_with_params(&one.at("/authorize"), WEB_APP.request("openid", &pkce())).unwrap();
    assert!(left.open(url.as_str()).await.page().has("sign-in"));
}

// Conformance: B120 DPOP-07
#[tokio::test]
async fn a_proof_is_used_at_one_of_them_alone() {
    let (one, two) = two_nodes().await;
    let key = ProofKey::es256();
    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    let proof = || key.proof("POST", &one.at("/token"), Clock::system().now());
    let send = async |node: &Serve, proof: &str| {
        let request = ROBOT.posting(node, "/token", &form).header("dpop", proof);
        request.send().await.unwrap()
    };
    // The first that is asked takes proofs without a nonce; the other gives out nonces.
    let first = proof().sign();
    granted(send(&one, &first).await).await;
    refused(send(&one, &first).await, "invalid_dpop_proof").await;
    let response = send(&two, &first).await;
    let nonce = nonce_of(&response).unwrap();
    refused(response, "use_dpop_nonce").await;
    let second = proof().nonce(&nonce).sign();
    granted(send(&two, &second).await).await;
    refused(send(&two, &second).await, "invalid_dpop_proof").await;
    refused(send(&one, &second).await, "use_dpop_nonce").await;
    // A client that does what it is told gets through everywhere.
    for node in [&one, &two, &one, &two] {
        granted(proof().send(ROBOT.posting(node, "/token", &form)).await).await;
    }
}

// Conformance: B120 DPOP-07
#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_one_took_is_not_taken_by_the_same_after_it_was_killed() {
    let (mut one, two) = two_nodes().await;
    let key = ProofKey::es256();
    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    let proof = key.proof("POST", &one.at("/token"), Clock::system().now()).sign();
    let send = async |node: &Serve| {
        let request = ROBOT.posting(node, "/token", &form).header("dpop", &proof);
        request.send().await.unwrap()
    };
    granted(send(&one).await).await;
    tokio::task::block_in_place(|| one.restart());
    refused(send(&one).await, "use_dpop_nonce").await;
    refused(send(&two).await, "use_dpop_nonce").await;
}

#[tokio::test]
async fn wrong_secrets_at_one_are_counted_at_the_other() {
    let (one, two) = two_nodes().await;
    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    let guess = async |node: &Serve, secret: &str| {
        let request = node.http().post(node.at("/token")).basic_auth("robot", Some(secret));
        request.form(&form).send().await.unwrap().status().as_u16()
    };
    for n in 0..10 {
        assert_eq!(guess([&one, &two][n % 2], &format!("wrong-{n}")).await, 401);
    }
    for node in [&one, &two] {
        assert_eq!(
            guess(node, "robot-secret").await,
            429,
            "each saw five, and knows of ten"
        );
        assert_eq!(guess(node, "wrong").await, 429);
    }
}

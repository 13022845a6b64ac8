//! Several realms on one server: by host and by path.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use model::Clock;
use reqwest::{Client, StatusCode};
use sekisho::{
    config::{self, Listener, Role, ServerConfig},
    wiring::Running,
};
use storage::Options;
use testkit::{Browser, pkce, process, realm};

use crate::{
    app::{BANK_API, ROBOT, Server, WEB_APP, granted, header, key_set, refused, text},
    bank::NOON,
};

/// One of the realms of a server.
struct Realm {
    issuer: String,
    http: Client,
}

impl Server for Realm {
    fn issuer(&self) -> &str {
        &self.issuer
    }

    fn http(&self) -> Client {
        self.http.clone()
    }
}

/// A running server. Its directory is removed after it ended.
struct Launched {
    running: Running,
    _data: Directory,
}

struct Directory(PathBuf);

impl Drop for Directory {
    fn drop(&mut self) {
        // What the server had begun to write may still appear.
        process::wait_for(Duration::from_secs(5), || std::fs::remove_dir_all(&self.0).ok());
    }
}

/// One server with these realms, with all their keys.
async fn start<const N: usize>(
    files: [fn(&str) -> String; N],
    issuers: impl FnOnce(u16) -> [String; N],
) -> (Launched, [Realm; N]) {
    let (launched, realms) = launch(files, issuers).await;
    launched.running.realms.maintain_keys().await.unwrap();
    (launched, realms)
}

/// One server that has just begun to serve these realms.
async fn launch<const N: usize>(
    files: [fn(&str) -> String; N],
    issuers: impl FnOnce(u16) -> [String; N],
) -> (Launched, [Realm; N]) {
    let data = process::temporary_directory("realms");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, process::free_port()));
    let issuers = issuers(address.port());
    let texts = files.iter().zip(&issuers).map(|(file, issuer)| file(issuer));
    let config = ServerConfig {
        database: Options::Sqlite {
            path: data.join("sekisho.db"),
        },
        data: data.clone(),
        realms: texts
            .map(|text| config::from_text("realm.toml".as_ref(), &text).unwrap())
            .collect(),
        names_realms: true,
        listeners: vec![Listener {
            bind: address,
            tls: None,
            role: Role::Server,
        }],
        ..ServerConfig::without_file()
    };
    let running = Running::start(config, Clock::frozen(NOON), None).await.unwrap();
    (
        Launched {
            running,
            _data: Directory(data),
        },
        issuers.map(|issuer| Realm {
            issuer,
            http: testkit::browser::client(None),
        }),
    )
}

struct Three {
    _launched: Launched,
    root: Realm,
    path: Realm,
    host: Realm,
}

/// Three realms that have the same clients and users: at a host's root, below it, at another host.
async fn three() -> Three {
    let issuers = |port| {
        [
            format!("http://localhost:{port}"),
            format!("http://localhost:{port}/business"),
            format!("http://127.0.0.1:{port}"),
        ]
    };
    let (launched, [root, path, host]) = start([realm::bank; 3], issuers).await;
    Three {
        _launched: launched,
        root,
        path,
        host,
    }
}

#[tokio::test]
async fn a_new_realm_answers_before_its_slow_keys_are_made() {
    let (launched, [realm]) = launch([realm::bank], |port| [format!("http://localhost:{port}")]).await;
    assert!(!launched.running.realms.has_keys());
    let algs: Vec<_> = key_set(&realm)
        .await
        .keys
        .into_iter()
        .map(|key| key.alg.unwrap())
        .collect();
    assert!(
        algs.contains(&"ES256".to_owned()) && algs.contains(&"EdDSA".to_owned()),
        "{algs:?}"
    );
    launched.running.realms.maintain_keys().await.unwrap();
    assert!(launched.running.realms.has_keys());
    // Four that sign, three to encrypt to.
    assert_eq!(key_set(&realm).await.keys.len(), 7);
}

// Conformance: META-01
#[tokio::test]
async fn each_realm_has_its_own_metadata_and_keys() {
    let three = three().await;
    let mut keys = Vec::new();
    for realm in [&three.root, &three.path, &three.host] {
        let url = realm.at("/.well-known/openid-configuration");
        let metadata = granted(realm.http.get(url).send().await.unwrap()).await;
        assert_eq!(
            (&metadata["issuer"], &metadata["jwks_uri"]),
            (&realm.issuer.clone().into(), &realm.at("/jwks").into())
        );
        keys.extend(key_set(realm).await.keys.into_iter().map(|key| key.kid));
    }
    let count = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), count, "no key in two realms");
}

#[tokio::test]
async fn each_realm_issues_tokens_that_are_worth_nothing_elsewhere() {
    let three = three().await;
    for (here, others) in [
        (&three.root, [&three.path, &three.host]),
        (&three.path, [&three.root, &three.host]),
        (&three.host, [&three.root, &three.path]),
    ] {
        let opaque = WEB_APP.tokens(here, "openid accounts:read offline_access").await;
        let jwt = WEB_APP.tokens(here, "reports:read").await;
        assert!(BANK_API.sees(here, text(&opaque, "access_token")).await);
        for other in others {
            for tokens in [&opaque, &jwt] {
                assert!(!WEB_APP.sees(other, text(tokens, "access_token")).await);
                assert!(!BANK_API.sees(other, text(tokens, "access_token")).await);
                refused(
                    WEB_APP.refresh(other, text(tokens, "refresh_token")).await,
                    "invalid_grant",
                )
                .await;
                let revoke = WEB_APP
                    .post(other, "/revoke", &[("token", text(tokens, "refresh_token"))])
                    .await;
                assert_eq!(revoke.status(), 200);
            }
            let userinfo = other
                .http
                .get(other.at("/userinfo"))
                .bearer_auth(text(&opaque, "access_token"));
            assert_eq!(userinfo.send().await.unwrap().status(), 401);
        }
        granted(WEB_APP.refresh(here, text(&opaque, "refresh_token")).await).await;
    }
}

#[tokio::test]
async fn a_code_is_redeemed_in_its_realm_alone() {
    let three = three().await;
    let code = WEB_APP.code(&three.root, "accounts:read").await;
    for other in [&three.path, &three.host] {
        refused(WEB_APP.redeem(other, &code).await, "invalid_grant").await;
    }
    granted(WEB_APP.redeem(&three.root, &code).await).await;
}

#[tokio::test]
async fn who_is_signed_in_in_one_realm_is_a_stranger_in_the_next() {
    let three = three().await;
    let browser = Browser::with_client(three.root.issuer(), three.root.http());
    let url = |realm: &Realm| {
        url::Url::parse_with_params(&realm.at("/authorize"), WEB_APP.request("accounts:read", &pkce())).unwrap()
    };
    browser
        .authorize(url(&three.root).as_str(), "alice", &realm::password("alice"))
        .await
        .code();
    let page = browser.open(url(&three.path).as_str()).await.page();
    assert!(page.has("sign-in"), "{}", page.text());
    browser
        .authorize(url(&three.path).as_str(), "bob", &realm::password("bob"))
        .await
        .code();
    // Neither cookie has taken the other's place.
    browser.open(url(&three.root).as_str()).await.callback().code();
    browser.open(url(&three.path).as_str()).await.callback().code();
}

#[tokio::test]
async fn a_client_of_one_realm_is_unknown_in_the_next() {
    let empty = |issuer: &str| format!("issuer = \"{issuer}\"\ndisplay_name = \"Empty\"");
    let two = start([realm::bank, empty], |port| {
        [format!("http://localhost:{port}"), format!("http://localhost:{port}/e")]
    });
    let (_launched, [bank, empty]) = two.await;
    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    granted(ROBOT.post(&bank, "/token", &form).await).await;
    refused(ROBOT.post(&empty, "/token", &form).await, "invalid_client").await;
}

#[tokio::test]
async fn a_path_belongs_to_the_longest_issuer_that_it_begins_with() {
    let three = three().await;
    let status = async |path: &str| three.root.http.get(three.root.at(path)).send().await.unwrap().status();
    assert_eq!(status("/business/jwks").await, StatusCode::OK);
    assert_eq!(status("/businessx/jwks").await, StatusCode::NOT_FOUND);
    assert_eq!(status("/business/business/jwks").await, StatusCode::NOT_FOUND);
    assert_eq!(status("/Business/jwks").await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_host_that_is_no_realms_is_not_found() {
    let three = three().await;
    for host in [
        "id.example.com",
        "localhost",
        "localhost:1",
        "evil.localhost",
        "127.0.0.2",
    ] {
        let response = three
            .root
            .http
            .get(three.root.at("/jwks"))
            .header("host", host)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 404, "{host}");
        assert_eq!(header(&response, "content-type"), "text/plain; charset=utf-8");
    }
    let port = three.root.issuer.rsplit(':').next().unwrap();
    let upper = three
        .root
        .http
        .get(three.root.at("/jwks"))
        .header("host", format!("LOCALHOST:{port}"));
    assert_eq!(upper.send().await.unwrap().status(), 200);
}

// Conformance: BCP-28
#[tokio::test]
async fn a_strangers_forwarded_host_is_not_believed() {
    let three = three().await;
    let other = three.host.issuer.strip_prefix("http://").unwrap();
    for name in ["x-forwarded-host", "forwarded"] {
        let value = if name == "forwarded" {
            format!("host={other}")
        } else {
            other.to_owned()
        };
        let url = three.root.at("/.well-known/openid-configuration");
        let metadata = granted(three.root.http.get(url).header(name, value).send().await.unwrap()).await;
        assert_eq!(metadata["issuer"], three.root.issuer, "{name}");
    }
}

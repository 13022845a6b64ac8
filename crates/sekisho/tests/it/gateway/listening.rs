//! `sekisho gateway` that keeps what tokens were worth, or checks their signatures: as long as it hears of revocations.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use testkit::{Engine, Serve, postgres, process};

use super::apart::Apart;
use crate::{
    app::{App, Method, bank_and, granted, text},
    gateway::{Things, at, call, identifier, revoke, things, token},
    https::PROGRAM,
    nodes::nodes_of,
};

/// An app whose users may call the API.
const VISITOR: App = App {
    client_id: "visitor",
    redirect_uri: "https://visitor.example.com/callback",
    method: Method::ClientSecretBasic,
};

/// The same, by a session alone: it gets no refresh token.
const GUEST: App = App {
    client_id: "guest",
    ..VISITOR
};

/// Much less than answers are kept for, and than tokens live.
const SOON: Duration = Duration::from_secs(20);
const KEPT: &str = "remember = '1m'";
const SIGNED: &str = "check = 'jwks'";

/// The API, behind a gateway at this address, with tokens of this format.
fn realm(api: &Things, gateway: SocketAddr, format: &str) -> String {
    let visitor = "[[client]]\nclient_id = \"visitor\"\nclient_secret = \"visitor-secret\"\n\
                   redirect_uris = [\"https://visitor.example.com/callback\"]\n\
                   grant_types = [\"authorization_code\", \"refresh_token\"]\nscope = \"openid offline_access things:read\"\n";
    let guest = visitor
        .replace("visitor\"", "guest\"")
        .replace("visitor-secret", "guest-secret")
        .replace(", \"refresh_token\"", "");
    let more = format!("token_format = \"{format}\"\n{visitor}{guest}");
    things(&identifier(gateway), &at(api), &more)
}

struct World {
    server: Serve,
    gateway: Apart,
    _api: Things,
}

impl World {
    async fn start(format: &str, keys: &'static str) -> Self {
        let api = Things::start().await;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, process::free_port()));
        let realm = realm(&api, address, format);
        let start = move || {
            let server = Serve::with_realm(PROGRAM, Engine::Sqlite, bank_and(&realm));
            let gateway = Apart::with(&server, address, keys);
            (server, gateway)
        };
        let (server, gateway) = tokio::task::spawn_blocking(start).await.unwrap();
        let world = Self {
            server,
            gateway,
            _api: api,
        };
        world.hears().await;
        world
    }

    async fn hears(&self) {
        let heard = async { while self.counted("sekisho_gateway_revocations_heard").await != 1 {} };
        tokio::time::timeout(Duration::from_secs(30), heard)
            .await
            .expect("revocations are heard");
        assert_eq!(self.gateway.says("/health/ready").await, "ready\n");
    }

    /// What the gateway has counted under this name.
    async fn counted(&self, name: &str) -> u64 {
        let metrics = self.gateway.says("/metrics").await;
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0, |value| value.parse().unwrap())
    }

    async fn checked(&self, how: &str) -> u64 {
        self.counted(&format!("sekisho_gateway_tokens_total{{checked=\"{how}\"}}"))
            .await
    }

    async fn status(&self, token: &str) -> u16 {
        call(self.gateway.address, "GET", "/things/1", token)
            .await
            .status()
            .as_u16()
    }

    async fn becomes(&self, token: &str, status: u16) {
        let becomes = async { while self.status(token).await != status {} };
        tokio::time::timeout(SOON, becomes)
            .await
            .unwrap_or_else(|_| panic!("it does not become {status}"));
    }

    /// A token that the gateway takes without a question.
    async fn taken(&self, token: String, how: &str) -> String {
        assert_eq!(self.status(&token).await, 200);
        let before = self.checked(how).await;
        assert_eq!(self.status(&token).await, 200);
        assert_eq!(self.checked(how).await, before + 1, "no question is asked");
        token
    }

    fn command(&self, arguments: &[&str]) {
        let output = self.server.command(arguments);
        assert!(output.status.success(), "{output:?}");
    }
}

async fn access_token(server: &Serve) -> String {
    text(&VISITOR.tokens(server, "things:read").await, "access_token").to_owned()
}

/// Whatever ends tokens is heard, long before they or what is kept of them would end.
async fn everything_that_ends_tokens_is_heard(world: &World, how: &str) {
    let server = &world.server;
    let revoked = world.taken(token(server, "things:read").await, how).await;
    let other = world.taken(token(server, "things:read").await, how).await;
    revoke(server, &revoked).await;
    world.becomes(&revoked, 401).await;

    let browser = server.browser();
    let code = GUEST.code_in(server, &browser, "things:read", &[]).await;
    let tokens = granted(GUEST.redeem(server, &code).await).await;
    let signed_in = world.taken(text(&tokens, "access_token").to_owned(), how).await;
    let page = browser.open("/account").await.page();
    browser.press(&page, "sign-out").await;
    world.becomes(&signed_in, 401).await;

    let tokens = VISITOR.tokens(server, "offline_access things:read").await;
    let offline = world.taken(text(&tokens, "access_token").to_owned(), how).await;
    let form = [("token", text(&tokens, "refresh_token"))];
    assert_eq!(VISITOR.post(server, "/revoke", &form).await.status(), 200);
    world.becomes(&offline, 401).await;

    let of_alice = world.taken(access_token(server).await, how).await;
    world.command(&["user", "disable", "alice"]);
    world.becomes(&of_alice, 401).await;

    world.taken(other, how).await;
    let of_caller = world.taken(token(server, "things:read").await, how).await;
    world.command(&["client", "disable", "caller"]);
    world.becomes(&of_caller, 401).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_kept_counts_until_it_is_heard_that_it_would_be_another() {
    let world = World::start("opaque", KEPT).await;
    everything_that_ends_tokens_is_heard(&world, "remembered").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jwt_is_checked_by_its_signature_until_it_is_heard_that_it_was_revoked() {
    let world = World::start("jwt", SIGNED).await;
    everything_that_ends_tokens_is_heard(&world, "verified").await;
    assert_eq!(world.checked("remembered").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jwt_that_is_none_of_the_servers_is_refused_and_keys_may_rotate() {
    let world = World::start("jwt", SIGNED).await;
    let good = world.taken(token(&world.server, "things:read").await, "verified").await;
    let (rest, signature) = good.rsplit_once('.').unwrap();
    let swapped: String = signature.chars().rev().collect();
    for bad in [
        format!("{rest}.{swapped}"),
        format!("{rest}."),
        "e30.e30.e30".to_owned(),
    ] {
        assert_eq!(world.status(&bad).await, 401, "{bad}");
    }
    // Meant for another API, with the same issuer and key.
    let elsewhere = crate::app::WEB_APP.tokens(&world.server, "reports:read").await;
    assert_eq!(world.status(text(&elsewhere, "access_token")).await, 401);
    assert_eq!(
        call(world.gateway.address, "POST", "/things", &good).await.status(),
        403
    );

    world.command(&["key", "rotate", "--alg", "ES256", "--now"]);
    let signed_anew = async || {
        let kid = |token: &str| jose::UnverifiedJwt::parse(token).unwrap().header().kid.clone();
        loop {
            let new = token(&world.server, "things:read").await;
            if kid(&new) != kid(&good) {
                return new;
            }
        }
    };
    let new = tokio::time::timeout(SOON, signed_anew()).await.unwrap();
    world.becomes(&new, 200).await;
    world.hears().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_stream_nothing_that_is_kept_counts_and_it_is_found_again() {
    for (format, keys, how) in [("opaque", KEPT, "remembered"), ("jwt", SIGNED, "verified")] {
        let mut world = World::start(format, keys).await;
        let good = world.taken(token(&world.server, "things:read").await, how).await;
        tokio::task::block_in_place(|| world.server.kill9());
        world.becomes(&good, 503).await;
        assert_eq!(world.status(&good).await, 503);
        let said = world.gateway.says("/health/ready").await;
        assert!(said.contains("revocations are not heard"), "{said}");

        tokio::task::block_in_place(|| world.server.restart());
        world.becomes(&good, 200).await;
        world.hears().await;
        let (asked, counted) = (world.checked("asked").await, world.checked(how).await);
        assert_eq!(world.status(&good).await, 200);
        assert_eq!(world.checked("asked").await, asked + 1, "it is from before the stream");
        assert_eq!(world.checked(how).await, counted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_node_revokes_is_heard_too() {
    let api = Things::start().await;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, process::free_port()));
    let realm = realm(&api, address, "opaque");
    let engine = tokio::task::block_in_place(|| Engine::Postgres(postgres::shared().create_database()));
    let (server, other) = nodes_of(engine, move |issuer| bank_and(&realm)(issuer)).await;
    let gateway = tokio::task::block_in_place(|| Apart::with(&server, address, KEPT));
    let world = World {
        server,
        gateway,
        _api: api,
    };
    world.hears().await;
    let revoked = world.taken(token(&other, "things:read").await, "remembered").await;
    revoke(&other, &revoked).await;
    world.becomes(&revoked, 401).await;
    let of_alice = world.taken(access_token(&other).await, "remembered").await;
    let output = other.command(&["user", "disable", "alice"]);
    assert!(output.status.success(), "{output:?}");
    world.becomes(&of_alice, 401).await;
}

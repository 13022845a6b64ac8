//! `sekisho audit` beside a server and without one.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::Value;
use testkit::{Engine, Serve};

use crate::{
    app::{ROBOT, WEB_APP, granted},
    https::PROGRAM,
};

fn start() -> Serve {
    Serve::start(PROGRAM, Engine::Sqlite)
}

/// The events that a command tells as JSON, one on a line.
fn told(server: &Serve, arguments: &[&str]) -> Vec<Value> {
    let output = server.command(&[&["audit", "--json"], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn events_are_found_beside_a_server_and_without_it() {
    let mut server = start();
    WEB_APP.tokens(&server, "openid accounts:read").await;
    let kinds = |events: &[Value]| -> Vec<String> {
        events
            .iter()
            .map(|event| event["kind"].as_str().unwrap().to_owned())
            .collect()
    };
    let expected = ["sign_in.succeeded", "consent.given", "token.issued"];
    assert_eq!(
        kinds(&told(&server, &["--user", "alice", "--client", "web-app"])),
        expected
    );
    assert_eq!(
        kinds(&told(&server, &["--client", "web-app", "--limit", "1"])),
        ["token.issued"]
    );
    assert_eq!(
        kinds(&told(&server, &["--since", "1h", "--kind", "sign_in.*"])),
        ["sign_in.succeeded"]
    );
    assert_eq!(kinds(&told(&server, &["--since", "2200-01-01"])), [""; 0]);
    assert_eq!(kinds(&told(&server, &["--until", "2020-01-01T00:00:00Z"])), [""; 0]);
    assert_eq!(kinds(&told(&server, &["--result", "refused"])), [""; 0]);
    let table = String::from_utf8(server.command(&["audit", "--kind", "consent.given"]).stdout).unwrap();
    assert!(table.starts_with("TIME ") && table.lines().count() == 2, "{table}");
    for part in [
        "consent.given",
        "alice",
        "web-app",
        "127.0.0.1",
        "scope=accounts:read openid",
    ] {
        assert!(table.contains(part), "{part} is not in:\n{table}");
    }
    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    granted(ROBOT.post(&server, "/token", &form).await).await;
    server.terminate();
    assert_eq!(
        kinds(&told(&server, &["--user", "alice", "--client", "web-app"])),
        expected
    );
    assert_eq!(
        kinds(&told(&server, &["--client", "robot", "--kind", "token.*"])),
        ["token.issued"],
        "the server wrote what it had counted"
    );
}

#[test]
fn wrong_input_is_told_with_what_to_write() {
    let server = start();
    for (arguments, expected) in [
        (&["--since", "yesterday"][..], "30m, 12h or 7d"),
        (&["--kind", "sign_in"], "sign_in.succeeded"),
        (&["--kind", "nonsense"], "consent.*"),
        (&["--result", "good"], "succeeded, refused, failed"),
        (&["--kind", "token.issued", "--result", "refused"], "leave out --result"),
        (&["--user", "nobody"], "sekisho user list"),
        (&["--limit", "0"], "1..=1000"),
        (&["--realm", "https://nowhere.example"], server.issuer()),
    ] {
        let output = server.command(&[&["audit"], arguments].concat());
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && error.contains(expected),
            "{arguments:?}: {error}"
        );
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

/// A command that follows, and what it tells.
struct Follower {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Follower {
    fn start(server: &Serve, arguments: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["audit", "--json", "--follow", "--config"])
            .arg(server.config())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn next(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_is_told_each_event_once_also_after_a_restart() {
    let mut server = start();
    WEB_APP.tokens(&server, "openid accounts:read").await;
    let mut follower = Follower::start(&server, &["--since", "1h", "--user", "alice"]);
    let kinds = |follower: &mut Follower, n: usize| -> Vec<String> {
        (0..n)
            .map(|_| follower.next()["kind"].as_str().unwrap().to_owned())
            .collect()
    };
    let expected = ["sign_in.succeeded", "consent.given", "token.issued"];
    assert_eq!(
        tokio::task::block_in_place(|| kinds(&mut follower, 4)[1..].to_vec()),
        expected
    );
    WEB_APP.tokens(&server, "openid accounts:read").await;
    let expected = ["sign_in.succeeded", "consent.remembered", "token.issued"];
    assert_eq!(tokio::task::block_in_place(|| kinds(&mut follower, 3)), expected);
    server.terminate();
    server.restart();
    WEB_APP.tokens(&server, "openid accounts:read").await;
    assert_eq!(tokio::task::block_in_place(|| kinds(&mut follower, 3)), expected);
}

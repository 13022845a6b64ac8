//! `sekisho serve` as a process: start, stop, health, TLS, slow clients.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Command, Output, Stdio},
    time::Duration,
};

use reqwest::{StatusCode, Version, tls};
use serde_json::Value;
use testkit::{Engine, Serve, free_port, process};

use crate::{
    app::{ROBOT, Server, granted, header, key_set, refused},
    https::{Https, PROGRAM},
};

/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(30);

fn start() -> Serve {
    Serve::start(PROGRAM, Engine::Sqlite)
}

/// Where a plain server listens.
fn address(server: &Serve) -> SocketAddr {
    format!("127.0.0.1:{}", server.issuer().rsplit(':').next().unwrap())
        .parse()
        .unwrap()
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Everything that still comes. Stops the test when nobody closes the connection.
fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("the connection stays open"),
        _ => bytes,
    }
}

#[tokio::test]
async fn a_server_is_ready_when_all_its_keys_are_made_and_says_whom_it_serves() {
    let server = start();
    // Four that sign, three to encrypt to.
    assert_eq!(key_set(&server).await.keys.len(), 7);
    let log = server.log();
    for told in ["listening", &address(&server).to_string(), server.issuer()] {
        assert!(log.contains(told), "{told} is not in:\n{log}");
    }
}

#[tokio::test]
async fn a_refusal_is_found_in_the_log_by_its_id() {
    let server = start();
    let answer = ROBOT.post(&server, "/token", &[("grant_type", "magic")]).await;
    let id = header(&answer, "sekisho-explain").to_owned();
    refused(answer, "unsupported_grant_type").await;
    let log = server.log();
    let line = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|line| line["span"]["id"] == *id)
        .unwrap_or_else(|| panic!("{id} is not in:\n{log}"));
    assert_eq!(line["fields"]["error"], "unsupported_grant_type", "{line}");
}

// Conformance: F1B-RS-09
#[tokio::test]
async fn an_interaction_id_of_a_client_is_found_in_the_log() {
    let server = start();
    let request = server.http().get(server.at("/userinfo"));
    let id = "c770aef3-6784-41f7-8e0e-ff5f97bddb3a";
    let answer = request.header("x-fapi-interaction-id", id).send().await.unwrap();
    assert_eq!(header(&answer, "x-fapi-interaction-id"), id);
    let log = server.log();
    let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    assert!(
        lines.any(|line| line["fields"]["interaction_id"] == id),
        "{id} is not in:\n{log}"
    );
}

#[tokio::test]
async fn what_is_stored_is_there_after_a_restart() {
    let mut server = start();
    let before = key_set(&server).await;
    assert!(server.terminate().success());
    server.restart();
    let after = key_set(&server).await;
    assert!(
        before
            .keys
            .iter()
            .all(|key| after.contains(key.kid.as_deref().unwrap()))
    );
}

#[tokio::test]
async fn an_idle_server_ends_well_when_it_is_asked_to() {
    let mut server = start();
    // A connection that is kept alive holds nobody up.
    let http = server.http();
    assert_eq!(http.get(server.url("/jwks")).send().await.unwrap().status(), 200);
    let _silent = connect(address(&server));
    assert_eq!(server.terminate().code(), Some(0));
}

#[test]
fn a_request_in_progress_finishes_before_the_server_ends() {
    let mut server = start();
    let address = address(&server);
    let body = "grant_type=client_credentials&client_id=nobody&client_secret=x";
    let mut stream = connect(address);
    let head = format!(
        "POST /token HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        address.port(),
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(
        &go_on, b"HTTP/1.1 100 Continue\r\n\r\n",
        "the server waits for the body"
    );

    process::signal("TERM", &[server.pid()]);
    process::wait_for(PATIENCE, || TcpStream::connect(address).is_err().then_some(())).expect("no new connections");
    stream.write_all(body.as_bytes()).unwrap();
    let answer = String::from_utf8(rest(stream)).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 401 ") && answer.contains("invalid_client"),
        "{answer}"
    );
    assert_eq!(server.terminate().code(), Some(0));
}

#[tokio::test]
async fn health_and_metrics_are_on_the_operations_listener_alone() {
    let server = start();
    let http = server.http();
    granted(http.get(server.url("/jwks")).send().await.unwrap()).await;
    let get = async |url: String| {
        let response = http.get(url).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    assert_eq!(get(server.operations("/health/live")).await.0, 200);
    assert_eq!(get(server.operations("/health/ready")).await.0, 200);
    let (status, metrics) = get(server.operations("/metrics")).await;
    assert_eq!(status, 200);
    for line in [
        r#"sekisho_http_requests_total{status="2xx"}"#,
        r#"sekisho_table_rows{table="users"} 2"#,
    ] {
        assert!(metrics.contains(line), "{line} is not in:\n{metrics}");
    }
    for path in ["/health/live", "/health/ready", "/metrics"] {
        assert_eq!(get(server.url(path)).await.0, 404, "{path}");
    }
    assert_eq!(get(server.operations("/jwks")).await.0, 404);
}

// Conformance: REV-06
#[tokio::test]
async fn a_server_without_its_database_is_alive_but_not_ready() {
    let mut cluster = tokio::task::spawn_blocking(testkit::postgres::Cluster::start)
        .await
        .unwrap();
    let server = Serve::start(PROGRAM, Engine::Postgres(cluster.create_database()));
    let http = server.http();
    let status = async |url: String| http.get(url).send().await.unwrap().status();
    cluster.stop();
    assert_eq!(
        status(server.operations("/health/ready")).await,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(status(server.operations("/health/live")).await, StatusCode::OK);
    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    let response = ROBOT.post(&server, "/token", &form).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(!header(&response, "retry-after").is_empty());
    assert!(
        !response.text().await.unwrap().contains("postgres"),
        "what failed inside is not told"
    );
    cluster.restart();
    granted(ROBOT.post(&server, "/token", &form).await).await;
    assert_eq!(status(server.operations("/health/ready")).await, StatusCode::OK);
}

/// Runs `serve` with another configuration until it ends by itself.
fn serve(config: &str) -> Output {
    let directory = process::temporary_directory("config");
    let file = directory.join("sekisho.toml");
    std::fs::write(&file, config).unwrap();
    let output = Command::new(PROGRAM)
        .arg("serve")
        .arg("--config")
        .arg(&file)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    std::fs::remove_dir_all(directory).unwrap();
    output
}

#[test]
fn a_second_server_on_one_data_directory_is_refused() {
    let server = start();
    let data = server.data();
    let second = format!(
        "data = '{data}'\ndatabase = 'sqlite:{data}/sekisho.db'\n[[listener]]\nbind = '127.0.0.1:{port}'\n",
        data = data.display(),
        port = free_port()
    );
    let output = serve(&second);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("another server") && told.contains(&data.display().to_string()),
        "{told}"
    );
    assert!(TcpStream::connect(address(&server)).is_ok(), "the first goes on");
}

#[test]
fn an_address_that_is_taken_is_named() {
    let server = start();
    let taken = address(&server);
    let data = process::temporary_directory("taken");
    let output = serve(&format!(
        "data = '{}'\n[[listener]]\nbind = '{taken}'\n",
        data.display()
    ));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains(&taken.to_string()), "{told}");
    std::fs::remove_dir_all(data).unwrap();
}

#[tokio::test]
async fn clients_that_never_finish_their_header_are_cut_off_while_others_are_served() {
    let server = start();
    let address = address(&server);
    let slow = [
        &b""[..],
        b"G",
        b"PRI * HTTP/2",
        b"GET /jwks HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    ]
    .map(|start| {
        let mut stream = connect(address);
        stream.write_all(start).unwrap();
        tokio::task::spawn_blocking(move || rest(stream))
    });
    for _ in 0..20 {
        granted(server.http().get(server.url("/jwks")).send().await.unwrap()).await;
    }
    for stream in slow {
        let told = String::from_utf8(stream.await.unwrap()).unwrap();
        assert!(told.is_empty() || told.starts_with("HTTP/1.1 4"), "{told}");
    }
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up() {
    let server = start();
    let address = address(&server);
    let mut stream = connect(address);
    let head = format!(
        "POST /token HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: 100\r\n\r\ngrant_type=",
        address.port()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let slow = tokio::task::spawn_blocking(move || rest(stream));
    granted(server.http().get(server.url("/jwks")).send().await.unwrap()).await;
    let told = String::from_utf8(slow.await.unwrap()).unwrap();
    assert!(told.starts_with("HTTP/1.1 408 "), "{told}");
}

// Conformance: OP-25
#[tokio::test]
async fn https_by_a_local_authority_speaks_http_2() {
    let https = Https::start(Engine::Sqlite, "");
    let url = https.at("/.well-known/openid-configuration");
    let response = https.http().get(&url).send().await.unwrap();
    assert_eq!(response.version(), Version::HTTP_2);
    assert_eq!(granted(response).await["issuer"], https.issuer());
    let old = https
        .client()
        .http1_only()
        .build()
        .unwrap()
        .get(&url)
        .send()
        .await
        .unwrap();
    assert_eq!((old.version(), old.status()), (Version::HTTP_11, StatusCode::OK));
    let stranger = testkit::browser::client(Some(https.address)).get(&url).send().await;
    assert!(stranger.is_err(), "who does not trust the authority does not connect");
}

#[tokio::test]
async fn the_authority_is_made_once_and_its_keys_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let mut https = Https::start(Engine::Sqlite, "");
    let file = |name: &str| https.server.data().join("tls").join(name);
    let before = std::fs::read(file("ca.pem")).unwrap();
    for name in ["key.pem", "ca.key.pem"] {
        assert_eq!(
            std::fs::metadata(file(name)).unwrap().permissions().mode() & 0o777,
            0o600,
            "{name}"
        );
    }
    https.server.restart();
    assert_eq!(std::fs::read(https.server.data().join("tls/ca.pem")).unwrap(), before);
    granted(https.http().get(https.at("/jwks")).send().await.unwrap()).await;
}

// Conformance: B125 F1B-NET-01 F2-NET-02
#[tokio::test]
async fn tls_1_2_is_spoken_unless_it_is_turned_off() {
    for (more, is_spoken) in [("", true), ("min_version = '1.3'", false)] {
        let https = Https::start(Engine::Sqlite, more);
        let old = https.client().tls_version_max(tls::Version::TLS_1_2).build().unwrap();
        assert_eq!(old.get(https.at("/jwks")).send().await.is_ok(), is_spoken, "{more}");
        let new = https.client().tls_version_min(tls::Version::TLS_1_3).build().unwrap();
        assert!(new.get(https.at("/jwks")).send().await.is_ok(), "{more}");
    }
}

/// A `ClientHello` of this version that offers these cipher suites, P-256 and RSA signatures.
fn client_hello(version: u8, suites: &[u16]) -> Vec<u8> {
    let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_be_bytes();
    let suites: Vec<u8> = suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    // supported_groups: secp256r1; ec_point_formats: uncompressed; signature_algorithms: rsa_pkcs1_sha256, rsa_pss.
    let extensions =
        b"\x00\x0a\x00\x04\x00\x02\x00\x17\x00\x0b\x00\x02\x01\x00\x00\x0d\x00\x06\x00\x04\x04\x01\x08\x04";
    let mut hello = vec![3, version];
    hello.extend_from_slice(&[7; 32]);
    hello.push(0);
    hello.extend_from_slice(&length(&suites));
    hello.extend_from_slice(&suites);
    hello.extend_from_slice(&[1, 0]);
    hello.extend_from_slice(&length(extensions));
    hello.extend_from_slice(extensions);
    let mut handshake = vec![1, 0];
    handshake.extend_from_slice(&length(&hello));
    handshake.extend_from_slice(&hello);
    let mut record = vec![22, 3, 1];
    record.extend_from_slice(&length(&handshake));
    record.extend_from_slice(&handshake);
    record
}

/// The first record that the server answers with: its type, and of an alert the description.
fn answer(address: SocketAddr, hello: &[u8]) -> (u8, Option<u8>) {
    let mut stream = connect(address);
    stream.write_all(hello).unwrap();
    let mut record = [0; 7];
    stream.read_exact(&mut record).unwrap();
    (record[0], (record[0] == ALERT).then_some(record[6]))
}

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const HANDSHAKE_FAILURE: u8 = 40;
const PROTOCOL_VERSION: u8 = 70;

// Conformance: F1B-NET-03 F2-NET-05
#[tokio::test]
async fn browsers_are_told_to_stay_with_https() {
    let https = Https::start(Engine::Sqlite, "");
    for path in ["/account", "/sign-in", "/authorize", "/no/such/page"] {
        let page = https
            .client()
            .build()
            .unwrap()
            .get(https.at(path))
            .send()
            .await
            .unwrap();
        assert_eq!(
            page.headers()["strict-transport-security"],
            "max-age=63072000",
            "{path}"
        );
    }
}

// Conformance: B125 F1B-NET-01 F1A-NET-01 F1A-NET-03 F2-NET-02 F2-NET-03
#[test]
fn what_is_older_or_weaker_is_refused_with_an_alert() {
    let https = Https::start(Engine::Sqlite, "");
    let (gcm_128, gcm_256) = (0xC02F, 0xC030);
    let (chacha20, cbc, rsa, dhe) = (0xCCA8, 0xC013, 0x009C, 0x009E);
    for good in [gcm_128, gcm_256] {
        assert_eq!(
            answer(https.address, &client_hello(3, &[good])).0,
            HANDSHAKE,
            "{good:#x}"
        );
    }
    for weak in [chacha20, cbc, rsa, dhe] {
        let refusal = answer(https.address, &client_hello(3, &[weak]));
        assert_eq!(refusal, (ALERT, Some(HANDSHAKE_FAILURE)), "{weak:#x}");
    }
    for version in 0..=2 {
        let refusal = answer(https.address, &client_hello(version, &[gcm_128, cbc, rsa]));
        assert_eq!(refusal, (ALERT, Some(PROTOCOL_VERSION)), "3.{version}");
    }
}

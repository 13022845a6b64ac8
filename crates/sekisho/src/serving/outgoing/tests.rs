use std::{future::pending, path::PathBuf};

use axum::{Router, http::HeaderMap, response::Redirect, routing::get};
use rcgen::ExtendedKeyUsagePurpose;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, pem::PemObject},
};
use testkit::{
    pki::{Authority, Identity, Subject},
    process::temporary_directory,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::*;

fn outgoing(allow: &[&str]) -> Outgoing {
    let allow = allow.iter().map(|&entry| entry.to_owned()).collect();
    Outgoing::new(&config::Outgoing { trust: vec![], allow }).unwrap()
}

/// Serves on loopback; answers `http://127.0.0.1:PORT`.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

// Conformance: F2-NET-01 F2-CRY-03
#[tokio::test]
async fn only_https_is_called_except_where_the_host_is_listed() {
    let outgoing = outgoing(&["partner.example", "127.0.0.1"]);
    for good in [
        "https://id.example/jwks",
        "http://partner.example/",
        "http://127.0.0.1:1/",
        "https://8.8.8.8/",
    ] {
        assert!(outgoing.check(good).is_ok(), "{good}");
    }
    for clear in [
        "http://id.example/jwks?token=s",
        "http://localhost:1/",
        "http://8.8.8.8/",
    ] {
        let refused = outgoing.check(clear).unwrap_err();
        assert!(matches!(refused, CallError::InClear(_)), "{clear}");
        assert!(!refused.to_string().contains("token"), "{refused}");
    }
    for other in [
        "",
        "id.example",
        "/path",
        "ftp://partner.example/",
        "file:///etc/passwd",
        "data:,x",
        "https://",
    ] {
        assert_eq!(outgoing.check(other).unwrap_err(), CallError::NotAUrl, "{other}");
    }
}

#[tokio::test]
async fn whoever_registers_an_address_hears_whether_it_may_be_called() {
    let outgoing = outgoing(&["10.0.0.1"]);
    let check = |url| Fetch::check(&outgoing, url);
    assert!(check("https://10.0.0.1/jwks").is_ok() && check("https://app.example/jwks").is_ok());
    let refused = check("https://10.0.0.2/secret").unwrap_err().to_string();
    assert!(
        refused.contains("not a public address") && !refused.contains("secret"),
        "{refused}"
    );
}

#[tokio::test]
async fn addresses_in_urls_are_judged_however_they_are_written() {
    let outgoing = outgoing(&["10.0.0.1"]);
    assert!(outgoing.check("https://10.0.0.1/").is_ok());
    for private in [
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.2:8443/",
    ] {
        let refused = outgoing.check(private).unwrap_err();
        assert!(matches!(refused, CallError::NotPublic { .. }), "{private}: {refused}");
    }
}

#[tokio::test]
async fn names_are_judged_by_what_they_resolve_to() {
    let url = serve(Router::new().route("/", get(|| async { "answer" }))).await;
    let by_name = url.replace("127.0.0.1", "localhost");
    let refused = outgoing(&[])
        .get(&by_name.replace("http:", "https:"), "*/*")
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, CallError::NotPublic { host, .. } if host == "localhost"),
        "{refused}"
    );
    let answer = outgoing(&["localhost"]).get(&by_name, "*/*").await.unwrap();
    assert_eq!(
        (answer.status, answer.body.as_slice()),
        (StatusCode::OK, b"answer".as_slice())
    );
}

#[tokio::test]
async fn redirects_are_answers() {
    let router = Router::new()
        .route(
            "/",
            get(|| async { Redirect::temporary("/elsewhere") }).post(|| async { Redirect::temporary("/elsewhere") }),
        )
        .route("/elsewhere", get(|| async { "followed" }).post(|| async { "followed" }));
    let url = serve(router).await;
    let outgoing = outgoing(&["127.0.0.1"]);
    let answer = outgoing.get(&url, "*/*").await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.len()), (307, 0));
    assert_eq!(answer.headers.get("location").unwrap(), "/elsewhere");
    let status = outgoing.post(&url, "text/plain", None, String::new()).await.unwrap();
    assert_eq!(status.as_u16(), 307);
}

#[tokio::test]
async fn what_is_posted_arrives_with_its_type_and_authorization() {
    let echo = |headers: HeaderMap, body: String| async move {
        let right = headers.get("content-type").unwrap() == "application/x-www-form-urlencoded"
            && headers.get("authorization").unwrap() == "Bearer t"
            && body == "logout_token=x";
        if right {
            StatusCode::NO_CONTENT
        } else {
            StatusCode::BAD_REQUEST
        }
    };
    let url = serve(Router::new().route("/", axum::routing::post(echo))).await;
    let status = outgoing(&["127.0.0.1"])
        .post(
            &url,
            "application/x-www-form-urlencoded",
            Some("Bearer t"),
            "logout_token=x".into(),
        )
        .await;
    assert_eq!(status.unwrap(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn answers_are_read_up_to_a_limit() {
    let router = Router::new()
        .route("/longest", get(|| async { vec![b'x'; MAX_ANSWER] }))
        .route("/longer", get(|| async { vec![b'x'; MAX_ANSWER + 1] }));
    let url = serve(router).await;
    let outgoing = outgoing(&["127.0.0.1"]);
    let longest = outgoing.get(&format!("{url}/longest"), "*/*").await.unwrap();
    assert_eq!(longest.body.len(), MAX_ANSWER);
    let longer = outgoing.get(&format!("{url}/longer"), "*/*").await;
    assert_eq!(longer.unwrap_err(), CallError::TooLong);
}

#[tokio::test]
async fn failures_do_not_tell_the_path_and_query() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = format!("http://{address}/path?token=secret");
    let failed = outgoing(&["127.0.0.1"]).get(&url, "*/*").await.unwrap_err().to_string();
    assert!(!failed.contains("secret") && !failed.contains("/path"), "{failed}");
    assert!(failed.contains("refused"), "{failed}");
}

#[tokio::test]
async fn whoever_registered_an_address_does_not_learn_by_it_what_is_inside() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let open = listener.local_addr().unwrap().port();
    let outgoing = outgoing(&[]);
    let mut told = Vec::new();
    for url in [
        format!("https://localhost:{open}/x"),
        "https://localhost:1/x".to_owned(),
        "https://nobody.invalid/x".to_owned(),
    ] {
        let FetchError(text) = Fetch::get(&outgoing, &url, "*/*").await.unwrap_err();
        assert!(!text.contains("127.0.0.1") && !text.contains("::1"), "{text}");
        told.push(text);
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
}

#[tokio::test]
async fn whoever_does_not_answer_is_given_up() {
    let url = serve(Router::new().route("/", get(pending::<()>))).await;
    let settings = config::Outgoing {
        trust: vec![],
        allow: vec!["127.0.0.1".to_owned()],
    };
    let outgoing = Outgoing::within(Duration::from_millis(200), &settings).unwrap();
    let failed = outgoing.get(&url, "*/*").await.unwrap_err();
    assert_eq!(failed, CallError::Failed("no answer in time".into()));
}

/// Answers one request on loopback, by TLS with this certificate; `https://127.0.0.1:PORT/`.
async fn serve_tls(identity: &Identity) -> String {
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![identity.der.clone().into()],
            PrivateKeyDer::from_pem_slice(identity.key_pem().as_bytes()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let Ok(mut stream) = acceptor.accept(stream).await else {
            return;
        };
        let _ = stream.read(&mut [0; 1024]).await;
        let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
        let _ = stream.shutdown().await;
    });
    format!("https://{address}/")
}

// Conformance: F1B-NET-02 F2-NET-02
#[tokio::test]
async fn who_is_called_proves_its_name_by_a_certificate_of_a_trusted_authority() {
    let directory = temporary_directory("outgoing");
    let (trusted, other) = (Authority::new("Trusted"), Authority::new("Other"));
    let root = directory.join("root.pem");
    fs::write(&root, trusted.pem()).unwrap();
    let outgoing = Outgoing::new(&config::Outgoing {
        trust: vec![root],
        allow: vec!["127.0.0.1".to_owned()],
    })
    .unwrap();
    let server = || Subject::named("server").for_usage(ExtendedKeyUsagePurpose::ServerAuth);
    let expired = server().ip("127.0.0.1").valid(1_577_836_800, 1_577_923_200);
    for (what, identity, is_called) in [
        ("its own name", trusted.issue(&server().ip("127.0.0.1")), true),
        ("another name", trusted.issue(&server().dns("partner.example")), false),
        ("another authority", other.issue(&server().ip("127.0.0.1")), false),
        ("itself", server().ip("127.0.0.1").self_signed(), false),
        ("too old", trusted.issue(&expired), false),
    ] {
        let url = serve_tls(&identity).await;
        assert_eq!(outgoing.get(&url, "*/*").await.is_ok(), is_called, "{what}");
    }
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn what_is_trusted_must_be_certificates() {
    let directory = temporary_directory("outgoing");
    let make = |path: PathBuf| {
        Outgoing::new(&config::Outgoing {
            trust: vec![path],
            allow: vec![],
        })
        .err()
    };
    let missing = make(directory.join("missing.pem")).unwrap();
    assert!(missing.contains("missing.pem"), "{missing}");
    let (empty, good) = (directory.join("empty.pem"), directory.join("good.pem"));
    fs::write(&empty, "nothing").unwrap();
    assert!(make(empty).unwrap().contains("no PEM certificate"));
    let certified = rcgen::generate_simple_self_signed(vec!["partner.example".to_owned()]).unwrap();
    fs::write(&good, certified.cert.pem()).unwrap();
    assert_eq!(make(good), None);
    fs::remove_dir_all(directory).unwrap();
}

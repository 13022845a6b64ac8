//! TLS to upstreams, by roots of their own and with a certificate of the gateway's.

use std::{fs, path::PathBuf, sync::Arc};

use rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use testkit::{
    pki::{Authority, Identity, Subject, Usage},
    process,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::gateway::Guarded;

/// An API that speaks only to who shows a certificate of this authority.
async fn serve(ca: &Authority, own: &Identity) -> u16 {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(ca.pem().as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(own.pem().as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(own.key_pem().as_bytes()).unwrap(),
        )
        .unwrap();
    let (acceptor, listener) = (
        TlsAcceptor::from(Arc::new(config)),
        TcpListener::bind("127.0.0.1:0").await.unwrap(),
    );
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut read = [0; 4096];
            if stream.read(&mut read).await.is_ok_and(|count| count > 0) {
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
                let _ = stream.write_all(answer).await;
                let _ = stream.shutdown().await;
            }
        }
    });
    port
}

struct Files(PathBuf);

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Files {
    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

#[tokio::test]
async fn an_upstream_is_believed_by_its_root_and_believes_the_gateways_certificate() {
    let (ca, other) = (Authority::new("Inside"), Authority::new("Outside"));
    let upstream = ca.issue(&Subject::named("api").dns("localhost").for_usage(Usage::ServerAuth));
    let port = serve(&ca, &upstream).await;
    let files = Files(process::temporary_directory("tls"));
    let (inside, outside) = (files.write("ca.pem", &ca.pem()), files.write("other.pem", &other.pem()));
    let identity = |name: &str, ca: &Authority| {
        let own = ca.issue(&Subject::named("gateway"));
        let cert = files.write(&format!("{name}.pem"), &own.pem());
        let key = files.write(&format!("{name}-key.pem"), own.key_pem());
        format!("client_certificate = {{ cert = '{cert}', key = '{key}' }}")
    };
    let (own, foreign) = (identity("own", &ca), identity("foreign", &other));
    for (gateway, status) in [
        (format!("gateway = {{ roots = ['{inside}'], {own} }}"), 200),
        (format!("gateway = {{ roots = ['{outside}'], {own} }}"), 502),
        (format!("gateway = {{ {own} }}"), 502),
        (format!("gateway = {{ roots = ['{inside}'], {foreign} }}"), 502),
        (format!("gateway = {{ roots = ['{inside}'] }}"), 502),
    ] {
        let guarded = Guarded::start(&format!("\"https://localhost:{port}\""), &gateway).await;
        assert_eq!(guarded.call("GET", "/open", "").await.status(), status, "{gateway}");
    }
}

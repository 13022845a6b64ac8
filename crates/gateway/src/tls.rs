//! TLS to upstreams.
//!
//! Roots that are named are the only ones: an API inside is not to be impersonated by whoever gets a certificate of some
//! public authority. Without any, those of the system.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

/// Where systems keep their roots.
const SYSTEM: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// How TLS is spoken: by these roots, and with the client certificate in these two files.
pub fn config(roots: &[PathBuf], own: Option<(&Path, &Path)>, is_http2: bool) -> Result<Arc<ClientConfig>, String> {
    let store = if roots.is_empty() { system() } else { named(roots)? };
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(store);
    let mut config = match own {
        None => builder.with_no_client_auth(),
        Some((cert, key)) => {
            let chain = certificates(cert)?;
            let private = PrivateKeyDer::from_pem_file(key)
                .map_err(|error| format!("{}: {error}; a PEM private key is expected", key.display()))?;
            builder
                .with_client_auth_cert(chain, private)
                .map_err(|error| format!("{} and {} do not fit: {error}", cert.display(), key.display()))?
        }
    };
    let protocol: &[u8] = if is_http2 { b"h2" } else { b"http/1.1" };
    config.alpn_protocols = vec![protocol.to_vec()];
    Ok(Arc::new(config))
}

fn named(roots: &[PathBuf]) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    for root in roots {
        for certificate in certificates(root)? {
            store
                .add(certificate)
                .map_err(|error| format!("{}: {error}", root.display()))?;
        }
    }
    Ok(store)
}

fn system() -> RootCertStore {
    let mut store = RootCertStore::empty();
    for bundle in SYSTEM {
        if let Ok(found) = certificates(Path::new(bundle)) {
            store.add_parsable_certificates(found);
            break;
        }
    }
    store
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| format!("{}: {error}; a PEM certificate is expected", path.display()))
}

//! TLS by certificate files, or by a local certificate authority for development.
//!
//! Spec: FAPI 1.0 Advanced §8.5, BCP 195. TLS 1.3, and 1.2 only with the suites that both allow; those need an RSA
//! certificate, so with an ECDSA one only 1.3 is spoken.
//!
//! Where clients are asked for a certificate, any will do, or none: that they hold its key is all that the handshake
//! proves, and what it is worth is judged for each request. Such listeners resume no sessions and take no early data, so
//! that the proof is always of this very connection.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256, RsaKeySize,
};
use rustls::{
    CipherSuite, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureAlgorithm, SignatureScheme,
    SupportedProtocolVersion,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject},
    server::{
        NoServerSessionStorage,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};
use tokio_rustls::TlsAcceptor;

use crate::config::{Certificate, Tls};

/// What terminates TLS. A certificate for development is kept under `data` and names these hosts too.
pub fn acceptor(tls: &Tls, data: &Path, hosts: &[String]) -> Result<TlsAcceptor, String> {
    let (cert, key) = match &tls.certificate {
        Certificate::Files { cert, key } => (cert.clone(), key.clone()),
        Certificate::Dev => dev_certificate(&data.join("tls"), hosts)?,
    };
    let (chain, private) = read(&cert, &key)?;
    let versions: &[&SupportedProtocolVersion] = if tls.only_tls13 { &[&TLS13] } else { &[&TLS13, &TLS12] };
    let provider = Arc::new(provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .map_err(|error| error.to_string())?;
    let builder = if tls.client_certificates {
        builder.with_client_cert_verifier(Arc::new(AnyCertificate(provider)))
    } else {
        builder.with_no_client_auth()
    };
    let mut config = builder
        .with_single_cert(chain, private)
        .map_err(|error| format!("{} and {} do not fit: {error}", cert.display(), key.display()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    if tls.client_certificates {
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn read(cert: &Path, key: &Path) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect)
        .map_err(|error| format!("{}: {error}; a PEM certificate is expected", cert.display()))?;
    let private = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| format!("{}: {error}; a PEM private key is expected", key.display()))?;
    Ok((chain, private))
}

/// Who a listener is, by its files.
pub struct Identity {
    /// Its certificate, and those that lead from there to an authority.
    pub chain: Vec<CertificateDer<'static>>,
    /// Whether its key is one of RSA.
    pub is_rsa: bool,
}

/// Why a listener cannot show a certificate.
#[derive(Debug, thiserror::Error)]
pub enum UnfitCertificate {
    /// A file is not what it should be.
    #[error("{0}")]
    Unreadable(String),
    /// Certificate and key do not fit.
    #[error("it is not the certificate of the key in {0}")]
    AnotherKey(String),
}

/// Reads certificate and key of a listener, and sees whether they fit.
pub fn identity(cert: &Path, key: &Path) -> Result<Identity, UnfitCertificate> {
    let (chain, private) = read(cert, key).map_err(UnfitCertificate::Unreadable)?;
    match CertifiedKey::from_der(chain, private, &provider()) {
        Ok(certified) => Ok(Identity {
            is_rsa: certified.key.algorithm() == SignatureAlgorithm::RSA,
            chain: certified.cert,
        }),
        Err(rustls::Error::InconsistentKeys(_)) => Err(UnfitCertificate::AnotherKey(key.display().to_string())),
        Err(error) => Err(UnfitCertificate::Unreadable(error.to_string())),
    }
}

/// Asks for a certificate and takes any, or none.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The suites of TLS 1.3, and of 1.2 those that FAPI 1.0 Advanced §8.5 and BCP 195 both allow.
fn provider() -> CryptoProvider {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.retain(|suite| {
        suite.tls13().is_some()
            || matches!(
                suite.suite(),
                CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 | CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
            )
    });
    provider
}

/// A certificate for development, made once: `ca.pem` is what browsers and clients are told to trust.
fn dev_certificate(directory: &Path, names: &[String]) -> Result<(PathBuf, PathBuf), String> {
    let (cert, key) = (directory.join("cert.pem"), directory.join("key.pem"));
    if cert.exists() && key.exists() {
        return Ok((cert, key));
    }
    fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let made =
        make_dev_certificate(names).map_err(|error| format!("a development certificate cannot be made: {error}"))?;
    write_private(&directory.join("ca.key.pem"), &made.ca_key)?;
    write_private(&key, &made.key)?;
    for (path, text) in [(directory.join("ca.pem"), &made.ca), (cert.clone(), &made.cert)] {
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    tracing::info!(ca = %directory.join("ca.pem").display(), "made a certificate authority for development: trust it where you test");
    Ok((cert, key))
}

struct DevCertificate {
    ca: String,
    ca_key: String,
    cert: String,
    key: String,
}

fn make_dev_certificate(names: &[String]) -> Result<DevCertificate, rcgen::Error> {
    let rsa = || KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048);
    let ca_key = rsa()?;
    let mut ca_params = CertificateParams::default();
    ca_params
        .distinguished_name
        .push(DnType::CommonName, "Sekisho development CA");
    ca_params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca_params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca = ca_params.self_signed(&ca_key)?;
    let key = rsa()?;
    let mut all: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    all.extend(
        names
            .iter()
            .filter(|name| !["localhost", "127.0.0.1", "::1"].contains(&name.as_str()))
            .cloned(),
    );
    let mut params = CertificateParams::new(all)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "Sekisho development");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let cert = params.signed_by(&key, &Issuer::from_params(&ca_params, &ca_key))?;
    Ok(DevCertificate {
        ca: ca.pem(),
        ca_key: ca_key.serialize_pem(),
        cert: cert.pem(),
        key: key.serialize_pem(),
    })
}

fn write_private(path: &Path, text: &str) -> Result<(), String> {
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| format!("{}: {error}", path.display()))
}

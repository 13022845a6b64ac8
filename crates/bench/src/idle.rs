//! Connections that are kept open while nothing is said.

use std::{net::SocketAddr, path::Path, sync::Arc};

use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore},
};

use crate::{connection::Connection, scenario::Request};

/// Opens so many, and has one request answered over each. They end when the answer is dropped.
pub async fn open(
    many: usize,
    address: SocketAddr,
    tls: Option<&TlsConnector>,
    request: &Request,
) -> Result<Vec<Connection>, String> {
    let mut opened = Vec::with_capacity(many);
    for _ in 0..many {
        let mut connection = match tls {
            None => Connection::open(address).await?,
            Some(tls) => Connection::open_tls(address, tls).await?,
        };
        request.send(&mut connection).await?;
        opened.push(connection);
    }
    Ok(opened)
}

/// What trusts one authority alone.
pub fn trusting(authority: &Path) -> Result<TlsConnector, String> {
    let certificate = CertificateDer::from_pem_file(authority).map_err(|error| error.to_string())?;
    let mut roots = RootCertStore::empty();
    roots.add(certificate).map_err(|error| error.to_string())?;
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

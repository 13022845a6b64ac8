//! Where a peer's endpoints are, by its metadata.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::net::lookup_host;
use url::Url;

use crate::{connection::Connection, scenario::Request};

/// Paths at one address, without TLS: it would be measured with the rest.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// Where it listens.
    pub address: SocketAddr,
    /// Host and port, as `Host` says it.
    pub host: String,
    /// `http://host:port`.
    pub origin: String,
    /// The path of its metadata.
    pub discovery: String,
    /// That of its keys.
    pub jwks: String,
    /// That of the authorization endpoint.
    pub authorize: String,
    /// That of the token endpoint.
    pub token: String,
    /// That of introspection.
    pub introspection: String,
}

impl Endpoints {
    /// Asks the issuer.
    pub async fn of(issuer: &str) -> Result<Self, String> {
        let url = Url::parse(issuer).map_err(|error| format!("{issuer}: {error}"))?;
        let (Some(host), Some(port), "http") = (url.host_str(), url.port_or_known_default(), url.scheme()) else {
            return Err(format!("{issuer}: a peer is an issuer at http://host:port"));
        };
        let found = lookup_host((host, port)).await.map_err(|error| error.to_string())?;
        let mut connections = Vec::new();
        for address in found {
            connections.extend(
                Connection::open(address)
                    .await
                    .ok()
                    .map(|connection| (address, connection)),
            );
        }
        let (address, mut connection) = connections.pop().ok_or_else(|| format!("nobody listens at {issuer}"))?;
        let host = format!("{host}:{port}");
        let discovery = format!("{}/.well-known/openid-configuration", url.path().trim_end_matches('/'));
        let metadata = Request::get(&host, &discovery).send(&mut connection).await?;
        let metadata: Value = serde_json::from_slice(&metadata.body).map_err(|error| error.to_string())?;
        let path = |member: &str| {
            let found = metadata
                .get(member)
                .and_then(Value::as_str)
                .and_then(|url| Url::parse(url).ok());
            let found = found.ok_or_else(|| format!("no {member} in the metadata of {issuer}"))?;
            Ok::<_, String>(found.path().to_owned())
        };
        Ok(Self {
            jwks: path("jwks_uri")?,
            authorize: path("authorization_endpoint")?,
            token: path("token_endpoint")?,
            introspection: path("introspection_endpoint")?,
            origin: format!("http://{host}"),
            address,
            host,
            discovery,
        })
    }
}

//! Single requests, sent again and again.

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use jose::b64;

use crate::{connection::Connection, load::Turn, process::Server};

/// One kind of request.
#[derive(Clone)]
pub struct Scenario {
    /// Its name in the table.
    pub name: &'static str,
    method: Method,
    path: String,
    host: String,
    authorization: Option<String>,
    body: Bytes,
}

impl Scenario {
    fn get(name: &'static str, host: &str, path: &str) -> Self {
        Self {
            name,
            method: Method::GET,
            path: path.to_owned(),
            host: host.to_owned(),
            authorization: None,
            body: Bytes::new(),
        }
    }

    fn post(name: &'static str, host: &str, path: &str, client: &str, body: &str) -> Self {
        let credentials = base64(format!("{client}:{client}-secret-of-the-benchmark").as_bytes());
        Self {
            method: Method::POST,
            authorization: Some(format!("Basic {credentials}")),
            body: Bytes::from(body.to_owned()),
            ..Self::get(name, host, path)
        }
    }

    /// The request.
    fn request(&self) -> Result<Request<Full<Bytes>>, String> {
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(&self.path)
            .header("host", &self.host);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        if self.method == Method::POST {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        request
            .body(Full::new(self.body.clone()))
            .map_err(|error| error.to_string())
    }

    /// The same request to the empty server, answered with a body of this size.
    pub fn as_empty(&self, size: usize) -> Self {
        Self {
            path: format!("/{size}"),
            ..self.clone()
        }
    }
}

impl Turn for Scenario {
    async fn take(&mut self, connection: &mut Connection) -> Result<usize, String> {
        let answer = connection.send(self.request()?).await?;
        Ok(answer.expect(StatusCode::OK)?.body.len())
    }
}

/// Basic credentials use base64 with the other alphabet and padding.
fn base64(bytes: &[u8]) -> String {
    let mut text = b64::encode(bytes).replace('-', "+").replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// All single requests to a server.
pub async fn all(server: &Server) -> Result<Vec<Scenario>, String> {
    let host = server.host();
    let opaque = "grant_type=client_credentials&scope=accounts%3Aread";
    let jwt = "grant_type=client_credentials&scope=reports%3Aread";
    let token = Scenario::post("client_credentials, opaque", &host, "/token", "robot", opaque);
    let mut connection = Connection::open(server.process().address()).await?;
    let access_token = connection.send(token.request()?).await?.text("access_token")?;
    Ok(vec![
        Scenario::get("discovery", &host, "/.well-known/openid-configuration"),
        Scenario::get("JWKS", &host, "/jwks"),
        token,
        Scenario::post("client_credentials, JWT (ES256)", &host, "/token", "robot", jwt),
        Scenario::post(
            "introspection, opaque",
            &host,
            "/introspect",
            "bank-api",
            &format!("token={access_token}"),
        ),
    ])
}

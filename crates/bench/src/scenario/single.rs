//! Single requests, sent again and again, beside an empty server that answers bodies of the same size.

use std::{slice, time::Duration};

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::Full;

use super::basic;
use crate::{
    bench::Bench,
    connection::Connection,
    limits::Limits,
    load::{Load, Measured, Turn},
    process::{self, Process},
    report::{Limit, Row},
};

/// One kind of request.
#[derive(Debug, Clone)]
pub struct Request {
    method: Method,
    path: String,
    host: String,
    authorization: Option<String>,
    body: Bytes,
}

impl Request {
    /// A GET.
    pub fn get(host: &str, path: &str) -> Self {
        Self {
            method: Method::GET,
            path: path.to_owned(),
            host: host.to_owned(),
            authorization: None,
            body: Bytes::new(),
        }
    }

    /// A form that a client sends.
    pub fn post(host: &str, path: &str, (client_id, secret): (&str, &str), body: &str) -> Self {
        Self {
            method: Method::POST,
            authorization: Some(basic(client_id, secret)),
            body: Bytes::from(body.to_owned()),
            ..Self::get(host, path)
        }
    }

    /// A call with a token.
    pub fn bearer(host: &str, path: &str, token: &str) -> Self {
        Self {
            authorization: Some(format!("Bearer {token}")),
            ..Self::get(host, path)
        }
    }

    /// A client of the server under measurement asks for a token of its own; opaque, unless its scope is of reports.
    pub fn token(bench: &Bench<'_>, scope: &str) -> Self {
        let body = format!("grant_type=client_credentials&scope={scope}%3Aread");
        let client = ("robot", "robot-secret-of-the-benchmark");
        Self::post(&bench.server.host(), "/token", client, &body)
    }

    /// An API asks the server under measurement about a token.
    pub fn introspection(bench: &Bench<'_>, token: &str) -> Self {
        let client = ("bank-api", "bank-api-secret-of-the-benchmark");
        Self::post(&bench.server.host(), "/introspect", client, &format!("token={token}"))
    }

    /// An API asks about an opaque token that a client has just got.
    pub async fn introspection_of_a_new_token(bench: &Bench<'_>) -> Result<Self, String> {
        let mut connection = bench.server.connect().await?;
        let token = Self::token(bench, "accounts").send(&mut connection).await?;
        Ok(Self::introspection(bench, &token.text("access_token")?))
    }

    /// Sends it; it must be answered by 200.
    pub async fn send(&self, connection: &mut Connection) -> Result<crate::connection::Answer, String> {
        let mut request = http::Request::builder()
            .method(&self.method)
            .uri(&self.path)
            .header("host", &self.host);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        if self.method == Method::POST {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        let request = request.body(Full::new(self.body.clone()));
        let answer = connection.send(request.map_err(|error| error.to_string())?).await?;
        answer.expect(StatusCode::OK)
    }

    /// The same request to the empty server, answered with a body of this size.
    fn as_empty(&self, size: usize) -> Self {
        Self {
            path: format!("/{size}"),
            ..self.clone()
        }
    }
}

impl Turn for Request {
    async fn take(&mut self, connection: &mut Connection) -> Result<usize, String> {
        Ok(self.send(connection).await?.body.len())
    }
}

/// Each with its share of the empty server that is to be reached.
pub async fn measure(bench: &mut Bench<'_>) -> Result<(), String> {
    let host = bench.server.host();
    let empty = process::empty().await?;
    let plain = [
        (
            "discovery",
            Request::get(&host, "/.well-known/openid-configuration"),
            0.7,
        ),
        ("JWKS", Request::get(&host, "/jwks"), 0.7),
        ("client_credentials, opaque", Request::token(bench, "accounts"), 0.5),
        (
            "introspection, opaque",
            Request::introspection_of_a_new_token(bench).await?,
            0.4,
        ),
    ];
    for (name, request, target) in plain {
        if bench.begins(name) {
            let answered = async |load: Load, size| answered(load, &empty, &request, size).await;
            let turns = slice::from_ref(&request);
            let (ours, limit) = bench.load.beside(&bench.server, turns, answered).await?;
            bench.add(row(name, ours, target, limit, "an empty server"));
        }
    }
    let name = "client_credentials, JWT (ES256)";
    if bench.begins(name) {
        let request = Request::token(bench, "reports");
        let signed = async |load: Load, size| {
            Ok(answered(load, &empty, &request, size).await? + Limits::now(load).await?.signature)
        };
        let turns = slice::from_ref(&request);
        let (ours, limit) = bench.load.beside(&bench.server, turns, signed).await?;
        bench.add(row(name, ours, 0.6, limit, "an empty server that signs once"));
    }
    Ok(())
}

/// CPU time of the empty server for the same request, answered with a body of this size.
async fn answered(load: Load, empty: &Process, request: &Request, size: usize) -> Result<Duration, String> {
    Ok(load.saturate(empty, &[request.as_empty(size)]).await?.cost())
}

fn row(name: &str, ours: Measured, target: f64, limit: f64, what: &str) -> Row {
    Row {
        name: name.to_owned(),
        limit: Some(Limit::per_cpu_second(limit, what)),
        target: Some(target),
        ours,
    }
}

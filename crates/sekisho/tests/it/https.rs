//! The real server with TLS by a certificate authority of its own.

use std::{
    fs::File,
    io::Write,
    net::{Ipv4Addr, SocketAddr},
};

use reqwest::{Certificate, Client, ClientBuilder, redirect};
use testkit::{Engine, Serve, free_port};

use crate::app::{Server, bank_and};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_sekisho");

/// A server with a listener for https.
pub struct Https {
    pub server: Serve,
    pub address: SocketAddr,
    issuer: String,
    http: Client,
}

impl Https {
    /// With `tls = "dev"`; `more` is added to the listener.
    pub fn start(engine: Engine, more: &str) -> Self {
        Self::with_more(engine, more, "")
    }

    /// As [`start`](Self::start), with more TOML at the end of the realm.
    pub fn with_more(engine: Engine, more: &str, realm: &str) -> Self {
        Self::with_realm(engine, more, bank_and(realm))
    }

    /// As [`start`](Self::start), with a realm file of the test's own.
    pub fn with_realm(engine: Engine, more: &str, realm: impl FnOnce(&str) -> String) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let issuer = format!("https://localhost:{}", address.port());
        let mut server = Serve::with_realm(PROGRAM, engine, |_| realm(&issuer));
        let mut config = File::options().append(true).open(server.config()).unwrap();
        writeln!(config, "\n[[listener]]\nbind = '{address}'\ntls = 'dev'\n{more}").unwrap();
        server.restart();
        let http = client(&server, address).build().unwrap();
        Self {
            server,
            address,
            issuer,
            http,
        }
    }

    /// A client that trusts the server's authority and no other.
    pub fn client(&self) -> ClientBuilder {
        client(&self.server, self.address)
    }
}

fn client(server: &Serve, address: SocketAddr) -> ClientBuilder {
    let ca = std::fs::read(server.data().join("tls/ca.pem")).unwrap();
    Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .resolve("localhost", address)
        .tls_certs_only([Certificate::from_pem(&ca).unwrap()])
}

impl Server for Https {
    fn issuer(&self) -> &str {
        &self.issuer
    }

    fn http(&self) -> Client {
        self.http.clone()
    }
}

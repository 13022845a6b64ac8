//! `sekisho gateway`: apart from its server, in a process of its own.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use testkit::{Engine, Serve, process};

use crate::{
    app::{bank_and, granted, header},
    gateway::{Things, at, call, identifier, revoke, things, token},
    https::PROGRAM,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// The gateway, running.
pub struct Apart {
    process: Child,
    pub address: SocketAddr,
    operations: SocketAddr,
    directory: PathBuf,
}

impl Drop for Apart {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

impl Apart {
    fn start(server: &Serve, address: SocketAddr) -> Self {
        Self::with(server, address, "")
    }

    /// With more keys of `[gateway]`.
    pub fn with(server: &Serve, address: SocketAddr, more: &str) -> Self {
        let directory = process::temporary_directory("apart");
        let operations = SocketAddr::from((Ipv4Addr::LOCALHOST, process::free_port()));
        let file = directory.join("gateway.toml");
        let text = format!(
            "data = 'data'\n[operations]\nbind = '{operations}'\n[[listener]]\nbind = '{address}'\nrole = 'gateway'\n\
             [gateway]\nissuer = '{}'\nclient_id = 'things-api'\nclient_secret = 'things-api-secret'\napis = ['{}']\n\
             {more}\n",
            server.issuer(),
            server.realm_file().display()
        );
        fs::write(&file, text).unwrap();
        let process = Command::new(PROGRAM)
            .current_dir(&directory)
            .args(["gateway", "--config"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let listens = || TcpStream::connect(address).is_ok().then_some(());
        process::wait_for(PATIENCE, listens).expect("the gateway listens");
        Self {
            process,
            address,
            operations,
            directory,
        }
    }

    /// What its operations listener says.
    pub async fn says(&self, path: &str) -> String {
        let url = format!("http://{}{path}", self.operations);
        let answer = testkit::browser::client(None).get(url).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    }
}

#[tokio::test]
async fn a_gateway_apart_asks_its_server_and_lets_nothing_through_without_it() {
    let api = Things::start().await;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, process::free_port()));
    let more = things(&identifier(address), &at(&api), "");
    let realm = bank_and(&more);
    let mut server = Serve::with_realm(PROGRAM, Engine::Sqlite, realm);
    let mut gateway = Apart::start(&server, address);
    let good = token(&server, "things:read").await;
    let got = granted(call(address, "GET", "/things/1", &good).await).await;
    assert_eq!(got["headers"]["sekisho-client"], "caller");
    assert_eq!(call(address, "POST", "/things", &good).await.status(), 403);
    assert_eq!(call(address, "GET", "/things/1", "nonsense").await.status(), 401);
    let revoked = token(&server, "things:read").await;
    revoke(&server, &revoked).await;
    assert_eq!(call(address, "GET", "/things/1", &revoked).await.status(), 401);

    server.kill9();
    let answer = call(address, "GET", "/things/1", &good).await;
    assert_eq!(answer.status(), 503);
    assert!(!header(&answer, "retry-after").is_empty());
    server.restart();
    let back = async { while call(address, "GET", "/things/1", &good).await.status() != 200 {} };
    tokio::time::timeout(PATIENCE, back)
        .await
        .expect("it recovers by itself");

    process::signal("TERM", &[gateway.process.id()]);
    assert_eq!(gateway.process.wait().unwrap().code(), Some(0));
    assert_eq!(gateway.address, address);
}

//! The real server with a realm for the benchmark.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use storage::{Options, Store};

use crate::{
    connection::Connection,
    database::{Database, Engine},
    process::{Process, Subject, free_address, on_servers_core, size_of},
};

/// What is asked for to see that it answers.
const FIRST: &str = "/.well-known/openid-configuration";

/// What its files say besides.
#[derive(Debug, Default)]
pub struct Additions {
    /// At the end of its realm file.
    pub realm: String,
    /// At the end of its own.
    pub config: String,
}

/// The server as a process, with its files in a temporary directory.
pub struct Server {
    process: Process,
    program: PathBuf,
    directory: PathBuf,
    database: Database,
    /// From start to the first answer, on a new database.
    pub first_start: Duration,
    /// The same on the existing database.
    pub start: Duration,
    /// Resident memory before the first request, in bytes.
    pub idle_memory: u64,
}

impl Server {
    /// Starts it twice, the second time on the database that the first made.
    pub async fn start(program: &Path, engine: Engine, more: &Additions) -> Result<Self, String> {
        let directory = testkit::process::temporary_directory("bench");
        let database = engine.database(directory.join("sekisho.db"))?;
        let address = free_address();
        let config = format!(
            "data = '{}'\ndatabase = '{}'\nrealms = ['realm.toml']\n[[listener]]\nbind = '{address}'\n{}",
            directory.display(),
            database.url(),
            more.config,
        );
        let realm = include_str!("realm.toml").replace("ISSUER", &format!("http://localhost:{}", address.port()));
        fs::write(directory.join("sekisho.toml"), config).map_err(|error| error.to_string())?;
        fs::write(directory.join("realm.toml"), realm + &more.realm).map_err(|error| error.to_string())?;
        let first = spawn(program, &directory, address).await?;
        // Slow keys are made in the background of the first start.
        first.settle().await;
        let first_start = first.started_in;
        drop(first);
        let process = spawn(program, &directory, address).await?;
        process.settle().await;
        Ok(Self {
            first_start,
            start: process.started_in,
            idle_memory: process.memory(),
            process,
            program: program.to_owned(),
            directory,
            database,
        })
    }

    /// Starts it again on its database, in which something was changed meanwhile.
    pub async fn restart_after<T>(
        &mut self,
        change: impl AsyncFnOnce(&Store, &Self) -> Result<T, String>,
    ) -> Result<T, String> {
        self.process.end();
        let changed = change(&self.store().await?, self).await?;
        self.process = spawn(&self.program, &self.directory, self.process.address()).await?;
        Ok(changed)
    }

    /// Its database.
    pub async fn store(&self) -> Result<Store, String> {
        let options = self.database.options();
        Store::open(&options).await.map_err(|error| error.to_string())
    }

    /// The file of its database; none if that is PostgreSQL.
    pub fn database_file(&self) -> Option<PathBuf> {
        match self.database.options() {
            Options::Sqlite { path } => Some(path),
            Options::Postgres { .. } => None,
        }
    }

    /// Which database, for people.
    pub fn engine(&self) -> &'static str {
        self.database.name()
    }

    /// The process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// How large its binary is, in bytes.
    pub fn binary_size(&self) -> Result<u64, String> {
        size_of(&self.program)
    }

    /// The key that wraps the secrets in its database.
    pub fn wrapping_key(&self) -> Result<[u8; 32], String> {
        let key = fs::read(self.directory.join("master.key")).map_err(|error| error.to_string())?;
        key.try_into().map_err(|_| "master.key has another length".to_owned())
    }

    /// The authority of its listeners with `tls = "dev"`.
    pub fn authority(&self) -> PathBuf {
        self.directory.join("tls/ca.pem")
    }

    /// Its host and port, as `Host` says it.
    pub fn host(&self) -> String {
        format!("localhost:{}", self.process.address().port())
    }

    /// Its issuer.
    pub fn issuer(&self) -> String {
        format!("http://{}", self.host())
    }

    /// A new connection to it.
    pub async fn connect(&self) -> Result<Connection, String> {
        Connection::open(self.process.address()).await
    }
}

/// The server with its database: SQLite is in it, a PostgreSQL that the benchmark started is counted with it.
impl Subject for Server {
    fn address(&self) -> SocketAddr {
        self.process.address()
    }

    fn cpu(&self) -> Duration {
        self.process.cpu() + self.database.cpu()
    }

    fn memory(&self) -> u64 {
        self.process.memory()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.end();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

async fn spawn(program: &Path, directory: &Path, address: SocketAddr) -> Result<Process, String> {
    let mut command = on_servers_core(program);
    command
        .arg("serve")
        .arg("--config")
        .arg(directory.join("sekisho.toml"))
        .env("RUST_LOG", "warn")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let started = Process::start(command, address, FIRST).await;
    started.map_err(|error| format!("{error}; build the server with cargo build --release"))
}

//! The real server as a process of its own, with its files in a temporary directory.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use crate::process::{Watchdog, free_port, signal, temporary_directory, wait_for};
use crate::realm;

const PATIENCE: Duration = Duration::from_mins(1);

/// Where the server keeps its rows.
#[derive(Clone, Debug)]
pub enum Engine {
    /// A file in the server's data directory.
    Sqlite,
    /// A database by its URL, as [`create_database`](crate::postgres::Cluster::create_database) answers it.
    Postgres(String),
}

/// `sekisho serve`, running. Dropped, it is killed and its directory removed; the log is shown if the test failed.
pub struct Serve {
    program: PathBuf,
    directory: PathBuf,
    engine: Engine,
    issuer: String,
    address: SocketAddr,
    operations: SocketAddr,
    running: Option<Running>,
}

struct Running {
    process: Child,
    // Dropped after the process was ended and waited for.
    _watchdog: Watchdog,
}

impl Serve {
    /// Starts the server with the realm [`realm::bank`], issuer `http://localhost:<free port>`.
    ///
    /// `program` is `env!("CARGO_BIN_EXE_sekisho")` in the tests of the binary's crate. Returns when it is ready.
    #[must_use]
    pub fn start(program: impl AsRef<Path>, engine: Engine) -> Self {
        Self::with_realm(program, engine, realm::bank)
    }

    /// As [`start`](Self::start) with a realm file of the test's own, made for the issuer that it is given.
    #[must_use]
    pub fn with_realm(program: impl AsRef<Path>, engine: Engine, realm: impl FnOnce(&str) -> String) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let issuer = format!("http://localhost:{}", address.port());
        let mut server = Self::prepare(program.as_ref(), engine, issuer, address, "");
        server.write_realm(&realm(&server.issuer));
        server.restart();
        server
    }

    /// A further node over the same database, for the same issuer, with a data directory of its own.
    ///
    /// It listens on the same port of 127.0.0.2: [`http`](Self::http) of each node reaches that node by the issuer's name.
    #[must_use]
    pub fn second_node(&self) -> Self {
        assert!(
            matches!(self.engine, Engine::Postgres(_)),
            "nodes share a PostgreSQL database"
        );
        let address = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), self.address.port()));
        let key = format!(
            "[keys]\nwrap = {{ file = '{}' }}\n",
            self.data().join("master.key").display()
        );
        let mut node = Self::prepare(&self.program, self.engine.clone(), self.issuer.clone(), address, &key);
        std::fs::copy(self.realm_file(), node.realm_file()).expect("the realm file is copied");
        node.restart();
        node
    }

    fn prepare(program: &Path, engine: Engine, issuer: String, address: SocketAddr, more: &str) -> Self {
        let operations = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let directory = temporary_directory("serve");
        let server = Self {
            program: program.to_owned(),
            directory,
            engine,
            issuer,
            address,
            operations,
            running: None,
        };
        let data = server.data();
        std::fs::create_dir(&data).expect("the data directory is made");
        let database = match &server.engine {
            Engine::Sqlite => format!("sqlite:{}", data.join("sekisho.db").display()),
            Engine::Postgres(url) => url.clone(),
        };
        let config = format!(
            "data = '{data}'\ndatabase = '{database}'\nrealms = ['{realm}']\n\n\
             [[listener]]\nbind = '{address}'\n\n[operations]\nbind = '{operations}'\n\n{more}",
            data = data.display(),
            realm = server.realm_file().display(),
        );
        std::fs::write(server.config(), config).expect("the configuration is written");
        server
    }

    /// The issuer of its realm, which is the base of its endpoints.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The URL of an endpoint or page: `url("/token")`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// The URL of a path of the operations listener: `operations("/metrics")`.
    pub fn operations(&self, path: &str) -> String {
        format!("http://{}{path}", self.operations)
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.directory.join("sekisho.toml")
    }

    /// The realm file.
    pub fn realm_file(&self) -> PathBuf {
        self.directory.join("realm.toml")
    }

    /// Replaces the realm file. It takes effect at the next start, or by `command(&["apply", …])`.
    pub fn write_realm(&self, toml: &str) {
        std::fs::write(self.realm_file(), toml).expect("the realm file is written");
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// The process id of the running server.
    pub fn pid(&self) -> u32 {
        self.running.as_ref().expect("the server runs").process.id()
    }

    /// An HTTP client that reaches this node, follows no redirects and keeps no cookies.
    pub fn http(&self) -> reqwest::Client {
        crate::browser::client(Some(self.address))
    }

    /// A browser without cookies that reaches this node.
    pub fn browser(&self) -> crate::Browser {
        crate::Browser::with_client(&self.issuer, self.http())
    }

    /// Runs another command of the program beside the server: `command(&["key", "rotate"])`.
    pub fn command(&self, arguments: &[&str]) -> Output {
        let (command, rest) = arguments.split_first().expect("a command");
        Command::new(&self.program)
            .current_dir(&self.directory)
            .arg(command)
            .arg("--config")
            .arg(self.config())
            .args(rest)
            .stdin(Stdio::null())
            .output()
            .expect("the program starts")
    }

    /// Kills the process at once: nothing of it runs any more when this returns.
    pub fn kill9(&mut self) {
        self.end("KILL");
    }

    /// Asks it to drain and end (SIGTERM), and answers how it ended.
    pub fn terminate(&mut self) -> ExitStatus {
        self.end("TERM").expect("the server was running")
    }

    /// Starts it again on the same files and ports, killing it first if it runs. Returns when it is ready.
    pub fn restart(&mut self) {
        self.kill9();
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_file())
            .expect("the log opens");
        let mut process = Command::new(&self.program)
            .current_dir(&self.directory)
            .arg("serve")
            .arg("--config")
            .arg(self.config())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let watchdog = Watchdog::over(process.id(), "KILL", &self.directory);
        let ready = wait_for(PATIENCE, || match process.try_wait() {
            Ok(None) => (status_of(self.operations, "/health/ready") == Some(200)).then_some(Ok(())),
            ended => Some(Err(ended)),
        });
        self.running = Some(Running {
            process,
            _watchdog: watchdog,
        });
        match ready {
            Some(Ok(())) => {}
            Some(Err(ended)) => panic!("the server ended before it was ready ({ended:?})"),
            None => panic!("the server is not ready after {PATIENCE:?}"),
        }
    }

    /// What the server has written to its log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.directory.join("log")
    }

    fn end(&mut self, how: &str) -> Option<ExitStatus> {
        let mut running = self.running.take()?;
        signal(how, &[running.process.id()]);
        let ended = wait_for(PATIENCE, || running.process.try_wait().ok().flatten());
        if ended.is_none() {
            let _ = running.process.kill();
            let _ = running.process.wait();
            panic!("the server does not end by SIG{how}");
        }
        ended
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("---- log of the server at {} ----\n{}", self.issuer, self.log());
        }
        if let Some(running) = &mut self.running {
            let _ = running.process.kill();
            let _ = running.process.wait();
        }
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// The status that a GET answers, if anybody listens.
fn status_of(address: SocketAddr, path: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .ok()?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer).ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}

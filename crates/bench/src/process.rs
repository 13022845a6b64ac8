//! The servers as processes of their own, and what they use of the machine.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tokio::net::TcpStream;

/// The core that servers run on.
const SERVER_CORE: &str = "0";
/// The core that sends the requests.
const LOAD_CORE: &str = "1";

/// A program on one core alone.
fn on_core(core: &str, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", core]).arg(program);
    command
}

/// Moves this process to the core that sends the requests.
pub fn keep_off_the_servers_core() -> Result<(), String> {
    let pid = std::process::id().to_string();
    let moved = Command::new("taskset")
        .args(["-acp", LOAD_CORE, &pid])
        .stdout(Stdio::null())
        .status();
    match moved {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("taskset: {status}; the benchmark needs two cores")),
        Err(error) => Err(format!("taskset: {error}; it is in the package util-linux")),
    }
}

/// A child that is killed when it is dropped.
pub struct Process {
    child: Child,
    address: SocketAddr,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// CPU time that a process has used so far, user and system.
pub fn cpu_of(process: &str) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or("");
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|n| n.parse::<u64>().ok())
        .sum();
    // Linux reports in hundredths of a second on every architecture that matters here.
    Duration::from_millis(ticks * 10)
}

impl Process {
    /// CPU time used so far.
    pub fn cpu(&self) -> Duration {
        cpu_of(&self.child.id().to_string())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Resident memory in MiB.
    pub fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap_or("0");
        line.split_whitespace()
            .next()
            .and_then(|kib| kib.parse::<u64>().ok())
            .unwrap_or(0)
            / 1024
    }
}

fn free_port() -> Result<u16, String> {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    Ok(socket.local_addr().map_err(|error| error.to_string())?.port())
}

async fn wait_for(address: SocketAddr) -> Result<(), String> {
    for _ in 0..2_000 {
        if TcpStream::connect(address).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Err(format!("nothing listens on {address}"))
}

/// The real server with a realm for the benchmark.
pub struct Server {
    process: Process,
    directory: PathBuf,
    /// From start to the first connection, on a new database.
    pub first_start: Duration,
    /// The same on the existing database.
    pub start: Duration,
    /// Resident memory before the first request, in MiB.
    pub idle_memory: u64,
}

impl Server {
    /// Starts it twice, the second time on the database that the first made.
    /// `more` is added to its realm file.
    pub async fn start(program: &Path, postgres: Option<&str>, more: &str) -> Result<Self, String> {
        let directory = std::env::temp_dir().join(format!("sekisho-bench-{}", std::process::id()));
        fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let database = postgres.map_or_else(|| format!("sqlite:{}/sekisho.db", directory.display()), str::to_owned);
        let config = format!(
            "data = '{}'\ndatabase = '{database}'\nrealms = ['realm.toml']\n[[listener]]\nbind = '{address}'\n",
            directory.display()
        );
        let realm = include_str!("realm.toml").replace("ISSUER", &format!("http://localhost:{}", address.port()));
        fs::write(directory.join("sekisho.toml"), config).map_err(|error| error.to_string())?;
        fs::write(directory.join("realm.toml"), realm + more).map_err(|error| error.to_string())?;
        let (first, first_start) = Self::spawn(program, &directory, address).await?;
        // Slow keys are made in the background of the first start.
        tokio::time::sleep(Duration::from_secs(3)).await;
        drop(first);
        let (process, start) = Self::spawn(program, &directory, address).await?;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let idle_memory = process.memory();
        Ok(Self {
            process,
            directory,
            first_start,
            start,
            idle_memory,
        })
    }

    async fn spawn(program: &Path, directory: &Path, address: SocketAddr) -> Result<(Process, Duration), String> {
        let begun = Instant::now();
        let child = on_core(SERVER_CORE, program)
            .arg("serve")
            .arg("--config")
            .arg(directory.join("sekisho.toml"))
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}; build it with cargo build --release", program.display()))?;
        let process = Process { child, address };
        wait_for(address).await?;
        Ok((process, begun.elapsed()))
    }

    /// The process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Where its data are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its host and port, as `Host` says it.
    pub fn host(&self) -> String {
        format!("localhost:{}", self.process.address.port())
    }

    /// Its issuer.
    pub fn issuer(&self) -> String {
        format!("http://{}", self.host())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Starts the empty server: this program again.
pub async fn empty() -> Result<Process, String> {
    let port = free_port()?;
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let child = on_core(SERVER_CORE, &program)
        .arg("--empty-on")
        .arg(port.to_string())
        .stdin(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let process = Process { child, address };
    wait_for(address).await?;
    Ok(process)
}

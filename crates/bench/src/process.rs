//! Servers as processes of their own on one core, and what they use of the machine.

use std::{
    ffi::OsStr,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use http::{Request, StatusCode};
use http_body_util::Full;
use testkit::free_port;

use crate::connection::Connection;

/// The core that servers run on.
const SERVER_CORE: &str = "0";
/// The core that sends the requests.
const LOAD_CORE: &str = "1";
/// How long a process may take until it answers.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whose answers are measured.
pub trait Subject: Sync {
    /// Where it listens.
    fn address(&self) -> SocketAddr;
    /// CPU time used so far.
    fn cpu(&self) -> Duration;
    /// Resident memory, in bytes.
    fn memory(&self) -> u64;
}

/// A program on the servers' core alone.
pub fn on_servers_core(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", SERVER_CORE]).arg(program).stdin(Stdio::null());
    command
}

/// Moves this process to the core that sends the requests.
pub fn keep_off_the_servers_core() -> Result<(), String> {
    move_to(LOAD_CORE, std::process::id())
}

/// Moves a process that runs already, with all its threads, to the servers' core.
pub fn move_to_servers_core(process: u32) -> Result<(), String> {
    move_to(SERVER_CORE, process)
}

/// Lets this process, and those that it starts, open as many files as the system permits: each connection is one.
pub fn open_many_files() -> Result<(), String> {
    let limits = fs::read_to_string("/proc/self/limits").map_err(|error| error.to_string())?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let most = line.and_then(|line| line.split_whitespace().nth(1)).unwrap_or("1024");
    let process = std::process::id().to_string();
    let raised = Command::new("prlimit")
        .args(["--pid", &process, &format!("--nofile={most}:")])
        .status();
    match raised {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("prlimit: {status}")),
        Err(error) => Err(format!("prlimit: {error}; it is in the package util-linux")),
    }
}

fn move_to(core: &str, process: u32) -> Result<(), String> {
    let moved = Command::new("taskset")
        .args(["-acp", core, &process.to_string()])
        .stdout(Stdio::null())
        .status();
    match moved {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("taskset: {status}; the benchmark needs two cores")),
        Err(error) => Err(format!("taskset: {error}; it is in the package util-linux")),
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

/// A child that ends when it is dropped.
pub struct Process {
    child: Child,
    address: SocketAddr,
    /// From its start to its first answer.
    pub started_in: Duration,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

impl Process {
    /// Starts it, and waits until it answers a GET of this path by 200.
    pub async fn start(mut command: Command, address: SocketAddr, path: &str) -> Result<Self, String> {
        let begun = Instant::now();
        let child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        let mut this = Self {
            child,
            address,
            started_in: Duration::ZERO,
        };
        while begun.elapsed() < PATIENCE {
            if answers(address, path).await.is_some() {
                this.started_in = begun.elapsed();
                return Ok(this);
            }
            if let Ok(Some(status)) = this.child.try_wait() {
                return Err(format!("{command:?}: {status}"));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Err(format!("{command:?}: nobody answers at {address}{path}"))
    }

    /// Asks it to end, as an operator does, and waits: a program that counts what it does writes that down at its end
    /// (`packaging/build`). One that does not end is killed.
    pub fn end(&mut self) {
        const LOOK: Duration = Duration::from_millis(5);
        let begun = Instant::now();
        let process = self.child.id().to_string();
        if let Ok(None) = self.child.try_wait()
            && Command::new("kill").arg(process).status().is_ok()
        {
            while begun.elapsed() < PATIENCE && matches!(self.child.try_wait(), Ok(None)) {
                std::thread::sleep(LOOK);
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until it has nothing to do.
    pub async fn settle(&self) {
        const LOOK: Duration = Duration::from_millis(500);
        let begun = Instant::now();
        // Keys of many realms are looked after for minutes.
        while begun.elapsed() < 20 * PATIENCE {
            let cpu = self.cpu();
            tokio::time::sleep(LOOK).await;
            if self.cpu().saturating_sub(cpu) < LOOK / 20 {
                return;
            }
        }
    }
}

impl Subject for Process {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn cpu(&self) -> Duration {
        cpu_of(&self.child.id().to_string())
    }

    fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kib.unwrap_or(0) * 1024
    }
}

/// Several processes that answer together; the first one listens.
pub struct Together<'a>(pub &'a Process, pub &'a dyn Subject);

impl Subject for Together<'_> {
    fn address(&self) -> SocketAddr {
        self.0.address()
    }

    fn cpu(&self) -> Duration {
        self.0.cpu() + self.1.cpu()
    }

    fn memory(&self) -> u64 {
        self.0.memory() + self.1.memory()
    }
}

/// A process by another address than its first.
pub struct Door<'a>(pub SocketAddr, pub &'a dyn Subject);

impl Subject for Door<'_> {
    fn address(&self) -> SocketAddr {
        self.0
    }

    fn cpu(&self) -> Duration {
        self.1.cpu()
    }

    fn memory(&self) -> u64 {
        self.1.memory()
    }
}

async fn answers(address: SocketAddr, path: &str) -> Option<()> {
    let request = Request::get(path)
        .header("host", format!("localhost:{}", address.port()))
        .body(Full::default());
    let mut connection = Connection::open(address).await.ok()?;
    let answer = connection.send(request.ok()?).await.ok()?;
    (answer.status == StatusCode::OK).then_some(())
}

/// An address of this machine where nobody listens.
pub fn free_address() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()))
}

/// This program again, on the servers' core.
pub fn this_program() -> Result<Command, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    Ok(on_servers_core(program))
}

/// Starts the empty server: this program again.
pub async fn empty() -> Result<Process, String> {
    let address = free_address();
    let mut command = this_program()?;
    command.arg("--empty-on").arg(address.port().to_string());
    Process::start(command, address, "/0").await
}

/// How large a file is, in bytes.
pub fn size_of(file: &Path) -> Result<u64, String> {
    let about = fs::metadata(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(about.len())
}

//! A private PostgreSQL cluster of the installed packages, in a temporary directory.
//!
//! It keeps its durability settings (`fsync`, `synchronous_commit`): tests kill it and look at what is left.

use std::fs::File;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::process::{Watchdog, children, free_port, signal, temporary_directory, wait_for};

const PATIENCE: Duration = Duration::from_mins(1);

/// One PostgreSQL server with its data. Dropped, both are gone.
pub struct Cluster {
    programs: PathBuf,
    directory: PathBuf,
    port: u16,
    databases: AtomicU32,
    running: Option<Running>,
}

struct Running {
    postmaster: Child,
    // Dropped after the postmaster was ended and waited for.
    _watchdog: Watchdog,
}

/// The cluster that all tests of this process share: make a database each. It ends with the process.
pub fn shared() -> &'static Cluster {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    SHARED.get_or_init(Cluster::start)
}

impl Cluster {
    /// Makes a cluster and starts it. Returns when it takes connections.
    #[must_use]
    pub fn start() -> Self {
        let directory = temporary_directory("postgres");
        if let Some((user, group)) = unprivileged() {
            chown(&directory, Some(user), Some(group)).expect("the directory becomes the server's");
        }
        let mut cluster = Self {
            programs: programs(),
            directory,
            port: free_port(),
            databases: AtomicU32::new(0),
            running: None,
        };
        let made = cluster
            .server_program("initdb")
            .args([
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
                "-D",
            ])
            .arg(cluster.data())
            .output();
        succeed("initdb", &made.expect("initdb starts"));
        cluster.restart();
        cluster
    }

    /// Where a database is, for `database = "…"` of the server and for clients.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes a new empty database, and answers its URL.
    pub fn create_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.query("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// Runs SQL by `psql`, and answers what it prints: a line for each row, columns parted by `|`.
    pub fn query(&self, database: &str, sql: &str) -> String {
        let asked = Command::new(self.programs.join("psql"))
            .args([
                "--no-psqlrc",
                "--tuples-only",
                "--no-align",
                "--quiet",
                "--set=ON_ERROR_STOP=1",
            ])
            .args(["--dbname", &self.url(database), "--command", sql])
            .output()
            .expect("psql starts");
        succeed(sql, &asked);
        String::from_utf8_lossy(&asked.stdout).trim().to_owned()
    }

    /// The process id of the running server, whose children are its other processes.
    pub fn pid(&self) -> u32 {
        self.running.as_ref().expect("PostgreSQL runs").postmaster.id()
    }

    /// Stops it as an administrator would: open transactions are rolled back, connections closed, data written.
    pub fn stop(&mut self) {
        self.end("INT");
    }

    /// Kills the server and all its processes at once. What was not synced is lost to them.
    pub fn kill9(&mut self) {
        self.end("KILL");
    }

    /// Starts it again on the same port, stopping it first if it runs. Returns when it takes connections.
    pub fn restart(&mut self) {
        self.stop();
        // Until the kernel has taken away the last of a killed server, its shared memory keeps a new one from starting.
        let started = wait_for(PATIENCE, || self.try_start());
        assert!(started.is_some(), "PostgreSQL does not start:\n{}", self.log());
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    fn try_start(&mut self) -> Option<()> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.directory.join("log"))
            .expect("the log opens");
        let mut postmaster = self
            .server_program("postgres")
            .arg("-D")
            .arg(self.data())
            .args(["-c", "listen_addresses=127.0.0.1", "-c", &format!("port={}", self.port)])
            .args(["-c", "max_connections=200", "-c"])
            .arg(format!("unix_socket_directories={}", self.directory.display()))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .expect("postgres starts");
        let pid = postmaster.id();
        let watchdog = Watchdog::over(pid, "QUIT", &self.directory);
        let ready = wait_for(PATIENCE, || match postmaster.try_wait() {
            Ok(None) => self.says_ready(pid).then_some(true),
            _ => Some(false),
        });
        if ready == Some(true) {
            self.running = Some(Running {
                postmaster,
                _watchdog: watchdog,
            });
            return Some(());
        }
        let _ = postmaster.kill();
        let _ = postmaster.wait();
        None
    }

    /// The eighth line of `postmaster.pid` is the server's state.
    fn says_ready(&self, pid: u32) -> bool {
        let file = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let mut lines = file.lines().map(str::trim);
        lines.next() == Some(&pid.to_string()) && lines.nth(6) == Some("ready")
    }

    fn end(&mut self, how: &str) {
        if let Some(mut running) = self.running.take() {
            let pid = running.postmaster.id();
            let mut targets = vec![pid];
            if how == "KILL" {
                targets.extend(children(pid));
            }
            signal(how, &targets);
            let _ = running.postmaster.wait();
        }
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// The server refuses to run as root: it gets the user that the package has made for it.
    fn server_program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = match unprivileged() {
            None => Command::new(program),
            Some((user, group)) => {
                let mut command = Command::new("setpriv");
                command
                    .arg(format!("--reuid={user}"))
                    .arg(format!("--regid={group}"))
                    .arg("--clear-groups");
                command.arg(program);
                command
            }
        };
        command.current_dir(&self.directory);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.end("QUIT");
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// The newest version that Debian's packages have installed.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    versions
        .filter(|path| path.join("bin/initdb").exists())
        .max_by_key(|path| version(path))
        .map(|path| path.join("bin"))
        .expect("the package `postgresql` is installed")
}

/// As root: the user and group ids of `postgres`.
fn unprivileged() -> Option<(u32, u32)> {
    let id = |args: &[&str]| {
        let output = Command::new("id").args(args).output().expect("id starts");
        String::from_utf8_lossy(&output.stdout)
            .trim()
            .parse::<u32>()
            .expect("a user `postgres`")
    };
    (id(&["-u"]) == 0).then(|| (id(&["-u", "postgres"]), id(&["-g", "postgres"])))
}

fn succeed(what: &str, output: &Output) {
    assert!(
        output.status.success(),
        "{what}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_of_the_shared_cluster_are_apart() {
        let (one, two) = (shared().create_database(), shared().create_database());
        assert_ne!(one, two);
        let name = |url: &str| url.rsplit('/').next().unwrap().to_owned();
        shared().query(&name(&one), "CREATE TABLE here (n BIGINT); INSERT INTO here VALUES (7)");
        assert_eq!(shared().query(&name(&one), "SELECT n FROM here"), "7");
        assert_eq!(shared().query(&name(&two), "SELECT to_regclass('here') IS NULL"), "t");
    }

    #[test]
    fn writes_are_synced_before_they_are_acknowledged() {
        for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
            assert_eq!(
                shared().query("postgres", &format!("SHOW {setting}")),
                "on",
                "{setting}"
            );
        }
    }

    #[test]
    fn what_was_committed_survives_a_kill_and_a_stop() {
        let mut cluster = Cluster::start();
        cluster.query("postgres", "CREATE TABLE kept (n BIGINT)");
        cluster.query("postgres", "INSERT INTO kept VALUES (1)");
        cluster.kill9();
        cluster.restart();
        cluster.query("postgres", "INSERT INTO kept VALUES (2)");
        cluster.stop();
        cluster.restart();
        assert_eq!(cluster.query("postgres", "SELECT sum(n) FROM kept"), "3");
    }

    #[test]
    fn a_dropped_cluster_leaves_nothing_behind() {
        let cluster = Cluster::start();
        let (directory, pid) = (
            cluster.directory.clone(),
            cluster.running.as_ref().unwrap().postmaster.id(),
        );
        drop(cluster);
        assert!(!directory.exists());
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
    }
}

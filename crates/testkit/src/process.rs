//! Processes that must not outlive the test, their directories and their ports.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Waits on its standard input: a line ends it, the end of the stream (this process is gone) ends what it watches.
/// The process may be nobody's child by then, and a zombie where no init reaps it: so the wait for it is bounded.
const WATCH: &str = r#"
trap '' INT TERM HUP
read -r _ && exit 0
kill -"$1" "$2" 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$2" 2>/dev/null || break; sleep 0.2; done
rm -rf "$3"
"#;

/// Ends a process and removes its directory when this process ends without having done so, even by `kill -9`
/// or with the process held in a `static`.
pub struct Watchdog {
    shell: Child,
    leash: Option<ChildStdin>,
}

impl Watchdog {
    /// Watches over the process `pid`, to be ended by `signal` (`"KILL"`, `"QUIT"`), and over its directory.
    #[must_use]
    pub fn over(pid: u32, signal: &str, directory: &Path) -> Self {
        let mut shell = Command::new("sh")
            .args(["-c", WATCH, "watchdog", signal, &pid.to_string()])
            .arg(directory)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh starts");
        let leash = shell.stdin.take();
        Self { shell, leash }
    }
}

impl Drop for Watchdog {
    /// Whoever drops it has ended the process: nothing is left to watch.
    fn drop(&mut self) {
        if let Some(mut leash) = self.leash.take() {
            let _ = std::io::Write::write_all(&mut leash, b"done\n");
        }
        let _ = self.shell.wait();
    }
}

/// Sends a signal (`"TERM"`) to processes. Those that are gone already are no error.
pub fn signal(signal: &str, pids: &[u32]) {
    let _ = Command::new("kill")
        .arg(format!("-{signal}"))
        .args(pids.iter().map(ToString::to_string))
        .stderr(Stdio::null())
        .status();
}

/// The processes that `pid` has started and that still run.
pub fn children(pid: u32) -> Vec<u32> {
    let listed = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    listed
        .split_whitespace()
        .filter_map(|child| child.parse().ok())
        .collect()
}

/// Asks `ready` until it answers, every 20 ms; `None` when `limit` has passed.
pub fn wait_for<T>(limit: Duration, mut ready: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = ready() {
            return Some(answer);
        }
        if start.elapsed() > limit {
            return None;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn next() -> u32 {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    COUNTER.fetch_add(1, Ordering::Relaxed)
}

/// A TCP port of the loopback addresses where nobody listens, handed out once in this process.
///
/// It is below the range that the system uses for outgoing connections, so that it is still free when a server
/// that was stopped starts on it again.
pub fn free_port() -> u16 {
    const FIRST: u32 = 20_000;
    const COUNT: u32 = 12_000;
    let free = |port: &u16| {
        [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2)]
            .iter()
            .all(|ip| TcpListener::bind((*ip, *port)).is_ok())
    };
    (0..COUNT)
        .filter_map(|_| u16::try_from(FIRST + std::process::id().wrapping_mul(61).wrapping_add(next()) % COUNT).ok())
        .find(free)
        .expect("a free port")
}

/// A new empty directory under the system's one for temporary files. Whoever asks for it removes it.
pub fn temporary_directory(name: &str) -> PathBuf {
    (0..1000)
        .map(|_| std::env::temp_dir().join(format!("sekisho-{name}-{}-{}", std::process::id(), next())))
        .find(|path| std::fs::create_dir(path).is_ok())
        .expect("a new temporary directory")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper() -> Child {
        Command::new("sleep").arg("600").spawn().unwrap()
    }

    #[test]
    fn ports_are_handed_out_once() {
        assert_ne!(free_port(), free_port());
    }

    #[test]
    fn a_watchdog_whose_owner_vanishes_ends_the_process_and_removes_the_directory() {
        let directory = temporary_directory("watchdog");
        let mut watched = sleeper();
        let mut watchdog = Watchdog::over(watched.id(), "KILL", &directory);
        drop(watchdog.leash.take());
        assert!(!watched.wait().unwrap().success());
        wait_for(Duration::from_secs(10), || (!directory.exists()).then_some(())).expect("the directory is removed");
    }

    #[test]
    fn a_watchdog_that_is_dropped_touches_nothing() {
        let directory = temporary_directory("watchdog");
        let mut watched = sleeper();
        drop(Watchdog::over(watched.id(), "KILL", &directory));
        assert!(watched.try_wait().unwrap().is_none());
        assert!(directory.exists());
        watched.kill().unwrap();
        watched.wait().unwrap();
        std::fs::remove_dir(&directory).unwrap();
    }
}

//! The control socket: beside a running server, commands are carried out by the server.
//!
//! A unix socket in the data directory that only its owner can open. Each line is a [`Command`] as JSON; each answer
//! is a line `{"ok": …}` or `{"error": {"kind", "problem", "remedy"}}`.

use std::{
    fs::{self, File, TryLockError},
    io,
    os::{
        fd::AsRawFd,
        unix::{
            ffi::OsStrExt,
            fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
        },
    },
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use authn::password::PasswordPool;
use realm::Realms;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    sync::{Semaphore, watch},
    task::JoinHandle,
    time::timeout,
};

use crate::administration::{self, AdminError, AdminErrorKind, Command};

/// The longest line: a realm file with many users.
const LONGEST: u64 = 32 << 20;
/// Connections at once.
const CONNECTIONS: u32 = 32;
/// How long a connection may say nothing.
const IDLE: Duration = Duration::from_mins(1);
/// How long a command may take before its sender gives up.
const PATIENCE: Duration = Duration::from_mins(2);
/// The most that fits into the address of a unix socket, with room for the temporary directory's name.
const LONGEST_PATH: usize = 64;

/// An answer.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Ok(Value),
    Error(AdminError),
}

/// A data directory that belongs to this process, until it ends, however it ends.
pub struct Held(#[expect(dead_code, reason = "the lock lives as long as the file is open")] File);

/// Takes the data directory of this control socket. Fails when another server has it.
pub fn hold(socket: &Path) -> Result<Held, String> {
    let lock = lock(socket).map_err(|error| cannot_write(socket, &error))?;
    lock.map(Held).ok_or_else(|| {
        let directory = socket.parent().unwrap_or(socket);
        format!(
            "another server runs on {} — stop it, or give this one another data directory",
            directory.display()
        )
    })
}

fn cannot_write(path: &Path, error: &io::Error) -> String {
    format!(
        "{}: {error} — let the user that runs sekisho write there",
        path.display()
    )
}

/// Listens at this path, in the directory that is held, until the server stops. Answers the task, which ends when the
/// commands in progress are answered.
pub fn listen(
    path: &Path,
    held: Held,
    realms: Arc<Realms>,
    passwords: PasswordPool,
    mut stopped: watch::Receiver<bool>,
) -> Result<JoinHandle<()>, String> {
    let listener = bind(path).map_err(|error| cannot_write(path, &error))?;
    let path = path.to_owned();
    Ok(tokio::spawn(async move {
        let places = Arc::new(Semaphore::new(CONNECTIONS as usize));
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = stopped.wait_for(|stopped| *stopped) => break,
            };
            let (Ok((stream, _)), Ok(place)) = (accepted, Arc::clone(&places).acquire_owned().await) else {
                // Out of file descriptors, most likely: they come back.
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let (realms, passwords) = (Arc::clone(&realms), passwords.clone());
            tokio::spawn(async move {
                if let Err(error) = converse(stream, &realms, &passwords).await {
                    tracing::debug!(%error, "a control connection ended");
                }
                drop(place);
            });
        }
        if let Err(error) = fs::remove_file(&path) {
            tracing::debug!(%error, "the control socket could not be removed");
        }
        // Commands in progress get their answer.
        let _ = places.acquire_many(CONNECTIONS).await;
        drop(held);
    }))
}

/// `None` when somebody else has the lock.
fn lock(socket: &Path) -> io::Result<Option<File>> {
    let path = socket.with_extension("lock");
    let file = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// The socket appears at its place with its mode, so that there is no moment in which others can open it. It is bound
/// in a private directory first; what a dead server left there is replaced.
fn bind(path: &Path) -> io::Result<UnixListener> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let name = format!(".control-{}", jose::b64::encode(jose::random_bytes::<6>()));
    let private = directory.join(&name);
    fs::DirBuilder::new().mode(0o700).create(&private)?;
    let bound = Reachable::open(&private).and_then(|reachable| {
        let listener = UnixListener::bind(reachable.join("s"))?;
        fs::set_permissions(private.join("s"), fs::Permissions::from_mode(0o600))?;
        fs::rename(private.join("s"), path)?;
        Ok(listener)
    });
    fs::remove_dir_all(&private)?;
    bound
}

/// A directory whose sockets can be named although its path is too long for their addresses.
struct Reachable {
    path: PathBuf,
    _open: Option<File>,
}

impl Reachable {
    fn open(directory: &Path) -> io::Result<Self> {
        if directory.as_os_str().as_bytes().len() <= LONGEST_PATH {
            return Ok(Self {
                path: directory.to_owned(),
                _open: None,
            });
        }
        let open = File::open(directory)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd()));
        Ok(Self {
            path,
            _open: Some(open),
        })
    }

    fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

async fn converse(stream: UnixStream, realms: &Realms, passwords: &PasswordPool) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    loop {
        let line = match timeout(IDLE, read_line(&mut reader)).await {
            Ok(line) => line?,
            Err(_) => return Ok(()),
        };
        let Some(line) = line else { return Ok(()) };
        let is_whole = line.ends_with(b"\n");
        let answer = if is_whole {
            answer(&line, realms, passwords).await
        } else {
            Answer::Error(AdminError::invalid(
                "the command is too long or was cut off",
                "send one line of JSON",
            ))
        };
        let mut text = serde_json::to_vec(&answer)?;
        text.push(b'\n');
        writer.write_all(&text).await?;
        if !is_whole {
            return Ok(());
        }
    }
}

/// A line with its end, or what there was of it; `None` when there is nothing more.
async fn read_line(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    reader.take(LONGEST).read_until(b'\n', &mut line).await?;
    Ok((!line.is_empty()).then_some(line))
}

async fn answer(line: &[u8], realms: &Realms, passwords: &PasswordPool) -> Answer {
    let command: Command = match serde_json::from_slice(line) {
        Ok(command) => command,
        Err(error) => {
            let remedy = "use the sekisho program of the same version as the server";
            return Answer::Error(AdminError::invalid(
                format!("the command cannot be read ({error})"),
                remedy,
            ));
        }
    };
    match administration::execute(realms, passwords, command).await {
        Ok(value) => Answer::Ok(value),
        Err(error) => Answer::Error(error),
    }
}

/// Sends a command to the server that listens at this path; `None` when none does.
pub async fn send(path: &Path, command: &Command) -> Option<Result<Value, AdminError>> {
    let stream = match connect(path).await {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return None;
        }
        Err(error) => {
            let problem = format!(
                "the server's control socket {} cannot be opened ({error})",
                path.display()
            );
            return Some(Err(AdminError::new(
                AdminErrorKind::Unavailable,
                problem,
                "run this as the user that runs the server",
            )));
        }
    };
    let lost = |problem: String| {
        AdminError::new(
            AdminErrorKind::Unavailable,
            problem,
            "look at the server's log, and whether the change was made",
        )
    };
    Some(match timeout(PATIENCE, exchange(stream, command)).await {
        Ok(Ok(Answer::Ok(value))) => Ok(value),
        Ok(Ok(Answer::Error(error))) => Err(error),
        Ok(Err(error)) => Err(lost(format!("the server gave no answer ({error})"))),
        Err(_) => Err(lost("the server gave no answer in time".to_owned())),
    })
}

async fn connect(path: &Path) -> io::Result<UnixStream> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let reachable = Reachable::open(directory)?;
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    UnixStream::connect(reachable.join(&name)).await
}

async fn exchange(stream: UnixStream, command: &Command) -> io::Result<Answer> {
    let (reader, mut writer) = stream.into_split();
    let mut line = serde_json::to_vec(command)?;
    line.push(b'\n');
    writer.write_all(&line).await?;
    let mut answer = Vec::new();
    BufReader::new(reader).read_until(b'\n', &mut answer).await?;
    if answer.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_slice(&answer)?)
}

#[cfg(test)]
mod tests;

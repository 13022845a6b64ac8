//! One line for each call, in a format that other programs read: Combined, or JSON.
//!
//! A thread of its own writes, so that no call waits for a disk; what it cannot keep up with is left out and counted. A
//! file that was moved away (logrotate) is opened anew within a second. What could be a secret is not written: of the
//! query the names alone, of the referrer no query, of the credentials nothing.

use std::{
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::Path,
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    thread,
    time::Duration,
};

use http::Version;
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

use crate::Call;

/// Lines that may wait for the disk.
const MOST_WAITING: usize = 8192;
/// How often it is looked whether the file was moved away.
const LOOK: Duration = Duration::from_secs(1);
/// The longest path, referrer and user agent that is written, in bytes.
const LONGEST: usize = 2048;

/// What a line looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The Combined Log Format, with three further fields: the id of the call, the id of its trace, and the seconds that it
    /// took.
    Combined,
    /// A JSON object.
    Json,
}

enum Message {
    Line(String),
    Flush(SyncSender<()>),
}

/// An access log.
pub struct AccessLog {
    format: Format,
    lines: SyncSender<Message>,
}

impl AccessLog {
    /// Opens the file, to which lines are appended; only its owner and group can read a new one.
    pub fn open(path: &Path, format: Format) -> io::Result<Self> {
        let file = open(path)?;
        let (lines, waiting) = sync_channel(MOST_WAITING);
        let path = path.to_owned();
        thread::Builder::new()
            .name("access-log".into())
            .spawn(move || write_all(&waiting, &path, file))?;
        Ok(Self { format, lines })
    }

    /// Writes a line, soon.
    pub fn write(&self, now: i64, call: &Call<'_>) {
        let line = match self.format {
            Format::Combined => combined(now, call),
            Format::Json => json(now, call),
        };
        if let Err(TrySendError::Full(_)) = self.lines.try_send(Message::Line(line)) {
            metrics::counter!("sekisho_access_log_lost_total").increment(1);
        }
    }

    /// Waits until what was told so far is in the file.
    pub fn flush(&self) {
        let (done, is_done) = sync_channel(1);
        if self.lines.send(Message::Flush(done)).is_ok() {
            let _ = is_done.recv_timeout(Duration::from_secs(5));
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o640).open(path)
}

fn write_all(waiting: &Receiver<Message>, path: &Path, file: File) {
    let mut file = BufWriter::new(file);
    loop {
        let told = match waiting.recv_timeout(LOOK) {
            Ok(message) => {
                let told = write_one(&mut file, message);
                // What waits is written together.
                waiting
                    .try_iter()
                    .fold(told, |told, message| told.and(write_one(&mut file, message)))
            }
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Err(RecvTimeoutError::Disconnected) => break,
        };
        if told.and_then(|()| file.flush()).is_err() {
            metrics::counter!("sekisho_access_log_lost_total").increment(1);
        }
        if was_moved(path, file.get_ref())
            && let Ok(new) = open(path)
        {
            file = BufWriter::new(new);
        }
    }
    let _ = file.flush();
}

fn write_one(file: &mut BufWriter<File>, message: Message) -> io::Result<()> {
    match message {
        Message::Line(line) => file.write_all(line.as_bytes()),
        Message::Flush(done) => {
            let written = file.flush();
            let _ = done.send(());
            written
        }
    }
}

/// Whether another file, or none, has the name by now.
fn was_moved(path: &Path, file: &File) -> bool {
    let place = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (path.metadata().map(place), file.metadata().map(place)) {
        (Ok(named), Ok(opened)) => named != opened,
        (Err(_), _) => true,
        (_, Err(_)) => false,
    }
}

fn combined(now: i64, call: &Call<'_>) -> String {
    let format = format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
    let at = OffsetDateTime::from_unix_timestamp(now).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let at = at.format(format).unwrap_or_default();
    let mut line = String::with_capacity(256);
    match call.address {
        Some(address) => {
            let _ = write!(line, "{address}");
        }
        None => line.push('-'),
    }
    line.push_str(" - ");
    // Spaces part the fields that have no quotes.
    push_escaped(&mut line, &call.subject.unwrap_or("-").replace(' ', "_"));
    let _ = write!(line, " [{at}] \"");
    push_escaped(&mut line, call.method);
    line.push(' ');
    push_escaped(&mut line, &without_values(call.target));
    let _ = write!(line, " {}\" {} ", version(call.version), call.status);
    match call.bytes {
        Some(bytes) => {
            let _ = write!(line, "{bytes}");
        }
        None => line.push('-'),
    }
    let referer = call.referer.map(without_query);
    for text in [referer, call.user_agent, Some(call.id), Some(call.trace.trace_id())] {
        line.push_str(" \"");
        push_escaped(&mut line, shortened(text.unwrap_or("-")));
        line.push('"');
    }
    let _ = writeln!(line, " {:.6}", call.took.as_secs_f64());
    line
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    through: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    method: &'a str,
    path: String,
    protocol: &'static str,
    status: u16,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    referer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    id: &'a str,
    trace_id: &'a str,
}

fn json(now: i64, call: &Call<'_>) -> String {
    let at = OffsetDateTime::from_unix_timestamp(now).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let line = Line {
        time: at.format(&Rfc3339).unwrap_or_default(),
        through: call.through.as_str(),
        address: call.address.map(|address| address.to_string()),
        method: call.method,
        path: without_values(call.target),
        protocol: version(call.version),
        status: call.status,
        outcome: call.outcome.as_str(),
        reason: call.outcome.reason(),
        api: call.api,
        route: call.route,
        client_id: call.client,
        sub: call.subject,
        bytes: call.bytes,
        seconds: call.took.as_secs_f64(),
        referer: call.referer.map(without_query).map(shortened),
        user_agent: call.user_agent.map(shortened),
        id: call.id,
        trace_id: call.trace.trace_id(),
    };
    let mut line = serde_json::to_string(&line).unwrap_or_default();
    line.push('\n');
    line
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "HTTP/0.9",
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2.0",
        Version::HTTP_3 => "HTTP/3.0",
        _ => "HTTP/1.1",
    }
}

/// The target with the names of its query alone. What has no name may be a secret as a whole.
fn without_values(target: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut text = shortened(path).to_owned();
    let names = query.split('&').filter(|pair| !pair.is_empty());
    for (at, pair) in names.enumerate() {
        text.push(if at == 0 { '?' } else { '&' });
        if let Some((name, _)) = pair.split_once('=') {
            text.push_str(shortened(name));
            text.push('=');
        }
        text.push('*');
        if text.len() > LONGEST {
            text.push('…');
            break;
        }
    }
    text
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

fn shortened(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// As Apache and nginx write it: nobody can end a field or a line with what they send.
fn push_escaped(line: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                line.push('\\');
                line.push(character);
            }
            ' '..='~' => line.push(character),
            _ => {
                let mut bytes = [0; 4];
                for byte in character.encode_utf8(&mut bytes).bytes() {
                    let _ = write!(line, "\\x{byte:02x}");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{Outcome, Through, TraceContext};

    /// 2026-11-23 12:00:00 UTC.
    const NOON: i64 = 1_795_435_200;

    fn call<'a>(trace: &'a TraceContext, target: &'a str) -> Call<'a> {
        Call {
            through: Through::Gateway,
            api: Some("https://api.example"),
            route: Some("/accounts/**"),
            client: Some("app"),
            subject: Some("alice smith"),
            method: "GET",
            target,
            version: Version::HTTP_11,
            status: 403,
            outcome: Outcome::Refused("scope.insufficient"),
            took: Duration::from_micros(1500),
            bytes: Some(17),
            address: Some("192.0.2.7".parse().unwrap()),
            user_agent: Some("curl/8 \"x\"\r\ny"),
            referer: Some("https://app.example/page?code=secret#x"),
            id: "the-id",
            trace,
        }
    }

    #[test]
    fn a_line_of_the_combined_format_is_what_programs_expect() {
        let trace = TraceContext::begin();
        let line = combined(NOON, &call(&trace, "/accounts/1"));
        let expected = format!(
            "192.0.2.7 - alice_smith [23/Nov/2026:12:00:00 +0000] \"GET /accounts/1 HTTP/1.1\" 403 17 \
             \"https://app.example/page\" \"curl/8 \\\"x\\\"\\x0d\\x0ay\" \"the-id\" \"{}\" 0.001500\n",
            trace.trace_id()
        );
        assert_eq!(line, expected);
    }

    #[test]
    fn a_line_of_json_says_who_what_and_why() {
        let trace = TraceContext::begin();
        let line = json(NOON, &call(&trace, "/accounts/1?token=abc"));
        assert!(line.ends_with("}\n") && line.matches('\n').count() == 1, "{line}");
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        let expected = serde_json::json!({
            "time": "2026-11-23T12:00:00Z", "through": "gateway", "address": "192.0.2.7", "method": "GET",
            "path": "/accounts/1?token=*", "protocol": "HTTP/1.1", "status": 403, "outcome": "refused",
            "reason": "scope.insufficient", "api": "https://api.example", "route": "/accounts/**", "client_id": "app",
            "sub": "alice smith", "bytes": 17, "seconds": 0.0015, "referer": "https://app.example/page",
            "user_agent": "curl/8 \"x\"\r\ny", "id": "the-id", "trace_id": trace.trace_id(),
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn no_value_of_a_query_is_written() {
        for (target, written) in [
            ("/a", "/a"),
            ("/a?", "/a"),
            ("/a?b=secret&c=secret", "/a?b=*&c=*"),
            ("/a?secret", "/a?*"),
            ("/a?b=secret=secret&&secret", "/a?b=*&*"),
            ("/a?b=secret?secret", "/a?b=*"),
        ] {
            assert_eq!(without_values(target), written);
        }
        let long = format!("/{}?{}", "é".repeat(LONGEST), "name=secret&".repeat(LONGEST));
        assert!(without_values(&long).len() < 3 * LONGEST);
    }

    #[test]
    fn a_file_that_was_moved_away_is_opened_anew() {
        let directory = testkit::process::temporary_directory("access-log");
        let (path, moved) = (directory.join("access.log"), directory.join("access.log.1"));
        let (log, trace) = (AccessLog::open(&path, Format::Json).unwrap(), TraceContext::begin());
        log.write(NOON, &call(&trace, "/first"));
        log.flush();
        assert!(fs::read_to_string(&path).unwrap().contains("/first"));
        fs::rename(&path, &moved).unwrap();
        let is_back = || path.exists().then_some(());
        testkit::process::wait_for(Duration::from_secs(10), is_back);
        log.write(NOON, &call(&trace, "/second"));
        log.flush();
        assert!(fs::read_to_string(&path).unwrap().contains("/second"));
        assert!(!fs::read_to_string(&moved).unwrap().contains("/second"));
        fs::remove_dir_all(directory).unwrap();
    }
}

//! `sekisho audit`: what happened, as a table or as one JSON object a line, and what happens from now on.
//!
//! Changes that are made at the same time are seen in any order, and nodes' clocks differ a little: so each look goes back
//! by [`OVERLAP`], and what was told before is not told again.

use std::{collections::HashSet, fmt::Write as _, io::Write as _, mem, path::Path, process::ExitCode, time::Duration};

use model::{AuditKind, Clock};
use serde_json::Value;

use super::{
    arguments::{Audit, Kinds},
    ask,
    failure::Failure,
    terminal::plain,
};
use crate::{
    administration::{Action, AuditQuery, Command},
    config::{self, ServerConfig},
};

/// How far each look goes back, in seconds.
const OVERLAP: i64 = 10;
/// How many events are asked for at once by who wants all.
const PAGE: i64 = 1000;
/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// The columns of the table, as wide as they are at least.
const COLUMNS: [(&str, &str, usize); 8] = [
    ("TIME", "at", 20),
    ("KIND", "kind", 18),
    ("BY", "actor", 9),
    ("USER", "user", 10),
    ("CLIENT", "client_id", 12),
    ("ADDRESS", "address", 15),
    ("EXPLANATION", "explanation", 12),
    ("COUNT", "count", 5),
];

pub(super) async fn run(file: Option<&Path>, task: Audit, is_json: bool) -> Result<ExitCode, Failure> {
    let config = config::load_process(file)?;
    let is_followed = task.follow;
    let (realm, mut query) = query(task)?;
    let look = Look { config, realm, is_json };
    let mut seen = Seen::default();
    if is_followed {
        look.follow(query, seen).await
    } else {
        look.all(&mut query, &mut seen).await?;
        Ok(ExitCode::SUCCESS)
    }
}

fn query(task: Audit) -> Result<(Option<String>, AuditQuery), String> {
    let now = Clock::system().now();
    let mut kinds: Vec<AuditKind> = task.kinds.into_iter().flat_map(|Kinds(kinds)| kinds).collect();
    if let Some(result) = task.result {
        let among = if kinds.is_empty() { AuditKind::ALL } else { &kinds };
        kinds = among.iter().copied().filter(|kind| kind.result() == result).collect();
        if kinds.is_empty() {
            let result = result.as_str();
            return Err(format!(
                "no event of this kind ends as {result} — leave out --result, or choose another --kind"
            ));
        }
    }
    let query = AuditQuery {
        since: task.since.map(|moment| moment.unix(now)),
        after: None,
        until: task.until.map(|moment| moment.unix(now)),
        user: task.user,
        client: task.client,
        kinds: kinds.into_iter().map(|kind| kind.as_str().to_owned()).collect(),
        limit: task.limit,
        oldest: false,
    };
    Ok((task.realm.realm, query))
}

/// What was told before.
#[derive(Default)]
struct Seen {
    has_head: bool,
    /// The ids of the last look.
    before: HashSet<String>,
    /// And those of this one.
    now: HashSet<String>,
}

impl Seen {
    /// Whether an event is told for the first time.
    fn is_new(&mut self, event: &Value) -> bool {
        let id = event["id"].as_str().unwrap_or_default();
        self.now.insert(id.to_owned()) && !self.before.contains(id)
    }
}

/// Who looks at the events of a realm.
struct Look {
    config: ServerConfig,
    realm: Option<String>,
    is_json: bool,
}

impl Look {
    /// Goes on until nobody reads any more. A server that does not answer is waited for, once one has answered.
    async fn follow(&self, mut query: AuditQuery, mut seen: Seen) -> Result<ExitCode, Failure> {
        // Who says from when wants all that happened since.
        if query.since.is_some() {
            (query.oldest, query.limit) = (true, PAGE);
        }
        let mut is_read = self.all(&mut query, &mut seen).await?;
        let mut is_answered = true;
        while is_read {
            tokio::time::sleep(PAUSE).await;
            match self.all(&mut query, &mut seen).await {
                Ok(goes_on) => (is_read, is_answered) = (goes_on, true),
                Err(failure) => {
                    if is_answered {
                        eprintln!("sekisho: {}; it is asked again until it answers", failure.line());
                    }
                    is_answered = false;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// One look, page after page; the next one begins a little before its end. `false`: nobody reads any more.
    async fn all(&self, query: &mut AuditQuery, seen: &mut Seen) -> Result<bool, Failure> {
        loop {
            let answer = &self.ask(query).await?;
            let events = answer["events"].as_array().map(Vec::as_slice).unwrap_or_default();
            for event in events {
                if seen.is_new(event) && !self.tell(event, seen) {
                    return Ok(false);
                }
            }
            let next = &answer["next"];
            if let (Some(since), Some(after)) = (next["since"].as_i64(), next["after"].as_str()) {
                (query.since, query.after) = (Some(since), Some(after.to_owned()));
                continue;
            }
            query.since = answer["now"].as_i64().map(|now| now - OVERLAP);
            query.after = None;
            (query.oldest, query.limit) = (true, PAGE);
            seen.before = mem::take(&mut seen.now);
            return Ok(true);
        }
    }

    async fn ask(&self, query: &AuditQuery) -> Result<Value, Failure> {
        let command = Command {
            realm: self.realm.clone(),
            action: Action::Audit { query: query.clone() },
        };
        ask(&self.config, command).await
    }

    fn tell(&self, event: &Value, seen: &mut Seen) -> bool {
        let mut text = String::new();
        if !self.is_json && !mem::replace(&mut seen.has_head, true) {
            text += &line(|(head, ..)| (*head).to_owned(), "DETAILS");
        }
        if self.is_json {
            let _ = writeln!(text, "{event}");
        } else {
            text += &line(|(_, member, _)| plain(&event[*member]), &details(event));
        }
        let mut stdout = std::io::stdout();
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_ok()
    }
}

fn line(cell: impl Fn(&(&str, &str, usize)) -> String, details: &str) -> String {
    let mut text = COLUMNS.iter().fold(String::new(), |mut text, column| {
        let _ = write!(text, "{:<width$}  ", cell(column), width = column.2);
        text
    });
    text.push_str(details);
    format!("{}\n", text.trim_end())
}

/// `name=value`, one behind the other.
fn details(event: &Value) -> String {
    let members = event["details"].as_object().into_iter().flatten();
    let pairs: Vec<String> = members
        .map(|(name, value)| format!("{}={}", plain(&name.as_str().into()), plain(value)))
        .collect();
    pairs.join(" ")
}

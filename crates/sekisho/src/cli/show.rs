//! Answers as text for people.

use std::fmt::Write;

use protocol::SecurityProfile;
use serde_json::Value;

use super::terminal::{plain, table, time};
use crate::administration::{
    PlannedChange, Verb,
    doctor::{Finding, Grade},
};

/// A column: its head, the member, and whether it is a time.
type Column = (&'static str, &'static str, bool);

fn rows(answer: &Value, list: &str, columns: &[Column], nothing: &str) -> String {
    let found = answer[list].as_array().map(Vec::as_slice).unwrap_or_default();
    if found.is_empty() {
        return format!("{nothing}\n");
    }
    let cell = |row: &Value, (_, member, is_time): &Column| {
        if *is_time {
            time(&row[*member])
        } else {
            plain(&row[*member])
        }
    };
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|row| columns.iter().map(|column| cell(row, column)).collect())
        .collect();
    let head: Vec<&str> = columns.iter().map(|(head, _, _)| *head).collect();
    table(&head, &rows)
}

pub(super) fn users(answer: &Value) -> String {
    let columns = [
        ("USER", "username", false),
        ("ENABLED", "enabled", false),
        ("OWNER", "owner", false),
        ("CREATED", "created_at", true),
        ("SUBJECT", "sub", false),
    ];
    let mut text = rows(answer, "users", &columns, "there are no users");
    if let Some(next) = answer["next"].as_str() {
        let _ = writeln!(text, "there are more: add --after {}", plain(&next.into()));
    }
    text
}

pub(super) fn authenticators(answer: &Value) -> String {
    let columns = [
        ("ID", "id", false),
        ("METHOD", "method", false),
        ("NAME", "name", false),
        ("ACTIVE", "active", false),
        ("ENROLLED", "created_at", true),
        ("LAST USED", "last_used_at", true),
    ];
    rows(answer, "authenticators", &columns, "the user has a password at most")
}

pub(super) fn clients(answer: &Value) -> String {
    let columns = [
        ("CLIENT", "client_id", false),
        ("NAME", "client_name", false),
        ("ENABLED", "enabled", false),
        ("OWNER", "owner", false),
        ("SECRET", "has_secret", false),
    ];
    rows(answer, "clients", &columns, "there are no clients")
}

pub(super) fn tokens(answer: &Value) -> String {
    let columns = [
        ("TOKEN", "id", false),
        ("GOOD", "good", false),
        ("CLIENTS LEFT", "uses_left", false),
        ("ENDS", "expires_at", true),
        ("SCOPE", "scope", false),
        ("NOTE", "note", false),
    ];
    rows(answer, "tokens", &columns, "there are no initial access tokens")
}

/// An initial access token that was just made.
pub(super) fn new_token(answer: &Value) -> String {
    format!(
        "id                    {}\ninitial_access_token  {}\nends                  {}\n\
         Keep the token now: it is stored as a hash and cannot be shown again.\n",
        plain(&answer["id"]),
        plain(&answer["initial_access_token"]),
        time(&answer["expires_at"])
    )
}

pub(super) fn apis(answer: &Value) -> String {
    let columns = [
        ("API", "identifier", false),
        ("NAME", "name", false),
        ("TOKENS", "token_format", false),
        ("OWNER", "owner", false),
    ];
    rows(answer, "apis", &columns, "there are no APIs")
}

pub(super) fn api_keys(answer: &Value) -> String {
    let columns = [
        ("KEY", "id", false),
        ("STATE", "state", false),
        ("CLIENT", "client_id", false),
        ("OWNER", "owner", false),
        ("API", "api", false),
        ("SCOPE", "scope", false),
        ("USED", "last_used_at", true),
        ("ENDS", "expires_at", true),
        ("NAME", "name", false),
    ];
    rows(answer, "api_keys", &columns, "there are no API keys")
}

/// An API key that was just made.
pub(super) fn new_api_key(answer: &Value) -> String {
    format!(
        "id       {}\napi_key  {}\nclient   {}\nscope    {}\nends     {}\n\
         Keep the key now: it is stored as a hash and cannot be shown again.\n",
        plain(&answer["id"]),
        plain(&answer["api_key"]),
        plain(&answer["client_id"]),
        plain(&answer["scope"]),
        time(&answer["expires_at"])
    )
}

pub(super) fn keys(answer: &Value) -> String {
    let columns = [
        ("KEY", "kid", false),
        ("ALG", "alg", false),
        ("STATE", "state", false),
        ("MADE", "created_at", true),
        ("SIGNS FROM", "activates_at", true),
        ("RETIRED", "retired_at", true),
    ];
    rows(
        answer,
        "keys",
        &columns,
        "there are no keys yet: the server makes them when it first runs",
    )
}

pub(super) fn grants(answer: &Value) -> String {
    let columns = [
        ("GRANT", "id", false),
        ("CLIENT", "client_id", false),
        ("USED", "updated_at", true),
        ("ENDS", "expires_at", true),
        ("SCOPE", "scope", false),
    ];
    rows(answer, "grants", &columns, "the user permits nothing to anybody")
}

pub(super) fn sessions(answer: &Value) -> String {
    let columns = [
        ("SESSION", "id", false),
        ("SIGNED IN", "auth_time", true),
        ("ENDS", "expires_at", true),
        ("ADDRESS", "address", false),
        ("BROWSER", "user_agent", false),
    ];
    rows(answer, "sessions", &columns, "the user is signed in nowhere")
}

pub(super) fn outbox(answer: &Value) -> String {
    let columns = [
        ("KIND", "kind", false),
        ("TO", "destination", false),
        ("STATE", "state", false),
        ("TRIED", "attempts", false),
        ("OWED", "created_at", true),
        ("NEXT", "next_attempt_at", true),
        ("LAST ERROR", "last_error", false),
    ];
    rows(
        answer,
        "calls",
        &columns,
        "nothing is or was owed to anybody in the last days",
    )
}

/// One object: a line for each member that is there.
pub(super) fn object(answer: &Value) -> String {
    let mut lines = Vec::new();
    members("", answer, &mut lines);
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    lines.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "{name:width$}  {value}");
        text
    })
}

fn members(prefix: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let name = format!("{prefix}{}", plain(&name.as_str().into()));
        match value {
            Value::Null => {}
            Value::Array(values) if values.is_empty() => {}
            Value::Object(_) => members(&format!("{name}."), value, lines),
            Value::Number(_) if name.ends_with("_at") || name == "auth_time" => lines.push((name, time(value))),
            other => lines.push((name, plain(other))),
        }
    }
}

/// A client, and which profiles it could follow.
pub(super) fn client(answer: &Value) -> String {
    let mut shown = answer.clone();
    let standing = shown.as_object_mut().and_then(|shown| shown.remove("profiles"));
    let mut text = object(&shown);
    if let Some(standing) = standing {
        let _ = write!(text, "\n{}", of_standing(&standing));
    }
    text
}

/// Which profiles a client meets, and what it lacks for the others.
pub(super) fn of_standing(standing: &Value) -> String {
    let mut text = format!("meets  {}\n", plain(&standing["meets"]));
    for missing in standing["missing"].as_array().into_iter().flatten() {
        let _ = writeln!(text, "for {}:", plain(&missing["profile"]));
        for problem in missing["problems"].as_array().into_iter().flatten() {
            let part = |name: &str| plain(&problem[name]);
            let _ = writeln!(text, "  {} {} — {}", part("member"), part("problem"), part("remedy"));
        }
    }
    text
}

/// What the doctor found.
pub(super) fn findings(answer: &Value) -> String {
    let findings: Vec<Finding> = serde_json::from_value(answer["findings"].clone()).unwrap_or_default();
    if findings.is_empty() {
        return "nothing is wrong or weak, as far as can be seen from here\n".to_owned();
    }
    findings.iter().fold(String::new(), |mut text, finding| {
        let grade = match finding.grade {
            Grade::Critical => "CRITICAL",
            other => other.word(),
        };
        let said = |part: &str| plain(&part.into());
        let (place, problem) = (said(&finding.place), said(&finding.problem));
        let _ = writeln!(
            text,
            "{grade:<8}  {place}: {problem}\n          {}",
            said(&finding.remedy)
        );
        text
    })
}

/// Which profiles clients meet, and what each lacks for the next.
pub(super) fn standings(clients: &[Value]) -> String {
    let mut text = String::new();
    for client in clients {
        let part = |name: &str| plain(&client[name]);
        let _ = writeln!(
            text,
            "client {} follows {}, and meets {}",
            part("client_id"),
            part("profile"),
            part("meets")
        );
        // In the order of the table, which is that of strictness.
        let rank = |name: &Value| {
            name.as_str()
                .and_then(SecurityProfile::find)
                .map(|profile| profile.rank)
        };
        let mut missing = client["missing"].as_array().into_iter().flatten();
        if let Some(next) = missing.find(|missing| rank(&missing["profile"]) > rank(&client["profile"])) {
            for problem in next["problems"].as_array().into_iter().flatten() {
                let _ = writeln!(
                    text,
                    "  for {}: {} {} — {}",
                    plain(&next["profile"]),
                    plain(&problem["member"]),
                    plain(&problem["problem"]),
                    plain(&problem["remedy"])
                );
            }
        }
    }
    text
}

/// A client with the secret that was just made.
pub(super) fn client_with_secret(answer: &Value) -> String {
    match answer["client_secret"].as_str() {
        Some(secret) => format!(
            "client_id      {}\nclient_secret  {secret}\nKeep the secret now: it is stored as a hash and cannot be shown again.\n",
            plain(&answer["client_id"])
        ),
        None => format!(
            "client_id  {}\nThe client is public: it has no secret.\n",
            plain(&answer["client_id"])
        ),
    }
}

/// What a plan would change.
pub(super) fn planned(answer: &Value) -> String {
    changes(
        answer,
        "nothing to do: the database is as the files say",
        "to change: run sekisho apply to make it so",
    )
}

/// What was changed.
pub(super) fn applied(answer: &Value) -> String {
    changes(answer, "nothing to do: the database was as the files say", "changed")
}

fn changes(answer: &Value, nothing: &str, done: &str) -> String {
    let changes: Vec<PlannedChange> = serde_json::from_value(answer["changes"].clone()).unwrap_or_default();
    if changes.is_empty() {
        return format!("{nothing}\n");
    }
    let mut text = String::new();
    let mut realm = "";
    for change in &changes {
        if change.realm != realm {
            realm = &change.realm;
            let _ = writeln!(text, "{}", plain(&realm.into()));
        }
        let (sign, note) = match change.action {
            Verb::Create => ("+", ""),
            Verb::Update => ("~", ""),
            Verb::Remove => ("-", ""),
            Verb::Disable => ("x", "  (disabled, not deleted)"),
        };
        let _ = writeln!(
            text,
            "  {sign} {:<6} {}{note}",
            change.kind,
            plain(&change.name.as_str().into())
        );
        for field in &change.fields {
            let name = plain(&field.field.as_str().into());
            let line = match (&field.old, &field.new) {
                (Some(old), Some(new)) => format!("{name}: {} → {}", plain(old), plain(new)),
                (None, Some(new)) => format!("{name}: {}", plain(new)),
                (Some(old), None) => format!("{name}: {} → (none)", plain(old)),
                (None, None) => name,
            };
            let _ = writeln!(text, "      {line}");
        }
        for note in &change.notes {
            let _ = writeln!(text, "      needs: {}", plain(&note.as_str().into()));
        }
    }
    let count = if changes.len() == 1 {
        "1 object".to_owned()
    } else {
        format!("{} objects", changes.len())
    };
    let _ = writeln!(text, "{count} {done}");
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_plan_reads_like_a_diff() {
        let answer = json!({ "changes": [
            { "realm": "https://id.example.com", "action": "update", "kind": "client", "name": "app",
              "fields": [{ "field": "client_name", "old": "App", "new": "Better" }, { "field": "owner", "new": "team" }] },
            { "realm": "https://id.example.com", "action": "disable", "kind": "user", "name": "bob" },
            { "realm": "https://id.example.com", "action": "create", "kind": "api", "name": "https://a", "notes": ["x → loa2"] },
        ] });
        assert_eq!(
            planned(&answer),
            "https://id.example.com\n  ~ client app\n      client_name: App → Better\n      owner: team\n  \
             x user   bob  (disabled, not deleted)\n  + api    https://a\n      needs: x → loa2\n3 objects to change: run sekisho apply to make it so\n"
        );
        assert!(planned(&json!({ "changes": [] })).starts_with("nothing to do"));
    }

    #[test]
    fn lists_and_objects_are_readable() {
        let answer = json!({ "users": [{ "username": "alice", "enabled": true, "owner": "file", "created_at": 0, "sub": "x" }],
            "next": "alice" });
        let text = users(&answer);
        assert!(
            text.contains("alice  yes      file   1970-01-01 00:00  x") && text.contains("--after alice"),
            "{text}"
        );
        assert_eq!(users(&json!({ "users": [] })), "there are no users\n");
        let text = object(&json!({ "a": null, "claims": { "name": "A" }, "created_at": 0 }));
        assert_eq!(text, "claims.name  A\ncreated_at   1970-01-01 00:00\n");
    }
}

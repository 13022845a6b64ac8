//! `sekisho init`: starter files for an own server and a first API.
//!
//! Secrets are random, stand in files of their own, and are never printed: only where they are.

mod starter;
mod write;

use std::{
    io::{self, IsTerminal},
    path::{Path, PathBuf},
};

use model::Secret;
use serde_json::{Value, json};

use self::{
    starter::Starter,
    write::{NewFile, present, write_all},
};
use super::{arguments::Init, terminal};
use crate::config;

/// Files of secrets, as the realm file names them, and whose they are.
const SECRETS: &[(&str, &str)] = &[
    (
        "my-api",
        "the API's own secret, with which it asks what a token is worth",
    ),
    ("web-app", "the secret of the app with a server"),
    ("nightly-job", "the secret of the program that acts for itself"),
];
const USER: &str = "alice";
const GUIDE: &str = "docs/guides/protect-your-api.md";

/// Writes the files beside the server's file, and answers what was written and what to do next.
pub(super) fn run(config: Option<&Path>, arguments: Init, is_json: bool) -> Result<Value, String> {
    let file = config.unwrap_or(Path::new(config::DEFAULT_FILE));
    let directory = file.parent().unwrap_or(Path::new(""));
    let starter = Starter::new(arguments)?;
    let (mut files, texts) = files(file, directory, &starter);
    let there = present(&files);
    if !there.is_empty() {
        let (verb, it) = if there.len() == 1 {
            ("is", "it")
        } else {
            ("are", "them")
        };
        let there = there.join(", ");
        return Err(format!(
            "{there} {verb} there already, and nothing was written — move {it} away, or run init in another directory"
        ));
    }
    let asked = if is_json { None } else { ask_password()? };
    let is_generated = asked.is_none();
    let password = asked.map_or_else(generate_password, |password| password.expose().to_owned());
    if let Some(file) = files.last_mut() {
        file.content = format!("{password}\n");
    }
    let password_file = directory.join("secrets").join(USER);
    let ignored = NewFile {
        path: directory.join(".gitignore"),
        content: starter.gitignore(),
        is_secret: false,
    };
    let mut written: Vec<Value> = files
        .iter()
        .zip(&texts)
        .map(|(file, text)| entry(&file.path, text))
        .collect();
    if present(std::slice::from_ref(&ignored)).is_empty() {
        written.push(entry(&ignored.path, "keeps secrets and data out of Git"));
        files.push(ignored);
    }
    write_all(&files)?;
    let problems = config::check(&[file.to_owned()]);
    Ok(json!({
        "issuer": starter.issuer,
        "api": starter.api,
        "files": written,
        "user": { "username": USER, "password_file": password_file.display().to_string(), "generated": is_generated },
        "problems": problems,
        "next": next(&starter, config, directory),
        "try": starter.token_request(directory),
        "guide": GUIDE,
    }))
}

fn entry(path: &Path, text: &str) -> Value {
    json!({ "path": path.display().to_string(), "what": text })
}

/// The files and what each is for; the last one is for the password.
fn files(server: &Path, directory: &Path, starter: &Starter) -> (Vec<NewFile>, Vec<String>) {
    let open = |path: PathBuf, content: String| NewFile {
        path,
        content,
        is_secret: false,
    };
    let secret = |name: &str, content: String| NewFile {
        path: directory.join("secrets").join(name),
        content,
        is_secret: true,
    };
    let realm = directory.join("realms").join(starter.realm_name());
    let mut files = vec![
        open(server.to_owned(), starter.server_file()),
        open(realm, starter.realm_file()),
    ];
    let mut texts = vec![
        "the server: where it listens, where its data is".to_owned(),
        format!("the issuer {}: one API, three apps, one user", starter.issuer),
    ];
    for (name, text) in SECRETS {
        files.push(secret(name, format!("{}\n", jose::random_token())));
        texts.push((*text).to_owned());
    }
    files.push(secret(USER, String::new()));
    texts.push(format!("the password of {USER}"));
    (files, texts)
}

/// The password of the first user, if somebody is there to choose it.
fn ask_password() -> Result<Option<Secret>, String> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(None);
    }
    loop {
        let line = terminal::read_hidden(&format!("Password for the first user, {USER} (Enter: a random one): "))?;
        if line.is_empty() {
            return Ok(None);
        }
        let password = Secret::new(line);
        match authn::users::check_password(&password) {
            Ok(()) => return Ok(Some(password)),
            Err(problem) => eprintln!("{problem}"),
        }
    }
}

/// A hundred random bits that can be read aloud and typed.
fn generate_password() -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let random = jose::random_bytes::<20>();
    let letters: Vec<char> = random
        .iter()
        .filter_map(|byte| ALPHABET.get(usize::from(byte % 32)).copied())
        .map(char::from)
        .collect();
    let groups: Vec<String> = letters.chunks(5).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

/// What to do next, in its order.
fn next(starter: &Starter, config: Option<&Path>, directory: &Path) -> Vec<Value> {
    let option = config.map_or_else(String::new, |file| format!(" --config {}", file.display()));
    let mut steps = Vec::new();
    if starter.is_public() {
        let server = config.unwrap_or(Path::new(config::DEFAULT_FILE)).display();
        steps.push((
            format!("edit {server}"),
            "choose who speaks TLS: a proxy, or Sekisho".to_owned(),
        ));
    }
    let realm = directory.join("realms").join(starter.realm_name());
    let password = directory.join("secrets").join(USER);
    steps.extend([
        (
            format!("edit {}", realm.display()),
            "names, addresses and scopes of your own".to_owned(),
        ),
        (
            format!("sekisho check{option}"),
            "every mistake, with line and remedy".to_owned(),
        ),
        (format!("sekisho serve{option}"), "the server, until Ctrl+C".to_owned()),
        (
            format!("open {}/account", starter.issuer),
            format!("sign in as {USER}; the password is in {}", password.display()),
        ),
        (
            format!("sekisho doctor{option}"),
            "what is wrong or weak, before others come".to_owned(),
        ),
    ]);
    let step = |(what, why): (String, String)| json!({ "do": what, "why": why });
    steps.into_iter().map(step).collect()
}

/// The answer for people.
pub(super) fn show(answer: &Value) -> String {
    let rows = |list: &str, first: &str, second: &str| {
        let rows = answer[list].as_array().into_iter().flatten();
        let rows: Vec<Vec<String>> = rows
            .map(|row| {
                vec![
                    format!("  {}", terminal::plain(&row[first])),
                    terminal::plain(&row[second]),
                ]
            })
            .collect();
        rows
    };
    let (files, steps) = (rows("files", "path", "what"), rows("next", "do", "why"));
    let problems = answer["problems"]
        .as_array()
        .into_iter()
        .flatten()
        .fold(String::new(), |text, problem| {
            let part = |name: &str| terminal::plain(&problem[name]);
            format!("{text}\n{}: {} — {}\n", part("file"), part("problem"), part("remedy"))
        });
    let token_request = terminal::plain(&answer["try"]);
    format!(
        "{}\nThe secrets are random, and only you can read their files.\n{problems}\n{}\n\
         A token for your API, while the server runs, as the app nightly-job gets it:\n  {token_request}\n\n\
         How to protect an API of your own in ten minutes: {GUIDE}\n",
        terminal::table(&["Written:", ""], &files),
        terminal::table(&["Next:", ""], &steps),
    )
}

#[cfg(test)]
mod tests;

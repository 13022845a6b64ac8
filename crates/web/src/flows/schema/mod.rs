//! The schemas of what `/flows` takes and answers, one for each type of `step.rs` and `answer.rs`.
//!
//! Spec: OpenAPI 3.1 §4.8.24, JSON Schema 2020-12
//!
//! They are written beside the types; tests hold every answer of the server, and every body that it takes, against them.

mod answer;
mod step;

use protocol::Method;
use serde_json::{Map, Value, json};

pub use self::{answer::answers, step::steps};
use super::answer::Change;

/// A type of a step or an answer: the value of its member `type`, the name of its schema, and the schema.
pub struct Kind {
    /// The value of `type`.
    pub of: &'static str,
    /// The schema's name.
    pub name: &'static str,
    /// The schema.
    pub schema: Value,
}

type Members<'a> = &'a [(&'a str, Value)];

/// An object with these members; the first must be there.
pub fn object(about: &str, required: Members<'_>, optional: Members<'_>) -> Value {
    let names: Vec<&str> = required.iter().map(|(name, _)| *name).collect();
    let all = required.iter().chain(optional);
    let properties: Map<String, Value> = all.map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({ "type": "object", "description": about, "properties": properties, "required": names })
}

fn kind(of: &'static str, name: &'static str, about: &str, required: Members<'_>, optional: Members<'_>) -> Kind {
    let constant = [("type", json!({ "type": "string", "const": of }))];
    let required: Vec<(&str, Value)> = constant.iter().chain(required).cloned().collect();
    let schema = object(about, &required, optional);
    Kind { of, name, schema }
}

/// The same without other members than those: what an app sends.
pub fn closed(mut schema: Value) -> Value {
    if let Some(members) = schema.as_object_mut() {
        members.insert("additionalProperties".to_owned(), false.into());
    }
    schema
}

pub fn text(about: &str) -> Value {
    json!({ "type": "string", "description": about })
}

pub fn number(about: &str) -> Value {
    json!({ "type": "integer", "description": about })
}

fn flag(about: &str) -> Value {
    json!({ "type": "boolean", "description": about })
}

fn one_of(about: &str, words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words, "description": about })
}

#[expect(clippy::needless_pass_by_value, reason = "a schema goes into the one around it")]
fn list(about: &str, items: Value) -> Value {
    json!({ "type": "array", "items": items, "description": about })
}

fn open(about: &str) -> Value {
    json!({ "type": "object", "additionalProperties": true, "description": about })
}

/// A schema of this document.
pub fn named(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn user() -> (&'static str, Value) {
    ("user", text("The user, as they know themselves."))
}

fn method() -> Value {
    one_of("How somebody proves who they are.", &Method::ALL.map(Method::as_str))
}

/// What several steps and answers have in common.
pub fn parts() -> Vec<(&'static str, Value)> {
    let title = || ("title", text("What it permits, in the user's language."));
    let already = || ("already", flag("Whether the user permitted it before."));
    vec![
        (
            "Passkey",
            object(
                "What a browser or device is asked.",
                &[
                    (
                        "options",
                        open("For navigator.credentials, as JSON (WebAuthn Level 3 §5.1.8-9)."),
                    ),
                    ("challenge", text("To be sent back with the credential.")),
                ],
                &[],
            ),
        ),
        (
            "Scope",
            object(
                "A scope.",
                &[
                    ("name", text("The scope.")),
                    title(),
                    ("essential", flag("Whether it cannot be left out.")),
                    already(),
                ],
                &[
                    ("detail", text("More about it.")),
                    ("api_name", text("The API that it belongs to.")),
                ],
            ),
        ),
        (
            "Claim",
            object(
                "One thing about the user.",
                &[
                    ("name", text("The claim.")),
                    title(),
                    already(),
                    ("wanted", flag("Whether the app says that it needs it.")),
                ],
                &[],
            ),
        ),
        ("Detail", detail()),
        ("Authenticator", authenticator()),
    ]
}

fn detail() -> Value {
    let piece = object(
        "A piece of the sentence.",
        &[
            ("text", text("The words.")),
            ("is_value", flag("Whether the app said them.")),
        ],
        &[],
    );
    let choice = object(
        "An item that can be left out.",
        &[("index", number("Which one.")), ("text", text("What it says."))],
        &[],
    );
    let member = object(
        "One thing that it says.",
        &[("name", text("Its name.")), ("value", text("Its value."))],
        &[],
    );
    object(
        "One object of authorization_details.",
        &[
            ("index", number("Which one.")),
            ("sentence", list("What it permits.", piece)),
            ("choices", list("What can be left out.", choice)),
            ("members", list("Everything that it says.", member)),
            ("already", flag("Whether the user permitted it before.")),
            ("once", flag("Whether it is asked for each time.")),
            ("api_name", text("The API that it belongs to.")),
        ],
        &[],
    )
}

fn authenticator() -> Value {
    object(
        "One thing by which the user proves who they are.",
        &[
            ("id", text("Its id.")),
            ("method", method()),
            ("name", text("What its user calls it.")),
            (
                "state",
                one_of(
                    "Whether it counts, or what it waits for.",
                    &["active", "delayed", "unconfirmed", "unapproved"],
                ),
            ),
            ("created_at", number("When it was set up, unix seconds.")),
            (
                "is_last",
                flag("Whether nothing else would do for apps that need two factors."),
            ),
        ],
        &[
            ("last_used_at", number("When it was used last.")),
            ("counts_from", number("From when on it counts.")),
            ("left", number("How many recovery codes are left.")),
        ],
    )
}

/// The words of what is changed at an account.
pub fn changes() -> Value {
    one_of("What is set up or changed.", &Change::ALL.map(Change::as_str))
}

/// What of an answer says what was wrong.
pub fn wrong() -> Vec<(&'static str, Value)> {
    vec![
        ("error", text("The registered error code.")),
        ("error_description", text("For whoever makes the app.")),
        ("reason", text("The reason, by its name in the list of errors.")),
        ("message", text("For the user, in their language.")),
        ("field", text("The member of the answer that it is about.")),
        ("retry_after", number("After how many seconds to try again.")),
        ("explain", text("For: sekisho explain ID.")),
    ]
}

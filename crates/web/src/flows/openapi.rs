//! `/flows/openapi.json`: what `/flows` takes and answers, for programs that make clients of it.
//!
//! Spec: OpenAPI 3.1 §4

use axum::{http::StatusCode, response::Response};
use serde_json::{Map, Value, json};

use super::schema::{self, Kind, closed, named, object, text};
use crate::{extract::Call, respond};

/// `GET /flows/openapi.json`.
pub async fn document(call: Call) -> Response {
    let realm = &call.realm.realm;
    respond::json(StatusCode::OK, &described(&realm.issuer, &realm.display_name))
}

fn described(issuer: &str, display_name: &str) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": format!("Flows of {display_name}"),
            "version": "1",
            "description": "Sign-in, step-up, consent and enrolment for apps of the organisation itself, which show the steps \
                with their own screens. Every other app sends the browser to /authorize.",
        },
        "servers": [{ "url": issuer }],
        "paths": {
            "/flows": { "post": operation("begin", "Begins a flow.", "Begin") },
            "/flows/step": { "post": operation("step", "Answers a step, or shows it again.", "Continue") },
        },
        "components": { "schemas": schemas() },
    })
}

fn operation(id: &str, summary: &str, body: &str) -> Value {
    let answer = |name: &str| json!({ "application/json": { "schema": named(name) } });
    json!({
        "operationId": id,
        "summary": summary,
        "parameters": [{
            "name": "client_id", "in": "query", "required": true, "schema": { "type": "string" },
            "description": "The app that calls.",
        }],
        "requestBody": { "required": true, "content": answer(body) },
        "responses": {
            "200": { "description": "The next step.", "content": answer("Shown") },
            "default": {
                "description": "What was wrong; with a step, where the flow goes on.",
                "content": { "application/json": { "schema": { "anyOf": [named("Shown"), named("Refused")] } } },
            },
        },
    })
}

fn schemas() -> Map<String, Value> {
    let mut schemas = Map::new();
    let (steps, answers) = (schema::steps(), schema::answers());
    schemas.insert("Begin".to_owned(), begin());
    schemas.insert("Continue".to_owned(), go_on());
    schemas.insert("Shown".to_owned(), shown());
    schemas.insert("Refused".to_owned(), refused());
    schemas.insert("Step".to_owned(), one_of(&steps));
    schemas.insert("Answer".to_owned(), one_of(&answers));
    for (name, part) in schema::parts() {
        schemas.insert(name.to_owned(), part);
    }
    for kind in steps.into_iter().chain(answers) {
        schemas.insert(kind.name.to_owned(), kind.schema);
    }
    schemas
}

fn one_of(kinds: &[Kind]) -> Value {
    let all: Vec<Value> = kinds.iter().map(|kind| named(kind.name)).collect();
    let place = |kind: &Kind| json!(format!("#/components/schemas/{}", kind.name));
    let mapping: Map<String, Value> = kinds.iter().map(|kind| (kind.of.to_owned(), place(kind))).collect();
    json!({ "oneOf": all, "discriminator": { "propertyName": "type", "mapping": mapping } })
}

fn session() -> (&'static str, Value) {
    let about = "What an app without a browser keeps of its user's session: the newest is sent with each call.";
    ("session", text(about))
}

fn begin() -> Value {
    let value = json!({ "anyOf": [text("Its value."), { "type": "array", "items": text("One of its values.") }] });
    let authorize = json!({
        "type": "object",
        "additionalProperties": value,
        "description": "The parameters of an authorization request.",
    });
    let link = text("The address that the app was opened with: from a mail to a new password, or of an invitation.");
    let about = "What the flow is for: one of authorize, account and link.";
    closed(object(
        about,
        &[],
        &[
            ("authorize", authorize),
            ("account", schema::changes()),
            ("link", link),
            session(),
        ],
    ))
}

fn go_on() -> Value {
    let flow = ("flow", text("The flow, as it came last."));
    let about = "The answer to a step; without one, the step is shown again.";
    closed(object(about, &[flow], &[session(), ("answer", named("Answer"))]))
}

fn shown() -> Value {
    let flow = (
        "flow",
        text("The flow: to be sent with the answer. None when it is over."),
    );
    let optional: Vec<(&str, Value)> = [flow, session()].into_iter().chain(schema::wrong()).collect();
    object("A step.", &[("step", named("Step"))], &optional)
}

fn refused() -> Value {
    let always = ["error", "error_description", "reason", "explain"];
    let (required, optional): (Vec<_>, Vec<_>) =
        schema::wrong().into_iter().partition(|(name, _)| always.contains(name));
    object("A refusal without a step.", &required, &optional)
}

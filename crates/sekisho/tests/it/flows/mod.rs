//! `/flows`: the organisation's own apps show the steps themselves. Every answer is held against `/flows/openapi.json`.

mod by_mail;
mod denied;
mod described;
mod enrolment;
mod factor_by_mail;
mod invitation;
mod refused;
mod reset;
mod response_mode;
mod script;
mod sign_in;
mod step_up;

use protocol::json_schema::JsonSchema;
use reqwest::{RequestBuilder, Response};
use serde_json::{Map, Value, json};
use testkit::{Pkce, pkce};

use crate::{
    app::{bank_and, header},
    bank::Bank,
    factors::VAULT,
};

const REDIRECT: &str = "https://own.example.com/callback";
const ORIGIN: &str = "https://own.example.com";

/// Two apps of the organisation itself.
const OWN: &str = r#"
[[client]]
client_id                  = "own-app"
redirect_uris              = ["https://own.example.com/callback"]
grant_types                = ["authorization_code", "refresh_token"]
token_endpoint_auth_method = "none"
scope                      = "openid email offline_access accounts:read vault:open"
first_party                = true
origins                    = ["https://own.example.com"]

[[client]]
client_id                  = "other-own-app"
redirect_uris              = ["https://other.example.com/callback"]
token_endpoint_auth_method = "none"
scope                      = "openid"
first_party                = true
origins                    = ["https://other.example.com"]
"#;

async fn bank() -> Bank {
    Bank::with_realm(bank_and(&format!("{VAULT}{OWN}"))).await
}

/// What an app without a browser has of a flow, and what it was told last.
struct App<'a> {
    bank: &'a Bank,
    client_id: &'static str,
    pkce: Pkce,
    session: Option<String>,
    flow: Value,
    status: u16,
    told: Value,
}

impl<'a> App<'a> {
    fn of(bank: &'a Bank, client_id: &'static str) -> Self {
        Self {
            bank,
            client_id,
            pkce: pkce(),
            session: None,
            flow: Value::Null,
            status: 0,
            told: Value::Null,
        }
    }

    fn own(bank: &'a Bank) -> Self {
        Self::of(bank, "own-app")
    }

    /// The parameters of a request for a code.
    fn request(&self, scope: &str) -> Value {
        json!({
            "response_type": "code", "redirect_uri": REDIRECT, "scope": scope, "state": "the state",
            "code_challenge": self.pkce.challenge, "code_challenge_method": "S256",
        })
    }

    fn with_session(&self, mut body: Value) -> Value {
        if let Some(session) = &self.session {
            body["session"] = session.as_str().into();
        }
        body
    }

    async fn call(&mut self, path: &str, body: Value) -> &Value {
        let request = posted(self.bank, path, self.client_id, &self.with_session(body));
        let (status, told) = answer(self.bank, request.send().await.unwrap()).await;
        if let Some(session) = told["session"].as_str() {
            self.session = Some(session.to_owned());
        }
        (self.status, self.flow) = (status, told["flow"].clone());
        self.told = told;
        &self.told
    }

    /// Begins a flow for an authorization request.
    async fn authorize(&mut self, request: Value) -> &Value {
        self.call("/flows", json!({ "authorize": request })).await
    }

    /// Begins a flow that changes the account.
    async fn account(&mut self, change: &str) -> &Value {
        self.call("/flows", json!({ "account": change })).await
    }

    /// Begins a flow by a link that the app was opened with.
    async fn opens(&mut self, link: &str) -> &Value {
        self.call("/flows", json!({ "link": link })).await
    }

    /// Answers the step.
    async fn answers(&mut self, answer: Value) -> &Value {
        let flow = self.flow.clone();
        self.call("/flows/step", json!({ "flow": flow, "answer": answer }))
            .await
    }

    /// Answers the step by a password.
    async fn signs_in(&mut self, username: &str) -> &Value {
        let password = testkit::realm::password(username);
        self.answers(json!({ "type": "password", "username": username, "password": password }))
            .await
    }

    /// Why the answer was not taken.
    fn reason(&self) -> &str {
        self.told["reason"].as_str().unwrap_or("")
    }

    /// The type of the step that was shown last.
    fn step(&self) -> &str {
        self.told["step"]["type"]
            .as_str()
            .unwrap_or_else(|| panic!("no step in {}", self.told))
    }

    /// A text of the step that was shown last.
    fn shown(&self, name: &str) -> &str {
        self.told["step"][name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name} in {}", self.told))
    }

    /// Redeems the code in the last answer: the claims of the ID token.
    async fn redeem(&self) -> Value {
        let code = self.told["step"]["parameters"]["code"].as_str();
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", self.client_id),
            ("code", code.unwrap_or_else(|| panic!("no code in {}", self.told))),
            ("redirect_uri", REDIRECT),
            ("code_verifier", &self.pkce.verifier),
        ];
        let response = self.bank.post("/token", &form).await;
        let tokens = crate::app::granted(response).await;
        crate::request::claims(tokens["id_token"].as_str().unwrap())
    }
}

/// A call of this client.
fn posted(bank: &Bank, path: &str, client_id: &str, body: &Value) -> RequestBuilder {
    let url = bank.url(&format!("{path}?client_id={client_id}"));
    bank.http.post(url).json(body)
}

/// Status and body of an answer, which must be as the document says.
async fn answer(bank: &Bank, response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    assert_eq!(header(&response, "content-type"), "application/json", "{status}");
    assert_eq!(header(&response, "cache-control"), "no-store", "{status}");
    let (explain, retry) = (header(&response, "sekisho-explain"), header(&response, "retry-after"));
    let (explain, retry) = (explain.to_owned(), retry.parse::<i64>().ok());
    let told: Value = response.json().await.unwrap();
    assert_eq!(told["explain"].as_str().unwrap_or(""), explain, "{told}");
    assert_eq!(told["retry_after"].as_i64(), retry, "{told}");
    assert_eq!(status == 200, told["error"].is_null(), "{told}");
    check(&document(bank).await, &told);
    (status, told)
}

async fn document(bank: &Bank) -> Value {
    let response = bank.http.get(bank.url("/flows/openapi.json")).send().await.unwrap();
    response.json().await.unwrap()
}

/// Holds an answer against the schemas of the document.
fn check(document: &Value, told: &Value) {
    let kind = if told["step"].is_null() { "Refused" } else { "Shown" };
    let mut around = told.clone();
    if let Some(step) = told["step"]["type"].as_str() {
        let named = &document["components"]["schemas"]["Step"]["discriminator"]["mapping"][step];
        let name = named.as_str().unwrap_or_else(|| panic!("no schema of the step {step}"));
        hold(document, name.rsplit('/').next().unwrap(), &told["step"]);
        around.as_object_mut().unwrap().remove("step");
    }
    hold(document, kind, &around);
}

/// Checks a value by the schema of this name.
fn hold(document: &Value, name: &str, value: &Value) {
    let text = document["components"]["schemas"]
        .to_string()
        .replace("#/components/schemas/", "#/$defs/");
    let schemas: Map<String, Value> = serde_json::from_str(&text).unwrap();
    let mut schema = schemas[name].clone();
    // The step itself is held against its own.
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.remove("step");
    }
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|member| member != "step");
    }
    schema["$defs"] = schemas.into();
    let schema = JsonSchema::compile(&schema).unwrap_or_else(|problem| panic!("{name}: {problem}"));
    if let Err(violation) = schema.check(value.as_object().unwrap(), "$") {
        panic!("{name}: {violation}: {value}");
    }
}

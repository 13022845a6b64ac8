//! A proxy asks whether a call may go on to an API.

mod asking;
mod bound;
mod counted;
mod decisions;

use reqwest::Response;

use crate::{
    app::{bank_and, header},
    authorization_details,
    bank::Bank,
};

/// What calls of the bank's API must be.
const ROUTES: &str = r#"[
  { methods = ["GET"], path = "/accounts/**", scope = ["accounts:read"] },
  { methods = ["DELETE"], path = "/accounts/*", scope = ["accounts:read"], max_age = "5m" },
  { methods = ["POST"], path = "/payments", scope = ["payments:write"] },
  { methods = ["GET"], path = "/statement", scope = ["accounts:read"], acr = "loa3" },
  { methods = ["GET"], path = "/health", access = ["none"] },
]"#;

/// And of the API of payments: what was permitted in detail, and nothing else.
const PAYMENTS: &str = r#"[
  { methods = ["POST"], path = "/payments", authorization_details = { type = "payment", body = { amount = "/amount", payee = "/creditor/name" } } },
]"#;

/// The realm of the tests with routes, and more TOML at its end.
pub fn with_routes(more: &str) -> impl FnOnce(&str) -> String {
    let add = |text: String, name: &str, routes: &str| {
        let line = format!("name          = \"{name}\"");
        assert!(text.contains(&line));
        text.replacen(&line, &format!("{line}\nroute = {routes}"), 1)
    };
    let more = format!("{}{more}", authorization_details::MORE);
    move |issuer| {
        let text = bank_and(&more)(issuer);
        add(add(text, "Sekisho Bank API", ROUTES), "Payments", PAYMENTS)
    }
}

/// A server whose proxy, on this machine, may ask.
async fn bank() -> Bank {
    Bank::asked_by("127.0.0.1", with_routes("")).await.0
}

/// Asks about a call of an API, with these further fields in its header.
async fn ask_of(bank: &Bank, host: &str, (method, uri): (&str, &str), fields: &[(&str, &str)]) -> Response {
    let mut request = bank.http.get(bank.url("/forward-auth"));
    let asked = [
        ("x-forwarded-method", method),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", host),
        ("x-forwarded-uri", uri),
    ];
    for (name, value) in asked.iter().chain(fields) {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

/// Asks about a call of the bank's API, perhaps with a bearer token.
async fn ask(bank: &Bank, method: &str, uri: &str, token: Option<&str>) -> Response {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let fields: Vec<_> = bearer.iter().map(|value| ("authorization", value.as_str())).collect();
    ask_of(bank, "api.example.com", (method, uri), &fields).await
}

/// The challenges of an answer.
fn challenges(response: &Response) -> Vec<String> {
    let values = response.headers().get_all("www-authenticate").iter();
    values.map(|value| value.to_str().unwrap().to_owned()).collect()
}

/// What the API would learn: subject, client, scope and level.
fn identity(response: &Response) -> [&str; 4] {
    ["sekisho-subject", "sekisho-client", "sekisho-scope", "sekisho-acr"].map(|name| header(response, name))
}

//! What arrives at the redirect URI (RFC 6749 §4.1.2, RFC 9207 §2, OpenID Connect Core §3.2.2.5 and §3.3.2.5): exactly
//! there, once, in the right place, and nothing beyond what is registered.

use testkit::{Answer, Callback};

use crate::{
    app::bank_and,
    bank::Bank,
    request::{Request, WEB, signed_in},
};

pub const ALL_TYPES: &str = r#"
[[client]]
client_id      = "all-types"
client_secret  = "all-types-secret"
profile        = "openid-core"
redirect_uris  = ["https://app.example.com/callback"]
grant_types    = ["authorization_code", "implicit"]
response_types = ["code", "token", "id_token", "id_token token", "code token", "code id_token", "code id_token token"]
scope          = "openid email"
"#;

const TOKEN: [&str; 4] = ["access_token", "token_type", "expires_in", "scope"];

/// What comes with a response type, without `state` and `iss`.
fn expected(response_type: &str) -> Vec<&'static str> {
    let mut names = Vec::new();
    for word in response_type.split(' ') {
        match word {
            "code" => names.push("code"),
            "id_token" => names.push("id_token"),
            _ => names.extend(TOKEN),
        }
    }
    names
}

fn names(callback: &Callback) -> Vec<&str> {
    let mut names: Vec<&str> = callback.parameters.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}

// Conformance: A2.0-callback B25 B40 B43 SEED1-22 F2-AZ-05 ISS-01 BCP-26
#[tokio::test]
async fn an_answer_holds_what_its_response_type_wants_and_nothing_else() {
    let bank = Bank::with_realm(bank_and(ALL_TYPES)).await;
    let browser = signed_in(&bank, "alice").await;
    let state = "s".repeat(128);
    for response_type in [
        "code",
        "token",
        "id_token",
        "id_token token",
        "code token",
        "code id_token",
        "code id_token token",
    ] {
        for mode in ["", "fragment", "form_post"] {
            let request = Request::code("openid")
                .with("client_id", "all-types")
                .with("response_type", response_type)
                .with("response_mode", mode)
                .with("state", &state);
            let mut answer = request.open(&bank, &browser).await;
            if let Answer::Page(page) = &answer
                && page.has("approve")
            {
                answer = browser.approve(page).await;
            }
            let is_posted = matches!(answer, Answer::Page(_));
            let callback = match answer {
                Answer::Callback(callback) => callback,
                Answer::Page(page) => browser.submit(&page.form_with("continue"), None).await.callback(),
            };
            let place = format!("{response_type} {mode}");
            assert_eq!(is_posted, mode == "form_post", "{place}");
            let in_query = response_type == "code" && mode.is_empty();
            assert_eq!(callback.url.query().is_some(), in_query, "{place}");
            assert_eq!(callback.in_fragment, !in_query && !is_posted, "{place}");
            let bare = callback.url.as_str().split(['?', '#']).next();
            assert_eq!(bare, Some(WEB), "{place}");
            let mut wanted = expected(response_type);
            wanted.extend(["iss", "session_state", "state"]);
            wanted.sort_unstable();
            assert_eq!(names(&callback), wanted, "{place}");
            assert_eq!(
                (callback.get("state"), callback.get("iss")),
                (Some(&*state), Some(&*bank.issuer)),
                "{place}"
            );
        }
    }
}

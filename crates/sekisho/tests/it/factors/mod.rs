//! Further factors: when they are asked for, and what they change.

mod abuse;
mod elsewhere;
mod enrolment;
mod step_up;

use testkit::{Answer, Browser, Page};

use crate::{app::bank_and, bank::Bank};

/// What carol's authenticator app was given.
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// An API that needs two factors, an app that asks for its tokens, and carol, who has an authenticator app.
pub const VAULT: &str = r#"
[[api]]
identifier    = "https://vault.example.com"
name          = "Vault API"
acr           = "loa3"
introspection = ["bank-api"]
scope         = [{ name = "vault:open", description = { en = "Open your vault" } }]

[[client]]
client_id     = "vault-app"
client_secret = "vault-app-secret"
redirect_uris = ["https://app.example.com/callback"]
scope         = "openid accounts:read vault:open"

[[client]]
client_id                  = "vault-tv"
grant_types                = ["urn:ietf:params:oauth:grant-type:device_code"]
response_types             = []
token_endpoint_auth_method = "none"
scope                      = "vault:open"

[[client]]
client_id                       = "vault-till"
client_secret                   = "vault-till-secret"
grant_types                     = ["urn:openid:params:grant-type:ciba"]
response_types                  = []
backchannel_token_delivery_mode = "poll"
scope                           = "openid vault:open"

[[user]]
username       = "carol"
password       = "carol-password"
email          = "carol@example.com"
email_verified = true
totp_secret    = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

[[user]]
username = "frank"
password = "frank-password"

[[user]]
username    = "dave"
password    = "dave-password"
totp_secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
proofing    = "loa2"
"#;

pub async fn bank() -> Bank {
    Bank::with_realm(bank_and(VAULT)).await
}

/// What the app shows, this many seconds from now.
fn code_in(bank: &Bank, seconds: i64) -> String {
    let secret = jose::base32::decode(SECRET).unwrap();
    let step = (bank.clock.now() + seconds) / 30;
    jose::one_time_code(jose::OneTimeCodeHash::Sha1, &secret, step.unsigned_abs(), 6)
}

pub fn code(bank: &Bank) -> String {
    code_in(bank, 0)
}

/// Types a code.
pub async fn enter(browser: &Browser, page: &Page, code: &str) -> Answer {
    let form = page.form_with("code").fill("code", code);
    browser.submit(&form, Some("continue")).await
}

//! `/bc-authorize`. CIBA §7.

mod approval;
mod fapi;
mod hints;
mod notified;
mod request;
mod user_code;

use reqwest::Response;
use serde_json::Value;
use testkit::{Browser, Page};

use crate::app::{App, Method, Server, granted, text};

/// The grant type.
pub const CIBA: &str = "urn:openid:params:grant-type:ciba";

/// Confidential, polls for what users answer.
pub const TILL: App = App {
    client_id: "till",
    redirect_uri: "",
    method: Method::ClientSecretBasic,
};
/// The same, and asks its users for their code.
pub const CALL_CENTER: App = App {
    client_id: "call-center",
    ..TILL
};

impl App {
    /// Has alice asked, with further parameters; perhaps in vain.
    pub async fn try_to_ask(self, server: &impl Server, scope: &str, other: &[(&str, &str)]) -> Response {
        let base = [("scope", scope), ("login_hint", "alice")];
        let kept = base
            .iter()
            .filter(|(name, _)| other.iter().all(|(given, _)| given != name));
        let form: Vec<_> = kept.chain(other).copied().filter(|(_, value)| *value != "-").collect();
        self.post(server, "/bc-authorize", &form).await
    }

    /// Has alice asked: the answer.
    pub async fn ask(self, server: &impl Server, scope: &str) -> Value {
        granted(self.try_to_ask(server, scope, &[("binding_message", "W4SCT")]).await).await
    }

    /// Fetches what came of it.
    pub async fn fetch(self, server: &impl Server, asked: &Value) -> Response {
        let form = [("grant_type", CIBA), ("auth_req_id", text(asked, "auth_req_id"))];
        self.post(server, "/token", &form).await
    }
}

/// The page of requests.
pub async fn requests(browser: &Browser) -> Page {
    browser.open("/account/requests").await.page()
}

/// Permits the oldest request that waits for who is signed in.
pub async fn approve(browser: &Browser) {
    let page = browser.approve(&requests(browser).await).await.page();
    assert!(page.text().contains("You allowed it"), "{}", page.text());
}

/// Refuses it.
pub async fn deny(browser: &Browser) {
    let page = browser.press(&requests(browser).await, "deny").await.page();
    assert!(page.text().contains("You did not allow it"), "{}", page.text());
}

//! No event holds what opens something.

use super::events;
use crate::{
    app::{CLI, WEB_APP, granted, text},
    bank::Bank,
    request::{Request, cookie, signed_in},
};

#[tokio::test]
async fn no_secret_and_no_token_is_in_any_event() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let request = Request::code("openid offline_access email accounts:read");
    let page = request.open(&bank, &browser).await.page();
    let callback = browser.approve(&page).await.callback();
    let tokens = request.redeem(&bank, &callback).await;
    let code = CLI.code(&bank, "openid offline_access accounts:read").await;
    let of_cli = granted(CLI.redeem(&bank, &code).await).await;
    let refreshed = granted(CLI.refresh(&bank, text(&of_cli, "refresh_token")).await).await;
    CLI.redeem(&bank, &code).await;
    WEB_APP.refresh(&bank, text(&of_cli, "refresh_token")).await;
    let form = [("token", text(&tokens, "access_token"))];
    WEB_APP.post(&bank, "/revoke", &form).await;

    let told = events(&bank).await;
    let kinds: Vec<&str> = told.iter().map(|event| text(event, "kind")).collect();
    for kind in [
        "sign_in.succeeded",
        "consent.given",
        "token.issued",
        "token.refreshed",
        "code.replayed",
        "token.revoked",
    ] {
        assert!(kinds.contains(&kind), "{kind} is not in {kinds:?}");
    }
    let told = format!("{told:?}");
    let session = cookie(&browser, "").unwrap_or_default();
    let mut secrets = vec![callback.code().to_owned(), code.text.clone(), code.verifier.clone()];
    for answer in [&tokens, &of_cli, &refreshed] {
        for name in ["access_token", "refresh_token", "id_token"] {
            secrets.extend(answer[name].as_str().map(str::to_owned));
        }
    }
    secrets.extend(session.split_once('.').map(|(_, secret)| secret.to_owned()));
    secrets.extend(["alice-password", "web-app-secret", "alice@"].map(str::to_owned));
    for secret in secrets {
        assert!(!told.contains(&secret), "{secret} is in an event");
    }
}

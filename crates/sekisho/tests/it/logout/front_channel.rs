//! Apps are told of a log-out by frames (OpenID Connect Front-Channel Logout).

use serde_json::{Value, json};
use testkit::{Browser, Page};

use super::{
    apps::{register, sid, sign_in_to},
    rp_initiated::url,
};
use crate::{
    bank::Bank,
    request::{Request, signed_in},
};

/// An app that is told by frames.
async fn framed(bank: &Bank, app: &str) {
    let members = json!({
        "frontchannel_logout_uri": format!("https://{app}.example/bye?app=1"),
        "post_logout_redirect_uris": [format!("https://{app}.example/signed-out")],
    });
    register(bank, app, members).await;
}

/// What the frames of a page load.
fn sources(page: &Page) -> Vec<String> {
    let frames = page.html.split("<iframe").skip(1);
    let source = |frame: &str| {
        let tag = frame.split('>').next().unwrap();
        assert!(tag.contains("sandbox=") && tag.contains("title="), "{tag}");
        let source = tag.split_once("src=\"").unwrap().1.split('"').next().unwrap();
        source.replace("&amp;", "&").replace("&#x2f;", "/")
    };
    frames.map(source).collect()
}

fn expected(bank: &Bank, app: &str, sid: &str) -> String {
    let issuer: String = bank.issuer.replace(':', "%3A").replace('/', "%2F");
    format!("https://{app}.example/bye?app=1&iss={issuer}&sid={sid}")
}

async fn sign_out(browser: &Browser) -> Page {
    let page = browser.open("/logout").await.page();
    browser.press(&page, "sign-out").await.page()
}

// Conformance: B135 oidcc-frontchannel-rp-initiated-logout FC-02 FC-03
#[tokio::test]
async fn every_app_of_the_session_is_framed_and_then_the_browser_goes_on() {
    let bank = Bank::start().await;
    for app in ["calendar", "mail", "unused"] {
        framed(&bank, app).await;
    }
    let browser = bank.browser();
    sign_in_to(&bank, &browser, "calendar").await;
    let hint = sign_in_to(&bank, &browser, "mail").await;
    let next = "https://mail.example/signed-out";
    let request = url(
        &bank,
        &[
            ("id_token_hint", &hint),
            ("post_logout_redirect_uri", next),
            ("state", "s"),
        ],
    );
    let page = browser.open(&request).await.page();
    assert!(page.status == 200 && page.text().contains("You are signed out"));
    let sid = sid(&hint);
    assert_eq!(
        sources(&page),
        ["calendar", "mail"].map(|app| expected(&bank, app, &sid))
    );
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("; frame-src https://calendar.example https://mail.example;"),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
    let html = page.html.replace("&#x2f;", "/");
    assert!(
        html.contains(&format!("http-equiv=\"refresh\" content=\"0; url={next}?state=s\"")),
        "{html}"
    );
    assert!(html.contains(&format!(
        "id=\"continue\" class=\"button primary\" href=\"{next}?state=s\""
    )));

    let silent = Request::code("openid").with("prompt", "none");
    let callback = silent.open(&bank, &browser).await.callback();
    assert_eq!(callback.get("error"), Some("login_required"));
    // Once is enough.
    assert!(browser.open(&request).await.callback().url.as_str().starts_with(next));
}

#[tokio::test]
async fn who_signs_out_here_tells_the_apps_and_stays() {
    let bank = Bank::start().await;
    framed(&bank, "calendar").await;
    let browser = bank.browser();
    let hint = sign_in_to(&bank, &browser, "calendar").await;
    let page = sign_out(&browser).await;
    assert_eq!(sources(&page), [expected(&bank, "calendar", &sid(&hint))]);
    assert!(!page.has("continue") && !page.html.contains("http-equiv"));
    assert!(
        sources(&browser.open("/logout").await.page()).is_empty(),
        "once is enough"
    );

    sign_in_to(&bank, &browser, "calendar").await;
    let account = browser.open("/account").await.page();
    let this = account.ids().into_iter().find(|id| id.starts_with("end-session-"));
    let page = browser.press(&account, &this.unwrap()).await.page();
    assert_eq!(sources(&page).len(), 1);
}

#[tokio::test]
async fn a_browser_whose_session_was_ended_elsewhere_tells_the_apps_when_it_comes() {
    let bank = Bank::start().await;
    framed(&bank, "calendar").await;
    let (here, there) = (signed_in(&bank, "alice").await, bank.browser());
    let hint = sign_in_to(&bank, &there, "calendar").await;
    let account = here.open("/account").await.page();
    here.press(&account, &format!("end-session-{}", sid(&hint)))
        .await
        .page();

    // Only this browser has the secret of the session: nobody else learns where alice was signed in.
    let thief = bank.browser();
    for (name, value) in there.cookies() {
        let (id, _) = value.split_once('.').unwrap_or((&value, ""));
        thief.plant_cookie(&name, &format!("{id}.{}", jose::random_token()));
    }
    assert!(sources(&thief.open("/logout").await.page()).is_empty());
    assert_eq!(
        sources(&there.open("/logout").await.page()),
        [expected(&bank, "calendar", &sid(&hint))]
    );
}

// Conformance: FC-02
#[tokio::test]
async fn only_apps_that_are_signed_in_to_and_still_registered_are_framed() {
    let bank = Bank::start().await;
    for app in ["calendar", "mail"] {
        framed(&bank, app).await;
    }
    let browser = bank.browser();
    sign_in_to(&bank, &browser, "mail").await;
    // Without `openid` an app knows of no session.
    let request = Request::code("accounts:read");
    request.walk(&bank, &browser, "alice").await;
    bank.disable_client("mail").await;
    assert!(sources(&sign_out(&browser).await).is_empty());
}

#[tokio::test]
async fn there_are_twenty_frames_at_most() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    for n in 0..22 {
        let app = format!("app{n}");
        framed(&bank, &app).await;
        sign_in_to(&bank, &browser, &app).await;
    }
    assert_eq!(sources(&sign_out(&browser).await).len(), 20);
}

// Conformance: oidcc-frontchannel-logout-discovery-endpoint-verification oidcc-backchannel-logout-discovery-endpoint-verification oidcc-session-management-discovery-endpoint-verification
// Conformance: FC-04 BC-01
#[tokio::test]
async fn the_metadata_say_how_apps_are_told() {
    let bank = Bank::start().await;
    let url = bank.url("/.well-known/openid-configuration");
    let metadata: Value = bank.http.get(url).send().await.unwrap().json().await.unwrap();
    for member in ["frontchannel", "backchannel"] {
        assert_eq!(metadata[format!("{member}_logout_supported")], true);
        assert_eq!(metadata[format!("{member}_logout_session_supported")], true);
    }
    assert_eq!(metadata["end_session_endpoint"], bank.url("/logout"));
    assert_eq!(metadata["check_session_iframe"], bank.url("/session"));
}

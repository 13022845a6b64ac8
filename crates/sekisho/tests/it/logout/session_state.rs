//! `session_state`, and the frame that says whether it is still so (OpenID Connect Session Management). What the script
//! answers is tested in a browser: `interop/node/test/logout.test.js`.

use jose::{b64, sha256};
use testkit::{Browser, Callback};

use crate::{
    bank::Bank,
    request::{JS, Request, cookie, sign_in, signed_in},
};

const COOKIE: &str = "sekisho-state-";

/// What the script makes of an answer: whether the browser is as it was.
fn is_unchanged(callback: &Callback, client_id: &str, origin: &str, browser: &Browser) -> bool {
    let (hash, salt) = callback.get("session_state").unwrap().split_once('.').unwrap();
    let state = cookie(browser, COOKIE).unwrap_or_default();
    b64::encode(sha256(format!("{client_id} {origin} {state} {salt}").as_bytes())) == hash
}

// Conformance: B137 oidcc-session-management-rp-initiated-logout
#[tokio::test]
async fn it_is_in_the_answer_and_changes_when_somebody_signs_in_or_out() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let callback = Request::code("openid").walk(&bank, &browser, "alice").await;
    let is_same = || is_unchanged(&callback, "web-app", "https://app.example.com", &browser);
    assert!(is_same());
    let again = Request::code("openid")
        .with("prompt", "none")
        .open(&bank, &browser)
        .await
        .callback();
    assert!(
        is_same() && again.get("session_state") != callback.get("session_state"),
        "salted"
    );

    let page = Request::code("openid")
        .with("prompt", "login")
        .open(&bank, &browser)
        .await
        .page();
    let answer = browser.sign_in(&page, "alice", "alice-password").await.callback();
    assert!(!is_same());
    assert!(is_unchanged(&answer, "web-app", "https://app.example.com", &browser));

    let page = browser.open("/logout").await.page();
    browser.press(&page, "sign-out").await.page();
    assert_eq!(cookie(&browser, COOKIE), None);
    assert!(!is_unchanged(&answer, "web-app", "https://app.example.com", &browser));
}

#[tokio::test]
async fn it_comes_with_every_answer_of_openid_connect_to_an_app_that_has_an_origin() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let of = async |request: Request| request.walk(&bank, &browser, "alice").await;
    let fragment = of(Request::implicit("id_token", "openid")).await;
    assert!(fragment.in_fragment && JS.starts_with("https://js.example.com/"));
    assert!(is_unchanged(&fragment, "js-app", "https://js.example.com", &browser));
    let posted = Request::code("openid")
        .with("response_mode", "form_post")
        .with("prompt", "consent");
    let page = posted.open(&bank, &browser).await.page();
    let page = browser.approve(&page).await.page();
    let posted = browser.press(&page, "continue").await.callback();
    assert!(is_unchanged(&posted, "web-app", "https://app.example.com", &browser));
    for without in [
        Request::code("accounts:read"),
        Request::native("openid").with("redirect_uri", "com.example.cli:/callback"),
    ] {
        assert_eq!(of(without).await.get("session_state"), None);
    }
}

#[tokio::test]
async fn the_cookie_is_for_scripts_and_says_nothing_of_the_session() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = browser.open("/account").await.page();
    let form = page
        .form_with("password")
        .fill("username", "alice")
        .fill("password", "alice-password");
    let response = crate::request::post(&bank, &browser, &form, "sign-in")
        .send()
        .await
        .unwrap();
    let lines: Vec<&str> = response
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|line| line.to_str().unwrap())
        .collect();
    let of = |prefix: &str| *lines.iter().find(|line| line.starts_with(prefix)).unwrap();
    let (state, session) = (of(COOKIE), of("sekisho-session-"));
    assert!(session.contains("HttpOnly") && !state.contains("HttpOnly"));
    assert!(state.ends_with("; Path=/; SameSite=Lax"), "{state}");
    let value = |line: &str| line.split_once('=').unwrap().1.split(';').next().unwrap().to_owned();
    let (id, secret) = (value(session).split_once('.'))
        .map(|(id, secret)| (id.to_owned(), secret.to_owned()))
        .unwrap();
    assert!(!value(state).contains(&id) && !value(state).contains(&secret));
    let hash = b64::encode(sha256(secret.as_bytes()));
    assert!(!value(state).contains(&hash));
}

#[tokio::test]
async fn a_cookie_that_is_lost_or_no_longer_true_is_mended_when_the_browser_comes_by() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    Request::code("openid").walk(&bank, &browser, "alice").await;
    let state = cookie(&browser, COOKIE);
    browser.forget_cookies_like(COOKIE);
    let silent = || Request::code("openid").with("prompt", "none");
    let callback = silent().open(&bank, &browser).await.callback();
    assert!(state.is_some() && cookie(&browser, COOKIE) == state);
    assert!(is_unchanged(&callback, "web-app", "https://app.example.com", &browser));

    bank.end_sessions("alice").await;
    let callback = silent().open(&bank, &browser).await.callback();
    assert_eq!(callback.get("error"), Some("login_required"));
    assert_eq!((callback.get("session_state"), cookie(&browser, COOKIE)), (None, None));
    let page = Request::code("openid").open(&bank, &browser).await.page();
    sign_in(&browser, &page, "bob").await;
    assert!(cookie(&browser, COOKIE).is_some());
}

// Conformance: B137
#[tokio::test]
async fn the_frame_may_be_framed_by_anyone_and_runs_one_script_of_this_server() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let page = browser.open("/session").await.page();
    assert_eq!((page.status, page.headers.get("x-frame-options")), (200, None));
    assert_eq!(
        page.headers["content-security-policy"],
        "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"
    );
    assert_eq!(page.headers["cache-control"], "no-store");
    let attribute = |name: &str| {
        let (_, rest) = page.html.split_once(&format!("{name}=\"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    assert_eq!(page.html.matches("<script").count(), 1);
    let names = browser.cookie_names();
    assert!(names.contains(&attribute("data-cookie")), "{names:?}");
    let script = bank.http.get(bank.url(&attribute("src"))).send().await.unwrap();
    assert_eq!(script.status(), 200);
    assert!(script.text().await.unwrap().contains("postMessage"));
}

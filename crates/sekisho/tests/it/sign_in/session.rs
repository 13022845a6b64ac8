//! The session that a sign-in begins (RFC 9700 §4.7; OpenID Connect Core §3.1.2.3).

use sekisho::administration::Action;
use testkit::Browser;

use crate::{
    bank::Bank,
    request::{Request, administer, claims, cookie, post, sign_in, signed_in, text},
};

const SESSION: &str = "sekisho-session-";

fn session_cookie(browser: &Browser) -> (String, String) {
    browser
        .cookies()
        .into_iter()
        .find(|(name, _)| name.starts_with(SESSION))
        .unwrap()
}

async fn is_signed_in(browser: &Browser) -> bool {
    browser.open("/account").await.page().has("sign-out")
}

#[tokio::test]
async fn the_cookies_are_for_this_host_and_not_for_scripts() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = Request::code("openid").open(&bank, &browser).await.page();
    let form = page
        .form_with("password")
        .fill("username", "alice")
        .fill("password", "alice-password");
    let response = post(&bank, &browser, &form, "sign-in").send().await.unwrap();
    assert_eq!(response.status(), 303);
    let cookies: Vec<&str> = response
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|c| c.to_str().unwrap())
        .collect();
    let (state, cookies): (Vec<&str>, Vec<&str>) = cookies.into_iter().partition(|c| c.starts_with("sekisho-state-"));
    assert_eq!(
        (state.len(), cookies.len()),
        (1, 2),
        "the third is for scripts: logout/session_state.rs"
    );
    for cookie in cookies {
        let attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
        assert!(
            ["Path=/", "HttpOnly", "SameSite=Lax"]
                .iter()
                .all(|wanted| attributes.contains(wanted)),
            "{cookie}"
        );
        assert!(
            !attributes.iter().any(|attribute| attribute.starts_with("Domain")),
            "{cookie}"
        );
        let is_session = cookie.starts_with(SESSION);
        assert_eq!(
            attributes.iter().any(|attribute| attribute.starts_with("Max-Age")),
            !is_session,
            "{cookie}"
        );
    }
}

#[tokio::test]
async fn a_session_that_was_planted_is_not_taken_over() {
    let bank = Bank::start().await;
    let attacker = signed_in(&bank, "bob").await;
    let (name, planted) = session_cookie(&attacker);
    let victim = bank.browser();
    victim.plant_cookie(&name, &planted);
    let page = Request::code("openid")
        .with("prompt", "login")
        .open(&bank, &victim)
        .await
        .page();
    sign_in(&victim, &page, "alice").await;
    assert_ne!(cookie(&victim, SESSION), Some(planted));
    assert!(!is_signed_in(&attacker).await, "the former session is over");
}

#[tokio::test]
async fn a_value_that_was_made_up_becomes_no_session() {
    let bank = Bank::start().await;
    let (name, value) = session_cookie(&signed_in(&bank, "alice").await);
    let (id, secret) = value.split_once('.').unwrap();
    let other_secret = jose::random_token();
    for made_up in [
        "",
        "x",
        id,
        secret,
        &format!("{id}."),
        &format!("{id}.{other_secret}"),
        &format!("x.{secret}"),
    ] {
        let browser = bank.browser();
        browser.plant_cookie(&name, made_up);
        let page = browser.open("/account").await.page();
        assert!(page.has("sign-in"), "{made_up}");
        sign_in(&browser, &page, "bob").await;
        assert_ne!(cookie(&browser, SESSION).as_deref(), Some(made_up));
    }
}

#[tokio::test]
async fn signing_in_again_keeps_the_session_and_changes_its_secret() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let first = Request::code("openid");
    let callback = first.walk(&bank, &browser, "alice").await;
    let sid = claims(text(&first.redeem(&bank, &callback).await, "id_token"))["sid"].clone();
    let (name, before) = session_cookie(&browser);

    let again = Request::code("openid").with("prompt", "login");
    let callback = again.walk(&bank, &browser, "alice").await;
    assert_eq!(
        claims(text(&again.redeem(&bank, &callback).await, "id_token"))["sid"],
        sid
    );
    let (_, after) = session_cookie(&browser);
    assert_ne!(before, after);

    let thief = bank.browser();
    thief.plant_cookie(&name, &before);
    assert!(!is_signed_in(&thief).await);
    assert!(is_signed_in(&browser).await);
}

#[tokio::test]
async fn another_user_ends_the_former_session_and_its_tokens() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let request = Request::code("openid accounts:read");
    let callback = request.walk(&bank, &browser, "alice").await;
    let response = request.redeem(&bank, &callback).await;
    let token = text(&response, "access_token");
    assert_eq!(bank.introspect(token).await["active"], true);

    let callback = request
        .clone()
        .with("prompt", "login")
        .walk(&bank, &browser, "bob")
        .await;
    assert!(callback.get("code").is_some());
    assert_eq!(bank.introspect(token).await["active"], false);
}

#[tokio::test]
async fn a_session_ends_by_itself_after_twelve_hours() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    bank.clock.advance(12 * 3600 - 1);
    assert!(is_signed_in(&browser).await);
    bank.clock.advance(1);
    assert!(!is_signed_in(&browser).await);
}

#[tokio::test]
async fn a_user_who_is_disabled_is_signed_out_at_once() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    administer(
        &bank,
        Action::UserSetEnabled {
            user: "alice".into(),
            enabled: false,
        },
    )
    .await;
    assert!(!is_signed_in(&browser).await);
}

#[tokio::test]
async fn who_is_signed_in_is_not_asked_for_the_password_by_the_next_app() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    Request::code("openid").walk(&bank, &browser, "alice").await;
    let page = Request::implicit("id_token", "openid")
        .open(&bank, &browser)
        .await
        .page();
    assert!(page.has("approve") && !page.has("sign-in"));
}

/// The `Set-Cookie` of the session after a sign-in, with the tick or without.
async fn set_cookie(bank: &Bank, remember: bool) -> String {
    let browser = bank.browser();
    let page = Request::code("openid").open(bank, &browser).await.page();
    let form = page
        .form_with("password")
        .fill("username", "alice")
        .fill("password", "alice-password");
    let mut entries = form.entries(Some("sign-in"));
    if remember {
        entries.push(("remember".to_owned(), "yes".to_owned()));
    }
    let cookies: Vec<String> = browser
        .cookies()
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let response = bank
        .http
        .post(bank.url("/sign-in"))
        .header("cookie", cookies.join("; "))
        .form(&entries)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 303);
    let set = response.headers().get_all("set-cookie").iter();
    set.map(|cookie| cookie.to_str().unwrap().to_owned())
        .find(|cookie| cookie.starts_with(SESSION))
        .unwrap()
}

#[tokio::test]
async fn who_ticks_it_stays_signed_in_until_the_session_ends_where_the_realm_offers_that() {
    let bank = Bank::start().await;
    assert!(!set_cookie(&bank, true).await.contains("Max-Age"), "not offered");
    let bank = Bank::with_realm(|issuer| format!("remember_me = true\n{}", testkit::realm::bank(issuer))).await;
    let page = Request::code("openid").open(&bank, &bank.browser()).await.page();
    assert!(page.has("remember") && !page.form_with("sign-in").is_ticked("remember"));
    assert!(!set_cookie(&bank, false).await.contains("Max-Age"));
    assert!(set_cookie(&bank, true).await.contains("Max-Age=43200"));
}

//! `/sign-in/certificate`: users sign in by what their browser shows in the handshake (RFC 5280 §6, RFC 9440).

use serde_json::json;
use testkit::{
    Browser, Engine, Page,
    pki::{Authority, Identity, Subject, Usage},
};

use crate::{
    app::Server,
    bank::{Bank, NOON},
    factors::{VAULT, code, enter},
    https::Https,
    mutual_tls::{believing, with},
    request::{Request, claims, sign_in, signed_in, text},
};

const DAY: i64 = 86_400;
const BY_MAIL: &str = "[[certificate_mapping]]\nfrom = 'san_email'\nuser = 'email'\n";
const SMART_CARD: [u64; 4] = [1, 2, 3, 4];

fn alice() -> Subject {
    Subject::named("Alice").email("alice@example.com")
}

/// The bank that believes this authority and maps by mail; certificates are asked for at another host.
async fn bank(ca: &Authority, crl: &[String], rules: &str) -> Bank {
    let realm = believing(&[ca], crl, rules);
    Bank::behind_proxy(|issuer| {
        let port = issuer.rsplit(':').next().unwrap();
        let more = "smart_card_policies = ['1.2.3.4']";
        format!("mtls = 'http://127.0.0.1:{port}/mtls'\n{more}\n{}", realm(issuer))
    })
    .await
}

/// Where the browser is sent back to, when it shows this certificate where it is asked for one.
async fn shown(bank: &Bank, page: &Page, certificate: Option<&Identity>) -> String {
    let link = page.link("use-certificate");
    assert!(
        link.starts_with("http://127.0.0.1:") && link.contains("/mtls/sign-in/certificate/show?flow="),
        "{link}"
    );
    let request = bank.http.get(link);
    let request = match certificate {
        Some(identity) => with(request, identity),
        None => request,
    };
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 303);
    response.headers()["location"].to_str().unwrap().to_owned()
}

/// Shows a certificate on a new sign-in page: the page that follows.
async fn show(bank: &Bank, certificate: Option<&Identity>) -> Page {
    let browser = bank.browser();
    let page = browser.open("/account").await.page();
    let place = shown(bank, &page, certificate).await;
    browser.open(&place).await.page()
}

fn is_refused(page: &Page, words: &str) -> bool {
    page.status == 401 && !page.has("sign-out") && page.text_of("error-summary").unwrap().contains(words)
}

#[tokio::test]
async fn whom_the_certificate_names_is_signed_in_with_one_factor() {
    let ca = Authority::new("People CA");
    let bank = bank(&ca, &[], BY_MAIL).await;
    let (browser, request) = (bank.browser(), Request::code("openid"));
    let page = request.open(&bank, &browser).await.page();
    let place = shown(&bank, &page, Some(&ca.issue(&alice()))).await;
    assert!(place.starts_with(&bank.issuer));
    let page = browser.open(&place).await.page();
    let callback = browser.approve(&page).await.callback();
    let id_token = claims(text(&request.redeem(&bank, &callback).await, "id_token"));
    assert_eq!(id_token["acr"], "urn:sekisho:acr:loa2");
    assert_eq!(id_token["amr"], json!(["swk", "pop"]));
}

#[tokio::test]
async fn a_certificate_and_the_password_are_two_factors_and_so_is_a_smart_card() {
    let ca = Authority::new("People CA");
    let bank = bank(&ca, &[], BY_MAIL).await;
    let (browser, request) = (bank.browser(), Request::code("openid"));
    let page = request.open(&bank, &browser).await.page();
    let place = shown(&bank, &page, Some(&ca.issue(&alice()))).await;
    let _ = browser.open(&place).await.page();
    let request = request.with("acr_values", "urn:sekisho:acr:loa3");
    let page = request.open(&bank, &browser).await.page();
    let page = sign_in(&browser, &page, "alice").await;
    let callback = browser.approve(&page).await.callback();
    let id_token = claims(text(&request.redeem(&bank, &callback).await, "id_token"));
    assert_eq!(id_token["acr"], "urn:sekisho:acr:loa3");
    assert_eq!(id_token["amr"], json!(["swk", "pop", "pwd", "mfa"]));

    let card = ca.issue(&alice().policy(&SMART_CARD));
    let (browser, request) = (bank.browser(), Request::code("openid"));
    let page = request.open(&bank, &browser).await.page();
    let place = shown(&bank, &page, Some(&card)).await;
    let callback = browser.open(&place).await.callback();
    let id_token = claims(text(&request.redeem(&bank, &callback).await, "id_token"));
    assert_eq!(id_token["acr"], "urn:sekisho:acr:loa4");
    assert_eq!(id_token["amr"], json!(["hwk", "pin", "sc", "pop", "mfa"]));
}

#[tokio::test]
async fn what_nobody_vouches_for_is_refused_softly() {
    let (ca, other) = (Authority::new("People CA"), Authority::new("People CA"));
    let bad = ca.issue(&alice());
    let list = ca.revocations(&[&bad], NOON - DAY, NOON + DAY);
    let bank = bank(&ca, &[list], BY_MAIL).await;
    assert!(show(&bank, Some(&ca.issue(&alice()))).await.has("sign-out"));
    let expired = ca.issue(&alice().valid(NOON - DAY, NOON - 1));
    assert!(is_refused(&show(&bank, Some(&expired)).await, "out of date"));
    for refused in [
        &bad,
        &other.issue(&alice()),
        &alice().self_signed(),
        &ca.issue(&alice().for_usage(Usage::ServerAuth)),
        &ca.issue(&Subject::named("Alice").email("nobody@example.com")),
        &ca.issue(&Subject::named("alice")),
    ] {
        assert!(is_refused(&show(&bank, Some(refused)).await, "not accepted"));
    }
    assert!(is_refused(&show(&bank, None).await, "showed no certificate"));
}

#[tokio::test]
async fn one_that_names_two_users_names_nobody_and_a_rule_may_be_for_one_authority() {
    let ca = Authority::new("People CA");
    let rules = format!(
        "{BY_MAIL}[[certificate_mapping]]\nfrom = 'subject_cn'\nuser = 'username'\nissuer = 'CN=Another CA'\n\
         [[certificate_mapping]]\nfrom = 'san_upn'\nuser = 'username'\nissuer = 'CN=people ca'\n"
    );
    let bank = bank(&ca, &[], &rules).await;
    let both = ca.issue(&alice().email("bob@example.com"));
    assert!(is_refused(&show(&bank, Some(&both)).await, "not accepted"));
    assert!(is_refused(
        &show(&bank, Some(&ca.issue(&Subject::named("alice")))).await,
        "not accepted"
    ));
    assert!(
        show(&bank, Some(&ca.issue(&Subject::named("x").upn("alice"))))
            .await
            .has("sign-out")
    );
}

#[tokio::test]
async fn what_was_shown_counts_once_soon_and_in_the_browser_that_began() {
    let ca = Authority::new("People CA");
    let bank = bank(&ca, &[], BY_MAIL).await;
    let certificate = ca.issue(&alice());
    let (browser, other) = (bank.browser(), bank.browser());
    let page = browser.open("/account").await.page();
    let place = shown(&bank, &page, Some(&certificate)).await;
    // Another browser has not that flow, and its own flow is another.
    assert!(!other.open(&place).await.page().has("sign-out"));
    let own = other.open("/account").await.page();
    let flow = own.link("use-certificate").split("flow=").nth(1).unwrap().to_owned();
    let voucher = place.split("&voucher=").nth(1).unwrap();
    let stolen = format!("/sign-in/certificate?flow={flow}&voucher={voucher}");
    assert!(is_refused(&other.open(&stolen).await.page(), "too long"));

    assert!(browser.open(&place).await.page().has("sign-out"));
    browser.forget_cookies_like("sekisho-session-");
    assert!(is_refused(&browser.open(&place).await.page(), "too long"));

    let place = shown(&bank, &page, Some(&certificate)).await;
    bank.clock.advance(120);
    assert!(is_refused(&browser.open(&place).await.page(), "too long"));
}

#[tokio::test]
async fn what_no_rule_maps_its_owner_sets_up() {
    let ca = Authority::new("People CA");
    let bank = bank(&ca, &[], &format!("{BY_MAIL}{VAULT}")).await;
    let certificate = ca.issue(&Subject::named("Carol's laptop"));
    assert!(is_refused(&show(&bank, Some(&certificate)).await, "not accepted"));
    let browser = bank.browser();
    let page = browser.open("/account/factors/certificate").await.page();
    let page = sign_in(&browser, &page, "carol").await;
    let page = enter(&browser, &page, &code(&bank)).await.page();
    // Somebody else's, by a rule, is not carol's.
    let place = shown(&bank, &page, Some(&ca.issue(&alice()))).await;
    let refused = browser.press(&browser.open(&place).await.page(), "enrol").await.page();
    assert!(
        refused.status == 401 && refused.has("error-summary"),
        "{}",
        refused.text()
    );

    let place = shown(&bank, &page, Some(&certificate)).await;
    let asked = browser.open(&place).await.page();
    assert!(asked.text().contains("laptop"));
    let account = browser.press(&asked, "enrol").await.page();
    assert!(account.text().contains("laptop"), "{}", account.text());
    assert!(show(&bank, Some(&certificate)).await.has("sign-out"));
    assert!(is_refused(
        &show(&bank, Some(&ca.issue(&Subject::named("Carol's laptop")))).await,
        "not accepted"
    ));

    // As a further factor, in a session by password.
    let browser = signed_in(&bank, "carol").await;
    let request = Request::code("openid").with("acr_values", "urn:sekisho:acr:loa3");
    let page = request.open(&bank, &browser).await.page();
    let page = browser
        .open(&format!("{}&method=client_certificate", page.url))
        .await
        .page();
    let place = shown(&bank, &page, Some(&certificate)).await;
    assert!(browser.open(&place).await.page().has("approve"));
}

#[tokio::test]
async fn it_is_offered_only_where_there_are_rules() {
    let ca = Authority::new("People CA");
    let bank = bank(&ca, &[], "").await;
    assert!(!bank.browser().open("/account").await.page().has("use-certificate"));
}

#[tokio::test]
async fn a_browser_shows_it_to_the_servers_own_listener() {
    let ca = Authority::new("People CA");
    let https = Https::with_realm(
        Engine::Sqlite,
        "client_certificates = 'request'",
        believing(&[&ca], &[], BY_MAIL),
    );
    let client = |identity: &Identity| https.client().identity(identity.identity()).build().unwrap();
    let browser = Browser::with_client(https.issuer(), client(&ca.issue(&alice())));
    let page = browser.open("/account").await.page();
    let page = browser.open(&page.link("use-certificate")).await.page();
    assert!(page.has("sign-out"), "{}", page.text());

    let stranger = Authority::new("Strangers");
    let browser = Browser::with_client(https.issuer(), client(&stranger.issue(&alice())));
    let page = browser.open("/account").await.page();
    let page = browser.open(&page.link("use-certificate")).await.page();
    assert!(is_refused(&page, "not accepted"));
}

//! Nobody learns which names there are: for a name that is nobody's the answers are the same to the letter, but for what is
//! drawn at random. What they cost is counted in `authn/src/enumeration.rs`.

use testkit::{Browser, Page};

use crate::bank::Bank;

/// One that is an account's, one that is not; as long as each other.
const NAMES: [&str; 2] = ["alice", "nobdy"];

async fn bank() -> Bank {
    Bank::with_realm(|issuer| format!("email_code = true\n{}", testkit::realm::bank(issuer))).await
}

/// Everything of an answer that does not change with each request: status, headers by name, and the page without its name
/// and without what is sealed or drawn.
fn shape(page: &Page, name: &str) -> (u16, Vec<String>, String) {
    let mut headers: Vec<String> = page.headers.keys().map(ToString::to_string).collect();
    headers.sort();
    let quoted = page.html.split('"').map(|part| {
        let is_drawn = part.len() > 20 && !part.contains(['<', ' ']) || part.contains("challenge");
        if is_drawn { "…" } else { part }
    });
    let html = quoted.collect::<Vec<_>>().join("\"").replace(name, "NAME");
    let without_flow = html
        .split("flow=")
        .map(|part| part.split_once('"').map_or(part, |(_, rest)| rest));
    (page.status, headers, without_flow.collect())
}

async fn at(browser: &Browser, link: &str, button: &str, name: &str) -> Page {
    let page = browser.open("/account").await.page();
    let page = browser.open(&page.link(link)).await.page();
    let form = page.form_with(button).fill("username", name);
    browser.submit(&form, Some(button)).await.page()
}

#[tokio::test]
async fn a_wrong_password_looks_the_same() {
    let bank = bank().await;
    for turn in 0..11 {
        let mut shapes = Vec::new();
        for name in NAMES {
            let browser = bank.browser();
            let page = browser.open("/account").await.page();
            let answer = browser.sign_in(&page, name, "wrong").await.page();
            assert_eq!(answer.status, if turn < 10 { 401 } else { 429 });
            shapes.push(shape(&answer, name));
        }
        assert_eq!(shapes[0], shapes[1]);
    }
}

#[tokio::test]
async fn a_forgotten_password_looks_the_same() {
    let bank = bank().await;
    for turn in 0..6 {
        let mut shapes = Vec::new();
        for name in NAMES {
            let answer = at(&bank.browser(), "forgotten", "send-link", name).await;
            assert_eq!(answer.status, if turn < 5 { 200 } else { 429 });
            shapes.push(shape(&answer, name));
        }
        assert_eq!(shapes[0], shapes[1]);
    }
}

#[tokio::test]
async fn a_code_by_mail_looks_the_same_when_it_is_sent_and_when_it_is_wrong() {
    let bank = bank().await;
    let mut shapes = [Vec::new(), Vec::new()];
    for (name, shapes) in NAMES.into_iter().zip(&mut shapes) {
        let browser = bank.browser();
        let sent = at(&browser, "use-email-code", "send-code", name).await;
        shapes.push((shape(&sent, name), sent.html.len()));
        for _ in 0..11 {
            let form = sent.form_with("code").fill("code", "00000000");
            let wrong = browser.submit(&form, Some("continue")).await.page();
            shapes.push((shape(&wrong, name), wrong.html.len()));
        }
    }
    assert_eq!(shapes[0], shapes[1]);
    assert_eq!(shapes[0].last().map(|((status, ..), _)| *status), Some(429));
}

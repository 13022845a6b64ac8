//! What the pages show of the app: its logo, its pages, and nothing that deceives.

use std::sync::Arc;

use protocol::ClientMetadata;
use storage::Change;
use testkit::Page;

use crate::{
    bank::Bank,
    request::{Request, sign_in},
};

async fn reregister(bank: &Bank, change: impl FnOnce(&mut ClientMetadata)) {
    let store = &bank.running.realms.store;
    let mut client = store.find_client(&bank.issuer, "web-app").await.unwrap().unwrap();
    change(Arc::make_mut(&mut client.metadata));
    let put = storage::client::put(&bank.issuer, &client, bank.clock.now()).unwrap();
    bank.change(Change::new().then(put)).await;
}

/// The sign-in page and the consent page in a language.
async fn pages(bank: &Bank, language: &str) -> [Page; 2] {
    let browser = bank.browser().speaking(language);
    let first = Request::code("openid").open(bank, &browser).await.page();
    let second = sign_in(&browser, &first, "alice").await;
    [first, second]
}

fn policy(page: &Page) -> &str {
    page.headers["content-security-policy"].to_str().unwrap()
}

/// What a page holds besides the one script of this server, with which passkeys are shown.
fn without_our_script(page: &Page) -> String {
    let Some((before, rest)) = page.html.split_once("<script src=\"") else {
        return page.html.clone();
    };
    let (address, after) = rest.split_once("\" defer></script>").unwrap();
    assert!(
        address.contains("/assets/passkey-") && !address.contains(['"', '<', '&']),
        "{address}"
    );
    format!("{before}{after}")
}

// Conformance: B129 oidcc-registration-logo-uri oidcc-registration-policy-uri oidcc-registration-tos-uri
#[tokio::test]
async fn the_logo_and_the_pages_of_the_app_are_shown_in_the_users_language() {
    let bank = Bank::start().await;
    reregister(&bank, |metadata| {
        metadata.logo_uri = Some("https://cdn.example:8443/logo.png".into());
        metadata.client_uri = Some("https://app.example.com/".into());
        metadata.policy_uri = Some("https://app.example.com/privacy".into());
        metadata.tos_uri = Some("https://app.example.com/terms".into());
        for (member, uri) in [
            ("logo_uri#ja", "https://cdn.example.jp/logo.png"),
            ("policy_uri#ja", "https://app.example.com/ja/privacy"),
        ] {
            metadata.localized.insert(member.into(), uri.into());
        }
    })
    .await;
    for page in pages(&bank, "en").await {
        assert!(policy(&page).contains("img-src 'self' data: https://cdn.example:8443;"));
        for shown in [
            "src=\"https:&#x2f;&#x2f;cdn.example:8443&#x2f;logo.png\"",
            "alt=\"Logo of Web App\"",
            "referrerpolicy=\"no-referrer\"",
            "href=\"https:&#x2f;&#x2f;app.example.com&#x2f;\"",
            "href=\"https:&#x2f;&#x2f;app.example.com&#x2f;privacy\"",
            "href=\"https:&#x2f;&#x2f;app.example.com&#x2f;terms\"",
            "rel=\"noopener noreferrer\"",
        ] {
            assert!(page.html.contains(shown), "{shown} on {}", page.url.path());
        }
        assert!(page.text().contains("Privacy policy") && page.text().contains("Terms of use"));
    }
    for page in pages(&bank, "ja").await {
        assert!(policy(&page).contains("data: https://cdn.example.jp;"));
        for shown in [
            "cdn.example.jp",
            "app.example.com&#x2f;ja&#x2f;privacy",
            "&#x2f;terms",
            "利用規約",
        ] {
            assert!(page.html.contains(shown), "{shown} on {}", page.url.path());
        }
        assert!(!page.html.contains("cdn.example:8443"));
    }
}

// Conformance: B129
#[tokio::test]
async fn what_a_row_holds_that_no_page_may_hold_is_not_shown() {
    let bank = Bank::start().await;
    for hostile in [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:image/svg+xml,<svg/onload=alert(1)>",
        "data:text/html,<script>alert(1)</script>",
        "http://evil.example/",
        "https://bank@evil.example/",
        "//evil.example/",
        "https://*/",
        "https://a;script-src.evil.example/x",
    ] {
        reregister(&bank, |metadata| {
            metadata.logo_uri = Some(hostile.into());
            metadata.client_uri = Some(hostile.into());
            metadata.policy_uri = Some(hostile.into());
            metadata.localized.insert("tos_uri#en".into(), hostile.into());
        })
        .await;
        for page in pages(&bank, "en").await {
            assert!(
                policy(&page).contains("img-src 'self' data:;"),
                "{hostile}: {}",
                policy(&page)
            );
            let scripts = policy(&page).matches("script-src").count();
            let ours = policy(&page).matches("; script-src 'self';").count();
            assert!(!policy(&page).contains("evil") && scripts == ours, "{}", policy(&page));
            let html = without_our_script(&page).to_lowercase();
            for part in [
                "javascript:",
                "data:",
                "<svg",
                "<script",
                "bank@evil",
                "http:&#x2f;&#x2f;evil",
            ] {
                assert!(!html.contains(part), "{hostile}: {part}");
            }
            assert!(!page.html.contains("class=\"tile logo\""), "{hostile}");
        }
    }
}

// Conformance: B129
#[tokio::test]
async fn a_name_that_deceives_is_made_harmless() {
    let bank = Bank::start().await;
    reregister(&bank, |metadata| {
        metadata.client_name = Some(format!(
            "Ev\u{202e}il</h1><script>alert(1)</script>{}",
            "x".repeat(10_240)
        ));
        metadata.policy_uri = Some("https://xn--pple-43d.example/".into());
    })
    .await;
    for page in pages(&bank, "en").await {
        assert!(!without_our_script(&page).contains("<script") && !page.html.contains('\u{202e}'));
        assert!(!page.html.contains(&"x".repeat(100)), "10 kB are cut");
        assert!(page.html.contains("Evil&lt;&#x2f;h1&gt;"));
        assert!(page.text().contains("xn--pple-43d.example"), "a look-alike is seen");
    }
}

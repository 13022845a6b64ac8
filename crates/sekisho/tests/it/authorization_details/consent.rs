//! What the user sees and permits of it. RFC 9396 §3.1, §7.1, §12; OpenID Connect Core §3.1.2.4.

use serde_json::json;

use super::{API, asked, asking, bank, payment};
use crate::{
    app::text,
    request::{Request, error},
};

// Conformance: F2-AZ-10 SEED1-12
#[tokio::test]
async fn the_user_reads_who_asks_for_what_in_their_language() {
    let bank = bank().await;
    let request = asking(&json!([payment("45.00")]));
    let (browser, page) = asked(&bank, &request).await;
    for said in [
        "Allow Payer access?",
        "Pay 45.00 to Merchant A",
        "Asked each time",
        "at Payments",
        "payee Merchant A",
    ] {
        assert!(page.text().contains(said), "{said}: {}", page.text());
    }
    assert!(page.form_with("approve").is_ticked("detail-0"));
    let japanese = request.with("ui_locales", "ja").open(&bank, &browser).await.page();
    for said in ["Merchant A に 45.00 を支払う", "毎回確認します"] {
        assert!(japanese.text().contains(said), "{said}: {}", japanese.text());
    }
}

#[tokio::test]
async fn hostile_values_are_text_and_nothing_else() {
    let bank = bank().await;
    let payee = "</b><script>x</script>\u{202e}moc\n\nApproved";
    let details = json!([{"type": "payment", "amount": "1.00", "payee": payee}]);
    let (browser, page) = asked(&bank, &asking(&details)).await;
    assert!(!page.html.contains("<script>x") && !page.html.contains('\u{202e}'));
    assert!(
        page.html
            .contains("<b><bdi>&lt;&#x2f;b&gt;&lt;script&gt;x&lt;&#x2f;script&gt;moc Approved</bdi></b>"),
        "{}",
        page.html
    );
    let callback = browser.approve(&page).await.callback();
    assert!(callback.get("code").is_some());
}

// Conformance: SEED1-12
#[tokio::test]
async fn a_payment_is_asked_for_each_time() {
    let bank = bank().await;
    let request = asking(&json!([payment("45.00")]));
    let (browser, page) = asked(&bank, &request).await;
    browser.approve(&page).await.callback();
    let again = request.open(&bank, &browser).await.page();
    assert!(again.has("detail-0") && !again.text().contains("Allowed before"));
    let silent = request.with("prompt", "none").open(&bank, &browser).await.callback();
    assert_eq!(error(&silent), "consent_required");
    let account = browser.open("/account").await.page();
    assert!(!account.text().contains("Pay 45.00"), "{}", account.text());
}

#[tokio::test]
async fn what_is_remembered_is_asked_for_once_and_for_no_more() {
    let bank = bank().await;
    let accounts = |numbers: &[&str]| json!([{"type": "accounts", "accounts": numbers}]);
    let (browser, page) = asked(&bank, &asking(&accounts(&["1", "2"]))).await;
    assert!(!page.text().contains("Asked each time"));
    browser.approve(&page).await.callback();
    for known in [accounts(&["1", "2"]), accounts(&["2"])] {
        let request = asking(&known);
        let callback = request.open(&bank, &browser).await.callback();
        assert_eq!(request.redeem(&bank, &callback).await["authorization_details"], known);
    }
    assert!(
        asking(&accounts(&["1", "3"]))
            .open(&bank, &browser)
            .await
            .page()
            .has("detail-0")
    );
    let account = browser.open("/account").await.page();
    assert!(account.text().contains("See the accounts 1, 2"), "{}", account.text());
    bank.end_grant("alice", "payer").await;
    assert!(
        asking(&accounts(&["2"]))
            .open(&bank, &browser)
            .await
            .page()
            .has("detail-0")
    );
}

#[tokio::test]
async fn the_user_takes_parts_away() {
    let bank = bank().await;
    let request = asking(&json!([
        {"type": "accounts", "accounts": ["1", "2", "3"]}, payment("1.00"), payment("2.00")
    ]));
    let (browser, page) = asked(&bank, &request).await;
    let form = page.form_with("approve").untick("detail-0-1").untick("detail-2");
    let callback = browser.submit(&form, Some("approve")).await.callback();
    let tokens = request.redeem(&bank, &callback).await;
    let left = json!([{"type": "accounts", "accounts": ["1", "3"]}, payment("1.00")]);
    assert_eq!(tokens["authorization_details"], left);
    assert_eq!(
        API.introspect(&bank, text(&tokens, "access_token")).await["authorization_details"],
        left
    );
}

#[tokio::test]
async fn taking_all_away_is_no_answer_and_a_form_cannot_add() {
    let bank = bank().await;
    let request = asking(&json!([{"type": "accounts", "accounts": ["1", "2"]}]));
    let (browser, page) = asked(&bank, &request).await;
    let form = page.form_with("approve").untick("detail-0");
    let page = browser.submit(&form, Some("approve")).await.page();
    assert!(page.text().contains("Tick at least one thing"), "{}", page.text());
    // Without its accounts nothing of it conforms to the type.
    let form = page.form_with("approve").untick("detail-0-0").untick("detail-0-1");
    let page = browser.submit(&form, Some("approve")).await.page();
    assert!(page.text().contains("Tick at least one thing"), "{}", page.text());
    let form = page.form_with("approve").untick("detail-0-0").tamper("item", "0.7");
    let page = browser.submit(&form, Some("approve")).await.page();
    assert!(page.text().contains("Tick at least one thing"), "{}", page.text());
}

#[tokio::test]
async fn what_was_taken_back_ends_what_came_of_it() {
    let bank = bank().await;
    let request = asking(&json!([{"type": "accounts", "accounts": ["1", "2"]}]));
    let (browser, page) = asked(&bank, &request).await;
    let callback = browser.approve(&page).await.callback();
    let token = request.redeem(&bank, &callback).await;
    assert!(API.sees(&bank, text(&token, "access_token")).await);
    let page = request
        .clone()
        .with("prompt", "consent")
        .open(&bank, &browser)
        .await
        .page();
    let form = page.form_with("approve").untick("detail-0-0");
    let callback = browser.submit(&form, Some("approve")).await.callback();
    assert!(!API.sees(&bank, text(&token, "access_token")).await);
    let token = request.redeem(&bank, &callback).await;
    assert!(API.sees(&bank, text(&token, "access_token")).await);
}

// Conformance: SEED1-17
#[tokio::test]
async fn long_term_permission_is_marked() {
    let bank = bank().await;
    // Without openid the refresh token follows from the grant type.
    let (_, page) = asked(&bank, &asking(&json!([payment("1.00")]))).await;
    assert!(page.text().contains("at the longest 365 days"), "{}", page.text());
    let (_, page) = asked(&bank, &Request::code("openid accounts:read")).await;
    assert!(page.text().contains("Until this sign-in ends") && !page.text().contains("365 days"));
}

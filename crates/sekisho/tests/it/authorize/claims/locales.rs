//! Claims in several languages (OpenID Connect Core §5.2).

use super::*;

// Conformance: B26 oidcc-claims-locales OP-05
#[tokio::test]
async fn claims_come_in_the_first_wanted_language_that_is_known() {
    let bank = people().await;
    let name = async |locales: &str| {
        let request = ask("openid profile", &Value::Null).with("claims_locales", locales);
        let told = learned(&bank, &request).await.1;
        assert!(
            told.as_object().unwrap().keys().all(|name| !name.contains('#')),
            "{told}"
        );
        text(&told, "name").to_owned()
    };
    assert_eq!(name("fr ja").await, "例 花子");
    assert_eq!(name("ja-Kana-JP").await, "レイ ハナコ");
    assert_eq!(name("se").await, "Carol Example");
}

#[tokio::test]
async fn a_claim_can_be_asked_for_in_a_language() {
    let bank = people().await;
    let wanted = json!({"userinfo": {
        "name#ja-Kana-JP": null, "website#de": null, "nickname#ja": null, "address#ja": null
    }});
    let request = ask("openid", &wanted);
    let browser = bank.browser();
    let page = asked(&bank, &browser, &request).await;
    assert!(page.form_with("approve").is_ticked("claim-website"));
    let callback = browser.approve(&page).await.callback();
    assert_eq!(
        of_the_person(&told(&bank, &request, &callback).await.1),
        json!({
            "name#ja-Kana-JP": "レイ ハナコ", "website#de": "https://carol.example/ch",
            "address#ja": {"formatted": "東京都千代田区千代田1-1"}
        })
    );
}

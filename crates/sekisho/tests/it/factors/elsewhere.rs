//! Requests that come another way than through the browser: a device, and a client in the background.

use serde_json::{Value, json};

use super::{bank, code, enter};
use crate::{
    app::{App, TV, granted, text},
    bc_authorize::{TILL, requests},
    device,
    request::signed_in,
};

const VAULT_TV: App = App {
    client_id: "vault-tv",
    ..TV
};
const VAULT_TILL: App = App {
    client_id: "vault-till",
    ..TILL
};

#[tokio::test]
async fn the_user_of_a_device_proves_what_its_api_demands() {
    let bank = bank().await;
    let device: Value = VAULT_TV.device(&bank, "vault:open").await;
    let browser = signed_in(&bank, "carol").await;
    let page = device::enter(&browser, text(&device, "user_code")).await;
    assert!(page.has("code") && !page.has("approve"));
    let page = enter(&browser, &page, &code(&bank)).await.page();
    let page = browser.approve(&page).await.page();
    assert!(page.text().contains("Your device is connected"), "{}", page.text());
    let tokens = granted(VAULT_TV.poll(&bank, &device).await).await;
    let told = bank.introspect(text(&tokens, "access_token")).await;
    assert_eq!(told["acr"], json!("urn:sekisho:acr:loa3"));
}

#[tokio::test]
async fn who_allows_a_request_in_the_background_proves_what_its_api_demands() {
    let bank = bank().await;
    let hint = [("login_hint", "carol"), ("binding_message", "W4SCT")];
    let asked = VAULT_TILL.try_to_ask(&bank, "openid vault:open", &hint).await;
    let asked = granted(asked).await;
    let browser = signed_in(&bank, "carol").await;
    let page = requests(&browser).await;
    assert!(page.text().contains("more than your password"), "{}", page.text());
    let page = browser.approve(&page).await.page();
    assert!(page.has("code") && !page.has("approve"));
    let page = enter(&browser, &page, &code(&bank)).await.page();
    let page = browser.approve(&page).await.page();
    assert!(page.text().contains("You allowed it"), "{}", page.text());
    let tokens = granted(VAULT_TILL.fetch(&bank, &asked).await).await;
    let told = bank.introspect(text(&tokens, "access_token")).await;
    assert_eq!(told["acr"], json!("urn:sekisho:acr:loa3"));
}

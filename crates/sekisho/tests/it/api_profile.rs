//! The least profile that an API wants of clients holds for every token that is meant for it.

use jose::SigningAlg;
use serde_json::json;
use storage::Change;

use crate::{
    app::{App, BANK_API, Method, ROBOT, TV, WEB_APP, bank_and, granted, refused, text},
    bank::{Bank, NOON},
    device,
    request::{BANK_API as API, Request},
    signer::Signer,
};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// Of the bank itself: asks for users without them, and exchanges.
const OWN_APP: App = App {
    client_id: "own-app",
    redirect_uri: "",
    method: Method::ClientSecretBasic,
};

async fn bank(signer: &Signer) -> Bank {
    let more = format!(
        "[[trusted_issuer]]\nissuer = \"https://partner.example\"\njwks = {}\npurposes = [\"jwt-bearer\"]\n\
         subject = \"username\"\n[[client]]\nclient_id = \"own-app\"\nclient_secret = \"own-app-secret\"\n\
         first_party = true\ngrant_types = [\"{JWT_BEARER}\"]\nresponse_types = []\nscope = \"accounts:read\"\n",
        signer.jwks()
    );
    let realm = bank_and(&more);
    // The API exchanges what it is shown.
    let exchanges = |text: String| {
        text.replacen(
            "client_secret              = \"bank-api-secret\"\ngrant_types                = [\"client_credentials\"]",
            &format!(
                "client_secret              = \"bank-api-secret\"\ngrant_types                = [\"client_credentials\", \"{EXCHANGE}\"]"
            ),
            1,
        )
    };
    Bank::with_realm(|issuer| exchanges(realm(issuer))).await
}

/// The bank's API wants this of clients from now on.
async fn raise(bank: &Bank, profile: &str) {
    let realms = &bank.running.realms;
    let apis = realms.store.apis(&bank.issuer).await.unwrap();
    let (mut api, source) = apis.into_iter().find(|(api, _)| api.identifier == API).unwrap();
    api.profile = Some(profile.to_owned());
    let put = storage::api::put(&bank.issuer, &api, source, bank.clock.now()).unwrap();
    bank.change(Change::new().then(put).then(storage::realm::raise_revision()))
        .await;
    realms.refresh().await.unwrap();
}

#[tokio::test]
async fn an_api_that_raises_its_profile_gets_no_token_of_other_clients_by_any_way() {
    let signer = Signer::new(SigningAlg::Es256);
    let bank = bank(&signer).await;
    let scope = "openid offline_access accounts:read";
    let tokens = WEB_APP.tokens(&bank, scope).await;
    let code = WEB_APP.code(&bank, scope).await;
    let (waiting, answered) = (
        TV.device(&bank, "accounts:read").await,
        TV.device(&bank, "accounts:read").await,
    );
    device::approve(&bank.browser(), &answered).await;
    let assertion = |jti: &str| {
        signer.sign(&json!({
            "iss": "https://partner.example", "sub": "alice", "aud": bank.issuer, "iat": NOON, "exp": NOON + 60, "jti": jti
        }))
    };
    let ask = async |jti: &str| {
        let form = [
            ("grant_type", JWT_BEARER),
            ("assertion", &assertion(jti)[..]),
            ("scope", "accounts:read"),
        ];
        OWN_APP.post(&bank, "/token", &form).await
    };
    let exchange = [
        ("grant_type", EXCHANGE),
        ("subject_token", text(&tokens, "access_token")),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ];
    let robot = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    granted(ask("1").await).await;
    granted(ROBOT.post(&bank, "/token", &robot).await).await;
    let exchanged = granted(BANK_API.post(&bank, "/token", &exchange).await).await;
    assert!(BANK_API.sees(&bank, text(&exchanged, "access_token")).await);

    raise(&bank, "fapi2-security").await;
    assert_eq!(Request::code(scope).error(&bank).await, "invalid_target");
    refused(WEB_APP.redeem(&bank, &code).await, "invalid_target").await;
    let refreshed = WEB_APP.refresh(&bank, text(&tokens, "refresh_token")).await;
    let description = refused(refreshed, "invalid_target").await;
    assert!(description.contains("follows the profile fapi2-security or a stricter one; this one follows baseline"));
    refused(ROBOT.post(&bank, "/token", &robot).await, "invalid_target").await;
    refused(ask("2").await, "invalid_target").await;
    refused(TV.poll(&bank, &answered).await, "invalid_target").await;
    let asked = TV
        .post(&bank, "/device_authorization", &[("scope", "accounts:read")])
        .await;
    refused(asked, "invalid_target").await;
    let page = device::enter(&bank.browser(), text(&waiting, "user_code")).await;
    assert!(!page.has("approve") && !page.has("sign-in"), "{}", page.text());
    // What was issued before is worth nothing there, to whoever holds it.
    assert!(!BANK_API.sees(&bank, text(&tokens, "access_token")).await);
    let told = BANK_API.introspect(&bank, text(&exchanged, "access_token")).await;
    assert_eq!(
        (&told["aud"], &told["scope"]),
        (&json!(bank.issuer), &json!("offline_access openid"))
    );
    refused(BANK_API.post(&bank, "/token", &exchange).await, "invalid_request").await;
}

#[tokio::test]
async fn a_token_for_others_too_is_still_good_there() {
    let bank = bank(&Signer::new(SigningAlg::Es256)).await;
    let tokens = WEB_APP.tokens(&bank, "openid accounts:read").await;
    raise(&bank, "fapi1-baseline").await;
    let told = WEB_APP.introspect(&bank, text(&tokens, "access_token")).await;
    assert_eq!((&told["active"], &told["aud"]), (&json!(true), &json!(bank.issuer)));
    raise(&bank, "openid-core").await;
    assert!(BANK_API.sees(&bank, text(&tokens, "access_token")).await);
}

//! How the answer is carried: an app that shows the steps itself gets what its redirect URI would.

use serde_json::{Value, json};

use super::{App, REDIRECT, bank};
use crate::request::claims;

async fn done(app: &mut App<'_>, mode: &str) -> Value {
    let mut request = app.request("openid");
    request["response_mode"] = mode.into();
    app.authorize(request).await;
    if app.step() == "sign_in" {
        app.signs_in("alice").await;
    }
    assert_eq!((app.status, app.step()), (200, "done"), "{mode}: {}", app.told);
    app.told["step"].clone()
}

#[tokio::test]
async fn what_would_be_posted_says_where_to() {
    let bank = bank().await;
    let mut app = App::own(&bank);
    let step = done(&mut app, "form_post").await;
    assert_eq!(
        (&step["post_to"], &step["redirect_to"]),
        (&json!(REDIRECT), &Value::Null)
    );
    assert_eq!(step["parameters"]["state"], "the state");
    assert_eq!(app.redeem().await["aud"], "own-app");
    let step = done(&mut app, "fragment").await;
    assert!(
        step["redirect_to"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{REDIRECT}#"))
    );
}

#[tokio::test]
async fn what_is_signed_stays_signed() {
    let bank = bank().await;
    let mut app = App::own(&bank);
    for mode in ["jwt", "form_post.jwt"] {
        let step = done(&mut app, mode).await;
        let parameters = step["parameters"].as_object().unwrap();
        assert_eq!(parameters.keys().collect::<Vec<_>>(), ["response"], "{mode}");
        let response = parameters["response"].as_str().unwrap();
        let answer = claims(response);
        assert_eq!(
            (&answer["iss"], &answer["state"]),
            (&json!(bank.issuer), &json!("the state"))
        );
        assert_eq!(step["post_to"].is_null(), mode == "jwt");
        // As the app does that has checked the signature.
        app.told["step"]["parameters"]["code"] = answer["code"].clone();
        assert_eq!(app.redeem().await["aud"], "own-app");
    }
    let mut refused = app.request("openid");
    (refused["response_mode"], refused["prompt"]) = ("jwt".into(), "none".into());
    app.session = None;
    app.authorize(refused).await;
    assert_eq!((app.status, app.step()), (400, "done"));
    let response = app.told["step"]["parameters"]["response"].as_str().unwrap();
    assert_eq!(claims(response)["error"], "login_required");
}

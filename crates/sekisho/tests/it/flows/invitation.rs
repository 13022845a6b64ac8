//! An invitation of the operator's is taken up without any page.

use serde_json::json;

use super::{App, bank, enrolment::code_of};
use crate::{
    request::text,
    sign_in::invitation::{invite, zoe},
};

const ZOE: &str = "zoë-ぞえ-👩‍🚀";

/// Sets up an authenticator app: when it counts.
async fn enrol(app: &mut App<'_>) -> String {
    app.account("totp").await;
    assert_eq!(app.step(), "enrol_totp", "{}", app.told);
    let code = code_of(app.bank, app.shown("secret"));
    let enrolment = app.shown("enrolment").to_owned();
    app.answers(json!({ "type": "enrol_totp", "enrolment": enrolment, "code": code }))
        .await;
    app.shown("counts").to_owned()
}

#[tokio::test]
async fn who_has_no_password_sets_the_first_one_once_and_what_follows_counts_at_once() {
    let bank = bank().await;
    zoe(&bank, None).await;
    let invitation = invite(&bank, ZOE, false).await;
    let link = text(&invitation, "link");
    let mut app = App::own(&bank);
    app.opens(link).await;
    assert_eq!((app.step(), app.shown("username")), ("set_password", ZOE));
    let set = |password: &str| json!({ "type": "set_password", "password": password });
    app.answers(set("12345678")).await;
    assert_eq!((app.status, app.step()), (400, "set_password"), "{}", app.told);
    let flow = app.flow.clone();
    app.answers(set("seven purple lamps")).await;
    assert_eq!((app.status, app.step()), (200, "accepted"), "{}", app.told);
    assert!(app.flow.is_null() && app.session.is_some(), "she is signed in");
    assert_eq!(enrol(&mut app).await, "at_once");

    let mut other = App::own(&bank);
    other.flow = flow;
    other.answers(set("eight yellow bottles")).await;
    assert_eq!(
        (other.status, other.reason()),
        (400, "sign_in.invitation"),
        "{}",
        other.told
    );
    other.opens(link).await;
    assert_eq!((other.status, other.reason()), (400, "sign_in.invitation"));
}

#[tokio::test]
async fn who_has_a_password_signs_in_and_accepts_once() {
    let bank = bank().await;
    let invitation = invite(&bank, "alice", false).await;
    let link = text(&invitation, "link");
    let accept = json!({ "type": "accept_invitation" });
    let mut app = App::own(&bank);
    app.opens(link).await;
    assert_eq!(app.step(), "sign_in");
    app.answers(accept.clone()).await;
    assert_eq!((app.status, app.step()), (400, "sign_in"), "nobody is signed in");
    app.signs_in("bob").await;
    assert_eq!(app.step(), "sign_in", "it is somebody else's: {}", app.told);
    app.signs_in("alice").await;
    assert_eq!(app.step(), "invitation", "{}", app.told);
    // A device that was left lying around is not invited in its owner's place.
    bank.clock.advance(16 * 60);
    app.answers(accept.clone()).await;
    assert_eq!((app.status, app.step()), (200, "sign_in"));
    app.opens(link).await;
    app.signs_in("alice").await;
    let flow = app.flow.clone();
    app.answers(accept.clone()).await;
    assert_eq!((app.status, app.step()), (200, "accepted"), "{}", app.told);
    assert_eq!(enrol(&mut app).await, "at_once");

    app.flow = flow;
    app.answers(accept.clone()).await;
    assert_eq!(
        (app.status, app.reason()),
        (400, "sign_in.invitation"),
        "once: {}",
        app.told
    );
    let request = app.request("openid");
    app.authorize(request).await;
    let mut elsewhere = App::own(&bank);
    let request = elsewhere.request("openid offline_access");
    elsewhere.authorize(request).await;
    elsewhere.signs_in("alice").await;
    elsewhere.answers(accept).await;
    assert_eq!(
        (elsewhere.status, elsewhere.step(), elsewhere.reason()),
        (400, "consent", "flows.other_step")
    );
}

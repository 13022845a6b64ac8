//! `tls_client_auth`. RFC 8705 §2.1.

use testkit::pki::{Authority, Identity, Subject, Usage};

use super::{AS_ITSELF, believing, post};
use crate::{
    app::{granted, refused, text},
    bank::{Bank, NOON},
};

const DAY: i64 = 86_400;

/// A client of each kind of subject; `dn` is the one that most tests use.
fn clients() -> String {
    [
        ("dn", "subject_dn", "CN=App,O=Example"),
        ("dns", "san_dns", "app.example.com"),
        ("uri", "san_uri", "https://app.example.com/id"),
        ("ip", "san_ip", "2001:db8::7"),
        ("email", "san_email", "app@example.com"),
    ]
    .map(|(id, member, value)| {
        format!(
            "[[client]]\nclient_id = \"{id}\"\ntoken_endpoint_auth_method = \"tls_client_auth\"\n\
             tls_client_auth_{member} = \"{value}\"\nscope = \"openid accounts:read\"\n\
             redirect_uris = [\"https://{id}.example.com/callback\"]\ngrant_types = [\"client_credentials\", \
             \"authorization_code\", \"urn:ietf:params:oauth:grant-type:device_code\"]\n\n"
        )
    })
    .concat()
}

fn app() -> Subject {
    Subject::named("App").organization("Example")
}

async fn token(bank: &Bank, client_id: &str, shown: Option<&Identity>) -> reqwest::Response {
    let form = [AS_ITSELF, ("client_id", client_id), ("scope", "accounts:read")];
    post(bank, "/token", shown, &form).await
}

/// Checks that a certificate does not authenticate the client `dn`, and answers what its developer is told.
async fn useless(bank: &Bank, shown: &Identity) -> String {
    refused(token(bank, "dn", Some(shown)).await, "invalid_client").await
}

// Conformance: MTLS-01 MTLS-02 B122
#[tokio::test]
async fn a_client_is_known_by_any_of_five_kinds_of_subjects_and_by_no_other() {
    let ca = Authority::new("CA");
    let bank = Bank::behind_proxy(believing(&[&ca], &[], &clients())).await;
    let identities = [
        ("dn", app()),
        (
            "dns",
            Subject::named("x").dns("other.example.com").dns("APP.example.com"),
        ),
        ("uri", Subject::named("x").uri("https://app.example.com/id")),
        ("ip", Subject::named("x").ip("2001:db8::7")),
        ("email", Subject::named("x").email("app@example.com")),
    ]
    .map(|(id, subject)| (id, ca.issue(&subject)));
    for (client_id, _) in &identities {
        for (of, identity) in &identities {
            let response = token(&bank, client_id, Some(identity)).await;
            if client_id == of {
                granted(response).await;
            } else {
                let told = refused(response, "invalid_client").await;
                assert!(told.contains("does not name the subject"), "{client_id} {of}: {told}");
            }
        }
    }
}

// Conformance: MTLS-01
#[tokio::test]
async fn a_certificate_alone_does_not_say_which_client_it_is() {
    let ca = Authority::new("CA");
    let bank = Bank::behind_proxy(believing(&[&ca], &[], &clients())).await;
    let app = ca.issue(&app());
    let told = refused(post(&bank, "/token", Some(&app), &[AS_ITSELF]).await, "invalid_request").await;
    assert!(told.contains("client_id"), "{told}");
    refused(post(&bank, "/token", None, &[AS_ITSELF]).await, "invalid_client").await;
    refused(token(&bank, "nobody", Some(&app)).await, "invalid_client").await;
    // A client with another method is not let in by a certificate, nor this one by a secret.
    refused(token(&bank, "robot", Some(&app)).await, "invalid_client").await;
    let with_secret = [AS_ITSELF, ("client_id", "dn"), ("client_secret", "x")];
    refused(post(&bank, "/token", Some(&app), &with_secret).await, "invalid_client").await;
    let told = refused(token(&bank, "dn", None).await, "invalid_client").await;
    assert!(told.contains("mutual TLS"), "{told}");
}

// Conformance: MTLS-12 B122 F1B-NET-01
#[tokio::test]
async fn nobody_else_vouches_not_even_under_the_same_name() {
    let (ca, twin, root) = (Authority::new("CA"), Authority::new("CA"), Authority::new("root"));
    let bank = Bank::behind_proxy(believing(&[&ca, &root], &[], &clients())).await;
    granted(token(&bank, "dn", Some(&ca.issue(&app()))).await).await;
    useless(&bank, &twin.issue(&app())).await;
    useless(&bank, &app().self_signed()).await;
    // Through another, whose certificate came along.
    let mut deep = root.intermediate("middle").issue(&app());
    granted(token(&bank, "dn", Some(&deep)).await).await;
    deep.intermediates.clear();
    let told = useless(&bank, &deep).await;
    assert!(told.contains("no certificate authority"), "{told}");
    // One that may not vouch for others does not.
    let mut forged = twin.issue(&app());
    forged.intermediates = vec![ca.issue(&Subject::named("CA")).der];
    useless(&bank, &forged).await;
}

// Conformance: B122
#[tokio::test]
async fn a_certificate_is_good_in_its_time_by_the_clock_of_the_realm() {
    let ca = Authority::new("CA");
    let bank = Bank::behind_proxy(believing(&[&ca], &[], &clients())).await;
    let identity = ca.issue(&app().valid(NOON, NOON + DAY));
    granted(token(&bank, "dn", Some(&identity)).await).await;
    let early = useless(&bank, &ca.issue(&app().valid(NOON + 1, NOON + DAY))).await;
    assert!(early.contains("not valid yet"), "{early}");
    bank.clock.advance(DAY + 1);
    let late = useless(&bank, &identity).await;
    assert!(late.contains("expired"), "{late}");
    let other = useless(&bank, &ca.issue(&app().for_usage(Usage::ServerAuth))).await;
    assert!(other.contains("not for authenticating clients"), "{other}");
}

// Conformance: B122
#[tokio::test]
async fn what_was_revoked_or_may_have_been_is_refused() {
    let ca = Authority::new("CA");
    let (good, bad) = (ca.issue(&app()), ca.issue(&app()));
    let list = ca.revocations(&[&bad], NOON, NOON + DAY);
    let bank = Bank::behind_proxy(believing(&[&ca], &[list], &clients())).await;
    granted(token(&bank, "dn", Some(&good)).await).await;
    let told = useless(&bank, &bad).await;
    assert!(told.contains("revoked"), "{told}");
    bank.clock.advance(DAY + 1);
    let told = useless(&bank, &good).await;
    assert!(told.contains("not known at present"), "{told}");
}

// Conformance: MTLS-01 B99
#[tokio::test]
async fn a_client_authenticates_so_at_every_endpoint_that_asks() {
    let ca = Authority::new("CA");
    let bank = Bank::behind_proxy(believing(&[&ca], &[], &clients())).await;
    let (own, other) = (ca.issue(&app()), ca.issue(&Subject::named("Other")));
    let tokens = granted(token(&bank, "dn", Some(&own)).await).await;
    let token = ("token", text(&tokens, "access_token"));
    let pushed = [
        ("response_type", "code"),
        ("redirect_uri", "https://dn.example.com/callback"),
        ("scope", "openid"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ];
    for (path, form) in [
        ("/introspect", [token].as_slice()),
        ("/par", &pushed),
        ("/device_authorization", &[("scope", "openid")]),
        ("/revoke", &[token]),
    ] {
        let form = [form, &[("client_id", "dn")]].concat();
        for shown in [None, Some(&other)] {
            refused(post(&bank, path, shown, &form).await, "invalid_client").await;
        }
        let response = post(&bank, path, Some(&own), &form).await;
        assert!(response.status().is_success(), "{path}");
    }
}

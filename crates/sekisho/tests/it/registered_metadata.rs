//! The metadata against the registry, and against what the server does: nothing is listed that does not work, and
//! nothing works that is not listed. RFC 8414 §2, OpenID Connect Discovery §3.

use std::collections::BTreeSet;

use serde_json::Value;
use testkit::{Answer, Engine};

use crate::{
    app::{ROBOT, Server, WEB_APP, bank_and, claims, granted, names, text},
    bank::Bank,
    https::Https,
    request::{Request, error, signed_in},
};

const OPENID: &str = "/.well-known/openid-configuration";

async fn metadata(server: &impl Server) -> Value {
    granted(server.http().get(server.at(OPENID)).send().await.unwrap()).await
}

fn list<'a>(metadata: &'a Value, name: &str) -> Vec<&'a str> {
    let list = metadata[name].as_array().unwrap_or_else(|| panic!("no list {name}"));
    list.iter().map(|item| item.as_str().unwrap()).collect()
}

/// The members of the IANA registry "OAuth Authorization Server Metadata" that are addresses, and no endpoints by name.
const ADDRESSES: [&str; 6] = [
    "issuer",
    "jwks_uri",
    "check_session_iframe",
    "service_documentation",
    "op_policy_uri",
    "op_tos_uri",
];
const ENDPOINTS: [&str; 11] = [
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "registration_endpoint",
    "revocation_endpoint",
    "introspection_endpoint",
    "device_authorization_endpoint",
    "pushed_authorization_request_endpoint",
    "backchannel_authentication_endpoint",
    "end_session_endpoint",
    "grant_management_endpoint",
];
const FLAGS: [&str; 15] = [
    "claims_parameter_supported",
    "request_parameter_supported",
    "request_uri_parameter_supported",
    "require_request_uri_registration",
    "require_signed_request_object",
    "require_pushed_authorization_requests",
    "authorization_response_iss_parameter_supported",
    "frontchannel_logout_supported",
    "frontchannel_logout_session_supported",
    "backchannel_logout_supported",
    "backchannel_logout_session_supported",
    "backchannel_user_code_parameter_supported",
    "tls_client_certificate_bound_access_tokens",
    "grant_management_action_required",
    "dpop_bound_access_tokens_required",
];
const LISTS: [&str; 40] = [
    "scopes_supported",
    "response_types_supported",
    "response_modes_supported",
    "grant_types_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "revocation_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    "code_challenge_methods_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
    "id_token_encryption_alg_values_supported",
    "id_token_encryption_enc_values_supported",
    "userinfo_signing_alg_values_supported",
    "userinfo_encryption_alg_values_supported",
    "userinfo_encryption_enc_values_supported",
    "request_object_signing_alg_values_supported",
    "request_object_encryption_alg_values_supported",
    "request_object_encryption_enc_values_supported",
    "introspection_signing_alg_values_supported",
    "introspection_encryption_alg_values_supported",
    "introspection_encryption_enc_values_supported",
    "authorization_signing_alg_values_supported",
    "authorization_encryption_alg_values_supported",
    "authorization_encryption_enc_values_supported",
    "claims_supported",
    "claim_types_supported",
    "claims_locales_supported",
    "ui_locales_supported",
    "acr_values_supported",
    "prompt_values_supported",
    "display_values_supported",
    "authorization_details_types_supported",
    "dpop_signing_alg_values_supported",
    "backchannel_token_delivery_modes_supported",
    "backchannel_authentication_request_signing_alg_values_supported",
    "grant_management_actions_supported",
    "protected_resources",
];

// Conformance: A2.0-discovery B9 oidcc-discovery-endpoint-verification META-03
#[tokio::test]
async fn every_member_is_registered_and_of_its_type() {
    let bank = Bank::start().await;
    let metadata = metadata(&bank).await;
    for (name, value) in metadata.as_object().unwrap() {
        let name = name.as_str();
        if ADDRESSES.contains(&name) || ENDPOINTS.contains(&name) {
            let address = url::Url::parse(value.as_str().unwrap_or_else(|| panic!("{name}"))).unwrap();
            assert_eq!((address.query(), address.fragment()), (None, None), "{name}");
        } else if name == "revocation_events_endpoint" {
            // The one member of our own, which RFC 8414 §2 allows: where it is told what was revoked.
            assert_eq!(value, &format!("{}/revocations", bank.issuer));
        } else if FLAGS.contains(&name) {
            assert!(value.is_boolean(), "{name}");
        } else if LISTS.contains(&name) {
            let items = list(&metadata, name);
            let once: BTreeSet<&str> = items.iter().copied().collect();
            assert!(!items.is_empty() && once.len() == items.len(), "{name}: {items:?}");
        } else {
            panic!("{name} is not registered, or not in the tables of this test");
        }
    }
}

// Conformance: A2.0-discovery oidcc-discovery-endpoint-verification
// Conformance: META-04 META-05 ISS-02 BCP-26
#[tokio::test]
async fn what_clients_rely_on_is_there() {
    let bank = Bank::start().await;
    let metadata = metadata(&bank).await;
    assert_eq!(format!("{}{OPENID}", text(&metadata, "issuer")), bank.url(OPENID));
    for (name, items) in [
        ("response_types_supported", &["code", "id_token", "id_token token"][..]),
        (
            "grant_types_supported",
            &["authorization_code", "implicit", "refresh_token"],
        ),
        ("scopes_supported", &["openid", "offline_access"]),
        ("id_token_signing_alg_values_supported", &["RS256"]),
        ("code_challenge_methods_supported", &["S256"]),
        ("subject_types_supported", &["public"]),
        ("claims_supported", &["sub", "iss", "auth_time", "acr"]),
    ] {
        let listed = list(&metadata, name);
        for item in items {
            assert!(listed.contains(item), "{name}: {item}");
        }
    }
    for endpoint in [
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
    ] {
        assert!(text(&metadata, endpoint).starts_with(&bank.issuer), "{endpoint}");
    }
}

// Conformance: A2.0-discovery B3 oidcc-discovery-endpoint-verification F2-NET-01 META-01
#[tokio::test]
async fn on_an_issuer_with_https_every_address_is_https_and_answers() {
    let server = Https::start(Engine::Sqlite, "");
    let metadata = metadata(&server).await;
    for name in ADDRESSES.iter().chain(&ENDPOINTS) {
        let Some(address) = metadata[name].as_str() else {
            continue;
        };
        assert!(address.starts_with("https://"), "{name}: {address}");
        if *name != "issuer" {
            let get = server.http().get(address).send().await.unwrap().status();
            let post = server.http().post(address).send().await.unwrap().status();
            assert!(get != 404 && post != 404, "{name}: {get} {post}");
            assert!(
                !get.is_server_error() && !post.is_server_error(),
                "{name}: {get} {post}"
            );
        }
    }
}

// Conformance: B5 oidcc-idtoken-unsigned oidcc-request-uri-unsigned
// Conformance: oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported
// Conformance: oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported
// Conformance: META-06 SEED2-08 OP-02
#[tokio::test]
async fn nothing_unsigned_is_offered() {
    let bank = Bank::start().await;
    let metadata = metadata(&bank).await;
    let algs = names(&metadata)
        .into_iter()
        .filter(|name| name.contains("_signing_alg_"));
    let algs: Vec<&str> = algs.collect();
    assert!(algs.contains(&"id_token_signing_alg_values_supported"));
    assert!(algs.contains(&"request_object_signing_alg_values_supported"));
    for name in algs {
        let listed = list(&metadata, name);
        assert!(!listed.contains(&"none"), "{name}: {listed:?}");
    }
}

/// A client that may do everything that `openid-core` allows.
const EVERYTHING: &str = r#"
[[client]]
client_id      = "everything"
client_secret  = "everything-secret"
profile        = "openid-core"
redirect_uris  = ["https://app.example.com/callback"]
grant_types    = ["authorization_code", "implicit", "refresh_token"]
response_types = ["code", "token", "id_token", "id_token token", "code token", "code id_token", "code id_token token"]
scope          = "openid email"
"#;

// Conformance: B4 META-08
#[tokio::test]
async fn response_types_work_when_they_are_listed_and_are_refused_when_not() {
    let bank = Bank::with_realm(bank_and(EVERYTHING)).await;
    let metadata = metadata(&bank).await;
    let listed = list(&metadata, "response_types_supported");
    let browser = bank.browser();
    for response_type in ["device", "none", "code none", "code code", "id_token code device"]
        .iter()
        .chain(&listed)
    {
        let request = Request::code("openid")
            .with("client_id", "everything")
            .with("response_type", response_type);
        let callback = request.walk(&bank, &browser, "alice").await;
        if !listed.contains(response_type) {
            assert_eq!(error(&callback), "unsupported_response_type", "{response_type}");
            continue;
        }
        for (word, parameter) in [("code", "code"), ("token", "access_token"), ("id_token", "id_token")] {
            let is_asked = response_type.split(' ').any(|asked| asked == word);
            assert_eq!(
                callback.get(parameter).is_some(),
                is_asked,
                "{response_type}: {parameter}"
            );
        }
    }
}

// Conformance: B4
#[tokio::test]
async fn response_modes_work_when_they_are_listed_and_are_refused_when_not() {
    let bank = Bank::start().await;
    let metadata = metadata(&bank).await;
    let listed = list(&metadata, "response_modes_supported");
    let browser = signed_in(&bank, "alice").await;
    Request::code("openid").walk(&bank, &browser, "alice").await;
    for mode in ["web_message", "jwt.query"].iter().chain(&listed) {
        let request = Request::code("openid").with("response_mode", mode);
        let callback = match request.open(&bank, &browser).await {
            Answer::Callback(callback) => callback,
            Answer::Page(page) => browser.submit(&page.form_with("continue"), None).await.callback(),
        };
        if listed.contains(mode) {
            let parameter = if mode.contains("jwt") { "response" } else { "code" };
            assert!(callback.get(parameter).is_some(), "{mode}");
            assert_eq!(callback.in_fragment, mode.starts_with("fragment"), "{mode}");
            let in_query = ["query", "query.jwt", "jwt"].contains(mode);
            assert_eq!(callback.url.query().is_some(), in_query, "{mode}");
        } else {
            assert_eq!(error(&callback), "invalid_request", "{mode}");
        }
    }
}

// Conformance: B4 META-08
#[tokio::test]
async fn grant_types_are_known_at_the_token_endpoint_when_they_are_listed_and_only_then() {
    let bank = Bank::start().await;
    let metadata = metadata(&bank).await;
    let listed = list(&metadata, "grant_types_supported");
    for grant_type in [
        "password",
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:openid:params:grant-type:ciba",
    ] {
        let response = ROBOT.post(&bank, "/token", &[("grant_type", grant_type)]).await;
        let error: Value = response.json().await.unwrap();
        assert_eq!(
            error["error"] == "unsupported_grant_type",
            !listed.contains(&grant_type),
            "{grant_type}: {error}"
        );
    }
}

// Conformance: B8
#[tokio::test]
async fn what_tokens_and_userinfo_say_is_among_what_is_listed() {
    let bank = Bank::start().await;
    let metadata = metadata(&bank).await;
    let tokens = WEB_APP.tokens(&bank, "openid profile email").await;
    let userinfo = bank.http.get(bank.url("/userinfo"));
    let userinfo = userinfo
        .bearer_auth(text(&tokens, "access_token"))
        .send()
        .await
        .unwrap();
    let (id_token, userinfo) = (claims(&bank, text(&tokens, "id_token")).await, granted(userinfo).await);
    let listed = list(&metadata, "claims_supported");
    // The last two belong to the messages of the protocol, and are no claims that one could ask for.
    let mut said: Vec<&str> = names(&id_token).into_iter().chain(names(&userinfo)).collect();
    said.retain(|name| !["nonce", "at_hash"].contains(name));
    for name in said {
        assert!(listed.contains(&name), "{name}");
    }
    assert!(list(&metadata, "acr_values_supported").contains(&text(&id_token, "acr")));
}

/// A language tag in the case that BCP 47 recommends: `ja`, `zh-Hant`, `en-GB`.
fn is_canonical(tag: &str) -> bool {
    tag.split('-').enumerate().all(|(at, part)| {
        let expected = match (at, part.len()) {
            (0, _) => part.to_ascii_lowercase(),
            (_, 2) => part.to_ascii_uppercase(),
            (_, 4) => format!("{}{}", part[..1].to_ascii_uppercase(), part[1..].to_ascii_lowercase()),
            _ => part.to_ascii_lowercase(),
        };
        part == expected && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

// Conformance: B8
#[tokio::test]
async fn each_language_that_is_listed_is_spoken() {
    let bank = Bank::start().await;
    let languages = metadata(&bank).await;
    let languages = list(&languages, "ui_locales_supported");
    assert_eq!(languages, ["en", "ja"]);
    for language in languages {
        assert!(is_canonical(language), "{language}");
        let request = Request::code("openid").with("ui_locales", language);
        let page = request.open(&bank, &bank.browser()).await.page();
        assert!(page.html.contains(&format!("<html lang=\"{language}\">")), "{language}");
    }
}

// Conformance: B8
#[tokio::test]
async fn each_scope_that_is_listed_can_be_asked_for_by_a_client_that_registered_it() {
    let bank = Bank::start().await;
    let metadata = metadata(&bank).await;
    for scope in list(&metadata, "scopes_supported") {
        let request = Request::code("").with("scope", scope).with("prompt", "none");
        let callback = request.open(&bank, &bank.browser()).await.callback();
        // Either it goes on to the user, or the client is told that it has not registered the scope: never "unknown".
        assert!(
            ["login_required", "invalid_scope"].contains(&error(&callback)),
            "{scope}"
        );
        let description = callback.get("error_description").unwrap_or_default();
        assert!(!description.contains("unknown"), "{scope}: {description}");
    }
}

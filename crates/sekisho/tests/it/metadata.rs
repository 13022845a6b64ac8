//! The metadata documents, the key set, and who may read which answer from a browser. RFC 8414, OpenID Connect
//! Discovery, Fetch (CORS).

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::{
    app::{granted, header, key_set},
    bank::Bank,
};

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

async fn get(bank: &Bank, path: &str) -> Response {
    bank.http.get(bank.url(path)).send().await.unwrap()
}

async fn metadata(bank: &Bank) -> Value {
    granted(get(bank, OPENID).await).await
}

// Conformance: B1 F1B-AS-08 F2-AS-01 BCP-19 META-01
#[tokio::test]
async fn both_documents_say_the_same_of_the_issuer() {
    let bank = Bank::start().await;
    let metadata = metadata(&bank).await;
    assert_eq!(metadata["issuer"], bank.issuer);
    assert_eq!(metadata, granted(get(&bank, OAUTH).await).await);
}

// Conformance: B1
#[tokio::test]
async fn the_documents_may_be_cached_for_five_minutes() {
    let bank = Bank::start().await;
    for (path, content_type) in [
        (OPENID, "application/json"),
        (OAUTH, "application/json"),
        ("/jwks", "application/jwk-set+json"),
    ] {
        let response = get(&bank, path).await;
        assert_eq!(header(&response, "content-type"), content_type);
        assert_eq!(header(&response, "cache-control"), "public, max-age=300");
        assert!(response.headers().get("set-cookie").is_none());
    }
}

// Conformance: B2 F2-AS-01 META-02
#[tokio::test]
async fn an_issuer_with_a_path_has_its_documents_below_and_before_it() {
    let bank = Bank::with_realm(|issuer| testkit::realm::bank(&format!("{issuer}/eu/bank"))).await;
    let appended = granted(get(&bank, &format!("/eu/bank{OPENID}")).await).await;
    assert_eq!(appended["issuer"], bank.url("/eu/bank"));
    assert_eq!(appended["token_endpoint"], bank.url("/eu/bank/token"));
    for path in [format!("/eu/bank{OAUTH}"), format!("{OAUTH}/eu/bank")] {
        assert_eq!(granted(get(&bank, &path).await).await, appended, "{path}");
    }
    for path in [
        OPENID,
        OAUTH,
        &format!("{OAUTH}/eu"),
        &format!("{OAUTH}/eu/bank/x"),
        "/token",
        "/jwks",
    ] {
        assert_eq!(get(&bank, path).await.status(), 404, "{path}");
    }
    assert_eq!(
        granted(get(&bank, "/eu/bank/jwks").await).await["keys"]
            .as_array()
            .unwrap()
            .len(),
        7
    );
}

// Conformance: B3
#[tokio::test]
async fn every_endpoint_that_is_named_answers() {
    let bank = Bank::start().await;
    let metadata = metadata(&bank).await;
    let endpoints: Vec<(&String, &str)> = metadata
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| name.ends_with("_endpoint") || name.ends_with("_uri"))
        .map(|(name, url)| (name, url.as_str().unwrap()))
        .collect();
    assert!(endpoints.len() > 9);
    for (name, url) in endpoints {
        assert!(url.starts_with(&format!("{}/", bank.issuer)), "{name}");
        let get = bank.http.get(url).send().await.unwrap().status().as_u16();
        let post = bank.http.post(url).send().await.unwrap().status().as_u16();
        assert!(
            get != 404 && post != 404 && get < 500 && post < 500,
            "{name}: {get} {post}"
        );
        assert!(get != 405 || post != 405, "{name}");
    }
}

#[tokio::test]
async fn documents_are_only_read() {
    let bank = Bank::start().await;
    for path in [OPENID, OAUTH, "/jwks"] {
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let request = bank.http.request(method.clone(), bank.url(path));
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 405, "{method} {path}");
            assert!(!header(&response, "sekisho-explain").is_empty(), "{method} {path}");
        }
    }
}

// Conformance: B5 B8 oidcc-idtoken-unsigned BCP-06 META-08
#[tokio::test]
async fn the_lists_are_true() {
    let bank = Bank::start().await;
    let metadata = metadata(&bank).await;
    let list = |name: &str| metadata[name].as_array().unwrap_or_else(|| panic!("{name}")).clone();
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(metadata["subject_types_supported"], json!(["public", "pairwise"]));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    for scope in [
        "openid",
        "profile",
        "email",
        "offline_access",
        "accounts:read",
        "payments:write",
        "reports:read",
    ] {
        assert!(list("scopes_supported").contains(&scope.into()), "{scope}");
    }
    let mut algs: Vec<_> = key_set(&bank)
        .await
        .keys
        .into_iter()
        .filter(|key| key.use_.as_deref() == Some("sig"))
        .map(|key| json!(key.alg.unwrap()))
        .collect();
    let mut offered = list("id_token_signing_alg_values_supported");
    algs.sort_by_key(ToString::to_string);
    offered.sort_by_key(ToString::to_string);
    assert_eq!(algs, offered);
    assert!(offered.contains(&"RS256".into()) && !offered.contains(&"none".into()));
    assert!(!list("introspection_endpoint_auth_methods_supported").contains(&"none".into()));
    for grant_type in [
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code",
    ] {
        assert!(
            list("grant_types_supported").contains(&grant_type.into()),
            "{grant_type}"
        );
    }
}

// Conformance: B146 BCP-08 META-08
#[tokio::test]
async fn a_realm_without_openid_core_offers_nothing_implicit() {
    let only_baseline = |issuer: &str| {
        let bank =
            testkit::realm::bank(issuer).replace("locales      =", "profiles     = [\"baseline\"]\nlocales      =");
        // The JavaScript app follows the other profile.
        let (before, rest) = bank
            .split_once("[[client]]\nclient_id                  = \"js-app\"")
            .unwrap();
        let (_, users) = rest.split_once("[[user]]").unwrap();
        format!("{before}[[user]]{users}")
    };
    let bank = Bank::with_realm(only_baseline).await;
    let metadata = metadata(&bank).await;
    assert_eq!(metadata["response_types_supported"], json!(["code"]));
    assert!(
        !metadata["grant_types_supported"]
            .as_array()
            .unwrap()
            .contains(&"implicit".into())
    );
}

// Conformance: A2.0-jwks B6 F1B-AS-01 F2-CRY-02 F2-CRY-03 META-07
#[tokio::test]
async fn the_key_set_holds_public_keys_with_ids_and_purposes_of_their_own() {
    let bank = Bank::start().await;
    let keys = granted(get(&bank, "/jwks").await).await;
    let keys = keys["keys"].as_array().unwrap();
    let mut ids: Vec<_> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), keys.len());
    for key in keys {
        let algs: &[&str] = if key["use"] == "sig" {
            &["RS256", "PS256", "ES256", "EdDSA"]
        } else {
            assert_eq!(key["use"], "enc");
            &["RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW"]
        };
        assert!(algs.contains(&key["alg"].as_str().unwrap()));
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert!(key.get(private).is_none(), "{private}");
        }
        if key["kty"] == "RSA" {
            assert!(jose::b64::decode(key["n"].as_str().unwrap()).unwrap().len() >= 256);
        } else {
            assert!(["P-256", "Ed25519"].contains(&key["crv"].as_str().unwrap()));
        }
    }
}

/// What a browser app of another origin is told, by the request itself and by its preflight.
async fn cors(bank: &Bank, method: Method, path: &str) -> (Response, Response) {
    let origin = "https://app.example.com";
    let request = bank
        .http
        .request(method.clone(), bank.url(path))
        .header("origin", origin);
    let preflight = bank
        .http
        .request(Method::OPTIONS, bank.url(path))
        .header("origin", origin)
        .header("access-control-request-method", method.as_str())
        .header("access-control-request-headers", "authorization,content-type");
    (request.send().await.unwrap(), preflight.send().await.unwrap())
}

// Conformance: F1B-RS-11 BCP-22 REV-06
#[tokio::test]
async fn browser_apps_may_read_what_is_made_for_them_without_cookies() {
    let bank = Bank::start().await;
    for (method, path) in [
        (Method::GET, OPENID),
        (Method::GET, OAUTH),
        (Method::GET, "/jwks"),
        (Method::POST, "/par"),
        (Method::POST, "/token"),
        (Method::POST, "/revoke"),
        (Method::GET, "/userinfo"),
        (Method::POST, "/userinfo"),
    ] {
        let (answer, preflight) = cors(&bank, method.clone(), path).await;
        assert_eq!(header(&answer, "access-control-allow-origin"), "*", "{path}");
        assert!(
            header(&answer, "access-control-expose-headers").contains("www-authenticate"),
            "{path}"
        );
        assert!(preflight.status().is_success(), "{path}");
        assert_eq!(header(&preflight, "access-control-allow-origin"), "*", "{path}");
        assert!(
            header(&preflight, "access-control-allow-methods").contains(method.as_str()),
            "{path}"
        );
        let headers = header(&preflight, "access-control-allow-headers");
        assert!(
            headers.contains("authorization") && headers.contains("content-type"),
            "{path}"
        );
        for response in [answer, preflight] {
            assert_eq!(header(&response, "access-control-allow-credentials"), "", "{path}");
        }
    }
}

// Conformance: F2-NET-06 BCP-22
#[tokio::test]
async fn browser_apps_may_read_nothing_else() {
    let bank = Bank::start().await;
    for (method, path) in [
        (Method::POST, "/introspect"),
        (Method::POST, "/device_authorization"),
        (Method::POST, "/bc-authorize"),
        (Method::GET, "/account/requests"),
        (Method::GET, "/grants/x"),
        (Method::DELETE, "/grants/x"),
        (Method::GET, "/device"),
        (Method::GET, "/authorize"),
        (Method::GET, "/sign-in"),
        (Method::POST, "/sign-in"),
        (Method::POST, "/consent"),
        (Method::GET, "/account"),
        (Method::GET, "/nothing"),
    ] {
        let (answer, preflight) = cors(&bank, method, path).await;
        for response in [answer, preflight] {
            let allowed = response
                .headers()
                .keys()
                .any(|name| name.as_str().starts_with("access-control-"));
            assert!(!allowed, "{path}");
        }
    }
}

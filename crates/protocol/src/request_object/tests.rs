use serde_json::json;

use super::*;
use crate::ErrorCode;

const ISSUER: &str = "https://id.example.com";
const NOW: i64 = 1_000_000;

fn read(claims: &Value) -> Result<RequestObject, RequestError> {
    RequestObject::read(Some(TYP), claims.as_object().unwrap(), ISSUER, "app", NOW, None)
}

fn assemble(claims: &Value, sent: &str, must_be_signed: bool) -> Result<Vec<(String, String)>, ErrorCode> {
    let form = read(claims)
        .unwrap()
        .assemble(&Form::parse(sent.as_bytes()).unwrap(), must_be_signed)
        .map_err(|error| error.code)?;
    let mut pairs: Vec<_> = form
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    pairs.sort();
    Ok(pairs)
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter()
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[track_caller]
fn assert_refused(claims: &Value) {
    let code = read(claims).map_err(|error| error.code);
    assert_eq!(code, Err(ErrorCode::InvalidRequestObject), "{claims}");
}

#[test]
fn parameters_are_texts_numbers_and_for_some_json() {
    let object = json!({
        "iss": "app", "aud": [ISSUER, "https://other.example"], "exp": NOW + 60, "nbf": NOW - 60, "iat": NOW, "jti": "1",
        "client_id": "app", "max_age": 3600, "claims": {"userinfo": {"name": null}}, "scope": "openid",
        "resource": ["https://a.example", "https://b.example"], "authorization_details": [], "is_urgent": true
    });
    let expected = pairs(&[
        ("authorization_details", "[]"),
        ("claims", r#"{"userinfo":{"name":null}}"#),
        ("client_id", "app"),
        ("max_age", "3600"),
        ("resource", "https://a.example"),
        ("resource", "https://b.example"),
        ("scope", "openid"),
    ]);
    assert_eq!(assemble(&object, "client_id=app", false), Ok(expected));
}

#[test]
fn the_kind_of_jwt_must_be_right() {
    let typ = |typ: Option<&str>| RequestObject::read(typ, &Map::new(), ISSUER, "app", NOW, None).is_ok();
    for good in [
        None,
        Some("JWT"),
        Some("jwt"),
        Some(TYP),
        Some("application/oauth-authz-req+jwt"),
    ] {
        assert!(typ(good), "{good:?}");
    }
    for bad in ["at+jwt", "dpop+jwt", "logout+jwt", "client-authentication+jwt", ""] {
        assert!(!typ(Some(bad)), "{bad}");
    }
}

// Conformance: B108 B110
#[test]
fn it_must_be_the_clients_own_and_for_this_server() {
    for bad in [
        json!({"iss": "other"}),
        json!({"iss": 1}),
        json!({"client_id": "other"}),
        json!({"aud": "https://other.example"}),
        json!({"aud": format!("{ISSUER}/par")}),
        json!({"aud": []}),
        json!({"aud": {"x": ISSUER}}),
        json!({"iss": "app", "sub": "app"}),
    ] {
        assert_refused(&bad);
    }
    assert!(read(&json!({"aud": ISSUER})).is_ok());
    assert!(read(&json!({"aud": ["https://other.example", ISSUER]})).is_ok());
}

// Conformance: B108 B109
#[test]
fn it_is_good_in_its_time_alone() {
    for bad in [
        json!({"exp": NOW}),
        json!({"exp": NOW - 300}),
        json!({"exp": "soon"}),
        json!({"nbf": NOW + MAX_AHEAD + 1}),
        json!({"iat": NOW + MAX_AHEAD + 1}),
        json!({"nbf": null}),
    ] {
        assert_refused(&bad);
    }
    for good in [
        json!({"exp": NOW + 1}),
        json!({"nbf": NOW + 8, "iat": NOW + 8}),
        json!({"exp": 1_000_000.5}),
    ] {
        assert!(read(&good).is_ok(), "{good}");
    }
}

// Conformance: B113
#[test]
fn there_is_no_request_within_a_request() {
    assert_refused(&json!({"request": "e30.e30."}));
    assert_refused(&json!({"request_uri": "https://app.example.com/request"}));
    assert_refused(&json!({"request": null}));
}

#[test]
fn a_parameter_of_the_wrong_type_is_refused() {
    for bad in [
        json!({"scope": ["openid"]}),
        json!({"state": null}),
        json!({"nonce": true}),
        json!({"claims": []}),
        json!({"resource": [1]}),
        json!({"redirect_uri": {}}),
    ] {
        assert_refused(&bad);
    }
}

// Conformance: B112
#[test]
fn nothing_beside_the_object_counts_in_a_request_by_rfc_9101() {
    let object = json!({"client_id": "app", "scope": "openid", "response_type": "code"});
    let beside = "client_id=app&response_type=id_token&state=x&nonce=y&redirect_uri=z&request=r&scope=email";
    let inside = pairs(&[("client_id", "app"), ("response_type", "code"), ("scope", "openid")]);
    assert_eq!(assemble(&object, beside, false), Ok(inside.clone()));
    assert_eq!(assemble(&object, &format!("{beside}%20openid"), true), Ok(inside));
    let anonymous = json!({"scope": "openid"});
    assert_eq!(
        assemble(&anonymous, "client_id=app", false),
        Err(ErrorCode::InvalidRequestObject)
    );
}

#[test]
fn an_openid_request_may_say_some_beside_the_object() {
    let object = json!({"redirect_uri": "inside", "nonce": "", "response_type": "id_token code"});
    let beside =
        "client_id=app&response_type=code%20id_token&scope=openid&state=s&nonce=n&redirect_uri=outside&request=r";
    let expected = pairs(&[
        ("client_id", "app"),
        ("redirect_uri", "inside"),
        ("response_type", "id_token code"),
        ("scope", "openid"),
        ("state", "s"),
    ]);
    assert_eq!(assemble(&object, beside, false), Ok(expected));
    assert_eq!(
        assemble(&object, "client_id=app&scope=openid", false),
        Err(ErrorCode::InvalidRequest)
    );
    assert_eq!(
        assemble(&object, "client_id=app&scope=openid&response_type=code", false),
        Err(ErrorCode::InvalidRequestObject)
    );
}

// Conformance: F1A-AS-08 F1A-AS-09 F1A-AS-10 F2MS-02 F2-AS-12
#[test]
fn a_profile_bounds_its_time_and_wants_to_know_for_whom_it_is() {
    let check = |changes: Value| {
        let mut claims = json!({"aud": [ISSUER], "nbf": NOW, "exp": NOW + 3600, "client_id": "app"});
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let mut claims = claims.as_object().unwrap().clone();
        claims.retain(|_, value| !value.is_null());
        RequestObject::read(Some(TYP), &claims, ISSUER, "app", NOW, Some(3600)).map_err(|error| error.code)
    };
    for good in [
        json!({}),
        json!({"aud": ISSUER}),
        json!({"nbf": NOW + 10, "exp": NOW + 3610, "iat": NOW + 10}),
        json!({"nbf": NOW + 60, "exp": NOW + 90}),
        json!({"nbf": NOW - 3600 + 1, "exp": NOW + 1}),
        json!({"nbf": 999_999.5, "exp": NOW + 100}),
    ] {
        assert!(check(good.clone()).is_ok(), "{good}");
    }
    for bad in [
        json!({"aud": null}),
        json!({"exp": null}),
        json!({"nbf": null}),
        json!({"exp": NOW + 3601}),
        json!({"nbf": NOW - 3601, "exp": NOW - 1}),
        json!({"nbf": NOW - 3601, "exp": NOW}),
        json!({"nbf": NOW - 3601, "exp": NOW + 1}),
        json!({"nbf": NOW + 61, "exp": NOW + 90}),
        json!({"exp": "soon"}),
        json!({"nbf": []}),
    ] {
        assert_eq!(check(bad.clone()), Err(ErrorCode::InvalidRequestObject), "{bad}");
    }
}

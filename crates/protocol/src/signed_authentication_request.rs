//! Backchannel requests that the client has signed: a JWT whose claims are the parameters.
//!
//! Spec: CIBA §7.1.1, FAPI-CIBA §5.2.2-9, RFC 9101 §10.8, RFC 8725 §3.11
//!
//! Accepted: each parameter as a string, `requested_expiry` as a number too, `request_context` and
//! `authorization_details` as JSON, `resource` as a list. Not accepted: a JWT that lacks one of its seven claims, or that
//! is good for more than an hour, since its `jti` must be remembered for as long. Deliberately not: encrypted requests
//! ("encrypted JWT authentication requests are not supported").

use explanation::{Explanation, catalogue::ciba};
use serde_json::{Map, Value};

use crate::{
    Audience, Form, RequestError,
    assertion::{MAX_AHEAD, MAX_LIFETIME},
    backchannel_authentication::PARAMETERS,
    numeric_date,
    request_object::TYP,
};

/// A request whose claims were checked. Made only by [`SignedAuthenticationRequest::read`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedAuthenticationRequest {
    /// The parameters in it.
    pub parameters: Form,
    /// What makes it unique.
    pub jti: String,
    /// When it expires, unix seconds.
    pub expires_at: i64,
}

/// What stands beside a signed request in its form: "Authentication request parameters MUST NOT be present outside of
/// the JWT". Parameters that are not known here are no parameters of the request.
pub fn check_beside(form: &Form) -> Result<(), RequestError> {
    match form.iter().find(|(name, _)| PARAMETERS.contains(name)) {
        Some((name, _)) => Err(RequestError::new(
            Explanation::from(&ciba::BESIDE).found(name),
            format!("{name} stands beside the signed request: it belongs into it"),
        )),
        None => Ok(()),
    }
}

impl SignedAuthenticationRequest {
    /// Reads the claims of a JWT whose signature was checked with the keys of the client `client_id`. `lifetime`: for how
    /// many seconds it may be good.
    pub fn read(
        typ: Option<&str>,
        claims: &Map<String, Value>,
        issuer: &str,
        client_id: &str,
        lifetime: Option<i64>,
        now: i64,
    ) -> Result<Self, RequestError> {
        check_typ(typ)?;
        check_parties(claims, issuer, client_id)?;
        let expires_at = check_times(claims, lifetime.unwrap_or(MAX_LIFETIME), now)?;
        let jti = text(claims, "jti")?.to_owned();
        let mut pairs = Vec::new();
        for name in PARAMETERS {
            if let Some(value) = claims.get(*name) {
                pairs.extend(values(name, value)?.into_iter().map(|text| ((*name).to_owned(), text)));
            }
        }
        Ok(Self {
            parameters: Form::from_pairs(pairs),
            jti,
            expires_at,
        })
    }
}

/// RFC 8725 §3.11: a JWT that was made for something else is no request.
fn check_typ(typ: Option<&str>) -> Result<(), RequestError> {
    let typ = typ.map(str::to_ascii_lowercase);
    match typ
        .as_deref()
        .map(|typ| typ.strip_prefix("application/").unwrap_or(typ))
    {
        None | Some("jwt" | TYP) => Ok(()),
        Some(_) => {
            let text = format!("the typ of a signed request is {TYP} or JWT");
            Err(RequestError::new(Explanation::from(&ciba::TYPE).expected(TYP), text))
        }
    }
}

fn check_parties(claims: &Map<String, Value>, issuer: &str, client_id: &str) -> Result<(), RequestError> {
    // "The Issuer claim MUST be the client_id of the OAuth Client."
    if text(claims, "iss")? != client_id {
        return Err(RequestError::new(
            Explanation::from(&ciba::PARTIES).expected(client_id),
            "iss in the signed request is not the client_id",
        ));
    }
    // An assertion by which the client authenticates has itself as sub; it is no request (RFC 9101 §10.8).
    if claims.get("sub").and_then(Value::as_str) == Some(client_id) {
        return Err(RequestError::new(
            &ciba::PARTIES,
            "the signed request has the client as sub: it looks like a client assertion",
        ));
    }
    // "The Audience claim MUST contain the value of the Issuer Identifier for the OP".
    let aud = claims.get("aud").ok_or_else(|| missing("aud"))?;
    let is_meant = serde_json::from_value(aud.clone()).is_ok_and(|aud: Audience| aud.contains(issuer));
    if is_meant {
        Ok(())
    } else {
        Err(RequestError::new(
            Explanation::from(&ciba::PARTIES).expected(issuer),
            format!("aud in the signed request must be {issuer}"),
        ))
    }
}

/// FAPI-CIBA §5.2.2-9: "nbf and exp claims that limit the lifetime of the request to no more than 60 minutes".
fn check_times(claims: &Map<String, Value>, lifetime: i64, now: i64) -> Result<i64, RequestError> {
    let [exp, nbf, iat] = [time(claims, "exp")?, time(claims, "nbf")?, time(claims, "iat")?];
    if exp <= now {
        return Err(RequestError::new(&ciba::TIMES, "the signed request has expired"));
    }
    for (name, time) in [("nbf", nbf), ("iat", iat)] {
        if time > now.saturating_add(MAX_AHEAD) {
            let text = format!("{name} in the signed request is in the future");
            return Err(RequestError::new(&ciba::TIMES, text));
        }
    }
    if exp.saturating_sub(nbf) > lifetime {
        let minutes = lifetime / 60;
        let text = format!("the signed request is good for too long: exp may be at most {minutes} minutes after nbf");
        return Err(RequestError::new(&ciba::TIMES, text));
    }
    Ok(exp)
}

fn missing(name: &str) -> RequestError {
    let text = format!("the signed request has no {name}");
    RequestError::new(Explanation::from(&ciba::CLAIM).expected(name), text)
}

fn wrong_type(name: &str) -> RequestError {
    let text = format!("{name} in the signed request has the wrong type");
    RequestError::new(Explanation::from(&ciba::CLAIM).found(name), text)
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Result<&'a str, RequestError> {
    let value = claims.get(name).ok_or_else(|| missing(name))?;
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .ok_or_else(|| wrong_type(name))
}

fn time(claims: &Map<String, Value>, name: &str) -> Result<i64, RequestError> {
    let value = claims.get(name).ok_or_else(|| missing(name))?;
    numeric_date::seconds(value).ok_or_else(|| wrong_type(name))
}

/// "each parameter name as the claim name and its value as a JSON string"; extensions "may be defined to be any JSON
/// type".
fn values(name: &str, value: &Value) -> Result<Vec<String>, RequestError> {
    match (name, value) {
        (_, Value::String(text)) => Ok(vec![text.clone()]),
        ("requested_expiry", Value::Number(number)) => Ok(vec![number.to_string()]),
        ("request_context", Value::Object(_)) | ("authorization_details", Value::Array(_)) => {
            Ok(vec![value.to_string()])
        }
        ("resource", Value::Array(list)) if list.iter().all(Value::is_string) => {
            Ok(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        }
        _ => Err(wrong_type(name)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ErrorCode;

    const NOW: i64 = 1_800_000_000;
    const ISSUER: &str = "https://id.example";

    fn read(changes: &Value) -> Result<SignedAuthenticationRequest, RequestError> {
        read_as(Some("JWT"), changes)
    }

    fn read_as(typ: Option<&str>, changes: &Value) -> Result<SignedAuthenticationRequest, RequestError> {
        let mut claims = json!({
            "iss": "app", "aud": ISSUER, "exp": NOW + 300, "nbf": NOW, "iat": NOW, "jti": "1", "scope": "openid",
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let mut claims = claims.as_object().unwrap().clone();
        claims.retain(|_, value| !value.is_null());
        SignedAuthenticationRequest::read(typ, &claims, ISSUER, "app", Some(3600), NOW)
    }

    fn refused(changes: &Value) -> bool {
        read(changes).is_err_and(|error| error.code == ErrorCode::InvalidRequest)
    }

    // Conformance: B138 CIBA-08
    #[test]
    fn each_of_the_seven_claims_must_be_there_and_right() {
        let fine = read(&json!({})).unwrap();
        assert_eq!((fine.jti.as_str(), fine.expires_at), ("1", NOW + 300));
        assert_eq!(fine.parameters.first("scope"), Some("openid"));
        for name in ["aud", "iss", "exp", "iat", "nbf", "jti"] {
            assert!(refused(&json!({name: null})), "{name}");
        }
        for (name, value) in [
            ("aud", json!("https://other.example")),
            ("aud", json!(1)),
            ("iss", json!("other")),
            ("sub", json!("app")),
            ("jti", json!("")),
            ("exp", json!("soon")),
        ] {
            assert!(refused(&json!({name: value})), "{name} {value}");
        }
        assert!(read(&json!({"aud": ["x", ISSUER]})).is_ok());
    }

    // Conformance: B138 FCIBA-07
    #[test]
    fn it_is_good_now_and_for_an_hour_at_most() {
        for (exp, nbf, is_fine) in [
            (NOW + 1, NOW - 3599, true),
            (NOW, NOW - 60, false),
            (NOW - 300, NOW - 600, false),
            (NOW + 3600, NOW, true),
            (NOW + 3601, NOW, false),
            (NOW + 4200, NOW, false),
            (NOW + 300, NOW - 4200, false),
            (NOW + 300, NOW + 60, true),
            (NOW + 900, NOW + 600, false),
        ] {
            assert_eq!(read(&json!({"exp": exp, "nbf": nbf})).is_ok(), is_fine, "{exp} {nbf}");
        }
        assert!(refused(&json!({"iat": NOW + 61})));
    }

    #[test]
    fn a_jwt_of_another_kind_is_no_request() {
        for typ in [
            None,
            Some("jwt"),
            Some("oauth-authz-req+jwt"),
            Some("application/oauth-authz-req+jwt"),
        ] {
            assert!(read_as(typ, &json!({})).is_ok(), "{typ:?}");
        }
        for typ in ["client-authentication+jwt", "dpop+jwt", "at+jwt", ""] {
            assert!(read_as(Some(typ), &json!({})).is_err(), "{typ}");
        }
    }

    // Conformance: B140 CIBA-09 fapi-ciba-id1-ensure-requested-expiry-as-string-succeeds
    #[test]
    fn parameters_are_strings_and_some_may_be_more() {
        let value = |name: &str, value: Value| {
            let read = read(&json!({name: value}));
            read.map(|request| request.parameters.first(name).map(str::to_owned))
        };
        for expiry in [json!("120"), json!(120)] {
            assert_eq!(value("requested_expiry", expiry).unwrap().as_deref(), Some("120"));
        }
        assert_eq!(
            value("request_context", json!({"a": 1})).unwrap().as_deref(),
            Some(r#"{"a":1}"#)
        );
        for (name, bad) in [
            ("scope", json!(["openid"])),
            ("login_hint", json!(1)),
            ("user_code", json!(6365)),
            ("requested_expiry", json!(true)),
        ] {
            assert!(value(name, bad).is_err(), "{name}");
        }
        assert_eq!(value("payment_intent", json!({"amount": "1"})).unwrap(), None);
    }

    // Conformance: CIBA-07
    #[test]
    fn nothing_of_the_request_stands_beside_it() {
        let beside = |name: &str| check_beside(&Form::from_pairs([("request", "x"), (name, "x")]));
        for name in [
            "client_id",
            "client_assertion",
            "client_assertion_type",
            "client_secret",
            "other",
        ] {
            assert!(beside(name).is_ok(), "{name}");
        }
        for name in PARAMETERS {
            assert!(beside(name).is_err(), "{name}");
        }
    }
}

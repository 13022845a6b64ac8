//! The `claims` parameter: single claims that a client asks for, with how much it needs them and which values do.
//!
//! Spec: OpenID Connect Core §5.5, §5.5.1, §5.5.1.1 and §5.5.2
//!
//! Accepted: the members `userinfo` and `id_token`; `null`, `essential`, `value`, `values`; names with a language;
//! other members are ignored, and so are claims that are not known here. Not accepted: more than [`MAX_BYTES`] or
//! [`MAX_CLAIMS`], members of another type, `value` together with `values`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::claims::{self, ClaimNames};

/// The longest `claims` parameter, in bytes.
pub const MAX_BYTES: usize = 8 * 1024;
/// How many claims may be asked for in one place.
pub const MAX_CLAIMS: usize = 100;

/// The claims that every ID Token has, and that a request can say more about.
const OF_THE_SIGN_IN: &[&str] = &["sub", "acr", "auth_time"];

/// Why a `claims` parameter cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsRequestError {
    /// Longer than [`MAX_BYTES`], or more than [`MAX_CLAIMS`].
    #[error("claims asks for too much: at most {MAX_BYTES} bytes, and {MAX_CLAIMS} claims in one place")]
    TooMuch,
    /// Not JSON, or not an object.
    #[error("claims must be a JSON object")]
    NotAnObject,
    /// `userinfo` or `id_token` is no object.
    #[error("{0} in claims must be a JSON object")]
    Member(&'static str),
    /// What is asked about a claim has the wrong form.
    #[error("{name} in claims {problem}")]
    Claim {
        /// The claim.
        name: String,
        /// What is wrong, to be said after its name.
        problem: &'static str,
    },
}

/// What is asked about one claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRequest {
    /// Whether the client's task goes smoothly only with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub essential: bool,
    /// The values that do, best first; empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
}

impl ClaimRequest {
    /// Whether a value is one that was asked for. "An equality comparison is used" (§5.5.1).
    pub fn accepts(&self, value: &Value) -> bool {
        self.values.is_empty() || self.values.contains(value)
    }

    /// The values that are texts, best first.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.values.iter().filter_map(Value::as_str)
    }
}

/// The claims that are asked for in one place, by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestedClaims(BTreeMap<String, ClaimRequest>);

impl RequestedClaims {
    /// What is asked about a claim.
    pub fn get(&self, name: &str) -> Option<&ClaimRequest> {
        self.0.get(name)
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of the claims that are known about the user and that the user lets the client see.
    ///
    /// §5.5.1: "When the Claim value does not match any of the requested values, the Claim is not included in the
    /// response." A claim that is not there is no error, essential or not.
    pub fn select(
        &self,
        known: &Map<String, Value>,
        may_see: impl Fn(&str) -> bool,
        locales: &[String],
    ) -> Map<String, Value> {
        self.attributes()
            .filter(|(name, _)| may_see(claims::split(name).0))
            .flat_map(|(name, asked)| {
                claims::known(known, name, locales)
                    .into_iter()
                    .filter(|(_, value)| asked.accepts(value))
            })
            .collect()
    }

    /// What is asked about the user's attributes, as opposed to the sign-in.
    fn attributes(&self) -> impl Iterator<Item = (&str, &ClaimRequest)> {
        self.0
            .iter()
            .map(|(name, asked)| (name.as_str(), asked))
            .filter(|(name, _)| !OF_THE_SIGN_IN.contains(name))
    }

    fn parse(place: &'static str, value: Option<&Value>) -> Result<Self, ClaimsRequestError> {
        let members = match value {
            None => return Ok(Self::default()),
            Some(Value::Object(members)) => members,
            Some(_) => return Err(ClaimsRequestError::Member(place)),
        };
        if members.len() > MAX_CLAIMS {
            return Err(ClaimsRequestError::TooMuch);
        }
        let mut requested = BTreeMap::new();
        for (name, value) in members {
            let asked = parse_claim(name, value).map_err(|problem| ClaimsRequestError::Claim {
                name: name.chars().take(64).collect(),
                problem,
            })?;
            if is_known(name) {
                requested.insert(name.clone(), asked);
            }
        }
        Ok(Self(requested))
    }
}

/// §5.5.1: the values "MUST be one of the following": null, or a JSON object.
fn parse_claim(name: &str, value: &Value) -> Result<ClaimRequest, &'static str> {
    let members = match value {
        Value::Null => return Ok(ClaimRequest::default()),
        Value::Object(members) => members,
        _ => return Err("must be null or an object"),
    };
    let essential = match members.get("essential") {
        None => false,
        Some(flag) => flag.as_bool().ok_or("has an essential that is not true or false")?,
    };
    let values = match (members.get("value"), members.get("values")) {
        (None, None) => Vec::new(),
        (Some(value), None) => vec![value.clone()],
        (None, Some(Value::Array(values))) if !values.is_empty() => values.clone(),
        (None, Some(_)) => return Err("has values that are not a list of values"),
        (Some(_), Some(_)) => return Err("has both value and values"),
    };
    // "The value of the value member MUST be a valid value for the Claim being requested."
    if name == "sub" && !values.iter().all(Value::is_string) {
        return Err("has a value that is not a text");
    }
    Ok(ClaimRequest { essential, values })
}

fn is_known(name: &str) -> bool {
    OF_THE_SIGN_IN.contains(&name)
        || match claims::split(name) {
            (claim, None) => claims::is_standard(claim),
            (claim, Some(tag)) => claims::LOCALIZABLE.contains(&claim) && claims::is_language_tag(tag),
        }
}

/// A `claims` parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// What to tell at the UserInfo Endpoint, besides what scopes give.
    #[serde(default, skip_serializing_if = "RequestedClaims::is_empty")]
    pub userinfo: RequestedClaims,
    /// What to say in ID Tokens, besides what they always say.
    #[serde(default, skip_serializing_if = "RequestedClaims::is_empty")]
    pub id_token: RequestedClaims,
}

impl ClaimsRequest {
    /// Reads a `claims` parameter.
    pub fn parse(text: &str) -> Result<Self, ClaimsRequestError> {
        if text.len() > MAX_BYTES {
            return Err(ClaimsRequestError::TooMuch);
        }
        let Ok(Value::Object(members)) = serde_json::from_str(text) else {
            return Err(ClaimsRequestError::NotAnObject);
        };
        Ok(Self {
            userinfo: RequestedClaims::parse("userinfo", members.get("userinfo"))?,
            id_token: RequestedClaims::parse("id_token", members.get("id_token"))?,
        })
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }

    /// The user's attributes that are asked for, in whatever language: what the user is to permit.
    pub fn attributes(&self) -> ClaimNames {
        let both = self.userinfo.attributes().chain(self.id_token.attributes());
        both.map(|(name, _)| claims::split(name).0.to_owned()).collect()
    }

    /// Whether one of the places needs a claim, in whatever language.
    pub fn is_essential(&self, claim: &str) -> bool {
        let mut both = self.userinfo.attributes().chain(self.id_token.attributes());
        both.any(|(name, asked)| asked.essential && claims::split(name).0 == claim)
    }

    /// Whether the user of this subject identifier may be the one who is answered for.
    ///
    /// §5.5.1: "If the Claim was sub, a mismatch MUST cause the authentication to fail".
    pub fn accepts_subject(&self, sub: &str) -> bool {
        let sub = Value::String(sub.to_owned());
        [&self.userinfo, &self.id_token]
            .into_iter()
            .filter_map(|place| place.get("sub"))
            .all(|asked| asked.accepts(&sub))
    }

    /// The values of `acr` of which one MUST be reached (§5.5.1.1); none: there is no such demand.
    pub fn essential_acr(&self) -> Option<Vec<&str>> {
        let asked = self.id_token.get("acr")?;
        (asked.essential && !asked.values.is_empty()).then(|| asked.texts().collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(claims: &Value) -> Result<ClaimsRequest, ClaimsRequestError> {
        ClaimsRequest::parse(&claims.to_string())
    }

    /// The example of OpenID Connect Core §5.5.
    #[test]
    fn the_example_of_the_specification_is_read() {
        let request = parse(&json!({
            "userinfo": {
                "given_name": {"essential": true}, "nickname": null, "email": {"essential": true},
                "email_verified": {"essential": true}, "picture": null, "http://example.info/claims/groups": null
            },
            "id_token": {
                "auth_time": {"essential": true}, "acr": {"values": ["urn:mace:incommon:iap:silver"]}
            }
        }))
        .unwrap();
        let attributes: Vec<_> = request.attributes().into_iter().collect();
        assert_eq!(
            attributes,
            ["email", "email_verified", "given_name", "nickname", "picture"]
        );
        assert!(request.is_essential("email") && !request.is_essential("picture"));
        assert!(request.id_token.get("auth_time").unwrap().essential);
        assert_eq!(request.essential_acr(), None, "it is voluntary");
        let json = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<ClaimsRequest>(&json).unwrap(), request);
    }

    #[test]
    fn what_is_not_understood_is_ignored() {
        let request = parse(&json!({
            "verified": {"x": 1}, "id_token": {"salary": null, "name": {"purpose": "x"}, "email#ja": null, "name#": null}
        }))
        .unwrap();
        assert_eq!(request.attributes().into_iter().collect::<Vec<_>>(), ["name"]);
        assert!(parse(&json!({})).unwrap().is_empty());
    }

    #[test]
    fn a_request_of_the_wrong_form_is_refused() {
        for bad in ["", "[]", "{", "name", "null", "1", "{\"userinfo\":{}"] {
            assert_eq!(ClaimsRequest::parse(bad), Err(ClaimsRequestError::NotAnObject), "{bad}");
        }
        for place in ["userinfo", "id_token"] {
            for bad in [json!([]), json!("name"), json!(null)] {
                assert_eq!(parse(&json!({ place: bad })), Err(ClaimsRequestError::Member(place)));
            }
        }
        for bad in [
            json!({"name": true}),
            json!({"name": "x"}),
            json!({"unknown": []}),
            json!({"name": {"essential": "true"}}),
            json!({"acr": {"values": "x"}}),
            json!({"acr": {"values": []}}),
            json!({"acr": {"value": "x", "values": ["x"]}}),
            json!({"sub": {"value": 1}}),
        ] {
            let refused = parse(&json!({ "id_token": bad }));
            assert!(matches!(refused, Err(ClaimsRequestError::Claim { .. })), "{bad}");
        }
    }

    #[test]
    fn the_size_is_bounded() {
        let long = json!({"userinfo": {"name": {"value": "x".repeat(MAX_BYTES)}}});
        assert_eq!(parse(&long), Err(ClaimsRequestError::TooMuch));
        let many = |count: usize| {
            let claims: Map<_, _> = (0..count).map(|n| (format!("c{n}"), Value::Null)).collect();
            parse(&json!({ "userinfo": claims }))
        };
        assert!(many(MAX_CLAIMS).is_ok());
        assert_eq!(many(MAX_CLAIMS + 1), Err(ClaimsRequestError::TooMuch));
    }

    #[test]
    fn only_what_may_be_seen_and_has_the_wanted_value_is_told() {
        let known = json!({"name": "Alice", "name#ja": "アリス", "email": "a@example.com", "gender": "female"});
        let request = parse(&json!({"userinfo": {
            "name": null, "name#ja": null, "email": {"value": "b@example.com"}, "gender": null, "nickname": {"essential": true}
        }}))
        .unwrap();
        let told = request
            .userinfo
            .select(known.as_object().unwrap(), |claim| claim != "gender", &[]);
        assert_eq!(Value::Object(told), json!({"name": "Alice", "name#ja": "アリス"}));
    }

    #[test]
    fn a_subject_must_be_the_one_that_is_asked_for_in_either_place() {
        let asked = parse(&json!({"id_token": {"sub": {"values": ["a", "b"]}}, "userinfo": {"sub": {"value": "b"}}}));
        let asked = asked.unwrap();
        assert!(asked.accepts_subject("b") && !asked.accepts_subject("a") && !asked.accepts_subject("c"));
        assert!(parse(&json!({"id_token": {"sub": null}})).unwrap().accepts_subject("x"));
        assert!(asked.attributes().is_empty());
    }

    #[test]
    fn an_essential_acr_with_values_is_a_demand() {
        let acr = |asked: Value| parse(&json!({"id_token": {"acr": asked}})).unwrap();
        let demanded = acr(json!({"essential": true, "values": ["a", 2, "b"]}));
        assert_eq!(demanded.essential_acr(), Some(vec!["a", "b"]));
        assert_eq!(acr(json!({"essential": true})).essential_acr(), None);
        assert_eq!(acr(json!({"value": "a"})).essential_acr(), None);
        let elsewhere = parse(&json!({"userinfo": {"acr": {"essential": true, "value": "a"}}})).unwrap();
        assert_eq!(elsewhere.essential_acr(), None);
    }
}

//! Authorization requests that the client has signed: a JWT whose claims are the parameters.
//!
//! Spec: OpenID Connect Core §6, RFC 9101 §4, §5, §6.3 and §10.8, RFC 8725 §3.11, RFC 9396 §3, FAPI 1.0 Advanced §5.2.2,
//! FAPI 2.0 Message Signing §5.3.1
//!
//! Accepted: `max_age` as a number or a text, `claims` as an object or a text, `resource` as a text or a list of them. Not
//! accepted: an object for another server, of another client, out of its time, or of another kind of JWT; `request` or
//! `request_uri` inside. Deliberately not: unsigned objects; a memory of their `jti`. Encrypted ones are decrypted before.

use explanation::{Explanation, Reason, catalogue::request_object};
use serde_json::{Map, Value};

use crate::{
    Audience, Form, RequestError, ResponseType, assertion::MAX_AHEAD, authorization_request::PARAMETERS, scope::OPENID,
};

/// The `typ` of a request object (RFC 9101 §10.8).
pub const TYP: &str = "oauth-authz-req+jwt";
/// What is asked for at a `request_uri` (RFC 9101 §5.2.3).
pub const ACCEPT: &str = "application/oauth-authz-req+jwt, application/jwt";
/// The longest `request_uri`, in characters (OpenID Connect Core §6.2: it "SHOULD NOT exceed 512 ASCII characters").
pub const LONGEST_URI: usize = 512;

/// What a JWT says of itself rather than of the request.
const OF_THE_JWT: &[&str] = &["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

/// The parameters in a request object of a client. Made only by [`RequestObject::read`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestObject {
    pairs: Vec<(String, String)>,
}

impl RequestObject {
    /// Reads the claims of an object whose signature was checked with the keys of the client `client_id`. `lifetime`: for
    /// how many seconds it may be good; then it must say so, and for whom it is.
    pub fn read(
        typ: Option<&str>,
        claims: &Map<String, Value>,
        issuer: &str,
        client_id: &str,
        now: i64,
        lifetime: Option<i64>,
    ) -> Result<Self, RequestError> {
        check_typ(typ)?;
        check_parties(claims, issuer, client_id)?;
        check_times(claims, now)?;
        if let Some(lifetime) = lifetime {
            check_lifetime(claims, now, lifetime)?;
        }
        let mut pairs = Vec::new();
        for (name, value) in claims.iter().filter(|(name, _)| !OF_THE_JWT.contains(&name.as_str())) {
            // RFC 9101 §4: "request and request_uri parameters MUST NOT be included in Request Objects."
            if ["request", "request_uri"].contains(&name.as_str()) {
                return Err(RequestError::new(
                    &request_object::NESTED,
                    format!("a request object cannot hold {name}"),
                ));
            }
            pairs.extend(texts(name, value)?.into_iter().map(|text| (name.clone(), text)));
        }
        Ok(Self { pairs })
    }

    /// The parameters of the request: those of the object, and perhaps those that were sent beside it.
    ///
    /// RFC 9101 §6.3: the server "MUST only use the parameters in the Request Object", and so it does, unless the request
    /// has the shape of OpenID Connect Core §6: `openid` in a `scope` beside the object says so. There, parameters "MAY
    /// also be passed using the OAuth 2.0 request syntax", and those in the object "supersede" them. A client that must
    /// sign its requests, or pushes them, gets nothing from beside (`alone`).
    pub fn assemble(self, sent: &Form, alone: bool) -> Result<Form, RequestError> {
        let mut words = sent.first("scope").unwrap_or_default().split(' ');
        if alone || !words.any(|word| word == OPENID) {
            // RFC 9101 §5: client_id beside the object and in it "MUST be identical"; that they are equal was checked.
            if self.get("client_id").is_none() {
                return Err(RequestError::new(
                    &request_object::CLIENT,
                    "the request object has no client_id",
                ));
            }
            return Ok(Form::from_pairs(self.pairs));
        }
        // OpenID Connect Core §6.1: "values for the response_type and client_id parameters MUST be included using the
        // OAuth 2.0 request syntax […]. The values for these parameters MUST match those in the Request Object, if
        // present."
        let response_type = sent.first("response_type").ok_or_else(|| {
            let text = "response_type is missing beside the request object (OpenID Connect Core 6.1)";
            RequestError::new(&request_object::RESPONSE_TYPE_BESIDE, text)
        })?;
        let of = |text: &str| ResponseType::parse(text).ok();
        if self
            .get("response_type")
            .is_some_and(|inside| of(inside) != of(response_type))
        {
            return Err(RequestError::new(
                &request_object::RESPONSE_TYPE_DIFFERS,
                "response_type in the request object differs from the one beside it",
            ));
        }
        let beside = |name: &str| {
            !["request", "request_uri"].contains(&name) && !self.pairs.iter().any(|(inside, _)| inside == name)
        };
        let added: Vec<_> = sent
            .iter()
            .filter(|(name, _)| beside(name))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Ok(Form::from_pairs(self.pairs.into_iter().chain(added)))
    }

    fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.pairs.iter();
        pairs
            .find(|(inside, _)| inside == name)
            .map(|(_, value)| value.as_str())
    }
}

/// RFC 8725 §3.11: a JWT that was made for something else is no request object. Clients of before RFC 9101 say `JWT`, or
/// nothing.
fn check_typ(typ: Option<&str>) -> Result<(), RequestError> {
    let kind = |typ: &str| {
        let typ = typ.to_ascii_lowercase();
        typ.strip_prefix("application/").map_or(typ.clone(), str::to_owned)
    };
    match typ.map(kind).as_deref() {
        None | Some("jwt" | TYP) => Ok(()),
        Some(_) => Err(RequestError::new(
            Explanation::from(&request_object::TYPE).expected(TYP),
            format!("the typ of a request object is {TYP}"),
        )),
    }
}

/// OpenID Connect Core §6.1: "The iss value SHOULD be the Client ID of the RP", "The aud value SHOULD be or include the
/// OP's Issuer Identifier URL". What is there must be so.
fn check_parties(claims: &Map<String, Value>, issuer: &str, client_id: &str) -> Result<(), RequestError> {
    for name in ["iss", "client_id"] {
        if claims.get(name).is_some_and(|value| value.as_str() != Some(client_id)) {
            return Err(RequestError::new(
                Explanation::from(&request_object::CLIENT).expected(client_id),
                format!("{name} in the request object is not the client_id of the request"),
            ));
        }
    }
    // RFC 9101 §10.8: an assertion by which the client authenticates has itself as sub; it is no request.
    if claims.get("sub").and_then(Value::as_str) == Some(client_id) {
        return Err(RequestError::new(
            &request_object::LIKE_AN_ASSERTION,
            "the request object has the client as sub: it looks like a client assertion",
        ));
    }
    let is_meant = |aud: &Value| serde_json::from_value(aud.clone()).is_ok_and(|aud: Audience| aud.contains(issuer));
    if claims.get("aud").is_some_and(|aud| !is_meant(aud)) {
        return Err(RequestError::new(
            Explanation::from(&request_object::AUDIENCE).expected(issuer),
            format!("aud in the request object must be {issuer}"),
        ));
    }
    Ok(())
}

fn check_times(claims: &Map<String, Value>, now: i64) -> Result<(), RequestError> {
    let time = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or_else(|| {
            let text = format!("{name} in the request object is not a number");
            RequestError::new(Explanation::from(&request_object::TIME_MISSING).found(name), text)
        }),
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds since 1970 have no more than 52 bits for long"
    )]
    let now = (now as f64, (now + MAX_AHEAD) as f64);
    if time("exp")?.is_some_and(|exp| exp <= now.0) {
        return Err(RequestError::new(
            &request_object::EXPIRED,
            "the request object has expired",
        ));
    }
    for name in ["nbf", "iat"] {
        if time(name)?.is_some_and(|time| time > now.1) {
            let text = format!("{name} in the request object is in the future");
            return Err(RequestError::new(
                Explanation::from(&request_object::NOT_YET).found(name),
                text,
            ));
        }
    }
    Ok(())
}

/// FAPI 1.0 Advanced §5.2.2: the server "shall require the request object to contain an exp claim that has a lifetime of no
/// longer than 60 minutes after the nbf claim", "shall require the aud claim in the request object to be, or to be an
/// array containing, the OP's Issuer Identifier URL", and an `nbf` "that is no longer than 60 minutes in the past". FAPI
/// 2.0 Message Signing §5.3.1 says the same.
fn check_lifetime(claims: &Map<String, Value>, now: i64, lifetime: i64) -> Result<(), RequestError> {
    let missing = |reason: &'static Reason, name: &str| {
        let text = format!("the request object has no {name}, which the profile requires");
        RequestError::new(Explanation::from(reason).expected(name), text)
    };
    if !claims.contains_key("aud") {
        return Err(missing(&request_object::AUDIENCE, "aud"));
    }
    let time = |name: &str| {
        let time = claims.get(name).and_then(Value::as_f64);
        time.ok_or_else(|| missing(&request_object::TIME_MISSING, name))
    };
    let (nbf, exp) = (time("nbf")?, time("exp")?);
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds since 1970 have no more than 52 bits for long"
    )]
    let (now, lifetime) = (now as f64, lifetime as f64);
    if exp - nbf > lifetime {
        let text = format!("the request object is good for too long: exp may be {lifetime} seconds after nbf at most");
        return Err(RequestError::new(&request_object::TOO_LONG, text));
    }
    if now - nbf > lifetime {
        let text = format!("nbf in the request object is more than {lifetime} seconds ago");
        return Err(RequestError::new(&request_object::TOO_LONG, text));
    }
    Ok(())
}

/// The values of a member, as the parameter's texts. RFC 9101 §4: "Parameter names and string values MUST be included as
/// JSON strings. […] Numerical values MUST be included as JSON numbers."
fn texts(name: &str, value: &Value) -> Result<Vec<String>, RequestError> {
    match value {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Number(number) => Ok(vec![number.to_string()]),
        // OpenID Connect Core §5.5: "the JSON is used as the value of the claims member".
        Value::Object(_) if name == "claims" => Ok(vec![value.to_string()]),
        // RFC 9396 §3: "Parameter encoding is determined by the respective context": here it is JSON itself.
        Value::Array(_) if name == "authorization_details" => Ok(vec![value.to_string()]),
        Value::Array(values) if name == "resource" && values.iter().all(Value::is_string) => {
            Ok(values.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        }
        _ if PARAMETERS.contains(&name) => Err(RequestError::new(
            Explanation::from(&request_object::WRONG_TYPE).found(name),
            format!("{name} in the request object has the wrong type"),
        )),
        // Extensions that are not known here are ignored, as parameters of other names are.
        _ => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests;

//! One protected path of an API, as the operator writes it: which calls it is about, how one may come in, and what a token
//! must permit there. What it means for a call is decided in `enforcement/src/gate`.
//!
//! Spec: RFC 6750 §3.1 (`scope`), RFC 9470 §3 (`acr`, `max_age`), RFC 9396 §9 (`authorization_details`)

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Acr, limit::Limit};

/// One protected path of an API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// HTTP methods; empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// Below the API's identifier; `*` is one segment, `/**` at the end zero or more.
    pub path: String,
    /// The ways in; empty: [`Access::DEFAULT`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access: Vec<Access>,
    /// The scopes that a token needs, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scope: Vec<String>,
    /// The least level of assurance of the user's authentication, where it is higher than the API's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<Acr>,
    /// How long ago the user may have been authenticated, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<i64>,
    /// What must have been permitted in detail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_details: Option<DetailsRule>,
    /// How many calls get through, besides the limits of the API.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limit: Vec<Limit>,
}

/// A way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// With an access token, for a user or for a client itself.
    Token,
    /// With an access token for a user.
    UserToken,
    /// With an access token that a client got for itself.
    ClientCredentials,
    /// With an API key.
    ApiKey,
    /// With the id and the secret of a client, by HTTP Basic.
    Basic,
    /// With the certificate of a client.
    ClientCertificate,
    /// With nothing: everybody may call it.
    None,
}

impl Access {
    /// Every way, by its name in files.
    pub const ALL: &[(&str, Self)] = &[
        ("token", Self::Token),
        ("user_token", Self::UserToken),
        ("client_credentials", Self::ClientCredentials),
        ("api_key", Self::ApiKey),
        ("basic", Self::Basic),
        ("client_certificate", Self::ClientCertificate),
        ("none", Self::None),
    ];

    /// Where nothing is said of ways in: those of which each is made for this API by somebody who may.
    pub const DEFAULT: &[Self] = &[Self::Token, Self::ApiKey];

    /// Whether it is one with an access token.
    pub const fn is_token(self) -> bool {
        matches!(self, Self::Token | Self::UserToken | Self::ClientCredentials)
    }
}

/// The call must be what an object of `authorization_details` says: each member that is named here equals a part of the call,
/// or is a list that holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetailsRule {
    /// The type of the object.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Member → JSON Pointer (RFC 6901) into the call's JSON body.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub body: BTreeMap<String, String>,
    /// Member → number of the segment of the path below the API's identifier, from 1.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub path: BTreeMap<String, usize>,
    /// The member that is the method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
}

impl DetailsRule {
    /// The members of the object that are compared.
    pub fn members(&self) -> impl Iterator<Item = &str> {
        let method = self.method.iter();
        self.body
            .keys()
            .chain(self.path.keys())
            .chain(method)
            .map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_reads_back_as_it_was_written_and_a_short_one_stays_short() {
        let short = serde_json::json!({ "path": "/accounts/**" });
        let route: Route = serde_json::from_value(short.clone()).unwrap();
        assert_eq!(serde_json::to_value(&route).unwrap(), short);
        let long = serde_json::json!({
            "methods": ["POST"], "path": "/payments/*", "access": ["token"], "scope": ["payments:write"],
            "acr": "urn:sekisho:acr:loa2", "max_age": 300,
            "authorization_details": {
                "type": "payment", "body": { "amount": "/amount" }, "path": { "account": 2 }, "method": "actions",
            },
        });
        let route: Route = serde_json::from_value(long.clone()).unwrap();
        assert_eq!(serde_json::to_value(&route).unwrap(), long);
        let rule = route.authorization_details.unwrap();
        assert_eq!(rule.members().collect::<Vec<_>>(), ["amount", "account", "actions"]);
    }
}

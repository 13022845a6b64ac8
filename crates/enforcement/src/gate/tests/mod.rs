//! Calls, and what becomes of them.

mod details;
mod places;
mod routes;
mod tokens;
mod two_party;

use http::{HeaderMap, HeaderName, StatusCode};
use jose::SigningAlg;
use protocol::{Acr, Route, TokenScheme, dpop::ProofError};
use serde_json::{Value, json};

use super::{
    ApiRules, BodyProblem, Call, CallBody, ClientCredentials, Decision, Denied, Failure, Lookup, MalformedCall,
    Presented, ProtectedApi, RuleProblem, Rules, strip_api_key,
};
use crate::{
    Permit, Refusal,
    limit::{Charge, Exceeded, Table, Usage},
    permit::tests::permit,
};

const NOW: i64 = 1_800_000_000;
const TOKEN: (&str, &str) = ("authorization", "Bearer good");

/// Who knows one token, and takes each proof but `used`.
struct Issuer(Permit);

impl Lookup for Issuer {
    fn now(&self) -> i64 {
        NOW
    }

    async fn admit(&self, api: &ProtectedApi, presented: &Presented<'_>) -> Result<Permit, Failure> {
        assert!(
            presented.url.contains("://api.example"),
            "{} {}",
            api.identifier,
            presented.url
        );
        match (presented.credentials.token.as_str(), presented.proofs.as_slice()) {
            ("good", _) if presented.credentials.scheme == TokenScheme::Bearer => Ok(self.0.clone()),
            ("good", []) => Err(Refusal::ProofMissing.into()),
            ("good", ["nonce"]) => Err(Refusal::NonceNeeded.into()),
            ("good", ["fine"]) => Ok(self.0.clone()),
            ("good", _) => Err(Refusal::Proof(ProofError::Used).into()),
            ("down", _) => Err(Failure::Unavailable("the issuer is down".into())),
            ("many", _) => Err(Failure::TooManyProofs),
            _ => Err(Refusal::Inactive.into()),
        }
    }

    async fn admit_client(&self, api: &ProtectedApi, credentials: ClientCredentials<'_>) -> Result<Permit, Failure> {
        let brought = match credentials {
            ClientCredentials::ApiKey(_) => "key",
            ClientCredentials::Basic(_) => "basic",
            ClientCredentials::Certificate(_) => "certificate",
        };
        let (client, audience) = (brought.to_owned(), vec![api.identifier.clone()]);
        Ok(Permit::of_issuer(
            client.clone(),
            client,
            self.0.scope.clone(),
            audience,
            NOW,
        ))
    }

    async fn take(&self, _: &ProtectedApi, charges: &[Charge]) -> Result<Result<Vec<Usage>, Exceeded>, Failure> {
        Ok(Table::new(1).take(charges, NOW))
    }

    async fn next_nonce(&self, _: &ProtectedApi, is_needed: bool) -> Option<String> {
        is_needed.then(|| "next".to_owned())
    }
}

fn routes(routes: Value) -> Vec<Route> {
    serde_json::from_value(routes).unwrap()
}

fn api(identifier: &str, acr: Option<Acr>, written: Value) -> Result<ProtectedApi, RuleProblem> {
    ProtectedApi::compile(ApiRules {
        issuer: "https://id.example".into(),
        identifier: identifier.into(),
        upstream: None,
        acr,
        proof_algs: vec![SigningAlg::Es256],
        metadata_url: None,
        routes: routes(written),
    })
}

fn rules(apis: &[(&str, Value)]) -> Rules {
    let apis = apis
        .iter()
        .map(|(identifier, routes)| api(identifier, None, routes.clone()).unwrap());
    let (rules, hidden) = Rules::new(apis);
    assert!(hidden.is_empty());
    rules
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    map
}

/// A call of `https://api.example`.
fn call<'a>(method: &'a str, target: &'a str, headers: &'a HeaderMap) -> Call<'a> {
    Call {
        method,
        scheme: Some("https"),
        authority: "api.example",
        target,
        headers,
        certificate: None,
        address: None,
        body: CallBody::Later,
    }
}

async fn decide(rules: &Rules, permit: Permit, call: &Call<'_>) -> Decision {
    rules.decide(&Issuer(permit), call).await
}

/// The route that a call was let through by, or why it was not.
async fn outcome(rules: &Rules, call: &Call<'_>) -> Result<String, Failure> {
    match decide(rules, permit("read"), call).await {
        Decision::Permitted(permitted) => Ok(permitted.route.path.clone()),
        Decision::Denied(denied) => Err(denied.failure),
        Decision::NeedsBody(pending) => panic!("{pending:?}"),
    }
}

fn denied(decision: Decision) -> Denied {
    match decision {
        Decision::Denied(denied) => *denied,
        other => panic!("{other:?}"),
    }
}

fn refused(refusal: Refusal) -> Result<String, Failure> {
    Err(refusal.into())
}

//! What an operation needs: Security Requirement Objects by the Security Scheme Objects that they name.

use crate::{
    document::{Entry, Node},
    openapi::{Credential, Description, Way, tree},
};

/// The security schemes of a document.
pub(super) struct Schemes<'n> {
    known: Vec<(&'n str, Option<Credential>)>,
}

impl<'n> Schemes<'n> {
    /// Reads them, with the scopes that they tell.
    pub fn read(root: &'n Node, description: &mut Description) -> Self {
        let components = tree::member(root, "components");
        let schemes = components.and_then(|components| tree::member(components, "securitySchemes"));
        let mut known = Vec::new();
        for entry in schemes.into_iter().flat_map(tree::entries) {
            match tree::resolve(root, &entry.node) {
                Ok(scheme) => {
                    let credential = credential(scheme);
                    if credential.is_none() {
                        let problem = format!("the security scheme {} is of a type that is not known", entry.key);
                        let remedy = "use oauth2, openIdConnect, http with bearer or basic, apiKey or mutualTLS";
                        description.mistake(&entry.key_span, problem, remedy);
                    }
                    scopes(scheme, &mut description.scopes);
                    known.push((entry.key.as_str(), credential));
                }
                Err(lost) => description.mistake(&entry.key_span, lost.problem(), lost.remedy()),
            }
        }
        Self { known }
    }

    /// The ways that a `security` member leaves. What cannot be understood needs everything: no way is dropped, so that
    /// nothing becomes open by a mistake.
    pub fn ways(&self, security: &Node, description: &mut Description) -> Vec<Way> {
        let ways = tree::items(security).iter();
        ways.map(|requirement| self.way(tree::entries(requirement), description))
            .collect()
    }

    fn way(&self, requirement: &[Entry], description: &mut Description) -> Way {
        let mut way = Way::default();
        for entry in requirement {
            let known = self.known.iter().find(|(name, _)| *name == entry.key);
            let credential = if let Some((_, credential)) = known {
                *credential
            } else {
                let problem = format!("there is no security scheme {}", entry.key);
                let remedy = "describe it in components.securitySchemes, or correct its name";
                description.mistake(&entry.key_span, problem, remedy);
                None
            };
            let credential = credential.unwrap_or(Credential::Token);
            way.credentials.push(credential);
            // For other types these may be names of roles, "not otherwise defined or exchanged in-band" (OpenAPI 3.1.1).
            if credential == Credential::Token {
                let scopes = tree::items(&entry.node).iter().filter_map(tree::as_text);
                way.scope.extend(scopes.map(str::to_owned));
            }
        }
        way.scope.sort();
        way.scope.dedup();
        way.credentials.sort_unstable();
        way.credentials.dedup();
        way
    }
}

fn credential(scheme: &Node) -> Option<Credential> {
    match tree::text(scheme, "type")? {
        "oauth2" | "openIdConnect" => Some(Credential::Token),
        "apiKey" => Some(Credential::ApiKey),
        "mutualTLS" => Some(Credential::Certificate),
        // "The HTTP Authentication scheme" by its registered name, in any case (RFC 9110 §11.1).
        "http" => match tree::text(scheme, "scheme")?.to_ascii_lowercase().as_str() {
            "bearer" | "dpop" => Some(Credential::Token),
            "basic" => Some(Credential::Basic),
            _ => None,
        },
        _ => None,
    }
}

/// `flows.*.scopes`: name → text.
fn scopes(scheme: &Node, known: &mut Vec<(String, String)>) {
    let flows = tree::member(scheme, "flows").into_iter().flat_map(tree::entries);
    let scopes = flows.filter_map(|flow| tree::member(&flow.node, "scopes"));
    for scope in scopes.flat_map(tree::entries) {
        if known.iter().all(|(name, _)| *name != scope.key) {
            let text = tree::as_text(&scope.node).unwrap_or_default();
            known.push((scope.key.clone(), text.trim().to_owned()));
        }
    }
}

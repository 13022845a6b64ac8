//! Clients that do what profiles of today forbid: possible by `openid-core`, for apps that cannot be changed.
//!
//! Spec: RFC 9700 §2.1.1, §2.1.2, §2.6

use model::Client;
use protocol::{GrantType, profile::PkceRule};

use super::{Finding, Kind, Patient, issuers::is_loopback};

pub(super) fn examine(patient: &Patient) -> Vec<Finding> {
    let enabled = patient.clients.iter().filter(|client| client.enabled);
    enabled.flat_map(|client| of_client(patient, client)).collect()
}

fn of_client(patient: &Patient, client: &Client) -> Vec<Finding> {
    let (id, metadata, profile) = (client.id(), &client.metadata, client.profile(&patient.realm));
    let mut findings = Vec::new();
    if metadata.allows_grant_type(GrantType::Implicit) {
        let problem = format!("the client {id} uses the implicit grant: its tokens are in histories and logs");
        let remedy = "let it use response_types = [\"code\"] with PKCE, and the profile baseline";
        findings.push(patient.finding(Kind::ImplicitClient, problem, remedy));
    }
    let uses_codes = metadata.allows_grant_type(GrantType::AuthorizationCode);
    if metadata.is_public() && uses_codes && profile.pkce != PkceRule::Always {
        let problem = format!(
            "the client {id} has no secret, and {} lets it leave out PKCE",
            profile.name
        );
        let remedy = "let it follow the profile baseline: whoever sees a code could redeem it";
        findings.push(patient.finding(Kind::ClientWithoutPkce, problem, remedy));
    }
    let in_clear = |uri: &&String| uri.starts_with("http://") && !is_loopback(uri);
    if let Some(uri) = metadata.redirect_uris.iter().find(in_clear) {
        let problem = format!("the client {id} gets its codes at {uri}, in clear");
        let remedy = "register an https address in its place";
        findings.push(patient.finding(Kind::RedirectInClear, problem, remedy));
    }
    findings
}

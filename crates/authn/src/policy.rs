//! What the rules of the realm say of a user in a session: who they are, for which app, from where, on which device.
//!
//! Every step of a flow asks anew ([`crate::next_step`]), so a session that began inside a network proves the further factor
//! where it is used outside. A device and a network become known by what users do who have met all that was demanded of
//! them: a password alone makes nothing known.

use std::net::IpAddr;

use ::policy::{Denied, Facts, Verdict, Why};
use explanation::{Explanation, catalogue::policy as catalogue};
use model::{AuditKind, Session, User};
use protocol::{Method, assurance::TOGETHER};
use realm::{RealmContext, audit, refusals};
use storage::StorageError;

use crate::device;

/// For how long a device and a network are known after their last use, in seconds.
const KNOWN: i64 = 90 * 24 * 3600;
/// For how long failures count, in seconds.
const FAILED: i64 = 24 * 3600;

/// What the rules are told of a request.
#[derive(Debug, Clone)]
pub struct Circumstances {
    /// For which app; empty: for the user's own pages.
    pub client: String,
    /// For which APIs.
    pub apis: Vec<String>,
    /// From which address.
    pub address: IpAddr,
    /// The value of the device cookie.
    pub device: Option<String>,
    /// Whether the connection has a certificate that the realm's authorities vouch for.
    pub has_certificate: bool,
}

/// What the rules say.
pub async fn judge(
    realm: &RealmContext,
    (session, user): (&Session, &User),
    circumstances: &Circumstances,
) -> Result<Verdict, StorageError> {
    let now = realm.now();
    let device = circumstances
        .device
        .as_deref()
        .and_then(|cookie| device::id_of(realm, cookie, &user.id));
    let proves_certificate =
        |proof: &protocol::Proof| proof.method == Method::ClientCertificate && now - proof.at <= TOGETHER;
    let Circumstances {
        client, apis, address, ..
    } = circumstances;
    let mut facts = Facts {
        username: user.username.clone(),
        groups: user.groups.clone(),
        claims: user.claims.clone(),
        proofing: user.proofing,
        client: client.clone(),
        apis: apis.clone(),
        address: *address,
        is_recognised: false,
        has_certificate: circumstances.has_certificate || session.proofs.iter().any(proves_certificate),
        knows_network: false,
        failures: 0,
        at: now,
    };
    if realm.rules.asks_for_history() {
        remember(realm, user, device.as_deref(), &mut facts).await?;
        // Who had a device forgotten does not know it any more, whatever happened there.
        if let Some(id) = &device {
            let is_kept = realm.store.is_recognised(realm.issuer(), &user.id, id, now).await?;
            facts.is_recognised = facts.is_recognised && is_kept;
        }
    }
    let verdict = realm.rules.judge(&facts);
    if let Verdict::Denied(Denied {
        why: Why::Failed(error),
        rules,
    }) = &verdict
    {
        tracing::error!(
            realm = realm.issuer(),
            ?rules,
            error,
            "the policies cannot be evaluated"
        );
    }
    Ok(verdict)
}

/// What was before the time of these facts.
pub async fn remember(
    realm: &RealmContext,
    user: &User,
    device: Option<&str>,
    facts: &mut Facts,
) -> Result<(), StorageError> {
    let (store, issuer, at) = (&realm.store, realm.issuer(), facts.at);
    let known = (at - KNOWN, at);
    if let Some(id) = device {
        let whose = (user.id.as_str(), id);
        facts.is_recognised = store.has_used_device(issuer, whose, &AuditKind::USES, known).await?;
    }
    let network = refusals::network(facts.address);
    let addresses = store
        .addresses_of_user(issuer, &user.id, &AuditKind::USES, known)
        .await?;
    let is_here = |address: &String| {
        address
            .parse()
            .is_ok_and(|address| refusals::network(address) == network)
    };
    facts.knows_network = addresses.iter().any(is_here);
    let failures = [AuditKind::SignInFailed, AuditKind::FactorFailed];
    facts.failures = store
        .count_events_between(issuer, &user.id, &failures, (at - FAILED, at + 1))
        .await?;
    Ok(())
}

/// Tells that a user was not let in.
pub fn tell(realm: &RealmContext, user: &User, denied: &Denied) {
    let why = explain(denied);
    tracing::info!(realm = realm.issuer(), user = user.id, reason = why.reason.name, rules = ?denied.rules, "denied by policy");
    audit::event(realm, AuditKind::PolicyDenied)
        .user(&user.id)
        .detail("reason", why.reason.name)
        .detail("rules", denied.rules.clone())
        .soon(realm);
}

/// Why somebody is not let in, for the operator.
pub fn explain(denied: &Denied) -> Explanation {
    let reason = match denied.why {
        Why::Rule(_) => &catalogue::DENIED,
        Why::NoRule => &catalogue::NO_RULE,
        Why::Failed(_) => &catalogue::NOT_EVALUATED,
    };
    let explanation = Explanation::from(reason);
    if denied.rules.is_empty() {
        return explanation;
    }
    explanation.found(format!("the rule {}", denied.rules.join(", ")))
}

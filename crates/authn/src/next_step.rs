//! What a signed-in user is asked next, for what is demanded of their authentication.
//!
//! Spec: OpenID Connect Core §3.1.2.3, RFC 9470 §5, NIST SP 800-63B §4
//!
//! Nothing but what is missing is asked for: what counts already in the session is not asked again. A step says nothing
//! about pages.

use model::{Authenticator, Session, User};
use protocol::{
    Demand, DemandOf, Method, Proof, Reach,
    acr::Acr,
    assurance::{TOGETHER, reached, with},
};
use realm::RealmContext;
use serde::Serialize;
use storage::StorageError;

use crate::factors::would_prove;

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Nothing: everything is there.
    Met,
    /// The user proves one of these.
    Prove {
        /// By what, the best first.
        choices: Vec<Method>,
        /// Until this level is reached.
        target: Acr,
        /// Whether the request can be answered without.
        is_voluntary: bool,
    },
    /// The account has nothing that would do: something must be enrolled first.
    Enrol {
        /// Who demands it.
        #[serde(skip)]
        of: DemandOf,
        /// Whether something was enrolled that does not count yet.
        is_waiting: bool,
    },
}

impl Step {
    /// How far the user is from what is demanded.
    pub fn reach(&self) -> Reach {
        match *self {
            Self::Met => Reach::Met,
            Self::Prove {
                target, is_voluntary, ..
            } => Reach::Short { target, is_voluntary },
            Self::Enrol { of, .. } => Reach::Never(of),
        }
    }
}

/// Says what the user of a session is asked next. What the account has is read only if more is demanded than is there.
pub async fn next_step(
    realm: &RealmContext,
    (session, user): (&Session, &User),
    demand: &Demand,
) -> Result<Step, StorageError> {
    let now = realm.now();
    if !demand.exceeds(session.assurance(user, now).acr) {
        return Ok(Step::Met);
    }
    let all = realm.store.authenticators_of_user(realm.issuer(), &user.id).await?;
    Ok(decide((session, user), &all, demand, now))
}

/// The highest level that an account can reach `now`.
pub fn reachable(user: &User, authenticators: &[Authenticator], now: i64) -> Acr {
    let proofs = possible(user, authenticators, now);
    let all = proofs.into_iter().fold(Vec::new(), |all, proof| with(&all, proof));
    reached(&all, now).capped(user.proofing).acr
}

/// What the user could prove right now.
fn possible(user: &User, authenticators: &[Authenticator], now: i64) -> Vec<Proof> {
    let password = user.password_hash.iter().map(|_| Proof::of(Method::Password, now));
    let active = authenticators.iter().filter(|one| one.is_active(now));
    password.chain(active.map(|one| would_prove(one, now))).collect()
}

fn decide((session, user): (&Session, &User), all: &[Authenticator], demand: &Demand, now: i64) -> Step {
    let possible = possible(user, all, now);
    let level = |proofs: &[Proof]| reached(proofs, now).capped(user.proofing).acr;
    let everything = possible.iter().cloned();
    let everything = everything.fold(session.proofs.clone(), |known, proof| with(&known, proof));
    match demand.reach(level(&session.proofs), level(&everything)) {
        Reach::Met => Step::Met,
        Reach::Never(of) => Step::Enrol {
            of,
            is_waiting: all.iter().any(|one| !one.is_active(now)),
        },
        Reach::Short { target, is_voluntary } => Step::Prove {
            choices: choices(&session.proofs, possible, now, |proofs| level(proofs) >= target),
            target,
            is_voluntary,
        },
    }
}

/// Those of which one is enough; if there are none, the first that shows a kind of factor that is missing. Whoever has
/// recovery codes may have lost the rest.
fn choices(proofs: &[Proof], mut possible: Vec<Proof>, now: i64, is_enough: impl Fn(&[Proof]) -> bool) -> Vec<Method> {
    possible.sort_by_key(|proof| proof.method);
    let counts = |kind| {
        let together = proofs.iter().filter(|proof| now - proof.at <= TOGETHER);
        together.flat_map(|proof| &proof.kinds).any(|known| known == kind)
    };
    let enough = possible.iter().filter(|one| is_enough(&with(proofs, (*one).clone())));
    let mut methods: Vec<Method> = enough.map(|proof| proof.method).collect();
    if methods.is_empty() {
        let missing = possible.iter().find(|one| one.kinds.iter().any(|kind| !counts(kind)));
        methods.extend(missing.map(|proof| proof.method));
    }
    methods.dedup();
    let is_recovery = |proof: &Proof| proof.method == Method::RecoveryCode;
    let has_codes = possible.iter().any(is_recovery) && !proofs.iter().any(is_recovery);
    methods.extend(has_codes.then_some(Method::RecoveryCode));
    methods
}

#[cfg(test)]
mod tests;

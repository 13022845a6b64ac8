//! What a signed-in user is asked next, for what is demanded of their authentication.
//!
//! Spec: OpenID Connect Core §3.1.2.3, RFC 9470 §5, NIST SP 800-63B §4
//!
//! Nothing but what is missing is asked for: what counts already in the session is not asked again. A step says nothing
//! about pages.

use ::policy::{Denied, Verdict};
use model::{Authenticator, Session, User};
use protocol::{
    Demand, DemandOf, Method, Proof, Reach,
    acr::Acr,
    assurance::{TOGETHER, reached, with},
};
use realm::RealmContext;
use serde::Serialize;
use storage::StorageError;

use crate::{
    factors::would_prove,
    notice,
    policy::{self, Circumstances},
};

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
        /// Of these the rules of the realm want one; empty: whatever reaches the level.
        methods: Vec<Method>,
        /// Whether something was enrolled that does not count yet.
        is_waiting: bool,
    },
    /// The rules of the realm do not let the user in.
    Denied {
        /// Why.
        #[serde(skip)]
        denied: Denied,
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
            Self::Denied { .. } => Reach::Denied,
        }
    }
}

/// Says what the user of a session is asked next, for what is demanded and what the rules of the realm add to it.
pub async fn next_step(
    realm: &RealmContext,
    (session, user): (&Session, &User),
    demand: &Demand,
    circumstances: &Circumstances,
) -> Result<Step, StorageError> {
    match policy::judge(realm, (session, user), circumstances).await? {
        Verdict::Denied(denied) => Ok(Step::Denied { denied }),
        Verdict::Permitted { required, acr, .. } => {
            let demand = Demand {
                least_of_policies: acr,
                methods: required,
                ..demand.clone()
            };
            by_demand(realm, (session, user), &demand).await
        }
    }
}

/// The same for what is demanded alone. What the account has is read only if more is demanded than is there.
pub async fn by_demand(
    realm: &RealmContext,
    (session, user): (&Session, &User),
    demand: &Demand,
) -> Result<Step, StorageError> {
    let now = realm.now();
    let has_methods = missing(&session.proofs, demand, now).next().is_none();
    if has_methods && !demand.exceeds(session.assurance(user, now).acr) {
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
    let has_methods = missing(&session.proofs, demand, now).next().is_none();
    let everything = possible.iter().cloned();
    let everything = everything.fold(session.proofs.clone(), |known, proof| with(&known, proof));
    // Rules alone ask for a code by mail: it raises no level.
    let by_mail = notice::verified_email(user).map(|_| Proof::of(Method::EmailCode, now));
    let wanted: Vec<Proof> = possible.iter().cloned().chain(by_mail).collect();
    let has = |methods: &[Method]| wanted.iter().any(|proof| methods.contains(&proof.method));
    if let Some(methods) = missing(&session.proofs, demand, now).find(|methods| !has(methods)) {
        return Step::Enrol {
            of: DemandOf::Policy,
            methods: methods.clone(),
            is_waiting: all
                .iter()
                .any(|one| methods.contains(&one.method) && !one.is_active(now)),
        };
    }
    match demand.reach(level(&session.proofs), level(&everything)) {
        Reach::Denied => Step::Enrol {
            of: DemandOf::Policy,
            methods: Vec::new(),
            is_waiting: false,
        },
        Reach::Met | Reach::Short { .. } if !has_methods => prove_one(&session.proofs, wanted, (demand, now), level),
        Reach::Met => Step::Met,
        Reach::Never(of) => Step::Enrol {
            of,
            methods: Vec::new(),
            is_waiting: all.iter().any(|one| !one.is_active(now)),
        },
        Reach::Short { target, is_voluntary } => Step::Prove {
            choices: choices(&session.proofs, possible, now, |proofs| level(proofs) >= target),
            target,
            is_voluntary,
        },
    }
}

/// What the rules want proved and nobody has proved lately.
fn missing<'d>(proofs: &'d [Proof], demand: &'d Demand, now: i64) -> impl Iterator<Item = &'d Vec<Method>> {
    let counts = move |method: &Method| {
        proofs
            .iter()
            .any(|proof| proof.method == *method && now - proof.at <= TOGETHER)
    };
    demand.methods.iter().filter(move |methods| !methods.iter().any(counts))
}

/// The first of what the rules want proved.
fn prove_one(
    proofs: &[Proof],
    mut possible: Vec<Proof>,
    (demand, now): (&Demand, i64),
    level: impl Fn(&[Proof]) -> Acr,
) -> Step {
    let wanted = missing(proofs, demand, now).next();
    possible.retain(|proof| wanted.is_some_and(|methods| methods.contains(&proof.method)));
    possible.sort_by_key(|proof| proof.method);
    let target = possible
        .first()
        .map_or(Acr::Loa1, |proof| level(&with(proofs, proof.clone())));
    let mut choices: Vec<Method> = possible.into_iter().map(|proof| proof.method).collect();
    choices.dedup();
    Step::Prove {
        choices,
        target,
        is_voluntary: false,
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

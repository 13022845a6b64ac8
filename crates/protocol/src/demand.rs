//! What a request demands of its user's authentication, and how far an account is from that.
//!
//! Spec: OpenID Connect Core §3.1.2.1 (`acr_values`) and §5.5.1.1 (`acr`), RFC 9470 §4 and §5,
//! OpenID Connect Unmet Authentication Requirements §2

use crate::{Acr, Method};

/// What is demanded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// The levels that would do for the app, best first; empty: any.
    pub wanted: Vec<Acr>,
    /// Whether one of them must be reached.
    pub is_essential: bool,
    /// The least that the APIs take.
    pub least: Option<Acr>,
    /// The least that the policies of the realm take.
    pub least_of_policies: Option<Acr>,
    /// What the policies want proved: of each, one.
    pub methods: Vec<Vec<Method>>,
}

/// How far somebody is from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Everything is there.
    Met,
    /// More is to be proved, until this level is reached.
    Short {
        /// The level.
        target: Acr,
        /// Whether the request can be answered without.
        is_voluntary: bool,
    },
    /// The account cannot reach it.
    Never(DemandOf),
    /// The policies of the realm do not let the user in.
    Denied,
}

/// Who demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DemandOf {
    /// The request.
    Request,
    /// An API.
    Api,
    /// A policy of the realm.
    Policy,
}

impl Demand {
    /// Nothing but that a level is reached.
    pub fn at_least(level: Acr) -> Self {
        Self {
            least: Some(level),
            ..Self::default()
        }
    }

    /// Whether more than `reached` could be asked for, so that it matters what the account can reach.
    pub fn exceeds(&self, reached: Acr) -> bool {
        self.least
            .max(self.least_of_policies)
            .is_some_and(|least| reached < least)
            || self.wanted.first().is_some_and(|best| reached < *best)
            || (self.is_essential && self.wanted.is_empty())
    }

    /// Where somebody stands who reached one level, and could reach another.
    pub fn reach(&self, reached: Acr, reachable: Acr) -> Reach {
        let reachable = reachable.max(reached);
        if self.least.is_some_and(|least| reachable < least) {
            return Reach::Never(DemandOf::Api);
        }
        if self.least_of_policies.is_some_and(|least| reachable < least) {
            return Reach::Never(DemandOf::Policy);
        }
        // The best that can be had is asked for; what cannot be had is passed over.
        let wanted = self.wanted.iter().copied().find(|wanted| *wanted <= reachable);
        if self.is_essential && wanted.is_none() {
            return Reach::Never(DemandOf::Request);
        }
        match wanted.max(self.least).max(self.least_of_policies) {
            Some(target) if reached < target => Reach::Short {
                target,
                is_voluntary: !self.must_have_more_than(reached),
            },
            _ => Reach::Met,
        }
    }

    fn must_have_more_than(&self, reached: Acr) -> bool {
        let is_too_low = self
            .least
            .max(self.least_of_policies)
            .is_some_and(|least| reached < least);
        is_too_low || (self.is_essential && self.wanted.iter().all(|wanted| reached < *wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wants(wanted: &[Acr]) -> Demand {
        Demand {
            wanted: wanted.to_vec(),
            ..Demand::default()
        }
    }

    fn needs(wanted: &[Acr]) -> Demand {
        Demand {
            is_essential: true,
            ..wants(wanted)
        }
    }

    fn short(target: Acr, is_voluntary: bool) -> Reach {
        Reach::Short { target, is_voluntary }
    }

    #[test]
    fn more_is_asked_for_only_where_it_can_be_had() {
        use Acr::{Loa1, Loa2, Loa3, Loa4};
        for (demand, reachable, expected) in [
            (Demand::default(), Loa3, Reach::Met),
            (wants(&[Loa3]), Loa3, short(Loa3, true)),
            (wants(&[Loa3]), Loa2, Reach::Met),
            (wants(&[Loa4, Loa3]), Loa3, short(Loa3, true)),
            (wants(&[Loa2, Loa3]), Loa3, Reach::Met),
            (wants(&[Loa3, Loa1]), Loa2, Reach::Met),
            (needs(&[Loa3]), Loa3, short(Loa3, false)),
            (needs(&[Loa3]), Loa2, Reach::Never(DemandOf::Request)),
            (needs(&[]), Loa4, Reach::Never(DemandOf::Request)),
            (needs(&[Loa3, Loa2]), Loa3, short(Loa3, true)),
            (needs(&[Loa3, Loa2]), Loa2, Reach::Met),
            (Demand::at_least(Loa3), Loa3, short(Loa3, false)),
            (Demand::at_least(Loa3), Loa2, Reach::Never(DemandOf::Api)),
            (Demand::at_least(Loa2), Loa2, Reach::Met),
        ] {
            let reach = demand.reach(Loa2, reachable);
            assert_eq!(reach, expected, "{demand:?} of {reachable}");
            assert!(demand.exceeds(Loa2) || reach == Reach::Met, "{demand:?}");
        }
    }

    #[test]
    fn what_policies_demand_is_added() {
        let of = |least, least_of_policies| Demand {
            least,
            least_of_policies,
            ..wants(&[Acr::Loa1])
        };
        let policy = of(Some(Acr::Loa2), Some(Acr::Loa3));
        assert!(policy.exceeds(Acr::Loa2) && !policy.exceeds(Acr::Loa3));
        assert_eq!(policy.reach(Acr::Loa2, Acr::Loa3), short(Acr::Loa3, false));
        assert_eq!(policy.reach(Acr::Loa2, Acr::Loa2), Reach::Never(DemandOf::Policy));
        assert_eq!(
            of(Some(Acr::Loa3), Some(Acr::Loa2)).reach(Acr::Loa2, Acr::Loa3),
            short(Acr::Loa3, false)
        );
    }

    #[test]
    fn the_demand_of_an_api_stands_beside_that_of_the_request() {
        let both = Demand {
            least: Some(Acr::Loa3),
            ..wants(&[Acr::Phr, Acr::Loa1])
        };
        assert_eq!(both.reach(Acr::Loa2, Acr::Loa3), short(Acr::Loa3, false));
        assert_eq!(both.reach(Acr::Loa2, Acr::Phr), short(Acr::Phr, false));
        assert_eq!(both.reach(Acr::Loa3, Acr::Phr), short(Acr::Phr, true));
        assert_eq!(both.reach(Acr::Loa3, Acr::Loa3), Reach::Met);
    }
}

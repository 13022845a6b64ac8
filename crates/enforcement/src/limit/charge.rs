//! From which buckets a call takes.

use std::sync::Arc;

use jose::sha256_of_parts;
use protocol::limit::{Limit, LimitedBy};

use super::Measure;

/// A limit, ready to be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitRule {
    /// Its name, unique among those that apply to one call; letters, digits and dashes.
    pub name: String,
    /// Whose calls it counts together.
    pub per: LimitedBy,
    /// Its numbers.
    pub measure: Measure,
    /// What it says to clients, as a member of `RateLimit-Policy`.
    pub(super) policy: String,
    /// What its buckets have in common: the place, and all that it says. Changed, it begins with new ones.
    seed: [u8; 32],
}

/// The limits that apply to the calls of a route: those of its API, and its own.
///
/// `api` and `route`: what distinguishes them from all others.
pub fn rules(api: &str, of_api: &[Limit], route: &str, of_route: &[Limit]) -> Vec<Arc<LimitRule>> {
    let mut rules: Vec<Arc<LimitRule>> = Vec::with_capacity(of_api.len() + of_route.len());
    let api_wide = of_api.iter().map(|limit| (limit, ""));
    for (limit, own) in api_wide.chain(of_route.iter().map(|limit| (limit, route))) {
        let place = if limit.per == LimitedBy::Route { route } else { own };
        let name = if own.is_empty() || limit.per == LimitedBy::Route {
            limit.per.as_str().to_owned()
        } else {
            format!("route-{}", limit.per.as_str())
        };
        let namesakes = rules.iter().filter(|rule| {
            rule.name
                .trim_end_matches(|last: char| last == '-' || last.is_ascii_digit())
                == name
        });
        let name = match namesakes.count() {
            0 => name,
            others => format!("{name}-{}", others + 1),
        };
        rules.push(Arc::new(LimitRule::new(limit, name, &[api, place])));
    }
    rules
}

impl LimitRule {
    fn new(limit: &Limit, name: String, place: &[&str]) -> Self {
        let measure = Measure::of(limit);
        let (calls, seconds, burst) = (limit.rate.calls(), limit.rate.seconds(), limit.burst());
        let burst_parameter = if burst == calls {
            String::new()
        } else {
            format!(";sekisho-burst={burst}")
        };
        let said = format!("{calls}/{seconds}/{burst}");
        let parts = place.iter().copied().chain([limit.per.as_str(), said.as_str()]);
        Self {
            policy: format!("\"{name}\";q={calls};w={seconds}{burst_parameter}"),
            seed: sha256_of_parts(parts.map(str::as_bytes)),
            name,
            per: limit.per,
            measure,
        }
    }
}

/// Who makes a call, as far as limits ask.
#[derive(Debug, Clone, Copy, Default)]
pub struct Caller<'a> {
    /// The client.
    pub client: Option<&'a str>,
    /// The user for whom it calls.
    pub user: Option<&'a str>,
    /// The id of the API key.
    pub key: Option<&'a str>,
}

/// One call to be taken from a bucket.
#[derive(Debug, Clone)]
pub struct Charge {
    /// The limit.
    pub rule: Arc<LimitRule>,
    /// Which of its buckets: a hash, so that tables neither grow with names nor tell them.
    pub bucket: [u8; 32],
}

/// The buckets from which a call takes. A limit per user says nothing of calls without one.
pub fn charges(rules: &[Arc<LimitRule>], caller: Caller<'_>) -> Vec<Charge> {
    let who = |per| match per {
        LimitedBy::Client => caller.client,
        LimitedBy::User => caller.user,
        LimitedBy::Key => caller.key,
        LimitedBy::Route | LimitedBy::Api => Some(""),
    };
    let charge = |rule: &Arc<LimitRule>| {
        let who = who(rule.per)?;
        Some(Charge {
            rule: Arc::clone(rule),
            bucket: sha256_of_parts([rule.seed.as_slice(), who.as_bytes()]),
        })
    };
    rules.iter().filter_map(charge).collect()
}

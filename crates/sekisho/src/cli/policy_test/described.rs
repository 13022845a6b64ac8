//! A sign-in as flags or a file describe it.

use std::net::{IpAddr, Ipv4Addr};

use super::super::moment::Moment;
use crate::{
    config::{RealmFile, UserEntry},
    policy_verdict,
};
use model::username_key;
use policy::{Facts, Requirement, Rules, Verdict};
use protocol::{Method, Proof, assurance::reached};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A file of sign-ins.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cases {
    pub sign_in: Vec<SignIn>,
}

/// One of them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SignIn {
    /// What to call it.
    pub name: Option<String>,
    /// The user: one of the realm file, or anybody.
    pub user: Option<String>,
    /// Groups besides those of the file.
    pub groups: Vec<String>,
    /// The app; empty: the user's own pages.
    pub client: String,
    /// What is asked for.
    pub apis: Vec<String>,
    /// The address.
    pub from: Option<IpAddr>,
    /// When, in UTC; now.
    pub at: Option<String>,
    /// What is known of the device, the network and the day.
    pub new_device: bool,
    pub new_network: bool,
    pub certificate: bool,
    pub failures: i64,
    /// What the user has proved; the password.
    pub proved: Option<Vec<Method>>,
    /// What should come of it.
    pub expect: Option<Expected>,
}

/// What should come of a sign-in.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Expected {
    /// `permit`, with nothing more to prove, or `deny`.
    Word(Word),
    /// It is permitted, when all of these are proved.
    Asked(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Word {
    Permit,
    Deny,
}

impl SignIn {
    /// When it is.
    pub fn at(&self, now: i64) -> Result<i64, String> {
        let Some(text) = &self.at else { return Ok(now) };
        let moment = Moment::parse(text).map_err(|remedy| format!("{text:?} is no time — {remedy}"))?;
        Ok(moment.unix(now))
    }

    /// What comes of it, by the rules of a realm file.
    pub fn judged_by(&self, file: &RealmFile, now: i64) -> Result<Value, String> {
        let facts = self.facts(file, self.at(now)?);
        let rules = Rules::compile(&file.realm.policies).map_err(|mistakes| {
            let said: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            said.join("; ")
        })?;
        let verdict = self.left(file, &facts, rules.judge(&facts));
        let as_expected = self.expect.as_ref().map(|expected| is(expected, &verdict));
        let expected = self.expect.as_ref().map(|expected| match expected {
            Expected::Word(Word::Permit) => "permitted, nothing more is asked".to_owned(),
            Expected::Word(Word::Deny) => "denied".to_owned(),
            Expected::Asked(asked) => format!("asked for: {}", asked.join(", ")),
        });
        Ok(json!({
            "name": self.name.clone().unwrap_or_else(|| title(&facts)),
            "realm": file.realm.issuer,
            "verdict": policy_verdict::view(&verdict),
            "expected": expected,
            "as_expected": as_expected,
        }))
    }

    /// What is still to be proved of it, with what the APIs demand by themselves.
    fn left(&self, file: &RealmFile, facts: &Facts, verdict: Verdict) -> Verdict {
        let Verdict::Permitted {
            rules,
            mut required,
            acr,
        } = verdict
        else {
            return verdict;
        };
        let proved = self.proved.clone().unwrap_or_else(|| vec![Method::Password]);
        required.retain(|one| !one.iter().any(|method| proved.contains(method)));
        let of_apis = file.apis.iter().filter(|api| facts.apis.contains(&api.identifier));
        let least = of_apis.filter_map(|api| api.acr).max().max(acr);
        let proofs: Vec<Proof> = proved.iter().map(|method| Proof::of(*method, facts.at)).collect();
        let level = reached(&proofs, facts.at).capped(facts.proofing).acr;
        Verdict::Permitted {
            rules,
            required,
            acr: least.filter(|least| level < *least),
        }
    }

    fn facts(&self, file: &RealmFile, at: i64) -> Facts {
        let username = self.user.clone().unwrap_or_else(|| "somebody".to_owned());
        let is_it = |user: &&UserEntry| username_key(&user.username) == username_key(&username);
        let known = file.users.iter().find(is_it);
        let mut groups = known.map(|user| user.groups.clone()).unwrap_or_default();
        groups.extend(self.groups.iter().cloned());
        Facts {
            groups,
            claims: known.map_or_else(Map::new, |user| user.claims.clone()),
            proofing: known.and_then(|user| user.proofing),
            username,
            client: self.client.clone(),
            apis: self.apis.clone(),
            address: self.from.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            is_recognised: !self.new_device,
            has_certificate: self.certificate,
            knows_network: !self.new_network,
            failures: self.failures,
            at,
        }
    }
}

fn title(facts: &Facts) -> String {
    let place = if facts.client.is_empty() {
        "own pages"
    } else {
        &facts.client
    };
    format!("{}, {place}, from {}", facts.username, facts.address)
}

fn is(expected: &Expected, verdict: &Verdict) -> bool {
    let asked = |required: &[Requirement], level: Option<protocol::acr::Acr>| {
        let mut asked: Vec<String> = required.iter().map(|one| policy_verdict::words(one)).collect();
        asked.extend(level.map(|level| level.short().to_owned()));
        asked.sort();
        asked
    };
    match (expected, verdict) {
        (Expected::Word(Word::Deny), Verdict::Denied(_)) => true,
        (Expected::Word(Word::Permit), Verdict::Permitted { required, acr, .. }) => asked(required, *acr).is_empty(),
        (Expected::Asked(wanted), Verdict::Permitted { required, acr, .. }) => {
            let mut wanted = wanted.clone();
            wanted.sort();
            wanted == asked(required, *acr)
        }
        _ => false,
    }
}

//! The rules of a realm as one set of Cedar policies.

use cedar_policy::{PolicyId, PolicySet, Schema, ValidationMode, ValidationWarning, Validator};
use model::{Network, Policies, Policy};
use protocol::acr::Acr;

use crate::{
    condition::{self, Wrong},
    requirement::{self, Requirement},
    schema,
};

/// The name of what holds without rules; no rule can have it.
pub(crate) const DEFAULT: &str = "*";

/// What is wrong in a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} — {remedy}")]
pub struct Mistake {
    /// Which rule: its place in the list.
    pub rule: usize,
    /// In which of its keys.
    pub key: &'static str,
    /// What.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl Mistake {
    /// What is wrong, and in which of these rules.
    pub fn told_of(&self, policies: &Policies) -> String {
        match policies.rules.get(self.rule) {
            Some(rule) => format!("the rule {}, {}: {}", rule.name, self.key, self.problem),
            None => self.problem.clone(),
        }
    }
}

/// The rules of a realm, ready to be asked.
pub struct Rules {
    pub(crate) policies: Policies,
    /// The set and its schema; else why there is none, so that everything is denied.
    pub(crate) compiled: Result<(PolicySet, Schema), String>,
    /// Whether some rule asks what was before.
    asks_for_history: bool,
}

impl Rules {
    /// Compiles the rules, or says everything that is wrong in them.
    pub fn compile(policies: &Policies) -> Result<Self, Vec<Mistake>> {
        let nowhere = |problem: String| vec![mistake(0, ("name", problem, "report this".to_owned()))];
        let schema = schema::schema().map_err(|error| nowhere(error.to_string()))?;
        if let Some(unreadable) = &policies.unreadable {
            return Err(nowhere(format!(
                "what is stored cannot be read: {}",
                unreadable.problem
            )));
        }
        let (mut set, mut mistakes) = (PolicySet::new(), Vec::new());
        for (place, policy) in policies.rules.iter().enumerate() {
            let mut before = policies.rules.iter().take(place);
            if before.any(|other| other.name == policy.name) {
                mistakes.push(mistake(place, twice(&policy.name)));
                continue;
            }
            match read(policy, &policies.networks) {
                Ok(read) => set.add(read).map_err(|error| nowhere(error.to_string()))?,
                Err(wrong) => mistakes.push(mistake(place, wrong)),
            }
        }
        if !policies.denies_by_default {
            let all = cedar_policy::Policy::parse(Some(PolicyId::new(DEFAULT)), "permit(principal, action, resource);");
            let all = all.map_err(|error| nowhere(error.to_string()))?;
            set.add(all).map_err(|error| nowhere(error.to_string()))?;
        }
        mistakes.extend(invalid(&schema, &set, policies));
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(Self {
            asks_for_history: policies.rules.iter().any(asks_for_history),
            policies: policies.clone(),
            compiled: Ok((set, schema)),
        })
    }

    /// Rules that let nobody in, and why.
    pub fn closed(why: String) -> Self {
        Self {
            policies: Policies::default(),
            compiled: Err(why),
            asks_for_history: false,
        }
    }

    /// Whether there is nothing to ask.
    pub fn is_empty(&self) -> bool {
        self.compiled.is_ok() && self.policies.rules.is_empty() && !self.policies.denies_by_default
    }

    /// Whether some rule asks what was before: devices, networks, failures.
    pub fn asks_for_history(&self) -> bool {
        self.asks_for_history
    }
}

/// What a rule demands: each of these, and this level.
pub(crate) fn demands(policy: &Policy) -> (Vec<Requirement>, Option<Acr>) {
    let required = policy.require.iter().filter_map(|text| requirement::parse(text).ok());
    (required.collect(), policy.acr)
}

fn read(policy: &Policy, networks: &[Network]) -> Result<cedar_policy::Policy, Wrong> {
    check_name(&policy.name)?;
    check_effect(policy)?;
    let effect = if policy.deny.is_some() { "forbid" } else { "permit" };
    let condition = condition::condition(policy, networks)?;
    let text = format!("{effect}(principal, action, resource) when {{ {condition} }};");
    cedar_policy::Policy::parse(Some(PolicyId::new(&policy.name)), text).map_err(|error| {
        let remedy = "see docs/policies.md for what conditions can speak of";
        ("when", format!("the rule is not valid: {error}"), remedy.to_owned())
    })
}

fn check_name(name: &str) -> Result<(), Wrong> {
    let is_name = (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if is_name {
        return Ok(());
    }
    let remedy = "use at most 64 letters, digits, hyphens, underscores and dots";
    Err(("name", format!("{name:?} is no name of a rule"), remedy.to_owned()))
}

fn check_effect(policy: &Policy) -> Result<(), Wrong> {
    let demands = !policy.require.is_empty() || policy.acr.is_some();
    let effects = [policy.deny.is_some(), policy.allow, demands];
    if effects.into_iter().filter(|has| *has).count() != 1 {
        let problem = "the rule does not say one thing that follows".to_owned();
        let remedy = "give it one of deny = \"why\", require = [\"otp\"], acr = \"loa3\", or allow = true";
        return Err(("name", problem, remedy.to_owned()));
    }
    for text in &policy.require {
        requirement::parse(text).map_err(|word| {
            let words = requirement::REQUIREMENTS.map(|(word, _)| word).join(", ");
            let problem = format!("require has {word:?}, which is nothing that can be proved");
            (
                "require",
                problem,
                format!("use {words}; several of which one is enough: \"otp or passkey\""),
            )
        })?;
    }
    Ok(())
}

fn invalid(schema: &Schema, set: &PolicySet, policies: &Policies) -> Vec<Mistake> {
    let result = Validator::new(schema.clone()).validate(set, ValidationMode::Strict);
    let place = |id: &PolicyId| {
        let name = id.to_string();
        policies
            .rules
            .iter()
            .position(|policy| policy.name == name)
            .unwrap_or_default()
    };
    let key_of = |rule: usize| match policies.rules.get(rule) {
        Some(Policy { when: Some(_), .. }) => "when",
        _ => "name",
    };
    let mut mistakes: Vec<Mistake> = Vec::new();
    for error in result.validation_errors() {
        let rule = place(error.policy_id());
        let remedy = "see docs/policies.md for what conditions can speak of, and of what type it is".to_owned();
        mistakes.push(mistake(rule, (key_of(rule), error.to_string(), remedy)));
    }
    for warning in result.validation_warnings() {
        if let ValidationWarning::ImpossiblePolicy(impossible) = warning {
            let rule = policies
                .rules
                .iter()
                .position(|policy| impossible.to_string().contains(&format!("`{}`", policy.name)));
            let rule = rule.unwrap_or_default();
            let remedy = "mend its conditions, or remove it".to_owned();
            mistakes.push(mistake(
                rule,
                (key_of(rule), "the rule can never match".to_owned(), remedy),
            ));
        }
    }
    mistakes
}

fn asks_for_history(policy: &Policy) -> bool {
    let when = policy.when.as_deref().unwrap_or_default();
    let is_said = ["recognised", "known_network", "failures"]
        .iter()
        .any(|fact| when.contains(fact));
    policy.device.is_some() || !policy.unusual.is_empty() || policy.failures.is_some() || is_said
}

fn twice(name: &str) -> Wrong {
    let remedy = "rename one of the two".to_owned();
    ("name", format!("there are two rules of the name {name}"), remedy)
}

fn mistake(rule: usize, (key, problem, remedy): Wrong) -> Mistake {
    Mistake {
        rule,
        key,
        problem,
        remedy,
    }
}

//! What the rules say of a sign-in.

use cedar_policy::{Authorizer, Decision};
use model::{Message, Policy};
use protocol::acr::Acr;

use crate::{
    Facts, Requirement, Rules,
    compile::{DEFAULT, demands},
};

/// What the rules say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is permitted, when this is proved.
    Permitted {
        /// The names of the rules that matched.
        rules: Vec<String>,
        /// Each of these.
        required: Vec<Requirement>,
        /// And this level.
        acr: Option<Acr>,
    },
    /// It is not.
    Denied(Denied),
}

/// Nobody gets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// The names of the rules that matched.
    pub rules: Vec<String>,
    /// Why.
    pub why: Why,
}

/// Why nobody gets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// A rule says so, with this for the user.
    Rule(Message),
    /// No rule permits it, where one must.
    NoRule,
    /// The rules could not be evaluated; what went wrong.
    Failed(String),
}

impl Rules {
    /// Judges a sign-in.
    pub fn judge(&self, facts: &Facts) -> Verdict {
        if self.is_empty() {
            return Verdict::Permitted {
                rules: Vec::new(),
                required: Vec::new(),
                acr: None,
            };
        }
        let (set, schema) = match &self.compiled {
            Ok((set, schema)) => (set, schema),
            Err(error) => return failed(Vec::new(), error.clone()),
        };
        let (request, entities) = match facts.ask(schema) {
            Ok(asked) => asked,
            Err(error) => return failed(Vec::new(), error),
        };
        let response = Authorizer::new().is_authorized(&request, set, &entities);
        let names = response.diagnostics().reason().map(ToString::to_string);
        let mut rules: Vec<String> = names.filter(|name| name != DEFAULT).collect();
        rules.sort();
        if let Some(error) = response.diagnostics().errors().next() {
            return failed(rules, error.to_string());
        }
        let matched: Vec<&Policy> = self
            .policies
            .rules
            .iter()
            .filter(|rule| rules.contains(&rule.name))
            .collect();
        if response.decision() == Decision::Deny {
            let message = matched.iter().find_map(|rule| rule.deny.clone());
            let why = message.map_or(Why::NoRule, Why::Rule);
            return Verdict::Denied(Denied { rules, why });
        }
        let mut required: Vec<Requirement> = Vec::new();
        let mut level = None;
        for rule in matched {
            let (factors, acr) = demands(rule);
            level = level.max(acr);
            required.extend(
                factors
                    .into_iter()
                    .filter(|one| !required.contains(one))
                    .collect::<Vec<_>>(),
            );
        }
        Verdict::Permitted {
            rules,
            required,
            acr: level,
        }
    }
}

/// What cannot be evaluated denies.
fn failed(rules: Vec<String>, error: String) -> Verdict {
    let why = Why::Failed(error);
    Verdict::Denied(Denied { rules, why })
}

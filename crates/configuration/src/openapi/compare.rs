//! Where a description and the rules of an API differ. A rule that lets in more than is described is worst, one that lets in
//! less is only in somebody's way.

use std::cmp::Reverse;

use super::{Credential, Description, Operation, Source, Way};
use crate::document::Span;

/// A rule, as far as a description says something of it.
pub(crate) struct Rule<'r> {
    /// Empty: all.
    pub methods: &'r [String],
    pub path: &'r str,
    pub scope: &'r [String],
    /// Whether everybody may come in.
    pub is_open: bool,
    /// Whether a token is a way in.
    pub takes_token: bool,
    /// Whether an API key is one.
    pub takes_key: bool,
    pub span: &'r Span,
}

/// A difference. The smallest rank is the worst.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub rank: u8,
    /// The rule; none where there is none.
    pub span: Option<Span>,
    pub problem: String,
    pub remedy: &'static str,
}

/// The ranks.
const WEAKER: u8 = 1;
const UNDESCRIBED: u8 = 2;
const UNPROTECTED: u8 = 3;
const STRICTER: u8 = 4;

/// Finds all of them, the worst first.
pub(crate) fn compare(source: &Source, description: &Description, rules: &[Rule<'_>]) -> Vec<Difference> {
    let mut found = Vec::new();
    for operation in &description.operations {
        let place = format!("{} ({})", operation.shown(), source.place(&operation.span));
        match rule_of(rules, operation) {
            None => found.push(Difference {
                rank: UNPROTECTED,
                span: None,
                problem: format!("{place} is described, but no rule is for it: such calls are refused"),
                remedy: "add a rule to route, or remove it from the description",
            }),
            Some(rule) => {
                found.extend(difference(rule, operation, &place));
                found.extend(of_key(rule, operation, &place));
            }
        }
    }
    found.extend(rules.iter().filter_map(|rule| undescribed(rule, description)));
    found.sort_by_key(|difference| difference.rank);
    found
}

/// The rule that an operation falls under: the most specific one that covers its path.
fn rule_of<'r, 'a>(rules: &'r [Rule<'a>], operation: &Operation) -> Option<&'r Rule<'a>> {
    let of_path = |rule: &&Rule<'_>| covers(rule.path, &operation.path);
    let of_method = |rule: &&Rule<'_>| takes_method(rule, &operation.method);
    rules
        .iter()
        .filter(of_path)
        .filter(of_method)
        .min_by_key(|rule| specificity(rule))
}

/// What comes first counts: by each segment, a word before any word before anything.
fn specificity(rule: &Rule<'_>) -> (Vec<u8>, Reverse<bool>) {
    let segment = |segment: &str| match segment {
        "**" => 2,
        "*" => 1,
        _ => 0,
    };
    (
        rule.path.split('/').map(segment).collect(),
        Reverse(!rule.methods.is_empty()),
    )
}

/// HEAD follows GET.
fn takes_method(rule: &Rule<'_>, method: &str) -> bool {
    let names = |method: &str| rule.methods.iter().any(|own| own == method);
    rule.methods.is_empty() || names(method) || method == "HEAD" && names("GET")
}

/// Whether every path that one pattern stands for is also one of the other's.
fn covers(wide: &str, narrow: &str) -> bool {
    let (mut wide, mut narrow) = (wide.split('/'), narrow.split('/'));
    loop {
        match (wide.next(), narrow.next()) {
            (Some("**"), _) | (None, None) => return true,
            (Some("*"), Some(segment)) if segment != "**" && !segment.is_empty() => {}
            (Some(own), Some(segment)) if own == segment => {}
            _ => return false,
        }
    }
}

fn difference(rule: &Rule<'_>, operation: &Operation, place: &str) -> Option<Difference> {
    let with_token: Vec<&Way> = operation
        .ways
        .iter()
        .filter(|way| way.credentials.contains(&Credential::Token))
        .collect();
    let (rank, problem, remedy) = match (rule.is_open, operation.is_open()) {
        (true, true) => None,
        (true, false) => Some((
            WEAKER,
            format!(
                "everybody may call {place} by the rule {}, and not by the description",
                rule.path
            ),
            "remove the access \"none\", or the description's security",
        )),
        (false, true) => Some((
            STRICTER,
            format!(
                "{place} is described as open to everybody, but the rule {} is not",
                rule.path
            ),
            "say in the description what is needed, or open the rule",
        )),
        (false, false) if with_token.is_empty() && rule.takes_token => Some((
            WEAKER,
            format!(
                "a token opens {place} by the rule {}, and not by the description",
                rule.path
            ),
            "write another access into the rule, or add a token to the description's security",
        )),
        (false, false) if with_token.is_empty() => None,
        (false, false) if !rule.takes_token => Some((
            STRICTER,
            format!(
                "a token opens {place} by the description, and not by the rule {}",
                rule.path
            ),
            "add \"token\" to the rule's access, or correct the description",
        )),
        (false, false) => of_scope(rule, &with_token, place),
    }?;
    Some(Difference {
        rank,
        span: Some(rule.span.clone()),
        problem,
        remedy,
    })
}

/// A key of the API is a way in by itself.
fn of_key(rule: &Rule<'_>, operation: &Operation, place: &str) -> Option<Difference> {
    if rule.is_open || operation.is_open() {
        return None;
    }
    let is_described = operation.ways.iter().any(|way| way.credentials == [Credential::ApiKey]);
    let (rank, problem, remedy) = match (rule.takes_key, is_described) {
        (true, false) => (
            WEAKER,
            format!(
                "an API key opens {place} by the rule {}, and not by the description",
                rule.path
            ),
            "write access = [\"token\"] into the rule, or add the key to the description's security",
        ),
        (false, true) => (
            STRICTER,
            format!(
                "an API key opens {place} by the description, and not by the rule {}",
                rule.path
            ),
            "add \"api_key\" to the rule's access, or correct the description",
        ),
        _ => return None,
    };
    Some(Difference {
        rank,
        span: Some(rule.span.clone()),
        problem,
        remedy,
    })
}

/// The scopes that a rule wants must be enough for one of the ways at least, and not more than each wants.
fn of_scope(rule: &Rule<'_>, with_token: &[&Way], place: &str) -> Option<(u8, String, &'static str)> {
    let lacks = |way: &&Way| way.scope.iter().filter(|scope| !rule.scope.contains(scope)).count();
    let nearest = with_token.iter().copied().min_by_key(lacks)?;
    let listed = |scopes: Vec<&String>| scopes.into_iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    let missing: Vec<&String> = nearest
        .scope
        .iter()
        .filter(|scope| !rule.scope.contains(scope))
        .collect();
    if !missing.is_empty() {
        let problem = format!(
            "{place} needs {} by the description, and not by the rule {}",
            listed(missing),
            rule.path
        );
        let remedy = "add it to the scope of the rule, or make a rule of its own for this path";
        return Some((WEAKER, problem, remedy));
    }
    let is_exact = with_token
        .iter()
        .any(|way| rule.scope.iter().all(|scope| way.scope.contains(scope)));
    if is_exact {
        return None;
    }
    let more: Vec<&String> = rule
        .scope
        .iter()
        .filter(|scope| !nearest.scope.contains(scope))
        .collect();
    let problem = format!(
        "{place} needs {} by the rule {}, and not by the description",
        listed(more),
        rule.path
    );
    let remedy = "add it to the description, so that clients ask for it";
    Some((STRICTER, problem, remedy))
}

/// A rule that no operation is under, or that lets in methods which none has.
fn undescribed(rule: &Rule<'_>, description: &Description) -> Option<Difference> {
    let about = |operation: &&Operation| covers(rule.path, &operation.path) || covers(&operation.path, rule.path);
    let operations: Vec<&Operation> = description.operations.iter().filter(about).collect();
    let is_described = |method: &&String| {
        let has = |method: &str| operations.iter().any(|operation| operation.method == method);
        has(method) || *method == "HEAD" && has("GET")
    };
    let extra: Vec<&str> = rule
        .methods
        .iter()
        .filter(|method| !is_described(method))
        .map(String::as_str)
        .collect();
    let problem = if operations.is_empty() {
        format!("the rule {} is for nothing that is described", rule.path)
    } else if !extra.is_empty() {
        format!(
            "the rule {} also permits {}, which is not described",
            rule.path,
            extra.join(", ")
        )
    } else {
        return None;
    };
    Some(Difference {
        rank: UNDESCRIBED,
        span: Some(rule.span.clone()),
        problem,
        remedy: "describe it, or remove it from the rules",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_it_stands_for_and_no_more() {
        for (wide, narrow) in [
            ("/accounts", "/accounts"),
            ("/accounts/*", "/accounts/*"),
            ("/accounts/*", "/accounts/me"),
            ("/accounts/**", "/accounts"),
            ("/accounts/**", "/accounts/*/transactions"),
            ("/**", "/"),
        ] {
            assert!(covers(wide, narrow), "{wide} {narrow}");
        }
        for (wide, narrow) in [
            ("/accounts", "/accounts/*"),
            ("/accounts/me", "/accounts/*"),
            ("/accounts/*", "/accounts"),
            ("/accounts/*", "/accounts/"),
            ("/accounts/*", "/accounts/**"),
            ("/accounts/*", "/payments/*"),
        ] {
            assert!(!covers(wide, narrow), "{wide} {narrow}");
        }
    }
}

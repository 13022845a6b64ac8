//! What rules say of a sign-in, as `policy test` tells it.

use policy::{REQUIREMENTS, Requirement, Verdict, Why};
use protocol::Method;
use serde_json::{Value, json};

/// As JSON: whether it is permitted, by which rules, what is asked for or why not.
pub(crate) fn view(verdict: &Verdict) -> Value {
    match verdict {
        Verdict::Permitted { rules, required, acr } => json!({
            "permitted": true,
            "rules": rules,
            "require": required.iter().map(|one| words(one)).collect::<Vec<_>>(),
            "acr": acr.map(protocol::acr::Acr::short),
        }),
        Verdict::Denied(denied) => {
            let why = match &denied.why {
                Why::Rule(message) => message.in_language("en").to_owned(),
                Why::NoRule => "no rule permits it".to_owned(),
                Why::Failed(error) => format!("the rules cannot be evaluated: {error}"),
            };
            json!({ "permitted": false, "rules": denied.rules, "why": why })
        }
    }
}

/// Whether two say the same to the user, whichever rules say it.
pub(crate) fn same_outcome(one: &Verdict, other: &Verdict) -> bool {
    match (one, other) {
        (
            Verdict::Permitted { required, acr, .. },
            Verdict::Permitted {
                required: others,
                acr: level,
                ..
            },
        ) => {
            let is_in = |all: &[Requirement], one: &Requirement| all.contains(one);
            acr == level
                && required.iter().all(|one| is_in(others, one))
                && others.iter().all(|one| is_in(required, one))
        }
        (Verdict::Denied(_), Verdict::Denied(_)) => true,
        _ => false,
    }
}

/// As files write it: `otp or passkey`.
pub(crate) fn words(required: &[Method]) -> String {
    let same = |(_, methods): &&(&str, &[Method])| *methods == required;
    if let Some((word, _)) = REQUIREMENTS.iter().find(same) {
        return (*word).to_owned();
    }
    let is_otp = [Method::Totp, Method::Hotp]
        .iter()
        .all(|method| required.contains(method));
    let mut words: Vec<&str> = Vec::new();
    for method in required {
        let word = match method {
            Method::Totp | Method::Hotp if is_otp => "otp",
            method => method.as_str(),
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(" or ")
}

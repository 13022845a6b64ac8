//! The conditions of a rule, as one expression in Cedar.

use cedar_policy::Expression;
use model::{
    Network, Policy,
    policy::{DeviceState, Unusual},
};
use serde_json::Value;

use crate::{range, schema, week};

/// What is wrong with a key: its name, the problem, and what to do.
pub(crate) type Wrong = (&'static str, String, String);

/// What must hold for the rule to match.
pub(crate) fn condition(policy: &Policy, networks: &[Network]) -> Result<String, Wrong> {
    let mut all = Vec::new();
    let any = |attribute: &str, names: &[String]| format!("{attribute}.containsAny({})", set(names));
    if !policy.groups.is_empty() {
        all.push(any("principal.groups", &policy.groups));
    }
    if !policy.not_groups.is_empty() {
        all.push(format!("!{}", any("principal.groups", &policy.not_groups)));
    }
    if !policy.users.is_empty() {
        all.push(format!("{}.contains(principal.username)", set(&policy.users)));
    }
    for (name, value) in &policy.attributes {
        all.push(attribute(name, value)?);
    }
    if !policy.clients.is_empty() {
        all.push(format!("{}.contains(context.client)", set(&policy.clients)));
    }
    if !policy.apis.is_empty() {
        all.push(any("context.apis", &policy.apis));
    }
    if !policy.networks.is_empty() {
        all.push(in_networks("networks", &policy.networks, networks)?);
    }
    if !policy.outside.is_empty() {
        all.push(format!("!{}", in_networks("outside", &policy.outside, networks)?));
    }
    all.extend(policy.device.map(device));
    if !policy.unusual.is_empty() {
        let unusual = policy.unusual.iter().map(|what| match what {
            Unusual::NewDevice => "!context.recognised",
            Unusual::NewNetwork => "!context.known_network",
        });
        all.push(format!("({})", unusual.collect::<Vec<_>>().join(" || ")));
    }
    if let Some(failures) = policy.failures {
        all.push(format!("context.failures >= {failures}"));
    }
    if policy.hours.is_some() || !policy.weekdays.is_empty() {
        all.push(times(policy)?);
    }
    if let Some(text) = &policy.when {
        all.push(expression(text)?);
    }
    Ok(if all.is_empty() {
        "true".to_owned()
    } else {
        all.join(" && ")
    })
}

fn attribute(name: &str, value: &Value) -> Result<String, Wrong> {
    let wrong = |problem: String, remedy: &str| Err(("attributes", problem, remedy.to_owned()));
    let Some(is_boolean) = schema::claim(name) else {
        let remedy =
            "use a standard claim (OpenID Connect Core §5.1), such as email or locale; groups are named by groups";
        return wrong(format!("attributes has {name}, by which nobody can be told"), remedy);
    };
    let value = match (is_boolean, value) {
        (true, Value::Bool(flag)) => flag.to_string(),
        (false, Value::String(text)) => format!("{text:?}"),
        (true, _) => return wrong(format!("{name} is true or false"), "write it without quotes"),
        (false, _) => return wrong(format!("{name} is a text"), "write it in quotes"),
    };
    Ok(format!(
        "(principal.claims has {name} && principal.claims.{name} == {value})"
    ))
}

fn in_networks(key: &'static str, names: &[String], networks: &[Network]) -> Result<String, Wrong> {
    let ranges = range::ranges(names, networks).map_err(|name| {
        let remedy = "add a [[network]] of this name, or write a range: \"192.0.2.0/24\"";
        (
            key,
            format!("{key} has {name}, which is no network here"),
            remedy.to_owned(),
        )
    })?;
    Ok(range::is_in(&ranges))
}

fn device(state: DeviceState) -> String {
    match state {
        DeviceState::Recognised => "context.recognised",
        DeviceState::New => "!context.recognised",
        DeviceState::Certificate => "context.certificate",
        DeviceState::NoCertificate => "!context.certificate",
    }
    .to_owned()
}

fn times(policy: &Policy) -> Result<String, Wrong> {
    let ranges = week::ranges(policy.hours.as_deref(), &policy.weekdays, policy.utc_offset.as_deref());
    let ranges = ranges.map_err(|(key, problem)| {
        let remedy = if key == "hours" {
            "write hours = \"09:00-18:00\""
        } else {
            "write utc_offset = \"+09:00\""
        };
        (key, problem, remedy.to_owned())
    })?;
    let tests = ranges
        .iter()
        .map(|(from, until)| format!("(context.week_minute >= {from} && context.week_minute < {until})"));
    Ok(format!("({})", tests.collect::<Vec<_>>().join(" || ")))
}

/// What the operator wrote: one expression, which cannot end the rule that it is put into.
fn expression(text: &str) -> Result<String, Wrong> {
    match text.parse::<Expression>() {
        // Written anew, without comments.
        Ok(expression) => Ok(format!("({expression})")),
        Err(error) => {
            let remedy = "write one expression, such as: principal.groups.contains(\"staff\") && context.failures > 3";
            Err((
                "when",
                format!("when is no expression of Cedar: {error}"),
                remedy.to_owned(),
            ))
        }
    }
}

/// A set of texts. A text of Cedar is written as one of Rust.
fn set(texts: &[String]) -> String {
    format!("{texts:?}")
}

//! `[[policy]]`, `[[network]]` and `policy_default`: who may sign in, and with which factors.
//!
//! What they mean is compiled by the crate `policy`; here they are read, and held against the rest of the file.

use std::collections::BTreeMap;

use authn::factors::passkey::RelyingParty;
use model::{
    Message, Network, Policies, Policy, Realm,
    policy::{DeviceState, Unusual, Weekday},
};
use protocol::{Method, acr::Acr};
use serde_json::Value;

use super::{
    api::ReadApi,
    client::{ReadClient, to_json},
    cross_check,
    document::{Entry, Item, Span},
    reader::{Located, Report, Table, nearest},
};

const DEVICES: &[(&str, DeviceState)] = &[
    ("recognised", DeviceState::Recognised),
    ("new", DeviceState::New),
    ("certificate", DeviceState::Certificate),
    ("no-certificate", DeviceState::NoCertificate),
];
const UNUSUAL: &[(&str, Unusual)] = &[("new-device", Unusual::NewDevice), ("new-network", Unusual::NewNetwork)];
const WEEKDAYS: &[(&str, Weekday)] = &[
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

/// What was read, with its places.
pub(super) struct ReadPolicies<'d> {
    pub value: Policies,
    rules: Vec<Places<'d>>,
    default: Span,
    /// Whether all of it could be read.
    is_whole: bool,
}

/// Where a rule is, and its keys.
struct Places<'d> {
    span: Span,
    entries: &'d [Entry],
}

impl Places<'_> {
    fn of(&self, key: &str) -> Span {
        let entry = self.entries.iter().find(|entry| entry.key == key);
        entry.map_or_else(|| self.span.clone(), |entry| entry.node.span.clone())
    }
}

/// Reads all three.
pub(super) fn read<'d>(table: &mut Table<'_, 'd>) -> ReadPolicies<'d> {
    let before = table.report.count();
    let denies = table.one_of("policy_default", &[("allow", false), ("deny", true)], &[]);
    let networks: Vec<_> = table
        .tables("network", "[[network]]")
        .into_iter()
        .filter_map(network)
        .collect();
    let names = networks
        .iter()
        .map(|network| (network.value.name.clone(), &network.span));
    cross_check::duplicates(table.report, "network", names);
    let (mut rules, mut places) = (Vec::new(), Vec::new());
    for rule in table.tables("policy", "[[policy]]") {
        places.push(Places {
            span: rule.span.clone(),
            entries: rule.entries(),
        });
        rules.push(self::rule(rule));
    }
    ReadPolicies {
        default: denies.as_ref().map_or(0..0, |denies| denies.span.clone()),
        value: Policies {
            rules,
            networks: networks.into_iter().map(|network| network.value).collect(),
            denies_by_default: denies.is_some_and(|denies| denies.value),
            unreadable: None,
        },
        rules: places,
        is_whole: table.report.count() == before,
    }
}

fn network(mut table: Table<'_, '_>) -> Option<Located<Network>> {
    let name = table.required_text("name", "office");
    let span = table.span_of("addresses");
    let addresses = table.texts("addresses").unwrap_or_default();
    if addresses.is_empty() {
        table
            .report
            .error(&span, "addresses is empty", "write [\"192.0.2.0/24\"]");
    }
    for address in addresses.iter().filter(|address| !policy::is_range(&address.value)) {
        let problem = format!("{} is no address, nor a range of them", address.value);
        table
            .report
            .error(&address.span, problem, "write \"192.0.2.0/24\" or \"192.0.2.7\"");
    }
    let span = table.span.clone();
    table.finish();
    let value = Network {
        name: name?.value,
        addresses: addresses.into_iter().map(|address| address.value).collect(),
    };
    Some(Located { value, span })
}

fn rule(mut table: Table<'_, '_>) -> Policy {
    let levels: Vec<_> = Acr::ALL.iter().map(|level| (level.short(), *level)).collect();
    let name = table.required_text("name", "outside");
    let rule = Policy {
        name: name.map(|name| name.value).unwrap_or_default(),
        groups: texts(&mut table, "groups"),
        not_groups: texts(&mut table, "not_groups"),
        users: texts(&mut table, "users"),
        attributes: attributes(&mut table),
        clients: texts(&mut table, "clients"),
        apis: texts(&mut table, "apis"),
        networks: texts(&mut table, "networks"),
        outside: texts(&mut table, "outside"),
        device: table.one_of("device", DEVICES, &[]).map(|device| device.value),
        unusual: words(table.some_of("unusual", UNUSUAL, &[])),
        failures: failures(&mut table),
        hours: table.text("hours").map(|hours| hours.value),
        weekdays: words(table.some_of("weekdays", WEEKDAYS, &[])),
        utc_offset: table.text("utc_offset").map(|offset| offset.value),
        when: table.text("when").map(|when| when.value),
        deny: deny(&mut table),
        require: texts(&mut table, "require"),
        acr: table.one_of("acr", &levels, &[]).map(|level| level.value),
        allow: table.boolean("allow").is_some_and(|allow| allow.value),
    };
    table.finish();
    rule
}

/// An empty list would mean nobody where it was written, and everybody where it is read.
fn texts(table: &mut Table<'_, '_>, key: &'static str) -> Vec<String> {
    let Some(texts) = table.texts(key) else {
        return Vec::new();
    };
    if texts.is_empty() {
        let problem = format!("{key} is empty");
        table
            .report
            .error(&table.span_of(key), problem, "name at least one, or remove it");
    }
    texts.into_iter().map(|text| text.value).collect()
}

fn words<T>(words: Option<Vec<Located<T>>>) -> Vec<T> {
    words.unwrap_or_default().into_iter().map(|word| word.value).collect()
}

fn attributes(table: &mut Table<'_, '_>) -> BTreeMap<String, Value> {
    let Some(entry) = table.entry("attributes") else {
        return BTreeMap::new();
    };
    match to_json(&entry.node) {
        Value::Object(members) if !members.is_empty() => members.into_iter().collect(),
        _ => {
            let remedy = "write { email_verified = true }";
            table
                .report
                .error(&entry.node.span, "attributes names no claim", remedy);
            BTreeMap::new()
        }
    }
}

fn failures(table: &mut Table<'_, '_>) -> Option<u32> {
    let entry = table.entry("failures")?;
    let number = match entry.node.item {
        Item::Integer(number) => u32::try_from(number).ok().filter(|number| *number > 0),
        _ => None,
    };
    if number.is_none() {
        let problem = "failures is no number of attempts";
        table
            .report
            .error(&entry.node.span, problem, "write a number from 1 on");
    }
    number
}

fn deny(table: &mut Table<'_, '_>) -> Option<Message> {
    let entry = table.entry("deny")?;
    let report = table.report;
    match &entry.node.item {
        Item::Text(text) if !text.trim().is_empty() => Some(Message::Same(text.clone())),
        Item::Table(entries) if !entries.is_empty() => {
            let mut texts = BTreeMap::new();
            for inner in entries {
                match &inner.node.item {
                    Item::Text(text) if !text.trim().is_empty() => {
                        texts.insert(inner.key.clone(), text.clone());
                    }
                    _ => {
                        let problem = format!("deny says nothing in {}", inner.key);
                        report.error(&inner.node.span, problem, "write a text in quotes");
                    }
                }
            }
            Some(Message::Each(texts))
        }
        _ => {
            let remedy = "write deny = \"Ask the help desk.\", or { en = \"…\", ja = \"…\" }";
            report.error(&entry.node.span, "deny does not say what the user is told", remedy);
            None
        }
    }
}

/// Complains of rules that mean nothing, that nobody can satisfy, or that would lock everybody out.
pub(super) fn check(
    report: &Report<'_>,
    read: &ReadPolicies<'_>,
    realm: &Realm,
    clients: &[ReadClient],
    apis: &[ReadApi],
) {
    let clients: Vec<String> = clients
        .iter()
        .map(|client| client.entry.metadata.client_id.clone())
        .collect();
    let apis: Vec<&str> = apis.iter().map(|api| api.api.identifier.as_str()).collect();
    for (rule, places) in read.value.rules.iter().zip(&read.rules) {
        let known = clients.iter().map(String::as_str);
        unknown(report, &places.of("clients"), ("client", &rule.clients), &known);
        unknown(report, &places.of("apis"), ("API", &rule.apis), &apis.iter().copied());
        obtainable(report, (rule, places), realm);
    }
    let compiled = policy::Rules::compile(&read.value);
    let rules = match compiled {
        Ok(rules) => rules,
        Err(mistakes) => {
            for mistake in mistakes {
                let span = read
                    .rules
                    .get(mistake.rule)
                    .map_or(0..0, |places| places.of(mistake.key));
                report.error(&span, mistake.problem, mistake.remedy);
            }
            return;
        }
    };
    let denies_all = |rule: &Policy| rule.deny.is_some() && rule.is_for_all();
    if let Some(place) = read.value.rules.iter().position(denies_all) {
        let span = read.rules.get(place).map_or(0..0, |places| places.of("name"));
        let remedy = "give the rule a condition: for whom, from where, or when";
        report.error(&span, "the rule denies everybody everything", remedy);
    } else if read.is_whole && rules.locks_out(&clients) {
        let denying = read.value.rules.iter().position(|rule| rule.deny.is_some());
        let place = denying.and_then(|place| read.rules.get(place));
        let span = place.map_or_else(|| read.default.clone(), |places| places.of("name"));
        let problem = "with these rules nobody could sign in: of all users, apps, networks, devices and times that they \
                       tell apart, none gets in";
        report.error(&span, problem, "let somebody in: see sekisho policy test");
    }
}

/// Names that nothing in the file has. Commands and registration may have made it.
fn unknown<'k>(
    report: &Report<'_>,
    span: &Span,
    (what, names): (&str, &[String]),
    known: &(impl Iterator<Item = &'k str> + Clone),
) {
    for name in names
        .iter()
        .filter(|name| known.clone().all(|known| known != name.as_str()))
    {
        let remedy = nearest(name, known.clone()).map_or_else(
            || format!("leave it if a command makes the {what}, else add or remove it"),
            |near| format!("did you mean {near}?"),
        );
        report.warning(
            span,
            format!("the rule names {name}, which is no {what} of this file"),
            remedy,
        );
    }
}

/// What nobody could prove would lock out whomever the rule is for.
fn obtainable(report: &Report<'_>, (rule, places): (&Policy, &Places<'_>), realm: &Realm) {
    let words: Vec<&str> = rule.require.iter().map(String::as_str).collect();
    let is_certain = |method: Method| match method {
        Method::ClientCertificate => !realm.client_ca.is_empty(),
        Method::Passkey => RelyingParty::of(realm).is_some(),
        _ => true,
    };
    for word in words {
        let named = word
            .split(" or ")
            .filter_map(|word| policy::REQUIREMENTS.iter().find(|(known, _)| *known == word.trim()));
        let methods: Vec<Method> = named.flat_map(|(_, methods)| methods.iter().copied()).collect();
        if methods.is_empty() || methods.iter().any(|method| is_certain(*method)) {
            continue;
        }
        let (problem, remedy) = if methods.contains(&Method::Passkey) {
            let remedy = "use an https issuer with a host name, or let something else do too: \"passkey or otp\"";
            ("passkeys do not work at this issuer", remedy)
        } else {
            let remedy = "add client_ca with the authority that issues them, or let something else do too";
            (
                "no user can have a certificate: the realm believes no authority",
                remedy,
            )
        };
        report.error(&places.of("require"), problem, remedy);
    }
    let reachable = realm.reachable_acr();
    if let Some(level) = rule.acr.filter(|level| !reachable.contains(level)) {
        let problem = format!("no sign-in reaches {} here", level.short());
        report.error(
            &places.of("acr"),
            problem,
            "lower it to \"loa3\", or believe makers of passkeys or smart cards (docs/assurance.md)",
        );
    }
}

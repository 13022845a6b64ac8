mod mistakes;

use std::net::IpAddr;

use model::{
    Message, Network, Policies, Policy,
    policy::{DeviceState, Unusual, Weekday},
};
use protocol::{Method, acr::Acr};
use serde_json::json;

use super::*;

/// Thursday, 2026-11-26T12:00:00Z.
const NOW: i64 = 1_795_694_400;

fn facts(address: &str) -> Facts {
    Facts {
        username: "alice".into(),
        groups: vec!["staff".into()],
        claims: json!({ "email": "alice@example.com", "email_verified": true, "address": {} })
            .as_object()
            .unwrap()
            .clone(),
        proofing: None,
        client: "budget".into(),
        apis: vec!["https://api.example.com".into()],
        address: address.parse::<IpAddr>().unwrap(),
        is_recognised: true,
        has_certificate: false,
        knows_network: true,
        failures: 0,
        at: NOW,
    }
}

fn rule(name: &str) -> Policy {
    Policy {
        name: name.into(),
        require: vec!["otp".into()],
        ..Policy::default()
    }
}

fn policies(rules: Vec<Policy>) -> Policies {
    Policies {
        rules,
        networks: vec![Network {
            name: "office".into(),
            addresses: vec!["192.0.2.0/24".into(), "2001:db8::/32".into()],
        }],
        ..Policies::default()
    }
}

fn rules(rules: Vec<Policy>) -> Rules {
    Rules::compile(&policies(rules)).unwrap()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Whether a rule matches.
fn matches(rule: Policy, facts: &Facts) -> bool {
    match rules(vec![rule]).judge(facts) {
        Verdict::Permitted { rules, .. } => !rules.is_empty(),
        Verdict::Denied(denied) => panic!("{denied:?}"),
    }
}

#[test]
fn inside_a_password_is_enough_and_outside_a_code_is_needed_too() {
    let outside = Policy {
        outside: texts(&["office"]),
        ..rule("outside")
    };
    let rules = rules(vec![outside]);
    let of = |address| match rules.judge(&facts(address)) {
        Verdict::Permitted { required, .. } => required,
        Verdict::Denied(denied) => panic!("{denied:?}"),
    };
    for inside in ["192.0.2.77", "2001:db8::1", "::ffff:192.0.2.1"] {
        assert_eq!(of(inside), Vec::<Requirement>::new(), "{inside}");
    }
    for outside in ["198.51.100.1", "2001:db9::1"] {
        assert_eq!(of(outside), [vec![Method::Totp, Method::Hotp]], "{outside}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_condition_matches_what_it_says_and_nothing_else() {
    let here = facts("198.51.100.1");
    let conditions: Vec<(Policy, bool)> = vec![
        (
            Policy {
                groups: texts(&["staff", "board"]),
                ..rule("a")
            },
            true,
        ),
        (
            Policy {
                groups: texts(&["board"]),
                ..rule("a")
            },
            false,
        ),
        (
            Policy {
                not_groups: texts(&["board"]),
                ..rule("a")
            },
            true,
        ),
        (
            Policy {
                not_groups: texts(&["staff"]),
                ..rule("a")
            },
            false,
        ),
        (
            Policy {
                users: texts(&["alice"]),
                ..rule("a")
            },
            true,
        ),
        (
            Policy {
                users: texts(&["bob"]),
                ..rule("a")
            },
            false,
        ),
        (
            Policy {
                attributes: [("email_verified".into(), json!(true))].into(),
                ..rule("a")
            },
            true,
        ),
        (
            Policy {
                attributes: [("email".into(), json!("bob@example.com"))].into(),
                ..rule("a")
            },
            false,
        ),
        (
            Policy {
                attributes: [("locale".into(), json!("ja"))].into(),
                ..rule("a")
            },
            false,
        ),
        (
            Policy {
                clients: texts(&["budget"]),
                ..rule("a")
            },
            true,
        ),
        (
            Policy {
                clients: texts(&["other \"} || true"]),
                ..rule("a")
            },
            false,
        ),
        (
            Policy {
                apis: texts(&["https://api.example.com"]),
                ..rule("a")
            },
            true,
        ),
        (
            Policy {
                apis: texts(&["https://other.example.com"]),
                ..rule("a")
            },
            false,
        ),
        (
            Policy {
                networks: texts(&["198.51.100.1"]),
                ..rule("a")
            },
            true,
        ),
        (
            Policy {
                networks: texts(&["office"]),
                ..rule("a")
            },
            false,
        ),
        (
            Policy {
                device: Some(DeviceState::Recognised),
                ..rule("a")
            },
            true,
        ),
        (
            Policy {
                device: Some(DeviceState::New),
                ..rule("a")
            },
            false,
        ),
        (
            Policy {
                device: Some(DeviceState::Certificate),
                ..rule("a")
            },
            false,
        ),
        (
            Policy {
                device: Some(DeviceState::NoCertificate),
                ..rule("a")
            },
            true,
        ),
        (
            Policy {
                unusual: vec![Unusual::NewDevice, Unusual::NewNetwork],
                ..rule("a")
            },
            false,
        ),
        (
            Policy {
                failures: Some(1),
                ..rule("a")
            },
            false,
        ),
        (
            Policy {
                failures: Some(0),
                ..rule("a")
            },
            true,
        ),
        (
            Policy {
                weekdays: vec![Weekday::Thu],
                ..rule("a")
            },
            true,
        ),
        (
            Policy {
                weekdays: vec![Weekday::Fri],
                ..rule("a")
            },
            false,
        ),
        (
            Policy {
                hours: Some("20:00-22:00".into()),
                utc_offset: Some("+09:00".into()),
                ..rule("a")
            },
            true,
        ),
        (
            Policy {
                hours: Some("20:00-22:00".into()),
                ..rule("a")
            },
            false,
        ),
        (
            Policy {
                when: Some("context.client like \"bud*\" // yes".into()),
                ..rule("a")
            },
            true,
        ),
        (
            Policy {
                when: Some("context.now < datetime(\"2026-01-01\")".into()),
                ..rule("a")
            },
            false,
        ),
        (
            Policy {
                groups: texts(&["staff"]),
                clients: texts(&["other"]),
                ..rule("a")
            },
            false,
        ),
    ];
    for (rule, expected) in conditions {
        assert_eq!(matches(rule.clone(), &here), expected, "{rule:?}");
    }
}

#[test]
fn what_all_rules_that_match_demand_is_added_up_and_a_denial_wins() {
    let level = Policy {
        require: vec![],
        acr: Some(Acr::Loa3),
        ..rule("level")
    };
    let more = Policy {
        require: texts(&["password", "otp"]),
        ..rule("more")
    };
    let deny = Policy {
        require: vec![],
        deny: Some(Message::Same("Ask the desk.".into())),
        networks: texts(&["office"]),
        ..rule("closed")
    };
    let rules = rules(vec![rule("otp"), level, more, deny]);
    let Verdict::Permitted {
        rules: names,
        required,
        acr,
    } = rules.judge(&facts("198.51.100.1"))
    else {
        panic!("denied")
    };
    assert_eq!(names, ["level", "more", "otp"]);
    assert_eq!(required, [vec![Method::Totp, Method::Hotp], vec![Method::Password]]);
    assert_eq!(acr, Some(Acr::Loa3));
    let denied = rules.judge(&facts("192.0.2.1"));
    let expected = Denied {
        rules: texts(&["closed"]),
        why: Why::Rule(Message::Same("Ask the desk.".into())),
    };
    assert_eq!(denied, Verdict::Denied(expected));
}

#[test]
fn what_cannot_be_evaluated_denies() {
    let overflow = Policy {
        when: Some("context.failures + 9223372036854775807 > 0".into()),
        ..rule("overflow")
    };
    let rules = rules(vec![overflow]);
    let judged = rules.judge(&Facts {
        failures: 1,
        ..facts("192.0.2.1")
    });
    assert!(
        matches!(
            judged,
            Verdict::Denied(Denied {
                why: Why::Failed(_),
                ..
            })
        ),
        "{judged:?}"
    );
}

#[test]
fn without_rules_nothing_is_asked_and_where_all_is_denied_a_rule_must_permit() {
    let nothing = Rules::compile(&Policies::default()).unwrap();
    assert!(nothing.is_empty());
    let allow = Policy {
        require: vec![],
        allow: true,
        groups: texts(&["staff"]),
        ..rule("staff")
    };
    let closed = Policies {
        denies_by_default: true,
        ..policies(vec![allow])
    };
    let closed = Rules::compile(&closed).unwrap();
    assert!(matches!(closed.judge(&facts("192.0.2.1")), Verdict::Permitted { rules, .. } if rules == ["staff"]));
    let stranger = Facts {
        groups: vec![],
        ..facts("192.0.2.1")
    };
    assert!(matches!(
        closed.judge(&stranger),
        Verdict::Denied(Denied { why: Why::NoRule, .. })
    ));
}

//! What is wrong in rules.

use super::*;

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn what_is_wrong_in_a_rule_is_said_with_its_key() {
    for (wrong, key) in [
        (
            Policy {
                name: "no name!".into(),
                ..rule("a")
            },
            "name",
        ),
        (
            Policy {
                require: vec![],
                ..rule("a")
            },
            "name",
        ),
        (
            Policy {
                allow: true,
                ..rule("a")
            },
            "name",
        ),
        (
            Policy {
                require: texts(&["face"]),
                ..rule("a")
            },
            "require",
        ),
        (
            Policy {
                networks: texts(&["home"]),
                ..rule("a")
            },
            "networks",
        ),
        (
            Policy {
                outside: texts(&["10.0.0.0/40"]),
                ..rule("a")
            },
            "outside",
        ),
        (
            Policy {
                hours: Some("9-18".into()),
                ..rule("a")
            },
            "hours",
        ),
        (
            Policy {
                attributes: [("shoe_size".into(), json!(1))].into(),
                ..rule("a")
            },
            "attributes",
        ),
        (
            Policy {
                attributes: [("email_verified".into(), json!("yes"))].into(),
                ..rule("a")
            },
            "attributes",
        ),
        (
            Policy {
                when: Some("principal.groups contains".into()),
                ..rule("a")
            },
            "when",
        ),
        (
            Policy {
                when: Some("true }; permit(principal, action, resource) when { true".into()),
                ..rule("a")
            },
            "when",
        ),
        (
            Policy {
                when: Some("principal.shoe_size > 3".into()),
                ..rule("a")
            },
            "when",
        ),
        (
            Policy {
                when: Some("context.failures == \"3\"".into()),
                ..rule("a")
            },
            "when",
        ),
        (
            Policy {
                when: Some("1 == 2".into()),
                ..rule("a")
            },
            "when",
        ),
    ] {
        let mistakes = Rules::compile(&policies(vec![rule("before"), wrong.clone()]))
            .err()
            .unwrap();
        assert_eq!((mistakes[0].rule, mistakes[0].key), (1, key), "{wrong:?}: {mistakes:?}");
    }
    let twice = Rules::compile(&policies(vec![rule("a"), rule("a")])).err().unwrap();
    assert!(twice[0].problem.contains("two rules"), "{twice:?}");
}

#[test]
fn rules_that_nobody_would_pass_are_found() {
    let deny = |rule: Policy| Policy {
        require: vec![],
        deny: Some(Message::Same("No.".into())),
        ..rule
    };
    let inside = || {
        deny(Policy {
            networks: texts(&["office"]),
            ..rule("inside")
        })
    };
    let outside = || {
        deny(Policy {
            outside: texts(&["office"]),
            ..rule("outside")
        })
    };
    let night = || {
        deny(Policy {
            hours: Some("18:00-09:00".into()),
            ..rule("night")
        })
    };
    let day = || {
        deny(Policy {
            hours: Some("09:00-18:00".into()),
            ..rule("day")
        })
    };
    let apps = texts(&["budget"]);
    for (tried, expected) in [
        (vec![], false),
        (vec![inside()], false),
        (vec![outside()], false),
        (vec![inside(), outside()], true),
        (vec![night()], false),
        (vec![night(), day()], true),
        (vec![deny(rule("all"))], true),
        (
            vec![deny(Policy {
                when: Some("1 == 1".into()),
                ..rule("all")
            })],
            true,
        ),
        (
            vec![deny(Policy {
                groups: texts(&["staff"]),
                ..rule("staff")
            })],
            false,
        ),
        (
            vec![deny(Policy {
                clients: texts(&["budget"]),
                ..rule("budget")
            })],
            false,
        ),
    ] {
        assert_eq!(rules(tried.clone()).locks_out(&apps), expected, "{tried:?}");
    }
    let nobody = Policies {
        denies_by_default: true,
        ..policies(vec![])
    };
    assert!(Rules::compile(&nobody).unwrap().locks_out(&apps));
}

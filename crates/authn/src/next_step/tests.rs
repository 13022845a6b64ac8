use model::Source;

use super::*;

const NOW: i64 = 1_800_000_000;

fn user(proofing: Option<Acr>) -> User {
    User {
        id: "alice".into(),
        username: "alice".into(),
        claims: serde_json::Map::new(),
        groups: vec![],
        password_hash: Some("$argon2id$".into()),
        proofing,
        enabled: true,
        source: Source::Api,
        created_at: 0,
        updated_at: 0,
    }
}

fn session(proofs: &[(Method, i64)]) -> Session {
    Session {
        id: "s".into(),
        user_id: "alice".into(),
        secret_hash: vec![],
        flow_id: "f".into(),
        auth_time: NOW,
        proofs: proofs.iter().map(|(method, at)| Proof::of(*method, *at)).collect(),
        user_agent: String::new(),
        address: String::new(),
        created_at: 0,
        seen_at: 0,
        is_remembered: false,
        expires_at: NOW + 1,
        ended_at: None,
    }
}

fn has(method: Method, active_at: Option<i64>) -> Authenticator {
    Authenticator {
        id: method.as_str().into(),
        user_id: "alice".into(),
        method,
        name: String::new(),
        wrapped_secret: None,
        data: serde_json::Map::new(),
        lookup: None,
        counter: 0,
        confirmation_hash: None,
        created_at: 0,
        active_at,
        last_used_at: None,
    }
}

fn step(proofs: &[(Method, i64)], has: &[Authenticator], demand: &Demand) -> Step {
    decide((&session(proofs), &user(None)), has, demand, NOW)
}

fn prove(choices: &[Method]) -> Step {
    Step::Prove {
        choices: choices.to_vec(),
        target: Acr::Loa3,
        is_voluntary: false,
    }
}

const PASSWORD: &[(Method, i64)] = &[(Method::Password, NOW)];

#[test]
fn only_what_is_missing_is_asked_for() {
    let demand = Demand::at_least(Acr::Loa3);
    let totp = [has(Method::Totp, Some(NOW))];
    assert_eq!(step(PASSWORD, &totp, &demand), prove(&[Method::Totp]));
    assert_eq!(step(&[(Method::Totp, NOW)], &totp, &demand), prove(&[Method::Password]));
    let both = [(Method::Password, NOW), (Method::Totp, NOW)];
    assert_eq!(step(&both, &totp, &demand), Step::Met);
    assert_eq!(step(PASSWORD, &totp, &Demand::default()), Step::Met);
}

#[test]
fn of_several_that_would_do_all_are_offered_and_codes_for_lost_devices_last() {
    let demand = Demand::at_least(Acr::Loa3);
    let all = [
        has(Method::RecoveryCode, Some(NOW)),
        has(Method::Hotp, Some(NOW)),
        has(Method::Totp, Some(NOW)),
        has(Method::Totp, Some(NOW)),
        has(Method::EmailCode, Some(NOW)),
    ];
    let offered = [Method::Totp, Method::Hotp, Method::RecoveryCode];
    assert_eq!(step(PASSWORD, &all, &demand), prove(&offered));
    let used = [(Method::Password, NOW), (Method::RecoveryCode, NOW)];
    assert_eq!(step(&used, &all, &demand), prove(&[Method::Totp, Method::Hotp]));
}

#[test]
fn what_has_aged_is_asked_for_again_one_after_the_other() {
    let demand = Demand::at_least(Acr::Loa3);
    let totp = [has(Method::Totp, Some(NOW))];
    let old = NOW - TOGETHER - 1;
    let asked = |proofs: &[(Method, i64)]| step(proofs, &totp, &demand);
    assert_eq!(
        asked(&[(Method::Password, old), (Method::Totp, old)]),
        prove(&[Method::Password])
    );
    assert_eq!(
        asked(&[(Method::Password, NOW), (Method::Totp, old)]),
        prove(&[Method::Totp])
    );
    assert_eq!(
        asked(&[(Method::Password, old), (Method::Totp, NOW)]),
        prove(&[Method::Password])
    );
}

#[test]
fn what_does_not_count_yet_must_be_waited_for() {
    let demand = Demand::at_least(Acr::Loa3);
    let enrol = |is_waiting| Step::Enrol {
        of: DemandOf::Api,
        methods: Vec::new(),
        is_waiting,
    };
    assert_eq!(step(PASSWORD, &[], &demand), enrol(false));
    for active_at in [None, Some(NOW + 1)] {
        assert_eq!(step(PASSWORD, &[has(Method::Totp, active_at)], &demand), enrol(true));
    }
    // Codes for lost devices are no factor.
    let codes = [has(Method::RecoveryCode, Some(NOW))];
    assert_eq!(step(PASSWORD, &codes, &demand), enrol(false));
}

#[test]
fn an_account_whose_owner_was_not_looked_at_closely_reaches_no_more_than_that() {
    let totp = [has(Method::Totp, Some(NOW))];
    let demand = Demand::at_least(Acr::Loa3);
    let decided = decide((&session(PASSWORD), &user(Some(Acr::Loa2))), &totp, &demand, NOW);
    assert_eq!(decided.reach(), Reach::Never(DemandOf::Api));
    assert_eq!(reachable(&user(Some(Acr::Loa2)), &totp, NOW), Acr::Loa2);
    assert_eq!(reachable(&user(None), &totp, NOW), Acr::Loa3);
}

#[test]
fn what_the_rules_want_proved_is_asked_for_whatever_else_was_shown() {
    let wants = |methods: &[&[Method]]| Demand {
        methods: methods.iter().map(|methods| methods.to_vec()).collect(),
        ..Demand::default()
    };
    let otp: &[Method] = &[Method::Totp, Method::Hotp];
    let all = [
        has(Method::Totp, Some(NOW)),
        has(Method::Hotp, Some(NOW)),
        has(Method::Passkey, Some(NOW)),
    ];
    let asked = |proofs: &[(Method, i64)], demand: &Demand| step(proofs, &all, demand);
    let choices = |step: Step| match step {
        Step::Prove {
            choices,
            is_voluntary: false,
            ..
        } => choices,
        other => panic!("{other:?}"),
    };
    assert_eq!(choices(asked(PASSWORD, &wants(&[otp]))), otp);
    let passkey = [(Method::Password, NOW), (Method::Passkey, NOW)];
    assert_eq!(choices(asked(&passkey, &wants(&[otp]))), otp);
    assert_eq!(
        asked(&[(Method::Password, NOW), (Method::Hotp, NOW)], &wants(&[otp])),
        Step::Met
    );
    let old = NOW - TOGETHER - 1;
    assert_eq!(
        choices(asked(&[(Method::Password, NOW), (Method::Totp, old)], &wants(&[otp]))),
        otp
    );
    // One after the other, and the level that an API demands besides.
    let both = wants(&[otp, &[Method::Passkey]]);
    assert_eq!(choices(asked(&passkey, &both)), otp);
    assert_eq!(
        choices(asked(&[(Method::Password, NOW), (Method::Totp, NOW)], &both)),
        [Method::Passkey]
    );
    let level = Demand {
        least: Some(Acr::Loa3),
        ..wants(&[&[Method::Password]])
    };
    assert_eq!(
        choices(asked(PASSWORD, &level)),
        [Method::Passkey, Method::Totp, Method::Hotp]
    );
    let nothing = step(PASSWORD, &[has(Method::Passkey, Some(NOW))], &wants(&[otp]));
    assert_eq!(nothing.reach(), Reach::Never(DemandOf::Policy));
    let later = step(PASSWORD, &[has(Method::Totp, None)], &wants(&[otp]));
    assert_eq!(
        later,
        Step::Enrol {
            of: DemandOf::Policy,
            methods: otp.to_vec(),
            is_waiting: true
        }
    );
}

#[test]
fn a_code_by_mail_is_asked_for_where_rules_want_it_and_nowhere_else() {
    let with_mail = |is_verified: bool| {
        let mut user = user(None);
        user.claims.insert("email".into(), "alice@example.com".into());
        user.claims.insert("email_verified".into(), is_verified.into());
        user
    };
    let wants = |methods: &[Method]| Demand {
        methods: vec![methods.to_vec()],
        ..Demand::default()
    };
    let ask = |is_verified, proofs: &[(Method, i64)], has: &[Authenticator], demand: &Demand| {
        decide((&session(proofs), &with_mail(is_verified)), has, demand, NOW)
    };
    let asked = |choices: &[Method], target| Step::Prove {
        choices: choices.to_vec(),
        target,
        is_voluntary: false,
    };
    let mail = wants(&[Method::EmailCode]);
    assert_eq!(
        ask(true, PASSWORD, &[], &mail),
        asked(&[Method::EmailCode], Acr::Loa2),
        "it raises no level"
    );
    let either = wants(&[Method::EmailCode, Method::Totp]);
    let totp = [has(Method::Totp, Some(NOW))];
    assert_eq!(
        ask(true, PASSWORD, &totp, &either),
        asked(&[Method::Totp, Method::EmailCode], Acr::Loa3)
    );
    let both = [(Method::Password, NOW), (Method::EmailCode, NOW)];
    assert_eq!(ask(true, &both, &[], &mail), Step::Met);
    let old = [(Method::Password, NOW), (Method::EmailCode, NOW - TOGETHER - 1)];
    assert_eq!(ask(true, &old, &[], &mail), asked(&[Method::EmailCode], Acr::Loa2));
    assert_eq!(
        ask(false, PASSWORD, &totp, &mail),
        Step::Enrol {
            of: DemandOf::Policy,
            methods: vec![Method::EmailCode],
            is_waiting: false
        }
    );
    let level = Demand::at_least(Acr::Loa3);
    assert_eq!(ask(true, PASSWORD, &[], &level).reach(), Reach::Never(DemandOf::Api));
    assert_eq!(ask(true, &both, &totp, &level), prove(&[Method::Totp]));
}

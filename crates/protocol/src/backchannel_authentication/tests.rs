use super::*;
use crate::ErrorCode;

const MODES: [TokenDeliveryMode; 3] = [
    TokenDeliveryMode::Poll,
    TokenDeliveryMode::Ping,
    TokenDeliveryMode::Push,
];

fn parse(changes: &[(&str, &str)], mode: TokenDeliveryMode) -> Result<BackchannelAuthenticationRequest, RequestError> {
    let base = [
        ("scope", "openid accounts"),
        ("login_hint", "alice"),
        ("client_notification_token", "t"),
    ];
    let kept = base
        .into_iter()
        .filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    let added = changes.iter().copied().filter(|(_, value)| *value != "-");
    BackchannelAuthenticationRequest::parse(&Form::from_pairs(kept.chain(added)), mode)
}

fn poll(changes: &[(&str, &str)]) -> Result<BackchannelAuthenticationRequest, RequestError> {
    parse(changes, TokenDeliveryMode::Poll)
}

fn code(result: Result<BackchannelAuthenticationRequest, RequestError>) -> Option<ErrorCode> {
    result.err().map(|error| error.code)
}

// Conformance: CIBA-04
#[test]
fn scope_contains_openid() {
    assert_eq!(poll(&[]).ok().unwrap().scope.to_string(), "accounts openid");
    for scope in ["-", "", "accounts", "openid  x\u{7f}"] {
        assert_eq!(
            code(poll(&[("scope", scope)])),
            Some(ErrorCode::InvalidScope),
            "{scope}"
        );
    }
}

// Conformance: B139 CIBA-05
#[test]
fn there_is_exactly_one_hint() {
    for (name, hint) in [
        ("login_hint", Hint::Login("x".into())),
        ("login_hint_token", Hint::LoginToken("x".into())),
        ("id_token_hint", Hint::IdToken("x".into())),
    ] {
        let only = poll(&[("login_hint", "-"), (name, "x")]).ok().unwrap();
        assert_eq!(only.hint, hint);
    }
    assert_eq!(code(poll(&[("login_hint", "-")])), Some(ErrorCode::InvalidRequest));
    for other in ["login_hint_token", "id_token_hint"] {
        let two = [("login_hint", "alice"), (other, "x")];
        assert_eq!(code(poll(&two)), Some(ErrorCode::InvalidRequest), "{other}");
    }
}

// Conformance: CIBA-06
#[test]
fn who_is_called_says_by_which_token_it_knows_the_caller() {
    let long = "t".repeat(LONGEST_TOKEN);
    let too_long = "t".repeat(LONGEST_TOKEN + 1);
    for mode in MODES {
        let token = |token| parse(&[("client_notification_token", token)], mode);
        let kept = token(&long).ok().unwrap().client_notification_token;
        assert_eq!(kept.is_some(), mode.notifies());
        for bad in ["-", "", &too_long, "a b", "a\r\nb"] {
            let expected = mode.notifies().then_some(ErrorCode::InvalidRequest);
            assert_eq!(code(token(bad)), expected, "{mode:?} {bad:?}");
        }
    }
}

// Conformance: B140 CIBA-09
#[test]
fn a_request_waits_as_long_as_asked_within_bounds() {
    let waits = |expiry| poll(&[("requested_expiry", expiry)]).map(|request| request.expires_in);
    assert_eq!(waits("-").ok(), Some(LIFETIME));
    assert_eq!(waits("10").ok(), Some(10));
    assert_eq!(waits("300").ok(), Some(300));
    assert_eq!(waits("86400").ok(), Some(LONGEST_LIFETIME));
    assert_eq!(waits("99999999999999999999").ok(), Some(LONGEST_LIFETIME));
    for bad in ["0", "-5", "+5", "1.5", "ten", "0x10"] {
        assert_eq!(
            waits(bad).err().map(|error| error.code),
            Some(ErrorCode::InvalidRequest),
            "{bad}"
        );
    }
}

// Conformance: FCIBA-08
#[test]
fn a_context_is_an_object_that_is_not_large() {
    let context = |text: &str| poll(&[("request_context", text)]);
    assert_eq!(
        context(r#"{"ip":"192.0.2.1"}"#).ok().unwrap().request_context.unwrap()["ip"],
        "192.0.2.1"
    );
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(LONGEST_CONTEXT));
    for bad in ["[]", "1", "{", &large] {
        assert_eq!(code(context(bad)), Some(ErrorCode::InvalidRequest), "{bad}");
    }
}

#[test]
fn the_other_parameters_are_read_and_unknown_ones_ignored() {
    let request = poll(&[
        ("acr_values", " urn:a  urn:b"),
        ("binding_message", "1234"),
        ("user_code", "6365"),
        ("payment_intent", "x"),
    ])
    .ok()
    .unwrap();
    assert_eq!(request.acr_values, ["urn:a", "urn:b"]);
    assert_eq!(request.binding_message.unwrap().as_str(), "1234");
    assert_eq!(request.user_code.as_deref(), Some("6365"));
    let long = "x".repeat(LONGEST_USER_CODE + 1);
    assert_eq!(code(poll(&[("user_code", &long)])), Some(ErrorCode::InvalidUserCode));
}

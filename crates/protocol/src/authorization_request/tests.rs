use super::*;
use crate::{GrantType, ProfileRef, PromptValue};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const CALLBACK: &str = "https://app.example.com/cb";

fn client() -> ClientMetadata {
    ClientMetadata {
        client_id: "app".into(),
        redirect_uris: vec![CALLBACK.into()],
        grant_types: vec![GrantType::AuthorizationCode, GrantType::Implicit],
        response_types: [
            "code",
            "token",
            "id_token",
            "id_token token",
            "code id_token",
            "code token",
        ]
        .map(|text| ResponseType::parse(text).unwrap())
        .to_vec(),
        ..ClientMetadata::default()
    }
}

/// A request that every profile accepts.
const SOUND: &[(&str, &str)] = &[
    ("client_id", "app"),
    ("response_type", "code"),
    ("redirect_uri", CALLBACK),
    ("scope", "openid"),
    ("code_challenge", CHALLENGE),
    ("code_challenge_method", "S256"),
];

/// The sound request with parameters replaced; an empty value leaves one out.
fn parse_by(profile: &str, changes: &[(&str, &str)]) -> Result<AuthorizationRequest, RequestError> {
    let kept = SOUND
        .iter()
        .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    let form = Form::from_pairs(kept.chain(changes).copied());
    let uri = ValidatedRedirectUri::check(form.first("redirect_uri"), &[CALLBACK.to_owned()], false, false).unwrap();
    AuthorizationRequest::parse(&form, &client(), SecurityProfile::find(profile).unwrap(), &uri, false)
}

fn parse(changes: &[(&str, &str)]) -> Result<AuthorizationRequest, RequestError> {
    parse_by("openid-core", changes)
}

#[track_caller]
fn assert_refused(changes: &[(&str, &str)], code: ErrorCode) {
    assert_eq!(parse(changes).unwrap_err().code, code, "{changes:?}");
}

#[test]
fn every_parameter_is_read() {
    let request = parse(&[
        ("state", "s"),
        ("nonce", "n"),
        ("scope", "profile openid"),
        ("response_mode", "form_post"),
        ("prompt", "login consent"),
        ("max_age", "3600"),
        ("display", "popup"),
        ("ui_locales", "ja en"),
        ("claims_locales", "se"),
        ("id_token_hint", "e30"),
        ("login_hint", "alice"),
        ("acr_values", "urn:a urn:b"),
        ("claims", r#"{"userinfo":{"name":null}}"#),
        ("resource", "https://api.example.com"),
        ("extra", "foobar"),
    ])
    .unwrap();
    assert_eq!(
        (request.client_id.as_str(), request.redirect_uri.as_str()),
        ("app", CALLBACK)
    );
    assert_eq!(
        (request.state.as_deref(), request.nonce.as_deref()),
        (Some("s"), Some("n"))
    );
    assert_eq!(
        (request.response_type, request.response_mode),
        (ResponseType::CODE, ResponseMode::FormPost)
    );
    assert!(request.prompt.contains(PromptValue::Login) && request.prompt.wants_consent() && request.is_openid());
    assert_eq!(
        (request.max_age, request.display),
        (Some(3600), Some(DisplayMode::Popup))
    );
    assert_eq!(
        (
            request.ui_locales.len(),
            request.acr_values.len(),
            request.claims_locales.len()
        ),
        (2, 2, 1)
    );
    assert_eq!(
        (request.id_token_hint.as_deref(), request.login_hint.as_deref()),
        (Some("e30"), Some("alice"))
    );
    assert_eq!(request.claims.attributes().into_iter().collect::<Vec<_>>(), ["name"]);
    assert_eq!(request.wanted_acr(), ["urn:a", "urn:b"]);
    assert_eq!(
        request.code_challenge.as_ref().map(CodeChallenge::as_str),
        Some(CHALLENGE)
    );
    assert_eq!(request.resource[0].as_str(), "https://api.example.com");
    assert!(request.redirect_uri_was_sent);
    let sealed = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<AuthorizationRequest>(&sealed).unwrap(), request);
}

#[test]
fn a_request_with_nothing_optional_is_sound() {
    let request = parse(&[
        ("scope", ""),
        ("redirect_uri", ""),
        ("code_challenge", ""),
        ("code_challenge_method", ""),
    ])
    .unwrap();
    assert!(request.scope.is_empty() && !request.is_openid() && !request.redirect_uri_was_sent);
    assert_eq!(
        (request.redirect_uri.as_str(), request.code_challenge, request.max_age),
        (CALLBACK, None, None)
    );
    let sealed = serde_json::to_string(&parse(&[]).unwrap()).unwrap();
    assert!(serde_json::from_str::<AuthorizationRequest>(&sealed).is_ok() && !sealed.contains("null"));
}

#[test]
fn state_and_nonce_are_kept_whole() {
    let long = "é~ ".repeat(130);
    let request = parse(&[("state", &long), ("nonce", &long)]).unwrap();
    assert_eq!((request.state, request.nonce), (Some(long.clone()), Some(long)));
}

#[test]
fn a_repeated_parameter_is_refused() {
    let form = Form::parse(b"response_type=code&scope=openid&scope=openid").unwrap();
    let uri = ValidatedRedirectUri::check(None, &[CALLBACK.to_owned()], false, false).unwrap();
    let error = AuthorizationRequest::parse(&form, &client(), &ProfileRef::default(), &uri, false).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidRequest);
    assert!(error.description.contains("scope"));
}

#[test]
fn unsupported_parameters_have_their_own_errors() {
    assert_refused(&[("request", "e30.e30.")], ErrorCode::RequestNotSupported);
    assert_refused(
        &[("request_uri", "https://a.example")],
        ErrorCode::RequestUriNotSupported,
    );
    assert_refused(&[("registration", "{}")], ErrorCode::RegistrationNotSupported);
    assert!(parse(&[("request", "")]).is_ok());
}

#[test]
fn the_response_type_is_known_allowed_and_registered() {
    assert_refused(&[("response_type", "")], ErrorCode::InvalidRequest);
    assert_refused(&[("response_type", "nonsense")], ErrorCode::UnsupportedResponseType);
    assert_refused(&[("response_type", "none")], ErrorCode::UnsupportedResponseType);
    assert_refused(
        &[("response_type", "code id_token token"), ("nonce", "n")],
        ErrorCode::UnauthorizedClient,
    );
    assert!(parse(&[("response_type", "token id_token"), ("nonce", "n")]).is_ok());
    let implicit = parse_by("baseline", &[("response_type", "token")]).unwrap_err();
    assert_eq!(implicit.code, ErrorCode::UnsupportedResponseType);
}

#[test]
fn tokens_are_not_answered_by_query() {
    assert_refused(
        &[("response_type", "token"), ("response_mode", "query")],
        ErrorCode::InvalidRequest,
    );
    assert_refused(
        &[("response_type", "token"), ("response_mode", "query.jwt")],
        ErrorCode::InvalidRequest,
    );
    assert_eq!(
        parse(&[("response_type", "token")]).unwrap().response_mode,
        ResponseMode::Fragment
    );
    assert_eq!(parse(&[]).unwrap().response_mode, ResponseMode::Query);
}

#[test]
fn an_id_token_from_the_browser_needs_openid_and_a_nonce() {
    for response_type in ["id_token", "id_token token", "code id_token"] {
        assert_refused(&[("response_type", response_type)], ErrorCode::InvalidRequest);
        assert_refused(
            &[("response_type", response_type), ("nonce", "n"), ("scope", "profile")],
            ErrorCode::InvalidScope,
        );
        assert!(parse(&[("response_type", response_type), ("nonce", "n")]).is_ok());
    }
    for response_type in ["code", "code token", "token"] {
        assert!(
            parse(&[("response_type", response_type)]).is_ok(),
            "no nonce is needed with {response_type}"
        );
    }
}

#[test]
fn a_malformed_scope_is_refused() {
    assert_refused(&[("scope", "openid \"x\"")], ErrorCode::InvalidScope);
}

#[test]
fn offline_access_means_something_only_with_a_code() {
    let scope = |response_type| {
        parse(&[
            ("response_type", response_type),
            ("scope", "openid offline_access"),
            ("nonce", "n"),
        ])
        .unwrap()
        .scope
    };
    assert_eq!(scope("code").to_string(), "offline_access openid");
    assert_eq!(scope("code id_token").to_string(), "offline_access openid");
    assert_eq!(scope("id_token token").to_string(), "openid");
}

#[test]
fn prompt_is_checked() {
    assert_refused(&[("prompt", "none login")], ErrorCode::InvalidRequest);
    assert_refused(&[("prompt", "nonsense")], ErrorCode::InvalidRequest);
    assert!(parse(&[("prompt", "create")]).unwrap().prompt.wants_sign_up());
    assert!(parse(&[("prompt", "none")]).unwrap().prompt.is_none());
}

#[test]
fn max_age_is_a_number_of_seconds_and_overrides_the_default() {
    for bad in ["-1", "+1", "1.5", "x", "99999999999999999999", " 1"] {
        assert_refused(&[("max_age", bad)], ErrorCode::InvalidRequest);
    }
    assert_eq!(parse(&[("max_age", "0")]).unwrap().max_age, Some(0));
    let client = ClientMetadata {
        default_max_age: Some(60),
        ..client()
    };
    let uri = ValidatedRedirectUri::check(Some(CALLBACK), &[CALLBACK.to_owned()], false, false).unwrap();
    for (sent, effective) in [("", Some(60)), ("5", Some(5))] {
        let form = Form::from_pairs(SOUND.iter().copied().chain([("max_age", sent)]));
        let request = AuthorizationRequest::parse(&form, &client, &ProfileRef::default(), &uri, false).unwrap();
        assert_eq!(request.max_age, effective);
    }
}

#[test]
fn an_unknown_display_is_ignored() {
    assert_eq!(parse(&[("display", "hologram")]).unwrap().display, None);
    assert_eq!(parse(&[("display", "page")]).unwrap().display, Some(DisplayMode::Page));
}

#[test]
fn claims_is_a_json_object() {
    for bad in [
        "{",
        "[]",
        "null",
        "1",
        r#"{"id_token":[]}"#,
        r#"{"id_token":{"name":1}}"#,
    ] {
        assert_refused(&[("scope", "openid"), ("claims", bad)], ErrorCode::InvalidRequest);
    }
}

#[test]
fn claims_mean_nothing_without_openid() {
    let name = ("claims", r#"{"id_token":{"name":null}}"#);
    assert!(parse(&[("scope", "profile"), name]).unwrap().claims.is_empty());
    assert!(!parse(&[("scope", "openid"), name]).unwrap().claims.is_empty());
}

/// OpenID Connect Core §5.5: with the userinfo member, "the request MUST also use a `response_type` value that results in
/// an Access Token being issued".
#[test]
fn claims_of_userinfo_need_an_access_token_to_ask_with() {
    let ask = |response_type: &'static str, place: &str| {
        let claims = format!(r#"{{"{place}":{{"name":null}}}}"#);
        let changes = [
            ("response_type", response_type),
            ("scope", "openid"),
            ("nonce", "n"),
            ("claims", &claims),
        ];
        parse_by("openid-core", &changes).map(|request| request.claims.is_empty())
    };
    assert_eq!(ask("id_token", "userinfo").unwrap_err().code, ErrorCode::InvalidRequest);
    assert_eq!(ask("id_token", "id_token"), Ok(false));
    for response_type in ["code", "id_token token", "code id_token"] {
        assert_eq!(ask(response_type, "userinfo"), Ok(false), "{response_type}");
    }
}

#[test]
fn an_acr_that_claims_names_counts_before_acr_values() {
    let request = parse(&[
        ("scope", "openid"),
        ("acr_values", "urn:a"),
        ("claims", r#"{"id_token":{"acr":{"values":["urn:b","urn:c"]}}}"#),
    ])
    .unwrap();
    assert_eq!(request.wanted_acr(), ["urn:b", "urn:c"]);
}

#[test]
fn the_profile_decides_whether_pkce_is_needed() {
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    assert!(parse_by("openid-core", &without).is_ok());
    let error = parse_by("baseline", &without).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidRequest);
    assert!(error.description.contains("code_challenge"));
    assert!(parse_by("baseline", &[]).is_ok());
}

#[test]
fn a_challenge_that_was_sent_is_checked_by_every_profile() {
    assert_refused(&[("code_challenge_method", "plain")], ErrorCode::InvalidRequest);
    assert_refused(&[("code_challenge_method", "")], ErrorCode::InvalidRequest);
    assert_refused(&[("code_challenge", "short")], ErrorCode::InvalidRequest);
    assert_refused(&[("code_challenge", "")], ErrorCode::InvalidRequest);
}

#[test]
fn resources_are_absolute_uris() {
    let request = parse(&[("resource", "https://a.example"), ("resource", "urn:example:b")]).unwrap();
    assert_eq!(request.resource.len(), 2);
    assert_refused(&[("resource", "https://a.example#x")], ErrorCode::InvalidTarget);
    assert_refused(&[("resource", "a.example")], ErrorCode::InvalidTarget);
}

// Conformance: F2MS-06
#[test]
fn a_client_uses_the_response_modes_that_it_registered() {
    use ResponseMode::{FormPost, Jwt, Query, QueryJwt};
    let parse = |registered: &[ResponseMode], requested: &str| {
        let client = ClientMetadata {
            response_modes: registered.to_vec(),
            ..client()
        };
        let form = Form::from_pairs(SOUND.iter().copied().chain([("response_mode", requested)]));
        let uri = ValidatedRedirectUri::check(Some(CALLBACK), &[CALLBACK.to_owned()], false, false).unwrap();
        let profile = SecurityProfile::find("openid-core").unwrap();
        AuthorizationRequest::parse(&form, &client, profile, &uri, false).map(|request| request.response_mode)
    };
    for (registered, requested, mode) in [
        (&[][..], "form_post", Some(FormPost)),
        (&[Query], "", Some(Query)),
        (&[Query], "form_post", None),
        (&[FormPost], "", None),
        (&[Jwt], "jwt", Some(QueryJwt)),
        (&[QueryJwt], "jwt", Some(QueryJwt)),
        (&[QueryJwt], "query", None),
    ] {
        let found = parse(registered, requested);
        assert_eq!(found.as_ref().ok(), mode.as_ref(), "{registered:?} {requested}");
    }
}

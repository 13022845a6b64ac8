use super::*;
use crate::ProfileRef;

fn register(uri: &str, application_type: ApplicationType) -> Result<(), RedirectUriError> {
    check_registration(uri, &ProfileRef::default(), application_type)
}

fn check(requested: &str, registered: &[&str]) -> Result<String, RedirectUriError> {
    let registered: Vec<String> = registered.iter().map(|uri| (*uri).to_owned()).collect();
    ValidatedRedirectUri::check(Some(requested), &registered, false, true).map(|uri| uri.as_str().to_owned())
}

fn validated(uri: &str) -> ValidatedRedirectUri {
    ValidatedRedirectUri::check(Some(uri), &[uri.to_owned()], true, true).unwrap()
}

// Conformance: F2-AZ-06 NAT-01 BCP-21
#[test]
fn https_and_loopback_can_be_registered_by_anyone() {
    for uri in [
        "https://app.example.com/callback",
        "https://app.example.com",
        "https://app.example.com:8443/callback?dummy1=lorem&dummy2=ipsum",
        "https://[2001:db8::1]/cb",
        "https://app.example.com/%7Ea/b@c",
        "http://127.0.0.1/cb",
        "http://127.0.0.1:8081/cb",
        "http://[::1]:8081/cb",
        "http://localhost:8081/cb",
        "http://localhost",
    ] {
        assert_eq!(register(uri, ApplicationType::Web), Ok(()), "{uri}");
        assert_eq!(register(uri, ApplicationType::Native), Ok(()), "{uri}");
    }
}

// Conformance: NAT-01 NAT-03
#[test]
fn a_private_use_scheme_is_for_native_apps_and_has_a_dot() {
    assert_eq!(register("com.example.app:/callback", ApplicationType::Native), Ok(()));
    assert_eq!(register("com.example.app://callback", ApplicationType::Native), Ok(()));
    let web = register("com.example.app:/callback", ApplicationType::Web);
    assert_eq!(web, Err(RedirectUriError::PrivateUseSchemeOfWebClient));
    for uri in ["myapp:/callback", "urn:ietf:wg:oauth:2.0:oob", "localhost:8080"] {
        assert_eq!(
            register(uri, ApplicationType::Native),
            Err(RedirectUriError::PrivateUseSchemeWithoutDot),
            "{uri}"
        );
    }
}

// Conformance: F1B-AS-11 F1B-AS-12
#[test]
fn a_profile_can_forbid_native_redirects() {
    let strict = SecurityProfile {
        native_redirects: false,
        ..*ProfileRef::default().0
    };
    let register = |uri| check_registration(uri, &strict, ApplicationType::Native);
    assert_eq!(register("https://app.example.com/cb"), Ok(()));
    for uri in ["http://127.0.0.1/cb", "http://localhost/cb", "com.example.app:/cb"] {
        assert_eq!(register(uri), Err(RedirectUriError::NativeRedirectNotAllowed), "{uri}");
    }
}

// Conformance: B20 F1B-AS-06 F2-AZ-06 BCP-21
#[test]
fn what_is_never_a_redirect_target_cannot_be_registered() {
    for (uri, why) in [
        ("https://app.example.com/cb#part", RedirectUriError::Fragment),
        ("https://app.example.com/cb#", RedirectUriError::Fragment),
        ("https://*.example.com/cb", RedirectUriError::Wildcard),
        ("https://app.example.com/*", RedirectUriError::Wildcard),
        ("https://alice@app.example.com/cb", RedirectUriError::UserInfo),
        ("https://alice:pw@app.example.com/cb", RedirectUriError::UserInfo),
        ("https://@app.example.com/cb", RedirectUriError::UserInfo),
        ("http://app.example.com/cb", RedirectUriError::PlainHttp),
        ("http://127.0.0.1.example.com/cb", RedirectUriError::PlainHttp),
        ("http://localhost.example.com/cb", RedirectUriError::PlainHttp),
        ("http://127.0.0.2/cb", RedirectUriError::PlainHttp),
        ("http://2130706433/cb", RedirectUriError::PlainHttp),
        ("javascript:alert(1)", RedirectUriError::ForbiddenScheme),
        ("JavaScript:alert(1)", RedirectUriError::ForbiddenScheme),
        ("data:text/html,x", RedirectUriError::ForbiddenScheme),
        ("file:///etc/passwd", RedirectUriError::ForbiddenScheme),
        ("/callback", RedirectUriError::NotAbsolute),
        ("//app.example.com/cb", RedirectUriError::NotAbsolute),
        ("", RedirectUriError::NotAbsolute),
        ("https://", RedirectUriError::NotAbsolute),
        ("https:app.example.com/cb", RedirectUriError::NotAbsolute),
        ("https:///app.example.com/cb", RedirectUriError::NotAbsolute),
        (
            "https://app.example.com\\@evil.example/cb",
            RedirectUriError::NotAbsolute,
        ),
        ("https://app.example.com/a b", RedirectUriError::NotAbsolute),
        (" https://app.example.com/cb", RedirectUriError::NotAbsolute),
        ("https://app.example.com/\r\ncb", RedirectUriError::NotAbsolute),
        ("https://アプリ.example/cb", RedirectUriError::NotAbsolute),
        ("https://app.example.com:99999/cb", RedirectUriError::NotAbsolute),
    ] {
        assert_eq!(register(uri, ApplicationType::Native), Err(why), "{uri}");
    }
}

#[test]
fn a_request_must_name_the_registered_string_exactly() {
    let registered = ["https://app.example.com/cb", "https://app.example.com/other?foo=bar"];
    for uri in registered {
        assert_eq!(check(uri, &registered).as_deref(), Ok(uri));
    }
    for uri in [
        "https://app.example.com/cb/",
        "https://app.example.com/CB",
        "https://APP.example.com/cb",
        "https://app.example.com:443/cb",
        "https://app.example.com/cb?foo=bar",
        "https://app.example.com/other?foo=baz",
        "https://app.example.com/other?foo=bar&x=1",
        "https://app.example.com/x/../cb",
        "https://app.example.com/cb%2F",
        "https://app.example.com/cb#",
        "http://app.example.com/cb",
        "https://app.example.com.evil.example/cb",
        "https://app.example.com",
    ] {
        assert_eq!(check(uri, &registered), Err(RedirectUriError::NotRegistered), "{uri}");
    }
}

#[test]
fn a_registered_loopback_address_matches_with_any_port() {
    for (registered, requested) in [
        ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"),
        ("http://127.0.0.1:8081/cb", "http://127.0.0.1:51004/cb"),
        ("http://127.0.0.1:8081/cb", "http://127.0.0.1/cb"),
        ("http://[::1]/cb?a=b", "http://[::1]:51004/cb?a=b"),
        ("http://localhost/cb", "http://localhost:51004/cb"),
        ("http://127.0.0.1", "http://127.0.0.1:51004"),
    ] {
        assert_eq!(check(requested, &[registered]).as_deref(), Ok(requested));
    }
}

#[test]
fn only_the_port_of_a_loopback_address_may_differ() {
    for (registered, requested) in [
        ("http://127.0.0.1/cb", "http://127.0.0.1:51004/other"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb?x=1"),
        ("http://127.0.0.1/cb", "http://[::1]:51004/cb"),
        ("http://127.0.0.1/cb", "http://localhost:51004/cb"),
        ("http://127.0.0.1/cb", "https://127.0.0.1:51004/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:80@evil.example/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:80.evil.example/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:65536/cb"),
        ("http://127.0.0.1", "http://127.0.0.1:80@evil.example"),
        ("http://localhost:8081/cb", "http://localhost:8082/cb"),
        ("https://app.example.com/cb", "https://app.example.com:8443/cb"),
    ] {
        assert_eq!(
            check(requested, &[registered]),
            Err(RedirectUriError::NotRegistered),
            "{requested}"
        );
    }
}

#[test]
fn a_profile_can_demand_the_port_too() {
    let registered = ["http://127.0.0.1:8081/cb".to_owned()];
    let check = |uri| ValidatedRedirectUri::check(Some(uri), &registered, true, true);
    assert!(check("http://127.0.0.1:8081/cb").is_ok());
    assert_eq!(check("http://127.0.0.1:8082/cb"), Err(RedirectUriError::NotRegistered));
}

// Conformance: SEED1-09
#[test]
fn it_may_be_left_out_when_one_is_registered_and_nothing_demands_it() {
    let one = ["https://app.example.com/cb".to_owned()];
    let two = [one[0].clone(), "https://app.example.com/other".to_owned()];
    let check = |registered: &[String], required| ValidatedRedirectUri::check(None, registered, false, required);
    assert_eq!(check(&one, false).unwrap().as_str(), one[0]);
    assert_eq!(check(&one, true), Err(RedirectUriError::Missing));
    assert_eq!(check(&two, false), Err(RedirectUriError::Missing));
    assert_eq!(check(&[], false), Err(RedirectUriError::Missing));
}

// Conformance: B18
#[test]
fn parameters_are_added_and_a_registered_query_stays() {
    let parameters = [("code", "a b&c=d"), ("iss", "https://id.example")];
    let added = "code=a%20b%26c%3Dd&iss=https%3A%2F%2Fid.example";
    for (uri, with_query) in [
        ("https://a.example/cb", format!("https://a.example/cb?{added}")),
        (
            "https://a.example/cb?foo=bar",
            format!("https://a.example/cb?foo=bar&{added}"),
        ),
        ("https://a.example/cb?", format!("https://a.example/cb?{added}")),
        ("com.example.app:/cb", format!("com.example.app:/cb?{added}")),
    ] {
        assert_eq!(validated(uri).with_query(&parameters), with_query);
        assert_eq!(validated(uri).with_fragment(&parameters), format!("{uri}#{added}"));
    }
}

#[test]
fn values_cannot_break_out_of_the_redirect() {
    let uri = validated("https://a.example/cb").with_query(&[("state", "x\r\nSet-Cookie: a#\"<あ")]);
    assert_eq!(
        uri,
        "https://a.example/cb?state=x%0D%0ASet-Cookie%3A%20a%23%22%3C%E3%81%82"
    );
}

#[test]
fn links_are_https_or_loopback() {
    assert!(is_https_or_loopback("https://a.example/logo.png") && is_https_or_loopback("http://localhost:8080/x"));
    assert!(is_https("https://a.example/jwks") && !is_https("http://localhost:8080/jwks"));
    for bad in [
        "http://a.example",
        "javascript:alert(1)",
        "https://",
        "https://a@b.example",
        "/x",
        "https://a.example/ x",
    ] {
        assert!(!is_https_or_loopback(bad), "{bad}");
    }
}

use super::*;

const BANK: &str = "https://api.example.com";
const MAIL: &str = "https://mail.example.com";
const ISSUER: &str = "https://id.example.com";

fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

fn decide(requested: &[&str], granted: &str) -> Result<Vec<String>, ErrorCode> {
    let requested: Vec<_> = requested.iter().map(|text| Resource::parse(text).unwrap()).collect();
    let (bank, mail) = (scope("read pay"), scope("read send"));
    audience(&requested, &scope(granted), &[(BANK, &bank), (MAIL, &mail)], ISSUER)
}

#[test]
fn a_resource_is_an_absolute_uri_without_fragment() {
    for good in [
        "https://api.example.com",
        "https://api.example.com/v1?tenant=a",
        "urn:example:api",
    ] {
        assert_eq!(Resource::parse(good).unwrap().as_str(), good);
    }
    for bad in [
        "api.example.com",
        "/v1",
        "",
        "https://",
        "https://a example",
        "https://é.example",
    ] {
        assert_eq!(Resource::parse(bad), Err(ResourceError::NotAbsolute), "{bad}");
    }
    assert_eq!(Resource::parse("https://a.example#"), Err(ResourceError::Fragment));
    assert!(serde_json::from_str::<Resource>(r#""relative""#).is_err());
}

#[test]
fn the_named_resource_is_the_audience() {
    assert_eq!(decide(&[BANK], "openid pay"), Ok(vec![BANK.into()]));
    assert_eq!(decide(&[MAIL, BANK, MAIL], "pay"), Ok(vec![MAIL.into(), BANK.into()]));
    assert_eq!(decide(&[ISSUER], "openid"), Ok(vec![ISSUER.into()]));
}

#[test]
fn an_unknown_resource_is_an_invalid_target() {
    for unknown in [
        "https://other.example",
        "https://api.example.com/",
        "https://API.example.com",
    ] {
        assert_eq!(decide(&[unknown], "pay"), Err(ErrorCode::InvalidTarget), "{unknown}");
    }
    assert_eq!(
        decide(&[BANK, "https://other.example"], "pay"),
        Err(ErrorCode::InvalidTarget)
    );
}

#[test]
fn without_a_resource_the_owner_of_the_scopes_is_the_audience() {
    assert_eq!(decide(&[], "pay"), Ok(vec![BANK.into()]));
    assert_eq!(decide(&[], "read send"), Ok(vec![MAIL.into()]));
    assert_eq!(decide(&[], "profile pay"), Ok(vec![BANK.into()]));
}

#[test]
fn openid_adds_the_issuer_for_userinfo() {
    assert_eq!(decide(&[], "openid"), Ok(vec![ISSUER.into()]));
    assert_eq!(decide(&[], "openid pay"), Ok(vec![BANK.into(), ISSUER.into()]));
}

#[test]
fn scopes_of_several_apis_without_a_resource_are_an_invalid_target() {
    assert_eq!(decide(&[], "pay send"), Err(ErrorCode::InvalidTarget));
    // Both APIs own this scope, and nothing says which one is meant.
    assert_eq!(decide(&[], "read"), Err(ErrorCode::InvalidTarget));
}

#[test]
fn a_token_without_any_such_scope_is_for_nobody() {
    assert_eq!(decide(&[], ""), Ok(vec![]));
    assert_eq!(decide(&[], "profile"), Ok(vec![]));
}

#[test]
fn the_scope_is_narrowed_to_the_audience() {
    let (bank, mail) = (scope("read pay"), scope("read send"));
    let apis = [(BANK, &bank), (MAIL, &mail)];
    let narrowed = |audience: &[&str]| {
        let audience: Vec<String> = audience.iter().map(|text| (*text).to_owned()).collect();
        scope_for_audience(&audience, &scope("openid read pay send"), &apis).to_string()
    };
    assert_eq!(narrowed(&[BANK]), "openid pay read");
    assert_eq!(narrowed(&[MAIL]), "openid read send");
    assert_eq!(narrowed(&[BANK, MAIL]), "openid pay read send");
    assert_eq!(narrowed(&[ISSUER]), "openid");
}

//! Whom a realm trusts: other issuers, and who vouches for certificates.

use model::{SubjectClaim, TrustedFor};

use super::*;

#[test]
fn trusted_issuers_say_for_what_and_by_which_keys() {
    let text = r#"issuer = "https://id.example.com"
[[trusted_issuer]]
issuer = "https://a.example"
jwks_uri = "https://a.example/jwks"
purposes = ["jwt-bearer", "token-exchange", "jwt-bearer"]
subject = "email"
[[trusted_issuer]]
issuer = "https://b.example"
jwks = { keys = [{ kty = "OKP", crv = "Ed25519", x = "AQ" }] }
purposes = ["software-statement"]
"#;
    let file = from_text(Path::new("realm.toml"), text).unwrap();
    let [first, second] = file.realm.trusted_issuers.as_slice() else {
        panic!("two issuers");
    };
    assert_eq!(first.purposes, [TrustedFor::JwtBearer, TrustedFor::TokenExchange]);
    assert_eq!(
        (first.subject, second.subject),
        (SubjectClaim::Email, SubjectClaim::Sub)
    );
    assert_eq!(first.jwks_uri.as_deref(), Some("https://a.example/jwks"));
    assert_eq!(second.jwks.as_ref().unwrap().keys.len(), 1);

    let wrong = r#"issuer = "https://id.example.com"
display_name = "x"
[[trusted_issuer]]
issuer = "https://id.example.com"
jwks_uri = "http://a.example/jwks"
purposes = ["jwt-bearr"]
subject = "mail"
[[trusted_issuer]]
issuer = "https://a.example"
purposes = []
jwks = { keys = [] }
[[trusted_issuer]]
issuer = "https://a.example"
jwks = { keys = [{ kty = "oct", k = "AQ" }] }
jwks_uri = "https://a.example"
key = 1
"#;
    assert_problems(
        &realm_problems(wrong),
        &[
            (4, "trusts itself"),
            (5, "not an https URL"),
            (6, "did you mean jwt-bearer?"),
            (7, "did you mean email?"),
            (10, "purposes is empty"),
            (11, "jwks has no key"),
            (12, "does not say for what"),
            (13, "another trusted issuer"),
            (14, "private member"),
            (15, "both given"),
            (16, "no key key"),
        ],
    );
}

#[test]
fn rules_for_certificates_say_where_the_name_stands_and_what_it_is() {
    let wrong = r#"issuer = "https://id.example.com"
display_name = "x"
smart_card_policies = ["2.16.840.1", "pin"]
[[certificate_mapping]]
from = "san_mail"
user = "email"
[[certificate_mapping]]
issuer = "nothing"
"#;
    assert_problems(
        &realm_problems(wrong),
        &[
            (3, "no object identifier"),
            (4, "no authority vouches"),
            (5, "did you mean san_email?"),
            (7, "no authority vouches"),
            (7, "does not say where"),
            (7, "does not say what of a user"),
            (8, "without a type"),
        ],
    );
}

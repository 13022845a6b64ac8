use super::*;
use crate::config;

const REALM: &str = r#"
issuer = "https://id.example.com"
display_name = "x"
[[network]]
name = "office"
addresses = ["192.0.2.0/24"]
[[policy]]
name = "outside"
outside = ["office"]
require = ["otp or passkey"]
[[policy]]
name = "night"
groups = ["staff"]
hours = "22:00-06:00"
deny = "Not at night."
[[api]]
identifier = "https://vault.example.com"
acr = "loa3"
[[user]]
username = "alice"
groups = ["staff"]
"#;

const CASES: &str = r#"
[[sign_in]]
name = "at the office"
user = "alice"
from = "192.0.2.7"
at = "2026-11-26T12:00:00Z"
expect = "permit"
[[sign_in]]
name = "at home"
user = "alice"
from = "198.51.100.7"
at = "2026-11-26T12:00:00Z"
expect = ["otp or passkey"]
[[sign_in]]
name = "with a code"
user = "alice"
from = "198.51.100.7"
at = "2026-11-26T12:00:00Z"
proved = ["password", "totp"]
expect = "permit"
[[sign_in]]
name = "at night"
user = "alice"
from = "192.0.2.7"
at = "2026-11-26T21:30:00Z"
expect = "permit"
[[sign_in]]
name = "late"
user = "alice"
from = "192.0.2.7"
at = "2026-11-26T23:30:00Z"
expect = "deny"
[[sign_in]]
name = "somebody for the vault"
apis = ["https://vault.example.com"]
from = "192.0.2.7"
expect = ["loa3"]
"#;

fn told(cases: &str) -> Vec<(String, Value)> {
    let realm = config::from_text("realm.toml".as_ref(), REALM).unwrap();
    let cases: Cases = toml::from_str(cases).unwrap();
    let answer = judged(&[realm], &cases.sign_in, 0).unwrap();
    let list = answer["sign_ins"].as_array().unwrap();
    list.iter()
        .map(|case| (outcome(&case["verdict"]), case["as_expected"].clone()))
        .collect()
}

#[test]
fn described_sign_ins_are_judged_and_compared_with_what_is_expected() {
    let expected = [
        "permitted, nothing more is asked",
        "permitted, and asked for: otp or passkey [outside]",
        "permitted, nothing more is asked [outside]",
        "permitted, nothing more is asked",
        "denied, Not at night. [night]",
        "permitted, and asked for: until loa3",
    ];
    let told = told(CASES);
    assert_eq!(
        told.iter().map(|(outcome, _)| outcome.as_str()).collect::<Vec<_>>(),
        expected
    );
    assert!(told.iter().all(|(_, as_expected)| *as_expected == true), "{told:?}");
}

#[test]
fn what_is_not_as_expected_and_what_describes_nothing_is_said() {
    let wrong = CASES.replace("expect = \"deny\"", "expect = \"permit\"");
    assert_eq!(told(&wrong)[4].1, false);
    assert!(toml::from_str::<Cases>("[[sign_in]]\nuser = \"alice\"\nform = \"192.0.2.1\"\n").is_err());
    let later = SignIn {
        at: Some("tomorrow".into()),
        ..SignIn::default()
    };
    assert!(later.at(0).is_err());
}

//! `[[user]]`.

use super::*;

#[test]
fn every_claim_of_a_user_is_checked_by_its_type() {
    let text = r#"issuer = "http://localhost:8080"
display_name = "Bank"
[[user]]
username = "carol"
name = "Carol"
"name#ja-Kana-JP" = "キャロル"
birthdate = "1990-02-30"
picture = "carol.png"
zoneinfo = "Asia/Tokyo"
locale = "ja_JP"
phone_number = "call me"
phone_number_verified = "yes"
address = { planet = "Earth" }
"address#ja" = "東京"
"email#ja" = "c@example.com"
"name#" = "x"
updated_at = 1
"salary#ja" = "1"
"#;
    assert_problems(
        &realm_problems(text),
        &[
            (7, "birthdate is not a date"),
            (8, "picture is not a web address"),
            (10, "locale is not a language tag"),
            (11, "phone_number is not a telephone number"),
            (12, "phone_number_verified is not true or false"),
            (13, "address has an unknown member"),
            (14, "address#ja is not an object"),
            (15, "email#ja has no languages"),
            (16, "name# ends in what is not a language tag"),
            (17, "updated_at is kept by the server itself"),
            (18, "has no key salary#ja"),
        ],
    );
}

#[test]
fn secrets_are_warned_about_outside_demos() {
    let directory = Directory::new();
    let text = r#"issuer = "http://localhost:8080"
[[client]]
client_id     = "app"
client_secret = "short"
grant_types   = ["client_credentials"]
[[user]]
username = "alice"
password = { env = "SEKISHO_TEST_NEVER_SET" }
"#;
    let path = directory.write("realm.toml", text);
    let (files, warnings) = load_realms(&[path]).unwrap();
    let lines: Vec<usize> = warnings.0.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [4, 4, 8], "{warnings}");
    assert!(matches!(files[0].users[0].password, Some(PasswordSeed::Missing)));
    assert!(realm_problems(text).iter().all(|(line, _)| *line == 8));
}

//! `[[api.authorization_details]]`, with schemas in files of their own.

use super::*;

#[test]
fn types_of_authorization_details_are_read_from_files_beside_the_realm() {
    let directory = temporary_directory("details");
    let schema = r#"{"type": "object", "properties": {"amount": {"type": "string"}, "accounts": {"type": "array"}}}"#;
    fs::write(directory.join("payment.schema.json"), schema).unwrap();
    let realm = |more: &str| {
        format!(
            r#"issuer = "https://id.example.com"
[[api]]
identifier = "https://api.example.com"
[[api.authorization_details]]
type = "payment"
{more}
[[client]]
client_id = "app"
client_secret = "0123456789abcdef0123456789abcdef"
redirect_uris = ["https://app.example.com/"]
authorization_details_types = ["payment"]
"#
        )
    };
    let read = |text: &str| realm_file::read(Document::parse(&directory.join("realm.toml"), text), true);
    let good = read(&realm(
        "schema = \"payment.schema.json\"\nconsent = { en = \"Pay {amount}\" }\nchoose = \"accounts\"\nremember = true",
    ));
    assert!(good.problems.is_empty(), "{}", Problems(good.problems));
    let kind = &good.file.unwrap().apis[0].authorization_details[0];
    assert_eq!(kind.schema, serde_json::from_str::<serde_json::Value>(schema).unwrap());
    assert_eq!((kind.choose.as_deref(), kind.remember), (Some("accounts"), true));
    let problems = |more: &str| {
        let problems = Problems(read(&realm(more)).problems).sorted();
        problems
            .0
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    for (more, line, expected) in [
        (
            "schema = \"no.json\"\nconsent = { en = \"x\" }",
            "realm.toml:6:10",
            "cannot be read",
        ),
        (
            "schema = \"payment.schema.json\"",
            "realm.toml:4:1",
            "users see its name alone",
        ),
        (
            "schema = \"payment.schema.json\"\nconsent = { en = \"Pay {payee}\" }",
            "realm.toml:7:1",
            "a place for payee, which the schema does not describe",
        ),
        (
            "schema = \"payment.schema.json\"\nconsent = { en = \"x\" }\nchoose = \"amount\"",
            "realm.toml:8:10",
            "does not describe as a list",
        ),
        (
            "schema = '{\"type\": \"text\"}'\nconsent = { en = \"x\" }",
            "realm.toml:6:10",
            "schema: type is no type",
        ),
        (
            "schema = \"payment.schema.json\"\nconsent = { en = \"x\" }\nnarrow = true",
            "realm.toml:8:1",
            "has no key narrow",
        ),
    ] {
        let found = problems(more);
        assert!(found.contains(line) && found.contains(expected), "{expected}: {found}");
    }
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn what_is_wrong_in_a_schema_is_told_at_its_place_there() {
    let directory = temporary_directory("schema");
    let text = r#"issuer = "https://id.example.com"
[[api]]
identifier = "https://api.example.com"
authorization_details = [{ type = "payment", schema = "payment.schema.json", consent = { en = "x" } }]
"#;
    let problems = || {
        let document = Document::parse(&directory.join("realm.toml"), text);
        Problems(realm_file::read(document, true).problems).to_string()
    };
    let wrong = "{\n \"type\": \"object\",\n \"properties\": {\"amount\": {\"type\": \"string\", \"minimum\": 1}}\n}";
    fs::write(directory.join("payment.schema.json"), wrong).unwrap();
    let found = problems();
    assert!(
        found.contains("payment.schema.json:3:46: properties.amount.minimum has no effect"),
        "{found}"
    );
    fs::write(directory.join("payment.schema.json"), "{\n \"type\" }").unwrap();
    let found = problems();
    assert!(found.contains("payment.schema.json:2:"), "{found}");
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn types_of_authorization_details_are_unique_and_known_to_clients() {
    let api = |host: &str| {
        format!(
            "[[api]]\nidentifier = \"https://{host}.example.com\"\nauthorization_details = [{{ type = \"payment\", \
             schema = '{{\"type\": \"object\"}}', consent = {{ en = \"Pay\" }} }}]\n"
        )
    };
    let client = "[[client]]\nclient_id = \"app\"\nclient_secret = \"0123456789abcdef0123456789abcdef\"\nredirect_uris = [\"https://app.example.com/\"]\nauthorization_details_types = [\"paymnt\", \"other\"]\n";
    let text = format!("issuer = \"https://id.example.com\"\n{}{}{client}", api("a"), api("b"));
    let found = realm_problems(&text);
    assert_problems(
        &found,
        &[
            (7, "another type of authorization_details payment at line 4"),
            (
                12,
                "paymnt is a type of no API's authorization_details — did you mean payment?",
            ),
            (12, "other is a type of no API's authorization_details — add it"),
        ],
    );
}

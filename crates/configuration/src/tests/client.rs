//! `[[client]]`.

use super::*;

// Conformance: SEED1-03 OP-25
#[test]
fn a_client_that_makes_macs_gives_its_secret_and_one_that_signs_its_keys() {
    let text = r#"issuer = "http://localhost:8080"
[[client]]
client_id = "hashed"
token_endpoint_auth_method = "client_secret_jwt"
grant_types = ["client_credentials"]
client_secret_hash = "$sha256$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
[[client]]
client_id = "short"
token_endpoint_auth_method = "client_secret_jwt"
grant_types = ["client_credentials"]
client_secret = "0123456789012345678901234567890"
[[client]]
client_id = "another"
token_endpoint_auth_method = "client_secret_jwt"
grant_types = ["client_credentials"]
client_secret = "01234567890123456789012345678901"
client_secret_hash = "$sha256$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
[[client]]
client_id = "keyless"
token_endpoint_auth_method = "private_key_jwt"
grant_types = ["client_credentials"]
jwks = { keys = [] }
[[client]]
client_id = "mixed"
token_endpoint_auth_method = "client_secret_jwt"
token_endpoint_auth_signing_alg = "ES256"
grant_types = ["client_credentials"]
client_secret = { env = "SEKISHO_TEST_NEVER_SET" }
client_secret_hash = "$sha256$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"#;
    assert_problems(
        &realm_problems(text),
        &[
            (6, "needs the secret itself"),
            (11, "HS256 needs 32"),
            (16, "not the one of client_secret_hash"),
            (20, "private_key_jwt needs public keys"),
            (26, "ES256 is no algorithm for client_secret_jwt"),
            (28, "is not set here"),
        ],
    );
    let good = r#"issuer = "http://localhost:8080"
[[client]]
client_id = "mac"
token_endpoint_auth_method = "client_secret_jwt"
token_endpoint_auth_signing_alg = "HS256"
grant_types = ["client_credentials"]
client_secret = "01234567890123456789012345678901"
"#;
    let file = from_text(Path::new("realm.toml"), good).unwrap();
    let sent: RealmFile = serde_json::from_str(&serde_json::to_string(&file).unwrap()).unwrap();
    let secret = sent.clients[0].secret.as_ref();
    assert!(matches!(secret, Some(ClientSecret::Clear(secret)) if secret.expose().len() == 32));
    assert!(!format!("{file:?}").contains("0123456789"));
}

#[test]
fn a_pairwise_client_of_several_hosts_is_told_what_it_lacks() {
    let realm = |more: &str| {
        format!(
            "issuer = \"https://id.example.com\"\nsign_up = true\n[[client]]\nclient_id = \"app\"\n\
             client_secret_hash = \"$sha256${}\"\n\
             redirect_uris = [\"https://a.example/cb\", \"https://b.example/cb\"]\n\
             subject_type = \"pairwise\"\n{more}",
            jose::b64::encode([1; 32])
        )
    };
    let problems = realm_problems(&realm(""));
    assert_problems(&problems, &[(4, "is needed for subject_type pairwise")]);
    let vouched = realm("sector_identifier_uri = \"https://sector.example/uris.json\"\n");
    let file = from_text(Path::new("realm.toml"), &vouched).unwrap();
    assert!(file.realm.sign_up, "nothing is fetched: the file's owner vouches");
}

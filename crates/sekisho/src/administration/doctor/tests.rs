//! Sick realms, one by one.

use std::path::Path;

use model::{Client, Secret, Source, client_secret_hash};

use super::{super::tests::World, *};
use crate::{
    administration::{Action, Command, execute},
    config::{ServerConfig, from_text},
};

/// The realm of a file as it would be in the database.
fn patient(text: &str) -> Patient {
    let file = from_text(Path::new("realm.toml"), text).unwrap_or_else(|problems| panic!("{problems}"));
    let issuer = file.realm.issuer.clone();
    let clients = file.clients.into_iter().map(|entry| Client {
        secret_hash: Some(
            client_secret_hash(
                &issuer,
                &entry.metadata.client_id,
                &format!("{}-secret", entry.metadata.client_id),
            )
            .to_vec(),
        ),
        metadata: entry.metadata.into(),
        wrapped_secret: None,
        registration_token_hash: None,
        enabled: true,
        source: Source::File,
        created_at: 0,
    });
    Patient {
        apis: file.apis,
        clients: clients.collect(),
        known_passwords: vec!["alice".into()],
        issuers: vec![issuer, "https://id.example.com/other".into()],
        realm: file.realm,
    }
}

fn told(findings: &[Finding]) -> Vec<(Grade, &str)> {
    findings
        .iter()
        .map(|finding| (finding.grade, finding.problem.as_str()))
        .collect()
}

fn healthy() -> Patient {
    let mut patient = patient(
        r#"issuer = "https://id.example.com"
[[api]]
identifier = "https://api.example.com"
profile = "fapi1-baseline"
acr = "loa2"
impact = { financial_loss = "moderate" }
scope = [{ name = "a", description = { en = "x" } }]
[[client]]
client_id = "app"
client_secret = "0123456789abcdef0123456789abcdef"
token_endpoint_auth_method = "client_secret_jwt"
redirect_uris = ["https://app.example.com/"]
profile = "fapi1-baseline"
scope = "a"
"#,
    );
    patient.known_passwords.clear();
    patient.issuers.pop();
    for client in &mut patient.clients {
        client.secret_hash = None;
    }
    patient
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    assert_eq!(diagnose(&healthy()), []);
}

#[test]
fn an_issuer_without_tls_is_critical_and_a_shared_origin_is_told() {
    let found = issuers::examine(&patient("issuer = \"https://id.example.com\"\n"));
    assert!(found[0].problem.contains("https://id.example.com/other") && found[0].grade == Grade::Minor);
    let mut plain = healthy();
    plain.realm.issuer = "http://id.example.com".into();
    assert_eq!(issuers::examine(&plain)[0].grade, Grade::Critical);
    for local in [
        "http://localhost:8080/x",
        "http://127.0.0.1",
        "http://[::1]:1",
        "http://id.localhost",
    ] {
        plain.realm.issuer = local.into();
        assert_eq!(issuers::examine(&plain), [], "{local}");
    }
}

#[test]
fn secrets_of_the_demo_are_critical_beyond_this_machine() {
    let text = |issuer: &str| {
        format!(
            "issuer = \"{issuer}\"\n[[client]]\nclient_id = \"robot\"\ngrant_types = [\"client_credentials\"]\nresponse_types = []\nclient_secret = \"0123456789abcdef0123\"\n"
        )
    };
    let found = guessable_secrets::examine(&patient(&text("https://id.example.com")));
    assert_eq!(
        told(&found),
        [
            (Grade::Critical, "the user alice has the password of the demo"),
            (
                Grade::Critical,
                "the client robot has a secret that everybody guesses: its own name"
            ),
        ]
    );
    assert_eq!(guessable_secrets::examine(&patient(&text("http://localhost:8080"))), []);
    assert_eq!(guessable_secrets::examine(&healthy()), []);
}

#[test]
fn an_api_that_is_protected_less_than_its_impact_asks_for_is_told_why() {
    let mut weak = healthy();
    weak.apis[0].profile = None;
    weak.apis[0].acr = None;
    let found = api_protection::examine(&weak);
    assert_eq!(found.len(), 2);
    let why = "(financial_loss moderate → loa2: loa2 → fapi1-baseline)";
    assert!(
        found
            .iter()
            .all(|finding| finding.grade == Grade::Serious && finding.problem.contains(why)),
        "{found:?}"
    );
    assert_eq!(found[0].remedy, "set profile = \"fapi1-baseline\" at the API");
    weak.apis[0].impact.clear();
    assert_eq!(api_protection::examine(&weak), []);
}

#[test]
fn tokens_that_cannot_be_recalled_are_told_where_that_matters() {
    let mut jwt = healthy();
    jwt.apis[0].token_format = model::TokenFormat::Jwt;
    assert!(
        jwt_tokens::examine(&jwt)[0]
            .problem
            .contains("a revoked one works there for up to 10 minutes more")
    );
    jwt.apis[0].profile = Some("baseline".into());
    assert_eq!(jwt_tokens::examine(&jwt), []);
}

#[test]
fn clients_below_their_own_or_their_apis_profile_are_told() {
    let mut strict = healthy();
    strict.apis[0].profile = Some("fapi2-security".into());
    let found = clients::examine(&strict);
    assert_eq!(
        told(&found),
        [(
            Grade::Minor,
            "the client app follows fapi1-baseline, and https://api.example.com wants fapi2-security: it gets no token there"
        )]
    );
    let mut broken = healthy();
    let metadata = protocol::ClientMetadata {
        profile: Some("fapi2-security".into()),
        ..(*broken.clients[0].metadata).clone()
    };
    broken.clients[0].metadata = metadata.into();
    let found = clients::examine(&broken);
    assert_eq!(found[0].grade, Grade::Serious);
    assert!(
        found[0]
            .problem
            .contains("breaks the rules of fapi2-security: token_endpoint_auth_method"),
        "{found:?}"
    );
}

#[test]
fn a_server_that_speaks_plainly_to_others_is_critical() {
    let mut config = ServerConfig::without_file();
    assert_eq!(server::examine(&config), []);
    config.listeners[0].bind = "0.0.0.0:80".parse().unwrap();
    assert_eq!(server::examine(&config)[0].grade, Grade::Critical);
}

#[tokio::test]
async fn the_database_is_examined_worst_first() {
    let world = World::new().await;
    let command = Command {
        realm: None,
        action: Action::Doctor,
    };
    let answer = execute(&world.realms, &world.pool, command).await.unwrap();
    let findings: Vec<Finding> = serde_json::from_value(answer["findings"].clone()).unwrap();
    assert_eq!(findings[0].problem, "the user alice has the password of the demo");
    assert!(findings.iter().map(|finding| finding.grade).is_sorted());
    assert!(world.verify("alice", Secret::new("alice-password").expose()).await);
}

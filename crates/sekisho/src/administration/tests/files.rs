//! What files do.

use model::{Secret, Source, client_secret_hash};
use protocol::{ClientMetadata, GrantType};
use serde_json::Map;

use super::*;

#[tokio::test]
async fn apply_makes_what_plan_says_and_a_second_time_there_is_nothing_to_do() {
    let world = World::empty().await;
    let planned = world.plan(FILE).await;
    assert_eq!(
        told(&planned),
        [
            "Create realm https://id.example.com",
            "Create api https://api.example.com",
            "Create client bank-api",
            "Create client app",
            "Create user alice"
        ]
    );
    assert!(
        world.realms.store.realms().await.unwrap().is_empty(),
        "a plan changes nothing"
    );
    assert_eq!(world.apply(FILE).await.unwrap(), planned);
    assert!(world.plan(FILE).await.is_empty());
    assert!(world.apply(FILE).await.unwrap().is_empty());
    assert!(world.verify("alice", "alice-password").await);
    let context = world.realms.by_issuer(ISSUER).await.unwrap().unwrap();
    assert_eq!(context.apis.len(), 1, "the running realm is fresh");
}

#[tokio::test]
async fn a_plan_tells_fields_from_old_to_new_and_never_a_secret() {
    let world = World::new().await;
    let changed = FILE
        .replace("\"Bank\"", "\"Better Bank\"\n[lifetimes]\naccess_token = \"5m\"")
        .replace("0123456789abcdef012345", "another-secret-of-the-api")
        .replace("alice@example.com", "a@example.com")
        .replace("alice-password", "a password that nobody sees");
    let planned = world.plan(&changed).await;
    assert_eq!(
        told(&planned),
        [
            "Update realm https://id.example.com",
            "Update client bank-api",
            "Update user alice"
        ]
    );
    let fields: Vec<_> = planned.iter().flat_map(|change| &change.fields).collect();
    let names: Vec<_> = fields.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(
        names,
        [
            "display_name",
            "lifetimes.access_token",
            "client_secret",
            "claims.email"
        ]
    );
    assert_eq!(
        (fields[1].old.clone(), fields[1].new.clone()),
        (Some(json!(600)), Some(json!(300)))
    );
    let shown = serde_json::to_string(&planned).unwrap();
    assert!(
        !shown.contains("another-secret") && !shown.contains("nobody sees"),
        "{shown}"
    );

    world.apply(&changed).await.unwrap();
    assert!(world.plan(&changed).await.is_empty());
    assert!(world.verify("alice", "alice-password").await, "a password is a seed");
    let client = world
        .realms
        .store
        .find_client(ISSUER, "bank-api")
        .await
        .unwrap()
        .unwrap();
    let hash = client_secret_hash(ISSUER, "bank-api", "another-secret-of-the-api");
    assert_eq!(client.secret_hash.as_deref(), Some(hash.as_slice()));
}

#[tokio::test]
async fn what_a_file_no_longer_names_is_removed_but_users_are_only_disabled() {
    let world = World::new().await;
    let id = world.user("alice").await.id;
    let small = "issuer = \"https://id.example.com\"\ndisplay_name = \"Bank\"\n";
    let changes = world.apply(small).await.unwrap();
    assert_eq!(
        told(&changes),
        [
            "Remove api https://api.example.com",
            "Remove client app",
            "Remove client bank-api",
            "Disable user alice"
        ]
    );
    assert!(!world.user("alice").await.enabled);
    assert!(world.plan(small).await.is_empty());

    world.apply(FILE).await.unwrap();
    let back = world.user("alice").await;
    assert_eq!((back.enabled, back.id, back.source), (true, id, Source::File));
    assert!(world.plan(FILE).await.is_empty());
    assert!(world.verify("alice", "alice-password").await);
}

#[tokio::test]
async fn a_user_disabled_by_command_stays_so_unless_the_file_says_otherwise() {
    let world = World::new().await;
    let answer = world
        .run(Action::UserSetEnabled {
            user: "ALICE".into(),
            enabled: false,
        })
        .await
        .unwrap();
    assert_eq!(answer["enabled"], false);
    assert!(world.apply(FILE).await.unwrap().is_empty());
    assert!(!world.user("alice").await.enabled);
    let explicit = FILE.replace("username = \"alice\"", "username = \"alice\"\nenabled = true");
    assert_eq!(told(&world.apply(&explicit).await.unwrap()), ["Update user alice"]);
    assert!(world.user("alice").await.enabled);
    world
        .run(Action::ClientSetEnabled {
            client_id: "app".into(),
            enabled: false,
        })
        .await
        .unwrap();
    assert!(world.plan(&explicit).await.is_empty());
    assert!(
        !world
            .realms
            .store
            .find_client(ISSUER, "app")
            .await
            .unwrap()
            .unwrap()
            .enabled
    );
}

#[tokio::test]
async fn what_a_command_made_is_left_alone_and_a_file_that_describes_it_differently_is_refused() {
    let world = World::new().await;
    let metadata = ClientMetadata {
        client_id: "robot".into(),
        grant_types: vec![GrantType::ClientCredentials],
        response_types: Vec::new(),
        ..ClientMetadata::default()
    };
    world
        .run(Action::ClientAdd {
            metadata: Box::new(metadata),
        })
        .await
        .unwrap();
    let add = Action::UserAdd {
        username: "bob".into(),
        password: None,
        password_hash: None,
        claims: serde_json::from_value(json!({ "name": "Bob" })).unwrap(),
        groups: Vec::new(),
    };
    world.run(add).await.unwrap();
    assert!(world.apply(FILE).await.unwrap().is_empty(), "neither is removed");

    let both = format!(
        "{FILE}name = \"Alice\"\n[[user]]\nusername = \"bob\"\nname = \"Robert\"\n[[client]]\nclient_id = \"robot\"\n\
         token_endpoint_auth_method = \"none\"\nredirect_uris = [\"https://r.example.com/\"]\n"
    );
    let error = world.apply(&both).await.unwrap_err();
    assert_eq!(error.kind, AdminErrorKind::OwnedByCommand);
    assert!(
        error.problem.contains("client robot") && error.problem.contains("user bob"),
        "{error}"
    );
    assert!(
        world.user("alice").await.claims.get("name").is_none(),
        "nothing of the file was applied"
    );
    let same = format!("{FILE}[[user]]\nusername = \"bob\"\nname = \"Bob\"\n");
    assert!(world.apply(&same).await.unwrap().is_empty());
    assert_eq!(world.user("bob").await.source, Source::Api);
}

#[tokio::test]
async fn several_files_are_applied_together_or_not_at_all() {
    let world = World::new().await;
    let mut second = file(&FILE.replace(ISSUER, "https://id.example.com/two"));
    second.users[0].password = Some(crate::config::PasswordSeed::Missing);
    let first = file(&FILE.replace("Better", "Bank").replace("\"Bank\"", "\"Changed\""));
    let error = world
        .run(Action::Apply {
            files: vec![first, second],
        })
        .await
        .unwrap_err();
    assert!(error.problem.contains("environment variable"), "{error}");
    let realms = world.realms.store.realms().await.unwrap();
    assert_eq!((realms.len(), realms[0].display_name.as_str()), (1, "Bank"));
}

#[tokio::test]
async fn an_exported_realm_changes_nothing_where_it_came_from_and_makes_the_same_elsewhere() {
    let world = World::new().await;
    world
        .run(Action::UserSetEnabled {
            user: "alice".into(),
            enabled: false,
        })
        .await
        .unwrap();
    let add = Action::UserAdd {
        username: "bob".into(),
        password: Some(Secret::new("bob's password")),
        password_hash: None,
        claims: Map::from_iter([("address".to_owned(), json!({ "country": "JP" }))]),
        groups: vec!["a".into()],
    };
    world.run(add).await.unwrap();
    let answer = world.run(Action::Export).await.unwrap();
    let toml = answer["toml"].as_str().unwrap();
    assert!(
        !toml.contains("alice-password") && !toml.contains("0123456789abcdef"),
        "{toml}"
    );
    assert_eq!(told(&world.plan(toml).await), Vec::<String>::new(), "{toml}");

    let other = World::empty().await;
    other.apply(toml).await.unwrap();
    assert!(other.plan(toml).await.is_empty());
    assert!(other.verify("bob", "bob's password").await && !other.user("alice").await.enabled);
    let again = other.run(Action::Export).await.unwrap();
    assert_eq!(again["toml"].as_str().unwrap(), toml);
}

#[tokio::test]
async fn sign_up_and_pairwise_clients_are_planned_applied_and_exported() {
    let world = World::new().await;
    let changed = FILE
        .replace("\"Bank\"", "\"Bank\"\nsign_up = true\ndpop_nonces = true")
        .replace(
            "client_id = \"app\"",
            "client_id = \"app\"\nsubject_type = \"pairwise\"",
        );
    assert_eq!(
        told(&world.apply(&changed).await.unwrap()),
        ["Update realm https://id.example.com", "Update client app"]
    );
    let context = world.realms.by_issuer(ISSUER).await.unwrap().unwrap();
    assert!(context.realm.sign_up && context.realm.dpop_nonces);
    let answer = world.run(Action::Export).await.unwrap();
    let toml = answer["toml"].as_str().unwrap();
    assert!(
        toml.contains("sign_up = true")
            && toml.contains("dpop_nonces = true")
            && toml.contains("subject_type = \"pairwise\""),
        "{toml}"
    );
    assert!(world.plan(toml).await.is_empty());
    assert_eq!(told(&world.plan(FILE).await).len(), 2, "both are taken back");
}

#[tokio::test]
async fn trusted_issuers_are_planned_applied_and_exported() {
    let world = World::new().await;
    let trusting = format!(
        "{FILE}[[trusted_issuer]]\nissuer = \"https://a.example\"\njwks_uri = \"https://a.example/jwks\"\n\
         purposes = [\"jwt-bearer\"]\nsubject = \"email\"\n[[trusted_issuer]]\nissuer = \"https://b.example\"\n\
         jwks = {{ keys = [{{ kty = \"OKP\", crv = \"Ed25519\", x = \"AQ\" }}] }}\npurposes = [\"token-exchange\"]\n"
    );
    let planned = world.apply(&trusting).await.unwrap();
    assert_eq!(told(&planned), ["Update realm https://id.example.com"]);
    assert_eq!(planned[0].fields[0].field, "trusted_issuers");
    assert!(world.plan(&trusting).await.is_empty());
    let answer = world.run(Action::Export).await.unwrap();
    let toml = answer["toml"].as_str().unwrap();
    assert_eq!(told(&world.plan(toml).await), Vec::<String>::new(), "{toml}");
    assert_eq!(told(&world.plan(FILE).await), ["Update realm https://id.example.com"]);
}

#[tokio::test]
async fn rules_for_certificates_are_planned_applied_and_exported() {
    let world = World::new().await;
    let ca = testkit::pki::Authority::new("People CA").pem();
    let mapping = format!(
        "client_ca = ['''{ca}''']\nsmart_card_policies = [\"1.2.3.4\"]\n{FILE}[[certificate_mapping]]\nfrom = \"san_email\"\n\
         user = \"email\"\nissuer = \"CN=People CA\"\n[[certificate_mapping]]\nfrom = \"subject_uid\"\nuser = \"username\"\n"
    );
    let planned = world.apply(&mapping).await.unwrap();
    assert_eq!(told(&planned), ["Update realm https://id.example.com"]);
    assert!(world.plan(&mapping).await.is_empty());
    let answer = world.run(Action::Export).await.unwrap();
    let toml = answer["toml"].as_str().unwrap();
    assert_eq!(told(&world.plan(toml).await), Vec::<String>::new(), "{toml}");
    assert_eq!(told(&world.plan(FILE).await), ["Update realm https://id.example.com"]);
}

#[tokio::test]
async fn rules_of_sign_ins_are_planned_applied_and_exported() {
    let world = World::new().await;
    let rules = format!(
        "policy_default = \"deny\"\n{FILE}[[network]]\nname = \"office\"\naddresses = [\"192.0.2.0/24\"]\n\
         [[policy]]\nname = \"outside\"\noutside = [\"office\"]\nrequire = [\"otp or passkey\"]\nacr = \"loa3\"\n\
         [[policy]]\nname = \"all\"\ngroups = [\"staff\"]\nusers = [\"alice\"]\nclients = [\"app\"]\nweekdays = [\"mon\"]\n\
         hours = \"09:00-18:00\"\nutc_offset = \"+09:00\"\nunusual = [\"new-device\"]\nfailures = 3\ndevice = \"no-certificate\"\n\
         attributes = {{ email_verified = true, locale = \"ja\" }}\nwhen = 'context.client like \"a*\"'\ndeny = {{ en = \"No.\", ja = \"不可\" }}\n\
         [[policy]]\nname = \"inside\"\nnetworks = [\"office\"]\nallow = true\n"
    );
    let planned = world.apply(&rules).await.unwrap();
    assert_eq!(told(&planned), ["Update realm https://id.example.com"]);
    let fields: Vec<&str> = planned[0].fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(
        fields,
        ["policies.denies_by_default", "policies.networks", "policies.rules"]
    );
    assert!(world.plan(&rules).await.is_empty());
    let answer = world.run(Action::Export).await.unwrap();
    let toml = answer["toml"].as_str().unwrap();
    assert_eq!(told(&world.plan(toml).await), Vec::<String>::new(), "{toml}");
    assert_eq!(told(&world.plan(FILE).await), ["Update realm https://id.example.com"]);
}

#[tokio::test]
async fn types_of_authorization_details_are_planned_applied_and_exported() {
    let world = World::new().await;
    let with_types = format!(
        "{FILE}[[api]]\nidentifier = \"https://pay.example\"\n[[api.authorization_details]]\ntype = \"payment\"\n\
         schema = '{{\"type\": \"object\", \"properties\": {{\"share\": {{\"type\": \"number\", \"maximum\": 0.5}}}}}}'\n\
         consent = {{ en = \"Pay {{share}}\", ja = \"払う\" }}\nremember = true\n"
    );
    assert_eq!(
        told(&world.apply(&with_types).await.unwrap()),
        ["Create api https://pay.example"]
    );
    assert!(world.plan(&with_types).await.is_empty());
    let answer = world.run(Action::Export).await.unwrap();
    let toml = answer["toml"].as_str().unwrap();
    assert_eq!(told(&world.plan(toml).await), Vec::<String>::new(), "{toml}");
    let changed = with_types.replace("0.5", "0.6");
    assert_eq!(world.plan(&changed).await[0].fields[0].field, "authorization_details");
}

#[tokio::test]
async fn routes_are_planned_applied_and_exported() {
    let world = World::new().await;
    let with_routes = format!(
        "{FILE}[[api]]\nidentifier = \"https://pay.example\"\nupstream = \"http://127.0.0.1:9000\"\nroute = [\n\
         {{ methods = [\"GET\"], path = \"/health\", access = [\"none\"] }},\n\
         {{ methods = [\"POST\"], path = \"/payments/*\", acr = \"loa2\", max_age = \"5m\", authorization_details = \
         {{ type = \"payment\", body = {{ amount = \"/a/b\" }}, path = {{ amount = 2 }}, method = \"amount\" }} }},\n]\n\
         [[api.authorization_details]]\ntype = \"payment\"\nconsent = {{ en = \"Pay\" }}\n\
         schema = '{{\"type\": \"object\", \"properties\": {{\"amount\": {{\"type\": \"string\"}}}}}}'\n"
    );
    assert_eq!(
        told(&world.apply(&with_routes).await.unwrap()),
        ["Create api https://pay.example"]
    );
    assert!(world.plan(&with_routes).await.is_empty());
    let answer = world.run(Action::Export).await.unwrap();
    let toml = answer["toml"].as_str().unwrap();
    assert_eq!(told(&world.plan(toml).await), Vec::<String>::new(), "{toml}");
    let changed = with_routes.replace("\"5m\"", "\"6m\"");
    assert_eq!(world.plan(&changed).await[0].fields[0].field, "route");
}

#[tokio::test]
async fn upstreams_and_how_they_are_reached_are_planned_applied_and_exported() {
    let world = World::new().await;
    let guarded = format!(
        "{FILE}[[api]]\nidentifier = \"https://pay.example\"\nupstream = \"http://127.0.0.1:9000\"\n\
         route = [{{ path = \"/**\" }}]\n[api.gateway]\nidentity = \"jwt\"\nbody_limit = \"64KiB\"\nidle = \"5m\"\n\
         health = {{ path = \"/health\", every = \"10s\" }}\n"
    );
    assert_eq!(
        told(&world.apply(&guarded).await.unwrap()),
        ["Create api https://pay.example"]
    );
    let answer = world.run(Action::Export).await.unwrap();
    let toml = answer["toml"].as_str().unwrap();
    assert!(
        toml.contains("body_limit = \"64KiB\"") && toml.contains("every = \"10s\""),
        "{toml}"
    );
    assert_eq!(told(&world.plan(toml).await), Vec::<String>::new(), "{toml}");
    let several = guarded.replace("\"http://127.0.0.1:9000\"", "[\"http://a:1\", \"http://b:1\"]");
    assert_eq!(world.plan(&several).await[0].fields[0].field, "upstream");
}

const MAC_CLIENT: &str = "[[client]]\nclient_id = \"mac.robot\"\ntoken_endpoint_auth_method = \"client_secret_jwt\"\n\
                          grant_types = [\"client_credentials\"]\nresponse_types = []\n";

#[tokio::test]
async fn a_secret_that_makes_macs_is_kept_wrapped_and_exported_by_name() {
    let world = World::new().await;
    let with_secret = |secret: &str| format!("{FILE}{MAC_CLIENT}client_secret = \"{secret}\"\n");
    let first = with_secret("the first secret, of 32 bytes or more");
    world.apply(&first).await.unwrap();
    assert!(world.plan(&first).await.is_empty());
    assert_eq!(world.secret("mac.robot").await, "the first secret, of 32 bytes or more");
    let second = with_secret("the second secret, of 32 bytes or more");
    let planned = world.plan(&second).await;
    assert_eq!(planned[0].fields[0].field, "client_secret");
    assert!(!serde_json::to_string(&planned).unwrap().contains("the second"));
    world.apply(&second).await.unwrap();
    assert_eq!(
        world.secret("mac.robot").await,
        "the second secret, of 32 bytes or more"
    );

    let answer = world.run(Action::Export).await.unwrap();
    let toml = answer["toml"].as_str().unwrap();
    assert!(
        toml.contains("env = \"CLIENT_SECRET_MAC_ROBOT\"") && !toml.contains("the second"),
        "{toml}"
    );
    assert_eq!(told(&world.apply(toml).await.unwrap()), Vec::<String>::new(), "{toml}");
    assert_eq!(
        world.secret("mac.robot").await,
        "the second secret, of 32 bytes or more"
    );
    // Elsewhere the secret must be given.
    let other = World::empty().await;
    let error = other.apply(toml).await.unwrap_err();
    assert!(error.problem.contains("the secret of the client mac.robot"), "{error}");
}

#[tokio::test]
async fn a_client_that_comes_to_make_macs_has_its_secret_wrapped() {
    let world = World::new().await;
    let secret = "client_secret = \"one secret, of 32 bytes or more !\"\n";
    let basic = MAC_CLIENT.replace("client_secret_jwt", "client_secret_basic");
    world.apply(&format!("{FILE}{basic}{secret}")).await.unwrap();
    world.apply(&format!("{FILE}{MAC_CLIENT}{secret}")).await.unwrap();
    assert_eq!(world.secret("mac.robot").await, "one secret, of 32 bytes or more !");
    // And back: the secret itself is forgotten.
    world.apply(&format!("{FILE}{basic}{secret}")).await.unwrap();
    let client = world
        .realms
        .store
        .find_client(ISSUER, "mac.robot")
        .await
        .unwrap()
        .unwrap();
    assert!(client.wrapped_secret.is_none() && client.secret_hash.is_some());
}

#[tokio::test]
async fn a_server_that_is_told_of_no_realm_gets_the_default_one_once() {
    let world = World::empty().await;
    let config = ServerConfig::without_file();
    let store = &world.realms.store;
    let made = apply_at_start(store, &world.secrets(), &config, NOW).await.unwrap();
    assert_eq!(told(&made), ["Create realm http://localhost:8080"]);
    assert!(
        apply_at_start(store, &world.secrets(), &config, NOW)
            .await
            .unwrap()
            .is_empty()
    );

    let other = World::empty().await;
    let named = ServerConfig {
        names_realms: true,
        realms: vec![file(FILE)],
        ..config
    };
    apply_at_start(&other.realms.store, &other.secrets(), &named, NOW)
        .await
        .unwrap();
    let realms = other.realms.store.realms().await.unwrap();
    assert_eq!(
        realms.iter().map(|realm| realm.issuer.as_str()).collect::<Vec<_>>(),
        [ISSUER]
    );
}

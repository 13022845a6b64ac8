//! Day-to-day administration: from what was typed to a command and back to what is shown.

use std::{collections::BTreeMap, fs, path::Path};

use jose::KeySet;
use model::{Api, ApiScope, Secret};
use protocol::{ApplicationType, ClientMetadata, GrantType, ResponseType, Scope, TokenEndpointAuthMethod};
use serde_json::{Map, Value};

use super::{
    arguments::{
        ApiKeyTask, ApiTask, ClientTask, GrantTask, KeyTask, NewApi, NewClient, OutboxTask, SessionTask, Task,
        TokenTask, UserTask,
    },
    show, terminal,
};
use crate::administration::{Action, Command};

/// A command, and how its answer is shown.
pub(super) struct Prepared {
    pub command: Command,
    pub show: fn(&Value) -> String,
}

/// The command of a task; none for tasks that are not commands to a realm.
pub(super) fn prepare(task: Task) -> Result<Option<Prepared>, String> {
    let (realm, (action, show)) = match task {
        Task::User { realm, task } => (realm.realm, user(task)?),
        Task::Client { realm, task } => (realm.realm, client(*task)?),
        Task::Api { realm, task } => match api(*task)? {
            Some(shown) => (realm.realm, shown),
            None => return Ok(None),
        },
        Task::Key { realm, task } => (realm.realm, key(&task)),
        Task::Grant { realm, task } => (realm.realm, grant(task)),
        Task::Session { realm, task } => (realm.realm, session(task)),
        Task::Outbox { realm, task } => (realm.realm, outbox(task)),
        _ => return Ok(None),
    };
    Ok(Some(Prepared {
        command: Command { realm, action },
        show,
    }))
}

type Shown = (Action, fn(&Value) -> String);

fn user(task: UserTask) -> Result<Shown, String> {
    Ok(match task {
        UserTask::List { after, limit } => (Action::UserList { after, limit }, show::users),
        UserTask::Show { user } => (Action::UserShow { user }, show::object),
        UserTask::Add {
            username,
            name,
            given_name,
            family_name,
            email,
            email_verified,
            groups,
            password_stdin,
            password_hash_stdin,
        } => {
            let password = password_stdin.then(terminal::read_password).transpose()?;
            let hash = || terminal::read_hidden("Hash of the password: ");
            let password_hash = password_hash_stdin.then(hash).transpose()?.map(Secret::new);
            let mut claims: Map<String, Value> = [
                ("name", name),
                ("given_name", given_name),
                ("family_name", family_name),
                ("email", email),
            ]
            .into_iter()
            .filter_map(|(claim, value)| Some((claim.to_owned(), value?.into())))
            .collect();
            if email_verified {
                claims.insert("email_verified".to_owned(), true.into());
            }
            (
                Action::UserAdd {
                    username,
                    password,
                    password_hash,
                    claims,
                    groups,
                },
                show::object,
            )
        }
        UserTask::Disable { user } => (Action::UserSetEnabled { user, enabled: false }, show::object),
        UserTask::Enable { user } => (Action::UserSetEnabled { user, enabled: true }, show::object),
        UserTask::SetPassword { user } => (
            Action::UserSetPassword {
                user,
                password: terminal::read_password()?,
            },
            show::object,
        ),
        UserTask::Invite { user, lifetime, mail } => (Action::UserInvite { user, lifetime, mail }, show::object),
        UserTask::Authenticators { user } => (Action::UserAuthenticators { user }, show::authenticators),
        UserTask::AddToken {
            user,
            digits,
            counter,
            name,
        } => (
            Action::UserAddToken {
                user,
                secret: Secret::new(terminal::read_hidden("Secret of the token (base32): ")?),
                digits,
                next: counter.into(),
                name,
            },
            show::object,
        ),
        UserTask::Approve { user, id } => (Action::UserApprove { user, id }, show::object),
        UserTask::RemoveAuthenticator { user, id } => (Action::UserRemoveAuthenticator { user, id }, show::object),
    })
}

fn client(task: ClientTask) -> Result<Shown, String> {
    Ok(match task {
        ClientTask::List => (Action::ClientList, show::clients),
        ClientTask::Show { client_id } => (Action::ClientShow { client_id }, show::client),
        ClientTask::Add(new) => (
            Action::ClientAdd {
                metadata: Box::new(metadata(*new)?),
            },
            show::client_with_secret,
        ),
        ClientTask::Disable { client_id } => (
            Action::ClientSetEnabled {
                client_id,
                enabled: false,
            },
            show::object,
        ),
        ClientTask::Enable { client_id } => (
            Action::ClientSetEnabled {
                client_id,
                enabled: true,
            },
            show::object,
        ),
        ClientTask::Remove { client_id } => (Action::ClientRemove { client_id }, show::object),
        ClientTask::RotateSecret { client_id } => (Action::ClientRotateSecret { client_id }, show::client_with_secret),
        ClientTask::Token { task } => token(task)?,
    })
}

fn token(task: TokenTask) -> Result<Shown, String> {
    Ok(match task {
        TokenTask::List => (Action::ClientTokenList, show::tokens),
        TokenTask::Add {
            uses,
            lifetime,
            note,
            scope,
        } => (
            Action::ClientTokenAdd {
                uses,
                lifetime,
                note,
                scope: scope_of(scope)?,
            },
            show::new_token,
        ),
        TokenTask::Revoke { id } => (Action::ClientTokenRevoke { id }, show::object),
    })
}

fn scope_of(text: Option<String>) -> Result<Option<Scope>, String> {
    let parse = |text: String| {
        Scope::parse(&text).map_err(|error| format!("--scope: {error} — write \"openid accounts:read\""))
    };
    text.map(parse).transpose()
}

fn metadata(new: NewClient) -> Result<ClientMetadata, String> {
    let grant_types = match (new.grant_types.is_empty(), new.redirect_uris.is_empty()) {
        (false, _) => new.grant_types,
        (true, false) => vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        (true, true) => vec![GrantType::ClientCredentials],
    };
    let scope = scope_of(new.scope)?;
    let jwks = new.jwks.as_deref().map(key_set).transpose()?;
    let public = new.public.then_some(TokenEndpointAuthMethod::None);
    Ok(ClientMetadata {
        client_id: new.client_id,
        client_name: new.name,
        response_types: if grant_types.contains(&GrantType::AuthorizationCode) {
            vec![ResponseType::CODE]
        } else {
            Vec::new()
        },
        redirect_uris: new.redirect_uris,
        grant_types,
        token_endpoint_auth_method: public
            .or(new.auth_method)
            .unwrap_or(TokenEndpointAuthMethod::ClientSecretBasic),
        application_type: if new.native {
            ApplicationType::Native
        } else {
            ApplicationType::Web
        },
        jwks,
        jwks_uri: new.jwks_uri,
        tls_client_auth_subject_dn: new.subject_dn,
        tls_client_auth_san_dns: new.san_dns,
        tls_client_auth_san_uri: new.san_uri,
        tls_client_auth_san_ip: new.san_ip,
        tls_client_auth_san_email: new.san_email,
        tls_client_certificate_bound_access_tokens: new.certificate_bound,
        scope,
        profile: new.profile,
        owner: new.owner,
        first_party: new.first_party,
        ..ClientMetadata::default()
    })
}

/// The public keys in a file (RFC 7517 §5).
fn key_set(path: &Path) -> Result<KeySet, String> {
    let why = |error: String| {
        format!(
            "--jwks: {}: {error} — write a JSON file with public keys",
            path.display()
        )
    };
    let text = fs::read(path).map_err(|error| why(error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| why(error.to_string()))
}

fn api(task: ApiTask) -> Result<Option<Shown>, String> {
    Ok(Some(match task {
        ApiTask::List => (Action::ApiList, show::apis),
        ApiTask::Show { identifier } => (Action::ApiShow { identifier }, show::object),
        ApiTask::Add(new) => (
            Action::ApiAdd {
                api: Box::new(new_api(new)),
            },
            show::object,
        ),
        ApiTask::Remove { identifier } => (Action::ApiRemove { identifier }, show::object),
        ApiTask::Key { task } => api_key(task)?,
        // It asks no realm anything.
        ApiTask::Import { .. } => return Ok(None),
    }))
}

fn api_key(task: ApiKeyTask) -> Result<Shown, String> {
    Ok(match task {
        ApiKeyTask::List { api, client } => {
            let client_id = client;
            (Action::ApiKeyList { api, client_id }, show::api_keys)
        }
        ApiKeyTask::Show { key } => (Action::ApiKeyShow { key }, show::object),
        ApiKeyTask::Add {
            api,
            client,
            scope,
            name,
            lifetime,
        } => (
            Action::ApiKeyAdd {
                api,
                client_id: client,
                scope: scope_of(scope)?,
                name,
                lifetime,
            },
            show::new_api_key,
        ),
        ApiKeyTask::Rotate { key, overlap, lifetime } => {
            (Action::ApiKeyRotate { key, overlap, lifetime }, show::new_api_key)
        }
        ApiKeyTask::Revoke { key } => (Action::ApiKeyRevoke { key }, show::object),
    })
}

fn new_api(new: NewApi) -> Api {
    let scope = |text: String| match text.split_once('=') {
        Some((name, text)) => ApiScope {
            name: name.to_owned(),
            description: [("en".to_owned(), text.to_owned())].into(),
        },
        None => ApiScope {
            name: text,
            description: BTreeMap::new(),
        },
    };
    Api {
        name: new.name.unwrap_or_else(|| new.identifier.clone()),
        identifier: new.identifier,
        token_format: new.token_format,
        signing_alg: new.signing_alg,
        profile: new.profile,
        acr: new.acr,
        impact: BTreeMap::new(),
        scope: new.scopes.into_iter().map(scope).collect(),
        authorization_details: Vec::new(),
        introspection: new.introspection,
        upstream: Vec::new(),
        gateway: None,
        route: Vec::new(),
        limit: Vec::new(),
    }
}

fn key(task: &KeyTask) -> Shown {
    match task {
        KeyTask::List => (Action::KeyList, show::keys),
        KeyTask::Rotate { alg, now } => (Action::KeyRotate { alg: *alg, now: *now }, show::keys),
    }
}

fn grant(task: GrantTask) -> Shown {
    match task {
        GrantTask::List { user } => (Action::GrantList { user }, show::grants),
        GrantTask::Show { id } => (Action::GrantShow { id }, show::object),
        GrantTask::Revoke { id } => (Action::GrantRevoke { id }, show::object),
    }
}

fn session(task: SessionTask) -> Shown {
    match task {
        SessionTask::List { user } => (Action::SessionList { user }, show::sessions),
        SessionTask::End { id } => (Action::SessionEnd { id }, show::object),
    }
}

fn outbox(task: OutboxTask) -> Shown {
    match task {
        OutboxTask::List { state, limit } => (Action::OutboxList { state, limit }, show::outbox),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{super::arguments::Arguments, *};

    fn action(line: &str) -> (Option<String>, Action) {
        let arguments = Arguments::try_parse_from(line.split(' ')).unwrap();
        let prepared = prepare(arguments.command).unwrap().unwrap();
        (prepared.command.realm, prepared.command.action)
    }

    #[test]
    fn realm_and_json_are_understood_at_both_ends() {
        for line in [
            "sekisho user --realm https://x list --json",
            "sekisho --json user list --realm https://x",
            "sekisho user --config c.toml list --realm https://x --json",
        ] {
            let arguments = Arguments::try_parse_from(line.split(' ')).unwrap();
            assert!(arguments.json);
            assert_eq!(action(line).0.as_deref(), Some("https://x"), "{line}");
        }
    }

    #[test]
    fn a_client_without_redirect_uris_acts_for_itself() {
        let Action::ClientAdd { metadata } = action("sekisho client add robot").1 else {
            panic!("client add")
        };
        assert_eq!(metadata.grant_types, [GrantType::ClientCredentials]);
        assert!(metadata.response_types.is_empty() && !metadata.is_public());
        let line = "sekisho client add app --public --native --redirect-uri http://127.0.0.1/cb --scope openid";
        let Action::ClientAdd { metadata } = action(line).1 else {
            panic!("client add")
        };
        assert_eq!(
            metadata.grant_types,
            [GrantType::AuthorizationCode, GrantType::RefreshToken]
        );
        assert!(metadata.is_public() && metadata.application_type == ApplicationType::Native);
        let baseline = protocol::SecurityProfile::find("baseline").unwrap();
        assert!(metadata.validate(baseline).is_empty());
    }

    #[test]
    fn a_client_that_signs_gives_its_keys_or_says_where_they_are() {
        let line = "sekisho client add robot --auth-method private_key_jwt --jwks-uri https://robot.example/jwks";
        let Action::ClientAdd { metadata } = action(line).1 else {
            panic!("client add")
        };
        let baseline = protocol::SecurityProfile::find("baseline").unwrap();
        assert_eq!(metadata.validate(baseline), []);
        let directory = testkit::process::temporary_directory("jwks");
        let file = directory.join("jwks.json");
        fs::write(&file, r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AQ"}]}"#).unwrap();
        assert_eq!(key_set(&file).unwrap().keys.len(), 1);
        fs::write(&file, r#"{"keys":[{"kty":"oct","k":"AQ"}]}"#).unwrap();
        assert!(key_set(&file).unwrap_err().contains("private member"));
        assert!(key_set(&directory.join("gone")).unwrap_err().contains("gone"));
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn an_initial_access_token_is_for_one_client_and_a_week_unless_said_otherwise() {
        let token = |line| match action(line).1 {
            Action::ClientTokenAdd {
                uses,
                lifetime,
                note,
                scope,
            } => (uses, lifetime, note, scope.map(|scope| scope.to_string())),
            other => panic!("{other:?}"),
        };
        let day = 24 * 3600;
        assert_eq!(token("sekisho client token add"), (1, 7 * day, String::new(), None));
        let line = "sekisho client token add --uses 20 --for 12h --note partners --scope accounts:read";
        let scope = Some("accounts:read".to_owned());
        assert_eq!(token(line), (20, day / 2, "partners".to_owned(), scope));
        assert!(matches!(action("sekisho client token revoke t1").1, Action::ClientTokenRevoke { id } if id == "t1"));
        assert!(matches!(action("sekisho client token list").1, Action::ClientTokenList));
        assert!(Arguments::try_parse_from("sekisho client token add --for soon".split(' ')).is_err());
    }

    #[test]
    fn an_api_key_lives_a_year_and_its_predecessor_a_week_unless_said_otherwise() {
        let line = "sekisho api key add https://api.example.com --client robot --name nightly --scope a:read";
        let Action::ApiKeyAdd {
            api,
            client_id,
            scope,
            name,
            lifetime,
        } = action(line).1
        else {
            panic!("api key add")
        };
        assert_eq!(
            (api.as_str(), client_id.as_str(), name.as_str()),
            ("https://api.example.com", "robot", "nightly")
        );
        assert_eq!(
            (scope.unwrap().to_string(), lifetime),
            ("a:read".to_owned(), 365 * 24 * 3600)
        );
        assert!(matches!(
            action("sekisho api key rotate k1 --overlap 0s --for 90d").1,
            Action::ApiKeyRotate {
                overlap: 0,
                lifetime: Some(7_776_000),
                ..
            }
        ));
        assert!(matches!(
            action("sekisho api key rotate k1").1,
            Action::ApiKeyRotate {
                overlap: 604_800,
                lifetime: None,
                ..
            }
        ));
        let (_, revoke) = action("sekisho api key revoke sekisho_found");
        assert!(!format!("{revoke:?}").contains("found"), "a key is a secret");
        assert!(matches!(revoke, Action::ApiKeyRevoke { key } if key.expose() == "sekisho_found"));
        assert!(Arguments::try_parse_from("sekisho api key add https://api.example.com".split(' ')).is_err());
    }

    #[test]
    fn scopes_of_an_api_come_with_their_text() {
        let line =
            "sekisho api add https://api.example.com --scope a:read=See --scope a:write --token-format jwt --acr loa2";
        let Action::ApiAdd { api } = action(line).1 else {
            panic!("api add")
        };
        assert_eq!(api.scope[0].description["en"], "See");
        assert_eq!(
            (api.scope[1].name.as_str(), api.token_format),
            ("a:write", model::TokenFormat::Jwt)
        );
    }

    #[test]
    fn keys_grants_and_sessions_have_their_commands() {
        assert!(matches!(
            action("sekisho key rotate --alg ES256 --now").1,
            Action::KeyRotate {
                alg: Some(_),
                now: true
            }
        ));
        assert!(matches!(action("sekisho grant revoke g1").1, Action::GrantRevoke { id } if id == "g1"));
        assert!(matches!(action("sekisho session end s1").1, Action::SessionEnd { id } if id == "s1"));
        assert!(Arguments::try_parse_from("sekisho key rotate --alg none".split(' ')).is_err());
        assert!(matches!(
            action("sekisho outbox list --state dead").1,
            Action::OutboxList { state: Some(state), limit: 200 } if state == "dead"
        ));
        assert!(Arguments::try_parse_from("sekisho outbox list --state lost".split(' ')).is_err());
    }
}

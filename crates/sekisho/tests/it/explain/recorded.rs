//! What is remembered of refusals, where and for how long.

use reqwest::Response;
use sekisho::administration::{self, Action, AdminError, AdminErrorKind, Command};
use serde_json::Value;
use testkit::realm;

use crate::{
    app::{App, CLI, Server, WEB_APP, header},
    bank::{Bank, NOON},
};

/// The id that a refusal says.
pub fn id(response: &Response) -> String {
    let id = header(response, "sekisho-explain").to_owned();
    assert_eq!(id.len(), 12, "{id}");
    id
}

/// What `sekisho explain ID` answers beside a running server.
pub async fn explain(bank: &Bank, id: &str) -> Result<Value, AdminError> {
    let action = Action::Explain { id: id.to_owned() };
    let command = Command { realm: None, action };
    let answer = administration::execute(&bank.running.realms, &bank.running.passwords, command).await?;
    let refusal = answer["refusal"].clone();
    let codes = refusal["failed"]["codes"].as_array().unwrap();
    assert!(codes.contains(&refusal["error"]), "{refusal}");
    Ok(refusal)
}

async fn refuse(bank: &Bank, app: App) -> String {
    let form = [("grant_type", "authorization_code"), ("code", "no-such-code")];
    let response = app.post(bank, "/token", &form).await;
    assert_eq!(response.status(), 400);
    id(&response)
}

#[tokio::test]
async fn a_refusal_is_explained_to_whoever_has_its_id() {
    let bank = Bank::start().await;
    let id = refuse(&bank, WEB_APP).await;
    let refusal = explain(&bank, &id).await.unwrap();
    assert_eq!(refusal["id"], id.as_str());
    assert_eq!(refusal["at"], NOON);
    assert_eq!(refusal["issuer"], bank.issuer());
    assert_eq!(
        (&refusal["method"], &refusal["path"]),
        (&"POST".into(), &"/token".into())
    );
    assert_eq!(
        (&refusal["status"], &refusal["error"]),
        (&400.into(), &"invalid_grant".into())
    );
    assert_eq!(
        (&refusal["client_id"], &refusal["client_is_proven"]),
        (&"web-app".into(), &true.into())
    );
    assert_eq!(refusal["network"], "127.0.0.0/24");
    assert_eq!(bank.running.explain(&id).unwrap().id, id);
}

#[tokio::test]
async fn an_unknown_id_tells_nothing() {
    let bank = Bank::start().await;
    let id = refuse(&bank, WEB_APP).await;
    for other in [
        &id[1..],
        &id.to_lowercase(),
        "",
        "%",
        "_",
        "' OR 1=1 --",
        &format!("{id} "),
    ] {
        if other == id {
            continue;
        }
        let error = explain(&bank, other).await.unwrap_err();
        assert_eq!(error.kind, AdminErrorKind::NotFound);
        assert!(error.remedy.contains("on the node that gave it"), "{error}");
        assert!(!error.to_string().contains("web-app"), "{error}");
    }
}

#[tokio::test]
async fn of_a_proven_client_it_outlives_the_server_and_of_others_it_does_not() {
    let bank = Bank::start().await;
    let proven = refuse(&bank, WEB_APP).await;
    let public = refuse(&bank, CLI).await;
    let wrong = bank
        .http
        .post(bank.url("/token"))
        .basic_auth("web-app", Some("wrong"))
        .form(&[("grant_type", "client_credentials")])
        .send()
        .await
        .unwrap();
    let stranger = id(&wrong);
    assert!(explain(&bank, &public).await.is_ok());
    assert_eq!(explain(&bank, &stranger).await.unwrap()["client_is_proven"], false);

    let store = bank.running.realms.store.clone();
    bank.running.stop().await;
    let content = store.find_refusal(&proven, NOON).await.unwrap().unwrap();
    let refusal: Value = serde_json::from_str(&content).unwrap();
    assert_eq!(
        (&refusal["id"], &refusal["client_id"]),
        (&proven.into(), &"web-app".into())
    );
    assert!(!content.contains(&realm::secret("web-app")));
    for unproven in [public, stranger] {
        assert_eq!(store.find_refusal(&unproven, NOON).await.unwrap(), None);
    }
    let week = 7 * 24 * 3600;
    let id = refusal["id"].as_str().unwrap();
    assert!(store.find_refusal(id, NOON + week - 1).await.unwrap().is_some());
    assert!(store.find_refusal(id, NOON + week).await.unwrap().is_none());
}

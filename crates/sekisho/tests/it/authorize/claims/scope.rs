//! The claims of the scopes (OpenID Connect Core §5.4).

use super::*;

// Conformance: B80 B85 oidcc-scope-profile oidcc-scope-email oidcc-scope-address oidcc-scope-phone oidcc-scope-all
// Conformance: OP-16
#[tokio::test]
async fn each_scope_gives_all_its_claims_with_their_types_at_userinfo_alone() {
    let bank = people().await;
    for (scope, more) in [
        ("profile", &["profile"][..]),
        ("email", &["email"]),
        ("address", &["address"]),
        ("phone", &["phone"]),
        ("profile email address phone", &["profile", "email", "address", "phone"]),
    ] {
        let (id_token, userinfo) = learned(&bank, &ask(&format!("openid {scope}"), &Value::Null)).await;
        let expected = protocol::claims::SCOPE_CLAIMS
            .iter()
            .filter(|(token, _)| more.contains(token))
            .flat_map(|(_, names)| names.iter());
        let expected: Vec<_> = expected.collect();
        for name in &expected {
            let value = &userinfo[**name];
            let is_right = match **name {
                "email_verified" | "phone_number_verified" => value.is_boolean(),
                "updated_at" => value.is_i64(),
                "address" => value["country"] == "JP",
                _ => value.is_string(),
            };
            assert!(is_right, "{name}: {value}");
        }
        assert_eq!(
            of_the_person(&userinfo).as_object().unwrap().len(),
            expected.len(),
            "{scope}"
        );
        assert_eq!(of_the_person(&id_token), json!({}), "{scope}");
        assert_eq!(userinfo["sub"], id_token["sub"]);
    }
}

// Conformance: B80 oidcc-scope-all
#[tokio::test]
async fn without_an_access_token_the_claims_of_the_scopes_are_in_the_id_token() {
    let bank = people().await;
    let request = ask("openid profile email address phone", &Value::Null).with("response_type", "id_token");
    let callback = request.walk(&bank, &bank.browser(), "carol").await;
    assert_eq!(callback.get("access_token"), None);
    let told = of_the_person(&claims(callback.get("id_token").unwrap()));
    assert_eq!(told.as_object().unwrap().len(), 19, "{told}");
    assert!(told["updated_at"].is_i64() && told["address"].is_object());

    let single = json!({"id_token": {"name": {"essential": true}}});
    let request = ask("openid", &single).with("response_type", "id_token");
    let callback = request.walk(&bank, &bank.browser(), "carol").await;
    let told = of_the_person(&claims(callback.get("id_token").unwrap()));
    assert_eq!(told, json!({"name": "Carol Example"}));
}

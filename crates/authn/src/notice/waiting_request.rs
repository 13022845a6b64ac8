//! The mail that an app asks something of a user and waits for the answer.
//!
//! Spec: CIBA §8 (the user's own device is told), FAPI-CIBA §7.2 (requests that the user knows nothing of)
//!
//! What the app asks, and what it calls itself, is on the page alone: there the user is told who it is.

use model::{Realm, User};
use storage::outbox::NewCall;

use super::{Language, mail};

/// The mail; `None` for users without a verified address. `expires_at`: when the request is over, unix seconds.
pub fn waiting_request(user: &User, realm: &Realm, expires_at: i64, locale: &str) -> Option<NewCall> {
    let (organisation, username) = (&realm.display_name, &user.username);
    let page = format!("{}/account/requests", realm.issuer);
    let text = match Language::of(locale) {
        Some(Language::Japanese) => (
            format!("{organisation}：アプリからの要求への回答のお願い"),
            format!(
                "{organisation} のアカウントに、アプリからの要求が届いています。\n\n\
                 ユーザー名：{username}\n\n\
                 心当たりがある場合は、次のページで内容を確認してお答えください。\n\
                 {page}\n\n\
                 心当たりがない場合は、許可しないでください。お答えがなければ、要求はまもなく無効になります。\n"
            ),
        ),
        Some(Language::English) | None => (
            format!("A request waits for you at {organisation}"),
            format!(
                "An app asks for something with your account at {organisation}, and waits for your answer.\n\n\
                 User name: {username}\n\n\
                 If you expect this, see what it asks and answer at\n\
                 {page}\n\n\
                 If you do not, do not allow it. Without your answer the request ends by itself soon.\n"
            ),
        ),
    };
    mail(user, realm, text, expires_at)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{notice::tests::user, test_realm::settings};

    fn payload(locale: &str) -> Value {
        let alice = user(&json!({ "email": "alice@example.com", "email_verified": true }));
        let call = waiting_request(&alice, &settings("https://id.example.com"), 1_800_000_300, locale).unwrap();
        assert_eq!((call.kind.as_str(), call.expires_at), ("mail", 1_800_000_300));
        serde_json::from_str(&call.payload).unwrap()
    }

    #[test]
    fn it_says_where_to_answer_in_the_users_language() {
        let english = payload("en");
        assert_eq!(english["subject"], "A request waits for you at Bank");
        assert_eq!(payload("ja")["subject"], "Bank：アプリからの要求への回答のお願い");
        for text in [english, payload("ja")] {
            let text = text["text"].as_str().unwrap();
            assert!(text.contains("\nhttps://id.example.com/account/requests\n") && text.contains("alice"));
        }
    }

    #[test]
    fn only_verified_addresses_get_it() {
        let stranger = user(&json!({ "email": "a@example.com" }));
        assert!(waiting_request(&stranger, &settings("https://id.example.com"), 1, "en").is_none());
    }
}

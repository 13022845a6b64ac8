//! What users are told by mail about their account.
//!
//! Spec: NIST SP 800-63B §6.1 (notify the user by an address that does not hang on the browser in question), CIBA §8 (the
//! user's own device is told), FAPI-CIBA §7.2 (requests that the user knows nothing of)
//!
//! The mail goes to addresses that were verified, and to no others: a mistyped one would tell a stranger. Whoever
//! signed in may be an attacker who chose what the browser says of itself, so nothing of it is quoted: a text of theirs
//! in a mail of the realm would be believed. What an app asks, and what it calls itself, is on the page alone.

mod letter;

use std::net::IpAddr;

use model::{Realm, User, new_id};
use realm::RealmContext;
use serde_json::Value;
use storage::outbox::NewCall;

pub use self::letter::{Content, Letter};
use crate::browser_name::BrowserName;

/// After this time, in seconds, a notice tells nothing new.
const WORTH_SENDING: i64 = 24 * 3600;
/// The languages that mail is written in, by their primary tags.
const LANGUAGES: [&str; 2] = ["en", "ja"];

/// The primary language of a tag (BCP 47), if mail is written in it.
fn language(tag: &str) -> Option<&'static str> {
    let primary = tag.split(['-', '_']).next()?;
    LANGUAGES.into_iter().find(|known| known.eq_ignore_ascii_case(primary))
}

/// The language tag to write to a user in: the claim `locale` (OIDC Core §5.1) if the realm offers that language, else
/// the realm's first.
fn locale<'a>(user: &'a User, realm: &'a Realm) -> &'a str {
    let offers = |tag: &&str| {
        let wanted = language(tag);
        wanted.is_some() && realm.locales.iter().any(|offered| language(offered) == wanted)
    };
    let claimed = user.claims.get("locale").and_then(Value::as_str).filter(offers);
    claimed
        .or_else(|| realm.locales.first().map(String::as_str))
        .unwrap_or("en")
}

/// The mail that somebody signed in just now from a browser that was not recognised; `None` for users without a
/// verified address.
///
/// `address` is the browser's network address, `user_agent` what it says of itself, `link` where whoever did not sign in
/// ends what began.
pub fn new_sign_in(
    realm: &RealmContext,
    user: &User,
    (address, user_agent): (&str, &str),
    link: String,
) -> Option<NewCall> {
    let browser = BrowserName::of(user_agent);
    let address = address.parse::<IpAddr>().ok();
    tell(
        realm,
        user,
        Content::NewSignIn {
            when: realm.now(),
            address: address.map(|address| address.to_canonical().to_string()),
            browser: browser.name.map(str::to_owned),
            system: browser.system.map(str::to_owned),
            link,
        },
    )
}

/// The mail that an app asks something of a user and waits for the answer; `None` likewise. `expires_at`: when the
/// request is over, unix seconds.
pub fn waiting_request(realm: &RealmContext, user: &User, expires_at: i64) -> Option<NewCall> {
    tell_until(realm, user, Content::WaitingRequest, expires_at)
}

/// The mail that tells a user this; `None` likewise.
pub fn tell(realm: &RealmContext, user: &User, content: Content) -> Option<NewCall> {
    tell_until(realm, user, content, realm.now() + WORTH_SENDING)
}

/// The same; `expires_at`: when (unix seconds) it tells nothing any more.
pub fn tell_until(realm: &RealmContext, user: &User, content: Content, expires_at: i64) -> Option<NewCall> {
    to_address(realm, user, verified_email(user)?, content, expires_at)
}

/// The same to an address that is yet to be verified, which may be a stranger's.
pub(crate) fn to_address(
    realm: &RealmContext,
    user: &User,
    to: &str,
    content: Content,
    expires_at: i64,
) -> Option<NewCall> {
    let letter = Letter {
        to: to.to_owned(),
        locale: locale(user, &realm.realm).to_owned(),
        organisation: realm.realm.display_name.clone(),
        username: user.username.clone(),
        account: realm.url("/account"),
        content,
    };
    let id = new_id();
    // Texts and numbers can always be written down.
    let payload = letter.wrap(&realm.wrap, realm.issuer(), &id).ok()?;
    Some(NewCall {
        id,
        realm: realm.issuer().to_owned(),
        kind: "mail".to_owned(),
        destination: letter.to,
        payload,
        expires_at,
    })
}

/// The address that mail to a user may go to.
pub fn verified_email(user: &User) -> Option<&str> {
    let is_verified = user.claims.get("email_verified") == Some(&Value::Bool(true));
    let email = user.claims.get("email").and_then(Value::as_str);
    email.filter(|email| is_verified && !email.is_empty())
}

#[cfg(test)]
mod tests {
    use model::Source;
    use serde_json::json;

    use super::*;
    use crate::test_realm::{TestRealm, settings};

    const LINK: &str = "https://id.example.com/not-me?t=x";
    const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0";

    fn user(claims: &Value) -> User {
        User {
            id: "u1".into(),
            username: "alice".into(),
            claims: claims.as_object().unwrap().clone(),
            groups: vec![],
            password_hash: None,
            proofing: None,
            enabled: true,
            source: Source::Api,
            created_at: 0,
            updated_at: 0,
        }
    }

    fn alice() -> User {
        user(&json!({ "email": "alice@example.com", "email_verified": true }))
    }

    fn read(realm: &RealmContext, call: &NewCall) -> Letter {
        Letter::unwrap(&realm.wrap, &call.realm, &call.id, &call.payload).unwrap()
    }

    #[tokio::test]
    async fn the_call_is_mail_of_the_realm_to_the_user_for_a_day() {
        let test = TestRealm::new().await;
        let realm = test.realm();
        let call = new_sign_in(realm, &alice(), ("::ffff:192.0.2.1", FIREFOX), LINK.into()).unwrap();
        assert_eq!(
            (call.kind.as_str(), call.destination.as_str(), call.expires_at),
            ("mail", "alice@example.com", realm.now() + WORTH_SENDING)
        );
        let letter = read(realm, &call);
        assert_eq!(
            (letter.to.as_str(), letter.locale.as_str(), letter.account.as_str()),
            ("alice@example.com", "en", "https://id.example.com/account")
        );
        let Content::NewSignIn {
            when,
            address,
            browser,
            system,
            link,
        } = letter.content
        else {
            panic!("another content");
        };
        assert_eq!(
            (when, address.as_deref(), link.as_str()),
            (realm.now(), Some("192.0.2.1"), LINK)
        );
        assert_eq!(
            (browser.as_deref(), system.as_deref()),
            (Some("Firefox"), Some("Windows"))
        );
        let another = new_sign_in(realm, &alice(), ("192.0.2.1", FIREFOX), LINK.into()).unwrap();
        assert_ne!(call.id, another.id);
    }

    #[tokio::test]
    async fn nothing_that_the_browser_chose_is_quoted() {
        let test = TestRealm::new().await;
        let said = ("call 0120-000-000", "Call https://evil.example now");
        let call = new_sign_in(test.realm(), &alice(), said, LINK.into()).unwrap();
        let letter = serde_json::to_string(&read(test.realm(), &call)).unwrap();
        assert!(!letter.contains("evil") && !letter.contains("0120"), "{letter}");
    }

    #[tokio::test]
    async fn a_request_is_told_of_until_it_is_over() {
        let test = TestRealm::new().await;
        let call = waiting_request(test.realm(), &alice(), 1_800_000_300).unwrap();
        assert_eq!((call.kind.as_str(), call.expires_at), ("mail", 1_800_000_300));
        assert_eq!(read(test.realm(), &call).content.kind(), "waiting_request");
    }

    #[tokio::test]
    async fn only_verified_addresses_get_mail() {
        let test = TestRealm::new().await;
        for claims in [
            json!({}),
            json!({ "email": "a@example.com" }),
            json!({ "email": "a@example.com", "email_verified": false }),
            json!({ "email": "a@example.com", "email_verified": "true" }),
            json!({ "email": "", "email_verified": true }),
            json!({ "email": 7, "email_verified": true }),
            json!({ "email_verified": true }),
        ] {
            let call = waiting_request(test.realm(), &user(&claims), 1);
            assert!(call.is_none(), "{claims}");
        }
    }

    #[test]
    fn the_users_language_is_used_where_the_realm_offers_it() {
        let mut realm = settings("https://id.example.com");
        realm.locales = vec!["ja".into(), "en".into()];
        for (claims, expected) in [
            (json!({ "locale": "en-US" }), "en-US"),
            (json!({ "locale": "ja_JP" }), "ja_JP"),
            (json!({ "locale": "fr" }), "ja"),
            (json!({}), "ja"),
        ] {
            assert_eq!(locale(&user(&claims), &realm), expected, "{claims}");
        }
        realm.locales = vec!["en".into()];
        assert_eq!(locale(&user(&json!({ "locale": "ja" })), &realm), "en");
    }
}

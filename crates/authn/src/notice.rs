//! What users are told by mail about their account.
//!
//! Spec: NIST SP 800-63B §6.1 (notify the user by an address that does not hang on the browser in question)
//!
//! The mail goes to addresses that were verified, and to no others: a mistyped one would tell a stranger. Whoever
//! signed in may be an attacker who chose what the browser says of itself, so nothing of it is quoted: a text of theirs
//! in a mail of the realm would be believed.

mod waiting_request;

use std::net::IpAddr;

use model::{Realm, User, new_id};
use serde_json::{Value, json};
use storage::outbox::NewCall;
use time::{OffsetDateTime, format_description::StaticFormatDescription, macros::format_description};

pub use self::waiting_request::waiting_request;

/// After this time, in seconds, a notice tells nothing new.
const WORTH_SENDING: i64 = 24 * 3600;

/// A language that notices are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    English,
    Japanese,
}

impl Language {
    /// The language of a tag (BCP 47), by its primary language.
    fn of(tag: &str) -> Option<Self> {
        match tag.split(['-', '_']).next()?.to_ascii_lowercase().as_str() {
            "en" => Some(Self::English),
            "ja" => Some(Self::Japanese),
            _ => None,
        }
    }
}

/// The language tag to write to a user in: the claim `locale` (OIDC Core §5.1) if the realm offers that language, else
/// the realm's first.
pub fn locale<'a>(user: &'a User, realm: &'a Realm) -> &'a str {
    let offers = |tag: &&str| {
        let wanted = Language::of(tag);
        wanted.is_some() && realm.locales.iter().any(|offered| Language::of(offered) == wanted)
    };
    let claimed = user.claims.get("locale").and_then(Value::as_str).filter(offers);
    claimed
        .or_else(|| realm.locales.first().map(String::as_str))
        .unwrap_or("en")
}

/// The mail that somebody signed in from a browser that was not recognised; `None` for users without a verified
/// address.
///
/// `when` is in unix seconds, `address` the browser's network address, `browser` its `User-Agent`, `locale` a language
/// tag; what is neither English nor Japanese gets English.
pub fn new_sign_in(
    user: &User,
    realm: &Realm,
    when: i64,
    address: &str,
    browser: &str,
    locale: &str,
) -> Option<NewCall> {
    let event = Event {
        organisation: &realm.display_name,
        username: &user.username,
        when: OffsetDateTime::from_unix_timestamp(when).ok()?,
        address: address.parse().ok(),
        browser: Browser::of(browser),
        account: format!("{}/account", realm.issuer),
    };
    let text = match Language::of(locale) {
        Some(Language::Japanese) => event.in_japanese(),
        Some(Language::English) | None => event.in_english(),
    };
    mail(user, realm, text, when + WORTH_SENDING)
}

/// Mail of the realm to a user; `None` for users without a verified address.
fn mail(user: &User, realm: &Realm, (subject, text): (String, String), expires_at: i64) -> Option<NewCall> {
    let to = verified_email(user)?;
    Some(NewCall {
        id: new_id(),
        realm: realm.issuer.clone(),
        kind: "mail".to_owned(),
        destination: to.to_owned(),
        payload: json!({ "to": to, "subject": subject, "text": text }).to_string(),
        expires_at,
    })
}

fn verified_email(user: &User) -> Option<&str> {
    let is_verified = user.claims.get("email_verified") == Some(&Value::Bool(true));
    let email = user.claims.get("email").and_then(Value::as_str);
    email.filter(|email| is_verified && !email.is_empty())
}

/// What happened.
struct Event<'a> {
    organisation: &'a str,
    username: &'a str,
    when: OffsetDateTime,
    address: Option<IpAddr>,
    browser: Browser,
    account: String,
}

impl Event<'_> {
    /// Subject and text.
    fn in_english(&self) -> (String, String) {
        const WHEN: StaticFormatDescription =
            format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
        let Self {
            organisation,
            username,
            account,
            ..
        } = self;
        let browser = match (self.browser.name, self.browser.system) {
            (Some(name), Some(system)) => format!("{name} on {system}"),
            (Some(one), None) | (None, Some(one)) => one.to_owned(),
            (None, None) => "unknown".to_owned(),
        };
        let text = format!(
            "Somebody signed in to your account at {organisation} from a browser that was not recognised.\n\n\
             User name: {username}\n\
             Time: {}\n\
             Browser: {browser}\n\
             Network address: {}\n\n\
             If this was you, there is nothing to do.\n\n\
             If it was not you, somebody else knows your password. End that session at\n\
             {account}\n\
             and tell {organisation} at once.\n",
            self.time(WHEN),
            self.address("unknown"),
        );
        (format!("New sign-in to your account at {organisation}"), text)
    }

    /// Subject and text.
    fn in_japanese(&self) -> (String, String) {
        const WHEN: StaticFormatDescription =
            format_description!("[year]年[month padding:none]月[day padding:none]日 [hour]:[minute]（UTC）");
        let Self {
            organisation,
            username,
            account,
            ..
        } = self;
        let browser = match (self.browser.name, self.browser.system) {
            (Some(name), Some(system)) => format!("{name}（{system}）"),
            (Some(one), None) | (None, Some(one)) => one.to_owned(),
            (None, None) => "不明".to_owned(),
        };
        let text = format!(
            "{organisation} のアカウントに、これまで確認されていないブラウザーからサインインがありました。\n\n\
             ユーザー名：{username}\n\
             日時：{}\n\
             ブラウザー：{browser}\n\
             ネットワークアドレス：{}\n\n\
             ご本人によるものであれば、何もする必要はありません。\n\n\
             お心当たりがない場合は、他人にパスワードを知られています。次のページでそのセッションを終了し、\
             すぐに {organisation} へご連絡ください。\n\
             {account}\n",
            self.time(WHEN),
            self.address("不明"),
        );
        (format!("{organisation}：新しいサインインのお知らせ"), text)
    }

    fn time(&self, format: StaticFormatDescription) -> String {
        self.when.format(format).unwrap_or_default()
    }

    fn address(&self, unknown: &str) -> String {
        self.address
            .map_or_else(|| unknown.to_owned(), |address| address.to_canonical().to_string())
    }
}

/// What a browser says of itself, in words of ours.
#[derive(Debug, PartialEq, Eq)]
struct Browser {
    name: Option<&'static str>,
    system: Option<&'static str>,
}

impl Browser {
    /// Order matters: nearly all claim to be Safari, and many to be Chrome.
    const NAMES: &[(&str, &str)] = &[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: &[(&str, &str)] = &[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];

    fn of(user_agent: &str) -> Self {
        let find = |table: &[(&str, &'static str)]| {
            table
                .iter()
                .find(|(mark, _)| user_agent.contains(mark))
                .map(|(_, name)| *name)
        };
        Self {
            name: find(Self::NAMES),
            system: find(Self::SYSTEMS),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use model::Source;

    use super::*;
    use crate::test_realm::settings;

    const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0";

    pub(crate) fn user(claims: &Value) -> User {
        User {
            id: "u1".into(),
            username: "alice".into(),
            claims: claims.as_object().unwrap().clone(),
            groups: vec![],
            password_hash: None,
            enabled: true,
            source: Source::Api,
            created_at: 0,
            updated_at: 0,
        }
    }

    fn alice() -> User {
        user(&json!({ "email": "alice@example.com", "email_verified": true }))
    }

    /// Subject and text of the notice to Alice.
    fn notice(address: &str, browser: &str, locale: &str) -> (String, String) {
        let realm = settings("https://id.example.com/bank");
        let call = new_sign_in(&alice(), &realm, 1_800_000_000, address, browser, locale).unwrap();
        let payload: Value = serde_json::from_str(&call.payload).unwrap();
        assert_eq!(payload["to"], "alice@example.com");
        let member = |name: &str| payload[name].as_str().unwrap().to_owned();
        (member("subject"), member("text"))
    }

    #[test]
    fn the_call_is_mail_of_the_realm_to_the_user_for_a_day() {
        let realm = settings("https://id.example.com");
        let call = new_sign_in(&alice(), &realm, 1_800_000_000, "192.0.2.1", FIREFOX, "en").unwrap();
        let wanted = ("https://id.example.com", "mail", "alice@example.com", 1_800_086_400);
        assert_eq!(
            (
                call.realm.as_str(),
                call.kind.as_str(),
                call.destination.as_str(),
                call.expires_at
            ),
            wanted
        );
        let another = new_sign_in(&alice(), &realm, 1_800_000_000, "192.0.2.1", FIREFOX, "en").unwrap();
        assert_ne!(call.id, another.id);
    }

    #[test]
    fn it_says_who_when_where_from_and_what_to_do() {
        let (subject, text) = notice("192.0.2.1", FIREFOX, "en-GB");
        assert_eq!(subject, "New sign-in to your account at Bank");
        for part in [
            "User name: alice\n",
            "Time: 15 January 2027, 08:00 UTC\n",
            "Browser: Firefox on Windows\n",
            "Network address: 192.0.2.1\n",
            "\nhttps://id.example.com/bank/account\n",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn it_is_written_in_japanese_and_otherwise_in_english() {
        let (subject, text) = notice("::ffff:192.0.2.1", FIREFOX, "ja-JP");
        assert_eq!(subject, "Bank：新しいサインインのお知らせ");
        for part in [
            "ユーザー名：alice\n",
            "日時：2027年1月15日 08:00（UTC）\n",
            "ブラウザー：Firefox（Windows）\n",
            "ネットワークアドレス：192.0.2.1\n",
            "https://id.example.com/bank/account\n",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        for other in ["fr", "", "xx-ja"] {
            assert!(notice("192.0.2.1", FIREFOX, other).1.starts_with("Somebody"), "{other}");
        }
    }

    #[test]
    fn nothing_that_the_browser_chose_is_quoted() {
        let (_, text) = notice("call 0120-000-000", "Call https://evil.example now", "en");
        assert!(!text.contains("evil") && !text.contains("0120"), "{text}");
        assert!(text.contains("Browser: unknown\nNetwork address: unknown\n"), "{text}");
    }

    #[test]
    fn browsers_are_named_as_far_as_they_are_known() {
        let edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0";
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1";
        for (user_agent, name, system) in [
            (edge, Some("Edge"), Some("Windows")),
            (iphone, Some("Safari"), Some("iPhone")),
            ("Something (Linux)", None, Some("Linux")),
            ("curl/8.5.0", None, None),
        ] {
            assert_eq!(Browser::of(user_agent), Browser { name, system }, "{user_agent}");
        }
    }

    #[test]
    fn only_verified_addresses_get_mail() {
        let realm = settings("https://id.example.com");
        for claims in [
            json!({}),
            json!({ "email": "a@example.com" }),
            json!({ "email": "a@example.com", "email_verified": false }),
            json!({ "email": "a@example.com", "email_verified": "true" }),
            json!({ "email": "", "email_verified": true }),
            json!({ "email": 7, "email_verified": true }),
            json!({ "email_verified": true }),
        ] {
            let call = new_sign_in(&user(&claims), &realm, 0, "192.0.2.1", FIREFOX, "en");
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

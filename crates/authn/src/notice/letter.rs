//! A letter: what a mail is to tell, and to whom. How it is said is the templates' affair, when it is sent.
//!
//! In the outbox it is wrapped: it may hold a code, and who reads the database is not to sign in with it.

use jose::{WrapKey, b64};
use serde::{Deserialize, Serialize};

/// What goes to one person. It may hold a secret: no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Letter {
    /// The mail address.
    pub to: String,
    /// The language to write in, a tag (BCP 47).
    pub locale: String,
    /// The realm's name.
    pub organisation: String,
    /// The name that the user signs in with.
    pub username: String,
    /// The URL of the user's own pages.
    pub account: String,
    /// What it tells.
    pub content: Content,
}

/// What there is to tell. Times are unix seconds.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Somebody signed in from a browser that was not recognised.
    NewSignIn {
        /// When.
        when: i64,
        /// From which network address.
        address: Option<String>,
        /// The browser's name, one of ours.
        browser: Option<String>,
        /// Its system's name, likewise.
        system: Option<String>,
        /// Where whoever did not do it ends it.
        link: String,
    },
    /// An app asks something in the background, and waits.
    WaitingRequest,
    /// A code to be entered where the user is signing in.
    Code {
        /// The code.
        code: String,
        /// For how many minutes it is good.
        minutes: i64,
    },
    /// A code by which the reader shows that the address is theirs.
    VerifyAddress {
        /// The code.
        code: String,
        /// For how many minutes it is good.
        minutes: i64,
    },
    /// A further factor was enrolled.
    FactorAdded {
        /// Its name: a message under `mail.factor`.
        factor: String,
        /// When.
        when: i64,
    },
    /// A factor was removed.
    FactorRemoved {
        /// Its name, likewise.
        factor: String,
        /// When.
        when: i64,
    },
    /// A further factor was enrolled, and does not count yet.
    ConfirmFactor {
        /// Its name, likewise.
        factor: String,
        /// When.
        when: i64,
        /// From when on it counts, once it is confirmed.
        counts_from: i64,
        /// Where it is confirmed, or stopped.
        link: String,
    },
    /// A passkey signed less often than before: there may be a copy of it.
    PasskeyCopied {
        /// What its user calls it; may be empty.
        name: String,
        /// When.
        when: i64,
    },
    /// The password was changed.
    PasswordChanged {
        /// When.
        when: i64,
    },
    /// The way to a new password, for who has forgotten it.
    ResetPassword {
        /// Where it is set.
        link: String,
        /// For how many minutes the link is good.
        minutes: i64,
    },
    /// The operator lets the user set the first password, or a further factor that counts at once.
    Invitation {
        /// Where.
        link: String,
        /// Until when the link is good.
        until: i64,
    },
}

impl Content {
    /// Its name: that of its templates and its messages.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NewSignIn { .. } => "new_sign_in",
            Self::WaitingRequest => "waiting_request",
            Self::Code { .. } => "code",
            Self::VerifyAddress { .. } => "verify_address",
            Self::FactorAdded { .. } => "factor_added",
            Self::FactorRemoved { .. } => "factor_removed",
            Self::ConfirmFactor { .. } => "confirm_factor",
            Self::PasskeyCopied { .. } => "passkey_copied",
            Self::PasswordChanged { .. } => "password_changed",
            Self::ResetPassword { .. } => "reset_password",
            Self::Invitation { .. } => "invitation",
        }
    }
}

impl Letter {
    /// As the payload of the call `id` of a realm.
    pub fn wrap(&self, wrap: &WrapKey, issuer: &str, id: &str) -> Result<String, serde_json::Error> {
        let plain = serde_json::to_vec(self)?;
        Ok(b64::encode(wrap.wrap(&label(issuer, id), &plain)))
    }

    /// What the payload of a call holds; `None` when it was not wrapped for it.
    pub fn unwrap(wrap: &WrapKey, issuer: &str, id: &str, payload: &str) -> Option<Self> {
        let plain = wrap.unwrap(&label(issuer, id), &b64::decode(payload)?).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}

fn label(issuer: &str, id: &str) -> String {
    format!("mail {issuer} {id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_read_by_its_own_call_alone_and_tells_nothing_before() {
        let wrap = WrapKey::from_bytes([7; 32]);
        let letter = Letter {
            to: "alice@example.com".into(),
            locale: "en".into(),
            organisation: "Bank".into(),
            username: "alice".into(),
            account: "https://id.example/account".into(),
            content: Content::Code {
                code: "12345678".into(),
                minutes: 10,
            },
        };
        let payload = letter.wrap(&wrap, "https://id.example", "c1").unwrap();
        assert!(!payload.contains("12345678") && !payload.contains("alice"));
        let read = |issuer, id| Letter::unwrap(&wrap, issuer, id, &payload);
        assert!(
            matches!(read("https://id.example", "c1").unwrap().content, Content::Code { code, .. } if code == "12345678")
        );
        assert!(read("https://id.example", "c2").is_none() && read("https://other.example", "c1").is_none());
        assert!(Letter::unwrap(&wrap, "https://id.example", "c1", "{}").is_none());
    }
}

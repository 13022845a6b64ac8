//! What happened, for those who have to answer for it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One event, or several alike that were counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its id, which sorts by time.
    pub id: String,
    /// The issuer of the realm.
    pub realm: String,
    /// When, unix seconds.
    pub at: i64,
    /// What.
    pub kind: AuditKind,
    /// Who did it.
    pub actor: Actor,
    /// The user who did it, or whom it is about.
    pub user_id: Option<String>,
    /// The client by which it happened, or which it is about.
    pub client_id: Option<String>,
    /// From which network address, or network.
    pub address: Option<String>,
    /// The id of the request: in the log, and in `Sekisho-Explain` of a refusal.
    pub explanation_id: Option<String>,
    /// How many times.
    pub count: i64,
    /// What else there is to say. No secrets, no tokens.
    pub details: Map<String, Value>,
}

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// A user who is signed in.
    User,
    /// A client.
    Client,
    /// Whoever runs commands and writes files.
    Operator,
    /// This server by itself.
    Server,
    /// Nobody who is known.
    Anonymous,
}

impl Actor {
    const ALL: [Self; 5] = [Self::User, Self::Client, Self::Operator, Self::Server, Self::Anonymous];

    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Client => "client",
            Self::Operator => "operator",
            Self::Server => "server",
            Self::Anonymous => "anonymous",
        }
    }

    /// From the stored form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|actor| actor.as_str() == text)
    }
}

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditResult {
    /// It was done.
    Succeeded,
    /// Somebody was refused, or refused it.
    Refused,
    /// This server failed.
    Failed,
}

impl AuditResult {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Succeeded, Self::Refused, Self::Failed];

    /// As shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    /// From what is typed.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.as_str() == text)
    }
}

/// The kinds of events: a name that never changes, how it ended, and what it says.
macro_rules! kinds {
    ($($variant:ident, $name:literal, $result:ident, $text:literal;)+) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum AuditKind {
            $(#[doc = $text] $variant,)+
        }

        impl AuditKind {
            /// All there are.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name, as stored and shown.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// How it ended.
            pub const fn result(self) -> AuditResult {
                match self {
                    $(Self::$variant => AuditResult::$result,)+
                }
            }

            /// What it says, for people.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

kinds! {
    SignInSucceeded, "sign_in.succeeded", Succeeded, "A user signed in";
    SignInFailed, "sign_in.failed", Refused, "Somebody did not get in: a wrong password, or too many guesses";
    FactorProved, "factor.proved", Succeeded, "A user who is signed in proved a further factor";
    CodeByMailProved, "factor.code_by_mail", Succeeded, "A user who is signed in typed the code that was mailed to them";
    FactorFailed, "factor.failed", Refused, "A user who is signed in did not prove a further factor: a wrong or used code, or too many guesses";
    PolicyDenied, "policy.denied", Refused, "A policy did not let a user in";
    AuthenticatorEnrolled, "authenticator.enrolled", Succeeded, "A user has a further way to prove who they are";
    AuthenticatorActivated, "authenticator.activated", Succeeded, "A further way to prove who somebody is was confirmed or approved";
    AuthenticatorRemoved, "authenticator.removed", Succeeded, "A way to prove who somebody is was given up";
    SignUpSucceeded, "sign_up.succeeded", Succeeded, "Somebody made an account, and is signed in";
    SignUpFailed, "sign_up.failed", Refused, "Somebody got no account: the name is taken, or too many were made";
    SessionEnded, "session.ended", Succeeded, "A user is signed out";
    BrowserForgotten, "browser.forgotten", Succeeded, "A user had a recognised browser forgotten";
    AddressVerified, "address.verified", Succeeded, "A user showed that a mail address is theirs";
    ConsentGiven, "consent.given", Succeeded, "A user permitted an app something for the first time";
    ConsentChanged, "consent.changed", Succeeded, "A user was asked again, and what an app may do is another now";
    ConsentRemembered, "consent.remembered", Succeeded, "An app got what its user had permitted before, without a question";
    ConsentRefused, "consent.refused", Refused, "A user did not permit an app what it asked for";
    ConsentRevoked, "consent.revoked", Succeeded, "What an app may do was taken back, with all its tokens";
    DeviceApproved, "device.approved", Succeeded, "A user permitted a device what it asked for";
    DeviceRefused, "device.refused", Refused, "A user did not permit a device what it asked for";
    CibaApproved, "ciba.approved", Succeeded, "A user permitted what a client asked for in the background";
    CibaRefused, "ciba.refused", Refused, "A user did not permit what a client asked for in the background";
    TokenIssued, "token.issued", Succeeded, "A client got tokens";
    TokenRefreshed, "token.refreshed", Succeeded, "A client got new tokens by a refresh token";
    TokenRevoked, "token.revoked", Succeeded, "A client gave a token back";
    CodeReplayed, "code.replayed", Refused, "A code was used twice, which ended its tokens";
    RefreshTokenReplayed, "refresh_token.replayed", Refused, "A replaced refresh token was used, which ended all that came from it";
    RequestRefused, "request.refused", Refused, "A request was refused";
    UserCreated, "user.created", Succeeded, "A user was made";
    UserChanged, "user.changed", Succeeded, "What is known of a user was changed";
    UserEnabled, "user.enabled", Succeeded, "A user was enabled";
    UserDisabled, "user.disabled", Succeeded, "A user was disabled, and signed out everywhere";
    AuthenticatorCloned, "authenticator.cloned", Refused, "A passkey signed less often than before: there may be a copy of it";
    UserPasswordChanged, "user.password_changed", Succeeded, "A user has a new password, and was signed out everywhere";
    UserCodeChanged, "user.code_changed", Succeeded, "A user set or removed the code for requests in the background";
    UserInvited, "user.invited", Succeeded, "An operator wrote an invitation for a user";
    ClientCreated, "client.created", Succeeded, "A client was registered";
    ClientChanged, "client.changed", Succeeded, "A client's registration was changed";
    ClientEnabled, "client.enabled", Succeeded, "A client was enabled";
    ClientDisabled, "client.disabled", Succeeded, "A client was disabled";
    ClientRemoved, "client.removed", Succeeded, "A client was removed, with all that it was granted";
    ClientSecretChanged, "client.secret_changed", Succeeded, "A client has a new secret";
    InitialTokenCreated, "initial_token.created", Succeeded, "An initial access token was made, with which clients register themselves";
    InitialTokenRevoked, "initial_token.revoked", Succeeded, "An initial access token was revoked";
    ApiKeyCreated, "api_key.created", Succeeded, "An API key was made";
    ApiKeyRotated, "api_key.rotated", Succeeded, "An API key has a successor, and ends after the overlap";
    ApiKeyRevoked, "api_key.revoked", Succeeded, "An API key was revoked";
    ApiCreated, "api.created", Succeeded, "An API was described";
    ApiChanged, "api.changed", Succeeded, "The description of an API was changed";
    ApiRemoved, "api.removed", Succeeded, "An API was removed";
    RealmCreated, "realm.created", Succeeded, "A realm was made";
    RealmChanged, "realm.changed", Succeeded, "The settings of a realm were changed";
    KeyCreated, "key.created", Succeeded, "Keys were made";
    KeyActivated, "key.activated", Succeeded, "A key signs from now on";
    KeyRemoved, "key.removed", Succeeded, "A retired key was forgotten";
    EventsDropped, "audit.dropped", Failed, "Events could not be written and are lost; the count says how many";
}

impl AuditKind {
    /// From the stored form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }

    /// What users do who have met all that is demanded of them: it makes a device and a network known.
    pub const USES: [Self; 6] = [
        Self::ConsentGiven,
        Self::ConsentChanged,
        Self::ConsentRemembered,
        Self::DeviceApproved,
        Self::CibaApproved,
        Self::FactorProved,
    ];

    /// Whether such an event says on which device it happened.
    pub fn tells_device(self) -> bool {
        self == Self::SignInSucceeded || self == Self::PolicyDenied || Self::USES.contains(&self)
    }

    /// Those that a pattern names: a whole name, or the beginning of some with `*` behind it.
    pub fn matching(pattern: &str) -> impl Iterator<Item = Self> {
        let matches = move |kind: &Self| match pattern.strip_suffix('*') {
            Some(beginning) => kind.as_str().starts_with(beginning),
            None => kind.as_str() == pattern,
        };
        Self::ALL.iter().copied().filter(matches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_differ() {
        for kind in AuditKind::ALL {
            assert_eq!(AuditKind::parse(kind.as_str()), Some(*kind));
        }
        assert_eq!(AuditKind::parse("sign_in"), None);
        assert_eq!(Actor::parse("operator"), Some(Actor::Operator));
        assert_eq!(AuditResult::parse("refused"), Some(AuditResult::Refused));
    }

    #[test]
    fn a_pattern_is_a_name_or_the_beginning_of_some() {
        let matching = |pattern| AuditKind::matching(pattern).map(AuditKind::as_str).collect::<Vec<_>>();
        assert_eq!(matching("sign_in.*"), ["sign_in.succeeded", "sign_in.failed"]);
        assert_eq!(matching("token.issued"), ["token.issued"]);
        assert_eq!(matching("*").len(), AuditKind::ALL.len());
        assert!(matching("token").is_empty() && matching("").is_empty());
    }
}

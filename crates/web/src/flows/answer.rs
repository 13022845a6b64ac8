//! What an app sends: the request with which a flow begins, and the answers to its steps.
//!
//! Nothing unknown is overlooked, and nothing of it is ever repeated in a refusal: it holds passwords and codes.

use protocol::{Method, form::Form};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::refusal::FlowsRefusal;
use crate::account::factors::{item, passkey, recovery_codes, totp};

/// `POST /flows`: what the flow is for. One of the three is there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    /// The parameters of an authorization request.
    pub authorize: Option<Map<String, Value>>,
    /// What of the account is to be changed.
    pub account: Option<Change>,
    /// The address in a mail, or of an invitation, that the app was opened with.
    pub link: Option<String>,
    /// What the app was handed of its user's session.
    pub session: Option<String>,
}

/// `POST /flows/step`: the answer to the step that was shown; without one, the step is shown again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Continue {
    /// The flow, as it was handed out last.
    pub flow: String,
    /// What the app was handed of its user's session.
    pub session: Option<String>,
    /// The answer.
    pub answer: Option<Answer>,
}

/// What of an account is changed.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// An authenticator app is set up.
    Totp,
    /// A passkey is set up.
    Passkey,
    /// Recovery codes are made.
    RecoveryCodes,
    /// What is there is looked at, named, removed.
    Authenticators,
}

impl Change {
    /// All.
    pub const ALL: [Self; 4] = [Self::Totp, Self::Passkey, Self::RecoveryCodes, Self::Authenticators];

    /// The page that does the same.
    pub const fn page(self) -> &'static str {
        match self {
            Self::Totp => totp::PATH,
            Self::Passkey => passkey::PATH,
            Self::RecoveryCodes => recovery_codes::PATH,
            Self::Authenticators => item::PATH,
        }
    }

    /// As it is sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Passkey => "passkey",
            Self::RecoveryCodes => "recovery_codes",
            Self::Authenticators => "authenticators",
        }
    }
}

/// The answer to a step.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// User name and password.
    Password {
        username: String,
        password: String,
        #[serde(default)]
        remember: bool,
    },
    /// A passkey alone signs in.
    Passkey {
        challenge: String,
        credential: Map<String, Value>,
        #[serde(default)]
        remember: bool,
    },
    /// Somebody makes an account.
    SignUp {
        username: String,
        password: String,
        #[serde(default)]
        email: String,
        #[serde(default)]
        name: String,
    },
    /// A code is sent to whom this stands for, a user name or a mail address.
    SendEmailCode { username: String },
    /// The code from that mail signs in.
    EmailCode { sent: String, code: String },
    /// A link to a new password is sent to whom this stands for.
    SendResetLink { username: String },
    /// The password that a link lets its user set.
    SetPassword {
        password: String,
        #[serde(default)]
        code: String,
    },
    /// The user is the one who was invited.
    AcceptInvitation {},
    /// The user goes on as who is signed in, or as somebody else.
    SelectAccount { another: bool },
    /// A code as a further factor.
    Code { method: Method, code: String },
    /// A code as a further factor is sent by mail.
    SendFactorCode {},
    /// A passkey as a further factor.
    FactorPasskey {
        challenge: String,
        credential: Map<String, Value>,
    },
    /// The user goes back to the app without proving more.
    Back {},
    /// The user decides what the app may do.
    Consent(Consent),
    /// The authenticator app has the secret, and shows this code.
    EnrolTotp { enrolment: String, code: String },
    /// The browser or device has made a passkey.
    EnrolPasskey {
        challenge: String,
        credential: Map<String, Value>,
        #[serde(default)]
        name: String,
    },
    /// The user has written the codes down.
    KeepRecoveryCodes { enrolment: String },
    /// An authenticator is called something else.
    Rename { id: String, name: String },
    /// An authenticator is given up.
    Remove { id: String },
}

/// What the user decided.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// Whether the app may.
    pub approve: bool,
    /// The scopes that stay.
    #[serde(default)]
    pub scope: Vec<String>,
    /// The claims that stay.
    #[serde(default)]
    pub claims: Vec<String>,
    /// The details that stay, by their index.
    #[serde(default)]
    pub details: Vec<usize>,
    /// The items of details that stay.
    #[serde(default)]
    pub items: Vec<Item>,
}

/// One item of a detail.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The index of the detail.
    pub detail: usize,
    /// The index of the item in it.
    pub item: usize,
}

impl Consent {
    /// The same as the page's form says it.
    pub fn form(self, csrf: &str) -> Form {
        let decision = if self.approve { "approve" } else { "deny" };
        let items = self.items.iter().map(|at| format!("{}.{}", at.detail, at.item));
        let details = self.details.iter().map(ToString::to_string);
        let pairs = [("csrf", csrf.to_owned()), ("decision", decision.to_owned())].into_iter();
        let pairs = pairs
            .chain(self.scope.into_iter().map(|name| ("scope", name)))
            .chain(self.claims.into_iter().map(|name| ("claim", name)))
            .chain(details.map(|index| ("detail", index)))
            .chain(items.map(|item| ("item", item)));
        Form::from_pairs(pairs.collect::<Vec<_>>())
    }
}

/// Reads a body.
pub fn read<T: DeserializeOwned>(body: Value) -> Result<T, FlowsRefusal> {
    serde_json::from_value(body).map_err(|_| FlowsRefusal::Malformed)
}

/// The parameters of an authorization request as the query of `/authorize` has them: a list is a parameter that comes
/// several times. The client is the one that calls.
pub fn request(parameters: Map<String, Value>, client_id: &str) -> Result<Form, FlowsRefusal> {
    let mut pairs = vec![("client_id".to_owned(), client_id.to_owned())];
    for (name, value) in parameters {
        match value {
            Value::String(value) if name == "client_id" && value == client_id => {}
            Value::String(_) if name == "client_id" => return Err(FlowsRefusal::OtherClient),
            Value::String(value) => pairs.push((name, value)),
            Value::Array(values) if name != "client_id" => {
                for value in values {
                    let value = value.as_str().ok_or(FlowsRefusal::Malformed)?;
                    pairs.push((name.clone(), value.to_owned()));
                }
            }
            _ => return Err(FlowsRefusal::Malformed),
        }
    }
    Ok(Form::from_pairs(pairs))
}

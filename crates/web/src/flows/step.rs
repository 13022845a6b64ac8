//! The steps of a flow as JSON: what a page would show, for an app that shows it itself.
//!
//! Each has its schema in `schema.rs`, and tests hold every answer against it.

use explanation::Explanation;
use protocol::Method;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::pages::{ApiView, ClaimView, DetailView, FactorState, FactorView, Label, ScopeView};

/// What comes next.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FlowStep {
    /// The user says who they are.
    SignIn(SignIn),
    /// Somebody makes an account.
    SignUp(SignUp),
    /// A code is on its way to whom was named, if that is somebody.
    EmailCode { sent: String, minutes: i64 },
    /// So is a link to a new password.
    LinkSent { minutes: i64 },
    /// A link lets its user set a password.
    SetPassword {
        username: Label,
        least: usize,
        wants_code: bool,
    },
    /// The user was invited to set up a further factor.
    Invitation { user: Label },
    /// The new password is set.
    PasswordSet {},
    /// The invitation is taken up: what is set up now counts at once.
    Accepted {},
    /// The user says whether to go on as who is signed in.
    SelectAccount { user: Label, username: Label },
    /// The user proves more.
    Factor(Factor),
    /// The user must set something up first.
    EnrolFirst {
        user: Label,
        methods: Vec<Method>,
        is_waiting: bool,
    },
    /// The rules of the realm do not let the user in.
    NotLetIn(NotLetIn),
    /// The user decides what the app may do.
    Consent(Box<Consent>),
    /// An authenticator app gets its secret.
    EnrolTotp {
        user: Label,
        secret: String,
        uri: String,
        enrolment: String,
    },
    /// A passkey is made.
    EnrolPasskey { user: Label, passkey: Passkey },
    /// Recovery codes are written down.
    EnrolRecoveryCodes {
        user: Label,
        codes: Vec<String>,
        enrolment: String,
    },
    /// What the account has.
    Authenticators {
        user: Label,
        authenticators: Vec<Authenticator>,
    },
    /// Only the pages can do it: the app opens this address in the system's browser.
    Browser { url: String },
    /// Something was set up.
    Enrolled(Enrolled),
    /// The authorization request is answered.
    Done(Done),
}

impl FlowStep {
    /// Whether the flow is over with it.
    pub const fn is_last(&self) -> bool {
        matches!(
            self,
            Self::Done(_) | Self::Enrolled(_) | Self::PasswordSet {} | Self::Accepted {}
        )
    }
}

/// The user says who they are.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a member of the answer")]
pub struct SignIn {
    /// Who it may be.
    pub username: Option<Label>,
    /// Whether the user may stay signed in.
    pub remember: bool,
    /// Whether somebody who has no account can make one.
    pub sign_up: bool,
    /// Whether a code by mail signs in.
    pub email_code: bool,
    /// Whether who has forgotten the password is sent a link to a new one.
    pub password_reset: bool,
    /// What to ask a passkey.
    pub passkey: Option<Passkey>,
}

/// Somebody makes an account.
#[derive(Serialize)]
pub struct SignUp {
    /// What the app knows.
    pub username: Option<Label>,
    /// How many characters a password has at least.
    pub least: usize,
}

/// What the browser or device is asked, and what must come back with its answer.
#[derive(Serialize)]
pub struct Passkey {
    /// For `navigator.credentials`.
    pub options: Value,
    /// The challenge, sealed.
    pub challenge: String,
}

/// The user proves more.
#[derive(Serialize)]
pub struct Factor {
    /// The user.
    pub user: Label,
    /// By one of these, the best first.
    pub choices: Vec<Method>,
    /// Until this level is reached.
    pub target: &'static str,
    /// Whether the request can be answered without.
    pub is_voluntary: bool,
    /// What to ask a passkey, if one would do.
    pub passkey: Option<Passkey>,
}

/// The rules of the realm do not let the user in.
#[derive(Serialize)]
pub struct NotLetIn {
    /// The user.
    pub user: Label,
    /// What to do, in the words of the rule.
    pub message: Option<Label>,
    /// Why.
    #[serde(skip)]
    pub why: Explanation,
}

/// The user decides what the app may do.
#[derive(Serialize)]
pub struct Consent {
    /// The user.
    pub user: Label,
    /// What the app asks for.
    pub scopes: Vec<ScopeView>,
    /// What it asks for in detail.
    pub details: Vec<DetailView>,
    /// The claims that it asks for one by one.
    pub claims: Vec<ClaimView>,
    /// The APIs that the permission is for.
    pub apis: Vec<ApiView>,
    /// For how many days it lasts while the user is away.
    pub long_lived: Option<i64>,
}

/// One thing that the account has.
#[derive(Serialize)]
pub struct Authenticator {
    /// Its id.
    pub id: String,
    /// What it is.
    pub method: &'static str,
    /// What its user calls it.
    pub name: Label,
    /// Whether it counts, and what it waits for otherwise.
    pub state: FactorState,
    /// When it was set up, unix seconds.
    pub created_at: i64,
    /// When it was used last.
    pub last_used_at: Option<i64>,
    /// From when on it counts.
    pub counts_from: Option<i64>,
    /// How many recovery codes are left.
    pub left: Option<u64>,
    /// Whether without it nothing would do for apps that need two factors.
    pub is_last: bool,
}

impl Authenticator {
    /// As the page shows it.
    pub fn new(view: FactorView, is_last: bool) -> Self {
        Self {
            id: view.id,
            method: view.method,
            name: view.name,
            state: view.state,
            created_at: view.since,
            last_used_at: view.last_used,
            counts_from: view.counts_from,
            left: view.left,
            is_last,
        }
    }
}

/// Something was set up.
#[derive(Serialize)]
pub struct Enrolled {
    /// When it counts: `at_once`, `when_confirmed` (by the link in a mail) or `when_approved` (by the operator).
    pub counts: &'static str,
    /// Not before this, unix seconds.
    pub counts_from: Option<i64>,
}

/// The authorization request is answered.
#[derive(Serialize)]
pub struct Done {
    /// What the redirect URI is sent.
    pub parameters: Map<String, Value>,
    /// The redirect URI with them; none when they are to be posted.
    pub redirect_to: Option<String>,
    /// Where they are to be posted otherwise.
    pub post_to: Option<String>,
}

//! A flow: a sign-in or a request for permission in progress. It travels sealed, and costs no row.

use serde::{Deserialize, Serialize};

/// How long a flow lives, in seconds.
pub const LIFETIME: i64 = 30 * 60;

/// A flow. It never says that anybody authenticated: only a session does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// A random id: the name of the cookie that carries the flow, and the only part that is ever in a URL.
    pub id: String,
    /// What must come back with every form of this flow.
    pub csrf: String,
    /// Where the flow goes when the user is known.
    pub goal: Goal,
    /// The parameters that the request's object amounts to, as a form: it was looked at when the flow began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The session whose user chose to go on as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_session: Option<String>,
    /// The client that shows its steps itself; none: the pages do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_by: Option<String>,
    /// When it began, unix seconds.
    pub created_at: i64,
}

/// Where a flow goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Goal {
    /// To answer an authorization request: its parameters as they came, to be validated again at each step.
    Authorize(String),
    /// To enter the code that a device shows; the code that the link brought along, as it came.
    UserCode(String),
    /// To answer the request of a device, by its user code: looked up again at each step.
    Device(String),
    /// To the user's own pages.
    Account,
    /// To what apps ask of the user in the background.
    Requests,
    /// To another of the user's own pages: its path below the issuer.
    Page(String),
}

impl Flow {
    /// A new flow.
    pub fn new(goal: Goal, now: i64) -> Self {
        Self {
            id: jose::b64::encode(jose::random_bytes::<16>()),
            csrf: jose::random_token(),
            goal,
            object: None,
            chosen_session: None,
            shown_by: None,
            created_at: now,
        }
    }

    /// Whether it is over.
    pub fn is_expired(&self, now: i64) -> bool {
        now >= self.created_at + LIFETIME
    }

    /// Whether a form brought the right value; compared in constant time.
    pub fn is_csrf(&self, presented: &str) -> bool {
        jose::constant_time_eq(self.csrf.as_bytes(), presented.as_bytes())
    }
}

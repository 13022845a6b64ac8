//! What requests have in common whose user answers elsewhere, while the client polls.

/// A request that waits for its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolledRequest {
    /// The id.
    pub id: String,
    /// What app asks.
    pub client_id: String,
    /// What the user said.
    pub state: PolledState,
    /// What came of the user's approval.
    pub authorization_id: Option<String>,
    /// How many seconds the client must wait between polls.
    pub poll_interval: i64,
    /// When the client last polled, unix seconds; 0: not yet.
    pub polled_at: i64,
    /// When it was made, unix seconds.
    pub created_at: i64,
    /// When it is over, unix seconds.
    pub expires_at: i64,
}

impl PolledRequest {
    /// A request that was made now.
    pub fn new(id: String, client_id: &str, poll_interval: i64, now: i64, lifetime: i64) -> Self {
        Self {
            id,
            client_id: client_id.to_owned(),
            state: PolledState::Pending,
            authorization_id: None,
            poll_interval,
            polled_at: 0,
            created_at: now,
            expires_at: now + lifetime,
        }
    }

    /// Whether it is over.
    pub fn is_expired(&self, now: i64) -> bool {
        now >= self.expires_at
    }

    /// Whether the user may still answer it.
    pub fn is_waiting(&self, now: i64) -> bool {
        self.state == PolledState::Pending && !self.is_expired(now)
    }
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolledState {
    /// The user has not answered.
    Pending,
    /// The user permitted it.
    Approved,
    /// The user did not.
    Denied,
    /// The client has its tokens.
    Used,
}

impl PolledState {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Used => "used",
        }
    }

    /// From the stored form.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Pending, Self::Approved, Self::Denied, Self::Used]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

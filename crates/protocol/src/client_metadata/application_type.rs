//! Where a client runs.
//!
//! Spec: OpenID Connect Registration §2

use serde::{Deserialize, Serialize};

/// Where the client runs (OpenID Connect Registration §2, `application_type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    /// On a web server or in a browser.
    #[default]
    Web,
    /// On the user's device.
    Native,
}

impl ApplicationType {
    /// The value as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Native => "native",
        }
    }
}

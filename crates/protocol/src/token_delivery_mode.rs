//! How a client learns what its user has answered elsewhere.
//!
//! Spec: CIBA §4 (`backchannel_token_delivery_mode`) and §5

use serde::{Deserialize, Serialize};

/// A registered delivery mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenDeliveryMode {
    /// It asks at the token endpoint until there is an answer.
    Poll,
    /// It is told that there is an answer, and fetches it at the token endpoint. It may poll too.
    Ping,
    /// The answer, with its tokens, is brought to it.
    Push,
}

impl TokenDeliveryMode {
    /// Every mode.
    pub const ALL: &[Self] = &[Self::Poll, Self::Ping, Self::Push];

    /// The name as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::Ping => "ping",
            Self::Push => "push",
        }
    }

    /// Whether this server calls the client's notification endpoint.
    pub const fn notifies(self) -> bool {
        matches!(self, Self::Ping | Self::Push)
    }

    /// Whether the client fetches its tokens.
    pub const fn fetches(self) -> bool {
        matches!(self, Self::Poll | Self::Ping)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_wire() {
        for &mode in TokenDeliveryMode::ALL {
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.as_str());
        }
        assert!(serde_json::from_str::<TokenDeliveryMode>("\"pull\"").is_err());
    }
}

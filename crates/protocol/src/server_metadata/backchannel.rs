//! What a realm publishes about requests that clients make in the background.
//!
//! Spec: CIBA §4, FAPI-CIBA §5.2.2-3 and §7.10

use serde::{Deserialize, Serialize};

use super::owned;
use crate::{GrantType, SecurityProfile};

/// Its members; all are absent when no profile lets clients register the grant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackchannelMetadata {
    /// Where clients have a user asked who is not with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_authentication_endpoint: Option<String>,
    /// How they can be told of the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backchannel_token_delivery_modes_supported: Vec<String>,
    /// How their requests can be signed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backchannel_authentication_request_signing_alg_values_supported: Vec<String>,
    /// Whether a code of the user's can be demanded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_user_code_parameter_supported: Option<bool>,
}

impl BackchannelMetadata {
    pub(super) fn of(profiles: &[&SecurityProfile], endpoint: String) -> Self {
        let offering = || {
            profiles
                .iter()
                .filter(|profile| profile.grant_types.contains(&GrantType::Ciba))
        };
        if offering().next().is_none() {
            return Self::default();
        }
        let modes = offering().flat_map(|profile| profile.token_delivery_modes);
        let algs = offering().flat_map(|profile| profile.signing_algs);
        Self {
            backchannel_authentication_endpoint: Some(endpoint),
            backchannel_token_delivery_modes_supported: owned(modes.map(|mode| mode.as_str())),
            backchannel_authentication_request_signing_alg_values_supported: owned(algs.map(|alg| alg.as_str())),
            backchannel_user_code_parameter_supported: Some(true),
        }
    }
}

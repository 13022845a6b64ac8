//! One call, as whoever decided about it tells it.

use std::{net::IpAddr, time::Duration};

use http::Version;

use crate::TraceContext;

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It reached the API, whatever that answered.
    Permitted,
    /// It was refused, for this reason: a name of the catalogue of errors.
    Refused(&'static str),
    /// It was permitted, but the API could not be reached, or what it answered could not be passed on.
    Failed(&'static str),
}

impl Outcome {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Permitted => "permitted",
            Self::Refused(_) => "refused",
            Self::Failed(_) => "failed",
        }
    }

    /// Why not.
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Permitted => None,
            Self::Refused(reason) | Self::Failed(reason) => Some(reason),
        }
    }
}

/// Who asked whether the call is permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// Sekisho's own gateway.
    Gateway,
    /// A proxy, by `/forward-auth`.
    ForwardAuth,
    /// Envoy, by `ext_authz`.
    ExtAuthz,
}

impl Through {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::ForwardAuth => "forward_auth",
            Self::ExtAuthz => "ext_authz",
        }
    }
}

/// A call at its end. `api`, `route` and `client` are names that the operator has given: whoever is not known by one,
/// or has not proved to be it, is `None`.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Who asked.
    pub through: Through,
    /// The identifier of the API.
    pub api: Option<&'a str>,
    /// The path of the rule that the call fell under.
    pub route: Option<&'a str>,
    /// The client whose credentials were good.
    pub client: Option<&'a str>,
    /// The user for whom it calls.
    pub subject: Option<&'a str>,
    /// The method.
    pub method: &'a str,
    /// Path and query, as they came.
    pub target: &'a str,
    /// The version of HTTP.
    pub version: Version,
    /// The status of the answer.
    pub status: u16,
    /// What became of it.
    pub outcome: Outcome,
    /// From the header of the request to the end of the answer, or as far as it is known here.
    pub took: Duration,
    /// The length of the answer's body, where it is known.
    pub bytes: Option<u64>,
    /// Where it came from.
    pub address: Option<IpAddr>,
    /// The header `User-Agent`.
    pub user_agent: Option<&'a str>,
    /// The header `Referer`.
    pub referer: Option<&'a str>,
    /// Its id, by which a refusal can be explained.
    pub id: &'a str,
    /// The trace that it belongs to.
    pub trace: &'a TraceContext,
}

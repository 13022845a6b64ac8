//! What every handler shares.

use std::sync::Arc;

use ::oauth::gate::Gate;
use authn::password::PasswordPool;
use realm::Realms;
use traffic::Traffic;

use crate::{extract::Proxies, pages::Pages};

/// The server as the handlers see it.
pub struct App {
    /// Which realm a request is for.
    pub realms: Arc<Realms>,
    /// Who decides about calls of APIs.
    pub gate: Gate,
    /// Where passwords are verified.
    pub passwords: PasswordPool,
    /// What calls of the APIs are like.
    pub traffic: Arc<Traffic>,
    /// The templates.
    pub pages: Pages,
    /// Whose forwarding headers are believed.
    pub proxies: Proxies,
}

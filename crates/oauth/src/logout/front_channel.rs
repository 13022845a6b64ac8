//! Apps that registered a `frontchannel_logout_uri` are told by the browser in which their user was signed out.
//!
//! Spec: OpenID Connect Front-Channel Logout §2, §3
//!
//! The browser is given the frames when it comes to `/logout` with the cookie of a session that has ended, once, whoever
//! ended it. A browser that does not come, or keeps others' cookies from frames (§4.1), tells nobody: the back channel
//! is the one to rely on.

use model::Client;
use protocol::frontchannel_logout;
use realm::RealmContext;

use crate::{Fault, subject};

/// How many clients of a session are looked at.
const CLIENTS: i64 = 200;
/// How many frames a page has at most.
const FRAMES: usize = 20;

/// What the browser loads.
pub struct Frame {
    /// Whose it is.
    pub client: Client,
    /// The registered URI with `iss` and `sid`.
    pub uri: String,
}

/// The frames for a session that has ended.
pub async fn frames(realm: &RealmContext, session_id: &str) -> Result<Vec<Frame>, Fault> {
    let clients = realm
        .store
        .clients_of_session(realm.issuer(), session_id, CLIENTS)
        .await?;
    let frame = |client: Client| {
        let registered = client.metadata.frontchannel_logout_uri.as_deref()?;
        let uri = subject::session(realm, &client.metadata, session_id)
            .map(|sid| frontchannel_logout::uri(registered, realm.issuer(), &sid));
        Some(uri.map(|uri| Frame { client, uri }))
    };
    clients.into_iter().filter_map(frame).take(FRAMES).collect()
}

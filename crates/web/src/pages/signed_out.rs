//! The page after a log-out while apps are told of it by frames; then it goes on to the app that asked.
//!
//! Spec: OpenID Connect Front-Channel Logout §3, OpenID Connect RP-Initiated Logout §3
//!
//! The refresh in its head waits until all frames are there; its script, for no frame longer than some seconds. Without
//! both, its link does the same.

use serde::Serialize;

use super::{Href, Label, RealmView, View};

/// The page. It is answered with [`super::csp::signed_out`].
#[derive(Debug, Clone, Serialize)]
pub struct SignedOut {
    /// The realm.
    pub realm: RealmView,
    /// One for each app.
    pub frames: Vec<FrameView>,
    /// Where the browser goes on to.
    pub next: Option<NextView>,
    /// Where to sign in again.
    pub account: Href,
}

/// A frame that an app fills.
#[derive(Debug, Clone, Serialize)]
pub struct FrameView {
    /// The app's identifier.
    pub client_id: String,
    /// The app's name.
    pub name: Label,
    /// What is loaded.
    pub uri: String,
}

/// The app that the browser goes on to.
#[derive(Debug, Clone, Serialize)]
pub struct NextView {
    /// Its `post_logout_redirect_uri`, which was validated, with `state`.
    pub uri: String,
    /// The app's name.
    pub name: Label,
}

impl View for SignedOut {
    const TEMPLATE: &'static str = "signed_out.html";
    const SCRIPT: Option<&'static str> = Some("signed_out.js");

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn hooks(&self) -> Vec<String> {
        let frames = self.frames.iter().map(|frame| format!("frame-{}", frame.client_id));
        frames
            .chain(self.next.as_ref().map(|_| "continue".to_owned()))
            .collect()
    }
}

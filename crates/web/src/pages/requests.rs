//! What is shown to a user of whom no app asks anything, or who has just answered.

use serde::Serialize;

use super::{Label, RealmView, Text, View};

/// The page. It looks for requests by itself: by its script, and where scripts do not run, by loading itself again.
#[derive(Debug, Clone, Serialize)]
pub struct Requests {
    /// The realm.
    pub realm: RealmView,
    /// The user, as they know themselves.
    pub user: Label,
    /// What was just done: a message under `requests.notice`.
    pub notice: Option<Text>,
    /// How many requests wait.
    pub waiting: usize,
    /// Whether it looks for requests by itself.
    pub refreshes: bool,
}

impl View for Requests {
    const TEMPLATE: &'static str = "requests.html";
    const SCRIPT: Option<&'static str> = Some("requests.js");

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn hooks(&self) -> Vec<String> {
        let (next, none) = ("next-request", "no-requests");
        vec![if self.waiting > 0 { next } else { none }.to_owned()]
    }
}

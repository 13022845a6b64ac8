//! The page on which the user enters the code that a device shows.
//!
//! Spec: RFC 8628 §3.3.

use serde::Serialize;

use super::{RealmView, Text, View};

/// The code page. It posts `flow`, `csrf` and `user_code` to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct Device {
    /// The realm.
    pub realm: RealmView,
    /// Where the form is sent.
    pub action: String,
    /// The flow's id.
    pub flow: String,
    /// What must come back with the form.
    pub csrf: String,
    /// The code, when a link brought it along, or as it was typed.
    pub user_code: String,
    /// Why the last code was not taken: a message under `device.error`.
    pub error: Option<Text>,
}

impl View for Device {
    const TEMPLATE: &'static str = "device.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn hooks(&self) -> Vec<String> {
        ["user-code", "continue"].map(str::to_owned).into()
    }
}

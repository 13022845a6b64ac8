//! The page for whom the rules of the realm do not let in: why, and what to do.

use serde::Serialize;

use super::{ClientView, Href, Label, RealmView, View};

/// Says so. It posts `flow`, `csrf` and `decision` (`back`) to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct NotLetIn {
    /// The realm.
    pub realm: RealmView,
    /// The app that the user wants to go on to.
    pub client: Option<ClientView>,
    /// The user, as they know themselves.
    pub user: Label,
    /// Whether it could not be found out, rather than that a rule says so.
    pub is_failure: bool,
    /// What the rule says to the user.
    pub message: Option<Label>,
    /// Where the form is sent.
    pub action: String,
    /// The flow's id.
    pub flow: String,
    /// What must come back with the form.
    pub csrf: String,
    /// Whether there is an app to go back to.
    pub can_go_back: bool,
    /// Where the user signs out, to sign in as somebody else.
    pub sign_out: Href,
    /// The error code.
    pub code: String,
    /// The id for `sekisho explain`.
    pub explain_id: String,
}

impl View for NotLetIn {
    const TEMPLATE: &'static str = "not_let_in.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn picture(&self) -> Option<&Href> {
        self.client.as_ref()?.logo_uri.as_ref()
    }

    fn hooks(&self) -> Vec<String> {
        let always = ["error-code", "explain-id"].map(str::to_owned);
        let back = self.can_go_back.then(|| "back-to-app".to_owned());
        always.into_iter().chain(back).collect()
    }
}

//! The consent page: who asks, for what, for how long, and where the user goes next.
//!
//! Spec: RFC 6749 §3.1 and §10.2, RFC 8628 §5.4, OpenID Connect Core §3.1.2.4, FAPI 2.0 §5.3.2.2, CIBA §8.

use serde::Serialize;

use super::{ClientView, DetailView, Href, Label, RealmView, Text, View, realm_view::redirect_host};
use crate::locale::Locale;

/// The consent page. It posts `flow`, `csrf`, `scope` (once for each that is ticked or essential), `claim` (once for each
/// that is ticked), `detail` (likewise, by its index), `item` (`INDEX.ITEM`, likewise) and `decision` (`approve` or `deny`) to `action`.
#[derive(Debug, Clone, Serialize)]
pub struct Consent {
    /// The realm.
    pub realm: RealmView,
    /// The app that asks.
    pub client: ClientView,
    /// The code that the device shows which asks; none when the app brought the browser here.
    pub user_code: Option<Label>,
    /// What the user is to know of a request that waits for them; none when the app brought the browser here.
    pub waiting: Option<WaitingView>,
    /// The user, as they know themselves.
    pub user: Label,
    /// What the app asks for.
    pub scopes: Vec<ScopeView>,
    /// What the app asks for in detail.
    pub details: Vec<DetailView>,
    /// The claims that the app asks for one by one.
    pub claims: Vec<ClaimView>,
    /// The APIs that the permission is for.
    pub apis: Vec<ApiView>,
    /// Whether the permission outlives the session: at the longest for how many days.
    pub long_lived: Option<i64>,
    /// Where the user is sent next; none when a device waits.
    pub redirect_host: Option<Label>,
    /// Where the form is sent.
    pub action: String,
    /// The flow's id, or that of the request that waits.
    pub flow: String,
    /// What must come back with the form.
    pub csrf: String,
    /// Why the last answer was not taken: a message under `consent.error`.
    pub error: Option<Text>,
}

impl Consent {
    /// What to call the place that a redirect URI leads to.
    pub fn host_of(redirect_uri: &str) -> Label {
        redirect_host(redirect_uri).unwrap_or_else(|| Label::new(redirect_uri))
    }
}

impl View for Consent {
    const TEMPLATE: &'static str = "consent.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn picture(&self) -> Option<&Href> {
        self.client.logo_uri.as_ref()
    }

    fn hooks(&self) -> Vec<String> {
        let scopes = self.scopes.iter().map(|scope| format!("scope-{}", scope.name));
        let claims = self.claims.iter().map(|claim| format!("claim-{}", claim.name));
        let details = self.details.iter().flat_map(DetailView::hooks);
        // A template that does not show the code would let anybody's device pass for the user's own.
        let code = self.user_code.iter().map(|_| "shown-code".to_owned());
        let message = self.waiting.iter().filter(|waiting| waiting.binding_message.is_some());
        let message = message.map(|_| "binding-message".to_owned());
        ["approve", "deny"]
            .map(str::to_owned)
            .into_iter()
            .chain(code)
            .chain(message)
            .chain(scopes)
            .chain(claims)
            .chain(details)
            .collect()
    }
}

/// A request that was made in the background and waits for the user.
#[derive(Debug, Clone, Serialize)]
pub struct WaitingView {
    /// What the app shows on its own device.
    pub binding_message: Option<Label>,
    /// When the request is over, unix seconds.
    pub expires: i64,
    /// How many wait besides.
    pub others: usize,
}

/// An API that a permission is for.
#[derive(Debug, Clone, Serialize)]
pub struct ApiView {
    /// Its name.
    pub name: Label,
    /// Its resource identifier (RFC 8707).
    pub identifier: String,
}

/// One scope, in the user's words.
#[derive(Debug, Clone, Serialize)]
pub struct ScopeView {
    /// The scope-token.
    pub name: String,
    /// What it permits.
    pub title: Label,
    /// More about it.
    pub detail: Option<Label>,
    /// Whether it cannot be left out.
    pub essential: bool,
    /// Whether the user has permitted it before.
    pub already: bool,
    /// The API that it belongs to.
    pub api_name: Option<Label>,
}

impl ScopeView {
    /// A scope of OpenID Connect, or any other by its name alone. `openid` cannot be left out.
    pub fn standard(locale: Locale, name: &str) -> Self {
        let message = |part: &str| locale.message(&format!("scope.{name}.{part}"));
        Self {
            name: name.to_owned(),
            title: Label::sentence(message("title").unwrap_or(name)),
            detail: message("detail").map(Label::paragraph),
            essential: name == "openid",
            already: false,
            api_name: None,
        }
    }

    /// A scope of an API, by the description that the API gives of it in the user's language, if any.
    pub fn of_api(name: &str, description: Option<&str>, api_name: &str) -> Self {
        Self {
            name: name.to_owned(),
            title: Some(Label::sentence(description.unwrap_or("")))
                .filter(|title| !title.is_empty())
                .unwrap_or(Label::new(name)),
            detail: None,
            essential: false,
            already: false,
            api_name: Some(Label::new(api_name)),
        }
    }

    /// The same, permitted before or not.
    #[must_use]
    pub fn already(mut self, already: bool) -> Self {
        self.already = already;
        self
    }
}

/// One claim, in the user's words.
#[derive(Debug, Clone, Serialize)]
pub struct ClaimView {
    /// Its name.
    pub name: String,
    /// What the app would see.
    pub title: Label,
    /// Whether the user has permitted it before.
    pub already: bool,
    /// Whether the app says that its task needs it; it can be left out all the same.
    pub wanted: bool,
}

impl ClaimView {
    /// A standard claim; any other is said by its name alone.
    pub fn new(locale: Locale, name: &str, already: bool, wanted: bool) -> Self {
        let title = locale.message(&format!("claim.{name}")).unwrap_or(name);
        Self {
            name: name.to_owned(),
            title: Label::sentence(title),
            already,
            wanted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standard_scope_is_said_in_plain_words() {
        let openid = ScopeView::standard(Locale::En, "openid");
        assert_eq!((openid.title.as_str(), openid.essential), ("Know who you are", true));
        let email = ScopeView::standard(Locale::Ja, "email");
        assert_eq!(
            (email.title.as_str(), email.essential),
            ("メールアドレスを参照する", false)
        );
    }

    #[test]
    fn every_standard_claim_is_said_in_words_in_both_languages() {
        for locale in Locale::ALL {
            for name in protocol::claims::standard() {
                let view = ClaimView::new(locale, name, false, true);
                assert_ne!(view.title.as_str(), name);
            }
        }
        assert_eq!(ClaimView::new(Locale::En, "x", false, false).title.as_str(), "x");
    }

    #[test]
    fn a_scope_without_words_is_said_by_its_name() {
        assert_eq!(ScopeView::standard(Locale::En, "x:y").title.as_str(), "x:y");
        assert_eq!(ScopeView::of_api("x:y", None, "API").title.as_str(), "x:y");
        assert_eq!(
            ScopeView::of_api("x:y", Some("See all"), "API").title.as_str(),
            "See all"
        );
    }
}

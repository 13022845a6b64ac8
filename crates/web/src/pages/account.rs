//! The account page: what the user has permitted and where they are signed in, each of which can be ended.

use authn::browser_name::BrowserName;
use serde::Serialize;

use super::{FactorView, Href, Label, RealmView, Text, View};
use crate::locale::Locale;

/// The account page. Its forms post `csrf`, alone to `{base}/logout`, else below `{base}/account`: with `client_id` to
/// `/grants/revoke`, with `session` to `/sessions/end`, with `device` to `/devices/forget`, with `email_code` or `decision`
/// (`send`) to `/email`, with `user_code` or `decision` (`remove`) to `/user-code`.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    /// The realm.
    pub realm: RealmView,
    /// The user, as they know themselves.
    pub user: Label,
    /// What the user has permitted, to whom.
    pub grants: Vec<GrantView>,
    /// The browsers in which the user is signed in.
    pub sessions: Vec<SessionView>,
    /// The mail address that is yet to be confirmed.
    pub email: Option<EmailView>,
    /// The browsers in which the user is recognised.
    pub devices: Vec<DeviceView>,
    /// Whether the user has a password, to be changed at `{base}/account/password`.
    pub has_password: bool,
    /// How many times somebody did not get in since the user signed in here.
    pub failed: i64,
    /// What the user proves who they are with, besides the password.
    pub factors: Vec<FactorView>,
    /// Whether recovery codes can be made.
    pub offers_recovery_codes: bool,
    /// Where a passkey is set up; none where browsers make none.
    pub enrol_passkey: Option<Href>,
    /// Where a certificate is set up; none where they are not asked for.
    pub enrol_certificate: Option<Href>,
    /// How many requests of apps wait for the user.
    pub requests: usize,
    /// Whether the user has a code without which they are not asked in the background; none where nobody is.
    pub user_code: Option<bool>,
    /// What must come back with each form.
    pub csrf: String,
    /// What was just done: a message under `account.notice`.
    pub notice: Option<Text>,
    /// Why the user's code was not taken: a message.
    pub error: Option<Text>,
}

impl View for Account {
    const TEMPLATE: &'static str = "account.html";

    fn realm(&self) -> Option<&RealmView> {
        Some(&self.realm)
    }

    fn hooks(&self) -> Vec<String> {
        let grants = self.grants.iter().map(|grant| format!("revoke-{}", grant.client_id));
        let sessions = self
            .sessions
            .iter()
            .map(|session| format!("end-session-{}", session.id));
        let email = self
            .email
            .iter()
            .flat_map(|_| ["send-code", "email-code", "confirm-email"].map(str::to_owned));
        let devices = self.devices.iter().map(|device| format!("forget-device-{}", device.id));
        let user_code = self.user_code.iter().flat_map(|is_set| {
            let fields = ["user-code", "save-user-code"].map(str::to_owned);
            fields.into_iter().chain(is_set.then(|| "remove-user-code".to_owned()))
        });
        let factors = self.factors.iter().map(|factor| format!("authenticator-{}", factor.id));
        let codes = self.offers_recovery_codes.then(|| "enrol-recovery-codes".to_owned());
        let passkey = self.enrol_passkey.iter().map(|_| "enrol-passkey".to_owned());
        let certificate = self.enrol_certificate.iter().map(|_| "enrol-certificate".to_owned());
        ["sign-out", "enrol"]
            .map(str::to_owned)
            .into_iter()
            .chain(self.has_password.then(|| "to-change-password".to_owned()))
            .chain(factors)
            .chain(codes)
            .chain(passkey)
            .chain(certificate)
            .chain(user_code)
            .chain(grants)
            .chain(sessions)
            .chain(email)
            .chain(devices)
            .collect()
    }
}

/// What one app may do. Times are unix seconds.
#[derive(Debug, Clone, Serialize)]
pub struct GrantView {
    /// The app's id.
    pub client_id: String,
    /// The app's name.
    pub client_name: Label,
    /// What stands for the app where it has no picture.
    pub initial: String,
    /// What it may do, in the user's words.
    pub scopes: Vec<Label>,
    /// When it was first permitted.
    pub since: i64,
    /// When it was used last.
    pub last_used: Option<i64>,
    /// When it ends by itself.
    pub expires: i64,
    /// Whether it goes on while the user is away.
    pub long_lived: bool,
}

impl GrantView {
    /// What an app may do, without times.
    pub fn new(client_id: &str, client_name: &str, scopes: Vec<Label>) -> Self {
        let client_name = Label::first_of(&[client_name, client_id]);
        Self {
            client_id: client_id.to_owned(),
            initial: client_name.initial(),
            client_name,
            scopes,
            since: 0,
            last_used: None,
            expires: 0,
            long_lived: false,
        }
    }
}

/// A browser in which the user is signed in. Times are unix seconds.
#[derive(Debug, Clone, Serialize)]
pub struct SessionView {
    /// The session's id.
    pub id: String,
    /// Whether it is the one that looks at this page.
    pub this: bool,
    /// The browser; see [`SessionView::browser_name`].
    pub browser: Label,
    /// Its network address.
    pub ip: Label,
    /// When it began.
    pub since: i64,
    /// When the user last signed in there.
    pub last: i64,
}

/// A mail address that is yet to be confirmed.
#[derive(Debug, Clone, Serialize)]
pub struct EmailView {
    /// The address.
    pub address: Label,
    /// Why it is not: a message under `account.email`.
    pub error: Option<Text>,
}

/// A browser in which the user is recognised. Times are unix seconds.
#[derive(Debug, Clone, Serialize)]
pub struct DeviceView {
    /// Its id.
    pub id: String,
    /// Whether it is the one that looks at this page.
    pub this: bool,
    /// The browser; see [`SessionView::browser_name`].
    pub browser: Label,
    /// The network of the last sign-in.
    pub network: Label,
    /// When somebody first signed in there.
    pub since: i64,
    /// When somebody last did.
    pub last: i64,
}

impl SessionView {
    /// A browser's and its system's name from its `User-Agent`, as far as it says them: a hint for the eye alone.
    pub fn browser_name(locale: Locale, user_agent: &str) -> Label {
        let BrowserName { name, system } = BrowserName::of(user_agent);
        let own = user_agent.split(['/', ' ']).next().unwrap_or("");
        let unknown = locale.message("account.unknown_browser").unwrap_or("?");
        let browser = name.map_or_else(|| Label::first_of(&[own, unknown]), Label::new);
        let Some(system) = system else {
            return browser;
        };
        let args = [("browser", browser.as_str()), ("system", system)];
        Label::new(&crate::locale::t(locale, "account.browser_on", &args))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_named() {
        let name = |agent: &str| SessionView::browser_name(Locale::En, agent).as_str().to_owned();
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0";
        assert_eq!(name(edge), "Edge on Windows");
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Safari/604.1";
        assert_eq!(name(iphone), "Safari on iPhone");
        assert_eq!(name("curl/8.5.0"), "curl");
        assert_eq!(name(""), "Unknown browser");
        assert_eq!(name("\u{202e}<b>"), "<b>");
    }
}

//! What every page says of the realm, and what pages of a flow say of the app.

use serde::Serialize;

use super::{Href, Label, Text};
use crate::locale::Locale;

/// The realm whose page it is.
#[derive(Debug, Clone, Serialize)]
pub struct RealmView {
    /// The organisation's name.
    pub display_name: Label,
    /// The issuer identifier.
    pub issuer: String,
    /// The issuer's host and port, as the address bar shows it.
    pub host: String,
    /// The issuer's path: `""` or `"/path"`.
    pub base_path: String,
    /// The languages that are offered, as tags.
    pub locales: Vec<String>,
    /// The page in other languages; empty where there is no choice.
    pub languages: Vec<LanguageLink>,
    /// Whether the page is in a pop-up window (OpenID Connect Core §3.1.2.1, `display`).
    pub popup: bool,
}

impl RealmView {
    /// The realm of an issuer identifier.
    pub fn new(display_name: &str, issuer: &str, base_path: &str, locales: &[String]) -> Self {
        let host = issuer
            .split_once("://")
            .map_or(issuer, |(_, rest)| rest)
            .split('/')
            .next()
            .unwrap_or("");
        Self {
            display_name: Label::first_of(&[display_name, host]),
            issuer: issuer.to_owned(),
            host: host.to_owned(),
            base_path: base_path.to_owned(),
            locales: locales.to_owned(),
            languages: Vec::new(),
            popup: false,
        }
    }

    /// With links to the same page in the other languages. `query` is what the page's address has after `?`, such as
    /// `flow=ID`, without `ui_locales`.
    #[must_use]
    pub fn with_languages(mut self, current: Locale, query: &str) -> Self {
        let offered = self.locales.iter().filter_map(|tag| Locale::from_tag(tag));
        let joint = if query.is_empty() { "" } else { "&" };
        let links: Vec<LanguageLink> = offered
            .map(|locale| LanguageLink {
                tag: locale.tag(),
                name: locale.name(),
                href: Href::local(format!("?{query}{joint}ui_locales={locale}")),
                current: locale == current,
            })
            .collect();
        self.languages = if links.len() > 1 { links } else { Vec::new() };
        self
    }
}

/// A page in another language.
#[derive(Debug, Clone, Serialize)]
pub struct LanguageLink {
    /// The language's tag.
    pub tag: &'static str,
    /// The language's own name.
    pub name: &'static str,
    /// Where the page is.
    pub href: Href,
    /// Whether it is this page.
    pub current: bool,
}

/// An app. All of it is the app's own word.
#[derive(Debug, Clone, Serialize)]
pub struct ClientView {
    /// Its name; its id where it has none that can be seen.
    pub name: Label,
    /// What stands for it where it has no picture.
    pub initial: String,
    /// The host that the user comes from and goes back to; none for an app on the device.
    pub host: Option<Label>,
    /// Its picture.
    pub logo_uri: Option<Href>,
    /// Its home page, privacy policy and terms of use, as far as it has them.
    pub links: Vec<ClientLink>,
}

/// A page of an app.
#[derive(Debug, Clone, Serialize)]
pub struct ClientLink {
    /// Where it is.
    pub href: Href,
    /// What it is about: a message that may say `{client}`.
    pub label: Text,
    /// Whose it is: an app may link to anybody's page.
    pub host: Label,
}

impl ClientView {
    /// An app by its name and id; links and host are set by the methods below.
    pub fn new(client_name: &str, client_id: &str) -> Self {
        let name = Label::first_of(&[client_name, client_id]);
        Self {
            initial: name.initial(),
            name,
            host: None,
            logo_uri: None,
            links: Vec::new(),
        }
    }

    /// With the host of its redirect URI.
    #[must_use]
    pub fn returning_to(mut self, redirect_uri: &str) -> Self {
        self.host = redirect_host(redirect_uri);
        self
    }

    /// With the addresses of its metadata: `logo_uri`, `client_uri`, `policy_uri`, `tos_uri`. Those that a page may not
    /// link to are left out.
    #[must_use]
    pub fn with_links(
        mut self,
        logo_uri: Option<&str>,
        client_uri: Option<&str>,
        policy_uri: Option<&str>,
        tos_uri: Option<&str>,
    ) -> Self {
        let link = |label: &'static str, address: Option<&str>| {
            let href = Href::external(address?)?;
            let host = redirect_host(href.as_str())?;
            let label = Text::key(label);
            Some(ClientLink { href, label, host })
        };
        self.logo_uri = logo_uri.and_then(Href::picture);
        self.links = [
            link("client.home", client_uri),
            link("client.policy", policy_uri),
            link("client.terms", tos_uri),
        ]
        .into_iter()
        .flatten()
        .collect();
        self
    }
}

/// What to call the place of a redirect URI, or of another: its host and port, or its scheme where it has no host. Hosts are in
/// their ASCII form, so that look-alike letters show.
pub(super) fn redirect_host(redirect_uri: &str) -> Option<Label> {
    let url = url::Url::parse(redirect_uri).ok()?;
    let host = url.host_str().filter(|host| !host.is_empty());
    let place = match (host, url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => url.scheme().to_owned(),
    };
    // Whole, however long: whose host it is stands at its end.
    Some(Label::paragraph(&place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realm_is_named_by_its_host_when_it_has_no_name() {
        let realm = RealmView::new(" ", "http://localhost:8080/bank", "/bank", &[]);
        assert_eq!(
            (realm.display_name.as_str(), realm.host.as_str()),
            ("localhost:8080", "localhost:8080")
        );
    }

    #[test]
    fn languages_are_a_choice_only_where_there_are_two() {
        let realm = |locales: &[&str]| {
            let locales: Vec<String> = locales.iter().map(|&tag| tag.into()).collect();
            RealmView::new("Bank", "https://id.example.com", "", &locales).with_languages(Locale::Ja, "flow=x")
        };
        assert_eq!(
            realm(&["ja", "en"]).languages[1].href,
            Href::local("?flow=x&ui_locales=en")
        );
        assert!(realm(&["ja", "en"]).languages[0].current);
        assert!(realm(&["ja", "tlh"]).languages.is_empty());
    }

    #[test]
    fn the_place_of_a_redirect_is_said_in_ascii() {
        let host = |uri: &str| redirect_host(uri).map(|label| label.as_str().to_owned());
        assert_eq!(host("https://app.example.com/cb").as_deref(), Some("app.example.com"));
        assert_eq!(host("http://127.0.0.1:8081/cb").as_deref(), Some("127.0.0.1:8081"));
        assert_eq!(host("com.example.app:/cb").as_deref(), Some("com.example.app"));
        assert_eq!(host("https://аpple.example/").as_deref(), Some("xn--pple-43d.example"));
        assert_eq!(host("no uri"), None);
        let long = format!("bank.example.{}evil.example", "x.".repeat(100));
        assert_eq!(host(&format!("https://{long}/")).as_deref(), Some(long.as_str()));
    }

    #[test]
    fn the_pages_of_an_app_are_linked_with_their_host() {
        let client = ClientView::new("Budget", "budget-app").with_links(
            Some("https://cdn.example/logo.png"),
            Some("https://app.example.com/"),
            Some("javascript:alert(1)"),
            Some("https://lawyer.example:8443/terms"),
        );
        let hosts: Vec<&str> = client.links.iter().map(|link| link.host.as_str()).collect();
        assert_eq!(hosts, ["app.example.com", "lawyer.example:8443"]);
        assert_eq!(client.logo_uri.unwrap().as_str(), "https://cdn.example/logo.png");
    }

    #[test]
    fn an_app_without_a_name_that_can_be_seen_is_named_by_its_id() {
        let client = ClientView::new("\u{202e}\u{200b}", "budget-app");
        assert_eq!((client.name.as_str(), client.initial.as_str()), ("budget-app", "B"));
    }
}

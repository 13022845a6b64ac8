//! Who asks, and who answers: the lanes of the diagram.

use std::collections::HashMap;

use url::{Host, Url};

use super::super::frame::Lang;
use super::exchange::{Exchange, SiteKind};

/// By which the demo's APIs tell themselves from its apps when they call the server.
pub(in crate::demo) const API_USER_AGENT: &str = "sekisho-demo-api";

/// What browsers show: whoever asks for one of these is a user.
const PAGES: [&str; 9] = [
    "/authorize",
    "/sign-in",
    "/sign-up",
    "/select-account",
    "/consent",
    "/device",
    "/account",
    "/logout",
    "/session",
];

/// A column of the diagram, from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    User,
    App,
    Server,
    Api,
}

impl Lane {
    /// Its place, from 0.
    pub(super) fn place(self) -> u8 {
        self as u8
    }

    /// What it is called when nobody in particular is meant.
    pub(super) fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::User, Lang::En) => "Browser",
            (Self::User, Lang::Ja) => "ブラウザー",
            (Self::App, Lang::En) => "App",
            (Self::App, Lang::Ja) => "アプリ",
            (Self::Server, _) => "Sekisho",
            (Self::Api, _) => "API",
        }
    }
}

/// One end of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Party {
    pub lane: Lane,
    /// The registered name, in English and Japanese.
    name: Option<[String; 2]>,
}

impl Party {
    fn of(lane: Lane, name: Option<&[String; 2]>) -> Self {
        Self {
            lane,
            name: name.cloned(),
        }
    }

    /// The user, by way of a browser.
    pub(super) fn user() -> Self {
        Self::of(Lane::User, None)
    }

    pub(super) fn name(&self, lang: Lang) -> &str {
        match &self.name {
            Some([english, japanese]) => match lang {
                Lang::En => english,
                Lang::Ja => japanese,
            },
            None => self.lane.name(lang),
        }
    }
}

/// Whether browsers show this path of the server.
pub(super) fn is_page(path: &str) -> bool {
    PAGES.iter().any(|page| {
        let rest = path.strip_prefix(page);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// The clients of the realm.
#[derive(Debug, Default)]
pub(in crate::demo) struct Registered {
    names: HashMap<String, [String; 2]>,
    redirect_uris: Vec<(Url, String)>,
}

impl Registered {
    /// Reads a realm file.
    pub(in crate::demo) fn of(realm: &str) -> Self {
        let realm: toml::Table = realm.parse().unwrap_or_default();
        let clients = realm.get("client").and_then(toml::Value::as_array);
        let mut registered = Self::default();
        for client in clients.into_iter().flatten() {
            let text = |name: &str| client.get(name).and_then(toml::Value::as_str);
            let Some(id) = text("client_id") else { continue };
            let english = text("client_name").unwrap_or(id);
            let japanese = text("client_name#ja").unwrap_or(english);
            registered
                .names
                .insert(id.to_owned(), [english.to_owned(), japanese.to_owned()]);
            let uris = client.get("redirect_uris").and_then(toml::Value::as_array);
            let uris = uris.into_iter().flatten().filter_map(toml::Value::as_str);
            let uris = uris.filter_map(|uri| Some((Url::parse(uri).ok()?, id.to_owned())));
            registered.redirect_uris.extend(uris);
        }
        registered
    }

    fn name(&self, client_id: &str) -> Option<&[String; 2]> {
        self.names.get(client_id)
    }

    /// Whose redirect URI this is. On loopback addresses programs take whatever port is free (RFC 8252 §7.3).
    fn at(&self, location: &str) -> Option<&[String; 2]> {
        let location = Url::parse(location).ok()?;
        let is_address = matches!(location.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)));
        let mut uris = self.redirect_uris.iter();
        let (_, id) = uris.find(|(uri, _)| {
            let is_port_right = is_address || uri.port() == location.port();
            uri.host() == location.host() && uri.path() == location.path() && is_port_right
        })?;
        self.name(id)
    }

    /// From whom an exchange goes to whom.
    pub(super) fn ends(&self, exchange: &Exchange) -> (Party, Party) {
        let site = exchange.site.name.map(str::to_owned);
        let client = exchange.client.as_deref().and_then(|id| self.name(id));
        let curl = ["curl".to_owned(), "curl".to_owned()];
        let is_curl = exchange.user_agent.starts_with("curl/");
        let app = Party::of(Lane::App, if is_curl { Some(&curl) } else { client });
        if exchange.site.kind == SiteKind::Api {
            return (app, Party::of(Lane::Api, Some(&site)));
        }
        let from = if is_page(&exchange.path) || exchange.is_navigation {
            Party::user()
        } else if is_curl {
            app
        } else if exchange.path == "/introspect" || exchange.user_agent == API_USER_AGENT {
            Party::of(Lane::Api, client)
        } else {
            app
        };
        (from, Party::of(Lane::Server, Some(&site)))
    }

    /// The app to which a redirect leads.
    pub(super) fn app_at(&self, location: &str) -> Party {
        Party::of(Lane::App, self.at(location))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::exchange::{test_exchange, test_site};
    use super::*;

    fn registered() -> Registered {
        Registered::of(
            r#"
            [[client]]
            client_id = "budget-web"
            client_name = "Budget"
            "client_name#ja" = "家計簿"
            redirect_uris = ["http://localhost:8081/callback"]
            [[client]]
            client_id = "bank-cli"
            client_name = "CLI"
            redirect_uris = ["http://127.0.0.1/callback"]
            [[client]]
            client_id = "bank-api"
            client_name = "Bank API"
            "#,
        )
    }

    fn from(change: impl FnOnce(&mut Exchange)) -> (Lane, String) {
        let mut exchange = test_exchange(1);
        change(&mut exchange);
        let (from, _) = registered().ends(&exchange);
        (from.lane, from.name(Lang::En).to_owned())
    }

    #[test]
    fn pages_are_the_users_and_endpoints_the_apps() {
        let path = |path: &'static str| from(|exchange| exchange.path = path.to_owned()).0;
        for page in ["/authorize", "/account/requests", "/device"] {
            assert_eq!(path(page), Lane::User, "{page}");
        }
        for endpoint in ["/token", "/par", "/device_authorization", "/bc-authorize", "/jwks"] {
            assert_eq!(path(endpoint), Lane::App, "{endpoint}");
        }
        assert_eq!(path("/introspect"), Lane::Api);
    }

    #[test]
    fn an_app_is_called_by_its_registered_name() {
        let budget = from(|exchange| exchange.client = Some("budget-web".to_owned()));
        assert_eq!(budget, (Lane::App, "Budget".to_owned()));
        assert_eq!(from(|_| {}), (Lane::App, "App".to_owned()));
        assert_eq!(from(|exchange| exchange.user_agent = "curl/8.1".to_owned()).1, "curl");
    }

    #[test]
    fn an_api_is_known_by_what_it_calls_itself_and_a_reader_by_the_browser() {
        let metadata = |exchange: &mut Exchange| exchange.path = "/.well-known/openid-configuration".to_owned();
        let api = from(|exchange| {
            metadata(exchange);
            exchange.user_agent = API_USER_AGENT.to_owned();
        });
        assert_eq!(api.0, Lane::Api);
        let reader = from(|exchange| {
            metadata(exchange);
            exchange.is_navigation = true;
        });
        assert_eq!(reader.0, Lane::User);
    }

    #[test]
    fn a_call_of_an_api_goes_from_an_app_to_that_api() {
        let mut exchange = test_exchange(1);
        exchange.site = Arc::new(test_site(SiteKind::Api));
        let (from, to) = registered().ends(&exchange);
        assert_eq!((from.lane, to.lane), (Lane::App, Lane::Api));
    }

    #[test]
    fn a_redirect_leads_to_whoever_registered_the_address() {
        let registered = registered();
        let name = |location: &str| registered.app_at(location).name(Lang::Ja).to_owned();
        assert_eq!(name("http://localhost:8081/callback?code=c"), "家計簿");
        assert_eq!(name("http://127.0.0.1:40123/callback?code=c"), "CLI");
        assert_eq!(name("http://localhost:8099/callback"), "アプリ");
    }
}

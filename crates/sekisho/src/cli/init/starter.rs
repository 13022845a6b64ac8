//! What the starter files say, for an issuer and an API.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
};

use url::{Host, Url};

use super::Init;
use crate::config::{self, DEFAULT_DATA};

/// The issuer when none is given: where a server without a configuration is.
const DEFAULT_ISSUER: &str = "http://localhost:8080";
/// The API when the issuer is on this machine.
const DEFAULT_API: &str = "http://localhost:9000";
/// Where the server listens behind a proxy.
const PORT_BEHIND_PROXY: u16 = 8080;
/// First labels of hosts that sign users in: the API is thought to be their neighbour.
const SIGN_IN_HOSTS: &[&str] = &["accounts", "auth", "id", "login", "sso"];

/// An own server: its issuer, and the first API that it protects.
pub(super) struct Starter {
    pub issuer: String,
    pub api: String,
    /// Where the data is, as the server's file names it.
    data: String,
    url: Url,
}

impl Starter {
    /// Checks what was given, as `check` would in a realm file, and fills in the rest.
    pub fn new(asked: Init) -> Result<Self, String> {
        let Init { issuer, api, data } = asked;
        let data = data.map_or_else(|| DEFAULT_DATA.to_owned(), |data| data.display().to_string());
        let issuer = issuer.unwrap_or_else(|| DEFAULT_ISSUER.to_owned());
        accept(&format!("issuer = {}", quoted(&issuer)))?;
        let url = Url::parse(&issuer)
            .map_err(|_| format!("{issuer} is not a URL — write one like https://id.example.com"))?;
        let api = api.unwrap_or_else(|| default_api(&url));
        accept(&format!(
            "issuer = {}\n[[api]]\nidentifier = {}",
            quoted(&issuer),
            quoted(&api)
        ))?;
        Ok(Self { issuer, api, data, url })
    }

    /// How an app gets a token for the API.
    pub fn token_request(&self, directory: &Path) -> String {
        let secret = directory.join("secrets/nightly-job");
        let authority = match local_address(&self.url) {
            Some(_) if self.url.scheme() == "https" => format!(" --cacert {}/tls/ca.pem", self.data),
            _ => String::new(),
        };
        format!(
            "curl{authority} -u \"nightly-job:$(cat {})\" -d grant_type=client_credentials -d scope=api:read {}/token",
            secret.display(),
            self.issuer
        )
    }

    /// What does not belong into version control.
    pub fn gitignore(&self) -> String {
        match self.data.as_str() {
            DEFAULT_DATA => format!("/secrets/\n/{DEFAULT_DATA}/\n"),
            _ => "/secrets/\n".to_owned(),
        }
    }

    /// Whether others reach the issuer: then somebody must speak TLS.
    pub fn is_public(&self) -> bool {
        local_address(&self.url).is_none()
    }

    /// The name of the realm file: the issuer's host, and its path if it has one.
    pub fn realm_name(&self) -> String {
        let host = match self.url.host() {
            Some(Host::Ipv6(_)) | None => "realm".to_owned(),
            Some(host) => host.to_string(),
        };
        let name = format!("{host}{}", self.url.path().trim_end_matches('/'));
        let name: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' })
            .collect();
        // A name that begins with a dot is hidden, and the pattern of the server file would not find it.
        format!("{}.toml", name.trim_start_matches(['.', '-']))
    }

    /// `sekisho.toml`.
    pub fn server_file(&self) -> String {
        let port = self.url.port_or_known_default().unwrap_or(PORT_BEHIND_PROXY);
        let (listener, bind) = match local_address(&self.url) {
            Some(ip) if self.url.scheme() == "https" => {
                (include_str!("listener_local_tls.toml"), SocketAddr::new(ip, port))
            }
            Some(ip) => (include_str!("listener_local.toml"), SocketAddr::new(ip, port)),
            None => (
                include_str!("listener_public.toml"),
                SocketAddr::from((Ipv4Addr::LOCALHOST, PORT_BEHIND_PROXY)),
            ),
        };
        let listener = listener
            .replace("{{bind}}", &bind.to_string())
            .replace("{{port}}", &port.to_string())
            .replace("{{data}}", &self.data);
        include_str!("sekisho.toml")
            .replace("{{data}}", &quoted(&self.data))
            .replace("{{listener}}", listener.trim_end())
    }

    /// `realms/*.toml`.
    pub fn realm_file(&self) -> String {
        include_str!("realm.toml")
            .replace("{{issuer}}", &quoted(&self.issuer))
            .replace("{{api}}", &quoted(&self.api))
    }
}

/// Refuses what a realm file with this text would be refused for.
fn accept(text: &str) -> Result<(), String> {
    let Err(problems) = config::from_text(Path::new("realm"), text) else {
        return Ok(());
    };
    let problem = problems.0.into_iter().find(config::Problem::is_error);
    Err(problem.map_or_else(String::new, |problem| {
        format!("{} — {}", problem.problem, problem.remedy)
    }))
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The address of an issuer on this machine.
fn local_address(issuer: &Url) -> Option<IpAddr> {
    match issuer.host()? {
        Host::Domain(name) => {
            (name == "localhost" || name.ends_with(".localhost")).then_some(Ipv4Addr::LOCALHOST.into())
        }
        Host::Ipv4(ip) => ip.is_loopback().then_some(ip.into()),
        Host::Ipv6(ip) => ip.is_loopback().then_some(ip.into()),
    }
}

/// A first guess, to be corrected in the file.
fn default_api(issuer: &Url) -> String {
    match issuer.host() {
        _ if local_address(issuer).is_some() => DEFAULT_API.to_owned(),
        Some(Host::Domain(host)) => {
            let neighbour = host.split_once('.').filter(|(first, _)| SIGN_IN_HOSTS.contains(first));
            format!("https://api.{}", neighbour.map_or(host, |(_, domain)| domain))
        }
        _ => format!("{}/api", issuer.origin().ascii_serialization()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(issuer: &str, api: Option<&str>) -> Init {
        Init {
            issuer: Some(issuer.to_owned()),
            api: api.map(str::to_owned),
            data: None,
        }
    }

    fn starter(issuer: &str) -> Starter {
        Starter::new(asked(issuer, None)).unwrap_or_else(|error| panic!("{issuer}: {error}"))
    }

    #[test]
    fn an_issuer_on_this_machine_is_listened_for_on_its_port() {
        for (issuer, bind, is_tls) in [
            ("http://localhost:8081", "127.0.0.1:8081", false),
            ("http://localhost", "127.0.0.1:80", false),
            ("http://bank.localhost:8081", "127.0.0.1:8081", false),
            ("http://127.0.0.2:8081", "127.0.0.2:8081", false),
            ("http://[::1]:8081", "[::1]:8081", false),
            ("https://localhost:8443", "127.0.0.1:8443", true),
        ] {
            let text = starter(issuer).server_file();
            assert!(text.contains(&format!("\nbind = \"{bind}\"")), "{issuer}\n{text}");
            assert_eq!(text.contains("\ntls  = \"dev\""), is_tls, "{issuer}");
            assert!(!text.contains("{{") && !text.contains("[proxy]"), "{text}");
        }
    }

    #[test]
    fn an_issuer_elsewhere_is_behind_a_proxy_or_speaks_tls_on_its_own_port() {
        let text = starter("https://id.example.com:8443").server_file();
        assert!(
            text.contains("\nbind = \"127.0.0.1:8080\"\n\n[proxy]\ntrusted = "),
            "{text}"
        );
        assert!(text.contains("\n# bind = \"0.0.0.0:8443\"\n# tls "), "{text}");
    }

    #[test]
    fn the_data_is_where_it_was_asked_for() {
        let elsewhere = Init {
            data: Some("/var/lib/sekisho".into()),
            ..asked("https://localhost:8443", None)
        };
        let elsewhere = Starter::new(elsewhere).unwrap();
        let text = elsewhere.server_file();
        assert!(text.contains("\ndata   = \"/var/lib/sekisho\""), "{text}");
        assert!(text.contains("/var/lib/sekisho/tls/ca.pem"), "{text}");
        assert_eq!(elsewhere.gitignore(), "/secrets/\n");
        assert_eq!(
            starter("http://localhost:8080").gitignore(),
            "/secrets/\n/sekisho-data/\n"
        );
    }

    #[test]
    fn the_realm_file_is_named_by_the_host_and_found_by_its_pattern() {
        for (issuer, name) in [
            ("https://id.example.com", "id.example.com.toml"),
            ("https://id.example.com/bank/one", "id.example.com-bank-one.toml"),
            ("http://localhost:8080", "localhost.toml"),
            ("http://[::1]:8080", "realm.toml"),
        ] {
            assert_eq!(starter(issuer).realm_name(), name);
        }
    }

    #[test]
    fn the_api_that_is_not_given_is_a_neighbour() {
        for (issuer, api) in [
            ("http://localhost:8080", "http://localhost:9000"),
            ("https://id.example.com", "https://api.example.com"),
            ("https://example.co.uk", "https://api.example.co.uk"),
            ("https://192.0.2.1", "https://192.0.2.1/api"),
        ] {
            assert_eq!(starter(issuer).api, api);
        }
    }

    #[test]
    fn what_cannot_be_an_issuer_or_an_api_is_refused_with_a_remedy() {
        let refused = |issuer: &str, api: &str| {
            let refusal = Starter::new(asked(issuer, Some(api)));
            refusal.err().unwrap_or_default()
        };
        for (issuer, api, why) in [
            ("http://id.example.com", "https://api.example.com", "use https"),
            (
                "https://id.example.com/",
                "https://api.example.com",
                "leave the slash out",
            ),
            ("id.example.com", "https://api.example.com", "is not a URL"),
            (
                "https://id.example.com\"\nx=\"",
                "https://api.example.com",
                "the issuer",
            ),
            ("https://id.example.com", "api.example.com", "cannot identify an API"),
            (
                "https://id.example.com",
                "https://id.example.com",
                "identified by the issuer",
            ),
        ] {
            let text = refused(issuer, api);
            assert!(text.contains(why) && text.contains(" — "), "{issuer} {api}: {text}");
        }
        assert_eq!(refused("https://id.example.com", "https://api.example.com/v1"), "");
    }
}

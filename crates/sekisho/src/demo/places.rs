//! Who of the demo is to be found where, and the realm that says so to the authorization server.

use std::net::SocketAddr;
use std::sync::Arc;

use jose::Jwk;

use super::stage::{Site, SiteKind};
use super::{bank, payments_api};

/// The port of the landing page and issuer, unless told otherwise.
pub const DEFAULT_PORT: u16 = 8080;

/// How many ports the demo takes, in a row.
pub(super) const PORTS: u16 = 9;

/// Who is to be found where.
#[derive(Debug, Clone)]
pub struct Places {
    port: u16,
}

impl Places {
    /// The places for a port of the issuer.
    ///
    /// # Errors
    /// When there are not enough ports after it, as a text for the user.
    pub fn at(port: u16) -> Result<Self, String> {
        if port == 0 || port.checked_add(PORTS - 1).is_none() {
            let last = u16::MAX - (PORTS - 1);
            return Err(format!(
                "port {port} does not do: choose one between 1 and {last} with --port"
            ));
        }
        Ok(Self { port })
    }

    /// The authorization server.
    pub fn issuer(&self) -> String {
        origin(self.port)
    }

    /// Budget.
    pub fn web_app(&self) -> String {
        origin(self.web_app_port())
    }

    /// The bank's API for accounts: its identifier, and where the gateway before it listens.
    pub fn api(&self) -> String {
        origin(self.api_port())
    }

    /// Pay.
    pub(super) fn pay(&self) -> String {
        origin(self.pay_port())
    }

    /// The bank's API for payments: where it runs, and its identifier.
    pub(super) fn payments_api(&self) -> String {
        origin(self.payments_api_port())
    }

    /// Till.
    pub(super) fn till(&self) -> String {
        origin(self.till_port())
    }

    /// Board.
    pub(super) fn board(&self) -> String {
        origin(self.board_port())
    }

    /// Pocket.
    pub(super) fn pocket(&self) -> String {
        origin(self.pocket_port())
    }

    /// Desk, the server of the command-line app.
    pub(super) fn desk(&self) -> String {
        origin(self.desk_port())
    }

    /// The authorization server, on the stage.
    pub(super) fn server_site(&self) -> Arc<Site> {
        site(SiteKind::Server, ["Sekisho", "Sekisho"], self.issuer())
    }

    /// The API for accounts, on the stage.
    pub(super) fn api_site(&self) -> Arc<Site> {
        site(SiteKind::Api, ["Accounts API", "口座 API"], self.api())
    }

    /// The API for payments, on the stage.
    pub(super) fn payments_api_site(&self) -> Arc<Site> {
        site(SiteKind::Api, ["Payments API", "支払い API"], self.payments_api())
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn web_app_port(&self) -> u16 {
        self.port + 1
    }

    pub(super) fn api_port(&self) -> u16 {
        self.port + 2
    }

    pub(super) fn pay_port(&self) -> u16 {
        self.port + 3
    }

    pub(super) fn payments_api_port(&self) -> u16 {
        self.port + 4
    }

    pub(super) fn till_port(&self) -> u16 {
        self.port + 5
    }

    pub(super) fn board_port(&self) -> u16 {
        self.port + 6
    }

    pub(super) fn pocket_port(&self) -> u16 {
        self.port + 7
    }

    pub(super) fn desk_port(&self) -> u16 {
        self.port + 8
    }

    /// What to type to run the command-line app, by the name that this program was started by.
    pub(super) fn cli_command(&self) -> String {
        let program = std::env::args().next().unwrap_or_else(|| "sekisho".to_owned());
        format!("{program} demo cli{}", self.port_option())
    }

    /// The same for the one whose server keeps the tokens.
    pub(super) fn cli_server_command(&self) -> String {
        format!("{} --server", self.cli_command())
    }

    pub(super) fn port_option(&self) -> String {
        match self.port {
            DEFAULT_PORT => String::new(),
            port => format!(" --port {port}"),
        }
    }

    /// The realm file. `bank`: where the API for accounts runs, which the gateway alone needs to know. `pay`, `till`: the
    /// public keys of those apps, which were just made. `access_token`: how many seconds access tokens last.
    pub(super) fn realm(&self, bank: SocketAddr, pay: &Jwk, till: &Jwk, access_token: i64) -> String {
        include_str!("realm.toml")
            .replace("{issuer}", &self.issuer())
            .replace("{web_app}", &self.web_app())
            .replace("{api}", &self.api())
            .replace("{bank}", &format!("http://{bank}"))
            .replace("{alice}", bank::ALICE)
            .replace("{bob}", bank::BOB)
            .replace("{pay}", &self.pay())
            .replace("{payments_api}", &self.payments_api())
            .replace("{board}", &self.board())
            .replace("{pocket}", &self.pocket())
            .replace("{access_token}", &format!("{access_token}s"))
            .replace("{payment_schema}", payments_api::SCHEMA)
            .replace("{pay_jwks}", &jwks(pay))
            .replace("{till_jwks}", &jwks(till))
    }
}

fn site(kind: SiteKind, name: [&'static str; 2], origin: String) -> Arc<Site> {
    Arc::new(Site { kind, name, origin })
}

fn origin(port: u16) -> String {
    format!("http://localhost:{port}")
}

/// A key set of one key, as a TOML value.
fn jwks(key: &Jwk) -> String {
    let members = [
        ("kty", Some(&key.kty)),
        ("crv", key.crv.as_ref()),
        ("x", key.x.as_ref()),
        ("y", key.y.as_ref()),
        ("kid", key.kid.as_ref()),
        ("alg", key.alg.as_ref()),
    ];
    let members = members
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name} = \"{}\"", value?)));
    format!("{{ keys = [{{ {} }}] }}", members.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::fapi_client::AppKeys;
    use super::*;

    #[test]
    fn the_realm_is_filled_in() {
        let key = || AppKeys::generate().unwrap().registered();
        let (pay, till) = (key(), key());
        let bank = SocketAddr::from(([127, 0, 0, 1], 8109));
        let text = Places::at(8100).unwrap().realm(bank, &pay, &till, 120);
        let realm: toml::Table = text.parse().unwrap();
        assert_eq!(realm["issuer"].as_str(), Some("http://localhost:8100"));
        assert_eq!(realm["api"][0]["identifier"].as_str(), Some("http://localhost:8102"));
        assert_eq!(realm["api"][0]["upstream"].as_str(), Some("http://127.0.0.1:8109"));
        assert_eq!(realm["api"][1]["identifier"].as_str(), Some("http://localhost:8104"));
        let client = |id: &str| {
            let clients = realm["client"].as_array().unwrap();
            clients
                .iter()
                .find(|client| client["client_id"].as_str() == Some(id))
                .unwrap()
                .clone()
        };
        assert_eq!(
            client("budget-web")["redirect_uris"][0].as_str(),
            Some("http://localhost:8101/callback")
        );
        assert_eq!(
            client("pay-web")["redirect_uris"][0].as_str(),
            Some("http://localhost:8103/callback")
        );
        for (id, key) in [("pay-web", pay), ("till", till)] {
            assert_eq!(client(id)["jwks"]["keys"][0]["x"].as_str(), key.x.as_deref());
        }
        // What is left in braces is for the consent page.
        let left = text.replace("{amount}", "").replace("{creditor}", "");
        assert!(crate::config::from_text(std::path::Path::new("realm.toml"), &text).is_ok());
        assert!(
            !left.contains("{a")
                && !left.contains("{b")
                && !left.contains("{i")
                && !left.contains("{p")
                && !left.contains("{t")
        );
    }

    #[test]
    fn a_port_without_enough_ports_after_it_is_refused() {
        assert!(Places::at(0).is_err());
        assert!(Places::at(65_528).is_err());
        assert_eq!(Places::at(65_527).unwrap().desk(), "http://localhost:65535");
    }

    #[test]
    fn the_port_is_only_mentioned_when_it_is_not_the_usual_one() {
        assert_eq!(Places::at(8080).unwrap().port_option(), "");
        assert_eq!(Places::at(9000).unwrap().port_option(), " --port 9000");
    }
}

//! `sekisho demo`: a bank that opens its API, two apps that use it, and the server in between, on one machine.
//!
//! - [`landing`]: the page that says who is who and what to try
//! - [`bank_api`]: the API, over [`bank`], protected by `sekisho-resource-server`
//! - [`web_app`]: an app with a server; [`cli_app`]: one without, `sekisho demo cli`
//! - [`oidc_client`], [`bank_client`]: what both apps do with the authorization server and with the API
//! - `realm.toml`: who may do what
//!
//! The apps use the server by its endpoints alone, as an app elsewhere would.

mod bank;
mod bank_api;
mod bank_client;
pub mod cli_app;
mod frame;
mod landing;
mod oidc_client;
mod web_app;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use axum::Router;
use model::Clock;
use storage::Options;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use self::bank_client::BankClient;
use self::oidc_client::{OidcClient, Registration, http};
use crate::config::{self, ServerConfig};
use crate::wiring::{AskedToEnd, Running};

/// The port of the landing page and issuer, unless told otherwise.
pub const DEFAULT_PORT: u16 = 8080;

/// What the command line may say.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Of the issuer. The web app and the API take the two ports after it.
    pub port: u16,
    /// Where the data stays; a temporary directory otherwise.
    pub data: Option<PathBuf>,
}

/// Who is to be found where.
#[derive(Debug, Clone)]
pub struct Places {
    port: u16,
}

impl Places {
    /// The places for a port of the issuer.
    ///
    /// # Errors
    /// When there are no two ports after it, as a text for the user.
    pub fn at(port: u16) -> Result<Self, String> {
        if port == 0 || port.checked_add(2).is_none() {
            return Err(format!(
                "port {port} does not do: choose one between 1 and 65533 with --port"
            ));
        }
        Ok(Self { port })
    }

    /// The authorization server.
    pub fn issuer(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Budget.
    pub fn web_app(&self) -> String {
        format!("http://localhost:{}", self.port + 1)
    }

    /// The bank's API: where it runs, and its identifier.
    pub fn api(&self) -> String {
        format!("http://localhost:{}", self.port + 2)
    }

    /// What to type to run the command-line app, by the name that this program was started by.
    fn cli_command(&self) -> String {
        let program = std::env::args().next().unwrap_or_else(|| "sekisho".to_owned());
        format!("{program} demo cli{}", self.port_option())
    }

    fn port_option(&self) -> String {
        match self.port {
            DEFAULT_PORT => String::new(),
            port => format!(" --port {port}"),
        }
    }

    fn realm(&self) -> String {
        include_str!("realm.toml")
            .replace("{issuer}", &self.issuer())
            .replace("{web_app}", &self.web_app())
            .replace("{api}", &self.api())
    }
}

/// Runs everything until the program is asked to end.
///
/// # Errors
/// As a text for the user: a port that is taken, a directory that cannot be made, whatever the server says.
pub async fn run(options: DemoOptions) -> Result<(), String> {
    let asked_to_end = AskedToEnd::listen()?;
    let places = Places::at(options.port)?;
    // Ports first: what is missing there shows before anything is made.
    let issuer_sockets = listen(places.port).await?;
    let web_app_sockets = listen(places.port + 1).await?;
    let api_sockets = listen(places.port + 2).await?;
    let data = Data::prepare(options.data)?;

    let config = server_config(&places, &data, &issuer_sockets)?;
    // The server binds its addresses itself.
    drop(issuer_sockets);
    let server = Running::start(config, Clock::system(), Some(landing::router(&places))).await?;

    // So that whoever opens the page at once finds every key there.
    server.realms.maintain_keys().await.map_err(text)?;

    let mut apps = JoinSet::new();
    let http = http().map_err(text)?;
    let api = bank_api::router(&places.issuer(), &places.api(), http.clone()).map_err(text)?;
    serve(&mut apps, api_sockets, &api);
    let oidc = OidcClient::discover(&places.issuer(), budget(&places))
        .await
        .map_err(text)?;
    let bank = BankClient::new(http, &places.api());
    let web_app = web_app::router(oidc, bank, &places.web_app(), &places.issuer());
    serve(&mut apps, web_app_sockets, &web_app);

    println!("{}", guide(&places, data.is_temporary));
    asked_to_end.wait().await;
    apps.shutdown().await;
    server.stop().await;
    Ok(())
}

fn server_config(places: &Places, data: &Data, sockets: &[TcpListener]) -> Result<ServerConfig, String> {
    let realm = config::from_text(Path::new("demo/realm.toml"), &places.realm()).map_err(text)?;
    let listener = |socket: &TcpListener| {
        let bind = socket.local_addr().map_err(text)?;
        Ok(config::Listener { bind, tls: None })
    };
    Ok(ServerConfig {
        data: data.path().to_owned(),
        database: Options::Sqlite {
            path: data.path().join("sekisho.db"),
        },
        realms: vec![realm],
        names_realms: true,
        listeners: sockets.iter().map(listener).collect::<Result<_, String>>()?,
        ..ServerConfig::without_file()
    })
}

fn budget(places: &Places) -> Registration {
    Registration {
        client_id: "budget-web",
        client_secret: Some("budget-web-secret"),
        redirect_uri: format!("{}/callback", places.web_app()),
    }
}

/// What the terminal says: the landing page tells the rest.
fn guide(places: &Places, is_temporary: bool) -> String {
    let kept = if is_temporary {
        "its data is temporary"
    } else {
        "its data stays"
    };
    format!(
        "\n  Sekisho demo. Open  {}/\n\n  \
         Budget, a web app   {}/\n  \
         Command-line app    {}\n  \
         The bank's API      {}/accounts\n  \
         Users               alice / alice-password, bob / bob-password\n\n  \
         Ctrl+C ends it; {kept}.\n",
        places.issuer(),
        places.web_app(),
        places.cli_command(),
        places.api(),
    )
}

/// Listens on loopback: both families, since browsers take either for `localhost`.
async fn listen(port: u16) -> Result<Vec<TcpListener>, String> {
    let taken = |error: std::io::Error| {
        format!("port {port}: {error}. The demo takes three ports in a row; choose others with --port N")
    };
    let mut sockets = vec![TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(taken)?];
    match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
        Ok(socket) => sockets.push(socket),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => return Err(taken(error)),
        // No IPv6 on this machine.
        Err(_) => {}
    }
    Ok(sockets)
}

fn serve(apps: &mut JoinSet<()>, sockets: Vec<TcpListener>, router: &Router) {
    for socket in sockets {
        let router = router.clone();
        apps.spawn(async move {
            // It never ends by itself: what goes wrong with one connection stays there.
            let _ = axum::serve(socket, router).await;
        });
    }
}

/// The data directory; a temporary one is removed at the end.
struct Data {
    path: PathBuf,
    is_temporary: bool,
}

impl Data {
    fn prepare(asked: Option<PathBuf>) -> Result<Self, String> {
        let is_temporary = asked.is_none();
        let path = asked.unwrap_or_else(|| std::env::temp_dir().join(format!("sekisho-demo-{}", jose::random_token())));
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .recursive(!is_temporary)
            .create(&path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { path, is_temporary })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        if self.is_temporary {
            // What is left is in the system's directory for temporary files, which the system empties.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_realm_is_filled_in() {
        let realm = Places::at(8100).unwrap().realm();
        assert!(!realm.contains("{issuer}") && !realm.contains("{web_app}") && !realm.contains("{api}"));
        let realm: toml::Table = realm.parse().unwrap();
        assert_eq!(realm["issuer"].as_str(), Some("http://localhost:8100"));
        assert_eq!(realm["api"][0]["identifier"].as_str(), Some("http://localhost:8102"));
        let budget = &realm["client"][1];
        assert_eq!(
            budget["redirect_uris"][0].as_str(),
            Some("http://localhost:8101/callback")
        );
    }

    #[test]
    fn a_port_without_two_ports_after_it_is_refused() {
        assert!(Places::at(0).is_err());
        assert!(Places::at(65_534).is_err());
        assert_eq!(Places::at(65_533).unwrap().api(), "http://localhost:65535");
    }

    #[test]
    fn the_port_is_only_mentioned_when_it_is_not_the_usual_one() {
        assert_eq!(Places::at(8080).unwrap().port_option(), "");
        assert_eq!(Places::at(9000).unwrap().port_option(), " --port 9000");
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_named_with_the_way_out() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let message = listen(port).await.unwrap_err();
        assert!(
            message.contains(&port.to_string()) && message.contains("--port"),
            "{message}"
        );
    }

    #[test]
    fn a_temporary_directory_is_removed_and_a_given_one_stays() {
        let data = Data::prepare(None).unwrap();
        let path = data.path().to_owned();
        assert!(path.is_dir());
        let given = Data::prepare(Some(path.join("given/deep"))).unwrap();
        drop(given);
        assert!(path.join("given/deep").is_dir());
        drop(data);
        assert!(!path.exists());
    }
}

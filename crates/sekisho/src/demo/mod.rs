//! `sekisho demo`: a bank that opens its API, apps of every form that use it, and the server in between, on one machine.
//!
//! - [`landing`]: the page that says who is who and what to try
//! - [`bank_api`]: the API for accounts, over [`bank`]; [`api_gateway`]: the gateway before it, which checks the calls
//! - the five forms of apps: [`web_app`]; [`board_app`], JavaScript with a server; [`js_app`], JavaScript alone;
//!   [`cli_app`], a program with a server ([`desk_app`]) and one alone
//! - [`nightly_report`]: a program without a user
//! - [`oidc_client`], [`bank_client`], [`connection`]: what those do with the authorization server and with that API;
//!   [`back_end`], [`problem`]: what servers of apps tell those in front
//! - [`payments_api`]: the API at financial grade; it checks its tokens itself, by `sekisho-resource-server`, and pays what was
//!   consented to, once
//! - [`pay_app`]: an app by FAPI 2.0; [`till_app`]: one whose user decides on a device of their own (CIBA)
//! - [`fapi_client`]: what these two do with the authorization server and with that API
//! - [`mailbox`]: what the server would have sent by mail
//! - [`stage`]: what they all say to each other, shown and explained
//! - [`frame`], [`own_forms`], [`sessions`]: what the apps' pages share; [`browser_calls`]: who may call an API from them
//! - `realm.toml`: who may do what; [`places`] fills in where
//!
//! The apps use the server by its endpoints alone, as an app elsewhere would.

mod api_gateway;
mod back_end;
mod bank;
mod bank_api;
mod bank_client;
mod board_app;
mod browser_calls;
pub mod cli_app;
mod connection;
mod desk_app;
mod fapi_client;
mod frame;
mod js_app;
mod landing;
mod mailbox;
mod nightly_report;
mod oidc_client;
mod own_forms;
mod pay_app;
mod payments_api;
mod places;
mod problem;
mod sessions;
mod stage;
mod till_app;
mod web_app;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::http::HeaderValue;
use model::Clock;
use storage::Options;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use self::bank::Bank;
use self::bank_client::BankClient;
use self::fapi_client::{AppKeys, FapiClient};
use self::mailbox::Mailbox;
use self::oidc_client::{OidcClient, Registration, http, http_as};
use self::places::PORTS;
pub use self::places::{DEFAULT_PORT, Places};
use self::stage::{Recording, Registered, Stage, Wire};
use crate::config::{self, ServerConfig};
use crate::wiring::{AskedToEnd, Running, Surroundings};

/// What the command line may say.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Of the issuer. Apps and APIs take the ports after it.
    pub port: u16,
    /// How many seconds access tokens last.
    pub access_token: i64,
    /// Where the data stays; a temporary directory otherwise.
    pub data: Option<PathBuf>,
}

/// Runs everything until the program is asked to end.
///
/// # Errors
/// As a text for the user: a port that is taken, a directory that cannot be made, whatever the server says.
pub async fn run(options: DemoOptions) -> Result<(), String> {
    let asked_to_end = AskedToEnd::listen()?;
    let places = Places::at(options.port)?;
    // Ports first: what is missing there shows before anything is made.
    let sockets = Sockets::listen(&places).await?;
    let data = Data::prepare(options.data)?;
    let (pay_keys, till_keys) = (AppKeys::generate().map_err(text)?, AppKeys::generate().map_err(text)?);

    let bank_at = sockets.bank.local_addr().map_err(text)?;
    let (pay, till) = (pay_keys.registered(), till_keys.registered());
    let realm = places.realm(bank_at, &pay, &till, options.access_token);
    let config = server_config(&realm, &data, (&sockets.issuer, &sockets.api))?;
    // The server and its gateway bind their addresses themselves.
    drop((sockets.issuer, sockets.api));
    let (recording, bank) = (Arc::new(Recording::default()), Arc::new(Bank::new()));
    let wire = Wire {
        http: http().map_err(text)?,
        recording: Arc::clone(&recording),
        issuer: places.issuer(),
        api: places.api(),
        payments_api: places.payments_api(),
    };
    // Pocket calls the API from the browser.
    let pocket = HeaderValue::from_str(&places.pocket()).map_err(text)?;
    let around = surroundings(&places, (Registered::of(&realm), pocket), wire, Arc::clone(&bank));
    let server = Running::start(config, Clock::system(), Some(around)).await?;

    let mut apps = JoinSet::new();
    let (issuer, http) = (places.issuer(), http().map_err(text)?);
    let asking = http_as(stage::API_USER_AGENT).map_err(text)?;
    serve(&mut apps, vec![sockets.bank], &bank_api::router(Arc::clone(&bank)));
    let payments_api = payments_api::router(&issuer, &places.payments_api(), asking, bank).map_err(text)?;
    let payments_api = stage::record(payments_api, &recording, &places.payments_api_site());
    serve(&mut apps, sockets.payments_api, &payments_api);

    let bank = BankClient::new(http.clone(), &places.api());
    let [budget, board, desk] = confidential(&places);
    let oidc = OidcClient::discover(&issuer, budget).await.map_err(text)?;
    let web_app = web_app::router(oidc, bank.clone(), &places.web_app(), &issuer);
    serve(&mut apps, sockets.web_app, &web_app);
    let oidc = OidcClient::discover(&issuer, board).await.map_err(text)?;
    let board_app = board_app::router(oidc, bank.clone(), &places.board());
    serve(&mut apps, sockets.board, &board_app);
    serve(&mut apps, sockets.pocket, &js_app::router(&places));
    let oidc = OidcClient::discover(&issuer, desk).await.map_err(text)?;
    serve(&mut apps, sockets.desk, &desk_app::router(oidc, bank));

    let callback = format!("{}/callback", places.pay());
    let fapi = FapiClient::discover(http.clone(), &issuer, "pay-web", callback, pay_keys);
    let pay_app = pay_app::router(fapi.await.map_err(text)?, &places);
    serve(&mut apps, sockets.pay, &pay_app);
    let fapi = FapiClient::discover(http, &issuer, "till", String::new(), till_keys);
    let till_app = till_app::router(fapi.await.map_err(text)?, &places);
    serve(&mut apps, sockets.till, &till_app);

    // What the apps asked while they started tells nobody anything.
    recording.clear();
    println!("{}", guide(&places, data.is_temporary));
    asked_to_end.wait().await;
    apps.shutdown().await;
    server.stop().await;
    Ok(())
}

/// What the demo's server has besides: the landing page, the mailbox, and the stage, which looks at what passes, at the
/// gateway too.
fn surroundings(
    places: &Places,
    (registered, pocket): (Registered, HeaderValue),
    wire: Wire,
    bank: Arc<Bank>,
) -> Surroundings {
    let mailbox = Arc::new(Mailbox::default());
    let (landing, site, recording) = (
        landing::router(places).merge(mailbox::router(&mailbox)),
        places.server_site(),
        Arc::clone(&wire.recording),
    );
    let watched = Arc::clone(&recording);
    let around = Box::new(move |front: web::Front| {
        let stage = Stage {
            recording: Arc::clone(&recording),
            registered,
            wire,
            realms: Arc::clone(&front.app().realms),
            bank,
        };
        let front = front.beside(landing.nest("/stage", stage::router(stage)));
        let server = Router::new().fallback(move |request| front.clone().handle(request));
        stage::record(server, &recording, &site)
    });
    let (recording, api) = (Arc::clone(&watched), places.api_site());
    let around_gateway = Box::new(move |gateway| {
        let routes = browser_calls::from_origin(api_gateway::routes(gateway), pocket);
        stage::record(routes, &recording, &api)
    });
    Surroundings {
        around,
        around_gateway,
        keep_mail: mailbox.keep(),
    }
}

fn server_config(
    realm: &str,
    data: &Data,
    (issuer, api): (&[TcpListener], &[TcpListener]),
) -> Result<ServerConfig, String> {
    let realm = config::from_text(Path::new("demo/realm.toml"), realm).map_err(text)?;
    let listener = |(socket, role): (&TcpListener, config::Role)| {
        let bind = socket.local_addr().map_err(text)?;
        Ok(config::Listener { bind, tls: None, role })
    };
    let server = issuer.iter().map(|socket| (socket, config::Role::Server));
    let gateway = api.iter().map(|socket| (socket, config::Role::Gateway));
    Ok(ServerConfig {
        data: data.path().to_owned(),
        database: Options::Sqlite {
            path: data.path().join("sekisho.db"),
        },
        realms: vec![realm],
        names_realms: true,
        listeners: server.chain(gateway).map(listener).collect::<Result<_, String>>()?,
        ..ServerConfig::without_file()
    })
}

/// The apps that keep a secret at a server: Budget, Board and Desk.
fn confidential(places: &Places) -> [Registration; 3] {
    let app = |client_id, secret, redirect_uri| Registration {
        client_id,
        client_secret: Some(secret),
        redirect_uri,
    };
    [
        app(
            "budget-web",
            "budget-web-secret",
            format!("{}/callback", places.web_app()),
        ),
        app("board", "board-secret", format!("{}/callback", places.board())),
        // Each of its programs listens on a port of its own.
        app("desk", "desk-secret", String::new()),
    ]
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
         Board, JS + server  {}/\n  \
         Pocket, JS alone    {}/\n  \
         Command-line app    {}\n  \
         … with a server     {}\n  \
         The bank's API      {}/accounts\n  \
         Pay, by FAPI 2.0    {}/\n  \
         Till, by CIBA       {}/\n  \
         Mail to users       {}/mailbox\n  \
         Users               alice / alice-password, bob / bob-password\n\n  \
         Ctrl+C ends it; {kept}.\n",
        places.issuer(),
        places.web_app(),
        places.board(),
        places.pocket(),
        places.cli_command(),
        places.cli_server_command(),
        places.api(),
        places.pay(),
        places.till(),
        places.issuer(),
    )
}

/// Where everybody listens.
struct Sockets {
    issuer: Vec<TcpListener>,
    web_app: Vec<TcpListener>,
    api: Vec<TcpListener>,
    /// The API behind the gateway: at any port.
    bank: TcpListener,
    pay: Vec<TcpListener>,
    payments_api: Vec<TcpListener>,
    till: Vec<TcpListener>,
    board: Vec<TcpListener>,
    pocket: Vec<TcpListener>,
    desk: Vec<TcpListener>,
}

impl Sockets {
    async fn listen(places: &Places) -> Result<Self, String> {
        Ok(Self {
            issuer: listen(places.port()).await?,
            web_app: listen(places.web_app_port()).await?,
            api: listen(places.api_port()).await?,
            bank: TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(text)?,
            pay: listen(places.pay_port()).await?,
            payments_api: listen(places.payments_api_port()).await?,
            till: listen(places.till_port()).await?,
            board: listen(places.board_port()).await?,
            pocket: listen(places.pocket_port()).await?,
            desk: listen(places.desk_port()).await?,
        })
    }
}

/// Listens on loopback: both families, since browsers take either for `localhost`.
async fn listen(port: u16) -> Result<Vec<TcpListener>, String> {
    let taken = |error: std::io::Error| {
        format!("port {port}: {error}. The demo takes {PORTS} ports in a row; choose others with --port N")
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

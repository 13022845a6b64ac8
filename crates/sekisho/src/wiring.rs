//! A whole server, put together from a configuration.

use std::{net::SocketAddr, sync::Arc};

use authn::password::PasswordPool;
use axum::{Router, body::Body, extract::Request, response::Response};
use enforcement::gate::Decide;
use explanation::Refusal;
use gateway::Upload;
use hyper::body::Incoming;
use model::Clock;
use oauth::gate::Gate;
use realm::{Outside, Realms, audit::Due};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use tower::ServiceExt as _;
use traffic::{AccessLog, Counted, Through, Traffic};
use web::{App, Front, extract::Proxies, pages::Pages};

use crate::{
    administration::{self, Secrets},
    config::{self, Role, ServerConfig},
    control,
    serving::{
        background,
        delivery::{self, Keep},
        gateway::{Gateway, apart::Apart},
        listener::{DRAIN, Listener},
        operations,
        outgoing::Outgoing,
        refusals, tls,
    },
};

/// Sign-ins that may wait for each thread that hashes passwords; more are told to come back.
const QUEUE_PER_THREAD: usize = 32;

/// What the demo puts around its server before it listens; `serve` has nothing around it.
pub struct Surroundings {
    /// What answers in the server's place, and asks it.
    pub around: Box<dyn FnOnce(Front) -> Router + Send>,
    /// The same in the gateway's place.
    pub around_gateway: Box<dyn FnOnce(Arc<Gateway<Gate>>) -> Router + Send>,
    /// Who gets the mail.
    pub keep_mail: Keep,
}

/// A server that runs.
pub struct Running {
    stop: watch::Sender<bool>,
    listeners: JoinSet<()>,
    /// What must come to an end: commands and deliveries in progress.
    work: Vec<JoinHandle<()>>,
    addresses: Vec<SocketAddr>,
    operations: Option<SocketAddr>,
    /// Its realms.
    pub realms: Arc<Realms>,
    /// What calls of the APIs are like.
    pub traffic: Arc<Traffic>,
    /// Where it verifies passwords.
    pub passwords: PasswordPool,
}

/// `sekisho serve`: runs until it is asked to end.
pub async fn serve(config: ServerConfig) -> Result<(), String> {
    let asked_to_end = AskedToEnd::listen()?;
    let running = Running::start(config, Clock::system(), None).await?;
    for address in &running.addresses {
        tracing::info!(%address, "listening");
    }
    for issuer in running.realms.issuers() {
        tracing::info!(issuer, "serving");
    }
    asked_to_end.wait().await;
    tracing::info!("stopping: requests in progress may finish");
    running.stop().await;
    Ok(())
}

/// SIGTERM and SIGINT, heard from the moment that this is made: who asks while the server is starting is not told off
/// by the system, and nothing that was begun is cut off.
pub struct AskedToEnd {
    term: Signal,
    int: Signal,
}

impl AskedToEnd {
    /// Begins to listen. Make it before anything else.
    pub fn listen() -> Result<Self, String> {
        let listen = |kind| signal(kind).map_err(|error| format!("signals cannot be listened to: {error}"));
        Ok(Self {
            term: listen(SignalKind::terminate())?,
            int: listen(SignalKind::interrupt())?,
        })
    }

    /// Waits until somebody asks.
    pub async fn wait(mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.int.recv() => {}
        }
    }
}

impl Running {
    /// Opens the database, applies the realm files, and listens.
    pub async fn start(config: ServerConfig, clock: Clock, around: Option<Surroundings>) -> Result<Self, String> {
        operations::recorder();
        config::make_data_directory(&config).map_err(|error| error.to_string())?;
        // Before anything is written: two servers in one data directory would undo each other's work.
        let held = control::hold(&config.control_socket())?;
        let (store, wrap) = config::open_store(&config).await.map_err(|error| error.to_string())?;
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let passwords = PasswordPool::new(threads, threads * QUEUE_PER_THREAD);
        let secrets = Secrets {
            pool: &passwords,
            wrap: &wrap,
        };
        let changes = administration::apply_at_start(&store, &secrets, &config, clock.now())
            .await
            .map_err(|error| error.to_string())?;
        tracing::info!(changes = changes.len(), "realm files applied");
        let outgoing = Outgoing::new(&config.outgoing)?;
        let realms = Realms::open(store, clock, wrap, Outside::new(outgoing.clone()))
            .await
            .map_err(|error| error.to_string())?
            .seeing(config.sees());
        let realms = Arc::new(realms);
        // A wrapping key that does not fit shows now, not at the first request.
        if let Some(issuer) = realms.issuers().first() {
            realms.by_issuer(issuer).await.map_err(|error| error.to_string())?;
        }

        let traffic = Arc::new(open_traffic(&config, &realms.clock)?);
        let (stop, stopped) = watch::channel(false);
        let pages = Pages::new(config.templates.as_deref()).map_err(|error| error.to_string())?;
        let gate = Gate::new(Arc::clone(&realms));
        let app = Arc::new(App {
            realms: Arc::clone(&realms),
            gate: gate.clone(),
            traffic: Arc::clone(&traffic),
            passwords: passwords.clone(),
            pages,
            proxies: proxies(&config),
        });
        let front = Front::new(app);
        let bound = bind(&config, &realms.issuers()).await?;
        let addresses = bound.iter().filter_map(|bound| bound.listener.address()).collect();
        let counting = Arc::clone(&traffic);
        let gateway = Gateway::within(gate.clone(), &realms, proxies(&config), counting, stopped.clone());
        let mut served = Served {
            around: None,
            around_gateway: None,
            front,
            gateway: Arc::new(gateway),
            gate,
            traffic: Arc::clone(&traffic),
        };
        let keep_mail = served.surround(around, &realms).await?;
        let listeners = served.at_all(bound, &stopped);
        let operations = match &config.operations {
            Some(settings) => {
                let counted = (Arc::clone(&realms), passwords.clone());
                Some(operations::serve(settings, counted, Arc::clone(&traffic), stopped.clone()).await?)
            }
            None => None,
        };
        let control = control::listen(
            &config.control_socket(),
            held,
            Arc::clone(&realms),
            passwords.clone(),
            stopped.clone(),
        )?;
        let delivery = delivery::start(&realms, &config, keep_mail, outgoing, &stopped)?;
        background::start(&realms, &stopped);
        Ok(Self {
            stop,
            listeners,
            addresses,
            work: vec![control, delivery, refusals::start(&realms, &stopped)],
            operations,
            realms,
            traffic,
            passwords,
        })
    }

    /// Where it listens.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The refusal with this id, if this process remembers it: why, and what the request had passed.
    pub fn explain(&self, id: &str) -> Option<Arc<Refusal>> {
        self.realms.refusals.find(id)
    }

    /// Where health and metrics are.
    pub fn operations(&self) -> Option<SocketAddr> {
        self.operations
    }

    /// Stops: no new connections; requests, commands and deliveries in progress finish.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.listeners.join_next().await.is_some() {}
        self.traffic.flush();
        if let Err(error) = self.realms.write_audit(Due::All).await {
            tracing::error!(%error, "events of the last minute are missing in the audit");
        }
        if let Err(error) = self.realms.give_back_leases().await {
            tracing::warn!(%error, "the next server will ask for nonces for a few minutes");
        }
        for work in self.work {
            if tokio::time::timeout(DRAIN, work).await.is_err() {
                tracing::warn!("a command or a delivery was still running when the server stopped");
            }
        }
    }
}

/// `sekisho gateway`: runs until it is asked to end.
pub async fn gateway(config: ServerConfig) -> Result<(), String> {
    let asked_to_end = AskedToEnd::listen()?;
    operations::recorder();
    let settings = config.gateway.as_ref();
    let settings = settings.ok_or("there is no [gateway] in the file — say there which server, and which APIs")?;
    if config.listeners.iter().all(|listener| listener.role != Role::Gateway) {
        return Err("no listener is a gateway — set role = \"gateway\" on a [[listener]]".to_owned());
    }
    config::make_data_directory(&config).map_err(|error| error.to_string())?;
    let (stop, stopped) = watch::channel(false);
    let traffic = Arc::new(open_traffic(&config, &Clock::system())?);
    let apart = Apart::new(settings)?;
    let revocations = apart.revocations();
    if let Some(revocations) = &revocations {
        revocations.listen();
    }
    if let Some(settings) = &config.operations {
        let counted = (Arc::clone(&traffic), revocations);
        let address = operations::serve_apart(settings, counted, stopped.clone()).await?;
        tracing::info!(%address, "operations");
    }
    let (counting, stopping) = (Arc::clone(&traffic), stopped.clone());
    let gateway = Arc::new(Gateway::apart(apart, settings, proxies(&config), counting, stopping));
    let identifiers: Vec<String> = settings.apis.iter().map(|api| api.identifier.clone()).collect();
    let mut bound = bind(&config, &identifiers).await?;
    bound.retain(|bound| bound.role == Role::Gateway);
    for address in bound.iter().filter_map(|bound| bound.listener.address()) {
        tracing::info!(%address, "listening");
    }
    let mut listeners = JoinSet::new();
    for bound in bound {
        guard(bound, &gateway, &mut listeners, &stopped);
    }
    asked_to_end.wait().await;
    tracing::info!("stopping: requests in progress may finish");
    let _ = stop.send(true);
    while listeners.join_next().await.is_some() {}
    traffic.flush();
    Ok(())
}

/// Who is believed as a proxy.
fn proxies(config: &ServerConfig) -> Proxies {
    Proxies {
        trusted: config.proxy.trusted.clone(),
        client_cert: config.proxy.client_cert.clone(),
        forward_auth: config.proxy.forward_auth.clone(),
    }
}

/// A listener that is bound, and what it serves.
struct Bound {
    listener: Listener,
    role: Role,
    is_tls: bool,
}

/// What is served at listeners.
struct Served {
    front: Front,
    /// The demo's, around it.
    around: Option<Router>,
    around_gateway: Option<Router>,
    gate: Gate,
    gateway: Arc<Gateway<Gate>>,
    traffic: Arc<Traffic>,
}

impl Served {
    /// Puts the demo around it, if there is one; answers who gets the mail. Whoever opens the demo at once waits at its door
    /// until there is every key, and is not told to come back.
    async fn surround(&mut self, demo: Option<Surroundings>, realms: &Realms) -> Result<Option<Keep>, String> {
        let Some(demo) = demo else { return Ok(None) };
        realms.maintain_keys().await.map_err(|error| error.to_string())?;
        self.around = Some((demo.around)(self.front.clone()));
        self.around_gateway = Some((demo.around_gateway)(Arc::clone(&self.gateway)));
        Ok(Some(demo.keep_mail))
    }

    /// Serves at each listener what it is for.
    fn at_all(&self, bound: Vec<Bound>, stopped: &watch::Receiver<bool>) -> JoinSet<()> {
        let mut listeners = JoinSet::new();
        for bound in bound {
            self.at(bound, &mut listeners, stopped);
        }
        listeners
    }

    /// Serves what belongs at this listener.
    fn at(&self, bound: Bound, listeners: &mut JoinSet<()>, stopped: &watch::Receiver<bool>) {
        let (role, front) = (bound.role, self.front.clone());
        let around = match role {
            Role::Server => self.around.clone(),
            Role::Gateway => self.around_gateway.clone(),
            Role::ExtAuthz => None,
        };
        match (role, around) {
            (Role::Gateway, None) => guard(bound, &self.gateway, listeners, stopped),
            (Role::Server, None) => {
                let answer = move |request| front.clone().handle(unread(request));
                listeners.spawn(bound.listener.serve(answer, stopped.clone()));
            }
            (Role::Server | Role::Gateway, Some(router)) => {
                let answer = move |request| answer(router.clone(), unread(request));
                listeners.spawn(bound.listener.serve(answer, stopped.clone()));
            }
            (Role::ExtAuthz, _) => {
                let asked = ext_authz::service(Counted::new(
                    self.gate.clone(),
                    Arc::clone(&self.traffic),
                    Through::ExtAuthz,
                ));
                let answer = move |request| answer_envoy(asked.clone(), unread(request));
                listeners.spawn(bound.listener.serve(answer, stopped.clone()));
            }
        }
    }
}

/// Lets the gateway answer at a listener.
fn guard<D: Decide>(
    bound: Bound,
    gateway: &Arc<Gateway<D>>,
    listeners: &mut JoinSet<()>,
    stopped: &watch::Receiver<bool>,
) {
    let (gateway, is_tls) = (Arc::clone(gateway), bound.is_tls);
    let answer = move |request: http::Request<Incoming>| Arc::clone(&gateway).answer(request.map(Upload::from), is_tls);
    listeners.spawn(bound.listener.serve(answer, stopped.clone()));
}

/// A request whose body is still to be read.
fn unread(request: http::Request<Incoming>) -> Request {
    request.map(Body::new)
}

/// What is known of the calls of APIs: nothing so far.
fn open_traffic(config: &ServerConfig, clock: &Clock) -> Result<Traffic, String> {
    let open = |settings: &config::AccessLog| {
        AccessLog::open(&settings.file, settings.format).map_err(|error| {
            let file = settings.file.display();
            format!("[access_log] {file} cannot be written ({error}) — name another file, or let the server write it")
        })
    };
    let log = config.access_log.as_ref().map(open).transpose()?;
    Ok(Traffic::new(clock.clone(), log))
}

async fn answer(router: Router, request: Request) -> Response {
    router.oneshot(request).await.unwrap_or_else(|never| match never {})
}

async fn answer_envoy(asked: ext_authz::Service<Counted<Gate>>, request: Request) -> Response {
    let answered = asked.oneshot(request).await.unwrap_or_else(|never| match never {});
    answered.map(Body::new)
}

/// Binds the listeners. A certificate for development names the hosts of these URLs.
async fn bind(config: &ServerConfig, urls: &[String]) -> Result<Vec<Bound>, String> {
    let hosts: Vec<String> = urls
        .iter()
        .filter_map(|issuer| url::Url::parse(issuer).ok()?.host_str().map(str::to_owned))
        .collect();
    let mut bound = Vec::new();
    for listener in &config.listeners {
        let tls = match &listener.tls {
            Some(tls) => Some(tls::acceptor(tls, &config.data, &hosts)?),
            None => None,
        };
        let is_tls = tls.is_some();
        bound.push(Bound {
            listener: Listener::bind(listener.bind, tls).await?,
            role: listener.role,
            is_tls,
        });
    }
    Ok(bound)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use testkit::process::{free_port, temporary_directory};

    use super::*;

    #[tokio::test]
    async fn what_is_around_a_server_answers_when_every_key_is_there() {
        let data = temporary_directory("surrounded");
        let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let realm = format!("issuer = \"http://localhost:{}\"\n", bind.port());
        let config = ServerConfig {
            database: storage::Options::Sqlite {
                path: data.join("sekisho.db"),
            },
            data,
            realms: vec![config::from_text("realm.toml".as_ref(), &realm).unwrap()],
            names_realms: true,
            listeners: vec![config::Listener {
                bind,
                tls: None,
                role: Role::Server,
            }],
            ..ServerConfig::without_file()
        };
        let around = Surroundings {
            around: Box::new(|front| Router::new().fallback(move |request| front.clone().handle(request))),
            around_gateway: Box::new(|_| Router::new()),
            keep_mail: Arc::new(|_, _| {}),
        };
        let running = Running::start(config, Clock::system(), Some(around)).await.unwrap();
        assert!(running.realms.has_keys());
        running.stop().await;
    }
}

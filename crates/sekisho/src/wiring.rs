//! A whole server, put together from a configuration.

use std::{net::SocketAddr, sync::Arc};

use authn::password::PasswordPool;
use axum::{Router, body::Body, extract::Request, response::Response};
use explanation::Refusal;
use model::Clock;
use oauth::gate::Gate;
use realm::{Outside, Realms, audit::Due};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use tower::ServiceExt as _;
use web::{App, Front, extract::Proxies, pages::Pages};

use crate::{
    administration::{self, Secrets},
    config::{self, Role, ServerConfig},
    control,
    serving::{
        background,
        delivery::{self, Keep},
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

        let (stop, stopped) = watch::channel(false);
        let pages = Pages::new(config.templates.as_deref()).map_err(|error| error.to_string())?;
        let gate = Gate::new(Arc::clone(&realms));
        let app = Arc::new(App {
            realms: Arc::clone(&realms),
            gate: gate.clone(),
            passwords: passwords.clone(),
            pages,
            proxies: Proxies {
                trusted: config.proxy.trusted.clone(),
                client_cert: config.proxy.client_cert.clone(),
                forward_auth: config.proxy.forward_auth.clone(),
            },
        });
        let front = Front::new(app);
        let bound = bind(&config, &realms).await?;
        let addresses = bound.iter().filter_map(|(listener, _)| listener.address()).collect();
        let (around, keep_mail) = around.map_or((None, None), |demo| (Some(demo.around), Some(demo.keep_mail)));
        let around = around.map(|around| around(front.clone()));
        let listeners = serve_all(bound, &stopped, &(front, around), &gate);
        let operations = match &config.operations {
            Some(settings) => Some(operations::serve(settings, Arc::clone(&realms), stopped.clone()).await?),
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

async fn answer(router: Router, request: Request) -> Response {
    router.oneshot(request).await.unwrap_or_else(|never| match never {})
}

/// Serves at each listener what it is for. `around`: what stands around the issuers, in the demo.
fn serve_all(
    bound: Vec<(Listener, Role)>,
    stopped: &watch::Receiver<bool>,
    (front, around): &(Front, Option<Router>),
    gate: &Gate,
) -> JoinSet<()> {
    let mut listeners = JoinSet::new();
    for (listener, role) in bound {
        let stopped = stopped.clone();
        match (role, around) {
            (Role::Server, None) => {
                let front = front.clone();
                listeners.spawn(listener.serve(move |request| front.clone().handle(request), stopped));
            }
            (Role::Server, Some(router)) => {
                let router = router.clone();
                listeners.spawn(listener.serve(move |request| answer(router.clone(), request), stopped));
            }
            (Role::ExtAuthz, _) => {
                let asked = ext_authz::service(gate.clone());
                listeners.spawn(listener.serve(move |request| answer_envoy(asked.clone(), request), stopped));
            }
        }
    }
    listeners
}

async fn answer_envoy(asked: ext_authz::Service<Gate>, request: Request) -> Response {
    let answered = asked.oneshot(request).await.unwrap_or_else(|never| match never {});
    answered.map(Body::new)
}

async fn bind(config: &ServerConfig, realms: &Realms) -> Result<Vec<(Listener, Role)>, String> {
    let hosts: Vec<String> = realms
        .issuers()
        .iter()
        .filter_map(|issuer| url::Url::parse(issuer).ok()?.host_str().map(str::to_owned))
        .collect();
    let mut bound = Vec::new();
    for listener in &config.listeners {
        let tls = match &listener.tls {
            Some(tls) => Some(tls::acceptor(tls, &config.data, &hosts)?),
            None => None,
        };
        bound.push((Listener::bind(listener.bind, tls).await?, listener.role));
    }
    Ok(bound)
}

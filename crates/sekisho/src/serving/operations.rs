//! `/health/live`, `/health/ready`, `/metrics` and `/gateway`, on a listener of their own that is never public.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use authn::password::PasswordPool;
use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use realm::Realms;
use sekisho_resource_server::Revocations;
use tokio::{net::TcpListener, sync::watch};
use traffic::{BOUNDS, LATENCY, Traffic};

use super::{ciba_approval, live};
use crate::config;

/// The exposition format of metrics.
const TEXT: (&str, &str) = ("content-type", "text/plain; version=0.0.4; charset=utf-8");

#[derive(Clone)]
struct Operations {
    realms: Arc<Realms>,
    passwords: PasswordPool,
    prometheus: PrometheusHandle,
}

/// The process's recorder of metrics; installed once, however many servers a process runs.
pub fn recorder() -> PrometheusHandle {
    static HANDLE: std::sync::OnceLock<PrometheusHandle> = std::sync::OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let latency = Matcher::Full(LATENCY.to_owned());
            let builder = PrometheusBuilder::new().set_buckets_for_metric(latency, &BOUNDS);
            // The bounds are some, which is all that it asks of them.
            let recorder = builder.unwrap_or_default().build_recorder();
            let handle = recorder.handle();
            // Another recorder of the same process keeps its place.
            let _ = metrics::set_global_recorder(recorder);
            handle
        })
        .clone()
}

/// Sums up what histograms were told, which is kept one by one until then: to be called every second, whether somebody
/// reads the metrics or not.
pub fn sum_up() {
    recorder().run_upkeep();
}

/// Serves until `stop` says so. Answers the address.
pub async fn serve(
    settings: &config::Operations,
    (realms, passwords): (Arc<Realms>, PasswordPool),
    traffic: Arc<Traffic>,
    stop: watch::Receiver<bool>,
) -> Result<SocketAddr, String> {
    let (listener, address) = bind(settings.bind).await?;
    let state = Operations {
        realms,
        passwords,
        prometheus: recorder(),
    };
    let tests = if settings.ciba_approval {
        tracing::warn!(%address, "WHOEVER REACHES THIS ADDRESS CAN APPROVE BACKCHANNEL REQUESTS IN THE PLACE OF ANY USER");
        ciba_approval::router(Arc::clone(&state.realms))
    } else {
        Router::new()
    };
    let live = live::router(traffic, Some(Arc::clone(&state.realms)));
    let router = Router::new()
        .route("/health/live", get(|| async { "alive\n" }))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(state)
        .merge(tests)
        .merge(live);
    spawn(listener, router, stop);
    Ok(address)
}

/// The same for a gateway apart from its server, which has no database.
pub async fn serve_apart(
    settings: &config::Operations,
    (traffic, revocations): (Arc<Traffic>, Option<Revocations>),
    stop: watch::Receiver<bool>,
) -> Result<SocketAddr, String> {
    let (listener, address) = bind(settings.bind).await?;
    let mut ended = stop.clone();
    tokio::spawn(async move {
        while !*ended.borrow() {
            sum_up();
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                _ = ended.changed() => return,
            }
        }
    });
    let router = Router::new()
        .route("/health/live", get(|| async { "alive\n" }))
        .route("/health/ready", get(ready_apart))
        .route("/metrics", get(metrics_apart))
        .with_state(revocations)
        .merge(live::router(traffic, None));
    spawn(listener, router, stop);
    Ok(address)
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), String> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {address}: {error}"))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    Ok((listener, address))
}

fn spawn(listener: TcpListener, router: Router, mut stop: watch::Receiver<bool>) {
    tokio::spawn(async move {
        let stopped = async move {
            let _ = stop.wait_for(|stop| *stop).await;
        };
        let _ = axum::serve(listener, router).with_graceful_shutdown(stopped).await;
    });
}

/// Ready: the database answers and every key is there.
async fn ready(State(operations): State<Operations>) -> (StatusCode, &'static str) {
    match operations.realms.store.revision().await {
        Ok(_) if operations.realms.has_keys() => (StatusCode::OK, "ready\n"),
        Ok(_) => (StatusCode::SERVICE_UNAVAILABLE, "keys are still being made\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}

/// A gateway that hears no revocations works, more slowly: it asks about each token.
async fn ready_apart(State(revocations): State<Option<Revocations>>) -> &'static str {
    match revocations {
        Some(revocations) if !revocations.are_heard() => {
            "ready, but revocations are not heard: the server is asked about each token\n"
        }
        _ => "ready\n",
    }
}

async fn metrics_apart(State(revocations): State<Option<Revocations>>) -> impl IntoResponse {
    if let Some(revocations) = revocations {
        let are_heard = u8::from(revocations.are_heard());
        metrics::gauge!("sekisho_gateway_revocations_heard").set(are_heard);
        let counts = revocations.counts();
        for (how, count) in [
            ("asked", counts.asked),
            ("remembered", counts.remembered),
            ("verified", counts.verified),
        ] {
            metrics::counter!("sekisho_gateway_tokens_total", "checked" => how).absolute(count);
        }
    }
    ([TEXT], recorder().render())
}

async fn metrics(State(operations): State<Operations>) -> impl IntoResponse {
    if let Ok(sizes) = operations.realms.store.table_sizes().await {
        for (table, rows) in sizes {
            #[expect(clippy::cast_precision_loss, reason = "a gauge is a float; 2^53 rows are enough")]
            metrics::gauge!("sekisho_table_rows", "table" => table).set(rows as f64);
        }
    }
    if let Some(commits) = operations.realms.store.durable_commits() {
        metrics::counter!("sekisho_durable_commits_total").absolute(commits);
    }
    let asked = operations.realms.store.asked();
    metrics::counter!("sekisho_database_queries_total").absolute(asked.queries);
    metrics::counter!("sekisho_database_changes_total").absolute(asked.changes);
    metrics::counter!("sekisho_database_statements_total").absolute(asked.statements);
    metrics::counter!("sekisho_password_hashes_total").absolute(operations.passwords.hashed());
    operations.prometheus.run_upkeep();
    ([TEXT], operations.prometheus.render())
}

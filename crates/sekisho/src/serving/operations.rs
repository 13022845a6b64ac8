//! `/health/live`, `/health/ready` and `/metrics`, on a listener of their own that is never public.

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use realm::Realms;
use tokio::{net::TcpListener, sync::watch};

use super::ciba_approval;
use crate::config;

#[derive(Clone)]
struct Operations {
    realms: Arc<Realms>,
    prometheus: PrometheusHandle,
}

/// The process's recorder of metrics; installed once, however many servers a process runs.
pub fn recorder() -> PrometheusHandle {
    static HANDLE: std::sync::OnceLock<PrometheusHandle> = std::sync::OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            // Another recorder of the same process keeps its place.
            let _ = metrics::set_global_recorder(recorder);
            handle
        })
        .clone()
}

/// Serves until `stop` says so. Answers the address.
pub async fn serve(
    settings: &config::Operations,
    realms: Arc<Realms>,
    mut stop: watch::Receiver<bool>,
) -> Result<SocketAddr, String> {
    let bind = settings.bind;
    let listener = TcpListener::bind(bind)
        .await
        .map_err(|error| format!("cannot listen on {bind}: {error}"))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let state = Operations {
        realms,
        prometheus: recorder(),
    };
    let tests = if settings.ciba_approval {
        tracing::warn!(%address, "WHOEVER REACHES THIS ADDRESS CAN APPROVE BACKCHANNEL REQUESTS IN THE PLACE OF ANY USER");
        ciba_approval::router(Arc::clone(&state.realms))
    } else {
        Router::new()
    };
    let router = Router::new()
        .route("/health/live", get(|| async { "alive\n" }))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(state)
        .merge(tests);
    tokio::spawn(async move {
        let stopped = async move {
            let _ = stop.wait_for(|stop| *stop).await;
        };
        let _ = axum::serve(listener, router).with_graceful_shutdown(stopped).await;
    });
    Ok(address)
}

/// Ready: the database answers and every key is there.
async fn ready(State(operations): State<Operations>) -> (StatusCode, &'static str) {
    match operations.realms.store.revision().await {
        Ok(_) if operations.realms.has_keys() => (StatusCode::OK, "ready\n"),
        Ok(_) => (StatusCode::SERVICE_UNAVAILABLE, "keys are still being made\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
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
    operations.prometheus.run_upkeep();
    (
        [("content-type", "text/plain; version=0.0.4; charset=utf-8")],
        operations.prometheus.render(),
    )
}

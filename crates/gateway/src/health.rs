//! Asks upstreams from time to time how they are.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use http::{Request, header::HOST};
use tokio::time::timeout;

use crate::{Settings, Upload, host::Host, upstreams::Upstreams};

/// How long an upstream may take to say how it is.
const PATIENCE: Duration = Duration::from_secs(3);

/// Begins to ask; ends when the upstreams are gone.
pub(crate) fn watch(upstreams: &Arc<Upstreams>) {
    let Some(health) = upstreams.settings.health.clone() else {
        return;
    };
    let upstreams: Weak<Upstreams> = Arc::downgrade(upstreams);
    tokio::spawn(async move {
        while let Some(upstreams) = upstreams.upgrade() {
            for host in &upstreams.hosts {
                check(&upstreams.settings, host, &health.path).await;
            }
            drop(upstreams);
            tokio::time::sleep(health.every).await;
        }
    });
}

async fn check(settings: &Settings, host: &Host, path: &str) {
    let is_well = timeout(PATIENCE, is_well(settings, host, path)).await.unwrap_or(false);
    if host.standing.checked(is_well) {
        tracing::warn!(upstream = %host.place, is_well, "an upstream's health has changed");
    }
}

async fn is_well(settings: &Settings, host: &Host, path: &str) -> bool {
    // A connection of its own each time: that one can be made is half of what is asked.
    let Ok(mut sender) = host.open(settings).await else {
        return false;
    };
    let uri = if settings.is_http2 {
        format!("{}{path}", host.place)
    } else {
        path.to_owned()
    };
    let request = Request::get(uri)
        .header(HOST, settings.host_value())
        .body(Upload::empty());
    let Ok(request) = request else {
        return false;
    };
    let answered = sender.send(request).await;
    answered.is_ok_and(|response| response.status().is_success() || response.status().is_redirection())
}

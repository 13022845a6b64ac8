//! What the files say of an API's upstreams, as the proxy wants it.

use std::{path::Path, time::Duration};

use ::gateway::{Family, Health, Patience, Settings, Upstream, tls};
use http::uri::Authority;
use model::{
    Api,
    api::{Forwarded, Gateway},
};
use url::Url;

/// How often an upstream is asked how it is, unless the file says it.
const EVERY: i64 = 5;

/// The settings of an API; `None`: it has no upstream.
pub(super) fn of(api: &Api) -> Result<Option<Settings>, String> {
    if api.upstream.is_empty() {
        return Ok(None);
    }
    let parse = |text: &String| Upstream::parse(text).ok_or_else(|| format!("{text} is no upstream"));
    let upstreams = api.upstream.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let written = api.gateway.clone().unwrap_or_default();
    let host = match &written.host {
        Some(host) => host.clone(),
        None => own_host(&api.identifier)?,
    };
    let host: Authority = host.parse().map_err(|_| format!("{host} is no host"))?;
    let tls = if upstreams.iter().any(|upstream| upstream.is_tls) {
        let own = written.client_certificate.as_ref();
        let own = own.map(|own| (Path::new(&own.cert), Path::new(&own.key)));
        let roots: Vec<_> = written.roots.iter().map(Into::into).collect();
        Some(tls::config(&roots, own, written.http2)?)
    } else {
        None
    };
    Ok(Some(Settings {
        is_http2: written.http2,
        tls,
        patience: patience(&written),
        body_limit: written.body_limit,
        health: written.health.as_ref().map(|health| Health {
            path: health.path.clone(),
            every: seconds(health.every.unwrap_or(EVERY)),
        }),
        passes_authorization: written.pass_authorization,
        family: match written.forwarded {
            Forwarded::XForwarded => Family::XForwarded,
            Forwarded::Forwarded => Family::Forwarded,
        },
        ..Settings::new(upstreams, host)
    }))
}

fn own_host(identifier: &str) -> Result<String, String> {
    let url = Url::parse(identifier).map_err(|error| format!("{identifier}: {error}"))?;
    let host = url.host_str().ok_or_else(|| format!("{identifier} has no host"))?;
    Ok(url
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

fn patience(written: &Gateway) -> Patience {
    let usual = Patience::default();
    Patience {
        connect: written.connect.map_or(usual.connect, seconds),
        first_byte: written.first_byte.map_or(usual.first_byte, seconds),
        idle: written.idle.map_or(usual.idle, seconds),
        whole: written.whole.map(seconds),
    }
}

fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(seconds.unsigned_abs())
}

//! Which backend is behind an API, by the settings as they are now.
//!
//! The rules of calls are compiled anew when somebody changes a setting; an API that is not known here is a sign of that.
//! Backends whose own settings are the same go on with their connections and their health.

use std::{collections::HashMap, sync::Arc};

use ::gateway::Backend;
use arc_swap::ArcSwap;
use enforcement::gate::ProtectedApi;
use model::{
    Api,
    api::{Gateway, Identity},
};
use realm::Realms;
use tokio::sync::{Mutex, watch};

use super::{refused::Refused, settings};

/// What is behind an API.
pub(super) enum Behind {
    /// Its upstreams.
    Api(Box<Upstreams>),
    /// Nothing: the file names no upstream, or one that cannot be used.
    Nothing,
}

/// The upstreams of an API, and what they are told of who calls.
pub(super) struct Upstreams {
    pub backend: Backend,
    pub identity: Identity,
    /// Whose scripts may read its answers.
    pub origins: Vec<String>,
}

/// By which settings something was made.
#[derive(Clone, PartialEq, Eq)]
struct Written {
    issuer: String,
    identifier: String,
    upstream: Vec<String>,
    gateway: Option<Gateway>,
}

type Known = HashMap<usize, (Arc<ProtectedApi>, Arc<Behind>)>;

/// The backends of all APIs.
pub(super) struct Backends {
    source: Source,
    /// By the place of the compiled rules, which are kept along so that nothing else gets that place.
    known: ArcSwap<Known>,
    made: Mutex<Vec<(Written, Arc<Behind>)>>,
    stop: watch::Receiver<bool>,
}

/// Who knows the settings.
enum Source {
    /// The realms of this process.
    Realms(Arc<Realms>),
    /// The files that this process was started with: issuer and API.
    Files(Arc<Vec<(String, Api)>>),
}

impl Backends {
    pub fn of_realms(realms: Arc<Realms>, stop: watch::Receiver<bool>) -> Self {
        Self::of(Source::Realms(realms), stop)
    }

    pub fn of_files(apis: Vec<(String, Api)>, stop: watch::Receiver<bool>) -> Self {
        Self::of(Source::Files(Arc::new(apis)), stop)
    }

    fn of(source: Source, stop: watch::Receiver<bool>) -> Self {
        Self {
            source,
            known: ArcSwap::default(),
            made: Mutex::default(),
            stop,
        }
    }

    /// What is behind an API.
    pub async fn find(&self, api: &Arc<ProtectedApi>) -> Result<Arc<Behind>, Refused> {
        if let Some((_, behind)) = self.known.load().get(&place(api)) {
            return Ok(Arc::clone(behind));
        }
        // Once for each change of a setting.
        Box::pin(self.look_up(api)).await
    }

    async fn look_up(&self, api: &Arc<ProtectedApi>) -> Result<Arc<Behind>, Refused> {
        let mut made = self.made.lock().await;
        if let Some((_, behind)) = self.known.load().get(&place(api)) {
            return Ok(Arc::clone(behind));
        }
        let apis = match &self.source {
            Source::Files(apis) => Arc::clone(apis),
            // What the rules were compiled by: that is there, even when the database is not.
            Source::Realms(realms) => {
                let apis = realms.apis().await;
                apis.map_err(|error| Refused::unavailable(error.to_string()))?.settings
            }
        };
        let written: Vec<Written> = apis.iter().map(|(issuer, api)| Written::of(issuer, api)).collect();
        // What nobody names any more ends, with its connections.
        made.retain(|(known, _)| written.contains(known));
        let is_it = |written: &&Written| written.issuer == api.issuer && written.identifier == api.identifier;
        let at = written.iter().position(|written| is_it(&written));
        let behind = match at.and_then(|at| Some((written.get(at)?, &apis.get(at)?.1))) {
            None => Arc::new(Behind::Nothing),
            Some((written, settings)) => {
                if let Some((_, behind)) = made.iter().find(|(known, _)| known == written) {
                    Arc::clone(behind)
                } else {
                    let behind = Arc::new(self.make(settings));
                    made.push((written.clone(), Arc::clone(&behind)));
                    behind
                }
            }
        };
        let mut known = Known::clone(&self.known.load());
        // Rules that nobody else holds any more are those of before the change.
        known.retain(|_, (api, _)| Arc::strong_count(api) > 2);
        known.insert(place(api), (Arc::clone(api), Arc::clone(&behind)));
        self.known.store(Arc::new(known));
        Ok(behind)
    }

    fn make(&self, api: &Api) -> Behind {
        match settings::of(api) {
            Ok(Some(settings)) => Behind::Api(Box::new(Upstreams {
                backend: Backend::new(settings, self.stop.clone()),
                identity: api.gateway.as_ref().map(|gateway| gateway.identity).unwrap_or_default(),
                origins: api
                    .gateway
                    .as_ref()
                    .map_or_else(Vec::new, |gateway| gateway.origins.clone()),
            })),
            Ok(None) => Behind::Nothing,
            Err(problem) => {
                tracing::error!(
                    api = api.identifier,
                    problem,
                    "an API cannot be reached by its settings"
                );
                Behind::Nothing
            }
        }
    }
}

impl Written {
    fn of(issuer: &str, api: &Api) -> Self {
        Self {
            issuer: issuer.to_owned(),
            identifier: api.identifier.clone(),
            upstream: api.upstream.clone(),
            gateway: api.gateway.clone(),
        }
    }
}

fn place(api: &Arc<ProtectedApi>) -> usize {
    Arc::as_ptr(api).addr()
}

//! Which API and which route a call is about.

use std::{collections::HashMap, sync::Arc};

use super::{Call, ProtectedApi, RouteRule, host, path::CallPath};
use crate::Refusal;

/// The rules of all APIs that are behind one server or gateway. Made once, and again when somebody changes them.
#[derive(Debug, Default)]
pub struct Rules {
    /// By host, with and without a default port; the APIs with the longest paths first.
    hosts: HashMap<String, Vec<Arc<ProtectedApi>>>,
}

/// What a call is about.
#[derive(Debug)]
pub(super) struct Found<'r, 'c> {
    pub api: &'r Arc<ProtectedApi>,
    pub route: &'r Arc<RouteRule>,
    /// The path of the call.
    pub path: &'c str,
    pub query: Option<&'c str>,
    /// The part of the path that the route is about.
    pub below: &'c str,
}

/// A call that is about nothing, or about no route.
#[derive(Debug)]
pub(super) struct Nowhere<'r> {
    pub api: Option<&'r Arc<ProtectedApi>>,
    pub refusal: Refusal,
}

impl Rules {
    /// Puts APIs together. Of two at one place the first counts; the others are answered.
    pub fn new(apis: impl IntoIterator<Item = ProtectedApi>) -> (Self, Vec<Arc<ProtectedApi>>) {
        let (mut rules, mut hidden) = (Self::default(), Vec::new());
        for api in apis.into_iter().map(Arc::new) {
            let authorities = api.authorities();
            // Two of one scheme have all spellings of their host in common, or none.
            let at_host = authorities.first().and_then(|authority| rules.hosts.get(authority));
            let is_same = |other: &Arc<ProtectedApi>| other.base() == api.base() && other.scheme() == api.scheme();
            if at_host.into_iter().flatten().any(is_same) {
                hidden.push(api);
                continue;
            }
            for authority in authorities {
                rules.hosts.entry(authority).or_default().push(Arc::clone(&api));
            }
        }
        for apis in rules.hosts.values_mut() {
            apis.sort_by_key(|api| std::cmp::Reverse(api.base().len()));
        }
        (rules, hidden)
    }

    /// The APIs, each once.
    pub fn apis(&self) -> Vec<&Arc<ProtectedApi>> {
        let mut apis: Vec<_> = self.hosts.values().flatten().collect();
        apis.sort_by(|one, other| (&one.identifier, &one.issuer).cmp(&(&other.identifier, &other.issuer)));
        apis.dedup_by(|one, other| Arc::ptr_eq(one, other));
        apis
    }

    /// The API that has a route for a call, whatever the call brings.
    pub fn api_of(&self, call: &Call<'_>) -> Option<&Arc<ProtectedApi>> {
        self.find(call).ok().map(|found| found.api)
    }

    /// Finds what a call is about.
    pub(super) fn find<'r, 'c>(&'r self, call: &Call<'c>) -> Result<Found<'r, 'c>, Nowhere<'r>> {
        let nowhere = |refusal| Nowhere { api: None, refusal };
        let host = host::parse(call.authority).map_err(|problem| nowhere(problem.into()))?;
        let CallPath { path, query } = CallPath::parse(call.target).map_err(|problem| nowhere(problem.into()))?;
        let apis = self.hosts.get(&*host).map_or(&[][..], Vec::as_slice);
        let found = apis.iter().find_map(|api| {
            let below = api.below(path).filter(|_| api.is_of_scheme(call.scheme))?;
            Some((api, if below.is_empty() { "/" } else { below }))
        });
        let (api, below) = found.ok_or_else(|| nowhere(Refusal::UnknownApi))?;
        match route(api.routes(), call.method, below) {
            Ok(route) => Ok(Found {
                api,
                route,
                path,
                query,
                below,
            }),
            Err(refusal) => Err(Nowhere {
                api: Some(api),
                refusal,
            }),
        }
    }
}

/// The most specific route that is about this method and path.
///
/// Some upstreams mind neither the case of letters nor a slash at the end. So that nobody gets around a route by writing its
/// path otherwise, a path that such a reader would take for that of a more specific route is no path here.
fn route<'r>(routes: &'r [Arc<RouteRule>], method: &str, path: &str) -> Result<&'r Arc<RouteRule>, Refusal> {
    let mut others = Vec::new();
    for route in routes {
        let is_taken = route.pattern.takes(path);
        if route.takes_method(method) {
            if is_taken {
                return Ok(route);
            }
            if route.pattern.nearly_takes(path) {
                return Err(Refusal::NearRoute);
            }
        } else if is_taken {
            others.extend(route.methods.iter().map(String::as_str));
        }
    }
    if others.is_empty() {
        return Err(Refusal::NoRoute);
    }
    others.sort_unstable();
    others.dedup();
    Err(Refusal::WrongMethod(others.join(", ")))
}

//! A protected API with its rules, compiled.

use std::sync::Arc;

use jose::SigningAlg;
use protocol::{Access, Acr, Route, Scope, limit::Limit};

use super::{PathPattern, PatternProblem, details::Details, host};
use crate::{
    StepUp,
    limit::{self, LimitRule},
};

/// What an operator wrote of an API.
#[derive(Clone, Debug)]
pub struct ApiRules {
    /// Whose tokens it takes.
    pub issuer: String,
    /// Its identifier, which is its public URL.
    pub identifier: String,
    /// Where it is behind a gateway.
    pub upstream: Option<String>,
    /// The least level of assurance of users' authentications.
    pub acr: Option<Acr>,
    /// How proofs may be signed there.
    pub proof_algs: Vec<SigningAlg>,
    /// Where its metadata is, if they are served (RFC 9728 §3).
    pub metadata_url: Option<String>,
    /// Its routes.
    pub routes: Vec<Route>,
}

/// Why rules cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleProblem {
    /// The identifier is no URL at which calls could come in.
    #[error("{0} is no place for calls: write https, a host in small letters, and a path without query")]
    Place(String),
    /// The path of a route.
    #[error("{0}: {1}")]
    Path(String, PatternProblem),
    /// The scope of a route.
    #[error("{0} cannot be a scope")]
    Scope(String),
    /// Two routes of which nobody can say which counts.
    #[error("there is another route for {0} {1}")]
    Twice(String, String),
}

/// An API, ready to judge calls.
#[derive(Debug)]
pub struct ProtectedApi {
    /// Whose tokens it takes.
    pub issuer: String,
    /// Its identifier: what must be in the audience of tokens.
    pub identifier: String,
    /// Where it is behind a gateway.
    pub upstream: Option<String>,
    /// How proofs may be signed there.
    pub proof_algs: Vec<SigningAlg>,
    /// Where its metadata is, if they are served.
    pub metadata_url: Option<String>,
    scheme: &'static str,
    /// Scheme, host and port.
    origin_length: usize,
    /// The most specific first.
    routes: Vec<Arc<RouteRule>>,
}

/// A route, ready to judge calls.
#[derive(Debug)]
pub struct RouteRule {
    /// Its path as it was written: what metrics and logs call it.
    pub path: String,
    /// Its methods; none: all.
    pub methods: Vec<String>,
    /// The ways in.
    pub access: Vec<Access>,
    /// What a token needs.
    pub scope: Scope,
    /// How the user must have been authenticated.
    pub authentication: Option<StepUp>,
    /// Whether that is the API's wish for its users alone: then it says nothing about a client without one.
    pub is_for_users: bool,
    /// The limits that apply: those of the API, and its own.
    pub limits: Vec<Arc<LimitRule>>,
    pub(super) pattern: PathPattern,
    pub(super) details: Option<Details>,
}

impl ProtectedApi {
    /// Compiles the rules of an API that has no limits of its own.
    pub fn compile(rules: ApiRules) -> Result<Self, RuleProblem> {
        Self::compile_limited(rules, &[])
    }

    /// Compiles the rules of an API with these limits.
    pub fn compile_limited(rules: ApiRules, limits: &[Limit]) -> Result<Self, RuleProblem> {
        let Some((scheme, origin_length)) = place(&rules.identifier) else {
            return Err(RuleProblem::Place(rules.identifier));
        };
        let mut routes = Vec::with_capacity(rules.routes.len());
        let place = format!("{} {}", rules.issuer, rules.identifier);
        for route in rules.routes {
            let name = format!("{} {}", route.methods.join(","), route.path);
            let limits = limit::rules(&place, limits, &name, &route.limit);
            routes.push(Arc::new(RouteRule::compile(route, rules.acr, limits)?));
        }
        // One that names HEAD counts before one that HEAD follows.
        routes.sort_by_key(|route| (route.pattern.rank(), !route.names("HEAD")));
        for (at, route) in routes.iter().enumerate() {
            let mut same = routes.iter().take(at).filter(|other| other.pattern == route.pattern);
            if let Some(method) = same.find_map(|other| other.shared_method(route)) {
                return Err(RuleProblem::Twice(method, route.path.clone()));
            }
        }
        Ok(Self {
            issuer: rules.issuer,
            identifier: rules.identifier,
            upstream: rules.upstream,
            proof_algs: rules.proof_algs,
            metadata_url: rules.metadata_url,
            scheme,
            origin_length,
            routes,
        })
    }

    /// Whether an identifier says where calls come in: https or http, a host in small letters, a path without query.
    pub fn is_place(identifier: &str) -> bool {
        place(identifier).is_some()
    }

    /// Its routes, the most specific first.
    pub fn routes(&self) -> &[Arc<RouteRule>] {
        &self.routes
    }

    /// The part of a call's target that its routes are about, and that an upstream gets: what is below the identifier's
    /// path. `None`: the target is not below it.
    pub fn below<'t>(&self, target: &'t str) -> Option<&'t str> {
        let below = target.strip_prefix(self.base())?;
        (below.is_empty() || below.starts_with(['/', '?'])).then_some(below)
    }

    /// The URL by which clients know a path, which their proofs must name.
    pub fn url(&self, path: &str) -> String {
        [self.origin(), path].concat()
    }

    /// `http` or `https`.
    pub(super) const fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// Whether a call of this scheme is for it; where nobody knows the scheme, it is.
    pub(super) fn is_of_scheme(&self, scheme: Option<&str>) -> bool {
        scheme.is_none_or(|scheme| scheme == self.scheme)
    }

    fn origin(&self) -> &str {
        self.identifier.get(..self.origin_length).unwrap_or_default()
    }

    /// The path of its identifier, without a slash at the end.
    pub(super) fn base(&self) -> &str {
        let path = self.identifier.get(self.origin_length..).unwrap_or_default();
        path.strip_suffix('/').unwrap_or(path)
    }

    /// The spellings of its host: with and without a default port.
    pub(super) fn authorities(&self) -> Vec<String> {
        let authority = self.origin().rsplit('/').next().unwrap_or_default();
        let default = if self.scheme == "https" { "443" } else { "80" };
        match host::split(authority) {
            (host, Some(port)) if port == default => vec![host.to_owned(), authority.to_owned()],
            (_, Some(_)) => vec![authority.to_owned()],
            (host, None) => vec![host.to_owned(), format!("{host}:{default}")],
        }
    }
}

/// Scheme of an identifier, and how long it is up to its path.
fn place(identifier: &str) -> Option<(&'static str, usize)> {
    let (scheme, rest) = match identifier.split_once("://")? {
        ("https", rest) => ("https", rest),
        ("http", rest) => ("http", rest),
        _ => return None,
    };
    let authority = rest.split('/').next()?;
    let path = rest.get(authority.len()..)?;
    let is_plain = host::parse(authority).is_ok_and(|host| host == authority);
    let is_path = path.is_empty() || super::path::check(path).is_ok();
    (is_plain && is_path).then_some((scheme, scheme.len() + "://".len() + authority.len()))
}

impl RouteRule {
    fn compile(route: Route, of_api: Option<Acr>, limits: Vec<Arc<LimitRule>>) -> Result<Self, RuleProblem> {
        let pattern =
            PathPattern::parse(&route.path).map_err(|problem| RuleProblem::Path(route.path.clone(), problem))?;
        let scope = Scope::from_tokens(&route.scope).map_err(|_| RuleProblem::Scope(route.scope.join(" ")))?;
        let acr = route.acr.max(of_api);
        let demand = acr.map(StepUp::at_least);
        let authentication = match route.max_age {
            Some(seconds) => Some(demand.unwrap_or_default().max_age(seconds)),
            None => demand,
        };
        Ok(Self {
            is_for_users: route.acr.is_none() && route.max_age.is_none(),
            path: route.path,
            methods: route.methods,
            access: if route.access.is_empty() {
                Access::DEFAULT.to_vec()
            } else {
                route.access
            },
            limits,
            scope,
            authentication,
            pattern,
            details: route.authorization_details.map(Details::new),
        })
    }

    /// Whether calls of this method are for it. "The HEAD method is identical to GET except that the server MUST NOT send
    /// content" (RFC 9110 §9.3.2).
    pub(super) fn takes_method(&self, method: &str) -> bool {
        self.methods.is_empty() || self.names(method) || method == "HEAD" && self.names("GET")
    }

    fn names(&self, method: &str) -> bool {
        self.methods.iter().any(|own| own == method)
    }

    /// A method that both are about.
    fn shared_method(&self, other: &Self) -> Option<String> {
        match (self.methods.first(), other.methods.first()) {
            (None, None) => Some("every method".to_owned()),
            (Some(method), None) | (None, Some(method)) => Some(method.clone()),
            _ => self.methods.iter().find(|method| other.names(method)).cloned(),
        }
    }

    /// Whether it looks into the body of calls.
    pub fn needs_body(&self) -> bool {
        self.details.as_ref().is_some_and(Details::needs_body)
    }
}

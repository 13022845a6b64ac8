//! Every URL on one screen, and how a request finds its realm.

use std::{
    convert::Infallible,
    sync::{Arc, LazyLock},
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{StatusCode, Uri, header, uri::Authority},
    middleware::map_response,
    response::Response,
    routing::{MethodRouter, get, post},
};
use explanation::catalogue::{certificate, server};
use metrics::Counter;
use realm::{
    Found,
    trail::{self, Trail},
};
use tower::{Service, ServiceExt};
use tracing::Instrument;

use crate::{
    account,
    app::App,
    asset,
    extract::{
        Peer,
        client_cert::{self, ConnectionError},
    },
    flows, forward_auth,
    oauth::{self, BroughtProof},
    respond,
};

/// What browsers show.
fn pages() -> Router<Arc<App>> {
    Router::new()
        .route("/authorize", get(oauth::authorize_get).post(oauth::authorize_post))
        .route("/sign-in", get(account::sign_in_page).post(account::sign_in))
        .route(
            "/account/factors/passkey",
            get(account::passkey_page).post(account::enrol_passkey),
        )
        .route(
            "/account/factors/certificate",
            get(account::certificate_page).post(account::enrol_certificate),
        )
        .route("/sign-in/passkey", post(account::sign_in_by_passkey_form))
        .route("/sign-in/certificate", get(account::redeem_certificate))
        .route(
            "/select-account",
            get(account::select_account_page).post(account::select_account),
        )
        .route("/sign-up", get(account::sign_up_page).post(account::sign_up))
        .route("/consent", get(oauth::consent_page).post(oauth::consent))
        .route("/device", get(oauth::device_page).post(oauth::enter_user_code))
        .merge(by_mail())
        .route("/account", get(account::page))
        .route(
            "/account/requests",
            get(account::requests_page).post(account::answer_request),
        )
        .route(
            "/account/password",
            get(account::password_page).post(account::change_password),
        )
        .route("/account/email", post(account::email))
        .route("/account/devices/forget", post(account::forget_device))
        .route("/not-me", get(account::not_me_page).post(account::not_me))
        .route("/account/grants/revoke", post(account::revoke_grant))
        .route("/account/sessions/end", post(account::end_session))
        .route("/account/user-code", post(account::set_user_code))
        .merge(factors())
        .route("/logout", get(oauth::logout).post(oauth::logout_post))
        .route("/", get(account::root))
        .method_not_allowed_fallback(account::wrong_method)
}

/// What the sign-in page leads to that sends mail, and where that mail leads.
fn by_mail() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/sign-in/email",
            get(account::email_code_page).post(account::email_code),
        )
        .route(
            "/sign-in/forgotten",
            get(account::forgotten_page).post(account::forgotten),
        )
        .route(
            "/sign-in/invitation",
            get(account::invitation_page).post(account::accept_invitation),
        )
        .route("/sign-in/reset", get(account::reset_page).post(account::reset))
}

/// What users prove who they are with.
fn factors() -> Router<Arc<App>> {
    Router::new()
        .route("/sign-in/factor", get(account::factor_page).post(account::factor))
        .route(
            "/account/factors/totp",
            get(account::totp_page).post(account::enrol_totp),
        )
        .route(
            "/account/factors/recovery-codes",
            get(account::recovery_codes_page).post(account::keep_recovery_codes),
        )
        .route("/account/factors/item", get(account::authenticator_page))
        .route("/account/factors/rename", post(account::rename_authenticator))
        .route("/account/factors/remove", post(account::remove_authenticator))
        .route(
            "/account/factors/confirm",
            get(account::confirmation_page).post(account::answer_confirmation),
        )
}

/// The flows of the pages for apps of the organisation itself; only scripts of their own origins may read them.
fn flows() -> Router<Arc<App>> {
    Router::new()
        .route("/flows", post(flows::begin).options(flows::preflight))
        .route("/flows/step", post(flows::go_on).options(flows::preflight))
        .route("/flows/openapi.json", get(flows::document))
}

/// What programs call, also where mutual TLS is asked for. Routes with `cors` may be read by browser apps of any origin,
/// without cookies.
fn endpoints() -> Router<Arc<App>> {
    let cors = |route: MethodRouter<Arc<App>>| route.options(oauth::preflight).layer(map_response(respond::cors));
    Router::new()
        .route("/.well-known/openid-configuration", cors(get(oauth::metadata)))
        .route("/.well-known/oauth-authorization-server", cors(get(oauth::metadata)))
        .route("/jwks", cors(get(oauth::jwks)))
        .route("/par", cors(post(oauth::par)))
        .route("/token", cors(post(oauth::token)))
        .route("/revoke", cors(post(oauth::revoke)))
        .route("/device_authorization", post(oauth::device_authorization))
        .route("/bc-authorize", post(oauth::backchannel_authentication))
        .route("/introspect", post(oauth::introspect))
        .route("/revocations", post(oauth::revocation_events))
        .route("/grants", get(oauth::query_grant).delete(oauth::revoke_grant))
        .route("/grants/{id}", get(oauth::query_grant).delete(oauth::revoke_grant))
        .route("/userinfo", cors(get(oauth::userinfo_get).post(oauth::userinfo_post)))
        .route("/register", post(oauth::register))
        .route(
            "/register/{client_id}",
            get(oauth::read_registration)
                .put(oauth::replace_registration)
                .delete(oauth::end_registration),
        )
        .route("/sign-in/certificate/show", get(account::show_certificate))
        .route("/assets/{name}", get(asset::serve))
        .route("/session", get(oauth::check_session))
        .fallback(account::no_such_page)
}

/// Where RFC 8414 §3.1 puts the metadata of an issuer with a path: before the path.
const INSERTED: &str = "/.well-known/oauth-authorization-server";

/// The whole server as one service: finds the realm, then the route.
#[derive(Clone)]
pub struct Front {
    app: Arc<App>,
    routes: Router,
    aliases: Router,
    beside: Option<Router>,
}

impl Front {
    /// The server, and nothing else.
    pub fn new(app: Arc<App>) -> Self {
        Self {
            routes: endpoints().merge(pages()).merge(flows()).with_state(Arc::clone(&app)),
            aliases: endpoints().with_state(Arc::clone(&app)),
            app,
            beside: None,
        }
    }

    /// `pages` answer what no realm's endpoint claims: the demo's own.
    #[must_use]
    pub fn beside(mut self, pages: Router) -> Self {
        self.beside = Some(pages);
        self
    }

    /// What the handlers share.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Answers a request. The listener has put a [`Peer`] into it.
    pub async fn handle(self, mut request: Request) -> Response {
        let trail = Trail::default();
        let id = trail.id.clone();
        let span =
            tracing::info_span!("request", id = id.as_str(), method = %request.method(), path = request.uri().path());
        request.extensions_mut().insert(id.clone());
        let (app, method, uri) = (Arc::clone(&self.app), request.method().clone(), request.uri().clone());
        trail::follow(trail, async {
            let mut response = self.dispatch(request).await.unwrap_or_else(|never| match never {});
            let status = response.status();
            count(status);
            if status.is_client_error() || status.is_server_error() {
                respond::explain(&id, &mut response);
                if app.realms.refusals.find(id.as_str()).is_none() {
                    respond::refused_plainly(&app, &method, uri.path(), &response);
                }
            }
            tracing::debug!(status = status.as_u16(), "answered");
            response
        })
        .instrument(span)
        .await
    }

    async fn dispatch(self, mut request: Request) -> Result<Response, Infallible> {
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
        let uri_authority = request.uri().authority().map(Authority::as_str);
        let authority = peer
            .and_then(|peer| self.app.proxies.authority(peer, request.headers(), uri_authority))
            .map(str::to_owned);
        if let Err(error) = client_cert::take(&self.app.proxies, peer, &mut request) {
            tracing::warn!(%error, "it is not clear with what a client connected");
            let mut response = unreadable(error);
            if forward_auth::is_for(&self.app, request.uri().path()) {
                *response.status_mut() = StatusCode::FORBIDDEN;
            }
            return Ok(response);
        }
        let path = request.uri().path().to_owned();
        if forward_auth::is_for(&self.app, &path) {
            let asked = request.into_parts().0;
            return Ok(Box::pin(forward_auth::answer(&self.app, peer, &asked)).await);
        }
        if oauth::is_protected_resource(&path) {
            let (method, uri) = (request.method(), request.uri());
            let authority = authority.unwrap_or_default();
            return Ok(oauth::protected_resource(&self.app.realms, &authority, method, uri).await);
        }
        let Some(found) = (match self.find_realm(authority.as_deref(), &path).await {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(%error, "a realm cannot be loaded");
                return Ok(respond::try_again());
            }
        }) else {
            return Ok(no_such_host());
        };
        if let Some(uri) = below(request.uri(), &found.base) {
            *request.uri_mut() = uri;
        }
        if let Some(beside) = self.beside
            && !is_claimed(request.uri().path())
        {
            return Box::pin(beside.oneshot(request)).await;
        }
        let proof = BroughtProof::of(&request, &found.realm);
        request.extensions_mut().insert(found.realm);
        let mut routes = if found.is_alias { self.aliases } else { self.routes };
        let mut response = <Router as Service<Request<Body>>>::call(&mut routes, request).await?;
        if let Some(proof) = proof {
            proof.give_nonce(&mut response);
        }
        Ok(response)
    }

    async fn find_realm(&self, authority: Option<&str>, path: &str) -> Result<Option<Found>, realm::RealmError> {
        let Some(authority) = authority else {
            return Ok(None);
        };
        if let Some(issuer_path) = path.strip_prefix(INSERTED)
            && !issuer_path.is_empty()
        {
            let found = self.app.realms.find(authority, issuer_path).await?;
            return Ok(found.filter(|found| found.base == issuer_path));
        }
        self.app.realms.find(authority, path).await
    }
}

/// What the paths of all routes above begin with.
pub const CLAIMED: &[&str] = &[
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource",
    "/jwks",
    "/authorize",
    "/par",
    "/bc-authorize",
    "/token",
    "/revoke",
    "/introspect",
    "/revocations",
    "/grants",
    "/userinfo",
    "/register",
    "/sign-in",
    "/sign-up",
    "/select-account",
    "/consent",
    "/flows",
    "/device",
    "/device_authorization",
    "/account",
    "/logout",
    "/not-me",
    "/session",
    "/assets",
    "/forward-auth",
];

/// Whether a realm's endpoint answers at this path, below the realm's own.
pub fn is_claimed(path: &str) -> bool {
    CLAIMED.iter().any(|claimed| {
        path.strip_prefix(claimed)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// The URL as the routes see it: without the realm's path. `None`: as it is.
fn below(uri: &Uri, base: &str) -> Option<Uri> {
    let path = uri.path();
    if base.is_empty() && !path.starts_with(INSERTED) {
        return None;
    }
    let rest = if path.starts_with(INSERTED) && path != INSERTED {
        INSERTED
    } else {
        path.strip_prefix(base)?
    };
    let rest = if rest.is_empty() { "/" } else { rest };
    let path_and_query = match uri.query() {
        Some(query) => format!("{rest}?{query}"),
        None => rest.to_owned(),
    };
    path_and_query.parse().ok()
}

/// Counts an answer. The counters are looked up once: the process's recorder is there before the first request.
fn count(status: StatusCode) {
    static COUNTERS: LazyLock<[Counter; 5]> = LazyLock::new(|| {
        ["1xx", "2xx", "3xx", "4xx", "5xx"]
            .map(|class| metrics::counter!("sekisho_http_requests_total", "status" => class))
    });
    if let Some(counter) = COUNTERS.get(usize::from(status.as_u16() / 100).saturating_sub(1)) {
        counter.increment(1);
    }
}

/// What is told to whoever says badly with what a client connected.
fn unreadable(error: ConnectionError) -> Response {
    respond::because(
        &certificate::MALFORMED_BY_PROXY,
        (
            StatusCode::BAD_REQUEST,
            [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
            format!("{error}\n"),
        ),
    )
}

/// A host that is no realm's.
fn no_such_host() -> Response {
    respond::because(
        &server::NO_ISSUER,
        (
            StatusCode::NOT_FOUND,
            [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
            "No issuer has this host name. If one should, add a realm for it.\n",
        ),
    )
}

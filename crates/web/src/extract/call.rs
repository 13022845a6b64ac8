//! A request to a realm: what all handlers start from.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use ::oauth::authorize::Person;
use authn::{device, policy::Circumstances, session};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, Uri, request::Parts},
};
use protocol::{ClientCertificate, token_binding::TokenBindings};
use realm::{
    RealmContext,
    trail::{self, RequestId},
};
use storage::StorageError;

use super::{Cookies, Peer};
use crate::app::App;

/// A request to a realm.
pub struct Call {
    /// The server.
    pub app: Arc<App>,
    /// The realm that the request is for.
    pub realm: Arc<RealmContext>,
    /// The id of the request: in the log, on error pages, and in `Sekisho-Explain`.
    pub id: RequestId,
    /// The method.
    pub method: Method,
    /// Path (below the realm's) and query.
    pub uri: Uri,
    /// The headers.
    pub headers: HeaderMap,
    /// The cookies.
    pub cookies: Cookies,
    /// The browser's network address.
    pub address: IpAddr,
    /// The certificate with which it connected.
    pub certificate: Option<Arc<ClientCertificate>>,
    /// The keys that its connection proved by Token Binding, in a realm that uses them.
    pub token_bindings: Option<Arc<TokenBindings>>,
}

impl FromRequestParts<Arc<App>> for Call {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        Ok(Self::new(parts, app))
    }
}

impl Call {
    /// Takes what handlers need; the router has put realm, id and peer into the request.
    ///
    /// # Panics
    /// When a handler is reached without the router: a defect of this program.
    #[expect(
        clippy::expect_used,
        reason = "only the router calls handlers, and it always adds the realm and the id"
    )]
    pub fn new(parts: &mut Parts, app: &Arc<App>) -> Self {
        let peer = parts
            .extensions
            .get::<Peer>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        let realm = parts
            .extensions
            .get::<Arc<RealmContext>>()
            .cloned()
            .expect("the router adds the realm");
        let address = app.proxies.address(peer, &parts.headers);
        trail::comes_from(address);
        Self {
            app: Arc::clone(app),
            realm: Arc::clone(&realm),
            id: parts
                .extensions
                .get::<RequestId>()
                .cloned()
                .expect("the router adds the id"),
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            cookies: Cookies::parse(&parts.headers),
            address,
            certificate: parts.extensions.get::<Arc<ClientCertificate>>().cloned(),
            token_bindings: parts
                .extensions
                .get::<Arc<TokenBindings>>()
                .filter(|_| realm.realm.token_binding)
                .cloned(),
            headers: std::mem::take(&mut parts.headers),
        }
    }

    /// A header, if it is there once and readable.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The query of the URL, as it was sent.
    pub fn query(&self) -> &str {
        self.uri.query().unwrap_or("")
    }

    /// A URL of this realm, relative to its host.
    pub fn path(&self, below: &str) -> String {
        format!("{}{below}", self.realm.realm.base_path())
    }

    /// The value of the session cookie.
    pub fn session_cookie(&self) -> Option<&str> {
        self.cookies.get(&session::cookie_name(&self.realm.realm))
    }

    /// The value of the device cookie.
    fn device_cookie(&self) -> Option<&str> {
        self.cookies.get(&session::device_cookie_name(&self.realm.realm))
    }

    /// What the rules of the realm are told of this request, by which a user signs in for an app (none: for their own
    /// pages) and APIs.
    pub fn circumstances(&self, client: &str, apis: Vec<String>) -> Circumstances {
        let certificate = self.certificate.as_deref();
        Circumstances {
            client: client.to_owned(),
            apis,
            address: self.address,
            device: self.device_cookie().map(str::to_owned),
            has_certificate: certificate
                .is_some_and(|shown| self.realm.authorities.verify(shown, self.realm.now()).is_ok()),
        }
    }

    /// Who is signed in in this browser.
    pub async fn person(&self) -> Result<Option<Person>, StorageError> {
        let Some(cookie) = self.session_cookie() else {
            return Ok(None);
        };
        let found = session::find(&self.realm, cookie).await?;
        if let Some((_, user)) = &found {
            trail::user_is(&user.id);
            let device = self
                .device_cookie()
                .and_then(|cookie| device::id_of(&self.realm, cookie, &user.id));
            if let Some(id) = device {
                trail::device_is(&id);
            }
        }
        Ok(found.map(|(session, user)| Person {
            session,
            user,
            browser_state: session::browser_state(cookie),
        }))
    }

    /// Whether a form came from a page of this realm. A browser says so by `Sec-Fetch-Site` or `Origin`; one that
    /// says neither is held by the cookie's `SameSite` and the form's own secret.
    pub fn is_same_origin(&self) -> bool {
        if let Some(site) = self.header("sec-fetch-site") {
            return site == "same-origin" || site == "none";
        }
        match self.header("origin") {
            Some(origin) => origin == self.realm.realm.origin(),
            None => true,
        }
    }
}

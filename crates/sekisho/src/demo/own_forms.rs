//! The forms of an app: taken from its own pages alone, and read.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

/// Takes forms from the app's own pages alone, so that no other page can press its buttons.
///
/// `origin`: where the app runs, as browsers see it.
pub(super) fn only_own_forms<S: Clone + Send + Sync + 'static>(routes: Router<S>, origin: &str) -> Router<S> {
    routes.route_layer(middleware::from_fn_with_state(Arc::<str>::from(origin), check))
}

async fn check(State(origin): State<Arc<str>>, request: Request, next: Next) -> Response {
    if request.method().is_safe() || is_own_page(request.headers(), &origin) {
        return next.run(request).await;
    }
    (
        StatusCode::FORBIDDEN,
        "This form is taken from this app's own pages alone.",
    )
        .into_response()
}

/// The header of [`only_own_calls`].
pub(super) const OWN_CALL: &str = "own-call";

/// Takes calls from the scripts of the app's own pages alone, by a header that other pages cannot send.
///
/// They could send a form, or an image's address, and the browser would add the cookie. A header of one's own, though, a
/// browser sends to another origin only after asking it (a CORS preflight), and nothing here answers that.
pub(super) fn only_own_calls<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes.route_layer(middleware::from_fn(|request: Request, next: Next| async {
        if request.headers().contains_key(OWN_CALL) {
            return next.run(request).await;
        }
        (
            StatusCode::FORBIDDEN,
            "This call is taken from this app's own pages alone.",
        )
            .into_response()
    }))
}

/// Whether a page of this app sent the request. Browsers say so, and pages cannot change it.
fn is_own_page(headers: &HeaderMap, origin: &str) -> bool {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match value("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => value("origin") == Some(origin),
    }
}

/// A field of a form.
pub(super) fn field(form: &[u8], name: &str) -> Option<String> {
    let (_, value) = form_urlencoded::parse(form).find(|(key, _)| key == name)?;
    Some(value.into_owned())
}

//! Till, a shop's till: it asks a customer by name, and the customer decides on a device of their own.
//!
//! Spec: CIBA §7 and §10.1
//!
//! `ask` sends the request, [`charge`] waits for the customer and pays, `charge` shows how it stands. No browser of the
//! customer ever comes here.

mod charge;
mod pages;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use self::charge::{Charge, Charges};
use super::Places;
use super::fapi_client::FapiClient;
use super::frame::{self, Lang};
use super::own_forms::{field, only_own_forms};
use super::payments_api::Order;

/// Who is paid.
const SHOP: &str = "Corner shop";

/// The running app.
struct App {
    fapi: FapiClient,
    /// The bank's payments API.
    api: String,
    charges: Charges,
}

/// The app's routes.
pub(super) fn router(fapi: FapiClient, places: &Places) -> Router {
    let app = App {
        fapi,
        api: places.payments_api(),
        charges: Charges::default(),
    };
    let routes = Router::new()
        .route("/", get(home))
        .route("/charges", post(ask))
        .route("/charges/{id}", get(shown))
        .route("/charges/{id}/state", get(state))
        .with_state(Arc::new(app));
    frame::with_script(only_own_forms(routes, &places.till()), include_str!("../pages/till.js"))
}

async fn home(State(app): State<Arc<App>>, lang: Lang) -> Response {
    pages::form(lang, app.fapi.issuer(), None)
}

/// Asks the customer, and waits in the background for what they say.
async fn ask(State(app): State<Arc<App>>, lang: Lang, form: Bytes) -> Response {
    let text = |name| field(&form, name).unwrap_or_default().trim().to_owned();
    let (customer, amount) = (text("customer"), text("amount").parse().unwrap_or(0));
    let charge = Charge::new(&customer, Order::new(SHOP, amount));
    let details = charge.order.details();
    match app.fapi.ask(&customer, &charge.binding_message, &details).await {
        Ok(waiting) => {
            let (id, charge) = app.charges.keep(charge);
            tokio::spawn(charge::settle(Arc::clone(&app), charge, waiting));
            Redirect::to(&format!("/charges/{id}")).into_response()
        }
        Err(error) => pages::form(lang, app.fapi.issuer(), Some((&charge, &error))),
    }
}

async fn shown(State(app): State<Arc<App>>, lang: Lang, Path(id): Path<String>) -> Response {
    match app.charges.find(&id) {
        Some(charge) => pages::charge(lang, app.fapi.issuer(), &id, &charge),
        None => Redirect::to("/").into_response(),
    }
}

/// How a charge stands, for the page's script; empty for one that is not known.
async fn state(State(app): State<Arc<App>>, Path(id): Path<String>) -> &'static str {
    app.charges.find(&id).map_or("", |charge| charge.state().name())
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::{Request, StatusCode, header};
    use tower::ServiceExt as _;

    use super::super::fapi_client::test_fapi_client;
    use super::*;

    async fn answer(request: Request<Body>) -> Response {
        let app = router(test_fapi_client("till"), &Places::at(8080).unwrap());
        app.oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn a_charge_that_is_not_known_leads_to_the_start() {
        let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
        assert_eq!(answer(get("/charges/guessed")).await.status(), StatusCode::SEE_OTHER);
        let state = answer(get("/charges/guessed/state")).await;
        assert!(to_bytes(state.into_body(), 10).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn forms_of_other_pages_ask_nobody() {
        let foreign = Request::post("/charges").header("origin", "http://localhost:8080");
        let response = answer(foreign.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
    }

    #[tokio::test]
    async fn the_one_script_is_the_tills_own() {
        let page = answer(Request::get("/").body(Body::empty()).unwrap()).await;
        let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("script-src 'self'; connect-src 'self'"), "{policy}");
        let script = answer(Request::get("/app.js").body(Body::empty()).unwrap()).await;
        assert_eq!(script.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
    }
}

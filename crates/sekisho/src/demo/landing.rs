//! The page at the issuer's address: who is who, and what to try in which order.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use minijinja::context;
use url::form_urlencoded;

use super::bank::Bank;
use super::frame::{self, Lang, render};
use super::own_forms::only_own_forms;
use super::{Places, bank_api, nightly_report};

/// The landing page and its assets, for the paths that are not the realm's.
pub(super) fn router(places: &Places) -> Router {
    let routes = Router::new()
        .route("/", get(landing))
        .merge(nightly_report::routes())
        .with_state(Arc::new(places.clone()));
    frame::with_frame(only_own_forms(routes, &places.issuer()), "").fallback(nothing)
}

async fn nothing() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "There is nothing here. The tour begins at /\n")
}

async fn landing(State(places): State<Arc<Places>>, lang: Lang) -> Response {
    let page = context! {
        here => "/", port => places.port(), web_app_port => places.web_app_port(), api_port => places.api_port(),
        pay => places.pay(), till => places.till(), payments_api => places.payments_api(),
        pay_port => places.pay_port(), payments_api_port => places.payments_api_port(),
        issuer => places.issuer(), web_app => places.web_app(), api => places.api(),
        board => places.board(), pocket => places.pocket(), cli_server_command => places.cli_server_command(),
        summary => bank_api::summary(&Bank::new()).to_string(), cli_command => places.cli_command(), port_option => places.port_option(),
        wrong_redirect_uri => request(&places, "budget-web", "/somewhere-else"),
        unknown_client => request(&places, "nobody-knows-me", "/callback"),
    };
    render(StatusCode::OK, lang, "landing.html", page)
}

/// An authorization request that must not be answered by a redirect.
fn request(places: &Places, client_id: &str, path: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", client_id)
        .append_pair("redirect_uri", &format!("{}{path}", places.web_app()))
        .append_pair("scope", "openid")
        .append_pair("state", "tour")
        // RFC 7636, appendix B: nobody will ever redeem this.
        .append_pair("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        .append_pair("code_challenge_method", "S256")
        .finish();
    format!("{}/authorize?{query}", places.issuer())
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    async fn page(path: &str) -> (StatusCode, String) {
        let router = router(&Places::at(8080).unwrap());
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 100_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn it_tells_the_passwords_and_the_places_in_both_languages() {
        for (path, title) in [("/", "A bank opens its API"), ("/?lang=ja", "銀行が API を開く")] {
            let (status, html) = page(path).await;
            assert_eq!(status, StatusCode::OK);
            for part in [
                title,
                "alice-password",
                "bob-password",
                "demo cli",
                "nightly-report-secret",
                "localhost:8081",
                "id=\"open-pay\"",
                "id=\"open-till\"",
                "localhost:8083",
                "localhost:8085",
                "id=\"form-board\"",
                "localhost:8086",
                "id=\"form-pocket\"",
                "localhost:8087",
                "demo cli --server",
                "id=\"open-nightly-report\"",
                "id=\"open-mailbox\"",
            ] {
                assert!(html.contains(part), "{part}: {html}");
            }
        }
    }

    #[tokio::test]
    async fn the_nightly_report_runs_for_the_tours_own_button_alone() {
        let router = router(&Places::at(8080).unwrap());
        let foreign = Request::post("/nightly-report").header("origin", "http://localhost:8081");
        let answer = router.oneshot(foreign.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert_eq!(page("/nightly-report").await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn its_stylesheet_and_icon_are_there_and_nothing_else() {
        assert_eq!(page("/demo.css").await.0, StatusCode::OK);
        assert_eq!(page("/sekisho.svg").await.0, StatusCode::OK);
        assert_eq!(page("/elsewhere").await.0, StatusCode::NOT_FOUND);
    }
}

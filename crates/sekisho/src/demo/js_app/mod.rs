//! Pocket, a JavaScript app without a back end: what is here only hands out its files.
//!
//! Spec: RFC 6749 §2.1, §4.1 and §4.2, RFC 7636 §4, RFC 9700 §2.1.1, §2.1.2 and §4.14.2; OpenID Connect Core §3.1.2.1
//!
//! - `code.js`: the app of today, by code and PKCE; `implicit.js`: the same by the implicit grant, to compare
//! - `oauth.js`, `id_token.js`: what the two have in common with the authorization server
//! - `pocket.js`: what they show; `silent.js`: where a hidden frame hands its answer over

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use minijinja::context;

use super::Places;
use super::frame::{self, Lang, render};

const SCRIPTS: &[(&str, &str)] = &[
    ("/code.js", include_str!("code.js")),
    ("/implicit.js", include_str!("implicit.js")),
    ("/oauth.js", include_str!("oauth.js")),
    ("/id_token.js", include_str!("id_token.js")),
    ("/pocket.js", include_str!("pocket.js")),
    ("/silent.js", include_str!("silent.js")),
    ("/bank_view.js", include_str!("../pages/bank_view.js")),
];

/// The page in the hidden frame is the one that may be framed, by the app itself.
const SILENT_POLICY: &str = "default-src 'none'; script-src 'self'; base-uri 'none'; frame-ancestors 'self'";

/// The app's files.
pub(super) fn router(places: &Places) -> Router {
    let (issuer, api) = (places.issuer(), places.api());
    let routes = Router::new()
        .route("/", get(todays))
        .route("/implicit", get(implicit))
        .route("/silent", get(silent))
        .with_state(Arc::new(places.clone()));
    let policy = format!("form-action 'none'; connect-src {issuer} {api}; frame-src 'self' {issuer}");
    frame::with_scripts(routes, SCRIPTS, &policy)
}

async fn todays(State(places): State<Arc<Places>>, lang: Lang) -> Response {
    page(&places, lang, "/", "pocket")
}

async fn implicit(State(places): State<Arc<Places>>, lang: Lang) -> Response {
    page(&places, lang, "/implicit", "pocket-implicit")
}

fn page(places: &Places, lang: Lang, here: &str, client_id: &str) -> Response {
    let page = context! {
        here, client_id, is_implicit => here != "/", issuer => places.issuer(), api => places.api(),
    };
    render(StatusCode::OK, lang, "pocket.html", page)
}

async fn silent(lang: Lang) -> Response {
    let page = render(StatusCode::OK, lang, "silent.html", context! {});
    ([(header::CONTENT_SECURITY_POLICY, SILENT_POLICY)], page).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    async fn get(path: &str) -> (String, String) {
        let app = router(&Places::at(8080).unwrap());
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = app.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap()
            .to_owned();
        let body = to_bytes(response.into_body(), 100_000).await.unwrap();
        (policy, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn each_way_has_its_page_its_client_and_its_script() {
        for (path, client_id, script) in [
            ("/", "pocket", "/code.js"),
            ("/implicit?lang=ja", "pocket-implicit", "/implicit.js"),
        ] {
            let (policy, page) = get(path).await;
            assert!(page.contains(&format!("data-client-id=\"{client_id}\"")), "{page}");
            assert!(page.contains(&format!("src=\"{script}\"")), "{page}");
            assert!(
                policy.contains("connect-src http://localhost:8080 http://localhost:8082;"),
                "{policy}"
            );
            assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        }
    }

    #[tokio::test]
    async fn the_old_way_is_marked_with_the_reason() {
        let (_, page) = get("/implicit").await;
        assert!(
            page.contains("id=\"legacy\"") && page.contains("RFC 9700 §2.1.2"),
            "{page}"
        );
        assert!(!get("/").await.1.contains("id=\"legacy\""));
    }

    #[tokio::test]
    async fn only_the_page_of_the_hidden_frame_may_be_framed_and_by_the_app_alone() {
        let (policy, _) = get("/silent?error=login_required").await;
        assert_eq!(policy, SILENT_POLICY);
    }

    #[tokio::test]
    async fn every_script_that_is_imported_is_there_and_no_token_is_stored() {
        for (path, script) in SCRIPTS {
            assert_eq!(get(path).await.1, *script);
            for import in script.lines().filter(|line| line.starts_with("import ")) {
                let from = import.rsplit('\'').nth(1).unwrap();
                assert!(SCRIPTS.iter().any(|(path, _)| *path == from), "{path}: {from}");
            }
            assert!(
                !script.contains("localStorage") && !script.contains("document.cookie"),
                "{path}"
            );
        }
    }
}

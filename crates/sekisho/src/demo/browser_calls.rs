//! Lets the pages of one origin call an API from the browser (CORS): with a token in the header, without cookies.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};

/// Answers whatever browsers ask before they let a page of `origin` call `routes`, and lets it read the answers, refusals
/// too. Other origins are told nothing, and browsers then keep the answers from them.
pub(super) fn from_origin(routes: Router, origin: HeaderValue) -> Router {
    routes.layer(middleware::from_fn_with_state(origin, allow))
}

async fn allow(State(origin): State<HeaderValue>, request: Request, next: Next) -> Response {
    // The question before the call. It bears no token: the call itself is checked like any other.
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        // It says what is wrong with a token, and which scope is missing (RFC 6750 §3).
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "www-authenticate"),
        (header::VARY, "origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    async fn answer(method: Method) -> Response {
        let routes = Router::new().route("/accounts", get(|| async { StatusCode::UNAUTHORIZED }));
        let api = from_origin(routes, HeaderValue::from_static("http://localhost:8087"));
        let request = Request::builder().method(method).uri("/accounts");
        api.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn the_question_before_a_call_is_answered_and_refusals_can_be_read() {
        for (method, status) in [
            (Method::OPTIONS, StatusCode::NO_CONTENT),
            (Method::GET, StatusCode::UNAUTHORIZED),
        ] {
            let answer = answer(method).await;
            assert_eq!(answer.status(), status);
            let header = |name| answer.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "http://localhost:8087");
            assert_eq!(header(header::ACCESS_CONTROL_EXPOSE_HEADERS), "www-authenticate");
            assert!(!answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
        }
    }
}

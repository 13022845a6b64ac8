//! The sign-in came to nothing.

use axum::http::StatusCode;
use axum::response::Response;
use minijinja::context;

use super::frame::{App, Lang, render};
use super::oidc_client::ClientError;

/// The page of an app for it.
pub(super) fn page(lang: Lang, app: App, error: &ClientError) -> Response {
    let (status, title, text) = match (error, lang) {
        (ClientError::Refused { error, .. }, Lang::En) if error == "access_denied" => (
            StatusCode::OK,
            "You said no, and that is fine",
            "The app cannot see anything of yours. You can connect whenever you like.",
        ),
        (ClientError::Refused { error, .. }, Lang::Ja) if error == "access_denied" => (
            StatusCode::OK,
            "許可されませんでした",
            "このアプリからは何も見えません。いつでも接続できます。",
        ),
        (ClientError::ForeignResponse(_), Lang::En) => (
            StatusCode::BAD_REQUEST,
            "This answer does not belong here",
            "It is not the answer to a question that was asked in this browser, so it was not used. Please start again.",
        ),
        (ClientError::ForeignResponse(_), Lang::Ja) => (
            StatusCode::BAD_REQUEST,
            "この応答は受け取れません",
            "このブラウザーから送った要求への応答ではないため、使用しませんでした。最初からやり直してください。",
        ),
        (_, Lang::En) => (
            StatusCode::BAD_GATEWAY,
            "Signing in did not work",
            "The authorization server and the app did not come to an agreement. Please start again.",
        ),
        (_, Lang::Ja) => (
            StatusCode::BAD_GATEWAY,
            "サインインできませんでした",
            "認可サーバーとのやり取りに失敗しました。最初からやり直してください。",
        ),
    };
    let page = context! { here => "/", app => app.name(), title, text, code => error.to_string(), retry => true };
    render(status, lang, "problem.html", page)
}

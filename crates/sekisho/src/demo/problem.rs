//! What the user was sent away for came to nothing.

use axum::http::StatusCode;
use axum::response::Response;
use minijinja::context;

use super::frame::{App, Lang, render};
use super::oidc_client::ClientError;

/// What an app says of it in its own words: a title, and what it means.
pub(super) struct Words {
    /// The user did not permit it.
    pub(super) denied: [&'static str; 2],
    /// It went wrong.
    pub(super) failed: [&'static str; 2],
}

/// The page of an app that signs users in.
pub(super) fn page(lang: Lang, app: App, error: &ClientError) -> Response {
    let words = match lang {
        Lang::En => Words {
            denied: [
                "You said no, and that is fine",
                "The app cannot see anything of yours. You can connect whenever you like.",
            ],
            failed: [
                "Signing in did not work",
                "The authorization server and the app did not come to an agreement. Please start again.",
            ],
        },
        Lang::Ja => Words {
            denied: [
                "許可されませんでした",
                "このアプリからは何も見えません。いつでも接続できます。",
            ],
            failed: [
                "サインインできませんでした",
                "認可サーバーとのやり取りに失敗しました。最初からやり直してください。",
            ],
        },
    };
    page_with(lang, app, &words, true, error)
}

/// The page of an app with words of its own. `retry`: it offers to sign in again.
pub(super) fn page_with(lang: Lang, app: App, words: &Words, retry: bool, error: &ClientError) -> Response {
    let (status, [title, text]) = match error {
        ClientError::Refused { error, .. } if error == "access_denied" => (StatusCode::OK, words.denied),
        ClientError::ForeignResponse(_) => (StatusCode::BAD_REQUEST, foreign(lang)),
        _ => (StatusCode::BAD_GATEWAY, words.failed),
    };
    let page = context! { here => "/", app => app.name(), title, text, code => error.to_string(), retry };
    render(status, lang, "problem.html", page)
}

fn foreign(lang: Lang) -> [&'static str; 2] {
    match lang {
        Lang::En => [
            "This answer does not belong here",
            "It is not the answer to a question that was asked in this browser, so it was not used. Please start again.",
        ],
        Lang::Ja => [
            "この応答は受け取れません",
            "このブラウザーから送った要求への応答ではないため、使用しませんでした。最初からやり直してください。",
        ],
    }
}

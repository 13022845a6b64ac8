//! The mailbox of everybody in the demo: what the server would have sent by mail, kept in memory.
//!
//! A mail is shown in a frame that can do nothing but follow links, under a policy of its own: mail brings its styles along.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use minijinja::{Value, context};
use web::mail::Written;

use super::frame::{self, Lang, render};
use crate::serving::delivery::Keep;

/// How many mails are kept.
const KEPT: usize = 100;
/// What a page with a mail may do: show it.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";
/// What a mail may do: look like itself, and open links elsewhere.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";

/// What arrived.
#[derive(Default)]
pub(super) struct Mailbox {
    mails: Mutex<(u64, VecDeque<Mail>)>,
}

#[derive(Clone)]
struct Mail {
    number: u64,
    to: String,
    written: Written,
}

impl Mailbox {
    /// Who gets the server's mail.
    pub(super) fn keep(self: &Arc<Self>) -> Keep {
        let mailbox = Arc::clone(self);
        Arc::new(move |to, written| mailbox.arrived(to, written))
    }

    fn arrived(&self, to: &str, written: Written) {
        let (last, mails) = &mut *self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        *last += 1;
        mails.push_front(Mail {
            number: *last,
            to: to.to_owned(),
            written,
        });
        mails.truncate(KEPT);
    }

    /// The newest first.
    fn all(&self) -> Vec<Mail> {
        let (_, mails) = &*self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        mails.iter().cloned().collect()
    }

    fn find(&self, number: u64) -> Option<Mail> {
        self.all().into_iter().find(|mail| mail.number == number)
    }
}

/// Its pages, below `/mailbox`.
pub(super) fn router(mailbox: &Arc<Mailbox>) -> Router {
    let routes = Router::new()
        .route("/mailbox", get(list))
        .route("/mailbox/{number}", get(shown))
        .route("/mailbox/{number}/html", get(html))
        .with_state(Arc::clone(mailbox));
    frame::with_headers(routes)
}

async fn list(State(mailbox): State<Arc<Mailbox>>, lang: Lang) -> Response {
    let mails: Vec<Value> = mailbox.all().iter().map(view).collect();
    let page = context! { here => "/mailbox", mails };
    render(StatusCode::OK, lang, "mailbox.html", page)
}

async fn shown(State(mailbox): State<Arc<Mailbox>>, Path(number): Path<u64>, lang: Lang) -> Response {
    let Some(mail) = mailbox.find(number) else {
        return gone();
    };
    let lines: Vec<Value> = mail.written.text.lines().map(line).collect();
    let page = context! { here => format!("/mailbox/{number}"), mail => view(&mail), lines };
    let mut response = render(StatusCode::OK, lang, "mail.html", page);
    let policy = header::HeaderValue::from_static(PAGE_POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

async fn html(State(mailbox): State<Arc<Mailbox>>, Path(number): Path<u64>) -> Response {
    let Some(mail) = mailbox.find(number) else {
        return gone();
    };
    // Links lead out of the frame.
    let html = mail
        .written
        .html
        .replacen("<head>", "<head><base target=\"_blank\">", 1);
    ([(header::CONTENT_SECURITY_POLICY, MAIL_POLICY)], Html(html)).into_response()
}

fn gone() -> Response {
    (StatusCode::NOT_FOUND, "There is no such mail any more.\n").into_response()
}

fn view(mail: &Mail) -> Value {
    context! { number => mail.number, to => &mail.to, subject => &mail.written.subject }
}

/// A line of plain text; one that is an address can be followed.
fn line(text: &str) -> Value {
    let is_link = (text.starts_with("https://") || text.starts_with("http://")) && !text.contains(' ');
    context! { text, is_link }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    async fn page(mailbox: &Arc<Mailbox>, path: &str) -> (StatusCode, String, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router(mailbox).oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let policy = head.headers.get("content-security-policy");
        let policy = policy.map_or("", |policy| policy.to_str().unwrap()).to_owned();
        let body = to_bytes(body, 1_000_000).await.unwrap();
        let html = String::from_utf8(body.to_vec()).unwrap().replace("&#x2f;", "/");
        (head.status, policy, html)
    }

    fn written(subject: &str) -> Written {
        Written {
            subject: subject.into(),
            text: "Hello\nhttps://id.example.com/account\n<b>".into(),
            html: "<html><head></head><body><a href=\"https://id.example.com/account\">go</a></body></html>".into(),
        }
    }

    #[tokio::test]
    async fn mails_are_listed_the_newest_first_and_shown_in_both_forms() {
        let mailbox = Arc::new(Mailbox::default());
        let keep = mailbox.keep();
        keep("alice@example.com", written("First"));
        keep("bob@example.com", written("<i>Second"));
        for (path, title) in [("/mailbox", "Mailbox"), ("/mailbox?lang=ja", "受信箱")] {
            let (status, policy, html) = page(&mailbox, path).await;
            assert_eq!(status, StatusCode::OK);
            assert!(policy.contains("default-src 'none'"), "{policy}");
            assert!(html.contains(title) && html.contains("&lt;i&gt;Second"), "{html}");
            assert!(html.find("/mailbox/2").unwrap() < html.find("/mailbox/1").unwrap());
        }
        let (_, policy, html) = page(&mailbox, "/mailbox/1").await;
        assert!(
            policy.contains("frame-src 'self'") && html.contains("src=\"/mailbox/1/html\""),
            "{html}"
        );
        assert!(
            html.contains("<a href=\"https://id.example.com/account\"") && html.contains("&lt;b&gt;"),
            "{html}"
        );
        let (_, policy, html) = page(&mailbox, "/mailbox/1/html").await;
        assert!(
            policy.contains("sandbox") && !policy.contains("allow-scripts"),
            "{policy}"
        );
        assert!(html.contains("<base target=\"_blank\">"));
        assert_eq!(page(&mailbox, "/mailbox/3").await.0, StatusCode::NOT_FOUND);
    }

    #[test]
    fn the_oldest_make_room() {
        let mailbox = Arc::new(Mailbox::default());
        for number in 0..KEPT + 5 {
            mailbox.arrived("alice@example.com", written(&number.to_string()));
        }
        assert_eq!(mailbox.all().len(), KEPT);
        assert!(mailbox.find(5).is_none() && mailbox.find(6).is_some());
    }
}

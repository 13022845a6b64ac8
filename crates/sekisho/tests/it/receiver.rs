//! A client on this machine that is called.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::Value;
use tokio::{net::TcpListener, sync::mpsc};

/// What came.
pub struct Got {
    pub headers: HeaderMap,
    pub body: Value,
}

/// Its web server.
pub struct Receiver {
    pub url: String,
    got: mpsc::UnboundedReceiver<Got>,
}

impl Receiver {
    /// Gives these answers one after the other, then 204 for ever.
    pub async fn start(answers: &[StatusCode]) -> Self {
        let answers = Arc::new(Mutex::new(answers.iter().copied().collect::<VecDeque<_>>()));
        let (sender, got) = mpsc::unbounded_channel();
        let answer = move |headers: HeaderMap, body: String| async move {
            let body = serde_json::from_str(&body).unwrap();
            sender.send(Got { headers, body }).unwrap();
            let status = answers.lock().unwrap().pop_front().unwrap_or(StatusCode::NO_CONTENT);
            let body = if status == StatusCode::NO_CONTENT { "" } else { "a body" };
            (status, [("location", "/elsewhere")], body)
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/callback", listener.local_addr().unwrap());
        let router = Router::new().route("/callback", post(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, got }
    }

    /// The next call.
    pub async fn next(&mut self) -> Got {
        let next = tokio::time::timeout(Duration::from_secs(30), self.got.recv());
        next.await.expect("a call in time").unwrap()
    }

    /// Whether nothing has come that was not looked at.
    pub fn is_silent(&mut self) -> bool {
        self.got.try_recv().is_err()
    }
}

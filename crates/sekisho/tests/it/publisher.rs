//! Somebody who publishes keys on this machine, well or badly.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, response::Redirect, routing::get};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::signer::Signer;

/// Its web server.
pub struct Publisher {
    pub url: String,
    keys: Arc<Mutex<Value>>,
    asked: Arc<AtomicUsize>,
}

impl Publisher {
    pub async fn start(signer: &Signer) -> Self {
        Self::of(json!({"keys": [signer.jwk()]})).await
    }

    /// With this key set.
    pub async fn of(set: Value) -> Self {
        let keys = Arc::new(Mutex::new(set));
        let asked = Arc::new(AtomicUsize::new(0));
        let answer = {
            let (keys, asked) = (Arc::clone(&keys), Arc::clone(&asked));
            move || async move {
                asked.fetch_add(1, Ordering::SeqCst);
                keys.lock().unwrap().to_string()
            }
        };
        let never = || async {
            let () = pending().await;
        };
        let private = json!({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}).to_string();
        let router = Router::new()
            .route("/jwks", get(answer))
            .route("/slow", get(never))
            .route("/elsewhere", get(|| async { Redirect::temporary("/jwks") }))
            .route("/page", get(|| async { "<html>" }))
            .route("/private", get(|| async move { private }))
            .route("/endless", get(|| async { "[".repeat(1 << 20) }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, keys, asked }
    }

    pub fn publish(&self, signer: &Signer) {
        self.publish_set(json!({"keys": [signer.jwk()]}));
    }

    pub fn publish_set(&self, set: Value) {
        *self.keys.lock().unwrap() = set;
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

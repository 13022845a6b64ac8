//! An empty server: reads the request's body and answers as many bytes as the path says.

use axum::{Router, body::Bytes, extract::Path, routing::any};
use tokio::net::TcpListener;

/// Serves for ever.
pub async fn serve(port: u16) -> Result<(), String> {
    let router = Router::new().route(
        "/{size}",
        any(|Path(size): Path<usize>, _body: Bytes| async move { "x".repeat(size) }),
    );
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| error.to_string())?;
    axum::serve(listener, router).await.map_err(|error| error.to_string())
}

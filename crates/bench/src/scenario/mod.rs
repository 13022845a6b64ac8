//! What is measured, one file per family.

mod code_flow;
mod financial_grade;
mod flat;
mod gateway;
mod memory;
mod payer;
mod protected_api;
mod purge;
mod refresh;
mod sign_in;
mod single;
mod size;
mod storm;

use jose::b64;

use crate::bench::Bench;

pub use code_flow::CODE_FLOW;
pub use gateway::measure as gateway;
pub use payer::Keys;
pub use single::Request;

/// All that is quick.
pub async fn all(bench: &mut Bench<'_>) -> Result<(), String> {
    size::measure(bench)?;
    single::measure(bench).await?;
    refresh::measure(bench).await?;
    sign_in::measure(bench).await?;
    code_flow::measure(bench).await?;
    financial_grade::measure(bench).await?;
    protected_api::measure(bench).await?;
    storm::measure(bench).await
}

/// What takes minutes.
pub async fn long(bench: &mut Bench<'_>) -> Result<(), String> {
    memory::measure(bench).await?;
    flat::measure(bench).await?;
    purge::measure(bench).await
}

/// Credentials in the header `Authorization` (RFC 7617).
pub fn basic(client_id: &str, secret: &str) -> String {
    // base64 with the other alphabet, and padding.
    let mut text = b64::encode(format!("{client_id}:{secret}"))
        .replace('-', "+")
        .replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    format!("Basic {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_encoded_as_http_wants_them() {
        assert_eq!(basic("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(basic("a", "~~~?>"), "Basic YTp+fn4/Pg==");
    }
}

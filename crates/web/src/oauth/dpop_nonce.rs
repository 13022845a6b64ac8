//! The nonce that an answer brings for the next proof.
//!
//! Spec: RFC 9449 §8, §8.2, §9
//!
//! Where this node takes proofs without a nonce, it gives none out, since it "MUST NOT accept any DPoP proofs without the
//! nonce claim when a DPoP nonce has been provided to the client" (§11.3); but whoever brings one that is not, or no
//! longer, good, is given the next.

use std::sync::Arc;

use axum::{extract::Request, http::HeaderValue, response::Response};
use protocol::dpop::{HEADER, NONCE_HEADER, NonceUse};
use realm::RealmContext;

/// In an answer whose refusal says that a nonce is needed.
#[derive(Clone, Copy, Debug)]
pub struct NonceNeeded;

/// The paths of the endpoints that take access tokens; at all others a proof is for the authorization server.
const RESOURCES: [&str; 2] = ["/userinfo", "/grants"];

/// A request that brought a proof, as far as the next nonce needs it.
pub struct BroughtProof {
    realm: Arc<RealmContext>,
    what_for: NonceUse,
}

impl BroughtProof {
    /// The request, if it is one. Its path is one below the issuer.
    pub fn of(request: &Request, realm: &Arc<RealmContext>) -> Option<Self> {
        request.headers().contains_key(HEADER).then(|| Self {
            realm: Arc::clone(realm),
            what_for: if RESOURCES.iter().any(|path| request.uri().path().starts_with(path)) {
                NonceUse::ResourceServer
            } else {
                NonceUse::AuthorizationServer
            },
        })
    }

    /// Adds the next nonce to the answer, where one is needed.
    pub fn give_nonce(&self, response: &mut Response) {
        let realm = &self.realm;
        let is_needed = response.extensions().get::<NonceNeeded>().is_some();
        if is_needed || realm.realm.dpop_nonces || realm.node.wants_nonces(realm.issuer()) {
            let nonce = realm.node.nonce(realm.issuer(), self.what_for, realm.now());
            if let Ok(value) = HeaderValue::from_str(&nonce) {
                response.headers_mut().insert(NONCE_HEADER, value);
            }
        }
    }
}

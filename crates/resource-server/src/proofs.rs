//! Proofs of the keys that tokens are bound to: which call they must be for, and that each is used once.
//! Spec: RFC 9449 §4.3, §7.1, §9 and §11.1
//!
//! Each process remembers the proofs that it took. Where several serve one API, nonces keep a proof from being used at two:
//! a nonce is taken by the process that gave it out, and by no other.

use std::sync::{Mutex, PoisonError};

use enforcement::Refusal;
use enforcement::gate::Presented;
use http::HeaderMap;
use jose::SigningAlg;
use protocol::dpop::{HEADER, NonceKey, NonceUse, Proof, ProofCheck, ProofError, SeenProofs, TargetUri, Unseen};
use url::Url;

use crate::CheckError;

/// How many proofs are remembered; each takes some 30 bytes.
const REMEMBERED: usize = 1 << 20;

pub(crate) struct Proofs {
    /// Where clients find the API.
    url: Url,
    pub(crate) algs: Vec<SigningAlg>,
    /// Set when every proof must hold a nonce.
    nonces: Option<NonceKey>,
    seen: Mutex<SeenProofs>,
}

impl Proofs {
    pub(crate) fn new(url: Url, algs: Vec<SigningAlg>, with_nonces: bool) -> Self {
        Self {
            url,
            algs,
            nonces: with_nonces.then(|| NonceKey::new(jose::random_bytes())),
            seen: Mutex::new(SeenProofs::new(REMEMBERED)),
        }
    }

    /// The proof of a call with its token. Nothing is used up.
    pub(crate) fn check(&self, call: &Presented<'_>, now: i64) -> Result<Proof, Refusal> {
        let targets: Vec<TargetUri> = TargetUri::parse(&call.url).into_iter().collect();
        let check = ProofCheck {
            method: call.method,
            targets: &targets,
            access_token: Some(call.credentials.token.as_str()),
            algs: &self.algs,
            now,
        };
        let proof = check.check(&call.proofs)?.ok_or(Refusal::ProofMissing)?;
        if let Some(nonces) = &self.nonces {
            let is_mine = |nonce| nonces.is_mine(self.url.as_str(), NonceUse::ResourceServer, nonce, now);
            if !proof.nonce().is_some_and(is_mine) {
                return Err(Refusal::NonceNeeded);
            }
        }
        Ok(proof)
    }

    /// Uses a proof up, now that everything else about the call is right.
    pub(crate) fn use_up(&self, proof: &Proof, now: i64) -> Result<(), CheckError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.remember(proof, now) {
            Unseen::Now => Ok(()),
            Unseen::Before => Err(Refusal::Proof(ProofError::Used).into()),
            // To forget others instead would let whoever sends so many use theirs again.
            Unseen::Full => Err(CheckError::TooManyProofs),
        }
    }

    /// The nonce for the next proof, if they must have one.
    pub(crate) fn next_nonce(&self, now: i64) -> Option<String> {
        let nonces = self.nonces.as_ref()?;
        Some(nonces.give(self.url.as_str(), NonceUse::ResourceServer, now))
    }

    /// The public URL of a path. A proxy, or a router inside of another, may have cut the API's own path off.
    pub(crate) fn url_of(&self, path: &str) -> String {
        let base = self.url.path().trim_end_matches('/');
        let is_whole = path
            .strip_prefix(base)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let origin = self.url.origin().ascii_serialization();
        if is_whole { origin + path } else { origin + base + path }
    }
}

/// Whether a call brings a proof, good or bad.
pub(crate) fn has_proof(headers: &HeaderMap) -> bool {
    headers.contains_key(HEADER)
}

/// All proofs of a call. One that is no text is kept as an empty one, which is malformed, so that it is not overlooked.
pub(crate) fn values(headers: &HeaderMap) -> Vec<&str> {
    let values = headers.get_all(HEADER).iter();
    values.map(|value| value.to_str().unwrap_or("")).collect()
}

#[cfg(test)]
mod tests {
    use super::Proofs;

    #[test]
    fn a_call_has_the_url_by_which_clients_know_it() {
        for (api, path, url) in [
            ("https://api.example", "/accounts", "https://api.example/accounts"),
            ("https://api.example/", "/accounts", "https://api.example/accounts"),
            (
                "https://api.example/bank",
                "/bank/accounts",
                "https://api.example/bank/accounts",
            ),
            (
                "https://api.example/bank",
                "/accounts",
                "https://api.example/bank/accounts",
            ),
            ("https://api.example/bank", "/bank", "https://api.example/bank"),
            (
                "https://api.example/bank",
                "/banking",
                "https://api.example/bank/banking",
            ),
            ("http://localhost:9000", "/accounts", "http://localhost:9000/accounts"),
        ] {
            let proofs = Proofs::new(api.parse().unwrap(), Vec::new(), false);
            assert_eq!(proofs.url_of(path), url, "{api} {path}");
        }
    }
}

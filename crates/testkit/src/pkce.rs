//! A fresh pair for the code grant.
//! Spec: RFC 7636 §4.1–4.2 (S256 alone).

use jose::{b64, random_token, sha256};

/// What the client keeps, and what it sends ahead.
#[derive(Clone)]
pub struct Pkce {
    /// `code_verifier`, for the token request.
    pub verifier: String,
    /// `code_challenge`, for the authorization request, with `code_challenge_method=S256`.
    pub challenge: String,
}

/// Makes a new random pair.
pub fn pkce() -> Pkce {
    let verifier = random_token();
    let challenge = b64::encode(sha256(verifier.as_bytes()));
    Pkce { verifier, challenge }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_new_each_time_and_of_the_lengths_that_the_specification_wants() {
        let (one, two) = (pkce(), pkce());
        assert_ne!(one.verifier, two.verifier);
        assert!((43..=128).contains(&one.verifier.len()));
        assert_eq!(one.challenge.len(), 43);
    }
}

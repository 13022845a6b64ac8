//! PKCE: who redeems a code is who asked for it.

topic! {
    CHALLENGE("PKCE challenge", "is there a code_challenge where one is needed, and is it sound?", "RFC 7636 §4.3") {
        CHALLENGE_MISSING("pkce.challenge_missing", InvalidRequest) {
            "The client's profile wants PKCE, and the request has no code_challenge."
            "Make a random code_verifier of 43 characters or more, send \
             code_challenge=BASE64URL(SHA256(code_verifier)) and code_challenge_method=S256."
        }
        METHOD_ALONE("pkce.method_alone", InvalidRequest) {
            "code_challenge_method came without a code_challenge."
            "Send both or none."
        }
        MALFORMED_CHALLENGE("pkce.malformed_challenge", InvalidRequest | InvalidGrant) {
            "code_challenge is not 43 to 128 of the characters that it may have; often it is base64 with + and / \
             and = instead of base64url."
            "Encode the SHA-256 hash as base64url without padding."
        }
        PLAIN("pkce.plain", InvalidRequest | InvalidGrant) {
            "The challenge uses the method plain, which shows the verifier to whoever sees the request. Without \
             code_challenge_method the method is plain."
            "Send code_challenge_method=S256 and the hash of the verifier."
        }
        UNKNOWN_METHOD("pkce.unknown_method", InvalidRequest | InvalidGrant) {
            "code_challenge_method is none that is taken here."
            "Send code_challenge_method=S256."
        }
    }
    VERIFIER("PKCE", "does the code_verifier belong to the code_challenge?", "RFC 7636 §4.6") {
        MISSING_VERIFIER("pkce.missing_verifier", InvalidGrant) {
            "The authorization request had a code_challenge, and the token request has no code_verifier."
            "Keep the code_verifier with the state until the token request, and send it."
        }
        UNEXPECTED_VERIFIER("pkce.unexpected_verifier", InvalidGrant) {
            "The token request has a code_verifier, and the authorization request had no code_challenge: somebody \
             may have taken it away on its way."
            "Send code_challenge and code_challenge_method=S256 with every authorization request."
        }
        MALFORMED_VERIFIER("pkce.malformed_verifier", InvalidGrant) {
            "code_verifier is not 43 to 128 of the characters that it may have."
            "Use 32 random bytes as base64url."
        }
        MISMATCH("pkce.mismatch", InvalidGrant) {
            "The hash of the code_verifier is not the code_challenge of the authorization request. Either the app \
             has mixed up two sign-ins, or the code was stolen and somebody else tries to redeem it."
            "Keep one code_verifier for each state; hash the verifier's text, not its decoded bytes."
        }
    }
}

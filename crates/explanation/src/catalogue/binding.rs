//! Which key a token is bound to, and whether it is proven.

topic! {
    BOUND(
        "token can be bound",
        "does the request prove the key that the client's tokens must be bound to?",
        "RFC 9449 §5"
    ) {
        CERTIFICATE_MISSING("binding.certificate_missing", InvalidRequest) {
            "The client's tokens are bound to its certificate, by its registration or its profile, and the \
             connection has none."
            "Send the request to the address in mtls_endpoint_aliases of the metadata, with the certificate."
        }
        PROOF_MISSING("binding.proof_missing", InvalidRequest) {
            "The client is registered with dpop_bound_access_tokens, and the request has no proof."
            "Send a proof of the key in the header DPoP."
        }
        NOTHING_PROVEN("binding.nothing_proven", InvalidRequest) {
            "The client's profile wants tokens that are bound to a key, and the request proves none."
            "Send a proof of a key in the header DPoP, or use mutual TLS."
        }
        TOKEN_BINDING_MISSING("binding.token_binding_missing", InvalidRequest) {
            "The client is registered as supporting Token Binding, and its connection has none."
            "Use a connection with Token Binding, or change the registration."
        }
        REFERRED_MISSING("binding.referred_missing", InvalidRequest) {
            "The client's access tokens are bound to the key that it uses with the API, and the request does not \
             refer to that key."
            "Send the referred Token Binding of the API with the token request."
        }
    }
    SAME_KEY("same key", "does the request prove the key that the code or token is bound to?", "RFC 9449 §10") {
        OTHER_KEY("binding.other_key", InvalidGrant) {
            "The code, the refresh token or the request is bound to a key, and the request proves another one or \
             none. Often the app has made a new key in between."
            "Keep one key for a user's whole session: the one whose thumbprint was in dpop_jkt, or with which the \
             request was pushed."
        }
    }
}

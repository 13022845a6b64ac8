//! Clients that call an API for themselves, without a token.

topic! {
    CLIENT("client may call", "may the client call the API for itself?", "docs/two-party-access.md §Basic") {
        NOBODYS("client_access.nobodys", InvalidClient) {
            "The certificate is that of no client that authenticates by one, or it would do for several."
            "Register it: tls_client_auth with a subject of its own, or self_signed_tls_client_auth with the certificate in jwks."
        }
        NOT_OF_PROFILE("client_access.not_of_profile", InvalidClient) {
            "The API wants clients that follow a stricter profile, or the client is registered to use tokens that are bound to \
             a key."
            "Use access tokens, or register the client for the profile of the API."
        }
        NOTHING_REGISTERED("client_access.nothing_registered", InvalidClient) {
            "The client is registered for no scope of the API."
            "Register it for the scope that it needs."
        }
    }
    GUESSES("guesses left", "are there guesses left for this client from this network?", "RFC 6749 §2.3.1") {
        TOO_MANY_GUESSES("client_access.too_many_guesses", TemporarilyUnavailable) {
            "Too many secrets or API keys from this network were wrong. For some minutes none is told from another, not even the \
             right one."
            "Correct the secret of the program that asks, and try again after Retry-After."
        }
    }
}

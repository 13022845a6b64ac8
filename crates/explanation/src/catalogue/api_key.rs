//! API keys.

topic! {
    WRITTEN("API key well written", "does the API key have the right form and checksum?", "docs/two-party-access.md §API keys") {
        MISTYPED("api_key.mistyped", InvalidToken) {
            "What begins with sekisho_ is no API key: it was cut off, or a character is another."
            "Copy the key as it was shown when it was made: sekisho_ and 50 letters and digits."
        }
    }
    GOOD("API key good", "is it a key of this issuer that has not ended?", "docs/two-party-access.md §API keys") {
        UNKNOWN("api_key.unknown", InvalidToken) {
            "No key of this realm is this one, or it ended more than a month ago, or its client or API was removed."
            "Look at sekisho api key list, and make a new one with sekisho api key add."
        }
        EXPIRED("api_key.expired", InvalidToken) {
            "The time of the key is over, or it was replaced and the overlap is over."
            "Use its successor, or make a new one with sekisho api key add."
        }
        REVOKED("api_key.revoked", InvalidToken) {
            "The key was revoked."
            "Make a new one with sekisho api key add."
        }
    }
    OF_CLIENT("client of the API key", "may its client still use the key?", "docs/two-party-access.md §API keys") {
        CLIENT_DISABLED("api_key.client_disabled", InvalidToken) {
            "The client that the key belongs to is disabled."
            "Enable it: sekisho client enable."
        }
        NOT_OF_PROFILE("api_key.not_of_profile", InvalidToken) {
            "The client is public, or its security profile or the API's wants tokens that are bound to a key of the sender."
            "Use access tokens that are bound to a key: by DPoP, or by mutual TLS."
        }
        NOTHING_LEFT("api_key.nothing_left", InvalidToken) {
            "The client is no longer registered for any scope that the key permits at its API."
            "Register the client for the scope again, or make a key with another."
        }
    }
}

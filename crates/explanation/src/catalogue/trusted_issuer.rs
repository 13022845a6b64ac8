//! Assertions of other issuers about users.

topic! {
    TRUSTED("issuer trusted", "is the assertion's issuer trusted here for this?", "RFC 7521 §5.1") {
        UNTRUSTED("trusted_issuer.untrusted", InvalidGrant | InvalidRequest) {
            "iss of the assertion is no [[trusted_issuer]] of this server with this purpose."
            "Ask the operator to add it; iss must be the same to the letter."
        }
        KEYS_UNREACHABLE("trusted_issuer.keys_unreachable", InvalidGrant | InvalidRequest) {
            "The keys of the assertion's issuer could not be had."
            "Look whether its jwks_uri answers from where the server runs."
        }
    }
    SUBJECT(
        "user known",
        "is the assertion about a user who is known here and has permitted the client this?",
        "RFC 7521 §5.2"
    ) {
        NO_SUCH_USER("trusted_issuer.no_such_user", InvalidGrant) {
            "sub of the assertion is no user of this issuer, or one who is disabled."
            "Use the user's sub or name here, as the operator configured for the trusted issuer."
        }
        NOT_PERMITTED("trusted_issuer.not_permitted", InvalidGrant | InvalidRequest) {
            "The user has not permitted the client what it asks for, and is not asked here."
            "Send the user through the authorization endpoint once."
        }
    }
}

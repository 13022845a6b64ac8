//! Access tokens at endpoints that one opens, and tokens that are given back.

topic! {
    PRESENTED(
        "access token presented",
        "is there one access token, sent in one of the ways that are taken?",
        "RFC 6750 §2"
    ) {
        MISSING("token.missing", InvalidToken) {
            "The request has no access token."
            "Send Authorization: Bearer and the token, or DPoP and the token with a proof."
        }
        SEVERAL("token.several", InvalidRequest) {
            "The token was sent in several ways, or in the query, where logs keep it."
            "Send it once, in the Authorization header."
        }
    }
    ALIVE(
        "access token alive",
        "is it an access token of this issuer, not expired and not revoked?",
        "RFC 6750 §3.1"
    ) {
        INVALID("token.invalid", InvalidToken) {
            "The token is unknown, malformed, expired or revoked, or what is behind it has ended: permission, \
             session, user or client."
            "Get a new one with the refresh token, or send the user through again."
        }
    }
    PROVEN("token's key proven", "does the request prove the key that the token is bound to?", "RFC 9449 §7.1") {
        UNPROVEN("token.unproven", InvalidToken) {
            "The token is bound to a key, and came without a proof of it, or with one of another key; or it is not \
             bound and came by the scheme DPoP."
            "Send a token of token_type DPoP by the scheme DPoP with a proof of its key, one that is bound to a \
             certificate over mutual TLS, and others as Bearer."
        }
        PROOF_MISSING("token.proof_missing", InvalidDpopProof) {
            "The token came by the scheme DPoP without a proof."
            "Send a proof in the header DPoP, with ath."
        }
    }
    AUDIENCE("token meant for this endpoint", "is the access token meant for this server?", "RFC 6750 §3.1") {
        WRONG_AUDIENCE("token.wrong_audience", InvalidToken) {
            "The token is meant for an API: its request named a resource."
            "Ask for a token without resource, or with the issuer as resource."
        }
    }
    SCOPE("token's scope enough", "does the access token have the scope that the endpoint needs?", "RFC 6750 §3.1") {
        INSUFFICIENT_SCOPE("token.insufficient_scope", InsufficientScope) {
            "The token does not have the scope that this endpoint needs."
            "Ask for it: openid for UserInfo, grant_management_query or grant_management_revoke for grants."
        }
    }
    OF_API("an API's client", "may the client ask about the tokens of some API?", "RFC 7662 §2.1") {
        NO_API("token.no_api", UnauthorizedClient) {
            "No API names the client among those that may ask about its tokens, so there is nothing to tell it of them."
            "Ask with the API's credentials, or have the operator name the client: introspection of the API."
        }
    }
    OF_CLIENT("token of this client", "was the token issued to the client that gives it back?", "RFC 7009 §2.1") {
        OTHER_CLIENT("token.other_client", UnauthorizedClient) {
            "A client revokes its own tokens alone, and this one was issued to another."
            "Revoke with the credentials of the client that the token was issued to."
        }
    }
}

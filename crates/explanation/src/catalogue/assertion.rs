//! Assertions: what a client or a trusted issuer says in a signed JWT.

topic! {
    PRESENTED("assertion presented", "did an assertion come with its type?", "RFC 7521 §4.2") {
        PARAMETERS("assertion.parameters", InvalidClient) {
            "client_assertion came without client_assertion_type, the other way round, or with another type."
            "Send client_assertion together with \
             client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer."
        }
    }
    KIND("assertion of the right kind", "is it a JWT that was made to be an assertion?", "RFC 8725 §3.11") {
        OTHER_TYPE("assertion.other_type", InvalidClient) {
            "The header's typ says that the JWT was made for something else, such as a DPoP proof or a request \
             object."
            "Leave typ out, or write JWT or client-authentication+jwt."
        }
    }
    SUBJECT("assertion about itself", "is the assertion by and about the client?", "RFC 7523 §3") {
        NOT_ITSELF("assertion.not_itself", InvalidClient) {
            "iss or sub of the assertion is not the client_id, or sub is missing."
            "Set both iss and sub to the client_id."
        }
    }
    CLAIMS("claims of the assertion", "does the assertion have its claims, each of its type?", "RFC 7523 §3") {
        MISSING_CLAIM("assertion.missing_claim", InvalidClient | InvalidGrant | InvalidRequest) {
            "A claim that every assertion needs is not in it."
            "Put iss, sub, aud, exp and jti into each assertion."
        }
        MALFORMED_CLAIM("assertion.malformed_claim", InvalidClient | InvalidGrant | InvalidRequest) {
            "A claim has the wrong type: times are numbers of seconds, names are texts, aud is a text or a list of \
             texts."
            "Write exp, iat and nbf as numbers of seconds since 1970, without quotes."
        }
    }
    AUDIENCE("assertion for this server", "is the assertion meant for this server?", "RFC 7523 §3") {
        AUDIENCE_OTHER("assertion.audience", InvalidClient | InvalidGrant | InvalidRequest) {
            "aud is not what this server takes. Stricter profiles take the issuer's identifier alone, and not the \
             URL of an endpoint."
            "Set aud to the issuer, to the letter, as in issuer of the metadata, without a slash that is not there."
        }
    }
    TIMES("assertion in its time", "is the assertion good now, and not for too long?", "RFC 7523 §3") {
        EXPIRED("assertion.expired", InvalidClient | InvalidGrant | InvalidRequest | ExpiredLoginHintToken) {
            "exp is in the past: the assertion was made long ago and kept, or the clock of the app is slow."
            "Make a new assertion for each request, and let the clock follow a time server."
        }
        TOO_LONG("assertion.too_long", InvalidClient | InvalidGrant | InvalidRequest) {
            "exp is so far ahead that a stolen assertion would be of use for long."
            "Let exp be one minute after iat."
        }
        NOT_YET("assertion.not_yet", InvalidClient | InvalidGrant | InvalidRequest) {
            "nbf or iat is in the future: the clock of the app is fast."
            "Let the clock follow a time server."
        }
    }
    MAC("MAC right", "was the assertion authenticated with the client's secret?", "OpenID Connect Core §9") {
        WRONG_MAC("assertion.wrong_mac", InvalidClient) {
            "The MAC of the assertion was not made with this client's secret by HS256."
            "Use the bytes of the secret's text as the key, not the bytes that it would be as base64, and HS256."
        }
        NO_SECRET("assertion.no_secret", InvalidClient) {
            "The client uses client_secret_jwt, and no secret is stored that an assertion could be checked with: it \
             was registered for another method when it got its secret."
            "Give it a new secret: sekisho client rotate-secret CLIENT_ID."
        }
        SHORT_SECRET("assertion.short_secret", InvalidClient) {
            "The client's secret is shorter than HS256 needs."
            "Give it a secret of 32 bytes or more: sekisho client rotate-secret CLIENT_ID makes one."
        }
    }
    ONCE("assertion used once", "was the assertion never used before?", "OpenID Connect Core §9") {
        USED("assertion.used", InvalidClient | InvalidGrant) {
            "The same assertion came a second time. It was kept for several requests, or a library repeated the \
             request after a lost answer."
            "Make a new assertion with a jti of its own for each request, also for one that is tried again."
        }
    }
}

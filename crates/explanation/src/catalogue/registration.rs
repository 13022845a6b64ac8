//! Clients that register themselves.

topic! {
    OPEN("registration open", "may clients register themselves here, and so many?", "RFC 7591 §3") {
        OFF("registration.off", AccessDenied) {
            "This server registers no clients by itself."
            "Ask its operator to register yours."
        }
        TOO_MANY("registration.too_many", AccessDenied) {
            "Too many registrations came from this network, or about this client."
            "Wait as long as the description says."
        }
        FULL("registration.full", AccessDenied) {
            "As many clients have registered themselves as may without a token."
            "Ask the operator for an initial access token."
        }
    }
    TOKEN("registration token good", "does the token permit this registration?", "RFC 7592 §2") {
        TOKEN_MISSING("registration.token_missing", InvalidToken) {
            "The request has no token, and needs one."
            "Send the initial access token, or registration_access_token of the client, as Bearer."
        }
        INVALID_TOKEN("registration.invalid_token", InvalidToken) {
            "The token is unknown, used up, expired or for another client, or its client is gone or disabled."
            "Ask the operator for a new one: sekisho client token add."
        }
    }
    METADATA("metadata sound", "can a client be registered so?", "RFC 7591 §3.2.2") {
        METADATA_PROBLEM("registration.metadata", InvalidClientMetadata | InvalidRedirectUri) {
            "A member of the metadata is wrong, contradicts another, or is not for clients to say."
            "The description names the member, what is wrong with it, and what to write."
        }
    }
    STATEMENT(
        "software statement good",
        "is the software statement by a trusted issuer, for this server and in its time?",
        "RFC 7591 §2.3"
    ) {
        STATEMENT_MALFORMED("registration.statement_malformed", InvalidSoftwareStatement) {
            "software_statement is no signed JWT."
            "Send it as its issuer made it."
        }
        STATEMENT_UNAPPROVED("registration.statement_unapproved", UnapprovedSoftwareStatement) {
            "Its issuer is not trusted here to vouch for software."
            "Ask the operator to add a [[trusted_issuer]] with the purpose software-statement."
        }
        STATEMENT_SIGNATURE("registration.statement_signature", InvalidSoftwareStatement) {
            "The issuer's keys do not verify it, or cannot be had."
            "Send it unchanged; look whether the issuer has replaced its keys."
        }
        STATEMENT_NOT_NOW("registration.statement_not_now", InvalidSoftwareStatement) {
            "It has expired, is not valid yet, or is meant for another server."
            "Get a new one from its issuer."
        }
        STATEMENT_MISSING("registration.statement_missing", InvalidSoftwareStatement) {
            "The client was registered with a statement, and cannot go on without."
            "Send the same again, or a newer one."
        }
    }
}

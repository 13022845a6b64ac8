//! Scopes, and the APIs that a token is for.

topic! {
    WELL_FORMED("scope well formed", "can the scope and the resources be read?", "RFC 6749 §3.3") {
        MALFORMED("scope.malformed", InvalidScope) {
            "scope holds a character that no scope can have."
            "Send the names of scopes with single spaces between them."
        }
        RESOURCE_MALFORMED("scope.resource_malformed", InvalidTarget) {
            "resource is no absolute URI, or has a fragment."
            "Send the identifier of the API, to the letter."
        }
    }
    POSSIBLE(
        "scope possible",
        "is the scope known here, registered for the client, and within what was granted?",
        "RFC 6749 §3.3"
    ) {
        NOTHING_KNOWN("scope.nothing_known", InvalidScope) {
            "None of the scopes is known here, or none was asked for and the client is registered for none that fits."
            "Ask for scopes of scopes_supported of the metadata or of the API; register them for the client."
        }
        NOT_REGISTERED("scope.not_registered", InvalidScope) {
            "The scope is known here, and the client is not registered for it."
            "Ask the operator to add it to scope of the client, or ask for less."
        }
        NEEDS_USER("scope.needs_user", InvalidScope) {
            "The scope is about a user, and with client_credentials there is none."
            "Leave the scopes of OpenID Connect out."
        }
        TOO_WIDE("scope.too_wide", InvalidScope) {
            "The scope is wider than what the user granted."
            "Ask for the granted scope or less; to get more, send the user through the authorization endpoint."
        }
        NOTHING_OF_RESOURCE("scope.nothing_of_resource", InvalidScope) {
            "None of the scopes belongs to the resource that the request names."
            "Name the API whose scopes are asked for, or ask for scopes of that API."
        }
    }
    TARGET(
        "token's API settled",
        "is it clear for which API the token is, and may the client have one?",
        "RFC 8707 §2"
    ) {
        SEVERAL_TARGETS("scope.several_targets", InvalidTarget) {
            "The scopes belong to several APIs and resource does not say for which the token is; or resource is no \
             API of this server."
            "Send resource with the identifier of one API."
        }
        WEAK_PROFILE("scope.weak_profile", InvalidTarget) {
            "The API takes only clients of a stricter security profile than this one follows."
            "Let the client follow that profile: sekisho client show CLIENT_ID says what it lacks."
        }
        NOT_GRANTED("scope.resource_not_granted", InvalidTarget) {
            "The permission does not cover the resource that the token request names."
            "Name one of the APIs that the user was asked about; for others send the user through again."
        }
        ASSURANCE_TOO_LOW("scope.assurance_too_low", InvalidTarget) {
            "The API needs a stronger authentication of the user than the one behind the assertion or the token."
            "Send the user through the authorization endpoint with acr_values of the API."
        }
    }
}

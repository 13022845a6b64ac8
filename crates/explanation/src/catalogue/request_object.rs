//! Request objects: the request as the client signed it.

topic! {
    REQUIRED(
        "signed where required",
        "is the request signed where the client or its profile wants it?",
        "RFC 9101 §10.5"
    ) {
        MISSING("request_object.missing", InvalidRequest) {
            "The client's requests must be signed (require_signed_request_object, or its profile), and this one \
             came as plain parameters."
            "Sign the parameters as a JWT and send it as request, or push it."
        }
        BOTH("request_object.both", InvalidRequest) {
            "request and request_uri were both sent, so nobody could say which counts."
            "Send one of them."
        }
    }
    FETCHED(
        "request_uri fetched",
        "is request_uri registered, and could the object be fetched from there?",
        "OpenID Connect Core §6.2"
    ) {
        NOT_REGISTERED("request_object.uri_not_registered", InvalidRequestUri) {
            "request_uri is none of the client's registered request_uris, fragment included, and no reference of \
             the pushed authorization request endpoint."
            "Register it in request_uris, or push the request to /par."
        }
        UNREACHABLE("request_object.unreachable", InvalidRequestUri) {
            "The object at request_uri could not be fetched: the address does not answer, answers with an error or \
             too much, or is one that this server does not call."
            "Look whether the address answers from where the server runs, with Content-Type \
             application/oauth-authz-req+jwt."
        }
    }
    READABLE("request object readable", "is what came a signed JWT?", "RFC 9101 §6") {
        NOT_A_JWT("request_object.not_a_jwt", InvalidRequestObject) {
            "What is at request_uri, or inside the encrypted object, is no JWT."
            "Send a signed JWT; encrypt only what was signed before."
        }
    }
    FOR_THIS_SERVER(
        "request object for this server",
        "is the object by this client, for this server, and made to be a request?",
        "RFC 9101 §10.8"
    ) {
        TYPE("request_object.type", InvalidRequestObject) {
            "The header's typ says that the JWT was made for something else."
            "Set typ to oauth-authz-req+jwt."
        }
        CLIENT("request_object.client", InvalidRequestObject) {
            "iss or client_id in the object is not the client_id beside it, or client_id is missing in it."
            "Put client_id into the object, the same as beside it, and set iss to it."
        }
        LIKE_AN_ASSERTION("request_object.like_an_assertion", InvalidRequestObject) {
            "sub in the object is the client: the object could pass for a client assertion."
            "Leave sub out."
        }
        AUDIENCE("request_object.audience", InvalidRequestObject) {
            "aud in the object is not this issuer, or is missing where the profile wants it."
            "Set aud to the issuer, to the letter."
        }
    }
    TIMES("request object in its time", "is the object good now, and not for too long?", "RFC 9101 §6.2") {
        EXPIRED("request_object.expired", InvalidRequestObject) {
            "exp of the object is in the past: it was made long ago, or the clock of the app is slow."
            "Sign a new object for each request, and let the clock follow a time server."
        }
        NOT_YET("request_object.not_yet", InvalidRequestObject) {
            "nbf or iat of the object is in the future: the clock of the app is fast."
            "Let the clock follow a time server."
        }
        TIME_MISSING("request_object.time_missing", InvalidRequestObject) {
            "exp or nbf is missing where the profile wants it, or a time is no number."
            "Put exp and nbf into the object, as numbers of seconds."
        }
        TOO_LONG("request_object.too_long", InvalidRequestObject) {
            "The object is good for longer than the profile allows, or nbf is too long ago."
            "Let nbf be now and exp some minutes later."
        }
    }
    CONTENT(
        "request object's parameters",
        "are the parameters in the object sound, and do they agree with those beside it?",
        "RFC 9101 §4"
    ) {
        NESTED("request_object.nested", InvalidRequestObject) {
            "The object holds request or request_uri, which it cannot."
            "Leave both out of the object."
        }
        WRONG_TYPE("request_object.wrong_type", InvalidRequestObject) {
            "A parameter in the object has the wrong JSON type."
            "Write texts as texts, max_age as a number, claims as an object, authorization_details as a list."
        }
        RESPONSE_TYPE_DIFFERS("request_object.response_type_differs", InvalidRequestObject) {
            "response_type in the object differs from the one beside it."
            "Send the same in both."
        }
        RESPONSE_TYPE_BESIDE("request_object.response_type_beside", InvalidRequest) {
            "scope with openid beside the object makes it a request by OpenID Connect Core §6, which needs \
             response_type beside the object too."
            "Send response_type beside the object, or leave scope beside it out."
        }
        SCOPE_MISSING("request_object.scope_missing", InvalidRequestObject) {
            "The object has no scope, and with the client's profile what is beside the object does not count."
            "Put every parameter into the object, scope included."
        }
    }
}

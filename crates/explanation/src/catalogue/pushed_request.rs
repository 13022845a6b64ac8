//! Pushed authorization requests.

topic! {
    REQUIRED(
        "pushed where required",
        "was the request pushed, where the client or its profile wants it?",
        "RFC 9126 §6"
    ) {
        MISSING("pushed_request.missing", InvalidRequest) {
            "The client's requests must be pushed first, and this one came with the browser."
            "POST the parameters to pushed_authorization_request_endpoint, and send the browser with client_id and \
             request_uri alone."
        }
    }
    PUSHABLE("request can be pushed", "does the client push a request and not a reference to one?", "RFC 9126 §2.1") {
        REQUEST_URI("pushed_request.request_uri", InvalidRequest) {
            "request_uri was pushed, which cannot be."
            "Push the parameters themselves, or a signed object in request."
        }
        TOO_MANY_WAITING("pushed_request.too_many_waiting", TemporarilyUnavailable) {
            "So many pushed requests of this client wait for their users that no more are taken."
            "Push when the user is about to go, and not ahead of time."
        }
    }
    REFERENCE(
        "reference good",
        "is the request_uri a reference that this client got, unused and in time?",
        "RFC 9126 §4"
    ) {
        BESIDE("pushed_request.beside", InvalidRequest) {
            "Beside the pushed request_uri there is another one, or a request."
            "Send client_id and request_uri alone."
        }
        UNKNOWN("pushed_request.unknown", InvalidRequestUri) {
            "This client has pushed no request of this request_uri: it is misspelt, of another client or issuer, or \
             long forgotten."
            "Use the request_uri of the answer of /par, to the letter, with the same client_id."
        }
        ANSWERED("pushed_request.answered", InvalidRequestUri) {
            "The request was answered before: the user went back, or the link was opened twice."
            "Push a new request for each visit."
        }
        EXPIRED("pushed_request.expired", InvalidRequestUri) {
            "The browser came too late with the request_uri."
            "Push when the user is about to go: expires_in of the answer says how long it is good."
        }
    }
}

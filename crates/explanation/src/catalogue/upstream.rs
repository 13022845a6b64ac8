//! What lies behind the gateway: the APIs, and the way to them.

topic! {
    REQUEST(
        "request understood by all",
        "can the request be cut in one place only, and is it for one host?",
        "RFC 9112 §11.2"
    ) {
        SHAPE("upstream.shape", InvalidRequest) {
            "The request can be read in two ways: a transfer coding besides chunked, no Host or two, a target for \
             another host than the Host, or a method that no API behind a gateway takes."
            "Send one Host header, and a body that is either chunked or has a Content-Length. If a proxy is in between, \
             look at what it adds."
        }
    }
    BODY("body within limits", "does the body come whole, in time, and within the API's limit?", "RFC 9110 §15.5.14") {
        BODY_TOO_LARGE("upstream.body_too_large", InvalidRequest) {
            "The body of the request is larger than the API takes through the gateway."
            "Send less at once. The operator raises body_limit of the [[api]]'s gateway, if the API can take more."
        }
        BODY_TOO_SLOW("upstream.body_too_slow", InvalidRequest) {
            "No piece of the body came for longer than the API waits."
            "Send the body without pauses. The operator raises idle of the [[api]]'s gateway, if clients need them."
        }
        BODY_BROKEN("upstream.body_broken", InvalidRequest) {
            "The body of the request broke off, or does not have the length that its header says."
            "Send the whole body, and its right length."
        }
    }
    REACHED("API reached", "does the API answer?", "RFC 9110 §15.6.3") {
        NONE("upstream.none", TemporarilyUnavailable) {
            "The call was permitted, but there is nowhere to forward it to."
            "The operator names an upstream of the [[api]]; what is wrong with the one that is named is in the log."
        }
        UNREACHABLE("upstream.unreachable", TemporarilyUnavailable) {
            "The call was permitted, but no connection to the API could be made."
            "Try again. The operator looks whether the API runs and whether its certificate is trusted; the log says why \
             under this id."
        }
        TIME_OUT("upstream.time_out", TemporarilyUnavailable) {
            "The call was permitted and forwarded, but the API took longer than it may."
            "It may have been carried out all the same. The operator looks at the API, or raises first_byte, idle or whole \
             of the [[api]]'s gateway."
        }
        CLOSED("upstream.closed", TemporarilyUnavailable) {
            "The call was permitted and forwarded, but the API ended the connection before it answered."
            "It may have been carried out all the same. The operator looks into the API's log."
        }
        MALFORMED("upstream.malformed", TemporarilyUnavailable) {
            "The call was permitted and forwarded, but what the API answered is no valid HTTP."
            "The operator looks at what the API sends; the log says what was wrong with it under this id."
        }
        TOO_MANY("upstream.too_many", TemporarilyUnavailable) {
            "More WebSocket and other upgraded connections of the API are open than it may have."
            "Try again later, and close connections that are no longer needed."
        }
    }
}

//! What is no fault of the request.

topic! {
    ABLE("server able", "can the server answer right now?", "RFC 6749 §4.1.2.1") {
        UNAVAILABLE("server.unavailable", TemporarilyUnavailable) {
            "The server could not answer right now: its database did not, or a key was still being made."
            "Send the same request again in a moment. If it goes on, the operator finds the reason in the server's \
             log under this id."
        }
        TOO_MANY_STREAMS("server.too_many_streams", TemporarilyUnavailable) {
            "As many listen at this server, or with this client's credentials, to what is revoked as can."
            "Let one stream serve a whole process; introspect meanwhile."
        }
        DEFECT("server.defect", ServerError) {
            "The server failed: this is a defect of it, or its data is damaged. The request may be right."
            "Give the operator this id: the reason is in the server's log under it."
        }
    }
    ADDRESS(
        "address known",
        "does an issuer, an endpoint or a page have this address, and take this method?",
        "RFC 9110 §15.5"
    ) {
        NO_ISSUER("server.no_issuer", InvalidRequest) {
            "No issuer of this server has the host name or the path of the request; behind a proxy, the proxy may \
             not pass the host on."
            "Use the issuer's URL to the letter. The operator adds a realm for it, or lets the proxy pass on the \
             host and trusts it ([proxy] trusted)."
        }
        NOT_FOUND("server.not_found", InvalidRequest) {
            "The issuer has no endpoint and no page at this path."
            "Take the addresses of endpoints from the metadata, at /.well-known/openid-configuration below the \
             issuer."
        }
        METHOD("server.method", InvalidRequest) {
            "The page does not take the method of the request."
            "Open pages by GET and send their forms by POST."
        }
    }
}

//! Calls of protected APIs.

topic! {
    CALL("call understood by all", "is the call one and the same to every reader of it?", "RFC 3986 §6.2.2") {
        MALFORMED("gate.malformed", InvalidRequest) {
            "Host or path are written in a way that rule and API might understand differently: dot segments, double \
             slashes, semicolons, encodings that are not needed or hide a slash, a host with a dot at its end."
            "Send the path in its plain form, and encode what is not allowed in it once, in UTF-8."
        }
    }
    PROXY("proxy known", "may whoever asks about a call ask, and does it say what was called?", "RFC 7239 §8.1") {
        STRANGER("gate.stranger", AccessDenied) {
            "A question about a call came from a network address that is none of a proxy that may ask."
            "The operator adds the proxy's address to [proxy] forward_auth."
        }
        NOT_FORWARDED("gate.not_forwarded", InvalidRequest) {
            "The proxy does not say what was called: a field is missing, there twice, or no such thing."
            "The operator lets the proxy set X-Forwarded-Method, X-Forwarded-Proto, X-Forwarded-Host and X-Forwarded-Uri, \
             each once, and take off those of clients."
        }
    }
    API("API known", "is there an API at this scheme, host and path?", "RFC 9110 §7.4") {
        UNKNOWN_API("gate.unknown_api", InvalidRequest) {
            "No API of this server has an identifier with the scheme, the host and the beginning of the path of the call."
            "Call the API by its identifier. The operator compares it with what the proxy passes on: X-Forwarded-Proto, \
             X-Forwarded-Host and X-Forwarded-Uri, or the Host."
        }
    }
    ROUTE("route known", "is there a route of the API for this path and method?", "RFC 9110 §9.1") {
        NO_ROUTE("gate.no_route", InvalidRequest) {
            "The API has no route with this path; what has no route does not get through."
            "Correct the path. The operator adds a route to the [[api]], if the call is to get through."
        }
        NEAR_ROUTE("gate.near_route", InvalidRequest) {
            "A route has this path in other letters, or with or without a slash at its end. Some APIs would take both for \
             the same, so this one counts as none."
            "Write the path as the route has it."
        }
        WRONG_METHOD("gate.wrong_method", InvalidRequest) {
            "The API has routes with this path, but none of them is for the method of the call."
            "Use a method that the path has. The operator adds it to the route, if it is to get through."
        }
    }
    CREDENTIALS("token readable", "is what stands in the Authorization header a token?", "RFC 6750 §2.1") {
        MALFORMED_CREDENTIALS("gate.malformed_credentials", InvalidRequest) {
            "The scheme is Bearer or DPoP, but what follows is not one token."
            "Send the scheme, one space, and the token as it was issued."
        }
    }
    WAY("way in", "does the route take what the call brings?", "docs/two-party-access.md §What a route takes") {
        OTHER_WAY("gate.other_way", InvalidToken) {
            "The route is for other callers: its access does not list what the call brings, as API keys, or tokens without a \
             user."
            "Bring what the route takes; the challenges name its schemes. The operator adds the way to access of the route."
        }
    }
    LIMIT("limit", "are there calls left in the limits of the API and the route?", "RFC 6585 §4") {
        LIMIT_EXCEEDED("gate.limit_exceeded", TemporarilyUnavailable) {
            "More calls came than a limit of the API or of the route permits."
            "Call again after Retry-After, and heed the header RateLimit. The operator raises limit of the [[api]] or of its \
             route."
        }
    }
    AUDIENCE("token meant for this API", "is the access token meant for the API that is called?", "RFC 9068 §4") {
        WRONG_AUDIENCE("gate.wrong_audience", InvalidToken) {
            "The token is meant for another API, or for UserInfo."
            "Ask for a token with a scope of this API, or with its identifier as resource."
        }
    }
    BOUND("token bound to a key", "is the access token bound to a key, where the API wants that?", "RFC 9700 §2.2.1") {
        UNBOUND("gate.unbound", InvalidToken) {
            "The token is bound to no key, and the API takes only such as are."
            "Ask for the token with a DPoP proof, or over mutual TLS."
        }
    }
    SCOPE("token's scope reaches", "does the access token have the scope that the route needs?", "RFC 6750 §3.1") {
        INSUFFICIENT_SCOPE("gate.insufficient_scope", InsufficientScope) {
            "The token does not have the scope that the route needs."
            "Ask the user for that scope; the challenge names it."
        }
    }
    AUTHENTICATION(
        "user authenticated well enough",
        "was the user authenticated as well and as lately as the route needs?",
        "RFC 9470 §3"
    ) {
        INSUFFICIENT_AUTHENTICATION("gate.insufficient_authentication", InsufficientUserAuthentication) {
            "The user was authenticated too weakly or too long ago for what the call does."
            "Send the user through again with the acr_values and the max_age of the challenge, and use the new token."
        }
    }
    DETAILS("call permitted in detail", "is the call what the user permitted in detail?", "RFC 9396 §9.1") {
        INSUFFICIENT_DETAILS("gate.insufficient_details", InsufficientScope) {
            "No object of the type in the token's authorization_details says what the call does: its body, its path or its \
             method differ."
            "Call with exactly what was permitted, or ask the user for what is to be done."
        }
    }
    CONTENT("body can be looked into", "can the body be looked into, where a route does?", "RFC 8259 §4") {
        BODY("gate.body", InvalidRequest) {
            "The route compares the body with what was permitted, and the body is not one JSON text that everybody reads \
             alike, or is too large."
            "Send JSON in UTF-8 without Content-Encoding, and no member twice."
        }
        BODY_HIDDEN("gate.body_hidden", InvalidRequest) {
            "The route looks into the body, and the proxy that asks does not pass it on, or not all of it."
            "The operator lets these calls come by the gateway, or by Envoy with with_request_body, or does not write body \
             into the route's authorization_details."
        }
    }
}

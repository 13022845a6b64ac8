//! Codes of devices and background requests, which a client polls.

topic! {
    ANSWERED("user has answered", "has the user answered, and yes?", "RFC 8628 §3.5") {
        PENDING("polled.pending", AuthorizationPending) {
            "The user has not answered yet. This is part of the protocol, not a mistake."
            "Poll again after the interval."
        }
        SLOW_DOWN("polled.slow_down", SlowDown) {
            "The user has not answered yet, and the client polled before the interval was over."
            "Wait five seconds longer between polls from now on, as the description says."
        }
        DENIED("polled.denied", AccessDenied) {
            "The user said no."
            "Respect it; a new request asks again."
        }
    }
    ALIVE("request alive", "does the request still live, unused?", "RFC 8628 §3.5") {
        EXPIRED("polled.expired", ExpiredToken) {
            "The user did not answer in time, or the tokens were not fetched in time."
            "Make a new request."
        }
        USED("polled.used", InvalidGrant) {
            "The tokens of the request were fetched before."
            "Fetch them once; make a new request for more."
        }
        OTHER_CLIENT("polled.other_client", InvalidGrant) {
            "The code was issued to another client."
            "Poll with the client that made the request."
        }
        UNKNOWN("polled.unknown", InvalidGrant) {
            "No request has this code."
            "Send device_code or auth_req_id of the answer to the letter, with the same client."
        }
    }
    DELIVERY("tokens fetched", "does the client fetch its tokens, and are none pushed to it?", "CIBA §10") {
        PUSHED_TO("polled.pushed_to", UnauthorizedClient) {
            "The client is registered for the delivery mode push: its tokens are brought to it."
            "Take them at backchannel_client_notification_endpoint, or register poll or ping."
        }
    }
    ROOM("room for one more", "is there room for one more request that waits?", "RFC 8628 §5.1") {
        TOO_MANY_WAITING("polled.too_many_waiting", TemporarilyUnavailable) {
            "Too many requests of this client, or for this user, wait for an answer already."
            "Do not make a new request for each poll; try again in some minutes."
        }
    }
    PLAIN("no grant managed", "does the request leave managed grants alone?", "Grant Management §5.1") {
        GRANT_MANAGED("polled.grant_managed", InvalidRequest) {
            "Grants are managed from the authorization endpoint alone, and the request has grant_management_action \
             or grant_id."
            "Leave both out."
        }
    }
}

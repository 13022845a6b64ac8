//! Where answers of the authorization endpoint may go.

topic! {
    REGISTERED(
        "redirect URI registered",
        "is redirect_uri, character by character, one that the client registered?",
        "RFC 9700 §2.1"
    ) {
        MISSING("redirect_uri.missing", InvalidRequest) {
            "The request has no redirect_uri, and needs one: it asks for openid, the client's profile wants it, or \
             several are registered."
            "Send redirect_uri."
        }
        NOT_REGISTERED("redirect_uri.not_registered", InvalidRequest) {
            "redirect_uri is none of the registered ones. A slash at the end, http instead of https, another port \
             or a query make another one; only native apps may use any port of 127.0.0.1 and [::1]."
            "Send one of the registered ones to the letter, or register this one."
        }
        TWICE("redirect_uri.twice", InvalidRequest) {
            "redirect_uri is there twice, so nobody could say where the answer goes."
            "Send it once."
        }
        UNFIT("redirect_uri.unfit", InvalidRequest) {
            "No answer can be sent to such an address: it is no absolute URI, has a fragment, a user name or a \
             wildcard, or is of a scheme that is not taken."
            "Use an https URL of the app; native apps also http on 127.0.0.1, or a scheme from a domain name in \
             reverse order."
        }
    }
}

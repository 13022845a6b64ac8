//! Sign-out that an app asks for.

topic! {
    HINT(
        "log-out request believed",
        "does the ID token show which app asks, and is it registered?",
        "OpenID Connect RP-Initiated Logout §2"
    ) {
        BAD_HINT("logout.bad_hint", InvalidRequest) {
            "id_token_hint is not an ID token that this issuer has signed."
            "Send the ID token as it was issued; it may have expired."
        }
        OTHER_CLIENT("logout.other_client", InvalidRequest) {
            "client_id is not the client that the ID token was issued to."
            "Leave client_id out, or send the same."
        }
        CLIENT_UNKNOWN("logout.client_unknown", UnauthorizedClient) {
            "The app that the ID token was issued to is not registered any more, or was disabled."
            "Leave post_logout_redirect_uri and the hint out: the user can still sign out."
        }
    }
    REDIRECT(
        "way back registered",
        "is post_logout_redirect_uri, character by character, one that the client registered?",
        "OpenID Connect RP-Initiated Logout §3"
    ) {
        REDIRECT_URI("logout.redirect_uri", InvalidRequest) {
            "post_logout_redirect_uri is none of the registered post_logout_redirect_uris, which are others than \
             redirect_uris."
            "Send one of them to the letter, or register this one."
        }
    }
}

//! Authorization codes at the token endpoint.

topic! {
    KNOWN("code known", "has this issuer given out such a code?", "RFC 6749 §4.1.3") {
        UNKNOWN("authorization_code.unknown", InvalidGrant) {
            "The code is misspelt, was not decoded from the redirect's URL, is of another issuer, or expired so \
             long ago that it is forgotten."
            "Take the parameter code from the redirect, decode it once, and redeem it at once at the same issuer."
        }
    }
    OF_CLIENT("code of this client", "was the code issued to this client?", "RFC 6749 §4.1.3") {
        OTHER_CLIENT("authorization_code.other_client", InvalidGrant) {
            "The code was issued to another client. If no second client of yours is involved, somebody may be \
             injecting a code into your app."
            "Redeem codes with the client_id of the authorization request, and compare state and iss of the \
             redirect before."
        }
    }
    UNUSED("code unused", "was the code never used before?", "RFC 6749 §4.1.2") {
        USED("authorization_code.used", InvalidGrant) {
            "The code was redeemed before, so the tokens that came from it have been revoked. Often the callback's \
             page was loaded twice, or two workers handle the same redirect."
            "Redeem each code once; let the callback redirect to another page when it is done."
        }
    }
    ALIVE("code not expired", "does the code still live?", "RFC 6749 §4.1.2") {
        EXPIRED("authorization_code.expired", InvalidGrant) {
            "The code was redeemed too late."
            "Redeem the code as soon as it comes. If it does come late, look at clocks and at what the app waits \
             for in between."
        }
    }
    REDIRECT_URI("redirect_uri the same", "is it the redirect_uri of the authorization request?", "RFC 6749 §4.1.3") {
        REDIRECT_URI_OTHER("authorization_code.redirect_uri", InvalidGrant) {
            "The redirect_uri of the token request is missing, or differs from that of the authorization request."
            "Send exactly the same text at both endpoints; keep it with the state."
        }
    }
}

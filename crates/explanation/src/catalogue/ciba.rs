//! Requests in the background (CIBA), before their user is asked.

topic! {
    REQUEST("request well formed", "does the request say whom to ask, for what, and how to tell?", "CIBA §7.1") {
        HINT_MISSING("ciba.hint_missing", InvalidRequest) {
            "The request does not say who is to be asked."
            "Send one of login_hint, login_hint_token and id_token_hint."
        }
        SEVERAL_HINTS("ciba.several_hints", InvalidRequest) {
            "The request says in several ways who is to be asked."
            "Send one of login_hint, login_hint_token and id_token_hint."
        }
        NOTIFICATION_TOKEN("ciba.notification_token", InvalidRequest) {
            "client_notification_token is missing, and this client is called when there is an answer; or it is no \
             Bearer token or too long."
            "Send a new random token with each request."
        }
        USER_CODE_TOO_LONG("ciba.user_code_too_long", InvalidUserCode) {
            "user_code is longer than any code can be."
            "Send what the user typed."
        }
        REQUESTED_EXPIRY("ciba.requested_expiry", InvalidRequest) {
            "requested_expiry is no positive number."
            "Send a number of seconds."
        }
        REQUEST_CONTEXT("ciba.request_context", InvalidRequest) {
            "request_context is no JSON object, or too long."
            "Send a small JSON object."
        }
        BINDING_MESSAGE("ciba.binding_message", InvalidBindingMessage) {
            "binding_message cannot be shown whole on the user's device: it is too long, or has characters that are \
             not plain."
            "Use letters, digits, single spaces and common punctuation, 100 characters at most."
        }
        CONTEXT_MISSING("ciba.context_missing", InvalidRequest) {
            "The client's profile wants the user to be able to tell this request from others, and there is nothing \
             to tell it by."
            "Send binding_message or authorization_details."
        }
    }
    SIGNED(
        "request signed",
        "is the request signed, where the client signs its requests, and sound?",
        "CIBA §7.1.1"
    ) {
        UNSIGNED("ciba.unsigned", InvalidRequest) {
            "This client signs its requests, and this one came as plain parameters."
            "Sign them as a JWT and send it as request."
        }
        BESIDE("ciba.beside", InvalidRequest) {
            "A parameter stands beside the signed request, where it does not count."
            "Put every parameter into the JWT."
        }
        TYPE("ciba.type", InvalidRequest) {
            "The header's typ says that the JWT was made for something else."
            "Leave typ out, or use the registered one or JWT."
        }
        PARTIES("ciba.parties", InvalidRequest) {
            "iss of the signed request is not the client, aud is not this issuer, or sub is the client itself."
            "Set iss to the client_id and aud to the issuer, and leave sub out."
        }
        TIMES("ciba.times", InvalidRequest) {
            "The signed request has expired, is not good yet, or is good for longer than is allowed."
            "Let nbf and iat be now, exp some minutes later, and sign anew for each request."
        }
        CLAIM("ciba.claim", InvalidRequest) {
            "A claim that every signed request needs is missing, or one has the wrong type."
            "Put iss, aud, exp, nbf, iat and jti into it."
        }
        USED("ciba.used", InvalidRequest) {
            "The same signed request came a second time."
            "Sign a new one, with a jti of its own, for each request."
        }
    }
    USER("user found", "does the hint name a user who can be asked?", "CIBA §7.2") {
        LOGIN_HINT_TOKEN("ciba.login_hint_token", InvalidRequest) {
            "login_hint_token is no JWT that this client or a trusted issuer signed for this server, or names nobody."
            "Sign it with the client's keys, aud the issuer, and name the user by sub or sub_id."
        }
        UNKNOWN_USER("ciba.unknown_user", UnknownUserId) {
            "The hint names no user who can be asked here."
            "Use the name that the user signs in with, a verified mail address, or an ID token of this client."
        }
    }
    USER_CODE("user code right", "is it the code without which the user is not asked?", "CIBA §7.1.2") {
        USER_CODE_MISSING("ciba.user_code_missing", MissingUserCode) {
            "The user has a code without which they are not asked, and the request has none."
            "Ask the user for the code and send it as user_code."
        }
        USER_CODE_WRONG("ciba.user_code_wrong", InvalidUserCode) {
            "It is not the user's code."
            "Ask the user for it again."
        }
        TOO_MANY_GUESSES("ciba.too_many_guesses", InvalidUserCode) {
            "Too many wrong codes were sent for this user."
            "Wait as long as the description says."
        }
        BUSY("ciba.busy", TemporarilyUnavailable) {
            "Too many codes are being checked right now."
            "Try again in a moment."
        }
    }
}

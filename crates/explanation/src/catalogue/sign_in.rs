//! Sign-in, sign-up, and the pages of a flow.

topic! {
    FLOW("flow known", "does this browser know the sign-in that is in progress?", "RFC 9700 §4.7") {
        FLOW_LOST("sign_in.flow_lost", InvalidRequest) {
            "The page belongs to a sign-in that this browser does not know, or that is over: its cookie was lost, \
             the page is very old, or the link came from another browser."
            "Start again from the app. Developers: send the browser itself to /authorize, and keep no links to \
             pages after it."
        }
        TOO_MANY_FLOWS("sign_in.too_many_flows", TemporarilyUnavailable) {
            "Too many large requests are in progress."
            "Try again in some minutes; apps push large requests to /par."
        }
    }
    OWN_FORM("own form", "did the form come from a page of this session?", "RFC 9700 §4.7") {
        FORM_MISMATCH("sign_in.form_mismatch", InvalidRequest) {
            "The form was sent from another site or another session: the user signed out in between, or somebody \
             tries to act for them."
            "Load the page again and send its form."
        }
        NOT_ME_LINK("sign_in.not_me_link", InvalidRequest) {
            "The link of a mail about a new browser was cut, changed, made by another realm, or is older than a week."
            "Open the whole link of the newest mail; else sign in and end the session at the account page."
        }
    }
    CREDENTIALS(
        "user name and password right",
        "do user name and password belong together?",
        "OpenID Connect Core §3.1.2.3"
    ) {
        CREDENTIALS_MISSING("sign_in.credentials_missing", AccessDenied) {
            "User name or password was left empty."
            "Type both."
        }
        WRONG_CREDENTIALS("sign_in.wrong_credentials", AccessDenied) {
            "User name or password is wrong, or the user is disabled; nobody is told which."
            "Try again. The operator sets a new password with: sekisho user set-password."
        }
        TOO_MANY_GUESSES("sign_in.too_many_guesses", AccessDenied) {
            "Too many wrong passwords or codes were typed for this user or from this network."
            "Wait as long as the page says."
        }
        WRONG_FACTOR("sign_in.wrong_factor", AccessDenied) {
            "The code, key or certificate is not one that the account has, or it was used before: each is taken once."
            "Wait for the next code and type it; check that the clock of the phone is right. Who has lost the device \
             uses a recovery code, or asks the operator."
        }
        NOT_ENROLLED("sign_in.not_enrolled", AccessDenied) {
            "A further way to prove who one is cannot be enrolled: the code is not one of the secret on the page, the \
             form was sent before, or the account has enough of them."
            "Type the code that the app shows now; or remove one at /account first."
        }
        NOTHING_TO_CONFIRM("sign_in.nothing_to_confirm", InvalidRequest) {
            "Nothing waits for the confirmation in the link: it was used before, what it is about was removed, or the \
             link was cut by a mail program."
            "Look at /account: it says what counts and what waits."
        }
        RESET_LINK("sign_in.reset_link", InvalidRequest) {
            "The link to a new password was used, is older than half an hour, or was cut by a mail program; or the \
             address or the password was changed since it was sent. Or the account has a second factor that is no code, \
             by which its user signs in instead."
            "Ask for another mail on the sign-in page, and open its whole link. The operator sets a new password with: \
             sekisho user set-password."
        }
        INVITATION("sign_in.invitation", InvalidRequest) {
            "The invitation was used, is over, was cut by a mail program, or the password that it was for is set; or its user \
             is disabled."
            "Sign in with the password that was set. The operator writes another one with: sekisho user invite NAME."
        }
        BUSY("sign_in.busy", TemporarilyUnavailable) {
            "Too many passwords are being checked right now."
            "Try again in a moment."
        }
    }
    ACCOUNT("account possible", "can an account be made of what was typed?", "Initiating User Registration §4") {
        SIGN_UP("sign_in.sign_up", AccessDenied) {
            "A field of the sign-up form cannot be as it is: the page says which."
            "Mend the field."
        }
        TOO_MANY_SIGN_UPS("sign_in.too_many_sign_ups", AccessDenied) {
            "Too many accounts were asked for from this network."
            "Wait as long as the page says."
        }
    }
    USER_CODE("user code known", "does a device wait for this code?", "RFC 8628 §3.3") {
        USER_CODE_UNKNOWN("sign_in.user_code_unknown", AccessDenied) {
            "No device waits for the code that was typed: it is misspelt or has expired."
            "Type it as the device shows it, or let the device make a new one."
        }
    }
}

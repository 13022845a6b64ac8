//! What is shown: a schema for each variant of `FlowStep`.

use super::{Kind, flag, kind, list, method, named, number, object, one_of, open, text, user};

/// The steps.
pub fn steps() -> Vec<Kind> {
    let mut steps = steps_of_sign_in();
    steps.extend(steps_by_mail());
    steps.extend(steps_of_enrolment());
    steps.push(kind(
        "browser",
        "Browser",
        "Only a browser can go on: open the address in the system's.",
        &[("url", text("Where."))],
        &[],
    ));
    steps.push(kind(
        "done",
        "Done",
        "The authorization request is answered, or refused. The flow is over.",
        &[(
            "parameters",
            open("What the redirect URI would be sent: code, state, iss; or error."),
        )],
        &[
            ("redirect_to", text("The redirect URI with the parameters.")),
            (
                "post_to",
                text("The redirect URI, where they are to be posted (form_post)."),
            ),
        ],
    ));
    steps
}

fn steps_of_sign_in() -> Vec<Kind> {
    vec![
        kind(
            "sign_in",
            "SignIn",
            "The user says who they are. Answers: password, passkey; sign_up, send_email_code, send_reset_link where that is offered.",
            &[
                ("remember", flag("Whether the user may stay signed in.")),
                ("sign_up", flag("Whether somebody without an account can make one.")),
                ("email_code", flag("Whether a code by mail signs in.")),
                (
                    "password_reset",
                    flag("Whether who has forgotten the password is sent a link to a new one."),
                ),
            ],
            &[("username", text("Who it may be.")), ("passkey", named("Passkey"))],
        ),
        kind(
            "sign_up",
            "SignUp",
            "Somebody makes an account. Answers: sign_up; password or passkey of who has one.",
            &[("least", number("How many characters a password has at least."))],
            &[("username", text("What the app knows."))],
        ),
        kind(
            "select_account",
            "SelectAccount",
            "The user says whether to go on as who is signed in. Answer: select_account.",
            &[user(), ("username", text("The user name."))],
            &[],
        ),
        kind(
            "factor",
            "Factor",
            "The user proves more. Answers: code, factor_passkey, password; send_factor_code for an email_code; back.",
            &[
                user(),
                ("choices", list("One of these, the best first.", method())),
                ("target", text("The level (acr) that is to be reached.")),
                ("is_voluntary", flag("Whether the request can be answered without.")),
            ],
            &[("passkey", named("Passkey"))],
        ),
        kind(
            "enrol_first",
            "EnrolFirst",
            "The account has nothing that would do: something must be set up first. Answer: back.",
            &[
                user(),
                (
                    "methods",
                    list(
                        "What would do; empty: whatever reaches the level. An email_code needs a confirmed address.",
                        method(),
                    ),
                ),
                (
                    "is_waiting",
                    flag("Whether something was set up that does not count yet."),
                ),
            ],
            &[],
        ),
        kind(
            "not_let_in",
            "NotLetIn",
            "The rules of the organisation do not let the user in, here and now. Answer: back.",
            &[user()],
            &[("message", text("What to do, in the words of the rule."))],
        ),
        consent(),
    ]
}

/// What mail is sent for before anybody has signed in, and where links lead.
fn steps_by_mail() -> Vec<Kind> {
    let username = || ("username", text("The user name."));
    vec![
        kind(
            "email_code",
            "EmailCode",
            "A code is on its way, if there is an account with a confirmed address. Answers: email_code; send_email_code \
             for another one; those of sign_in.",
            &[
                ("sent", text("To be sent back with the code.")),
                ("minutes", number("For how many minutes the code is good.")),
            ],
            &[],
        ),
        kind(
            "link_sent",
            "LinkSent",
            "A link to a new password is on its way, if there is an account with a confirmed address. It leads to a page; an \
             app that is opened with it begins another flow by it. Answers: those of sign_in.",
            &[("minutes", number("For how many minutes the link is good."))],
            &[],
        ),
        kind(
            "set_password",
            "SetPassword",
            "The link lets its user set a password. Answer: set_password.",
            &[
                username(),
                ("least", number("How many characters a password has at least.")),
                (
                    "wants_code",
                    flag("Whether a code of the account's second factor must come with it."),
                ),
            ],
            &[],
        ),
        kind(
            "invitation",
            "Invitation",
            "The user is invited to set up a further factor. Answer: accept_invitation.",
            &[user()],
            &[],
        ),
        kind(
            "password_set",
            "PasswordSet",
            "The new password is set, and its user is signed out everywhere. The flow is over; the one in which the link was \
             asked for goes on.",
            &[],
            &[],
        ),
        kind(
            "accepted",
            "Accepted",
            "The invitation is taken up, and the user signed in: what is set up now counts at once. The flow is over.",
            &[],
            &[],
        ),
    ]
}

fn consent() -> Kind {
    kind(
        "consent",
        "Consent",
        "The user decides what the app may do. Answer: consent.",
        &[
            user(),
            ("scopes", list("What the app asks for.", named("Scope"))),
            ("details", list("What it asks for in detail.", named("Detail"))),
            (
                "claims",
                list("The claims that it asks for one by one.", named("Claim")),
            ),
            (
                "apis",
                list(
                    "The APIs that it is about.",
                    object(
                        "An API.",
                        &[
                            ("name", text("Its name.")),
                            ("identifier", text("Its resource identifier.")),
                        ],
                        &[],
                    ),
                ),
            ),
        ],
        &[(
            "long_lived",
            number("For how many days it lasts while the user is away."),
        )],
    )
}

fn steps_of_enrolment() -> Vec<Kind> {
    let enrolment = || ("enrolment", text("To be sent back with the answer."));
    vec![
        kind(
            "enrol_totp",
            "EnrolTotp",
            "An authenticator app gets its secret. Answer: enrol_totp.",
            &[
                user(),
                ("secret", text("The secret in base32.")),
                (
                    "uri",
                    text("The same as an otpauth: address, which may be shown as a QR code."),
                ),
                enrolment(),
            ],
            &[],
        ),
        kind(
            "enrol_passkey",
            "EnrolPasskey",
            "A passkey is made. Answer: enrol_passkey.",
            &[user(), ("passkey", named("Passkey"))],
            &[],
        ),
        kind(
            "enrol_recovery_codes",
            "EnrolRecoveryCodes",
            "Recovery codes, shown this once. Answer: keep_recovery_codes.",
            &[user(), ("codes", list("The codes.", text("A code."))), enrolment()],
            &[],
        ),
        kind(
            "authenticators",
            "Authenticators",
            "What the account has. Answers: rename, remove.",
            &[
                user(),
                ("authenticators", list("All, the oldest first.", named("Authenticator"))),
            ],
            &[],
        ),
        kind(
            "enrolled",
            "Enrolled",
            "Something was set up. The flow is over.",
            &[(
                "counts",
                one_of(
                    "When it counts: now, when its user has confirmed it by the link in a mail, or when the operator says so.",
                    &["at_once", "when_confirmed", "when_approved"],
                ),
            )],
            &[("counts_from", number("Not before this, unix seconds."))],
        ),
    ]
}

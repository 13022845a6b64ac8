//! What is taken: a schema for each variant of `Answer`.

use serde_json::Value;

use super::{Kind, closed, flag, kind, list, method, number, object, open, text};

/// The answers. None has other members than those that are described.
pub fn answers() -> Vec<Kind> {
    let all = of_sign_in().into_iter().chain(by_mail());
    let all = all.chain([consent_answer()]).chain(of_enrolment());
    let closed = |kind: Kind| Kind {
        schema: closed(kind.schema),
        ..kind
    };
    all.map(closed).collect()
}

fn challenge() -> (&'static str, Value) {
    ("challenge", text("The challenge of the step."))
}

fn credential() -> (&'static str, Value) {
    ("credential", open("What navigator.credentials answered, as JSON."))
}

fn name(about: &str) -> (&'static str, Value) {
    ("name", text(about))
}

fn of_sign_in() -> Vec<Kind> {
    let remember = || ("remember", flag("Whether the user wants to stay signed in."));
    let typed = [
        ("username", text("The user name.")),
        ("password", text("The password.")),
    ];
    vec![
        kind("password", "PasswordAnswer", "Signs in.", &typed, &[remember()]),
        kind(
            "passkey",
            "PasskeyAnswer",
            "Signs in by a passkey alone.",
            &[challenge(), credential()],
            &[remember()],
        ),
        kind(
            "sign_up",
            "SignUpAnswer",
            "Makes an account.",
            &typed,
            &[("email", text("The e-mail address.")), name("What to be called.")],
        ),
        kind(
            "select_account",
            "SelectAccountAnswer",
            "Goes on as who is signed in, or not.",
            &[("another", flag("Whether as somebody else."))],
            &[],
        ),
        kind(
            "code",
            "CodeAnswer",
            "Proves more by a code.",
            &[("method", method()), ("code", text("The code."))],
            &[],
        ),
        kind(
            "send_factor_code",
            "SendFactorCodeAnswer",
            "Has the code mailed that a rule of the organisation wants.",
            &[],
            &[],
        ),
        kind(
            "factor_passkey",
            "FactorPasskeyAnswer",
            "Proves more by a passkey.",
            &[challenge(), credential()],
            &[],
        ),
        kind(
            "back",
            "BackAnswer",
            "Goes back to the app without proving more.",
            &[],
            &[],
        ),
    ]
}

fn by_mail() -> Vec<Kind> {
    let to = || ("username", text("The user name, or the e-mail address."));
    vec![
        kind(
            "send_email_code",
            "SendEmailCodeAnswer",
            "Has a code sent that signs in.",
            &[to()],
            &[],
        ),
        kind(
            "email_code",
            "EmailCodeAnswer",
            "Signs in by that code.",
            &[
                ("sent", text("As it came with the step.")),
                ("code", text("The code from the mail.")),
            ],
            &[],
        ),
        kind(
            "send_reset_link",
            "SendResetLinkAnswer",
            "Has a link sent to a new password.",
            &[to()],
            &[],
        ),
        kind(
            "set_password",
            "SetPasswordAnswer",
            "Sets a password by a link.",
            &[("password", text("The new password."))],
            &[("code", text("A code of the second factor, where the step wants one."))],
        ),
        kind(
            "accept_invitation",
            "AcceptInvitationAnswer",
            "Takes up an invitation.",
            &[],
            &[],
        ),
    ]
}

fn of_enrolment() -> Vec<Kind> {
    let enrolment = || ("enrolment", text("As it came with the step."));
    let id = || ("id", text("The id of the authenticator."));
    vec![
        kind(
            "enrol_totp",
            "EnrolTotpAnswer",
            "Shows that the app has the secret.",
            &[enrolment(), ("code", text("The code that it shows now."))],
            &[],
        ),
        kind(
            "enrol_passkey",
            "EnrolPasskeyAnswer",
            "Sets the passkey up.",
            &[challenge(), credential()],
            &[name("What to call it.")],
        ),
        kind(
            "keep_recovery_codes",
            "KeepRecoveryCodesAnswer",
            "The user has written the codes down.",
            &[enrolment()],
            &[],
        ),
        kind(
            "rename",
            "RenameAnswer",
            "Calls one something else.",
            &[id(), name("What.")],
            &[],
        ),
        kind("remove", "RemoveAnswer", "Gives one up.", &[id()], &[]),
    ]
}

fn consent_answer() -> Kind {
    let words = |about| list(about, text("Its name."));
    let item = object(
        "An item of a detail.",
        &[
            ("detail", number("The index of the detail.")),
            ("item", number("The index of the item.")),
        ],
        &[],
    );
    kind(
        "consent",
        "ConsentAnswer",
        "Says what the app may do.",
        &[("approve", flag("Whether it may."))],
        &[
            ("scope", words("The scopes that stay; openid stays by itself.")),
            ("claims", words("The claims that stay.")),
            ("details", list("The details that stay.", number("The index of one."))),
            ("items", list("The items of details that stay.", item)),
        ],
    )
}

//! Passkeys.

topic! {
    PASSKEYS("passkeys possible", "can browsers make passkeys for this issuer?", "WebAuthn Level 3 §5.4.2") {
        NO_RELYING_PARTY("passkey.no_relying_party", AccessDenied) {
            "Browsers make passkeys for a host name, over https or on localhost; the issuer is an address, or plain http."
            "The operator gives the issuer a host name and TLS."
        }
    }
    CHALLENGE(
        "challenge answered once",
        "is this the first answer to a challenge that this page showed?",
        "WebAuthn Level 3 §13.4.3"
    ) {
        OVER("passkey.over", AccessDenied) {
            "The challenge belongs to another page or another browser, or is older than half an hour."
            "Load the page again and use the passkey there."
        }
        USED("passkey.used", AccessDenied) {
            "The challenge was answered before: the form was sent twice, or somebody replays it."
            "Load the page again and use the passkey there."
        }
    }
    ANSWER(
        "passkey verified",
        "does a passkey that is enrolled answer the challenge, for this origin?",
        "WebAuthn Level 3 §7.2"
    ) {
        UNREADABLE("passkey.unreadable", AccessDenied) {
            "What the form brought as the passkey's answer is none."
            "Send what PublicKeyCredential.toJSON() gives, unchanged."
        }
        WRONG("passkey.wrong", AccessDenied) {
            "The passkey is not enrolled for this user, was removed, or its answer is for another origin, another \
             relying party or another challenge; nobody is told which."
            "Try another passkey or another way to sign in. A proxy that changes the host makes every answer wrong: the \
             browser must see the issuer's own origin."
        }
        NOT_VERIFIED("passkey.not_verified", AccessDenied) {
            "The authenticator was touched and did not verify its user, by PIN, fingerprint or face, as it must where it \
             stands alone or as it did when it was enrolled."
            "Set a PIN on the security key and enrol it again, or use it after the password."
        }
        CLONED("passkey.cloned", AccessDenied) {
            "The authenticator says that it signed less often than it had before: somebody may have a copy of it. It was \
             refused, and its owner was told."
            "The owner removes the passkey at /account and enrols another one. The operator sees it in the audit as \
             authenticator.cloned."
        }
    }
    NEW_PASSKEY("passkey new", "is the passkey a new one?", "WebAuthn Level 3 §7.1") {
        ENROLLED("passkey.enrolled", AccessDenied) {
            "The passkey is enrolled already, for this user or another."
            "Use another device or another security key."
        }
    }
}

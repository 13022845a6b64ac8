//! One of every letter with made-up data: what templates are tried out with.

use authn::notice::{Content, Letter};

use crate::locale::Locale;

const NOW: i64 = 1_795_440_605;

/// Every letter in a language.
pub(super) fn all(locale: Locale) -> Vec<Letter> {
    let factor = || "totp".to_owned();
    let contents = [
        Content::NewSignIn {
            when: NOW,
            address: Some("2001:db8::7".into()),
            browser: Some("Firefox".into()),
            system: Some("Windows".into()),
            link: "https://id.example.com/bank/not-me?t=c2VhbGVk".into(),
        },
        Content::NewSignIn {
            when: NOW,
            address: None,
            browser: None,
            system: None,
            link: "https://id.example.com/bank/not-me?t=c2VhbGVk".into(),
        },
        Content::WaitingRequest,
        Content::Code {
            code: "49302817".into(),
            minutes: 10,
        },
        Content::VerifyAddress {
            code: "49302817".into(),
            minutes: 10,
        },
        Content::FactorAdded {
            factor: factor(),
            when: NOW,
        },
        Content::FactorRemoved {
            factor: factor(),
            when: NOW,
        },
        Content::ConfirmFactor {
            factor: factor(),
            when: NOW,
            counts_from: NOW + 24 * 3600,
            link: "https://id.example.com/bank/confirm?t=c2VjcmV0".into(),
        },
        Content::PasskeyCopied {
            name: "Blue key".into(),
            when: NOW,
        },
        Content::PasswordChanged { when: NOW },
        Content::ResetPassword {
            link: "https://id.example.com/bank/sign-in/reset?t=c2VjcmV0&flow=Zmxvdw".into(),
            minutes: 30,
        },
        Content::Invitation {
            link: "https://id.example.com/bank/sign-in/invitation?t=c2VjcmV0".into(),
            until: NOW + 7 * 24 * 3600,
        },
    ];
    contents.map(|content| letter(locale, content)).into()
}

pub(super) fn letter(locale: Locale, content: Content) -> Letter {
    Letter {
        to: "alice@example.com".into(),
        locale: locale.tag().into(),
        organisation: "Sekisho Bank".into(),
        username: "alice".into(),
        account: "https://id.example.com/bank/account".into(),
        content,
    }
}

//! What a user proves who they are with, on the way to an app; how it is enrolled, named, confirmed and given up.

use serde_json::json;

use super::{DAY, NOW, client, realm};
use crate::{
    locale::Locale,
    pages::{
        AuthenticatorPage, ConfirmEnrolment, EnrolCertificate, EnrolFirst, EnrolPasskey, EnrolTotp, Factor,
        FactorCertificate, FactorEmailCode, FactorPasskey, FactorState, FactorView, Href, Label, Lack, Link,
        PasskeyForm, RecoveryCodes, Sheet, Text,
    },
};

pub(super) fn all(locale: Locale) -> Vec<Sheet> {
    let mut sheets = of_flows(locale);
    sheets.extend(of_the_account(locale));
    sheets
}

/// Those on the way to an app.
fn of_flows(locale: Locale) -> Vec<Sheet> {
    vec![
        Sheet::of(&factor(locale)),
        Sheet::of(&Factor {
            client: None,
            method: "recovery_code",
            lead: "factor.lead.recovery_code",
            hint: "factor.hint.recovery_code",
            is_number: false,
            others: Vec::new(),
            account: Some(Href::local("/bank/account")),
            error: Some(Text::key("factor.error.too_many").with("count", "15")),
            ..factor(locale)
        }),
        Sheet::of(&factor_passkey(locale)),
        Sheet::of(&FactorPasskey {
            client: None,
            others: Vec::new(),
            error: Some(Text::key("passkey.error.wrong")),
            ..factor_passkey(locale)
        }),
        Sheet::of(&enrol_passkey(locale)),
        Sheet::of(&EnrolPasskey {
            error: Some(Text::key("passkey.error.enrolled")),
            ..enrol_passkey(locale)
        }),
        Sheet::of(&enrol_certificate(locale)),
        Sheet::of(&EnrolCertificate {
            voucher: String::new(),
            error: Some(Text::key("certificate.error.missing")),
            ..enrol_certificate(locale)
        }),
        Sheet::of(&EnrolCertificate {
            voucher: String::new(),
            show: None,
            ..enrol_certificate(locale)
        }),
        Sheet::of(&factor_certificate(locale)),
        Sheet::of(&FactorCertificate {
            client: None,
            show: None,
            error: Some(Text::key("certificate.error.missing")),
            ..factor_certificate(locale)
        }),
        Sheet::of(&factor_email_code(locale)),
        Sheet::of(&FactorEmailCode {
            client: None,
            is_sent: true,
            others: Vec::new(),
            error: Some(Text::key("by_mail.error.wrong")),
            ..factor_email_code(locale)
        }),
        Sheet::of(&enrol_first(locale)),
        Sheet::of(&EnrolFirst {
            client: None,
            is_waiting: true,
            lack: Lack::Both,
            can_go_back: false,
            ..enrol_first(locale)
        }),
        Sheet::of(&EnrolFirst {
            lack: Lack::Address,
            ..enrol_first(locale)
        }),
    ]
}

fn factor(locale: Locale) -> Factor {
    Factor {
        realm: realm(locale),
        client: Some(client()),
        user: Label::new("Alice Example"),
        action: "/bank/sign-in/factor".into(),
        flow: "Zmxvdw".into(),
        csrf: "Y3NyZg".into(),
        method: "totp",
        lead: "factor.lead.totp",
        hint: "factor.hint.code",
        is_number: true,
        others: vec![Link {
            href: Href::local("/bank/sign-in/factor?flow=Zmxvdw&method=recovery_code"),
            label: "factor.other.recovery_code".into(),
        }],
        account: None,
        error: None,
    }
}

pub(super) fn passkey_form(ceremony: &'static str, is_beside_password: bool) -> PasskeyForm {
    PasskeyForm {
        action: "/bank/sign-in/passkey".into(),
        flow: "Zmxvdw".into(),
        csrf: "Y3NyZg".into(),
        ceremony,
        options: json!({ "challenge": "AAAA", "rpId": "id.example.com" }).to_string(),
        challenge: "c2VhbGVk".into(),
        button: "passkey.use",
        is_beside_password,
    }
}

fn factor_passkey(locale: Locale) -> FactorPasskey {
    let Factor {
        realm,
        client,
        user,
        others,
        ..
    } = factor(locale);
    FactorPasskey {
        realm,
        client,
        user,
        passkey: passkey_form("get", false),
        others,
        error: None,
    }
}

fn enrol_passkey(locale: Locale) -> EnrolPasskey {
    EnrolPasskey {
        realm: realm(locale),
        user: Label::new("Alice Example"),
        passkey: passkey_form("create", false),
        account: Href::local("/bank/account"),
        error: None,
    }
}

fn enrol_certificate(locale: Locale) -> EnrolCertificate {
    EnrolCertificate {
        realm: realm(locale),
        subject: Label::new("CN=Alice Example,O=Example,C=JP"),
        voucher: "c2VhbGVk".into(),
        show: Some(Href::local(
            "https://mtls.example.com/sign-in/certificate/show?flow=x&step=enrol",
        )),
        action: "/bank/account/factors/certificate".into(),
        account: Href::local("/bank/account"),
        csrf: "Y3NyZg".into(),
        error: None,
    }
}

fn factor_certificate(locale: Locale) -> FactorCertificate {
    let FactorPasskey {
        realm,
        client,
        user,
        others,
        ..
    } = factor_passkey(locale);
    FactorCertificate {
        realm,
        client,
        user,
        show: Some(Href::local(
            "https://mtls.example.com/sign-in/certificate/show?flow=Zmxvdw&step=factor",
        )),
        others,
        error: None,
    }
}

fn factor_email_code(locale: Locale) -> FactorEmailCode {
    let Factor {
        realm,
        client,
        user,
        action,
        flow,
        csrf,
        others,
        ..
    } = factor(locale);
    FactorEmailCode {
        realm,
        client,
        user,
        action,
        flow,
        csrf,
        is_sent: false,
        minutes: 10,
        others,
        error: None,
    }
}

fn enrol_first(locale: Locale) -> EnrolFirst {
    EnrolFirst {
        realm: realm(locale),
        client: Some(client()),
        user: Label::new("Alice Example"),
        is_waiting: false,
        lack: Lack::Factor,
        account: Href::local("/bank/account"),
        action: "/bank/sign-in/factor".into(),
        flow: "Zmxvdw".into(),
        csrf: "Y3NyZg".into(),
        can_go_back: true,
    }
}

/// One in each state.
pub(super) fn factor_views() -> Vec<FactorView> {
    vec![
        FactorView {
            name: Label::new("Pixel 9"),
            last_used: Some(NOW - DAY),
            ..factor_view("01K9ZQ5", "totp", "account.factor.totp")
        },
        FactorView {
            state: FactorState::Delayed,
            counts_from: Some(NOW + DAY),
            ..factor_view("01K9ZQ6", "totp", "account.factor.totp")
        },
        FactorView {
            state: FactorState::Unconfirmed,
            counts_from: None,
            ..factor_view("01K9ZQ7", "hotp", "account.factor.hotp")
        },
        FactorView {
            state: FactorState::Unapproved,
            counts_from: None,
            ..factor_view("01K9ZQ8", "hotp", "account.factor.hotp")
        },
        FactorView {
            left: Some(9),
            ..factor_view("01K9ZQ9", "recovery_code", "account.factor.recovery_code")
        },
    ]
}

fn factor_view(id: &str, method: &'static str, title: &'static str) -> FactorView {
    FactorView {
        id: id.into(),
        method,
        title: title.into(),
        name: Label::default(),
        since: NOW - 40 * DAY,
        last_used: None,
        state: FactorState::Active,
        counts_from: Some(NOW - 39 * DAY),
        left: None,
    }
}

/// How factors are enrolled, named, confirmed and given up.
fn of_the_account(locale: Locale) -> Vec<Sheet> {
    let enrol = EnrolTotp {
        realm: realm(locale),
        user: Label::new("Alice Example"),
        secret: "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ".into(),
        picture: Some("data:image/svg+xml;base64,PHN2Zy8+".into()),
        app: Href::local("otpauth://totp/Bank:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
        action: "/bank/account/factors/totp".into(),
        account: Href::local("/bank/account"),
        csrf: "Y3NyZg".into(),
        enrolment: "c2VhbGVk".into(),
        error: None,
    };
    let authenticator = AuthenticatorPage {
        realm: realm(locale),
        factor: FactorView {
            name: Label::new("Pixel 9"),
            last_used: Some(NOW - DAY),
            ..factor_view("01K9ZQ5", "totp", "account.factor.totp")
        },
        is_last: true,
        can_be_named: true,
        rename: "/bank/account/factors/rename".into(),
        remove: "/bank/account/factors/remove".into(),
        account: Href::local("/bank/account"),
        csrf: "Y3NyZg".into(),
    };
    vec![
        Sheet::of(&EnrolTotp {
            picture: None,
            error: Some(Text::key("enrol.error.code")),
            ..enrol.clone()
        }),
        Sheet::of(&enrol),
        Sheet::of(&RecoveryCodes {
            realm: realm(locale),
            user: Label::new("Alice Example"),
            codes: vec!["ABCD-EFGH-IJKL-MNOP".into(), "QRST-UVWX-YZ23-4567".into()],
            action: "/bank/account/factors/recovery-codes".into(),
            account: Href::local("/bank/account"),
            csrf: "Y3NyZg".into(),
            enrolment: "c2VhbGVk".into(),
        }),
        Sheet::of(&AuthenticatorPage {
            factor: factor_view("01K9ZQ9", "recovery_code", "account.factor.recovery_code"),
            is_last: false,
            can_be_named: false,
            ..authenticator.clone()
        }),
        Sheet::of(&authenticator),
        Sheet::of(&ConfirmEnrolment {
            realm: realm(locale),
            user: Label::new("Alice Example"),
            title: "account.factor.totp".into(),
            since: NOW,
            counts_from: NOW + DAY,
            action: "/bank/account/factors/confirm".into(),
            csrf: "Y3NyZg".into(),
        }),
    ]
}

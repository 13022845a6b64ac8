//! Who the user is: signing in and up, and choosing an account.

use super::{client, factor::passkey_form, realm};
use crate::{
    locale::Locale,
    pages::{ClientView, FieldError, Href, Label, NotLetIn, RealmView, SelectAccount, Sheet, SignIn, SignUp, Text},
};

pub(super) fn all(locale: Locale) -> Vec<Sheet> {
    vec![
        Sheet::of(&sign_in(locale)),
        Sheet::of(&SignIn {
            client: None,
            error: Some(Text::key("sign_in.error.too_many").with("count", "15")),
            notice: Some(Text::key("sign_in.notice.restarted")),
            username: "alice".into(),
            remember: false,
            passkey: None,
            certificate: None,
            sign_up: None,
            email_code: None,
            forgotten: None,
            ..sign_in(locale)
        }),
        Sheet::of(&not_let_in(locale)),
        Sheet::of(&sign_up(locale)),
        Sheet::of(&SignUp {
            client: None,
            username: "alice".into(),
            error: Some(FieldError {
                field: "password",
                text: Text::key("sign_up.error.short").with("count", "8"),
            }),
            ..sign_up(locale)
        }),
        Sheet::of(&select_account(locale)),
        Sheet::of(&SelectAccount {
            realm: RealmView {
                popup: true,
                ..realm(locale)
            },
            client: ClientView::new("", "cli"),
            error: Some(Text::key("select_account.error.form")),
            ..select_account(locale)
        }),
    ]
}

pub fn sign_in(locale: Locale) -> SignIn {
    SignIn {
        realm: realm(locale),
        client: Some(client()),
        action: "/bank/sign-in".into(),
        flow: "Zmxvdw".into(),
        csrf: "Y3NyZg".into(),
        username: String::new(),
        remember: true,
        error: None,
        notice: None,
        passkey: Some(passkey_form("get", true)),
        certificate: Some(Href::local(
            "https://mtls.example.com/sign-in/certificate/show?flow=Zmxvdw",
        )),
        sign_up: Some(Href::local("/bank/sign-up?flow=Zmxvdw")),
        email_code: Some(Href::local("/bank/sign-in/email?flow=Zmxvdw")),
        forgotten: Some(Href::local("/bank/sign-in/forgotten?flow=Zmxvdw")),
    }
}

fn not_let_in(locale: Locale) -> NotLetIn {
    NotLetIn {
        realm: realm(locale),
        client: Some(client()),
        user: Label::new("Alice Example"),
        is_failure: false,
        message: Some(Label::paragraph(
            "From outside the office only on a device of the bank. Call 1234.",
        )),
        action: "/bank/sign-in/factor".into(),
        flow: "Zmxvdw".into(),
        csrf: "Y3NyZg".into(),
        can_go_back: true,
        sign_out: Href::local("/bank/logout"),
        code: "access_denied".into(),
        explain_id: "abc123def456".into(),
    }
}

pub fn sign_up(locale: Locale) -> SignUp {
    SignUp {
        realm: realm(locale),
        client: Some(client()),
        action: "/bank/sign-up".into(),
        flow: "Zmxvdw".into(),
        csrf: "Y3NyZg".into(),
        username: String::new(),
        email: String::new(),
        name: String::new(),
        least: 8,
        error: None,
        sign_in: Href::local("/bank/sign-in?flow=Zmxvdw"),
    }
}

fn select_account(locale: Locale) -> SelectAccount {
    SelectAccount {
        realm: realm(locale),
        client: client(),
        user: Label::new("Alice Example"),
        username: Label::new("alice"),
        action: "/bank/select-account".into(),
        flow: "Zmxvdw".into(),
        csrf: "Y3NyZg".into(),
        error: None,
    }
}

//! One of every page with made-up data, in all its forms: what templates are tried out with.

mod account;
mod by_mail;
mod consent;
mod factor;
mod sign_in;

#[cfg(test)]
pub(super) use self::{
    account::account,
    consent::{consent, device_consent, form_post},
    sign_in::{sign_in, sign_up},
};
use super::{ClientView, ErrorKind, ErrorPage, Href, Link, Message, RealmView, Sheet, Text};
use crate::locale::Locale;

const NOW: i64 = 1_795_440_605;
const DAY: i64 = 24 * 3600;

/// Every page: with all that it can show, and with the least.
pub(super) fn all(locale: Locale) -> Vec<Sheet> {
    let mut sheets = sign_in::all(locale);
    sheets.extend(by_mail::all(locale));
    sheets.extend(factor::all(locale));
    sheets.extend(consent::all(locale));
    sheets.extend(account::all(locale));
    sheets.extend(of_messages(locale));
    sheets
}

/// What is said at the end of a way.
fn of_messages(locale: Locale) -> Vec<Sheet> {
    let mut sheets = vec![
        Sheet::of(&message(locale)),
        Sheet::of(&Message {
            link: None,
            text: Text::plain("…"),
            ..message(locale)
        }),
    ];
    sheets.extend(ErrorKind::ALL.map(|kind| Sheet::of(&error(locale, kind))));
    sheets.push(Sheet::of(&ErrorPage::new(
        None,
        ErrorKind::NotFound,
        "invalid_request",
        "01K9ZQ",
    )));
    sheets
}

fn realm(locale: Locale) -> RealmView {
    let locales = Locale::ALL.map(|locale| locale.tag().to_owned());
    RealmView::new("Sekisho Bank", "https://id.example.com/bank", "/bank", &locales)
        .with_languages(locale, "flow=Zmxvdw")
}

fn client() -> ClientView {
    ClientView::new("Budget", "budget-app")
        .returning_to("https://app.example.com/callback")
        .with_links(
            Some("https://app.example.com/logo.png"),
            Some("https://app.example.com/"),
            Some("https://app.example.com/privacy"),
            Some("https://app.example.com/terms"),
        )
}

pub(super) fn message(locale: Locale) -> Message {
    Message {
        realm: realm(locale),
        title: "message.signed_out_title".into(),
        text: "message.signed_out_text".into(),
        link: Some(Link {
            href: Href::local("/bank/account"),
            label: "message.sign_in_again".into(),
        }),
    }
}

pub(super) fn error(locale: Locale, kind: ErrorKind) -> ErrorPage {
    let link = Link {
        href: Href::local("/bank/account"),
        label: "message.to_account".into(),
    };
    ErrorPage::new(Some(realm(locale)), kind, "invalid_request", "01K9ZQ4T7M3B")
        .with_detail("redirect_uri https://app.example.com/cb is not one of the registered ones")
        .with_link(link)
}

//! Those that send mail before anybody has signed in, and where it leads.

use super::sign_in::sign_up;
use crate::{
    locale::Locale,
    pages::{AskByMail, EnterMailCode, FieldError, Invited, Label, MailKind, SetPassword, Sheet, SignUp, Text},
};

pub(super) fn all(locale: Locale) -> Vec<Sheet> {
    let SignUp {
        realm,
        client,
        flow,
        csrf,
        sign_in: back,
        ..
    } = sign_up(locale);
    let ask = AskByMail {
        realm: realm.clone(),
        client: client.clone(),
        kind: MailKind::Code,
        action: "/bank/sign-in/email".into(),
        flow: flow.clone(),
        csrf: csrf.clone(),
        username: String::new(),
        error: None,
        back: back.clone(),
    };
    let enter = EnterMailCode {
        realm: realm.clone(),
        client,
        action: "/bank/sign-in/email".into(),
        flow: flow.clone(),
        csrf: csrf.clone(),
        sent: "c2VhbGVk".into(),
        username: "alice".into(),
        minutes: 10,
        error: None,
        back,
    };
    let set = SetPassword {
        realm,
        username: Label::new("alice"),
        action: "/bank/sign-in/reset".into(),
        csrf,
        flow,
        least: 8,
        wants_code: true,
        error: None,
    };
    vec![
        Sheet::of(&Invited {
            realm: set.realm.clone(),
            user: Label::new("Alice Example"),
            action: "/bank/sign-in/invitation".into(),
            csrf: "c2VjcmV0".into(),
        }),
        Sheet::of(&ask),
        Sheet::of(&AskByMail {
            client: None,
            kind: MailKind::Link,
            username: "alice".into(),
            error: Some(Text::key("by_mail.error.too_many").with("count", "15")),
            ..ask
        }),
        Sheet::of(&enter),
        Sheet::of(&EnterMailCode {
            client: None,
            error: Some(Text::key("by_mail.error.wrong")),
            ..enter
        }),
        Sheet::of(&set),
        Sheet::of(&SetPassword {
            wants_code: false,
            error: Some(FieldError {
                field: "password",
                text: Text::key("sign_up.error.breached").with("count", "8"),
            }),
            ..set
        }),
    ]
}

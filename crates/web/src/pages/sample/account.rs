//! The user's own, and signing out.

use super::{DAY, NOW, factor::factor_views, realm};
use crate::{
    locale::Locale,
    pages::{
        Account, ChangePassword, DeviceView, EmailView, FieldError, FrameView, GrantView, Href, Label, NextView,
        NotMePage, ScopeView, SessionView, Sheet, SignOut, SignedOut, Text,
    },
};

pub(super) fn all(locale: Locale) -> Vec<Sheet> {
    vec![
        Sheet::of(&account(locale)),
        Sheet::of(&Account {
            grants: Vec::new(),
            sessions: Vec::new(),
            email: None,
            devices: Vec::new(),
            has_password: false,
            failed: 1,
            factors: Vec::new(),
            offers_recovery_codes: false,
            enrol_passkey: None,
            enrol_certificate: None,
            requests: 0,
            user_code: None,
            notice: Some(Text::key("account.notice.revoked").with("client", "Budget")),
            ..account(locale)
        }),
        Sheet::of(&Account {
            email: Some(EmailView {
                address: Label::new("alice@example.com"),
                error: Some(Text::key("account.email.wrong")),
            }),
            ..account(locale)
        }),
        Sheet::of(&Account {
            requests: 2,
            user_code: Some(false),
            error: Some(Text::key("account.error.code_length")),
            ..account(locale)
        }),
        Sheet::of(&not_me(locale)),
        Sheet::of(&change_password(locale)),
        Sheet::of(&ChangePassword {
            ends_others: false,
            error: Some(FieldError {
                field: "new",
                text: Text::key("sign_up.error.breached").with("count", "8"),
            }),
            ..change_password(locale)
        }),
        Sheet::of(&sign_out(locale)),
        Sheet::of(&SignOut {
            client_name: None,
            fields: Vec::new(),
            ..sign_out(locale)
        }),
        Sheet::of(&signed_out(locale)),
        Sheet::of(&SignedOut {
            next: None,
            ..signed_out(locale)
        }),
    ]
}

pub fn account(locale: Locale) -> Account {
    let grant = |id: &str, name: &str, scopes: &[&str]| {
        let scopes = scopes
            .iter()
            .map(|scope| ScopeView::standard(locale, scope).title)
            .collect();
        GrantView {
            since: NOW - 40 * DAY,
            expires: NOW + 325 * DAY,
            ..GrantView::new(id, name, scopes)
        }
    };
    let session = |id: &str, agent: &str, ip: &str| SessionView {
        id: id.into(),
        this: false,
        browser: SessionView::browser_name(locale, agent),
        ip: Label::new(ip),
        since: NOW - 2 * DAY,
        last: NOW - DAY,
    };
    let device = |id: &str, this: bool, network: &str| DeviceView {
        id: id.into(),
        this,
        browser: SessionView::browser_name(locale, "Mozilla/5.0 (X11; Linux x86_64) Firefox/143.0"),
        network: Label::new(network),
        since: NOW - 40 * DAY,
        last: NOW - DAY,
    };
    Account {
        realm: realm(locale),
        user: Label::new("alice"),
        grants: vec![
            GrantView {
                last_used: Some(NOW - DAY),
                long_lived: true,
                ..grant(
                    "budget-app",
                    "Budget",
                    &["openid", "email", "accounts:read", "offline_access"],
                )
            },
            grant("cli", "Sekisho Bank CLI", &["openid", "profile"]),
        ],
        sessions: vec![
            SessionView {
                this: true,
                ..session(
                    "01K9ZQ2",
                    "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36",
                    "192.0.2.7",
                )
            },
            session(
                "01K9ZQ3",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/604.1",
                "2001:db8::7",
            ),
        ],
        email: Some(EmailView {
            address: Label::new("alice@example.com"),
            error: None,
        }),
        devices: vec![device("ZGV2aWNl", true, "192.0.2.0/24"), device("b3RoZXI", false, "")],
        has_password: true,
        failed: 0,
        factors: factor_views(),
        offers_recovery_codes: true,
        enrol_passkey: Some(Href::local("/bank/account/factors/passkey")),
        enrol_certificate: Some(Href::local("/bank/account/factors/certificate")),
        requests: 1,
        user_code: Some(true),
        csrf: "Y3NyZg".into(),
        notice: None,
        error: None,
    }
}

fn change_password(locale: Locale) -> ChangePassword {
    ChangePassword {
        realm: realm(locale),
        username: Label::new("alice"),
        action: "/bank/account/password".into(),
        csrf: "Y3NyZg".into(),
        least: 8,
        ends_others: true,
        error: None,
        back: Href::local("/bank/account"),
    }
}

fn not_me(locale: Locale) -> NotMePage {
    NotMePage {
        realm: realm(locale),
        action: "/bank/not-me".into(),
        link: "c2VhbGVk".into(),
    }
}

fn sign_out(locale: Locale) -> SignOut {
    SignOut {
        realm: realm(locale),
        user: Label::new("alice"),
        client_name: Some(Label::new("Budget")),
        action: "/bank/logout".into(),
        csrf: "Y3NyZg".into(),
        fields: vec![("state".into(), "xyz".into())],
    }
}

fn signed_out(locale: Locale) -> SignedOut {
    let frame = |client_id: &str, name: &str, uri: &str| FrameView {
        client_id: client_id.into(),
        name: Label::new(name),
        uri: uri.into(),
    };
    SignedOut {
        realm: realm(locale),
        frames: vec![
            frame("budget-app", "Budget", "https://app.example.com/bye?iss=x&sid=y"),
            frame("reports", "Reports", "https://reports.example.com/bye?iss=x&sid=y"),
        ],
        next: Some(NextView {
            uri: "https://app.example.com/signed-out?state=xyz".into(),
            name: Label::new("Budget"),
        }),
        account: Href::local("/bank/account"),
    }
}
